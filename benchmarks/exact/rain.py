"""Rain that runs off: hydrographs of a plane and of a V of two planes and a channel.

Kinematic waves: the slope of the water is that of the ground, so on steep planes they are what the
full equations give. Depths follow their characteristics.
"""

import numpy as np

_POWER = 5 / 3
_MM_H = 1e-3 / 3600.0


def plane_hydrograph(t, *, length, width, slope, manning, rain_mm_h, rain_seconds):
    """Discharge at the foot of a plane under steady rain [m3 s-1].

    Parameters
    ----------
    t : array
        Times since the rain began [s].
    length, width : float
        Of the plane along and across its fall [m].
    slope : float
        Fall [1].
    manning : float
        Roughness [s m-1/3].
    rain_mm_h, rain_seconds : float
        Rate [mm/h] and length of the rain [s].

    Notes
    -----
    Kinematic wave of Lighthill and Whitham; Eagleson (1970), Dynamic Hydrology, chapter 15. The
    depth at the foot rises as ``i t`` until it is that of the whole plane; after the rain each
    depth keeps its speed ``5/3 alpha h**(2/3)``.
    """
    t, rain = np.asarray(t, float), rain_mm_h * _MM_H
    alpha = np.sqrt(slope) / manning
    deepest = min((rain * length / alpha) ** (1 / _POWER), rain * rain_seconds)
    flow = alpha * np.minimum(rain * t, deepest) ** _POWER
    depths = np.linspace(0.0, deepest, 20_001)[1:]
    speed = _POWER * alpha * depths ** (_POWER - 1)
    leaves = rain_seconds + (length - alpha * depths**_POWER / rain) / speed
    falling = np.interp(t, leaves[::-1], alpha * depths[::-1] ** _POWER)
    return width * np.where(t <= rain_seconds, flow, falling)


def v_catchment_hydrograph(t, *, plane, channel, rain_mm_h, rain_seconds):
    """Discharge at the mouth of a V: two planes that drain into a channel between them [m3 s-1].

    Parameters
    ----------
    t : array
        Times since the rain began [s].
    plane, channel : dict
        `length`, `width`, `slope`, `manning` of one plane (its width is the channel's length) and
        of the channel [m], [1], [s m-1/3].
    rain_mm_h, rain_seconds : float
        Rate [mm/h] and length of the rain [s].

    Notes
    -----
    The V of Di Giammarco, Todini and Lamberti (1996), J. Hydrol. 175, 267-291. In the channel
    ``dh/dt = r(t)`` along ``dx/dt = 5/3 alpha h**(2/3)``, with r the rain and what both planes
    bring for each square metre of the channel; the characteristic that reaches the mouth at t began
    at time 0 somewhere in the channel or at its head at a later time, which bisection finds.
    """
    times = np.linspace(0.0, float(np.max(t)) + 1.0, 8001)
    planes = 2 * plane_hydrograph(times, rain_mm_h=rain_mm_h, rain_seconds=rain_seconds, **plane)
    area = channel["length"] * channel["width"]
    gain = planes / area + np.where(times <= rain_seconds, rain_mm_h * _MM_H, 0.0)
    steps = np.diff(times)
    grown = np.concatenate(([0.0], np.cumsum((gain[1:] + gain[:-1]) / 2 * steps)))
    alpha = np.sqrt(channel["slope"]) / channel["manning"]
    flow = np.zeros(len(times))
    for end in range(1, len(times)):
        depth = _depth_at_mouth(times[: end + 1], grown[: end + 1], alpha, channel["length"])
        flow[end] = channel["width"] * alpha * depth**_POWER
    return np.interp(t, times, flow)


def _depth_at_mouth(times, grown, alpha, length):
    """Depth at the last time [m]: that of the characteristic which left the head late enough."""

    def way(first):
        depths = np.maximum(grown[first:] - grown[first], 0.0)
        speed = _POWER * alpha * depths ** (_POWER - 1)
        return np.trapezoid(speed, times[first:])

    if way(0) <= length:
        return grown[-1]
    late, early = len(times) - 1, 0
    while late - early > 1:
        middle = (late + early) // 2
        late, early = (late, middle) if way(middle) > length else (middle, early)
    share = (way(early) - length) / max(way(early) - way(late), 1e-30)
    began = grown[early] + share * (grown[late] - grown[early])
    return grown[-1] - began

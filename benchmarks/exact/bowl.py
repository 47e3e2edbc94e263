"""Water that swings in a bowl without friction (Thacker): its shores move, its energy stays."""

import numpy as np

from benchmarks.exact.water import GRAVITY, Water


def planar_bowl(x, y, t, *, depth, radius, offset, centre):
    """Water whose surface stays a plane while it circles in a round bowl.

    Parameters
    ----------
    x, y : arrays
        Places [m].
    t : float
        Time [s]; the period is ``2 pi radius / sqrt(2 g depth)``.
    depth : float
        Depth of the still water in the middle of the bowl [m].
    radius : float
        Distance from the middle to the shore of the still water [m].
    offset : float
        How far the middle of the water is from that of the bowl [m].
    centre : (float, float)
        Middle of the bowl [m].

    Returns
    -------
    Water

    Notes
    -----
    The ground is ``-depth * (1 - r**2 / radius**2)``. Thacker (1981), J. Fluid Mech. 107, 499-508;
    Delestre et al. (2013), section 4.2.2 (second case), written from memory and tested against the
    equations.
    """
    x, y = np.asarray(x, float) - centre[0], np.asarray(y, float) - centre[1]
    turn = np.sqrt(2 * GRAVITY * depth) / radius
    cosine, sine = np.cos(turn * t), np.sin(turn * t)
    level = offset * depth / radius**2 * (2 * x * cosine + 2 * y * sine - offset)
    return _in_bowl(
        level, x, y, depth, radius, -offset * turn * sine + 0 * x, offset * turn * cosine + 0 * x
    )


def curved_bowl(x, y, t, *, depth, radius, shore, centre):
    """Water whose surface stays a paraboloid while it rises and falls in a round bowl.

    Parameters
    ----------
    x, y : arrays
        Places [m].
    t : float
        Time [s]; the period is ``2 pi radius / sqrt(8 g depth)``.
    depth, radius, centre
        As in `planar_bowl`.
    shore : float
        Distance from the middle to the shore at time 0 [m], less than `radius`.

    Returns
    -------
    Water

    Notes
    -----
    Thacker (1981); Delestre et al. (2013), section 4.2.2 (first case), from memory, tested.
    """
    x, y = np.asarray(x, float) - centre[0], np.asarray(y, float) - centre[1]
    swing = np.sqrt(8 * GRAVITY * depth) / radius
    amplitude = (radius**2 - shore**2) / (radius**2 + shore**2)
    damped = 1 - amplitude * np.cos(swing * t)
    share = (x**2 + y**2) / radius**2
    level = depth * (
        np.sqrt(1 - amplitude**2) / damped - 1 - share * ((1 - amplitude**2) / damped**2 - 1)
    )
    pull = swing * amplitude * np.sin(swing * t) / (2 * damped)
    return _in_bowl(level, x, y, depth, radius, pull * x, pull * y)


def _in_bowl(level, x, y, depth, radius, east, north):
    h = np.maximum(level + depth * (1 - (x**2 + y**2) / radius**2), 0.0)
    return Water(h, np.where(h > 0, east, 0.0), np.where(h > 0, north, 0.0))

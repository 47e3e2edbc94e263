"""Steady flow in a rough channel whose bed was made to fit the depth (MacDonald's method).

A depth is chosen; the bed that makes it a steady flow follows by integration. So the flow is exact
with friction, with rain, through the critical depth and across a shock.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.exact.water import GRAVITY, along_x

SCALE = (4 / GRAVITY) ** (1 / 3)
"""Critical depth of 2 m2/s [m]."""

_AFTER_SHOCK = (0.674202, 21.7112, 14.492, 1.4305)


@dataclass(frozen=True)
class Channel:
    """One channel of the set.

    Parameters
    ----------
    length : float
        Length [m].
    discharge : float
        Per width at its upstream end [m2 s-1].
    manning : float
        Roughness [s m-1/3].
    depth, steepness : callable
        Depth [m] at places [m], and its derivative [1].
    rain : float
        Rain along the whole channel [m s-1].
    break_at : float
        Place where the formula of the depth changes [m].
    """

    length: float
    discharge: float
    manning: float
    depth: object
    steepness: object
    rain: float = 0.0
    break_at: float = np.nan


def _swell(x):
    return SCALE * (1 + 0.5 * np.exp(-16 * (x / 1000 - 0.5) ** 2))


def _swell_slope(x):
    share = x / 1000 - 0.5
    return SCALE * 0.5 * np.exp(-16 * share**2) * -32 * share / 1000


def _fall(x):
    share = x / 1000 - 0.5
    return SCALE * (1 - np.where(x <= 500, np.tanh(3 * share) / 3, np.tanh(6 * share) / 6))


def _fall_slope(x):
    share = x / 1000 - 0.5
    steep = np.where(x <= 500, 1 / np.cosh(3 * share) ** 2, 1 / np.cosh(6 * share) ** 2)
    return -SCALE * steep / 1000


def _jump(x):
    part = x / 100 - 2 / 3
    a1, a2, a3, a4 = _AFTER_SHOCK
    before = SCALE * (4 / 3 - x / 100) - 9 * x / 1000 * part
    after = SCALE * (a1 * part**4 + a1 * part**3 - a2 * part**2 + a3 * part + a4)
    return np.where(x <= 200 / 3, before, after)


def _jump_slope(x):
    part = x / 100 - 2 / 3
    a1, a2, a3, _ = _AFTER_SHOCK
    before = -SCALE / 100 - 9 / 1000 * (part + x / 100)
    after = SCALE * (4 * a1 * part**3 + 3 * a1 * part**2 - 2 * a2 * part + a3) / 100
    return np.where(x <= 200 / 3, before, after)


CHANNELS = {
    "subcritical": Channel(1000, 2.0, 0.033, _swell, _swell_slope),
    "subcritical_rain": Channel(1000, 1.0, 0.033, _swell, _swell_slope, rain=0.001),
    "transcritical": Channel(1000, 2.0, 0.0218, _fall, _fall_slope, break_at=500),
    "transcritical_rain": Channel(1000, 1.5, 0.0218, _fall, _fall_slope, 0.0005, 500),
    "shock": Channel(100, 2.0, 0.0328, _jump, _jump_slope, break_at=200 / 3),
}
"""The channels by name.

`subcritical`, `subcritical_rain` and `transcritical` are the long channels of Delestre et al.
(2013), sections 3.2.1 and 3.3, `shock` the short one of section 3.2.2, written from memory;
`transcritical_rain` is made here by the same method. The tests hold each against the equations and
its shock against Rankine-Hugoniot.
"""


def macdonald(x, y, t, *, channel):
    """Water of the steady flow in a channel of the set.

    Parameters
    ----------
    x, y : arrays
        Places [m]; the flow runs to the east.
    t : float
        Not used: the flow is steady.
    channel : str
        Name in `CHANNELS`.

    Returns
    -------
    Water

    Notes
    -----
    MacDonald et al. (1997), J. Hydraul. Eng. 123, 1041-1045.
    """
    del t
    kind, x = CHANNELS[channel], np.asarray(x, float)
    depth = kind.depth(x)
    return along_x(x, y, depth, (kind.discharge + kind.rain * x) / depth)


def bed_slope(x, kind):
    """Slope of the bed, rising positive [1], that makes the depth of a channel steady.

    Parameters
    ----------
    x : array
        Places [m].
    kind : Channel
        The channel.

    Notes
    -----
    ``dz/dx = (q**2 / g h**3 - 1) dh/dx - 2 q r / g h**2 - n**2 q**2 / h**(10/3)`` with rain r that
    falls without momentum: the steady momentum equation solved for the bed, as in Delestre et al.
    (2013), section 3.2.
    """
    h, q = kind.depth(x), kind.discharge + kind.rain * x
    inertia = (q**2 / (GRAVITY * h**3) - 1) * kind.steepness(x)
    return inertia - 2 * q * kind.rain / (GRAVITY * h**2) - (kind.manning * q) ** 2 / h ** (10 / 3)


def macdonald_bed(channel, cell_size):
    """Bed of a channel at the centres of its cells.

    Parameters
    ----------
    channel : str
        Name in `CHANNELS`.
    cell_size : float
        Edge of a cell [m].

    Returns
    -------
    x, z : arrays
        Places and bed [m]; the bed is 0 at the channel's end.

    Notes
    -----
    Gauss-Legendre with five points on each half cell, cut where the formula of the depth changes.
    """
    kind = CHANNELS[channel]
    x = np.arange(cell_size / 2, kind.length, cell_size)
    knots = np.unique(np.concatenate((x, [kind.length, np.nan_to_num(kind.break_at)])))
    knots = knots[knots >= x[0]]
    points, weights = np.polynomial.legendre.leggauss(5)
    middle, half = (knots[1:] + knots[:-1]) / 2, np.diff(knots) / 2
    rises = (bed_slope(middle[:, None] + half[:, None] * points, kind) @ weights) * half
    z = np.concatenate((np.cumsum(rises[::-1])[::-1] * -1, [0.0]))
    return x, np.interp(x, knots, z)

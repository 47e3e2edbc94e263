"""Steady flow over a bump without friction: below, through and above the critical depth."""

import numpy as np

from benchmarks.exact.water import GRAVITY, along_x

CREST, TOP, HALF_WIDTH = 10.0, 0.2, 2.0
"""Place of the bump's crest, its height and half of its width [m]."""


def bump_ground(x):
    """Ground of the bump [m].

    Notes
    -----
    Goutal and Maurel (1997), as in Delestre et al. (2013), section 3.1:
    ``0.2 - 0.05 (x - 10)**2`` where that is above 0.
    """
    return np.maximum(TOP - TOP / HALF_WIDTH**2 * (np.asarray(x, float) - CREST) ** 2, 0.0)


def bump(x, y, t, *, discharge, level):
    """Water of the steady flow over the bump.

    Parameters
    ----------
    x, y : arrays
        Places [m]; the flow runs to the east.
    t : float
        Not used: the flow is steady.
    discharge : float
        Per width [m2 s-1].
    level : float
        Level at the outlet [m]; above the critical depth.

    Returns
    -------
    Water

    Notes
    -----
    Bernoulli's cubic ``h**3 + (z - E) h**2 + q**2 / 2g = 0``. Where the outlet's head E does not
    carry the flow over the crest, the head upstream is the critical one of the crest, the flow
    behind the crest is supercritical, and a shock (Rankine-Hugoniot) joins it to the outlet, unless
    the outlet's level is below that of the supercritical flow.
    """
    del t
    x = np.asarray(x, float)
    ground = bump_ground(x)
    outlet_head = level + discharge**2 / (2 * GRAVITY * level**2)
    critical = (discharge**2 / GRAVITY) ** (1 / 3)
    crest_head = TOP + 1.5 * critical
    if outlet_head >= crest_head:
        depth = depth_of(outlet_head - ground, discharge, upper=True)
    else:
        before = depth_of(crest_head - ground, discharge, upper=True)
        fast = depth_of(crest_head - ground, discharge, upper=False)
        after = depth_of(np.maximum(outlet_head - ground, 1.5 * critical), discharge, upper=True)
        depth = np.where(x < CREST, before, fast)
        depth = np.where(x < shock_place(discharge, level), depth, after)
    return along_x(x, y, depth, discharge / depth)


def depth_of(head, discharge, *, upper):
    """Depth of a specific head: the subcritical or the supercritical root [m].

    Parameters
    ----------
    head : array
        Head over the ground [m], at least 1.5 critical depths.
    discharge : float
        Per width [m2 s-1].
    upper : bool
        Whether the subcritical root is wanted.

    Notes
    -----
    The cubic's three real roots by cosines (Viete).
    """
    part = np.clip(1 - 27 * discharge**2 / (4 * GRAVITY * np.asarray(head, float) ** 3), -1, 1)
    angle = np.arccos(part) / 3
    return head / 3 * (1 + 2 * np.cos(angle if upper else angle - 2 * np.pi / 3))


def shock_place(discharge, level):
    """Where the supercritical flow behind the crest jumps to the outlet's [m]; inf for nowhere.

    Parameters
    ----------
    discharge : float
        Per width [m2 s-1].
    level : float
        Level at the outlet [m].
    """
    from scipy.optimize import brentq

    critical = (discharge**2 / GRAVITY) ** (1 / 3)
    outlet_head = level + discharge**2 / (2 * GRAVITY * level**2)
    crest_head = TOP + 1.5 * critical

    def force(h):
        return discharge**2 / h + GRAVITY * h**2 / 2

    def missing(x):
        ground = bump_ground(x)
        fast = depth_of(crest_head - ground, discharge, upper=False)
        return force(fast) - force(depth_of(outlet_head - ground, discharge, upper=True))

    first = outlet_head - 1.5 * critical  # behind it the outlet's head carries the flow
    begin = CREST + HALF_WIDTH * np.sqrt(max(1 - first / TOP, 0.0)) + 1e-9
    end = CREST + HALF_WIDTH
    if missing(end) > 0:
        return np.inf
    return brentq(missing, begin, end, xtol=1e-13)

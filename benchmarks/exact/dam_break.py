"""A dam that vanishes over a flat, smooth bed: dry below it (Ritter) or wet (Stoker)."""

import numpy as np

from benchmarks.exact.water import GRAVITY, along_x


def ritter(x, y, t, *, depth, dam):
    """Water after a dam break onto a dry bed.

    Parameters
    ----------
    x, y : arrays
        Places [m]; the flow runs to the east.
    t : float
        Time since the break [s], above 0.
    depth : float
        Depth of the lake, west of the dam [m].
    dam : float
        Place of the dam [m].

    Returns
    -------
    Water

    Notes
    -----
    Ritter (1892); as given by Delestre et al. (2013), SWASHES, Int. J. Numer. Meth. Fluids 72,
    section 4.1.2, from memory; `tests/benchmarks/test_exact.py` holds it against the equations.
    """
    celerity = np.sqrt(GRAVITY * depth)
    slope = np.clip((np.asarray(x, float) - dam) / t, -celerity, 2 * celerity)
    h = (2 * celerity - slope) ** 2 / (9 * GRAVITY)
    u = np.where(h > 0, 2 * (slope + celerity) / 3, 0.0)
    return along_x(x, y, h, u)


def stoker(x, y, t, *, depth, below, dam):
    """Water after a dam break onto a wet bed: a fan, a plateau and a shock.

    Parameters
    ----------
    x, y : arrays
        Places [m]; the flow runs to the east.
    t : float
        Time since the break [s], above 0.
    depth, below : float
        Depth of the lake west of the dam and of the water east of it [m].
    dam : float
        Place of the dam [m].

    Returns
    -------
    Water

    Notes
    -----
    Stoker (1957), Water Waves, section 10.8: the depth between fan and shock is where the
    velocity behind the fan equals that behind the shock (Rankine-Hugoniot).
    """
    middle, u_middle, shock = plateau(depth, below)
    upper = np.sqrt(GRAVITY * depth)
    slope = (np.asarray(x, float) - dam) / t
    tail = u_middle - np.sqrt(GRAVITY * middle)
    fan = np.clip(slope, -upper, tail)
    h = np.where(slope < tail, (2 * upper - fan) ** 2 / (9 * GRAVITY), middle)
    u = np.where(slope < tail, 2 * (fan + upper) / 3, u_middle)
    return along_x(x, y, np.where(slope < shock, h, below), np.where(slope < shock, u, 0.0))


def plateau(depth, below):
    """Depth [m], velocity and shock speed [m s-1] between the fan and the shock of `stoker`.

    Parameters
    ----------
    depth, below : float
        Depth above and below the dam [m], above > below > 0.

    Returns
    -------
    tuple of float
    """
    from scipy.optimize import brentq

    def behind_fan(h):
        return 2 * (np.sqrt(GRAVITY * depth) - np.sqrt(GRAVITY * h))

    def behind_shock(h):
        return (h - below) * np.sqrt(GRAVITY * (h + below) / (2 * h * below))

    middle = brentq(lambda h: behind_fan(h) - behind_shock(h), below, depth, xtol=1e-14)
    speed = behind_fan(middle)
    return middle, speed, speed * middle / (middle - below)

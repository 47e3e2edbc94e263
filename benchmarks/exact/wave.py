"""A wave that runs over a flat, dry bed without breaking: friction holds its front back."""

import numpy as np

from benchmarks.exact.water import GRAVITY, along_x


def non_breaking_wave(x, y, t, *, speed, manning):
    """Water of the wave with one velocity everywhere.

    Parameters
    ----------
    x, y : arrays
        Places [m]; the wave enters at x = 0 and runs to the east.
    t : float
        Time since it entered [s].
    speed : float
        Velocity of the water and of its front [m s-1].
    manning : float
        Roughness [s m-1/3].

    Returns
    -------
    Water

    Notes
    -----
    Hunter et al. (2005), Adv. Water Resour. 28, 975-991, and Bates et al. (2010), J. Hydrol. 387,
    33-45: ``h = (7/3 n**2 u**2 (u t - x))**(3/7)``, tested against the equations. It solves the
    full ones, because the velocity does not change along the way of the water.
    """
    ahead = np.maximum(speed * t - np.asarray(x, float), 0.0)
    depth = (7 / 3 * manning**2 * speed**2 * ahead) ** (3 / 7)
    return along_x(x, y, depth, np.where(depth > 0, speed, 0.0))


def inertial_wave(x, y, t, *, speed, manning):
    """Water of the same wave in the local inertial equations, which lack the advection.

    Parameters
    ----------
    x, y, t, speed, manning
        As in `non_breaking_wave`.

    Returns
    -------
    Water

    Notes
    -----
    With ``q = u h`` moving at u, ``dq/dt = -u**2 dh/dx``, so the momentum equation is
    ``(g h - u**2) dh/dx = -g n**2 u**2 h**(-1/3)``; integrated from the front it gives
    ``u t - x = (3/7 h**(7/3) - 3/4 u**2/g h**(4/3) + 9/28 (u**2/g)**(7/3)) / (n u)**2``, with a
    step of ``u**2 / g`` at the front, where the wave is critical. Derived here.
    """
    ahead = speed * t - np.asarray(x, float)
    step = speed**2 / GRAVITY
    depths = np.linspace(step, 10.0, 200_001)
    reach = 3 / 7 * depths ** (7 / 3) - 3 / 4 * step * depths ** (4 / 3) + 9 / 28 * step ** (7 / 3)
    depth = np.interp(ahead, reach / (manning * speed) ** 2, depths)
    depth = np.where(ahead > 0, depth, 0.0)
    return along_x(x, y, depth, np.where(depth > 0, speed, 0.0))

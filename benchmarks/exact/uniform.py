"""Water at rest, and water that runs down a plane with one depth."""

import numpy as np

from benchmarks.exact.water import Water


def lake(x, y, t, *, level, ground):
    """Water at rest: one level, dry where the ground is above it.

    Parameters
    ----------
    x, y : arrays
        Places [m].
    t : float
        Not used.
    level : float
        Level of the lake [m].
    ground : array or float
        Ground at those places [m].

    Returns
    -------
    Water
    """
    del t
    still = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)))
    return Water(np.maximum(level - ground, 0.0) + still, still, still)


def uniform_flow(x, y, t, *, discharge, slope, manning, direction):
    """Water of the uniform flow down a plane.

    Parameters
    ----------
    x, y : arrays
        Places [m].
    t : float
        Not used.
    discharge : float
        Per width across the flow [m2 s-1].
    slope : float
        Fall of the plane along the flow [1].
    manning : float
        Roughness [s m-1/3].
    direction : (float, float)
        Where the flow runs to, east and north; of any length.

    Returns
    -------
    Water

    Notes
    -----
    Manning's formula for a wide channel: ``h = (n q / sqrt(S))**(3/5)``.
    """
    del t
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    depth = normal_depth(discharge, slope, manning)
    east, north = np.asarray(direction, float) / np.hypot(*direction)
    speed = discharge / depth
    return Water(np.full(shape, depth), np.full(shape, speed * east), np.full(shape, speed * north))


def normal_depth(discharge, slope, manning):
    """Depth of the uniform flow in a wide channel [m].

    Parameters
    ----------
    discharge : float
        Per width [m2 s-1].
    slope : float
        Fall along the flow [1].
    manning : float
        Roughness [s m-1/3].
    """
    return (manning * discharge / np.sqrt(slope)) ** 0.6

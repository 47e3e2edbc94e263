"""The formulas of the flow: numbers in, numbers out, each with its equation.

Every formula takes and gives floats of one type (float32 or float64), knows no array and has
no branch, so that one source serves every kernel and vectorises.
"""

import math

from hydrology.solver.compiled import formula
from hydrology.solver.precision import like, reciprocal_cube_root

GRAVITY = 9.81
"""Acceleration of gravity [m s-2]."""

DRY = 1e-4
"""Flow depth at which a face runs dry [m]: a tenth of a millimetre."""


@formula
def flow_depth(rise, depth_before, depth_after):
    """Depth of the water that can cross a face [m]; zero or less when none can.

    Parameters
    ----------
    rise : float
        Ground of the cell after the face less ground of the cell before it [m].
    depth_before, depth_after : float
        Water in the two cells [m].

    Notes
    -----
    The higher water level less the higher ground: Bates, Horritt and Fewtrell (2010),
    J. Hydrol. 387, 33-45, below eq. 11. Written with the difference of the ground alone, so
    that float32 loses nothing on high terrain.
    """
    zero = like(rise, 0.0)
    return max(depth_before - max(rise, zero), depth_after + min(rise, zero))


@formula
def face_discharge(q, q_mean, q_along, depth, surface_slope, manning, gravity_step, froude):
    """Discharge per width through a face after one step [m2 s-1].

    Parameters
    ----------
    q : float
        Discharge through the face before the step [m2 s-1].
    q_mean : float
        The same, averaged with the faces up and down the line (q-centred) [m2 s-1].
    q_along : float
        Discharge along the face, from the four faces around it [m2 s-1].
    depth : float
        Flow depth at the face [m]; at or below `DRY` nothing flows.
    surface_slope : float
        Water level after the face less the level before it, over their distance [1].
    manning : float
        Roughness [s m-1/3].
    gravity_step : float
        Gravity times the time step [m s-1].
    froude : float
        Largest Froude number allowed.

    Notes
    -----
    Local inertial momentum: Bates, Horritt and Fewtrell (2010), J. Hydrol. 387, eq. 11, with the
    q-centred mean of de Almeida et al. (2012), Water Resour. Res. 48, W05528, and the friction
    of the whole discharge vector (de Almeida and Bates, 2013, Water Resour. Res. 49, 4833).
    Depth to the power -7/3 is the reciprocal cube root to the power 7.
    """
    dry = like(q, DRY)
    safe = max(depth, dry)
    root = reciprocal_cube_root(safe)
    squared = root * root
    friction = manning * manning * math.sqrt(q * q + q_along * q_along)
    friction *= squared * squared * squared * root
    pull = gravity_step * safe * surface_slope
    new = (q_mean - pull) / (like(q, 1.0) + gravity_step * friction)
    fastest = froude * safe * math.sqrt(like(q, GRAVITY) * safe)
    new = min(max(new, -fastest), fastest)
    return new if depth > dry else like(q, 0.0)


@formula
def given_share(depth, outflow):
    """Share of the wanted outflow that a cell can give in a step without drying below zero.

    Parameters
    ----------
    depth : float
        Water in the cell [m].
    outflow : float
        What its faces want to take out of it in the step [m].
    """
    # A little less than all, so that rounding cannot leave a depth below zero.
    most = like(depth, 0.99999) * depth
    return min(like(depth, 1.0), most / max(outflow, like(depth, 1e-30)))


def stable_step(cell_size, deepest, courant=0.7):
    """Largest stable time step of the local inertial scheme [s].

    Parameters
    ----------
    cell_size : float
        Edge of a cell [m].
    deepest : float
        Largest water depth on the grid [m].
    courant : float
        The coefficient alpha of the source, 0.2 to 0.7.

    Notes
    -----
    Bates, Horritt and Fewtrell (2010), J. Hydrol. 387, 33-45, eq. 14.
    """
    return courant * cell_size / math.sqrt(GRAVITY * max(deepest, 0.01))

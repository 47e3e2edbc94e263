"""The formulas of the local inertial scheme: numbers in, numbers out, each with its equation.

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
def level_rise(rise, depth_before, depth_after):
    """Water level after a face less the level before it [m]; zero where that is but rounding.

    Parameters
    ----------
    rise : float
        Ground of the cell after the face less ground of the cell before it [m].
    depth_before, depth_after : float
        Water in the two cells [m].
    """
    level = rise + (depth_after - depth_before)
    is_single = like(rise, 1.0) + like(rise, 1e-9) == like(rise, 1.0)
    rounding = like(rise, 2.0**-22) if is_single else like(rise, 2.0**-51)
    noise = rounding * (abs(rise) + (depth_before + depth_after))
    return level if abs(level) > noise else like(rise, 0.0)


@formula
def face_discharge(q, q_mean, q_along, depth, bed_rise, rise, rough, pull, cap, wave_depth):
    """Discharge per width through a face after one step [m2 s-1].

    Parameters
    ----------
    q : float
        Discharge through the face before the step [m2 s-1].
    q_mean : float
        The same, averaged with the faces up and down the line (q-centred) [m2 s-1].
    q_along : float
        Discharge along the face: the sum over the four faces around it [m2 s-1].
    depth : float
        Flow depth at the face [m]; at or below `DRY` nothing flows.
    bed_rise : float
        Ground of the cell after the face less ground of the cell before it [m].
    rise : float
        Water level after the face less the level before it [m].
    rough : float
        Gravity times the time step times Manning's roughness squared [m1/3]. The roughness of
        a face is the geometric mean of its two cells.
    pull : float
        Gravity times the time step over the cell size [s-1].
    cap : float
        Gravity times the largest Froude number squared [m s-2].
    wave_depth : float
        Deeper water passes waves no faster than this depth does [m].

    Notes
    -----
    Local inertial momentum: Bates, Horritt and Fewtrell (2010), J. Hydrol. 387, eq. 11, with the
    q-centred mean of de Almeida et al. (2012), Water Resour. Res. 48, W05528, and the friction
    of the whole discharge vector (de Almeida and Bates, 2013, Water Resour. Res. 49, 4833).
    Depth to the power -7/3 is the reciprocal cube root to the power 7.

    A film that is thinner than the step of the bed below it flows as fast as Manning's equation
    has it, q^2 = h^(10/3) S / n^2, at most: rain on steep ground is a kinematic wave, of which the
    local inertial equations make roll waves from a Froude number of 0.6 on.

    Where h is above `wave_depth` d, the water has h / d times its inertia: its momentum takes the
    share d / h of the step. Waves then move at sqrt(g d) and not at sqrt(g h), while friction and
    slope keep their balance: steady flow is the same, but reaches it h / d times later (mass
    scaling, as explicit codes of structural dynamics use it; its use here is this project's own).
    """
    dry = like(q, DRY)
    safe = max(depth, dry)
    root = reciprocal_cube_root(safe)
    squared = root * root
    friction = rough * math.sqrt(q * q + like(q, 0.0625) * (q_along * q_along))
    moved = min(safe, wave_depth)
    friction *= (squared * squared) * (squared * root) * ((squared * root) * moved)
    push = pull * rise
    new = (q_mean - moved * push) / (like(q, 1.0) + friction)
    fastest = safe * math.sqrt(cap * safe)
    uniform = (safe * safe) * (root * math.sqrt(abs(push) / max(rough, like(q, 1e-30))))
    fastest = min(fastest, uniform) if abs(bed_rise) > safe else fastest
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
    return min(like(depth, 1.0), most_given(depth) / max(outflow, like(depth, 1e-30)))


@formula
def most_given(depth):
    """Depth that a cell may give in a step [m]: a little less than all, lest it end below zero."""
    return like(depth, 0.99999) * depth


def stable_step(cell_size, speed, courant):
    """Time step in which the fastest signal crosses a share of a cell [s].

    Parameters
    ----------
    cell_size : float
        Edge of a cell [m].
    speed : float
        Fastest signal on the grid [m s-1]: the wave celerity sqrt(g h) in the local inertial
        scheme, that and the flow together in the dynamic one.
    courant : float
        The share.

    Notes
    -----
    Bates, Horritt and Fewtrell (2010), J. Hydrol. 387, 33-45, eq. 14; `courant` is their alpha,
    0.2 to 0.7. A dry city steps as one with a centimetre of water.
    """
    return courant * cell_size / max(speed, SLOWEST)


def fastest_wave(wave_depth):
    """Speed that no wave exceeds [m s-1]: of water `wave_depth` deep; infinity where it is None."""
    return math.inf if wave_depth is None else math.sqrt(GRAVITY * wave_depth)


SLOWEST = 0.3
"""Speed of the wave on a centimetre of water [m s-1]."""

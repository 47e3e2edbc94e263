"""What a face sees of the two cells beside it: how the bed enters the flux.

The bed between two cells is split in two. The part that the water level follows is a slope,
which pulls on the water of both cells; the rest is a step, which the water has to climb or falls
over. A lake has no slope, however rough its bed; a film on a hillside has no step, however
steep the hill, and is not starved.
"""

from hydrology.solver.compiled import formula
from hydrology.solver.precision import like
from hydrology.solver.riemann import DRY, hllc

WALL_STEP = 1e4
"""A rise of the ground between two cells beyond which one of them is a wall [m]."""

STEEPEST = 1.0
"""Steepest slope that pulls on the water; of a cliff, the rest is a free fall."""


@formula
def sloping_part(rise, level_rise, cliff):
    """Part of the rise of the bed from one cell to the next that is a slope, not a step [m].

    Parameters
    ----------
    rise, level_rise : float
        Rise of the bed and of the water level from the cell before to the one after [m].
    cliff : float
        Largest part [m].

    Notes
    -----
    As much of the rise of the bed as the level rises too: the idea of the surface reconstruction
    of Xia, Liang, Ming and Hou (2017), Water Resour. Res. 53, 3730-3759; their equations were
    not at hand. The hydrostatic reconstruction of Audusse et al. (2004), SIAM J. Sci. Comput.
    25, 2050-2065, makes all of it a step: where a film is thinner than that, it feels nothing of
    the slope but its own depth (Delestre et al., 2012, C. R. Acad. Sci. Paris I 350, 677-681).
    """
    zero = like(rise, 0.0)
    lowest, highest = max(min(rise, zero), -cliff), min(max(rise, zero), cliff)
    return min(max(level_rise, lowest), highest)


@formula
def face_exchange(before, after, rise, most, cliff, gravity):
    """What a face takes from the cell before it and gives to the one after it.

    Parameters
    ----------
    before, after : tuple of three floats
        Depth [m], velocity across and velocity along the face [m s-1] on its two sides.
    rise : float
        Bed after less bed before [m]; beyond `WALL_STEP` one side is a wall, which reflects.
    most : tuple of two floats
        Largest discharge that either cell can give [m2 s-1].
    cliff : float
        `STEEPEST` times the cell size [m].
    gravity : float
        [m s-2]

    Returns
    -------
    (mass, thrust_before, thrust_after, sheared) : floats
        Discharge [m2 s-1]; momentum across the face that leaves the cell before, and that enters
        the one after, with the bed's push and less g h^2 / 2 of the cell [m3 s-2]; momentum along
        the face [m3 s-2].

    Notes
    -----
    The step is Audusse et al. (2004), eq. 2.12-2.14 (from memory): depths at the face are what
    stands above the higher bed, and each cell keeps the pressure of its own depth. The slope
    pulls on each cell with half of its length and the cell's own depth; on the lower cell with
    at most twice the depth of the upper one, so that a bank that is dry does not push.
    """
    zero, half, two = like(rise, 0.0), like(rise, 0.5), like(rise, 2.0)
    is_wall_before, is_wall_after = rise < like(rise, -WALL_STEP), rise > like(rise, WALL_STEP)
    h_before = after[0] if is_wall_before else before[0]
    u_before = -after[1] if is_wall_before else before[1]
    h_after = before[0] if is_wall_after else after[0]
    u_after = -before[1] if is_wall_after else after[1]
    rise = zero if is_wall_before else rise
    rise = zero if is_wall_after else rise
    slope = sloping_part(rise, rise + (h_after - h_before), cliff)
    step = rise - slope
    above, below = h_before - max(step, zero), h_after + min(step, zero)
    above = above if above > like(rise, DRY) else zero
    below = below if below > like(rise, DRY) else zero
    mass, thrust_before, thrust_after, sheared = hllc(
        above, u_before, before[2], below, u_after, after[2], most, gravity
    )
    pull = half * gravity * slope
    lower_before = h_before if slope < zero else min(h_before, two * h_after)
    lower_after = h_after if slope > zero else min(h_after, two * h_before)
    return mass, thrust_before + pull * lower_before, thrust_after - pull * lower_after, sheared

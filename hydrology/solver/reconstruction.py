"""What a face sees of the two cells beside it: how walls and the bed enter the flux.

The bed between two cells is split in two. The part that the water level follows is a slope,
which pulls on the water of both cells; the rest is a step, which the water has to climb or falls
over. A lake has no slope, however rough its bed; a film on a hillside has no step, however
steep the hill, and is not starved.
"""

from hydrology.solver.compiled import formula
from hydrology.solver.precision import like
from hydrology.solver.riemann import DRY

WALL_STEP = 1e4
"""A rise of the ground between two cells beyond which one of them is a wall [m]."""

STEEPEST = 1.0
"""Steepest slope that pulls on the water; of a cliff, the rest is a free fall."""


@formula
def mirrored(depth_before, u_before, depth_after, u_after, rise):
    """Depths, velocities across and rise of the bed at a face; a wall mirrors the water before it.

    Parameters
    ----------
    depth_before, depth_after : float
        Water on the two sides of the face [m].
    u_before, u_after : float
        Velocities across it [m s-1].
    rise : float
        Bed after less bed before [m]; beyond `WALL_STEP` one side is a wall.

    Returns
    -------
    (depth_before, u_before, depth_after, u_after, rise) : floats
        The same where no side is a wall.
    """
    zero = like(rise, 0.0)
    is_wall_before, is_wall_after = rise < like(rise, -WALL_STEP), rise > like(rise, WALL_STEP)
    h_before = depth_after if is_wall_before else depth_before
    v_before = -u_after if is_wall_before else u_before
    h_after = depth_before if is_wall_after else depth_after
    v_after = -u_before if is_wall_after else u_after
    rise = zero if is_wall_before else rise
    return h_before, v_before, h_after, v_after, zero if is_wall_after else rise


@formula
def blur(depth_before, depth_after):
    """Rise of the water level between two cells that rounding may have made [m].

    Notes
    -----
    Depths and beds are kept to a relative precision, so the level of a lake is not the same in
    all of its cells, and never will be. Left alone, that drives a flow that does not end
    (measured in float32 on random beds: 3e-5 m/s).
    """
    one = like(depth_before, 1.0)
    epsilon = abs(like(depth_before, 3.0) * (like(depth_before, 4.0 / 3.0) - one) - one)
    return (epsilon + epsilon) * (depth_before + depth_after)


@formula
def rise_of_level(bed_rise, depth_before, depth_after, blurred):
    """Rise of the water level from one cell to the next [m]; zero where it is at most `blurred`.

    Parameters
    ----------
    bed_rise : float
        Rise of the bed from the cell before to the one after [m].
    depth_before, depth_after : float
        Water on the two sides [m].
    blurred : float
        `blur` of the two cells [m].
    """
    level_rise = bed_rise + (depth_after - depth_before)
    return level_rise if abs(level_rise) > blurred else like(bed_rise, 0.0)


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
    The subcells of Chen and Noelle (2017), SIAM J. Numer. Anal. 55, 758-784 (read in an open
    implementation), give the film its slope, but a steady flow whose depth is about the step
    only half of it.
    """
    zero = like(rise, 0.0)
    lowest, highest = max(min(rise, zero), -cliff), min(max(rise, zero), cliff)
    return min(max(level_rise, lowest), highest)


@formula
def at_blurred_face(depth_before, depth_after, rise, blurred, cliff, gravity):
    """Depths at a face, and what the slope of the bed takes from the cells beside it.

    Parameters
    ----------
    depth_before, depth_after : float
        Water on the two sides [m].
    rise : float
        Bed after less bed before [m].
    blurred : float
        `blur` of the two cells [m].
    cliff : float
        `STEEPEST` times the cell size [m].
    gravity : float
        [m s-2]

    Returns
    -------
    (above_before, above_after, pull_before, pull_after) : floats
        Water above the step [m], none where it is at most `DRY`; momentum that the slope takes
        from the cell before, and gives to the one after [m3 s-2].

    Notes
    -----
    The step is Audusse et al. (2004), eq. 2.12-2.14 (from memory): the depth at the face is what
    stands above the higher bed, and each cell keeps the pressure of its own depth. The slope
    pulls on each cell with half of its length and the cell's own depth; on the lower cell with
    at most twice the depth of the upper one, so that a dry bank does not push.
    """
    zero, two, dry = like(rise, 0.0), like(rise, 2.0), like(rise, DRY)
    level_rise = rise_of_level(rise, depth_before, depth_after, blurred)
    slope = sloping_part(rise, level_rise, cliff)
    step = rise - slope
    above_before = depth_before - max(step, zero)
    above_after = depth_after + min(step, zero)
    is_level = level_rise == zero
    above_both = min(above_before, above_after)
    above_before = above_both if is_level else above_before
    above_after = above_both if is_level else above_after
    pull = like(rise, 0.5) * gravity * slope
    heavy_before = depth_before if slope < zero else min(depth_before, two * depth_after)
    heavy_after = depth_after if slope > zero else min(depth_after, two * depth_before)
    return (
        above_before if above_before > dry else zero,
        above_after if above_after > dry else zero,
        pull * heavy_before,
        -(pull * heavy_after),
    )


@formula
def at_face(depth_before, depth_after, rise, cliff, gravity):
    """`at_blurred_face` where the depths are those of the cells themselves."""
    blurred = blur(depth_before, depth_after)
    return at_blurred_face(depth_before, depth_after, rise, blurred, cliff, gravity)

"""What two states of water exchange through the face between them: HLLC.

Formulas of the scheme `dynamic`: numbers in, numbers out, no branch, one source for float32 and
float64. "Before" and "after" are the two sides of a face, west and east or north and south; `u`
is the velocity across the face (positive from before to after), `v` the one along it.
"""

import math

from hydrology.solver.compiled import formula
from hydrology.solver.precision import like

DRY = 1e-5
"""Depth below which water does not move [m]: a hundredth of a millimetre."""


@formula
def velocities(depth, x_discharge, y_discharge, fastest):
    """Velocities of a cell [m s-1], none below `DRY`, each at most `fastest` either way.

    Parameters
    ----------
    depth : float
        Water in the cell [m].
    x_discharge, y_discharge : float
        Its momentum, depth times velocity [m2 s-1].
    fastest : float
        Half a cell a step [m s-1]. A step within the Courant number of 0.5 never meets it; in one
        that is not, it holds what a nearly drained cell would make of a rest of momentum.
    """
    dry, zero = like(depth, DRY), like(depth, 0.0)
    per_depth = like(depth, 1.0) / max(depth, dry)
    per_depth = per_depth if depth > dry else zero
    u = min(max(x_discharge * per_depth, -fastest), fastest)
    return u, min(max(y_discharge * per_depth, -fastest), fastest)


@formula
def signal_speed(depth, x_discharge, y_discharge, gravity):
    """Fastest signal of a cell along the axes of the grid [m s-1].

    Notes
    -----
    The larger of |u| and |v| plus the celerity sqrt(g h): the largest eigenvalue of the shallow
    water equations (Toro, 2001, Shock-Capturing Methods for Free-Surface Shallow Flows, section
    3.2; quoted from memory, the book was not at hand).
    """
    dry = like(depth, DRY)
    momentum = max(abs(x_discharge), abs(y_discharge))
    speed = momentum / max(depth, dry) + math.sqrt(gravity * depth)
    return speed if depth > dry else like(depth, 0.0)


@formula
def wave_speeds(depth_before, u_before, depth_after, u_after, gravity):
    """Slowest and fastest wave from a face [m s-1], as far as they leave it on their own side.

    Returns
    -------
    (slowest, fastest) : floats
        The first at most zero, the second at least zero, so that a face in supercritical flow
        takes the flux of the upstream side without a branch.

    Notes
    -----
    Two-rarefaction estimates of Fraccarollo and Toro (1995), J. Hydraul. Res. 33, 843-864, and
    the exact speed of a front on a dry bed (Toro, 2001, section 6.2); from memory. A side that
    is dry has the depth zero.
    """
    zero, half, two = like(u_before, 0.0), like(u_before, 0.5), like(u_before, 2.0)
    c_before, c_after = math.sqrt(gravity * depth_before), math.sqrt(gravity * depth_after)
    u_star = half * (u_before + u_after) + (c_before - c_after)
    c_star = half * ((c_before + c_after) + half * (u_before - u_after))
    slowest = min(u_before - c_before, u_star - c_star)
    fastest = max(u_after + c_after, u_star + c_star)
    slowest = slowest if depth_before > zero else u_after - two * c_after
    slowest = slowest if depth_after > zero else u_before - c_before
    fastest = fastest if depth_after > zero else u_before + two * c_before
    fastest = fastest if depth_before > zero else u_after + c_after
    return min(slowest, zero), max(fastest, zero)


@formula
def hllc(depth_before, u_before, depth_after, u_after, slowest, fastest, gravity):
    """Flux of mass and of momentum across a face, the latter less the pressure on either side.

    Parameters
    ----------
    depth_before, depth_after : float
        Depths at the face [m], zero where a side is dry.
    u_before, u_after : float
        Velocities across the face [m s-1].
    slowest, fastest : float
        From `wave_speeds` [m s-1].
    gravity : float
        [m s-2]

    Returns
    -------
    (mass, thrust_before, thrust_after) : floats
        Discharge [m2 s-1]; momentum across the face less g h^2 / 2 of the side before, and less
        that of the side after [m3 s-2].

    Notes
    -----
    Harten, Lax and van Leer's flux with the contact wave restored (Toro, Spruce and Speares,
    1994, Shock Waves 4, 25-34; Toro, 2001, section 10.4; from memory). With Toro's speed of the
    contact wave, s* = (sL hR (uR - sR) - sR hL (uL - sL)) / (hR (uR - sR) - hL (uL - sL)), the
    depths on both sides of the contact are equal and the discharge is the one of HLL, which has
    the sign of s*. So the contact is in `carried_along`: the velocity along the face comes from
    the side that gives the water. Without the pressure, the flux of water at rest is zero to the
    last bit, not a difference of two large numbers.
    """
    half = like(u_before, 0.5)
    scale = like(u_before, 1.0) / max(fastest - slowest, like(u_before, 1e-20))
    q_before, q_after = depth_before * u_before, depth_after * u_after
    rise, both = depth_after - depth_before, slowest * fastest
    mass = ((fastest * q_before - slowest * q_after) + both * rise) * scale
    push = half * gravity * (rise * (depth_before + depth_after))
    carried = fastest * (q_before * u_before) - slowest * (q_after * u_after)
    carried += both * (q_after - q_before)
    return mass, (carried - slowest * push) * scale, (carried - fastest * push) * scale


@formula
def idle_share(depth, u, v, fastest):
    """What each face may take of a cell's water beyond what moves towards it [m2 s-1].

    Parameters
    ----------
    depth : float
        [m]
    u, v : float
        Velocities, at most `fastest` either way [m s-1].
    fastest : float
        Half a cell a step [m s-1].
    """
    return like(depth, 0.25) * (depth * ((fastest + fastest) - (abs(u) + abs(v))))


@formula
def held_back(mass, idle_before, depth_before, u_before, idle_after, depth_after, u_after):
    """Discharge through a face, at most what the cell that gives it has for this face [m2 s-1].

    Notes
    -----
    What moves towards a face plus a quarter of what does not move: over the four faces of a cell
    that is all of its water in a step. So no depth turns negative whatever the step, no water is
    lost, and no other face has to be known. Within a Courant number of 0.5 it binds only where
    water runs out on dry ground at nearly the largest speed of the whole grid.
    """
    zero = like(mass, 0.0)
    given = idle_before + depth_before * max(u_before, zero)
    taken = idle_after + depth_after * max(-u_after, zero)
    return min(max(mass, -taken), given)


@formula
def carried_along(mass, v_before, v_after):
    """Momentum along a face that its discharge carries from the side it comes from [m3 s-2]."""
    zero = like(mass, 0.0)
    return max(mass, zero) * v_before + min(mass, zero) * v_after

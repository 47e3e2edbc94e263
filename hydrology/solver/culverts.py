"""Discharge through a culvert, a box or a pipe: the smaller of what inlet and barrel allow.

A barrel of no width is a pipe, and its height is its diameter.
"""

import math

from hydrology.solver.compiled import formula, loop
from hydrology.solver.physics import GRAVITY

SEARCHES = 24
"""Steps of the searches for the depth at the outlet: to 1e-7 and to 1e-4 of the barrel's height;
the discharge at a maximum is far better."""


@formula
def inlet_discharge(head, width, height):
    """Discharge that the inlet lets in: a weir, then an orifice [m3 s-1].

    Parameters
    ----------
    head : float
        Water above the inlet's invert [m].
    width, height : float
        Of the barrel; a width of 0 is a pipe, and its height the diameter [m].

    Notes
    -----
    Boyd (1987), Generalised Head-Discharge Equations for Culverts, Fourth National Local
    Government Engineering Conference, Perth, eq. 9 (box) and 10 (pipe), fitted to the charts of
    FHWA for square-edged inlets; exponents and factors were checked against GISS, which quotes
    them. The smaller of the two branches is taken, so that there is no jump between them.
    """
    head, pull = max(head, 0.0), math.sqrt(GRAVITY)
    if width > 0.0:
        weir = 0.544 * width * math.pow(head, 1.5)
        orifice = 0.702 * width * math.pow(height, 0.89) * math.pow(head, 0.61)
    else:
        weir = 0.421 * math.pow(height, 0.87) * math.pow(head, 1.63)
        orifice = 0.530 * math.pow(height, 1.87) * math.pow(head, 0.63)
    return pull * min(weir, orifice)


@formula
def flow_section(depth, width, height):
    """Area [m2], wetted perimeter [m] and width of the surface [m] in a barrel.

    Parameters
    ----------
    depth : float
        Of the water in the barrel, 0 to its height [m].
    width, height : float
        Of the barrel; a width of 0 is a pipe, and its height the diameter [m].

    Notes
    -----
    The roof of a box wets over the last tenth of its height: our own, so that no discharge jumps
    when the barrel fills.
    """
    if width > 0.0:
        roof = width * min(max(10.0 * depth / height - 9.0, 0.0), 1.0)
        return width * depth, width + 2.0 * depth + roof, width
    half_angle = math.acos(min(max(1.0 - 2.0 * depth / height, -1.0), 1.0))
    area = 0.25 * height * height * (half_angle - 0.5 * math.sin(2.0 * half_angle))
    return area, height * half_angle, height * math.sin(half_angle)


@formula
def barrel_discharge(fall, inlet_depth, outlet_depth, width, height, length, manning, losses):
    """Discharge that a barrel carries for its loss of energy [m3 s-1].

    Parameters
    ----------
    fall : float
        Water level before the inlet less the level at the outlet [m].
    inlet_depth, outlet_depth : float
        Water above the inverts, in the barrel at most its height [m].
    width, height, length : float
        Of the barrel [m].
    manning : float
        [s m-1/3].
    losses : float
        Loss at the entrance and at the exit, in velocity heads [1].

    Notes
    -----
    FHWA HDS-5, full-barrel energy loss: (K_e + K_x + 2 g n^2 L / R^(4/3)) V^2 / (2 g), checked
    against HEC-RAS's hydraulic reference ("FHWA full flow equations"). With water below the roof,
    the section at the mean of the two depths stands for the barrel, and where water backs up from
    below, that at the inlet; that is our own.
    """
    inlet_depth = min(inlet_depth, height)
    filled = 0.5 * (inlet_depth + min(outlet_depth, inlet_depth))
    area, perimeter, _ = flow_section(filled, width, height)
    radius = max(area / max(perimeter, 1e-12), 1e-12)
    friction = 2.0 * GRAVITY * manning * manning * length / math.pow(radius, 4.0 / 3.0)
    return area * math.sqrt(2.0 * GRAVITY * max(fall, 0.0) / (losses + friction))


@formula
def critical_discharge(depth, width, height):
    """Discharge that is critical at a depth in the barrel, A (g A / T)^0.5 [m3 s-1]."""
    area, _, surface = flow_section(depth, width, height)
    return area * math.sqrt(GRAVITY * area / max(surface, 1e-9))


@loop
def _largest_discharge(lower, head, drop, width, height, length, manning, losses):
    """Most that the barrel carries at an outlet depth between `lower` and its height [m3 s-1]."""
    upper = height
    most = barrel_discharge(
        head + drop - height, head, height, width, height, length, manning, losses
    )
    for _ in range(SEARCHES):
        third = (upper - lower) / 3.0
        less, more = lower + third, upper - third
        at_less = barrel_discharge(
            head + drop - less, head, less, width, height, length, manning, losses
        )
        at_more = barrel_discharge(
            head + drop - more, head, more, width, height, length, manning, losses
        )
        most = max(most, max(at_less, at_more))
        if at_less < at_more:
            lower = less
        else:
            upper = more
    return most


@loop
def outlet_discharge(head, tail, drop, width, height, length, manning, losses):
    """Discharge that the barrel and its outlet let through [m3 s-1].

    Parameters
    ----------
    head, tail : float
        Water above the invert of the inlet, and above that of the outlet, negative below it [m].
    drop : float
        Invert of the inlet less invert of the outlet [m].
    width, height, length, manning, losses : float
        As in `barrel_discharge`.

    Notes
    -----
    The depth at the outlet is that of the water below it, but not below critical depth: FHWA
    HDS-5, outlet control. Critical is the depth at which the barrel brings just what flows out
    critically. A barrel that carries more at a larger depth, because its friction rules, takes
    that depth: so rising water below never adds to the discharge.
    """
    if tail >= height:
        return barrel_discharge(
            head + drop - tail, head, height, width, height, length, manning, losses
        )
    lower, upper = max(tail, 0.0), height
    for _ in range(SEARCHES):
        depth = 0.5 * (lower + upper)
        flow = barrel_discharge(
            head + drop - depth, head, depth, width, height, length, manning, losses
        )
        if flow > critical_discharge(depth, width, height):
            lower = depth
        else:
            upper = depth
    return _largest_discharge(lower, head, drop, width, height, length, manning, losses)


@loop
def culvert_discharge(head, tail, drop, width, height, length, manning, losses):
    """Discharge of a culvert: the smaller of inlet and outlet control [m3 s-1].

    Parameters
    ----------
    head, tail : float
        Water above the invert of the inlet, and above that of the outlet, negative below it [m].
    drop : float
        Invert of the inlet less invert of the outlet [m].
    width, height, length : float
        Of the barrel; a width of 0 is a pipe, and its height the diameter [m].
    manning : float
        [s m-1/3].
    losses : float
        Loss at the entrance and at the exit, in velocity heads [1].
    """
    if head <= 0.0:
        return 0.0
    return min(
        inlet_discharge(head, width, height),
        outlet_discharge(head, tail, drop, width, height, length, manning, losses),
    )

"""What structures move between two cells: one serial pass over a flat table, between visits.

Each link of the table is one pair of cells. Links act one after the other on the state as it
is then, so that two structures at one cell cannot take the same water twice. Water moves by
what the levels are when the pass begins its link; it never takes more than stands in a cell or
above the sill, and never more than makes both levels equal, so that nothing swings back.
"""

import numpy as np

from hydrology.solver.compiled import formula, loop, serial
from hydrology.solver.culverts import culvert_discharge
from hydrology.solver.precision import like, packed, unpacked
from hydrology.solver.weirs import opening_discharge, weir_discharge

WEIR, CULVERT, BRIDGE, BREACH = 0, 1, 2, 3
"""Kinds of links. A levee is a row of weirs."""

PARAMETERS = 9
"""Numbers that describe a link, by kind:

- weir: crest, width, coefficient;
- culvert: invert on the first side, invert on the second, width (0: a pipe), height, length,
  Manning, losses, share of the culvert, 1 if water goes to the second side only;
- bridge: bed, soffit, deck, width;
- breach: crest, final bottom, final width, coefficient, duration, time of its begin, level that
  begins it, width of the face.

Levels count from the datum of the ground [m]; all others are in SI.
"""

NEVER = -1.0
"""When a breach began that has not begun [s]."""

OPEN_FLOW = 1.7
"""Coefficient of the open flow under a bridge: critical flow over its bed [m0.5 s-1]."""

ROAD = 1.44
"""Coefficient of the weir over a bridge's deck [m0.5 s-1]: 2.6 ft0.5 s-1, as HEC-RAS advises."""


@formula
def breach_progress(begun, duration, now):
    """Share of its final size that a breach has, growing linearly: 0 before it begins, then to 1.

    Parameters
    ----------
    begun : float
        When it began, negative: not yet [s].
    duration, now : float
        Time that it takes to open, and present time [s].
    """
    if begun < 0.0 or now < begun:
        return 0.0
    return min((now - begun) / duration, 1.0) if duration > 0.0 else 1.0


@loop
def _breach(p, up, down, opened):
    """Discharge and sill of a face of a levee that opens; the rest of it still overtops."""
    sill = p[0] + opened * (p[1] - p[0])
    width = opened * p[2]
    flow = weir_discharge(up - sill, down - sill, width, p[3])
    flow += weir_discharge(up - p[0], down - p[0], max(p[7] - width, 0.0), p[3])
    return flow, sill


@loop
def _culvert(p, up, down, is_forward):
    """Discharge and sill of a culvert, in either direction."""
    inlet, outlet = (p[0], p[1]) if is_forward else (p[1], p[0])
    if p[8] > 0.0 and not is_forward:
        return 0.0, inlet
    flow = culvert_discharge(
        up - inlet, down - outlet, inlet - outlet, p[2], p[3], p[4], p[5], p[6]
    )
    return p[7] * flow, max(inlet, outlet)


@loop
def link_discharge(kind, p, up, down, is_forward, opened):
    """Discharge of a link [m3 s-1], and the level below which it takes nothing [m].

    Parameters
    ----------
    kind : int
        `WEIR`, `CULVERT`, `BRIDGE` or `BREACH`.
    p : (PARAMETERS,) array
        See `PARAMETERS`.
    up, down : float
        Water level on the higher and on the lower side [m].
    is_forward : bool
        Whether the first cell of the link is the higher side.
    opened : float
        Share of its final size that a breach has.
    """
    if kind == WEIR:
        return weir_discharge(up - p[0], down - p[0], p[1], p[2]), p[0]
    if kind == CULVERT:
        return _culvert(p, up, down, is_forward)
    if kind == BRIDGE:
        flow = opening_discharge(up - p[0], down - p[0], p[3], p[1] - p[0], OPEN_FLOW)
        return flow + weir_discharge(up - p[2], down - p[2], p[3], ROAD), p[0]
    return _breach(p, up, down, opened)


@formula
def fair_depth(wanted, up, down, sill, depth):
    """Depth that may leave a cell: no more than is there, above the sill and up to equal levels.

    Parameters
    ----------
    wanted : float
        Depth that the discharge would take in the interval [m].
    up, down, sill : float
        Levels on the higher and the lower side, and of the sill [m].
    depth : float
        Water on the higher side [m].
    """
    return max(min(min(wanted, depth), min(0.5 * (up - down), up - sill)), 0.0)


@formula
def _water(depth, owed):
    """Water of a cell with what rounding owes it [m]."""
    return np.float64(depth) + np.float64(unpacked(depth, owed))


@loop
def _gain(depth, owed, j, i, gain):
    """Add to a cell's water, keeping what its type cannot hold in `owed`."""
    water = _water(depth[j, i], owed[j, i]) + gain
    depth[j, i] = max(water, 0.0)
    owed[j, i] = packed(depth[j, i], like(depth[j, i], water - np.float64(depth[j, i])))


@serial
def exchange(
    depth, owed, ground, kinds, cells, owners, parameters, begun, moved, cell_area, seconds, now
):
    """Move water through all structures for an interval.

    Parameters
    ----------
    depth, owed : (rows, columns) array
        Water [m], and what rounding owes it packed in two bytes; padded, both updated.
    ground : (rows, columns) array
        Ground above its datum [m], padded.
    kinds : (links,) int array
        `WEIR`, `CULVERT`, `BRIDGE` or `BREACH`.
    cells : (links, 4) int array
        Row and column of the first cell, row and column of the second, in the padded arrays.
    owners : (links,) int array
        Structure that each link belongs to.
    parameters : (links, PARAMETERS) float64 array
        See `PARAMETERS`.
    begun : (structures,) float64 array
        When each breach began [s], negative: not yet; updated, saved with a run.
    moved : (structures,) float64 array
        Volume from the first side to the second so far [m3]; updated.
    cell_area : float
        [m2].
    seconds, now : float
        Length of the interval, and the time at its end [s].
    """
    for k in range(kinds.size):
        ja, ia, jb, ib = cells[k, 0], cells[k, 1], cells[k, 2], cells[k, 3]
        owner, p, opened = owners[k], parameters[k], 0.0
        water_a = _water(depth[ja, ia], owed[ja, ia])
        water_b = _water(depth[jb, ib], owed[jb, ib])
        level_a = np.float64(ground[ja, ia]) + water_a
        level_b = np.float64(ground[jb, ib]) + water_b
        if kinds[k] == BREACH:
            is_high = max(water_a, water_b) > 0.0 and max(level_a, level_b) >= p[6]
            if begun[owner] < 0.0 and (now >= p[5] or is_high):
                begun[owner] = min(p[5], now)
            opened = breach_progress(begun[owner], p[4], now)
        is_forward = level_a >= level_b
        up, down = (level_a, level_b) if is_forward else (level_b, level_a)
        water = water_a if is_forward else water_b
        if water <= 0.0 or up == down:
            continue
        flow, sill = link_discharge(kinds[k], p, up, down, is_forward, opened)
        taken = fair_depth(flow * seconds / cell_area, up, down, sill, water)
        signed = taken if is_forward else -taken
        _gain(depth, owed, ja, ia, -signed)
        _gain(depth, owed, jb, ib, signed)
        moved[owner] += signed * cell_area

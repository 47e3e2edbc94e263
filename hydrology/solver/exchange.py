"""What structures move between two cells: one serial pass over a flat table before each visit.

Each link of the table is one pair of cells. Before a visit of the tiles each link gets a rate, at
which its two cells lose and gain water in every step of the visit; afterwards what one of them
could not give is taken back from the other. A rate is what the formula gives at the levels that
are expected at the end of the visit, with that rate: so the levels that a steady flow keeps are
those of the formula, however long a visit is, and nothing swings back.
"""

import numpy as np

from hydrology.solver.compiled import formula, loop, serial
from hydrology.solver.culverts import culvert_discharge
from hydrology.solver.precision import like, packed, unpacked
from hydrology.solver.weirs import opening_discharge, weir_discharge

WEIR, CULVERT, BRIDGE, BREACH = 0, 1, 2, 3
"""Kinds of links. A levee is a row of weirs."""

PARAMETERS = 10
"""Numbers that describe a link, by kind:

- weir: crest, width, coefficient;
- culvert: invert on the first side, invert on the second, width (0: a pipe), height, length,
  Manning, losses, share of the culvert, 1 if water goes to the second side only;
- bridge: bed, soffit, deck, width;
- breach: crest, final bottom, final width, coefficient, duration, time of its begin, level that
  begins it, width of the face, coefficient of what has not opened.

Levels count from the datum of the ground [m]; all others are in SI.
"""

SEARCHES, EXACT = 30, 1e-6
"""Steps of the search for what a link moves, and the share of it at which the search ends."""

TRIFLE = 1e-12
"""Depth that is but rounding [m]."""

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
    """Discharge through a face of a levee that opens; the rest of it still overtops."""
    sill = p[0] + opened * (p[1] - p[0])
    width = opened * p[2]
    flow = weir_discharge(up - sill, down - sill, width, p[3])
    flow += weir_discharge(up - p[0], down - p[0], max(p[7] - width, 0.0), p[8])
    return flow


@loop
def _culvert(p, up, down, is_forward):
    """Discharge of a culvert, in either direction."""
    inlet, outlet = (p[0], p[1]) if is_forward else (p[1], p[0])
    if p[8] > 0.0 and not is_forward:
        return 0.0
    flow = culvert_discharge(
        up - inlet, down - outlet, inlet - outlet, p[2], p[3], p[4], p[5], p[6]
    )
    return p[7] * flow


@loop
def link_discharge(kind, p, up, down, is_forward, opened):
    """Discharge of a link [m3 s-1].

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
        return weir_discharge(up - p[0], down - p[0], p[1], p[2])
    if kind == CULVERT:
        return _culvert(p, up, down, is_forward)
    if kind == BRIDGE:
        flow = opening_discharge(up - p[0], down - p[0], p[3], p[1] - p[0], OPEN_FLOW)
        return flow + weir_discharge(up - p[2], down - p[2], p[3], ROAD)
    return _breach(p, up, down, opened)


@loop
def _excess(kind, p, up, down, is_forward, opened, moved, per_depth):
    """By how much a depth that moves is more than what flows at the levels that it leaves [m]."""
    flow = link_discharge(kind, p, up - moved, down + moved, is_forward, opened)
    return moved - per_depth * flow


@loop
def moved_depth(kind, p, up, down, water, is_forward, opened, per_depth, guess):
    """Depth that a link moves in an interval, from the levels that it leaves behind [m].

    Parameters
    ----------
    kind, p, is_forward, opened
        As in `link_discharge`.
    up, down : float
        Level on the higher and on the lower side at the end of the interval, if nothing moves [m].
    water : float
        Depth on the higher side then [m].
    per_depth : float
        Length of the interval over the area of a cell [s m-2].
    guess : float
        Where to begin, such as what moved in the interval before [m].

    Notes
    -----
    The implicit Euler method: no more than makes both levels equal, and no less than nothing. The
    discharge falls with what has moved, so there is one solution; it is found by the regula falsi
    in its Illinois form (Dowell and Jarratt, 1971, BIT 11, 168; not at hand).
    """
    low, high = 0.0, min(water, 0.5 * (up - down))
    if not high > 0.0:
        return 0.0
    at_low = _excess(kind, p, up, down, is_forward, opened, low, per_depth)
    at_high = _excess(kind, p, up, down, is_forward, opened, high, per_depth)
    if at_low >= 0.0:
        return 0.0
    if at_high <= 0.0:
        return high
    at = guess if low < guess < high else high * at_low / (at_low - at_high)
    for _ in range(SEARCHES):
        found = _excess(kind, p, up, down, is_forward, opened, at, per_depth)
        if abs(found) <= EXACT * at:
            break
        if found > 0.0:
            at_low = 0.5 * at_low if high - at < 0.5 * (high - low) else at_low
            high, at_high = at, found
        else:
            at_high = 0.5 * at_high if at - low < 0.5 * (high - low) else at_high
            low, at_low = at, found
        at = (low * at_high - high * at_low) / (at_high - at_low)
    return at


@formula
def _water(depth, owed):
    """Water of a cell with what rounding owes it [m]."""
    return np.float64(depth) + np.float64(unpacked(depth, owed))


@serial
def find_levels(levels, depth, owed, ground, cells):
    """Water levels of some cells.

    Parameters
    ----------
    levels : (cells,) float64 array
        Filled [m].
    depth, owed : (rows, columns) array
        Water [m], and what rounding owes it packed in two bytes; padded.
    ground : (rows, columns) array
        Ground above its datum [m], padded.
    cells : (cells, 2) int array
        Row and column of each in the padded arrays.
    """
    for c in range(levels.size):
        j, i = cells[c, 0], cells[c, 1]
        levels[c] = np.float64(ground[j, i]) + _water(depth[j, i], owed[j, i])


@serial
def plan(
    rates, expected, rise, bottoms, levels, kinds, ends, owners, parameters, begun, cell_area,
    seconds, now,
):  # fmt: skip
    """Find the rates of all links for an interval.

    Parameters
    ----------
    rates : (links,) float64 array
        Depth that each moves from its first cell to its second in a second, before and after
        [m s-1]; updated.
    expected : (cells,) float64 array
        Levels at the end of the interval with the rates before [m]; with the rates after.
    rise : (cells,) float64 array
        What they are expected to rise by with the rates before [m].
    bottoms, levels : (cells,) float64 array
        Ground and water level now [m].
    kinds : (links,) int array
        `WEIR`, `CULVERT`, `BRIDGE` or `BREACH`.
    ends : (links, 2) int array
        Place of the first and of the second cell of each link among the cells.
    owners : (links,) int array
        Structure that each link belongs to.
    parameters : (links, PARAMETERS) float64 array
        See `PARAMETERS`.
    begun : (structures,) float64 array
        When each breach began [s], negative: not yet; updated.
    cell_area : float
        [m2].
    seconds, now : float
        Length of the interval, and the time at its end [s].
    """
    for k in range(kinds.size):
        a, b = ends[k, 0], ends[k, 1]
        owner, p, opened = owners[k], parameters[k], 0.0
        if kinds[k] == BREACH:
            is_wet = levels[a] > bottoms[a] or levels[b] > bottoms[b]
            is_high = is_wet and max(levels[a], levels[b]) >= p[6]
            if begun[owner] < 0.0 and (now >= p[5] or is_high):
                begun[owner] = min(p[5], now)
            opened = breach_progress(begun[owner], p[4], now)
        # Without this link; below the bottom where it brought all that the cell passed on.
        level_a = expected[a] + rates[k] * seconds
        level_b = expected[b] - rates[k] * seconds
        is_forward = level_a >= level_b
        sign = 1.0 if is_forward else -1.0
        # A wave that arrives is not taken to rise on as it did; one that leaves, to fall on.
        up = level_a - max(rise[a], 0.0) if is_forward else level_b - max(rise[b], 0.0)
        down = level_b - min(rise[b], 0.0) if is_forward else level_a - min(rise[a], 0.0)
        water = up - bottoms[a if is_forward else b]
        moved = sign * moved_depth(
            kinds[k], p, up, down, water, is_forward, opened, seconds / cell_area,
            sign * rates[k] * seconds,
        )  # fmt: skip
        expected[a], expected[b] = level_a - moved, level_b + moved
        rates[k] = moved / seconds


@serial
def take_back(pending, rates, depth, owed, cells, ends):
    """Take from the second cell of each link what the first could not give it.

    Parameters
    ----------
    pending : (links,) float64 array
        Depth that each has brought but not taken away [m]; what stays could not be taken back.
    rates : (links,) float64 array
        As after `plan`: their sign tells which of its cells gained [m s-1].
    depth, owed, cells
        As in `find_levels`; the first two updated.
    ends : (links, 2) int array
        As in `plan`.
    """
    for k in range(pending.size):
        if pending[k] <= TRIFLE:
            continue
        c = ends[k, 1] if rates[k] >= 0.0 else ends[k, 0]
        j, i = cells[c, 0], cells[c, 1]
        water = _water(depth[j, i], owed[j, i])
        rest = max(water - pending[k], 0.0)
        depth[j, i] = rest
        owed[j, i] = packed(depth[j, i], like(depth[j, i], rest - np.float64(depth[j, i])))
        pending[k] -= max(water - rest, 0.0)

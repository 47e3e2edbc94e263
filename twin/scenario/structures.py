"""Edits that hold or move water: levees, walls, pumps and gates.

Levees, walls and gates become tables of `hydrology/CASES.md`, which the solver reads; a pump
becomes drains at its intake, since the solver knows no pumps: it takes at most its capacity, from
the first drop on, and what it takes leaves the model.
"""

import math

import numpy as np
import shapely

from twin.errors import InputError
from twin.scenario.ground import ground_of, left_out, move_ground
from twin.scenario.places import find_object

MOST_MM_S = 0.9e-3
"""What a cell may give a pump [m s-1], a tenth below what a field of drains may hold."""

REACH = 250.0
"""How far from its point a pump may draw from [m]."""


def add_levee(draft, table, place, number):
    """A line that holds water up to its crest; with a width an embankment, with its fill."""
    table.know("crest", "height")
    key = table.one_of("crest", "height")
    value = table.number(key, -500, 9000)
    if key == "height" and value <= 0:
        raise table.refusal("height", "a height above 0")
    if place.width:
        return _embankment(draft, table, place, number, key, value)
    tables, cells = _lines(draft, place, number)
    draft.structures["levee"] += [table | {key: value} for table in tables]
    words = f"{value:g} m" if key == "crest" else f"{value:g} m above the ground"
    return {"text": f"crest at {words} along {_length(place):,.0f} m", "cells": cells}


def add_wall(draft, table, place, number):
    """A line that water never passes."""
    table.know()
    tables, cells = _lines(draft, place, number)
    draft.structures["wall"] += tables
    return {"text": f"wall of {_length(place):,.0f} m", "cells": cells}


def add_pump(draft, table, place, number):
    """A pump: what it draws leaves the model; see the head of this file."""
    table.know("capacity", "to")
    if "to" in table:
        raise InputError(
            f"{table.where} pumps to a place in the city, which cannot be simulated yet, expected "
            "a pump whose water leaves the model; leave out 'to'"
        )
    own = None
    if place.layer in ("pump_stations", "mobile_pumps") and len(place.rows) == 1:
        own = float(place.rows["capacity"].iloc[0])
    capacity = table.number("capacity", 0.0, 1000.0, default=own)
    if place.layer == "pump_stations":
        draft.notes.append(
            f"{table.where}: the solver runs no pump stations, so the baseline has none; the "
            "difference is that of the whole pump"
        )
    if capacity == 0:
        return {"text": "pump does not run", "cells": None}
    cells = _intake(draft, place, capacity, table.where)
    draft.claim("pumps", cells, number, table.where)
    area = float(cells.sum()) * draft.grid.cell_size**2
    draft.field("drain_capacity")[cells] += np.float32(capacity / area)
    limit = draft.field("drain_capacity")
    np.minimum(limit, np.float32(1e-3), out=limit)
    words = f"pump of {capacity:g} m³/s draws from {area:,.0f} m², out of the model"
    return {"text": words, "cells": cells}


def add_gate(draft, table, place, number):
    """A gate or culvert through what separates two points, open by a height."""
    table.know("to", "width", "opening", "sill", "one_way")
    own = _gate_of(draft, place)
    if "to" not in table:
        raise InputError(
            f"{table.where} does not say between which points water passes, expected point (or "
            "object) on one side and to = [x, y] on the other; the city keeps gates as data only"
        )
    opening = table.number("opening", 0.0, 50.0)
    width = place.width or own.get("width")
    if width is None:
        raise table.refusal("width", "a width in metres")
    start, stop = place.point(), table.point("to")
    _require_apart(draft, start, stop, table.where)
    draft.notes.append(
        f"{table.where}: the solver runs no gates of its own, so the baseline has none here"
    )
    if opening == 0:
        return {"text": "gate shut: no water passes", "cells": None}
    gate = {
        "name": f"edit {number}", "from": list(start), "to": list(stop), "width": width,
        "height": opening, "one_way": table.truth("one_way", False),
    }  # fmt: skip
    sill = table.number("sill", -500, 9000, default=own.get("sill"))
    if sill is not None:
        gate |= {"inlet_invert": sill, "outlet_invert": sill}
    draft.structures["culvert"].append(gate)
    return {"text": f"gate of {width:g} m opened by {opening:g} m", "cells": None}


def _gate_of(draft, place):
    """Width and sill of a gate that the city knows."""
    if place.layer != "gates" or len(place.rows) != 1:
        return {}
    find_object(draft.city, "gates", place.rows["gate_id"].iloc[0], place.where)
    row = place.rows.iloc[0]
    return {"width": float(row["width"]), "sill": float(row["sill_level"])}


def _embankment(draft, table, place, number, key, value):
    """A levee as ground: what is filled."""
    cells, below = (found & ~draft.is_built for found in ground_of(draft, place))
    draft.claim("ground", cells, number, table.where)
    before = draft.ground[cells].astype(np.float64)
    wanted = np.maximum(before, value if key == "crest" else before + value)
    if not (wanted > before).any():
        raise InputError(
            f"{table.where} fills nothing: the ground stands above {value:g} m already, expected a "
            "crest above it; raise it"
        )
    done = move_ground(draft, cells, wanted)
    words = f"embankment of {place.width:g} m, {done['fill_m3']:,.0f} m³ filled"
    return {"text": words + left_out(draft, below), "cells": cells, **done}


def _intake(draft, place, capacity, where):
    """The open cells nearest to a pump from which it can draw its capacity."""
    needed = math.ceil(capacity / (MOST_MM_S * draft.grid.cell_size**2))
    is_surface = place.radius or place.shape.geom_type.endswith("Polygon")
    area = place.area() if is_surface else shapely.Point(*place.point()).buffer(REACH)
    cells = draft.cells_in(area, where) & ~draft.is_built
    if int(cells.sum()) < needed:
        raise InputError(
            f"{where} draws {capacity:g} m³/s from {int(cells.sum())} cells, expected {needed} or "
            "more at 3.2 m/h each; give a larger polygon or radius, or less capacity"
        )
    if is_surface:
        return cells
    rows, columns = np.nonzero(cells)
    x, y = place.point()
    away = np.hypot(draft.grid.x[columns] - x, draft.grid.y[rows] - y)
    nearest = np.argsort(away, kind="stable")[:needed]
    chosen = np.zeros_like(cells)
    chosen[rows[nearest], columns[nearest]] = True
    return chosen


def _require_apart(draft, start, stop, where):
    """Refuse a gate that leads out of the city, or to the cell where it begins."""
    cell = draft.grid.cell_of(*stop)
    if cell is None or not np.isfinite(draft.ground[cell]):
        raise InputError(
            f"{where} leads to {stop[0]:.9g}, {stop[1]:.9g}, outside of the city, expected a "
            "point on its ground; move it"
        )
    if cell == draft.grid.cell_of(*start):
        raise InputError(
            f"{where} leads from a cell to itself, expected a point to on the other side, "
            f"{draft.grid.cell_size:g} m away or more; move it"
        )


def _lines(draft, place, number):
    """Lines of a place as tables with ``name`` and ``line``, and the cells along them."""
    lines = [_on_corners(line, draft.grid, place.where) for line in place.lines()]
    names = [f"edit {number}"]
    if len(lines) > 1:
        names = [f"edit {number}, line {count}" for count in range(1, len(lines) + 1)]
    band = shapely.union_all(
        [shapely.LineString(line).buffer(draft.grid.cell_size) for line in lines]
    )
    tables = [
        {"name": name, "line": line.tolist()} for name, line in zip(names, lines, strict=True)
    ]
    return tables, draft.cells_in(band, place.where)


def _on_corners(line, grid, where):
    """A line without points that fall on the same corner of cells, and bends within half a cell."""
    points = shapely.get_coordinates(
        shapely.simplify(shapely.LineString(line), 0.5 * grid.cell_size)
    )
    corners = np.rint((points - [grid.x0, grid.y0]) / grid.cell_size)
    kept = np.r_[True, (np.diff(corners, axis=0) != 0).any(axis=1)]
    is_ring = (line[0] == line[-1]).all()
    if is_ring and (kept.sum() < 4 or shapely.Polygon(corners[kept]).area == 0):
        raise InputError(
            f"{where} closes around no cell, which is {grid.cell_size:g} m wide, expected a line "
            "around some; draw it larger, or open"
        )
    if kept.sum() < 2 or _length_of(line) < grid.cell_size:
        raise InputError(
            f"{where} has a line of {_length_of(line):.3g} m, expected one well over the "
            f"{grid.cell_size:g} m of a cell; draw it longer"
        )
    return points[kept]


def _length(place):
    return sum(map(_length_of, place.lines()))


def _length_of(line):
    return float(np.hypot(*np.diff(line, axis=0).T).sum())

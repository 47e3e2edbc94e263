"""The edits of a scenario, one function a kind: what each changes in the draft of a city.

Each takes the draft, the table of the edit and its place; it changes the draft and gives what it
did in words, the cells and the volumes.
"""

import numpy as np

from twin.errors import InputError
from twin.heat.surface_cover import MIXED, surface_number, surfaces
from twin.scenario.buildings import add_building, remove_building
from twin.scenario.ground import STANDING, ground_of, left_out, move_ground
from twin.scenario.structures import add_gate, add_levee, add_pump, add_wall
from twin.units import MM_PER_HOUR

FASTEST_MM_H = 3600.0

ROUGHNESS = 0.03
"""Manning's n of ground of which a city says nothing, as the solver takes it [s m-1/3]."""


def change_land_use(draft, table, place, number):
    """Another surface: its roughness, sealing, infiltration, and what heat makes of it."""
    table.know("surface")
    name = table.text("surface")
    index = surface_number(name)
    cells, below = _dry_cells(draft, table, place, number)
    row = surfaces()[name]
    draft.field("manning", ROUGHNESS)[cells] = row["manning"]
    draft.field("imperviousness")[cells] = row["imperviousness"]
    _note_ground(draft)
    if row["infiltration_mm_h"] is not None:
        draft.field("infiltration_rate")[cells] = row["infiltration_mm_h"] * MM_PER_HOUR
    draft.cover[cells & ~draft.is_built] = index
    words = f"{name.replace('_', ' ')} on {_ground_area(draft, cells)}"
    return {"text": words + left_out(draft, below), "cells": cells}


def change_permeability(draft, table, place, number):
    """Another sealed share, and what the open ground takes."""
    table.know("imperviousness", "infiltration_mm_h", "surface")
    if "imperviousness" not in table and "infiltration_mm_h" not in table:
        raise table.refusal("imperviousness", "a share from 0 to 1, or infiltration_mm_h")
    cells, below = _dry_cells(draft, table, place, number)
    words = []
    if "imperviousness" in table:
        share = table.number("imperviousness", 0.0, 1.0)
        draft.field("imperviousness")[cells] = share
        words.append(f"{100 * share:.0f} % sealed")
    elif not draft.has_land_cover:
        draft.field("imperviousness")[cells] = 0.0  # what takes water is not sealed
    _note_ground(draft)
    if "infiltration_mm_h" in table:
        rate = table.number("infiltration_mm_h", 0.0, FASTEST_MM_H)
        draft.field("infiltration_rate")[cells] = rate * MM_PER_HOUR
        words.append(f"{rate:g} mm/h infiltrate")
    index = surface_number(table.text("surface")) if "surface" in table else MIXED
    draft.cover[cells & ~draft.is_built] = index
    words = f"{', '.join(words)} on {_ground_area(draft, cells)}"
    return {"text": words + left_out(draft, below), "cells": cells}


def _note_ground(draft):
    """Say once what is assumed of ground of which the city says nothing."""
    note = (
        "the city has no land cover: its ground counts as sealed, takes no water and has a "
        f"roughness of {ROUGHNESS:g}, so an edit of the surface shows its own roughness and "
        "infiltration, and in the heat its difference to asphalt"
    )
    is_open = "infiltration_rate" in draft.city.terrain_fields
    if not draft.has_land_cover and not is_open and note not in draft.notes:
        draft.notes.append(note)


def change_terrain(draft, table, place, number):
    """Cut and fill: to a level, by a height, or to a plane that slopes."""
    table.know("level", "by", "slope", "towards", "only")
    if "slope" not in table:
        key = table.one_of("level", "by")
    elif "by" in table:
        raise table.refusal("by", "level beside slope")
    else:
        key = "slope"
    cells, below = ground_of(draft, place)
    draft.claim("ground", cells, number, table.where)
    only = table.choice("only", ("both", "cut", "fill"), "both")
    ground = draft.ground[cells].astype(np.float64)
    if key == "level":
        wanted = np.full(ground.shape, table.number("level", -500, 9000))
    elif key == "by":
        wanted = ground + table.number("by", -500, 500)
    else:
        wanted = _plane(draft, table, cells)
    wanted = {"both": wanted, "cut": np.minimum(wanted, ground), "fill": np.maximum(wanted, ground)}
    done = move_ground(draft, cells, wanted[only])
    words = f"{done['cut_m3']:,.0f} m³ cut, {done['fill_m3']:,.0f} m³ filled"
    words += f" on {_area(draft, cells)}{left_out(draft, below)}"
    return {"text": words, "cells": cells, **done}


def dig_pond(draft, table, place, number):
    """A hollow that holds water: cut to its bottom, and what it can hold until it spills."""
    table.know("bottom", "depth", "water")
    key = table.one_of("bottom", "depth")
    cells = _claimed(draft, table, place, "ground", number)
    draft.claim("surface", cells, number, table.where)
    _refuse_buildings(draft, cells, table.where)
    before = draft.ground.astype(np.float64)
    if key == "bottom":
        bottom = np.full(int(cells.sum()), table.number("bottom", -500, 9000))
    else:
        bottom = before[cells] - table.number("depth", 0.01, 100)
    done = move_ground(draft, cells, np.minimum(bottom, before[cells]))
    if done["cut_m3"] <= 0:
        raise InputError(
            f"{table.where} digs nothing: the ground lies at {before[cells].min():g} m or below "
            "its bottom, expected a bottom below the ground; lower it"
        )
    rim = _rim(before, cells)
    water = table.number("water", 0.0, 100.0, default=0.0)
    depth = draft.field("initial_depth")
    depth[cells] = np.maximum(depth[cells], water)
    held = np.clip(rim - draft.ground[cells] - depth[cells], 0.0, None)
    storage = float(held.sum()) * draft.grid.cell_size**2
    draft.field("imperviousness")[cells] = 0.0
    is_wet = depth[cells] > STANDING
    draft.cover[cells] = np.where(is_wet, surface_number("water"), surface_number("grass"))
    words = f"{done['cut_m3']:,.0f} m³ dug, holds {storage:,.0f} m³ below its rim at {rim:.2f} m"
    return {"text": words, "cells": cells, "storage_m3": storage, **done}


def change_drain(draft, table, place, number):
    """Another capacity of the storm drains: a rate, or a multiple of what is there."""
    table.know("capacity_mm_h", "factor")
    key = table.one_of("capacity_mm_h", "factor")
    cells = _claimed(draft, table, place, "drains", number)
    drains = draft.field("drain_capacity")
    if key == "factor":
        factor = table.number("factor", 0.0, 100.0)
        drains[cells] = np.minimum(drains[cells] * factor, FASTEST_MM_H * MM_PER_HOUR)
        words = f"drains take {factor:g} times as much"
    else:
        rate = table.number("capacity_mm_h", 0.0, FASTEST_MM_H)
        drains[cells] = rate * MM_PER_HOUR
        words = f"drains take {rate:g} mm/h"
    return {"text": f"{words} on {_area(draft, cells)}", "cells": cells}


KINDS = {
    "land_use": change_land_use,
    "permeability": change_permeability,
    "terrain": change_terrain,
    "levee": add_levee,
    "wall": add_wall,
    "pond": dig_pond,
    "drain": change_drain,
    "building": add_building,
    "remove_building": remove_building,
    "pump": add_pump,
    "gate": add_gate,
}
"""Kind of an edit -> what makes it."""


def _claimed(draft, table, place, what, number):
    cells = draft.cells_in(place.area(), table.where)
    draft.claim(what, cells, number, table.where)
    return cells


def _dry_cells(draft, table, place, number):
    """Cells of a place that are neither water nor below a bridge, and those below a bridge."""
    is_water = draft.cover == surface_number("water")
    cells, below = (found & ~is_water for found in ground_of(draft, place))
    if not cells.any():
        raise InputError(
            f"{table.where} covers water only, expected ground; fill it first (kind = 'terrain')"
        )
    draft.claim("surface", cells, number, table.where)
    return cells, below


def _plane(draft, table, cells):
    """Heights of a plane that falls by a slope towards an azimuth, level at the middle."""
    slope = table.number("slope", -1.0, 1.0)
    azimuth = np.radians(table.number("towards", 0.0, 360.0))
    rows, columns = np.nonzero(cells)
    x, y = draft.grid.x[columns], draft.grid.y[rows]
    along = (x - x.mean()) * np.sin(azimuth) + (y - y.mean()) * np.cos(azimuth)
    middle = float(np.mean(draft.ground[cells]))
    return table.number("level", -500, 9000, default=middle) - slope * along


def _rim(ground, cells):
    """Lowest ground around some cells: the level at which a hollow spills [m]."""
    from scipy.ndimage import binary_dilation

    ring = binary_dilation(cells, np.ones((3, 3), bool)) & ~cells & np.isfinite(ground)
    return float(ground[ring].min()) if ring.any() else float(ground[cells].min())


def _refuse_buildings(draft, cells, where):
    built = cells & draft.is_built
    if built.any():
        area = int(built.sum()) * draft.grid.cell_size**2
        names = _buildings_in(draft, built)
        raise InputError(
            f"{where} lies under buildings on {area:,.0f} m²{names}, expected open ground; move "
            "it, or remove them first (kind = 'remove_building')"
        )


def _buildings_in(draft, built):
    """Ids of the buildings that fill some cells, in brackets, at most five."""
    import shapely

    layer = draft.layer("buildings")
    rows, columns = np.nonzero(built)
    points = shapely.points(draft.grid.x[columns], draft.grid.y[rows])
    found = np.unique(layer.sindex.query(points, predicate="intersects")[1])
    ids = layer["building_id"].astype(str).iloc[found].tolist()
    more = ", ..." if len(ids) > 5 else ""
    return f" ({', '.join(ids[:5])}{more})" if ids else ""


def _ground_area(draft, cells):
    """Area of some cells, and how much of it is open ground where buildings stand on the rest."""
    open_ground = cells & ~draft.is_built
    if open_ground.sum() == cells.sum():
        return _area(draft, cells)
    return f"{_area(draft, cells)}, of it {_area(draft, open_ground)} open ground"


def _area(draft, cells):
    return f"{int(cells.sum()) * draft.grid.cell_size**2:,.0f} m²"

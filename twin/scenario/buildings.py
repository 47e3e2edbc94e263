"""Edits of buildings: one more, or one less; rows of the layer keep their numbers."""

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.heat.surface_cover import MIXED, surface_number
from twin.scenario.draft import BUILT

FLOOR = 3.2
"""Height of a storey where only their number is given [m]."""

_TOUCH = 1.0  # m2 that two footprints may share, for drawings that do not fit exactly


def add_building(draft, table, place, number):
    """One more building: a row at the end of the layer, and its cells in the terrain."""
    table.know("height", "storeys", "use", "occupants", "id")
    footprint = place.area()
    layer = draft.layer("buildings")
    _refuse_overlap(layer, footprint, table.where)
    storeys = table.number("storeys", 1, 400) if "storeys" in table else None
    height = table.number("height", 0.5, 1000, default=storeys and FLOOR * storeys)
    cells = draft.cells_in(footprint, table.where)
    draft.claim("buildings", cells, number, table.where)
    ground = float(np.median(draft.ground[cells]))
    name = table.text("id", f"scenario-{number}")
    if (layer["building_id"].astype(str) == name).any():
        raise table.refusal("id", "an id that no building of the city has")
    row = {
        "building_id": name,
        "height": height,
        "storeys": storeys or max(1, round(height / FLOOR)),
        "use": table.text("use", "unknown"),
        "occupants": table.number("occupants", 0, 1e6, default=0.0),
        "ground": ground,
        "geometry": footprint,
    }
    _append(draft, layer, row)
    changed = _burn(draft, footprint)
    filled = changed & draft.is_built
    draft.cover[filled] = surface_number("roof")
    if draft.city.buildings_as == "raised":  # ground to the solver: no water stands on a roof
        draft.field("initial_depth")[filled] = 0.0
    people = f", {row['occupants']:.0f} people" if row["occupants"] else ""
    return {"text": f"building {name}, {height:g} m high{people}", "cells": changed}


def remove_building(draft, table, place, number):
    """One or more buildings less: their rows stay, without footprint and people."""
    import shapely

    table.know()
    if place.layer != "buildings":
        raise InputError(
            f"{table.where} lies on {place.layer or 'coordinates'}, expected object = "
            "'buildings:ID', or a list of these; correct it"
        )
    layer = draft.layer("buildings").copy()
    ids = place.rows["building_id"].astype(str)
    at = np.flatnonzero(layer["building_id"].astype(str).isin(ids))
    gone = layer.geometry.iloc[at]
    if gone.is_empty.any():
        raise InputError(
            f"{table.where} removes a building that an earlier edit removed, expected each once; "
            "leave one out"
        )
    footprint = shapely.union_all(gone.to_numpy())
    cells = draft.cells_in(footprint, table.where)
    draft.claim("buildings", cells, number, table.where)
    shapes = layer.geometry.to_numpy().copy()
    shapes[at] = shapely.Polygon()
    layer = layer.set_geometry(pd.Series(shapes, layer.index), crs=layer.crs)
    if "occupants" in layer:
        layer.loc[layer.index[at], "occupants"] = 0
    draft.layers["buildings"] = layer
    changed = _burn(draft, footprint)
    draft.cover[changed & ~draft.is_built] = MIXED
    words = ids.iloc[0] if len(ids) == 1 else f"{len(ids)} buildings"
    return {"text": f"{words} removed", "cells": changed}


def _append(draft, layer, row):
    """A layer with one row more, in the types of its columns."""
    import geopandas

    values = {name: [row.get(name)] for name in layer.columns}
    new = geopandas.GeoDataFrame(values, geometry="geometry", crs=layer.crs)
    for name in layer.columns:
        if name != "geometry" and row.get(name) is not None:
            new[name] = new[name].astype(layer[name].dtype, errors="ignore")
    draft.layers["buildings"] = pd.concat([layer, new], ignore_index=True)


def _burn(draft, footprint):
    """Give the cells around a footprint the buildings that stand there now; those that changed."""
    import shapely

    from twin.terrain import rasterise_buildings

    grid = draft.grid
    west, south, east, north = footprint.bounds
    top, left = _inside(grid, west - grid.cell_size, north + grid.cell_size)
    bottom, right = _inside(grid, east + grid.cell_size, south - grid.cell_size)
    window = np.s_[top : bottom + 1, left : right + 1]
    part = grid.window(top, left, bottom + 1 - top, right + 1 - left)
    standing = draft.layers["buildings"]
    shapes = standing.geometry.to_numpy()
    standing = standing[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    blockage, height = rasterise_buildings(standing, part)
    touched = draft.cells_in(footprint.buffer(grid.cell_size), "footprint")[window]
    was = draft.field("building_blockage")[window] >= BUILT
    for name, values in (("building_blockage", blockage), ("building_height", height)):
        view = draft.field(name)[window]
        view[touched] = values[touched]
    changed = np.zeros(grid.shape, bool)
    changed[window] = touched & (was != (draft.field("building_blockage")[window] >= BUILT))
    return changed


def _inside(grid, x, y):
    """Row and column of a point, or of the nearest cell of the grid."""
    column = int(np.clip((x - grid.x0) // grid.cell_size, 0, grid.nx - 1))
    return int(np.clip((grid.y0 - y) // grid.cell_size, 0, grid.ny - 1)), column


def _refuse_overlap(layer, footprint, where):
    near = layer.sindex.query(footprint, predicate="intersects")
    shared = layer.geometry.iloc[near].intersection(footprint).area
    if (shared > _TOUCH).any():
        row = near[int(np.argmax(shared.to_numpy()))]
        raise InputError(
            f"{where} stands on building {layer['building_id'].iloc[row]}, expected free ground; "
            "move it, or remove that one first (kind = 'remove_building')"
        )

"""Layers that come as a city has them: sensors, districts, flood spots, boundaries and more."""

from typing import NamedTuple

import numpy as np
import shapely

from twin.crs import crs_text, horizontal_crs
from twin.errors import InputError
from twin.importers.features import Features, find_column, ids_of, numbers_of, place_on, texts_of


class Layer(NamedTuple):
    """What a layer must have.

    Parameters
    ----------
    dimension : int
        0 for points, 1 for lines, 2 for areas.
    id : str
        Column of its ids; made where there are none.
    required : tuple of str
        Its other columns; all that comes beside them is kept.
    """

    dimension: int
    id: str
    required: tuple = ()


LAYERS = {
    "sensors": Layer(0, "station_id", ("kind", "property")),
    "districts": Layer(2, "district_id", ("name",)),
    "villages": Layer(2, "village_id", ("name",)),
    "flood_spots": Layer(0, "spot_id", ("name",)),
    "places": Layer(0, "place_id", ("name", "kind")),
    "boundaries": Layer(1, "boundary_id", ("kind", "value")),
    "water": Layer(2, "water_id", ("kind",)),
    "levees": Layer(1, "levee_id", ("crest_level",)),
    "drains": Layer(1, "drain_id", ("from_node", "to_node", "diameter")),
    "manholes": Layer(0, "node_id", ("ground", "invert")),
    "inlets": Layer(0, "inlet_id", ("capacity",)),
    "pump_stations": Layer(0, "pump_station_id", ("capacity",)),
    "gates": Layer(0, "gate_id"),
    "ponds": Layer(2, "pond_id"),
}
"""Layers that `clean_layer` takes."""

WATER_DEPTH = 0.1
"""Depth of rivers, lakes and ponds at the start [m]: terrain from the air is their surface, so this
says where permanent water is, not how deep."""

BOUNDARY_KINDS = ("inflow", "stage")
FIRST = ("rainfall_rate", "water_depth", "water_level", "discharge", "is_wet")
"""Of a station that measures several things, the first of these makes its row."""


def clean_layer(frame, name, grid, elevation, count, what):
    """A layer as a city has it.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        As read, in any CRS or none.
    name : str
        One of `LAYERS`.
    grid : Grid
        The terrain.
    elevation : (ny, nx) array
        Ground [m]: what a sensor without its own ``elevation`` stands on.
    count : LayerCount
        Takes what was done.
    what : str
        File and layer, for messages.

    Returns
    -------
    geopandas.GeoDataFrame
        Its ids, its required columns by these names, and all others as they came.

    Raises
    ------
    InputError
        A column is missing, nothing lies on the terrain, or a boundary is of no known kind.
    """
    layer, features = LAYERS[name], Features(frame, count, what)
    absent = [c for c in layer.required if find_column(features.frame, (c,)) is None]
    if absent:
        raise InputError(
            f"{what} has no column {', '.join(absent)}, expected "
            f"{', '.join((layer.id, *layer.required))}; rename or add them"
        )
    if layer.dimension == 0 or _are_points(features.frame):
        _place_points(features, grid)
    else:
        place_on(features, grid, layer.dimension)
    found = {find_column(features.frame, (c,)): c for c in (layer.id, *layer.required)}
    found.pop(None, None)
    features.frame = features.frame.rename(columns=found)
    if name == "sensors":
        _one_row_a_station(features)
    features.frame[layer.id] = ids_of(features, (layer.id, "id", "fid"), f"{name}-")
    if name == "boundaries":
        _check_boundaries(features)
    if name == "sensors" and find_column(features.frame, ("elevation",)) is None:
        features.frame["elevation"] = _ground(features.frame, grid, elevation)
    others = [c for c in features.frame.columns if c not in ("_row", "geometry", layer.id)]
    return features.finish([layer.id, *others])


def sensors_of_store(store):
    """The stations that sources described in an observation store.

    Parameters
    ----------
    store : str or pathlib.Path
        Folder or address of the store.

    Returns
    -------
    geopandas.GeoDataFrame
        ``station_id``, ``source_id``, ``name``, ``kind``, ``property``, ``unit``, ``district`` and
        points; without those that stand nowhere.

    Raises
    ------
    MissingError, InputError
        There is no such store, or no station in it has a place.
    """
    from twin.observations.store import ObservationStore

    stations = ObservationStore(store, create=False).stations().drop(columns="alert_levels")
    stations = stations[~stations.geometry.isna()]
    if not len(stations):
        raise InputError(
            f"{store} knows no station with a place, expected what sources say of theirs; poll the "
            "feeds, or give the sensors as a file"
        )
    return stations


def permanent_water(areas, grid, elevation):
    """Depth at the start where there is always water, `WATER_DEPTH`, else 0, shape (ny, nx) [m].

    Parameters
    ----------
    areas : geopandas.GeoDataFrame
        Layer ``water``, in the CRS of the grid.
    grid : Grid
    elevation : (ny, nx) array
        Ground [m]; NaN outside of the city.
    """
    from rasterio.features import rasterize

    is_water = rasterize(areas.geometry, out_shape=grid.shape, transform=grid.transform) == 1
    return np.where(is_water & np.isfinite(elevation), WATER_DEPTH, 0.0).astype(np.float32)


def _one_row_a_station(features):
    """Keep one row of a station that measures several things."""
    frame, ids = features.frame, texts_of(features.frame, ("station_id",))
    rank = frame["property"].map({name: n for n, name in enumerate(FIRST)}).fillna(len(FIRST))
    order = np.lexsort((frame["_row"], rank, ids))
    is_again = np.zeros(len(frame), bool)
    is_again[order[1:]] = (ids[order[1:]] == ids[order[:-1]]) & (ids[order[1:]] != "")
    features.drop(is_again, "another_row_of_a_station")


def _are_points(frame):
    return bool((shapely.get_dimensions(frame.geometry.to_numpy()) <= 0).all())


def _place_points(features, grid):
    """Bring points into the CRS of a grid and keep those that lie on it; two may share a place."""
    frame = features.frame
    if frame.crs is None:
        features.frame = frame = frame.set_crs(grid.crs)
        features.change(np.ones(len(frame), bool), "crs_assumed_as_of_terrain")
    is_point = shapely.get_type_id(frame.geometry.to_numpy()) == shapely.GeometryType.POINT
    features.drop(~is_point | frame.geometry.is_empty.to_numpy(), "not_a_point")
    if crs_text(horizontal_crs(features.frame.crs, features.what)) != grid.crs:
        features.frame = features.frame.to_crs(grid.crs)
        features.change(np.ones(len(features.frame), bool), "reprojected")
    west, south, east, north = grid.bounds
    x, y = features.frame.geometry.x.to_numpy(), features.frame.geometry.y.to_numpy()
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    if not inside.any():
        raise InputError(
            f"{features.what} has no point on the terrain, x {west:.0f} to {east:.0f}, y "
            f"{south:.0f} to {north:.0f} in {grid.crs[:60]}, expected at least one; check its CRS"
        )
    features.drop(~inside, "outside_of_terrain")


def _check_boundaries(features):
    kinds = texts_of(features.frame, ("kind",))
    strange = sorted(set(kinds) - set(BOUNDARY_KINDS))
    if strange:
        raise InputError(
            f"{features.what} has boundaries of kind {', '.join(map(repr, strange))}, expected "
            f"{' or '.join(BOUNDARY_KINDS)}; correct the column"
        )
    features.frame["value"] = numbers_of(features.frame, ("value",))
    if not np.isfinite(features.frame["value"]).all():
        raise InputError(
            f"{features.what} has boundaries without a steady value, expected m3/s of an inflow or "
            "the level [m] of a stage; fill the column value"
        )


def _ground(frame, grid, elevation):
    """Ground at points [m], NaN where there is none."""
    cells = [grid.cell_of(point.x, point.y) for point in frame.geometry]
    return [np.nan if cell is None else float(elevation[cell]) for cell in cells]

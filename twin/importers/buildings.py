"""Buildings of any vector source to the layer `buildings` of a city."""

import numpy as np

from twin.importers.features import Features, ids_of, numbers_of, place_on, texts_of
from twin.terrain import ground_under

STOREY_HEIGHT = 3.0
"""Height of a storey where only storeys are given [m]."""
DEFAULT_HEIGHT = 6.0
"""Height of a building of which nothing is known: two storeys [m]."""

_HIGHEST = 1000.0
_LOWEST_GROUND, _HIGHEST_GROUND = -500.0, 9000.0
_IDS = ("building_id", "bid", "gml_id", "osm_id", "identificatie", "uuid", "id", "toid", "fid")
_HEIGHTS = (
    "height",
    "height_m",
    "building_height",
    "measuredheight",
    "measured_height",
    "bldg_height",
    "hoehe",
    "roof_height",
    "relhmax",
    "rel_h_max",
    "hgt",
)
_STOREYS = (
    "storeys",
    "stories",
    "storeysaboveground",
    "levels",
    "building:levels",
    "building_levels",
    "num_floors",
    "numfloors",
    "floors",
)
_GROUNDS = ("ground", "ground_m", "ground_height", "abs_h_min", "abshmin")
_USES = ("use", "usage", "function", "building_use", "building", "type", "class", "fclass")
_NAMES = ("name", "gml_name", "building_name")
_OCCUPANTS = ("occupants", "residents", "population")


def clean_buildings(frame, elevation, grid, count, what):
    """Buildings as a city has them, with height and ground each.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        As read, in any CRS or none.
    elevation : numpy.ndarray
        Shape (y, x) [m], NaN outside of the city.
    grid : Grid
        The terrain.
    count : LayerCount
        Takes what was done.
    what : str
        File and layer, for messages.

    Returns
    -------
    geopandas.GeoDataFrame
        building_id, height [m], storeys, use, occupants, ground [m], Polygon; name where any
        building has one.

    Raises
    ------
    InputError
        Buildings and terrain do not overlap.
    """
    features = Features(frame, count, what)
    place_on(features, grid, dimension=2)
    under = ground_under(features.frame.geometry.to_numpy(), elevation, grid)
    features.drop(np.isnan(under), "outside_of_terrain")
    under = under[~np.isnan(under)]
    given = numbers_of(features.frame, _GROUNDS)
    known = (given >= _LOWEST_GROUND) & (given <= _HIGHEST_GROUND)
    columns = {
        "building_id": ids_of(features, _IDS, "b"),
        "height": _heights(features),
        "storeys": _positive(numbers_of(features.frame, _STOREYS)),
        "use": texts_of(features.frame, _USES),
        "occupants": _positive(numbers_of(features.frame, _OCCUPANTS)) * _shares(features.frame),
        "ground": np.where(known, given, under),
    }
    names = texts_of(features.frame, _NAMES)
    if names.any():
        columns["name"] = np.where(names == "", None, names)
    features.count.note("ground_from_terrain", (~known).sum())
    features.frame = features.frame[["_row", "geometry"]].assign(**columns)
    return features.finish(columns)


def _shares(frame):
    """Share of each part in the area of its building: people are not counted twice."""
    area = frame.geometry.area
    return (area / area.groupby(frame["_row"]).transform("sum")).to_numpy()


def _positive(values):
    return np.where(values >= 0, values, np.nan)


def _heights(features):
    height = numbers_of(features.frame, _HEIGHTS)
    height[~((height > 0) & (height <= _HIGHEST))] = np.nan
    storeys = numbers_of(features.frame, _STOREYS) * STOREY_HEIGHT
    from_storeys = np.isnan(height) & (storeys > 0) & (storeys <= _HIGHEST)
    height[from_storeys] = storeys[from_storeys]
    assumed = np.isnan(height)
    height[assumed] = DEFAULT_HEIGHT
    features.change(from_storeys, "height_from_storeys")
    features.change(assumed, f"height_assumed_{DEFAULT_HEIGHT:g}_m")
    return height

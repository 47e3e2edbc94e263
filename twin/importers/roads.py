"""Roads of any vector source to the layer `roads` of a city."""

import numpy as np

from twin.importers.features import Features, ids_of, numbers_of, place_on, texts_of

WIDTHS = {"motorway": 15.0, "main": 10.0, "street": 6.0, "path": 2.5}
"""Width of a road where only its kind is known [m]: judgements, two lanes and their margins."""

_WIDEST = 200.0
_IDS = ("road_id", "osm_id", "id", "gml_id", "toid", "uuid", "fid")
_KINDS = ("kind", "highway", "fclass", "road_class", "roadclass", "class", "type", "function")
_WORDS = {
    "motorway": "motorway",
    "motorway_link": "motorway",
    "trunk": "motorway",
    "trunk_link": "motorway",
    "main": "main",
    "primary": "main",
    "primary_link": "main",
    "secondary": "main",
    "secondary_link": "main",
    "a road": "main",
    "b road": "main",
    "path": "path",
    "footway": "path",
    "cycleway": "path",
    "pedestrian": "path",
    "steps": "path",
    "bridleway": "path",
    "track": "path",
}
_TRUE = {"yes", "true", "t", "1", "y", "underpass", "tunnel", "building_passage"}
_COLUMNS = ("road_id", "name", "kind", "width", "is_underpass")


def clean_roads(frame, grid, count, what):
    """Roads as a city has them, with kind and width each.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        As read, in any CRS or none.
    grid : Grid
        The terrain.
    count : LayerCount
        Takes what was done.
    what : str
        File and layer, for messages.

    Returns
    -------
    geopandas.GeoDataFrame
        road_id, name, kind (motorway, main, street or path), width [m], is_underpass, LineString.

    Raises
    ------
    InputError
        Roads and terrain do not overlap.
    """
    features = Features(frame, count, what)
    place_on(features, grid, dimension=1)
    words = [str(word).lower() for word in texts_of(features.frame, _KINDS)]
    kinds = np.array([_WORDS.get(word, "street") for word in words], dtype=object)
    width = numbers_of(features.frame, ("width", "width_m"))
    known = (width > 0) & (width <= _WIDEST)
    features.change(~known, "width_from_kind")
    tunnels = texts_of(features.frame, ("is_underpass", "underpass", "tunnel"))
    columns = {
        "road_id": ids_of(features, _IDS, "r"),
        "name": texts_of(features.frame, ("name", "road_name", "roadname")),
        "kind": kinds,
        "width": np.where(known, width, [WIDTHS[kind] for kind in kinds]),
        "is_underpass": np.array([str(t).lower() in _TRUE for t in tunnels], dtype=bool),
    }
    features.frame = features.frame[["_row", "geometry"]].assign(**columns)
    return features.finish(_COLUMNS)

"""What a spot on the map is called, and in which district it lies."""

import numpy as np

KNOWN_WITHIN = 150.0
"""A known flood spot this near gives a hotspot its name [m]."""

UNDERPASS_WITHIN, CROSSING_WITHIN, ROAD_WITHIN, PLACE_WITHIN = 60.0, 30.0, 200.0, 500.0
"""How near a thing must be to give its name [m]."""


def name_spots(points, *, roads=None, places=None, flood_spots=None):
    """Name points as people would, and tell which are known flood spots.

    Parameters
    ----------
    points : GeoSeries of Point
        In the city's CRS.
    roads, places, flood_spots : GeoDataFrame, optional
        With ``name``; roads may have ``is_underpass``.

    Returns
    -------
    names : list of str
        Of the first that is near enough: a known flood spot, an underpass, a crossing of two
        roads, a road, a place; else the coordinates.
    is_known : numpy.ndarray of bool
        Whether a known flood spot is near.
    """
    names = [f"{point.x:.0f}, {point.y:.0f}" for point in points]
    underpasses = None if roads is None or "is_underpass" not in roads else _underpasses(roads)
    # the later the surer: each layer writes over what is known so far
    _write(names, points, places, PLACE_WITHIN, "near {}")
    _write(names, points, roads, ROAD_WITHIN, "{}")
    _write_crossings(names, points, roads)
    _write(names, points, underpasses, UNDERPASS_WITHIN, "{} underpass")
    is_known = _write(names, points, flood_spots, KNOWN_WITHIN, "{}")
    return names, is_known


def districts_of(points, districts=None):
    """Name of the district that holds each point, "" outside of all."""
    names = [""] * len(points)
    if districts is None or not len(districts):
        return names
    titles = districts["name"].astype(str).to_numpy()
    found = districts.sindex.query(points.to_numpy(), predicate="intersects")
    for point, district in zip(*found[:, ::-1], strict=True):
        names[point] = titles[district]
    return names


def _underpasses(roads):
    return roads[roads["is_underpass"].fillna(False).astype(bool)]


def _named(layer):
    """Rows that have a name."""
    if layer is None or not len(layer) or "name" not in layer:
        return None
    layer = layer[layer["name"].notna() & (layer["name"].astype(str).str.strip() != "")]
    return layer if len(layer) else None


def _write(names, points, layer, within, pattern):
    """Name the points that have a thing of the layer near; tells which."""
    is_near = np.zeros(len(points), bool)
    layer = _named(layer)
    if layer is None or not len(points):
        return is_near
    found, things = layer.sindex.nearest(points.to_numpy(), max_distance=within, return_all=False)
    titles = layer["name"].astype(str).to_numpy()
    for point, thing in zip(found, things, strict=True):
        title = titles[thing]
        already_says_so = pattern.endswith("underpass") and "underpass" in title.lower()
        names[point] = title if already_says_so else pattern.format(title)
        is_near[point] = True
    return is_near


def _write_crossings(names, points, roads):
    """Name points near two roads after both."""
    roads = _named(roads)
    if roads is None or not len(points):
        return
    found, things = roads.sindex.query(
        points.to_numpy(), predicate="dwithin", distance=CROSSING_WITHIN
    )
    titles = roads["name"].astype(str).to_numpy()
    for point in np.unique(found):
        near = dict.fromkeys(titles[things[found == point]])
        if len(near) > 1:
            first = names[point] if names[point] in near else next(iter(near))
            other = next(title for title in near if title != first)
            names[point] = f"{first} at {other}"

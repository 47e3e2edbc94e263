"""Which stations are near each other, and levels that deny those upstream or downstream."""

import numpy as np

from twin.quality.flags import NOT_EVALUATED, grade
from twin.quality.series import rolling

EARTH_RADIUS = 6_371_000.0


def positions(keys, stations):
    """Places of series on a sphere.

    Parameters
    ----------
    keys : pandas.DataFrame
        Columns ``source_id`` and ``station_id``.
    stations : GeoDataFrame or None
        ``station_id``, points, and ``source_id`` where names are not unique.

    Returns
    -------
    (series, 3) float array
        Cartesian [m], NaN where a station is not known.
    """
    if stations is None or not len(stations):
        return np.full((len(keys), 3), np.nan)
    points = stations.geometry if stations.crs is None else stations.geometry.to_crs(4326)
    names = ["source_id", "station_id"] if "source_id" in stations.columns else ["station_id"]
    table = stations[names].astype(str).assign(x=points.x.to_numpy(), y=points.y.to_numpy())
    table = table.drop_duplicates(names).set_index(names)
    wanted = keys[names].astype(str)
    index = wanted.apply(tuple, axis=1) if len(names) > 1 else wanted["station_id"]
    found = table.reindex(list(index))
    east, north = np.radians(found["x"].to_numpy()), np.radians(found["y"].to_numpy())
    ring = np.cos(north)
    return EARTH_RADIUS * np.stack([ring * np.cos(east), ring * np.sin(east), np.sin(north)], 1)


def nearest(keys, others, stations, *, radius, most):
    """Nearest other series of each series.

    Parameters
    ----------
    keys, others : pandas.DataFrame
        Series by ``source_id`` and ``station_id``.
    stations : GeoDataFrame or None
    radius : float
        How far another may be [m].
    most : int
        How many to give.

    Returns
    -------
    (series, most) int array
        Rows of `others` by distance, -1 where there are no more. A series is its own
        neighbour where it stands in both tables.
    """
    from scipy.spatial import cKDTree

    result = np.full((len(keys), most), -1)
    here, there = positions(keys, stations), positions(others, stations)
    known_here, known_there = (np.isfinite(place).all(axis=1) for place in (here, there))
    if not known_here.any() or not known_there.any():
        return result
    rows = np.flatnonzero(known_there)
    tree = cKDTree(there[rows])
    _, found = tree.query(here[known_here], k=np.arange(1, most + 1), distance_upper_bound=radius)
    result[known_here] = np.r_[rows, -1][found]
    return result


def water_slope(arrays, stations):
    """Flags of levels that stand lower than the next station downstream.

    Parameters
    ----------
    arrays : SeriesArrays
    stations : GeoDataFrame or None
        With a column ``downstream``: name of the next station in the direction of flow.

    Returns
    -------
    (n,) int array
        3 where the water would flow uphill by more than `slope_tolerance`; of the two stations,
        the one that is further from its own middle of the last day. 2 where nothing downstream
        reported within the last `gap`.

    Notes
    -----
    Levels above one datum fall in the direction of flow; backwater and tide flatten or turn
    them by little. Not from a manual: QARTOD leaves its neighbour test to the operator.
    """
    flags = np.full(arrays.time.size, NOT_EVALUATED)
    partner = _downstream(arrays.keys, stations)
    if not (partner >= 0).any():
        return flags
    tolerance = arrays.limit("slope_tolerance")
    departure = _departure(arrays)
    upstream = np.flatnonzero((partner[arrays.series] >= 0) & np.isfinite(tolerance))
    match = _latest(arrays, partner[arrays.series[upstream]], arrays.time[upstream])
    age = (arrays.time[upstream] - arrays.time[match]) / 1000
    paired = (match >= 0) & (age <= arrays.limit("gap")[upstream])
    upstream, match = upstream[paired], match[paired]
    is_uphill = arrays.value[match] - arrays.value[upstream] > tolerance[upstream]
    is_upper = departure[upstream] >= departure[match]
    flags[upstream] = grade(True, is_uphill & is_upper)
    flags[match[is_uphill & ~is_upper]] = grade(True, True)
    return flags


def _downstream(keys, stations):
    """Row of the level downstream of each level series, -1 where there is none."""
    partner = np.full(len(keys), -1)
    if stations is None or "downstream" not in stations.columns:
        return partner
    below = stations.dropna(subset=["downstream"]).drop_duplicates("station_id")
    below = dict(zip(below["station_id"].astype(str), below["downstream"].astype(str), strict=True))
    is_level = (keys["property"] == "water_level").to_numpy()
    names = keys.loc[is_level, ["source_id", "station_id"]].astype(str)
    rows = dict(zip(names.itertuples(index=False, name=None), names.index, strict=True))
    for (source, station), row in rows.items():
        partner[row] = rows.get((source, below.get(station)), -1)
    return partner


def _departure(arrays):
    """How far each level is from the middle of its own last day [m]."""
    day = np.full(arrays.time.size, 86400.0)
    middle = (
        rolling(arrays, arrays.value, day, "min") + rolling(arrays, arrays.value, day, "max")
    ) / 2
    return np.abs(arrays.value - middle)


def _latest(arrays, series, time):
    """Last reading of a series at or before a time, -1 where there is none."""
    stride = arrays.time.max() - arrays.time.min() + 1
    axis = arrays.time - arrays.time.min() + arrays.series * stride
    found = np.searchsorted(axis, time - arrays.time.min() + series * stride, "right") - 1
    return np.where((found >= 0) & (arrays.series[found] == series), found, -1)

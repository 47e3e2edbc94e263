"""Rain gauges -> rainfall field: kriging where enough of them report, else nearer means."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from hydrology.rainfall.grid import CELL_SIZE, covering_grid, rainfall_dataset
from twin.errors import InputError, MissingError

INTERVAL = 600.0
"""A reading is the mean rate over so many seconds that end at its time [s]."""

HIGHEST_USABLE_FLAG = 2
"""QARTOD: 1 pass, 2 not evaluated; suspect, failed and missing values are not used."""

ENOUGH_TO_KRIGE, ENOUGH_TO_AVERAGE = 5, 2

SILENT = 2 * INTERVAL
"""A gauge is silent that gave nothing usable for so long before the newest reading of all [s]."""

MOST_NAMES = 5
"""So many silent gauges are named."""

RANGE = 10_000.0
"""Distance over which rain at two places is alike; set, not fitted [m]."""


_INTERVAL = np.timedelta64(int(INTERVAL), "s")


@dataclass(frozen=True)
class GaugeField:
    """Rain between gauges, and what it rests on.

    Attributes
    ----------
    rainfall : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] on a coarse grid over the city.
    used, missing : tuple of str
        Gauges that reported in at least one interval, and those that never did.
    methods : tuple of str
        How each interval was made: "kriging", "inverse distance", "nearest" or "held".
    degraded : tuple of str
        What a reader of the forecast must know about its rain; empty when all is well.
    """

    rainfall: xr.Dataset
    used: tuple
    missing: tuple
    methods: tuple
    degraded: tuple


def gauges_to_field(
    stations,
    readings,
    grid,
    times,
    *,
    cell_size=CELL_SIZE,
    range_m=RANGE,
    longest_hold=3600.0,
    until=None,
):
    """Rainfall field of gauge readings.

    Parameters
    ----------
    stations : GeoDataFrame
        ``station_id`` and points in the city's CRS; other sensors than rain gauges do no harm.
    readings : pandas.DataFrame
        Canonical readings of ``rainfall_rate`` [m s-1].
    grid : Grid
        Cells of the city.
    times : (n,) array of datetime64
        Start of each interval of 10 minutes (UTC), evenly spaced.
    cell_size : float
        Edge of a cell of the field [m].
    range_m : float
        Distance over which rain at two places is alike [m]; see Notes.
    longest_hold : float
        How long a field may be held when no gauge reports [s].
    until : numpy.datetime64, optional
        Readings up to then tell which gauges are silent (UTC); default the end of the times.

    Returns
    -------
    GaugeField

    Raises
    ------
    MissingError
        No gauge reported, or none for longer than `longest_hold`. Silence is never zero rain.
    InputError
        The stations are in another reference system.

    Notes
    -----
    Five gauges or more that differ: ordinary kriging (PyKrige) with an exponential variogram
    without nugget, so that the field goes through the gauges. Its weights depend on the shape of
    the variogram only; `range_m` is set, not fitted, because a fit to a handful of gauges in ten
    minutes says more about chance than about rain. Two gauges or more: inverse squared distance.
    One: its value. Nothing is ever negative.
    """
    times = np.asarray(times, "datetime64[ns]")
    names, places = gauge_places(stations, grid)
    values = gauge_matrix(readings, stations, times)
    is_known = np.isfinite(values).any(axis=1)
    if not is_known.any():
        raise MissingError(
            f"none of {len(names)} rain gauges reported between {times[0]} and {times[-1]}, "
            "expected at least one; check the feed (silence is not taken for zero rain)"
        )
    source = _held(is_known, times, longest_hold)
    cover = covering_grid(grid, cell_size)
    fields, methods = np.empty((times.size, *cover.shape), np.float32), [""] * times.size
    for index in np.flatnonzero(is_known):
        fields[index], methods[index] = interpolate(values[index], places, cover, range_m)
    for index in np.flatnonzero(~is_known):
        fields[index], methods[index] = fields[source[index]], "held"
    is_used = np.isfinite(values).any(axis=0)
    used = tuple(name for name, yes in zip(names, is_used, strict=True) if yes)
    missing = tuple(name for name, yes in zip(names, is_used, strict=True) if not yes)
    until = times[-1] + _INTERVAL if until is None else until
    last = last_readings(readings, stations, until)
    degraded = (*_degraded(names, methods, values, last), *shared_names(readings, stations))
    field = rainfall_dataset(times, fields, cover)
    return GaugeField(field, used, missing, tuple(methods), degraded)


def gauge_places(stations, grid):
    """Names (n,) and coordinates (n, 2) [m] of the rain gauges.

    Raises
    ------
    InputError
        The stations are in another reference system than the city.
    """
    if stations.crs is not None:
        from pyproj import CRS

        if CRS.from_user_input(stations.crs) != CRS.from_user_input(grid.crs):
            raise InputError(
                f"the stations are in {stations.crs.to_string()}, expected {grid.crs}; "
                "convert them with to_crs"
            )
    stations = _rain_gauges(stations)
    names = stations["station_id"].astype(str).tolist()
    return names, np.column_stack((stations.geometry.x, stations.geometry.y))


def _rain_gauges(stations):
    return stations[stations["kind"] == "rain_gauge"] if "kind" in stations else stations


def _keys(table, by_source):
    """Names of stations as text, with their source before them where that counts."""
    names = table["station_id"].astype(str)
    return table["source_id"].astype(str) + "\n" + names if by_source else names


def _by_source(readings, stations):
    return "source_id" in stations.columns and "source_id" in readings.columns


def of_stations(readings, stations):
    """Which readings are those of some stations.

    Parameters
    ----------
    readings : pandas.DataFrame
        ``station_id``, and ``source_id`` where names are not unique.
    stations : GeoDataFrame
        ``station_id``, and ``source_id`` if both must agree.

    Returns
    -------
    (n,) bool array
        Where the stations have no source and several sources use one name, the readings of one
        of them only: that with the most usable ones, then the first by name.
    """
    by_source = _by_source(readings, stations)
    is_own = _keys(readings, by_source).isin(_keys(stations, by_source)).to_numpy()
    if not by_source and "source_id" in readings.columns:
        chosen = {name: used[0] for name, used in _sources(readings[is_own]).items()}
        chosen = readings["station_id"].astype(str).map(chosen)
        is_own = is_own & (readings["source_id"].astype(str) == chosen).to_numpy()
    return is_own


def _sources(readings):
    """Sources of each station, the one to be taken first."""
    is_usable = (readings["flag"] <= HIGHEST_USABLE_FLAG) & readings["value"].notna()
    keys = [readings["station_id"].astype(str), readings["source_id"].astype(str)]
    counts = is_usable.groupby(keys).sum().rename("usable").reset_index()
    counts = counts.sort_values(["usable", "source_id"], ascending=[False, True])
    return counts.groupby("station_id")["source_id"].agg(list)


def shared_names(readings, stations):
    """Notes on rain gauges whose name several sources use, where the stations tell no source.

    Parameters
    ----------
    readings, stations
        As `of_stations` takes them.
    """
    if "source_id" not in readings.columns or _by_source(readings, stations):
        return []
    is_rain = (readings["property"] == "rainfall_rate") & readings["station_id"].isin(
        _rain_gauges(stations)["station_id"].astype(str)
    )
    sources = _sources(readings[is_rain])
    return [
        f"rain: gauge {name} is reported by {', '.join(used)}; {used[0]} is taken"
        for name, used in sources.items()
        if len(used) > 1
    ]


def gauge_matrix(readings, stations, times):
    """Mean of the usable readings of each gauge in each interval.

    Parameters
    ----------
    readings : pandas.DataFrame
        Canonical readings.
    stations : GeoDataFrame
        The gauges; their readings are found as `of_stations` finds them.
    times : (n,) array of datetime64
        Start of each interval of 10 minutes (UTC).

    Returns
    -------
    numpy.ndarray
        Shape (times, gauges) [m s-1]; NaN where a gauge is silent.
    """
    gauge, end, value, count_of_gauges = _usable_readings(readings, stations)
    # a reading belongs to the interval that holds the time just before its end
    interval = np.ceil((end - times[0]) / np.timedelta64(1, "s") / INTERVAL - 1e-9).astype(int) - 1
    inside = (interval >= 0) & (interval < times.size)
    place = interval[inside] * count_of_gauges + gauge[inside]
    size = times.size * count_of_gauges
    count = np.bincount(place, minlength=size)
    total = np.bincount(place, value[inside], size)
    mean = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return mean.reshape(times.size, count_of_gauges)


def last_readings(readings, stations, until):
    """End of the last usable reading of each gauge, NaT where there is none.

    Parameters
    ----------
    readings, stations
        As `gauge_matrix` takes them.
    until : numpy.datetime64
        What ends later is not looked at (UTC).

    Returns
    -------
    (gauges,) array of datetime64
    """
    gauge, end, _, count = _usable_readings(readings, stations)
    known = end <= until
    last = np.full(count, np.iinfo(np.int64).min)  # NaT as a number
    np.maximum.at(last, gauge[known], end[known].astype(np.int64))
    return last.view("datetime64[ns]")


def _usable_readings(readings, stations):
    """Gauge, end (UTC) and value [m s-1] of each usable reading, and how many gauges there are."""
    stations = _rain_gauges(stations)
    readings = readings[of_stations(readings, stations)]
    end = np.asarray(readings["phenomenon_time"].dt.tz_convert(None), "datetime64[ns]")
    value = readings["value"].to_numpy(float)
    by_source = _by_source(readings, stations)
    order = {key: number for number, key in enumerate(_keys(stations, by_source))}
    gauge = _keys(readings, by_source).map(order).fillna(-1).to_numpy(int)
    usable = (
        np.isfinite(value)
        & (value >= 0)
        & (readings["flag"].to_numpy() <= HIGHEST_USABLE_FLAG)
        & (readings["property"] == "rainfall_rate").to_numpy()
        & (gauge >= 0)
    )
    return gauge[usable], end[usable], value[usable], len(stations)


def _held(is_known, times, longest_hold):
    """Index of the interval whose field each one shows: its own or the nearest known one."""
    known = np.flatnonzero(is_known)
    nearest = known[np.abs(np.arange(is_known.size)[:, None] - known).argmin(axis=1)]
    away = np.abs(times - times[nearest]) / np.timedelta64(1, "s")
    if away.max() > longest_hold:
        silent = int((away > 0).argmax())
        raise MissingError(
            f"no rain gauge reported for more than {longest_hold / 60:g} minutes from "
            f"{times[silent]}, expected a reading every 10 minutes; check the feed"
        )
    return nearest


def _degraded(names, methods, values, last):
    notes = silent_gauges(names, np.isnan(values), last)
    held = methods.count("held")
    if held:
        notes.append(f"rain: field held over {held} of {len(methods)} intervals without readings")
    if "nearest" in methods:
        notes.append("rain: a single gauge stands for the whole city at times")
    return tuple(notes)


def silent_gauges(names, is_silent, last=None):
    """Notes on gauges that say nothing, or nothing that can be used.

    Parameters
    ----------
    names : list of str
        All gauges.
    is_silent : (times, gauges) array of bool
        Where a reading is missing.
    last : (gauges,) array of datetime64, optional
        See `last_readings`: gauges that fell silent on the way are named with it.

    Returns
    -------
    list of str
        First who is silent, of how many, and since when; where all of them reported before, for
        how many minutes at least.
    """
    last = np.full(len(names), "NaT", "datetime64[ns]") if last is None else last
    silence = _silence(last)
    silent = np.flatnonzero(is_silent.all(axis=0) | (silence >= SILENT))
    notes = []
    if silent.size:
        shortest = silence[silent].min() / 60.0
        span = f" for {shortest:.0f} minutes" if shortest >= SILENT / 60.0 else ""
        listed = _listed([names[index] for index in silent], last[silent])
        notes.append(f"rain: {silent.size} of {len(names)} gauges silent{span} ({listed})")
    if is_silent.mean() > 0.1:
        notes.append(f"rain: {is_silent.mean():.0%} of the gauge readings missing")
    return notes


def _silence(last):
    """Time from the last reading of each gauge to the newest of all [s]; 0 where it had none."""
    known = ~np.isnat(last)
    silence = np.zeros(last.size)
    if known.any():
        silence[known] = (last[known].max() - last[known]) / np.timedelta64(1, "s")
    return silence


def _listed(names, last):
    """A few names, those that fell silent together with their time: ``A, B since ...; C``."""
    groups = {}
    for index in np.argsort(last.astype(np.int64), kind="stable")[:MOST_NAMES]:  # NaT is first
        groups.setdefault(last[index].astype("datetime64[m]").astype(str), []).append(names[index])
    parts = [
        ", ".join(group) + ("" if since == "NaT" else f" since {since}Z")
        for since, group in groups.items()
    ]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return "; ".join(parts) + more


def interpolate(values, places, cover, range_m):
    """Field (y, x) [m s-1] of the gauges of one interval, and the name of the method."""
    places, values = merge_doubles(places[np.isfinite(values)], values[np.isfinite(values)])
    if values.size < ENOUGH_TO_AVERAGE or np.ptp(values) == 0:
        method = "nearest" if values.size < ENOUGH_TO_AVERAGE else "inverse distance"
        return np.full(cover.shape, values[0]), method
    if values.size < ENOUGH_TO_KRIGE:
        return inverse_distance(values, places, cover), "inverse distance"
    return krige(values, places, cover, range_m), "kriging"


def merge_doubles(places, values):
    """One value for gauges that stand at the same place; kriging cannot tell them apart.

    Parameters
    ----------
    places : (n, 2) array
        x, y [m].
    values : (n,) or (n, k) array
        One or several values a gauge.
    """
    unique, group, count = np.unique(
        places.round(1), axis=0, return_inverse=True, return_counts=True
    )
    total = np.zeros((len(unique), *values.shape[1:]))
    np.add.at(total, group.ravel(), values)
    return unique, total / count.reshape(-1, *[1] * (values.ndim - 1))


def krige(values, places, cover, range_m):
    """Ordinary kriging through the gauges, cut at zero, shape (y, x) [m s-1]."""
    return np.maximum(ordinary_kriging(values, places, cover, range_m), 0.0)


def ordinary_kriging(values, places, cover, range_m):
    """Ordinary kriging through values at places, of any sign, shape (y, x).

    Parameters
    ----------
    values : (n,) array
        In any unit.
    places : (n, 2) array
        x, y [m], no two the same.
    cover : Grid
        Cells wanted.
    range_m : float
        Of the exponential variogram, which has no nugget [m].
    """
    from pykrige.ok import OrdinaryKriging

    scale = values.std()  # keeps the system well scaled: rates are of the order 1e-5 m/s
    if scale == 0:
        return np.full(cover.shape, float(values[0]))
    kriging = OrdinaryKriging(
        places[:, 0] - cover.x0,
        places[:, 1] - cover.y0,
        values / scale,
        variogram_model="exponential",
        variogram_parameters={"sill": 1.0, "range": range_m, "nugget": 0.0},
    )
    field, _ = kriging.execute("grid", cover.x - cover.x0, cover.y - cover.y0)
    return np.asarray(field) * scale


def inverse_distance(values, places, cover, power=2.0):
    """Inverse distance weighting of all gauges, shape (y, x) [m s-1]."""
    from scipy.spatial import cKDTree

    x, y = np.meshgrid(cover.x, cover.y)
    points = np.column_stack((x.ravel(), y.ravel()))
    count = min(values.size, 8)
    distance, nearest = cKDTree(places).query(points, k=count)
    distance, nearest = distance.reshape(-1, count), nearest.reshape(-1, count)
    weight = 1.0 / np.maximum(distance, 1e-3) ** power
    field = (weight * values[nearest]).sum(axis=1) / weight.sum(axis=1)
    return field.reshape(cover.shape)

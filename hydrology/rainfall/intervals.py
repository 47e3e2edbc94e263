"""Rain of any intervals -> intervals of ten minutes, without losing a drop."""

from itertools import pairwise

import numpy as np

from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.motion import carry, motion_field
from twin.errors import InputError
from twin.grid import Grid

BETWEEN_SCANS = 4
"""Fields that are laid between two scans, so that showers leave no gaps on their way."""


def interval_means(rainfall, times, seconds, step, least_share=0.5):
    """Mean rates over the intervals wanted, of rates over other intervals.

    Parameters
    ----------
    rainfall : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1], each the mean over `step` from its time.
    times : (n,) array of datetime64
        Start of each interval wanted.
    seconds, step : float
        Length of an interval wanted, and of one given [s].
    least_share : float
        How much of an interval must be known for a mean.

    Returns
    -------
    numpy.ndarray
        Shape (n, y, x) [m s-1], NaN where less is known. Each rate counts by the time that it
        shares with the interval.
    """
    rates = np.asarray(rainfall["rainfall_rate"], np.float32)
    starts = rainfall["time"].values.astype("datetime64[ns]")
    times = np.asarray(times, "datetime64[ns]")
    shared = _shared_seconds(starts, step, times, seconds)
    means = np.full((times.size, *rates.shape[1:]), np.nan, np.float32)
    for index, weights in enumerate(shared):
        used = np.flatnonzero(weights > 0)
        if not used.size:
            continue
        weight, fields = weights[used][:, None, None], rates[used]
        known = np.isfinite(fields)
        total = (np.where(known, fields, 0.0) * weight).sum(axis=0)
        time_known = (known * weight).sum(axis=0)
        enough = time_known >= least_share * seconds
        means[index][enough] = total[enough] / time_known[enough]
    return means


def scans_to_means(scans, step):
    """Mean rate between each scan of a radar and the next, showers moving meanwhile.

    Parameters
    ----------
    scans : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] at moments, at least two, `step` apart.
    step : float
        Time between two scans [s].

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` from each scan to the next; one time fewer.

    Notes
    -----
    Fabry et al. (1994), J. Hydrol. 161, 415-428, and Anagnostou and Krajewski (1999), J. Atmos.
    Ocean. Technol. 16, 189-197: the older scan is carried forward, the newer one back, and both
    are weighted by nearness. Written from knowledge of the method; the papers could not be read
    here.
    """
    grid, rates = Grid.of(scans), np.asarray(scans["rainfall_rate"], float)
    if len(rates) < 2:
        raise InputError("one radar scan came, expected at least two; wait for the next")
    shares = (np.arange(BETWEEN_SCANS) + 0.5) / BETWEEN_SCANS
    means = []
    for before, after in pairwise(rates):
        motion = motion_field(np.stack((before, after)), grid.cell_size, step)
        forward = carry(before, motion, list(shares))
        back = carry(after, -motion, list(shares))[::-1]
        nearness = (1.0 - shares)[:, None, None]
        both = nearness * forward + (1.0 - nearness) * back
        one = np.where(np.isnan(forward), back, forward)
        means.append(np.where(np.isnan(both), one, both).mean(axis=0))
    return rainfall_dataset(scans["time"].values[:-1], np.stack(means), grid)


def spread_amount(mean_rate, weights):
    """Spread the rain of a long interval over its parts, as radar says when it fell.

    Parameters
    ----------
    mean_rate : (y, x) array
        Over the long interval, for example the hour of a QPE or QPF [m s-1].
    weights : (parts, y, x) array
        Radar rain of each part, in any unit; NaN where not known.

    Returns
    -------
    rates : numpy.ndarray
        Shape (parts, y, x) [m s-1]; their mean over the parts is `mean_rate` in every cell.
    even_share : float
        Share of the rain that was spread evenly because radar saw none of it there.

    Notes
    -----
    The rain of a part is that of the whole times its share of the weights, so the volume is
    kept cell by cell. Where radar saw nothing or is not known, but rain was measured, all parts
    get the same.
    """
    weights = np.asarray(weights, float)
    total = weights.sum(axis=0)  # NaN as soon as one part is not known
    has_weights = total > 0
    share = np.full(weights.shape, 1.0 / len(weights))
    share[:, has_weights] = weights[:, has_weights] / total[has_weights]
    rates = np.asarray(mean_rate, float) * share * len(weights)
    fallen = np.nansum(mean_rate)
    evenly = np.nansum(np.where(has_weights, 0.0, mean_rate)) / fallen if fallen > 0 else 0.0
    return rates, float(evenly)


def spread_hour(amounts, radar, step, seconds=600.0):
    """Ten-minute rain of a grid of hourly means, by the radar of that hour.

    Parameters
    ----------
    amounts : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1]: the mean over the hour from its only time.
    radar : xarray.Dataset or None
        Rates of shorter intervals, observed or forecast, on the same grid.
    step : float
        Length of an interval of the radar [s].
    seconds : float
        Length of a part [s].

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` of the parts; attribute ``disaggregation`` says how it was made.

    Raises
    ------
    InputError
        There is more than one time, or another grid.
    """
    grid = Grid.of(amounts)
    if amounts.sizes["time"] != 1 or (radar is not None and Grid.of(radar) != grid):
        raise InputError(
            f"{amounts.sizes['time']} hours of rain came, expected one, on the grid of the radar; "
            "spread them one by one after bringing both onto one grid"
        )
    parts = round(3600.0 / seconds)
    offsets = (np.arange(parts) * seconds * 1e9).astype("timedelta64[ns]")
    times = amounts["time"].values[0] + offsets
    weights = np.full((parts, *grid.shape), np.nan)
    if radar is not None:
        weights = interval_means(radar, times, seconds, step)
    rates, evenly = spread_amount(amounts["rainfall_rate"].values[0], weights)
    result = rainfall_dataset(times, rates, grid)
    way = "all parts alike, no radar" if evenly == 1.0 else "by radar weights, volume kept"
    if 0.0 < evenly < 1.0:
        way += f"; {evenly:.0%} of the rain spread evenly where radar saw none"
    result.attrs["disaggregation"] = f"1 h to {seconds / 60:g} min: {way}"
    return result


def _shared_seconds(starts, step, times, seconds):
    """Seconds that each interval wanted shares with each one given, shape (wanted, given)."""
    origin = times.min()
    given = (starts - origin) / np.timedelta64(1, "s")
    wanted = ((times - origin) / np.timedelta64(1, "s"))[:, None]
    shared = np.minimum(given + step, wanted + seconds) - np.maximum(given, wanted)
    return np.maximum(shared, 0.0)


def follow_hours(hours, radar, step, seconds=600.0):
    """Ten-minute rain out of hourly grids that may overlap, and the radar scans between.

    Parameters
    ----------
    hours : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1]: means over the hour from each time, perhaps a new
        one every ten minutes.
    radar : xarray.Dataset or None
        Rates of shorter intervals on the same grid.
    step : float
        Length of an interval of the radar [s].
    seconds : float
        Length of a part [s].

    Returns
    -------
    xarray.Dataset
        Parts in order; attribute ``disaggregation``. The hours used are the newest one and
        those that lie whole before each other, so that no rain counts twice.
    """
    hour = np.timedelta64(3600, "s")
    used, before = [], None
    for index in np.argsort(hours["time"].values)[::-1]:
        start = hours["time"].values[index]
        if before is None or start + hour <= before:
            used.append(index)
            before = start
    spread = [
        spread_hour(hours.isel(time=[index]), radar, step, seconds) for index in reversed(used)
    ]
    times = np.concatenate([part["time"].values for part in spread])
    rates = np.concatenate([part["rainfall_rate"].values for part in spread])
    result = rainfall_dataset(times, rates, Grid.of(hours))
    ways = dict.fromkeys(part.attrs["disaggregation"] for part in spread)
    result.attrs["disaggregation"] = " | ".join(ways)
    return result

"""What a radar source sends, of whatever kind -> one series of rates around a city."""

import numpy as np

from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.intervals import follow_hours, scans_to_means
from hydrology.rainfall.radar import around, join_radar, onto, step_of
from twin.errors import InputError, MissingError
from twin.grid import Grid

LONGEST_RATE = 1200.0
"""Rates over longer than this are sums to be spread over shorter intervals [s]."""

HOUR = 3600.0


def radar_series(grids, grid, *, hours=3.0, a=200.0, b=1.6):
    """Rates of a radar source, from rates, hourly sums and reflectivities.

    Parameters
    ----------
    grids : iterable of xarray.Dataset
        As adapters give them: ``rainfall_rate`` [m s-1] with attributes ``valid_from`` and
        ``valid_to`` where there is one time, or ``reflectivity`` [dBZ] at moments.
    grid : Grid
        Cells of the city.
    hours : float
        How far ahead the rain will be followed; decides how much around the city is kept [h].
    a, b : float
        Of Z = a R^b.

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1]. Attribute ``disaggregation`` where hours were
        spread over ten minutes.

    Raises
    ------
    MissingError
        There is no grid.
    InputError
        A grid is of no use, or does not reach the city.

    Notes
    -----
    Rates over at most 20 minutes are taken as they are, if there are any. Else reflectivities
    become mean rates from scan to scan, with showers moving between; hourly sums, if there are
    any, are spread by them, volume kept, and rates after the newest sum stay as they are. With
    sums alone all parts of an hour are alike, and no motion can be seen in them.
    """
    rates, sums, scans = _sorted(grids)
    if rates:
        return join_radar(rates)
    if not sums and not scans:
        raise MissingError("no radar grid came, expected at least one; check the feed")
    first = join_radar((sums or scans)[-1:], a, b)
    window = around(grid, first, hours)
    means = _means_of_scans(scans, window, a, b)
    if not sums:
        return means
    spread = _spread(sums, means, window)
    return spread if means is None else _followed_by(spread, means)


def _sorted(grids):
    """Rates of short intervals, sums over an hour, reflectivities."""
    rates, sums, scans = [], [], []
    for one in grids:
        if "reflectivity" in one:
            scans.append(one)
            continue
        length = step_of(one)
        if length > LONGEST_RATE and length != HOUR:
            raise InputError(
                f"a radar grid is the rain of {length / 60:g} minutes, expected up to 20 or an "
                "hour; spread it before"
            )
        (sums if length == HOUR else rates).append(one)
    return rates, sums, scans


def _means_of_scans(scans, window, a, b):
    """Mean rates between scans on the window; None where fewer than two came."""
    if len(scans) == 0:
        return None
    joined = onto(join_radar(scans, a, b), window)
    if joined.sizes["time"] < 2:
        return None
    step = step_of(joined)
    times = joined["time"].values
    even = np.diff(times) == np.timedelta64(round(step * 1e9), "ns")
    runs = np.split(np.arange(times.size), np.flatnonzero(~even) + 1)
    parts = [scans_to_means(joined.isel(time=run), step) for run in runs if run.size > 1]
    if not parts:
        return None
    moments = np.concatenate([part["time"].values for part in parts])
    values = np.concatenate([part["rainfall_rate"].values for part in parts])
    return rainfall_dataset(moments, values, window)


def _spread(sums, means, window):
    joined = onto(join_radar(sums), window)
    step = HOUR if means is None or means.sizes["time"] < 2 else step_of(means)
    return follow_hours(joined, means if step < HOUR else None, step)


def _followed_by(spread, means):
    """Spread hours, then the rates that are newer than all of them."""
    end = spread["time"].values[-1] + np.timedelta64(600, "s")
    newer = means.isel(time=means["time"].values >= end)
    if not newer.sizes["time"]:
        return spread
    times = np.concatenate((spread["time"].values, newer["time"].values))
    values = np.concatenate((spread["rainfall_rate"].values, newer["rainfall_rate"].values))
    joined = rainfall_dataset(times, values, Grid.of(spread))
    return joined.assign_attrs(disaggregation=spread.attrs["disaggregation"])

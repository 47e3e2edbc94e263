"""Tests of rain gauges: against the gauges around, and within their own accumulations."""

import numpy as np

from twin.quality.flags import NOT_EVALUATED, grade
from twin.quality.neighbours import nearest
from twin.quality.weather import BIN_SECONDS, LEAST_COVER

MOST_NEIGHBOURS = 10
_BIN_MS = BIN_SECONDS * 1000


def against_neighbours(arrays, stations):
    """Flags of gauges that stay dry amid rain, or report much rain amid dry gauges.

    Parameters
    ----------
    arrays : SeriesArrays
        Readings of all gauges; others than ``rainfall_rate`` are not evaluated.
    stations : GeoDataFrame or None

    Returns
    -------
    faulty_zero : (n,) int array
        3 where the gauge had no rain throughout `zero_time` and the median of at least
        `neighbours_count` gauges around was above `zero_neighbours` all that time.
    high_influx : (n,) int array
        3 where it had more than `influx_rain` in `influx_time` and none of the gauges around,
        at least `neighbours_count`, had more than `influx_neighbours` within that time and half
        of it before.

    Notes
    -----
    After the filters of faulty zeros and high influx of de Vos et al. (2019), Geophys. Res.
    Lett. 46, 8820-8829; the paper was not open to us, its R code was read. Changes, so that a
    convective cell over one gauge passes: the influx is that of a whole hour and is held
    against the largest of the neighbours and not their median; a flag ends with its evidence
    and not with the next rain; both are suspect and never fail.
    """
    evaluated = np.full((2, arrays.time.size), NOT_EVALUATED)
    is_rain = arrays.of_property("rainfall_rate")
    rows = (arrays.keys["property"] == "rainfall_rate").to_numpy()
    if not is_rain.any() or stations is None:
        return evaluated[0], evaluated[1]
    gauges = np.flatnonzero(rows)
    limits = {name: values[gauges] for name, values in arrays.limits.items()}
    near = _neighbours(arrays.keys[rows], stations, limits)
    row = -(-arrays.time[is_rain] // _BIN_MS)
    row -= row.min()
    column = (np.cumsum(rows) - 1)[arrays.series[is_rain]]
    rate = _mean_by_step(arrays.value[is_rain], row, column, gauges.size)
    zero, influx = _zero_flags(rate, near, limits), _influx_flags(rate, near, limits)
    evaluated[:, is_rain] = zero[row, column], influx[row, column]
    return evaluated[0], evaluated[1]


def _mean_by_step(value, row, column, gauges):
    """Mean rate of each gauge in each step of 10 minutes, NaN where none was believed."""
    total, count = np.zeros((2, row.max() + 1, gauges))
    good = np.isfinite(value)
    np.add.at(total, (row[good], column[good]), value[good])
    np.add.at(count, (row[good], column[good]), 1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _neighbours(keys, stations, limits):
    """Other gauges around each gauge (gauges, most), -1 where there are no more."""
    radius = np.nanmax(np.r_[limits["neighbours_radius"], 0.0])
    near = nearest(keys, keys, stations, radius=radius, most=MOST_NEIGHBOURS + 1)
    own = near == np.arange(len(keys))[:, None]
    order = np.argsort(own | (near < 0), axis=1, kind="stable")
    near = np.take_along_axis(np.where(own, -1, near), order, axis=1)
    return near[:, :MOST_NEIGHBOURS]


def _around(values, near, how, least):
    """Median or maximum over the gauges around, (steps, gauges); NaN with too few of them."""
    result = np.full(values.shape, np.nan)
    for gauge, others in enumerate(near):
        others = others[others >= 0]
        if others.size < max(1, np.nan_to_num(least[gauge], nan=np.inf)):
            continue
        beside = values[:, others]
        enough = np.isfinite(beside).sum(axis=1) >= least[gauge]
        result[enough, gauge] = how(beside[enough], axis=1)
    return result


def _zero_flags(rate, near, limits):
    median = _around(rate, near, np.nanmedian, limits["neighbours_count"])
    steps = _steps(limits["zero_time"])
    is_amiss = (rate == 0) & (median > limits["zero_neighbours"])
    return grade(np.isfinite(median), _run_length(is_amiss) >= steps)


def _influx_flags(rate, near, limits):
    depth = rate * BIN_SECONDS
    own = _trailing_sum(depth, _steps(limits["influx_time"]))
    beside = _trailing_sum(depth, _steps(1.5 * limits["influx_time"]))
    most = _around(beside, near, np.nanmax, limits["neighbours_count"])
    is_amiss = (own > limits["influx_rain"]) & (most <= limits["influx_neighbours"])
    return grade(np.isfinite(own) & np.isfinite(most), is_amiss)


def _steps(seconds):
    return np.ceil(seconds / BIN_SECONDS)


def _run_length(is_true):
    """How many steps in a row up to each one are True, (steps, gauges)."""
    index = np.arange(1, len(is_true) + 1)[:, None]
    return index - np.maximum.accumulate(np.where(is_true, 0, index), axis=0)


def _trailing_sum(depth, steps):
    """Rain of the steps that end with each one [m]; NaN where too few were reported."""
    total = np.full(depth.shape, np.nan)
    whole = np.rint(np.nan_to_num(depth) * 1e9).astype(np.int64)  # exact sums, wherever they begin
    amount, count = (
        np.vstack([np.zeros((1, depth.shape[1]), np.int64), part.cumsum(axis=0)])
        for part in (whole, np.isfinite(depth).astype(np.int64))
    )
    for length in np.unique(steps[np.isfinite(steps)]).astype(int):
        columns = steps == length
        start = np.maximum(np.arange(1, len(depth) + 1) - length, 0)
        enough = (count[1:] - count[start]) >= LEAST_COVER * length
        fallen = (amount[1:] - amount[start]) / 1e9
        total[:, columns] = np.where(enough, fallen, np.nan)[:, columns]
    return total


def accumulations_agree(accumulations, tolerance=1e-4):
    """Flags of gauges whose rain of a short time exceeds that of a longer one around it.

    Parameters
    ----------
    accumulations : pandas.DataFrame
        One row a gauge and time; columns are lengths [s], for example 600, 3600, 10800, and
        values the rain of so long a time up to now [m], NaN where not given.
    tolerance : float
        Rounding of the source [m].

    Returns
    -------
    flags : (n,) int array
        3 where two lengths contradict each other, 2 where fewer than two are given.
    longest_true : (n,) float array
        Longest time [s] up to which all given lengths agree; 0 where the shortest is wrong or
        nothing is given.

    Notes
    -----
    Rain does not fall back up: ``P(10 min) <= P(1 h) <= P(3 h) ...``, each but for rounding.
    """
    lengths = sorted(accumulations.columns)
    table = accumulations[lengths].to_numpy(float)
    before = np.fmax.accumulate(np.where(np.isfinite(table), table, -np.inf), axis=1)
    contradicts = np.zeros(table.shape, bool)
    contradicts[:, 1:] = table[:, 1:] < before[:, :-1] - tolerance
    is_given = np.isfinite(table)
    agrees = is_given & ~np.logical_or.accumulate(contradicts, axis=1)
    longest = np.where(agrees, np.array(lengths, float), 0.0).max(axis=1, initial=0.0)
    return grade(is_given.sum(axis=1) >= 2, contradicts.any(axis=1)), longest

"""Readings as flat arrays, series after series, and moving windows over all of them at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.quality.rules import RULES

KEY = ("source_id", "station_id", "property")


@dataclass(frozen=True)
class SeriesArrays:
    """Readings of many series in one set of arrays, ordered by series and time.

    Attributes
    ----------
    keys : pandas.DataFrame
        Columns `KEY`, one row a series.
    series : (n,) int array
        Which row of `keys` each reading belongs to.
    time, received : (n,) int64 arrays
        Phenomenon time and receipt [ms since 1970].
    value : (n,) float array
        [SI], finite.
    limits : dict
        Rule -> (series,) or (series, numbers) array, NaN where a series has no such rule.
    """

    keys: pd.DataFrame
    series: np.ndarray
    time: np.ndarray
    received: np.ndarray
    value: np.ndarray
    limits: dict

    def limit(self, name):
        """A rule at each reading, (n,) or (n, numbers); NaN where there is none."""
        return self.limits[name][self.series]

    def subset(self, is_kept):
        """The readings where `is_kept` is True; the series stay."""
        parts = (self.series, self.time, self.received, self.value)
        return SeriesArrays(self.keys, *(part[is_kept] for part in parts), self.limits)

    def of_property(self, *names):
        """Whether each reading is of one of these properties, (n,) bool."""
        return self.keys["property"].isin(names).to_numpy()[self.series]


def arrange(frame, rules):
    """Arrays of a frame that is ordered by `KEY` and time.

    Parameters
    ----------
    frame : pandas.DataFrame
        Readings with finite values.
    rules : twin.quality.rules.Rules

    Returns
    -------
    SeriesArrays
    """
    series = frame.groupby(list(KEY), sort=True, observed=True).ngroup().to_numpy()
    first = np.flatnonzero(np.diff(series, prepend=-1))
    keys = frame[list(KEY)].iloc[first].reset_index(drop=True)
    found = [rules.of(row.property, row.source_id, row.station_id) for row in keys.itertuples()]
    limits = {name: _limit(name, count, found) for name, (_, count) in RULES.items()}
    return SeriesArrays(
        keys,
        series,
        milliseconds(frame["phenomenon_time"]),
        milliseconds(frame["received_time"]),
        frame["value"].to_numpy(float),
        limits,
    )


def _limit(name, count, found):
    empty = np.nan if count == 1 else (np.nan,) * count
    values = [rules.get(name, empty) for rules in found]
    return np.array(values, float).reshape((len(found),) if count == 1 else (len(found), count))


def milliseconds(times):
    """Times as int64 milliseconds since 1970."""
    return (
        times.dt.tz_convert("UTC")
        .dt.tz_localize(None)
        .astype("datetime64[ms]")
        .astype("int64")
        .to_numpy()
    )


def steps(arrays):
    """Readings before and after each one within its series.

    Returns
    -------
    before, after : (n,) int arrays
        Index of the neighbour in time, -1 where there is none.
    """
    index = np.arange(arrays.time.size)
    same = np.diff(arrays.series) == 0
    before = np.where(np.r_[False, same], index - 1, -1)
    after = np.where(np.r_[same, False], index + 1, -1)
    return before[: index.size], after[: index.size]


def window_starts(arrays, window):
    """First reading of the window that ends at each reading.

    Parameters
    ----------
    arrays : SeriesArrays
    window : (n,) float array
        Length [s], both ends included; NaN gives the reading itself.

    Returns
    -------
    (n,) int array
    """
    if not arrays.time.size:
        return np.zeros(0, int)
    axis = _axis(arrays, window)
    return np.searchsorted(axis, axis - _window_ms(window), side="left")


def rolling(arrays, values, window, how):
    """Smallest or largest value in the window that ends at each reading.

    Parameters
    ----------
    arrays : SeriesArrays
    values : (n,) float array
        NaN is passed over.
    window : (n,) float array
        Length [s], both ends included; NaN where the result is not needed.
    how : str
        ``"min"``, ``"max"`` or ``"count"`` (of values that are not NaN).

    Returns
    -------
    (n,) float array
        NaN without a window or a value.

    Notes
    -----
    All series lie on one time axis, each moved beyond the reach of the one before, so that one
    pass of pandas serves all. Minimum, maximum and count are exact: they do not depend on where
    the readings begin, as a running sum would.
    """
    result = np.full(arrays.time.size, np.nan)
    if not arrays.time.size:
        return result
    axis = pd.Index(_axis(arrays, window)).astype("datetime64[ms]")
    column = pd.Series(values, index=axis)
    for length in np.unique(window[np.isfinite(window)]):
        span = pd.Timedelta(milliseconds=int(length * 1000) + 1)
        moving = getattr(column.rolling(span, min_periods=1), how)().to_numpy(float)
        here = window == length
        result[here] = moving[here]
    return result


def _window_ms(window):
    return (np.nan_to_num(window) * 1000).astype(np.int64)


def _axis(arrays, window):
    """Times of all series one after the other [ms], further apart than the longest window."""
    start = arrays.time.min()
    stride = arrays.time.max() - start + _window_ms(window).max() + 1000
    return arrays.time - start + arrays.series * stride

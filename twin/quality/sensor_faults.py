"""Faults of the sensor alone in a long series: stuck for hours, or full of spikes."""

import numpy as np
import pandas as pd

STUCK_HOURS = 8.0
STUCK_RANGE = 5e-4
"""A stuck sensor moves by no more [m]."""

LIVELY = 4.0
"""It is called stuck only if its range in such a time is usually so many times larger."""

SPIKES_A_DAY = 4


def stuck_spells(levels):
    """Spells in which a sensor that usually moves did not.

    Parameters
    ----------
    levels : pandas.DataFrame
        ``phenomenon_time`` (UTC, ordered) and ``value`` [m].

    Returns
    -------
    list of (Timestamp, Timestamp, Timestamp, float)
        Begin, alarm, end (NaT while it lasts) and the value at which it stands [m].
    """
    times = pd.DatetimeIndex(levels["phenomenon_time"])
    series = pd.Series(levels["value"].to_numpy(), index=times)
    window = pd.Timedelta(hours=STUCK_HOURS)
    moving = series.rolling(window)
    extent = moving.max() - moving.min()
    spacing = levels["phenomenon_time"].diff().median()
    full = moving.count() >= 0.5 * (window / spacing)
    if not full.any() or extent[full].quantile(0.05) < LIVELY * STUCK_RANGE:
        return []
    is_stuck = (full & (extent <= STUCK_RANGE)).to_numpy()
    starts = np.flatnonzero(is_stuck & ~np.r_[False, is_stuck[:-1]])
    spells = []
    for alarm in starts:
        after = np.flatnonzero(~is_stuck[alarm:])
        begin = series.index[alarm] - pd.Timedelta(hours=STUCK_HOURS)
        end = series.index[alarm + after[0]] if after.size else pd.NaT
        spells.append((begin, series.index[alarm], end, float(series.iloc[alarm])))
    return spells


def spike_heights(values):
    """How far each value stands out from both of its neighbours [m]; see `series_tests.spike`."""
    height = np.zeros(values.size)
    before, here, after = values[:-2], values[1:-1], values[2:]
    height[1:-1] = np.abs(here - (before + after) / 2) - np.abs(after - before) / 2
    return np.maximum(height, 0.0)


def spiky_days(levels, least=0.1, factor=12.0):
    """Spells in which single values stood out again and again.

    Parameters
    ----------
    levels : pandas.DataFrame
        ``phenomenon_time`` (UTC, ordered) and ``value`` [m].
    least : float
        Smallest spike [m].
    factor : float
        And at least so many times the usual unrest from reading to reading.

    Returns
    -------
    list of (Timestamp, Timestamp, Timestamp, float)
        First spike, alarm (the `SPIKES_A_DAY`-th within a day), last spike, median height [m].
    """
    values = levels["value"].to_numpy(float)
    if values.size < 3:
        return []
    height = spike_heights(values)
    is_spike = height > max(least, factor * np.median(np.abs(np.diff(values))))
    times = levels["phenomenon_time"][is_spike].reset_index(drop=True)
    heights = height[is_spike]
    spell = (times.diff() > pd.Timedelta("1D")).cumsum()
    found = []
    for _, rows in times.groupby(spell):
        spans = rows.diff(SPIKES_A_DAY - 1)
        dense = np.flatnonzero(spans <= pd.Timedelta("1D"))
        if dense.size:
            alarm = rows.iloc[dense[0]]
            found.append(
                (rows.iloc[0], alarm, rows.iloc[-1], float(np.median(heights[rows.index])))
            )
    return found

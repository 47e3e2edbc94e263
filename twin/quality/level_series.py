"""A long level series taken apart: daily pattern, slow course, rain before, what is left."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

HOURS_A_WEEK = 168
PATTERN_WEEKS = 8
"""The pattern of a week is that of so many weeks before it."""

LEAST_WEEKS = 3


@dataclass(frozen=True)
class LevelSeries:
    """One sensor, hour by hour.

    Attributes
    ----------
    start : pandas.Timestamp
        Begin of the first hour (UTC).
    level : (hours,) float array
        Median level of each hour [m], NaN where fewer than half of its readings came.
    rain : (hours,) float array
        Rain of each hour [m], NaN where it is not known.
    is_dry : (hours,) bool array
        Less than `dry_rain` has not run off yet; unknown rain is not dry.
    pattern : (hours,) float array
        Usual course of the week [m] about its daily middle, from the weeks before; NaN in the
        first `LEAST_WEEKS`.
    slow : (days,) float array
        Median of level less pattern over the dry hours of each day [m], NaN with too few.
    """

    start: pd.Timestamp
    level: np.ndarray
    rain: np.ndarray
    is_dry: np.ndarray
    pattern: np.ndarray
    slow: np.ndarray

    @property
    def time(self):
        """End of each hour (UTC): what it says is known from then on."""
        return self.start + pd.to_timedelta(np.arange(1, self.level.size + 1), unit="h")


def take_apart(levels, rain, *, dry_rain=1e-3, runoff_hours=6.0, least_dry_hours=6):
    """Hourly parts of a level series.

    Parameters
    ----------
    levels : pandas.DataFrame
        Usable readings of one level sensor: ``phenomenon_time`` (UTC) and ``value`` [m].
    rain : pandas.DataFrame
        Rain near it: ``phenomenon_time`` and ``value``, the mean rate [m s-1] since the
        reading before (10 minutes at most).
    dry_rain : float
        Rain not yet run off below which it is dry [m].
    runoff_hours : float
        Time in which rain runs off to 37 % [h].
    least_dry_hours : int
        Dry hours that a day needs.

    Returns
    -------
    LevelSeries
    """
    times = levels["phenomenon_time"].sort_values()
    start, end = times.iloc[0].floor("D"), times.iloc[-1].ceil("D")
    hours = max(24, int((end - start) / pd.Timedelta("1h")))
    level = _hourly(levels, start, hours, "median", least=_usual_count(times) / 2)
    fallen = _hourly(rain, start, hours, "mean", least=3) * 3600
    is_dry = antecedent_rain(fallen, runoff_hours) < dry_rain
    is_dry &= np.isfinite(fallen)
    pattern = _pattern(np.where(is_dry, level, np.nan))
    rest = np.where(is_dry, level - np.nan_to_num(pattern), np.nan).reshape(-1, 24)
    enough = np.isfinite(rest).sum(axis=1) >= least_dry_hours
    slow = np.full(len(rest), np.nan)
    slow[enough] = np.nanmedian(rest[enough], axis=1)
    return LevelSeries(start, level, fallen, is_dry, pattern, slow)


def antecedent_rain(rain, hours):
    """Rain that has not run off yet at the end of each hour [m].

    Parameters
    ----------
    rain : (hours,) float array
        [m]; unknown hours count as none here.
    hours : float
        Time in which it runs off to 37 % [h].

    Notes
    -----
    The antecedent precipitation index, ``A_t = k A_(t-1) + P_t`` with ``k = exp(-1 / hours)``
    (Kohler and Linsley 1951; in every hydrology text, the paper itself was not read).
    """
    from scipy.signal import lfilter

    return lfilter([1.0], [1.0, -np.exp(-1.0 / hours)], np.nan_to_num(rain))


def _usual_count(times):
    """Readings that an hour usually has."""
    spacing = times.diff().median() / pd.Timedelta("1h")
    return 1.0 / spacing if np.isfinite(spacing) and spacing > 0 else 1.0


def _hourly(frame, start, hours, how, least):
    """One value an hour; a reading belongs to the hour that its time ends."""
    hour = np.ceil((frame["phenomenon_time"] - start) / pd.Timedelta("1h")).astype(int) - 1
    given = frame["value"].notna() & hour.between(0, hours - 1)
    grouped = frame.loc[given, "value"].groupby(hour[given])
    values = getattr(grouped, how)().where(grouped.count() >= least)
    return values.reindex(range(hours)).to_numpy(float)


def _pattern(dry_level):
    """Median by hour of the week about the daily median, of the weeks before (hours,)."""
    weeks = -(-dry_level.size // HOURS_A_WEEK)
    padded = np.full(weeks * HOURS_A_WEEK, np.nan)
    padded[: dry_level.size] = dry_level
    days = padded.reshape(-1, 24)
    enough = np.isfinite(days).sum(axis=1) >= 12
    about = np.full(days.shape, np.nan)
    about[enough] = days[enough] - np.nanmedian(days[enough], axis=1, keepdims=True)
    about = about.reshape(weeks, HOURS_A_WEEK)
    beside = np.stack([np.roll(about, shift, axis=1) for shift in (-1, 0, 1)])
    pattern = np.full((weeks, HOURS_A_WEEK), np.nan)
    for week in range(LEAST_WEEKS, weeks):
        past = beside[:, max(0, week - PATTERN_WEEKS) : week].reshape(-1, HOURS_A_WEEK)
        some = np.isfinite(past).any(axis=0)
        pattern[week, some] = np.nanmedian(past[:, some], axis=0)
    return pattern.ravel()[: dry_level.size]

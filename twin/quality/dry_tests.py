"""Tests that need dry weather: steps, slow drift, and a depth that does not return to zero."""

import numpy as np

from twin.quality.flags import grade
from twin.quality.series import rolling, steps
from twin.quality.series_tests import moving_range

STEP_READINGS = 3
"""A step lasts so many readings on both of its sides."""


def is_dry(arrays, weather, period=None):
    """Whether it has been dry for long enough at each reading.

    Parameters
    ----------
    arrays : SeriesArrays
    weather : twin.quality.weather.Weather
    period : (n,) float array, optional
        [s]; default the rule `dry_time`.

    Returns
    -------
    (n,) bool array
        Less than `dry_rain` fell near it, and a gauge was there to tell.
    """
    period = arrays.limit("dry_time") if period is None else period
    _, rain, is_known = weather.rain_before(arrays.series, arrays.time, period)
    return is_known & (rain < arrays.limit("dry_rain"))


def step(arrays, weather):
    """Flags of the first readings after a level jumped in dry weather and stayed (3).

    Notes
    -----
    The smallest change between any of the three readings before and the three from it on is
    above the threshold. Not a QARTOD test. A gate or a pump makes such steps too: hence
    suspect, and only until `STEP_READINGS` have confirmed the new level.
    """
    before, after = steps(arrays)
    threshold = arrays.limit("step_suspect")
    past, future, near = _around(arrays, before, after)
    rise = future.min(axis=0) - past.max(axis=0)
    fall = past.min(axis=0) - future.max(axis=0)
    dry = is_dry(arrays, weather)
    starts = near & dry & (np.maximum(rise, fall) > threshold)
    flagged = starts.copy()
    for _ in range(STEP_READINGS - 1):
        starts = np.where(before >= 0, starts[before], False)
        flagged |= starts
    return grade(flagged | (near & dry & np.isfinite(threshold)), flagged)


def _around(arrays, before, after):
    """Values of the readings before and from each one on, and whether none is missing."""
    past, future = [], [arrays.value]
    left, right = before, after
    near = np.ones(arrays.time.size, bool)
    gap = arrays.limit("gap")
    for count in range(1, STEP_READINGS + 1):
        near &= (left >= 0) & (arrays.time - arrays.time[left] <= count * gap * 1000)
        past.append(arrays.value[left])
        left = np.where(left >= 0, before[left], -1)
    near &= arrays.time - arrays.time[before] <= gap * 1000
    for count in range(1, STEP_READINGS):
        near &= (right >= 0) & (arrays.time[right] - arrays.time <= count * gap * 1000)
        future.append(arrays.value[right])
        right = np.where(right >= 0, after[right], -1)
    return np.array(past), np.array(future), near


def drift(arrays, weather):
    """Flags of depths that crept up in dry weather, slower than water comes (3).

    Notes
    -----
    In a window without rain the value stands above the lowest one by `drift_rise` or more and
    no step within it was faster than `drift_rate`. Not a QARTOD test; the long form, against
    a dry-weather baseline, is in `twin.quality.level_faults`.
    """
    window = arrays.limit("drift_window")
    before, _ = steps(arrays)
    seconds = np.maximum(arrays.time - arrays.time[before], 1) / 1000
    near = (before >= 0) & (seconds <= arrays.limit("gap"))
    climb = np.where(near, np.abs(arrays.value - arrays.value[before]) / seconds, 0.0)
    fastest = rolling(arrays, climb, window, "max")
    rise = arrays.value - rolling(arrays, arrays.value, window, "min")
    _, is_full = moving_range(arrays, window)
    dry = is_dry(arrays, weather, window + arrays.limit("dry_time"))
    is_slow = fastest <= arrays.limit("drift_rate")
    return grade(is_full & dry, is_slow & (rise >= arrays.limit("drift_rise")))


def at_baseline(arrays, weather):
    """Flags of depths that stand at an offset which they also show in dry weather (3).

    Returns
    -------
    flags : (n,) int array
        3 where the value is not above the offset by more than its spread: there is no water.
    offset : (n,) float array
        The offset [m] where there is evidence of one, else NaN.
    evidence : (n,) int array
        Dry readings that it rests on.

    Notes
    -----
    All dry readings of the last `baseline_window` lie within `baseline_spread` of each other
    and within `baseline_range`, and they make up `baseline_evidence` of time. Not from a manual:
    the case is sensors that stand at 3 cm on dry nights.
    """
    window, limits = arrays.limit("baseline_window"), arrays.limit("baseline_range")
    dry_value = np.where(is_dry(arrays, weather), arrays.value, np.nan)
    lowest = rolling(arrays, dry_value, window, "min")
    highest = rolling(arrays, dry_value, window, "max")
    evidence = np.nan_to_num(rolling(arrays, dry_value, window, "count"))
    spread = arrays.limit("baseline_spread")
    enough = evidence * arrays.limit("cadence") >= arrays.limit("baseline_evidence")
    stands = (highest - lowest <= spread) & (lowest >= limits[:, 0]) & (highest <= limits[:, 1])
    offset = np.where(enough & stands, highest, np.nan)
    is_there = (arrays.value <= offset + spread) & (arrays.value >= lowest - spread)
    return grade(enough, is_there), offset, evidence.astype(int)

"""Slow rises and falls of the dry-weather level over weeks, with the rain of weeks taken out."""

import numpy as np
import pandas as pd

from twin.quality.level_series import LEAST_WEEKS, antecedent_rain

WINDOW_DAYS = 50
LEAST_DAYS = 30
"""Days with a dry-weather level that a window needs."""

GROUND_WATER_DAYS = (5.0, 20.0)
"""Time in which the rain of weeks leaves the ground to 37 %; two, as soils differ."""

LEAST_RISE = 0.04
"""Rise over the window that is worth digging for [m]."""

LEAST_CERTAINTY = 5.0
"""The slope is so many of its own standard errors."""


def ramps(parts, quick, mended=()):
    """Slow rises and falls of the dry-weather level.

    Parameters
    ----------
    parts : twin.quality.level_series.LevelSeries
    quick : list of (int, int or None)
        First hour and hour of the end of faults that are known; their days do not count.
    mended : sequence of int
        Days on which the sensor was set right; no window reaches across.

    Returns
    -------
    list of (str, Timestamp, Timestamp, Timestamp, float)
        Kind ("silting" or "drift"), begin of the window, alarm, end, rise over the window [m].

    Notes
    -----
    In a moving window the daily dry-weather level is regressed on time and on the rain that is
    still in the ground, twice re-weighted by Huber's function. The standard error of the slope
    is that of least squares, widened for residuals that remember their day before
    (``(1 + r) / (1 - r)`` fewer days). A rise that goes along with a wet month leaves a slope
    that is not certain, and no alarm.
    """
    level = parts.slow.copy()
    for start, end in quick:
        level[start // 24 : None if end is None else end // 24 + 1] = np.nan
    level[: LEAST_WEEKS * 7] = np.nan
    ground = np.stack([antecedent_rain(parts.rain, 24 * t)[23::24] for t in GROUND_WATER_DAYS], 1)
    found, first, quiet = [], 0, 0
    for day in range(LEAST_DAYS, level.size):
        is_open = bool(found) and found[-1][3] is None
        if is_open and _is_undone(level[: day + 1], found[-1][4]):
            found[-1][3], first, is_open = day - 1, day - 1, False
        first = day if day in mended else first
        window = slice(max(first, day - WINDOW_DAYS + 1), day + 1)
        rise, certainty = _slope(
            np.arange(window.start, window.stop), level[window], ground[window]
        )
        is_sure = abs(rise) >= LEAST_RISE and certainty >= LEAST_CERTAINTY
        kind = ("silting" if rise > 0 else "drift") if is_sure else None
        quiet = 0 if kind else quiet + 1
        if is_open and kind == found[-1][0]:
            found[-1][4] = max(found[-1][4], rise, key=abs)
        elif is_open and (kind or quiet >= WINDOW_DAYS // 2):
            found[-1][3] = day - quiet
        elif kind:
            found.append([kind, window.start, day + 1, None, rise])
    return [
        (kind, *(_moment(parts, day) for day in days), float(rise)) for kind, *days, rise in found
    ]


def _is_undone(level, rise):
    """Whether the level of the last two days has jumped back by most of a rise: cleared."""
    known = level[np.isfinite(level)]
    if known.size < 6:
        return False
    jump = np.median(known[-2:]) - np.median(known[-5:-2])
    return jump * rise < 0 and abs(jump) > 0.5 * abs(rise)


def _moment(parts, day):
    return pd.NaT if day is None else parts.start + pd.Timedelta(days=int(day))


def _slope(days, level, ground):
    """Rise over the window [m] and how many standard errors it is."""
    good = np.isfinite(level)
    if good.sum() < LEAST_DAYS:
        return 0.0, 0.0
    time = (days[good] - days[good].mean()) / WINDOW_DAYS
    matrix = np.column_stack([time, np.ones(time.size), ground[good] - ground[good].mean(axis=0)])
    weight = np.ones(time.size)
    for _ in range(3):
        root = np.sqrt(weight)[:, None]
        factors, *_ = np.linalg.lstsq(matrix * root, level[good] * root[:, 0], rcond=None)
        rest = level[good] - matrix @ factors
        scale = max(1.48 * np.median(np.abs(rest)), 1e-4)
        weight = np.minimum(1.0, 1.5 * scale / np.maximum(np.abs(rest), 1e-9))
    memory = np.clip(np.corrcoef(rest[1:], rest[:-1])[0, 1], 0.0, 0.9)
    freedom = max(good.sum() - matrix.shape[1], 1)
    variance = (weight * rest**2).sum() / freedom * (1 + memory) / (1 - memory)
    error = np.sqrt(variance * np.linalg.pinv(matrix.T @ (matrix * weight[:, None]))[0, 0])
    return float(factors[0]), float(abs(factors[0]) / max(error, 1e-6))

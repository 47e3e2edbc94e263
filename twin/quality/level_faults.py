"""Faults of pipes and sensors in a long level series: silting, blockage, drift, stuck, spikes."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.quality.level_series import take_apart
from twin.quality.sensor_faults import spiky_days, stuck_spells
from twin.quality.slow_faults import ramps

EVENTS = ("kind", "start", "found", "end", "size")
"""Columns of found faults."""


@dataclass(frozen=True)
class Thresholds:
    """What counts as a fault.

    Attributes
    ----------
    least_rise : float
        Smallest rise over the usual dry-weather course that is called a blockage [m].
    noise_factor : float
        And at least so many times the usual scatter of dry hours about that course.
    dry_hours : int
        Dry hours in a row above it: the 4 h of the alarm on the P99 of dry weather.
    no_rain_hours : int
        With less than 1 mm in so many hours before it, an hour counts as dry.
    abrupt_hours : int
        A step rises within so many hours.
    least_peak : float
        Smallest rise in a storm whose recession is looked at [m].
    recessions : float
        Recession times after the end of rain by which the water must have gone.
    share_left : float
        Share of that rise that may be left by then.
    memory_days : int
        Days of dry weather that make the usual course.
    """

    least_rise: float = 0.05
    noise_factor: float = 5.0
    dry_hours: int = 4
    no_rain_hours: int = 6
    abrupt_hours: int = 3
    least_peak: float = 0.08
    recessions: float = 4.0
    share_left: float = 0.4
    memory_days: int = 10


def find_level_faults(levels, rain, thresholds=None):
    """Find faults in the history of one level sensor.

    Parameters
    ----------
    levels : pandas.DataFrame
        Readings of one sensor of any flag but missing: ``phenomenon_time`` (UTC), ``value`` [m].
        At least four weeks; from then on, alarms.
    rain : pandas.DataFrame
        Readings of one gauge near it, or the mean of some: ``phenomenon_time``, ``value``
        [m s-1].
    thresholds : Thresholds, optional

    Returns
    -------
    pandas.DataFrame
        Columns `EVENTS`, by time of the alarm. ``kind``: "silting" (slow rise of the dry-weather
        level), "drift" (slow fall: silt does not do that), "step" (sudden rise in dry weather:
        blockage, or a sensor that was moved), "no recession" (the water of a storm does not
        leave: blockage below), "stuck" and "spikes" (sensor). ``found`` is when it could first
        be told, ``end`` NaT while it lasts, ``size`` [m].

    Notes
    -----
    The dry-weather course by hour of the week, the alarm after 4 h above it, ramp for silt, step
    and missing recession for blockage follow the practice of sewer operators; Rosin et al. (2022),
    J. Hydroinformatics 24, 259-273, find blockages by control charts on the same two signs (its
    abstract was read). The rain of weeks before, which raises ground water and so the
    dry-weather level, is a regressor, so that a wet season is not called silt. A sensor that
    drifts upward looks like silt in one series; only its neighbours can tell, see
    `twin.quality.network_faults`.
    """
    thresholds = thresholds or Thresholds()
    given = levels[levels["value"].notna()].sort_values("phenomenon_time")
    given = given.drop_duplicates("phenomenon_time", keep="last")
    if len(given) < 2:
        return _table([])
    spikes = spiky_days(given)
    stuck = stuck_spells(given)
    parts = take_apart(_without(given, stuck), rain)
    rest, scale = _residual(parts, thresholds)
    steps = _steps(parts, rest, scale, thresholds)
    held = _held_water(parts, rest, scale, thresholds, steps)
    quick = [*steps, *held]
    mended = _mended(parts, quick, ramps(parts, _spans(quick)))
    quick = [event for event in quick if event not in mended]
    found = [
        *[("stuck", *spell) for spell in stuck],
        *[("spikes", *day) for day in spikes],
        *[(kind, *(_moment(parts, hour) for hour in hours), size) for kind, *hours, size in quick],
        *ramps(parts, _spans(quick), [event[1] // 24 for event in mended]),
    ]
    return _table(found)


def _spans(quick):
    return [(start, end) for _, start, _, end, _ in quick]


def _mended(parts, quick, slow):
    """Rises that only undo a drift that was known by then: the sensor was set right.

    The drift may be over for the regression some weeks before; it sees its window alone, so
    the jump back may be larger than the rise that it gave.
    """
    return [
        event
        for event in quick
        for kind, _, found, end, size in slow
        if kind == "drift"
        and found <= _moment(parts, event[2])
        and (end is pd.NaT or _moment(parts, event[1]) <= end + pd.Timedelta(days=20))
        and event[4] < 2.5 * abs(size)
    ]


def _table(found):
    table = pd.DataFrame(found, columns=list(EVENTS))
    for name in ("start", "found", "end"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table.sort_values(["found", "kind"], kind="stable").reset_index(drop=True)


def _moment(parts, hour):
    return pd.NaT if hour is None else parts.start + pd.Timedelta(hours=int(hour))


def _without(levels, stuck):
    """Readings outside of stuck spells; single spikes fall out of the hourly medians."""
    time = levels["phenomenon_time"]
    keep = np.ones(len(levels), bool)
    for start, _, end, _ in stuck:
        keep &= ~time.between(start, time.iloc[-1] if end is pd.NaT else end).to_numpy()
    return levels[keep] if keep.any() else levels


def _residual(parts, thresholds):
    """Level over its usual dry-weather course [m], and the usual scatter of dry hours [m]."""
    days = parts.slow.size
    usual, scatter = np.full(days, np.nan), np.full(days, np.nan)
    course = np.repeat(parts.slow, 24)
    rough = np.where(parts.is_dry, parts.level - parts.pattern - course, np.nan).reshape(days, 24)
    for day in range(1, days):
        past = slice(max(0, day - 3 * thresholds.memory_days), day)
        known = parts.slow[past][np.isfinite(parts.slow[past])]
        if known.size >= 5:
            usual[day] = np.median(known[-thresholds.memory_days :])
            off = np.abs(rough[past])[np.isfinite(rough[past])]
            scatter[day] = 1.48 * np.median(off) if off.size else np.nan
    rest = parts.level - np.nan_to_num(parts.pattern) - np.repeat(usual, 24)
    rest[np.isnan(parts.pattern)] = np.nan
    limit = np.fmax(thresholds.least_rise, thresholds.noise_factor * scatter)
    return rest, np.repeat(limit, 24)


def _steps(parts, rest, limit, thresholds):
    """Sudden rises in dry weather: kind, first hour, hour of the alarm, hour of the end, size."""
    is_high = rest > limit
    high_for = _run_length(is_high)
    dry_for = _run_length(is_high & _no_rain(parts.rain, thresholds.no_rain_hours))
    found, until = [], -1
    for alarm in np.flatnonzero(dry_for == thresholds.dry_hours):
        start = alarm - high_for[alarm] + 1
        if start <= until:
            continue
        lead = slice(max(0, start - thresholds.abrupt_hours - 1), start)
        before, size = rest[lead], np.nanmedian(rest[start : alarm + 1])
        rained = np.nansum(parts.rain[lead.start : start + 1]) >= 1e-3
        if rained or not np.isfinite(before).any() or np.nanmin(before) > 0.4 * size:
            continue
        end = _end_of(rest, start, size)
        until = len(rest) if end is None else end
        found.append(("step", start, alarm + 1, end, float(size)))
    return found


def _no_rain(rain, hours):
    """Whether less than 1 mm fell in so many hours; unknown rain is no dry weather."""
    fallen = np.convolve(rain, np.ones(hours))[: rain.size]
    return fallen < 1e-3  # NaN is not below


def _end_of(rest, start, size):
    """First of three hours back below half of the size, None while it lasts."""
    low = _run_length(rest[start:] < 0.5 * size)
    back = np.flatnonzero(low == 3)
    return None if not back.size else int(start + back[0] - 1)


def _held_water(parts, rest, limit, thresholds, steps):
    """Storms whose water did not leave."""
    taken = [(start, len(rest) if end is None else end) for _, start, _, end, _ in steps]
    found, times = [], []
    for start, end in storms(parts.rain):
        peak = np.nanmax(np.r_[rest[start : end + 3], -np.inf])
        if not peak >= thresholds.least_peak:
            continue
        recession = np.median(times) if len(times) >= 5 else 6.0
        alarm = end + max(8, int(np.ceil(thresholds.recessions * recession)))
        left = rest[alarm - 2 : alarm + 1]
        was_dry = alarm < len(rest) and np.nansum(parts.rain[end:alarm]) < 1e-3
        if not was_dry or not np.isfinite(left).any():
            continue
        if np.nanmedian(left) > max(thresholds.share_left * peak, limit[alarm]):
            last = _end_of(rest, alarm, np.nanmedian(left))
            if not any(a <= alarm <= b for a, b in taken):
                found.append(("no recession", end, alarm + 1, last, float(np.nanmedian(left))))
                taken.append((end, len(rest) if last is None else last))
            continue
        times.append(_recession_time(rest[end:alarm]))
    return found


def _recession_time(rest):
    """Hours until the rise at the end of rain has fallen to 37 %."""
    fallen = np.flatnonzero(rest <= 0.37 * rest[0]) if np.isfinite(rest[0]) else np.zeros(0)
    return float(fallen[0]) if fallen.size else float(rest.size)


def storms(rain, least=2e-3, apart=6):
    """First hour of each storm and the hour after its last.

    Parameters
    ----------
    rain : (hours,) float array
        [m].
    least : float
        Smallest storm [m].
    apart : int
        Dry hours between two storms.

    Returns
    -------
    list of (int, int)
    """
    wet = np.flatnonzero(np.nan_to_num(rain) > 2e-4)
    if not wet.size:
        return []
    breaks = np.flatnonzero(np.diff(wet) > apart)
    starts, ends = wet[np.r_[0, breaks + 1]], wet[np.r_[breaks, wet.size - 1]] + 1
    return [
        (int(start), int(end))
        for start, end in zip(starts, ends, strict=True)
        if np.nansum(rain[start:end]) >= least
    ]


def _run_length(is_true):
    """How many hours in a row up to each one are True."""
    index = np.arange(1, len(is_true) + 1)
    return index - np.maximum.accumulate(np.where(is_true, 0, index))

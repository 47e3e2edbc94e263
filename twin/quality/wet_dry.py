"""Observations that only say wet or dry: when water came, and when it was gone."""

import numpy as np
import pandas as pd

from twin.observations.store import NOT_EVALUATED

KEY = ["source_id", "station_id"]


def says_only_wet_or_dry(depths, least_changes=2):
    """Stations whose depths have two values only, zero and another one.

    Parameters
    ----------
    depths : pandas.DataFrame
        Readings of ``water_depth`` [m] over a time with floods in it.
    least_changes : int
        Changes between the two values that a station must have shown: a sensor that was wet
        once at a round number may still measure.

    Returns
    -------
    pandas.DataFrame
        ``source_id``, ``station_id``, ``wet_value`` [m] and ``changes``, of such stations only.
    """
    usable = _usable(depths)
    rows = []
    for names, series in usable.groupby(KEY):
        values = np.unique(series["value"])
        changes = int((series["value"].diff().abs() > 0).sum())
        if values.size == 2 and values[0] == 0 and changes >= least_changes:
            rows.append((*names, float(values[1]), changes))
    return pd.DataFrame(rows, columns=[*KEY, "wet_value", "changes"])


def to_wet_dry(depths, wet_depth=0.03):
    """Readings of `is_wet` from readings of depth.

    Parameters
    ----------
    depths : pandas.DataFrame
        Readings of ``water_depth`` [m].
    wet_depth : float
        What is deeper is wet [m]. The sensors and the eye tell no less.

    Returns
    -------
    pandas.DataFrame
        The same rows as ``is_wet`` (1 wet, 0 dry, NaN missing).
    """
    wet = np.where(depths["value"].isna(), np.nan, depths["value"] > wet_depth)
    return depths.assign(property="is_wet", value=wet.astype(float))


def wet_spells(readings, longest_gap="1h", confirm=1):
    """Wet spells of each station, with the bounds of their onset and recession.

    Parameters
    ----------
    readings : pandas.DataFrame
        Readings of ``is_wet``, from sensors, cameras or people.
    longest_gap : str
        What lies further apart says nothing of the time between.
    confirm : int
        Equal readings in a row before a change is believed. More than one keeps a flickering
        sensor calm, and delays nothing: the spell begins with the first of them.

    Returns
    -------
    pandas.DataFrame
        One row a spell: ``source_id``, ``station_id``, ``onset_after`` and ``onset`` (the last
        dry reading and the first wet one: water came between them; NaT where no dry reading
        came within the gap before), ``wet_until`` and ``recession`` (the last wet reading and
        the first dry one; NaT where it is still wet or was lost sight of), ``readings`` (wet
        ones), and ``is_open`` (the last reading of the station is of this spell).
    """
    usable = _usable(readings)
    spells = [
        spell
        for names, series in usable.groupby(KEY)
        for spell in _spells(names, series, pd.Timedelta(longest_gap), confirm)
    ]
    return pd.DataFrame(spells, columns=[*KEY, *_COLUMNS])


_COLUMNS = ("onset_after", "onset", "wet_until", "recession", "readings", "is_open")


def _usable(readings):
    good = readings["value"].notna() & (readings["flag"] <= NOT_EVALUATED)
    ordered = readings[good].sort_values([*KEY, "phenomenon_time", "received_time"])
    return ordered.drop_duplicates([*KEY, "phenomenon_time"], keep="last")


def _spells(names, series, longest_gap, confirm):
    times = series["phenomenon_time"].reset_index(drop=True)
    is_wet = _calm(series["value"].to_numpy() > 0.5, confirm)
    breaks = (times.diff() > longest_gap).to_numpy() | (np.diff(is_wet, prepend=is_wet[0]) != 0)
    starts = np.flatnonzero(np.r_[True, breaks[1:]])
    ends = np.r_[starts[1:], len(times)] - 1
    for start, end in zip(starts, ends, strict=True):
        if not is_wet[start]:
            continue
        came_from = start > 0 and times[start] - times[start - 1] <= longest_gap
        is_last = end == len(times) - 1
        was_seen = not is_last and times[end + 1] - times[end] <= longest_gap
        before = times[start - 1] if came_from else pd.NaT
        after = times[end + 1] if was_seen else pd.NaT
        yield (*names, before, times[start], times[end], after, int(end - start + 1), is_last)


def _calm(is_wet, confirm):
    """The state once so many readings in a row confirm it; set back to the first of them."""
    if confirm <= 1 or not is_wet.size:
        return is_wet
    starts = np.flatnonzero(np.r_[True, np.diff(is_wet)])
    lengths = np.diff(np.r_[starts, is_wet.size])
    state, calm = is_wet[0], is_wet.copy()
    for start, length in zip(starts, lengths, strict=True):
        state = is_wet[start] if length >= confirm else state
        calm[start : start + length] = state
    return calm

"""Lead time achieved: how long before the water came was its warning there, and stayed."""

from dataclasses import dataclass

import numpy as np

QUIET = np.timedelta64(3600, "s")
"""Water that comes back sooner belongs to the same flood."""

TRIGGER = 0.3
"""Probability from which a run warns (the European Flood Awareness System's)."""

TOLERANCE = np.timedelta64(1800, "s")
"""A run that has the water this much too early or too late warned of it all the same."""

LEADS_MINUTES = (15, 30, 60, 120, 180, 360)
"""Leads at which is asked whether the newest run warned [min]."""


@dataclass(frozen=True)
class RunWarning:
    """What one run said of one place at the time of an onset.

    Attributes
    ----------
    available : numpy.datetime64
        When the run could be read: issue time, time of computing and of dispatch.
    warned : bool
        Whether its probability of water around the onset reached the trigger.
    """

    available: np.datetime64
    warned: bool


def find_onsets(times, depth, threshold, quiet=QUIET):
    """Times at which water rose over a threshold after a quiet spell.

    Parameters
    ----------
    times : (n,) array of datetime64
        Ascending.
    depth : (n,) array
        [m]; NaN does not count.
    threshold : float
        [m]
    quiet : timedelta64
        How long it must have been at or below the threshold.

    Returns
    -------
    array of datetime64
        A record that begins wet has no onset there: nobody saw it come.
    """
    known = np.isfinite(depth)
    times, above = np.asarray(times, "datetime64[ns]")[known], np.asarray(depth)[known] > threshold
    onsets, last_wet = [], None
    for number, moment in enumerate(times):
        if not above[number]:
            continue
        was_seen_dry = number > 0 and not above[number - 1]
        if was_seen_dry and (last_wet is None or moment - last_wet >= quiet):
            onsets.append(moment)
        last_wet = moment
    return np.array(onsets, "datetime64[ns]")


def chance_around(times, members, onset, threshold, tolerance=TOLERANCE):
    """Share of members over a threshold at any time near an onset [1]; NaN where out of range.

    Parameters
    ----------
    times : (n,) array of datetime64
        Valid times of the run.
    members : (member, n) array
        Depth at the place [m].
    onset : datetime64
    threshold : float
        [m]
    tolerance : timedelta64
    """
    times = np.asarray(times, "datetime64[ns]")
    near = (times >= onset - tolerance) & (times <= onset + tolerance)
    covers = times.size and times[0] <= onset <= times[-1]
    if not covers or not near.any():
        return np.nan
    return float((members[:, near] > threshold).any(axis=1).mean())


def achieved_lead(onset, warnings):
    """Minutes from the first warning that was never taken back to the onset.

    Parameters
    ----------
    onset : datetime64
    warnings : sequence of RunWarning
        Of the runs whose horizon covers the onset, in any order.

    Returns
    -------
    float or None
        None where the newest run available before the onset did not warn, or there was none.

    Notes
    -----
    A warning that was given, taken back and given again counts from the last time: who acted on
    the first one had been called off.
    """
    before = sorted((one for one in warnings if one.available < onset), key=_when, reverse=True)
    first = None
    for one in before:
        if not one.warned:
            break
        first = one.available
    return None if first is None else float((onset - first) / np.timedelta64(1, "m"))


def warned_ahead(onset, warnings, lead_minutes):
    """Whether the newest run available so long before an onset warned of it; None without run."""
    limit = onset - np.timedelta64(round(60 * lead_minutes), "s")
    before = [one for one in warnings if one.available <= limit]
    return max(before, key=_when).warned if before else None


def _when(warning):
    return warning.available

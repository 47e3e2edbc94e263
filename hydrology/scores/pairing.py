"""One forecast at places beside what those places saw: pairs at times and over windows."""

from dataclasses import dataclass, field

import numpy as np

from hydrology.scores.lead_time import (
    LEADS_MINUTES,
    TRIGGER,
    RunWarning,
    achieved_lead,
    chance_around,
    find_onsets,
    warned_ahead,
)
from hydrology.scores.matching import largest_in, nearest_values
from hydrology.scores.pairs import Pairs
from hydrology.scores.table import HORIZONS

_MINUTE = np.timedelta64(60_000_000_000, "ns")


@dataclass(frozen=True)
class PointForecast:
    """What a forecast said of places.

    Attributes
    ----------
    run_id : str
    event : int
        Number of the event that it belongs to (`hydrology.scores.table.number_events`).
    issue, available : numpy.datetime64
        Time of the forecast, and when it could first be read (UTC).
    times : (time,) array of datetime64
        Valid times, ascending.
    places : list of str
    members : (member, time, place) array
        Depths [m].
    references : dict
        Name -> (member, time, place) depths of another forecast of the same times [m].
    """

    run_id: str
    event: int
    issue: np.datetime64
    available: np.datetime64
    times: np.ndarray
    places: list
    members: np.ndarray
    references: dict = field(default_factory=dict)

    def has(self, place):
        """Whether it says something of a place."""
        return place in self.places and bool(np.isfinite(self.at(place)).any())

    def at(self, place):
        """Depths at a place, shape (member, time) [m]."""
        return self.members[:, :, self.places.index(place)]


@dataclass(frozen=True)
class Record:
    """What a place saw over time.

    Attributes
    ----------
    times : (n,) array of datetime64
        Ascending, UTC.
    depth : (n,) array
        [m]; NaN where only wet or dry is known.
    wet : (n,) array
        1, 0, or NaN where the depth says it.
    """

    times: np.ndarray
    depth: np.ndarray
    wet: np.ndarray


def pair_times(forecast, records, districts, until):
    """Pairs at the valid times after the issue time; times without a reading are left out.

    Parameters
    ----------
    forecast : PointForecast
    records : dict
        Place -> Record.
    districts : dict
        Place -> district.
    until : numpy.datetime64
        What lies after it has not come true yet.

    Returns
    -------
    Pairs
        Order: place by place, time by time.
    """
    ahead = (forecast.times > forecast.issue) & (forecast.times <= until)
    times = forecast.times[ahead]
    leads = (times - forecast.issue) / _MINUTE

    def see(record):
        return tuple(
            nearest_values(record.times, values, times) for values in (record.depth, record.wet)
        )

    def said(members, number):
        return members[:, ahead, number].T

    return _pair(forecast, records, districts, leads, see, said)


def pair_windows(forecast, records, districts, until):
    """Pairs of the largest depths in each horizon that the forecast covers.

    Parameters
    ----------
    forecast, records, districts, until
        As of `pair_times`.

    Notes
    -----
    Who warns of water at three o'clock that comes at ten past is right: over a window a small
    error in time does not count twice. A window in which the place was silent for long is left
    out, wet or dry, so that the silence of sensors does not choose the outcome.
    """
    windows = _windows(forecast, until)
    leads = np.array([(end - forecast.issue) / _MINUTE for _, end in windows])

    def see(record):
        return tuple(
            np.array([_whole(record.times, values, *window) for window in windows])
            for values in (record.depth, record.wet)
        )

    def said(members, number):
        inside = [(forecast.times > begin) & (forecast.times <= end) for begin, end in windows]
        return np.stack([members[:, chosen, number].max(axis=1) for chosen in inside])

    return _pair(forecast, records, districts, leads, see, said)


def find_leads(forecasts, records, threshold, *, trigger=TRIGGER, until=None):
    """Onsets that places saw, and how early the forecasts warned of each.

    Parameters
    ----------
    forecasts : list of PointForecast
    records : dict
        Place -> Record with depths.
    threshold : float
        [m]
    trigger : float
        Probability from which a run warns.
    until : numpy.datetime64, optional
        Later onsets do not count.

    Returns
    -------
    list of dict
        See `hydrology.scores.table.score_onsets`, and ``onset``. Onsets that no run reaches are
        left out: nobody had asked for a forecast of them.
    """
    found = []
    for place, record in records.items():
        those = [one for one in forecasts if one.has(place)]
        for onset in find_onsets(record.times, record.depth, threshold):
            if until is not None and onset > until:
                continue
            warnings = _warnings(those, place, onset, threshold, trigger)
            if warnings:
                found.append(
                    {
                        "place": place,
                        "event": warnings[0][0],
                        "onset": onset,
                        **_leads(onset, [warning for _, warning in warnings]),
                    }
                )
    return found


def _leads(onset, warnings):
    ahead = {minutes: warned_ahead(onset, warnings, minutes) for minutes in LEADS_MINUTES}
    return {"lead_minutes": achieved_lead(onset, warnings), "ahead": ahead}


def _warnings(forecasts, place, onset, threshold, trigger):
    """Event and warning of each run that reaches an onset and came before it."""
    warnings = []
    for one in forecasts:
        if one.available >= onset:
            continue
        chance = chance_around(one.times, one.at(place), onset, threshold)
        if np.isfinite(chance):
            warnings.append((one.event, RunWarning(one.available, chance >= trigger)))
    return warnings


def _windows(forecast, until):
    """Begin and end of each horizon that lies in the forecast and in the past."""
    windows = []
    for begin, end in HORIZONS:
        first, last = (forecast.issue + np.timedelta64(round(h * 3600), "s") for h in (begin, end))
        if last > until or last > forecast.times[-1]:
            continue
        if ((forecast.times > first) & (forecast.times <= last)).any():
            windows.append((first, last))
    return windows


def _whole(times, values, begin, end):
    known = np.isfinite(values)
    largest, is_whole = largest_in(times[known], values[known], begin, end)
    return largest if is_whole else np.nan


def _pair(forecast, records, districts, leads, see, said):
    """Pairs of all places that both sides know, at the leads given [min]."""
    import pandas as pd

    parts = {"members": [], "observed": [], "wet": [], "labels": []}
    references = {name: [] for name in forecast.references}
    places = [place for place in records if forecast.has(place)] if len(leads) else []
    for place in places:
        number = forecast.places.index(place)
        depth, wet = see(records[place])
        parts["members"].append(said(forecast.members, number))
        parts["observed"].append(depth)
        parts["wet"].append(wet)
        parts["labels"].append(_labels(forecast, place, districts.get(place), leads))
        for name, members in forecast.references.items():
            references[name].append(said(members, number))
    if not places:
        return _no_pairs(forecast)
    pairs = Pairs(
        np.concatenate(parts["members"]),
        np.concatenate(parts["observed"]),
        np.concatenate(parts["wet"]),
        pd.concat(parts["labels"], ignore_index=True),
        {name: np.concatenate(values) for name, values in references.items()},
    )
    return pairs.select(np.isfinite(pairs.observed) | np.isfinite(pairs.wet))


def _no_pairs(forecast):
    nothing = np.empty(0)
    return Pairs(
        np.empty((0, len(forecast.members))),
        nothing,
        nothing,
        _labels(forecast, "", "", nothing),
        {name: np.empty((0, len(members))) for name, members in forecast.references.items()},
    )


def _labels(forecast, place, district, leads):
    import pandas as pd

    count = len(leads)
    return pd.DataFrame(
        {
            "run_id": [forecast.run_id] * count,
            "event": [forecast.event] * count,
            "issue_time": np.full(count, forecast.issue),
            "lead_minutes": np.asarray(leads, float),
            "place": [place] * count,
            "district": [district or ""] * count,
        }
    )

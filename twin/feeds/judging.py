"""Quality control of what came in: the news, and all whose verdict the news can change."""

import logging

import pandas as pd

from twin.errors import DeviceError
from twin.feeds.unjudged import HOUR_MS
from twin.observations.query import MOST_STATIONS
from twin.observations.store import NOT_EVALUATED, PASS
from twin.quality.judge import WINDOW, history, judge, lookahead
from twin.quality.rules import read_rules

_MOMENT = pd.Timedelta(milliseconds=1)
_FAR = pd.Timedelta(days=3650)
_WINDOW_MS = WINDOW // _MOMENT

MOST_SEARCHED = 5000
"""Windows times stations that are searched for news at once."""

_log = logging.getLogger("floodtwin.feeds")


def judge_news(store, since, rules=None):
    """Judge the readings received from a time on, with those around them.

    Parameters
    ----------
    store : twin.observations.store.ObservationStore
        Its verdicts are replaced in the windows that the news can change.
    since : pandas.Timestamp
        First time of receipt of the news, with a zone.
    rules : twin.quality.rules.Rules, optional
        Default those of Floodtwin.

    Returns
    -------
    int
        Verdicts kept.

    Raises
    ------
    DeviceError
        The store cannot be written.
    """
    hours = _hours_of_news(store, since)
    if not hours:
        return 0
    bench = _Bench(store, rules)
    return sum(bench.judge(*window) for window in bench.windows(hours))


def judge_waiting(store, unjudged, rules=None):
    """Judge all that waits; what cannot be judged is noted, and waits for the next round.

    Parameters
    ----------
    store : twin.observations.store.ObservationStore
        As for `judge_news`.
    unjudged : twin.feeds.unjudged.Unjudged
        Which hours wait.
    rules : twin.quality.rules.Rules, optional
        Default those of Floodtwin.

    Returns
    -------
    int
        Verdicts kept.

    Raises
    ------
    DeviceError
        The notes cannot be written.

    Notes
    -----
    One window that cannot be judged holds up no other. What its source calls good is "not
    evaluated" there (QARTOD 2) until it is.
    """
    with unjudged.alone():  # of two who judge at once the one with older readings may end last
        waiting = unjudged.waiting()
        count, failures = judge_hours(store, {hour for _, hour in waiting}, rules)
        if waiting:
            unjudged.settle(waiting, failures)
    return count


def judge_hours(store, hours, rules=None):
    """Judge all whose verdict readings of some hours can change; see `judge_waiting`.

    Parameters
    ----------
    store : twin.observations.store.ObservationStore
        As for `judge_news`.
    hours : set of int
        Of phenomenon times, since 1970.
    rules : twin.quality.rules.Rules, optional
        Default those of Floodtwin.

    Returns
    -------
    count : int
        Verdicts kept.
    failures : dict
        ``hour -> reason`` of those with readings that could not be judged.
    """
    hours = sorted(hours)
    if not hours:
        return 0, {}
    try:
        count, failures = _judge_hours(_Bench(store, rules), hours)
    except Exception as error:  # the last resort: what is stored is stored, and will be judged
        count, failures = 0, dict.fromkeys(hours, _why(error))
    if failures:
        _log.error("readings are not judged: %s", next(iter(failures.values())))
        _doubt(store, failures)
    return count, failures


def _judge_hours(bench, hours):
    """Verdicts kept, and the reason of each hour with a window that could not be judged."""
    count, failures, broken, why = 0, {}, "", ""
    for start, end in bench.windows(hours):
        try:
            if not broken:
                count += bench.judge(start, end)
                continue
        except Exception as error:  # one window must not keep the others from their verdicts
            _log.debug("not judged", exc_info=True)
            why = _why(error)
            broken = why if isinstance(error, DeviceError) else ""
        failures.update((hour, why) for hour in hours if bench.reaches(hour, start, end))
    return count, failures


def _why(error):
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _doubt(store, hours):
    """Nobody vouches for what was not judged: what passed is "not evaluated" for now."""
    try:
        names = store.latest()["property"].unique()
        for start, end in _cut(_merged([(h * HOUR_MS, (h + 1) * HOUR_MS) for h in hours])):
            for name in names:
                rows = store.series(name, start=_time(start), end=_time(end - 1))
                rows = rows[rows["flag"] == PASS]
                if len(rows):
                    store.judge(rows.assign(flag=NOT_EVALUATED, tests=0))
    except Exception as error:  # it is told all the same
        _log.error("readings that are not judged keep the flag of their source: %s", _why(error))


class _Bench:
    """What judging needs whatever the window: rules, stations, and what the store has."""

    def __init__(self, store, rules=None):
        self.store, self.rules = store, read_rules() if rules is None else rules
        latest, stations = store.latest(), store.stations()
        self.names = latest["property"].unique()
        self.newest = int(_ms(latest["phenomenon_time"]).max()) if len(latest) else 0
        placed = stations[stations.geometry.notna() & ~stations.geometry.is_empty]
        self.stations = placed if len(placed) else None
        self.before = history(self.rules) // _MOMENT
        self.after = lookahead(self.rules) // _MOMENT

    def windows(self, hours):
        """Windows whose verdicts news of these hours can change, none longer than `WINDOW` [ms]."""
        return _cut(_merged([self._reach(hour) for hour in hours]))

    def reaches(self, hour, start, end):
        """Whether news of an hour can change verdicts of a window."""
        first, last = self._reach(hour)
        return first < end and last > start

    def _reach(self, hour):
        end = min((hour + 1) * HOUR_MS + self.before, self.newest + 1)
        return hour * HOUR_MS - self.after, max(end, (hour + 1) * HOUR_MS)

    def judge(self, start, end):
        """Judge one window [ms] with all that tells its verdicts; gives verdicts kept."""
        bounds = _time(start - self.before), _time(end + self.after)
        frames = [self.store.series(name, *bounds) for name in self.names]
        frames = [frame for frame in frames if len(frame)]
        if not frames:
            return 0
        verdicts = judge(pd.concat(frames, ignore_index=True), self.stations, self.rules)
        time = _ms(verdicts["phenomenon_time"])
        return self.store.judge(verdicts[(time >= start) & (time < end)])


def _merged(intervals):
    """Intervals that touch each other as one, ordered."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _cut(intervals):
    """Intervals in pieces of at most `WINDOW` [ms]."""
    for start, end in intervals:
        for first in range(start, end, _WINDOW_MS):
            yield first, min(first + _WINDOW_MS, end)


def _hours_of_news(store, since):
    """Hours since 1970 of what was received from a time on, and perhaps some between."""
    news = store.changed_since(since - _MOMENT, before=since + _FAR)
    start, end = (_ms(news[name]) for name in ("start", "end"))
    is_short = end - start <= _WINDOW_MS
    hours = set()
    for first, last in set(zip(start[is_short], end[is_short], strict=True)):
        hours.update(range(int(first // HOUR_MS), int(last // HOUR_MS) + 1))
    for name, group in news[~is_short].groupby("property"):
        hours |= _hours_received(store, name, group, since)
    return hours


def _hours_received(store, name, news, since):
    """Hours of news of series that have some far apart, without reading all that lies between."""
    stations = news["station_id"].unique()
    length = _WINDOW_MS * max(1, MOST_SEARCHED // len(stations))
    stations = stations if len(stations) <= MOST_STATIONS else None
    hours = set()
    for start in range(int(_ms(news["start"]).min()), int(_ms(news["end"]).max()) + 1, length):
        rows = store.series(name, _time(start), _time(start + length - 1), stations=stations)
        received = rows.loc[rows["received_time"] >= since, "phenomenon_time"]
        hours.update((_ms(received) // HOUR_MS).tolist())
    return hours


def _ms(times):
    return times.dt.tz_convert("UTC").dt.as_unit("ms").astype("int64").to_numpy()


def _time(milliseconds):
    return pd.Timestamp(milliseconds, unit="ms", tz="UTC")

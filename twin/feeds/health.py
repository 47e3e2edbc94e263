"""How each feed is: when it was asked, when it answered, how old what it says is."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from twin.feeds.breaker import Breaker
from twin.feeds.feed_database import FeedDatabase, microseconds, moment
from twin.feeds.source import WARNINGS
from twin.feeds.unjudged import Unjudged
from twin.observations.store import NOT_EVALUATED

OK, EMPTY, STALE, UNREADABLE = "ok", "empty", "stale", "unreadable"
UNREACHABLE, DEAD, OFF = "unreachable", "dead", "off"
"""States of a feed: fresh; healthy with nothing to say; answering with old content, or with what
nobody could judge yet; answering with what cannot be read; not answering now; for longer than its
critical age without a usable answer; never asked."""

AGE_QUANTILE = 0.5
"""Of the ages of the stations: one station that still reports does not make a feed fresh."""

RETIRED_AFTER = pd.Timedelta(days=7)
"""A station this much older than the newest one is gone, and counts no more."""

_TIMES = ("first_try", "last_try", "last_success", "last_new", "newest", "open_until")


@dataclass(frozen=True)
class Health:
    """What is known about one feed at one time.

    Attributes
    ----------
    state : str
        One of ``ok``, ``empty``, ``stale``, ``unreadable``, ``unreachable``, ``dead``, ``off``.
    reason : str
        Of the last failure, and why readings are not judged; "" where all is well.
    last_try, last_success, last_new : pandas.Timestamp or None
        When it was last asked, last answered, and last said something new.
    newest_time : pandas.Timestamp or None
        Newest time of anything it measured.
    age_seconds : float or None
        Time since the newest usable value of the median station [s].
    stations, stations_late : int
        How many stations report, and how many of them are older than the source may be.
    drift : int
        Answers with names that are not known.
    rests_until : pandas.Timestamp or None
        It failed so often that it is left alone until then.
    """

    state: str = OFF
    reason: str = ""
    last_try: pd.Timestamp | None = None
    last_success: pd.Timestamp | None = None
    last_new: pd.Timestamp | None = None
    newest_time: pd.Timestamp | None = None
    age_seconds: float | None = None
    stations: int = 0
    stations_late: int = 0
    drift: int = 0
    rests_until: pd.Timestamp | None = None


class HealthBook:
    """The health of all feeds, kept between processes.

    Parameters
    ----------
    folder : path
        Holds `feeds.sqlite`.
    """

    def __init__(self, folder):
        self.database = FeedDatabase(folder)
        self._unjudged = Unjudged(folder)

    def failed(self, source, now, reason, *, is_answer=False):
        """Note that a source did not answer, or (`is_answer`) not with what can be read."""
        row = self._row(source)
        self._note_unreadable(source, is_answer)
        breaker = _breaker(row).failed(now)
        self._write(
            source,
            first_try_us=row.get("first_try_us") or microseconds(now),
            last_try_us=microseconds(now),
            failures=breaker.failures,
            open_until_us=microseconds(breaker.open_until),
            reason="".join(c if c.isprintable() else " " for c in str(reason))[:500],
        )

    def answered(self, source, now, *, outcome="ok", is_new=False, newest=(), drift=False):
        """Note an answer.

        Parameters
        ----------
        source : str
            Name of the source.
        now : pandas.Timestamp
            When it answered, with a zone.
        outcome : str
            ``"ok"`` or ``"empty"``; "" keeps that of before (304, nothing changed).
        is_new : bool
            Whether the content was not known.
        newest : dict
            ``station -> newest phenomenon time`` of its usable values; see `newest_by_station`.
        drift : bool
            Whether the answer has names that are not known.
        """
        row = self._row(source)
        times = {str(station): microseconds(time) for station, time in dict(newest).items()}
        known = [row["newest_us"]] if row.get("newest_us") is not None else []
        self._write(
            source,
            first_try_us=row.get("first_try_us") or microseconds(now),
            last_try_us=microseconds(now),
            last_success_us=microseconds(now),
            last_new_us=microseconds(now) if is_new else row.get("last_new_us"),
            newest_us=max([*times.values(), *known], default=None),
            outcome=outcome or row.get("outcome") or "ok",
            failures=0,
            open_until_us=None,
            reason="",
            drift=row.get("drift", 0) + int(drift),
            stations=times,
        )

    def allows(self, source, now):
        """Whether the circuit breaker lets the source be asked now."""
        return _breaker(self._row(source)).allows(now)

    def rest(self, source):
        """Failures in a row, and the time (UTC) until which the source is left alone or None."""
        breaker = _breaker(self._row(source))
        return breaker.failures, breaker.open_until

    def validators(self, source):
        """``etag`` and ``last_modified`` of the last content that could be used."""
        row = self._row(source)
        return {name: row.get(name, "") for name in ("etag", "last_modified")}

    def remember_validators(self, source, etag, last_modified):
        """Keep what the next conditional request needs."""
        self._write(source, etag=etag, last_modified=last_modified)

    def health(self, spec, now):
        """The health of one feed at a time; see `healths`."""
        return self.healths([spec], now)[spec.name]

    def healths(self, specs, now):
        """The health of feeds at a time.

        Parameters
        ----------
        specs : sequence of twin.feeds.source.SourceSpec
            With the ages from which each is late, and given up.
        now : pandas.Timestamp
            With a zone.

        Returns
        -------
        dict
            ``name -> Health``.
        """
        newest = {}
        with self.database.connection() as connection:
            unreadable = {row["source"] for row in connection.execute("SELECT * FROM unreadable")}
            rows = {row["source"]: dict(row) for row in connection.execute("SELECT * FROM health")}
            for row in connection.execute("SELECT source, newest_us FROM station_time"):
                newest.setdefault(row["source"], []).append(row["newest_us"])
        unjudged = self._unjudged.reasons(now)
        healths = {
            spec.name: _health(
                spec,
                rows.get(spec.name),
                newest.get(spec.name, []),
                now,
                UNREADABLE if spec.name in unreadable else UNREACHABLE,
            )
            for spec in specs
        }
        return {name: _doubted(one, unjudged.get(name, "")) for name, one in healths.items()}

    def _note_unreadable(self, source, is_answer):
        words = "INSERT OR IGNORE INTO unreadable VALUES (?)"
        words = words if is_answer else "DELETE FROM unreadable WHERE source = ?"
        with self.database.connection() as connection:
            connection.execute(words, (source,))

    def _row(self, source):
        with self.database.connection() as connection:
            query = "SELECT * FROM health WHERE source = ?"
            row = connection.execute(query, (source,)).fetchone()
        return dict(row) if row else {}

    def _write(self, source, stations=None, **values):
        names = ", ".join(values)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        with self.database.connection() as connection:
            connection.execute(
                f"INSERT INTO health (source, {names}) VALUES (?{', ?' * len(values)}) "
                f"ON CONFLICT (source) DO UPDATE SET {changes}",
                (source, *values.values()),
            )
            connection.executemany(
                "INSERT INTO station_time VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
                "SET newest_us = max(newest_us, excluded.newest_us)",
                [(source, name, time) for name, time in (stations or {}).items()],
            )


def newest_by_station(parsed):
    """Newest time at which each station said something that may be used.

    Parameters
    ----------
    parsed : twin.feeds.source.Parsed
        Of one answer. A grid counts as a station with its issue time, and all official
        warnings together as one, with the newest time of sending. What lies ahead is new from
        when it was issued, as long as it lies ahead.

    Returns
    -------
    dict
        ``station -> time``. A station whose values are all missing or wrong is not in it: it
        may answer, but it says nothing.
    """
    good = parsed.readings
    good = good[good["value"].notna() & (good["flag"] <= NOT_EVALUATED)]
    newest = good.groupby("station_id")["phenomenon_time"].max().to_dict()
    issued = [pd.Timestamp(grid.attrs["issue_time"]) for grid in parsed.grids]
    sent = parsed.warnings["sent"].dropna() if parsed.warnings is not None else []
    foretold = parsed.ahead if parsed.ahead is not None else ()
    ahead = [min(foretold["time"].max(), foretold["issue_time"].max())] if len(foretold) else []
    for name, times in (("grid", issued), ("warnings", list(sent)), ("ahead", ahead)):
        if times:
            newest[name] = max(_with_zone(time) for time in times)
    return newest


def _with_zone(time):
    return time.tz_localize("UTC") if time.tz is None else time


def _breaker(row):
    return Breaker(row.get("failures", 0), moment(row.get("open_until_us")))


def _health(spec, row, newest, now, failed):
    if row is None or row["first_try_us"] is None:  # its first poll is still going on
        return Health()
    ages = _ages(newest, now)
    age = float(np.quantile(ages, AGE_QUANTILE)) if len(ages) else None
    times = {name: moment(row[f"{name}_us"]) for name in _TIMES}
    return Health(
        state=_state(failed if row["reason"] else "", row["outcome"], times, age, spec, now),
        reason=row["reason"],
        last_try=times["last_try"],
        last_success=times["last_success"],
        last_new=times["last_new"],
        newest_time=times["newest"],
        age_seconds=age,
        stations=len(ages),
        stations_late=int((ages > 60.0 * spec.warn_minutes).sum()),
        drift=row["drift"],
        rests_until=None if _breaker(row).allows(now) else times["open_until"],
    )


def _doubted(health, unjudged):
    """What nobody judged is no good news, however fresh it is."""
    if not unjudged:
        return health
    reason = f"{health.reason}; {unjudged}" if health.reason else unjudged
    state = STALE if health.state in (OK, EMPTY) else health.state
    return replace(health, state=state, reason=reason)


def _ages(newest, now):
    """Age of the newest usable value of each station that is not retired, shape (n,) [s]."""
    newest = np.array(newest, float)
    if len(newest):
        newest = newest[newest > newest.max() - RETIRED_AFTER.total_seconds() * 1e6]
    return (microseconds(now) - newest) / 1e6


def _state(failed, outcome, times, age, spec, now):
    critical = pd.Timedelta(minutes=spec.critical_minutes)
    silent_since = times["last_success"] or times["first_try"]
    if now - silent_since > max(critical, 2 * pd.Timedelta(seconds=spec.cadence_seconds)):
        return DEAD
    if failed:
        return failed
    if outcome == EMPTY and (spec.kind == WARNINGS or age is None):
        return EMPTY  # where stations are known, silence is no health
    return OK if age is not None and age <= 60.0 * spec.warn_minutes else STALE

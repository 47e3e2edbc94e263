"""Which hours of readings still wait for quality control, kept between processes."""

import fcntl
import os
import time
from contextlib import contextmanager

import numpy as np
import pandas as pd

from twin.errors import DeviceError
from twin.feeds.feed_database import FeedDatabase, microseconds

HOUR_MS = 3_600_000

LONGEST_WAIT_SECONDS = 900.0
"""What waits longer is told, though nothing is known to have failed: a process may have died."""

LONGEST_TURN_SECONDS = 600.0
"""How long others are waited for that judge."""

_TABLE = """
CREATE TABLE IF NOT EXISTS unjudged (
    source TEXT NOT NULL, hour INTEGER NOT NULL, received_us INTEGER NOT NULL,
    mark INTEGER NOT NULL, reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (source, hour))
"""


class Unjudged:
    """Hours of phenomenon time whose readings came in and were not judged yet.

    Parameters
    ----------
    folder : path
        Holds `feeds.sqlite`.

    Notes
    -----
    An hour is noted before its readings are stored and crossed out after they were judged, so
    that whatever dies between, the next round makes up for it. Each note has a mark of its own:
    an hour that got readings while it was judged keeps the newer mark, and is not crossed out.
    """

    def __init__(self, folder):
        self.database = FeedDatabase(folder)

    @contextmanager
    def alone(self):
        """Keep other processes and threads from judging meanwhile.

        Raises
        ------
        DeviceError
            Another one judged all the time; its end, however it comes, lets others in.
        """
        handle = os.open(self.database.file.parent, os.O_RDONLY)
        try:
            _wait_for(handle, time.monotonic() + LONGEST_TURN_SECONDS)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def noted(self, source, times, received):
        """Note hours around the storing of their readings.

        Parameters
        ----------
        source : str
            Name of the source.
        times : pandas.Series of datetime64 with a zone
            Phenomenon times.
        received : pandas.Timestamp
            When they came, with a zone.

        Yields
        ------
        list
            To be filled with anything where readings were kept; with nothing in it, the notes
            made here are taken back.
        """
        hours = hours_of(times)
        mark, kept = time.time_ns(), []
        rows = [(source, hour, microseconds(received), mark) for hour in hours]
        insert = "INSERT INTO unjudged (source, hour, received_us, mark) VALUES (?, ?, ?, ?) "
        with self._connection() as connection:
            connection.executemany(insert + "ON CONFLICT DO NOTHING", rows)
        try:
            yield kept
        finally:
            with self._connection() as connection:
                if kept:  # a judge may have read the store meanwhile: it shall come again
                    rows = [(*row[:3], time.time_ns()) for row in rows]
                    change = "ON CONFLICT DO UPDATE SET mark = excluded.mark"
                    connection.executemany(insert + change, rows)
                else:
                    query = "DELETE FROM unjudged WHERE source = ? AND mark = ?"
                    connection.execute(query, (source, mark))

    def waiting(self):
        """All that waits.

        Returns
        -------
        dict
            ``(source, hour) -> mark``; hours since 1970, UTC.
        """
        with self._connection() as connection:
            rows = connection.execute("SELECT source, hour, mark FROM unjudged").fetchall()
        return {(row["source"], row["hour"]): row["mark"] for row in rows}

    def settle(self, waiting, failures):
        """Cross out what was judged, and note why the rest was not.

        Parameters
        ----------
        waiting : dict
            As `waiting` gave it before the judging.
        failures : dict
            ``hour -> reason`` of those that could not be judged.
        """
        done = [(*key, mark) for key, mark in waiting.items() if key[1] not in failures]
        failed = [(failures[key[1]], *key) for key in waiting if key[1] in failures]
        with self._connection() as connection:
            connection.executemany(
                "DELETE FROM unjudged WHERE source = ? AND hour = ? AND mark = ?", done
            )
            connection.executemany(
                "UPDATE unjudged SET reason = ? WHERE source = ? AND hour = ?", failed
            )

    def reasons(self, now):
        """What is to be said of sources whose readings are not judged.

        Parameters
        ----------
        now : pandas.Timestamp
            With a zone.

        Returns
        -------
        dict
            ``source -> one line``; of those only that failed or wait for too long.
        """
        late = microseconds(now) - int(LONGEST_WAIT_SECONDS * 1e6)
        query = (
            "SELECT source, count(*) AS hours, max(reason) AS reason FROM unjudged "
            "WHERE reason <> '' OR received_us < ? GROUP BY source"
        )
        known = "SELECT 1 FROM sqlite_master WHERE name = 'unjudged'"
        with self.database.connection() as connection:  # to look changes nothing
            is_there = connection.execute(known).fetchone()
            rows = connection.execute(query, (late,)).fetchall() if is_there else []
        return {row["source"]: _line(row["hours"], row["reason"]) for row in rows}

    @contextmanager
    def _connection(self):
        with self.database.connection() as connection:
            connection.execute(_TABLE)
            yield connection


def _wait_for(handle, end):
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise DeviceError(
                    f"another process judges readings for {LONGEST_TURN_SECONDS:g} s, expected it "
                    "to end; poll feeds with one process"
                ) from None
        time.sleep(0.05)


def hours_of(times):
    """Hours since 1970, UTC, that some times lie in: a list of int."""
    known = pd.to_datetime(pd.Series(times), utc=True, errors="coerce").dropna()
    return np.unique(known.dt.as_unit("ms").astype("int64").to_numpy() // HOUR_MS).tolist()


def not_judged(hours, reason):
    """What is to be said of readings that are kept and not judged, in one line."""
    count = f"{hours} hours" if hours > 1 else "1 hour"
    why = f" ({reason})" if reason else ""
    return f"readings of {count} are kept but not judged{why}"


def _line(hours, reason):
    return f"{not_judged(hours, reason)}; the next poll tries again"

"""Readings as they came in: append-only, with revisions, in one SQLite file."""

import hashlib
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from twin.errors import DeviceError, InputError, MissingError
from twin.observation_tables import BY_RECEIPT, REVISIONS, SCHEMA, SCHEMA_VERSION, merge

COLUMNS = (
    "source_id",
    "station_id",
    "property",
    "phenomenon_time",
    "received_time",
    "value",
    "raw_value",
    "raw_unit",
    "flag",
)
"""The canonical readings table: times in UTC, values in SI, flags of QARTOD."""

PASS, NOT_EVALUATED, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9
"""QARTOD flags. A value may be used up to NOT_EVALUATED."""

ALLOWED_SKEW_SECONDS = 600.0
"""How far after its own receipt a reading may lie before it counts as from the future [s]."""


class ObservationStore:
    """All readings of a city, with what was known at any time.

    Parameters
    ----------
    folder : path
        Holds `observations.sqlite`.
    create : bool
        Whether a folder without a store gets an empty one.

    Raises
    ------
    MissingError
        There is no store, and `create` is False.
    InputError
        The file is no store, or one of a newer version.
    DeviceError
        The disk is full or the file is locked.

    Notes
    -----
    A key is (source, station, property, phenomenon time). A value not yet known for its key is
    one more revision; revisions are ordered by their first receipt and nothing is changed in
    place. A value already known for its key is a duplicate and not kept, so that a late copy of
    a wrong value cannot undo its correction (nor can a source correct back to a value that it
    gave before). Where a copy has an earlier receipt than the row kept, it takes the place of
    that row: the content depends on the set of rows that came in and never on their order.
    Times are kept to the millisecond.
    """

    def __init__(self, folder, create=True):
        self.folder = Path(folder)
        self.file = self.folder / "observations.sqlite"
        if not create and not self.file.is_file():
            raise MissingError(
                f"no observation store at {self.folder}, expected {self.file.name}; "
                "run 'floodtwin ingest' first"
            )
        with self._connection() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise InputError(
                    f"{self.file} has store version {version}, expected at most "
                    f"{SCHEMA_VERSION}; update floodtwin"
                )
            if version < SCHEMA_VERSION:
                connection.executescript(SCHEMA)

    def append(self, frame):
        """Add readings; all of them or, when the machine fails, none.

        Parameters
        ----------
        frame : pandas.DataFrame
            Columns `COLUMNS`.

        Returns
        -------
        dict
            ``read``, ``kept``, ``duplicate``, and ``rejected``: rows without a time or
            from the future (later than their own receipt by more than 10 minutes).

        Raises
        ------
        InputError
            A column is missing, or times have no zone.
        DeviceError
            The disk is full or the file is locked; nothing was added.
        """
        absent = [name for name in COLUMNS if name not in frame.columns]
        if absent:
            raise InputError(
                f"readings without {', '.join(absent)}, expected the columns {', '.join(COLUMNS)}"
            )
        good = frame[_is_believable(_with_zone(frame))]
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            kept = merge(connection, good)
            connection.execute("COMMIT")
        return {
            "read": len(frame),
            "kept": kept,
            "duplicate": len(good) - kept,
            "rejected": len(frame) - len(good),
        }

    def latest(self):
        """Newest reading of each series, by phenomenon time.

        Returns
        -------
        pandas.DataFrame
            Columns `COLUMNS`, ordered by source, station and property.
        """
        return self._frame(
            "SELECT s.source_id, s.station_id, s.property, l.* FROM latest l "
            "JOIN series s USING (series_id) "
            "ORDER BY s.source_id, s.station_id, s.property"
        )[list(COLUMNS)]

    def series(self, property, start=None, end=None, known_at=None):
        """Readings of a property as they stand, or as they stood at a time.

        Parameters
        ----------
        property : str
            For example ``"rainfall_rate"``.
        start, end : datetime-like, optional
            First and last phenomenon time, both included; naive means UTC.
        known_at : datetime-like, optional
            Only what was received by then, with the revisions of then.

        Returns
        -------
        pandas.DataFrame
            Columns `COLUMNS` and ``revision`` (1 for the first), the highest known revision
            of each key, ordered by phenomenon time, source and station.
        """
        where, values = ["s.property = ?"], [property]
        bounds = (
            ("r.phenomenon_ms >= ?", start),
            ("r.phenomenon_ms <= ?", end),
            ("r.received_ms <= ?", known_at),
        )
        for condition, moment in bounds:
            if moment is not None:
                where.append(condition)
                values.append(_milliseconds(moment))
        query = REVISIONS.format(where=" AND ".join(where))
        return self._frame(
            f"SELECT * FROM ({query}) WHERE revision = revisions "
            "ORDER BY phenomenon_ms, source_id, station_id",
            values,
        )[[*COLUMNS, "revision"]]

    def newest_time(self, property=None, known_at=None):
        """Newest phenomenon time of a usable value, or None when there is none.

        Parameters
        ----------
        property : str, optional
            Only this property.
        known_at : datetime-like, optional
            Only rows received by then.

        Returns
        -------
        pandas.Timestamp or None
            In UTC. Missing and failed values (flags 3, 4, 9) do not count.
        """
        where, values = [f"r.value IS NOT NULL AND r.flag <= {NOT_EVALUATED}"], []
        if property is not None:
            where.append("s.property = ?")
            values.append(property)
        if known_at is not None:
            where.append("r.received_ms <= ?")
            values.append(_milliseconds(known_at))
        query = (
            "SELECT max(r.phenomenon_ms) FROM reading r JOIN series s USING (series_id) "
            f"WHERE {' AND '.join(where)}"
        )
        with self._connection() as connection:
            newest = connection.execute(query, values).fetchone()[0]
        return None if newest is None else pd.Timestamp(newest, unit="ms", tz="UTC")

    def digest(self):
        """SHA-256 of the content: the same for the same rows, in whatever order they came."""
        query = (
            "SELECT s.source_id, s.station_id, s.property, r.phenomenon_ms, r.received_ms, "
            "r.value, r.flag, r.raw_value, r.raw_unit FROM reading r JOIN series s "
            f"USING (series_id) ORDER BY 1, 2, 3, r.phenomenon_ms, {BY_RECEIPT}"
        )
        content = hashlib.sha256()
        with self._connection() as connection:
            for row in connection.execute(query):
                content.update(repr(row).encode())
        return content.hexdigest()

    def _frame(self, query, values=()):
        with self._connection() as connection:
            frame = pd.read_sql_query(query, connection, params=list(values))
        for name in ("phenomenon", "received"):
            times = pd.to_datetime(frame[f"{name}_ms"], unit="ms", utc=True)
            frame[f"{name}_time"] = times.dt.as_unit("ns")
        frame["value"] = frame["value"].astype(float)
        return frame

    @contextmanager
    def _connection(self):
        """One short connection a call: safe from any thread or process."""
        connection = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.file, timeout=30.0, isolation_level=None)
            connection.execute("PRAGMA busy_timeout = 30000")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        except (sqlite3.OperationalError, OSError) as error:
            raise DeviceError(
                f"{self.file} cannot be used ({error}), expected a folder with free space "
                "that may be written; free space or stop the other writer"
            ) from error
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"{self.file} is no observation store ({error}); move it away and ingest again"
            ) from error
        finally:
            if connection is not None:
                connection.close()  # rolls back what was not committed


def _with_zone(frame):
    for name in ("phenomenon_time", "received_time"):
        if getattr(frame[name].dtype, "tz", None) is None:
            raise InputError(
                f"{name} is {frame[name].dtype}, expected times with a zone, such as "
                "datetime64[ns, UTC]; localize them first"
            )
    return frame


def _is_believable(frame):
    """Rows that have both times and do not come from the future."""
    ahead = pd.Timedelta(seconds=ALLOWED_SKEW_SECONDS)
    return (
        frame["phenomenon_time"].notna()
        & frame["received_time"].notna()
        & (frame["phenomenon_time"] <= frame["received_time"] + ahead)
    )


def _milliseconds(moment):
    moment = pd.Timestamp(moment)
    moment = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    return int(moment.timestamp() * 1000)

"""Readings as they came in: append-only, with revisions, in one SQLite file."""

import hashlib
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from twin.errors import DeviceError, InputError, MissingError

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

SCHEMA_VERSION = 1
ALLOWED_SKEW_SECONDS = 600.0
"""How far after its own receipt a reading may lie before it counts as from the future [s]."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS series (
    series_id INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL, station_id TEXT NOT NULL, property TEXT NOT NULL,
    UNIQUE (source_id, station_id, property));
CREATE TABLE IF NOT EXISTS reading (
    series_id INTEGER NOT NULL REFERENCES series,
    phenomenon_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    value REAL, flag INTEGER NOT NULL, raw_value TEXT NOT NULL, raw_unit TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS reading_key ON reading (series_id, phenomenon_ms, received_ms);
CREATE TABLE IF NOT EXISTS latest (
    series_id INTEGER PRIMARY KEY REFERENCES series,
    phenomenon_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    value REAL, flag INTEGER NOT NULL, raw_value TEXT NOT NULL, raw_unit TEXT NOT NULL);
PRAGMA user_version = 1;
"""

# Revisions of one key, oldest first; the texts only break ties, so that order is total.
_BY_RECEIPT = "received_ms, value, flag, raw_value, raw_unit"
_NEWEST_FIRST = "received_ms DESC, value DESC, flag DESC, raw_value DESC, raw_unit DESC"

# Of each key the rows that say something new when all are sorted by receipt.
_MERGE = f"""
CREATE TEMP TABLE merged AS
WITH everything AS (
    SELECT DISTINCT i.*, NULL AS row FROM incoming i
    UNION ALL
    SELECT r.*, r.rowid FROM (SELECT DISTINCT series_id, phenomenon_ms FROM incoming)
    CROSS JOIN reading r USING (series_id, phenomenon_ms)
)
SELECT *, value IS NOT lag(value) OVER revisions
       OR flag IS NOT lag(flag) OVER revisions AS is_news
FROM everything
WINDOW revisions AS (
    PARTITION BY series_id, phenomenon_ms ORDER BY {_BY_RECEIPT}, row IS NULL)
"""

_FIELDS = "series_id, phenomenon_ms, received_ms, value, flag, raw_value, raw_unit"

# One index seek a series finds its newest time, however long the store is.
_REFRESH_LATEST = f"""
WITH newest AS (
    SELECT series_id, (SELECT max(phenomenon_ms) FROM reading r
                       WHERE r.series_id = i.series_id) AS phenomenon_ms
    FROM (SELECT DISTINCT series_id FROM incoming) i)
INSERT OR REPLACE INTO latest
SELECT {_FIELDS} FROM (
    SELECT r.*, row_number() OVER (
        PARTITION BY r.series_id ORDER BY {_NEWEST_FIRST}) AS place
    FROM newest CROSS JOIN reading r USING (series_id, phenomenon_ms))
WHERE place = 1
"""

_REVISIONS = f"""
SELECT s.source_id, s.station_id, s.property, r.*,
       row_number() OVER (
           PARTITION BY r.series_id, r.phenomenon_ms ORDER BY {_BY_RECEIPT}) AS revision,
       count(*) OVER (PARTITION BY r.series_id, r.phenomenon_ms) AS revisions
FROM reading r JOIN series s USING (series_id)
WHERE {{where}}
"""


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
    A key is (source, station, property, phenomenon time). A later received value of the
    same key is a higher revision; nothing is changed in place. A row that repeats the
    revision before it is a duplicate and not kept; when the *same* value turns up with an
    earlier receipt, that row takes its place. So the content depends on the set of rows
    that came in and never on their order. Times are kept to the millisecond.
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
                connection.executescript(_SCHEMA)

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
            A column is missing.
        DeviceError
            The disk is full or the file is locked; nothing was added.
        """
        absent = [name for name in COLUMNS if name not in frame.columns]
        if absent:
            raise InputError(
                f"readings without {', '.join(absent)}, expected the columns {', '.join(COLUMNS)}"
            )
        good = frame[_is_believable(frame)]
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            kept = _merge(connection, good)
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
        query = _REVISIONS.format(where=" AND ".join(where))
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
            f"USING (series_id) ORDER BY 1, 2, 3, r.phenomenon_ms, {_BY_RECEIPT}"
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


def _is_believable(frame):
    """Rows that have both times and do not come from the future."""
    ahead = pd.Timedelta(seconds=ALLOWED_SKEW_SECONDS)
    return (
        frame["phenomenon_time"].notna()
        & frame["received_time"].notna()
        & (frame["phenomenon_time"] <= frame["received_time"] + ahead)
    )


def _merge(connection, frame):
    """Add the rows that say something new; returns how many rows were gained."""
    connection.execute(f"CREATE TEMP TABLE incoming AS SELECT {_FIELDS} FROM reading LIMIT 0")
    connection.executemany("INSERT INTO incoming VALUES (?,?,?,?,?,?,?)", _rows(connection, frame))
    connection.execute(_MERGE)
    deleted = connection.execute(
        "DELETE FROM reading WHERE rowid IN (SELECT row FROM merged WHERE row IS NOT NULL "
        "AND NOT is_news)"
    )
    inserted = connection.execute(
        f"INSERT INTO reading SELECT {_FIELDS} FROM merged WHERE row IS NULL AND is_news"
    )
    connection.execute(_REFRESH_LATEST)
    return inserted.rowcount - deleted.rowcount


def _rows(connection, frame):
    """Rows for the table `incoming`, in the order of its columns."""
    names = ["source_id", "station_id", "property"]
    keys = list(frame[names].itertuples(index=False, name=None))
    connection.executemany(
        "INSERT OR IGNORE INTO series (source_id, station_id, property) VALUES (?,?,?)",
        sorted(set(keys)),
    )
    query = "SELECT source_id, station_id, property, series_id FROM series"
    series_of = {tuple(row[:3]): row[3] for row in connection.execute(query)}
    return zip(
        [series_of[key] for key in keys],
        _to_milliseconds(frame["phenomenon_time"]),
        _to_milliseconds(frame["received_time"]),
        [None if value != value else float(value) for value in frame["value"].tolist()],
        frame["flag"].astype(int).tolist(),
        frame["raw_value"].astype(str).tolist(),
        frame["raw_unit"].astype(str).tolist(),
        strict=True,
    )


def _to_milliseconds(times):
    return times.dt.tz_convert("UTC").dt.as_unit("ms").astype("int64").tolist()


def _milliseconds(moment):
    moment = pd.Timestamp(moment)
    moment = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    return int(moment.timestamp() * 1000)

"""The small SQLite file beside the raw payloads: what came when, and how each feed is."""

import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from twin.errors import DeviceError, InputError
from twin.write_ahead import write_ahead

SCHEMA_VERSION = 2
WAIT_SECONDS = 30.0
"""How long a connection waits for a writer [s]."""

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS payload (
    sha256 TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS receipt (
    receipt_id INTEGER PRIMARY KEY, source TEXT NOT NULL, received_us INTEGER NOT NULL,
    sha256 TEXT NOT NULL REFERENCES payload, url TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS receipt_order ON receipt (source, received_us, receipt_id);
CREATE INDEX IF NOT EXISTS receipt_payload ON receipt (sha256);
CREATE TABLE IF NOT EXISTS pending (
    receipt_id INTEGER PRIMARY KEY REFERENCES receipt ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS dead_letter (
    source TEXT NOT NULL, received_us INTEGER NOT NULL, sha256 TEXT, kind TEXT NOT NULL,
    reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS dead_letter_order ON dead_letter (source, received_us);
CREATE TABLE IF NOT EXISTS health (
    source TEXT PRIMARY KEY, first_try_us INTEGER, last_try_us INTEGER, last_success_us INTEGER,
    last_new_us INTEGER, newest_us INTEGER, outcome TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '', failures INTEGER NOT NULL DEFAULT 0, open_until_us INTEGER,
    etag TEXT NOT NULL DEFAULT '', last_modified TEXT NOT NULL DEFAULT '',
    drift INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS unreadable (source TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS station_time (
    source TEXT NOT NULL, station_id TEXT NOT NULL, newest_us INTEGER NOT NULL,
    PRIMARY KEY (source, station_id));
PRAGMA user_version = {SCHEMA_VERSION};
"""


class FeedDatabase:
    """Tables of `RawStore` and `HealthBook`, one short connection a call.

    Parameters
    ----------
    folder : path
        Holds `feeds.sqlite`; made when it is missing.

    Raises
    ------
    InputError
        The file is no such database, or one of a newer version.
    DeviceError
        The disk is full or the file is locked.
    """

    def __init__(self, folder):
        self.file = Path(folder) / "feeds.sqlite"
        with self.connection() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise InputError(
                    f"{self.file} has version {version}, expected at most {SCHEMA_VERSION}; "
                    "update floodtwin"
                )
            if version < SCHEMA_VERSION:
                write_ahead(connection, WAIT_SECONDS)
                connection.executescript(SCHEMA)

    @contextmanager
    def connection(self):
        """One transaction: kept as a whole at the end, or not at all."""
        connection = None
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.file, timeout=WAIT_SECONDS)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            # after a power failure the last receipts may be gone, and nothing else
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection
            connection.commit()
        except (sqlite3.OperationalError, OSError) as error:
            raise DeviceError(
                f"{self.file} cannot be used ({error}), expected a folder with free space that "
                "may be written; free space or stop the other writer"
            ) from error
        except sqlite3.DatabaseError as error:
            raise InputError(
                f"{self.file} is no database of feeds ({error}); move it away and poll again"
            ) from error
        finally:
            if connection is not None:
                connection.close()  # rolls back what was not committed


def microseconds(time):
    """Whole microseconds since 1970 of a time with a zone, or None.

    Raises
    ------
    InputError
        The time has no zone.
    """
    if time is None or pd.isna(time):
        return None
    stamp = pd.Timestamp(time)
    if stamp.tz is None:
        raise InputError(f"{stamp} has no zone, expected a time in UTC; localize it first")
    return stamp.as_unit("ns").value // 1000


def moment(count):
    """The UTC time of whole microseconds since 1970, or None."""
    return None if count is None else pd.Timestamp(count, unit="us", tz="UTC")

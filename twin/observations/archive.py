"""Whole days of readings as Parquet files, one a source and day, named by the store's catalogue."""

import glob
import hashlib
import os
import time
from pathlib import Path
from urllib.parse import quote

import pandas as pd
from sqlalchemy import and_, delete, insert, select

from twin.errors import DeviceError, InputError, MissingError
from twin.observations.rows import (
    DAY_MS,
    KEY,
    ROW_COLUMNS,
    as_rows,
    as_tuples,
    column_to_time,
    days_of,
    digest_of,
    in_day,
    read_rows,
    series_ids,
    sort_rows,
)
from twin.observations.tables import ARCHIVED, LATEST, READING, SERIES, SERIES_NAMES, VERDICT

READER_SECONDS = 3600.0
"""A file that the catalogue no longer names stays so long, for those who still read it [s]."""

_RECEIPT = ["received_ms", "raw_value", "raw_unit"]
_TIMES = {"phenomenon_ms": "phenomenon_time", "received_ms": "received_time"}


class Archive:
    """Parquet files under a folder: ``source=NAME/date=YYYY-MM-DD/readings-HASH.parquet``.

    Notes
    -----
    A source's day lies either in the database or in the one file that the catalogue (table
    `archived`) names for it. A file is written whole before the transaction that names it and
    takes its rows out of the database, and stays after the transaction that forgets it; so a
    killed process leaves at worst a file that nobody names, which the next archiving removes.
    """

    def __init__(self, folder):
        self.folder = None if folder is None else Path(folder)

    def entries(self, connection, *conditions):
        """Rows of the catalogue, by source and day."""
        query = select(ARCHIVED).where(*conditions).order_by(ARCHIVED.c.source_id, ARCHIVED.c.day)
        return connection.execute(query).all()

    def require_folder(self):
        """Refuse to archive where no folder was named.

        Raises
        ------
        InputError
            None was.
        """
        if self.folder is None:
            raise InputError(
                "no folder was named for the archive of this store, expected one; name it"
            )

    def put(self, connection, source_id, day):
        """Take a source's day out of the database; returns its rows.

        Parameters
        ----------
        connection : sqlalchemy.Connection
            Of the writer.
        source_id : str
            The source.
        day : int
            Days since 1970, UTC.
        """
        rows = sort_rows(read_rows(connection, *in_day(source_id, day)))
        if rows.empty:  # another process was quicker
            return 0
        entry = {
            "source_id": source_id,
            "day": day,
            "file": self._write(rows, source_id, day),
            "rows": len(rows),
            "newest_received_ms": int(rows["received_ms"].max()),
            "digest": digest_of(rows),
        }
        connection.execute(insert(ARCHIVED), entry)
        is_latest = and_(
            LATEST.c.series_id == VERDICT.c.series_id,
            LATEST.c.phenomenon_ms == VERDICT.c.phenomenon_ms,
        )
        is_shown = select(LATEST.c.series_id).where(is_latest).correlate(VERDICT).exists()
        connection.execute(delete(READING).where(*_of_day(READING, source_id, day)))
        connection.execute(delete(VERDICT).where(*_of_day(VERDICT, source_id, day), ~is_shown))
        return len(rows)

    def take_back(self, database, connection, entry):
        """Put an archived day back into the database, as it was.

        Parameters
        ----------
        database : twin.observations.engine.SqliteFile or PostgresDatabase
            Where the store lies.
        connection : sqlalchemy.Connection
            Of the writer.
        entry : row of `entries`
            The day.

        Raises
        ------
        MissingError
            The file is not there.
        DeviceError
            The file is not what was written.
        """
        rows = self.read([entry])
        if digest_of(rows) != entry.digest:
            raise DeviceError(
                f"{self.folder / entry.file} is not what was archived, expected {entry.rows} rows "
                "by its digest; bring it back from a backup"
            )
        rows = rows.assign(series_id=series_ids(connection, rows))
        names = [column.name for column in READING.columns]
        database.fill(connection, READING, as_tuples(rows[names]))
        connection.execute(delete(VERDICT).where(*_of_day(VERDICT, entry.source_id, entry.day)))
        verdicts = rows.dropna(subset="verdict").drop_duplicates(KEY)
        names = ["series_id", "phenomenon_ms", "verdict", "tests"]
        database.fill(connection, VERDICT, as_tuples(verdicts[names]))
        is_entry = and_(ARCHIVED.c.source_id == entry.source_id, ARCHIVED.c.day == entry.day)
        connection.execute(delete(ARCHIVED).where(is_entry))
        os.utime(self.folder / entry.file)  # from now on only readers that began before need it

    def read(self, entries, condition="true", values=()):
        """Readings of archived days, in no order.

        Parameters
        ----------
        entries : list of rows of `entries`
            The days.
        condition : str
            In the SQL of DuckDB, on `ROW_COLUMNS`, with a mark for each value.
        values : sequence
            Of the marks.

        Returns
        -------
        pandas.DataFrame
            Columns `ROW_COLUMNS`.

        Raises
        ------
        MissingError
            A file is not there.
        DeviceError
            A file is damaged.
        """
        import duckdb

        files = [glob.escape(str(self._existing(entry))) for entry in entries]
        times = ", ".join(f"epoch_ms({time}) AS {name}" for name, time in _TIMES.items())
        query = (
            f"SELECT {', '.join(ROW_COLUMNS)} FROM (SELECT * EXCLUDE ({', '.join(_TIMES.values())})"
            f", {times} FROM read_parquet(?, hive_partitioning = false)) WHERE {condition}"
        )
        try:
            with duckdb.connect() as connection:
                return as_rows(connection.execute(query, [files, *values]).df())
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise DeviceError(
                f"the archive at {self.folder} cannot be read ({reason}), expected Parquet files "
                "as they were written; bring them back from a backup"
            ) from error

    def sweep(self, connection):
        """Remove files that the catalogue does not name, once nobody can still read them.

        Parameters
        ----------
        connection : sqlalchemy.Connection
            Of the writer: nobody else is about to name one.
        """
        named = {entry.file for entry in self.entries(connection)}
        for file in self.folder.glob("source=*/date=*/*"):
            is_old = time.time() - file.stat().st_mtime > READER_SECONDS
            if is_old and file.relative_to(self.folder).as_posix() not in named:
                file.unlink()

    def _existing(self, entry):
        self.require_folder()
        file = self.folder / entry.file
        if not file.is_file():
            raise MissingError(
                f"{file} is not there, expected {entry.rows} archived readings; bring it back "
                "from a backup"
            )
        return file

    def _write(self, rows, source_id, day):
        """Write a day aside, then name it by its content; returns its path in the folder."""
        import pyarrow.parquet

        date = pd.Timestamp(day * DAY_MS, unit="ms").strftime("%Y-%m-%d")
        folder = self.folder / f"source={quote(source_id, safe='')}" / f"date={date}"
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f"{os.getpid()}.part"
        try:
            pyarrow.parquet.write_table(_as_parquet(rows), aside, compression="zstd")
            name = f"readings-{hashlib.sha256(aside.read_bytes()).hexdigest()[:16]}.parquet"
            _force_to_disk(aside)
            aside.replace(folder / name)
        finally:
            aside.unlink(missing_ok=True)
        for parent in (folder, folder.parent, self.folder):
            _force_to_disk(parent)
        return (folder / name).relative_to(self.folder).as_posix()


def archive_before(database, archive, before_ms):
    """Archive every whole day that ended by a time, each in a transaction of its own.

    Parameters
    ----------
    database : twin.observations.engine.SqliteFile or PostgresDatabase
        Where the store lies.
    archive : Archive
        Where the files go.
    before_ms : int
        Milliseconds since 1970.

    Returns
    -------
    dict
        ``days`` (of a source) and ``rows``.
    """
    archive.require_folder()
    end = before_ms // DAY_MS * DAY_MS
    with database.reading() as connection:
        days = days_of(connection, end)
    rows = 0
    for source_id, day in days:
        with database.writing() as connection:
            rows += archive.put(connection, source_id, day)
    with database.writing() as connection:
        archive.sweep(connection)
    return {"days": len(days), "rows": rows}


def only_news(database, connection, archive, incoming):
    """Incoming rows without those that archived days have; days with news are taken back.

    Parameters
    ----------
    database : twin.observations.engine.SqliteFile or PostgresDatabase
        Where the store lies.
    connection : sqlalchemy.Connection
        Of the writer.
    archive : Archive
        Where the files are.
    incoming : pandas.DataFrame
        Columns of `INCOMING`.

    Returns
    -------
    pandas.DataFrame
        As `incoming`.
    """
    days = incoming["phenomenon_ms"] // DAY_MS
    for entry in _entries_of(connection, archive, incoming["source_id"], days):
        is_part = (incoming["source_id"] == entry.source_id) & (days == entry.day)
        old = archive.read([entry])
        both = pd.concat([old.assign(is_new=0), incoming[is_part].assign(is_new=1)])
        first = both.sort_values([*_RECEIPT, "is_new"]).drop_duplicates([*KEY, "value", "flag"])
        if first["is_new"].any():
            archive.take_back(database, connection, entry)
        else:
            incoming, days = incoming[~is_part], days[~is_part]
    return incoming


def take_back_days(database, connection, archive, source_ids, days):
    """Put the archived ones of some days back into the database.

    Parameters
    ----------
    database : twin.observations.engine.SqliteFile or PostgresDatabase
        Where the store lies.
    connection : sqlalchemy.Connection
        Of the writer.
    archive : Archive
        Where the files are.
    source_ids, days : pandas.Series
        Source and day (since 1970, UTC) of each row.
    """
    for entry in _entries_of(connection, archive, source_ids, days):
        archive.take_back(database, connection, entry)


def _entries_of(connection, archive, source_ids, days):
    """Entries of the catalogue for the days of some rows."""
    wanted = set(zip(source_ids.tolist(), days.tolist(), strict=True))
    if not wanted:
        return []
    span = ARCHIVED.c.day.between(int(days.min()), int(days.max()))
    entries = archive.entries(
        connection, ARCHIVED.c.source_id.in_({key[0] for key in wanted}), span
    )
    return [entry for entry in entries if (entry.source_id, entry.day) in wanted]


def _of_day(table, source_id, day):
    """Conditions for the rows of a source on a day in a table of series."""
    series = select(SERIES.c.series_id).where(SERIES.c.source_id == source_id)
    return (
        table.c.series_id.in_(series),
        table.c.phenomenon_ms >= day * DAY_MS,
        table.c.phenomenon_ms < (day + 1) * DAY_MS,
    )


def _as_parquet(rows):
    """Rows as an Arrow table that other programs can read too: times are times."""
    import pyarrow

    times = {name: column_to_time(rows[column]) for column, name in _TIMES.items()}
    table = rows.drop(columns=list(_TIMES)).assign(**times)
    kinds = dict.fromkeys([*SERIES_NAMES, "raw_value", "raw_unit"], pyarrow.string())
    kinds |= dict.fromkeys(times, pyarrow.timestamp("ms", tz="UTC"))
    kinds |= {"value": pyarrow.float64(), "flag": pyarrow.int32()}
    kinds |= {"verdict": pyarrow.int32(), "tests": pyarrow.int64()}
    schema = pyarrow.schema([(name, kinds[name]) for name in kinds])
    return pyarrow.Table.from_pandas(table[list(kinds)], schema=schema, preserve_index=False)


def _force_to_disk(path):
    """Wait until a file or folder would outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Readings as they came in: append-only, with revisions, in SQLite or PostgreSQL."""

import hashlib

import pandas as pd
from sqlalchemy import select

from twin.errors import InputError, MissingError
from twin.observations.archive import Archive, archive_before, only_news
from twin.observations.changes import changed_since
from twin.observations.engine import open_database
from twin.observations.merge import merge, to_incoming
from twin.observations.query import Question, newest_usable
from twin.observations.rows import (
    KEY,
    as_rows,
    column_to_time,
    days_of,
    digest_of,
    in_day,
    read_rows,
    to_ms,
    with_revisions,
)
from twin.observations.stations import add_stations, read_stations
from twin.observations.tables import (
    LATEST,
    SERIES,
    SERIES_NAMES,
    VERDICT,
    bring_up_to_date,
)
from twin.observations.verdicts import check_verdicts, judge, worse_flag

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
    where : path or str
        A folder, which holds `observations.sqlite`; or a PostgreSQL database that holds nothing
        else, such as ``postgresql+pg8000://user:password@host/database``.
    create : bool
        Whether a place without a store gets an empty one.
    archive_folder : path, optional
        Folder of the archived days, of this store alone; `archive` in the folder of a SQLite
        store by default. PostgreSQL has no default.

    Attributes
    ----------
    name : str
        Where the store lies, for people; without a password.
    folder, file : pathlib.Path or None
        Of a SQLite store.

    Raises
    ------
    MissingError
        There is no store, and `create` is False.
    InputError
        The place holds no store, or one of a newer version.
    DeviceError
        The disk is full, the file is locked, or the database does not answer.

    Notes
    -----
    A key is (source, station, property, phenomenon time). A value not yet known for its key is
    one more revision; revisions are ordered by their first receipt and nothing is changed in
    place. A value already known for its key is a duplicate and not kept, so that a late copy of
    a wrong value cannot undo its correction (nor can a source correct back to a value that it
    gave before). Where a copy has an earlier receipt than the row kept, it takes the place of
    that row: the content depends on the set of rows that came in and never on their order.
    Times are kept to the millisecond.

    Old days may lie in Parquet files (`archive`); every answer is the same as before. A reading
    that comes in for such a day brings the day back into the database.
    """

    def __init__(self, where, create=True, archive_folder=None):
        self._database = open_database(where)
        self.name = self._database.name
        self.folder, self.file = self._database.folder, self._database.file
        if not create and not self._database.exists():
            raise MissingError(
                f"no observation store at {self.folder or self.name}, expected "
                f"{self.file.name if self.file else 'its tables'}; run 'floodtwin ingest' first"
            )
        if archive_folder is None and self.folder is not None:
            archive_folder = self.folder / "archive"
        self._archive = Archive(archive_folder)
        bring_up_to_date(self._database)

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
            A column is missing, times have no zone, or a value or flag is no number.
        MissingError, DeviceError
            An archived day that the readings belong to is not there, or damaged.
        DeviceError
            The disk is full, the file is locked or the database does not answer; nothing was
            added.
        """
        absent = [name for name in COLUMNS if name not in frame.columns]
        if absent:
            raise InputError(
                f"readings without {', '.join(absent)}, expected the columns {', '.join(COLUMNS)}"
            )
        _require_zone(frame, "phenomenon_time", "received_time")
        good = frame[_is_believable(frame)]
        with self._database.writing() as connection:
            incoming = to_incoming(connection, good)
            incoming = only_news(self._database, connection, self._archive, incoming)
            kept = merge(self._database, connection, incoming)
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
            Columns `COLUMNS` and ``tests``, as in `series`, ordered by source, station and
            property.
        """
        is_judged = (VERDICT.c.series_id == LATEST.c.series_id) & (
            VERDICT.c.phenomenon_ms == LATEST.c.phenomenon_ms
        )
        names = [SERIES.c[name] for name in SERIES_NAMES]
        query = (
            select(*names, LATEST, VERDICT.c.flag.label("verdict"), VERDICT.c.tests)
            .select_from(LATEST.join(SERIES).outerjoin(VERDICT, is_judged))
            .order_by(*names)
        )
        with self._database.reading() as connection:
            return _readings(as_rows(pd.read_sql_query(query, connection)))

    def series(self, property, start=None, end=None, known_at=None, stations=None):
        """Readings of a property as they stand, or as they stood at a time.

        Parameters
        ----------
        property : str
            For example ``"rainfall_rate"``.
        start, end : datetime-like, optional
            First and last phenomenon time, both included; naive means UTC.
        known_at : datetime-like, optional
            Only what was received by then, with the revisions of then. Verdicts are those of
            today.
        stations : sequence of str, optional
            Only these stations, at most 10,000.

        Returns
        -------
        pandas.DataFrame
            Columns `COLUMNS`, ``tests`` and ``revision`` (1 for the first), the highest known
            revision of each key, ordered by phenomenon time, source and station. ``flag`` is the
            worse of the source's and that of `judge`; ``tests`` is 0 where nobody judged.

        Raises
        ------
        InputError
            Too many stations are named.
        MissingError, DeviceError
            An archived day is not there, or damaged.
        """
        question = Question(
            property,
            *(None if moment is None else to_ms(moment) for moment in (start, end, known_at)),
            None if stations is None else tuple(map(str, stations)),
        )
        with self._database.reading() as connection:
            rows = read_rows(connection, *question.conditions())
            entries = self._archive.entries(connection, *question.days())
            if entries:
                rows = pd.concat([rows, self._archive.read(entries, *question.in_duckdb())])
        rows = with_revisions(rows).drop_duplicates(KEY, keep="last", ignore_index=True)
        return _readings(rows, "revision")

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
        question = Question(property, known_ms=None if known_at is None else to_ms(known_at))
        with self._database.reading() as connection:
            newest = newest_usable(connection, self._archive, question)
        return None if newest is None else pd.Timestamp(newest, unit="ms", tz="UTC")

    def changed_since(self, moment, before=None):
        """Windows that got corrections or late readings after a time.

        Parameters
        ----------
        moment : datetime-like
            What was received later than this is looked at; naive means UTC.
        before : datetime-like, optional
            Readings of up to this phenomenon time count as late, whatever their series had: for
            a forecast that was issued at `moment`, its issue time less the usual delay.

        Returns
        -------
        pandas.DataFrame
            Columns `twin.observations.changes.CHANGE_COLUMNS`: one row a series with ``start``
            and ``end`` of what changed (phenomenon times), ``corrected`` (readings whose key had
            another value at `moment`) and ``late`` (readings not newer than the newest that their
            series had at `moment`, or than `before`).
        """
        before_ms = None if before is None else to_ms(before)
        return changed_since(self._database, self._archive, to_ms(moment), before_ms)

    def judge(self, verdicts):
        """Keep what quality control says of readings; the latest verdict on a reading counts.

        Parameters
        ----------
        verdicts : pandas.DataFrame
            ``source_id``, ``station_id``, ``property``, ``phenomenon_time`` (with a zone),
            ``flag`` (QARTOD) and ``tests`` (int, a bit for each test that struck).

        Returns
        -------
        int
            Verdicts kept; one on a reading that is not there is not.

        Raises
        ------
        InputError
            A column is missing, a flag is none of QARTOD's, a time is missing or has no zone.
        DeviceError
            The disk is full, the file is locked or the database does not answer.
        """
        check_verdicts(verdicts)
        _require_zone(verdicts, "phenomenon_time")
        return judge(self._database, self._archive, verdicts)

    def add_stations(self, stations, source_id=""):
        """Keep the description of stations; the last one of a station and property counts.

        Parameters
        ----------
        stations : geopandas.GeoDataFrame
            Columns `twin.observations.stations.STATION_COLUMNS`, points in any reference system;
            and ``source_id``, or else `source_id` is that of all. Where there is a column
            ``alert_levels``, each has the values above which it alerts, the most severe first, in
            the SI unit of its property.
        source_id : str
            Their source.

        Returns
        -------
        int
            Stations kept.

        Raises
        ------
        InputError
            A column or the reference system is missing, or a shape is no point.
        DeviceError
            The disk is full, the file is locked or the database does not answer.
        """
        return add_stations(self._database, stations, source_id)

    def stations(self):
        """All stations that were described.

        Returns
        -------
        geopandas.GeoDataFrame
            ``source_id`` and `twin.observations.stations.STATION_COLUMNS`; points in EPSG:4326,
            None where the source gave no place on Earth. Ordered by source and station.
        """
        return read_stations(self._database)

    def archive(self, before):
        """Move whole days (UTC) that ended by a time into Parquet files.

        Parameters
        ----------
        before : datetime-like
            Choose it so that late readings are rare, for example 14 days ago.

        Returns
        -------
        dict
            ``days`` (each of one source) and ``rows`` moved.

        Raises
        ------
        InputError
            No folder was named for the archive of a PostgreSQL store.
        DeviceError
            The disk is full, the file is locked or the database does not answer; the days
            archived before that stay archived.
        """
        return archive_before(self._database, self._archive, to_ms(before))

    def digest(self):
        """SHA-256 of the readings: the same for the same rows, in whatever order they came.

        Notes
        -----
        A hash over those of each source's days, so that an archived day need not be read again.
        Verdicts and stations do not count.
        """
        with self._database.reading() as connection:
            days = {
                (entry.source_id, entry.day): entry.digest
                for entry in self._archive.entries(connection)
            }
            for day in days_of(connection):
                days[day] = digest_of(read_rows(connection, *in_day(*day)))
        return hashlib.sha256(repr(sorted(days.items())).encode()).hexdigest()


def _readings(rows, *more):
    """Rows as people know them: times as times, the worse of both flags."""
    rows = rows.assign(
        phenomenon_time=column_to_time(rows["phenomenon_ms"]),
        received_time=column_to_time(rows["received_ms"]),
        flag=worse_flag(rows["flag"], rows["verdict"]),
        tests=rows["tests"].fillna(0).astype("int64"),
    )
    return rows[[*COLUMNS, "tests", *more]]


def _require_zone(frame, *names):
    for name in names:
        if getattr(frame[name].dtype, "tz", None) is None:
            raise InputError(
                f"{name} is {frame[name].dtype}, expected times with a zone, such as "
                "datetime64[ns, UTC]; localize them first"
            )


def _is_believable(frame):
    """Rows that have both times and do not come from the future."""
    ahead = pd.Timedelta(seconds=ALLOWED_SKEW_SECONDS)
    return (
        frame["phenomenon_time"].notna()
        & frame["received_time"].notna()
        & (frame["phenomenon_time"] <= frame["received_time"] + ahead)
    )

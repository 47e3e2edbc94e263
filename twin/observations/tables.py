"""Tables of the observation store, the same in SQLite and in PostgreSQL."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from twin.errors import InputError

SCHEMA_VERSION = 3

# Sorted by its bytes everywhere, as SQLite does, so that both databases give one order.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_METADATA = MetaData()


def _reading_columns():
    return (
        Column("phenomenon_ms", BigInteger, nullable=False),
        Column("received_ms", BigInteger, nullable=False),
        Column("value", Double),
        Column("flag", Integer, nullable=False),
        Column("raw_value", _TEXT, nullable=False),
        Column("raw_unit", _TEXT, nullable=False),
    )


def _station_key():
    names = ("source_id", "station_id", "property")
    return [Column(name, _TEXT, primary_key=True) for name in names]


def _temporary(name, *columns):
    """Table of one connection, for the rows of one call."""
    return Table(name, MetaData(), *columns, prefixes=["TEMPORARY"])


SERIES = Table(
    "series",
    _METADATA,
    Column("series_id", Integer, primary_key=True),
    Column("source_id", _TEXT, nullable=False),
    Column("station_id", _TEXT, nullable=False),
    Column("property", _TEXT, nullable=False),
    UniqueConstraint("source_id", "station_id", "property"),
)

READING = Table(
    "reading",
    _METADATA,
    Column("series_id", Integer, ForeignKey("series.series_id"), nullable=False),
    *_reading_columns(),
)
Index("reading_key", READING.c.series_id, READING.c.phenomenon_ms, READING.c.received_ms)
Index("reading_received", READING.c.received_ms)

LATEST = Table(
    "latest",
    _METADATA,
    Column("series_id", Integer, ForeignKey("series.series_id"), primary_key=True),
    *_reading_columns(),
)

VERDICT = Table(
    "verdict",
    _METADATA,
    Column("series_id", Integer, ForeignKey("series.series_id"), primary_key=True),
    Column("phenomenon_ms", BigInteger, primary_key=True),
    Column("flag", Integer, nullable=False),
    Column("tests", BigInteger, nullable=False),
)

STATION = Table(
    "station",
    _METADATA,
    *_station_key(),
    *(Column(name, _TEXT, nullable=False) for name in ("name", "kind", "unit", "district")),
    Column("longitude", Double),
    Column("latitude", Double),
)

ALERT_LEVEL = Table(
    "alert_level",
    _METADATA,
    *_station_key(),
    Column("rank", Integer, primary_key=True),
    Column("value", Double, nullable=False),
)

ARCHIVED = Table(
    "archived",
    _METADATA,
    Column("source_id", _TEXT, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("file", _TEXT, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("newest_received_ms", BigInteger, nullable=False),
    Column("digest", _TEXT, nullable=False),
)

INCOMING = _temporary("incoming", Column("series_id", Integer), *_reading_columns())

JUDGED = _temporary(
    "judged",
    Column("series_id", Integer),
    Column("phenomenon_ms", BigInteger),
    Column("flag", Integer),
    Column("tests", BigInteger),
)

BY_RECEIPT = ("received_ms", "value", "flag", "raw_value", "raw_unit")
"""Order of the revisions of one key; all but the first only break ties. No value comes first."""

SERIES_NAMES = ("source_id", "station_id", "property")


def bring_up_to_date(database):
    """Make the tables of a new store, or add what an older one lacks.

    Parameters
    ----------
    database : twin.observations.engine.SqliteFile or PostgresDatabase
        Where the store lies.

    Raises
    ------
    InputError
        The store was made by a newer version.

    Notes
    -----
    Version 1 (SQLite only) had `series`, `reading` and `latest` as they still are; version 2 adds
    the other tables and the index by receipt, version 3 the alert levels of stations. All of a
    step happens, or nothing.
    """
    with database.reading() as connection:
        if _version(database, connection) == SCHEMA_VERSION:
            return
    with database.writing() as connection:
        if _version(database, connection) == SCHEMA_VERSION:  # another process was quicker
            return
        _METADATA.create_all(connection)
        for index in READING.indexes:
            index.create(connection, checkfirst=True)
        database.set_version(connection, SCHEMA_VERSION)


def _version(database, connection):
    version = database.version(connection)
    if version > SCHEMA_VERSION:
        raise InputError(
            f"{database.name} has store version {version}, expected at most {SCHEMA_VERSION}; "
            "update floodtwin"
        )
    return version

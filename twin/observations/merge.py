"""How new readings join those that are there."""

import numpy as np
from sqlalchemy import and_, delete, func, insert, or_, select

from twin.errors import InputError
from twin.observations.rows import as_tuples, clean_names, clean_text, column_to_ms, series_ids
from twin.observations.tables import BY_RECEIPT, INCOMING, LATEST, READING

_ORDER = ["received_ms", "raw_value", "raw_unit"]
_SAID = ["series_id", "phenomenon_ms", "value", "flag"]
_FIELDS = [column.name for column in INCOMING.columns]


def to_incoming(connection, frame):
    """Rows for the table `INCOMING`: of each key and value the one received first.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Of the writer; series that are not there are made.
    frame : pandas.DataFrame
        Columns `twin.observations.store.COLUMNS`, times with a zone.

    Returns
    -------
    pandas.DataFrame
        Columns of `INCOMING` and the names of the series, by series and time.

    Raises
    ------
    InputError
        A value or flag is no number.
    """
    rows = clean_names(frame)
    rows["series_id"] = series_ids(connection, rows, make=True).astype("int64")
    rows["phenomenon_ms"] = column_to_ms(frame["phenomenon_time"])
    rows["received_ms"] = column_to_ms(frame["received_time"])
    try:
        rows["value"] = frame["value"].astype(float) + 0.0  # no negative zero
        rows["flag"] = frame["flag"].astype("int64")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a value or flag is no number ({error}), expected floats, and flags of QARTOD; "
            "read them with to_readings"
        ) from error
    for name in ("raw_value", "raw_unit"):
        rows[name] = [clean_text(text) for text in frame[name]]
    if rows.duplicated(_SAID).any():
        rows = rows.sort_values(_ORDER, kind="stable").drop_duplicates(_SAID)
    return rows.iloc[np.lexsort((rows["phenomenon_ms"], rows["series_id"]))]


def merge(database, connection, incoming):
    """Add the rows that say something new; returns how many rows were gained.

    Parameters
    ----------
    database : twin.observations.engine.SqliteFile or PostgresDatabase
        Where the store lies.
    connection : sqlalchemy.Connection
        Of the writer.
    incoming : pandas.DataFrame
        Of `to_incoming`.
    """
    INCOMING.create(connection, checkfirst=False)
    database.fill(connection, INCOMING, as_tuples(incoming[_FIELDS]))
    i, r = INCOMING.c, READING.c
    same = and_(
        r.series_id == i.series_id,
        r.phenomenon_ms == i.phenomenon_ms,
        r.value.is_not_distinct_from(i.value),
        r.flag == i.flag,
    )
    was_first = or_(
        r.received_ms < i.received_ms,
        and_(r.received_ms == i.received_ms, r.raw_value < i.raw_value),
        and_(
            r.received_ms == i.received_ms,
            r.raw_value == i.raw_value,
            r.raw_unit <= i.raw_unit,
        ),
    )
    known = select(READING.c.series_id).where(same, was_first).correlate(INCOMING).exists()
    connection.execute(delete(INCOMING).where(known))
    row_id = database.row_id(READING)
    later = select(row_id).select_from(INCOMING.join(READING, same))
    replaced = connection.execute(delete(READING).where(row_id.in_(later)))
    added = connection.execute(insert(READING).from_select(_FIELDS, select(INCOMING)))
    gained = added.rowcount - replaced.rowcount
    _refresh_latest(connection)
    return gained


def _refresh_latest(connection):
    """Bring `LATEST` up to date for the series of `INCOMING`.

    The newest time of a series never goes back: a series whose last day is archived keeps its row.
    """
    touched = select(INCOMING.c.series_id).distinct().subquery()
    newest = (
        select(func.max(READING.c.phenomenon_ms))
        .where(READING.c.series_id == touched.c.series_id)
        .scalar_subquery()
    )
    stood = (
        select(LATEST.c.phenomenon_ms)
        .where(LATEST.c.series_id == touched.c.series_id)
        .scalar_subquery()
    )
    places = select(touched.c.series_id, newest.label("newest"), stood.label("stood")).subquery()
    moved = (
        select(places)
        .where(or_(places.c.stood.is_(None), places.c.newest >= places.c.stood))
        .subquery()
    )
    is_newest = and_(
        READING.c.series_id == moved.c.series_id, READING.c.phenomenon_ms == moved.c.newest
    )
    place = func.row_number().over(
        partition_by=READING.c.series_id, order_by=[_newest_first(name) for name in BY_RECEIPT]
    )
    ranked = select(READING, place.label("place")).join(moved, is_newest).subquery()
    first = select(*(ranked.c[name] for name in _FIELDS)).where(ranked.c.place == 1)
    connection.execute(delete(LATEST).where(LATEST.c.series_id.in_(select(moved.c.series_id))))
    connection.execute(insert(LATEST).from_select(_FIELDS, first))


def _newest_first(name):
    return READING.c[name].desc().nulls_last()

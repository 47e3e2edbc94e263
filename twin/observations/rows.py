"""Rows of the observation store: from frames to rows, from rows to frames."""

import hashlib

import pandas as pd
from sqlalchemy import insert, select

from twin.observations.tables import BY_RECEIPT, READING, SERIES, SERIES_NAMES, VERDICT

DAY_MS = 86_400_000

KEY = [*SERIES_NAMES, "phenomenon_ms"]
"""What a reading is of, in the frames of `read_rows`."""

ROW_COLUMNS = (*KEY, *BY_RECEIPT, "verdict", "tests")
"""Columns of the frames of `read_rows`."""


def to_ms(moment):
    """Milliseconds since 1970 of a time; naive means UTC."""
    moment = pd.Timestamp(moment)
    moment = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    return moment.value // 1_000_000


def column_to_ms(times):
    """Milliseconds since 1970 of a column of times with a zone."""
    return times.dt.tz_convert("UTC").dt.as_unit("ms").astype("int64")


def column_to_time(milliseconds):
    """Times in UTC of a column of milliseconds."""
    return pd.to_datetime(milliseconds, unit="ms", utc=True).dt.as_unit("ns")


def clean_text(text):
    """Text that both databases can keep: no NUL and no half of a surrogate pair."""
    text = str(text)
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def clean_names(frame):
    """Names of the series of each row, as both databases can keep them.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns `SERIES_NAMES`.

    Returns
    -------
    pandas.DataFrame
        Columns `SERIES_NAMES`.
    """
    names = {}
    for name in SERIES_NAMES:
        texts = frame[name].tolist()
        clean = {text: clean_text(text) for text in set(texts)}
        names[name] = [clean[text] for text in texts]
    return pd.DataFrame(names, index=frame.index, dtype=object)


def series_ids(connection, names, make=False):
    """Number of the series of each row.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Of the writer, where `make`.
    names : pandas.DataFrame
        Columns `SERIES_NAMES`.
    make : bool
        Whether series that are not there are made; else their number is <NA>.

    Returns
    -------
    pandas.Series of Int64
    """
    columns = list(SERIES_NAMES)
    place = names.groupby(columns, sort=False).ngroup()
    keys = list(names[columns].drop_duplicates().itertuples(index=False, name=None))
    known = _known_series(connection, {key[0] for key in keys})
    new = sorted(set(keys) - set(known))
    if make and new:
        connection.execute(insert(SERIES), [dict(zip(columns, key, strict=True)) for key in new])
        known = _known_series(connection, {key[0] for key in keys})
    return place.map(pd.Series([known.get(key) for key in keys], dtype="Int64"))


def as_tuples(frame):
    """Rows of a frame for a database: plain values, None where there is none."""
    columns = []
    for name in frame.columns:
        values = frame[name].tolist()
        if frame[name].dtype.kind == "f":
            values = [None if value != value else value for value in values]
        columns.append(values)
    return list(zip(*columns, strict=True))


def _known_series(connection, sources):
    query = select(SERIES).where(SERIES.c.source_id.in_(sorted(sources)))
    return {
        (row.source_id, row.station_id, row.property): row.series_id
        for row in connection.execute(query)
    }


def rows_query(*conditions):
    """Statement for `ROW_COLUMNS` of the readings that are not archived."""
    is_judged = (VERDICT.c.series_id == READING.c.series_id) & (
        VERDICT.c.phenomenon_ms == READING.c.phenomenon_ms
    )
    return (
        select(
            *(SERIES.c[name] for name in SERIES_NAMES),
            *(READING.c[name] for name in ("phenomenon_ms", *BY_RECEIPT)),
            VERDICT.c.flag.label("verdict"),
            VERDICT.c.tests,
        )
        .select_from(READING.join(SERIES).outerjoin(VERDICT, is_judged))
        .where(*conditions)
    )


def read_rows(connection, *conditions):
    """Readings that are not archived, in no order.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Of a reader.
    *conditions : sqlalchemy expressions
        On `READING` and `SERIES`.

    Returns
    -------
    pandas.DataFrame
        Columns `ROW_COLUMNS`; verdict and tests are <NA> where nobody judged.
    """
    return as_rows(pd.read_sql_query(rows_query(*conditions), connection))


def as_rows(frame):
    """Give a frame the types of `read_rows`."""
    types = {"value": float, "verdict": "Int64", "tests": "Int64"}
    types |= dict.fromkeys(("phenomenon_ms", "received_ms", "flag"), "int64")
    types |= dict.fromkeys((*SERIES_NAMES, "raw_value", "raw_unit"), "str")
    return frame[list(ROW_COLUMNS)].astype(types)


def in_day(source_id, day):
    """Conditions for the readings of a source on a day (days since 1970, UTC)."""
    return (
        SERIES.c.source_id == source_id,
        READING.c.phenomenon_ms >= day * DAY_MS,
        READING.c.phenomenon_ms < (day + 1) * DAY_MS,
    )


def days_of(connection, before_ms=None):
    """Each (source, day) that has readings that are not archived, in order."""
    since_midnight = (READING.c.phenomenon_ms % DAY_MS + DAY_MS) % DAY_MS  # before 1970 too
    day = ((READING.c.phenomenon_ms - since_midnight) // DAY_MS).label("day")
    query = select(SERIES.c.source_id, day).select_from(READING.join(SERIES)).distinct()
    if before_ms is not None:
        query = query.where(READING.c.phenomenon_ms < before_ms)
    return sorted((row.source_id, int(row.day)) for row in connection.execute(query))


def sort_rows(rows):
    """Rows by time, station and property, revisions by receipt: a total order."""
    order = ["phenomenon_ms", "station_id", "property", "source_id", *BY_RECEIPT]
    return rows.sort_values(order, na_position="first", kind="stable", ignore_index=True)


def with_revisions(rows):
    """Sorted rows with ``revision``: 1 for what was received first of each key."""
    rows = sort_rows(rows)
    return rows.assign(revision=rows.groupby(KEY, sort=False).cumcount() + 1)


def digest_of(rows):
    """SHA-256 of the readings of one source on one day, in hexadecimal."""
    content = hashlib.sha256()
    rows = sort_rows(rows)
    columns = [rows[name].tolist() for name in (*KEY, *BY_RECEIPT)]
    place = len(KEY) + BY_RECEIPT.index("value")
    columns[place] = [None if value != value else value + 0.0 for value in columns[place]]
    for row in zip(*columns, strict=True):
        content.update(repr(row).encode())
    return content.hexdigest()

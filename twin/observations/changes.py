"""What came late: the windows whose past changed after a time."""

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from twin.observations.rows import DAY_MS, KEY, column_to_time
from twin.observations.tables import ARCHIVED, READING, SERIES, SERIES_NAMES

CHANGE_COLUMNS = (*SERIES_NAMES, "start", "end", "late", "corrected")
"""Columns of a frame of changed windows."""

_NAMES = list(SERIES_NAMES)
_NEVER = int(np.iinfo("int64").min)
_FIRST_DAY = int(np.iinfo("int32").min)


def changed_since(database, archive, moment_ms, before_ms=None):
    """Windows that changed; see `twin.observations.store.ObservationStore.changed_since`."""
    with database.reading() as connection:
        news = pd.concat(
            [_news(connection, moment_ms), _archived_news(connection, archive, moment_ms)],
            ignore_index=True,
        )
        newest = _newest_known(connection, archive, news, moment_ms)
    before_ms = _NEVER if before_ms is None else before_ms
    news = news[news["phenomenon_ms"] <= newest.clip(lower=before_ms)]
    return _windows(news.assign(is_correction=news["first_ms"] <= moment_ms))


def _news(connection, moment_ms):
    """Readings received after a time, and when their key was received first."""
    older = READING.alias("older")
    is_same = (older.c.series_id == READING.c.series_id) & (
        older.c.phenomenon_ms == READING.c.phenomenon_ms
    )
    first = select(func.min(older.c.received_ms)).where(is_same).scalar_subquery()
    query = (
        select(
            *(SERIES.c[name] for name in _NAMES), READING.c.phenomenon_ms, first.label("first_ms")
        )
        .select_from(READING.join(SERIES))
        .where(READING.c.received_ms > moment_ms)
    )
    return pd.read_sql_query(query, connection)


def _archived_news(connection, archive, moment_ms):
    """As `_news`, of the archived days."""
    entries = archive.entries(connection, ARCHIVED.c.newest_received_ms > moment_ms)
    if not entries:
        return pd.DataFrame(columns=[*KEY, "first_ms"])
    rows = archive.read(entries)
    rows["first_ms"] = rows.groupby(KEY)["received_ms"].transform("min")
    return rows.loc[rows["received_ms"] > moment_ms, [*KEY, "first_ms"]]


def _newest_known(connection, archive, news, moment_ms):
    """Newest phenomenon time of the series of each row that was received by a time [ms]."""
    last = (
        select(READING.c.phenomenon_ms)
        .where(READING.c.series_id == SERIES.c.series_id, READING.c.received_ms <= moment_ms)
        .order_by(READING.c.phenomenon_ms.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(*(SERIES.c[name] for name in _NAMES), last.label("newest_ms"))
    frame = pd.read_sql_query(query, connection)
    newest = news[_NAMES].merge(frame, on=_NAMES, how="left")["newest_ms"].fillna(_NEVER)
    newest = newest.astype("int64").set_axis(news.index)
    for source_id, stood in newest.groupby(news["source_id"]):
        first_day = max(int(stood.min()) // DAY_MS, _FIRST_DAY)
        is_later = (ARCHIVED.c.source_id == source_id) & (ARCHIVED.c.day >= first_day)
        entries = archive.entries(connection, is_later)
        if entries:
            rows = archive.read(entries, "received_ms <= ?", [moment_ms])
            archived = rows.groupby(_NAMES)["phenomenon_ms"].max().rename("newest_ms")
            found = news.loc[stood.index, _NAMES].merge(
                archived, left_on=_NAMES, right_index=True, how="left"
            )["newest_ms"]
            newest[stood.index] = np.maximum(stood, found.fillna(_NEVER).astype("int64"))
    return newest


def _windows(news):
    """One row a series: first and last time that changed, and how many of which kind."""
    windows = news.groupby(_NAMES).agg(
        start=("phenomenon_ms", "min"),
        end=("phenomenon_ms", "max"),
        rows=("phenomenon_ms", "size"),
        corrected=("is_correction", "sum"),
    )
    windows = windows.reset_index().astype({"corrected": "int64", **dict.fromkeys(_NAMES, "str")})
    windows["late"] = windows["rows"] - windows["corrected"]
    for name in ("start", "end"):
        windows[name] = column_to_time(windows[name].astype("int64"))
    return windows[list(CHANGE_COLUMNS)]

"""What is asked of the observation store, in the words of the database, catalogue and archive."""

import operator
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.sql.operators import in_op

from twin.errors import InputError
from twin.observations.rows import DAY_MS
from twin.observations.tables import ARCHIVED, READING, SERIES, VERDICT

MOST_STATIONS = 10_000
"""So many stations may be named in one question; who wants more asks for all."""

NOT_EVALUATED = 2
"""Highest QARTOD flag of a value that may be used."""


@dataclass(frozen=True)
class Question:
    """Which readings are asked for.

    Parameters
    ----------
    property : str or None
        Of which property; None means any.
    start_ms, end_ms : int or None
        First and last phenomenon time, milliseconds since 1970.
    known_ms : int or None
        Latest receipt.
    stations : tuple of str or None
        Only these stations.

    Raises
    ------
    InputError
        Too many stations are named.
    """

    property: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    known_ms: int | None = None
    stations: tuple | None = None

    def __post_init__(self):
        if self.stations is not None and len(self.stations) > MOST_STATIONS:
            raise InputError(
                f"{len(self.stations)} stations were named, expected at most {MOST_STATIONS}; "
                "leave them out to get all"
            )

    def conditions(self):
        """For the database: conditions on `READING` and `SERIES`."""
        wanted = (
            (SERIES.c.property, operator.eq, self.property),
            (READING.c.phenomenon_ms, operator.ge, self.start_ms),
            (READING.c.phenomenon_ms, operator.le, self.end_ms),
            (READING.c.received_ms, operator.le, self.known_ms),
            (SERIES.c.station_id, in_op, self.stations),
        )
        return [compare(column, value) for column, compare, value in wanted if value is not None]

    def days(self):
        """For the catalogue: conditions on `ARCHIVED`."""
        wanted = []
        if self.start_ms is not None:
            wanted.append(ARCHIVED.c.day >= self.start_ms // DAY_MS)
        if self.end_ms is not None:
            wanted.append(ARCHIVED.c.day <= self.end_ms // DAY_MS)
        return wanted

    def in_duckdb(self):
        """For the archive: a condition with marks, and their values."""
        wanted = (
            ("property = ?", self.property),
            ("phenomenon_ms >= ?", self.start_ms),
            ("phenomenon_ms <= ?", self.end_ms),
            ("received_ms <= ?", self.known_ms),
            ("list_contains(?, station_id)", self.stations),
        )
        wanted = [(text, value) for text, value in wanted if value is not None]
        values = [list(value) if isinstance(value, tuple) else value for _, value in wanted]
        return " AND ".join(["true", *(text for text, _ in wanted)]), values


def newest_usable(connection, archive, question):
    """Newest phenomenon time of a usable value, None when there is none.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        Of a reader.
    archive : twin.observations.archive.Archive
        Where the archived days are.
    question : Question
        Of which property, and received by when.

    Returns
    -------
    int or None
        Milliseconds since 1970.
    """
    newest = connection.execute(_newest_query(question)).scalar_one()
    condition, values = question.in_duckdb()
    usable = f"value IS NOT NULL AND greatest(flag, coalesce(verdict, 0)) <= {NOT_EVALUATED}"
    entries = sorted(archive.entries(connection), key=lambda entry: entry.day, reverse=True)
    for entry in entries:
        if newest is not None and (entry.day + 1) * DAY_MS <= newest:
            break
        rows = archive.read([entry], f"{condition} AND {usable}", values)
        if len(rows):
            newest = max(newest or 0, int(rows["phenomenon_ms"].max()))
    return newest


def _newest_query(question):
    """From the newest reading of each series back to its first usable one: no pass over all."""
    is_judged = (VERDICT.c.series_id == READING.c.series_id) & (
        VERDICT.c.phenomenon_ms == READING.c.phenomenon_ms
    )
    received = [] if question.known_ms is None else [READING.c.received_ms <= question.known_ms]
    newest = (
        select(READING.c.phenomenon_ms)
        .select_from(READING.outerjoin(VERDICT, is_judged))
        .where(
            READING.c.series_id == SERIES.c.series_id,
            READING.c.value.is_not(None),
            READING.c.flag <= NOT_EVALUATED,
            or_(VERDICT.c.flag.is_(None), VERDICT.c.flag <= NOT_EVALUATED),
            *received,
        )
        .order_by(READING.c.phenomenon_ms.desc())
        .limit(1)
        .correlate(SERIES)
        .scalar_subquery()
    )
    query = select(func.max(newest)).select_from(SERIES)
    return (
        query if question.property is None else query.where(SERIES.c.property == question.property)
    )

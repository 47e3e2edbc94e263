"""Official warnings of all sources in one table, and which of them hold at a time."""

from dataclasses import replace

import pandas as pd

from twin.feeds.readings import parsed
from twin.feeds.times import read_times

COLUMNS = (
    "source_id",
    "identifier",
    "message_type",
    "status",
    "event",
    "severity",
    "level",
    "area",
    "geocodes",
    "headline",
    "language",
    "references",
    "sent",
    "effective",
    "expires",
)
"""Texts, but for the times in UTC (NaT where there is none) and `level`: 1 is the most severe."""

TIMES = ("sent", "effective", "expires")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
LONGEST_TEXT = 4000
LONGEST_WITHOUT_END = pd.Timedelta(hours=24)
"""So long a warning holds that names no end; for ever would show an old one as new."""

REPLACING = ("Update", "Cancel", "Error")
"""Message types that end the warnings to which they refer."""


def warning_table(rows, spec, received):
    """Warnings as sent -> one table.

    Parameters
    ----------
    rows : iterable of dict
        Keys of `COLUMNS` but ``source_id``; what is left out is "" or, of `message_type` and
        `status`, "Alert" and "Actual". Times as they were sent.
    spec : twin.feeds.source.SourceSpec
        The contract with the source.
    received : pandas.Timestamp
        When they came in.

    Returns
    -------
    table : pandas.DataFrame
        `COLUMNS`. Rows without an identifier or a time of sending, and those sent in the
        future, are left out.
    reasons : dict
        Why how many were left out.
    """
    rows = [{"message_type": "Alert", "status": "Actual", **row} for row in rows]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    for name in COLUMNS:
        table[name] = table[name].map(_text).astype(object)
    table["source_id"] = spec.name
    level = pd.to_numeric(table["level"], errors="coerce")
    table["level"] = level.where(level.isin(range(10))).astype("Int64")
    table["severity"] = (
        table["severity"].str.capitalize().where(lambda texts: texts.isin(SEVERITIES), "Unknown")
    )
    for name in TIMES:
        table[name] = read_times(table[name], spec.timezone)
    ahead = received + pd.Timedelta(seconds=spec.allowed_skew_seconds)
    bad = {
        "no identifier": table["identifier"] == "",
        "unreadable time": table["sent"].isna(),
        "time in the future": table["sent"] > ahead,
    }
    reasons = {why: int(rows.sum()) for why, rows in bad.items() if rows.any()}
    is_good = ~pd.concat(bad, axis=1).any(axis=1) if len(table) else slice(None)
    return table[is_good].reset_index(drop=True), reasons


def parsed_warnings(rows, spec, received, *, drift=()):
    """What an adapter of warnings gives back, from the rows that it found.

    Parameters
    ----------
    rows : list of dict
        As of `warning_table`.
    spec : twin.feeds.source.SourceSpec
        The contract with the source.
    received : pandas.Timestamp
        When they came in.
    drift : iterable of str
        Names in the answer that are not known.

    Returns
    -------
    twin.feeds.source.Parsed
        Its ``outcome`` is ``"empty"`` only where nothing was sent: warnings of which none could
        be used are no good news.
    """
    table, reasons = warning_table(rows, spec, received)
    result = parsed([], spec, received, warnings=table, drift=drift)
    result.counts.update(
        read=len(rows), kept=len(table), rejected=len(rows) - len(table), reasons=reasons
    )
    return replace(result, outcome="ok" if rows else "empty")


def in_force(warnings, at):
    """The warnings that hold at a time.

    Parameters
    ----------
    warnings : pandas.DataFrame
        Columns `COLUMNS`, in any order, of any number of answers.
    at : pandas.Timestamp
        With a zone.

    Returns
    -------
    pandas.DataFrame
        Those that are real (no test, exercise or draft), have begun, have not expired (without
        an end: after `LONGEST_WITHOUT_END`) and were not replaced: a later update or
        cancellation that refers to a message ends it, even when that one has itself expired. Of
        several copies of a message the last one sent counts.

    Notes
    -----
    OASIS Common Alerting Protocol 1.2, elements `status`, `msgType`, `references`.
    """
    known = warnings[(warnings["status"] == "Actual") & (warnings["sent"] <= at)]
    newest = known.groupby(["source_id", "identifier"])["sent"].transform("max")
    known = known[known["sent"] == newest].drop_duplicates(list(COLUMNS))
    begins = known["effective"].fillna(known["sent"])
    holds = (
        known["message_type"].isin(("Alert", "Update"))
        & (begins <= at)
        & (known["expires"].fillna(begins + LONGEST_WITHOUT_END) > at)
        & ~_is_replaced(known)
    )
    return known[holds].reset_index(drop=True)


def referred(references):
    """Identifiers in the `references` of a message.

    Parameters
    ----------
    references : str
        ``sender,identifier,sent`` any number of times, with blanks between.

    Examples
    --------
    >>> referred("a@b.tw,X_1,2026-06-15T09:30:00+08:00 X_2")
    ['X_1', 'X_2']
    """
    parts = [entry.split(",") for entry in references.split()]
    return [part[1] if len(part) >= 2 else part[0] for part in parts]


def _is_replaced(known):
    replacing = known[known["message_type"].isin(REPLACING)]
    ended = {
        (row.source_id, identifier)
        for row in replacing.itertuples()
        for identifier in referred(row.references)
        if identifier != row.identifier
    }
    keys = zip(known["source_id"], known["identifier"], strict=True)
    return pd.Series([key in ended for key in keys], index=known.index, dtype=bool)


def _text(sent):
    if sent is None or sent != sent:  # NaN is what pandas puts where nothing came
        return ""
    return str(sent).strip()[:LONGEST_TEXT]

"""Times at the edge: ISO text in UTC out, what people type in."""

import pandas as pd

from twin.errors import InputError


def iso(time):
    """A time as JSON, files and people carry it, to the second.

    Examples
    --------
    >>> iso("2026-11-20T20:00:00+08:00")
    '2026-11-20T12:00:00Z'
    """
    return f"{as_utc(time):%Y-%m-%dT%H:%M:%SZ}"


def as_utc(time):
    """A time as naive pandas Timestamp in UTC; a time without zone is UTC already.

    Raises
    ------
    InputError
        The text is no time.
    """
    try:
        stamp = pd.Timestamp(time)
    except ValueError as error:
        raise InputError(
            f"time {str(time)[:60]!r} is not understood, expected ISO such as "
            "2026-11-20T12:00:00Z; correct it"
        ) from error
    return stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp

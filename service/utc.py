"""Times at the edge: ISO text in UTC out, what people type in."""

import pandas as pd

from twin.errors import InputError

EARLIEST, LATEST = pd.Timestamp("1970-01-01"), pd.Timestamp("2200-01-01")
"""Times that may be asked for."""


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
        The text is no time, or one that no reading can have.
    """
    try:
        stamp = pd.Timestamp(time)
    except (ValueError, OverflowError) as error:
        raise _not_understood(time) from error
    stamp = stamp.tz_convert("UTC").tz_localize(None) if stamp.tzinfo else stamp
    if isinstance(time, str) and pd.isna(stamp):
        raise _not_understood(time)
    if isinstance(time, str) and not EARLIEST <= stamp < LATEST:  # nanoseconds would wrap around
        raise InputError(
            f"time {time[:60]!r} is out of range, expected one from {EARLIEST.year} to "
            f"{LATEST.year - 1}; correct it"
        )
    return stamp


def _not_understood(time):
    return InputError(
        f"time {str(time)[:60]!r} is not understood, expected ISO such as "
        "2026-11-20T12:00:00Z; correct it"
    )

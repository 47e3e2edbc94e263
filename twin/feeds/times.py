"""Times in every form in which feeds write them -> UTC; what is no time stays no time."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd

EARLIEST, LATEST = pd.Timestamp("1970-01-02", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")

ROC_EPOCH = 1911
"""Year 115 of the Republic of China calendar is 2026."""

PLAIN_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?"
OFFSET = r"(?P<offset>[Zz]|[+-]\d\d(?::?\d\d)?)"
MARKER = r"上午|下午|[AaPp]\.?[Mm]\.?"
CLOCK = (
    rf"(?P<before>{MARKER})?\s*(?P<hour>\d{{1,2}})[::時](?P<minute>\d{{1,2}})分?"
    rf"(?:[::]?(?P<second>\d{{1,2}})(?:\.(?P<fraction>\d+))?秒?)?\s*(?P<after>{MARKER})?"
)
CALENDAR = re.compile(
    r"(?:中華)?(?P<roc>民國)?\s*(?P<year>\d{2,4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    rf"(?:[T\s]*{CLOCK})?\s*{OFFSET}?"
)
DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"
    rf"(?:[T,\s]*{CLOCK})?\s*{OFFSET}?"
)
"""With points between, as from Berlin to Moscow, the day is first; with strokes nobody knows."""

COMPACT = re.compile(
    r"(?P<year>\d{4}|\d{3})(?P<month>\d\d)(?P<day>\d\d)"
    r"(?:[T ]?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?)?"
    rf"(?:\.0+)?{OFFSET}?"
)
EPOCH = re.compile(
    r"(?P<seconds>\d{10})(?:\.\d+)?|(?P<milliseconds>(?:1[4-9]|[2-9]\d)\d{11})(?:\.0*)?"
)
"""Milliseconds from 2014 on: lower numbers of 13 digits are dates such as 1150712083000."""

DOTNET = re.compile(r"/Date\((?P<milliseconds>\d{1,15})(?:[+-]\d{4})?\)/")


def read_times(text, timezone, epoch_is_local=False):
    """UTC times of texts in any form that is known.

    Parameters
    ----------
    text : pandas.Series of str
        ISO with or without an offset, ``2026/7/7 下午 11:24:00``, ``202607121130``,
        ``12.07.2026 11:30``, years of the Republic of China (``115/07/12``),
        ``/Date(1782639600000)/``, and seconds or milliseconds since 1970.
    timezone : str
        IANA name of the source's zone, for times without an offset: ``"Asia/Taipei"``.
    epoch_is_local : bool
        Whether the source counts its seconds on the local clock instead of UTC.

    Returns
    -------
    pandas.Series of datetime64[ns, UTC]
        NaT where the text is no time, or one before 1970 or after 2200, or one that the clocks
        of the zone skip or show twice. Never "now".
    """
    # nothing at all is one of the texts: left out, it would take the time of the last one
    codes, distinct = pd.factorize(text.astype(str).str.strip(), use_na_sentinel=False)
    distinct = pd.Series(distinct, dtype=object).astype(str)
    is_plain = distinct.str.fullmatch(PLAIN_ISO + r"(?:Z|[+-]\d\d:?\d\d)?")
    has_offset = is_plain & distinct.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    moments = _within(
        pd.to_datetime(distinct.where(has_offset), format="ISO8601", utc=True, errors="coerce")
    )
    naive = pd.to_datetime(
        distinct.where(is_plain & ~has_offset), format="ISO8601", errors="coerce"
    )
    moments = moments.fillna(_localized(naive, timezone))
    for row in distinct.index[moments.isna()]:
        moments[row] = read_time(distinct[row], timezone, epoch_is_local)
    return moments.take(codes).set_axis(text.index)


def read_time(text, timezone, epoch_is_local=False):
    """One time, as `read_times` reads it.

    Examples
    --------
    >>> read_time("2026/7/7 下午 12:05:00", "Asia/Taipei")
    Timestamp('2026-07-07 04:05:00+0000', tz='UTC')
    >>> read_time("115/07/12 08:00", "Asia/Taipei")
    Timestamp('2026-07-12 00:00:00+0000', tz='UTC')
    >>> read_time("soon", "Asia/Taipei")
    NaT
    """
    text = str(text).strip()
    try:
        moment = _since_epoch(text, epoch_is_local)
        if moment is None:
            forms = (CALENDAR, COMPACT, DAY_FIRST)
            match = next((form.fullmatch(text) for form in forms if form.fullmatch(text)), None)
            moment = None if match is None else _from_calendar(match.groupdict())
        if moment is None or not EARLIEST.year <= moment.year <= LATEST.year:
            return pd.NaT
        moment = pd.Timestamp(moment)
        if moment.tz is None:
            moment = moment.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT")
        moment = moment.tz_convert("UTC")
    except (ValueError, OverflowError):
        return pd.NaT
    return moment.as_unit("ns") if EARLIEST <= moment < LATEST else pd.NaT


def _localized(naive, timezone):
    local = naive.dt.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT")
    return _within(local.dt.tz_convert("UTC"))


def _within(moments):
    """The moments that can be; the check comes first, as others do not fit in nanoseconds."""
    return moments.where((moments >= EARLIEST) & (moments < LATEST)).dt.as_unit("ns")


def _since_epoch(text, epoch_is_local):
    match = DOTNET.fullmatch(text)
    if match is not None:
        return _epoch(int(match["milliseconds"]) / 1000.0)
    match = EPOCH.fullmatch(text)
    if match is None:
        return None
    seconds = float(text) / (1.0 if match["seconds"] else 1000.0)
    moment = _epoch(seconds)
    return moment.replace(tzinfo=None) if epoch_is_local else moment


def _epoch(seconds):
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _from_calendar(found):
    """A datetime, with a zone where the text has an offset; ValueError where it is none."""
    year = int(found["year"])
    if found.get("roc") or len(found["year"]) == 3:
        year += ROC_EPOCH
    elif len(found["year"]) != 4:
        return None  # 26/07/12 may be many things
    moment = datetime(year, int(found["month"]), int(found["day"]))
    hour = _hour(int(found["hour"] or 0), found.get("before") or found.get("after") or "")
    minute, second = int(found["minute"] or 0), int(found["second"] or 0)
    is_end_of_day = (hour, minute, second) == (24, 0, 0)
    if (hour > 23 and not is_end_of_day) or minute > 59 or second > 59:
        raise ValueError(f"no such clock time {hour}:{minute}:{second}")
    fraction = float("0." + (found.get("fraction") or "0"))
    moment += timedelta(hours=hour, minutes=minute, seconds=second + fraction)
    return moment.replace(tzinfo=_zone(found["offset"])) if found["offset"] else moment


def _hour(hour, marker):
    """Hour of the day; 12 in the morning is midnight, 12 in the afternoon noon."""
    if not marker:
        return hour
    is_afternoon = marker == "下午" or marker[0] in "Pp"
    if hour > 12:
        if not is_afternoon:
            raise ValueError(f"hour {hour} in the morning")
        return hour
    return hour % 12 + (12 if is_afternoon else 0)


def _zone(offset):
    if offset in "Zz":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if offset[0] == "-" else size)

"""Rows as sent -> canonical readings: times to UTC, values to SI, bad rows counted."""

import numpy as np
import pandas as pd

from twin.observations import COLUMNS, FAIL, MISSING, PASS

RAW_COLUMNS = ("station_id", "time", "received", "property", "value", "unit")
"""What an adapter hands over, all as text."""

NO_VALUE = ("", "nan", "null", "none")
EARLIEST, LATEST = pd.Timestamp("1970-01-02", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")


def to_readings(raw, spec, now=None):
    """Turn rows as sent into canonical readings; no bad row ever raises.

    Parameters
    ----------
    raw : pandas.DataFrame
        Text columns `RAW_COLUMNS`, one row a reading.
    spec : twin.feeds.source.SourceSpec
        The contract with the source.
    now : pandas.Timestamp, optional
        With a zone; default the clock of this machine. What was received later than this, and
        than the skew that the source may have, is rejected: the clock that stamped it is wrong.

    Returns
    -------
    frame : pandas.DataFrame
        Columns `twin.observations.COLUMNS`: times in UTC, values in SI (NaN missing),
        flags of QARTOD (1 pass, 4 outside of the gross range or faulty, 9 missing).
    counts : dict
        ``read``, ``kept``, ``flagged``, ``rejected`` and ``reasons`` (reason -> rows).
    """
    raw = raw.loc[:, list(RAW_COLUMNS)].fillna("").apply(lambda column: column.str.strip())
    time = parse_times(raw["time"], spec.timezone)
    received = parse_times(raw["received"], spec.timezone)
    factor = _factors(raw, spec)
    value, flag, is_readable = _values(raw["value"], factor, spec)
    now = pd.Timestamp.now(tz="UTC") if now is None else now
    skew = pd.Timedelta(seconds=spec.allowed_skew_seconds)
    reasons = {
        "station without a usable name": ~raw["station_id"].str.fullmatch(r"[^\x00-\x1f]{1,64}"),
        "unreadable time": time.isna(),
        "unreadable received time": received.isna(),
        "unknown property": ~raw["property"].isin(list(spec.units)),
        "unknown unit": np.isnan(factor),
        "unreadable value": ~is_readable,
        "received in the future": received > now + skew,
        "time in the future": time > received + skew,
    }
    reason = np.select([np.asarray(bad, bool) for bad in reasons.values()], list(reasons), "")
    frame = pd.DataFrame(
        {
            "source_id": spec.name,
            "station_id": raw["station_id"],
            "property": raw["property"],
            "phenomenon_time": time,
            "received_time": received,
            "value": value,
            "raw_value": raw["value"],
            "raw_unit": raw["unit"],
            "flag": _gross_range(raw["property"], value, flag, spec),
        },
        columns=list(COLUMNS),
    )[reason == ""].reset_index(drop=True)
    return frame, _counts(frame, reason)


def parse_times(text, timezone):
    """UTC times of ISO texts; those without an offset are in the source's zone.

    Parameters
    ----------
    text : pandas.Series of str
    timezone : str
        IANA name, for example ``"Asia/Taipei"``.

    Returns
    -------
    pandas.Series of datetime64[ns, UTC]
        NaT where the text is no time, or one before 1970 or after 2200. Never "now".
    """
    has_offset = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
    times = pd.to_datetime(text.where(has_offset), format="ISO8601", utc=True, errors="coerce")
    if not has_offset.all():
        naive = pd.to_datetime(text.mask(has_offset), format="ISO8601", errors="coerce")
        local = naive.dt.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT")
        times = times.fillna(local.dt.tz_convert("UTC"))
    times = times.where((times >= EARLIEST) & (times < LATEST))
    return times.dt.as_unit("ns")


def _factors(raw, spec):
    """Factor to SI of each row, NaN where the unit is not known."""
    keys = raw["property"] + "\n" + raw["unit"]
    known = {
        f"{name}\n{unit}": factor
        for name, units in spec.units.items()
        for unit, factor in units.items()
    }
    return keys.map(known).to_numpy(float)


def _values(text, factor, spec):
    """Values [SI], flags, and whether each text could be read at all."""
    number = pd.to_numeric(text, errors="coerce").to_numpy(float)
    is_empty = text.str.lower().isin(NO_VALUE).to_numpy(bool)
    value = np.where(is_empty, np.nan, number * factor)
    flag = np.where(is_empty, MISSING, PASS).astype(np.int64)
    is_readable = np.isfinite(number) | is_empty
    for sentinel, (meant, its_flag) in spec.sentinels.items():
        is_sentinel = number == sentinel
        value[is_sentinel], flag[is_sentinel] = meant, its_flag
    for word, (meant, its_flag) in spec.words.items():
        is_word = (text == word).to_numpy(bool)
        value[is_word], flag[is_word] = meant, its_flag
        is_readable |= is_word
    return value, flag, is_readable


def _gross_range(name, value, flag, spec):
    lowest = name.map({key: low for key, (low, _) in spec.gross_range.items()}).to_numpy(float)
    highest = name.map({key: high for key, (_, high) in spec.gross_range.items()}).to_numpy(float)
    return np.where((value < lowest) | (value > highest), FAIL, flag)


def _counts(frame, reason):
    names, rows = np.unique(reason[reason != ""], return_counts=True)
    return {
        "read": len(reason),
        "kept": len(frame),
        "flagged": int((frame["flag"] != PASS).sum()),
        "rejected": int(rows.sum()),
        "reasons": {str(name): int(count) for name, count in zip(names, rows, strict=True)},
    }

"""Rows as sent -> canonical readings: times to UTC, values to SI, bad rows counted."""

import unicodedata

import numpy as np
import pandas as pd

from twin.feeds.source import Parsed
from twin.feeds.stations import station_table
from twin.feeds.times import read_times
from twin.observations.store import COLUMNS, FAIL, MISSING, PASS, SUSPECT

FEW_STEPS = 10.0
"""Numbers of fewer steps than these tell by their digits that their unit is another."""

RAW_COLUMNS = ("station_id", "time", "received", "property", "value", "unit")
"""What an adapter hands over, all as text."""

NO_VALUE = ("", "-", "--", "n/a", "nan", "null", "none")
"""Texts, in small letters, that say that there is no value."""


def parsed(
    rows, spec, received, *, stations=(), drift=(), grids=(), warnings=None, next_page=None
) -> Parsed:
    """What an adapter gives back, from the rows that it found.

    Parameters
    ----------
    rows : iterable of dict
        ``station_id``, ``time``, ``property``, ``value``, ``unit`` as they were sent (texts or
        numbers); ``flag``, where the adapter knows better than 1.
    spec : twin.feeds.source.SourceSpec
        The contract with the source.
    received : pandas.Timestamp
        When the answer came in, with a zone.
    stations : iterable of dict
        As of `twin.feeds.stations.station_table`.
    drift : iterable of str
        Names in the answer that are not known.
    grids : iterable of xarray.Dataset
        As `Parsed` has them.
    warnings : pandas.DataFrame, optional
        As `twin.feeds.warnings.warning_table` gives it.
    next_page : str, optional
        Address of the next page, as the source gave it.
    """
    rows = [{"received": received.isoformat(), **row} for row in rows]
    # as objects: beside a missing one, pandas would make the id 12 a 12.0
    raw = pd.DataFrame(rows, columns=[*RAW_COLUMNS, "flag"], dtype=object)
    frame, counts = to_readings(raw, spec, now=received)
    stations = list(stations)
    table, positions = station_table(stations)
    counts |= {"drift": list(drift), "positions": positions}
    said = [rows, grids, stations, () if warnings is None else warnings]
    return Parsed(
        frame,
        counts,
        stations=table,
        grids=tuple(grids),
        warnings=warnings,
        next_page=next_page,
        outcome="ok" if any(len(part) for part in said) else "empty",
    )


def to_readings(raw, spec, now=None):
    """Turn rows as sent into canonical readings; no bad row ever raises.

    Parameters
    ----------
    raw : pandas.DataFrame
        Columns `RAW_COLUMNS`, one row a reading, and perhaps ``flag``: at least this flag.
    spec : twin.feeds.source.SourceSpec
        The contract with the source.
    now : pandas.Timestamp, optional
        With a zone; default the clock of this machine. What was received later than this, and
        than the skew that the source may have, is rejected: the clock that stamped it is wrong.

    Returns
    -------
    frame : pandas.DataFrame
        Columns `twin.observations.store.COLUMNS`: times in UTC, values in SI (NaN missing),
        flags of QARTOD (1 pass, 3 perhaps of another unit, 4 outside of the gross range or
        faulty, 9 missing).
    counts : dict
        ``read``, ``kept``, ``flagged``, ``rejected``, ``reasons`` (reason -> rows) and
        ``samples`` (reason -> the first such row).
    """
    least_flag = _least_flags(raw)
    raw = raw.loc[:, list(RAW_COLUMNS)].apply(_texts)
    time = _times(raw["time"], spec)
    received = read_times(raw["received"], spec.timezone)
    factor = _factors(raw, spec)
    value, flag, is_readable = _values(raw, factor, spec)
    flag = np.maximum(_gross_range(raw["property"], value, flag, spec), least_flag)
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
            "flag": flag,
        },
        columns=list(COLUMNS),
    )[reason == ""].reset_index(drop=True)
    return frame, _counts(frame, reason, raw)


def _texts(column):
    """Text of what came, "" for nothing: JSON has numbers, texts and null in one column."""
    if column.map(type).eq(str).all():
        return column.astype(str).str.strip()
    is_nothing = column.isna()
    return column.map(lambda sent: str(sent)[:1000].strip()).mask(is_nothing, "").astype(str)


def _least_flags(raw):
    if "flag" not in raw.columns:
        return np.full(len(raw), PASS, np.int64)
    return pd.to_numeric(raw["flag"], errors="coerce").fillna(PASS).to_numpy(np.int64)


def _factors(raw, spec):
    """Factor to SI of each row, NaN where the unit is not known."""
    keys = raw["property"] + "\n" + raw["unit"]
    known = {
        f"{name}\n{unit}": factor
        for name, units in spec.units.items()
        for unit, factor in units.items()
    }
    return keys.map(known).to_numpy(float)


def _values(raw, factor, spec):
    """Values [SI], flags, and whether each text could be read at all."""
    text = raw["value"]
    number = _numbers(_with_point(text) if spec.decimal_comma else text, raw["unit"])
    is_empty = text.str.lower().isin(NO_VALUE).to_numpy(bool)
    value = np.where(is_empty, np.nan, number * factor)
    flag = np.where(is_empty, MISSING, PASS).astype(np.int64)
    least = raw["unit"].map(spec.least_nonzero).to_numpy(float)
    flag[_is_too_fine(np.abs(number), least)] = SUSPECT
    is_readable = np.isfinite(number * np.where(np.isnan(factor), 1.0, factor)) | is_empty
    for sentinel, (meant, its_flag) in spec.sentinels.items():
        is_sentinel = number == sentinel
        value[is_sentinel], flag[is_sentinel] = meant, its_flag
    for word, (meant, its_flag) in spec.words.items():
        is_word = (text == word).to_numpy(bool)
        value[is_word], flag[is_word] = meant, its_flag
        is_readable |= is_word
    return value, flag, is_readable


def _is_too_fine(number, least):
    """Whether numbers are below the least step, or of a few steps and finer than one."""
    steps = number / least
    with np.errstate(invalid="ignore"):  # infinite ones are unreadable anyway
        is_between = np.abs(steps - np.round(steps)) > 1e-6
    return (number > 0) & ((number < least) | ((number < FEW_STEPS * least) & is_between))


def _times(text, spec):
    if not spec.time_format:
        return read_times(text, spec.timezone, spec.epoch_is_local)
    known = pd.to_datetime(text, format=spec.time_format, errors="coerce")
    return read_times(known.map(str), spec.timezone)


def _with_point(text):
    return text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)


def _numbers(text, unit):
    """Numbers of texts, also where they are written wide, or with their own unit behind."""
    number = pd.to_numeric(text, errors="coerce").to_numpy(float, copy=True)
    for row in np.flatnonzero(np.isnan(number) & text.str.contains(r"\d", regex=True)):
        plain = unicodedata.normalize("NFKC", text.iloc[row])
        plain = plain.removesuffix(unit.iloc[row]).strip()
        number[row] = pd.to_numeric(plain, errors="coerce")
    return number


def _gross_range(name, value, flag, spec):
    lowest = name.map({key: low for key, (low, _) in spec.gross_range.items()}).to_numpy(float)
    highest = name.map({key: high for key, (_, high) in spec.gross_range.items()}).to_numpy(float)
    return np.where((value < lowest) | (value > highest), FAIL, flag)


def _counts(frame, reason, raw):
    names, first, rows = np.unique(reason, return_index=True, return_counts=True)
    bad = [(str(name), at, int(n)) for name, at, n in zip(names, first, rows, strict=True) if name]
    return {
        "read": len(reason),
        "kept": len(frame),
        "flagged": int((frame["flag"] != PASS).sum()),
        "rejected": sum(n for _, _, n in bad),
        "reasons": {name: n for name, _, n in bad},
        "samples": {name: ",".join(raw.iloc[at])[:200] for name, at, _ in bad},
    }

"""Hyetographs and losses: a CSV of time and rate, with their units in the header."""

import csv
import math
import re
from pathlib import Path

import numpy as np

from service.utc import as_utc
from twin.errors import InputError
from twin.units import factor_to_si

UNIT = re.compile(r"[(\[]([^)\]]*)[)\]]")
NO_DATE = np.datetime64("2000-01-01T00:00:00", "ns")


def read_table(path):
    """Times and rates of a CSV.

    Parameters
    ----------
    path : path-like
        Two columns such as ``Time (s),Rainfall intensity (mm/hr)`` or ``time,rain_mm_h`` with
        ISO times.

    Returns
    -------
    start : numpy.datetime64
        Time of the first row, UTC; 2000-01-01 where the file counts from zero.
    seconds, rates : ndarray (row,)
        Since the first row [s]; [m s-1].

    Raises
    ------
    InputError
        No header, unknown unit, NaN or negative rate, or times that go backwards.
    """
    path = Path(path)
    header, rows = _rows(path)
    factor = factor_to_si(_unit(path, header[1], "mm_h", "mm/h"), "rate")
    start, seconds = _seconds(path, header[0], [row[0] for row in rows])
    rates = np.array([_number(path, line, row[1]) for line, row in enumerate(rows, 2)]) * factor
    _check(path, seconds, rates)
    return start, seconds, rates


def _rows(path):
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is no text, expected a CSV of time and rate; check it") from error
    if len(lines) < 3 or any(len(row) < 2 for row in lines):
        raise InputError(
            f"{path} has {max(len(lines) - 1, 0)} rows of time and rate, expected a header and at "
            "least 2 rows of 2 columns; is it cut off?"
        )
    return lines[0], lines[1:]


def _unit(path, title, suffix, meaning):
    """Unit in a column title: in brackets, or as a suffix such as ``_mm_h``."""
    found = UNIT.search(title)
    if found:
        return found.group(1).strip()
    if title.strip().lower().endswith("_" + suffix):
        return meaning
    raise InputError(
        f"{path}: column {title.strip()!r} names no unit, expected for example "
        f"'{title.strip() or 'rate'} ({meaning})'; add it to the header"
    )


def _seconds(path, title, texts):
    if not re.fullmatch(r"\s*-?[\d.]+([eE][+-]?\d+)?\s*", texts[0]):
        times = np.array([as_utc(text.strip()).to_datetime64() for text in texts], "M8[ns]")
        return times[0], (times - times[0]) / np.timedelta64(1, "s")
    factor = factor_to_si(_unit(path, title, "s", "s"), "time")
    values = np.array([_number(path, line, text) for line, text in enumerate(texts, 2)])
    return NO_DATE, values * factor


def _number(path, line, text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{path} line {line} has {text.strip()!r}, expected a number; correct that row"
        )
    return value


def _check(path, seconds, rates):
    backwards = np.flatnonzero(np.diff(seconds) <= 0)
    if len(backwards):
        line = int(backwards[0]) + 3
        raise InputError(
            f"{path} line {line} goes back in time or stands still, expected rising times; "
            "sort the rows"
        )
    if (rates < 0).any():
        line = int(np.flatnonzero(rates < 0)[0]) + 2
        raise InputError(f"{path} line {line} has a negative rate, expected 0 or more; correct it")

"""Rates over time out of a CSV: hyetographs and losses, their unit in the header."""

import csv
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.errors import InputError, MissingError
from twin.units import factor_to_si

NO_DATE = np.datetime64("2000-01-01T00:00:00", "ns")
"""Time zero of a series that counts from zero."""

RAIN_TIMES = ("auto", "begin", "end")
"""What the times of a rain file can mean, see `RateSeries.rule`."""

_UNIT = re.compile(r"[(\[]\s*([^)\]]*?)\s*[)\]]|_(mm_h)$")


@dataclass(frozen=True)
class RateSeries:
    """A rate that holds from each time until the next.

    Attributes
    ----------
    start : numpy.datetime64
        Time of second zero (UTC); `NO_DATE` where the file counts from zero.
    seconds : numpy.ndarray
        Begin of each interval, shape (n,) [s].
    rate : numpy.ndarray
        Shape (n,) [m s-1].
    """

    start: np.datetime64
    seconds: np.ndarray
    rate: np.ndarray

    @property
    def times(self):
        """Begin of each interval, shape (n,) [UTC]."""
        return self.start + (self.seconds * 1e9).round().astype("timedelta64[ns]")

    def rule(self, times="auto"):
        """Whether a row of a rain file stands at the begin or at the end of its interval.

        Parameters
        ----------
        times : str
            "begin": each rate holds from its row to the next. "end": each rate held since the
            row before it, as a gauge reports it. "auto" guesses: "end" where the first rate is
            zero or repeats in the second row, so that the first row only marks the beginning.

        Raises
        ------
        InputError
            It is none of these.

        Examples
        --------
        >>> RateSeries(NO_DATE, np.array([0.0, 3600]), np.array([20.0, 60])).rule()
        'begin'
        """
        if times not in RAIN_TIMES:
            raise InputError(
                f"rain times is {times!r}, expected one of {', '.join(RAIN_TIMES)}; choose one"
            )
        if times != "auto":
            return times
        return "end" if self.rate[0] in (0, self.rate[1]) else "begin"

    def as_hyetograph(self, times="auto"):
        """Rows of a rain file as intervals that begin at a time, closed by a rate of zero.

        Parameters
        ----------
        times : str
            See `rule`. With "end" the rate of the first row does not fall.

        Returns
        -------
        RateSeries
            The last interval has rate zero: rain is over there. Without a date it starts at
            second zero, dry until the first row.

        Examples
        --------
        >>> hour = np.array([0.0, 3600, 7200])
        >>> RateSeries(NO_DATE, hour, np.array([70.0, 70, 0])).as_hyetograph().rate
        array([70.,  0.,  0.])
        >>> RateSeries(NO_DATE, hour, np.array([20.0, 60, 0])).as_hyetograph().rate
        array([20., 60.,  0.])
        """
        seconds, rate = self.seconds, self.rate
        if self.rule(times) == "end":
            rate = np.append(rate[1:], 0.0)
        elif rate[-1] != 0:
            seconds = np.append(seconds, 2 * seconds[-1] - seconds[-2])
            rate = np.append(rate, 0.0)
        if seconds[0] > 0:
            seconds, rate = np.append(0.0, seconds), np.append(0.0, rate)
        return RateSeries(self.start, seconds, rate)

    def mean(self, seconds):
        """Mean rate over the first `seconds` [m s-1]; none before the first row, the last holds."""
        ends = np.append(self.seconds[1:], np.inf)
        spans = np.clip(ends, 0, seconds) - np.clip(self.seconds, 0, seconds)
        return float((spans * self.rate).sum() / seconds)


def read_rates(file):
    """Read a CSV of times and rates.

    Parameters
    ----------
    file : path
        Two columns such as ``Time (s),Rainfall intensity (mm/hr)``; the first may also hold
        ISO times (naive ones are UTC). Each rate holds until the next time.

    Returns
    -------
    RateSeries

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        No header or rows, an unknown unit, NaN or negative rates, times that are below zero or
        do not go forward.
    """
    file = Path(file)
    if not file.is_file():
        raise MissingError(f"{file} is not there, expected a CSV of times and rates")
    header, rows = _rows(file)
    factor = factor_to_si(_unit(header[1], file), "rate")
    start, seconds = _times([row[0] for row in rows], header[0], file)
    rate = np.array([_rate(row[1], number, file) for number, row in enumerate(rows, 2)]) * factor
    backwards = np.flatnonzero(np.diff(seconds) <= 0)
    if backwards.size:
        line = int(backwards[0]) + 3
        raise InputError(
            f"{file.name} goes back in time at line {line} ({rows[line - 2][0]} after "
            f"{rows[line - 3][0]}), expected rising times; sort the rows and drop repeated times"
        )
    if seconds[0] < 0:
        raise InputError(
            f"{file.name} starts at {rows[0][0].strip()} in {header[0].strip()!r}, expected 0 or "
            "later; count the times from the start of the run"
        )
    return RateSeries(start, seconds, rate)


def _rows(file):
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            table = [row for row in csv.reader(stream) if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error):
        table = []
    if len(table) < 2 or any(len(row) != 2 for row in table):
        raise InputError(
            f"{file.name} is no table of two columns with a header and rows, expected "
            "'Time (s),Rainfall intensity (mm/hr)' and numbers; correct the file"
        )
    return table[0], table[1:]


def _unit(title, file):
    match = _UNIT.search(title.strip())
    if match is None:
        raise InputError(
            f"column {title.strip()!r} of {file.name} names no unit, expected for example "
            "'Rainfall intensity (mm/hr)'; add the unit to the header"
        )
    return "mm/h" if match[2] else match[1]


def _times(texts, title, file):
    match = _UNIT.search(title)
    unit = match[1] if match else None
    try:
        if unit:
            seconds = np.array([float(text) for text in texts]) * factor_to_si(unit, "time")
            if not np.isfinite(seconds).all():
                raise ValueError
            return NO_DATE, seconds
        times = np.array([_utc(text) for text in texts])
    except InputError:
        raise
    except ValueError:
        raise InputError(
            f"{file.name} has a time that cannot be read, expected numbers under 'Time (s)' or "
            "ISO times under 'time'; correct it"
        ) from None
    return times[0], (times - times[0]) / np.timedelta64(1, "s")


def _utc(text):
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(moment, "ns")


def _rate(text, line, file):
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not math.isfinite(rate) or rate < 0:
        raise InputError(
            f"{file.name} has the rate {text.strip()!r} at line {line}, expected a number of at "
            "least 0; correct it"
        )
    return rate

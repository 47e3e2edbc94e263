"""What time it is for the service: that of this machine, or of a clock set for an exercise."""

import time
from datetime import UTC, datetime, timedelta

import pandas as pd

from service.utc import as_utc, iso
from twin.errors import InputError


class Clock:
    """The clock by which ages are counted.

    Parameters
    ----------
    start : str or datetime, optional
        What it reads at this moment, from where it runs on at real speed; all that is served by
        a clock that was set is an exercise. Default the clock of this machine.

    Attributes
    ----------
    start : datetime or None
        What it was set to, aware, in UTC.

    Raises
    ------
    InputError
        `start` is no time.

    Examples
    --------
    >>> Clock("2024-06-09T15:21:00+08:00").mark()["exercise"]
    True
    """

    def __init__(self, start=None):
        self.start = None if start is None else _aware(start)
        self._begun = time.monotonic()

    @property
    def is_set(self):
        """Whether it is not the clock of this machine."""
        return self.start is not None

    def now(self):
        """What the clock reads, an aware datetime in UTC."""
        if not self.is_set:
            return datetime.now(UTC)
        return self.start + timedelta(seconds=time.monotonic() - self._begun)

    def mark(self):
        """What every answer says: ``exercise``, and ``clock`` (ISO; None when it is not set)."""
        return {"exercise": self.is_set, "clock": iso(self.now()) if self.is_set else None}


def _aware(start):
    stamp = as_utc(start)
    if pd.isna(stamp):
        raise InputError(
            "the clock is set to nothing, expected ISO such as 2026-11-20T12:00:00Z; give a time"
        )
    return stamp.to_pydatetime().replace(tzinfo=UTC)

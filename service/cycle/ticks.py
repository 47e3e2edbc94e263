"""When cycles are due: at multiples of their interval, by a clock that never jumps."""

import time
from datetime import datetime, timedelta

from service.leaving import leave_if_told
from service.web.clock import Clock
from twin.errors import InputError

SHORTEST, LONGEST = 10.0, 86400.0
"""Intervals between cycles [s]."""

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Ticks:
    """Times at which cycles are due.

    Parameters
    ----------
    seconds : float
        Interval [s].
    clock : service.web.clock.Clock, optional
        Read once; from then on the monotonic clock of the machine counts, so that a host clock
        that is put right makes no cycle run twice and none be left out. Where the two differ by
        more than half an interval the wall clock is taken again.

    Raises
    ------
    InputError
        The interval is shorter than 10 s or longer than a day.
    """

    def __init__(self, seconds, clock=None):
        if not SHORTEST <= seconds <= LONGEST:
            raise InputError(
                f"a cycle every {seconds:g} s, expected {SHORTEST:g} s to {LONGEST:g} s; choose "
                "such an interval as 10min"
            )
        self.interval = timedelta(seconds=seconds)
        self._clock = clock or Clock()
        self._set()

    def now(self):
        """The time as counted here, an aware datetime in UTC."""
        counted = self._began + timedelta(seconds=time.monotonic() - self._monotonic)
        if abs(self._clock.now() - counted) > self.interval / 2:
            self._set()
            return self._began
        return counted

    def due(self, last):
        """The tick that is due after the last one, and those that passed in between.

        Parameters
        ----------
        last : datetime
            At which a cycle began.

        Returns
        -------
        tick : datetime
            The newest one that is not in the future, or the next one.
        skipped : list of datetime
            Between the last one and it, oldest first; at most a hundred.
        """
        now = self.now()
        following = self._floor(min(last, now)) + self.interval
        tick = max(self._floor(now), following)
        count = round((tick - following) / self.interval)
        return tick, [tick - k * self.interval for k in range(min(count, 100), 0, -1)]

    def wait_until(self, tick):
        """Sleep until a tick, by the monotonic clock."""
        leave_if_told()
        while (left := (tick - self.now()).total_seconds()) > 0:
            leave_if_told()
            time.sleep(min(left, 1.0))

    def _floor(self, moment):
        return moment - (moment - _EPOCH) % self.interval

    def _set(self):
        self._began, self._monotonic = self._clock.now(), time.monotonic()

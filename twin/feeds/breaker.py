"""The circuit breaker: a source that fails again and again is left alone for a while."""

from dataclasses import dataclass

import pandas as pd

FAILURES_TO_OPEN = 5
"""Failures in a row after which a source is left alone."""

SHORTEST_REST, LONGEST_REST = pd.Timedelta(minutes=1), pd.Timedelta(minutes=30)


@dataclass(frozen=True)
class Breaker:
    """State of the breaker of one source; each event gives the next state.

    Parameters
    ----------
    failures : int
        In a row, up to now.
    open_until : pandas.Timestamp, optional
        The source is not asked before this time (UTC). Then one trial is made: where it fails
        too, the next rest is twice as long.

    Examples
    --------
    >>> now = pd.Timestamp("2026-11-20T12:00Z")
    >>> breaker = Breaker()
    >>> for _ in range(FAILURES_TO_OPEN):
    ...     breaker = breaker.failed(now)
    >>> breaker.allows(now), breaker.allows(now + SHORTEST_REST)
    (False, True)
    """

    failures: int = 0
    open_until: pd.Timestamp | None = None

    def allows(self, now):
        """Whether the source may be asked at this time.

        A rest that lies further ahead than any rest can comes from a clock that was set back,
        and is void.
        """
        if self.open_until is None:
            return True
        return now >= self.open_until or self.open_until - now > LONGEST_REST

    def succeeded(self):
        """The state after an answer."""
        return Breaker()

    def failed(self, now):
        """The state after one more failure at this time."""
        failures = self.failures + 1
        if failures < FAILURES_TO_OPEN:
            return Breaker(failures)
        rest = SHORTEST_REST * 2 ** min(failures - FAILURES_TO_OPEN, 10)
        return Breaker(failures, now + min(rest, LONGEST_REST))

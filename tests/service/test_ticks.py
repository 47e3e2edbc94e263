"""When cycles are due: aligned, in order, none twice, and those that passed are counted."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cycle.ticks import Ticks
from twin.errors import InputError

BEGUN = datetime(2026, 2, 28, 23, 57, 13, tzinfo=UTC)


class HandClock:
    """A host clock that is put right by hand."""

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


@given(
    seconds=st.sampled_from([300.0, 600.0, 3600.0, 450.0]),
    late=st.floats(0, 5 * 3600.0),
)
def test_the_next_tick_is_aligned_after_the_last_one_and_the_others_are_skipped(seconds, late):
    clock = HandClock(BEGUN + timedelta(seconds=late))
    ticks = Ticks(seconds, clock)
    tick, skipped = ticks.due(BEGUN)
    every = timedelta(seconds=seconds)
    assert tick > BEGUN
    assert tick.timestamp() % seconds == 0
    assert tick <= max(ticks.now(), BEGUN + every)
    assert [*skipped, tick][0] - BEGUN <= every
    gaps = {b - a for a, b in zip([*skipped, tick], [*skipped, tick][1:], strict=False)}
    assert gaps <= {every}


def test_a_small_step_of_the_host_clock_moves_no_tick():
    """R-03"""
    clock = HandClock(BEGUN)
    ticks = Ticks(600.0, clock)
    clock.moment = BEGUN - timedelta(minutes=4)
    assert abs(ticks.now() - BEGUN) < timedelta(seconds=30)
    clock.moment = BEGUN + timedelta(hours=2)
    assert ticks.now() - BEGUN >= timedelta(hours=2), "a large one is followed"
    clock.moment = BEGUN - timedelta(hours=3)
    tick, skipped = ticks.due(BEGUN)
    assert (tick <= clock.moment + timedelta(minutes=10), skipped) == (True, [])


def test_waiting_ends_at_the_tick():
    ticks = Ticks(10.0)
    began = time.monotonic()
    ticks.wait_until(ticks.now() + timedelta(seconds=0.2))
    assert time.monotonic() - began >= 0.19
    ticks.wait_until(ticks.now() - timedelta(hours=1))


@pytest.mark.parametrize("seconds", [0.0, 9.9, -600.0, float("nan"), 86401.0])
def test_an_interval_that_makes_no_sense_is_refused(seconds):
    with pytest.raises(InputError, match="expected 10 s"):
        Ticks(seconds)


def test_of_a_long_pause_only_the_last_hundred_ticks_are_named():
    ticks = Ticks(60.0, HandClock(BEGUN + timedelta(days=1)))
    tick, skipped = ticks.due(BEGUN)
    assert len(skipped) == 100
    assert tick - skipped[-1] == timedelta(minutes=1)

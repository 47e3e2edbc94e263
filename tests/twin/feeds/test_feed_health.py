"""Health of feeds: what is fresh, and all the ways in which a feed only looks fresh."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twin.feeds.breaker import FAILURES_TO_OPEN, LONGEST_REST, SHORTEST_REST, Breaker
from twin.feeds.health import HealthBook, newest_by_station
from twin.feeds.source import Parsed, SourceSpec
from twin.observations.store import COLUMNS

NOON = pd.Timestamp("2026-11-20T12:00Z")
SPEC = SourceSpec(
    name="gauges", title="Gauges", cadence_seconds=600.0, timezone="UTC", units={},
    gross_range={}, licence="", warn_minutes=25.0, critical_minutes=45.0,
)  # fmt: skip


def at(minutes):
    return NOON + pd.Timedelta(minutes=minutes)


@pytest.fixture
def book(tmp_path):
    return HealthBook(tmp_path)


def state(book, minutes=0.0):
    return book.health(SPEC, at(minutes)).state


def test_a_feed_that_was_never_asked_is_off(book):
    assert state(book) == "off"
    book.remember_validators("gauges", '"1"', "")
    assert state(book) == "off", "in the middle of its first poll"


def test_a_fresh_answer_is_ok_and_becomes_stale_by_its_own_age(book):
    book.answered("gauges", at(0), is_new=True, newest={"a": at(-5)})
    assert state(book, 1) == "ok"
    assert state(book, 19) == "ok"
    assert state(book, 21) == "stale"


def test_old_content_in_a_good_answer_is_stale_at_once(book):
    """R-04: HTTP 200 with 4-day-old content is stale within one cadence."""
    book.answered("gauges", at(0), is_new=True, newest={"a": at(-4 * 1440)})
    assert state(book, 0) == "stale"
    for poll in range(10, 200, 10):  # it keeps answering, with new bytes and the old time
        book.answered("gauges", at(poll), is_new=True, newest={"a": at(-4 * 1440)})
        assert state(book, poll) == "stale"


def test_one_fresh_station_does_not_make_a_feed_fresh(book):
    """operations.md 2.7: freshness = max() over stations."""
    newest = {f"s{number}": at(-300) for number in range(99)}
    book.answered("gauges", at(0), newest={**newest, "fresh": at(0)})
    health = book.health(SPEC, at(0))
    assert (health.state, health.age_seconds) == ("stale", 300 * 60.0)
    assert (health.stations, health.stations_late) == (100, 99)
    assert health.newest_time == at(0)


def test_one_dead_station_does_not_make_a_feed_stale(book):
    newest = {f"s{number}": at(-5) for number in range(99)}
    book.answered("gauges", at(0), newest={**newest, "dead": at(-3000)})
    health = book.health(SPEC, at(0))
    assert (health.state, health.stations_late) == ("ok", 1)


def test_stations_that_are_gone_do_not_count_for_ever(book):
    book.answered("gauges", at(0), newest={f"old{number}": at(0) for number in range(99)})
    later = 9 * 1440
    book.answered("gauges", at(later), newest={"new": at(later)})
    assert book.health(SPEC, at(later)).stations == 1
    assert state(book, later) == "ok"


def test_stations_that_answer_without_values_are_not_fresh(book):
    frame = pd.DataFrame(
        {
            "source_id": "gauges", "station_id": ["a", "b", "c", "a"], "property": "rainfall_rate",
            "phenomenon_time": [at(0), at(0), at(0), at(-60)], "received_time": at(0),
            "value": [np.nan, 0.0, 1.0, 0.0], "raw_value": "", "raw_unit": "mm",
            "flag": [9, 1, 4, 1],
        },
        columns=list(COLUMNS),
    )  # fmt: skip
    assert newest_by_station(Parsed(frame, {})) == {"a": at(-60), "b": at(0)}


def test_empty_is_healthy_and_unreachable_is_not(book):
    """D-12: an answer that says nothing and no answer are different states."""
    book.answered("gauges", at(0), outcome="empty")
    assert state(book, 10) == "empty"
    book.failed("gauges", at(10), "status 503")
    health = book.health(SPEC, at(10))
    assert (health.state, health.reason) == ("unreachable", "status 503")


@pytest.mark.parametrize(("kind", "expected"), [("readings", "stale"), ("warnings", "empty")])
def test_an_empty_answer_makes_no_old_station_healthy(book, kind, expected):
    """D-12: a list of sensors without sensors is no good news; one of warnings is."""
    book.answered("gauges", at(0), newest={"a": at(0)})
    book.failed("gauges", at(30), "status 503")
    book.answered("gauges", at(40), outcome="empty")
    assert book.health(replace(SPEC, kind=kind), at(40)).state == expected


def test_a_feed_that_does_not_answer_for_long_is_dead(book):
    book.answered("gauges", at(0), newest={"a": at(0)})
    book.failed("gauges", at(10), "x")
    assert state(book, 10) == "unreachable"
    book.failed("gauges", at(46), "x")
    assert state(book, 46) == "dead"
    book.answered("gauges", at(50), newest={"a": at(50)})
    assert state(book, 50) == "ok"


def test_a_feed_that_never_answered_is_dead_after_its_critical_age(book):
    book.failed("gauges", at(0), "x")
    assert state(book, 1) == "unreachable"
    assert state(book, 46) == "dead"


def test_a_feed_that_nobody_asks_any_more_is_not_shown_as_healthy(book):
    book.answered("gauges", at(0), outcome="empty")
    assert state(book, 1440) == "dead"


def test_nothing_changed_keeps_what_was_known_and_its_age(book):
    book.answered("gauges", at(0), is_new=True, newest={"a": at(0)})
    book.answered("gauges", at(30), outcome="")
    health = book.health(SPEC, at(30))
    assert (health.state, health.last_new, health.last_success) == ("stale", at(0), at(30))


def test_an_older_time_never_turns_back_a_newer_one(book):
    book.answered("gauges", at(0), newest={"a": at(0)})
    book.answered("gauges", at(1), newest={"a": at(-600)})
    assert book.health(SPEC, at(1)).newest_time == at(0)
    assert state(book, 1) == "ok"


def test_health_is_kept_between_processes(book, tmp_path):
    book.failed("gauges", at(0), "line\nbreak")
    assert HealthBook(tmp_path).health(SPEC, at(0)).reason == "line break"


def test_the_breaker_rests_longer_and_longer_but_not_for_ever():
    breaker, rests = Breaker(), []
    for _ in range(FAILURES_TO_OPEN + 9):
        breaker = breaker.failed(NOON)
        if breaker.open_until is not None:
            rests.append(breaker.open_until - NOON)
    assert rests[0] == SHORTEST_REST
    assert rests[1] == 2 * SHORTEST_REST
    assert rests[-1] == LONGEST_REST
    assert breaker.succeeded().allows(NOON)


def test_the_breaker_lets_one_trial_through_after_its_rest(book):
    for _ in range(FAILURES_TO_OPEN):
        assert book.allows("gauges", at(0))
        book.failed("gauges", at(0), "x")
    assert not book.allows("gauges", at(0.5))
    assert book.allows("gauges", at(1))
    book.failed("gauges", at(1), "x")
    assert not book.allows("gauges", at(2.5))
    book.answered("gauges", at(3))
    assert book.allows("gauges", at(3))


def test_a_clock_that_was_set_back_does_not_keep_a_feed_closed():
    breaker = Breaker(9, at(600))
    assert breaker.allows(at(0))

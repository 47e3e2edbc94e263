"""Judging what came in: in bounded windows, told where it fails, made up for afterwards."""

import logging
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from http_servers import serving
from small_feed import answer_of, named

from tests.twin.quality.quality_frames import START, network, rain, stations
from twin.errors import DeviceError
from twin.feeds import judging
from twin.feeds.configuration import FeedSetting
from twin.feeds.intake import Desk, catch_up, replay, take
from twin.feeds.judging import judge_news, judge_waiting
from twin.feeds.polling import poll_all
from twin.observations.store import ObservationStore
from twin.quality.judge import WINDOW, history, lookahead
from twin.quality.rules import read_rules

RULES = read_rules()
NOW = START + pd.Timedelta(hours=2)
MEGABYTE = 2**20


def came(frame, at=NOW):
    return frame.assign(received_time=at)


def gauges(count, steps=12, start=START):
    return pd.concat([rain(np.zeros(steps), station=f"G{i}", start=start) for i in range(count)])


@pytest.fixture
def store(tmp_path):
    store = ObservationStore(tmp_path)
    places = stations(network(60), name="", kind="rain_gauge", property="rainfall_rate", unit="",
                      district="")  # fmt: skip
    store.add_stations(places, "x")
    return store


@pytest.fixture
def judged(monkeypatch):
    """Span and number of the readings of each call of `judge`."""
    calls, judge = [], judging.judge

    def note(frame, *more):
        times = frame["phenomenon_time"]
        calls.append((times.max() - times.min(), len(frame)))
        return judge(frame, *more)

    monkeypatch.setattr(judging, "judge", note)
    return calls


@pytest.mark.parametrize("clock", ["2000-01-01T00:00Z", "2022-01-01T00:00Z"])
def test_one_station_with_a_wrong_clock_costs_a_small_window_and_not_the_years(store, clock):
    """Among 60 gauges of now: all steps between would be 1.3 GB, and 26 GB for 1,256 gauges."""
    wrong = rain([0.0, 0.0], station="G7", start=pd.Timestamp(clock))
    store.append(came(pd.concat([gauges(60), wrong])))
    judge_news(store, NOW)
    tracemalloc.start()
    try:
        assert judge_news(store, NOW) == 60 * 12 + 2, "both times of the same series are judged"
        assert tracemalloc.get_traced_memory()[1] < 60 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_what_lies_between_old_news_and_new_is_not_read_for_them(store, judged):
    """A store of months: news of then and of now reads two windows of it."""
    days = 120
    start = START - pd.Timedelta(days=days)
    store.append(came(gauges(6, days * 24, start).assign(
        phenomenon_time=lambda f: start + (f["phenomenon_time"] - start) * 6), START))  # fmt: skip
    late = rain([1.0], station="G9", start=start + pd.Timedelta(days=9))
    store.append(came(pd.concat([late, gauges(6)])))
    assert judge_news(store, NOW) > 0
    longest = WINDOW + history(RULES) + lookahead(RULES)
    assert all(span <= longest for span, _ in judged)
    assert sum(count for _, count in judged) < 6 * 24 * 20


def test_verdicts_in_windows_are_those_of_one_window(store, tmp_path, monkeypatch):
    frame = gauges(9, 144 * 5)
    wet = frame["phenomenon_time"].dt.hour < 3
    frame["value"] = np.where(wet & (frame["station_id"] != "G4"), 5e-6, 0.0)
    frame = frame.drop_duplicates(["station_id", "phenomenon_time"])
    store.append(came(frame, START + pd.Timedelta(days=5)))
    judge_news(store, START + pd.Timedelta(days=5))
    first = store.series("rainfall_rate")
    monkeypatch.setattr(judging, "_WINDOW_MS", 10**12)
    judge_news(store, START + pd.Timedelta(days=5))
    pd.testing.assert_frame_equal(first, store.series("rainfall_rate"))
    assert (first.loc[first["station_id"] == "G4", "flag"] == 3).any()


NOON = pd.Timestamp("2025-11-20T12:00Z")
SMALL, OTHER = named("small"), named("other")


def at(minutes):
    return NOON + pd.Timedelta(minutes=minutes)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "feeds", ObservationStore(tmp_path / "feeds_store"))


def poll_small(desk, minutes, value, adapter=SMALL):
    """One poll of a source that says this of its station at this time."""
    content = answer_of(at(minutes), {"a": value})
    with serving(lambda to: to.reply(content)) as server:
        feeds = [(adapter, FeedSetting(url=server.url))]
        (intake,) = poll_all(feeds, desk, allow_loopback=True, now=at(minutes + 1))
    return intake


def flag_at(desk, minutes):
    series = desk.store.series("rainfall_rate").set_index("phenomenon_time")
    return series.loc[at(minutes), "flag"]


@pytest.fixture
def broken(monkeypatch):
    """Quality control that wants more memory than there is."""
    working = judging.judge

    def judge(*_):
        raise MemoryError("Unable to allocate 26.5 GiB")

    monkeypatch.setattr(judging, "judge", judge)
    return lambda: monkeypatch.setattr(judging, "judge", working)


def test_judging_that_failed_is_told_and_made_up_for_at_the_next_poll(desk, broken, caplog):
    with caplog.at_level(logging.WARNING, "floodtwin.feeds"):
        intake = poll_small(desk, 0, 390)  # more than can be usual
    words = "readings of 1 hour are kept but not judged (MemoryError: Unable to allocate 26.5 GiB)"
    assert (intake.outcome, intake.kept) == ("unjudged", 1)
    assert words in intake.reason and "the next poll tries again" in intake.reason
    assert "26.5 GiB" in caplog.text
    health = desk.health.health(SMALL.spec, at(1))
    assert health.state == "stale" and words in health.reason
    assert flag_at(desk, 0) == 2, "nobody vouches for it"
    broken()
    intake = poll_small(desk, 120, 2)
    assert (intake.outcome, intake.reason) == ("new", "")
    assert flag_at(desk, 0) == 3, "what was missed is judged"
    assert flag_at(desk, 120) == 1
    health = desk.health.health(SMALL.spec, at(121))
    assert (health.state, health.reason) == ("ok", "")


def test_a_poll_that_brings_nothing_new_makes_up_for_it_too(desk, broken):
    assert poll_small(desk, 0, 390).outcome == "unjudged"
    assert poll_small(desk, 0, 390).outcome == "unjudged", "and is told again"
    broken()
    assert poll_small(desk, 0, 390).outcome == "unchanged"
    assert flag_at(desk, 0) == 3


def test_one_window_that_cannot_be_judged_holds_up_no_other(desk, monkeypatch):
    judge = judging.judge

    def pick(frame, *more):
        if (frame["phenomenon_time"] < at(-1000 * 1440)).any():
            raise ArithmeticError("odd readings")
        return judge(frame, *more)

    monkeypatch.setattr(judging, "judge", pick)
    take(OTHER, desk, answer_of(at(-2000 * 1440), {"old": 1}), at(0))
    intake = poll_small(desk, 0, 390)
    assert (intake.outcome, flag_at(desk, 0)) == ("new", 3)
    health = desk.health.health(OTHER.spec, at(1))
    assert "not judged (ArithmeticError: odd readings)" in health.reason
    assert list(desk.unjudged.waiting()) == [("other", (at(-2000 * 1440).value // 3600 // 10**9))]


def test_a_message_of_a_broker_is_judged_in_the_next_round(desk):
    take(SMALL, desk, answer_of(at(0), {"a": 390}), at(1))
    assert flag_at(desk, 0) == 1
    assert poll_all([], desk, now=at(2)) == []
    assert flag_at(desk, 0) == 3
    assert desk.unjudged.waiting() == {}


def test_what_waits_for_long_is_told_though_nothing_is_known_to_have_failed(desk):
    take(SMALL, desk, answer_of(at(0), {"a": 1}), at(1))
    assert desk.health.health(SMALL.spec, at(5)).state == "ok"
    health = desk.health.health(SMALL.spec, at(20))
    assert health.state == "stale"
    assert health.reason.startswith("readings of 1 hour are kept but not judged; ")


def test_a_store_that_cannot_be_written_is_asked_once_and_not_window_by_window(desk, monkeypatch):
    asked = []

    def refuse(verdicts):
        asked.append(len(verdicts))
        raise DeviceError("the disk is full")

    for day in (0, -100, -200):
        take(SMALL, desk, answer_of(at(day * 1440), {"a": 1}), at(1))
    monkeypatch.setattr(desk.store, "judge", refuse)
    assert judge_waiting(desk.store, desk.unjudged) == 0
    assert len(asked) == 2, "a verdict, and the doubt of those that wait"
    assert len(desk.unjudged.waiting()) == 3
    monkeypatch.undo()
    assert judge_waiting(desk.store, desk.unjudged) == 3
    assert desk.unjudged.waiting() == {}


def test_readings_that_come_while_others_are_judged_are_not_crossed_out(desk):
    take(SMALL, desk, answer_of(at(0), {"a": 1}), at(1))
    waiting = desk.unjudged.waiting()
    take(SMALL, desk, answer_of(at(10), {"a": 1}), at(11))
    desk.unjudged.settle(waiting, {})
    assert len(desk.unjudged.waiting()) == 1, "an hour with newer readings"


def test_what_is_replayed_is_judged_too(desk, tmp_path, broken):
    take(SMALL, desk, answer_of(at(0), {"a": 390}), at(1))
    again = ObservationStore(tmp_path / "again")
    intake = replay(SMALL, desk.raw, again)
    assert (intake.outcome, intake.kept) == ("unjudged", 1)
    assert "readings of 1 hour are kept but not judged (MemoryError" in intake.reason
    broken()
    assert replay(SMALL, desk.raw, ObservationStore(tmp_path / "third")).outcome == "new"
    assert ObservationStore(tmp_path / "third").series("rainfall_rate")["flag"].tolist() == [3]


def test_one_process_judges_at_a_time(desk, monkeypatch):
    """Else the one that read the store first may write its verdicts last."""
    take(named("small"), desk, answer_of(NOW, {"G1": 1.0}), NOW)
    judge_hours, refused = judging.judge_hours, []

    def beside_another(*known):
        with monkeypatch.context() as soon:
            soon.setattr("twin.feeds.unjudged.LONGEST_TURN_SECONDS", -1.0)
            with pytest.raises(DeviceError, match="another process judges") as told:
                judge_waiting(desk.store, Desk(desk.raw.folder, desk.store).unjudged)
        refused.append(told)
        return judge_hours(*known)

    monkeypatch.setattr(judging, "judge_hours", beside_another)
    assert judge_waiting(desk.store, desk.unjudged) == 1
    assert len(refused) == 1
    monkeypatch.undo()
    assert judge_waiting(desk.store, desk.unjudged) == 0


def test_what_a_killed_process_stored_is_judged_though_its_note_is_gone(desk):
    """Another process with the same payload took it back, as it had kept nothing itself."""
    small, content = named("small"), answer_of(NOW, {"G1": 1.0})
    desk.raw.spool("small", content, NOW)
    desk.store.append(small.read(content, NOW).readings)
    assert desk.unjudged.waiting() == {}
    assert catch_up(small, desk).duplicate == 1
    assert len(desk.unjudged.waiting()) == 1
    assert judge_waiting(desk.store, desk.unjudged) == 1

"""Judging what came in: in bounded windows, told where it fails, made up for afterwards."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from tests.twin.quality.quality_frames import START, network, rain, stations
from twin.feeds import judging
from twin.feeds.judging import judge_news
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

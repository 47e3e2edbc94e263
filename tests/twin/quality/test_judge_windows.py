"""Readings years apart are judged in windows: the same verdicts, in memory that is bounded."""

import tracemalloc

import numpy as np
import pandas as pd

from tests.twin.quality.quality_frames import START, network, rain, readings, stations
from twin.quality import judge as module
from twin.quality.judge import history, judge, lookahead
from twin.quality.rules import read_rules

RULES = read_rules()
WRONG_CLOCK = pd.Timestamp("2000-01-01T00:00Z")
MEGABYTE = 2**20


def gauges(count, steps, start=START):
    return [rain(np.arange(steps) % 3, station=f"G{i}", start=start) for i in range(count)]


def test_one_wrong_clock_does_not_make_a_table_of_all_the_years_between():
    """26 years of ten minutes by 60 gauges, twice, would be 1.3 GB."""
    frame = pd.concat([*gauges(60, 12), rain([0.0], station="G7", start=WRONG_CLOCK)])
    judge(frame.tail(20), stations(network(60)), RULES)  # what is loaded once does not count
    tracemalloc.start()
    try:
        verdicts = judge(frame, stations(network(60)), RULES)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60 * MEGABYTE
    assert len(verdicts) == len(frame)


def test_a_series_with_years_between_is_judged_like_each_of_its_parts():
    places = stations({"S1": (1, 1), **network(9)})
    parts = []
    for year in (0, 3, 11):
        start = START - pd.Timedelta(days=365 * year)
        level = 3 + 0.02 * np.sin(np.arange(200) / 10)
        level[90 + year] += 3.0
        parts.append(
            pd.concat([readings(level, name="water_level", start=start), *gauges(9, 200, start)])
        )
    whole = judge(pd.concat(parts), places, RULES)
    apart = pd.concat([judge(part, places, RULES) for part in parts])
    columns = ["station_id", "property", "phenomenon_time"]
    pd.testing.assert_frame_equal(
        whole.sort_values(columns, ignore_index=True), apart.sort_values(columns, ignore_index=True)
    )
    assert (whole["flag"] == 4).sum() == 3


def test_windows_give_the_verdicts_of_one_pass(monkeypatch):
    rng, steps, places = np.random.default_rng(3), 144 * 9, stations({"S1": (1, 1), **network(9)})
    storm = np.where(rng.random(steps) < 0.02, rng.exponential(4, steps), 0)
    storm = np.round(np.convolve(storm, np.ones(9))[:steps] * 2) / 2
    level = 3 + np.convolve(storm, np.exp(-np.arange(50) / 10))[:steps] / 30
    level[300:500], level[900] = level[300], 9.0
    depth = np.where(storm > 3, 0.2, 0.03) + rng.choice([0, 0, 0.001], steps)
    frame = pd.concat(
        [
            readings(depth),
            readings(level, name="water_level"),
            *[rain(np.roll(storm, i), station=f"G{i}") for i in range(9)],
        ]
    ).sample(frac=0.9, random_state=0)
    monkeypatch.setattr(module, "WINDOW", pd.Timedelta(days=1))
    windows = judge(frame, places, RULES)
    monkeypatch.setattr(module, "WINDOW", pd.Timedelta(days=99))
    pd.testing.assert_frame_equal(windows, judge(frame, places, RULES))
    assert (windows["flag"] >= 3).any()


def test_no_pass_sees_more_than_a_window_and_what_tells_its_verdicts(monkeypatch):
    spans, one_pass = [], module._judge

    def note(frame, *more):
        times = frame["phenomenon_time"]
        spans.append(times.max() - times.min())
        return one_pass(frame, *more)

    monkeypatch.setattr(module, "_judge", note)
    judge(rain(np.zeros(400), minutes=720), None, RULES)  # two a day, for 200 days
    assert len(spans) > 60
    assert max(spans) <= module.WINDOW + history(RULES) + lookahead(RULES)

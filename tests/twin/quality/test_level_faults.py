"""Faults of pipes and sensors are found in a year of levels, and rain is not one of them."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.level_faults import KINDS, make_year, measure, score
from tests.twin.quality.quality_frames import rain, readings
from twin.errors import InputError
from twin.quality.level_faults import find_level_faults
from twin.quality.level_series import antecedent_rain, take_apart
from twin.quality.network_faults import find_cross_connection, locate_blockages

HELD_OUT = range(5000, 5012)
"""Years that no threshold was set on."""


@pytest.fixture(scope="module")
def scores():
    return measure(HELD_OUT, faults=3)


def test_faults_of_held_out_years_are_found_and_few_alarms_are_false(scores):
    """X-08: ramp, step and no recession in a year at 10 minutes, with rain as confounder."""
    assert scores.loc["all", "faults"] >= 30
    assert scores.loc["all", "recall"] >= 0.8
    assert scores.loc["all", "precision"] >= 0.8


def test_every_kind_is_found_more_often_than_not(scores):
    """X-08."""
    for kind in KINDS:
        assert scores.loc[kind, "caught"] > 0.5 * scores.loc[kind, "faults"], kind


def test_years_of_rain_alone_give_less_than_one_alarm_each():
    """X-08: typhoons, a wet season and its ground water are no faults."""
    alarms = sum(
        len(find_level_faults(year.levels, year.rain))
        for year in (make_year(seed, faults=0) for seed in range(6000, 6008))
    )
    assert alarms < 8


def test_a_silting_pipe_is_told_before_it_has_silted_up():
    level, wet = dry_year(120)
    ramp = np.r_[np.zeros(60 * 144), np.linspace(0, 0.15, 60 * 144)]
    found = find_level_faults(readings(level + ramp, name="water_level"), wet)
    assert found["kind"].tolist() == ["silting"]
    assert found["found"][0] < readings(level)["phenomenon_time"].iloc[-15 * 144]
    assert pd.isna(found["end"][0])


def test_a_step_is_found_within_six_hours_and_ends_when_it_is_cleared():
    level, wet = dry_year(60)
    level[50 * 144 : 52 * 144] += 0.2
    frame = readings(level, name="water_level")
    found = find_level_faults(frame, wet)
    begin, end = frame["phenomenon_time"].iloc[[50 * 144, 52 * 144]]
    assert found["kind"].tolist() == ["step"]
    assert pd.Timedelta(0) < found["found"][0] - begin <= pd.Timedelta("6h")
    assert abs(found["end"][0] - end) <= pd.Timedelta("2h")
    assert found["size"][0] == pytest.approx(0.2, abs=0.02)


def test_an_upward_fault_is_not_found_from_the_future():
    """An alarm at a time depends on nothing after it."""
    year = make_year(7, faults=3)
    found = find_level_faults(year.levels, year.rain)
    until = found["found"].iloc[-1]
    cut = [part[part["phenomenon_time"] <= until] for part in (year.levels, year.rain)]
    again = find_level_faults(*cut)
    quick = ["stuck", "spikes", "step", "no recession"]
    early = found[found["kind"].isin(quick) & (found["found"] < until - pd.Timedelta("1D"))]
    assert set(early["found"]) <= set(again["found"])


def test_too_few_readings_find_nothing():
    assert find_level_faults(readings([]), rain([])).empty
    assert find_level_faults(readings([1.0]), rain([0.0])).empty
    assert find_level_faults(readings(np.ones(200)), rain(np.zeros(200))).empty


def test_no_step_is_told_without_rain_gauges():
    """Where nobody measures rain, no weather is dry and no rise is called a blockage."""
    level, wet = dry_year(60)
    level[50 * 144 : 52 * 144] += 0.2
    assert find_level_faults(readings(level, name="water_level"), wet[:0]).empty


def test_an_alarm_counts_as_right_only_in_its_time_and_family():
    moments = pd.to_datetime(["2025-03-02", "2025-06-01"], utc=True)
    found = pd.DataFrame({"kind": ["no recession", "silting"], "found": moments})
    faults = pd.DataFrame(
        {
            "kind": ["step", "silting"],
            "start": pd.to_datetime(["2025-03-01", "2025-07-01"], utc=True),
            "end": pd.to_datetime(["2025-03-05", "2025-08-01"], utc=True),
        }
    )
    right, caught = score(found, faults)
    assert right.tolist() == [True, False]
    assert caught.tolist() == [True, False]


def test_antecedent_rain_runs_off_by_its_time():
    index = antecedent_rain(np.r_[0.010, np.zeros(12)], 6.0)
    assert index[6] == pytest.approx(0.010 / np.e)


def dry_year(days, pattern=0.03, response=0.0, seed=3):
    """Level [m] by the clock, and a gauge with a shower every five days."""
    step = np.arange(days * 144)
    wet = np.where((step % (5 * 144) > 600) & (step % (5 * 144) < 612), 2.0, 0.0)
    noise = np.random.default_rng(seed).normal(0, 0.002, step.size)
    kernel = np.exp(-np.arange(200) / 12)
    rise = response * np.convolve(wet, kernel)[: step.size]
    level = 0.4 + pattern * np.sin(step / 144 * 2 * np.pi) + rise + noise
    return np.round(level, 3), rain(wet)


@pytest.mark.parametrize(
    ("kind", "pattern", "response", "expected"),
    [
        ("sanitary", 0.03, 0.0, False),
        ("sanitary", 0.03, 0.01, True),
        ("storm", 0.0, 0.01, False),
        ("storm", 0.03, 0.01, True),
    ],
)
def test_wrong_connections_show_in_the_other_weather(kind, pattern, response, expected):
    """T3: a sanitary level that rises in rain; a storm drain that runs by the clock."""
    level, wet = dry_year(90, pattern, response)
    parts = take_apart(readings(level, name="water_level"), wet)
    answer = find_cross_connection(parts, kind)
    assert answer.suspect is expected
    assert answer.evidence >= 10


def test_a_pipe_is_sanitary_or_storm():
    level, wet = dry_year(30)
    with pytest.raises(InputError, match="expected 'sanitary' or 'storm'"):
        find_cross_connection(take_apart(readings(level), wet), "both")


def test_the_blocked_pipe_lies_where_upstream_is_up_and_downstream_down():
    moment = pd.Timestamp("2026-05-01T00:00Z")
    events = pd.DataFrame(
        {"station_id": list("ABCD"), "kind": ["step", "step", "silting", "stuck"], "found": moment}
    )
    levels = {"B": -0.1, "C": 0.2, "D": 0.0}
    answer = locate_blockages(
        events, {"A": "B", "B": "C", "C": "D"}, lambda station, _: levels[station]
    )
    assert answer["verdict"].tolist() == ["blocked between", "backwater", "one sensor only"]
    alone = locate_blockages(events, {}, lambda station, _: levels[station])
    assert set(alone["verdict"]) == {"not known"}

"""The table of scores: horizons, references on common cases, sample sizes, intervals."""

import numpy as np
import pandas as pd
import pytest

from hydrology.scores.pairs import Pairs, join_pairs
from hydrology.scores.table import (
    number_events,
    score_depths,
    score_events,
    score_onsets,
    score_sightings,
)
from twin.errors import InputError


def labels(count, leads, runs=None):
    runs = np.arange(count) if runs is None else runs
    return pd.DataFrame(
        {
            "run_id": runs,
            "event": np.zeros(count, int),
            "issue_time": np.datetime64("2024-06-09T12:00", "ns"),
            "lead_minutes": leads,
            "place": [f"S{n % 3}" for n in range(count)],
            "district": "West",
        }
    )


def pairs_of(members, observed, leads=30.0, wet=np.nan, references=None):
    count = len(observed)
    return Pairs(
        np.asarray(members, float),
        np.asarray(observed, float),
        np.broadcast_to(np.asarray(wet, float), count).copy(),
        labels(count, np.broadcast_to(leads, count)),
        references or {},
    )


def find(rows, **wanted):
    found = [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]
    assert len(found) == 1, found
    return found[0]


def test_each_horizon_is_scored_by_itself_and_all_together():
    pairs = pairs_of([[0.2], [0.5], [1.0]], [0.0, 0.0, 0.0], leads=[30, 60, 61])
    rows = score_depths(pairs, against="sensors")
    assert find(rows, score="crps_m", horizon="0-1 h")["value"] == pytest.approx(0.35)
    assert find(rows, score="crps_m", horizon="1-3 h")["value"] == pytest.approx(1.0)
    everything = find(rows, score="crps_m", horizon="all")
    assert everything["value"] == pytest.approx(1.7 / 3)
    assert everything["cases"] == 3
    assert everything["against"] == "sensors"


def test_a_reference_is_compared_on_the_cases_that_it_has():
    held = np.array([[np.nan], [0.4], [0.4]])
    pairs = pairs_of([[9.0], [0.1], [0.1]], [0.0, 0.0, 0.0], references={"persistence": held})
    rows = score_depths(pairs)
    assert find(rows, score="crps_m", horizon="all", forecast="persistence")["cases"] == 2
    skill = find(rows, score="crps_skill", horizon="all")
    assert skill["value"] == pytest.approx(0.75)  # 1 - 0.2 / 0.8; the case of 9 m is not in it
    assert skill["cases"] == 2


def test_warnings_are_counted_from_the_trigger_on():
    members = [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    rows = score_events(pairs_of(members, [1.0, 1.0, 0.0, 0.0]), 0.3)
    by_name = {row["score"]: row for row in rows if row["horizon"] == "all"}
    assert by_name["csi"]["value"] == pytest.approx(1 / 3)  # 0.25 is below the trigger
    assert by_name["hit_rate"]["value"] == 0.5
    assert by_name["false_alarm_ratio"]["value"] == 0.5
    assert by_name["csi"]["trigger"] == 0.3
    assert by_name["csi"]["events"] == 2
    assert by_name["brier"]["value"] == pytest.approx((0.75**2 + 0.5**2 + 1) / 4)


def test_the_parts_of_brier_in_the_table_sum_up_to_it():
    generator = np.random.default_rng(8)
    members = (generator.random((200, 10)) < generator.random((200, 1))).astype(float)
    rows = score_events(pairs_of(members, (generator.random(200) < 0.4).astype(float)), 0.3)
    of = {row["score"]: row["value"] for row in rows if row["horizon"] == "all"}
    total = of["brier_reliability"] - of["brier_resolution"] + of["brier_uncertainty"]
    assert of["brier"] == pytest.approx(total)  # ten members fit eleven classes


def test_water_without_depth_counts_at_the_lowest_threshold_only():
    pairs = pairs_of([[1.0], [1.0], [1.0]], [np.nan] * 3, wet=[1.0, 0.0, np.nan])
    assert find(score_events(pairs, 0.1), score="csi", horizon="all")["cases"] == 2
    deep = score_events(pairs, 0.5)
    assert find(deep, score="false_alarm_ratio", horizon="all")["cases"] == 1


def test_a_score_that_is_not_defined_is_none_and_still_counts_its_cases():
    rows = score_events(pairs_of([[0.0], [0.0]], [0.0, 0.0]), 0.3)
    csi = find(rows, score="csi", horizon="all")
    assert (csi["value"], csi["low"], csi["cases"], csi["events"]) == (None, None, 2, 0)


def test_sightings_have_a_hit_rate_and_no_false_alarms():
    rows = score_sightings(np.array([0.9, 0.1, np.nan]), labels(3, [30, 90, 30]), 0.3)
    assert {row["score"] for row in rows} == {"hit_rate"}
    assert find(rows, horizon="all")["value"] == 0.5
    assert find(rows, horizon="all")["cases"] == 2
    assert find(rows, horizon="1-3 h")["value"] == 0.0


def test_lead_times_are_told_with_what_was_missed():
    onsets = [
        {"place": "A", "event": 0, "lead_minutes": 90.0, "ahead": {60: True, 15: True}},
        {"place": "B", "event": 0, "lead_minutes": 30.0, "ahead": {60: False, 15: True}},
        {"place": "C", "event": 1, "lead_minutes": None, "ahead": {60: None, 15: False}},
    ]
    rows = score_onsets(onsets)
    assert find(rows, score="lead_time_minutes")["value"] == 60.0
    assert find(rows, score="lead_time_minutes")["cases"] == 2
    assert find(rows, score="onset_hit_rate")["value"] == pytest.approx(2 / 3)
    assert find(rows, score="warned_ahead", lead_minutes=60)["value"] == 0.5
    assert find(rows, score="warned_ahead", lead_minutes=60)["cases"] == 2


def test_pairs_of_ensembles_of_different_size_are_joined():
    few = pairs_of([[0.0, 1.0]], [0.5], references={"persistence": np.array([[0.4]])})
    many = pairs_of([[0.0, 1.0, 1.0, 1.0]], [0.5])
    joined = join_pairs([few, many])
    np.testing.assert_allclose(joined.probability(0.3), [0.5, 0.75])
    assert np.isnan(joined.references["persistence"][1, 0])
    with pytest.raises(InputError, match="no pair"):
        join_pairs([])


def test_issue_times_far_apart_belong_to_different_events():
    hours = np.array([0, 1, 30, 2, 31])
    times = np.datetime64("2024-06-09T00:00", "ns") + hours * np.timedelta64(3600, "s")
    assert number_events(times).tolist() == [0, 0, 1, 0, 1]

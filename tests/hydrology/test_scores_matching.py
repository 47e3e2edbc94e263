"""Where and when forecast and truth meet, what was known when, and how early a warning was."""

import numpy as np
import pandas as pd
import pytest

from hydrology.scores.lead_time import (
    RunWarning,
    achieved_lead,
    chance_around,
    find_onsets,
    warned_ahead,
)
from hydrology.scores.matching import cells_around, depth_near, largest_in, nearest_values
from hydrology.scores.reference_forecasts import persist_last
from twin.grid import Grid

GRID = Grid(crs="EPSG:3826", x0=0.0, y0=100.0, cell_size=10.0, nx=10, ny=10)
NOON = np.datetime64("2024-06-09T12:00", "ns")


def minutes(*values):
    return NOON + np.array(values) * np.timedelta64(60, "s")


def test_a_point_is_its_own_cell_and_those_whose_middle_is_near():
    rows, columns = cells_around(GRID, 12.0, 95.0, 0.0)
    assert (rows.tolist(), columns.tolist()) == ([0], [1])
    rows, columns = cells_around(GRID, 15.0, 95.0, 10.0)
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        (0, 0), (0, 1), (0, 2), (1, 1),
    ]  # fmt: skip
    assert cells_around(GRID, -1.0, 50.0, 500.0)[0].size == 0


def test_water_anywhere_within_the_radius_counts():
    depth = np.zeros((2, 10, 10))
    depth[1, 1, 1], depth[:, 0, 0] = 0.7, np.nan
    rows, columns = cells_around(GRID, 15.0, 95.0, 10.0)
    np.testing.assert_array_equal(depth_near(depth, rows, columns), [0.0, 0.7])
    assert np.isnan(depth_near(np.full((10, 10), np.nan), rows, columns))


def test_a_reading_tells_of_times_near_to_it_only():
    found = nearest_values(minutes(0, 10), [1.0, 2.0], minutes(-6, -5, 4, 6, 15, 16))
    np.testing.assert_array_equal(found, [np.nan, 1.0, 1.0, 2.0, 2.0, np.nan])
    assert np.isnan(nearest_values(minutes(), [], minutes(0))).all()


def test_a_window_with_a_long_silence_is_not_whole():
    times, values = minutes(10, 20, 30, 40, 50, 60), np.array([0, 0.1, 0.2, 0.1, 0, 0.0])
    assert largest_in(times, values, NOON, minutes(60)[0]) == (0.2, True)
    assert largest_in(times[[0, 4]], values[[0, 4]], NOON, minutes(60)[0]) == (0.0, False)
    assert np.isnan(largest_in(times, values, minutes(90)[0], minutes(120)[0])[0])


def test_the_begin_of_a_window_belongs_to_the_one_before():
    times, values = minutes(0, 10), np.array([9.0, 0.1])
    assert largest_in(times, values, NOON, minutes(10)[0])[0] == 0.1


def _readings(rows):
    frame = pd.DataFrame(rows, columns=["station_id", "phenomenon_time", "received_time", "value"])
    for name in ("phenomenon_time", "received_time"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def test_persistence_does_not_know_what_came_in_later():
    readings = _readings(
        [
            ("A", "2024-06-09T11:40", "2024-06-09T11:42", 0.1),
            ("A", "2024-06-09T11:50", "2024-06-09T12:05", 0.9),  # late
            ("A", "2024-06-09T11:40", "2024-06-09T12:10", 0.5),  # corrected later
            ("B", "2024-06-09T10:30", "2024-06-09T10:31", 0.3),  # stale
            ("C", "2024-06-09T12:00", "2024-06-09T12:00", 0.2),
        ]
    )
    found = persist_last(readings, NOON, ["A", "B", "C", "D"])
    np.testing.assert_array_equal(found, [0.1, np.nan, 0.2, np.nan])


def test_an_onset_is_a_rise_after_a_quiet_spell():
    times = minutes(0, 10, 20, 30, 40, 130, 140)
    depth = np.array([0.0, 0.5, 0.1, 0.5, 0.0, 0.0, 0.6])
    np.testing.assert_array_equal(find_onsets(times, depth, 0.3), minutes(10, 140))


def test_a_record_that_begins_wet_has_no_onset_there():
    assert find_onsets(minutes(0, 10), np.array([0.5, 0.6]), 0.3).size == 0


def test_the_chance_of_an_onset_is_the_share_of_members_wet_near_it():
    times = minutes(0, 30, 60, 90, 120)
    members = np.array([[0, 0, 0, 0.5, 0], [0, 0.5, 0, 0, 0], [0, 0, 0, 0, 0.5], [0] * 5], float)
    assert chance_around(times, members, minutes(60)[0], 0.3) == 0.5
    assert np.isnan(chance_around(times, members, minutes(121)[0], 0.3))


def _warnings(*pairs):
    return [RunWarning(minutes(when)[0], warned) for when, warned in pairs]


def test_lead_counts_from_the_first_warning_that_stayed():
    onset = minutes(0)[0]
    kept = _warnings((-90, True), (-60, True), (-30, True))
    assert achieved_lead(onset, kept) == 90
    called_off = _warnings((-90, True), (-60, False), (-30, True), (-10, True))
    assert achieved_lead(onset, called_off) == 30
    assert achieved_lead(onset, reversed(called_off)) == 30


def test_a_warning_taken_back_or_too_late_is_a_miss():
    onset = minutes(0)[0]
    assert achieved_lead(onset, _warnings((-90, True), (-10, False))) is None
    assert achieved_lead(onset, _warnings((0, True), (10, True))) is None
    assert achieved_lead(onset, []) is None


@pytest.mark.parametrize(("lead", "expected"), [(15, False), (45, True), (60, True), (61, None)])
def test_ahead_counts_the_newest_run_there_was(lead, expected):
    onset = minutes(0)[0]
    assert warned_ahead(onset, _warnings((-60, True), (-20, False)), lead) is expected

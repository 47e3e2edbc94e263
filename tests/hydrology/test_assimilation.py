"""Sensors correct water and factors where they may; what lies is named; all is counted."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hydrology.assimilation.assimilation import assimilate
from hydrology.assimilation.background_check import check_background
from hydrology.assimilation.observation_operator import Observation, find_observations, predict
from hydrology.forecast.perturbations import draw_factors
from hydrology.solver.frames import GaugeRecord
from hydrology.solver.state import State
from tests.hydrology.conftest import make_terrain
from twin.grid import Grid

TERRAIN = make_terrain(np.full((60, 80), 10.0), cell_size=10.0)
GRID = Grid.of(TERRAIN)
TIME = np.datetime64("2026-05-01T12:00", "ns")
MEMBERS = 12


def sensors(**kinds):
    """A sensor of each kind, 100 m apart."""
    x = 105.0 + 100.0 * np.arange(len(kinds))
    points = gpd.points_from_xy(x, np.full(len(kinds), 305.0), crs=GRID.crs)
    frame = {"station_id": list(kinds), "kind": list(kinds.values())}
    return gpd.GeoDataFrame(frame, geometry=points)


def reading(station, name, value, minutes=-1, latency=0.5, flag=1):
    moment = pd.Timestamp(TIME, tz="UTC") + pd.Timedelta(minutes=minutes)
    return {
        "source_id": "test", "station_id": station, "property": name, "value": value,
        "phenomenon_time": moment, "received_time": moment + pd.Timedelta(minutes=latency),
        "flag": flag,
    }  # fmt: skip


def found(stations, *rows, minutes=10):
    frame = pd.DataFrame(list(rows))
    after = TIME - np.timedelta64(minutes, "m")
    return find_observations(
        stations, frame, TERRAIN, GRID, after=after, until=TIME, known_at=TIME
    )  # fmt: skip


def test_levels_and_depths_become_depths_over_the_models_ground():
    stations = sensors(A="road_flood", B="sewer_level", C="sewer_level", D="river_level")
    seen = found(
        stations,
        reading("A", "water_depth", 0.4),
        reading("B", "water_level", 10.25),
        reading("C", "water_level", 8.0),  # in its pipe: says nothing of the street
        reading("D", "water_level", 11.0),
    )
    assert [(one.station, round(one.value, 6)) for one in seen] == [
        ("A", 0.4), ("B", 0.25), ("D", 1.0),
    ]  # fmt: skip
    assert [one.in_river for one in seen] == [False, False, True]
    assert (seen[0].row, seen[0].column) == GRID.cell_of(105.0, 305.0)


@pytest.mark.parametrize("flag", [3, 4, 9])
def test_a_flagged_reading_is_never_heard(flag):
    """R-06"""
    stations = sensors(A="road_flood")
    assert not found(stations, reading("A", "water_depth", 0.4, flag=flag))
    assert found(stations, reading("A", "water_depth", 0.4, flag=2))


def test_a_station_flagged_twice_within_the_hour_is_not_heard():
    stations = sensors(A="road_flood", B="road_flood")
    doubtful = [reading("A", "water_depth", 0.4, minutes=-m, flag=3) for m in (20, 30)]
    once = reading("B", "water_depth", 0.4, minutes=-20, flag=3)
    now = [reading(name, "water_depth", 0.4) for name in "AB"]
    assert [one.station for one in found(stations, *doubtful, once, *now)] == ["B"]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e9, -3.0])
def test_no_number_and_no_depth_are_never_heard(value):
    assert not found(sensors(A="road_flood"), reading("A", "water_depth", value))


def test_what_was_not_known_at_the_issue_time_is_not_heard():
    stations = sensors(A="road_flood")
    assert not found(stations, reading("A", "water_depth", 0.4, minutes=-1, latency=2))
    assert not found(stations, reading("A", "water_depth", 0.4, minutes=1, latency=-2))
    assert not found(stations, reading("A", "water_depth", 0.4, minutes=-11))


def test_the_newest_reading_of_a_station_speaks_for_it():
    seen = found(
        sensors(A="road_flood"),
        reading("A", "water_depth", 0.4, minutes=-2),
        reading("A", "water_depth", 0.1, minutes=-7),
    )
    assert [one.value for one in seen] == [0.4]


def test_wet_and_dry_only_bound_the_depth():
    """SE-5"""
    stations = sensors(A="road_flood", B="road_flood")
    wet, dry = found(stations, reading("A", "is_wet", 1.0), reading("B", "is_wet", 0.0))
    deep, shallow = np.full(5, 0.4), np.full(5, 0.01)
    assert wet.against(deep).value == pytest.approx(0.4)  # no news
    assert wet.against(shallow).value == pytest.approx(0.05)
    assert dry.against(deep).value == pytest.approx(0.05)
    assert dry.against(shallow).value == pytest.approx(0.01)


def test_members_are_asked_at_the_time_of_the_reading():
    seen = found(sensors(A="road_flood"), reading("A", "water_depth", 0.4, minutes=-5))
    start = TIME - np.timedelta64(10, "m")
    record = GaugeRecord(np.array([0.0, 600.0]), np.array([[0.0], [1.0]]), np.zeros((2, 1)))
    assert predict(seen, start, [record, record]) == pytest.approx(np.full((2, 1), 0.5))


def observation(station, x, value, error=0.03, **options):
    row, column = GRID.cell_of(x, 305.0)
    return Observation(station, TIME, (x, 305.0), row, column, value, error, **options)


def ensemble(seed=0, spread=0.3):
    """Members with a level of their own everywhere, and what they predict at every column."""
    level = np.maximum(np.random.default_rng(seed).normal(0.5, spread, MEMBERS), 0.01)
    states = []
    for one in level:
        flow = np.zeros((3, GRID.ny + 2, GRID.nx + 2), np.float32)
        flow[0, 1:-1, 1:-1] = one
        about = dict.fromkeys(("scheme", "dtype", "shape", "grid"), "")
        states.append(State({"flow": flow}, about=about))
    return states, level


def run(observations, states, level, factors=None):
    predicted = np.repeat(level[:, None], len(observations), axis=1)
    factors = factors or draw_factors(GRID, MEMBERS, 0)
    return assimilate(TIME, states, factors, observations, predicted, TERRAIN, GRID)


def test_the_water_moves_near_the_sensor_and_not_beyond_its_reach():
    states, level = ensemble()
    after, _, report = run([observation("A", 105.0, 0.9)], states, level)
    row, column = GRID.cell_of(105.0, 305.0)
    mean = np.mean([state.depth for state in after], axis=0)
    assert mean[row, column] == pytest.approx(0.9, abs=0.03)
    assert mean[row, column] > mean[row, column + 20] > mean[row, column + 35]
    assert mean[row, -1] == pytest.approx(level.mean(), abs=1e-6)  # 695 m away
    assert report.used == ("A",) and not report.rejected
    assert report.misfit_after < 0.2 * report.misfit_before


def test_every_cubic_metre_that_is_added_or_removed_is_counted():
    """The ledger of the product says what the sensors moved."""
    states, level = ensemble()
    after, _, report = run([observation("A", 105.0, 0.0)], states, level)
    for member, (old, new) in enumerate(zip(states, after, strict=True)):
        change = 100.0 * (new.depth.astype(float) - old.depth.astype(float))
        moved = report.added[member] - report.removed[member]
        assert moved == pytest.approx(change.sum(), abs=1e-6)
        assert new.depth.min() >= 0
    assert report.removed.sum() > 100 * report.added.sum()


def test_factors_follow_what_they_correlate_with():
    states, level = ensemble()
    factors = draw_factors(GRID, MEMBERS, 0)
    logs = factors.logs["rainfall"]
    logs[...] = ((level - level.mean()) / 0.5)[:, None, None]  # more rain, more water
    _, after, report = run([observation("A", 105.0, 0.9)], states, level, factors)
    assert after.logs["rainfall"].mean() > logs.mean() + 0.2
    assert report.factors["rainfall"]["factor"] > 1.2


def test_a_river_says_nothing_of_the_citys_rain():
    states, level = ensemble()
    factors = draw_factors(GRID, MEMBERS, 0)
    seen = [observation("R", 105.0, 0.9, in_river=True)]
    after, same, _ = run(seen, states, level, factors)
    for name, logs in factors.logs.items():
        np.testing.assert_allclose(same.logs[name], logs, atol=1e-12)
    np.testing.assert_array_equal(after[0].depth, states[0].depth)  # there is no river here


def test_a_sensor_that_contradicts_all_others_is_rejected_and_named():
    states, level = ensemble()
    seen = [observation(f"S{n}", 105.0 + 40 * n, 0.9) for n in range(5)]
    seen[2] = observation("S2", 185.0, 0.0)
    _, _, report = run(seen, states, level)
    assert report.used == ("S0", "S1", "S3", "S4")
    assert len(report.rejected) == 1 and report.rejected[0].startswith("S2 saw 0.00 m")


def test_a_flood_that_the_ensemble_missed_is_believed_when_several_see_it():
    level = np.random.default_rng(0).normal(0.10, 0.02, MEMBERS)
    predicted = np.repeat(level[:, None], 4, axis=1)
    seen = [observation(f"S{n}", 105.0 + 40 * n, 0.6, error=0.06) for n in range(4)]
    alone = check_background(predicted[:, :1], seen[:1], 4000.0)
    assert len(alone) == 1  # one sensor far from every member is not believed
    assert not check_background(predicted, seen, 4000.0)


def test_nothing_seen_changes_nothing():
    states, _ = ensemble()
    after, _, report = assimilate(
        TIME, states, draw_factors(GRID, MEMBERS, 0), [], np.zeros((MEMBERS, 0)), TERRAIN, GRID
    )
    np.testing.assert_array_equal(after[3].depth, states[3].depth)
    assert report.used == () and report.added.sum() == 0
    assert np.isnan(report.misfit_before)

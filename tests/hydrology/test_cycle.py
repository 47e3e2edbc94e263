"""One cycle after the other: members go on from their own water, with all that may be missing."""

import json

import geopandas as gpd
import numba
import numpy as np
import pandas as pd
import pytest

from hydrology.assimilation.analysis import load_analysis, save_analysis
from hydrology.forecast.forecast import Cycle, forecast
from hydrology.forecast.known_spots import forecast_spots
from hydrology.forecast.parameter_sets import ParameterSet
from hydrology.forecast.product_gates import check_product
from tests.hydrology.test_forecast import GRID, ISSUE, bowl, readings, stations
from twin.errors import InputError, MissingError

LATER = ISSUE + pd.Timedelta(minutes=10)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """On a grid this small, threads wait for each other longer than they compute."""
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    yield
    numba.set_num_threads(threads)


def sensors(count=6):
    """Road sensors around the middle, where the water gathers."""
    angle = np.arange(count) * 2 * np.pi / count
    points = gpd.points_from_xy(500 + 40 * np.cos(angle), 500 + 40 * np.sin(angle), crs=GRID.crs)
    names = [f"F{n}" for n in range(count)]
    return gpd.GeoDataFrame({"station_id": names, "kind": "road_flood"}, geometry=points)


def spots():
    points = gpd.points_from_xy([500, 120, 5000], [500, 880, 500], crs=GRID.crs)
    frame = {"spot_id": ["M", "H", "X"], "name": ["Middle", "Hill", "Elsewhere"]}
    return gpd.GeoDataFrame(frame, geometry=points)


def depths(value, count=6, flag=1, last=ISSUE):
    times = pd.date_range(end=last, freq="5min", periods=12)
    rows = [(f"F{n}", moment) for n in range(count) for moment in times]
    frame = pd.DataFrame(rows, columns=["station_id", "phenomenon_time"])
    frame["phenomenon_time"] = frame["phenomenon_time"].dt.as_unit("ns")
    frame["received_time"] = frame["phenomenon_time"] + pd.Timedelta(seconds=20)
    return frame.assign(source_id="sample", property="water_depth", value=value, flag=flag)


def run(value=None, *, issue=ISSUE, members=6, rain=None, **cycle):
    data = readings(last_minutes=10) if rain is None else rain
    if value is not None:
        data = pd.concat([data, depths(value, last=issue)])
    chosen = Cycle(**({"sensors": sensors(), "spots": spots()} | cycle))
    return forecast(
        bowl(), stations(), data, issue_time=issue, hours=0.4, members=members, cycle=chosen
    )  # fmt: skip


@pytest.fixture(scope="module")
def uncorrected():
    return run(2.5, assimilates=False)


@pytest.fixture(scope="module")
def corrected():
    return run(2.5)


def middle(result):
    row, column = GRID.cell_of(500, 500)
    return float(result.dataset["max_depth_p50"].values[row, column])


def at_sensors(result):
    return float(result.points["water_depth"].isel(time=0, point=slice(0, 6)).mean())


def test_sensors_draw_the_forecast_towards_what_they_see(corrected, uncorrected):
    shallower = run(0.3)
    assert at_sensors(shallower) < 0.7 * at_sensors(uncorrected)
    assert at_sensors(corrected) > 1.1 * at_sensors(uncorrected)
    assert middle(shallower) < middle(uncorrected) < middle(corrected)
    assert corrected.analysis.reports and not uncorrected.analysis.reports
    assert uncorrected.ledger["assimilated_added"] == 0
    assert corrected.ledger["assimilated_added"] > 0
    assert shallower.ledger["assimilated_removed"] > 0


def test_flagged_sensors_change_nothing(uncorrected):
    """R-06"""
    data = pd.concat([readings(last_minutes=10), depths(1.4, flag=4)])
    flagged = run(rain=data)
    np.testing.assert_array_equal(
        flagged.dataset["max_depth_p90"], uncorrected.dataset["max_depth_p90"]
    )
    assert any("nothing usable of 6 level" in line for line in flagged.inputs_degraded)


def test_the_next_cycle_goes_on_from_the_last(corrected, tmp_path):
    save_analysis(corrected.analysis, tmp_path / "analysis")
    kept = load_analysis(tmp_path / "analysis")
    assert kept.time == corrected.analysis.time and kept.count == 6
    warm = run(1.4, issue=LATER, analysis=corrected.analysis)
    from_file = run(1.4, issue=LATER, analysis=kept)
    np.testing.assert_array_equal(warm.dataset["max_depth_p90"], from_file.dataset["max_depth_p90"])
    cold = run(1.4, issue=LATER)
    assert warm.performance["steps"] < 0.6 * cold.performance["steps"]
    assert not any(line.startswith("state:") for line in warm.inputs_degraded)


def test_an_analysis_that_does_not_fit_is_left_and_said(corrected):
    few = run(members=2, analysis=corrected.analysis.first(1))
    assert "state: the last cycle's is not gone on from, it has 1 members" in few.inputs_degraded
    much_later = ISSUE + pd.Timedelta(hours=6)
    rain = readings(last_minutes=360)
    late = run(issue=much_later, rain=rain, analysis=corrected.analysis)
    assert any("is not gone on from, it is of 2026-05-01T" in one for one in late.inputs_degraded)


def test_a_broken_analysis_is_named(corrected, tmp_path):
    with pytest.raises(MissingError, match="no analysis at"):
        load_analysis(tmp_path / "none")
    save_analysis(corrected.analysis, tmp_path / "analysis")
    (tmp_path / "analysis" / "factors.npz").write_bytes(b"half")
    with pytest.raises(InputError, match="is no analysis"):
        load_analysis(tmp_path / "analysis")
    save_analysis(corrected.analysis, tmp_path / "analysis")  # takes its place
    assert load_analysis(tmp_path / "analysis").count == 6
    assert [path.name for path in tmp_path.iterdir()] == ["analysis"]
    json.loads((tmp_path / "analysis" / "analysis.json").read_text())


@pytest.mark.parametrize("lost", [0.3, 0.6, 0.9])
def test_a_forecast_still_comes_when_sensors_are_lost_and_says_so(lost):
    """R-02"""
    rng = np.random.default_rng(0)
    gone_gauges = set(rng.permutation([f"R{n}" for n in range(5)])[: min(4, round(5 * lost))])
    gone = gone_gauges | set([f"F{n}" for n in range(6)][: round(6 * lost)])
    data = pd.concat([readings(last_minutes=10), depths(0.5)])
    result = run(rain=data[~data["station_id"].isin(gone)])
    assert result.members_used == 6
    assert any("gauges" in line or "single gauge" in line for line in result.inputs_degraded)
    if lost > 0.5:
        assert any("level and depth sensors" in line for line in result.inputs_degraded)


def test_no_sensor_at_all_is_an_error_for_the_service_to_turn_into_the_last_good_one():
    """R-02"""
    with pytest.raises(MissingError, match="none of 5 rain gauges reported"):
        run(rain=readings().iloc[:0])


def test_every_known_spot_is_forecast_also_where_nothing_is_feared(corrected):
    """MF-18"""
    table = forecast_spots(corrected, spots())
    assert table["spot_id"].tolist() == ["M", "H", "X"]
    wet, dry, elsewhere = (table.iloc[n] for n in range(3))
    assert wet["probability"] == 1.0 and pd.notna(wet["first_time"])
    assert wet["depth_p10_m"] <= wet["depth_p50_m"] <= wet["depth_p90_m"]
    assert dry["probability"] == 0.0 and pd.isna(dry["first_time"])
    assert dry["depth_p50_m"] < 0.1
    assert np.isnan(elsewhere["probability"]) and pd.isna(elsewhere["first_time"])
    assert table["probability_0.4h"].tolist()[:2] == table["probability"].tolist()[:2]


def test_points_hold_every_member_at_sensors_and_spots(corrected):
    points = corrected.points
    assert points["water_depth"].dims == ("member", "time", "point")
    assert points.sizes["member"] == 6 and points.sizes["point"] == 6 + 2
    assert points["time"].values[0] == corrected.issue_time
    assert set(points["kind"].values) == {"road_flood", "flood_spot"}


def test_horizons_only_add_to_the_probability():
    result = forecast(
        bowl(), stations(), readings(last_minutes=10), issue_time=ISSUE, hours=1.2, members=2,
    )  # fmt: skip
    chance = result.ensemble["exceedance_probability"]
    assert chance["horizon"].values.tolist() == [1.0, 1.2]
    first, all_of_it = (np.nan_to_num(chance.isel(horizon=n).values) for n in (0, 1))
    assert (all_of_it >= first).all()
    np.testing.assert_array_equal(
        chance.isel(horizon=-1).values, result.dataset["exceedance_probability"].values
    )
    hazard = result.ensemble["max_hazard"].values[:, 5, 5]
    assert (np.diff(hazard) >= 0).all()


def test_learned_factors_are_what_the_control_runs_with():
    wetter = run(members=1, parameters=ParameterSet(1, {"rainfall": 1.5}))
    as_it_is = run(members=1)
    assert middle(wetter) > middle(as_it_is) + 0.02
    assert wetter.parameters.version == 1


def test_a_good_product_passes_its_gates(corrected):
    assert check_product(corrected.dataset, corrected.ledger) == ()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda d, g: g.update(relative_error=0.01), "mass error is 0.01"),
        (lambda d, g: g.update(relative_error=float("nan")), "mass error is nan"),
        (lambda d, g: d["max_depth_p50"].values.__setitem__((5, 5), np.nan), "1 NaN inside"),
        (lambda d, g: d["max_depth_p90"].values.__setitem__((5, 5), 900.0), "goes from 0 to 900"),
        (lambda d, g: d["max_depth"].values.__setitem__((5, 5), -0.1), "goes from -0.1"),
        (lambda d, g: d["max_speed"].values.__setitem__((5, 5), np.inf), "1 infinite"),
        (lambda d, g: d["max_depth_p10"].values.__setitem__((5, 5), 9.0), "not in order"),
        (
            lambda d, g: d["exceedance_probability"].values.__setitem__((3, 5, 5), 1.0),
            "likelier than a smaller",
        ),
        (lambda d, g: g.update(assimilated_added=1e9), "sensors moved"),
    ],
)
def test_a_product_that_cannot_be_is_rejected_with_its_reason(corrected, spoil, reason):
    """R-23"""
    dataset, ledger = corrected.dataset.copy(deep=True), dict(corrected.ledger)
    spoil(dataset, ledger)
    reasons = check_product(dataset, ledger)
    assert any(reason in line for line in reasons), reasons

"""Rain over the city by ten minutes: only what fell there, and only what somebody knew."""

import numpy as np
import pytest

from hydrology.forecast.ensemble import Ensemble
from hydrology.forecast.forecast import forecast
from hydrology.forecast.hyetograph import cells_of_city, hyetograph
from hydrology.forecast.perturbations import draw_factors
from hydrology.rainfall.ensemble import persist
from hydrology.rainfall.grid import rainfall_dataset
from hydrology.solver.settings import Settings
from tests.hydrology.conftest import make_terrain
from tests.hydrology.test_forecast import bowl, readings, stations
from twin.grid import Grid

NOON = np.datetime64("2026-05-01T12:00", "ns")
TEN = np.timedelta64(600, "s")
MM_H = 1 / 3.6e6
RAIN = Grid(0.0, 1000.0, 500.0, 2, 2, "EPSG:3826")


def city():
    """A square of 1 km of which the eastern half of the northern half is outside."""
    elevation = np.ones((10, 10))
    elevation[:5, 5:] = np.nan
    return make_terrain(elevation, cell_size=100.0)


def rain(rates, begin=NOON):
    """Rain of some intervals, [[north-west, north-east], [south-west, south-east]] in mm/h."""
    rates = MM_H * np.asarray(rates, float)
    return rainfall_dataset(begin + np.arange(len(rates)) * TEN, rates, RAIN)


def steady(values, begin=NOON):
    return rain(np.broadcast_to(np.reshape(values, (-1, 1, 1)), (len(values), 2, 2)), begin)


def test_only_rain_over_the_cells_of_the_city_counts():
    shares = cells_of_city(city(), RAIN)
    assert shares.tolist() == [[25, 0], [25, 25]]
    observed = rain([[[30, 999], [60, 0]]])
    rows = hyetograph(city(), observed, ("kriging",), [steady([1], NOON + TEN)], ["persistence"])
    assert rows["mean_mm_h"][0] == pytest.approx(30)
    assert rows["max_mm_h"][0] == pytest.approx(60)


def test_cells_of_the_city_are_counted_once_where_they_do_not_fill_those_of_the_rain():
    terrain = make_terrain(np.ones((7, 9)), cell_size=100.0)
    shares = cells_of_city(terrain, Grid(0.0, 700.0, 250.0, 4, 3, "EPSG:3826"))
    assert shares.sum() == 63
    assert shares.shape == (3, 4)


def test_each_interval_says_who_knew_it_and_whether_it_was_measured():
    methods = ("conditional merging", "held", "nowcast", "numerical forecast", "radar")
    rows = hyetograph(
        city(), steady([1, 2, 3, 4, 5]), methods, [steady([6], NOON + 5 * TEN)], ["numerical"]
    )
    assert rows["source"].tolist() == [
        "merged", "persistence", "extrapolated", "numerical", "radar", "numerical"
    ]  # fmt: skip
    assert rows["kind"].tolist() == ["measured", *["estimated"] * 3, "measured", "expected"]
    assert (rows["until"] - rows["time"] == TEN).all()
    assert (rows["time"].diff()[1:] == TEN).all()


def test_rain_of_which_nobody_says_how_it_was_made_is_not_called_measured():
    rows = hyetograph(city(), steady([1]), (), [steady([6], NOON + TEN)], ["not known"])
    assert rows["kind"].tolist() == ["estimated", "expected"]
    assert rows["source"].tolist() == ["not known"] * 2


def test_what_is_ahead_has_the_quantiles_of_the_members_and_no_mean():
    members = [steady([value, 2 * value], NOON + TEN) for value in range(11)]
    rows = hyetograph(city(), steady([4]), ("kriging",), members, ["persistence"] * 2)
    quantiles = [f"mean_p{n}_mm_h" for n in (10, 50, 90)]
    assert rows.loc[0, quantiles].isna().all()
    assert rows.loc[1:, "mean_mm_h"].isna().all()
    np.testing.assert_allclose(rows.loc[1:, quantiles], [[1, 5, 9], [2, 10, 18]])
    np.testing.assert_allclose(rows.loc[1:, "max_mm_h"], [5, 10])


@pytest.fixture(scope="module")
def result():
    options = {"issue_time": "2026-05-01T12:00Z", "hours": 0.5, "members": 4}
    return forecast(bowl(), stations(), readings(last_minutes=-20), **options)


def test_a_forecast_says_what_was_measured_and_what_its_members_had(result):
    rows = result.rain_series
    past, ahead = rows[rows["kind"] != "expected"], rows[rows["kind"] == "expected"]
    assert set(past["kind"]) == {"measured"} and set(past["source"]) == {"gauges"}
    np.testing.assert_allclose(past["mean_mm_h"], 36, rtol=1e-3)
    # what is not known yet begins before the issue time
    assert past["until"].iloc[-1] == ahead["time"].iloc[0] == result.newest_rain_time
    assert ahead["time"].iloc[0] == NOON - 2 * TEN
    assert ahead["until"].iloc[-1] == NOON + 3 * TEN
    assert set(ahead["source"]) == {"persistence"}
    low, middle, high = (ahead[f"mean_p{n}_mm_h"] for n in (10, 50, 90))
    assert ((low < middle) & (middle < high)).all()
    assert (np.diff(middle) < 0).all()  # it dies away


def test_members_are_shown_with_their_own_factors_on_the_rain():
    terrain, settings = bowl(), Settings()
    model = Ensemble(terrain, (), settings, NOON, newest_rain=NOON)
    factors = draw_factors(Grid.of(terrain), 3, seed=1)
    observed = steady([36])
    ahead = persist(observed, NOON + np.arange(3) * TEN, member=2, seed=1)
    own = model.member_rain(ahead, factors, 2)["rainfall_rate"] / ahead["rainfall_rate"]
    assert not np.allclose(own, 1.0)
    control = model.member_rain(ahead, factors, 0)["rainfall_rate"]
    np.testing.assert_array_equal(control, ahead["rainfall_rate"])

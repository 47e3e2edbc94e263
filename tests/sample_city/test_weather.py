import numpy as np
import pytest

from sample_city.plan import make_plan
from sample_city.river import FREEBOARD
from sample_city.weather import (
    make_storm,
    make_typhoon,
    make_weather,
    storm_boundaries,
    typhoon_boundaries,
)
from twin.fields import require


def over_city(plan, rainfall):
    west, south, east, north = plan.grid.bounds
    cell = plan.size.rain_cell
    return rainfall["rainfall_rate"].sel(
        x=slice(west - cell / 2 + 1, east + cell / 2 - 1),
        y=slice(north + cell / 2 - 1, south - cell / 2 + 1),
    )


@pytest.mark.parametrize("size", ["small", "district", "metro"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_worst_hour_of_the_storm_has_117_mm(size, seed):
    plan = make_plan(size, seed)
    storm = make_storm(plan)
    require(storm, "rainfall_rate")
    rate = over_city(plan, storm).values.astype(np.float64)
    hours = np.array([rate[start : start + 12].sum(axis=0) for start in range(25)]) * 300.0
    assert hours.max() == pytest.approx(0.117, rel=0.01)


def test_the_storm_moves_over_the_city(plan):
    storm = over_city(plan, make_storm(plan)).values
    places = [np.unravel_index(frame.argmax(), frame.shape) for frame in storm[8:24]]
    assert len(set(places)) > 3


def test_the_rain_covers_the_city_and_a_ring(plan):
    west, south, east, north = plan.grid.bounds
    for rainfall, _ in make_weather(plan).values():
        assert rainfall["x"][0] < west and rainfall["x"][-1] > east
        assert rainfall["y"][0] > north and rainfall["y"][-1] < south
        assert rainfall.attrs["crs"] == plan.grid.crs


def test_the_typhoon_has_a_realistic_total(plan):
    typhoon = make_typhoon(plan)
    require(typhoon, "rainfall_rate")
    total = over_city(plan, typhoon).sum("time").values * 600.0
    assert 0.4 <= total.mean() <= 0.7
    assert typhoon.sizes["time"] == 48 * 6


def test_times_are_the_start_of_each_interval(plan):
    storm = make_storm(plan)["time"].values
    assert storm[0] == np.datetime64("2024-06-09T06:00")
    assert storm[-1] == np.datetime64("2024-06-09T08:55")


def test_the_typhoon_brings_surge_and_flood_below_the_levee(plan):
    series = typhoon_boundaries(plan).pivot(index="time", columns="boundary_id", values="value")
    quiet = storm_boundaries(plan).pivot(index="time", columns="boundary_id", values="value")
    assert series["outfall"].max() > quiet["outfall"].max() + 0.5
    assert series["outfall"].max() < plan.river.crest(0.0) - FREEBOARD
    assert series["upstream"].max() > 5.0 * series["upstream"].iloc[0]
    assert series.notna().all(axis=None)

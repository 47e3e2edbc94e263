"""What is not known of a city: drawn once for each member, never out of what is believed."""

import numpy as np
import pytest

from hydrology.forecast.parameter_sets import FACTORS
from hydrology.forecast.perturbations import SPREAD, draw_factors
from hydrology.rainfall.grid import rainfall_dataset
from tests.hydrology.conftest import make_terrain
from twin.grid import Grid

GRID = Grid(0.0, 2000.0, 20.0, 150, 100, "EPSG:3826")


def test_the_control_is_the_city_as_it_is():
    """MF-19"""
    factors = draw_factors(GRID, 3, seed=1)
    terrain = make_terrain(np.zeros((20, 30)), manning=0.03, drain_capacity=3e-6)
    assert factors.perturb_terrain(terrain, 0) is terrain
    for name in FACTORS:
        assert (factors.field(name, 0, GRID) == 1.0).all()


def test_a_member_is_the_same_whatever_the_number_of_members():
    few, many = draw_factors(GRID, 3, seed=7), draw_factors(GRID, 9, seed=7)
    for name in FACTORS:
        np.testing.assert_array_equal(few.logs[name], many.logs[name][:3])
    assert not np.array_equal(many.logs["rainfall"][1], many.logs["rainfall"][2])
    assert not np.array_equal(few.logs["rainfall"], draw_factors(GRID, 3, seed=8).logs["rainfall"])


def test_the_median_is_one_and_the_spread_is_as_said():
    factors = draw_factors(GRID, 600, seed=0)
    for name, spread in SPREAD.items():
        logs = factors.logs[name][1:]
        assert np.median(logs) == pytest.approx(0.0, abs=0.15 * spread)
        assert logs.std() == pytest.approx(spread, rel=0.1)


def test_near_places_are_more_alike_than_far_ones():
    logs = draw_factors(Grid(0.0, 8000.0, 100.0, 80, 80, GRID.crs), 400, 0).logs["drain_capacity"]
    first = logs[1:, 0, 0]
    near, far = (np.corrcoef(first, logs[1:, 0, k])[0, 1] for k in (1, -1))
    assert near > 0.35 > 0.15 > abs(far)


def test_factors_multiply_terrain_and_rain_and_stay_within_what_is_believed():
    factors = draw_factors(GRID, 40, seed=3, spread={"rainfall": 4.0, "drain_capacity": 4.0})
    terrain = make_terrain(
        np.zeros((20, 30)), manning=0.03, drain_capacity=3e-6, infiltration_rate=1e-6
    )
    rain = rainfall_dataset([np.datetime64("2026-05-01")], np.full((1, 8, 12), 1e-5),
                            Grid(0.0, 2000.0, 250.0, 12, 8, GRID.crs))  # fmt: skip
    for member in range(1, 40):
        changed = factors.perturb_terrain(terrain, member)
        ratio = changed["drain_capacity"].values / 3e-6
        least, most = FACTORS["drain_capacity"]
        assert ratio.min() >= least and ratio.max() <= most * 1.0001
        np.testing.assert_array_equal(changed["elevation"], terrain["elevation"])
        wetter = factors.perturb_rain(rain, member)["rainfall_rate"].values
        np.testing.assert_allclose(
            wetter[0] / 1e-5, factors.field("rainfall", member, Grid.of(rain)), rtol=1e-4
        )


def test_a_metropolis_has_a_bounded_number_of_points():
    factors = draw_factors(Grid(0.0, 60_000.0, 20.0, 3000, 3000, GRID.crs), 2, 0)
    assert factors.logs["rainfall"][0].size <= 1300

"""Shade falls away from the sun, and the sky that is seen has its closed forms."""

import math

import numpy as np
import pytest

from twin.errors import InputError
from twin.heat.shade import MOST_CELLS, is_shaded, shadow_hours, sky_view

CELL = 2.0


def tower(height=20.0, size=61):
    surface = np.zeros((size, size))
    surface[size // 2, size // 2] = height
    return surface


@pytest.mark.parametrize(
    ("azimuth", "row", "column"), [(180, -1, 0), (0, 1, 0), (90, 0, -1), (270, 0, 1)]
)
def test_shade_falls_away_from_the_sun(azimuth, row, column):
    """With the sun in the south the shadow lies in the north, which is up in the array."""
    shaded = is_shaded(tower(), CELL, azimuth, 45.0)
    assert shaded[30 + 5 * row, 30 + 5 * column]
    assert not shaded[30 - 5 * row, 30 - 5 * column]


@pytest.mark.parametrize("elevation", [20.0, 35.0, 60.0])
def test_a_shadow_is_as_long_as_height_over_tangent(elevation):
    shaded = is_shaded(tower(), CELL, 180.0, elevation)
    length = 20.0 / math.tan(math.radians(elevation))
    assert shaded[:30, 30].sum() * CELL == pytest.approx(min(length, 60.0), abs=CELL)


def test_no_cell_of_a_plain_is_shaded_while_the_sun_is_up_and_all_are_below():
    plain = np.zeros((20, 30))
    assert not is_shaded(plain, CELL, 120.0, 10.0).any()
    assert is_shaded(plain, CELL, 120.0, 1.0).all()


def test_a_plain_sees_the_whole_sky():
    assert sky_view(np.full((30, 30), 7.0), CELL).min() == 1.0


@pytest.mark.parametrize("height", [4.0, 12.0, 30.0])
def test_the_middle_of_a_long_canyon_sees_the_cosine(height):
    """cos(atan(H / half width)); walls are met at the middle of their first cell."""
    surface = np.full((401, 61), height)
    surface[:, 20:41] = 0.0
    half_width = 11 * CELL
    expected = math.cos(math.atan(height / half_width))
    found = sky_view(surface, CELL, reach=800.0)[200, 30]
    assert found == pytest.approx(expected, abs=0.01)


def test_more_walls_leave_less_sky_and_more_shade():
    low, high = tower(10.0), tower(30.0)
    assert (sky_view(high, CELL) <= sky_view(low, CELL) + 1e-6).all()
    sun = np.array([100.0, 180.0, 260.0]), np.array([30.0, 60.0, 30.0])
    shade = [shadow_hours(surface, CELL, *sun, 1.0) for surface in (low, high)]
    assert (shade[1] >= shade[0]).all()
    assert shade[1].sum() > shade[0].sum()


def test_outside_of_the_city_is_void_and_hides_nothing():
    surface = np.zeros((20, 20))
    surface[:, :5] = np.nan
    assert np.isnan(sky_view(surface, CELL)[:, :5]).all()
    assert sky_view(surface, CELL)[:, 5:].min() == 1.0


def test_too_many_cells_and_a_void_city_are_refused():
    with pytest.raises(InputError, match="at most"):
        sky_view(np.zeros((1, MOST_CELLS + 1), np.float32), CELL)
    with pytest.raises(InputError, match="void"):
        is_shaded(np.full((3, 3), np.nan), CELL, 180.0, 45.0)

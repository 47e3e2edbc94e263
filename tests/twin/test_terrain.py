"""Buildings in the cells of a terrain, and the ground under shapes."""

import tracemalloc

import geopandas
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from twin.grid import Grid
from twin.terrain import ground_under, lowest_under, rasterise_buildings, sample_at

GRID = Grid(1000.0, 2000.0, 2.0, 30, 20, "EPSG:28992")


def buildings_of(shapes, heights):
    return geopandas.GeoDataFrame({"height": heights}, geometry=shapes, crs=GRID.crs)


def test_a_building_on_whole_cells_fills_them():
    blockage, height = rasterise_buildings(buildings_of([box(1004, 1990, 1008, 1996)], [7.5]), GRID)
    expected = np.zeros(GRID.shape)
    expected[2:5, 2:4] = 1
    np.testing.assert_array_equal(blockage, expected)
    np.testing.assert_array_equal(height, expected * 7.5)


def test_half_a_cell_is_half_blocked():
    blockage, height = rasterise_buildings(buildings_of([box(1000, 1998, 1001, 2000)], [4.0]), GRID)
    assert blockage[0, 0] == 0.5 and height[0, 0] == 4.0


def test_where_buildings_overlap_the_highest_counts():
    shapes = [box(1000, 1990, 1010, 2000), box(1000, 1990, 1010, 2000)]
    for heights in ([3.0, 9.0], [9.0, 3.0]):
        blockage, height = rasterise_buildings(buildings_of(shapes, heights), GRID)
        assert height.max() == 9.0 and blockage.max() == 1.0


@settings(max_examples=30, deadline=None)
@given(st.floats(1010, 1050), st.floats(1970, 1990), st.floats(2, 9))
def test_the_area_of_a_building_is_kept(x, y, radius):
    shape = Point(x, y).buffer(radius)
    blockage, _ = rasterise_buildings(buildings_of([shape], [5.0]), GRID)
    inside = shape.intersection(box(*GRID.bounds)).area
    # Each sub-cell on the outline may be wrong by itself: half a metre wide here.
    assert abs(blockage.sum() * GRID.cell_size**2 - inside) < 0.5 * shape.length
    assert blockage.min() >= 0 and blockage.max() <= 1


def test_tiles_leave_no_seam():
    grid = Grid(0.0, 1200.0, 1.0, 1100, 1200, "EPSG:28992")
    blockage, _ = rasterise_buildings(buildings_of([box(500, 600, 530, 700)], [5.0]), grid)
    assert blockage.sum() == 30 * 100


def test_points_outside_have_no_value():
    values = np.arange(600.0).reshape(GRID.shape)
    x, y = np.array([1000.1, 1059.9, 999.9, 1010]), np.array([1999.9, 1960.1, 1999, 2000.1])
    np.testing.assert_array_equal(sample_at(values, GRID, x, y), [0, 599, np.nan, np.nan])


def test_ground_is_the_median_under_a_shape():
    elevation = np.full(GRID.shape, 3.0, dtype=np.float32)
    elevation[0, 0] = np.nan
    shapes = np.array([box(1004, 1990, 1008, 1996), box(1000.2, 1998.2, 1001.8, 1999.8)])
    np.testing.assert_array_equal(ground_under(shapes, elevation, GRID), [3.0, np.nan])


def test_an_outline_that_runs_round_the_earth_is_sampled_in_bounded_memory():
    """A vertex with three digits too many: its other corners still lie on the ground."""
    level = np.full(GRID.shape, 5.0)
    level[-1] = 3.0
    wild = Polygon([(1004, 1990), (1e9, 1990), (1004, 1980)])
    tracemalloc.start()
    lowest = lowest_under(np.array([wild, box(1004, 1961, 1010, 1990)]), level, GRID)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lowest.tolist() == [5.0, 3.0]
    assert peak < 20e6


def test_the_lowest_ground_of_many_shapes_is_that_of_each():
    level = np.arange(GRID.ny * GRID.nx, dtype=float).reshape(GRID.shape)
    shapes = np.array([box(1000 + x, 1970, 1004 + x, 1976) for x in range(0, 50, 2)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("twin.terrain._POINTS_AT_A_TIME", 20)
        some = lowest_under(shapes, level, GRID)
    assert some.tolist() == lowest_under(shapes, level, GRID).tolist()
    assert lowest_under(np.empty(0, object), level, GRID).shape == (0,)

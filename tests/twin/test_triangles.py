"""Triangles to a raster: planes are exact, no cell inside is missed, none outside is taken."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon

from twin.grid import Grid
from twin.importers.triangles import rasterise_triangles

GRID = Grid(80000.0, 450000.0, 1.0, 40, 30, "EPSG:28992")


def height(x, y):
    return 3 + 0.1 * (x - GRID.x0) - 0.2 * (y - GRID.y0)


def corners(points):
    return np.array([[(x, y, height(x, y)) for x, y in points]])


inside = st.tuples(st.floats(80000, 80040), st.floats(449970, 450000))


@settings(max_examples=60, deadline=None)
@given(st.lists(inside, min_size=3, max_size=3))
def test_a_cell_has_ground_exactly_where_its_centre_lies_in_the_triangle(points):
    triangle = Polygon(points)
    raster = rasterise_triangles(corners(points), GRID)
    if triangle.area < 1e-3:
        return
    for row, y in enumerate(GRID.y):
        for column, x in enumerate(GRID.x):
            if triangle.exterior.distance(Point(x, y)) > 1e-6:
                assert np.isfinite(raster[row, column]) == triangle.contains(Point(x, y))
    found = np.isfinite(raster)
    x, y = np.meshgrid(GRID.x, GRID.y)
    np.testing.assert_allclose(raster[found], height(x, y)[found], atol=1e-3)


def test_triangles_that_share_edges_leave_no_gap():
    rng = np.random.default_rng(1)
    from scipy.spatial import Delaunay

    points = rng.uniform([79990, 449960], [80050, 450010], (300, 2))
    points = np.vstack([points, [[79900, 449900], [80100, 449900], [80000, 450200]]])
    cloud = np.column_stack([points, height(points[:, 0], points[:, 1])])
    raster = rasterise_triangles(cloud[Delaunay(points).simplices], GRID)
    x, y = np.meshgrid(GRID.x, GRID.y)
    np.testing.assert_allclose(raster, height(x, y), atol=1e-3)


def test_of_two_that_overlap_the_lower_counts():
    low = corners([(80000, 449970), (80040, 449970), (80000, 450000)])
    high = low + [0, 0, 5]
    for triangles in (np.vstack([low, high]), np.vstack([high, low])):
        np.testing.assert_array_equal(
            rasterise_triangles(triangles, GRID), rasterise_triangles(low, GRID)
        )


def test_upright_and_no_triangles_give_no_ground():
    upright = np.array([[(80001, 449990, 0), (80009, 449990, 0), (80005, 449990, 9)]], dtype=float)
    assert np.isnan(rasterise_triangles(upright, GRID)).all()
    assert np.isnan(rasterise_triangles(np.zeros((0, 3, 3)), GRID)).all()

"""Pixels on the screen show the cells that lie there."""

import numpy as np
import pytest
from pyproj import Transformer

from tiles.mercator import corners_lonlat, lonlat_bounds, mercator_grid, source_index
from twin.grid import Grid

CITIES = [
    Grid(300000.0, 2770000.0, 20.0, 250, 250, "EPSG:3826"),  # Taiwan
    Grid(79000.0, 458000.0, 10.0, 400, 300, "EPSG:28992"),  # The Hague
    Grid(380000.0, 6360000.0, 50.0, 900, 300, "EPSG:32756"),  # 45 km wide, southern half
]


@pytest.mark.parametrize("grid", CITIES, ids=lambda g: g.crs)
def test_the_quick_projection_is_right_to_a_tenth_of_a_cell(grid):
    picture = mercator_grid(grid)
    x, y = np.meshgrid(picture.x[::7], picture.y[::7])
    x, y = Transformer.from_crs("EPSG:3857", grid.crs, always_xy=True).transform(x, y)
    columns, rows = (x - grid.x0) / grid.cell_size, (grid.y0 - y) / grid.cell_size
    inside = (columns > 0) & (columns < grid.nx) & (rows > 0) & (rows < grid.ny)
    found = source_index(grid, picture)[::7, ::7]
    clear = inside & (found < grid.nx * grid.ny)
    assert clear.sum() > 0.99 * inside.sum()
    assert np.abs(found[clear] % grid.nx + 0.5 - columns[clear]).max() < 0.6
    assert np.abs(found[clear] // grid.nx + 0.5 - rows[clear]).max() < 0.6


@pytest.mark.parametrize("grid", CITIES, ids=lambda g: g.crs)
def test_the_picture_covers_the_city_at_its_own_resolution(grid):
    picture = mercator_grid(grid)
    shown = source_index(grid, picture)
    assert 0.95 < (shown < grid.nx * grid.ny).sum() / (grid.nx * grid.ny) < 1.05
    west, south, east, north = lonlat_bounds(grid)
    corners = np.array(corners_lonlat(picture))
    assert corners[:, 0].min() <= west + 1e-6
    assert corners[:, 0].max() >= east - 1e-6
    assert corners[:, 1].min() <= south + 1e-6
    assert corners[:, 1].max() >= north - 1e-6
    assert corners[0, 1] == corners[1, 1] > corners[2, 1]


def test_a_metropolis_becomes_a_picture_of_bounded_size():
    picture = mercator_grid(Grid(270000.0, 2800000.0, 5.0, 9000, 9000, "EPSG:3826"))
    assert max(picture.nx, picture.ny) <= 2049

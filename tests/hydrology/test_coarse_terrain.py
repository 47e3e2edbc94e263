"""A city on larger cells keeps its means and its place."""

import numpy as np
import pytest

from hydrology.forecast.coarse_terrain import cells_to_join, coarse_note, coarsen_terrain
from tests.hydrology.conftest import make_terrain
from twin.errors import InputError
from twin.grid import Grid


def test_blocks_become_their_means_and_voids_do_not_count():
    ground = np.arange(24.0).reshape(4, 6)
    ground[0, 0] = np.nan
    ground[2:, 4:] = np.nan
    coarse = coarsen_terrain(make_terrain(ground, drain_capacity=3e-6), 2)
    assert coarse["elevation"].values[0, 0] == pytest.approx((1 + 6 + 7) / 3)
    assert coarse["elevation"].values[1, 0] == pytest.approx((12 + 13 + 18 + 19) / 4)
    assert np.isnan(coarse["elevation"].values[1, 2])
    assert coarse["drain_capacity"].values[0, 0] == pytest.approx(3e-6)
    grid = Grid.of(coarse)
    assert (grid.cell_size, grid.x0, grid.y0, grid.shape) == (10.0, 0.0, 20.0, (2, 3))


def test_what_does_not_divide_has_a_last_block_of_fewer_cells():
    coarse = coarsen_terrain(make_terrain(np.arange(35.0).reshape(5, 7)), 2)
    assert coarse["elevation"].shape == (3, 4)
    assert coarse["elevation"].values[-1, -1] == 34.0


def test_the_product_says_so():
    """MF-3"""
    fine = make_terrain(np.zeros((8, 8)))
    assert coarsen_terrain(fine, 1) is fine
    assert coarse_note(fine, fine) == ()
    assert coarse_note(fine, coarsen_terrain(fine, 2)) == ("model: cells of 10 m for those of 5 m",)


@pytest.mark.parametrize("factor", [0, -1, 1.5, 5])
def test_factors_that_cannot_be_are_refused(factor):
    with pytest.raises(InputError, match="expected a whole number from 1 to 4"):
        coarsen_terrain(make_terrain(np.zeros((8, 8))), factor)


@pytest.mark.parametrize(("hours", "cells"), [(1, 1), (3, 1), (6, 1), (6.5, 2), (48, 2), (72, 3)])
def test_a_longer_forecast_joins_as_many_cells_as_keep_its_cost(hours, cells):
    assert cells_to_join(hours) == cells
    assert hours / cells**3 <= 6

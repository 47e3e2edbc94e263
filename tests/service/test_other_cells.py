"""A run on other cells than those of the city today says nothing of its objects."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import small_city

from service.scenarios.compare import open_side
from service.web.catalogue import Catalogue
from service.web.clock import Clock
from service.web.object_states import ObjectKeeper
from twin.city import write_city
from twin.errors import InputError
from twin.grid import Grid
from twin.state.city_objects import CityObjects
from twin.state.run_peak import run_peak


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    """A town that was imported again after its runs, its window moved by as many cells as it has.

    The count of its cells is what it was.
    """
    data = tmp_path_factory.mktemp("data")
    small_city.build(data)
    city = Catalogue(data).city(small_city.CITY)
    grid = replace(city.grid, x0=city.grid.x0 + 400.0, y0=city.grid.y0 + 300.0)
    terrain = city.terrain.load().assign_coords(x=grid.x, y=grid.y)
    layers = {name: city.layer(name) for name in city.layer_names}
    shutil.rmtree(city.folder)
    write_city(
        city.folder, name=city.name, grid=grid, terrain=terrain, layers=layers, title=city.title,
        buildings_as="raised",
    )  # fmt: skip
    return Catalogue(data)


def test_a_run_of_a_window_that_moved_says_no_depths(catalogue):
    keeper = ObjectKeeper(catalogue, Clock())
    run = keeper.run(small_city.CITY, catalogue.runs(small_city.CITY, 1)[0])
    assert run.mismatch.startswith("the run has its corner at 304000, 2768000, not at 304400, ")
    assert np.isnan(run.largest("buildings")).all()
    objects = keeper.objects(small_city.CITY)
    peak = run_peak(objects, objects.find("building", "row:0"), run.water)
    assert peak["max_depth"] is None
    assert peak["reason"] == run.mismatch


def test_a_run_of_a_window_that_moved_is_compared_with_nothing(catalogue):
    run = catalogue.runs(small_city.CITY, 1)[0]
    with pytest.raises(InputError, match="has its corner at .*; compare runs of one grid"):
        open_side(CityObjects(catalogue.city(small_city.CITY)), run)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, ""),
        ({"x0": 300_000.04}, ""),
        ({"nx": 9}, "20 x 9 cells, not 20 x 30"),
        ({"cell_size": 6.0}, "cells of 6 m, not 5 m"),
        ({"y0": 2_000_001.0}, "its corner at 300000, 2000001, not at 300000, 2000000"),
        ({"crs": "EPSG:3825"}, "CRS EPSG:3825, not EPSG:3826"),
        ({"crs": "epsg:3826"}, ""),
    ],
)
def test_grids_are_told_apart_by_their_cells(other, words):
    grid = Grid(300_000.0, 2_000_000.0, 5.0, 30, 20, "EPSG:3826")
    assert grid.unlike(replace(grid, **other)) == words

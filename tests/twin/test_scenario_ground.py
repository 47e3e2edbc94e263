"""Ground that a scenario moves in and beside water: the level of the water stays."""

import numpy as np
import pytest

from tests.twin.planned_town import EAST, SOUTH, build_town
from twin.heat.surface_cover import surface_number
from twin.scenario.scenario import apply_scenario, scenario_of

LEVEL = 7.1 + 0.5
"""Of the water in column 58, the first of two [m]."""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return build_town(tmp_path_factory.mktemp("cities") / "town")


def box(west, east, south=50, north=100):
    """A place so far from the east and south edge [m]."""
    x, y = (EAST - west, EAST - east), (SOUTH + south, SOUTH + north)
    return {"polygon": [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]]}


def edited(town, *edits):
    city = apply_scenario(town, scenario_of({"edit": list(edits)}, "try", "."))
    return city, city.terrain["initial_depth"].values


def test_fill_displaces_the_water_on_it(town):
    """Land reclaimed from a river is dry, not a hill of water; it can be paved."""
    fill = {"kind": "terrain", "level": 9.0, "only": "fill", **box(10, 0)}
    pave = {"kind": "land_use", "surface": "asphalt", **box(10, 0)}
    city, depth = edited(town, fill)
    cells = city.reports[0].cells
    assert cells.sum() == 20
    assert (city.terrain["elevation"].values[cells] == 9.0).all()
    assert not depth[cells].any()
    assert (city.cover[cells] == surface_number("bare")).all()
    np.testing.assert_array_equal(depth[~cells], town.terrain["initial_depth"].values[~cells])
    assert edited(town, fill, pave)[0].reports[1].cells.sum() == 20


def test_fill_that_stays_below_the_water_leaves_its_level(town):
    city, depth = edited(town, {"kind": "terrain", "by": 0.2, **box(10, 0)})
    cells = city.reports[0].cells
    np.testing.assert_allclose(depth[cells], 0.3, atol=1e-5)
    assert (city.cover[cells] == surface_number("water")).all()


def test_a_dam_through_water_carries_none_on_its_crest(town):
    line = [[EAST - 40, SOUTH + 75], [EAST, SOUTH + 75]]
    city, depth = edited(town, {"kind": "levee", "line": line, "width": 10, "crest": 9.5})
    assert not depth[city.reports[0].cells].any()


def test_a_cut_fills_up_to_the_water_that_it_reaches(town):
    city, depth = edited(town, {"kind": "terrain", "level": 6.0, **box(30, 10)})
    cells = city.reports[0].cells
    np.testing.assert_allclose(6.0 + depth[cells], LEVEL, atol=1e-5)
    assert (city.cover[cells] == surface_number("water")).all()


def test_a_cut_with_ground_between_it_and_the_water_stays_dry(town):
    city, depth = edited(town, {"kind": "terrain", "level": 6.0, **box(40, 20)})
    assert not depth[city.reports[0].cells].any()


def test_a_pond_in_water_is_deeper_by_what_was_dug(town):
    city, depth = edited(town, {"kind": "pond", "depth": 2.0, **box(10, 5)})
    cells = city.reports[0].cells
    np.testing.assert_allclose(depth[cells], 2.5, atol=1e-5)
    assert city.reports[0].storage_m3 == 0


def test_a_building_in_water_has_none_on_its_roof(town):
    city, depth = edited(town, {"kind": "building", "height": 9.0, **box(10, 0)})
    assert not depth[city.reports[0].cells].any()
    assert depth[0, -1] == 0.5

"""Two runs side by side: what is told of buildings and districts."""

from types import SimpleNamespace

import numpy as np
import pytest

from service.scenarios.compare import Side, compare
from tests.twin.planned_town import GRID, build_town, town_layers, town_terrain
from tests.twin.test_scenario import LAWN
from twin.city import write_city
from twin.scenario.scenario import apply_scenario, scenario_of
from twin.state.city_objects import CityObjects

RUN = SimpleNamespace(run_id="some-run", manifest={})


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return build_town(tmp_path_factory.mktemp("cities") / "town")


def water(west, east):
    """The maxima of a run that stands so deep west and east of column 20 [m]."""
    depth = np.full(GRID.shape, west, np.float32)
    depth[:, 20:] = east
    return {"max_depth": depth}


def compared(town, before, after, *edits):
    city = apply_scenario(town, scenario_of({"edit": list(edits)}, "try", ".")) if edits else town
    return compare(
        Side(CityObjects(town), RUN, water(*before)), Side(CityObjects(city), RUN, water(*after))
    )


def test_a_building_that_is_removed_is_not_relieved(town):
    """The water is the same on both sides: nobody was helped."""
    remove = {"kind": "remove_building", "object": "buildings:a"}
    found = compared(town, (0.6, 0.6), (0.6, 0.6), remove)["buildings"]
    assert (found["relieved"], found["newly_flooded"], found["changed"]) == (0, 0, [])
    assert found["removed"] == {"count": 1, "flooded": 1}
    assert found["flooded"]["difference"] == -1


def test_a_building_that_is_added_is_not_newly_flooded(town):
    add = {"kind": "building", "polygon": LAWN, "height": 9.0}
    found = compared(town, (0.6, 0.6), (0.6, 0.6), add)["buildings"]
    assert (found["relieved"], found["newly_flooded"], found["changed"]) == (0, 0, [])
    assert (found["added"], found["count"]) == ({"count": 1, "flooded": 1}, 3)


def test_buildings_are_relieved_and_flooded_by_the_water(town):
    found = compared(town, (0.6, 0.0), (0.0, 0.3))["buildings"]
    assert (found["relieved"], found["newly_flooded"]) == (1, 1)
    assert [row["building_id"] for row in found["changed"]] == ["a", "b"]
    assert found["removed"]["count"] == found["added"]["count"] == 0


def test_districts_of_one_name_keep_their_own_numbers(town, tmp_path):
    """Two districts called East: the people of one are not those of the other."""
    layers = town_layers()
    layers["districts"] = layers["districts"].assign(name="East")
    twins = write_city(
        tmp_path / "twins", name="twins", title="Twins", grid=GRID, terrain=town_terrain(),
        layers=layers, buildings_as="raised", edges="closed",
    )  # fmt: skip
    rows = compared(twins, (0.0, 0.0), (0.6, 0.0))["districts"]
    assert [row["buildings_flooded"]["scenario"] for row in rows] == [1, 0]
    assert [row["people_0_3_m"]["scenario"] for row in rows] == [10, 0]

"""Edits of roads: the ground below a bridge is not the road's, and names mean what they can."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from tests.twin.planned_town import EAST, GRID, MM_H, SOUTH, WEST, build_town
from twin.errors import InputError
from twin.scenario.scenario import apply_scenario, scenario_of

MIDDLE = SOUTH + 30
PAVE = {"kind": "permeability", "imperviousness": 0.5, "infiltration_mm_h": 30}
STREETS = {
    "road_id": ["west", "deck", "east", "below", "thread"],
    "name": ["Mill Street"] * 3 + ["Dip Street", "Thread"],
    "name_zh": ["磨坊街"] * 3 + ["低街", "線"],
    "kind": ["street"] * 5,
    "width": [10.0, 10.0, 10.0, 20.0, np.nan],
    "is_bridge": [False, True, False, False, False],
    "is_underpass": [False, False, False, True, False],
    "geometry": [
        shapely.LineString([(WEST + 20, MIDDLE), (WEST + 80, MIDDLE)]),
        shapely.LineString([(WEST + 80, MIDDLE), (WEST + 140, MIDDLE)]),
        shapely.LineString([(WEST + 140, MIDDLE), (WEST + 200, MIDDLE)]),
        shapely.LineString([(WEST + 110, SOUTH + 5), (WEST + 110, SOUTH + 55)]),
        shapely.LineString([(WEST + 20, SOUTH + 200), (WEST + 80, SOUTH + 200)]),
    ],
}
SPOTS = {
    "spot_id": ["s1", "s2", "s3"],
    "name": ["Mill Street", "Old Well", "Thread"],
    "geometry": [shapely.Point(EAST - 30, SOUTH + 150)] * 3,
}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The town with a street over a bridge, and a spot that bears the name of the street."""
    layers = {"roads": STREETS, "flood_spots": SPOTS}
    layers = {name: gpd.GeoDataFrame(rows, crs=GRID.crs) for name, rows in layers.items()}
    return build_town(tmp_path_factory.mktemp("cities") / "town", **layers)


def edited(town, edit):
    return apply_scenario(town, scenario_of({"edit": [edit]}, "try", "."))


def columns_of(cells):
    """Metres from the west edge of the columns that hold a cell."""
    return np.unique(np.nonzero(cells)[1]) * 5.0


MILL_STREET = {"object": {"layer": "roads", "name": "Mill Street"}}


@pytest.mark.parametrize(
    "edit",
    [
        PAVE,
        {"kind": "land_use", "surface": "asphalt"},
        {"kind": "terrain", "by": 0.3},
        {"kind": "levee", "height": 0.5, "width": 10},
    ],
    ids=lambda edit: edit["kind"],
)
def test_the_ground_below_the_bridge_of_a_road_stays_as_it_is(town, edit):
    city = edited(town, edit | MILL_STREET)
    west_to_east = columns_of(city.reports[0].cells)
    np.testing.assert_array_equal(west_to_east, [*range(20, 80, 5), *range(140, 200, 5)])
    below = np.s_[43:45, 16:28]  # the deck, 10 m wide
    for name in ("elevation", "imperviousness", "infiltration_rate", "manning"):
        before, after = (one.terrain[name].values[below] for one in (town, city))
        np.testing.assert_array_equal(after, before)
    assert "600 m² below bridges left as it is" in city.reports[0].text


def test_a_road_that_passes_below_the_bridge_is_ground(town):
    """An underpass is paved where it lies, and no bridge of another edit's road hinders it."""
    city = edited(town, PAVE | {"object": ["roads:west", "roads:deck", "roads:below"]})
    crossing = np.s_[43:45, 20:24]
    assert city.reports[0].cells[crossing].all()
    assert city.terrain["infiltration_rate"].values[crossing].min() == pytest.approx(30 * MM_H)
    assert "400 m² below bridges left as it is" in city.reports[0].text
    alone = edited(town, PAVE | {"object": "roads:below"}).reports[0]
    assert alone.cells[crossing].all()
    assert "bridges" not in alone.text


def test_a_polygon_below_a_bridge_changes_the_ground_there(town):
    x, y = (WEST + 90, WEST + 130), (MIDDLE - 5, MIDDLE + 5)
    polygon = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]]
    assert edited(town, PAVE | {"polygon": polygon}).reports[0].cells.sum() == 8 * 2


def test_a_bridge_alone_has_no_ground(town):
    with pytest.raises(InputError, match=r"edit 1 \(permeability\) lies on bridges only"):
        edited(town, PAVE | {"object": "roads:deck"})


@pytest.mark.parametrize("name", ["Mill Street", "磨坊街"])
def test_a_name_means_the_layer_whose_shape_the_edit_can_use(town, name):
    by_name = edited(town, PAVE | {"place": name}).reports[0]
    by_object = edited(town, PAVE | MILL_STREET).reports[0]
    np.testing.assert_array_equal(by_name.cells, by_object.cells)
    wall = edited(town, {"kind": "wall", "place": name}).reports[0]
    assert wall.text == "wall of 180 m"


def test_a_radius_means_the_point_of_a_name(town):
    spot = edited(town, PAVE | {"place": "Mill Street", "radius": 10}).reports[0]
    assert columns_of(spot.cells).min() >= EAST - WEST - 45


@pytest.mark.parametrize(
    ("place", "edit", "words"),
    [
        ("Old Well", PAVE, r"a name in flood_spots \(point\), .* add radius$"),
        ("Old Well", {"kind": "wall"}, r"flood_spots \(point\), expected a line or a surface"),
        ("Thread", PAVE, r"flood_spots \(point\) and roads \(line\).*layer = .roads., name"),
        ("Atlantis", PAVE, "which city town does not know, expected .*flood_spots.*, roads"),
    ],
)
def test_a_name_that_the_edit_cannot_use_says_what_bears_it(town, place, edit, words):
    with pytest.raises(InputError, match=words) as refusal:
        edited(town, edit | {"place": place})
    assert "\n" not in str(refusal.value)

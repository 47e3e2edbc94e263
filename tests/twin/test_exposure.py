"""Water counts at a building when it stands against its walls."""

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from twin.errors import InputError
from twin.exposure import building_depths, building_rings, district_severity, people_exposed
from twin.grid import Grid

GRID = Grid(0.0, 100.0, 10.0, 10, 10, "EPSG:3826")


def house(row, column, rows=1, columns=1):
    """A footprint that fills whole cells."""
    return box(10 * column, 100 - 10 * (row + rows), 10 * (column + columns), 100 - 10 * row)


def buildings(*shapes, crs="EPSG:3826", occupants=None):
    data = {"occupants": occupants or [10] * len(shapes)}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=crs)


def test_the_deepest_cell_of_the_ring_counts_and_no_other():
    depth = np.zeros((2, 10, 10), np.float32)
    depth[0, 4, 4] = 5.0  # on the roof
    depth[0, 2, 2] = 7.0  # two cells away
    depth[1, 3, 3] = 0.4  # at the corner
    found = building_depths(buildings(house(4, 4, 2, 2)), depth, GRID)
    np.testing.assert_allclose(found, [[0.0], [0.4]])


def test_a_share_of_the_ring_is_between_its_shallowest_and_deepest_cell():
    """The P90 of operations 6.4: one deep cell of eight is no depth of a house."""
    rings = building_rings(buildings(house(4, 4), house(8, 1)), GRID)
    depth = np.arange(GRID.ny * GRID.nx, dtype=np.float32).reshape(GRID.shape) / 100.0
    for share in (0.0, 0.5, 0.9, 1.0):
        found = rings.quantile(depth, share)
        for number in range(2):
            expected = np.quantile(depth.ravel()[rings.of(number)], share)
            assert found[number] == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(rings.quantile(depth, 1.0), rings.deepest(depth))
    depth[:] = np.nan
    assert np.isnan(rings.quantile(depth, 0.9)).all()
    one = np.zeros(GRID.shape, np.float32)
    one.ravel()[rings.of(0)[0]] = 2.0
    assert rings.deepest(one)[0] == 2.0
    assert rings.quantile(one, 0.5)[0] == 0.0


def test_a_ring_has_the_cells_a_child_would_count():
    rings = building_rings(buildings(house(4, 4, 2, 3)), GRID)
    assert rings.cell.size == 4 * 5 - 2 * 3


def test_the_water_on_a_neighbours_roof_does_not_count():
    depth = np.zeros((1, 10, 10), np.float32)
    depth[0, 4, 5] = 3.0
    found = building_depths(buildings(house(4, 4), house(4, 5)), depth, GRID)
    np.testing.assert_allclose(found, [[0.0, 0.0]])


def test_a_house_in_a_closed_block_has_the_depth_of_its_own_cell():
    around = [house(3, 3, 1, 3), house(5, 3, 1, 3), house(4, 3), house(4, 5)]
    depth = np.zeros((1, 10, 10), np.float32)
    depth[0, 4, 4] = 0.7
    assert building_depths(buildings(house(4, 4), *around), depth, GRID)[0, 0] == pytest.approx(0.7)


def test_a_hut_smaller_than_a_cell_is_not_lost():
    depth = np.full((1, 10, 10), 0.2, np.float32)
    assert building_depths(buildings(box(31, 31, 33, 33)), depth, GRID)[0, 0] == pytest.approx(0.2)


def test_outside_is_nan_and_nan_cells_are_passed_over():
    depth = np.full((1, 10, 10), np.nan, np.float32)
    depth[0, :, 5:] = 0.3
    found = building_depths(buildings(house(4, 4), house(4, 1), house(40, 40)), depth, GRID)
    assert found[0, 0] == pytest.approx(0.3)
    assert np.isnan(found[0, 1:]).all()


def test_no_buildings_and_no_frames_are_empty():
    assert building_depths(buildings(), np.zeros((3, 10, 10)), GRID).shape == (3, 0)
    assert building_depths(buildings(house(1, 1)), np.zeros((0, 10, 10)), GRID).shape == (0, 1)


def test_people_are_counted_above_each_threshold():
    layer = buildings(house(1, 1), house(5, 5), house(8, 8), occupants=[3, 5, None])
    depths = np.array([[0.2, 0.6, 2.0], [0.05, 0.31, 0.0]])
    exposed = people_exposed(layer, depths)
    assert {key: value.tolist() for key, value in exposed.items()} == {
        0.1: [8, 5],
        0.3: [5, 5],
        0.5: [5, 0],
    }


def test_districts_are_ordered_by_how_hard_they_are_hit():
    districts = gpd.GeoDataFrame(
        {"name": ["West", "East", "Empty"]},
        geometry=[box(0, 0, 50, 100), box(50, 0, 100, 100), box(200, 0, 300, 100)],
        crs=GRID.crs,
    )
    layer = buildings(house(1, 1), house(5, 7), house(8, 8), occupants=[3, 5, 2])
    table = district_severity(districts, layer, [0.2, 0.6, np.nan])
    assert table["district"].tolist() == ["East", "West", "Empty"]
    assert table["severity"].tolist() == [3, 1, 0]
    assert table["people_0_1_m"].tolist() == [5, 3, 0]
    assert table["deepest_m"].tolist() == [0.6, 0.2, 0.0]


def test_buildings_in_another_reference_system_are_refused():
    with pytest.raises(InputError, match="expected EPSG:3826"):
        building_rings(buildings(house(1, 1), crs="EPSG:4326"), GRID)

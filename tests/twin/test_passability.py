"""Who gets through which water; how deep a road stands."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.grid import Grid
from twin.roads.passability import (
    KMH,
    VEHICLES,
    ground_cells,
    is_passable,
    line_cells,
    pregnolato_speed,
    safe_speed,
    spans,
    vehicle_named,
)
from twin.state.pipe_flow import full_pipe_flow

GRID = Grid(0.0, 100.0, 10.0, 10, 10, "EPSG:3826")
DRY_LAND = np.zeros(GRID.shape, bool)


def test_the_speed_of_pregnolato_is_cut_where_its_parabola_turns_up():
    """X-01."""
    speed = pregnolato_speed([0.0, 0.15, 0.3, 0.6]) / KMH
    assert speed.round(2).tolist() == [86.94, 24.26, 0.0, 0.0]


def test_a_full_pipe_carries_its_golden_flow():
    """X-01."""
    assert full_pipe_flow(1.0, 0.002) == pytest.approx(1.072, abs=5e-4)
    assert full_pipe_flow(1.0, -0.002) == 0.0


@given(st.floats(0, 3), st.floats(0, 3), st.sampled_from(sorted(VEHICLES)))
def test_deeper_water_is_never_faster_on_wheels_or_on_foot(depth, more, name):
    """X-02."""
    vehicle = VEHICLES[name]
    first, second = safe_speed([depth, depth + more], 20.0, vehicle)
    assert first >= second or vehicle.floats
    if vehicle.floats:
        assert first <= second


def test_heavier_vehicles_get_through_deeper_water():
    depth = 0.5
    assert not is_passable(depth, VEHICLES["car"])
    assert not is_passable(depth, VEHICLES["ambulance"])
    assert is_passable(depth, VEHICLES["fire_engine"])
    assert is_passable(depth, VEHICLES["boat"])
    assert not is_passable(0.2, VEHICLES["boat"])


def test_water_at_the_limit_stops_every_vehicle():
    """X-03."""
    for vehicle in VEHICLES.values():
        if not vehicle.floats:
            assert not is_passable(np.float32(vehicle.limit), vehicle)


def test_an_unknown_depth_is_never_passable():
    """X-03."""
    for vehicle in VEHICLES.values():
        assert not is_passable(np.nan, vehicle)
        assert np.isnan(safe_speed(np.nan, 10.0, vehicle))


def test_an_unknown_vehicle_is_named():
    with pytest.raises(InputError, match="vehicle is 'tank', expected one of car"):
        vehicle_named("tank")


def test_the_deepest_cell_under_a_road_counts_even_where_it_only_grazes_it():
    depth = np.zeros(GRID.shape, np.float32)
    depth[4, 7] = 0.8
    roads = [shapely.LineString([(5, 55), (95, 55)]), shapely.LineString([(5, 15), (95, 15)])]
    assert line_cells(roads, GRID).deepest(depth) == pytest.approx([0.8, 0.0])


def test_a_road_outside_of_the_grid_or_of_the_city_has_no_depth():
    depth = np.full(GRID.shape, np.nan, np.float32)
    roads = [
        shapely.LineString([(5, 55), (95, 55)]),
        shapely.LineString([(500, 5), (600, 5)]),
        None,
    ]
    assert np.isnan(line_cells(roads, GRID).deepest(depth)).all()


def test_a_bridge_has_no_water_and_the_road_under_it_has_its_own():
    """X-03: a road under a bridge."""
    depth = np.full(GRID.shape, 0.6, np.float32)
    bridge = shapely.LineString([(5, 55), (95, 55)])
    below = shapely.LineString([(55, 5), (55, 95)])
    cells = ground_cells([bridge, below], np.array([1, 0]), GRID, DRY_LAND)
    found = cells.deepest(depth)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(0.6)
    assert spans([bridge, below], np.array([1, 0]), GRID, DRY_LAND).tolist() == [True, False]


def test_a_road_above_an_underpass_is_not_drowned_by_it():
    """X-03: an underpass has its own depth."""
    depth = np.zeros(GRID.shape, np.float32)
    depth[:, 5] = 2.0
    under = shapely.LineString([(55, 5), (55, 95)])
    above = shapely.LineString([(5, 55), (95, 55)])
    cells = ground_cells([under, above], np.array([-1, 0]), GRID, DRY_LAND)
    assert cells.deepest(depth).tolist() == [2.0, 0.0]


def test_a_road_over_a_canal_is_a_bridge_though_nobody_says_so():
    canal = np.zeros(GRID.shape, bool)
    canal[4:6] = True
    depth = np.where(canal, 3.0, 0.1).astype(np.float32)
    across = shapely.LineString([(55, 5), (55, 95)])
    on_it = shapely.LineString([(55, 45), (55, 55)])
    level = np.array([0, 0])
    assert ground_cells([across, on_it], level, GRID, canal).deepest(depth)[0] == pytest.approx(0.1)
    assert spans([across, on_it], level, GRID, canal).tolist() == [False, True]

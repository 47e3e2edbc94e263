"""Faces that are narrowed or closed: the same for both schemes, in the time loop."""

import numpy as np
import pytest

from hydrology.solver.boundaries import Inflow
from hydrology.solver.settings import Settings
from hydrology.solver.simulation import simulate
from hydrology.solver.structures import Levee
from tests.hydrology.conftest import make_rain, make_terrain
from twin.errors import InputError

SCHEMES = [("inertial", 1), ("dynamic", 1), ("dynamic", 2)]


def pond(depth_west, depth_east, **fields):
    """Terrain of 20 by 24 flat cells, its west half and its east half under water."""
    ground = np.zeros((20, 24))
    depth = np.where(np.arange(24) < 12, depth_west, depth_east) + ground
    return make_terrain(ground, initial_depth=depth, manning=0.03, **fields)


def a_wall(crest=100.0):
    rows = np.arange(20)
    return Levee("wall", rows, np.full(20, 11), rows, np.full(20, 12), crest)


def run(terrain, scheme, seconds=60, **options):
    chosen = Settings(scheme=scheme[0], order=scheme[1], dtype="float64", frame_seconds=seconds)
    return simulate(terrain, seconds=seconds, settings=chosen, **options)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_wall_between_two_cells_holds_the_water(scheme):
    result = run(pond(2.0, 0.5), scheme, structures=(a_wall(),))
    assert result.state.depth[:, 12:] == pytest.approx(np.full((20, 12), 0.5), abs=1e-12)
    assert result.state.depth[:, :12] == pytest.approx(np.full((20, 12), 2.0), abs=1e-12)
    assert float(result.flood["max_speed"].max()) < 1e-12


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_wall_stops_a_wave_like_a_row_of_closed_cells(scheme):
    ground = np.zeros((6, 41))
    wave = np.broadcast_to(1.0 + 0.5 * (np.arange(41) < 6), ground.shape).copy()
    rows = np.arange(6)
    levee = Levee("wall", rows, np.full(6, 19), rows, np.full(6, 20), 100.0)
    walled = run(make_terrain(ground, initial_depth=wave), scheme, 30, structures=(levee,))
    ground[:, 20] = np.nan
    blocked = run(make_terrain(ground, initial_depth=wave), scheme, 30)
    assert walled.state.depth[:, :20] == pytest.approx(blocked.state.depth[:, :20], abs=0.01)
    assert abs(walled.ledger["relative_error"]) < 1e-12


@pytest.mark.parametrize("scheme", SCHEMES)
def test_narrow_faces_let_less_through_and_lose_nothing(scheme):
    passed = []
    for share in (1.0, 0.5, 0.1):
        opening = np.ones((20, 24))
        opening[:, 12] = share
        result = run(pond(2.0, 0.5, conveyance_x=opening), scheme, 5)
        assert abs(result.ledger["relative_error"]) < 1e-12
        passed.append(result.state.depth[:, 12:].sum() - 0.5 * 240)
    assert passed[0] > 1.2 * passed[1] > 2 * passed[2] > 0


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_lake_rests_among_narrow_faces(scheme):
    rng = np.random.default_rng(1)
    ground = rng.random((20, 24))
    shares = {f"conveyance_{axis}": rng.random((20, 24)).round() for axis in "xy"}
    lake = make_terrain(ground, initial_depth=np.maximum(0.7 - ground, 0), **shares)
    assert float(run(lake, scheme).flood["max_speed"].max()) < 1e-12


def test_half_full_cells_hold_half_and_rise_twice_as_fast():
    creek = Inflow("creek", np.array([5]), np.array([5]), np.zeros(1), np.array([2.0]))
    porous = pond(1.0, 1.0, porosity=0.5, drain_capacity=1e-5)
    rain = make_rain(porous, 100.0, 60)
    result = simulate(
        porous, rain, seconds=60, boundaries=(creek,), settings=Settings(dtype="float64")
    )
    assert result.ledger["initial"] == pytest.approx(0.5 * 480 * 25)
    assert result.ledger["rain"] == pytest.approx(100 / 3.6e6 * 60 * 480 * 25)
    assert result.ledger["inflow"] == pytest.approx(120.0)
    assert abs(result.ledger["relative_error"]) < 1e-12
    rise = (120.0 + result.ledger["rain"] - result.ledger["drained"]) / (480 * 25)
    assert result.state.depth.mean() == pytest.approx(1.0 + 2 * rise)


def test_porosity_belongs_to_the_inertial_scheme():
    with pytest.raises(InputError, match="porosity is given with scheme 'dynamic'"):
        run(pond(1.0, 1.0, porosity=0.5), ("dynamic", 1))

"""The formulas, by hand."""

import math

import numpy as np
import pytest
from numba import njit

from hydrology.solver.physics import face_discharge, flow_depth, given_share, stable_step
from hydrology.solver.precision import like, packed, reciprocal_cube_root, unpacked


@njit
def _roots(x, y):
    for i in range(x.size):
        y[i] = reciprocal_cube_root(x[i])


@pytest.mark.parametrize(("dtype", "error"), [("float32", 2e-6), ("float64", 1e-14)])
def test_reciprocal_cube_root_is_close(dtype, error):
    x = np.logspace(-6, 3, 5000).astype(dtype)
    y = np.empty_like(x)
    _roots(x, y)
    assert np.abs(y * np.cbrt(x.astype("f8")) - 1).max() < error


def test_a_literal_takes_the_type_of_its_neighbour():
    assert like.py_func(np.float32(3), 0.1).dtype == np.float32
    assert like.py_func(np.float64(3), 0.1).dtype == np.float64


@pytest.mark.parametrize(
    ("rise", "before", "after", "expected"),
    [
        (0.0, 0.3, 0.1, 0.3),  # flat: the deeper side counts
        (1.0, 0.4, 0.0, 0.0),  # a step up that the water does not reach
        (1.0, 1.4, 0.0, 0.4),  # a step up that it overtops
        (-2.0, 0.3, 0.5, 0.3),  # a fall: the depth before it
        (-2.0, 0.3, 3.0, 1.0),  # a drowned fall: level after less ground before
    ],
)
def test_flow_depth_is_higher_level_less_higher_ground(rise, before, after, expected):
    assert flow_depth.py_func(rise, before, after) == pytest.approx(expected)


@pytest.mark.parametrize("wave", [math.inf, 0.1])
def test_friction_brings_a_face_to_mannings_discharge(wave):
    depth, slope, manning, step = 0.5, 0.001, 0.03, 0.5
    rough, pull, cap = 9.81 * step * manning**2, 9.81 * step / 5.0, 9.81 * 10.0**2
    q = 0.0
    for _ in range(20000):
        q = face_discharge.py_func(q, q, 0.0, depth, 0.0, -slope * 5.0, rough, pull, cap, wave)
    assert q == pytest.approx(depth ** (5 / 3) * math.sqrt(slope) / manning, rel=1e-4)


def test_a_dry_face_lets_nothing_through():
    assert face_discharge.py_func(0.3, 0.3, 0.0, 5e-5, 0.0, -1.0, 0.005, 5.0, 9.81, math.inf) == 0.0


def test_a_steep_face_is_held_at_the_froude_limit():
    depth = 0.2
    q = face_discharge.py_func(0.0, 0.0, 0.0, depth, 0.0, -10.0, 0.005, 5.0, 9.81, math.inf)
    assert q == pytest.approx(depth * math.sqrt(9.81 * depth))


def test_water_that_passes_waves_slowly_gains_less_in_a_step():
    gained = [
        face_discharge.py_func(0.0, 0.0, 0.0, 4.0, 0.0, -0.01, 0.0, 0.1, 9.81, wave)
        for wave in (math.inf, 4.0, 1.0)
    ]
    assert gained[0] == gained[1] == pytest.approx(4.0 * 0.1 * 0.01)
    assert gained[2] == pytest.approx(gained[0] / 4)


def test_a_cell_gives_no_more_than_it_has():
    assert given_share.py_func(1.0, 0.5) == 1.0
    assert given_share.py_func(0.1, 0.4) * 0.4 <= 0.1
    assert given_share.py_func(0.0, 0.0) == 0.0


def test_deeper_water_needs_a_shorter_step():
    assert stable_step(5.0, 4.0, 0.7) == pytest.approx(0.7 * 5.0 / 4.0)
    assert stable_step(5.0, 0.0, 0.7) < 0.7 * 5.0 / math.sqrt(9.81 * 0.009)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_rounding_owes_survives_packing(dtype):
    depth = np.logspace(-4, 2, 500).astype(dtype)
    owed = (0.5 * np.spacing(depth) * np.linspace(-1, 1, 500)).astype(dtype)
    back = np.array([unpacked(d, packed(d, o)) for d, o in zip(depth, owed, strict=True)])
    assert (np.abs(back - owed) <= np.maximum(np.spacing(depth) / 1e4, 1e-12)).all()

"""Infiltration against its analytic solutions, and the laws that every model keeps."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from hydrology.solver import infiltration
from hydrology.solver.infiltration import Infiltration
from twin.errors import InputError

MM_H = 1e-3 / 3600
HOUR = 3600.0
LOAM = Infiltration.green_ampt(3.4 * MM_H, 0.089, 0.35)
MEADOW = Infiltration.horton(76 * MM_H, 13 * MM_H, 4.14 / HOUR)
LAWN = Infiltration.curve_number(75)
CLAY = Infiltration.constant(2 * MM_H)
FORMULAS = {
    infiltration.CONSTANT: infiltration.constant,
    infiltration.HORTON: infiltration.horton,
    infiltration.GREEN_AMPT: infiltration.green_ampt,
    infiltration.CURVE_NUMBER: infiltration.curve_number,
}


def _compiled(formula):
    """One cell under steady rain, visit after visit; the depths that infiltrate in each."""

    @njit
    def visits(rain, seconds, water, memory, p0, p1, p2, taken):
        for k in range(taken.size):
            water += rain
            taken[k], memory = formula(water, rain, memory, seconds, p0, p1, p2)
            water -= taken[k]
        return water, memory

    return visits


VISITS = {model: _compiled(formula) for model, formula in FORMULAS.items()}


def run(soil, hours, seconds, rain_rate=0.0, water=0.0, memory=0.0, open_share=1.0):
    """Depth infiltrated in each visit, and what stands on the cell and in its memory after."""
    parameters = [float(p[0, 0]) for p in soil.rasters((1, 1), open_share)]
    taken = np.zeros(round(hours * HOUR / seconds))
    rain = rain_rate * seconds
    state = VISITS[soil.model](rain, seconds, water, memory, *parameters, taken)
    return taken, state


def horton_curve(hours, initial, final, decay):
    time = hours * HOUR
    return final * time + (initial - final) / decay * (1 - math.exp(-decay * time))


@pytest.mark.parametrize("seconds", [1.0, 10.0, 600.0])
def test_horton_under_ponding_follows_hortons_curve(seconds):
    taken, _ = run(MEADOW, 3, seconds, water=10.0)
    expected = horton_curve(3, 76 * MM_H, 13 * MM_H, 4.14 / HOUR)
    assert taken.sum() == pytest.approx(expected, rel=1e-12)


def test_horton_after_drizzle_still_has_its_initial_capacity():
    _, (_, memory) = run(MEADOW, 5, 10.0, rain_rate=12 * MM_H)
    assert memory == 0.0


def test_horton_ponds_when_the_supply_has_used_up_the_capacity():
    # Rain at r: E grows by r - fc and the capacity f0 - k E falls to r at E = (f0 - r) / k.
    rate = 40 * MM_H
    taken, _ = run(MEADOW, 1, 1.0, rain_rate=rate)
    ponded = np.flatnonzero(taken < rate * (1 - 1e-9))[0]
    expected = (76 - 40) * MM_H / (4.14 / HOUR) / ((40 - 13) * MM_H)
    assert ponded == pytest.approx(expected, abs=1.5)


def test_horton_without_decay_keeps_its_initial_rate():
    soil = Infiltration.horton(20 * MM_H, 5 * MM_H, 0.0)
    assert run(soil, 2, 10.0, water=1.0)[0].sum() == pytest.approx(0.040)


@pytest.mark.parametrize("seconds", [1.0, 10.0])
@pytest.mark.parametrize("conductivity", [0.3 * MM_H, 3.4 * MM_H, 118 * MM_H])
def test_green_ampt_solves_its_cumulative_equation(seconds, conductivity):
    soil = Infiltration.green_ampt(conductivity, 0.11, 0.3)
    storage = 0.11 * 0.3
    total = 0.0
    memory = 0.0
    for hours in (0.1, 0.9, 5.0):
        taken, (_, memory) = run(soil, hours, seconds, water=100.0, memory=memory)
        total += taken.sum()
    # The equation's own inverse gives the time that this depth takes.
    time = (total - storage * math.log1p(total / storage)) / conductivity
    assert time == pytest.approx(6 * HOUR, rel=1e-6)


@pytest.mark.parametrize("seconds", [60.0, 600.0])
def test_green_ampt_hardly_depends_on_the_interval(seconds):
    fine = run(LOAM, 6, 1.0, water=10.0)[0].sum()
    coarse = run(LOAM, 6, seconds, water=10.0)[0].sum()
    assert coarse == pytest.approx(fine, rel=1e-6)


def test_green_ampt_ponds_at_the_time_of_mein_and_larson():
    conductivity, storage, rate = 3.4 * MM_H, 0.089 * 0.35, 20 * MM_H
    taken, _ = run(LOAM, 2, 1.0, rain_rate=rate)
    ponded = np.flatnonzero(taken < rate * (1 - 1e-9))[0]
    assert ponded == pytest.approx(conductivity * storage / (rate * (rate - conductivity)), abs=1.5)
    # From there it follows the cumulative equation from the depth at ponding.
    at_ponding, total = ponded * rate, taken.sum()
    time = total - at_ponding - storage * math.log((total + storage) / (at_ponding + storage))
    assert time / conductivity == pytest.approx(2 * HOUR - ponded, rel=1e-3)


def test_the_functions_without_a_library_call_are_close():
    x = np.logspace(-12, 2, 500)
    saturated = np.array([infiltration.saturation(value) for value in x])
    assert saturated == pytest.approx(-np.expm1(-x), rel=4e-15)
    small = x[x <= 1]
    logarithms = np.array([infiltration.logarithm(value) for value in small])
    assert logarithms == pytest.approx(np.log1p(small), rel=2e-12)


def test_green_ampt_without_suction_takes_its_conductivity():
    soil = Infiltration.green_ampt(10 * MM_H, 0.0, 0.3)
    assert run(soil, 2, 10.0, water=1.0)[0].sum() == pytest.approx(0.020, rel=1e-12)


@pytest.mark.parametrize("intervals", [1, 7, 3600])
@pytest.mark.parametrize(("number", "millimetres"), [(60, 30), (75, 100), (98, 5), (100, 40)])
def test_curve_number_gives_the_direct_runoff_in_any_number_of_intervals(
    number, millimetres, intervals
):
    rate = millimetres / 1e3 / HOUR
    soil = Infiltration.curve_number(number)
    taken, _ = run(soil, 1, HOUR / intervals, rain_rate=rate)
    retention = 25.4 * (1000 / number - 10)
    excess = max(millimetres - 0.2 * retention, 0)
    runoff = excess**2 / (excess + retention) if excess else 0.0
    assert millimetres - 1e3 * taken.sum() == pytest.approx(runoff, abs=1e-9)


def test_curve_number_loses_the_initial_abstraction_of_its_ratio():
    soil = Infiltration.curve_number(80, ratio=0.05)
    retention = 0.0254 * 2.5
    taken, (water, _) = run(soil, 1, 1.0, rain_rate=0.05 * retention / HOUR)
    assert water == pytest.approx(0.0, abs=1e-15)
    assert taken.sum() == pytest.approx(0.05 * retention)


@pytest.mark.parametrize("soil", [CLAY, MEADOW, LOAM])
def test_a_half_sealed_cell_takes_half(soil):
    whole = run(soil, 3, 10.0, water=10.0)[0]
    half = run(soil, 3, 10.0, water=10.0, open_share=0.5)[0]
    assert half == pytest.approx(0.5 * whole, rel=1e-9)


def test_a_half_sealed_cell_takes_half_of_the_curve_numbers_losses():
    whole = run(LAWN, 1, 10.0, rain_rate=80 * MM_H)[0]
    half = run(LAWN, 1, 10.0, rain_rate=80 * MM_H, open_share=0.5)[0]
    assert half == pytest.approx(0.5 * whole, rel=1e-12)


@pytest.mark.parametrize("soil", [CLAY, MEADOW, LOAM, LAWN])
def test_a_run_passed_on_equals_one_uninterrupted(soil):
    whole, (water, memory) = run(soil, 2, 5.0, rain_rate=30 * MM_H)
    first, (water_1, memory_1) = run(soil, 0.7, 5.0, rain_rate=30 * MM_H)
    rest, state = run(soil, 1.3, 5.0, rain_rate=30 * MM_H, water=water_1, memory=memory_1)
    assert (np.concatenate((first, rest)) == whole).all()
    assert state == (water, memory)


@pytest.mark.parametrize("model", FORMULAS)
def test_a_sealed_cell_takes_nothing(model):
    formula = FORMULAS[model].py_func
    for memory in (0.0, 0.2):
        taken, after = formula(0.3, 0.001, memory, 5.0, 0.0, 0.0, 0.0)
        assert taken == 0.0
        assert math.isfinite(after)


@pytest.mark.parametrize("soil", [CLAY, MEADOW, LOAM, LAWN])
def test_no_time_no_rain_or_no_water_infiltrates_nothing(soil):
    formula = FORMULAS[soil.model].py_func
    parameters = [float(p[0, 0]) for p in soil.rasters((1, 1))]
    assert formula(0.3, 0.0, 0.0, 0.0, *parameters) == (0.0, 0.0)
    assert formula(0.0, 0.0, 0.1, 5.0, *parameters) == (0.0, 0.1)
    assert formula(-1e-9, 0.0, 0.1, 5.0, *parameters) == (0.0, 0.1)


depths = st.floats(0, 2)
shares = st.floats(0, 1)
seconds_of_visit = st.floats(0, 100)


@settings(deadline=None)  # the first call compiles
@given(st.sampled_from([0, 1, 2, 3]), depths, shares, depths, seconds_of_visit, shares, shares)
def test_what_infiltrates_is_never_negative_nor_more_than_is_there(
    model, water, rained, memory, seconds, first, second
):
    parameters = {
        0: (first * 1e-3, 0.0, 0.0),
        1: (max(first, second) * 1e-3, min(first, second) * 1e-3, second),
        2: (first * 1e-3, 10 * second, 0.0),
        3: (25 * first, 25 * first * second, second),
    }[model]
    rain = water * rained
    formula = FORMULAS[model].py_func
    taken, after = formula(water, rain, memory, seconds, *parameters)
    assert 0.0 <= taken <= water
    assert after >= memory


@settings(deadline=None)  # the first call compiles
@given(depths, depths, seconds_of_visit, shares, shares, shares)
def test_a_better_soil_takes_no_less(water, memory, seconds, rate, more, storage):
    low, high = sorted((rate * 1e-3, more * 1e-3))
    for model, worse, better in (
        (infiltration.constant, (low, 0.0, 0.0), (high, 0.0, 0.0)),
        (infiltration.horton, (low, 0.0, 1e-3), (high, 0.0, 1e-3)),
        (infiltration.horton, (high, 0.0, 1e-3), (high, low, 1e-3)),
        (infiltration.green_ampt, (low, storage, 0.0), (high, storage, 0.0)),
        (infiltration.green_ampt, (high, 0.5 * storage, 0.0), (high, storage, 0.0)),
    ):
        of_worse = model.py_func(water, 0.0, memory, seconds, *worse)[0]
        of_better = model.py_func(water, 0.0, memory, seconds, *better)[0]
        assert of_better >= of_worse * (1 - 2e-4)


@settings(deadline=None)  # the first call compiles
@given(depths, depths, st.floats(1, 100), st.floats(1, 100))
def test_a_lower_curve_number_lets_no_more_run_off_in_a_storm(before, rain, first, second):
    worse, better = (Infiltration.curve_number(n) for n in sorted((first, second), reverse=True))
    totals = []
    for soil in (worse, better):
        parameters = [float(p[0, 0]) for p in soil.rasters((1, 1))]
        taken, memory = infiltration.curve_number.py_func(before, before, 0.0, 5.0, *parameters)
        more, _ = infiltration.curve_number.py_func(rain, rain, memory, 5.0, *parameters)
        totals.append(taken + more)
    assert totals[1] >= totals[0] - 1e-12


def test_parameters_spread_over_the_city():
    rate = np.full((2, 3), 1e-6)
    p0, p1, p2 = Infiltration.constant(rate).rasters((2, 3), np.array([[1.0], [0.25]]))
    assert p0.tolist() == [[1e-6] * 3, [0.25e-6] * 3]
    assert p1.shape == p2.shape == (2, 3)
    assert not CLAY.has_memory
    assert LOAM.has_memory


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Infiltration.constant(-1e-6), "rate of infiltration is -1e-06, expected 0 to"),
        (lambda: Infiltration.constant(20.0), "check its unit"),
        (lambda: Infiltration.constant([1e-6, math.nan]), "is nan"),
        (lambda: Infiltration.constant("fast"), "'fast', expected numbers"),
        (lambda: Infiltration.horton(1e-6, 2e-6, 1e-3), "below the final one"),
        (lambda: Infiltration.horton(2e-6, 1e-6, 4.14), "Horton's decay is 4.14"),
        (lambda: Infiltration.green_ampt(1e-6, 0.1, 1.2), "moisture deficit is 1.2"),
        (lambda: Infiltration.green_ampt(1e-6, 110.0, 0.3), "suction head is 110"),
        (lambda: Infiltration.curve_number(0.5), "curve number is 0.5, expected 1 to 100;"),
        (lambda: Infiltration.curve_number(101), "curve number is 101"),
        (lambda: Infiltration.curve_number(70, math.inf), "ratio of initial abstraction is inf"),
        (lambda: Infiltration.constant(np.full((2, 2), 1e-6)).rasters((4, 5)), "expected (4, 5)"),
        (lambda: CLAY.rasters((2, 2), 1.5), "share of open soil is 1.5"),
    ],
)
def test_parameters_out_of_range_are_named_in_one_line(make, words):
    with pytest.raises(InputError) as error:
        make()
    assert words in str(error.value)
    assert "\n" not in str(error.value)

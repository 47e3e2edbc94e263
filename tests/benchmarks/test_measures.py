"""Measures on water that is made by hand, so that each number is known beforehand."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from benchmarks.checks import Check
from benchmarks.drawings import Map, Profile, Series
from benchmarks.field_measures import depth_l1, depth_l2, depth_worst, energy_growth, order
from benchmarks.figures import picture
from benchmarks.gauge_measures import fill_order, level_at, ponded, spill_level, stage_rmse
from benchmarks.running import Outcome
from benchmarks.volume_measures import mass_error, nash_sutcliffe, peak
from hydrology.cases.gauges import Gauge
from twin.errors import InputError
from twin.grid import Grid

PLANE = {"length": 400, "width": 20, "slope": 0.05, "manning": 0.05}
RAIN = {"rain_mm_h": 50, "rain_seconds": 3600}


def outcome(depth, ground=None, size=1.0, speed=None, gauges=(), **other):
    """An outcome whose last field is `depth`."""
    depth = np.asarray(depth, float)
    ny, nx = depth.shape
    grid = Grid(0.0, ny * size, size, nx, ny, "EPSG:3857")
    ground = np.zeros(depth.shape) if ground is None else np.asarray(ground, float)
    speed = np.zeros(depth.shape) if speed is None else speed
    case = SimpleNamespace(name="hand", seconds=10.0, gauges=gauges, rainfall=None)
    values = {
        "case": case,
        "grid": grid,
        "ground": ground,
        "seconds": np.array([0.0, 10.0]),
        "volume": np.array([1.0, 1.0]),
        "energy": np.array([1.0, 1.0]),
        "gauges": {gauge.name: np.array([0.0, depth[gauge.row, gauge.column]]) for gauge in gauges},
        "fields": {10.0: (depth, speed)},
        "maxima": xr.Dataset({"max_depth": (("y", "x"), depth)}),
        "ledger": {"relative_error": -2e-9},
        "steps": 1,
        "cells": depth.size,
        "wall_seconds": 0.0,
    }
    return Outcome(**values | other)


def uniform(**other):
    given = {"discharge": 1.0, "slope": 0.01, "manning": 0.1, "direction": (1, 0)}
    return Check("depth_l1", 0.1, exact="uniform_flow", with_=given, **other)  # a depth of 1 m


def test_an_error_of_a_tenth_everywhere_is_a_tenth_in_every_norm():
    run = outcome(np.full((3, 5), 1.1))
    for measure in (depth_l1, depth_l2, depth_worst):
        value, drawings = measure(uniform(), run, None)
        assert value == pytest.approx(0.1)
        assert isinstance(drawings[0], Profile)


def test_only_the_region_counts():
    depth = np.ones((4, 4))
    depth[:, 0] = 9.0
    assert depth_l1(uniform(region=(1, 0, 4, 4)), outcome(depth), None)[0] < 1e-12
    assert depth_l1(uniform(), outcome(depth), None)[0] == pytest.approx(2.0)


def test_cells_outside_of_the_domain_do_not_count():
    depth = np.ones((4, 4))
    depth[0, 0] = np.nan
    assert depth_l1(uniform(), outcome(depth), None)[0] < 1e-12


def test_the_order_is_the_slope_of_the_errors():
    check = uniform(cell_sizes=(1.0, 0.5, 0.25))

    def rerun(changes):
        size = changes["terrain.cell_size"]
        return outcome(np.full((3, 3), 1 + 0.1 * size**2), size=size)

    value, _ = order(check, outcome(np.full((3, 3), 1.1)), rerun)
    assert value == pytest.approx(2.0)


def test_a_time_without_a_frame_is_refused():
    with pytest.raises(InputError, match="frame_seconds"):
        depth_l1(uniform(at=3.0), outcome(np.ones((3, 3))), None)


def test_energy_grows_by_its_highest_gain():
    run = outcome(np.ones((3, 3)), energy=np.array([2.0, 2.1]))
    assert energy_growth(None, run, None)[0] == pytest.approx(0.05)


def test_the_mass_error_has_no_sign():
    assert mass_error(None, outcome(np.ones((3, 3))), None)[0] == 2e-9


def test_water_fills_a_hollow_up_to_its_lowest_rim():
    ground = np.full((5, 5), 3.0)
    ground[1:4, 1:4] = 1.0
    ground[2, 4] = 2.0
    level = spill_level(ground)
    assert (level[1:4, 1:4] == 2.0).all()
    assert level[0, 0] == 3.0


def test_a_hollow_behind_a_hollow_spills_into_it():
    ground = np.array([[9, 9, 9, 9, 9, 9], [9, 1, 5, 2, 4, 0], [9, 9, 9, 9, 9, 9]], float)
    assert list(spill_level(ground)[1]) == [9, 5, 5, 4, 4, 0]


def test_the_share_that_stands_in_hollows_leaves_out_what_is_above_the_sill():
    ground = np.full((3, 3), 2.0)
    ground[1, 1], ground[1, 2] = 0.0, 1.0
    depth = np.zeros((3, 3))
    depth[1, 1] = 2.0
    assert ponded(None, outcome(depth, ground), None)[0] == pytest.approx(0.5)


def test_a_level_is_ground_and_depth():
    run = outcome(np.full((3, 3), 0.5), np.full((3, 3), 9.8), gauges=(Gauge("1", 1, 1),))
    check = Check("level_at", 0.1, gauge="1", value=10.25)
    assert level_at(check, run, None)[0] == pytest.approx(0.05)


def test_levels_are_compared_with_those_that_were_observed():
    gauges = (Gauge("a", 0, 0, 1.3), Gauge("b", 1, 1, 0.6), Gauge("unseen", 2, 2))
    run = outcome(np.ones((3, 3)), gauges=gauges)
    assert stage_rmse(Check("stage_rmse", 1.0), run, None)[0] == pytest.approx(np.sqrt(0.125))


def test_a_gauge_that_is_wet_before_its_forerunner_is_out_of_order():
    run = outcome(np.ones((3, 3)))
    wet = {"a": [0, 0, 1], "b": [0, 1, 1], "c": [0, 0, 0]}
    run = replace(
        run,
        gauges={name: np.array(series, float) for name, series in wet.items()},
        seconds=np.array([0.0, 5.0, 10.0]),
    )
    assert fill_order(Check("fill_order", 0.0), run, None)[0] == 1
    check = Check("fill_order", 0.0, with_={"gauges": ["b", "a", "c"]})
    assert fill_order(check, run, None)[0] == 0


def test_a_hydrograph_is_rain_less_what_stays():
    from benchmarks.exact.rain import plane_hydrograph

    seconds = np.arange(0, 7201, 60.0)
    fine = np.arange(0, 7201, 1.0)
    left = plane_hydrograph(fine, **PLANE, **RAIN)
    gone = np.concatenate(([0.0], np.cumsum((left[1:] + left[:-1]) / 2)))
    fell = np.minimum(fine, 3600) * 0.05 / 3600 * 8000
    times = np.array(["2026-01-01T00", "2026-01-01T01"], "datetime64[ns]")
    rate = np.array([0.05 / 3600, 0.0]).reshape(2, 1, 1)
    rain = xr.Dataset({"rainfall_rate": (("time", "y", "x"), rate)}, {"time": times})
    run = outcome(np.ones((5, 100)), size=4.0)
    case = SimpleNamespace(**vars(run.case) | {"rainfall": rain})
    run = replace(run, case=case, seconds=seconds, volume=(fell - gone)[::60])
    check = Check("peak", 0.01, exact="plane_hydrograph", with_=PLANE | RAIN)
    assert peak(check, run, None)[0] < 1e-3
    assert nash_sutcliffe(check, run, None)[0] > 0.999


@pytest.mark.parametrize(
    "drawing",
    [
        Series("a < b & c", np.arange(3.0), np.arange(3.0), unit="m"),
        Series("several", np.arange(3.0), {"a": np.arange(3.0)}),
        Map("dry", np.zeros((4, 4)), np.ones((4, 4)), (0, 1, 0, 1), {"g": (0.5, 0.5)}),
    ],
)
def test_every_drawing_becomes_a_picture(drawing):
    assert picture(drawing).startswith("data:image/svg+xml;base64,")

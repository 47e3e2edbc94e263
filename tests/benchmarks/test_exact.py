"""Each exact solution against its own differential equations, and against independent numbers."""

import csv

import numpy as np
import pytest

from benchmarks.exact.bowl import curved_bowl, planar_bowl
from benchmarks.exact.bump import bump, bump_ground, shock_place
from benchmarks.exact.channel import CHANNELS, bed_slope, macdonald, macdonald_bed
from benchmarks.exact.dam_break import plateau, ritter, stoker
from benchmarks.exact.rain import plane_hydrograph, v_catchment_hydrograph
from benchmarks.exact.uniform import lake, uniform_flow
from benchmarks.exact.water import GRAVITY
from benchmarks.exact.wave import inertial_wave, non_breaking_wave
from benchmarks.tasks import CASES

BOWL = {"depth": 0.1, "radius": 1.0, "centre": (2.0, 2.0)}
PLANE = {"length": 400, "width": 20, "slope": 0.05, "manning": 0.05}
V_PLANE = {"length": 800, "width": 1000, "slope": 0.05, "manning": 0.015}
V_CHANNEL = {"length": 1000, "width": 20, "slope": 0.02, "manning": 0.15}


def flow(water):
    return np.array([water.depth, water.depth * water.east, water.depth * water.north])


def flux(water, axis):
    """Mass and momentum that pass across an axis, pressure included."""
    h, u, v = water.depth, water.east, water.north
    along = (u, v)[axis]
    pressure = [0 * h, GRAVITY * h**2 / 2 * (axis == 0), GRAVITY * h**2 / 2 * (axis == 1)]
    return np.array([h * along, h * u * along, h * v * along]) + pressure


def residual(solution, x, y, t, ground=None, manning=0.0, rain=0.0, step=1e-5):
    """What is left of the shallow water equations at given places and time."""
    ground = ground or (lambda x, y: 0 * x)
    here = solution(x, y, t)
    left = (flow(solution(x, y, t + step)) - flow(solution(x, y, t - step))) / (2 * step)
    left += (flux(solution(x + step, y, t), 0) - flux(solution(x - step, y, t), 0)) / (2 * step)
    left += (flux(solution(x, y + step, t), 1) - flux(solution(x, y - step, t), 1)) / (2 * step)
    east = (ground(x + step, y) - ground(x - step, y)) / (2 * step)
    north = (ground(x, y + step) - ground(x, y - step)) / (2 * step)
    speed = np.hypot(here.east, here.north)
    drag = GRAVITY * manning**2 * speed / np.maximum(here.depth, 1e-9) ** (1 / 3)
    left[0] -= rain
    left[1] += GRAVITY * here.depth * east + drag * here.east
    left[2] += GRAVITY * here.depth * north + drag * here.north
    return left


def bowl_ground(x, y):
    return -0.1 * (1 - (x - 2) ** 2 - (y - 2) ** 2)


def test_ritter_fulfils_the_equations_and_keeps_the_volume():
    def solution(x, y, t):
        return ritter(x, y, t, depth=1.0, dam=200.0)

    x = np.linspace(150, 300, 31)
    assert np.abs(residual(solution, x, 0 * x, 20.0)).max() < 1e-7
    x = np.linspace(0, 400, 400_001)
    volume = np.trapezoid(solution(x, 0 * x, 20.0).depth, x)
    assert volume == pytest.approx(200.0, rel=1e-6)


def test_stoker_joins_the_lake_to_the_water_below_by_a_fan_and_a_shock():
    def solution(x, y, t):
        return stoker(x, y, t, depth=1.0, below=0.1, dam=200.0)

    middle, speed, shock = plateau(1.0, 0.1)
    fan = np.linspace(140, 190, 21)
    assert np.abs(residual(solution, fan, 0 * fan, 20.0)).max() < 1e-7
    mass = middle * speed - shock * (middle - 0.1)
    momentum = middle * speed**2 + GRAVITY * (middle**2 - 0.1**2) / 2 - shock * middle * speed
    assert abs(mass) < 1e-12
    assert abs(momentum) < 1e-12
    x = np.linspace(0, 400, 400_001)
    volume = np.trapezoid(solution(x, 0 * x, 20.0).depth, x)
    assert volume == pytest.approx(220.0, rel=1e-5)


def test_the_planar_bowl_fulfils_the_equations_where_it_is_wet():
    x, y = np.meshgrid(np.linspace(2.1, 2.8, 8), np.linspace(1.7, 2.3, 8))
    for t in (0.0, 0.7, 3.1):
        water = planar_bowl(x, y, t, offset=0.5, **BOWL)
        left = residual(
            lambda *at: planar_bowl(*at, offset=0.5, **BOWL), x, y, t, ground=bowl_ground
        )
        assert np.abs(left[:, water.depth > 0.01]).max() < 1e-6


def test_the_curved_bowl_fulfils_the_equations_where_it_is_wet():
    x, y = np.meshgrid(np.linspace(1.5, 2.5, 8), np.linspace(1.5, 2.5, 8))
    for t in (0.0, 0.5, 1.9):
        water = curved_bowl(x, y, t, shore=0.8, **BOWL)
        left = residual(
            lambda *at: curved_bowl(*at, shore=0.8, **BOWL), x, y, t, ground=bowl_ground
        )
        assert np.abs(left[:, water.depth > 0.01]).max() < 1e-6


def test_a_bowl_swings_back_after_its_period():
    x, y = np.meshgrid(np.linspace(1, 3, 9), np.linspace(1, 3, 9))
    turn = 2 * np.pi / np.sqrt(2 * GRAVITY * 0.1)
    first = planar_bowl(x, y, 0.0, offset=0.5, **BOWL).depth
    assert planar_bowl(x, y, 3 * turn, offset=0.5, **BOWL).depth == pytest.approx(first)
    first = curved_bowl(x, y, 0.0, shore=0.8, **BOWL).depth
    assert curved_bowl(x, y, 1.5 * turn, shore=0.8, **BOWL).depth == pytest.approx(first)


def test_the_non_breaking_wave_fulfils_the_full_equations():
    x = np.linspace(100, 3000, 30)
    left = residual(
        lambda x, y, t: non_breaking_wave(x, y, t, speed=1.0, manning=0.03),
        x, 0 * x, 3600.0, manning=0.03, step=1e-2,
    )  # fmt: skip
    assert np.abs(left).max() < 1e-6


def test_the_inertial_wave_fulfils_the_local_inertial_equations():
    def solution(x, t):
        return inertial_wave(x, 0 * x, t, speed=1.0, manning=0.03).depth

    x, step = np.linspace(100, 3000, 30), 5.0
    h = solution(x, 3600.0)
    slope = (solution(x + step, 3600.0) - solution(x - step, 3600.0)) / (2 * step)
    rate = (solution(x, 3600.0 + step) - solution(x, 3600.0 - step)) / (2 * step)
    mass = rate + slope  # q = u h with u = 1
    momentum = rate + GRAVITY * h * slope + GRAVITY * 0.03**2 / h ** (1 / 3)
    assert np.abs(mass).max() < 1e-6
    assert np.abs(momentum).max() < 2e-6


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_is_steady_over_its_bed(name):
    kind = CHANNELS[name]
    x = np.linspace(0.03, 0.97, 41) * kind.length
    x = x[np.abs(x - np.nan_to_num(kind.break_at)) > 1e-3 * kind.length]
    knots = np.linspace(0, kind.length, 2_000_001)
    slope = bed_slope(knots, kind)
    heights = np.concatenate(([0.0], np.cumsum((slope[1:] + slope[:-1]) / 2 * np.diff(knots))))
    left = residual(
        lambda x, y, t: macdonald(x, y, t, channel=name),
        x, 0 * x, 0.0,
        ground=lambda x, y: np.interp(x, knots, heights),
        manning=kind.manning, rain=kind.rain, step=1e-2,
    )  # fmt: skip
    assert np.abs(left).max() < 2e-4


@pytest.mark.parametrize("name", CHANNELS)
def test_the_bed_in_the_case_file_is_the_bed_of_the_channel(name):
    with (CASES / f"macdonald_{name}_bed.csv").open() as file:
        rows = np.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    x, z = macdonald_bed(name, CHANNELS[name].length / 200)
    assert rows == pytest.approx(np.column_stack((x, z)), abs=1e-8)


def test_the_bed_is_the_integral_of_its_slope():
    x, z = macdonald_bed("subcritical", 5.0)
    fine, bed = macdonald_bed("subcritical", 0.05)
    assert z == pytest.approx(np.interp(x, fine, bed), abs=1e-6)
    middle = (x[1:] + x[:-1]) / 2
    assert np.diff(z) / 5.0 == pytest.approx(bed_slope(middle, CHANNELS["subcritical"]), abs=2e-5)


def test_the_channel_with_a_shock_jumps_as_rankine_and_hugoniot_say():
    kind = CHANNELS["shock"]
    fast, slow = kind.depth(np.array([kind.break_at - 1e-9, kind.break_at + 1e-9]))
    force = [kind.discharge**2 / h + GRAVITY * h**2 / 2 for h in (fast, slow)]
    assert force[0] == pytest.approx(force[1], rel=1e-5)
    critical = (kind.discharge**2 / GRAVITY) ** (1 / 3)
    assert fast < critical < slow


def test_the_transcritical_channel_passes_the_critical_depth_once():
    kind = CHANNELS["transcritical"]
    x = np.linspace(0, 1000, 1001)
    froude = kind.discharge / np.sqrt(GRAVITY * kind.depth(x) ** 3)
    assert (np.diff(np.sign(froude - 1)) != 0).sum() <= 2
    assert froude[0] < 1 < froude[-1]


@pytest.mark.parametrize(("discharge", "level"), [(4.42, 2.0), (1.53, 0.66), (0.18, 0.33)])
def test_flow_over_the_bump_keeps_its_head_but_in_the_shock(discharge, level):
    x = np.linspace(0.1, 24.9, 2000)
    water = bump(x, 0 * x, 0.0, discharge=discharge, level=level)
    head = bump_ground(x) + water.depth + water.east**2 / (2 * GRAVITY)
    changes = np.abs(np.diff(head)) > 1e-9
    assert changes.sum() <= 1
    assert water.depth * water.east == pytest.approx(discharge)


def test_the_shock_behind_the_bump_balances_its_forces():
    place = shock_place(0.18, 0.33)
    assert 11 < place < 12
    x = np.array([place - 1e-7, place + 1e-7])
    water = bump(x, 0 * x, 0.0, discharge=0.18, level=0.33)
    force = 0.18**2 / water.depth + GRAVITY * water.depth**2 / 2
    assert water.depth[1] > 1.5 * water.depth[0]
    assert force[0] == pytest.approx(force[1], rel=1e-5)


def test_uniform_flow_has_the_slope_of_its_friction():
    water = uniform_flow(
        np.zeros(1), np.zeros(1), 0.0, discharge=0.2, slope=0.01, manning=0.03, direction=(3, 4)
    )
    speed = np.hypot(water.east, water.north)
    assert 0.03**2 * speed**2 / water.depth ** (4 / 3) == pytest.approx(0.01)
    assert (water.east / speed, water.north / speed) == pytest.approx((0.6, 0.8))


def test_a_lake_is_dry_where_the_ground_is_above_it():
    water = lake(np.zeros(2), np.zeros(2), 0.0, level=1.0, ground=np.array([0.25, 2.0]))
    assert list(water.depth) == [0.75, 0.0]


def test_the_hydrograph_of_a_plane_gives_back_the_rain():
    t = np.linspace(0, 400_000, 400_001)
    flow = plane_hydrograph(t, rain_mm_h=50, rain_seconds=3600, **PLANE)
    assert np.trapezoid(flow, t) == pytest.approx(0.05 * 400 * 20, rel=1e-3)
    assert flow.max() == pytest.approx(0.05 / 3600 * 400 * 20)


def kinematic(length, cells, alpha, seconds, step, gain):
    """Discharge per width at the foot, by upwind differences on fine cells."""
    depth, size, flows = np.zeros(cells), length / cells, []
    for number in range(int(seconds / step)):
        flow = alpha * depth ** (5 / 3)
        flows.append(flow[-1])
        depth += step * (gain(number * step) - np.diff(flow, prepend=0.0) / size)
    return np.arange(len(flows)) * step, np.array(flows)


def test_the_hydrograph_of_a_plane_is_that_of_a_numerical_kinematic_wave():
    alpha = np.sqrt(0.05) / 0.05
    rate = 0.05 / 3600
    t, flow = kinematic(400, 800, alpha, 7200, 0.5, lambda now: rate * (now < 3600))
    exact = plane_hydrograph(t, rain_mm_h=50, rain_seconds=3600, **PLANE)
    assert np.abs(20 * flow - exact).max() < 0.02 * exact.max()  # upwinding rounds the kink


def test_the_hydrograph_of_the_v_is_that_of_a_numerical_kinematic_wave():
    def gain(now):
        return np.interp(now, times, planes) / 20_000 + 3e-6 * (now < 5400)

    times = np.linspace(0, 10_800, 10_801)
    planes = 2 * plane_hydrograph(times, rain_mm_h=10.8, rain_seconds=5400, **V_PLANE)
    t, flow = kinematic(1000, 500, np.sqrt(0.02) / 0.15, 10_800, 1.0, gain)
    exact = v_catchment_hydrograph(
        t, plane=V_PLANE, channel=V_CHANNEL, rain_mm_h=10.8, rain_seconds=5400
    )
    assert np.abs(20 * flow - exact).max() < 0.01 * exact.max()
    assert exact.max() == pytest.approx(1620 * 1000 * 3e-6, rel=1e-3)

"""The scheme `dynamic`: dam breaks, lakes, films, basins, mass, symmetry."""

import math

import numpy as np
import pytest

from hydrology.solver.compiled import loop
from hydrology.solver.dynamic import COURANT, RADIUS, SCRATCH_ROWS, scratch_columns, step_tile
from hydrology.solver.riemann import signal_speed

GRAVITY = 9.81
WALL = 1e5
ORDERS = [1, 2]


@loop
def _fastest(depth, qx, qy, gravity):
    fastest = 0.0
    for j in range(depth.shape[0]):
        for i in range(depth.shape[1]):
            fastest = max(fastest, signal_speed(depth[j, i], qx[j, i], qy[j, i], gravity))
    return fastest


@loop
def _steps(
    count, order, depth, owed, qx, qy, ground, manning, scratch, time_step, cell_size, gravity
):
    for _ in range(count):
        step_tile(
            0, order, depth, owed, qx, qy, ground, manning, scratch, None, None,
            time_step, cell_size, gravity,
        )  # fmt: skip


def make_scratch(depth):
    shape = (SCRATCH_ROWS, scratch_columns(depth.shape[1]))
    return np.full(shape, np.nan, depth.dtype)


class Basin:
    """A walled basin that steps as one tile."""

    def __init__(self, ground, depth, order, cell_size=1.0, manning=0.0, dtype="float64"):
        self.dtype, self.order = np.dtype(dtype).type, order
        self.ground = self._pad(ground, WALL)
        self.depth = self._pad(depth, 0)
        self.manning = self._pad(np.broadcast_to(manning, self.ground[2:-2, 2:-2].shape), 0)
        self.owed, self.qx, self.qy = (np.zeros_like(self.depth) for _ in range(3))
        self.scratch = make_scratch(self.depth)
        self.cell_size, self.gravity = self.dtype(cell_size), self.dtype(GRAVITY)
        self.time = 0.0

    def _pad(self, field, value):
        return np.pad(np.ascontiguousarray(field, self.dtype), 2, constant_values=value)

    def inner(self, name):
        """A field without its padding."""
        return getattr(self, name)[2:-2, 2:-2]

    def stable_step(self, courant=None):
        fastest = _fastest(self.depth, self.qx, self.qy, self.gravity)
        return (courant or COURANT[self.order]) * float(self.cell_size) / fastest

    def steps(self, count, time_step):
        _steps(
            count, self.order, self.depth, self.owed, self.qx, self.qy, self.ground, self.manning,
            self.scratch, self.dtype(time_step), self.cell_size, self.gravity,
        )  # fmt: skip
        self.time += count * time_step

    def run(self, until, courant=None, each=None):
        """Step to a time; `each` is called with the basin and the step after every step."""
        while self.time < until * (1 - 1e-9):
            time_step = min(self.stable_step(courant), until - self.time)
            self.steps(1, time_step)
            if each is not None:
                each(self, time_step)

    def speed(self):
        """Largest speed of any cell."""
        momentum = np.hypot(self.qx, self.qy).astype("f8")
        return (momentum / np.maximum(self.depth, 1e-5)).max()

    def volume(self):
        return self.depth.sum(dtype="f8") + self.owed.sum(dtype="f8")


def rough_bed(seed=0, shape=(40, 50), height=2.0):
    """Random bed with rough ground, islands and cliffs [m]."""
    rng = np.random.default_rng(seed)
    bed = height * rng.random(shape)
    bed[10:14, 20:26] += 5  # a building
    return bed


def dam_break(order, cells, downstream, seconds=12.0, upstream=4.0, length=400.0, **options):
    """Depth error (L1 over mean depth) of a dam break in the middle of a flat channel."""
    cell_size = length / cells
    x = (np.arange(cells) + 0.5) * cell_size - length / 2
    depth = np.where(x < 0, upstream, downstream)[None, :].repeat(3, 0)
    basin = Basin(np.zeros_like(depth), depth, order, cell_size, **options)
    basin.run(seconds)
    exact = exact_dam_break(x, seconds, upstream, downstream)
    return np.abs(basin.inner("depth")[1] - exact).sum() / exact.sum(), basin


def exact_dam_break(x, t, upstream, downstream):
    """Ritter (1892) and Stoker (1957): depth [m]."""
    c_up = math.sqrt(GRAVITY * upstream)
    fan = (2 * c_up - x / t) ** 2 / (9 * GRAVITY)
    if downstream == 0:
        return np.where(x < -c_up * t, upstream, np.where(x < 2 * c_up * t, fan, 0))
    low, high = downstream, upstream
    for _ in range(200):  # the depth between fan and shock
        middle = 0.5 * (low + high)
        shock_u = (middle - downstream) * math.sqrt(
            0.5 * GRAVITY * (middle + downstream) / (middle * downstream)
        )
        low, high = (
            (middle, high) if shock_u < 2 * (c_up - math.sqrt(GRAVITY * middle)) else (low, middle)
        )
    u = 2 * (c_up - math.sqrt(GRAVITY * middle))
    shock = u * middle / (middle - downstream)
    depth = np.where(x < (u - math.sqrt(GRAVITY * middle)) * t, fan, middle)
    depth = np.where(x < -c_up * t, upstream, depth)
    return np.where(x < shock * t, depth, downstream)


@pytest.mark.parametrize(("order", "most", "convergence"), [(1, 0.01, 0.6), (2, 0.0025, 0.9)])
@pytest.mark.parametrize("downstream", [0.0, 1.0])
def test_a_dam_break_follows_ritter_and_stoker(order, most, convergence, downstream):
    coarse, _ = dam_break(order, 200, downstream)
    error, basin = dam_break(order, 400, downstream)
    assert error < most
    assert math.log2(coarse / error) > convergence
    assert basin.volume() == pytest.approx(3 * 200 * (4 + downstream), rel=1e-13)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("dtype", "most"), [("float32", 1e-5), ("float64", 1e-12)])
def test_a_lake_with_islands_stays_at_rest(order, dtype, most):
    bed = rough_bed().astype(dtype)
    depth = np.maximum(bed.dtype.type(1.2) - bed, 0)
    basin = Basin(bed, depth, order, dtype=dtype)
    basin.steps(10_000, basin.stable_step())
    assert basin.speed() < most
    assert np.abs(basin.inner("depth") - depth).max() < 10 * np.finfo(dtype).eps


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("east, south", [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1)])
@pytest.mark.parametrize(("slope", "depth"), [(0.5, 0.002), (0.02, 0.02)])
def test_a_film_on_a_slope_flows_at_mannings_speed(order, east, south, slope, depth):
    cell_size, manning, size = 5.0, 0.03, 40
    y, x = np.mgrid[:size, :size]
    bed = 500 - slope * cell_size * (east * x + south * y)
    basin = Basin(bed, np.full(bed.shape, depth), order, cell_size, manning)
    basin.run(20)
    middle = (size // 2, size // 2)
    speed = depth ** (2 / 3) * math.sqrt(slope * math.hypot(east, south)) / manning
    along = speed / math.hypot(east, south)
    assert basin.inner("depth")[middle] == pytest.approx(depth, rel=1e-3)
    assert basin.inner("qx")[middle] == pytest.approx(east * along * depth, rel=1e-3, abs=1e-9)
    assert basin.inner("qy")[middle] == pytest.approx(south * along * depth, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("manning", [0.0, 0.03])
def test_a_flood_over_a_rough_dry_bed_keeps_its_water_and_no_depth_is_negative(
    order, dtype, manning
):
    bed = rough_bed(3, height=1.0)
    depth = np.zeros(bed.shape)
    depth[:, :10] = 3.0
    depth[30:, 40:] = 2e-3
    basin = Basin(bed, depth, order, manning=manning, dtype=dtype)
    shallowest = []
    basin.run(20, each=lambda basin, _: shallowest.append(basin.depth.min()))
    assert min(shallowest) == 0
    assert np.isfinite(basin.qx).all()
    assert len(shallowest) < 5000
    assert basin.volume() == pytest.approx(
        depth.sum(), rel={"float32": 1e-7, "float64": 1e-13}[dtype]
    )
    assert basin.depth[basin.ground == WALL].max() == 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_mirrored_or_turned_basin_floods_alike_to_the_last_bit(order, dtype):
    rng = np.random.default_rng(5)
    bed, manning = rough_bed(4), 0.02 + 0.03 * rng.random((40, 50))
    depth = np.where(rng.random(bed.shape) > 0.5, 2 * rng.random(bed.shape), 0)
    views = [lambda a: a, lambda a: a[:, ::-1], lambda a: a[::-1], lambda a: a.T]
    basins = [
        Basin(view(bed), view(depth), order, manning=view(manning), dtype=dtype) for view in views
    ]
    first, time_step = basins[0], 0.5 * basins[0].stable_step()
    for basin in basins:
        basin.steps(60, time_step)
    assert first.speed() > 0.5
    for view, basin in zip(views, basins, strict=True):
        assert (view(first.inner("depth")) == basin.inner("depth")).all()
    assert (first.inner("qx")[:, ::-1] == -basins[1].inner("qx")).all()
    assert (first.inner("qx")[::-1] == basins[2].inner("qx")).all()
    assert (basins[3].inner("qy") == first.inner("qx").T).all()


@pytest.mark.parametrize("order", ORDERS)
def test_a_tile_with_its_halo_steps_like_the_whole(order):
    rng = np.random.default_rng(6)
    bed, depth = rough_bed(7), rng.random((40, 50))
    whole, part = (Basin(bed, depth, order, manning=0.03) for _ in range(2))
    time_step, steps = 0.5 * whole.stable_step(), 3
    whole.steps(steps, time_step)
    window = (slice(5, 35), slice(7, 44))
    fields = ("depth", "owed", "qx", "qy", "ground", "manning")
    tile = [getattr(part, name)[window].copy() for name in fields]
    for step in range(steps):
        step_tile(
            step * RADIUS[order], order, *tile, make_scratch(tile[0]), None, None, time_step,
            part.cell_size, part.gravity,
        )  # fmt: skip
    halo = steps * RADIUS[order]
    for name, mine in zip(fields[:4], tile, strict=False):
        theirs = getattr(whole, name)[window]
        assert (mine[halo:-halo, halo:-halo] == theirs[halo:-halo, halo:-halo]).all()


@pytest.mark.parametrize("order", ORDERS)
def test_a_wall_reflects_like_a_mirror(order):
    """A wave against a wall is the half of two waves that meet."""
    x = np.arange(60)
    hump = 1 + 0.5 * np.exp(-(((x - 40) / 6.0) ** 2))[None, :].repeat(4, 0)
    walled = Basin(np.zeros_like(hump), hump, order)
    double = np.concatenate([hump, hump[:, ::-1]], axis=1)
    open_middle = Basin(np.zeros_like(double), double, order)
    for basin in (walled, open_middle):
        basin.steps(100, 0.08)
    assert np.abs(open_middle.inner("depth")[:, :60] - walled.inner("depth")).max() < 2e-3 / order


def thacker_error(order, cells, periods=1.0, dtype="float64"):
    """Level error (L2 over amplitude) of the planar swing in a parabolic bowl."""
    length, rim, still, swing = 4.0, 1.0, 0.1, 0.5
    cell_size = length / cells
    axis = (np.arange(cells) + 0.5) * cell_size - length / 2
    y, x = axis[:, None], axis[None, :]
    bed = still * ((x * x + y * y) / rim**2 - 1)
    omega = math.sqrt(2 * GRAVITY * still) / rim

    def level(t):
        tilt = 2 * x * math.cos(omega * t) + 2 * y * math.sin(omega * t) - swing
        return np.maximum(swing * still / rim**2 * tilt, bed)

    depth = level(0) - bed
    basin = Basin(bed, depth, order, cell_size, dtype=dtype)
    basin.inner("qy")[:] = depth * swing * omega
    period = 2 * math.pi / omega
    basin.run(periods * period)
    end = level(periods * period)
    wet = end > bed + 1e-3 * still
    error = (basin.inner("depth") + bed - end)[wet]
    return np.sqrt((error**2).mean()) / (2 * swing * still)


@pytest.mark.parametrize("order", ORDERS)
def test_water_swings_in_thackers_bowl(order):
    assert thacker_error(order, 80) < (None, 0.08, 0.02)[order]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rain_runs_off_a_plane_as_the_kinematic_wave_says(order, dtype):
    """Steady: the water through a face is the rain above it, at Manning's depth."""
    cell_size, slope, manning, rate, size = 2.0, 0.05, 0.03, 50 / 3.6e6, 60
    bed = -slope * cell_size * np.arange(size + 6.0)[None, :].repeat(5, 0)
    bed[:, size:] -= 5  # the plane falls into a pit
    basin = Basin(bed - bed.min(), np.zeros(bed.shape), order, cell_size, manning, dtype)
    rain = np.where(basin.ground < WALL, rate, 0)
    while basin.time < 900:
        time_step = min(1.0, basin.stable_step()) if basin.depth.max() > 1e-5 else 1.0
        basin.steps(1, time_step)
        gain = (rain * time_step + basin.owed).astype(dtype)
        before = basin.depth.copy()
        basin.depth += gain
        basin.owed[:] = gain - (basin.depth - before)
    # A cell of first order holds what leaves it, one of second order what is in its middle.
    x = (np.arange(10, size - 2) + (1.0 if order == 1 else 0.5)) * cell_size
    exact = (rate * x * manning / math.sqrt(slope)) ** 0.6
    assert basin.inner("depth")[2, 10 : size - 2] == pytest.approx(exact, rel=4e-3)
    assert basin.inner("qx")[2, 10 : size - 2] == pytest.approx(rate * x, rel=5e-3)


@pytest.mark.parametrize("order", ORDERS)
def test_two_lakes_beside_a_ridge_know_nothing_of_each_other(order):
    bed = np.zeros((5, 30))
    bed[:, 14:16] = 3
    depth = np.zeros_like(bed)
    depth[:, :14], depth[:, 16:] = 2.9, 0.7
    basin = Basin(bed, depth, order)
    basin.steps(500, basin.stable_step())
    assert basin.speed() == 0
    assert (basin.inner("depth") == depth).all()

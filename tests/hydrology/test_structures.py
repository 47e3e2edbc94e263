"""Structures: their formulas against hand figures, and the laws of what they exchange."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrology.solver.boundaries import Inflow, Stage
from hydrology.solver.culverts import culvert_discharge, inlet_discharge, outlet_discharge
from hydrology.solver.exchange import WEIR, moved_depth
from hydrology.solver.face_lines import faces_on_line
from hydrology.solver.ground import PAD
from hydrology.solver.precision import packed, unpacked
from hydrology.solver.simulation import Settings, simulate
from hydrology.solver.structure_links import closed_faces, prepare_structures
from hydrology.solver.structures import Breach, Bridge, Culvert, Levee, Weir
from hydrology.solver.weirs import opening_discharge, weir_discharge
from tests.hydrology.conftest import make_terrain
from twin.errors import InputError
from twin.grid import Grid

DATUM = 100.0


def make_ground(elevation, cell_size=10.0, dtype="f8", walls=()):
    """What structures need to know of a city: heights above the datum, padded."""
    elevation = np.atleast_2d(np.asarray(elevation, float))
    ny, nx = elevation.shape
    is_open = np.ones((ny, nx), bool)
    for wall in walls:
        is_open[wall] = False
    padding = {"pad_width": PAD, "mode": "constant"}
    return SimpleNamespace(
        grid=Grid(0.0, ny * cell_size, cell_size, nx, ny, "EPSG:3826"),
        datum=DATUM,
        elevation=np.pad(elevation - DATUM, constant_values=1e5, **padding).astype(dtype),
        open_cell=np.pad(is_open, constant_values=False, **padding),
    )


class Basins:
    """Cells of a city that structures alone join."""

    def __init__(self, structures, elevation, levels, seconds=1.0, **ground):
        self.ground = make_ground(elevation, **ground)
        self.table = prepare_structures(structures, self.ground)
        shape = self.ground.elevation.shape
        self.depth = np.zeros(shape, self.ground.elevation.dtype)
        self.inside(self.depth)[...] = np.maximum(np.asarray(levels) - np.asarray(elevation), 0)
        self.owed = np.zeros(shape, np.int16)
        self.state = self.table.new_state()
        self.begun, self.moved = self.state.begun, self.state.moved
        self.seconds, self.now = seconds, 0.0

    @staticmethod
    def inside(array):
        return array[PAD:-PAD, PAD:-PAD]

    def run(self, steps):
        for _ in range(steps):
            self.now += self.seconds
            ground = self.ground.elevation
            before = self.table.levels(self.depth, self.owed, ground)
            self.table.plan(self.state, before, ground, self.seconds, self.now)
            rates = self.state.link_rates * self.seconds
            pairs = self.table.cells
            gained = self.gain(pairs[:, :2], -rates), self.gain(pairs[:, 2:], rates)
            rise = self.table.levels(self.depth, self.owed, ground) - before
            self.table.settle(
                self.state, rise, np.column_stack(gained), self.depth, self.owed, self.seconds
            )
        return self

    def gain(self, cells, gains):
        """Bring water to cells, or take what they have; return what each gained."""
        gained = np.zeros(len(gains))
        for k, ((j, i), gain) in enumerate(zip(cells, gains, strict=True)):
            before = float(self.depth[j, i]) + float(unpacked(self.depth[j, i], self.owed[j, i]))
            water = max(before + gain, 0.0)
            self.depth[j, i] = water
            self.owed[j, i] = packed(
                self.depth[j, i], type(self.depth[j, i])(water - float(self.depth[j, i]))
            )
            gained[k] = water - before
        return gained

    @property
    def levels(self):
        return self.inside(self.depth + self.ground.elevation.astype("f8") + DATUM)[0]

    @property
    def volume(self):
        cells = list(zip(self.depth.ravel(), self.owed.ravel(), strict=True))
        water = [float(depth) + float(unpacked(depth, owed)) for depth, owed in cells]
        return math.fsum(water) * self.table.cell_area


PAIR = ("it", 0, 0, 0, 1)


# formulas by hand


def test_a_free_weir_follows_the_power_law():
    assert weir_discharge(0.5, -1.0, 4.0, 1.7) == pytest.approx(1.7 * 4 * 0.5**1.5)
    assert weir_discharge(0.5, 0.0, 4.0, 1.7) == pytest.approx(2.404163, rel=1e-6)


def test_a_drowned_weir_follows_villemonte():
    # Tail at half the head: 1 - 0.5^1.5 = 0.646447, to the power 0.385 is 0.845386.
    free = weir_discharge(0.8, 0.0, 1.0, 1.7)
    assert weir_discharge(0.8, 0.4, 1.0, 1.7) / free == pytest.approx(0.845386, rel=1e-5)
    assert weir_discharge(0.8, 0.8, 1.0, 1.7) == 0.0
    assert weir_discharge(0.0, -0.2, 1.0, 1.7) == 0.0
    assert weir_discharge(-0.1, -0.2, 1.0, 1.7) == 0.0


def test_a_box_culvert_under_inlet_control_is_a_weir_then_an_orifice():
    # 2 m x 1 m. Head 0.6 m: 0.544 g^0.5 2 0.6^1.5; head 3 m: 0.702 g^0.5 2 1^0.89 3^0.61.
    assert inlet_discharge(0.6, 2.0, 1.0) == pytest.approx(1.583763, rel=1e-6)
    assert inlet_discharge(3.0, 2.0, 1.0) == pytest.approx(8.594994, rel=1e-6)


def test_a_pipe_under_inlet_control_is_a_weir_then_an_orifice():
    # Diameter 0.8 m. Head 0.5 m: 0.421 g^0.5 0.8^0.87 0.5^1.63; 2 m: 0.530 g^0.5 0.8^1.87 2^0.63.
    assert inlet_discharge(0.5, 0.0, 0.8) == pytest.approx(0.350854, rel=1e-5)
    assert inlet_discharge(2.0, 0.0, 0.8) == pytest.approx(1.692535, rel=1e-5)


def test_a_drowned_box_follows_the_full_barrel_loss_of_energy():
    # 1 m x 1 m, 20 m, n = 0.013, losses 1.5; water 3 m and 2.5 m above level inverts:
    # 2 g n^2 L / R^(4/3) with R = 0.25 m is 0.421078, so V = (2 g 0.5 / 1.921078)^0.5.
    losses = 1.5 + 2 * 9.81 * 0.013**2 * 20 / 0.25 ** (4 / 3)
    assert losses == pytest.approx(1.921078, rel=1e-6)
    expected = math.sqrt(2 * 9.81 * 0.5 / losses)
    flow = culvert_discharge(3.0, 2.5, 0.0, 1.0, 1.0, 20.0, 0.013, 1.5)
    assert flow == pytest.approx(expected)
    assert flow < inlet_discharge(3.0, 1.0, 1.0)


def test_a_drowned_pipe_follows_the_full_barrel_loss_of_energy():
    losses = 1.5 + 2 * 9.81 * 0.024**2 * 30 / 0.15 ** (4 / 3)
    expected = math.pi * 0.09 * math.sqrt(2 * 9.81 * 0.4 / losses)
    flow = culvert_discharge(1.5, 1.3, 0.2, 0.0, 0.6, 30.0, 0.024, 1.5)
    assert flow == pytest.approx(expected)


def test_a_short_steep_culvert_is_under_inlet_control():
    flow = culvert_discharge(1.0, -2.0, 2.0, 2.0, 1.5, 10.0, 0.013, 1.5)
    assert flow == inlet_discharge(1.0, 2.0, 1.5)


def test_a_long_rough_culvert_with_a_free_outlet_is_under_outlet_control():
    barrel = (0.0, 1.0, 1.0, 60.0, 0.03, 1.5)
    flow = culvert_discharge(1.6, -5.0, *barrel)
    assert flow == outlet_discharge(1.6, -5.0, *barrel)
    assert flow < 0.8 * inlet_discharge(1.6, 1.0, 1.0)
    # Near FHWA's shortcut: full barrel, level at the outlet half-way from critical depth to roof.
    critical = (flow**2 / 9.81) ** (1 / 3)
    losses = 1.5 + 2 * 9.81 * 0.03**2 * 60 / 0.25 ** (4 / 3)
    shortcut = math.sqrt(2 * 9.81 * (1.6 - (critical + 1) / 2) / losses)
    assert flow == pytest.approx(shortcut, rel=0.05)


heads = st.floats(0.0, 5.0)
sizes = st.floats(0.1, 3.0)


@settings(deadline=None)  # the first call compiles
@given(heads, heads, heads, sizes, sizes, st.booleans())
def test_a_culvert_never_carries_more_when_the_water_below_rises(
    head, more, tail, width, height, is_pipe
):
    barrel = (0.0, 0.0 if is_pipe else width, height, 20.0, 0.02, 1.5)
    flow = culvert_discharge(head + tail, tail, *barrel)
    assert 0.0 <= flow <= inlet_discharge(head + tail, *barrel[1:3])
    drowned = culvert_discharge(head + tail, min(tail + more, head + tail), *barrel)
    assert drowned <= flow * (1 + 2e-3) + 1e-12
    assert culvert_discharge(tail, tail, *barrel) == pytest.approx(0.0, abs=1e-5)


def test_the_opening_of_a_bridge_is_open_then_a_sluice_then_drowned():
    opening = (4.0, 2.0, 1.7)  # width, height, coefficient
    assert opening_discharge(1.0, 0.0, *opening) == pytest.approx(1.7 * 4)
    below, above = (opening_discharge(h, 0.0, *opening) for h in (1.5 - 1e-9, 1.5 + 1e-9))
    assert below == pytest.approx(above, rel=1e-8)
    sluice = opening_discharge(4.0, 0.0, *opening)
    assert sluice / (8 * math.sqrt(2 * 9.81 * 3.0)) == pytest.approx(0.50, abs=0.005)
    drowned = opening_discharge(4.0, 3.9, *opening)
    assert drowned == pytest.approx(0.8 * 8 * math.sqrt(2 * 9.81 * 0.1))
    assert opening_discharge(-0.5, -0.7, *opening) == 0.0


# exchange between cells


def structures_of_all_kinds():
    return [
        Weir(*PAIR, crest=100.5, width=5.0),
        Culvert(*PAIR, inlet_invert=100.1, outlet_invert=100.1, length=15.0, diameter=0.9),
        Culvert(*PAIR, inlet_invert=99.8, outlet_invert=99.8, length=15.0, width=1.0, height=1.0),
        Bridge(*PAIR, bed=100.2, soffit=100.8, deck=101.2, width=5.0),
        Levee(*PAIR, crest=100.6),
        Breach(*PAIR, crest=101.5, bottom=100.0, width=6.0, duration=60.0, begins=0.0),
    ]


KINDS = [f"{type(s).__name__}{k}" for k, s in enumerate(structures_of_all_kinds())]


@pytest.mark.parametrize("structure", structures_of_all_kinds(), ids=KINDS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_two_basins_come_to_one_level_without_swinging(structure, dtype):
    basins = Basins([structure], [[100.0, 100.0]], [[102.0, 100.0]], 2.0, dtype=dtype)
    volume, last = basins.volume, 2.0
    for _ in range(400):
        fall = np.subtract(*basins.run(1).levels)
        assert -1e-6 <= fall <= last + 1e-6
        last = fall
    assert last == pytest.approx(0.0, abs=2e-3)
    assert basins.volume == pytest.approx(volume, rel=1e-9 if dtype == "f4" else 1e-14)
    assert basins.moved[0] == pytest.approx(100.0, rel=1e-3)


@pytest.mark.parametrize("structure", structures_of_all_kinds(), ids=KINDS)
def test_both_directions_are_alike(structure):
    there = Basins([structure], [[100.0, 100.0]], [[101.8, 100.7]]).run(5)
    back = Basins([structure], [[100.0, 100.0]], [[100.7, 101.8]]).run(5)
    assert there.levels.tolist() == back.levels[::-1].tolist()
    assert there.moved[0] == -back.moved[0] > 0


@pytest.mark.parametrize("structure", structures_of_all_kinds(), ids=KINDS)
def test_equal_levels_and_dry_cells_move_nothing(structure):
    still = Basins([structure], [[100.0, 100.0]], [[101.9, 101.9]]).run(3)
    assert still.moved[0] == 0.0
    dry = Basins([structure], [[100.2, 100.0]], [[100.0, 100.0]]).run(3)
    assert dry.moved[0] == 0.0


@settings(deadline=None)  # the first call compiles
@given(
    st.integers(0, 5), st.floats(99, 103), st.floats(99, 103), st.floats(0.01, 1000), st.booleans()
)
def test_a_pass_takes_no_more_than_is_there_and_never_swings_over(
    kind, level_a, level_b, seconds, is_float32
):
    basins = Basins(
        structures_of_all_kinds()[kind : kind + 1], [[100.0, 100.0]], [[level_a, level_b]], seconds,
        dtype="f4" if is_float32 else "f8",
    )  # fmt: skip
    before, volume = basins.levels, basins.volume
    after = basins.run(1).levels
    assert basins.inside(basins.depth).min() >= 0
    assert (after[0] - after[1]) * (before[0] - before[1]) >= -1e-6
    assert min(before) - 1e-6 <= min(after) <= max(after) <= max(before) + 1e-6
    assert basins.volume == pytest.approx(volume, rel=1e-9 if is_float32 else 1e-14)


def test_a_weir_drains_to_its_crest_and_no_further():
    weir = Weir(*PAIR, crest=101.0, width=8.0)
    basins = Basins([weir], [[100.0, 95.0]], [[102.0, 95.0]], 30.0).run(2000)
    assert basins.levels[0] == pytest.approx(101.0, abs=1e-3)
    assert basins.levels[0] >= 101.0 - 1e-12


def test_the_first_second_over_a_weir_is_its_hand_figure():
    weir = Weir(*PAIR, crest=101.0, width=2.0)
    basins = Basins([weir], [[100.0, 100.0]], [[101.5, 100.0]], 1.0).run(1)
    # What flows at the level that it leaves behind: V = 3.4 (0.5 - V / 100)^1.5.
    assert basins.moved[0] == pytest.approx(1.160476)
    assert basins.inside(basins.depth)[0] == pytest.approx([1.5 - 0.011605, 0.011605], abs=1e-6)


def test_a_flap_gate_lets_water_out_only():
    gate = {"inlet_invert": 100.0, "outlet_invert": 100.0, "length": 10.0, "diameter": 0.8}
    gated = Culvert(*PAIR, **gate, one_way=True)
    assert Basins([gated], [[100.0, 100.0]], [[100.5, 102.0]]).run(9).moved[0] == 0.0
    assert Basins([gated], [[100.0, 100.0]], [[102.0, 100.5]]).run(9).moved[0] > 0.0


def test_a_culvert_over_several_pairs_carries_what_it_carries_over_one():
    barrel = {"inlet_invert": 100.0, "outlet_invert": 99.9, "length": 10.0, "diameter": 0.8}
    city = [[100.0, 100.0]] * 3, [[101.0, 100.0]] * 3
    one = Basins([Culvert("c", 0, 0, 0, 1, **barrel)], *city, seconds=1e-3)
    rows = np.arange(3)
    three = Basins([Culvert("c", rows, 0, rows, 1, **barrel)], *city, seconds=1e-3)
    assert three.run(1).moved[0] == pytest.approx(one.run(1).moved[0], rel=1e-4)


def test_a_bridge_under_water_goes_over_its_deck_too():
    bridge = Bridge(*PAIR, bed=100.0, soffit=101.0, deck=101.5, width=4.0)
    basins = Basins([bridge], [[100.0, 90.0]], [[102.5, 90.0]], 1e-3).run(1)
    opening = opening_discharge(2.5, -10.0, 4.0, 1.0, 1.7)
    assert basins.moved[0] == pytest.approx(1e-3 * (opening + 1.44 * 4.0), rel=2e-4)


def test_a_levee_holds_until_it_is_overtopped():
    levee = Levee("dyke", [0, 1], [0, 0], [0, 1], [1, 1], crest=[102.0, 101.5])
    low = Basins([levee], [[100.0, 100.0]] * 2, [[101.4, 100.0]] * 2).run(100)
    assert low.moved[0] == 0.0
    high = Basins([levee], [[100.0, 100.0]] * 2, [[101.7, 100.0]] * 2).run(1)
    left = 0.2 - high.moved[0] / 100
    assert high.moved[0] == pytest.approx(1.7 * 10.0 * left**1.5, rel=1e-5)
    assert high.inside(high.depth)[0, 1] == 0.0
    assert high.inside(high.depth)[1, 1] > 0.0


BREACH = Breach(*PAIR, crest=102.0, bottom=100.0, width=4.0, duration=100.0, begins=50.0)


def test_a_breach_holds_until_its_time_then_drains():
    basins = Basins([BREACH], [[100.0, 100.0]], [[101.5, 100.0]]).run(49)
    assert basins.moved[0] == 0.0
    assert basins.begun[0] < 0
    basins.run(1)
    assert basins.begun[0] == 50.0
    # After 50 s more it is half open: the bottom at 101 m, 2 m wide.
    basins.run(50)
    before = basins.moved[0]
    head, tail = basins.run(1).levels - 100.98
    assert basins.moved[0] - before == pytest.approx(
        weir_discharge(head, tail, 2.04, 1.44), rel=1e-5
    )
    assert basins.run(500).levels == pytest.approx([100.75, 100.75], abs=1e-3)


def test_a_breach_begins_at_its_level():
    breach = Breach(*PAIR, crest=102.0, bottom=100.0, width=4.0, duration=100.0, trigger=101.6)
    held = Basins([breach], [[100.0, 100.0]], [[101.5, 100.0]]).run(10)
    assert held.begun[0] < 0
    held.inside(held.depth)[0, 0] = 1.65
    held.run(1)
    assert held.begun[0] == 11.0
    assert held.run(20).moved[0] > 0


def test_a_breach_without_duration_is_open_at_once():
    sudden = Breach(*PAIR, crest=102.0, bottom=100.0, width=10.0, duration=0.0, begins=0.0)
    basins = Basins([sudden], [[100.0, 90.0]], [[101.0, 90.0]], 1e-3).run(1)
    assert basins.moved[0] == pytest.approx(1e-3 * 1.44 * 10.0, rel=1e-3)


def test_a_breach_that_has_not_begun_is_the_levee_that_it_stands_in():
    place = [0, 1], [0, 0], [0, 1], [1, 1]
    crest = {"crest": [101.2, 101.5], "face_width": [7.0, 9.0]}
    sleeping = Breach("b", *place, **crest, bottom=100, width=12.0, duration=9.0, begins=1e9)
    city = [[100.0, 100.0]] * 2, [[101.8, 100.0]] * 2
    levee = Basins([Levee("l", *place, **crest)], *city).run(9)
    assert Basins([sleeping], *city).run(9).moved[0] == levee.moved[0] > 0


def test_a_breach_does_not_go_below_the_ground():
    deep = Breach(*PAIR, crest=102.0, bottom=95.0, width=10.0, duration=0.0, begins=0.0)
    parameters = prepare_structures([deep], make_ground([[100.0, 100.5]])).parameters
    assert parameters[0, 1] == pytest.approx(100.5 - DATUM)


def test_a_restart_in_the_middle_of_a_breach_changes_no_bit():
    whole = Basins([BREACH], [[100.0, 100.0]], [[101.5, 100.0]], dtype="f4").run(150)
    first = Basins([BREACH], [[100.0, 100.0]], [[101.5, 100.0]], dtype="f4").run(90)
    second = Basins([BREACH], [[100.0, 100.0]], [[101.5, 100.0]], dtype="f4")
    for name in ("depth", "owed"):
        getattr(second, name)[...] = getattr(first, name)
    for name, kept in first.state.arrays().items():
        second.state.arrays()[name][...] = kept
    second.now = first.now
    second.run(60)
    for name in ("depth", "owed"):
        assert (getattr(second, name) == getattr(whole, name)).all()
    for name, kept in whole.state.arrays().items():
        assert (second.state.arrays()[name] == kept).all()


def test_two_structures_at_one_cell_cannot_take_its_water_twice():
    pipe = {"inlet_invert": 99.0, "outlet_invert": 98.0, "length": 10.0, "diameter": 2.0}
    culverts = [Culvert(f"c{k}", 0, 0, 0, k, **pipe) for k in (1, 2)]
    basins = Basins(culverts, [[100.0, 99.0, 99.0]], [[100.05, 0, 0]], 100.0)
    volume = basins.volume
    basins.run(1)
    assert basins.inside(basins.depth).min() == 0.0
    assert basins.volume == pytest.approx(volume, rel=1e-14)


def test_what_a_cell_could_not_give_is_taken_back():
    basins = Basins([Weir(*PAIR, crest=100.0, width=5.0)], [[100.0, 100.0]], [[101.0, 100.0]])
    volume, state = basins.volume, basins.state
    state.link_rates[:] = 1.0
    gained = np.array([[-0.3, 0.7]])  # it was to give 0.7 m, and had 0.3 m
    basins.inside(basins.depth)[0] = [0.7, 0.5]  # of which the second has passed 0.2 m on
    basins.table.settle(state, np.array([-0.3, 0.5]), gained, basins.depth, basins.owed, 1.0)
    assert basins.inside(basins.depth)[0] == pytest.approx([0.7, 0.1])
    assert basins.volume == pytest.approx(volume - 20)
    assert (basins.moved[0], state.link_pending[0]) == (pytest.approx(30), pytest.approx(0))
    basins.table.settle(state, np.zeros(2), gained * [[1, 1]], basins.depth, basins.owed, 1.0)
    assert basins.inside(basins.depth)[0, 1] == 0.0
    assert state.link_pending[0] == pytest.approx(0.3)  # to be taken back later


@settings(deadline=None)  # the first call compiles
@given(st.floats(-1, 9), st.floats(0, 9), st.floats(0, 9), st.floats(1e-6, 1e3), st.floats(0, 9))
def test_what_moves_flows_at_the_levels_that_it_leaves(down, fall, water, per_depth, guess):
    up, p = down + fall, np.array([0.5, 4.0, 1.7] + [0.0] * 7)
    fall = up - down  # as the sum has rounded it
    moved = moved_depth(WEIR, p, up, down, water, True, 0.0, per_depth, guess)
    assert 0 <= moved <= min(water, 0.5 * fall)
    assert moved == 0 or up - moved >= 0.5 - 1e-12
    wanted = per_depth * weir_discharge(up - moved - 0.5, down + moved - 0.5, 4.0, 1.7)
    if moved < min(water, 0.5 * fall) - 1e-9:
        assert moved == pytest.approx(wanted, rel=1e-4, abs=1e-9)


def canal(crest, scheme, cell_size, seconds):
    """Pond before a weir with 1 m2/s, run until it is steady: its level, and that at the weir."""
    columns = 24
    is_before = np.arange(columns) < columns // 2
    depth = np.where(is_before, crest, 0.1) * np.ones((2, 1))
    city = make_terrain(
        np.zeros((2, columns)), cell_size=cell_size, manning=0.02, initial_depth=depth
    )
    rows, only = np.arange(2), np.array([0.0])
    west = Inflow("in", rows, rows * 0, only, np.array([2.0 * cell_size]))
    east = Stage("out", rows, rows * 0 + columns - 1, only, np.array([0.1]))
    weir = Weir("weir", rows, rows * 0 + 11, rows, rows * 0 + 12, crest=crest, width=2 * cell_size)
    settings_ = Settings(scheme=scheme, dtype="float64", frame_seconds=seconds)
    run = simulate(
        city, seconds=seconds, boundaries=(west, east), structures=(weir,), settings=settings_
    )
    return run, run.flood["water_depth"].values[-1, 0, [6, 11]]


@pytest.mark.parametrize("scheme", ["inertial", "dynamic"])
@pytest.mark.parametrize("cell_size", [0.5, 2.0])
def test_a_steady_weir_has_the_head_of_its_formula(scheme, cell_size):
    run, (pond, before_weir) = canal(1.0, scheme, cell_size, 200 * cell_size**0.5)
    head = (1 / 1.7) ** (2 / 3)
    assert before_weir - 1 == pytest.approx(head, rel=2e-3)
    assert pond - 1 == pytest.approx(head, rel=5e-3)
    assert abs(run.ledger["relative_error"]) < 1e-12


# preparation


def test_closed_faces_are_those_between_touching_cells():
    structures = [
        Weir("w", [2, 3], [4, 4], [2, 3], [5, 5], crest=1.0, width=5.0),
        Levee("l", 1, 1, 0, 1, crest=1.0),
        Bridge("b", 0, 0, 0, 3, bed=0.0, soffit=1.0, deck=2.0, width=5.0),  # apart
        Culvert("c", 7, 7, 7, 8, inlet_invert=0.0, outlet_invert=0.0, length=9.0, diameter=1.0),
    ]
    assert closed_faces(structures) == [(1, 1, "north"), (2, 5, "west"), (3, 5, "west")]


def test_what_stands_in_a_levee_takes_the_place_of_its_faces():
    rows = np.arange(3)
    levee = Levee("l", rows, 0, rows, 1, crest=103.0)
    breach = Breach("b", 1, 1, 1, 0, crest=103.0, bottom=100.0, width=5.0, duration=9.0, begins=0.0)
    table = prepare_structures([levee, breach], make_ground([[100.0, 100.0]] * 3))
    assert table.owners.tolist() == [0, 0, 1]
    assert (table.cells[:2, 0] - PAD).tolist() == [0, 2]
    assert len(closed_faces([levee, breach])) == 3


def test_a_line_becomes_faces_with_its_left_cells_first():
    grid = Grid(0.0, 40.0, 10.0, 4, 4, "EPSG:3826")
    eastward = faces_on_line(grid, [(0, 21), (40, 19)])
    assert [part.tolist() for part in eastward] == [[1] * 4, [0, 1, 2, 3], [2] * 4, [0, 1, 2, 3]]
    southward = faces_on_line(grid, [(20, 40), (20, 20)])
    assert [part.tolist() for part in southward] == [[0, 1], [2, 2], [0, 1], [1, 1]]


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.tuples(st.floats(0, 80), st.floats(0, 60)), min_size=2, max_size=5))
def test_a_line_turned_round_has_the_same_faces_closed(points):
    grid = Grid(0.0, 60.0, 10.0, 8, 6, "EPSG:3826")
    try:
        there = faces_on_line(grid, points)
    except InputError:
        return  # every point at one corner, or all on the edge
    for row, column, to_row, to_column in zip(*there, strict=True):
        assert abs(row - to_row) + abs(column - to_column) == 1


def test_a_closed_line_lets_no_water_out():
    grid = Grid(0.0, 100.0, 10.0, 10, 10, "EPSG:3826")
    ring = [(52, 88), (87, 40), (40, 13), (14, 60), (52, 88)]
    faces = set(closed_faces([Levee("ring", *faces_on_line(grid, ring), crest=9.0)]))
    reached, front = {(5, 5)}, [(5, 5)]
    while front:
        j, i = front.pop()
        for cell, face in (
            ((j, i - 1), (j, i, "west")), ((j, i + 1), (j, i + 1, "west")),
            ((j - 1, i), (j, i, "north")), ((j + 1, i), (j + 1, i, "north")),
        ):  # fmt: skip
            if face not in faces and cell not in reached:
                assert 0 < cell[0] < 9
                assert 0 < cell[1] < 9
                reached.add(cell)
                front.append(cell)
    assert 20 < len(reached) < 60


GROUND = make_ground([[100.0, 100.0, 105.0]] * 2, walls=[(1, 0)])
PIPE = {"inlet_invert": 99.0, "outlet_invert": 99.0, "length": 9.0}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Weir("w", 0, 0, 0, 7, 101, 5), "off the grid of 2 x 3"),
        (lambda: Weir("w", 0, -1, 0, 0, 101, 5), "off the grid"),
        (lambda: Weir("w", 0, 0, 1, 0, 101, 5), "wall or a building"),
        (lambda: Weir("w", 0, 1, 0, 1, 101, 5), "one and the same"),
        (lambda: Weir("w", 0, 1, 0, 2, 101, 5), "crest at 101 m, below the ground at 105 m"),
        (lambda: Weir("w", 0, 0, 0, 1, 101, -5), "width -5, expected more than 0"),
        (lambda: Weir("w", 0, 0, 0, 1, math.nan, 5), "crest nan, expected a finite number"),
        (lambda: Weir("w", 0, 0, 0, 1, "high", 5), "crest 'high', expected numbers"),
        (lambda: Weir("w", [0, 0], [0, 1, 2], 0, 1, 101, 5), "expected as many on both sides"),
        (lambda: Weir("w", [], [], [], [], 101, 5), "whole numbers"),
        (lambda: Weir("w", 0, 0.5, 0, 1, 101, 5), "whole numbers"),
        (lambda: Weir("w", 0, 0, 0, 1, 101, 5, 0), "coefficient 0"),
        (lambda: Levee("l", 0, 0, 1, 1, 101), "do not touch"),
        (lambda: Levee("l", [0, 0], 0, [0, 0], 1, 101), "twice"),
        (lambda: Levee("l", 0, 0, 0, 1, [101, 102, 103]), "3 values of crest for 1 faces"),
        (lambda: Breach("b", 0, 0, 0, 1, 102, 100, 5, 60), "neither begins nor trigger"),
        (lambda: Breach("b", 0, 0, 0, 1, 102, 103, 5, 60, 0), "bottom below the crest"),
        (lambda: Breach("b", 0, 0, 0, 1, 102, 100, 15, 60, 0), "give it more faces"),
        (lambda: Breach("b", 0, 0, 0, 1, 102, 100, 5, -60, 0), "duration -60"),
        (lambda: Breach("b", 0, 0, 0, 1, 102, 100, 5, 60, trigger=99), "trigger at 99 m"),
        (lambda: Culvert("c", 0, 0, 0, 1, **PIPE), "give one shape"),
        (lambda: Culvert("c", 0, 0, 0, 1, **PIPE, width=1, height=1, diameter=1), "one shape"),
        (lambda: Culvert("c", 0, 0, 0, 1, **PIPE, diameter=-1), "diameter -1"),
        (lambda: Culvert("c", 0, 0, 0, 1, **PIPE, diameter=1, manning=0), "manning 0"),
        (lambda: Bridge("b", 0, 0, 0, 1, 100, 103, 102, 5), "rise in this order"),
        (lambda: Bridge("b", 0, 0, 0, 1, 99, 103, 104, 5), "bed at 99 m, below the ground"),
    ],
)
def test_what_is_wrong_with_a_structure_is_said_in_one_line(make, words):
    with pytest.raises(InputError) as error:
        prepare_structures([make()], GROUND)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_name_is_given_once():
    weir = Weir(*PAIR, crest=101.0, width=5.0)
    with pytest.raises(InputError, match="given 2 times"):
        prepare_structures([weir, weir], make_ground([[100.0, 100.0]]))


def test_no_structures_are_an_empty_table():
    table = prepare_structures([], make_ground([[100.0, 100.0]]))
    assert table.cells.shape == (0, 4)
    assert closed_faces([]) == []

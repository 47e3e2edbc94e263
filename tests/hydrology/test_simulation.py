"""Laws of the simulation: mass, rest, symmetry, and the same answer however it is computed."""

import dataclasses

import numba
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrology.solver import tiles
from hydrology.solver.boundaries import FreeOutflow, Inflow, Stage
from hydrology.solver.infiltration import Infiltration
from hydrology.solver.precision import packed, unpacked
from hydrology.solver.simulation import Settings, simulate
from hydrology.solver.state import load_state, save_state
from hydrology.solver.structures import Breach, Culvert, Levee
from tests.hydrology.conftest import make_rain, make_terrain, rough_ground
from twin.errors import InputError

BOUNDS = [("float32", 1e-6), ("float64", 1e-12)]
POINT = (np.array([20, 20]), np.array([30, 31]))


def run(terrain, mm_h=80.0, seconds=600, **kwargs):
    chosen = kwargs.pop("settings", Settings())
    return simulate(
        terrain, make_rain(terrain, mm_h, 400), seconds=seconds, settings=chosen, **kwargs
    )


def inflow(discharge=2.0):
    return Inflow("creek", *POINT, np.array([0.0, 300.0]), np.array([0.0, discharge]))


@pytest.mark.parametrize(("dtype", "bound"), BOUNDS)
@pytest.mark.parametrize("edges", ["closed", "free"])
def test_every_litre_is_accounted_for(bumpy, dtype, bound, edges):
    tide = Stage("tide", np.array([60, 61]), np.array([5, 5]), np.array([0.0]), np.array([12.5]))
    result = run(bumpy, boundaries=(inflow(), tide), settings=Settings(dtype=dtype, edges=edges))
    ledger = result.ledger
    entered = ledger["initial"] + ledger["rain"] + ledger["inflow"]
    gone = ledger["infiltration"] + ledger["drained"] + ledger["outflow"]
    assert abs(entered - gone - ledger["stored"]) <= bound * entered
    assert abs(ledger["relative_error"]) <= bound
    assert all(ledger[key] > 0 for key in ("rain", "inflow", "infiltration", "drained"))
    assert (ledger["outflow"] > 0) == (edges == "free") or ledger["outflow"] > 0


@pytest.mark.parametrize(("dtype", "bound"), BOUNDS)
@pytest.mark.parametrize("scheme", ["inertial", "dynamic"])
def test_soil_takes_nothing_of_what_has_left_into_a_void(scheme, dtype, bound):
    ground = rough_ground(40, 50, height=0.5) - 0.02 * np.arange(50)
    j, i = np.mgrid[:40, :50]
    ground[i - j > 25] = np.nan
    ground[15:20, 20:24] = np.nan
    result = run(
        make_terrain(ground, initial_depth=0.2),
        boundaries=(FreeOutflow("mouth", "east", 0.01), FreeOutflow("bay", "north", 0.02)),
        infiltration=Infiltration.horton(2e-5, 2e-6, 1e-3),
        settings=Settings(dtype=dtype, scheme=scheme),
    )
    ledger = result.ledger
    assert ledger["outflow"] > 10
    assert ledger["infiltration"] > 10
    assert abs(ledger["relative_error"]) <= bound


@pytest.mark.parametrize("real", [np.float32, np.float64])
def test_what_rounding_owes_a_dry_cell_stays_as_it_is(real):
    assert packed(real(0), real(0)) == 0
    for parts in (-32767, -1000, -2, -1, 1, 2, 1000, 32767):
        assert packed(real(0), unpacked(real(0), parts)) == parts
    bits = np.random.default_rng(1).integers(0, 2**30, 20_000).astype(np.int32)
    assert not any(packed(real(depth), real(0)) for depth in bits.view(np.float32))


def test_rain_and_inflow_are_what_was_ordered(bumpy):
    result = run(bumpy, boundaries=(inflow(),))
    area = bumpy["elevation"].size * 25.0
    assert result.ledger["rain"] == pytest.approx(80.0 / 3.6e6 * 400 * area, rel=1e-6)
    assert result.ledger["inflow"] == pytest.approx(2.0 * 300 / 2 + 2.0 * 300, rel=1e-5)


def test_stored_water_is_the_water_in_the_last_frame(bumpy):
    result = run(bumpy, settings=Settings(dtype="float64"))
    shown = float(result.flood["water_depth"][-1].astype("f8").sum()) * 25.0
    assert shown == pytest.approx(result.ledger["stored"], rel=1e-6)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), mm_h=st.floats(1, 150), height=st.floats(0.01, 30))
def test_depth_is_never_negative_and_mass_closes_on_any_ground(seed, mm_h, height):
    terrain = make_terrain(rough_ground(40, 40, seed, height), edges="free", drain_capacity=5e-6)
    result = run(terrain, mm_h, 500)
    assert float(result.flood["water_depth"].min()) >= 0
    assert abs(result.ledger["relative_error"]) < 1e-6


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-5), ("float64", 1e-12)])
def test_a_lake_at_rest_stays_at_rest(dtype, bound):
    ground = rough_ground(seed=3)
    lake = make_terrain(ground, initial_depth=np.maximum(11.2 - ground, 0))
    result = simulate(lake, seconds=1200, settings=Settings(dtype=dtype))
    assert float(result.flood["max_speed"].max()) < bound


@pytest.mark.parametrize(("dtype", "bound"), BOUNDS)
def test_drizzle_on_deep_water_is_not_rounded_away(dtype, bound):
    lake = make_terrain(np.zeros((20, 20)), initial_depth=5.0)
    rain = make_rain(lake, 1.0, 24 * 3600)
    result = simulate(lake, rain, seconds=24 * 3600, settings=Settings(dtype=dtype))
    ledger, fallen = result.ledger, 0.024 * 20 * 20 * 25
    assert ledger["rain"] == pytest.approx(fallen, rel=1e-6)
    assert abs(ledger["error"]) <= bound * (fallen if dtype == "float32" else ledger["stored"])
    assert ledger["stored"] - ledger["initial"] == pytest.approx(fallen, rel=1e-5)
    shown = result.flood["water_depth"].isel(time=-1)
    assert float(shown.mean()) == pytest.approx(5.024, abs=1e-6)


def flips():
    return {
        "west-east": lambda a: a[:, ::-1],
        "north-south": lambda a: a[::-1],
        "transposed": lambda a: a.T,
    }


@pytest.mark.parametrize("name", flips())
def test_a_mirrored_city_has_the_mirrored_flood_to_the_bit(name):
    flip, ground = flips()[name], rough_ground()
    plain = run(make_terrain(ground, edges="free"))
    mirrored = run(make_terrain(np.ascontiguousarray(flip(ground)), edges="free"))
    assert np.array_equal(flip(plain.state.depth), mirrored.state.depth)


def test_threads_and_tiles_do_not_change_a_bit(bumpy, monkeypatch):
    plain = run(bumpy, boundaries=(inflow(),))
    monkeypatch.setattr(tiles, "TILE_ROWS", 17)
    monkeypatch.setattr(tiles, "TILE_COLUMNS", 23)
    tiled = run(bumpy, boundaries=(inflow(),))
    numba.set_num_threads(1)
    try:
        alone = run(bumpy, boundaries=(inflow(),))
    finally:
        numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    assert np.array_equal(plain.state.arrays["flow"], tiled.state.arrays["flow"])
    assert np.array_equal(plain.state.arrays["flow"], alone.state.arrays["flow"])
    assert plain.ledger["rain"] == alone.ledger["rain"]


def test_a_run_in_two_parts_is_the_run_in_one_to_the_bit(bumpy):
    rain = make_rain(bumpy, 80, 400)
    half = Settings(frame_seconds=300)
    whole = simulate(bumpy, rain, seconds=600, settings=half)
    first = simulate(bumpy, rain, seconds=300, settings=half)
    later = rain["time"].values[0] + np.timedelta64(300, "s")
    second = simulate(
        bumpy, rain, seconds=300, settings=half, initial_state=first.state, start=later
    )
    assert np.array_equal(whole.state.arrays["flow"], second.state.arrays["flow"])


def odd_run(seconds, **kwargs):
    """A city with all that a run remembers, whose frames and gauges come at odd times."""
    terrain = make_terrain(rough_ground(), edges="north", drain_capacity=3e-6, initial_depth=0.1)
    rows, columns = np.arange(70), np.full(70, 40)
    levee = Levee("dike", rows, columns, rows, columns + 1, crest=12.6)
    breach = Breach(
        "breach", rows[20:23], columns[20:23], rows[20:23], columns[20:23] + 1,
        crest=12.6, bottom=10.5, width=15.0, duration=90.0, begins=60.0,
    )  # fmt: skip
    pipe = Culvert(
        "pipe", 50, 40, 50, 41, inlet_invert=12.0, outlet_invert=12.0, length=5, diameter=0.8
    )
    edge, waves = np.arange(90), np.linspace(0, 400, 21)
    creek = Inflow("creek", np.repeat(np.arange(16, 40), 2), np.tile([22, 23], 24), waves,
                   3 + np.sin(waves / 40))  # fmt: skip
    tide = Stage("tide", np.full(90, 69), edge, waves, 12 + 0.3 * np.sin(waves / 50))
    return simulate(
        terrain,
        make_rain(terrain, 60, 150),
        seconds=seconds,
        boundaries=(creek, tide, FreeOutflow("mouth", "east", 0.01)),
        structures=(levee, breach, pipe),
        infiltration=Infiltration.horton(2e-5, 2e-6, 1e-3),
        gauges=([5], [6]),
        gauge_seconds=0.7,
        **kwargs,
    )


@pytest.mark.parametrize(("dtype", "_"), BOUNDS)
@pytest.mark.parametrize("scheme", ["inertial", "dynamic"])
def test_a_run_that_is_resumed_has_every_bit_of_one_that_never_stopped(
    scheme, dtype, _, monkeypatch, tmp_path
):
    if scheme == "inertial":  # the rows of the dynamic one are laid out for its own tiles
        monkeypatch.setattr(tiles, "TILE_ROWS", 17)
        monkeypatch.setattr(tiles, "TILE_COLUMNS", 23)
    chosen = Settings(scheme=scheme, dtype=dtype, frame_seconds=33.3)
    whole = odd_run(250.0, settings=chosen)
    save_state(odd_run(3 * 33.3, settings=chosen).state, tmp_path / "half.state")
    resumed = odd_run(250.0, settings=chosen, resume=load_state(tmp_path / "half.state"))
    assert resumed.state.arrays.keys() == whole.state.arrays.keys()
    for name, values in whole.state.arrays.items():
        assert np.array_equal(resumed.state.arrays[name], values, equal_nan=True), name
    assert resumed.ledger == whole.ledger
    assert whole.state.arrays["begun"][1] == 60
    assert np.array_equal(resumed.gauges.seconds[1:], whole.gauges.seconds[-216:])


def resumed(bumpy, change):
    """Go on with a run after a change of what is given to it, or of its saved arrays."""
    given = {
        "boundaries": (inflow(),),
        "structures": (Levee("dike", 5, [7, 8], 6, [7, 8], crest=13.0),),
        "infiltration": Infiltration.horton(2e-5, 2e-6, 1e-3),
    }
    terrain = bumpy.copy(deep=True)
    state = run(bumpy, seconds=20, **given).state
    state = dataclasses.replace(state, arrays=dict(state.arrays))
    change(terrain, given, state.arrays)
    return run(terrain, seconds=40, resume=state, **given)


def raise_ground(terrain, *_):
    terrain["elevation"][3, 3] += 0.5


def roughen(terrain, *_):
    terrain["manning"] = xr.full_like(terrain["elevation"], 0.05).assign_attrs(units="s m-1/3")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (raise_ground, "with another terrain, expected the run that goes on"),
        (roughen, "another roughness"),
        (lambda t, *_: t["drain_capacity"].values.__imul__(2), "other drains or losses"),
        (lambda t, *_: t.attrs.update(edges="east"), "other free edges"),
        (lambda t, g, a: g.update(boundaries=()), "boundaries of another kind"),
        (lambda t, g, a: g.update(structures=()), "other structures"),
        (lambda t, g, a: g.update(infiltration=None), "another soil"),
        (lambda t, g, a: g.update(infiltration=Infiltration.horton(2e-5, 1e-6, 1e-3)), "another s"),
        (lambda t, g, a: g.update(settings=Settings(wet_depth=0.1)), "wet depth 0.05, expected 0"),
        (lambda t, g, a: a.update(begun=np.zeros(0)), r"float64 of shape \(0,\) for begun"),
        (lambda t, g, a: a.update(flow=a["flow"][:, 1:]), "for flow, expected float32 of shape"),
        (lambda t, g, a: a.update(limits=np.zeros(4)), "for limits"),
        (lambda t, g, a: a.pop("exchanged"), "has nothing for exchanged"),
    ],
)
def test_a_run_is_not_resumed_as_another(bumpy, change, says):
    with pytest.raises(InputError, match=says):
        resumed(bumpy, change)


def test_a_resumed_run_may_have_other_rain_and_other_series_from_there_on(bumpy):
    result = resumed(bumpy, lambda t, g, a: g.update(boundaries=(inflow(5.0),)))
    assert result.ledger["inflow"] == pytest.approx(2 / 300 * 20**2 / 2 + 5 / 300 * 600, rel=1e-5)


def test_a_soil_of_another_model_begins_without_memory(bumpy):
    horton, ampt = Infiltration.horton(2e-5, 2e-6, 1e-3), Infiltration.green_ampt(1e-6, 0.1, 0.3)
    wet = run(bumpy, seconds=60, infiltration=horton).state
    assert wet.arrays["soil_memory"].max() > 0
    fresh = dataclasses.replace(wet, arrays={k: wet.arrays[k] for k in ("flow", "owed")})
    floods = [
        run(bumpy, seconds=60, infiltration=ampt, initial_state=state).state.arrays["flow"]
        for state in (wet, fresh)
    ]
    assert np.array_equal(*floods)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"settings": Settings(frame_seconds=1e-6)}, "frame_seconds is 1e-06 in a run of 600 s"),
        ({"gauge_seconds": 1e-9}, "gauge_seconds is 1e-09 .* at most 1,000,000 steps"),
        ({"gauge_seconds": -1.0}, "gauge_seconds is -1"),
    ],
)
def test_frames_and_records_without_end_are_refused(bumpy, words, says):
    with pytest.raises(InputError, match=says):
        run(bumpy, **words)


def level(name, rows, columns, height=12.0):
    return Stage(name, np.array(rows), np.array(columns), np.zeros(1), np.array([height]))


SOUTH = np.full(90, 69), np.arange(90)


@pytest.mark.parametrize(
    ("boundaries", "says"),
    [
        ((level("sea", [5, 6], [5, 5]), level("lake", [6], [5], 13.0)),
         "stages 'sea' and 'lake' share 1 cells, the first in row 6, column 5"),
        ((level("sea", [5, 20], [5, 30]), inflow()), "stage 'sea' and inflow 'creek' share 1"),
        ((FreeOutflow("a", "east", 0.01), FreeOutflow("b", "east", 0.02)),
         "'a' and 'b' give the east side slopes of 0.01 and 0.02"),
        ((level("sea", *SOUTH), FreeOutflow("mouth", "south", 0.01)),
         "stage 'sea' is held on the south side, which free outflow 'mouth' drains"),
    ],
)  # fmt: skip
def test_boundaries_that_contradict_each_other_are_refused(bumpy, boundaries, says):
    with pytest.raises(InputError, match=says):
        run(bumpy, boundaries=boundaries)


def test_boundaries_that_only_touch_go_together(bumpy):
    sea, bay = level("sea", *SOUTH), level("bay", np.arange(70), np.zeros(70, int))
    east = FreeOutflow("mouth", "east", 0.01)
    assert run(bumpy, seconds=20, boundaries=(sea, bay, east, inflow())).ledger["outflow"] > 0


def test_float32_is_close_to_float64(bumpy):
    single = run(bumpy)
    double = run(bumpy, settings=Settings(dtype="float64"))
    assert np.abs(single.state.depth - double.state.depth).max() < 0.01


def test_rain_ponds_in_the_hollow_and_maxima_hold():
    y, x = np.mgrid[-20:21, -20:21]
    bowl = make_terrain(0.01 * (x**2 + y**2))
    result = run(bowl, 100, 1200)
    flood = result.flood
    deepest = np.unravel_index(int(flood["max_depth"].values.argmax()), flood["max_depth"].shape)
    assert deepest == (20, 20)
    assert (flood["max_depth"] >= flood["water_depth"].max("time") - 1e-6).all()
    assert float(flood["arrival_time"][20, 20]) > 0
    assert np.isnan(float(flood["arrival_time"][0, 0]))
    wet = float(flood["wet_duration"][20, 20])
    assert wet == pytest.approx(1200 - float(flood["arrival_time"][20, 20]), abs=15)


@pytest.mark.parametrize("side", ["north", "south", "west", "east"])
def test_flow_down_a_plane_reaches_mannings_depth(side):
    slope, manning, discharge = 0.002, 0.03, 0.2
    length, width = 120, 12
    fall = np.broadcast_to(np.arange(length)[:, None] * -5.0 * slope, (length, width)) + 10
    turn = {"south": 0, "east": 1, "north": 2, "west": 3}[side]
    rows, columns = np.repeat(2, width), np.arange(width)
    inlet = np.zeros((length, width), bool)
    inlet[rows, columns] = True
    ground, at = np.rot90(fall, turn), np.argwhere(np.rot90(inlet, turn))
    terrain = make_terrain(np.ascontiguousarray(ground), edges=side, manning=manning)
    feed = Inflow("top", at[:, 0], at[:, 1], np.array([0.0]), np.array([discharge * width * 5.0]))
    result = simulate(terrain, seconds=3600, boundaries=(feed,))
    depth = np.rot90(result.state.depth, -turn)[length // 2]
    normal = (discharge * manning / slope**0.5) ** 0.6
    assert depth == pytest.approx(np.full(width, normal), rel=0.005)


def test_water_leaves_at_free_edges_and_stays_in_closed_ones(bumpy):
    free = run(bumpy, settings=Settings(edges="free"))
    closed = run(bumpy, settings=Settings(edges="closed"))
    assert closed.ledger["outflow"] == 0 < free.ledger["outflow"]


def test_void_is_outside_and_stays_dry():
    ground = rough_ground()
    ground[:20, :30] = np.nan
    result = run(make_terrain(ground, edges="free"))
    assert np.isnan(result.flood["water_depth"].values[:, :20, :30]).all()
    assert result.cells == np.isfinite(ground).sum()
    area = result.cells * 25.0
    assert result.ledger["rain"] == pytest.approx(80.0 / 3.6e6 * 400 * area, rel=1e-6)


@pytest.mark.parametrize("buildings_as", ["raised", "blockage"])
def test_buildings_keep_water_out_and_their_rain_is_not_lost(buildings_as):
    built = np.zeros((70, 90))
    built[30:40, 40:60] = 1
    terrain = make_terrain(rough_ground(), building_blockage=built, building_height=built * 8)
    terrain.attrs["buildings_as"] = buildings_as
    result = run(terrain, 80, 900)
    assert result.ledger["rain"] == pytest.approx(80.0 / 3.6e6 * 400 * 70 * 90 * 25, rel=1e-6)
    inside = result.flood["water_depth"].values[-1][33:37, 45:55]
    assert (inside < 0.05).all() if buildings_as == "raised" else np.isnan(inside).all()


def test_a_warm_start_from_another_city_is_refused(bumpy):
    small = make_terrain(rough_ground(20, 20))
    state = run(small, seconds=60).state
    with pytest.raises(InputError, match="shape 20x20, expected 70x90"):
        run(bumpy, initial_state=state)


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [([70], [5], "off the grid"), ([-1], [5], "off the grid"), ([], [], "off the grid")],
)
def test_a_boundary_off_the_grid_is_named(bumpy, rows, columns, message):
    creek = Inflow("creek", np.array(rows), np.array(columns), np.zeros(1), np.ones(1))
    with pytest.raises(InputError, match=f"'creek'.*{message}"):
        run(bumpy, boundaries=(creek,))


def test_an_inflow_on_a_wall_is_named():
    ground = rough_ground()
    ground[5, 5] = np.nan
    creek = Inflow("creek", np.array([5]), np.array([5]), np.zeros(1), np.ones(1))
    with pytest.raises(InputError, match="wall or a building"):
        run(make_terrain(ground), boundaries=(creek,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.where(r > 1), "NaN"),
        (lambda r: r * -1, "expected 0 to"),
        (lambda r: r * 1e6, "check its unit"),
        (lambda r: r.isel(time=[1, 0]), "do not go forward"),
    ],
)
def test_bad_rain_is_refused(bumpy, change, message):
    rain = change(make_rain(bumpy, 50, 300))
    with pytest.raises(InputError, match=message):
        simulate(bumpy, rain, seconds=60)


def canal(level_rise):
    """Settings -> a run of a canal, 6 m deep, 4 km long, whose level rises at its west end."""
    terrain = make_terrain(np.zeros((3, 200)), cell_size=20.0, initial_depth=6.0, manning=0.03)
    end = (np.arange(3), np.zeros(3, int))
    rise = Stage("sea", *end, np.array([0.0, 1.0]), np.array([6.0, 6.0 + level_rise]))
    drop = FreeOutflow("river", "east", 1e-4)
    return lambda seconds, **chosen: simulate(
        terrain, None, seconds=seconds, boundaries=(rise, drop), settings=Settings(**chosen)
    )


def test_a_limit_on_waves_takes_longer_steps_to_the_same_steady_flow():
    run_canal = canal(0.2)
    exact = run_canal(48 * 3600, frame_seconds=86400.0)
    slow = run_canal(48 * 3600, frame_seconds=86400.0, wave_depth=1.0)
    assert slow.steps < 0.5 * exact.steps
    last = [run.flood["water_depth"].values[-1] for run in (exact, slow)]
    np.testing.assert_allclose(last[1], last[0], atol=2e-3)
    assert abs(slow.ledger["relative_error"]) < 1e-6


def test_a_limit_on_waves_slows_those_on_deeper_water_alone():
    run_canal = canal(0.2)
    reached = {}
    for wave_depth in (None, 6.5, 1.5):
        frame = run_canal(200, wave_depth=wave_depth).flood["water_depth"].values[-1, 1]
        reached[wave_depth] = 20.0 * np.flatnonzero(frame > 6.1)[-1]
    assert reached[None] == reached[6.5] == pytest.approx(200 * np.sqrt(9.81 * 6), rel=0.1)
    assert reached[1.5] == pytest.approx(200 * np.sqrt(9.81 * 1.5), rel=0.15)


@pytest.mark.parametrize(
    ("setting", "error"),
    [
        ({"scheme": "magic"}, InputError),
        ({"dtype": "float16"}, InputError),
        ({"edges": "open"}, InputError),
        ({"courant": 0.0}, InputError),
        ({"froude": float("nan")}, InputError),
        ({"wet_depth": -1.0}, InputError),
        ({"wave_depth": 0.1}, InputError),
        ({"scheme": "dynamic", "wave_depth": 2.0}, InputError),
        ({"device": "abacus"}, InputError),
        ({"order": 2}, InputError),
    ],
)
def test_settings_that_cannot_be_are_named(setting, error):
    with pytest.raises(error, match="|".join(f"{key} .*" for key in setting)):
        dataclasses.replace(Settings(), **setting)


def test_an_inflow_that_takes_water_out_is_refused(bumpy):
    with pytest.raises(InputError, match="'creek' takes 2 m3/s out"):
        run(bumpy, boundaries=(inflow(-2.0),))


def test_a_negative_initial_depth_is_refused():
    with pytest.raises(InputError, match="initial_depth goes from -1"):
        simulate(make_terrain(rough_ground(), initial_depth=-1.0), seconds=60)


def test_no_time_is_refused(bumpy):
    with pytest.raises(InputError, match="expected more than 0"):
        simulate(bumpy, seconds=0)


def test_frames_go_to_the_sink_instead_of_memory(bumpy):
    seen = []
    result = run(
        bumpy,
        settings=Settings(frame_seconds=200),
        sink=lambda index, seconds, depth, speed: seen.append((index, seconds, depth.max(), speed)),
    )
    assert [(index, seconds) for index, seconds, *_ in seen] == [(k, 200.0 * k) for k in range(4)]
    assert "water_depth" not in result.flood
    assert seen[-1][2] > 0

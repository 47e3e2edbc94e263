"""The engine: what a verb leaves on the disk, and what it refuses."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
import xarray as xr

from hydrology.rainfall.grid import covering_grid, rainfall_dataset
from service import engine
from service.edge_water import boundaries_of, storm_series
from service.runs import RunStore
from service.sampling import coarse_terrain
from service.simulating import require_device
from service.words.progress import Progress
from tests.service.conftest import BOWL, bowl_layers, bowl_terrain
from twin.city import open_city, write_city
from twin.errors import DeviceError, InputError
from twin.grid import Grid

MANIFEST = {
    "run_id", "kind", "status", "city", "model_version", "created", "issue_time", "valid_from",
    "valid_to", "horizon_hours", "members_requested", "members_used", "inputs_degraded", "inputs",
    "settings", "ledger", "performance", "twin_level", "times", "products", "exercise",
}  # fmt: skip


@pytest.fixture(scope="module")
def simulated(bowl, tmp_path_factory):
    """Answer of one run, and the run as published."""
    out = tmp_path_factory.mktemp("runs")
    answer = engine.simulate(
        city=bowl, rain="60", losses="6", hours=0.5, frames=6.0, out=out, quiet=True
    )
    return answer, RunStore(out).open("latest")


def test_a_run_leaves_all_products_and_a_manifest(simulated):
    answer, run = simulated
    assert answer["run"] == str(run.folder)
    assert set(run.manifest) >= MANIFEST
    assert run.manifest["kind"] == "simulate"
    assert run.manifest["twin_level"] == "L1"
    assert run.manifest["exercise"] is False
    assert len(run.manifest["times"]) == 6
    for product in ("flood", "maxima", "map", "buildings", "building_depths"):
        assert run.path(product).exists()
    assert run.manifest["inputs"][0]["sha256"][:16] == run.manifest["city"]["version"]


def test_every_drop_of_a_run_is_in_the_ledger(simulated):
    answer, run = simulated
    ledger = run.manifest["ledger"]
    cells = 60 * 40 - 16
    assert ledger["rain"] == pytest.approx(cells * 100 * 0.030, rel=1e-5)
    assert ledger["inflow"] == pytest.approx(2.0 * 1800, rel=1e-3)
    assert ledger["drained"] > 0
    assert abs(answer["mass_error"]) < 1e-6


def test_the_deepest_water_is_where_the_answer_says(simulated):
    answer, run = simulated
    with rasterio.open(run.path("maxima")) as raster:
        x, y = answer["deepest"]["x"], answer["deepest"]["y"]
        assert next(raster.sample([(x, y)]))[0] == pytest.approx(answer["max_depth_m"])
        assert raster.tags()["run_id"] == run.run_id


def test_the_flood_carries_run_times_and_level(simulated):
    _, run = simulated
    flood = xr.open_zarr(run.path("flood"), chunks=None, decode_coords="all")
    assert flood.attrs["run_id"] == run.run_id
    assert flood.attrs["twin_level"] == "L1"
    assert flood.attrs["issue_time"] == run.manifest["issue_time"]
    assert flood.sizes["time"] == 6
    assert float(flood["water_depth"].min()) >= 0
    assert np.isnan(flood["max_depth"].values[0, 0])


def test_buildings_have_one_depth_a_time(simulated):
    _, run = simulated
    about = json.loads(run.path("buildings").read_text())
    depths = np.fromfile(run.path("building_depths"), "<u2").reshape(len(about["times"]), -1)
    assert depths.shape == (6, 2)
    assert about["times"] == run.manifest["times"]


def test_a_double_precision_run_loses_nothing(bowl, tmp_path):
    answer = engine.simulate(
        city=bowl, rain="60", hours=0.1, dtype="float64", edges="free", out=tmp_path, quiet=True
    )
    assert answer["dtype"] == "float64"
    assert abs(answer["mass_error"]) < 1e-12


@pytest.fixture(scope="module")
def forecasted(bowl, bowl_store, tmp_path_factory):
    """Answer of one forecast, and the run as published."""
    out = tmp_path_factory.mktemp("forecasts")
    answer = engine.forecast(
        city=bowl, store=bowl_store, hours=0.5, members=3, seed=7, out=out, quiet=True
    )
    return answer, RunStore(out).open("latest")


def test_a_forecast_leaves_what_a_simulation_does_and_more(forecasted):
    answer, run = forecasted
    assert set(run.manifest) >= MANIFEST
    assert run.manifest["kind"] == "forecast"
    assert run.manifest["twin_level"] == "L3"
    assert (answer["members_requested"], answer["members_used"]) == (3, 3)
    assert any(
        line.startswith("boundaries: no gauge is named") for line in answer["inputs_degraded"]
    )
    for product in ("flood", "maxima", "probability", "hotspots", "hotspots_csv", "map"):
        assert run.path(product).exists()
    assert run.manifest["inputs"][1]["newest_time"] == "2026-11-20T12:00:00Z"
    assert run.manifest["times"][0] == answer["issue_time"]


def test_a_forecast_gives_quantiles_that_are_in_order(forecasted):
    _, run = forecasted
    with rasterio.open(run.path("maxima")) as raster:
        names = list(raster.descriptions)
        low, high = (raster.read(names.index(f"max_depth_p{q}") + 1) for q in (10, 90))
    assert (np.nan_to_num(low) <= np.nan_to_num(high)).all()
    with rasterio.open(run.path("probability")) as raster:
        assert raster.descriptions[1] == "depth > 0.30 m"
        assert 0 <= np.nanmin(raster.read(1)) <= np.nanmax(raster.read(1)) <= 1


def test_the_same_seed_gives_the_same_forecast(bowl, bowl_store, forecasted, tmp_path):
    answer, _ = forecasted
    again = engine.forecast(
        city=bowl, store=bowl_store, hours=0.5, members=3, seed=7, out=tmp_path, quiet=True
    )
    moving = ("effective_lead_minutes",)  # counts the time of computing
    rows = [
        [{k: v for k, v in row.items() if k not in moving} for row in one["hotspots"]]
        for one in (answer, again)
    ]
    assert rows[0] == rows[1]


CASE = """
name = "pond"
hours = 0.2
[terrain]
dem = "dem.tif"
edges = "closed"
manning = 0.03
[[inflow]]
name = "pipe"
line = [[250105.0, 2699905.0], [250125.0, 2699905.0]]
discharge = 5.0
[gauges]
file = "gauges.csv"
id = "id"
observed = "level"
[settings]
dtype = "float64"
"""


@pytest.fixture
def case(tmp_path):
    """A pond with one inflow and one gauge, as a case file."""
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "height": BOWL.ny, "width": BOWL.nx,
        "crs": BOWL.crs, "transform": BOWL.transform,
    }  # fmt: skip
    with rasterio.open(tmp_path / "dem.tif", "w", **profile) as raster:
        raster.write(np.full(BOWL.shape, 5.0, "f4"), 1)
    (tmp_path / "gauges.csv").write_text("id,x,y,level\nG,250115.0,2699895.0,5.1\n")
    (tmp_path / "case.toml").write_text(CASE)
    return tmp_path / "case.toml"


def test_a_case_reports_its_gauges(case, tmp_path):
    answer = engine.simulate(city=case, out=tmp_path / "runs", quiet=True)
    assert answer["dtype"] == "float64", "the case's own setting holds"
    gauge = answer["gauges"][0]
    assert gauge["level_m"] == pytest.approx(5 + gauge["depth_m"])
    assert answer["rmse_m"] == pytest.approx(abs(gauge["level_m"] - 5.1), abs=1e-3)
    assert answer["ledger"]["inflow"] == pytest.approx(5.0 * 720, rel=1e-6)
    assert len(RunStore(tmp_path / "runs").open("latest").manifest["inputs"]) == 3


def test_words_take_the_place_of_what_a_case_says(case, tmp_path):
    out = tmp_path / "runs"
    answer = engine.simulate(city=case, dtype="float32", hours=0.1, out=out, quiet=True)
    assert answer["dtype"] == "float32"
    assert answer["ledger"]["inflow"] == pytest.approx(5.0 * 360, rel=1e-4)
    with pytest.raises(InputError, match="--rain or --losses was given with the case case.toml"):
        engine.simulate(city=case, rain="5", out=out, quiet=True)


def test_coarse_terrain_keeps_the_mean_and_the_place(bowl):
    city = open_city(bowl)
    coarse, fine = coarse_terrain(city, 7), city.terrain["elevation"].values
    grid = Grid.of(coarse)
    assert (grid.ny, grid.nx, grid.cell_size) == (6, 9, 70.0)
    assert (grid.x0, grid.y0, grid.crs) == (BOWL.x0, BOWL.y0, BOWL.crs)
    assert coarse["elevation"].values[2, 3] == pytest.approx(fine[14:21, 21:28].mean())
    assert coarse["elevation"].values[0, 0] == pytest.approx(np.nanmean(fine[:7, :7]))
    assert coarse["elevation"].values[5, 8] == pytest.approx(fine[35:, 56:].mean())


def test_no_gpu_is_one_line():
    require_device("cpu")
    with pytest.raises(DeviceError, match="cuda was asked for, this .*; use --device cpu"):
        require_device("cuda")


def edge_city(folder, layer):
    """The bowl with other boundaries, and a storm whose series drives them."""
    times = np.datetime64("2026-11-20T12:00", "ns") + np.array([0, 600]).astype("m8[s]")
    cover = covering_grid(BOWL, 300.0)
    rain = rainfall_dataset(times, np.full((2, *cover.shape), 1e-6), cover)
    series = pd.DataFrame({"time": times, "boundary_id": "stream", "value": [10.0, 11.0]})
    return write_city(
        folder / "city",
        name="edge",
        grid=BOWL,
        terrain=bowl_terrain(),
        layers={"boundaries": layer},
        weather={"storm": (rain, series)},
    )


def boundaries(city, storm=None):
    elevation = city.terrain["elevation"].values
    start = np.datetime64("2026-11-20T11:50")
    return boundaries_of(city, BOWL, elevation, start, storm_series(city, storm))


def test_a_line_boundary_takes_the_cells_under_it(tmp_path):
    city = edge_city(tmp_path, bowl_layers()["boundaries"])
    inflow = boundaries(city)[0]
    assert set(inflow.columns.tolist()) == {59}
    assert sorted(inflow.rows.tolist()) == [18, 19, 20, 21, 22]
    assert (inflow.seconds.tolist(), inflow.discharge.tolist()) == ([0.0], [2.0])


def test_the_series_of_a_storm_drives_its_boundary(tmp_path):
    city = edge_city(tmp_path, bowl_layers()["boundaries"].assign(kind="stage"))
    stage = boundaries(city, "storm")[0]
    assert stage.seconds.tolist() == [600.0, 1200.0]
    assert stage.level.tolist() == [10.0, 11.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": np.nan}, "neither a series nor a steady value"),
        ({"kind": "waterfall"}, "of kind 'waterfall', expected inflow or stage"),
        ({"geometry": shapely.Point(0, 0)}, "stream touches no cell with ground"),
    ],
)
def test_a_boundary_that_cannot_be_is_refused(tmp_path, change, message):
    layer = bowl_layers()["boundaries"]
    for name, value in change.items():
        layer[name] = [value]
    with pytest.raises(InputError, match=message):
        boundaries(edge_city(tmp_path, layer))


@pytest.fixture
def small_disk(disk_of):
    """A disk of 6 MB of its own."""
    return disk_of("6m")


def test_a_disk_that_fills_during_a_run_keeps_nothing(bowl, small_disk, monkeypatch):

    def fill(self, done, total):
        with (small_disk / "another").open("ab") as file:
            file.write(bytes(100_000))

    monkeypatch.setattr(Progress, "__call__", fill)
    with pytest.raises(DeviceError, match="is full, nothing was kept"):
        engine.simulate(city=bowl, rain="60", hours=5, out=small_disk / "runs", quiet=True)
    assert not (small_disk / "runs").exists()


@pytest.mark.parametrize("product", ["maxima.tif", "map.png", "flood.zarr"])
def test_a_disk_that_fills_at_any_product_keeps_nothing(bowl, small_disk, monkeypatch, product):
    def fill(self, done, total):
        leave = {"flood.zarr": 4_000, "maxima.tif": 40_000, "map.png": 90_000}[product]
        free = shutil.disk_usage(small_disk).free
        (small_disk / "another").write_bytes(bytes(max(free - leave, 0)))
        monkeypatch.setattr(Progress, "__call__", lambda *_: None)

    monkeypatch.setattr(Progress, "__call__", fill)
    with pytest.raises(DeviceError, match="is full, nothing was kept"):
        engine.simulate(city=bowl, rain="60", hours=0.5, out=small_disk / "runs", quiet=True)
    assert not (small_disk / "runs").exists()

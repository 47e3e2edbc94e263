"""Three real cities through the command line alone: import, storm, flood."""

import json

import numpy as np
import pytest
import rasterio
import xarray as xr
from scipy import ndimage

from service.cli import main

MOTORWAY = (slice(0, 195), slice(165, 216))
"""Rows and columns of the sunken motorway in the terrain of Newcastle."""


@pytest.fixture
def floodtwin(capsys):
    """Run a command with --json and give the object that it prints."""

    def run(*words):
        assert main([*map(str, words), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def maxima(run, band=1):
    with rasterio.open(f"{run['run']}/maxima.tif") as source:
        return source.read(band)


def frames(run):
    with xr.open_zarr(f"{run['run']}/flood.zarr") as flood:
        return flood["water_depth"].load()


def balance(run):
    ledger = run["ledger"]
    entered = ledger["initial"] + ledger["rain"] + ledger["inflow"]
    return entered - ledger["infiltration"] - ledger["drained"] - ledger["outflow"]


@pytest.mark.parametrize("terrain", ["ground and blocks", "roofs in the terrain"])
def test_newcastle_floods_most_in_its_sunken_motorway(floodtwin, shared_data, tmp_path, terrain):
    data = shared_data / "newcastle_centre"
    ground = ["--dem", data / "dem_2m_with_buildings.img", "--buildings-as", "none"]
    if terrain == "ground and blocks":
        ground = ["--dem", data / "dtm_2m.tif", "--buildings", data / "buildings.gpkg"]
    city = floodtwin("city", "import", "--name", "newcastle", *ground, "--out", tmp_path / "city")
    run = floodtwin(
        "simulate", city["city"], "--rain", data / "rainfall.csv",
        "--losses", data / "drainage.csv", "--hours", 1.5, "--edges", "closed",
        "--out", tmp_path / "runs",
    )  # fmt: skip
    area = run["cells"] * 4.0
    assert run["ledger"]["rain"] == pytest.approx(0.070 * area, rel=1e-6)
    assert abs(run["mass_error"]) <= 1e-6
    assert balance(run) == pytest.approx(run["ledger"]["stored"], rel=1e-6)
    depth = frames(run)
    assert float(depth.min()) >= 0
    assert float(depth[-1].sum()) * 4.0 == pytest.approx(run["ledger"]["stored"], rel=1e-4)
    # The one deepest cell is a ramp of nine cells beside a building; the deepest water body,
    # the one that holds most water more than half a metre deep, is the motorway.
    body, count = ndimage.label(depth[-1].values > 0.5)
    held = ndimage.sum_labels(depth[-1].values, body, np.arange(1, count + 1))
    where = np.argwhere(body == held.argmax() + 1)
    inside = np.zeros(body.shape, bool)
    inside[MOTORWAY] = True
    assert inside[tuple(where.T)].mean() > 0.95


def test_merewether_meets_its_observed_stages(floodtwin, shared_data, tmp_path):
    assert shared_data.is_dir()
    run = floodtwin("simulate", "benchmarks/cases/merewether.toml", "--out", tmp_path / "runs")
    error = [gauge["level_m"] - gauge["observed_m"] for gauge in run["gauges"]]
    assert len(error) == 5
    assert np.sqrt(np.mean(np.square(error))) <= 0.30
    assert abs(run["mass_error"]) <= 1e-6
    assert run["ledger"]["inflow"] == pytest.approx(19.7 * 0.2778 * 3600, rel=1e-5)


def test_the_hague_floods_under_its_radar_rain(floodtwin, shared_data, tmp_path):
    model = shared_data / "cityjson" / "DenHaag_01.city.json"
    city = floodtwin(
        "city", "import", "--name", "the-hague", "--cityjson", model, "--cell-size", 4,
        "--out", tmp_path / "city",
    )  # fmt: skip
    counts = {layer["name"]: layer for layer in city["layers"]}
    assert counts["buildings"]["read"] == counts["buildings"]["kept"] == 844
    run = floodtwin(
        "simulate", city["city"], "--rain", shared_data / "knmi_radar", "--hours", 7.6,
        "--out", tmp_path / "runs",
    )  # fmt: skip
    assert run["valid_from"].startswith("2010-08-25T23:55")
    assert abs(run["mass_error"]) <= 1e-6
    fallen = run["ledger"]["rain"] / (run["cells"] * 16.0)
    assert 0.003 < fallen < 0.010  # a few millimetres fell here that night
    assert run["ledger"]["rain"] == pytest.approx(
        balance(run) + run["ledger"]["infiltration"] + run["ledger"]["drained"]
        + run["ledger"]["outflow"]
    )  # fmt: skip
    deepest = maxima(run)
    assert np.nanmin(deepest) >= 0 < np.nanmax(deepest)

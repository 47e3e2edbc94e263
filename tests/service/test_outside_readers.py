"""GDAL, rio cogeo, quantized-mesh-tile and the CF checker read what we write (TW-5, PS-2)."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio
import xarray
from quantized_mesh_tile import TerrainTile
from rasterio.warp import transform_bounds
from rio_cogeo.cogeo import cog_validate
from small_city import CITY, GRID
from town_server import town_data  # noqa: F401

from service import engine
from service.runs import RunStore
from twin.city import open_city
from twin.netcdf import write_netcdf

RASTERS = ("depth", "speed", "hazard", "hazard_class", "arrival", "duration")


@pytest.fixture(scope="module")
def city(town_data):  # noqa: F811
    return open_city(town_data / "cities" / CITY)


@pytest.fixture(scope="module")
def run(town_data):  # noqa: F811
    return RunStore(town_data / "runs" / CITY).open("latest")


@pytest.fixture(scope="module")
def folder(city, tmp_path_factory):
    """All tiles of the town and its run."""
    out = tmp_path_factory.mktemp("tiles") / CITY
    engine.tiles(city=city.folder, run="latest", out=out, quiet=True)
    return out


def test_gdal_reads_every_layer_of_the_archive(folder, city):
    path = folder / "city.pmtiles"
    there = {name for name, _ in pyogrio.list_layers(path)}
    assert there == {"land_cover", "water", "districts", "district_labels", "roads", "buildings"}
    read = pyogrio.read_dataframe(path, layer="buildings")
    assert set(read["building_id"]) == set(city.layer("buildings")["building_id"])
    ours = city.layer("buildings").to_crs(read.crs).dissolve().geometry.iloc[0]
    theirs = read.geometry.union_all()
    assert theirs.symmetric_difference(ours).area < 0.02 * ours.area


def test_gdal_reads_what_is_known_of_a_district(folder):
    read = geopandas.read_file(folder / "city.pmtiles", layer="districts")
    assert set(read["name_zh"]) == {"南岸區", "北岸區"}


@pytest.mark.parametrize("name", RASTERS)
def test_a_raster_is_a_valid_cog_that_gdal_places(folder, run, name):
    path = next(folder.glob("run-*")) / f"{name}.tif"
    is_valid, errors, warnings = cog_validate(path, strict=True)
    assert (is_valid, errors, warnings) == (True, [], [])
    with rasterio.open(path) as raster:
        assert raster.shape == GRID.shape
        assert raster.crs.to_epsg() == 3826
        assert transform_bounds(raster.crs, GRID.crs, *raster.bounds) == pytest.approx(GRID.bounds)
        values = raster.read(1)
    with rasterio.open(run.path("maxima")) as maxima:
        if name == "depth":
            assert np.array_equal(values, maxima.read(1), equal_nan=True)
    if name == "hazard_class":
        assert set(np.unique(values[np.isfinite(values)])) <= set(range(7))


@pytest.mark.parametrize("product", ["maxima", "probability"])
def test_the_rasters_of_a_run_itself_are_valid_cogs(run, product):
    assert cog_validate(run.path(product), strict=True) == (True, [], [])


def test_another_reader_decodes_every_terrain_tile(folder):
    paths = sorted((folder / "terrain").glob("*/*/*.terrain"))
    assert len(paths) > 20
    for path in paths:
        z, x, y = int(path.parts[-3]), int(path.parts[-2]), int(path.stem)
        width = 180 / 2**z
        west, south = -180 + x * width, -90 + y * width
        tile = TerrainTile(west=west, south=south, east=west + width, north=south + width)
        tile.fromFile(str(path))
        points = np.array(tile.getVerticesCoordinates())
        assert points[:, 0].min() == pytest.approx(west)
        assert points[:, 0].max() == pytest.approx(west + width)
        assert points[:, 1].min() == pytest.approx(south)
        assert points[:, 1].max() == pytest.approx(south + width)
        assert 2.4 < points[:, 2].min() <= points[:, 2].max() < 10.6


def cf_errors(path):
    """What the CF checker calls an error, by section."""
    report = path.with_suffix(".json")
    program = Path(sys.executable).with_name("compliance-checker")
    words = [program, "--test=cf:1.8", "--format=json", f"--output={report}", path]
    subprocess.run(words, capture_output=True, check=False, timeout=120)
    found = json.loads(report.read_text())["cf:1.8"]
    high = (entry["msgs"] for entry in found["high_priorities"])
    return [message for messages in high for message in messages]


def test_the_flood_of_a_run_keeps_to_cf(run, tmp_path):
    flood = xarray.open_zarr(run.path("flood"), decode_cf=False, chunks=None)
    flood.attrs["history"] = "from Zarr"
    as_stated = {name: {"_FillValue": flood[name].attrs.get("_FillValue")} for name in flood.coords}
    flood.to_netcdf(tmp_path / "flood.nc", encoding=as_stated)
    assert cf_errors(tmp_path / "flood.nc") == []


def test_a_storm_keeps_to_cf(tmp_path):
    from sample_city.generate import generate_city

    city = generate_city(tmp_path / "city", "small", 1)
    path = next((tmp_path / "city" / "weather").glob("*.nc"))
    assert cf_errors(path) == []
    storm = city.weather(city.weather_names[0])
    assert list(storm.data_vars) == ["rainfall_rate"]
    assert storm.attrs["crs"] == city.crs


def test_the_members_of_a_forecast_keep_to_cf(tmp_path):
    times = np.datetime64("2026-11-20T04:00:00", "ns") + np.arange(3) * np.timedelta64(10, "m")
    depths = np.zeros((2, 3, 2), "f4")
    points = xarray.Dataset(
        {
            "water_depth": (
                ("member", "time", "point"),
                depths,
                {"units": "m", "long_name": "depth"},
            )
        },
        {
            "member": [0, 1],
            "time": times,
            "point": np.array(["L1", "F2"]),
            "kind": ("point", np.array(["river_level", "spot"])),
            "x": ("point", [1.0, 2.0]),
            "y": ("point", [1.0, 2.0]),
        },
    )
    write_netcdf(points, tmp_path / "members.nc", "Depths")
    assert cf_errors(tmp_path / "members.nc") == []
    with xarray.open_dataset(tmp_path / "members.nc") as read:
        assert (read["time"].values == times).all()
        assert list(read["point"].values) == ["L1", "F2"]
        assert read["member"].dtype == np.int32


def test_the_checker_finds_what_is_wrong(tmp_path):
    xarray.Dataset({"depth": ("time", [1.0])}, {"time": [5]}).to_netcdf(tmp_path / "wrong.nc")
    assert cf_errors(tmp_path / "wrong.nc")

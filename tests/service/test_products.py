"""Products: what GDAL, xarray and a spreadsheet find in the files of a run."""

import csv
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr

from service.flood_file import MAXIMA, FloodFile
from service.map_picture import draw_map
from service.products import (
    plain,
    safe_cell,
    write_building_depths,
    write_hotspots,
    write_maxima,
    write_probability,
)
from service.utc import iso
from twin.errors import InputError
from twin.grid import Grid

GRID = Grid(250_000.0, 2_700_000.0, 5.0, 600, 400, "EPSG:3826")
START = np.datetime64("2026-11-20T12:00:00")
TAGS = {"run_id": "20261120T120000Z-1a2b3c4d", "twin_level": "L1"}


def maxima():
    values = np.linspace(0, 2, 400 * 600, dtype="f4").reshape(400, 600)
    fields = {name: (("y", "x"), values + number) for number, name in enumerate(MAXIMA)}
    dataset = xr.Dataset(fields, coords=GRID.coords(), attrs={"crs": GRID.crs})
    dataset["arrival_time"][:10] = np.nan
    return dataset


@pytest.fixture(scope="module")
def flood_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("flood") / "flood.zarr"
    file = FloodFile(path, GRID, START, {**TAGS, "issue_time": "2026-11-20T12:00:00Z"})
    depth = np.ones(GRID.shape, "f4")
    for index, seconds in enumerate((0.0, 600.0, 900.5)):
        file.write_frame(index, seconds, depth * index, depth * 0.5)
    file.finish(maxima())
    return path


def test_the_flood_reads_back_by_the_conventions(flood_path):
    flood = xr.open_zarr(flood_path, chunks=None, decode_coords="all")
    assert flood.attrs["Conventions"] == "CF-1.8"
    assert flood.attrs["run_id"] == TAGS["run_id"]
    assert flood["water_depth"].dims == ("time", "y", "x")
    assert flood["water_depth"].dtype == np.float32
    assert flood["water_depth"].attrs["standard_name"] == "flood_water_thickness"
    assert flood["water_depth"].attrs["units"] == "m"
    assert flood["water_depth"].isel(time=2).values.max() == 2
    assert flood["time"].values[2] == START + np.timedelta64(900_500, "ms")
    assert np.isnan(flood["arrival_time"].values[0, 0])


def test_each_field_names_a_grid_mapping_that_is_there(flood_path):
    raw = xr.open_zarr(flood_path, chunks=None, decode_cf=False)
    for name in ("water_depth", "water_speed", *MAXIMA):
        assert raw[name].attrs["grid_mapping"] == "crs"
    assert raw["crs"].attrs["grid_mapping_name"] == "transverse_mercator"
    assert "TWD97" in raw["crs"].attrs["crs_wkt"]
    assert raw["time"].attrs["units"].startswith("seconds since 2026-11-20")
    assert raw["time"].dtype == np.float64
    assert raw["x"].attrs["standard_name"] == "projection_x_coordinate"
    for name in ("x", "y", "time"):
        assert "_FillValue" not in raw[name].attrs


def test_a_chunk_is_one_frame_and_metadata_is_in_one_file(flood_path):
    flood = xr.open_zarr(flood_path, consolidated=True, chunks=None)
    assert flood["water_depth"].encoding["chunks"] == (1, 400, 600)
    assert flood["water_depth"].encoding["compressors"]


def test_gdal_finds_the_flood_at_its_place(flood_path):
    with rasterio.open(f'ZARR:"{flood_path}":/max_depth') as raster:
        assert raster.crs.to_epsg() == 3826
        assert raster.transform == GRID.transform


def test_maxima_are_a_cloud_optimized_geotiff(tmp_path):
    write_maxima(tmp_path / "maxima.tif", maxima(), GRID, TAGS)
    with rasterio.open(tmp_path / "maxima.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.descriptions == MAXIMA
        assert raster.overviews(1) == [2, 4]
        assert raster.block_shapes[0] == (256, 256)
        assert raster.transform == GRID.transform
        assert raster.tags()["run_id"] == TAGS["run_id"]
        assert raster.read(1)[-1, -1] == 2
        assert np.isnan(raster.read(4)[0, 0])
        assert np.isnan(raster.nodata)
    assert [path.name for path in tmp_path.iterdir()] == ["maxima.tif"]


def test_probability_has_one_band_a_threshold(tmp_path):
    share = xr.DataArray(
        np.full((2, *GRID.shape), 0.25, "f4"),
        dims=("threshold", "y", "x"),
        coords={"threshold": [0.15, 0.5]},
    )
    write_probability(tmp_path / "probability.tif", share, GRID, TAGS)
    with rasterio.open(tmp_path / "probability.tif") as raster:
        assert raster.descriptions == ("depth > 0.15 m", "depth > 0.50 m")
        assert raster.read(2).max() == 0.25


def hotspots():
    return gpd.GeoDataFrame(
        {
            "place": ["=cmd|' /C calc'!A0", "Dock Road"],
            "depth_p50_m": [np.float32(1.23456), np.nan],
            "first_time": [pd.Timestamp("2026-11-20T12:40"), pd.NaT],
            "people": [120, 0],
        },
        geometry=gpd.points_from_xy([251_000, 252_000], [2_699_000, 2_698_500]),
        crs="EPSG:3826",
    )


def test_hotspots_are_geojson_in_longitude_and_latitude(tmp_path):
    rows = write_hotspots(tmp_path, hotspots())
    collection = json.loads((tmp_path / "hotspots.geojson").read_text())
    first = collection["features"][0]
    assert first["geometry"]["coordinates"] == pytest.approx([121.0099, 24.3966], abs=2e-3)
    assert first["properties"]["first_time"] == "2026-11-20T12:40:00Z"
    assert rows[1]["depth_p50_m"] is None
    assert rows[1]["first_time"] is None
    assert [row["rank"] for row in rows] == [1, 2]


def test_no_csv_cell_is_a_formula(tmp_path):
    write_hotspots(tmp_path, hotspots())
    with (tmp_path / "hotspots.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["place"].startswith("'=")
    assert rows[1]["place"] == "Dock Road"
    assert float(rows[0]["depth_p50_m"]) == 1.2346


@pytest.mark.parametrize("text", ["=1", "+x", "-x", "@x", "\tx"])
def test_what_begins_like_a_formula_is_quoted(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("value", [-1.5, "-1.5", "+3", "Dock-Road", None])
def test_numbers_and_words_are_left_alone(value):
    assert safe_cell(value) == value


def test_no_hotspot_is_an_empty_collection(tmp_path):
    assert write_hotspots(tmp_path, hotspots().iloc[:0]) == []
    assert json.loads((tmp_path / "hotspots.geojson").read_text())["features"] == []
    assert (tmp_path / "hotspots.csv").read_text().startswith("rank,place")


def test_values_become_plain():
    assert plain(np.int64(3)) == 3
    assert plain(np.datetime64("2026-11-20T12:00")) == "2026-11-20T12:00:00Z"
    assert plain(np.float32("nan")) is None
    assert plain(np.bool_(True)) is True


def test_depths_of_buildings_are_millimetres_by_time(tmp_path):
    write_building_depths(tmp_path, np.array([[0.0, np.nan], [1.234, 99.0]]), ["a", "b"])
    depths = np.fromfile(tmp_path / "depths.bin", "<u2").reshape(2, 2)
    assert depths.tolist() == [[0, 65535], [1234, 65534]]  # 65535: not known
    assert json.loads((tmp_path / "buildings.json").read_text())["times"] == ["a", "b"]


def test_times_in_any_zone_are_utc():
    assert iso("2026-11-20T20:00:00+08:00") == iso("2026-11-20T12:00:00")
    with pytest.raises(InputError, match="'yesterdayish' is not understood"):
        iso("yesterdayish")


def test_the_map_shows_water_and_names_what_it_is_of(tmp_path):
    elevation = np.tile(np.linspace(50, 10, 600, dtype="f4"), (400, 1))
    depth = np.where(elevation < 15, 1.5, 0).astype("f4")
    spots = [{"x": 252_900.0, "y": 2_699_000.0, "place": "Dock Road", "depth": 1.5}]
    draw_map(tmp_path / "map.png", elevation, depth, GRID, "Harbour", ["Run 1"], spots)
    with rasterio.open(tmp_path / "map.png") as picture:
        red, green, blue = (picture.read(band).astype(int) for band in (1, 2, 3))
    assert ((red == 0x14) & (green == 0x53) & (blue == 0x9A)).sum() > 1000
    assert ((red == 0xC8) & (green == 0x37) & (blue == 0x2D)).sum() > 50
    assert b"Harbour" in (tmp_path / "map.png").read_bytes()

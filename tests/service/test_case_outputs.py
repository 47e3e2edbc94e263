"""What a case leaves: a table that a spreadsheet reads, a NetCDF that xarray and GDAL read."""

import csv
import json

import numpy as np
import pytest
import rasterio
import xarray as xr

from service.cli import main

BOWL = """
seconds = 20
title = "A bowl"
[constants]
slope = 0.02
[terrain]
cell_size = 0.5
size = [10, 6]
origin = [-5, -3]
elevation = "0.01 * (x**2 + y**2)"
[initial]
level = "0.1 + slope * x"
[[building]]
polygon = [[2, 1], [3, 1], [3, 2], [2, 2]]
[[gauge]]
name = "P, west"
point = [-2, 0]
[[gauge]]
name = "=2"
point = [2, 0]
observed = 0.12
[output]
frame_seconds = 5
gauge_seconds = 5
"""


@pytest.fixture
def run(tmp_path, capsys):
    """Run a case and give its folder and its answer."""

    def call(text):
        (tmp_path / "case.toml").write_text(text)
        command = f"simulate {tmp_path}/case.toml --out {tmp_path}/runs --json"
        assert main(command.split()) == 0
        answer = json.loads(capsys.readouterr().out)
        return tmp_path / "runs" / answer["run_id"], answer

    return call


def test_the_gauges_are_a_table_with_three_columns_each(run):
    folder, answer = run(BOWL)
    with (folder / "gauges.csv").open(newline="") as file:
        title, *rows = csv.reader(file)
    parts = ("depth_m", "level_m", "speed_m_s")
    assert title == ["time_s", *(f"P, west_{p}" for p in parts), *(f"'=2_{p}" for p in parts)]
    values = np.array(rows, float)
    assert values[:, 0].tolist() == [0, 5, 10, 15, 20]
    ground = 0.01 * np.array([1.75**2 + 0.25**2, 2.25**2 + 0.25**2])  # at the cells' centres
    shown = values[:, [2, 5]] - values[:, [1, 4]]
    np.testing.assert_allclose(shown, ground + 0 * shown, atol=1e-6)
    np.testing.assert_allclose(values[0, [2, 5]], 0.1 + 0.02 * np.array([-1.75, 2.25]), atol=1e-6)
    highest = [row["level_m"] for row in answer["gauges"]]
    assert (values[:, [2, 5]].max(axis=0) <= np.array(highest) + 1e-4).all()


def test_xarray_reads_the_fields_with_their_units_and_coordinates(run):
    folder, _ = run(BOWL)
    with xr.open_dataset(folder / "fields.nc", decode_coords="all") as fields:
        assert fields.attrs["Conventions"] == "CF-1.8"
        assert fields.attrs["title"] == "Flood of A bowl"
        assert set(fields.data_vars) == {
            "elevation", "water_depth", "water_speed", "max_depth", "max_speed", "max_hazard",
            "arrival_time", "wet_duration", "step_limiting_share",
        }  # fmt: skip
        share = fields["step_limiting_share"]
        assert float(share.sum()) == pytest.approx(1.0), "some cells limited the time step"
        assert fields["water_depth"].dims == ("time", "y", "x")
        assert fields["water_depth"].attrs["standard_name"] == "flood_water_thickness"
        assert fields["water_speed"].attrs["units"] == "m s-1"
        assert fields["crs"].attrs["spatial_ref"].startswith("PROJCRS")
        seconds = (fields["time"] - fields["time"][0]).values / np.timedelta64(1, "s")
        assert seconds.tolist() == [0, 5, 10, 15, 20]
        assert np.isnan(fields["water_depth"].sel(x=2.25, y=1.25)).all(), "a hole has no water"
        deepest = fields["water_depth"].max("time").values
        with np.errstate(invalid="ignore"):
            assert not (deepest > fields["max_depth"].values + 1e-6).any()


def test_gdal_reads_the_fields_at_their_place(run):
    folder, _ = run(BOWL)
    with rasterio.open(f'NETCDF:"{folder}/fields.nc":water_depth') as raster:
        assert (raster.count, raster.height, raster.width) == (5, 12, 20)
        assert raster.bounds == (-5, -3, 5, 3)
        assert raster.crs.to_epsg() == 3857
        first = raster.read(1)
    assert first[6, 14] == pytest.approx(0.1 + 0.02 * 2.25 - 0.01 * (2.25**2 + 0.25**2), rel=1e-5)


def test_the_case_chooses_its_fields(run):
    wanted = 'gauge_seconds = 5\nfields = ["water_level", "max_depth"]'
    folder, _ = run(BOWL.replace("gauge_seconds = 5", wanted))
    with xr.open_dataset(folder / "fields.nc") as fields:
        assert set(fields.data_vars) == {
            "elevation", "water_level", "max_depth", "step_limiting_share", "crs",
        }  # fmt: skip
        level = fields["water_level"].values
    assert np.nanmin(level[0]) == pytest.approx(0.1 + 0.02 * -3.75, abs=0.05)


def test_products_are_in_the_manifest_with_their_hashes(run):
    folder, _ = run(BOWL)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["products"]["gauges"] == "gauges.csv"
    assert manifest["products"]["fields"] == "fields.nc"
    assert set(manifest["files"]) >= {"gauges.csv", "fields.nc"}

"""Terrain files of any format and system come onto one grid; bad ones are named in one line."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine, from_origin
from rasterio.warp import transform_bounds

from twin.errors import InputError, MissingError
from twin.importers.elevation import check_cell_size, read_elevation

NORTH_UP = from_origin(424000, 565000, 2, 2)


def heights(ny=20, nx=30):
    return np.add.outer(0.1 * np.arange(ny), 0.2 * np.arange(nx)).astype(np.float32) + 50


def raster(path, values, transform=NORTH_UP, crs="EPSG:27700", driver="GTiff", **options):
    values = np.asarray(values)
    profile = {"driver": driver, "count": 1, "dtype": values.dtype, "crs": crs}
    profile |= {"height": values.shape[0], "width": values.shape[1], "transform": transform}
    with rasterio.open(path, "w", **profile, **options) as target:
        target.write(values, 1)
    return path


def asc(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("driver, suffix", [("GTiff", "tif"), ("HFA", "img"), ("AAIGrid", "asc")])
def test_each_format_gives_the_same_terrain(tmp_path, driver, suffix):
    path = raster(tmp_path / f"dem.{suffix}", heights(), driver=driver)
    grid, elevation, datum, count = read_elevation(path, crs="EPSG:27700")
    assert (grid.x0, grid.y0, grid.cell_size, grid.nx, grid.ny) == (424000, 565000, 2, 30, 20)
    assert (grid.crs, datum, elevation.dtype) == ("EPSG:27700", "", np.float32)
    np.testing.assert_allclose(elevation, heights(), atol=1e-3)
    assert (count.read, count.kept, count.dropped, count.changed) == (600, 600, 0, 0)


def test_a_terrain_without_crs_needs_one(tmp_path):
    path = raster(tmp_path / "dem.tif", heights(), crs=None)
    with pytest.raises(InputError, match="has no CRS.*name it with --crs EPSG:n"):
        read_elevation(path)
    assert read_elevation(path, crs="EPSG:27700")[0].crs == "EPSG:27700"


def test_a_geographic_terrain_needs_a_system_in_metres(tmp_path):
    west, south, east, north = transform_bounds(
        "EPSG:27700", "EPSG:4326", 424e3, 564e3, 425e3, 565e3
    )
    transform = Affine((east - west) / 60, 0, west, 0, (south - north) / 50, north)
    path = raster(tmp_path / "dem.tif", heights(50, 60), transform, "EPSG:4326")
    for crs in (None, "EPSG:4326"):
        with pytest.raises(InputError, match="geographic system in degrees.*--crs EPSG:n"):
            read_elevation(path, crs=crs)
    grid, elevation, _, count = read_elevation(path, crs="EPSG:27700")
    assert grid.crs == "EPSG:27700" and 10 < grid.cell_size < 25
    np.testing.assert_allclose(np.nanmean(elevation), heights(50, 60).mean(), atol=0.3)
    assert count.read == count.kept + count.dropped == elevation.size
    assert count.reasons["resampled"] == elevation.size


def test_degrees_that_are_called_metres_are_refused(tmp_path):
    path = raster(tmp_path / "dem.tif", heights(), from_origin(-1.6, 54.9, 1e-4, 1e-4), None)
    with pytest.raises(InputError, match="these may be degrees"):
        read_elevation(path, crs="EPSG:27700")


def test_a_system_in_feet_is_refused_and_reprojected_when_asked(tmp_path):
    path = raster(tmp_path / "dem.tif", heights(), from_origin(985000, 200000, 6, 6), "EPSG:2263")
    with pytest.raises(InputError, match="axes in US survey foot"):
        read_elevation(path)
    grid, elevation, _, _ = read_elevation(path, crs="EPSG:32618")
    assert abs(grid.cell_size - 1.83) < 0.02 and np.isfinite(elevation).mean() > 0.9


def test_heights_in_feet_become_metres(tmp_path):
    path = raster(tmp_path / "dem.tif", heights())
    with rasterio.open(path, "r+") as target:
        target.units = ("ft",)
    _, elevation, _, count = read_elevation(path)
    np.testing.assert_allclose(elevation, heights() * 0.3048, rtol=1e-5)
    assert count.changed == 600 and count.reasons["converted_from_feet"] == 600
    with rasterio.open(path, "r+") as target:
        target.units = ("fathom",)
    with pytest.raises(InputError, match="heights in 'fathom'"):
        read_elevation(path)


def test_oblong_cells_become_square(tmp_path):
    path = raster(tmp_path / "dem.tif", heights(), from_origin(424000, 565000, 2, 4))
    grid, elevation, _, _ = read_elevation(path)
    assert (grid.cell_size, grid.nx, grid.ny) == (2, 30, 40)
    np.testing.assert_allclose(elevation[1:-1].mean(), heights().mean(), atol=0.05)


def test_a_raster_with_south_on_top_is_turned(tmp_path):
    upside_down = Affine(2, 0, 424000, 0, 2, 564960)
    path = raster(tmp_path / "dem.tif", heights()[::-1], upside_down)
    grid, elevation, _, _ = read_elevation(path)
    assert (grid.y0, grid.shape) == (565000, (20, 30))
    np.testing.assert_allclose(elevation, heights(), atol=1e-3)


def test_a_turned_raster_keeps_its_heights(tmp_path):
    turned = Affine.translation(424000, 565000) @ Affine.rotation(30) @ Affine.scale(2, -2)
    _, elevation, _, count = read_elevation(raster(tmp_path / "dem.tif", heights(60, 60), turned))
    assert 0.9 < np.isfinite(elevation).sum() / 3600 < 1.1
    assert np.nanmin(elevation) >= 50 and np.nanmax(elevation) <= heights(60, 60).max()
    assert count.dropped == np.isnan(elevation).sum()


def test_infinite_heights_are_voids_that_are_counted(tmp_path):
    values = np.full((20, 30), 5.0)
    values[3, 3], values[5, 5] = np.inf, -np.inf
    _, elevation, _, count = read_elevation(raster(tmp_path / "dem.tif", values))
    assert np.all(elevation == 5.0)
    assert count.reasons["undeclared_nodata"] == 2
    assert count.reasons["voids_filled"] == 2


def test_a_coarser_cell_is_the_mean_of_the_finer(tmp_path):
    path = raster(tmp_path / "dem.tif", heights())
    grid, elevation, _, _ = read_elevation(path, cell_size=10)
    assert grid.shape == (4, 6)
    np.testing.assert_allclose(
        elevation, heights().reshape(4, 5, 6, 5).mean(axis=(1, 3)), atol=1e-3
    )


def test_voids_are_filled_and_counted(tmp_path):
    values = heights()
    values[:, 0] = -9999
    values[5:8, 10:13] = -9999
    path = raster(tmp_path / "dem.tif", values, nodata=-9999)
    _, elevation, _, count = read_elevation(path)
    assert np.isfinite(elevation).all()
    assert count.as_dict()["reasons"] == {"edge_voids_filled": 20, "voids_filled": 9}
    assert (count.kept, count.changed) == (600, 29)


def test_nodata_that_is_not_declared_is_found(tmp_path):
    values = heights()
    values[5, 5] = -9999
    values[6, 6] = 3.4e38
    _, elevation, _, count = read_elevation(raster(tmp_path / "dem.tif", values))
    assert elevation.min() >= 50 and elevation.max() < 60
    assert count.reasons["undeclared_nodata"] == 2


def test_a_terrain_that_is_void_all_over_is_refused(tmp_path):
    path = raster(tmp_path / "dem.tif", np.full((9, 9), -9999, np.float32), nodata=-9999)
    with pytest.raises(InputError, match="void in all 81 cells, expected ground"):
        read_elevation(path)


def test_heights_that_no_terrain_has_are_refused(tmp_path):
    path = raster(tmp_path / "dem.tif", heights() * 1000)
    with pytest.raises(InputError, match="heights from 50000 to .* m, expected -500 to 9000"):
        read_elevation(path)


def test_a_compound_system_gives_the_height_system(tmp_path):
    path = raster(tmp_path / "dem.tif", heights(), from_origin(8e4, 45e4, 2, 2), "EPSG:7415")
    grid, _, datum, _ = read_elevation(path)
    assert (grid.crs, datum) == ("EPSG:28992", "NAP height")


@pytest.mark.parametrize("suffix, driver", [("tif", "GTiff"), ("img", "HFA"), ("asc", "AAIGrid")])
def test_a_truncated_file_is_one_line(tmp_path, suffix, driver):
    rough = np.random.default_rng(0).random((300, 300), dtype=np.float32)
    path = raster(tmp_path / f"dem.{suffix}", rough, driver=driver)
    for share in (0.9, 0.5, 0.1, 0.001):
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(InputError, match=r"dem\.") as caught:
            read_elevation(path, crs="EPSG:27700")
        assert "\n" not in str(caught.value)


def test_a_missing_file_and_another_format_are_named(tmp_path):
    with pytest.raises(MissingError, match="is missing, expected a GeoTIFF, ESRI ASCII"):
        read_elevation(tmp_path / "none.tif")
    virtual = asc(tmp_path / "dem.tif", '<VRTDataset rasterXSize="9" rasterYSize="9"/>')
    with pytest.raises(InputError, match="begins like none of the known formats"):
        read_elevation(virtual)
    with pytest.raises(MissingError):
        read_elevation("/vsicurl/http://localhost/dem.tif")


def test_absurd_sizes_are_refused_before_they_are_read(tmp_path):
    header = "ncols 9999999\nnrows 9999999\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3\n"
    with pytest.raises(InputError, match="expected at most 250,000,000"):
        read_elevation(asc(tmp_path / "a.asc", header), crs="EPSG:27700")
    header = "ncols 9999\nnrows 9999\nxllcorner 0\nyllcorner 0\ncellsize 1\n1 2 3\n"
    with pytest.raises(InputError, match="it is truncated"):
        read_elevation(asc(tmp_path / "b.asc", header), crs="EPSG:27700")
    path = raster(tmp_path / "few.tif", heights())
    with pytest.raises(InputError, match="expected 2 x 2 to 250,000,000 cells"):
        read_elevation(path, cell_size=100)


@pytest.mark.parametrize("size", [0, -1, float("nan"), float("inf")])
def test_a_cell_size_that_is_no_length_is_refused(size):
    with pytest.raises(InputError, match="expected metres"):
        check_cell_size(size)


def test_a_crs_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(InputError, match="'EPSG:0', which is not known"):
        read_elevation(raster(tmp_path / "dem.tif", heights()), crs="EPSG:0")

"""Raster tiles show the raster, or nothing; tiles that cannot be are refused."""

import io
from concurrent.futures import ThreadPoolExecutor

import morecantile
import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import Transformer

from tiles.mercator import shared_transformer
from tiles.rasters import array_tile, band_names, empty_tile, raster_tile
from twin.errors import InputError, MissingError
from twin.grid import Grid

GRID = Grid(304000.0, 2768000.0, 10.0, 128, 128, "EPSG:3826")
TILES = morecantile.tms.get("WebMercatorQuad")


@pytest.fixture(scope="module")
def raster(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "maxima.tif"
    depth = np.full(GRID.shape, 0.7, dtype="f4")
    depth[:, :64] = np.nan
    profile = {
        "driver": "COG", "dtype": "float32", "count": 1, "width": GRID.nx, "height": GRID.ny,
        "crs": GRID.crs, "transform": GRID.transform, "nodata": float("nan"),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(depth, 1)
        file.set_band_description(1, "max_depth")
    return path


def _pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def test_a_tile_has_the_colour_of_the_depth_and_is_clear_outside(raster):
    lon, lat = 121.54046, 25.0133
    tile = TILES.tile(lon, lat, 14)
    pixels = _pixels(raster_tile(raster, 1, "max_depth", tile.z, tile.x, tile.y))
    wet = pixels[pixels[..., 3] > 0]
    assert pixels.shape == (256, 256, 4)
    assert 0 < len(wet) < 256 * 256
    assert "#" + bytes(np.unique(wet[:, :3], axis=0)[0]).hex() == "#68bdec"


def test_a_tile_beside_the_city_is_empty(raster):
    assert raster_tile(raster, 1, "max_depth", 14, 0, 0) == empty_tile()
    assert _pixels(empty_tile())[..., 3].max() == 0


@pytest.mark.parametrize("tile", [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_tile_that_cannot_be_is_refused(raster, tile):
    with pytest.raises(InputError, match="expected"):
        raster_tile(raster, 1, "max_depth", *tile)


def test_a_missing_raster_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"none\.tif is not there"):
        raster_tile(tmp_path / "none.tif", 1, "max_depth", 3, 0, 0)


def test_bands_have_names(raster):
    assert band_names(raster) == ("max_depth",)


def _written(path, values, **profile):
    profile = {
        "driver": "COG", "dtype": "float32", "count": 1, "width": values.shape[1],
        "height": values.shape[0], "crs": GRID.crs, "transform": GRID.transform, **profile,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)
    return path


def _tiles_of(path, zoom):
    with rasterio.open(path) as raster:
        places = Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True)
        return list(TILES.tiles(*places.transform_bounds(*raster.bounds), [zoom]))


def _values(path, tile):
    return np.load(io.BytesIO(array_tile(path, 1, tile.z, tile.x, tile.y)))


@pytest.mark.parametrize("nodata", [float("nan"), -9.0])
def test_every_pixel_has_the_value_of_the_cell_below_it(tmp_path, nodata):
    shape = (300, 530)  # in several chunks
    values = np.arange(shape[0] * shape[1], dtype="f4").reshape(shape)
    values[40:60] = nodata
    path = _written(tmp_path / "cells.tif", values, nodata=nodata)
    values[40:60] = np.nan
    to_city = Transformer.from_crs("EPSG:3857", GRID.crs, always_xy=True)
    inside = 0
    for tile in _tiles_of(path, 15):
        left, bottom, right, top = TILES.xy_bounds(tile)
        ends = (np.arange(256) + 0.5) / 256
        x, y = to_city.transform(
            *np.meshgrid(left + ends * (right - left), top - ends * (top - bottom))
        )
        column, row = np.floor((x - GRID.x0) / 10.0), np.floor((GRID.y0 - y) / 10.0)
        there = (column >= 0) & (column < shape[1]) & (row >= 0) & (row < shape[0])
        expected = np.full((256, 256), np.nan, "f4")
        expected[there] = values[row[there].astype(int), column[there].astype(int)]
        same = np.isclose(_values(path, tile), expected, rtol=0, atol=0, equal_nan=True)
        assert same.mean() > 0.999  # but for pixels on the border of two cells
        inside += there.sum()
    assert inside > 100_000


def test_overviews_that_leave_an_odd_row_out_are_read_to_their_last_cell(tmp_path):
    values = np.full((1201, 1201), 0.7, "f4")
    path = _written(tmp_path / "odd.tif", values, nodata=float("nan"), blocksize=256)
    with rasterio.open(path, overview_level=0) as overview:
        assert overview.shape == (600, 600)  # not 601, as in the files that are made here
    for zoom in range(10, 15):
        wet = sum(np.isfinite(_values(path, tile)).sum() for tile in _tiles_of(path, zoom))
        pixel = 2 * np.pi * 6378137 * np.cos(np.radians(25)) / 2**zoom / 256
        assert wet == pytest.approx((12010 / pixel) ** 2, rel=0.1)


def test_a_raster_that_takes_the_place_of_another_is_shown(tmp_path):
    for depth in (0.7, 0.2):
        path = _written(tmp_path / "aside.tif", np.full(GRID.shape, depth, "f4"))
        path = path.replace(tmp_path / "maxima.tif")
        assert np.nanmax(_values(path, _tiles_of(path, 14)[0])) == np.float32(depth)


@pytest.mark.parametrize("crs", ["EPSG:3826", "EPSG:28992", "EPSG:27700", "EPSG:3857"])
def test_each_thread_projects_as_pyproj_does(crs):
    plain = Transformer.from_crs("EPSG:3857", crs, always_xy=True)
    lon, lat = {"EPSG:28992": (4.3, 52.1), "EPSG:27700": (-1.6, 55.0)}.get(crs, (121.5, 25.0))
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(lon, lat)
    ours, expected = shared_transformer(crs, plain.transform(x, y)), plain.transform(x + 9e3, y)
    with ThreadPoolExecutor(3) as threads:
        for found in threads.map(lambda _: ours().transform(x + 9e3, y), range(3)):
            assert found == pytest.approx(expected, abs=1e-6)

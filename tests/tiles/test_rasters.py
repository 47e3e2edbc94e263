"""Raster tiles show the raster, or nothing; tiles that cannot be are refused."""

import io

import morecantile
import numpy as np
import pytest
import rasterio
from PIL import Image

from tiles.rasters import band_names, empty_tile, raster_tile
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

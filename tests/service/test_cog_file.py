"""Overviews of a COG tell of what is worst, never of an average."""

import numpy as np
import pytest
import rasterio
from rio_cogeo import cog_validate

from service.cog_file import worst, write_cog
from twin.grid import Grid

GRID = Grid(x0=250_000.0, y0=2_700_000.0, cell_size=5.0, nx=701, ny=903, crs="EPSG:3826")
NAMES = ["max_depth", "arrival_time", "depth_change"]


@pytest.fixture(scope="module")
def streets():
    """One cell in eight columns stands under water; all else is dry, or no ground."""
    depth = np.zeros(GRID.shape, "f4")
    depth[:, ::8] = 1.6
    depth[:100] = np.nan
    arrival = np.where(depth > 0, 600.0, np.nan)
    arrival[500, 0] = 60.0
    return depth, arrival, -depth


def test_every_level_keeps_the_worst_of_its_cells(tmp_path, streets):
    path = tmp_path / "streets.tif"
    write_cog(path, streets, NAMES, ["m", "s", "m"], GRID, {"run_id": "r"})
    with rasterio.open(path) as raster:
        assert raster.descriptions == tuple(NAMES)
        assert raster.units == ("m", "s", "m")
        assert raster.tags()["run_id"] == "r"
        assert raster.bounds == (250_000.0, 2_695_485.0, 253_505.0, 2_700_000.0)
        for number, values in enumerate(streets, 1):
            np.testing.assert_array_equal(raster.read(number), values.astype("f4"))
        factors = raster.overviews(1)
    assert factors == [2, 4]
    for level, factor in enumerate(factors):
        with rasterio.open(path, overview_level=level) as raster:
            assert raster.shape == (-(-GRID.ny // factor), -(-GRID.nx // factor))
            depth, arrival, change = raster.read()
        assert (depth[-1, :: 8 // factor] == np.float32(1.6)).all()
        assert np.isnan(depth[0]).all()
        assert np.nanmin(arrival) == 60
        assert np.nanmin(change) == np.float32(-1.6)
    assert cog_validate(path, quiet=True) == (True, [], [])
    assert [left.name for left in tmp_path.iterdir()] == ["streets.tif"]


def test_the_worst_of_an_odd_edge_and_of_unknown_cells():
    values = np.array([[1, np.nan, -4], [np.nan, 2, 3], [np.nan, np.nan, -1]])
    np.testing.assert_array_equal(worst(values, "max_depth"), [[2, 3], [np.nan, -1]])
    np.testing.assert_array_equal(worst(values, "arrival_time"), [[1, -4], [np.nan, -1]])
    np.testing.assert_array_equal(worst(values, "depth_change"), [[2, -4], [np.nan, -1]])

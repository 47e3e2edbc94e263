"""A frame shows the water of its time, where it lies."""

import io

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from tiles.frames import Frames
from twin.errors import InputError, MissingError
from twin.grid import Grid

GRID = Grid(304000.0, 2768000.0, 10.0, 60, 40, "EPSG:3826")


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    depth = np.zeros((3, *GRID.shape), dtype="f4")
    depth[1, 10:20, 30:45] = 0.2
    depth[2, 10:20, 30:45] = 3.0
    depth[:, :, :3] = np.nan  # outside of the city
    path = tmp_path_factory.mktemp("run") / "flood.zarr"
    _write(path, depth)
    return Frames(path, GRID.crs)


def _write(path, depth):
    times = np.datetime64("2026-11-20T12:00", "ns") + np.arange(len(depth)) * np.timedelta64(
        10, "m"
    )
    dataset = xr.Dataset(
        {"water_depth": (("time", "y", "x"), depth)}, coords={"time": times, **GRID.coords()}
    )
    dataset.to_zarr(path, zarr_format=2)


def _pixels(frames, index):
    return np.asarray(Image.open(io.BytesIO(frames.png(index))).convert("RGBA"))


def test_a_dry_time_is_a_transparent_picture(frames):
    assert _pixels(frames, 0)[..., 3].max() == 0


def test_water_has_the_colour_of_its_depth(frames):
    for index, depth in ((1, 0.2), (2, 3.0)):
        pixels = _pixels(frames, index)
        wet = pixels[pixels[..., 3] > 0]
        step = frames.scale.classify([depth])[0]
        assert len(wet) == pytest.approx(150, abs=15)
        assert np.all(wet == frames.scale.palette[step])


def test_water_lies_where_its_cells_lie(frames):
    rows, columns = np.nonzero(_pixels(frames, 1)[..., 3])
    width, height = frames.size
    assert (columns.mean() + 0.5) / width == pytest.approx(37.5 / 60, abs=0.02)
    assert (rows.mean() + 0.5) / height == pytest.approx(15 / 40, abs=0.02)


def test_times_are_utc_and_corners_go_clockwise(frames):
    assert frames.times[:2] == ["2026-11-20T12:00:00Z", "2026-11-20T12:10:00Z"]
    (west, north), (east, _), (_, south), _ = frames.corners
    assert west < east
    assert south < north
    assert 121 < west < 122


def test_a_frame_that_is_not_there_is_named(frames):
    for index in (-1, 3):
        with pytest.raises(MissingError, match=f"no frame {index}, expected 0 to 2"):
            frames.png(index)


def test_a_run_without_water_is_named(tmp_path):
    with pytest.raises(MissingError, match="flood of a run"):
        Frames(tmp_path / "flood.zarr", GRID.crs)
    xr.Dataset({"rain": ("x", [1.0])}).to_zarr(tmp_path / "other.zarr", zarr_format=2)
    with pytest.raises(InputError, match="expected water_depth"):
        Frames(tmp_path / "other.zarr", GRID.crs)


def test_every_depth_has_the_step_of_the_legend(tmp_path):
    depth = np.linspace(0, 70, GRID.nx * GRID.ny, dtype="f4").reshape(1, *GRID.shape)
    depth[0, 0, :6] = frames_limits = (0.05, 0.15, 0.3, 0.5, 1.0, 2.0)
    _write(tmp_path / "flood.zarr", depth)
    frames = Frames(tmp_path / "flood.zarr", GRID.crs)
    table = frames._steps_of_millimetres
    assert [table[round(limit * 1000)] for limit in frames_limits] == [1, 2, 3, 4, 5, 6]
    assert set(np.unique(frames.classes(0))) <= set(range(7))
    assert frames.classes(0).max() == 6

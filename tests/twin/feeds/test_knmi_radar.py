"""The radar is decoded to the pixel, and its corners lie where the file says."""

import shutil

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError, MissingError
from twin.feeds.knmi_hdf5 import read_composite
from twin.feeds.knmi_radar import ADAPTER, read_series
from twin.fields import require
from twin.grid import Grid

NAME = "RAD_NL25_RAP_5min_20100826{}.h5"


@pytest.fixture
def folder(shared_data):
    return shared_data / "knmi_radar"


def test_a_pixel_and_the_total_are_those_computed_by_hand(folder):
    import h5py

    file = folder / NAME.format("0500")
    composite = read_composite(file)
    with h5py.File(file) as content:
        pixels = content["image1/image_data"][:].astype(np.int64)
    row, column = np.unravel_index(np.where(pixels == 65535, 0, pixels).argmax(), pixels.shape)
    # GEO = 0.01 * PV: hundredths of a millimetre in five minutes
    assert composite.values[row, column] == pytest.approx(
        pixels[row, column] * 1e-5 / 300, rel=1e-6
    )
    total = pixels[pixels != 65535].sum() * 0.01  # mm over cells of 1 km2
    millimetres = np.nansum(composite.values.astype(float)) * 300 * 1000
    assert millimetres == pytest.approx(total, rel=1e-6)
    assert np.isnan(composite.values).sum() == (pixels == 65535).sum()


def test_the_interval_ends_at_the_time_in_the_name(folder):
    composite = read_composite(folder / NAME.format("0500"))
    assert composite.start == np.datetime64("2010-08-26T04:55")
    assert composite.end == np.datetime64("2010-08-26T05:00")


def test_the_corners_lie_where_the_file_says(folder):
    from pyproj import Transformer

    grid = read_composite(folder / NAME.format("0000")).grid
    west, south, east, north = grid.bounds
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    corners = [(west, south), (west, north), (east, north), (east, south)]
    found = [to_degrees.transform(x, y) for x, y in corners]
    # geo_product_corners of the file, three decimals
    declared = [(0.0, 49.362), (0.0, 55.974), (10.856, 55.389), (9.009, 48.895)]
    np.testing.assert_allclose(found, declared, atol=2e-3)


def test_a_series_is_in_order_and_whole(folder):
    files = [folder / NAME.format(hour) for hour in ("0010", "0000", "0005")]
    dataset = require(read_series(files), "rainfall_rate", allow_nan=True)
    assert dataset["time"].values[0] == np.datetime64("2010-08-25T23:55")
    assert (np.diff(dataset["time"]) == np.timedelta64(5, "m")).all()
    assert Grid.of(dataset).cell_size == 1000.0


def test_a_gap_and_a_repetition_are_named(folder):
    with pytest.raises(InputError, match="leave a gap of 300 s"):
        read_series([folder / NAME.format("0000"), folder / NAME.format("0010")])
    with pytest.raises(InputError, match="overlap of 300 s"):
        read_series([folder / NAME.format("0000")] * 2)


def test_a_truncated_file_is_one_line(folder, tmp_path):
    whole = (folder / NAME.format("0000")).read_bytes()
    file = tmp_path / "half.h5"
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"half\.h5 is no KNMI composite"):
        read_composite(file)


def test_echoes_are_read_as_such_and_are_no_rain(folder, tmp_path):
    import h5py

    file = shutil.copyfile(folder / NAME.format("0000"), tmp_path / "dbz.h5")
    with h5py.File(file, "a") as content:
        image = content["image1"]
        image.attrs["image_geo_parameter"] = np.bytes_("REFLECTIVITY_[DBZ]")
        image["calibration"].attrs["calibration_formulas"] = np.bytes_("GEO=0.500000*PV+-32.000000")
    composite = read_composite(file)
    assert composite.field == "reflectivity"
    assert np.nanmin(composite.values) == -32.0
    with pytest.raises(InputError, match="holds radar echoes, expected rain"):
        read_series(tmp_path)


def test_the_adapter_gives_one_grid_with_its_interval(folder):
    content = (folder / NAME.format("0500")).read_bytes()
    parsed = ADAPTER.read(content, pd.Timestamp("2010-08-26T05:06Z"))
    (grid,) = parsed.grids
    require(grid, "rainfall_rate", allow_nan=True)
    assert grid["time"].values[0] == np.datetime64("2010-08-26T04:55")
    assert grid.attrs["valid_from"] == "2010-08-26T04:55:00+00:00"
    assert grid.attrs["valid_to"] == "2010-08-26T05:00:00+00:00"
    assert (parsed.outcome, len(parsed.readings)) == ("ok", 0)


def test_a_composite_of_the_future_is_refused(folder):
    """D-08."""
    content = (folder / NAME.format("0500")).read_bytes()
    with pytest.raises(InputError, match="before its receipt"):
        ADAPTER.read(content, pd.Timestamp("2010-08-26T04:00Z"))


def test_what_is_no_hdf5_is_one_line():
    with pytest.raises(InputError, match="is no KNMI composite"):
        ADAPTER.read(b"<html>busy</html>", pd.Timestamp("2010-08-26T04:00Z"))


def test_a_folder_without_radar_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"holds no \*\.h5"):
        read_series(tmp_path)

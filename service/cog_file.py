"""Fields as Cloud Optimized GeoTIFF, whose coarser levels keep what is worst in their cells."""

import math
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from twin.errors import DeviceError

BLOCK = 256


def write_cog(path, bands, names, units, grid, tags):
    """Write bands (y, x) of float32 as one Cloud Optimized GeoTIFF, NaN where nothing is.

    Parameters
    ----------
    path : path-like
        File to write.
    bands : list of numpy.ndarray (y, x)
    names, units : list of str
        One for each band.
    grid : twin.grid.Grid
        Where the cells lie.
    tags : dict
        Metadata of the file.

    Raises
    ------
    DeviceError
        What is on the disk is not what was written.

    Notes
    -----
    A cell of an overview holds the worst of its 2 x 2 cells: the largest depth, speed, class or
    probability, the earliest arrival, the difference farthest from zero. An average would tell of
    a street 1.6 m under water as of 0.2 m where the whole city is on the screen. GDAL's driver
    knows no such resampling, so the levels are made here and handed to it.
    """
    import rasterio.shutil

    with TemporaryDirectory(prefix=".levels-", dir=Path(path).parent) as folder:
        finest = Path(folder) / "fields.tif"
        _write_levels(finest, bands, names, units, grid, tags)
        rasterio.shutil.copy(
            finest,
            path,
            driver="COG",
            compress="DEFLATE",
            predictor=3,
            blocksize=BLOCK,
            overviews="FORCE_USE_EXISTING",
            num_threads="ALL_CPUS",
            bigtiff="IF_SAFER",
        )
    _read_back(path, len(bands))


def _write_levels(path, bands, names, units, grid, tags):
    """Each level as a plain file: GDAL takes ``x.tif.ovr`` for the overview of ``x.tif``."""
    import rasterio

    profile = {"driver": "GTiff", "dtype": "float32", "count": len(bands), "crs": grid.crs}
    profile |= {"nodata": math.nan, "tiled": True, "bigtiff": "IF_SAFER"}
    profile["transform"] = rasterio.Affine(*grid.transform[:6])
    bands = [np.asarray(band, np.float32) for band in bands]
    while True:
        height, width = bands[0].shape
        with rasterio.open(path, "w", width=width, height=height, **profile) as raster:
            raster.update_tags(**{name: str(value) for name, value in tags.items()})
            for number, (band, name, unit) in enumerate(zip(bands, names, units, strict=True), 1):
                raster.write(band, number)
                raster.set_band_description(number, name)
                raster.set_band_unit(number, unit)
        if max(width, height) <= BLOCK:
            return
        bands = [worst(band, name) for band, name in zip(bands, names, strict=True)]
        path = path.with_name(path.name + ".ovr")


def worst(values, name):
    """The worst of each 2 x 2 cells of a field.

    Parameters
    ----------
    values : numpy.ndarray (y, x)
        NaN where nothing is.
    name : str
        ``arrival...``: the smallest; ``..._change``: farthest from zero; else the largest.

    Returns
    -------
    numpy.ndarray ((y + 1) // 2, (x + 1) // 2)
        NaN where all four are.
    """
    rows, columns = values.shape
    padded = np.pad(values, ((0, rows % 2), (0, columns % 2)), constant_values=np.nan)
    corners = [padded[j::2, i::2] for j in (0, 1) for i in (0, 1)]
    if name.endswith("_change"):
        low, high = reduce(np.fmin, corners), reduce(np.fmax, corners)
        return np.where(-low > high, low, high)
    return reduce(np.fmin if name.startswith("arrival") else np.fmax, corners)


def _read_back(path, count):
    """GDAL closes a file on a full disk without a word: read each block again."""
    import rasterio

    try:
        with rasterio.open(path) as raster:
            for number in range(1, count + 1):
                raster.checksum(number)
    except rasterio.errors.RasterioError as error:
        raise DeviceError(
            f"{Path(path).name} is not whole on the disk, expected what was written; check the disk"
        ) from error

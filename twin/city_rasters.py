"""Terrain rasters of a city package: written window by window, kept as cloud-optimised GeoTIFF."""

import errno
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
import xarray
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.windows import Window

from twin.city_manifest import check_cell_count
from twin.errors import InputError
from twin.fields import FIELDS, describe, require

_BLOCK = 512


def read_terrain(paths, grid, row, column, ny, nx):
    """Window of some terrain rasters.

    Parameters
    ----------
    paths : dict of str to pathlib.Path
        File of each field.
    grid : Grid
        The grid that all files must have.
    row, column, ny, nx : int
        First cell and size of the window.

    Returns
    -------
    xarray.Dataset
        float32 fields over (y, x).

    Raises
    ------
    InputError
        The window lies outside, or a file is damaged or does not fit the grid.
    """
    if min(row, column) < 0 or min(ny, nx) < 1 or row + ny > grid.ny or column + nx > grid.nx:
        raise InputError(
            f"window of {ny} x {nx} cells at row {row}, column {column}, expected one inside "
            f"{grid.ny} x {grid.nx} cells; correct the window"
        )
    window = Window(column, row, nx, ny)
    data = {name: (("y", "x"), _read(path, grid, window)) for name, path in paths.items()}
    return describe(xarray.Dataset(data, coords=grid.window(row, column, ny, nx).coords()))


def _read(path, grid, window):
    try:
        # The driver is fixed: a package must not make GDAL follow a VRT to another file.
        with rasterio.open(path, driver="GTiff") as source:
            if source.shape != grid.shape:
                raise InputError(
                    f"{path} has {source.height} x {source.width} cells, city.toml says "
                    f"{grid.ny} x {grid.nx}; import the city again"
                )
            return source.read(1, window=window, out_dtype="float32")
    except RasterioError as error:
        reason = (str(error).splitlines() or [""])[0][:120]
        raise InputError(
            f"{path} cannot be read ({reason}), expected a GeoTIFF; restore it or import the city "
            "again"
        ) from None


def write_terrain(folder, grid, terrain):
    """Write terrain fields as cloud-optimised GeoTIFF, one file a field.

    Parameters
    ----------
    folder : pathlib.Path
        Where the files go; it exists.
    grid : Grid
        Cells of the whole terrain.
    terrain : xarray.Dataset or iterable of (row, column, xarray.Dataset)
        All of it, or its tiles.

    Returns
    -------
    list of str
        Names of the fields, elevation first.

    Raises
    ------
    InputError
        A field is unknown or out of its range, or the tiles do not cover the grid.
    """
    check_cell_count(grid.nx, grid.ny, "the terrain")
    tiles = [(0, 0, terrain)] if isinstance(terrain, xarray.Dataset) else terrain
    names = _write_raw(folder, grid, tiles)
    for name in names:
        raw = folder / f"{name}.raw.tif"
        rasterio.shutil.copy(raw, folder / f"{name}.tif", driver="COG", **_cog_options())
        _compare(raw, folder / f"{name}.tif")
        raw.unlink()
    return names


def _write_raw(folder, grid, tiles):
    """Uncompressed rasters aside: compressed ones would grow when tiles cut their blocks."""
    names, targets, cells, land = [], {}, 0, 0
    with ExitStack() as stack:
        for row, column, tile in tiles:
            if not names:
                names = _field_names(tile)
                _check_space(folder, grid, len(names))
                targets = {name: stack.enter_context(_raw(folder, grid, name)) for name in names}
            _check_tile(grid, row, column, tile, names)
            ny, nx = tile["elevation"].shape
            for name, target in targets.items():
                values = np.asarray(tile[name].values, dtype=np.float32)
                target.write(values, 1, window=Window(column, row, nx, ny))
            cells += ny * nx
            land += int(np.isfinite(tile["elevation"].values).sum())
    if cells != grid.nx * grid.ny:
        raise InputError(
            f"the terrain tiles have {cells} cells, expected {grid.nx * grid.ny} of the grid; "
            "cover each cell once"
        )
    if not land:
        raise InputError(
            "the terrain has no elevation in any cell, expected ground; check its nodata value"
        )
    return names


def _check_space(folder, grid, fields):
    """Ask before minutes of writing; each field is there twice while it is converted.

    A copy that does not compress at all is a third larger than its raster, by its overviews.
    """
    raster = -(-grid.nx // _BLOCK) * -(-grid.ny // _BLOCK) * _BLOCK * _BLOCK * 4
    if shutil.disk_usage(folder).free < raster * (1 + fields * 4 / 3):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _field_names(tile):
    unknown = [name for name in tile.data_vars if name not in FIELDS]
    if unknown:
        raise InputError(
            f"terrain field {unknown[0]!r} is not known, expected fields of twin.fields; "
            "rename or drop it"
        )
    require(tile, "elevation", allow_nan=True)
    return ["elevation", *(name for name in tile.data_vars if name != "elevation")]


def _check_tile(grid, row, column, tile, names):
    for name in names:
        require(tile, name, allow_nan=name == "elevation")
    ny, nx = tile["elevation"].shape
    if set(tile.data_vars) != set(names) or any(tile[name].shape != (ny, nx) for name in names):
        raise InputError(
            f"the terrain tile at row {row}, column {column} has {sorted(tile.data_vars)}, "
            f"expected {sorted(names)} of one shape; make all tiles alike"
        )
    if min(row, column) < 0 or row + ny > grid.ny or column + nx > grid.nx:
        raise InputError(
            f"terrain of {ny} x {nx} cells at row {row}, column {column} does not fit the grid of "
            f"{grid.ny} x {grid.nx} cells; correct the grid or the tiles"
        )


def _raw(folder, grid, name):
    return rasterio.open(
        folder / f"{name}.raw.tif",
        "w",
        driver="GTiff",
        width=grid.nx,
        height=grid.ny,
        count=1,
        dtype="float32",
        crs=grid.crs,
        transform=grid.transform,
        nodata=np.nan,
        tiled=True,
        blockxsize=_BLOCK,
        blockysize=_BLOCK,
        BIGTIFF="IF_SAFER",
    )


def _cog_options():
    return {
        "COMPRESS": "DEFLATE",
        "LEVEL": "6",
        "PREDICTOR": "FLOATING_POINT",
        "BLOCKSIZE": str(_BLOCK),
        "OVERVIEW_RESAMPLING": "AVERAGE",
        "NUM_THREADS": "ALL_CPUS",
        "BIGTIFF": "IF_SAFER",
    }


def _compare(raw, copy):
    """Read back what was written: GDAL may lose the end of a file on a full disk in silence."""
    with rasterio.open(raw) as first, rasterio.open(copy) as second:
        for _, window in first.block_windows(1):
            wide = first.read(1, window=window), second.read(1, window=window)
            if not np.array_equal(*wide, equal_nan=True):
                raise RasterioIOError(f"{Path(copy).name} differs from what was written")

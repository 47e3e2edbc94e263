"""Looks for what is wrong in the files of a run: its COGs, and its water on a small grid."""

import json

import numpy as np
import rasterio

from tiles.terrain.surface import OUTSIDE

CLASSES = range(1, 7)
"""Values of ``hazard_class.tif`` beside 0, where it is dry."""

_SMALL = 512
"""A raster of no more cells a side needs no overviews."""


def check_run(folder):
    """Check the rasters and the water of one run.

    Parameters
    ----------
    folder : pathlib.Path
        ``run-*`` in a folder of tiles.

    Returns
    -------
    tuple of (int, int, list of str)
        Rasters and steps of water that were looked at; one line a problem.
    """
    problems = []
    rasters = sorted(folder.glob("*.tif"))
    for path in rasters:
        problems += [f"{path.name}: {problem}" for problem in check_cog(path)]
    steps, wrong = check_water(folder / "water")
    return len(rasters), steps, [*problems, *wrong]


def check_cog(path):
    """Check one Cloud Optimized GeoTIFF: what is wrong, as list of str.

    Notes
    -----
    GDAL says itself whether the layout of a file is that of a COG (``LAYOUT=COG``); added is
    what our readers rely on: tiles, overviews by halves, a reference system in metres, NaN for
    nothing, values that can be.
    """
    try:
        with rasterio.open(path) as raster:
            return [*_of_layout(raster), *_of_values(raster, path.stem)]
    except rasterio.errors.RasterioError as error:
        return [f"cannot be read ({error})"]


def _of_layout(raster):
    if raster.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") != "COG":
        yield "has not the layout of a COG"
    if raster.crs is None or not raster.crs.is_projected:
        yield f"has the reference system {raster.crs}, expected one in metres"
    if any(shape[0] != shape[1] for shape in raster.block_shapes):
        yield f"has blocks of {raster.block_shapes[0]}, expected square tiles"
    if raster.nodata is None or not np.isnan(raster.nodata):
        yield f"has {raster.nodata} where nothing is, expected NaN"
    if max(raster.shape) > _SMALL and not raster.overviews(1):
        yield f"has {raster.height} x {raster.width} cells and no overviews"
    if not all(raster.descriptions):
        yield "has a band without a name"


def _of_values(raster, name):
    for band in range(1, raster.count + 1):
        for _, window in raster.block_windows(band):
            values = raster.read(band, window=window)
            values = values[~np.isnan(values)]
            if not np.isfinite(values).all() or (values < 0).any():
                yield f"band {band} has a value below 0 or without end"
                break
            if name == "hazard_class" and not np.isin(values, [0, *CLASSES]).all():
                yield "has a class that is none of 0 to 6"
                break


def check_water(folder):
    """Check the water of a run over time.

    Parameters
    ----------
    folder : pathlib.Path
        With ``water.json`` and a file for each time.

    Returns
    -------
    tuple of (int, list of str)
        Steps that were looked at; one line a problem.
    """
    try:
        about = json.loads((folder / "water.json").read_bytes())
        shape, times = (about["rows"], about["columns"]), about["times"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return 0, [f"water.json: is not there or not whole ({type(error).__name__}: {error})"]
    problems, outside = [], None
    if times != sorted(times):
        problems.append("water.json: its times do not rise")
    for step in range(len(times)):
        values = np.fromfile(folder / f"{step}.bin", "<u2") if _is_there(folder, step) else None
        if values is None or values.size != shape[0] * shape[1]:
            problems.append(f"water/{step}.bin: expected {shape[0]} x {shape[1]} values of 16 bits")
            continue
        if outside is not None and not np.array_equal(values == OUTSIDE, outside):
            problems.append(f"water/{step}.bin: the city has another shape than before")
        outside = values == OUTSIDE
    return len(times), problems


def _is_there(folder, step):
    return (folder / f"{step}.bin").is_file()

"""The files of a run for other clients: a COG for each field, and the water on a small grid."""

import json

import numpy as np

from service.cog_file import write_cog
from service.web.catalogue import product_file
from tiles.frames import Frames
from tiles.terrain.surface import OUTSIDE, Surface
from tiles.water_grid import depth_grid
from twin.grid import Grid
from twin.hazard import UNKNOWN, arr_class

COGS = {
    "depth": "max_depth",
    "speed": "max_speed",
    "hazard": "max_hazard",
    "arrival": "arrival_time",
    "duration": "wet_duration",
}
"""Name of a file -> band of ``maxima.tif``."""


def write_run_tiles(city, run, folder, progress):
    """Write the rasters of a run.

    Parameters
    ----------
    city : twin.city.City
    run : service.runs.Run
        Of that city.
    folder : pathlib.Path
        Gets ``depth.tif``, ``speed.tif``, ``hazard.tif`` (largest depth x speed),
        ``hazard_class.tif`` (AR&R), ``arrival.tif``, ``duration.tif``, and ``water/`` with
        ``water.json`` and a grid for each time, as ``/3d/water`` serves them; it is made.
    progress : callable
        Called with (done, total).

    Returns
    -------
    dict
        ``rasters`` and ``water_steps``: how many were written.

    Raises
    ------
    MissingError
        The run was made without fields or without water over time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rasters = _write_cogs(run, folder)
    frames = Frames(product_file(run, "flood.zarr"), run.manifest["city"]["crs"])
    surface = Surface.of_city(city).grid
    water = folder / "water"
    water.mkdir()
    for step in range(len(frames.times)):
        grid = depth_grid(frames.depth(step), frames.grid, surface)
        (water / f"{step}.bin").write_bytes(grid.tobytes())
        progress(step + 1, len(frames.times))
    about = {
        "run": run.run_id,
        "times": frames.times,
        "rows": surface.ny,
        "columns": surface.nx,
        "unit": "mm",
        "dtype": "uint16, little endian",
        "outside": OUTSIDE,
        "url": "{step}.bin",
    }
    (water / "water.json").write_text(json.dumps(about) + "\n")
    return {"rasters": rasters, "water_steps": len(frames.times)}


def _write_cogs(run, folder):
    import rasterio

    with rasterio.open(product_file(run, "maxima.tif")) as source:
        bands = {name: number for number, name in enumerate(source.descriptions, 1)}
        units, tags = source.units, source.tags(ns=None)
        shift = source.transform
        grid = Grid(shift.c, shift.f, shift.a, source.width, source.height, str(source.crs))
        tags = {name: value for name, value in tags.items() if name not in ("AREA_OR_POINT",)}
        fields = {name: source.read(bands[band]) for name, band in COGS.items() if band in bands}
        for name, values in fields.items():
            band = COGS[name]
            unit = units[bands[band] - 1] or ""
            write_cog(folder / f"{name}.tif", [values], [band], [unit], grid, tags)
    if not {"depth", "speed", "hazard"} <= fields.keys():
        return len(fields)
    classes = arr_class(fields["depth"], fields["speed"], fields["hazard"]).astype("f4")
    classes[classes == UNKNOWN] = np.nan
    path = folder / "hazard_class.tif"
    write_cog(path, [classes], ["hazard_class"], ["1"], grid, tags)
    return len(fields) + 1

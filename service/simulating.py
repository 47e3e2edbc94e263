"""The verb `simulate`: one storm over a city, or a case file."""

from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np

from service.case_outputs import FieldsFile, write_gauges
from service.conditions import conditions_of
from service.disk import require_space, require_writable
from service.first_start import tell_of_compiling
from service.flood_file import product_bytes
from service.jobs import make_job
from service.products import plain
from service.publishing import About, begin_flood, publish
from service.runs import RunStore, run_folder
from service.saved_state import keep_state, require_place
from service.utc import iso
from service.words.progress import Progress
from twin.errors import DeviceError


def simulate(
    *,
    city,
    rain=None,
    rain_times=None,
    losses=None,
    hours=None,
    scheme=None,
    order=None,
    dtype=None,
    device=None,
    edges=None,
    frames=None,
    save=None,
    resume=None,
    out=None,
    quiet=False,
):
    """Run one storm over a city, or a case file, and publish the run.

    Parameters
    ----------
    city : path-like
        Folder of a city package, or a case ``.toml``.
    rain, losses : str, optional
        See `service.storm.find_rain` and `hydrology.rainfall.rainfall.add_losses`.
    rain_times : str, optional
        What the times of a hyetograph CSV mean: ``auto``, ``begin`` or ``end``; default what the
        case says, else ``auto``. See `hydrology.rainfall.series.RateSeries.rule`.
    hours : float, optional
        Length of the run [h]; default that of the rain or the case.
    scheme, dtype, device : str, optional
        How the solver computes; default what the case says, else ``inertial``, ``float32``,
        ``cpu``.
    order : int, optional
        Of the dynamic scheme, 1 or 2; default what the case says, else 1.
    edges : str, optional
        What the domain edge does; default what the city or the case says.
    frames : float, optional
        Time between two frames [min]; default 10.
    save : path-like, optional
        File for the state at the end of the run.
    resume : path-like, optional
        State of an earlier run to go on from; `hours` counts from the start of that run.
    out : path-like, optional
        Folder that collects the runs; default `service.runs.run_folder`.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``run``, ``cells``, ``steps``, ``wall_seconds``, ``mcups``, ``mass_error``, ``rain_mm``
        (what fell over the city), ``rain_times`` (begin, end, or None where the rain is no CSV),
        ``rain_left_out_mm_h`` (rate of its first row where that did not fall), ``max_depth_m``,
        ``deepest``, ``conditions`` (see `service.conditions`), ``scheme``, ``dtype``, ``device``
        and more.

    Raises
    ------
    MissingError
        A file is not there.
    InputError
        Something that came in is wrong.
    DeviceError
        No GPU, or no room on the disk.
    """
    require_device(device)
    options = {"scheme": scheme, "order": order, "dtype": dtype, "device": device, "edges": edges}
    options["frame_seconds"] = frames and 60.0 * frames
    job = make_job(city, rain, losses, hours, options, rain_times, resume)
    case = job.case
    if save is not None:
        require_place(save)
    store = RunStore(out or run_folder(city, case.name))
    require_writable(store.folder)
    frame_count = int(np.ceil(case.seconds / case.settings.frame_seconds)) + 1
    copies = 1 if job.city else 2  # a case writes NetCDF too
    require_space(store.folder, copies * product_bytes(job.grid, frame_count))
    with store.new_run() as run, Progress(f"simulating {case.name}", wanted=not quiet) as progress:
        tell_of_compiling(progress, case.settings)
        return run_job(job, run, progress, save)


def run_job(job, run, progress=None, save=None):
    """Compute one job and publish it.

    Parameters
    ----------
    job : Job
        What to compute.
    run : service.runs.RunWriter
        Where it goes.
    progress : callable, optional
        Called with seconds done and in all.
    save : path-like, optional
        File for the state at the end of the run.

    Returns
    -------
    dict
        What `simulate` answers.
    """
    from hydrology.cases.run import run_case

    about = _about(job)
    file = begin_flood(run, about)
    with _fields_file(job, run, about) as fields:

        def sink(*frame):
            file.write_frame(*frame)
            if fields is not None:
                fields.write_frame(*frame)

        outcome = run_case(job.case, progress, sink, job.resume)
        result = outcome.simulation
        if fields is not None:
            fields.finish(result.flood, result.limiting_cells)
    if save is not None:
        keep_state(result.state, save)
    performance = {
        "cells": result.cells,
        "steps": result.steps,
        "wall_seconds": result.wall_seconds,
        "mcups": result.mcups,
        "bytes_per_cell": round(result.performance["bytes_per_cell"], 2),
    }
    published, _ = publish(
        run,
        about,
        file,
        result.flood,
        job.case.terrain,
        city=job.city,
        ledger=result.ledger,
        performance=performance,
        others=_others(job, run, outcome.gauges),
    )
    settings = job.case.settings
    return {
        "run": str(published.folder),
        "run_id": published.run_id,
        "city": job.case.name,
        **published.manifest["performance"],
        "mass_error": float(result.ledger["relative_error"]),
        **_rain(job, result.ledger["rain"]),
        "conditions": about.more["conditions"],
        **_deepest(result.flood["max_depth"].values, job.grid),
        "scheme": settings.scheme,
        "order": settings.order,
        "dtype": settings.dtype,
        "device": settings.device,
        "valid_from": about.tags("")["valid_from"],
        "valid_to": about.valid_to,
        "ledger": published.manifest["ledger"],
        **({} if save is None else {"state": str(save)}),
        **_gauges(job.case, result.flood["max_depth"].values),
    }


def _fields_file(job, run, about):
    """The NetCDF of a case, to be used as a context manager; that of a city is none."""
    if job.city is not None:
        return nullcontext()
    case = job.case
    ground = case.terrain["elevation"].values
    tags = about.tags(run.run_id)
    return FieldsFile(run.folder / "fields.nc", job.grid, ground, case.fields, case.start, tags)


def _others(job, run, gauges):
    """Products of a case that a city does not have."""
    others = {} if job.city else {"fields": "fields.nc"}
    if gauges is not None:
        write_gauges(run.folder / "gauges.csv", gauges)
        others["gauges"] = "gauges.csv"
    return others


def require_device(device):
    """Refuse a device that this machine does not have, before any work begins.

    Raises
    ------
    DeviceError
        There is no GPU with a driver.
    """
    if device in (None, "cpu"):
        return
    from ctypes import CDLL

    try:
        found = CDLL("libcuda.so.1").cuInit(0) == 0
    except OSError:
        found = False
    if not found:
        raise DeviceError(
            f"{device} was asked for, this machine has no usable GPU; use --device cpu"
        )


def _about(job):
    case = job.case
    return About(
        kind=job.kind,
        name=case.name,
        title=case.title,
        version=job.version,
        grid=job.grid,
        start=case.start,
        seconds=case.seconds,
        issue_time=iso(datetime.now(UTC)),
        inputs=job.inputs,
        settings=asdict(case.settings) | {"rain_times": _rain_attribute(case, "rain_times")},
        more=job.more | {"conditions": conditions_of(job)},
    )


def _rain(job, volume):
    """What fell over the city [mm], and how the times of its file were read."""
    area = np.isfinite(job.case.terrain["elevation"].values).sum() * job.grid.cell_size**2
    return {
        "rain_mm": float(1000.0 * volume / area),
        "rain_times": _rain_attribute(job.case, "rain_times"),
        "rain_left_out_mm_h": _rain_attribute(job.case, "rain_left_out_mm_h"),
    }


def _rain_attribute(case, name):
    return None if case.rainfall is None else case.rainfall.attrs.get(name)


def _gauges(case, depth):
    """Highest level at each gauge, and how far they are from what was observed [m]."""
    if not case.gauges:
        return {}
    elevation = case.terrain["elevation"].values
    rows = []
    for gauge in case.gauges:
        cell = gauge.row, gauge.column
        level, water = float(elevation[cell] + depth[cell]), float(depth[cell])
        values = {"depth_m": water, "level_m": level, "observed_m": gauge.observed}
        rows.append({"name": gauge.name, **{name: plain(value) for name, value in values.items()}})
    misses = [
        row["level_m"] - row["observed_m"]
        for row in rows
        if row["level_m"] is not None and row["observed_m"] is not None
    ]
    rmse = float(np.sqrt(np.mean(np.square(misses)))) if misses else None
    return {"gauges": rows, "rmse_m": plain(rmse)}


def _deepest(depth, grid):
    """Depth and place of the deepest water of the run."""
    from pyproj import Transformer

    row, column = np.unravel_index(np.nanargmax(depth), depth.shape)
    x, y = float(grid.x[column]), float(grid.y[row])
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
    place = {"x": x, "y": y, "lon": round(lon, 6), "lat": round(lat, 6)}
    return {"max_depth_m": float(depth[row, column]), "deepest": place}

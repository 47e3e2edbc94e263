"""The verb `simulate`: one storm over a city, or a case file."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from service.disk import require_space, require_writable
from service.flood_file import product_bytes
from service.progress import Progress
from service.publishing import About, begin_flood, publish
from service.runs import RunStore, run_folder
from service.utc import iso
from twin.errors import DeviceError
from twin.grid import Grid

FRAME_MINUTES = 10.0


@dataclass(frozen=True)
class Job:
    """All that one run needs, checked before any work begins."""

    name: str
    title: str
    version: str
    terrain: object
    rainfall: object
    seconds: float
    start: object
    boundaries: list
    settings: object
    city: object = None
    inputs: list = field(default_factory=list)

    @property
    def grid(self):
        """Cells of the run."""
        return Grid.of(self.terrain)


def simulate(
    *,
    city,
    rain=None,
    losses=None,
    hours=None,
    scheme="inertial",
    dtype="float32",
    device="cpu",
    edges=None,
    frames=None,
    out=None,
    quiet=False,
):
    """Run one storm over a city, or a case file, and publish the run.

    Parameters
    ----------
    city : path-like
        Folder of a city package, or a case ``.toml``.
    rain, losses : str, optional
        See `service.storm.find_rain` and `service.storm.find_losses`.
    hours : float, optional
        Length of the run [h]; default that of the rain.
    scheme, dtype, device : str
        How the solver computes.
    edges : {"closed", "free"}, optional
        What the domain edge does; default what the city says.
    frames : float, optional
        Time between two frames [min].
    out : path-like, optional
        Folder that collects the runs; default `service.runs.run_folder`.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``run``, ``cells``, ``steps``, ``wall_seconds``, ``mcups``, ``mass_error``,
        ``max_depth_m``, ``deepest``, ``scheme``, ``dtype``, ``device`` and more.

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
    from hydrology.solver.simulation import Settings

    chosen = {"scheme": scheme, "dtype": dtype, "device": device, "edges": edges}
    settings = Settings(**chosen, frame_seconds=60.0 * (frames or FRAME_MINUTES))
    job = _job_of_city(Path(city), rain, losses, hours, settings)
    store = RunStore(out or run_folder(city, job.name))
    require_writable(store.folder)
    frame_count = int(np.ceil(job.seconds / settings.frame_seconds)) + 1
    require_space(store.folder, product_bytes(job.grid, frame_count))
    with store.new_run() as run, Progress(f"simulating {job.name}", wanted=not quiet) as progress:
        return run_job(job, run, progress)


def run_job(job, run, progress=None):
    """Compute one job and publish it.

    Parameters
    ----------
    job : Job
        What to compute.
    run : service.runs.RunWriter
        Where it goes.
    progress : callable, optional
        Called with seconds done and in all.

    Returns
    -------
    dict
        What `simulate` answers.
    """
    from hydrology.solver.simulation import simulate as solve

    about = _about(job)
    file = begin_flood(run, about)
    result = solve(
        job.terrain,
        job.rainfall,
        seconds=job.seconds,
        boundaries=job.boundaries,
        start=job.start,
        settings=job.settings,
        progress=progress,
        sink=file.write_frame,
    )
    performance = {
        "cells": result.cells,
        "steps": result.steps,
        "wall_seconds": result.wall_seconds,
        "mcups": result.mcups,
    }
    published, _ = publish(
        run,
        about,
        file,
        result.flood,
        job.terrain,
        city=job.city,
        ledger=result.ledger,
        performance=performance,
    )
    return {
        "run": str(published.folder),
        "run_id": published.run_id,
        "city": job.name,
        **published.manifest["performance"],
        "mass_error": float(result.ledger["relative_error"]),
        **_deepest(result.flood["max_depth"].values, job.grid),
        "scheme": job.settings.scheme,
        "dtype": job.settings.dtype,
        "device": job.settings.device,
        "valid_from": about.tags("")["valid_from"],
        "valid_to": about.valid_to,
        "ledger": published.manifest["ledger"],
    }


def require_device(device):
    """Refuse a device on which this version cannot compute.

    Raises
    ------
    DeviceError
        It is not the CPU.
    """
    if device == "cpu":
        return
    from ctypes import CDLL

    try:
        found = CDLL("libcuda.so.1").cuInit(0) == 0
    except OSError:
        found = False
    state = "this version computes on the CPU only" if found else "this machine has no usable GPU"
    raise DeviceError(f"{device} was asked for, {state}; use --device cpu")


def _job_of_city(folder, rain, losses, hours, settings):
    from service.edge_water import boundaries_of
    from service.storm import add_losses, find_rain
    from twin.city import open_city

    city = open_city(folder)
    storm = find_rain(rain, city, hours)
    seconds = 3600.0 * hours if hours else storm.seconds
    terrain = add_losses(city.terrain, losses, seconds)
    elevation = terrain["elevation"].values
    return Job(
        name=city.name,
        title=city.title,
        version=city.version,
        terrain=terrain,
        rainfall=storm.rainfall,
        seconds=seconds,
        start=storm.start,
        boundaries=boundaries_of(city, city.grid, elevation, storm.start, storm.name),
        settings=settings,
        city=city,
        inputs=_inputs(folder, storm, losses),
    )


def _inputs(folder, storm, losses):
    """What went in, by hash, as the manifest lists it."""
    from service.storm import digest

    sources = {"city": folder / "city.toml", f"rain {storm.name}": storm.source}
    if losses is not None:
        sources[f"losses {losses}"] = Path(losses) if Path(losses).is_file() else None
    return [
        {"name": name, "sha256": path and digest(path), "newest_time": None}
        for name, path in sources.items()
    ]


def _about(job):
    return About(
        kind="simulate",
        name=job.name,
        title=job.title,
        version=job.version,
        grid=job.grid,
        start=job.start,
        seconds=job.seconds,
        issue_time=iso(datetime.now(UTC)),
        inputs=job.inputs,
        settings=asdict(job.settings),
    )


def _deepest(depth, grid):
    """Depth and place of the deepest water of the run."""
    from pyproj import Transformer

    row, column = np.unravel_index(np.nanargmax(depth), depth.shape)
    x, y = float(grid.x[column]), float(grid.y[row])
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
    place = {"x": x, "y": y, "lon": round(lon, 6), "lat": round(lat, 6)}
    return {"max_depth_m": float(depth[row, column]), "deepest": place}

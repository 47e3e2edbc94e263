"""The verb `forecast`: readings to rain to flood ensemble to ranked hotspots."""

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from service.disk import require_space, require_writable
from service.flood_file import product_bytes
from service.issue_time import IssueTime, find_issue_time
from service.progress import Progress
from service.publishing import About, begin_flood, publish
from service.runs import RunStore, run_folder
from service.utc import as_utc, iso

LOOK_BACK = pd.Timedelta(hours=24)
"""How far back readings are handed to the forecast, which chooses its own warm-up."""

STEADY_BOUNDARIES = "boundaries: no forecast of river and tide, their steady values hold"


def forecast(
    *,
    city,
    store,
    hours=3.0,
    members=8,
    issue_time=None,
    seed=1,
    out=None,
    quiet=False,
):
    """Forecast the flood of a city from its readings and publish the run.

    Parameters
    ----------
    city : path-like
        Folder of a city package with sensors.
    store : path-like
        Observation store.
    hours : float
        Horizon [h].
    members : int
        Runs of the ensemble.
    issue_time : str, optional
        ISO time as of which to forecast, with nothing that was received later; default
        `service.issue_time.find_issue_time`.
    seed : int
        Of the perturbations.
    out : path-like, optional
        Folder that collects the runs; default `service.runs.run_folder`.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``run``, ``issue_time``, ``horizon_hours``, ``members_requested``, ``members_used``,
        ``inputs_degraded``, ``wall_seconds``, ``hotspots`` and more.

    Raises
    ------
    MissingError
        No city, no store, no gauges or no reading.
    InputError
        Something that came in is wrong.
    DeviceError
        No room on the disk.
    """
    from twin.city import open_city
    from twin.observations import ObservationStore

    began = time.monotonic()
    package = open_city(city)
    observations = ObservationStore(store, create=False)
    sensors = package.layer("sensors")
    gauges = sensors[sensors["kind"] == "rain_gauge"]
    issue = _issue_time(observations, gauges, issue_time)
    runs = RunStore(out or run_folder(city, package.name))
    require_writable(runs.folder)
    with runs.new_run() as run:
        ahead = {"hours": hours, "members": members, "seed": seed}
        result = _compute(package, observations, gauges, issue, ahead, runs.folder, quiet)
        about = _about(package, result, seed, observations, issue)
        published, rows = _publish(run, about, package, result)
    return {
        "run": str(published.folder),
        "run_id": published.run_id,
        "city": package.name,
        "issue_time": about.issue_time,
        "newest_rain_time": iso(result.newest_rain_time),
        "horizon_hours": result.hours,
        "members_requested": result.members_requested,
        "members_used": result.members_used,
        "inputs_degraded": about.inputs_degraded,
        "wall_seconds": round(time.monotonic() - began, 2),
        "hotspots": rows,
    }


def _issue_time(observations, gauges, text):
    """Time of the forecast: what was asked for, else what the gauges agree on."""
    if text is not None:
        return IssueTime(as_utc(text))
    return find_issue_time(observations, gauges["station_id"].astype(str).tolist())


def _compute(city, observations, gauges, issue, ahead, folder, quiet):
    """The ensemble over a city, after a look at the disk that its products need."""
    from hydrology import forecast as ensemble
    from hydrology.hotspots import DEEP
    from hydrology.solver.simulation import Settings
    from service.edge_water import boundaries_of

    moment = issue.moment
    settings = Settings(wet_depth=DEEP)
    frames = int(np.ceil(3600 * ahead["hours"] / settings.frame_seconds)) + 1
    require_space(folder, product_bytes(city.grid, frames))
    elevation = city.terrain["elevation"].values
    with Progress(f"forecasting {city.name}", wanted=not quiet) as progress:
        return ensemble.forecast(
            city.terrain,
            gauges,
            observations.series("rainfall_rate", moment - LOOK_BACK, moment, known_at=moment),
            issue_time=moment,
            boundaries=boundaries_of(city, city.grid, elevation, moment.to_datetime64()),
            settings=settings,
            progress=progress,
            **ahead,
        )


def _about(city, result, seed, observations, issue):
    degraded = [*issue.degraded, *result.inputs_degraded]
    if result.boundaries:
        degraded.append(STEADY_BOUNDARIES)
    return About(
        kind="forecast",
        name=city.name,
        title=city.title,
        version=city.version,
        grid=city.grid,
        start=result.issue_time,
        seconds=3600.0 * result.hours,
        issue_time=iso(result.issue_time),
        members_requested=result.members_requested,
        members_used=result.members_used,
        inputs=[
            {"name": "city", "sha256": _city_hash(city), "newest_time": None},
            {
                "name": "readings",
                "sha256": observations.digest(),
                "newest_time": iso(result.newest_rain_time),
            },
        ],
        inputs_degraded=degraded,
        settings={**asdict(result.settings), "seed": seed, "failures": list(result.failures)},
    )


def _city_hash(city):
    from service.storm import digest

    return digest(Path(city.folder) / "city.toml")


def _publish(run, about, city, result):
    flood = result.dataset
    file = begin_flood(run, about)
    for index, depth in enumerate(flood["water_depth"].values):
        seconds = (flood["time"].values[index] - result.issue_time) / np.timedelta64(1, "s")
        file.write_frame(index, seconds, depth)
    return publish(
        run,
        about,
        file,
        flood.drop_vars(["water_depth", "time"]),
        result.terrain,
        city=city,
        probability=flood["exceedance_probability"],
        hotspots=_hotspots(city, result),
        ledger=result.ledger,
        performance=result.performance,
    )


def _hotspots(city, result):
    from hydrology.hotspots import rank_hotspots

    wanted = ("buildings", "roads", "districts", "places", "flood_spots")
    layers = {name: city.layer(name) for name in wanted if city.has_layer(name)}
    return rank_hotspots(result, **layers)

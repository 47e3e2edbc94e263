"""The verb `forecast`: readings to rain to flood ensemble to ranked hotspots."""

import time

from service.cycle.issue_time import IssueTime, find_issue_time
from service.disk import require_writable
from service.runs import RunStore, run_folder
from service.utc import as_utc, iso
from service.words.progress import Progress


def forecast(
    *,
    city,
    store,
    hours=3.0,
    members=8,
    issue_time=None,
    seed=1,
    data=None,
    cold=False,
    deadline=None,
    join=None,
    out=None,
    quiet=False,
):
    """Forecast the flood of a city from its readings and publish the run.

    Parameters
    ----------
    city : path-like
        Folder of a city package with sensors.
    store : path-like or str
        Observation store: a folder or the address of a PostgreSQL database.
    hours : float
        Horizon [h].
    members : int
        Runs of the ensemble.
    issue_time : str, optional
        ISO time as of which to forecast, with nothing that was received later; default
        `service.cycle.issue_time.find_issue_time`.
    seed : int
        Of the perturbations.
    data : path-like, optional
        Data folder whose feeds kept radar; default that of the city, if it lies in one.
    cold : bool
        Whether to begin with a warm-up instead of going on from the last cycle.
    deadline : float, optional
        After so many seconds of computing the members that are finished are the forecast.
    join : int, optional
        Cells on an edge to take as one; default 1 up to 6 h ahead, 2 up to 48 h.
    out : path-like, optional
        Folder that collects the runs; default `service.runs.run_folder`.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``run``, ``issue_time``, ``horizon_hours``, ``members_requested``, ``members_used``,
        ``inputs_degraded``, ``wall_seconds``, ``hotspots``, ``spots``, ``districts``, ``rain``,
        ``cycle`` and more.

    Raises
    ------
    MissingError
        No city, no store, no gauges or no reading.
    InputError
        Something that came in is wrong.
    UnstableError
        The forecast is wrong and was rejected, or no member came through.
    DeviceError
        No room on the disk.
    """
    from service.cycle.run import Request, data_folder, run_cycle
    from twin.city import open_city
    from twin.observations.store import ObservationStore

    began = time.monotonic()
    package = open_city(city)
    observations = ObservationStore(store, create=False)
    runs = RunStore(out or run_folder(city, package.name))
    require_writable(runs.folder)
    request = Request(
        city=package,
        observations=observations,
        runs=runs,
        issue=_issue_time(package, observations, issue_time),
        hours=hours,
        members=members,
        seed=seed,
        data=data or data_folder(city),
        is_warm=not cold,
        deadline_seconds=deadline,
        join=join,
    )
    with Progress(f"forecasting {package.name}", wanted=not quiet) as progress:
        outcome = run_cycle(request, progress)
    return describe(outcome, time.monotonic() - began)


def describe(outcome, seconds):
    """A published cycle as the command line tells it.

    Parameters
    ----------
    outcome : service.cycle.run.Outcome
    seconds : float
        What it took [s].

    Returns
    -------
    dict
        See `forecast`.
    """
    manifest, result = outcome.run.manifest, outcome.result
    told = (
        "issue_time", "horizon_hours", "members_requested", "members_used", "inputs_degraded",
        "modes", "twin_level", "sensors_heard", "inputs_sha256",
    )  # fmt: skip
    return {
        "run": str(outcome.run.folder),
        "run_id": outcome.run.run_id,
        "cycle": outcome.cycle_id,
        "city": manifest["city"]["name"],
        "newest_rain_time": iso(result.newest_rain_time),
        **{name: manifest[name] for name in told},
        "start": manifest["settings"]["start"],
        "wall_seconds": round(seconds, 2),
        **outcome.rows,
    }


def _issue_time(city, observations, text):
    """Time of the forecast: what was asked for, else what the gauges agree on."""
    if text is not None:
        return IssueTime(as_utc(text))
    sensors = city.layer("sensors")
    gauges = sensors.loc[sensors["kind"] == "rain_gauge", "station_id"]
    return find_issue_time(observations, gauges.astype(str).tolist())

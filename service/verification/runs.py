"""What forecasts said, at places and when it could first be read."""

from dataclasses import replace

import numpy as np

from hydrology.scores.pairing import PointForecast
from hydrology.scores.table import number_events
from service.utc import as_utc
from twin.errors import TwinError

MEMBER_DEPTHS = "member_depths.nc"
"""Depths of all members at places over time; runs without it have one member only."""

UNCORRECTED = "uncorrected"
"""Name of the same ensemble without assimilation, where a run holds it."""


def choose_runs(runs, exercises=False):
    """Forecasts to be scored: of each issue time the one that was published first.

    Parameters
    ----------
    runs : list of service.runs.Run
        All of a folder.
    exercises : bool
        Whether those whose clock was set are scored too.

    Returns
    -------
    chosen : list of Run
        Oldest issue time first.
    notes : list of str
        What was left out and why, and what was made in hindsight.
    """
    forecasts = [run for run in runs if run.manifest.get("kind") == "forecast"]
    dated = [run for run in forecasts if _is_dated(run)]
    drills = sum(bool(run.manifest.get("exercise")) for run in dated)
    counted = [run for run in dated if exercises or not run.manifest.get("exercise")]
    repeats = len(counted) - len({run.manifest["issue_time"] for run in counted})
    done = "scored too" if exercises else "left out"
    first = {}
    for run in sorted(counted, key=lambda run: run.run_id):
        first.setdefault(run.manifest["issue_time"], run)
    chosen = [first[issue] for issue in sorted(first, key=as_utc)]
    late = sum(_is_hindsight(run) for run in chosen)
    counts = (
        (len(runs) - len(forecasts), len(runs), "runs are no forecasts, left out"),
        (len(forecasts) - len(dated), len(forecasts), "forecasts tell no times, left out"),
        (drills, len(dated), f"forecasts are of exercises, {done}"),
        (repeats, len(counted), "forecasts repeat an issue time: the first counts"),
        (late, len(chosen), "forecasts were computed when their horizon was over: hindcasts"),
    )
    return chosen, [f"{count} of {whole} {what}" for count, whole, what in counts if count]


def read_forecasts(runs, places):
    """What forecasts said at places.

    Parameters
    ----------
    runs : list of service.runs.Run
        Chosen by `choose_runs`.
    places : pandas.DataFrame
        Index of ids, columns ``row`` and ``column`` of their cells (-1 outside of the grid).

    Returns
    -------
    forecasts : list of hydrology.scores.pairing.PointForecast
    notes : list of str
        What could not be read, and what holds no members.
    """
    events = number_events([_issue(run) for run in runs])
    found, notes, single = [], [], 0
    for run, event in zip(runs, events, strict=True):
        try:
            forecast, is_whole = _read_forecast(run, int(event), places)
        except (TwinError, OSError, KeyError, ValueError) as error:
            notes.append(f"run {run.run_id} cannot be read: {' '.join(str(error).split())[:160]}")
            continue
        found.append(forecast)
        single += not is_whole
    if single:
        notes.append(
            f"{single} of {len(found)} forecasts hold no depths of members: scored by their most "
            "typical member"
        )
    return found, notes


def beside(forecasts, others):
    """Put the forecasts of other runs beside those of the same issue times, as uncorrected.

    Returns
    -------
    forecasts : list of PointForecast
        In the same order, with a reference where there is one.
    found : int
        How many have one.
    """
    by_issue = {one.issue: one for one in others}
    result = []
    for one in forecasts:
        other = by_issue.get(one.issue)
        references = {} if other is None else {UNCORRECTED: _aligned(other, one)}
        result.append(replace(one, references={**one.references, **references}))
    return result, sum(UNCORRECTED in one.references for one in result)


def _aligned(other, forecast):
    """Depths of another forecast at the times and places of one; NaN where it has none."""
    shape = (len(other.members), len(forecast.times), len(forecast.places))
    depths = np.full(shape, np.nan)
    places = [other.places.index(name) if name in other.places else -1 for name in forecast.places]
    times = {time: number for number, time in enumerate(other.times)}
    rows = [times.get(time, -1) for time in forecast.times]
    known = np.ix_(range(shape[0]), np.flatnonzero(np.array(rows) >= 0),
                   np.flatnonzero(np.array(places) >= 0))  # fmt: skip
    chosen = np.ix_(range(shape[0]), [n for n in rows if n >= 0], [n for n in places if n >= 0])
    depths[known] = other.members[chosen]
    return depths


def _read_forecast(run, event, places):
    issue = _issue(run)
    available = issue + np.timedelta64(round(1e9 * _seconds_to_readers(run)), "ns")
    path = run.folder / MEMBER_DEPTHS
    parts = _from_members(path) if path.is_file() else _from_frames(run, places)
    return PointForecast(run.run_id, event, issue, available, *parts), path.is_file()


def _seconds_to_readers(run):
    """Time from the issue of a run until it could be read: computing and dispatch [s]."""
    settings = run.manifest.get("settings", {})
    compute = settings.get("compute_seconds")
    if compute is None:
        compute = run.manifest.get("performance", {}).get("wall_seconds", 0.0)
    return float(compute) + float(settings.get("dispatch_seconds", 0.0))


def _issue(run):
    return as_utc(run.manifest["issue_time"]).to_datetime64().astype("datetime64[ns]")


def _from_members(path):
    import xarray as xr

    with xr.open_dataset(path) as file:
        depth = file["water_depth"].transpose("member", "time", "point")
        references = {}
        if f"{UNCORRECTED}_depth" in file:
            other = file[f"{UNCORRECTED}_depth"].transpose("member", "time", "point")
            references[UNCORRECTED] = other.values.astype(float)
        return (
            depth["time"].values.astype("datetime64[ns]"),
            [str(name) for name in depth["point"].values],
            depth.values.astype(float),
            references,
        )


def _from_frames(run, places):
    """The most typical member, which is the one that a run keeps over time."""
    import xarray as xr

    inside = places[places["row"] >= 0]
    with xr.open_zarr(run.path("flood"), chunks=None) as file:
        depth = file["water_depth"].isel(
            y=("place", inside["row"].to_numpy()), x=("place", inside["column"].to_numpy())
        )
        times = depth["time"].values.astype("datetime64[ns]")
        return times, list(inside.index), depth.values.astype(float)[None], {}


def _is_dated(run):
    try:
        return as_utc(run.manifest["issue_time"]) < as_utc(run.manifest["valid_to"])
    except (TwinError, KeyError, TypeError, ValueError):
        return False


def _is_hindsight(run):
    created = as_utc(run.manifest.get("created", run.manifest["issue_time"]))
    return bool(created > as_utc(run.manifest["valid_to"]))

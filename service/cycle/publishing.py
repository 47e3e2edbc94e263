"""A computed forecast as a published run."""

import time
from dataclasses import asdict

import numpy as np

from service.cycle.products import rank_places, write_forecast
from service.publishing import About, begin_flood, publish
from service.utc import iso
from twin.grid import Grid


def publish_forecast(request, run, inputs, result, frozen_seconds):
    """Write all products of a forecast that passed its gates, and publish the run.

    Parameters
    ----------
    request : service.cycle.run.Request
        What was asked for.
    run : service.runs.RunWriter
        The run being written.
    inputs : service.cycle.inputs.FrozenInputs
        What it rests on.
    result : hydrology.forecast.forecast.Forecast
    frozen_seconds : float
        What it took to read the inputs [s].

    Returns
    -------
    run : service.runs.Run
        The published run.
    rows : dict
        ``hotspots``, ``spots``, ``districts`` and ``rain`` as JSON carries them.
    """
    began = time.monotonic()
    hotspots, spots, districts = rank_places(request.city, result)
    others, rows = write_forecast(run.folder, result, spots, districts)
    about = _about(request, inputs, result, frozen_seconds)
    flood = result.dataset
    file = begin_flood(run, about)
    for index, depth in enumerate(flood["water_depth"].values):
        seconds = (flood["time"].values[index] - result.issue_time) / np.timedelta64(1, "s")
        file.write_frame(index, seconds, depth)
    about.settings["dispatch_seconds"] = round(time.monotonic() - began, 3)
    published, rows["hotspots"] = publish(
        run,
        about,
        file,
        flood.drop_vars(["water_depth", "time"]),
        result.terrain,
        city=request.city,
        probability=flood["exceedance_probability"],
        hotspots=hotspots,
        ledger=result.ledger,
        performance=result.performance,
        others=others,
    )
    return published, rows


def _about(request, inputs, result, frozen_seconds):
    city, degraded = request.city, [*request.issue.degraded, *result.inputs_degraded]
    return About(
        kind="forecast",
        name=city.name,
        title=city.title,
        version=city.version,
        grid=Grid.of(result.terrain),
        start=result.issue_time,
        seconds=3600.0 * result.hours,
        issue_time=iso(result.issue_time),
        members_requested=result.members_requested,
        members_used=result.members_used,
        inputs=list(inputs.listing),
        inputs_degraded=degraded,
        settings={
            **asdict(result.settings),
            "seed": request.seed,
            "failures": list(result.failures),
            "parameters": {
                "version": inputs.parameters.version,
                "sha256": inputs.parameters.digest,
            },
            "start": _start(inputs.analysis),
            "rain": _rain(inputs.observed),
            "boundaries": inputs.edges.methods,
            "compute_seconds": round(frozen_seconds + result.compute_seconds, 3),
        },
        exercise=request.is_exercise,
        more={
            "inputs_sha256": inputs.digest(request.asked()),
            "horizons_hours": list(result.horizons),
            "sensors_heard": inputs.heard,
            "modes": _modes(result, degraded),
        },
    )


def _modes(result, degraded):
    """Which of the modes of degraded service hold; `["NOMINAL"]` where none does."""
    modes = ["DEGRADED-INPUT"] if degraded else []
    if result.members_used < result.members_requested:
        modes.append("PARTIAL-ENSEMBLE")
    return modes or ["NOMINAL"]


def _start(analysis):
    """Whether the members go on from the last cycle, and from when."""
    if analysis is None:
        return {"kind": "cold", "from": None}
    return {"kind": "warm", "from": iso(analysis.time)}


def _rain(observed):
    """How the last hour of rain was made, and its radar corrected."""
    return {"last_hour": list(observed.methods[-6:]), "radar_bias": round(float(observed.bias), 4)}

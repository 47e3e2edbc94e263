"""One forecast cycle from its inputs to a published run, state by state."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from service.cycle_inputs import city_digest, freeze_inputs
from service.cycle_states import (
    EXPIRED,
    FAILED,
    INPUTS_FROZEN,
    INTERRUPTED,
    NO_INPUTS,
    PUBLISHED,
    QC_PRODUCT,
    REJECTED,
    RUNNING,
)
from service.cycle_store import CycleStore
from service.disk import require_space
from service.flood_file import product_bytes
from service.forecast_products import rank_places, write_forecast
from service.last_analysis import LastAnalysis
from service.publishing import About, begin_flood, publish
from service.runs import CURRENT
from service.utc import iso
from twin.errors import MissingError, TwinError, UnstableError

STEADY_BOUNDARIES = "boundaries: no forecast of river and tide, their steady values hold"


@dataclass(frozen=True)
class Request:
    """What one cycle is to forecast, and with what.

    Attributes
    ----------
    city : twin.city.City
        With sensors.
    observations : twin.observations.ObservationStore
        Readings.
    runs : service.runs.RunStore
        Where to publish.
    issue : service.issue_time.IssueTime
        As of when.
    hours : float
        Horizon [h].
    members, seed : int
        Of the ensemble.
    data : path-like or None
        Data folder with raw payloads of radar.
    is_warm : bool
        Whether to go on from the state of the last cycle.
    deadline_seconds : float or None
        After so long of computing, what is finished is published [s].
    is_exercise : bool
        Whether the clock is set.
    is_scheduled : bool
        Whether a clock asked for it, and no person who is told what was wrong with it.
    """

    city: object
    observations: object
    runs: object
    issue: object
    hours: float
    members: int
    seed: int = 1
    data: object = None
    is_warm: bool = True
    deadline_seconds: float | None = None
    is_exercise: bool = False
    is_scheduled: bool = False

    def asked(self):
        """What is asked for, as plain values."""
        return {
            "issue_time": iso(self.issue.moment),
            "hours": float(self.hours),
            "members": int(self.members),
            "seed": int(self.seed),
        }

    def last_analysis(self):
        """Where the state of the last cycle lies."""
        return LastAnalysis(self.runs.folder, city_digest(self.city))


@dataclass(frozen=True)
class Outcome:
    """A published cycle.

    Attributes
    ----------
    cycle_id : int
    run : service.runs.Run
    result : hydrology.forecast.Forecast
    rows : dict
        ``hotspots``, ``spots`` and ``districts`` as JSON carries them.
    """

    cycle_id: int
    run: object
    result: object
    rows: dict


def run_cycle(request, progress=None):
    """Forecast and publish, or end the cycle with its reasons.

    Parameters
    ----------
    request : Request
    progress : callable, optional
        As `hydrology.forecast.forecast` takes it.

    Returns
    -------
    Outcome

    Raises
    ------
    MissingError
        Nobody knows the rain: the cycle is ``EXPIRED``, the last good run stays.
    UnstableError
        The product is wrong: the cycle is ``REJECTED``; or no member came through.
    InputError, DeviceError
        Something that came in is wrong, or the machine cannot; the cycle is ``EXPIRED``.
    """
    require_space(request.runs.folder, _bytes_needed(request))
    with request.runs.new_run() as run:
        cycles = CycleStore(request.runs.folder)
        is_first = not cycles.file.is_file()
        end_abandoned(cycles, request.runs)
        cycle = cycles.plan(iso(request.issue.moment)).cycle_id
        try:
            return _run(request, cycles, cycle, run, progress)
        except BaseException as error:
            _end(cycles, cycle, error)
            if is_first and not request.is_scheduled and isinstance(error, TwinError):
                cycles.file.unlink()  # bad input of a person leaves nothing behind
            raise


def end_abandoned(cycles, runs):
    """End what processes left that are gone; a run that was published in time counts.

    Parameters
    ----------
    cycles : CycleStore
    runs : service.runs.RunStore

    Returns
    -------
    list of CycleRecord
        As they stand now.
    """
    ended = []
    for record in cycles.abandoned():
        if record.state == QC_PRODUCT and runs.holds(record.run_id):
            runs.point_to(record.run_id)
            ended.append(cycles.move(record.cycle_id, PUBLISHED, reason="found published"))
        else:
            ended.append(cycles.expire(record))
    return ended


def _run(request, cycles, cycle, run, progress):
    began = time.monotonic()
    inputs = _freeze(request, cycles, cycle)
    cycles.move(cycle, INPUTS_FROZEN, manifest_sha256=inputs.digest(request.asked()))
    cycles.move(cycle, RUNNING, run_id=run.run_id)
    frozen = time.monotonic() - began
    result = compute(request, inputs, progress)
    cycles.move(cycle, QC_PRODUCT)
    judge_product(cycles, cycle, result)
    published, rows = _publish(request, run, inputs, result, frozen)
    cycles.move(cycle, PUBLISHED)
    if request.runs.open(CURRENT).run_id == published.run_id:
        request.last_analysis().replace(result.analysis)
    return Outcome(cycle, published, result, rows)


def _freeze(request, cycles, cycle):
    """The inputs; where nobody knows the rain, the cycle ends."""
    try:
        return freeze_inputs(
            request.city,
            request.observations,
            request.issue.moment,
            hours=request.hours,
            data=request.data,
            last=request.last_analysis() if request.is_warm else None,
        )
    except MissingError as error:
        cycles.move(cycle, EXPIRED, cause=NO_INPUTS, reason=error)
        raise


def compute(request, inputs, progress=None):
    """The ensemble over a city, from frozen inputs.

    Returns
    -------
    hydrology.forecast.Forecast
    """
    from hydrology import forecast as ensemble
    from service.edge_water import boundaries_of

    city, moment = request.city, request.issue.moment
    elevation = city.terrain["elevation"].values
    return ensemble.forecast(
        city.terrain,
        inputs.gauges,
        inputs.readings,
        issue_time=moment,
        hours=request.hours,
        members=request.members,
        seed=request.seed,
        boundaries=boundaries_of(city, city.grid, elevation, moment.to_datetime64()),
        settings=_settings(),
        future_rain=inputs.future_rain,
        progress=progress,
        cycle=ensemble.Cycle(
            analysis=inputs.analysis,
            sensors=inputs.sensors,
            spots=_layer(city, "flood_spots"),
            parameters=inputs.parameters,
            districts=_layer(city, "districts"),
            observed=inputs.observed,
            deadline_seconds=request.deadline_seconds,
            rain_memory_hours=inputs.rain_memory_hours,
            dispatch_seconds=_usual_dispatch(request.runs),
            notes=inputs.degraded,
        ),
    )


def judge_product(cycles, cycle, result):
    """Let a cycle go on, or reject its product and say why.

    Raises
    ------
    UnstableError
        The product is wrong.
    """
    from hydrology.product_gates import check_product

    reasons = check_product(result.dataset, result.ledger)
    if not reasons:
        return
    cycles.move(cycle, REJECTED, reason="; ".join(reasons))
    raise UnstableError(
        f"the forecast is rejected, the last good one stays: {'; '.join(reasons)[:600]}"
    )


def _publish(request, run, inputs, result, frozen_seconds):
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


def _settings():
    from hydrology.hotspots import DEEP
    from hydrology.solver.settings import Settings

    return Settings(wet_depth=DEEP)


def _layer(city, name):
    return city.layer(name) if city.has_layer(name) else None


def _usual_dispatch(runs):
    """What it took the last time from the finished product to its readers [s]."""
    try:
        return float(runs.open(CURRENT).manifest["settings"].get("dispatch_seconds", 0.0))
    except (MissingError, KeyError):
        return 0.0


def _bytes_needed(request):
    from hydrology.ensemble_statistics import THRESHOLDS

    grid = request.city.grid
    frames = int(np.ceil(3600 * request.hours / _settings().frame_seconds)) + 1
    fields = 4 * (len(THRESHOLDS) + 3) + 9
    state = 3 * request.members
    return product_bytes(grid, frames) + 4 * grid.nx * grid.ny * (fields + state)


def _end(cycles, cycle, error):
    """Note why a cycle ended, where nobody has."""
    if cycles.open(cycle).state in (PUBLISHED, REJECTED, EXPIRED):
        return
    is_ours = isinstance(error, Exception)
    reason = str(error) or type(error).__name__
    cycles.move(cycle, EXPIRED, cause=FAILED if is_ours else INTERRUPTED, reason=reason)


def data_folder(city):
    """Data folder of a city in ``DATA/cities/NAME``; None where it lies elsewhere."""
    folder = Path(city).resolve()
    return folder.parent.parent if folder.parent.name == "cities" else None

"""One forecast cycle from its inputs to a published run, state by state."""

import contextlib
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.cycle.inputs import city_digest, freeze_inputs
from service.cycle.last_analysis import LastAnalysis
from service.cycle.late_data import note_late_data
from service.cycle.publishing import publish_forecast
from service.cycle.states import (
    EXPIRED,
    FAILED,
    FINAL,
    INPUTS_FROZEN,
    INTERRUPTED,
    NO_INPUTS,
    PUBLISHED,
    QC_PRODUCT,
    REJECTED,
    RUNNING,
    SKIPPED,
)
from service.cycle.store import CycleStore
from service.disk import full_disk_is_named, require_space
from service.flood_file import product_bytes
from service.run_pointers import CURRENT
from service.utc import iso
from twin.errors import DeviceError, InputError, MissingError, TwinError, UnstableError
from twin.grid import Grid

_log = logging.getLogger("floodtwin.cycle")

WAVE_DEPTH = 0.65
"""Deepest water of which the members follow the waves at their own speed [m]: two fifths of the
steps that it takes with none, for flooded areas that differ by less than a hundredth (DECISIONS).
"""


@dataclass(frozen=True)
class Request:
    """What one cycle is to forecast, and with what.

    Attributes
    ----------
    city : twin.city.City
        With sensors.
    observations : twin.observations.store.ObservationStore
        Readings.
    runs : service.runs.RunStore
        Where to publish.
    issue : service.cycle.issue_time.IssueTime
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
    join : int or None
        Cells on an edge to take as one; None is `hydrology.forecast.coarse_terrain.cells_to_join`.
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
    join: int | None = None

    @property
    def cells_joined(self):
        """Cells on an edge that the forecast takes as one; 1 is the city's own."""
        from hydrology.forecast.coarse_terrain import cells_to_join

        return self.join or cells_to_join(self.hours)

    def asked(self):
        """What is asked for, as plain values."""
        return {
            "issue_time": iso(self.issue.moment),
            "hours": float(self.hours),
            "members": int(self.members),
            "seed": int(self.seed),
            "cells_joined": self.cells_joined,
        }

    def last_analysis(self):
        """Where the state of the last cycle lies."""
        return LastAnalysis(self.runs.folder, city_digest(self.city), self.cells_joined)


@dataclass(frozen=True)
class Outcome:
    """A published cycle.

    Attributes
    ----------
    cycle_id : int
    run : service.runs.Run
    result : hydrology.forecast.forecast.Forecast
    rows : dict
        ``hotspots``, ``spots``, ``districts`` and ``rain`` as JSON carries them.
    """

    cycle_id: int
    run: object
    result: object
    rows: dict


def run_cycle(request, progress=None, begun=None):
    """Forecast and publish, or end the cycle with its reasons.

    Parameters
    ----------
    request : Request
    progress : callable, optional
        As `hydrology.forecast.forecast.forecast` takes it.
    begun : callable, optional
        Told the number of the cycle as soon as it has one, however it ends.

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
        Something that came in is wrong, another process makes this very forecast, or the machine
        cannot; the cycle is ``EXPIRED``.
    """
    require_space(request.runs.folder, _bytes_needed(request))
    with request.runs.new_run() as run:
        cycles = CycleStore(request.runs.folder)
        is_first = not cycles.file.is_file()
        end_abandoned(cycles, request.runs)
        cycle = cycles.plan(iso(request.issue.moment), request.is_exercise).cycle_id
        if begun is not None:
            begun(cycle)
        try:
            return _run(request, cycles, cycle, run, progress)
        except BaseException as error:
            _end(cycles, request.runs, cycle, error)
            if is_first and not request.is_scheduled and isinstance(error, TwinError):
                cycles.forget_only(cycle)  # bad input of a person leaves nothing behind
            raise
        finally:
            _note_late(request)


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
        with contextlib.suppress(InputError):  # another process was quicker
            ended.append(end_cycle(cycles, runs, record))
    return ended


def end_cycle(cycles, runs, record, cause=INTERRUPTED, reason="its process ended"):
    """End a cycle that will not go on; a run that was published in time counts.

    Parameters
    ----------
    cycles : CycleStore
    runs : service.runs.RunStore
    record : CycleRecord
        In no final state.
    cause, reason : str
        Why, where it published nothing.

    Returns
    -------
    CycleRecord
        As it stands now.
    """
    if record.state == QC_PRODUCT and _is_published(runs, record.run_id):
        with full_disk_is_named(runs.folder):
            runs.point_to(record.run_id)
        return cycles.move(record.cycle_id, PUBLISHED, reason="found published")
    return cycles.expire(record, cause, reason)


def _is_published(runs, run_id):
    """Whether there is a run that can be read."""
    try:
        return bool(runs.open(run_id))
    except MissingError:
        return False


def record_skipped(runs, reference_time, is_exercise=False):
    """Record a cycle whose time passed while another one ran.

    Parameters
    ----------
    runs : service.runs.RunStore
    reference_time : str
        ISO, UTC.
    is_exercise : bool
        Whether the clock is set.
    """
    cycles = CycleStore(runs.folder)
    cycle = cycles.plan(reference_time, is_exercise)
    cycles.expire(cycle, SKIPPED, "its time passed while another cycle ran")


def _run(request, cycles, cycle, run, progress):
    began = time.monotonic()
    inputs = _freeze(request, cycles, cycle)
    cycles.move(cycle, INPUTS_FROZEN, manifest_sha256=inputs.digest(request.asked()))
    _require_alone(cycles, cycle)
    cycles.move(cycle, RUNNING, run_id=run.run_id)
    frozen = time.monotonic() - began
    result = compute(request, inputs, frozen, progress)
    cycles.move(cycle, QC_PRODUCT)
    judge_product(cycles, cycle, result)
    published, rows = publish_forecast(request, run, inputs, result, frozen)
    cycles.move(cycle, PUBLISHED)
    _go_on_from(request, result)
    return Outcome(cycle, published, result, rows)


def _go_on_from(request, result):
    """Keep the state for the next cycle; the forecast is published, whatever comes of this."""
    try:
        request.last_analysis().follow(result.analysis)
    except (TwinError, OSError) as error:
        _log.warning("the next cycle goes on from an earlier state or begins anew: %s", error)


def _require_alone(cycles, cycle):
    """Refuse what another process computes from the same inputs at this moment."""
    other = cycles.same_at_work(cycle)
    if other is None:
        return
    reason = f"cycle {other.cycle_id} of {other.reference_time} is making this very forecast"
    cycles.move(cycle, EXPIRED, cause=SKIPPED, reason=reason)
    raise InputError(
        f"{reason}, expected one at a time; wait for it, or keep one loop for each folder of runs"
    )


def _note_late(request):
    """Say of earlier forecasts what came too late for them; no reason to make no new one."""
    stations = request.city.layer("sensors")["station_id"].astype(str)
    try:
        note_late_data(request.runs, request.observations, stations, request.issue.moment)
    except TwinError as error:
        _log.warning("late data are not noted: %s", error)


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


def compute(request, inputs, spent=0.0, progress=None):
    """The ensemble over a city, from frozen inputs; `spent` of its time is gone already [s].

    Returns
    -------
    hydrology.forecast.forecast.Forecast
    """
    from hydrology.forecast import forecast as ensemble
    from hydrology.forecast.coarse_terrain import coarse_note, coarsen_terrain
    from service.edge_water import boundaries_of

    city, moment, deadline = request.city, request.issue.moment, request.deadline_seconds
    terrain = coarsen_terrain(city.terrain, request.cells_joined)
    elevation = terrain["elevation"].values
    return ensemble.forecast(
        terrain,
        inputs.gauges,
        inputs.readings,
        issue_time=moment,
        hours=request.hours,
        members=request.members,
        seed=request.seed,
        boundaries=boundaries_of(
            city, Grid.of(terrain), elevation, moment.to_datetime64(), inputs.edges.series
        ),
        settings=member_settings(),
        future_rain=inputs.future_rain,
        progress=progress,
        cycle=ensemble.Cycle(
            analysis=inputs.analysis,
            sensors=inputs.sensors,
            spots=_layer(city, "flood_spots"),
            parameters=inputs.parameters,
            districts=_layer(city, "districts"),
            observed=inputs.observed,
            deadline_seconds=None if deadline is None else max(deadline - spent, 1.0),
            rain_memory_hours=inputs.rain_memory_hours,
            dispatch_seconds=_usual_dispatch(request.runs),
            notes=(*inputs.degraded, *coarse_note(city.terrain, terrain)),
        ),
    )


def judge_product(cycles, cycle, result):
    """Let a cycle go on, or reject its product and say why.

    Raises
    ------
    UnstableError
        The product is wrong.
    """
    from hydrology.forecast.product_gates import check_product

    reasons = check_product(result.dataset, result.ledger)
    if not reasons:
        return
    cycles.move(cycle, REJECTED, reason="; ".join(reasons))
    raise UnstableError(
        f"the forecast is rejected, the last good one stays: {'; '.join(reasons)[:600]}"
    )


def member_settings():
    """How the water of a member is computed: no wave is faster than on `WAVE_DEPTH`."""
    from hydrology.forecast.hotspots import DEEP
    from hydrology.solver.settings import Settings

    return Settings(wet_depth=DEEP, wave_depth=WAVE_DEPTH)


def _layer(city, name):
    return city.layer(name) if city.has_layer(name) else None


def _usual_dispatch(runs):
    """What it took the last time from the finished product to its readers [s]."""
    try:
        return float(runs.open(CURRENT).manifest["settings"].get("dispatch_seconds", 0.0))
    except (MissingError, KeyError):
        return 0.0


def _bytes_needed(request):
    from hydrology.forecast.ensemble_statistics import THRESHOLDS

    grid = request.city.grid
    frames = int(np.ceil(3600 * request.hours / member_settings().frame_seconds)) + 1
    fields = 4 * (len(THRESHOLDS) + 3) + 9
    state = 3 * request.members
    return product_bytes(grid, frames) + 4 * grid.nx * grid.ny * (fields + state)


def _end(cycles, runs, cycle, error):
    """Note why a cycle ended, where nobody has; the error itself is what is told."""
    cause = FAILED if isinstance(error, Exception) else INTERRUPTED
    reason = str(error) or type(error).__name__
    try:
        record = cycles.open(cycle)
        if record.state not in FINAL:
            end_cycle(cycles, runs, record, cause, reason)
    except DeviceError as other:
        _log.warning("the end of cycle %s is not noted: %s", cycle, other)


def data_folder(city):
    """Data folder of a city in ``DATA/cities/NAME``; None where it lies elsewhere."""
    folder = Path(city).resolve()
    return folder.parent.parent if folder.parent.name == "cities" else None

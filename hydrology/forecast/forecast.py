"""Observations -> rain up to now -> perturbed rain ahead -> flood ensemble."""

import time
from dataclasses import dataclass, replace
from functools import cache
from threading import Lock

import numpy as np
import xarray as xr

from hydrology.forecast.cycle_windows import Sensors, begin_cold, follow, level_sensors, why_not
from hydrology.forecast.ensemble import Ensemble, Members, OutOfTime
from hydrology.forecast.hyetograph import hyetograph
from hydrology.forecast.known_spots import own_cells, spot_cells
from hydrology.forecast.parameter_sets import AS_THE_CITY_SAYS
from hydrology.forecast.product import ensemble_dataset, map_dataset, point_dataset
from hydrology.forecast.side_by_side import side_by_side
from hydrology.rainfall.ensemble import CONTROL, persist
from hydrology.rainfall.gauges import INTERVAL
from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.observed import observe_rain
from hydrology.rainfall.provenance import NOT_KNOWN, PERSISTENCE
from hydrology.solver.settings import Settings
from twin.errors import InputError, UnstableError
from twin.grid import Grid

HORIZONS = (1.0, 3.0, 6.0, 48.0)
"""Times ahead for which probabilities are given, as far as a forecast reaches [h]."""

NEGLIGIBLE_RAIN = 0.5e-3
"""Rain before the storm that the warm-up may leave out [m]."""

RIVER_SETTLING = np.timedelta64(1800, "s")
"""Least warm-up where boundaries feed rivers, so that they find their level."""

MEMBERS_APART = np.timedelta64(3600, "s")
"""How long before the newest rain the members of a first cycle part from their shared warm-up."""

MOST_FRAMES = 48
"""A longer forecast has its frames further apart, so that those of all members fit in memory."""

_STEP = np.timedelta64(int(INTERVAL), "s")


@dataclass(frozen=True)
class Forecast:
    """A flood forecast and what it rests on.

    Attributes
    ----------
    dataset : xarray.Dataset
        Over (y, x): ``max_depth_p10``, ``max_depth_p50``, ``max_depth_p90`` [m] (quantiles over
        the members, cell by cell), ``exceedance_probability`` (threshold, y, x), ``arrival_time``
        [s after issue] (median of the members that get wet there, NaN where none does).
        Of the most typical member, the one whose largest depths lie nearest to the median:
        ``water_depth`` (time, y, x) [m], ``max_depth``, ``max_speed``, ``max_hazard``,
        ``wet_duration``. NaN where no water can be: outside of the city and inside of walls.
    ensemble : xarray.Dataset
        What else the members say: by ``horizon`` [h] ``exceedance_probability`` (horizon,
        threshold, y, x) and ``max_depth`` (horizon, quantile, y, x) [m]; over all of it
        ``arrival_time``, ``wet_duration`` [s] and ``max_hazard``, the running maximum of depth
        times speed [m2 s-1], each (quantile, y, x).
    points : xarray.Dataset
        ``water_depth`` (member, time, point) [m] at sensors and known spots, with the
        coordinates ``point``, ``kind``, ``x``, ``y``.
    rainfall : xarray.Dataset
        Observed rain, then the control's.
    rain_series : pandas.DataFrame
        Rain over the city by ten minutes, see `hydrology.forecast.hyetograph`.
    terrain : xarray.Dataset
        The ground that was forecast on.
    boundaries : tuple
        Inflows and stages, seconds counted from the issue time.
    issue_time, newest_rain_time : numpy.datetime64
        UTC.
    hours : float
        Horizon [h].
    horizons : tuple of float
        Those of `ensemble` [h].
    members_requested, members_used : int
    failures : tuple of str
        One line for each member that failed.
    inputs_degraded : tuple of str
        What is wrong with the inputs; empty when all is well.
    analysis : hydrology.assimilation.analysis.Analysis
        Where all members stand at the newest rain: the next cycle goes on from it.
    parameters : hydrology.forecast.parameter_sets.ParameterSet
        The learned factors that the control runs with.
    compute_seconds, dispatch_seconds : float
        From the call to the finished product [s]; what it takes to reach its readers.
    ledger : dict
        Water balance of the most typical member [m3]; ``assimilated_added`` and
        ``assimilated_removed`` are what the sensors changed of its water since the last cycle.
    performance : dict
        ``cells``, ``steps``, ``wall_seconds``, ``mcups`` over all runs.
    settings : hydrology.solver.settings.Settings
        Of the solver.
    """

    dataset: xr.Dataset
    ensemble: xr.Dataset
    points: xr.Dataset
    rainfall: xr.Dataset
    rain_series: object
    terrain: xr.Dataset
    boundaries: tuple
    issue_time: np.datetime64
    newest_rain_time: np.datetime64
    hours: float
    horizons: tuple
    members_requested: int
    members_used: int
    failures: tuple
    inputs_degraded: tuple
    analysis: object
    parameters: object
    compute_seconds: float
    dispatch_seconds: float
    ledger: dict
    performance: dict
    settings: object


@dataclass(frozen=True)
class Cycle:
    """What one cycle of a forecast service has besides its readings.

    Parameters
    ----------
    analysis : hydrology.assimilation.analysis.Analysis or None
        Of the cycle before; None, or one that does not fit, makes a warm-up instead.
    sensors : GeoDataFrame or None
        Level and depth sensors in the city's CRS: they correct the members, and their depths are
        recorded.
    assimilates : bool
        False lets the sensors be recorded only.
    spots : GeoDataFrame or None
        Known flood-prone spots, ``spot_id`` and points: their depths are recorded.
    parameters : hydrology.forecast.parameter_sets.ParameterSet
        Learned factors.
    districts : GeoDataFrame or None
        Needed where those differ between districts.
    observed : hydrology.rainfall.observed.ObservedRain or None
        Rain up to now; None grids that of the gauges.
    spread : dict or None
        In the place of `hydrology.forecast.perturbations.SPREAD`, name by name.
    deadline_seconds : float or None
        After so long [s] what is finished is the forecast.
    rain_memory_hours : float
        Time over which the rain ahead forgets the members' factor on the observed rain [h]: long
        where it carries that on, zero where another source forecasts it.
    dispatch_seconds : float
        What it takes from the finished product to its readers [s].
    notes : tuple of str
        What else its readers must know: a coarser grid, fewer members.
    """

    analysis: object = None
    sensors: object = None
    assimilates: bool = True
    spots: object = None
    parameters: object = AS_THE_CITY_SAYS
    districts: object = None
    observed: object = None
    spread: dict | None = None
    deadline_seconds: float | None = None
    rain_memory_hours: float = 6.0
    dispatch_seconds: float = 0.0
    notes: tuple = ()


def forecast(
    terrain,
    stations,
    readings,
    *,
    issue_time,
    hours=3.0,
    members=10,
    seed=0,
    boundaries=(),
    spinup_hours=6.0,
    settings=None,
    future_rain=persist,
    progress=None,
    cycle=None,
):
    """Forecast the flood of a city from its sensors.

    Parameters
    ----------
    terrain : xarray.Dataset
        Terrain fields over (y, x), attribute ``crs``.
    stations : GeoDataFrame
        Rain gauges of the city with ``station_id``, ``kind`` and points in the city's CRS.
    readings : pandas.DataFrame
        Canonical readings. What was received after the issue time is not used, so that a hindcast
        is honest.
    issue_time : datetime-like
        Time of the forecast; naive means UTC.
    hours : float
        Horizon [h].
    members : int
        Runs of the ensemble; member 0 is the control.
    seed : int
        Seed; member k is the same whatever the number of members.
    boundaries : sequence of Inflow or Stage
        Their seconds count from the issue time and may be negative before it.
    spinup_hours : float
        How far back the warm-up may reach [h]; it begins when half a millimetre has fallen, with
        boundaries at least half an hour before the issue time.
    settings : hydrology.solver.settings.Settings, optional
        How the water is computed.
    future_rain : callable
        ``future_rain(observed, times, member=, seed=) -> Rainfall``; what it has in its attribute
        ``degraded`` is told, and ``sources(observed, times, seed=)`` asked who says each interval.
    progress : callable, optional
        Called with the simulated seconds done and in all, over the warm-up and all members.
    cycle : Cycle, optional
        State of the cycle before, sensors, learned parameters, deadline.

    Returns
    -------
    Forecast

    Raises
    ------
    InputError
        Hours or members make no sense.
    MissingError
        No rain gauge reported in the hour before the issue time.
    UnstableError
        The warm-up or every member failed, or none was finished by the deadline.

    Notes
    -----
    Every member has its own rain ahead and its own factors on rain, roughness, losses and drains
    (`hydrology.forecast.perturbations`). A first cycle warms up once for all members and parts them
    an hour before the newest rain; later ones go on from the members' own states. Readings of level
    and depth correct both (`hydrology.assimilation.assimilation`). Members run side by side, each
    on its share of the cores. Memory holds the water of all members at the newest rain and at the
    issue time, 14 bytes a cell and member each and the same again while sensors correct them, and a
    few bytes of maxima and frames in compressed millimetres.
    """
    began = time.perf_counter()
    issue, cycle = _utc(issue_time), cycle or Cycle()
    if members < 1 or not hours > 0:
        raise InputError(
            f"{members} members over {hours:g} h, expected at least 1 member and more than 0 h"
        )
    learned, grid = cycle.parameters, Grid.of(terrain)
    observed = cycle.observed or observe_rain(
        stations, readings, grid, issue_time=issue, spinup_hours=spinup_hours
    )
    model = _ensemble(terrain, boundaries, settings or Settings(), issue, observed, hours, cycle)
    if cycle.deadline_seconds is not None:
        model = replace(model, ends_at=began + cycle.deadline_seconds)
    calibrated = replace(
        observed, rainfall=learned.calibrate_rain(observed.rainfall, cycle.districts)
    )
    horizons = (*(h for h in HORIZONS if h < hours), float(hours))
    kept = Members(tuple(3600.0 * h for h in horizons))
    ahead = np.arange(observed.newest, issue + np.timedelta64(round(hours * 3600), "s"), _STEP)

    one_at_a_time = Lock()  # members run side by side, and a nowcast is not made for that

    @cache
    def make_rain(member):
        with one_at_a_time:
            rain = future_rain(observed.rainfall, ahead, member=member, seed=seed)
        return learned.calibrate_rain(rain, cycle.districts)

    rainfall = _joined(calibrated.rainfall, make_rain(CONTROL))
    clock = _Clock(progress, hours * 3600.0, members)
    request = (
        members,
        seed,
        cycle,
        Sensors(level_sensors(cycle.sensors), readings, cycle.assimilates),
    )
    points, about = _points(cycle, terrain)
    try:
        analysis, now, notes = _analyse(
            model, calibrated, request, (rainfall, make_rain), kept, clock
        )

        def run_member(member):
            return model.run_member(
                member, make_rain, now.states[member], now.factors, kept.horizons, points,
                clock.member(member),
            )  # fmt: skip

        for run in side_by_side(run_member, members):
            kept.take(run)
    except OutOfTime:
        raise _nothing(kept, members, cycle) from None
    if not kept.frames:
        raise _nothing(kept, members, cycle)
    rains = [model.member_rain(make_rain(n), now.factors, n) for n in kept.numbers]
    sources = _rain_sources(future_rain, observed.rainfall, ahead, seed)
    degraded = [*observed.degraded, *getattr(future_rain, "degraded", ()), *notes, *cycle.notes]
    return _product(
        model, kept, (analysis, now), about, began,
        rainfall=rainfall, newest_rain_time=observed.newest, hours=float(hours),
        rain_series=hyetograph(terrain, calibrated.rainfall, observed.methods, rains, sources),
        horizons=horizons, members_requested=members, parameters=learned,
        dispatch_seconds=cycle.dispatch_seconds,
        inputs_degraded=tuple(degraded + _members_degraded(kept, members, cycle)),
    )  # fmt: skip


def _ensemble(terrain, boundaries, settings, issue, observed, hours, cycle):
    """The runs of a forecast: the calibrated city, and frames no closer than a product holds."""
    apart = max(settings.frame_seconds, 3600.0 * hours / MOST_FRAMES)
    return Ensemble(
        terrain=cycle.parameters.calibrate_terrain(terrain, cycle.districts),
        boundaries=tuple(boundaries),
        settings=replace(settings, frame_seconds=apart),
        issue=issue,
        newest_rain=observed.newest,
        rain_memory=3600.0 * cycle.rain_memory_hours,
    )


def _analyse(model, observed, request, rain, kept, clock):
    """All members at the newest rain and at the issue time, and what was wrong on the way."""
    members, seed, cycle, sensors = request
    rainfall, make_rain = rain
    notes, analysis = [], cycle.analysis
    if analysis is not None:
        reason = why_not(analysis, model, observed.newest, members)
        if reason:
            notes.append(f"state: the last cycle's is not gone on from, {reason}")
            analysis = None
        else:
            analysis = analysis.first(members)
    if analysis is None:
        start = _warm_start(observed, model.issue, has_rivers=len(model.boundaries) > 0)
        apart = min(max(start, observed.newest - MEMBERS_APART), observed.newest)
        clock.expect(apart - min(start, apart), 1)
        analysis = begin_cold(
            model, rainfall, start, apart, members, seed, cycle.spread, kept, clock.tell
        )
        clock.done()
    clock.expect(observed.newest - analysis.time, members)
    analysis, failed = follow(
        model, analysis, lambda _: observed.rainfall, observed.newest, sensors, kept, clock.tell
    )
    clock.done()
    # what came in since the newest rain corrects this forecast; the next cycle hears it again,
    # with the rain that was then observed
    now, failed_since = follow(model, analysis, make_rain, model.issue, sensors, kept)
    reports = (*analysis.reports, *now.reports)
    wrong = dict.fromkeys(line for report in reports for line in report["rejected"])
    wrong = [f"sensors: {line}" for line in wrong]
    return analysis, now, [*notes, *sensors.silence(model.issue), *failed, *failed_since, *wrong]


def _points(cycle, terrain):
    """Cells of sensors and known spots, and what they are called."""
    layers = (
        (level_sensors(cycle.sensors), "station_id", None, own_cells),
        (cycle.spots, "spot_id", "flood_spot", spot_cells),
    )
    cells, about = [np.zeros((0, 2), int)], {"point": [], "kind": [], "x": [], "y": []}
    for layer, name, kind, cells_of in layers:
        if layer is None or not len(layer):
            continue
        found = cells_of(terrain, layer.geometry)
        chosen = layer[found[:, 0] >= 0]
        cells.append(found[found[:, 0] >= 0])
        about["point"] += chosen[name].astype(str).tolist()
        about["kind"] += [kind] * len(chosen) if kind else chosen["kind"].astype(str).tolist()
        about["x"] += chosen.geometry.x.tolist()
        about["y"] += chosen.geometry.y.tolist()
    rows, columns = np.concatenate(cells).T
    return (rows, columns), about


def _product(model, kept, analyses, about, began, **known):
    """The forecast out of the members that came through."""
    analysis, now = analyses
    dataset, typical = map_dataset(kept, model)
    member = kept.numbers[typical]
    ledger = dict(kept.ledgers[typical])
    for name in ("added", "removed"):
        reports = (*analysis.reports, *now.reports)
        volumes = [report[f"{name}_m3"][member] for report in reports]
        ledger[f"assimilated_{name}"] = float(sum(volumes))
    return Forecast(
        dataset=dataset,
        ensemble=ensemble_dataset(kept, model, known["horizons"]),
        points=point_dataset(kept, model.issue, about),
        terrain=model.terrain,
        boundaries=model.boundaries,
        issue_time=model.issue,
        members_used=len(kept.frames),
        failures=tuple(kept.failures),
        analysis=analysis,
        compute_seconds=time.perf_counter() - began,
        ledger=ledger,
        performance=kept.performance(),
        settings=model.settings,
        **known,
    )


def _rain_sources(future_rain, observed, times, seed):
    """Who says the rain of each interval ahead."""
    if hasattr(future_rain, "sources"):
        return future_rain.sources(observed, times, seed=seed)
    return [PERSISTENCE if future_rain is persist else NOT_KNOWN] * len(times)


def _members_degraded(kept, members, cycle):
    """What is missing of the members."""
    notes = []
    if kept.failures:
        notes.append(f"members: {len(kept.failures)} of {members} failed")
    if kept.late:
        notes.append(
            f"members: {len(kept.frames)} of {members} were finished within "
            f"{cycle.deadline_seconds:g} s"
        )
    return notes


def _nothing(kept, members, cycle):
    if kept.failures:
        return UnstableError(f"all {members} members failed, the first with: {kept.failures[0]}")
    return UnstableError(
        f"none of {members} members was finished within {cycle.deadline_seconds:g} s, expected at "
        "least one; give more time, a coarser grid or fewer hours"
    )


class _Clock:
    """Progress of all runs as one: simulated seconds done and in all."""

    def __init__(self, progress, seconds, members):
        self._progress, self._before = progress, 0.0
        self._part, self._ahead = 0.0, members * seconds
        self._of_members = {}

    def expect(self, span, times):
        """Say how long the next part is."""
        self._part = max(float(span / np.timedelta64(1, "s")), 0.0) * times

    def done(self):
        """The part that was expected is done."""
        self._before += self._part
        self._part = 0.0

    def tell(self, done, _total=None):
        """So much of the part is done [s]."""
        if self._progress is not None:
            self._progress(self._before + done, self._before + self._part + self._ahead)

    def member(self, number):
        """Progress of one member among others."""

        def tell(done):
            self._of_members[number] = done
            self.tell(sum(list(self._of_members.values())))

        return tell


def _warm_start(observed, issue, has_rivers):
    """Begin of the warm-up: when the rain has begun in earnest, rivers a little earlier."""
    times = observed.rainfall["time"].values
    fallen = np.cumsum(observed.rainfall["rainfall_rate"].values.max(axis=(1, 2))) * INTERVAL
    has_rained = fallen > NEGLIGIBLE_RAIN
    first = times[has_rained.argmax()] if has_rained.any() else observed.newest
    if has_rivers:
        first = max(times[0], min(first, issue - RIVER_SETTLING))
    return min(first, observed.newest)


def _joined(observed, control):
    """Observed rain followed by the control's."""
    times = np.concatenate((observed["time"].values, control["time"].values))
    rate = np.concatenate((observed["rainfall_rate"].values, control["rainfall_rate"].values))
    return rainfall_dataset(times, rate, Grid.of(observed))


def _utc(moment):
    import pandas as pd

    moment = pd.Timestamp(moment)
    moment = moment if moment.tz is None else moment.tz_convert("UTC").tz_localize(None)
    return moment.to_datetime64().astype("datetime64[ns]")

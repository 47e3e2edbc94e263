"""Observations -> rain up to now -> perturbed rain ahead -> flood ensemble."""

import time
from dataclasses import dataclass

import numpy as np
import xarray as xr

from hydrology.ensemble import Ensemble, Members
from hydrology.ensemble_statistics import (
    QUANTILES,
    THRESHOLDS,
    depth_quantiles,
    exceedance,
    median_arrival,
    most_typical,
)
from hydrology.observed_rain import observe_rain
from hydrology.rain_ensemble import CONTROL, persist
from hydrology.rain_gauges import INTERVAL
from hydrology.rainfall_grid import rainfall_dataset
from twin.errors import InputError, UnstableError
from twin.fields import describe
from twin.grid import Grid

NEGLIGIBLE_RAIN = 0.5e-3
"""Rain before the storm that the warm-up may leave out [m]."""

RIVER_SETTLING = np.timedelta64(1800, "s")
"""Least warm-up where boundaries feed rivers, so that they find their level."""

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
    rainfall : xarray.Dataset
        Observed rain, then the control's.
    terrain : xarray.Dataset
        The ground that was forecast on.
    boundaries : tuple
        Inflows and stages, seconds counted from the issue time.
    issue_time, newest_rain_time : numpy.datetime64
        UTC.
    hours : float
        Horizon [h].
    members_requested, members_used : int
    failures : tuple of str
        One line for each member that failed.
    inputs_degraded : tuple of str
        What is wrong with the inputs; empty when all is well.
    compute_seconds : float
        From the call to the finished product [s].
    ledger : dict
        Water balance of the most typical member [m3].
    performance : dict
        ``cells``, ``steps``, ``wall_seconds``, ``mcups`` over all runs.
    settings : object
        Settings of the solver.
    """

    dataset: xr.Dataset
    rainfall: xr.Dataset
    terrain: xr.Dataset
    boundaries: tuple
    issue_time: np.datetime64
    newest_rain_time: np.datetime64
    hours: float
    members_requested: int
    members_used: int
    failures: tuple
    inputs_degraded: tuple
    compute_seconds: float
    ledger: dict
    performance: dict
    settings: object


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
):
    """Forecast the flood of a city from its rain gauges.

    Parameters
    ----------
    terrain : xarray.Dataset
        Terrain fields over (y, x), attribute ``crs``.
    stations : GeoDataFrame
        Sensors of the city with ``station_id``, ``kind`` and points in the city's CRS.
    readings : pandas.DataFrame
        Canonical readings of ``rainfall_rate``. What was received after the issue time is not
        used, so that a hindcast is honest.
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
    settings : hydrology.solver.simulation.Settings, optional
        How the water is computed.
    future_rain : callable
        ``future_rain(observed, times, member=, seed=) -> Rainfall``; a nowcast takes the place of
        `hydrology.rain_ensemble.persist` here.
    progress : callable, optional
        Called with the simulated seconds done and in all, over the warm-up and all members.

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
        The warm-up or every member failed.

    Notes
    -----
    Members run one after the other, each on all cores. Memory holds five maxima a member (20
    bytes a cell) and its depths over time in compressed millimetres.
    """
    from hydrology.solver.simulation import Settings

    began = time.perf_counter()
    issue = _utc(issue_time)
    if members < 1 or not hours > 0:
        raise InputError(
            f"{members} members over {hours:g} h, expected at least 1 member and more than 0 h"
        )
    observed = observe_rain(
        stations, readings, Grid.of(terrain), issue_time=issue, spinup_hours=spinup_hours
    )
    ensemble = Ensemble(
        terrain=terrain,
        boundaries=tuple(boundaries),
        settings=settings or Settings(),
        start=_warm_start(observed, issue, has_rivers=len(boundaries) > 0),
        issue=issue,
        seconds=hours * 3600.0,
        count=members,
        progress=progress,
    )
    ahead = np.arange(observed.newest, issue + np.timedelta64(round(hours * 3600), "s"), _STEP)

    def make_rain(member):
        return future_rain(observed.rainfall, ahead, member=member, seed=seed)

    rainfall, kept = _joined(observed.rainfall, make_rain(CONTROL)), Members()
    state = ensemble.warm_up(rainfall, kept)
    for member in range(members):
        ensemble.run_member(member, make_rain, state, kept)
    return _product(ensemble, kept, observed, rainfall, began)


def _product(ensemble, kept, observed, rainfall, began):
    """The forecast out of the members that came through."""
    if not kept.frames:
        raise UnstableError(
            f"all {ensemble.count} members failed, the first with: {kept.failures[0]}"
        )
    dataset, typical = _reduce(kept, ensemble)
    degraded = list(observed.degraded)
    if kept.failures:
        degraded.append(f"members: {len(kept.failures)} of {ensemble.count} failed")
    return Forecast(
        dataset=dataset,
        rainfall=rainfall,
        terrain=ensemble.terrain,
        boundaries=ensemble.boundaries,
        issue_time=ensemble.issue,
        newest_rain_time=observed.newest,
        hours=ensemble.seconds / 3600.0,
        members_requested=ensemble.count,
        members_used=len(kept.frames),
        failures=tuple(kept.failures),
        inputs_degraded=tuple(degraded),
        compute_seconds=time.perf_counter() - began,
        ledger=kept.ledgers[typical],
        performance=kept.performance(),
        settings=ensemble.settings,
    )


def _reduce(kept, ensemble):
    """Products over the members, and the index of the most typical one."""
    max_depth = kept.stack("max_depth")
    quantiles = depth_quantiles(max_depth)
    typical = most_typical(max_depth, quantiles[QUANTILES.index(0.5)])
    fields = {
        f"max_depth_p{round(100 * quantile)}": (("y", "x"), values)
        for quantile, values in zip(QUANTILES, quantiles, strict=True)
    }
    fields["exceedance_probability"] = (("threshold", "y", "x"), exceedance(max_depth))
    for name in ("max_depth", "max_speed", "max_hazard", "wet_duration"):
        fields[name] = (("y", "x"), kept.fields[name][typical])
    frames = kept.frames[typical]
    depth = frames.unpack()
    fields["water_depth"] = (("time", "y", "x"), depth)
    arrival = median_arrival(kept.stack("arrival_time"))
    arrival[depth[0] > ensemble.settings.wet_depth] = 0.0  # wet when the forecast begins
    fields["arrival_time"] = (("y", "x"), arrival)
    offsets = (np.array(frames.seconds) * 1e9).round().astype("timedelta64[ns]")
    coords = Grid.of(ensemble.terrain).coords()
    coords |= {"time": ensemble.issue + offsets, "threshold": list(THRESHOLDS)}
    attrs = {
        "crs": str(ensemble.terrain.attrs["crs"]),
        "issue_time": f"{ensemble.issue.astype('datetime64[s]')}Z",
        "water_depth_of": "the member whose largest depths lie nearest to the median",
    }
    dataset = describe(xr.Dataset(fields, coords, attrs))
    for quantile in QUANTILES:
        about = {"units": "m", "long_name": f"largest depth, quantile {quantile:g} of the members"}
        dataset[f"max_depth_p{round(100 * quantile)}"].attrs.update(about)
    dataset["threshold"].attrs["units"] = "m"
    return dataset, typical


def _warm_start(observed, issue, has_rivers):
    """Begin of the warm-up: when the rain has begun in earnest, rivers a little earlier."""
    times = observed.rainfall["time"].values
    fallen = np.cumsum(observed.rainfall["rainfall_rate"].values.max(axis=(1, 2))) * INTERVAL
    has_rained = fallen > NEGLIGIBLE_RAIN
    first = times[has_rained.argmax()] if has_rained.any() else issue
    return max(times[0], min(first, issue - RIVER_SETTLING)) if has_rivers else first


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

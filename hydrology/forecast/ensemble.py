"""Runs of an ensemble: to the time of the last observations, and from there into the future."""

import time
from dataclasses import dataclass, field, replace

import numpy as np

from hydrology.assimilation.analysis import slim
from hydrology.forecast.ensemble_statistics import Exceedance
from hydrology.forecast.packing import DEPTH_UNIT, PackedField, PackedFrames
from hydrology.forecast.side_by_side import side_by_side
from twin.errors import TwinError

RECORD_SECONDS = 60.0
"""Time between two records of the water at sensors and spots [s]."""

MOST_SECONDS = 65_000.0
"""Times are kept in whole seconds up to here, in larger units beyond [s]."""

KEPT = ("max_speed", "max_hazard", "wet_duration", "arrival_time")
"""Fields of the whole horizon that are kept of each member, besides its largest depths."""


class OutOfTime(Exception):
    """The deadline came while a member ran."""


@dataclass(frozen=True)
class MemberRun:
    """One member over all horizons, or why there is none.

    Attributes
    ----------
    number : int
    depths : list of array
        Largest depth up to each horizon [m].
    records : list of hydrology.solver.frames.GaugeRecord or None
        Water at the points up to each horizon.
    costs : list of tuple
        Cells, steps, wall seconds and million cell updates a second of each part.
    last : hydrology.solver.simulation.Simulation or None
        The end of the run.
    frames : PackedFrames
        Depth over time.
    failure : str
        Why the member failed; empty where it did not.
    is_late : bool
        Whether the deadline left it out.
    """

    number: int
    depths: list = field(default_factory=list)
    records: list = field(default_factory=list)
    costs: list = field(default_factory=list)
    last: object = None
    frames: PackedFrames = field(default_factory=PackedFrames)
    failure: str = ""
    is_late: bool = False


@dataclass
class Members:
    """What is kept of the runs of an ensemble.

    Attributes
    ----------
    horizons : tuple of float
        [s], rising.
    max_depth : list of list of PackedField
        Of each member the largest depth up to each horizon.
    exceedance : list of Exceedance
        Of each horizon.
    fields : dict
        Name in `KEPT` -> list of PackedField, one a member that came through.
    frames : list of PackedFrames
        Depth over time of each.
    records : list of tuple
        Seconds (time,) and depth (time, point) at the points of each.
    numbers : list of int
        Which members came through.
    ledgers : list of dict
        Water balance of each [m3].
    failures : list of str
        One line for each member that failed.
    late : int
        Members that the deadline left out.
    runs : list of tuple
        Cells, steps, wall seconds and million cell updates a second of every run.
    """

    horizons: tuple
    max_depth: list = field(default_factory=list)
    exceedance: list = field(default_factory=list)
    fields: dict = field(default_factory=lambda: {name: [] for name in KEPT})
    frames: list = field(default_factory=list)
    records: list = field(default_factory=list)
    numbers: list = field(default_factory=list)
    ledgers: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    late: int = 0
    runs: list = field(default_factory=list)

    def __post_init__(self):
        self.exceedance = [Exceedance() for _ in self.horizons]

    def count_run(self, result):
        """Add the cost of a run."""
        self.runs.append(_cost(result))

    def take(self, run):
        """Keep a member that came through, or note why it did not."""
        self.runs += run.costs
        self.late += run.is_late
        if run.failure:
            self.failures.append(f"member {run.number}: {run.failure}")
        if run.last is not None:
            self._add(run.number, run.depths, run.last, run.frames, _joined(run.records))

    def _add(self, number, depths, last, frames, record):
        """Keep the depths by horizon of a member and the end of its run."""
        # what is wet when the forecast begins has arrived
        arrival = last.flood["arrival_time"].values
        arrival[frames.first() > last.settings.wet_depth] = 0.0
        for count, depth in zip(self.exceedance, depths, strict=True):
            count.add(depth)
        self.max_depth.append([PackedField(depth) for depth in depths])
        seconds = max(1.0, np.ceil(self.horizons[-1] / MOST_SECONDS))
        for name in KEPT:
            unit = DEPTH_UNIT if name.startswith("max") else seconds
            self.fields[name].append(PackedField(last.flood[name].values, unit))
        self.frames.append(frames)
        self.records.append(record)
        self.ledgers.append(last.ledger)
        self.numbers.append(number)

    def stack(self, name):
        """A kept field of all members, shape (member, y, x)."""
        return np.stack([packed.unpack() for packed in self.fields[name]])

    def stack_depth(self, horizon=-1):
        """Largest depths of all members up to a horizon, shape (member, y, x) [m]."""
        return np.stack([packed[horizon].unpack() for packed in self.max_depth])

    def performance(self):
        """Cells, steps, seconds and speed over all runs, the warm-up included.

        Runs go on side by side: their seconds add up to more than passed, and the speed is that
        of one run on the cores that it had.
        """
        cells, steps, seconds, speed = np.array(self.runs, float).T
        return {
            "cells": int(cells[0]),
            "steps": int(steps.sum()),
            "wall_seconds": float(seconds.sum()),
            "mcups": float((speed * seconds).sum() / seconds.sum()),
        }


@dataclass(frozen=True)
class Ensemble:
    """Everything that the runs of one forecast have in common.

    Attributes
    ----------
    terrain : xarray.Dataset
        The ground, as it was learned to be.
    boundaries : tuple
        Inflows and stages, seconds counted from the issue time.
    settings : hydrology.solver.settings.Settings
        How the water is computed.
    issue : numpy.datetime64
        UTC.
    ends_at : float or None
        `time.perf_counter()` after which no member is waited for.
    newest_rain : numpy.datetime64 or None
        End of the observed rain (UTC).
    rain_memory : float
        Time over which the rain ahead forgets the factor of the observed rain [s].
    """

    terrain: object
    boundaries: tuple
    settings: object
    issue: np.datetime64
    ends_at: float | None = None
    newest_rain: np.datetime64 | None = None
    rain_memory: float = np.inf

    def run(self, rainfall, start, until, *, state=None, factors=None, member=0, **options):
        """One run from `start` to `until` (UTC) with the factors of a member."""
        from hydrology.solver.simulation import simulate

        terrain = self.terrain
        if factors is not None:
            terrain = factors.perturb_terrain(terrain, member)
            rainfall = self.member_rain(rainfall, factors, member)
        earlier = float((self.issue - start) / np.timedelta64(1, "s"))
        return simulate(
            terrain,
            rainfall,
            seconds=float((until - start) / np.timedelta64(1, "s")),
            start=start,
            settings=self.settings,
            boundaries=[_later(one, earlier) for one in self.boundaries],
            initial_state=state,
            **{"sink": _forget} | options,
        )

    def member_rain(self, rainfall, factors, member):
        """Rain as a member runs with it: with its factor, which fades ahead (xarray.Dataset)."""
        return factors.perturb_rain(rainfall, member, self._rain_weight(rainfall["time"].values))

    def _rain_weight(self, times):
        """Share of the rain factor at each time: all while observed, then fading."""
        if self.newest_rain is None:
            return None
        ahead = np.maximum((times - self.newest_rain) / np.timedelta64(1, "s"), 0.0)
        if self.rain_memory <= 0:
            return (times < self.newest_rain).astype(float)
        return np.exp(-ahead / self.rain_memory)

    def run_member(self, number, rainfall, state, factors, horizons, points, progress=None):
        """Run one member from the issue time over all horizons.

        Parameters
        ----------
        number : int
        rainfall : callable
            Gives the member's rain, before its factor.
        state : State or None
            Water of the member at the issue time.
        factors : Factors
        horizons : sequence of float
            [s], rising.
        points : tuple of two int arrays
            Rows and columns whose depth is recorded.
        progress : callable or None
            Called with the seconds done.

        Returns
        -------
        MemberRun
        """
        run = MemberRun(number)
        options = {"factors": factors, "member": number, "progress": self.watch(progress)}
        try:
            return self._through(run, rainfall(number), state, horizons, points, options)
        except OutOfTime:
            return MemberRun(number, is_late=True)
        except TwinError as error:
            return MemberRun(number, costs=run.costs, failure=str(error))

    def _through(self, run, rain, state, horizons, points, options):
        """Run a member from horizon to horizon."""
        last, steps = None, 0
        for horizon in horizons:
            last = self.run(
                rain,
                self.issue,
                self.issue + np.timedelta64(round(horizon * 1e9), "ns"),
                state=state if last is None else None,
                resume=None if last is None else last.state,
                sink=run.frames.take,
                gauges=points,
                gauge_seconds=self.settings.frame_seconds / 2,
                **options,
            )
            run.depths.append(last.flood["max_depth"].values)
            run.records.append(last.gauges)
            run.costs.append(_cost(last, steps))
            steps = last.steps
        return replace(run, last=last)

    def watch(self, progress=None):
        """Progress of a run that stops it at the deadline."""

        def tell(done, _total):
            if self.ends_at is not None and time.perf_counter() > self.ends_at:
                raise OutOfTime
            if progress is not None:
                progress(done)

        return tell

    def advance(self, rainfall, start, until, states, factors, points, kept):
        """Run all members from one analysis to the time of the next.

        Parameters
        ----------
        rainfall : callable
            Gives the rain of a member, before its factor.
        start, until : numpy.datetime64
            UTC.
        states : sequence of State or None
            Of the members.
        factors : Factors
        points : tuple of two int arrays
            Rows and columns of the sensors.
        kept : Members
            Counts the runs.

        Returns
        -------
        states : list of State
        records : list of GaugeRecord or None
        failed : dict
            Member -> what went wrong; it goes on as a copy of the first that came through.
        """

        def go(member):
            try:
                return self.run(
                    rainfall(member), start, until, state=states[member], factors=factors,
                    member=member, gauges=points, gauge_seconds=RECORD_SECONDS,
                    progress=self.watch(),
                )  # fmt: skip
            except TwinError as error:
                return str(error)

        ends, records, failed = [], [], {}
        for member, result in enumerate(side_by_side(go, len(states))):
            if isinstance(result, str):
                failed[member] = result
                ends.append(None)
                records.append(None)
                continue
            kept.count_run(result)
            ends.append(slim(result.state))
            records.append(result.gauges)
        donor = next((n for n, end in enumerate(ends) if end is not None), None)
        if donor is not None:
            for member in failed:
                ends[member], records[member] = ends[donor], records[donor]
        return ends, records, failed


def _cost(result, steps_before=0):
    """Cost of a run; one that went on counts the steps of its first part too."""
    return result.cells, result.steps - steps_before, result.wall_seconds, result.mcups


def _joined(records):
    """Records of one run in parts as one: seconds (time,) and depth (time, point)."""
    if records[0] is None:
        return np.zeros(0), np.zeros((0, 0))
    seconds = np.concatenate([record.seconds for record in records])
    depth = np.concatenate([record.depth for record in records])
    _, first = np.unique(seconds.round(3), return_index=True)
    return seconds[first], depth[first]


def _later(boundary, seconds):
    """The same boundary for a run that begins `seconds` before the issue time."""
    if not hasattr(boundary, "seconds"):
        return boundary
    return replace(boundary, seconds=np.asarray(boundary.seconds, float) + seconds)


def _forget(index, seconds, depth, speed):
    """Sink of runs whose frames nobody sees."""

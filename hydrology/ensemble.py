"""Runs of an ensemble: one warm-up to the issue time, then members from its end."""

from dataclasses import dataclass, field, replace

import numpy as np

from hydrology.ensemble_statistics import PackedFrames
from twin.errors import TwinError

KEPT = ("max_depth", "max_speed", "max_hazard", "wet_duration", "arrival_time")
"""Fields of each member that are kept whole."""


@dataclass
class Members:
    """What is kept of the runs of an ensemble.

    Attributes
    ----------
    fields : dict
        Name in `KEPT` -> list of (y, x) arrays, one a member that came through.
    frames : list of PackedFrames
        Depth over time of each.
    ledgers : list of dict
        Water balance of each [m3].
    failures : list of str
        One line for each member that failed.
    runs : list of tuple
        Cells, steps, wall seconds and million cell updates a second of every run.
    """

    fields: dict = field(default_factory=lambda: {name: [] for name in KEPT})
    frames: list = field(default_factory=list)
    ledgers: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    runs: list = field(default_factory=list)

    def count_run(self, result):
        """Add the cost of a run."""
        self.runs.append((result.cells, result.steps, result.wall_seconds, result.mcups))

    def add(self, result, frames):
        """Keep a member that came through."""
        for name in KEPT:
            self.fields[name].append(result.flood[name].values)
        self.frames.append(frames)
        self.ledgers.append(result.ledger)
        self.count_run(result)

    def stack(self, name):
        """A kept field of all members, shape (member, y, x)."""
        return np.stack(self.fields[name])

    def performance(self):
        """Cells, steps, seconds and speed over all runs, the warm-up included."""
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
        The ground.
    boundaries : tuple
        Inflows and stages, seconds counted from the issue time.
    settings : hydrology.solver.simulation.Settings
        How the water is computed.
    start, issue : numpy.datetime64
        Begin of the warm-up and its end (UTC).
    seconds : float
        Length of a member [s].
    count : int
        Members asked for.
    progress : callable or None
        Called with the simulated seconds done and in all.
    """

    terrain: object
    boundaries: tuple
    settings: object
    start: np.datetime64
    issue: np.datetime64
    seconds: float
    count: int
    progress: object = None

    @property
    def warm_seconds(self):
        """Length of the warm-up [s]."""
        return float((self.issue - self.start) / np.timedelta64(1, "s"))

    def warm_up(self, rainfall, members):
        """Run to the issue time; returns the state there, None where nothing happened yet."""
        from hydrology.solver.simulation import simulate

        if self.warm_seconds <= 0:
            return None
        result = simulate(
            self.terrain,
            rainfall,
            seconds=self.warm_seconds,
            start=self.start,
            settings=self.settings,
            boundaries=[_later(one, self.warm_seconds) for one in self.boundaries],
            sink=_forget,
            progress=self._clock(0.0),
        )
        members.count_run(result)
        return result.state

    def run_member(self, number, make_rain, state, members):
        """Run one member from the warm state; a failure is noted and the others go on."""
        from hydrology.solver.simulation import simulate

        frames = PackedFrames()
        try:
            result = simulate(
                self.terrain,
                make_rain(number),
                seconds=self.seconds,
                start=self.issue,
                settings=self.settings,
                boundaries=self.boundaries,
                initial_state=state,
                sink=frames.take,
                progress=self._clock(self.warm_seconds + number * self.seconds),
            )
        except TwinError as error:
            members.failures.append(f"member {number}: {error}")
            return
        members.add(result, frames)

    def _clock(self, done_before):
        """Progress of one run as progress of all."""
        if self.progress is None:
            return None
        total = self.warm_seconds + self.count * self.seconds
        return lambda done, _total: self.progress(done_before + done, total)


def _later(boundary, seconds):
    """The same boundary for a run that begins `seconds` before the issue time."""
    return replace(boundary, seconds=np.asarray(boundary.seconds, float) + seconds)


def _forget(index, seconds, depth, speed):
    """Sink of the warm-up, whose frames nobody sees."""

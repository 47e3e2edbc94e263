"""Runs a case: one call of the solver, and the water at the gauges over time."""

from dataclasses import dataclass

import numpy as np

from hydrology.solver.simulation import Simulation, simulate
from twin.errors import InputError


@dataclass(frozen=True)
class GaugeSeries:
    """The water at gauges over time.

    Parameters
    ----------
    names : tuple of str
        One for each gauge.
    seconds : (time,) array
        Since the start of the run [s].
    depth, level, speed : (time, gauge) array
        [m], [m], [m s-1].
    """

    names: tuple
    seconds: np.ndarray
    depth: np.ndarray
    level: np.ndarray
    speed: np.ndarray


@dataclass(frozen=True)
class CaseRun:
    """What a case gives: the simulation, and the water at its gauges, if it has any."""

    simulation: Simulation
    gauges: GaugeSeries | None


def run_case(case, progress=None, sink=None):
    """Run a case, or anything else that has the attributes of one.

    Parameters
    ----------
    case : hydrology.case.Case
        What to run.
    progress, sink : callable, optional
        As for `hydrology.solver.simulation.simulate`.

    Returns
    -------
    CaseRun

    Raises
    ------
    InputError
        Something in the case cannot be.
    UnstableError
        The water left the range in which its numbers mean anything.
    """
    moving = case.initial.velocity or case.initial.state
    later = {"infiltration": case.infiltration, "structures": case.structures, "velocity": moving}
    for table, wanted in later.items():
        if wanted:  # until the solver takes them
            raise InputError(f"the case has {table}, which this solver does not know; leave it out")
    record = _Record(case.gauges, sink)
    simulation = simulate(
        case.terrain,
        case.rainfall,
        seconds=case.seconds,
        boundaries=case.boundaries,
        start=case.start,
        settings=case.settings,
        progress=progress,
        sink=None if sink is None else record.take,
    )
    if sink is None:
        record.take_frames(simulation.flood, case.start)
    return CaseRun(simulation, record.series(case.terrain["elevation"].values))


class _Record:
    """Depth and speed at gauges, frame by frame."""

    def __init__(self, gauges, sink):
        self._names = tuple(gauge.name for gauge in gauges)
        self._rows = [gauge.row for gauge in gauges]
        self._columns = [gauge.column for gauge in gauges]
        self._sink = sink
        self._taken = []

    def take(self, index, seconds, depth, speed):
        """Keep the water at the gauges and hand the frame on."""
        place = self._rows, self._columns
        self._taken.append((seconds, depth[place], speed[place]))
        if self._sink is not None:
            self._sink(index, seconds, depth, speed)

    def take_frames(self, flood, start):
        """Keep the water at the gauges of all frames of a run."""
        seconds = (flood["time"].values - start) / np.timedelta64(1, "s")
        fields = flood["water_depth"].values, flood["water_speed"].values
        for index, (now, *frame) in enumerate(zip(seconds, *fields, strict=True)):
            self.take(index, float(now), *frame)

    def series(self, elevation):
        """All that was kept; None where there is no gauge."""
        if not self._names:
            return None
        seconds, depth, speed = map(np.array, zip(*self._taken, strict=True))
        level = depth + elevation[self._rows, self._columns]
        return GaugeSeries(self._names, seconds, depth.astype(float), level, speed.astype(float))

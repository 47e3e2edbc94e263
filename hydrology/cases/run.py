"""Runs a case: one call of the solver, and the water at the gauges over time."""

from dataclasses import dataclass

import numpy as np

from hydrology.solver.simulation import Simulation, simulate
from hydrology.solver.state import load_state


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


def run_case(case, progress=None, sink=None, resume=None):
    """Run a case.

    Parameters
    ----------
    case : hydrology.cases.case.Case
        What to run.
    progress, sink : callable, optional
        As for `hydrology.solver.simulation.simulate`.
    resume : hydrology.solver.state.State, optional
        End of an earlier part of the same run, to go on from.

    Returns
    -------
    CaseRun

    Raises
    ------
    InputError
        Something in the case cannot be.
    MissingError
        The state that it starts from is not there.
    UnstableError
        The water left the range in which its numbers mean anything.
    """
    initial, gauges = case.initial, case.gauges
    simulation = simulate(
        case.terrain,
        case.rainfall,
        seconds=case.seconds,
        boundaries=case.boundaries,
        structures=case.structures,
        infiltration=case.infiltration,
        velocity=initial.velocity,
        initial_state=None if initial.state is None else load_state(initial.state),
        resume=resume,
        start=case.start,
        settings=case.settings,
        gauges=([gauge.row for gauge in gauges], [gauge.column for gauge in gauges]),
        gauge_seconds=case.gauge_seconds,
        progress=progress,
        sink=sink,
    )
    return CaseRun(simulation, _series(case, simulation.gauges))


def _series(case, record):
    """What the solver recorded, with the names of the gauges and the levels [m]."""
    if record is None:
        return None
    rows, columns = zip(*((gauge.row, gauge.column) for gauge in case.gauges), strict=True)
    depth, speed = record.depth.astype(np.float64), record.speed.astype(np.float64)
    level = case.terrain["elevation"].values[rows, columns] + depth
    return GaugeSeries(
        tuple(gauge.name for gauge in case.gauges), record.seconds, depth, level, speed
    )

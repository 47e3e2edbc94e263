"""Runs that take about as long as they should: each try is set by the pace of the one before."""

from typing import NamedTuple

import numpy as np

from hydrology.solver.simulation import simulate

TRY_SECONDS = 1.2
"""What a try should take [s]."""

TRIES = 3
"""Tries of which the fastest counts; machines are shared, and nothing makes a kernel too fast."""

FEWEST_STEPS = 64
"""Steps that a try has at least."""


class Pace(NamedTuple):
    """Cell updates a second, and the mean time step [s]: what sets the length of a run."""

    updates: float = 100e6
    step: float = 1.0

    def length(self, cells):
        """Simulated time that takes `TRY_SECONDS` [s]."""
        return max(self.updates * TRY_SECONDS / cells, FEWEST_STEPS) * self.step


class Measured(NamedTuple):
    """The fastest try of a run.

    Parameters
    ----------
    cells : int
        Cells that water can enter.
    mcups : float
        Million cell updates a second of the loop, compilation left out: only cells that were
        computed count, each once a step.
    seconds_per_step : float
        [s].
    bytes_per_cell : float
        What the arrays of the run that grow with the city hold for a cell.
    wet_share : float
        Share of the cells that hold water at the end.
    pace : Pace
        For a run like it.
    """

    cells: int
    mcups: float
    seconds_per_step: float
    bytes_per_cell: float
    wet_share: float
    pace: Pace


def fastest_run(bed, settings, pace=None):
    """Run a bed a few times, and keep the fastest.

    Parameters
    ----------
    bed : benchmarks.beds.Bed
        What is run.
    settings : hydrology.solver.simulation.Settings
        How.
    pace : Pace or None
        Of a run like this one, by which the first try is set.

    Returns
    -------
    Measured
    """
    pace, runs = pace or Pace(), []
    for _ in range(TRIES):
        runs.append(_run(bed, settings, pace.length(bed.wet_cells)))
        pace = runs[-1].pace
    return max(runs, key=lambda run: run.mcups)


def _run(bed, settings, seconds):
    last = {}

    def keep_wet_share(_index, _seconds, depth, _speed):
        last["wet"] = np.count_nonzero(depth > 0) / np.count_nonzero(np.isfinite(depth))

    run = simulate(bed.terrain, bed.rain, seconds=seconds, settings=settings, sink=keep_wet_share)
    # The solver counts the ring around the city too, where its tiles reach over it.
    mcups = min(run.mcups, run.cells * run.steps / run.wall_seconds / 1e6)
    return Measured(
        cells=run.cells,
        mcups=mcups,
        seconds_per_step=run.wall_seconds / run.steps,
        bytes_per_cell=run.performance["bytes_per_cell"],
        wet_share=last["wet"],
        pace=Pace(mcups * 1e6, seconds / run.steps),
    )

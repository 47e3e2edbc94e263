"""One run of a case for the suite: its gauges, its fields at the times that count, its ledger."""

import time
from contextlib import contextmanager
from dataclasses import dataclass

import numba
import numpy as np

from hydrology.cases.case import load_case
from hydrology.cases.run import run_case
from twin.errors import InputError
from twin.grid import Grid

GRAVITY = 9.81
CELLS_A_THREAD = 50_000
"""Cells below which a run takes one thread; its bits do not depend on it."""


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Parameters
    ----------
    case : hydrology.cases.case.Case
        What was run.
    grid : Grid
        Its cells.
    ground : (ny, nx) array
        Terrain [m].
    seconds, volume, energy : (n,) arrays
        Times of the frames [s]; water in the domain [m3]; energy over that of dry ground divided
        by gravity and density, [m4].
    gauges : dict of (n,) arrays
        Depth at each gauge [m].
    fields : dict of tuple
        Depth [m] and speed [m s-1] at the times that count.
    maxima : xarray.Dataset
        Of depth and speed over the run.
    ledger : dict
        Volumes [m3] and their relative error.
    steps, cells : int
        Time steps, and cells that water can enter.
    wall_seconds : float
        Time that the run took [s].
    """

    case: object
    grid: Grid
    ground: np.ndarray
    seconds: np.ndarray
    volume: np.ndarray
    energy: np.ndarray
    gauges: dict
    fields: dict
    maxima: object
    ledger: dict
    steps: int
    cells: int
    wall_seconds: float

    def field_at(self, at):
        """Depth, speed and time of the field at a time, or at the end of the run.

        Raises
        ------
        InputError
            No frame is at that time.
        """
        at = self.case.seconds if at is None else at
        for seconds, field in self.fields.items():
            if abs(seconds - at) < 1e-3:
                return (*field, seconds)
        raise InputError(
            f"a check of {self.case.name} is at {at:g} s, expected a multiple of its frames up to "
            f"{self.case.seconds:g} s; set frame_seconds in [settings]"
        )


class _Recorder:
    """Sink of a run: keeps what the checks need, so that long runs stay small."""

    def __init__(self, case, grid, ground, times):
        self.grid, self.ground, self.times = grid, ground, times
        self.cells = {gauge.name: (gauge.row, gauge.column) for gauge in case.gauges}
        self.base = np.nanmin(ground)
        self.seconds, self.volume, self.energy = [], [], []
        self.gauges = {name: [] for name in self.cells}
        self.fields = {}

    def __call__(self, index, seconds, depth, speed):
        del index
        area = self.grid.cell_size**2
        h = np.nan_to_num(np.asarray(depth, float))
        moving = np.nan_to_num(np.asarray(speed, float)) ** 2 / (2 * GRAVITY)
        lifted = np.nan_to_num(self.ground - self.base) + h / 2
        self.seconds.append(seconds)
        self.volume.append(h.sum() * area)
        self.energy.append((h * (moving + lifted)).sum() * area)
        for name, cell in self.cells.items():
            self.gauges[name].append(h[cell])
        if np.abs(self.times - seconds).min() < 1e-3:
            self.fields[seconds] = np.array(depth), np.array(speed)


@contextmanager
def threads_for(cells):
    """Hold small runs to one thread: they gain nothing by more, and wait long on a busy machine."""
    most = numba.get_num_threads()
    try:
        numba.set_num_threads(1 if cells < CELLS_A_THREAD else most)
        yield
    finally:
        numba.set_num_threads(most)


def run(path, changes=None, times=()):
    """Run a case.

    Parameters
    ----------
    path : pathlib.Path
        The case file.
    changes : dict, optional
        Values in the place of those in the file, by dotted keys.
    times : sequence of float
        Times whose fields are kept, besides the end [s].

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        Something in the case cannot be.
    UnstableError
        The run broke down.
    """
    case = load_case(path, changes=changes)
    grid = Grid.of(case.terrain)
    ground = np.asarray(case.terrain["elevation"].values, float)
    recorder = _Recorder(case, grid, ground, np.array([*times, case.seconds]))
    began = time.perf_counter()
    with threads_for(ground.size):
        result = run_case(case, sink=recorder).simulation
    return Outcome(
        case=case,
        grid=grid,
        ground=ground,
        seconds=np.array(recorder.seconds),
        volume=np.array(recorder.volume),
        energy=np.array(recorder.energy),
        gauges={name: np.array(depths) for name, depths in recorder.gauges.items()},
        fields=recorder.fields,
        maxima=result.flood,
        ledger=result.ledger,
        steps=result.steps,
        cells=result.cells,
        wall_seconds=time.perf_counter() - began,
    )

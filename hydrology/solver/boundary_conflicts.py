"""Boundaries that contradict each other, told before a run begins."""

from itertools import combinations

import numpy as np

from hydrology.solver.boundaries import FreeOutflow, Inflow, Stage
from hydrology.solver.ground import PAD, SIDES
from twin.errors import InputError


def refuse_conflicts(boundaries, outlets):
    """Refuse boundaries that want different things of the same water.

    Parameters
    ----------
    boundaries : sequence of Inflow, Stage or FreeOutflow
        What feeds or drains a city.
    outlets : (n, 5) int array
        Cells outside into which it drains, as `hydrology.solver.ground.Ground` has them.

    Raises
    ------
    InputError
        Two levels are held at one cell, unless they are the same; a level is held where an inflow
        enters; a side is free at two slopes; most of the cells of a stage lie on a free side.
    """
    free = [one for one in boundaries if isinstance(one, FreeOutflow)]
    stages = [one for one in boundaries if isinstance(one, Stage)]
    inflows = [one for one in boundaries if isinstance(one, Inflow)]
    for one, other in combinations(free, 2):
        if one.side == other.side and one.slope != other.slope:
            raise InputError(
                f"free outflows {one.name!r} and {other.name!r} give the {one.side} side slopes of "
                f"{one.slope:g} and {other.slope:g}, expected one; leave one out"
            )
    for one, other in combinations(stages, 2):
        if not _are_alike(one, other):
            _refuse_shared(f"stages {one.name!r}", f"{other.name!r}", _cells(one) & _cells(other))
    for one in stages:
        for other in inflows:
            _refuse_shared(
                f"stage {one.name!r}", f"inflow {other.name!r}", _cells(one) & _cells(other)
            )
        _refuse_free_side(one, free, outlets)


def _cells(boundary):
    rows, columns = np.asarray(boundary.rows).tolist(), np.asarray(boundary.columns).tolist()
    return set(zip(rows, columns, strict=True))


def _are_alike(one, other):
    return np.array_equal(one.seconds, other.seconds) and np.array_equal(one.level, other.level)


def _refuse_shared(one, other, cells):
    if cells:
        row, column = min(cells)
        raise InputError(
            f"{one} and {other} share {len(cells)} cells, the first in row {row}, column {column}, "
            "expected a held level alone in a cell; move one"
        )


def _refuse_free_side(stage, free, outlets):
    """A stage at the corner of a free side is none of it: most of its cells must drain there."""
    cells = _cells(stage)
    for one in free:
        axis, step = SIDES[one.side]
        back = (-step, 0) if axis == 0 else (0, -step)
        here = outlets[(outlets[:, 2:4] == back).all(axis=1)]
        drained = set(map(tuple, (here[:, :2] + here[:, 2:4] - PAD).tolist()))
        if 2 * len(cells & drained) > len(cells):
            raise InputError(
                f"stage {stage.name!r} is held on the {one.side} side, which free outflow "
                f"{one.name!r} drains, expected one of them; leave one out"
            )

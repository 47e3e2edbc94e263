"""The water of a case at its start: a depth or a level, a velocity, or the end of another run."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hydrology.cases.fields import read_field


@dataclass(frozen=True, eq=False)
class InitialWater:
    """The water at the start of a run.

    Parameters
    ----------
    depth : (ny, nx) array or None
        [m]; None where the case says nothing.
    velocity : tuple of two (ny, nx) arrays or None
        To the east and to the north [m s-1]; None is water at rest.
    state : pathlib.Path or None
        End of another run, which takes the place of all that.
    """

    depth: np.ndarray | None = None
    velocity: tuple | None = None
    state: Path | None = None


def read_initial(case, cells):
    """Water at the start of a case.

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file.
    cells : hydrology.cases.fields.Cells
        The cells of the run.

    Returns
    -------
    InitialWater

    Raises
    ------
    InputError, MissingError
        It cannot be.
    """
    table = case.table("initial").know("depth", "level", "velocity_x", "velocity_y", "state")
    if "state" in table:
        if len(table.values) > 1:
            raise table.refusal("state", "nothing else in this table")
        return InitialWater(state=table.path("state"))
    return InitialWater(_depth(table, cells), _velocity(table, cells))


def _depth(table, cells):
    if "depth" in table and "level" in table:
        raise table.refusal("level", "either depth or level")
    if "depth" in table:
        depth = read_field(table, "depth", cells, 0.0, 1000.0)
    elif "level" in table:
        depth = np.maximum(read_field(table, "level", cells) - cells.ground, 0.0)
    else:
        return None
    return np.where(cells.is_open, depth, 0.0)


def _velocity(table, cells):
    keys = ("velocity_x", "velocity_y")
    if not any(key in table for key in keys):
        return None
    parts = (read_field(table, key, cells, -100.0, 100.0, default=0.0) for key in keys)
    return tuple(np.where(cells.is_open, part, 0.0) for part in parts)

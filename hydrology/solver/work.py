"""What lies in the work arrays of a tile, and the numbers that every step needs."""

import math
from typing import NamedTuple

DEPTH, OWED, GROUND, ROUGH, QX, QY = 0, 1, 2, 3, 4, 5
"""Depth and what rounding owes it [m], ground [m], roughness, and the two discharges [m2 s-1].

Another pair of discharges, 6 and 7, lies behind the first: some schemes go from one to the other.
"""

OPEN_X, OPEN_Y, SPREAD = 8, 9, 10
"""Open share of the west and the north face, and one over the share of a cell that holds water;
only where there are openings."""

SCRATCH = 11
"""First of the arrays that a step may use as it likes."""

WALL = 1e5
"""Ground of a cell that no water enters [m]."""


def wave_limit(settings):
    """`Settings.wave_depth` as a number: infinity where there is none [m]."""
    return math.inf if settings.wave_depth is None else settings.wave_depth


class Numbers(NamedTuple):
    """What is the same for all cells in a visit, in the type of the water.

    Parameters
    ----------
    time_step : float
        [s].
    cell_size : float
        [m].
    gravity : float
        [m s-2].
    theta : float
        Weight of a face's own discharge in the q-centred mean.
    froude : float
        Largest Froude number through a face.
    wave_depth : float
        Deeper water passes waves no faster than this depth does [m].
    """

    time_step: float
    cell_size: float
    gravity: float
    theta: float
    froude: float
    wave_depth: float

"""The mass ledger: every litre in, out and stored, in float64."""

import numpy as np
from numba import prange

from hydrology.solver.compiled import kernel, loop
from hydrology.solver.precision import unpacked
from hydrology.solver.work import WALL


class Ledger:
    """What a run took in, gave away and holds [m3].

    Parameters
    ----------
    cell_area : float
        [m2].
    """

    def __init__(self, cell_area):
        self._area = cell_area
        self.sums = np.zeros(3)
        self.initial = 0.0

    def add(self, sums):
        """Add what fell, soaked and drained, as sums of depths over cells [m]."""
        self.sums += sums

    def close(self, stored, entered, left):
        """Balance of the run so far.

        Parameters
        ----------
        stored, entered, left : float
            Volume in the city now, and through its boundaries [m3].

        Returns
        -------
        dict
            Volumes [m3], the error, and the error relative to all water that was handled.
        """
        rain, infiltration, drained = (float(volume) for volume in self.sums * self._area)
        handled = self.initial + rain + entered
        error = stored - (handled - infiltration - drained - left)
        return {
            "initial": self.initial,
            "rain": rain,
            "inflow": entered,
            "infiltration": infiltration,
            "drained": drained,
            "outflow": left,
            "stored": stored,
            "error": error,
            "relative_error": error / handled if handled > 0 else 0.0,
        }


@loop
def _row_volume(depth, owed, ground, spread):
    volume = 0.0
    for i in range(1, depth.size - 1):
        if ground[i] < WALL:
            water = np.float64(depth[i]) + np.float64(unpacked(depth[i], owed[i]))
            volume += water if spread is None else water / np.float64(spread[i])
    return volume


@kernel
def row_volumes(flow, owed, ground, openings, volumes):
    """Water of each row of the city, as a sum of depths over whole cells [m].

    Parameters
    ----------
    flow : (3, rows, columns) array
        Depth [m] first.
    owed : (rows, columns) int16 array
        What rounding owes the depth, packed.
    ground : (rows, columns) array
        Ground; walls and the ring around the city hold nothing [m].
    openings : Openings, or None
        With one over the share of each cell that holds water.
    volumes : (rows,) float64 array
        Filled; not a number where any cell is.
    """
    for j in prange(1, flow.shape[1] - 1):
        spread = None if openings is None else openings.spread[j]
        volumes[j] = _row_volume(flow[0, j], owed[j], ground[j], spread)

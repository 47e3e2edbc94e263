"""The mass ledger: every litre in, out and stored, in float64."""

import numpy as np

from hydrology.solver.sources import row_volumes


class Ledger:
    """What a run took in, gave away and holds [m3].

    Parameters
    ----------
    ground : Ground
        The city.
    """

    def __init__(self, ground):
        self._open, self._area = ground.open_cell, ground.grid.cell_size**2
        self._rows = np.zeros(len(ground.open_cell))
        self._rain, self._infiltration, self._drained = 0.0, 0.0, 0.0
        self._initial = 0.0

    def begin(self, depth, owed):
        """Take down what is there at the start."""
        self._initial = self.stored(depth, owed)

    def add(self, rain, infiltration, drained):
        """Add what sources gave and took, as sums of depths over cells [m]."""
        self._rain += rain * self._area
        self._infiltration += infiltration * self._area
        self._drained += drained * self._area

    def stored(self, depth, owed):
        """Volume that stands in the city [m3]; NaN when any cell is."""
        row_volumes(depth, owed, self._open, self._rows)
        return float(self._rows.sum()) * self._area

    def close(self, stored, entered, left):
        """Balance of the run.

        Parameters
        ----------
        stored, entered, left : float
            Volume in the city now, and through its boundaries [m3].

        Returns
        -------
        dict
            Volumes [m3], the error, and the error relative to all water that was handled.
        """
        handled = self._initial + self._rain + entered
        error = stored - (handled - self._infiltration - self._drained - left)
        return {
            "initial": self._initial,
            "rain": self._rain,
            "inflow": entered,
            "infiltration": self._infiltration,
            "drained": self._drained,
            "outflow": left,
            "stored": stored,
            "error": error,
            "relative_error": error / handled if handled > 0 else 0.0,
        }

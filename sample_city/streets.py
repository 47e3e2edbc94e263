"""The street net: a bent grid of lines, and the way between ground and street coordinates.

In street coordinates (p, q) every street is straight: columns are lines of constant p that
run north, rows are lines of constant q that run east. A smooth warp bends them on the ground.
"""

from dataclasses import dataclass

import numpy as np

from sample_city.noise import unit, value_noise
from sample_city.sizes import Size

PATH, STREET, MAIN, MOTORWAY = range(4)
KINDS = ("path", "street", "main", "motorway")
WIDTHS = np.array([3.0, 9.0, 20.0, 30.0])
"""Width of a road by kind [m]."""
CANAL_STREET_WIDTH = 36.0
"""Width of a street with a canal in its middle [m]."""
CANAL_HALF_WIDTH = 6.0
"""Half of the width of a canal [m]."""
RAIL_GAP = 128.0
"""Distance of the two rows on either side of a railway [m]."""

_MAIN_COLUMN, _MAIN_ROW = 4, 5
_MARGIN = 160.0


@dataclass(frozen=True)
class Lines:
    """Parallel streets: where they lie, how wide they are, what they are."""

    position: np.ndarray
    kind: np.ndarray
    canal: np.ndarray

    @property
    def half_width(self):
        """Half of the width of each street, with its canal [m]."""
        return np.where(self.canal, CANAL_STREET_WIDTH, WIDTHS[self.kind]) / 2.0

    @property
    def count(self):
        """How many lines there are."""
        return self.position.size


@dataclass(frozen=True)
class Streets:
    """The street net of a city."""

    size: Size
    seed: int
    columns: Lines
    rows: Lines
    rails: tuple

    def to_streets(self, x, y):
        """Street coordinates (p, q) of points on the ground [m]."""
        return x + self._warp("east", x, y), y + self._warp("north", x, y)

    def to_ground(self, p, q):
        """Ground coordinates (x, y) of points given in street coordinates [m].

        Notes
        -----
        Fixed-point iteration: the warp changes by less than 0.6 m a metre, mostly 0.2.
        """
        p, q = np.broadcast_arrays(np.asarray(p, float), np.asarray(q, float))
        x, y = p, q
        # Never until all points are close: a point must not depend on the others.
        for _ in range(8 + 3 * len(self.size.warps)):
            x, y = p - self._warp("east", x, y), q - self._warp("north", x, y)
        return x, y

    def _warp(self, axis, x, y):
        total = 0.0
        for index, (amplitude, wavelength) in enumerate(self.size.warps):
            total = total + amplitude * value_noise(
                self.seed, f"warp {axis} {index}", wavelength, x, y
            )
        return total


def make_streets(size, seed):
    """Street net of a city.

    Parameters
    ----------
    size : Size
    seed : int

    Returns
    -------
    Streets
    """
    reach = _MARGIN + sum(amplitude for amplitude, _ in size.warps)
    columns = _positions(seed, "columns", size.street_spacing[0], -reach, size.edge + reach)
    rows = _positions(seed, "rows", size.street_spacing[1], -reach, size.edge + reach)
    rails, rows = _make_room(rows, [share * size.edge for share in size.rails])
    canal_count = max(1, round(size.edge / size.canal_spacing))
    canal_columns = (np.arange(canal_count) + 0.42) * size.edge / canal_count
    return Streets(
        size,
        seed,
        _lines(columns, _MAIN_COLUMN, size.motorway_every, canal_columns),
        _lines(rows, _MAIN_ROW, size.motorway_every, np.array(size.canals) * size.edge),
        tuple(rails),
    )


def _positions(seed, channel, spacing, start, stop):
    count = int((stop - start) / spacing) + 1
    steps = spacing * (0.8 + 0.4 * unit(seed, channel, np.arange(count)))
    return start + np.cumsum(steps) * (stop - start) / steps.sum()


def _make_room(rows, wanted):
    """Move the rows north of each railway so that it lies in a wide gap."""
    rails = []
    for target in wanted:
        index = int(np.searchsorted(rows, target))
        shift = RAIL_GAP - (rows[index] - rows[index - 1])
        rows = np.concatenate([rows[:index], rows[index:] + shift])
        rails.append(float(rows[index - 1] + RAIL_GAP / 2.0))
    return rails, rows


def _lines(position, main_every, motorway_every, canal_near):
    index = np.arange(position.size)
    kind = np.where(index % main_every == 0, MAIN, STREET)
    if motorway_every:
        kind = np.where(index % motorway_every == motorway_every // 2, MOTORWAY, kind)
    canal = np.zeros(position.size, dtype=bool)
    for target in canal_near:
        plain = np.where(kind == STREET, np.abs(position - target), np.inf)
        canal[int(np.argmin(plain))] = True
    return Lines(position, np.where(canal, MAIN, kind).astype(np.int8), canal)

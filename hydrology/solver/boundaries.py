"""What feeds or drains the city at given cells: inflows, stages and free outlets."""

from dataclasses import dataclass

import numpy as np

from hydrology.solver.cpu import FALL, HELD, INFLOW, LINK, OPEN, BoundaryTable
from hydrology.solver.ground import PAD, SIDES
from hydrology.solver.structure_links import inward_steps
from hydrology.solver.tiles import HALO
from hydrology.solver.work import WALL
from twin.errors import InputError


@dataclass(frozen=True)
class Inflow:
    """Water that enters at cells, shared evenly.

    Parameters
    ----------
    name : str
        What it is called in messages and in the ledger.
    rows, columns : (n,) int arrays
        Cells of the city.
    seconds, discharge : (m,) arrays
        Times from the start [s] and discharge [m3 s-1]; linear between, constant beyond.
    """

    name: str
    rows: np.ndarray
    columns: np.ndarray
    seconds: np.ndarray
    discharge: np.ndarray

    def mean(self, start, stop):
        """Discharge in the mean from `start` to `stop` [m3 s-1]."""
        return mean_over(self.seconds, self.discharge, start, stop)

    def values(self, mean, cells):
        """Rate of rise in each cell [m s-1] of a mean discharge."""
        return np.full(len(self.rows), mean / (len(self.rows) * cells.cell_area))


@dataclass(frozen=True)
class Stage:
    """A water level that is held at cells: a tide, a lake, a river.

    Parameters
    ----------
    name : str
        What it is called in messages and in the ledger.
    rows, columns : (n,) int arrays
        Cells of the city.
    seconds, level : (m,) arrays
        Times from the start [s] and water level [m]; linear between, constant beyond.
    """

    name: str
    rows: np.ndarray
    columns: np.ndarray
    seconds: np.ndarray
    level: np.ndarray

    def mean(self, start, stop):
        """Level in the mean from `start` to `stop` [m]."""
        return mean_over(self.seconds, self.level, start, stop)

    def values(self, mean, cells):
        """Depth that each cell is held at [m] by a mean level."""
        ground = cells.elevation[np.asarray(self.rows) + PAD, np.asarray(self.columns) + PAD]
        return np.maximum(mean - cells.datum - ground, 0.0)


@dataclass(frozen=True)
class FreeOutflow:
    """A side of the city where water leaves at its normal depth.

    Parameters
    ----------
    name : str
        What it is called in messages.
    side : str
        "north", "south", "west" or "east".
    slope : float
        Slope of the bed beyond the side, above zero.

    Raises
    ------
    InputError
        There is no such side, or the slope is no slope.
    """

    name: str
    side: str
    slope: float

    def __post_init__(self):
        if self.side not in SIDES:
            raise InputError(
                f"free outflow {self.name!r} is on side {self.side!r}, expected one of "
                f"{', '.join(SIDES)}; name one"
            )
        if not 0 < self.slope < 10:
            raise InputError(
                f"free outflow {self.name!r} has a slope of {self.slope:g}, expected above 0 to "
                "10; correct it"
            )


def mean_over(seconds, values, start, stop):
    """Mean of a piecewise linear series between two times."""
    seconds, values = np.asarray(seconds, float), np.asarray(values, float)
    if seconds.searchsorted(start, "right") == seconds.searchsorted(stop, "left"):
        return float(np.interp(0.5 * (start + stop), seconds, values))  # a straight line
    between = seconds[(seconds > start) & (seconds < stop)]
    times = np.concatenate(([start], between, [stop]))
    return float(np.trapezoid(np.interp(times, seconds, values), times) / (stop - start))


class BoundaryCells:
    """All boundary cells, sorted by the tile that computes with them.

    A cell that lies in the halo of a neighbour tile is listed there too, so that both compute
    the same; only the tile that owns it counts what is exchanged.

    Parameters
    ----------
    boundaries : sequence of Inflow or Stage
        What was given.
    ground : Ground
        The city, with its outlets.
    tiles : (n, 4) int array
        Top, bottom, left and right of each tile in the padded arrays.
    dtype : numpy dtype
        Of the water.
    structures : StructureTable
        Whose links take and bring water.
    """

    def __init__(self, boundaries, ground, tiles, dtype, structures):
        self.elevation, self.datum = ground.elevation, ground.datum
        self.cell_area = ground.grid.cell_size**2
        self._boundaries = [_checked(boundary, ground) for boundary in boundaries]
        self._tiles, outlets = tiles, ground.outlets
        linked = structures.cells.reshape(-1, 2, 2).swapaxes(0, 1).reshape(-1, 2)
        cells = [outlets[:, :4], np.column_stack((linked, inward_steps(structures)))]
        kinds = [np.where(outlets[:, 4] == 1, FALL, OPEN), np.full(len(linked), LINK)]
        count = len(outlets) + len(linked)
        self._slices, self._links = [], slice(len(outlets), count)
        for boundary in self._boundaries:
            rows, columns = np.asarray(boundary.rows) + PAD, np.asarray(boundary.columns) + PAD
            inward = _inward(ground.elevation, rows, columns)
            cells.append(np.column_stack((rows, columns, *inward)).astype(np.int64))
            kinds.append(np.full(len(rows), INFLOW if isinstance(boundary, Inflow) else HELD))
            self._slices.append(slice(count, count + len(rows)))
            count += len(rows)
        self._cells, self._values, self._means = np.concatenate(cells), np.zeros(count), []
        self._listing, first = _list_by_tile(self._cells, tiles)
        self._owned = _owner_listing(self._cells, tiles, self._listing, first)
        self._begin = first[:-1]
        self.table = BoundaryTable(
            first,
            self._cells[self._listing],
            np.concatenate(kinds)[self._listing],
            np.zeros(len(self._listing), dtype),
            np.zeros(len(self._listing)),
            np.zeros(len(tiles), bool),
        )

    def set_values(self, start, stop, link_rates):
        """Take over the rates of links, and rates and depths in the mean from `start` to `stop`."""
        means = [boundary.mean(start, stop) for boundary in self._boundaries]
        if means == self._means and not len(link_rates):
            return
        self._means = means
        self._values[self._links] = np.concatenate((-link_rates, link_rates))
        for boundary, mean, part in zip(self._boundaries, means, self._slices, strict=True):
            self._values[part] = boundary.values(mean, self)
        self.table.values[:] = self._values[self._listing]
        brings = np.append(self.table.values > 0, False)
        self.table.lively[:] = np.logical_or.reduceat(brings, self._begin) & (
            np.diff(self.table.first) > 0
        )

    @property
    def exchanged(self):
        """Depth that each boundary cell has gained so far [m]; may be set, to go on with a run."""
        return self.table.exchanged[self._owned]

    @exchanged.setter
    def exchanged(self, gained):
        self.table.exchanged[:] = 0
        self.table.exchanged[self._owned] = gained

    def link_gains(self):
        """Depth that the first and the second cell of each link gained so far [m], (links, 2)."""
        return self.exchanged[self._links].reshape(2, -1).T

    def volumes(self):
        """Volume that entered and volume that left at boundaries so far [m3]."""
        gained = self.exchanged * self.cell_area
        gained[self._links] = 0
        return float(gained[gained > 0].sum()), float(-gained[gained < 0].sum())


def _checked(boundary, ground):
    """Refuse a boundary that is off the grid, on a wall or without values."""
    rows, columns = np.asarray(boundary.rows), np.asarray(boundary.columns)
    ny, nx = ground.grid.shape
    if not rows.size or not ((rows >= 0) & (rows < ny) & (columns >= 0) & (columns < nx)).all():
        raise InputError(
            f"boundary {boundary.name!r} has cells off the grid of {ny} x {nx}, expected all "
            "inside; move it or enlarge the terrain"
        )
    if not ground.is_open(rows, columns).all():
        raise InputError(
            f"boundary {boundary.name!r} lies on a wall or a building, expected open ground; "
            "move it"
        )
    values = boundary.discharge if isinstance(boundary, Inflow) else boundary.level
    seconds = np.asarray(boundary.seconds, float)
    if not seconds.size or not np.isfinite(values).all() or not (np.diff(seconds) > 0).all():
        raise InputError(
            f"boundary {boundary.name!r} has values that are not finite or times that do not go "
            "forward, expected a clean series; correct it"
        )
    if isinstance(boundary, Inflow) and np.min(values) < 0:
        raise InputError(
            f"inflow {boundary.name!r} takes {-np.min(values):g} m3/s out, expected 0 or more; let "
            "water out by a stage or a free edge"
        )
    return boundary


def _inward(elevation, rows, columns):
    """Step in rows and columns away from the wall behind each cell; none where there is none.

    Cells in one column lie along a west or an east side, all others rather along a north or a
    south one: so the corners of a side face the way the side does.
    """
    down, right = np.zeros_like(rows), np.zeros_like(columns)
    for step in (1, -1):
        north_or_south = elevation[rows - step, columns] >= WALL
        down[north_or_south & (elevation[rows + step, columns] < WALL)] = step
        west_or_east = elevation[rows, columns - step] >= WALL
        right[west_or_east & (elevation[rows, columns + step] < WALL)] = step
    is_column = len(rows) > 1 and (columns == columns[0]).all()
    first, second = (right, down) if is_column else (down, right)
    second[first != 0] = 0
    return down, right


def _list_by_tile(cells, tiles):
    """Indices of the cells that each tile reads, and where each tile's part begins."""
    listing, first = [], [0]
    for top, bottom, left, right in tiles:
        in_reach = (
            (cells[:, 0] >= top - HALO)
            & (cells[:, 0] <= bottom + HALO)
            & (cells[:, 1] >= left - HALO)
            & (cells[:, 1] < right + HALO)
        )
        listing.append(np.flatnonzero(in_reach))
        first.append(first[-1] + len(listing[-1]))
    return np.concatenate(listing), np.array(first)


def _owner_listing(cells, tiles, listing, first):
    """Where each cell is listed by the tile that owns it, shape (cells,)."""
    tile = tiles[np.repeat(np.arange(len(tiles)), np.diff(first))]
    row, column = cells[listing, 0], cells[listing, 1]
    is_own = (tile[:, 0] <= row) & (row < tile[:, 1])
    is_own &= (tile[:, 2] <= column) & (column < tile[:, 3])
    owned = np.zeros(len(cells), np.int64)
    owned[listing[is_own]] = np.flatnonzero(is_own)
    return owned

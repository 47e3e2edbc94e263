"""Which vehicle gets through which water, and how fast; how deep a road stands."""

from dataclasses import dataclass

import numpy as np

from twin.errors import InputError

LIGHT_LIMIT = 0.30
"""Depth from which no car moves [m]."""

KMH = 1 / 3.6
"""One kilometre an hour [m s-1]."""


@dataclass(frozen=True)
class Vehicle:
    """What moves, and in which water.

    Parameters
    ----------
    name : str
        As in addresses.
    limit : float
        Depth from which it stops; of a boat the depth from which it floats [m].
    top_speed : float
        On a free road [m s-1].
    floats : bool
        Whether it needs water instead of a road.
    walks : bool
        Whether it may use paths, and no motorway.
    """

    name: str
    limit: float
    top_speed: float
    floats: bool = False
    walks: bool = False


VEHICLES = {
    vehicle.name: vehicle
    for vehicle in (
        Vehicle("car", 0.30, 90 * KMH),
        Vehicle("ambulance", 0.40, 90 * KMH),
        Vehicle("fire_engine", 0.70, 70 * KMH),
        Vehicle("boat", 0.50, 10 * KMH, floats=True),
        Vehicle("pedestrian", 0.30, 1.2, walks=True),
    )
}
"""Classes of vehicles. 0.30 m: Pregnolato et al. (2017) for cars, and H1 of AR&R for people on
foot. 0.40 and 0.70 m are the cautious ends of what is said of ambulances (0.4 to 0.5 m) and fire
engines (0.7 to 0.8 m); 0.50 m under a rescue boat is a judgement. A city knows its own."""

FREE_SPEED = {"motorway": 90 * KMH, "main": 50 * KMH, "street": 30 * KMH, "path": 10 * KMH}
"""Speed on a dry road by its kind [m s-1]: judgements of city traffic."""


def vehicle_named(name):
    """A class of vehicles.

    Raises
    ------
    InputError
        There is none of this name.
    """
    if name not in VEHICLES:
        raise InputError(
            f"vehicle is {str(name)[:40]!r}, expected one of {', '.join(VEHICLES)}; choose one"
        )
    return VEHICLES[name]


def pregnolato_speed(depth):
    """Largest safe speed of a car in water [m s-1]; NaN where the depth is not known.

    Parameters
    ----------
    depth : array-like
        Of the water on the road [m].

    Notes
    -----
    Pregnolato, Ford, Wilkinson and Dawson (2017), Transp. Res. D 55, 67-81:
    v = 0.0009 w^2 - 0.5529 w + 86.9448 [km/h] with w in millimetres. The parabola turns up again
    behind 307 mm, so it is cut: no speed from 300 mm on, and never below zero.

    Examples
    --------
    >>> [round(float(pregnolato_speed(d) * 3.6), 2) for d in (0, 0.15, 0.3, 0.6)]
    [86.94, 24.26, 0.0, 0.0]
    """
    depth = np.asarray(depth, float)
    millimetres = 1000.0 * np.maximum(depth, 0.0)
    speed = np.maximum(0.0, (0.0009 * millimetres - 0.5529) * millimetres + 86.9448) * KMH
    # A rounded float32 must not let 300 mm through.
    return np.where(millimetres >= 300.0 - 1e-3, 0.0, np.where(np.isfinite(depth), speed, np.nan))


def safe_speed(depth, free_speed, vehicle):
    """Speed of a vehicle on a road under water [m s-1]; 0 where it does not get through.

    Parameters
    ----------
    depth : array-like
        Of the water on the road [m]; NaN gives NaN.
    free_speed : array-like
        On the dry road [m s-1].
    vehicle : Vehicle
        Which.

    Notes
    -----
    min(v_free, v(w)) with `pregnolato_speed`. For other limits than that of a car the depth is
    scaled, w' = w 0.3 / limit: an assumption, no curve for heavy vehicles was found that could be
    checked. A boat goes at its own speed where it floats, and nowhere else.
    """
    depth = np.asarray(depth, float)
    if vehicle.floats:
        speed = np.where(depth >= vehicle.limit, vehicle.top_speed, 0.0)
        return np.where(np.isfinite(depth), speed, np.nan)
    in_water = pregnolato_speed(depth * (LIGHT_LIMIT / vehicle.limit))
    return np.minimum(np.minimum(free_speed, vehicle.top_speed), in_water)


def is_passable(depth, vehicle):
    """Whether a vehicle gets through, bool; an unknown depth is never passable."""
    return np.nan_to_num(safe_speed(depth, np.inf, vehicle)) > 0


@dataclass(frozen=True)
class LineCells:
    """The cells under lines.

    Attributes
    ----------
    line : numpy.ndarray of int
        Number of the line, ascending, shape (sample,).
    cell : numpy.ndarray of int
        Flat index of the cell of each sample, shape (sample,).
    count : int
        Lines.
    """

    line: np.ndarray
    cell: np.ndarray
    count: int

    def of(self, line):
        """Flat indices of the cells under one line."""
        first, last = np.searchsorted(self.line, (line, line + 1))
        return self.cell[first:last]

    def deepest(self, depth):
        """Largest value under each line, shape (line,); NaN where no sample has one.

        Parameters
        ----------
        depth : (y, x) array
            NaN (outside of the city) is passed over.
        """
        result = np.full(self.count, np.nan, np.float32)
        if self.cell.size:
            starts = np.flatnonzero(np.diff(self.line, prepend=-1))
            values = np.asarray(depth, np.float32).ravel()[self.cell]
            result[self.line[starts]] = np.fmax.reduceat(values, starts)
        return result

    def without(self, cells, lines):
        """The same less some cells (flat indices) under some lines (bool, shape (line,))."""
        kept = ~(np.isin(self.cell, cells) & np.asarray(lines)[self.line])
        return LineCells(self.line[kept], self.cell[kept], self.count)


def line_cells(lines, grid):
    """Cells under lines, sampled at half a cell or closer.

    Parameters
    ----------
    lines : array-like of shapely LineString
        In the CRS of the grid; an empty or missing one has no cells.
    grid : twin.grid.Grid
        Cells of the depths.

    Returns
    -------
    LineCells
        Without samples outside of the grid; a line has each cell once.
    """
    import shapely

    lines = np.asarray(lines, dtype=object)
    length = np.nan_to_num(shapely.length(lines))
    usable = ~(shapely.is_missing(lines) | shapely.is_empty(lines))
    pieces = np.where(usable, np.ceil(2.0 * length / grid.cell_size).astype(int), -1)
    line = np.repeat(np.arange(len(lines)), pieces + 1)
    first = np.cumsum(pieces + 1) - (pieces + 1)
    number = np.arange(line.size) - first[line]
    along = number / np.maximum(pieces, 1)[line] * length[line]
    points = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along))
    column = np.floor((points[:, 0] - grid.x0) / grid.cell_size).astype(int)
    row = np.floor((grid.y0 - points[:, 1]) / grid.cell_size).astype(int)
    inside = (row >= 0) & (row < grid.ny) & (column >= 0) & (column < grid.nx)
    cells = grid.nx * grid.ny
    pairs = np.unique(line[inside].astype(np.int64) * cells + (row * grid.nx + column)[inside])
    return LineCells(pairs // cells, pairs % cells, len(lines))


def spans(lines, level, grid, is_open_water):
    """Which roads lie on a bridge from end to end, bool: no water of the model reaches them.

    Parameters
    ----------
    lines, level, grid, is_open_water
        As for `ground_cells`. A road that its layer calls a bridge is one; so is a road that has
        open water under it and no ground.
    """
    found = line_cells(lines, grid)
    wet = np.asarray(is_open_water).ravel()[found.cell]
    count = np.bincount(found.line, minlength=found.count)
    over_water = np.bincount(found.line, wet, minlength=found.count)
    return (level > 0) | ((count > 0) & (over_water == count))


def ground_cells(lines, level, grid, is_open_water):
    """Cells of the ground that roads lie on.

    Parameters
    ----------
    lines : array-like of shapely LineString
        Roads, in the CRS of the grid.
    level : numpy.ndarray of int
        Of each road: over 0 on a bridge, under 0 in an underpass.
    grid : twin.grid.Grid
        Cells of the depths.
    is_open_water : (y, x) array of bool
        Rivers, canals and ponds: a road over them is on a bridge, whatever its layer says.

    Returns
    -------
    LineCells
        None under a bridge; none of an underpass under the roads that pass above it.
    """
    found = line_cells(lines, grid)
    kept = (level[found.line] <= 0) & ~np.asarray(is_open_water).ravel()[found.cell]
    found = LineCells(found.line[kept], found.cell[kept], found.count)
    below = np.unique(found.cell[level[found.line] < 0])
    return found.without(below, level >= 0)

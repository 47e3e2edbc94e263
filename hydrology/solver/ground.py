"""What the water flows over: the terrain as padded arrays, with walls, roofs and outlets."""

from dataclasses import dataclass

import numpy as np

from hydrology.solver.cpu import HALO
from twin.errors import InputError
from twin.fields import require
from twin.grid import Grid

PAD = HALO + 1
"""Cells around the city in the padded arrays: a ring that may be an outlet, then wall."""

WALL = 1e5
"""Ground of a cell that no water enters [m]."""

OUTLET_DROP = 100.0
"""How far the ground of an outlet lies below its neighbour [m]: a free fall."""

DEFAULT_MANNING = 0.03
"""Roughness where the terrain gives none [s m-1/3]."""

SIDES = {"north": (0, -1), "south": (0, 1), "west": (1, -1), "east": (1, 1)}
"""Axis and step that bring a cell's neighbour to the place outside of each side."""

BUILT = 0.5
"""Share of a cell that is built on from which the cell is a building."""


@dataclass(frozen=True)
class Ground:
    """Padded rasters of one city, shape (ny + 2 PAD, nx + 2 PAD).

    Parameters
    ----------
    grid : Grid
        The city without padding.
    datum : float
        Height that `elevation` counts from, near the middle of the city's [m]: so float32 holds
        tenths of a micrometre on any mountain.
    elevation, manning, infiltration, drain : array
        [m], [s m-1/3], [m s-1], [m s-1].
    open_cell : bool array
        Where water can be: inside the city and not a closed building.
    roofs, roofs_to : int arrays
        Flat indices of closed buildings and of the open cell that takes the rain of each.
    outlets : (n, 2) int array
        Row and column of the cells outside into which the city drains.
    """

    grid: Grid
    datum: float
    elevation: np.ndarray
    manning: np.ndarray
    infiltration: np.ndarray
    drain: np.ndarray
    open_cell: np.ndarray
    roofs: np.ndarray
    roofs_to: np.ndarray
    outlets: np.ndarray


def inner(array):
    """Return the city's part of a padded array, as a view."""
    return array[..., PAD:-PAD, PAD:-PAD]


def pad(array, value, dtype):
    """Return an array over the city with `PAD` cells of `value` on each side."""
    shape = (*array.shape[:-2], array.shape[-2] + 2 * PAD, array.shape[-1] + 2 * PAD)
    padded = np.full(shape, value, dtype)
    inner(padded)[...] = array
    return padded


def prepare_ground(terrain, edges, dtype):
    """Turn a Terrain dataset into the rasters of the kernel.

    Parameters
    ----------
    terrain : xarray.Dataset
        Over (y, x), with `elevation` (NaN is outside of the city) and any of the other terrain
        fields; attributes `crs` and `buildings_as` ("raised", "blockage" or "none").
    edges : str
        What happens to water at the edge of the city, see `free_sides`.
    dtype : numpy dtype
        float32 or float64.

    Raises
    ------
    InputError
        A field is missing, out of range or all void.
    """
    grid = Grid.of(terrain)
    elevation = np.array(require(terrain, "elevation", allow_nan=True)["elevation"], np.float64)
    inside = np.isfinite(elevation)
    if not inside.any():
        raise InputError(
            "elevation is void everywhere, expected heights in metres; check the terrain file"
        )
    built = _optional(terrain, "building_blockage", 0.0) >= BUILT
    closed = built & inside if terrain.attrs.get("buildings_as") == "blockage" else ~inside
    if terrain.attrs.get("buildings_as") == "raised":
        elevation = elevation + np.where(built, _optional(terrain, "building_height", 0.0), 0.0)
    open_cell = inside & ~closed
    if not open_cell.any():
        raise InputError(
            "every cell is a building, expected open ground between them; check the buildings"
        )
    datum = float(np.median(elevation[open_cell]))
    elevation = np.where(open_cell, elevation - datum, WALL)
    sealed = np.where(built, 1.0, _optional(terrain, "imperviousness", 0.0))
    infiltration = _optional(terrain, "infiltration_rate", 0.0) * (1.0 - sealed)
    drain = _optional(terrain, "drain_capacity", 0.0)
    padded = pad(elevation, WALL, dtype)
    manning = pad(_optional(terrain, "manning", DEFAULT_MANNING), DEFAULT_MANNING, dtype)
    is_open = pad(open_cell, False, bool)
    roofs = np.flatnonzero(pad(closed & inside, False, bool))
    outlets = _outlets(padded, manning, is_open, pad(inside, False, bool), edges)
    return Ground(
        grid=grid,
        datum=datum,
        elevation=padded,
        manning=manning,
        infiltration=pad(np.where(open_cell, infiltration, 0.0), 0.0, dtype),
        drain=pad(np.where(open_cell, drain, 0.0), 0.0, dtype),
        open_cell=is_open,
        roofs=roofs,
        roofs_to=nearest_open(is_open, roofs),
        outlets=outlets,
    )


def _optional(terrain, name, default):
    """Return a field of the terrain, or its default everywhere; NaN becomes the default."""
    if name not in terrain:
        return np.full(terrain["elevation"].shape, default)
    values = np.asarray(require(terrain, name, allow_nan=True)[name], np.float64)
    return np.where(np.isfinite(values), values, default)


def free_sides(edges):
    """Sides of the city at which water leaves freely.

    Parameters
    ----------
    edges : str
        "closed", "free", or some of "north", "south", "west", "east", separated by commas.

    Raises
    ------
    InputError
        It is none of these.

    Examples
    --------
    >>> sorted(free_sides("north,east"))
    ['east', 'north']
    """
    if edges in ("closed", "free"):
        return set(SIDES) if edges == "free" else set()
    sides = {side.strip() for side in str(edges).split(",")}
    if not sides <= set(SIDES):
        raise InputError(
            f"edges is {edges!r}, expected 'closed', 'free' or sides such as 'north,east'; "
            "name one of them"
        )
    return sides


def _outlets(elevation, manning, is_open, inside, edges):
    """Lower the cells just outside of the free sides of the city below their neighbours."""
    lowest, rough = np.full(elevation.shape, np.inf), manning.copy()
    for side in sorted(free_sides(edges)):
        axis, step = SIDES[side]
        neighbour = np.roll(np.where(is_open, elevation, np.inf), step, axis)
        rough = np.where(neighbour < lowest, np.roll(manning, step, axis), rough)
        lowest = np.minimum(lowest, neighbour)
    outlet = ~inside & np.isfinite(lowest)
    elevation[outlet] = lowest[outlet] - OUTLET_DROP
    manning[outlet] = rough[outlet]
    return np.argwhere(outlet)


def nearest_open(is_open, cells):
    """Flat index of an open cell close to each of `cells`, by growing the open cells outwards.

    Parameters
    ----------
    is_open : (rows, columns) bool array
        At least one is true.
    cells : (n,) int array
        Flat indices.
    """
    if not len(cells):
        return cells
    target = np.where(is_open.ravel(), np.arange(is_open.size), -1).reshape(is_open.shape)
    while (target.ravel()[cells] < 0).any():
        grown = target.copy()
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
            neighbour = np.roll(target, step, axis)
            grown = np.where(grown < 0, neighbour, grown)
        target = grown
    return target.ravel()[cells]

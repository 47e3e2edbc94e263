"""What the water flows over: the terrain as padded arrays, with walls, roofs and outlets."""

from dataclasses import dataclass

import numpy as np

from hydrology.solver.work import WALL
from twin.errors import InputError
from twin.fields import require
from twin.grid import Grid

PAD = 1
"""Cells around the city in the padded arrays: a ring of walls that may be outlets."""

OUTLET_DROP = 100.0
"""How far the ground of an outlet lies below its neighbour [m]: a free fall."""

DEFAULT_MANNING = 0.03
"""Roughness where the terrain gives none [s m-1/3]."""

SIDES = {"north": (0, -1), "south": (0, 1), "west": (1, -1), "east": (1, 1)}
"""Axis and step that bring a cell's neighbour to the place outside of each side."""

BUILT = 0.5
"""Share of a cell that is built on from which the cell is a building."""

SAMPLE = 1_000_000
"""Cells, about, from which the middle height of a large city is taken."""


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
    elevation, manning : array
        [m], `WALL` where no water can be; [s m-1/3].
    drain : array or None
        Capacity of the drains [m s-1]; None where there are none.
    infiltration : array or None
        Infiltration of the terrain [m s-1], for the share of open soil; None where there is none.
    roofs, roofs_to : int arrays
        Flat indices of closed buildings and of the open cell that takes the rain of each.
    outlets : (n, 5) int array
        Row and column of the cells outside into which the city drains, the step in rows and
        columns to the cell that each drains, and 1 for a free fall, 0 for an outflow at slope.
    openings : tuple of three arrays, or None
        Open share of west and north faces, and one over the share of a cell that holds water.
    """

    grid: Grid
    datum: float
    elevation: np.ndarray
    manning: np.ndarray
    drain: np.ndarray | None
    infiltration: np.ndarray | None
    roofs: np.ndarray
    roofs_to: np.ndarray
    outlets: np.ndarray
    openings: tuple | None

    def is_open(self, row, column):
        """Whether water can be in cells of the city, given by rows and columns."""
        return self.elevation[np.asarray(row) + PAD, np.asarray(column) + PAD] < WALL

    @property
    def open_cell(self):
        """Where water can be: inside the city and not a closed building, padded."""
        is_open = self.elevation < WALL
        is_open[:PAD], is_open[-PAD:], is_open[:, :PAD], is_open[:, -PAD:] = (False,) * 4
        is_open[self.outlets[:, 0], self.outlets[:, 1]] = False
        return is_open

    @property
    def nbytes(self):
        """Memory of all rasters [bytes]."""
        rasters = [v for v in vars(self).values() if isinstance(v, np.ndarray)]
        return sum(raster.nbytes for raster in (*rasters, *(self.openings or ())))


def inner(array):
    """Return the city's part of a padded array, as a view."""
    return array[..., PAD:-PAD, PAD:-PAD]


def pad(array, value, dtype):
    """Return an array over the city with `PAD` cells of `value` on each side."""
    shape = (*array.shape[:-2], array.shape[-2] + 2 * PAD, array.shape[-1] + 2 * PAD)
    padded = np.full(shape, value, dtype)
    inner(padded)[...] = array
    return padded


def prepare_ground(terrain, edges, dtype, slopes=(), closed_faces=()):
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
    slopes : sequence of (str, float)
        Sides at which water leaves at its normal depth for a slope of the bed.
    closed_faces : sequence of (row, column, "west" or "north")
        Faces that let nothing through.

    Returns
    -------
    Ground

    Raises
    ------
    InputError
        A field is missing, out of range or all void.
    """
    grid = Grid.of(terrain)
    elevation, inside, closed, built = _surface(terrain)
    datum = _middle(elevation, inside & ~closed)
    elevation -= datum
    elevation[~inside | closed] = WALL
    padded = pad(elevation, WALL, dtype)
    del elevation
    drops = {side: slope * grid.cell_size for side, slope in slopes}
    manning = pad(_optional(terrain, "manning", DEFAULT_MANNING), DEFAULT_MANNING, dtype)
    is_open = padded < WALL
    roofs = np.flatnonzero(pad(closed & inside, False, bool)) if closed.any() else np.zeros(0, int)
    outlets = _outlets(padded, manning, is_open, pad(inside, False, bool), edges, drops)
    return Ground(
        grid=grid,
        datum=datum,
        elevation=padded,
        manning=manning,
        drain=_rates(terrain, "drain_capacity", is_open, dtype),
        infiltration=_rates(terrain, "infiltration_rate", is_open, dtype, built),
        roofs=roofs,
        roofs_to=nearest_open(is_open, roofs),
        outlets=outlets,
        openings=_openings(terrain, closed_faces, dtype),
    )


def _surface(terrain):
    """Height of the ground with raised buildings [m], where the city is, is closed, is built."""
    elevation = np.array(require(terrain, "elevation", allow_nan=True)["elevation"], np.float64)
    inside = np.isfinite(elevation)
    if not inside.any():
        raise InputError(
            "elevation is void everywhere, expected heights in metres; check the terrain file"
        )
    built = _optional(terrain, "building_blockage", 0.0) >= BUILT
    buildings_as = terrain.attrs.get("buildings_as")
    if buildings_as == "raised" and built.any():
        elevation[built] += _optional(terrain, "building_height", 0.0)[built]
    closed = built & inside if buildings_as == "blockage" else np.zeros_like(inside)
    if not (inside & ~closed).any():
        raise InputError(
            "every cell is a building, expected open ground between them; check the buildings"
        )
    return elevation, inside, closed, built


def _middle(elevation, is_open):
    """Height in the middle of the open cells, of a large city from a sample of them [m]."""
    every = max(1, elevation.size // SAMPLE)
    heights = elevation.ravel()[::every][is_open.ravel()[::every]]
    return float(np.median(heights if heights.size else elevation[is_open]))


def _rates(terrain, name, is_open, dtype, sealed_too=None):
    """Rate of a sink on each cell [m s-1], none on walls; None where there is none at all."""
    if name not in terrain:
        return None
    rates = _optional(terrain, name, 0.0)
    if sealed_too is not None:
        rates *= open_share(terrain, sealed_too)
    if not rates.any():
        return None
    padded = pad(rates, 0.0, dtype)
    padded[~is_open] = 0
    return padded


def open_share(terrain, built=None):
    """Share of each cell of a terrain that is open soil, shape (ny, nx)."""
    if built is None:
        built = _optional(terrain, "building_blockage", 0.0) >= BUILT
    return np.where(built, 0.0, 1.0 - _optional(terrain, "imperviousness", 0.0))


def _openings(terrain, closed_faces, dtype):
    """Open shares of faces, and one over the porosity of cells; None where all is open."""
    names = ("conveyance_x", "conveyance_y", "porosity")
    if not any(name in terrain for name in names) and not len(closed_faces):
        return None
    x, y, porosity = (pad(_optional(terrain, name, 1.0), 1.0, dtype) for name in names)
    for row, column, side in closed_faces:
        faces = x if side == "west" else y
        faces[row + PAD, column + PAD] = 0
    return x, y, (1.0 / porosity).astype(dtype)


def _optional(terrain, name, default):
    """Return a field of the terrain, or its default everywhere; NaN becomes the default."""
    if name not in terrain:
        return np.full(terrain["elevation"].shape, default, np.float32)
    values = np.array(require(terrain, name, allow_nan=True)[name], np.float64)
    values[~np.isfinite(values)] = default
    return values


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


def _outlets(elevation, manning, is_open, inside, edges, slopes):
    """Lower the cells just outside of the free sides of the city below their neighbours.

    By a free fall, or where `slopes` names the side, by that slope. Returns rows of: row, column,
    steps in rows and columns to the cell that is drained, and 1 for a free fall.
    """
    outlets = []
    for side in sorted(free_sides(edges) | set(slopes)):
        axis, step = SIDES[side]
        back = (-step, 0) if axis == 0 else (0, -step)
        outside = np.roll(is_open, step, axis) & ~inside
        for row, column in np.argwhere(outside):
            at, drained = (row, column), (row + back[0], column + back[1])
            ground = elevation[drained] - slopes.get(side, OUTLET_DROP)
            if ground < elevation[at]:
                elevation[at], manning[at] = ground, manning[drained]
                outlets.append((*at, *back, side not in slopes))
    kept = {outlet[:2]: outlet for outlet in outlets}
    return np.array(list(kept.values()), np.int64).reshape(-1, 5)


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

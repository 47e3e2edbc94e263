"""Who and what stands in the water: depth around each building, people, districts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.grid import Grid

THRESHOLDS = (0.1, 0.3, 0.5)
"""Depths at which people are counted [m]: 0.1 wet feet, 0.3 cars float, 0.5 relief is paid."""

_NEIGHBOURS = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


@dataclass(frozen=True)
class BuildingRings:
    """The cells around each building.

    Attributes
    ----------
    building : numpy.ndarray of int
        Row of the buildings layer, ascending, shape (pair,).
    cell : numpy.ndarray of int
        Flat index of a cell in its ring, shape (pair,).
    count : int
        Buildings in the layer.
    """

    building: np.ndarray
    cell: np.ndarray
    count: int

    def of(self, building):
        """Flat indices of the cells around one building."""
        first, last = np.searchsorted(self.building, (building, building + 1))
        return self.cell[first:last]

    def deepest(self, depth):
        """Largest depth in each ring, shape (building,) [m].

        Parameters
        ----------
        depth : (y, x) array
            Depth [m]; NaN (outside of the city) is passed over.

        Returns
        -------
        numpy.ndarray of float32
            NaN for a building that lies outside of the grid or of the city.
        """
        result = np.full(self.count, np.nan, np.float32)
        if self.cell.size:
            starts = np.flatnonzero(np.diff(self.building, prepend=-1))
            values = np.asarray(depth, np.float32).ravel()[self.cell]
            result[self.building[starts]] = np.fmax.reduceat(values, starts)
        return result

    def quantile(self, depth, share):
        """Depth that a share of each ring does not exceed, shape (building,) [m].

        Parameters
        ----------
        depth : (y, x) array
            Depth [m]; NaN (outside of the city) is passed over.
        share : float
            0 to 1; linear between the depths of two cells.

        Returns
        -------
        numpy.ndarray of float32
            NaN for a building that lies outside of the grid or of the city.
        """
        values = np.asarray(depth, np.float32).ravel()[self.cell]
        known = np.isfinite(values)
        building, values = self.building[known], values[known]
        values = values[np.lexsort((values, building))]
        count = np.bincount(building, minlength=self.count)
        first = (np.cumsum(count) - count)[count > 0]
        place = first + share * (count[count > 0] - 1)
        below = np.floor(place).astype(int)
        above = np.ceil(place).astype(int)
        result = np.full(self.count, np.nan, np.float32)
        result[count > 0] = values[below] + (place - below) * (values[above] - values[below])
        return result


def building_rings(buildings, grid):
    """Find the cells around each building once, for any number of depth fields.

    Parameters
    ----------
    buildings : GeoDataFrame
        Polygons in the CRS of the grid.
    grid : Grid
        Cells of the depths.

    Returns
    -------
    BuildingRings
        The ring is every cell that touches the footprint's cells and is no building itself;
        where there is none (a house in a closed block) the footprint's own cells count.

    Raises
    ------
    InputError
        The buildings are in another reference system.
    """
    _require_crs(buildings, grid)
    labels = _labels(buildings, grid)
    inside = np.flatnonzero(labels)
    owner = labels.ravel()[inside] - 1
    building, cell = _around(labels, inside, owner)
    without_ring = ~np.isin(owner, building)
    building = np.concatenate((building, owner[without_ring]))
    cell = np.concatenate((cell, inside[without_ring]))
    pairs = np.unique(building.astype(np.int64) * labels.size + cell)
    return BuildingRings(pairs // labels.size, pairs % labels.size, len(buildings))


def building_depths(buildings, depth, grid=None):
    """Depth at each building over time.

    Parameters
    ----------
    buildings : GeoDataFrame
        Polygons in the CRS of the grid.
    depth : xarray.DataArray or array (time, y, x)
        Depth [m]; read frame by frame, so it may be larger than memory.
    grid : Grid, optional
        Cells of `depth`; by default those of its coordinates and attribute ``crs``.

    Returns
    -------
    numpy.ndarray of float32
        Shape (time, building) [m]: the largest depth in the ring of one cell around the
        footprint. NaN for buildings outside of the city.
    """
    grid = Grid.of(depth) if grid is None else grid
    rings = building_rings(buildings, grid)
    frames = [rings.deepest(depth[index]) for index in range(depth.shape[0])]
    return np.stack(frames) if frames else np.empty((0, rings.count), np.float32)


def knows_people(buildings):
    """Whether any building says how many people are in it: if none does, nobody knows."""
    return "occupants" in buildings and bool(buildings["occupants"].notna().any())


def people_exposed(buildings, depths, thresholds=THRESHOLDS):
    """People in buildings that stand deeper than each threshold.

    Parameters
    ----------
    buildings : GeoDataFrame
        With ``occupants``; missing numbers count as nobody.
    depths : (..., building) array
        Depth at each building [m].
    thresholds : sequence of float
        Depths [m].

    Returns
    -------
    dict
        ``threshold -> people``; arrays over the leading dimensions of `depths`.
    """
    occupants = _occupants(buildings)
    return {depth: ((np.asarray(depths) > depth) * occupants).sum(axis=-1) for depth in thresholds}


def district_severity(districts, buildings, depths):
    """How hard each district is hit.

    Parameters
    ----------
    districts : GeoDataFrame
        With ``name``.
    buildings : GeoDataFrame
        With ``occupants``.
    depths : (building,) array
        Largest depth at each building [m].

    Returns
    -------
    pandas.DataFrame
        One row a district, the worst first: ``district``, ``buildings`` (deeper than 0.1 m),
        ``people_0_1_m``, ``people_0_3_m``, ``people_0_5_m``, ``deepest_m`` and ``severity``: the
        number of those thresholds (0 to 3) at which somebody is exposed.
    """
    names = districts["name"].astype(str).to_numpy()
    home = home_districts(buildings, districts)
    occupants, depths = _occupants(buildings), np.asarray(depths, float)
    known = home >= 0
    people = {
        threshold: np.bincount(
            home[known], ((depths > threshold) * occupants)[known], len(names)
        ).astype(int)
        for threshold in THRESHOLDS
    }
    deepest = np.zeros(len(names))
    np.fmax.at(deepest, home[known], depths[known])
    table = pd.DataFrame({"district": names})
    table["buildings"] = np.bincount(home[known], (depths > THRESHOLDS[0])[known], len(names))
    table["buildings"] = table["buildings"].astype(int)
    for threshold, counts in people.items():
        table[f"people_{threshold:g}_m".replace(".", "_")] = counts
    table["deepest_m"] = deepest
    table["severity"] = sum((counts > 0).astype(int) for counts in people.values())
    order = ["severity", "people_0_3_m", "people_0_1_m", "deepest_m"]
    return table.sort_values(order, ascending=False, kind="stable", ignore_index=True)


def _labels(buildings, grid):
    """Row of the building plus one on its cells, 0 on open ground, shape (y, x)."""
    from rasterio.features import rasterize

    labels = np.zeros(grid.shape, np.int32)
    shapes = [
        (shape, number)
        for number, shape in enumerate(buildings.geometry, 1)
        if shape is not None and not shape.is_empty
    ]
    if shapes:
        rasterize(shapes, out=labels, transform=grid.transform)
    # a building smaller than a cell, or hidden under another one, gets the cell of its middle
    absent = np.setdiff1d([number for _, number in shapes], labels)
    middles = buildings.geometry.iloc[absent.astype(int) - 1].representative_point()
    for number, point in zip(absent.astype(int), middles, strict=True):
        cell = grid.cell_of(point.x, point.y)
        if cell is not None and labels[cell] == 0:
            labels[cell] = number
    return labels


def _around(labels, inside, owner):
    """Pairs of building and open cell that touch each other."""
    ny, nx = labels.shape
    row, column = np.divmod(inside, nx)
    buildings, cells = [], []
    for step_y, step_x in _NEIGHBOURS:
        y, x = row + step_y, column + step_x
        is_on_grid = (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
        cell = y[is_on_grid] * nx + x[is_on_grid]
        is_open = labels.ravel()[cell] == 0
        buildings.append(owner[is_on_grid][is_open])
        cells.append(cell[is_open])
    return np.concatenate(buildings), np.concatenate(cells)


def _occupants(buildings):
    if "occupants" not in buildings:
        return np.zeros(len(buildings))
    return np.nan_to_num(pd.to_numeric(buildings["occupants"], errors="coerce").to_numpy(float))


def home_districts(objects, districts):
    """Row of the district that holds the middle of each object, -1 outside of all.

    Parameters
    ----------
    objects, districts : geopandas.GeoDataFrame
        In one CRS; on a shared border the first district wins.
    """
    middles = objects.geometry.representative_point().to_numpy()
    found, district = districts.sindex.query(middles, predicate="intersects")
    home = np.full(len(objects), -1)
    home[found[::-1]] = district[::-1]
    return home


def _require_crs(layer, grid):
    from pyproj import CRS

    if layer.crs is not None and layer.crs != CRS.from_user_input(grid.crs):
        raise InputError(
            f"the buildings are in {layer.crs.to_string()}, expected {grid.crs}; "
            "convert them with to_crs"
        )

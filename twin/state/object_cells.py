"""In which cells the water at an object stands."""

import numpy as np

from twin.roads.passability import LineCells

NO_CELLS = LineCells(np.empty(0, int), np.empty(0, int), 0)


def open_water(city, water):
    """Whether a cell is water before any rain (river, canal, pond), bool, shape (y, x).

    Parameters
    ----------
    city : twin.city.City
        With a field ``initial_depth``, or without.
    water : geopandas.GeoDataFrame or None
        Its layer of waters, polygons.
    """
    from rasterio.features import rasterize

    grid = city.grid
    found = np.zeros(grid.shape, np.uint8)
    if "initial_depth" in city.terrain_fields:
        window = city.terrain_window(0, 0, grid.ny, grid.nx, ["initial_depth"])
        found |= window["initial_depth"].values > 0
    if water is not None:
        shapes = [shape for shape in water.geometry if shape is not None and shape.area > 0]
        if shapes:
            rasterize(shapes, out=found, transform=grid.transform)
    return found.astype(bool)


def hosts_of(points, buildings):
    """Row of the building that each point stands in, -1 in the open, shape (point,)."""
    host = np.full(len(points), -1)
    if buildings is not None and len(buildings):
        point, building = buildings.sindex.query(points.to_numpy(), predicate="intersects")
        host[point] = building
    return host


def point_cells(points, reach, grid, is_open_water, rings, hosts):
    """Cells around points: dry ground within reach, or the ring of the building they stand in.

    Parameters
    ----------
    points : geopandas.GeoSeries
        In the CRS of the grid; missing ones have no cells.
    reach : float
        How far the middle of a cell may be [m].
    grid : twin.grid.Grid
        Cells of the depths.
    is_open_water : (y, x) array of bool
        `open_water`.
    rings : twin.exposure.BuildingRings or None
        Of the buildings.
    hosts : (point,) array of int
        `hosts_of`.

    Returns
    -------
    twin.roads.passability.LineCells
        One "line" a point.
    """
    number, cells = [], []
    for row, (point, host) in enumerate(zip(points, hosts, strict=True)):
        if point is None or point.is_empty:
            continue
        found = rings.of(host) if host >= 0 else _disc(point, reach, grid, is_open_water)
        cells.append(found)
        number.append(np.full(found.size, row))
    if not cells:
        return LineCells(np.empty(0, int), np.empty(0, int), len(points))
    return LineCells(np.concatenate(number), np.concatenate(cells), len(points))


def _disc(point, reach, grid, is_open_water):
    """Cells of dry ground whose middle lies within reach of a point."""
    middle, width = grid.cell_of(point.x, point.y), int(reach / grid.cell_size) + 1
    if middle is None:
        return np.empty(0, int)
    top, left = max(middle[0] - width, 0), max(middle[1] - width, 0)
    y, x = np.mgrid[top : middle[0] + width + 1, left : middle[1] + width + 1]
    y, x = y.ravel(), x.ravel()
    is_on_grid = (y < grid.ny) & (x < grid.nx)
    y, x = y[is_on_grid], x[is_on_grid]
    near = np.hypot(grid.x[x] - point.x, grid.y[y] - point.y) <= reach
    near &= ~is_open_water[y, x]
    return y[near] * grid.nx + x[near]

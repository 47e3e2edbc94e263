"""Where things of a case lie: the cells of a point, a line, a side or a polygon."""

from itertools import pairwise

import numpy as np

from hydrology.cases.csv import numbers, read_csv
from hydrology.solver.ground import SIDES
from twin.errors import InputError

PLACES = ("line", "point", "points", "side")
"""Keys of which a boundary has one."""


def read_place(table, cells):
    """Rows and columns of the cells of a boundary.

    Parameters
    ----------
    table : hydrology.cases.tables.Table
        With one of the keys of `PLACES`; with `side` also `between`.
    cells : hydrology.cases.fields.Cells
        The cells of the run.

    Raises
    ------
    InputError
        It has none or two of these keys, or lies off the grid.
    """
    given = [key for key in PLACES if key in table]
    if len(given) > 1:
        raise InputError(
            f"{table.where} has {' and '.join(given)}, expected one of {', '.join(PLACES)}; leave "
            "the others out"
        )
    if not given:  # it is told of the place that most cases have
        raise table.refusal(
            "line", "two or more points [[x, y], [x, y]], or point, points or side instead"
        )
    if "between" in table and given != ["side"]:
        raise table.refusal("between", "it beside side only")
    if given == ["line"]:
        return cells_on_line(cells.grid, table.points("line"))
    if given == ["side"]:
        return _cells_on_side(table, cells)
    points = [table.point("point")] if given == ["point"] else table.points("points", 1)
    found = np.array([cell_of_point(cells.grid, point, table.where) for point in points])
    found = np.array(list(dict.fromkeys(map(tuple, found))))
    return found[:, 0], found[:, 1]


def cell_of_point(grid, point, what):
    """Row and column of the cell that holds a point.

    Raises
    ------
    InputError
        It lies off the grid.
    """
    cell = _cell_with_edges(grid, *point)
    if cell is None:
        raise InputError(
            f"{what} at ({point[0]:.1f}, {point[1]:.1f}) is off the grid "
            f"{tuple(round(b) for b in grid.bounds)}, expected it inside; move it or enlarge the "
            "terrain"
        )
    return cell


def _cell_with_edges(grid, x, y):
    """Cell of a point, of one on the outer edge the cell beside it; None outside."""
    west, south, east, north = grid.bounds
    if not (west <= x <= east and south <= y <= north):
        return None
    column, row = int((x - west) / grid.cell_size), int((north - y) / grid.cell_size)
    return min(row, grid.ny - 1), min(column, grid.nx - 1)


def cells_on_line(grid, line):
    """Rows and columns of the cells that a line touches, each once.

    Parameters
    ----------
    grid : Grid
        Cells of the city.
    line : (n, 2) array
        Points (x, y) in its CRS [m].

    Raises
    ------
    InputError
        A part of the line lies off the grid.
    """
    found = []
    for (x0, y0), (x1, y1) in pairwise(line):
        if _cell_with_edges(grid, x0, y0) is None or _cell_with_edges(grid, x1, y1) is None:
            raise InputError(
                f"line from ({x0:.0f}, {y0:.0f}) to ({x1:.0f}, {y1:.0f}) leaves the grid "
                f"{tuple(round(b) for b in grid.bounds)}, expected it inside; move it"
            )
        steps = int(np.hypot(x1 - x0, y1 - y0) / grid.cell_size * 4) + 2
        places = np.linspace((x0, y0), (x1, y1), steps)
        found += [_cell_with_edges(grid, x, y) for x, y in places]
    cells = np.array(list(dict.fromkeys(found)))
    return cells[:, 0], cells[:, 1]


def _cells_on_side(table, cells):
    """Outermost open cell of each row or column on one side of the domain."""
    side, grid = table.choice("side", tuple(SIDES)), cells.grid
    axis, _ = SIDES[side]
    is_open = cells.is_open if side in ("north", "west") else np.flip(cells.is_open, axis)
    first = is_open.argmax(axis)
    if side in ("south", "east"):
        first = is_open.shape[axis] - 1 - first
    along = np.flatnonzero(is_open.any(axis))
    if "between" in table:
        lowest, highest = sorted(table.point("between"))
        centre = (grid.x if axis == 0 else grid.y)[along]
        along = along[(centre >= lowest) & (centre <= highest)]
    if not along.size:
        raise InputError(
            f"{table.where} has no open cell on the {side} side, expected some; correct between"
        )
    return (first[along], along) if axis == 0 else (along, first[along])


def cells_in_polygon(table, grid):
    """Rows and columns of the cells whose centres lie in the polygon of a table.

    Parameters
    ----------
    table : hydrology.cases.tables.Table
        Its key `polygon` is points, or a CSV of x and y.
    grid : Grid
        The cells.

    Raises
    ------
    InputError
        It is no polygon, or holds no centre.
    MissingError
        The CSV is not there.
    """
    import shapely

    if isinstance(table.values.get("polygon"), list):
        corners = table.points("polygon", 3)
    else:
        corners = _read_corners(table.path("polygon"))
    # a city has many more cells than a polygon: look at those around it only
    columns = np.flatnonzero((grid.x >= corners[:, 0].min()) & (grid.x <= corners[:, 0].max()))
    rows = np.flatnonzero((grid.y >= corners[:, 1].min()) & (grid.y <= corners[:, 1].max()))
    x, y = np.meshgrid(grid.x[columns], grid.y[rows])
    row, column = np.nonzero(shapely.contains_xy(shapely.Polygon(corners), x, y))
    if not row.size:
        raise InputError(
            f"the polygon of {table.where} holds no centre of a cell of {grid.cell_size:g} m in "
            f"{tuple(round(b) for b in grid.bounds)}, expected some; move or enlarge it"
        )
    return rows[row], columns[column]


def _read_corners(path):
    """Corners of a polygon in a CSV, shape (n, 2) [m]."""
    frame = read_csv(path, header=None)
    corners = np.column_stack([numbers(frame, column, path) for column in (0, 1)])
    if len(corners) < 3:
        raise InputError(
            f"{path.name} has {len(corners)} rows, expected the 3 or more corners x, y of a "
            "polygon; is it cut off?"
        )
    return corners

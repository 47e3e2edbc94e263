"""A line on the map as faces between cells: where a levee stands."""

from itertools import pairwise

import numpy as np

from twin.errors import InputError


def faces_on_line(grid, points):
    """Pairs of cells on both sides of a line, without a gap: the faces of a levee.

    Parameters
    ----------
    grid : Grid
        The city's.
    points : sequence of (x, y)
        Two or more points of the line [m]; each moves to the nearest corner of cells.

    Returns
    -------
    rows, columns, to_rows, to_columns : (n,) int arrays
        Cells left of the line, and those right of it, in its direction. Faces on the edge of the
        grid are left out.

    Raises
    ------
    InputError
        The line has no face inside the grid.
    """
    x, y = np.asarray(points, float).reshape(-1, 2).T
    corners = np.column_stack(((grid.y0 - y) / grid.cell_size, (x - grid.x0) / grid.cell_size))
    faces = {}
    for start, stop in pairwise(np.rint(corners).astype(int).tolist()):
        for (row, column), (next_row, next_column) in pairwise(_stairs(start, stop)):
            j, i = min(row, next_row), min(column, next_column)
            if row == next_row:  # along a row: a cell north and one south of the line
                left, right = (j - 1, i), (j, i)
            else:
                left, right = (j, i), (j, i - 1)
            if next_column < column or next_row < row:
                left, right = right, left
            faces.setdefault(frozenset((left, right)), (*left, *right))
    pairs = np.array(list(faces.values()), int).reshape(-1, 4)
    inside = (pairs >= 0) & (pairs < (*grid.shape, *grid.shape))
    pairs = pairs[inside.all(axis=1)]
    if not len(pairs):
        raise InputError(
            f"line {np.asarray(points).tolist()} has no face inside the grid "
            f"{tuple(round(b) for b in grid.bounds)}, expected some; move it"
        )
    return tuple(pairs.T)


def _stairs(start, stop):
    """Corners from one to another, a row or a column at a time, close to the straight line."""
    (row, column), corners = start, [tuple(start)]
    rows, columns = abs(stop[0] - start[0]), abs(stop[1] - start[1])
    down, right = np.sign(stop[0] - start[0]), np.sign(stop[1] - start[1])
    done_rows = done_columns = 0
    while done_rows < rows or done_columns < columns:
        # Whichever of the two ways has fallen behind the line goes on.
        if (done_rows + 0.5) * columns < (done_columns + 0.5) * rows:
            done_rows, row = done_rows + 1, row + int(down)
        else:
            done_columns, column = done_columns + 1, column + int(right)
        corners.append((row, column))
    return corners

"""A terrain of triangles to a raster: plane heights at the centres of the cells inside."""

import numpy as np

_CELLS_AT_A_TIME = 5_000_000
_SMALLEST_AREA = 1e-9  # in plan [m2]: less stands upright and has no height


def rasterise_triangles(triangles, grid):
    """Height of triangles at the centres of the cells that they cover.

    Parameters
    ----------
    triangles : numpy.ndarray
        Shape (n, 3, 3): triangle, corner, (x, y, z) [m].
    grid : Grid
        Where to.

    Returns
    -------
    numpy.ndarray
        float32, shape (y, x) [m]; NaN where no triangle lies. Where two overlap, the lower one
        counts: a bridge or an overhang is no ground.
    """
    elevation = np.full(grid.shape, np.inf, dtype=np.float32)
    triangles = np.asarray(triangles, dtype=float).reshape(-1, 3, 3)
    triangles = triangles[np.abs(_double_area(triangles)) > _SMALLEST_AREA]
    lowest, highest = triangles[:, :, 1].min(axis=1), triangles[:, :, 1].max(axis=1)
    rows = max(1, _CELLS_AT_A_TIME // grid.nx)
    for row in range(0, grid.ny, rows):
        band = grid.window(row, 0, min(rows, grid.ny - row), grid.nx)
        _, south, _, north = band.bounds
        # From the corner of the band, or planes would lose their digits to large coordinates.
        local = triangles[(lowest <= north) & (highest >= south)] - [band.x0, band.y0, 0.0]
        for part in _portions(local, band):
            _burn(part, band, elevation[row : row + band.ny].reshape(-1))
    elevation[np.isinf(elevation)] = np.nan
    return elevation


def _double_area(triangles):
    a, b, c = triangles[:, 0, :2], triangles[:, 1, :2], triangles[:, 2, :2]
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])


def _portions(triangles, grid):
    """Parts of the triangles whose cells fit in memory together."""
    _, rows = _row_span(triangles, grid)
    span = np.ptp(triangles[:, :, 0], axis=1) / grid.cell_size
    cells = rows * (np.minimum(span, grid.nx) + 2)
    portion = (np.cumsum(cells) // _CELLS_AT_A_TIME).astype(int)
    starts = np.flatnonzero(np.diff(portion, prepend=-1))
    return np.split(triangles, starts[1:]) if len(triangles) else []


def _row_span(triangles, grid):
    """First row whose centres a triangle may hold, and how many such rows."""
    down = -triangles[:, :, 1] / grid.cell_size - 0.5
    first = np.clip(np.ceil(down.min(axis=1)), 0, grid.ny)
    last = np.clip(np.floor(down.max(axis=1)), -1, grid.ny - 1)
    return first.astype(int), np.maximum(last - first + 1, 0).astype(int)


def _expand(first, counts):
    """Index of the owner and running number of each item of many ranges."""
    owner = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return owner, np.arange(owner.size) - before[owner] + first[owner]


def _burn(triangles, grid, elevation):
    owner, row = _expand(*_row_span(triangles, grid))
    y = -(row + 0.5) * grid.cell_size
    left, right = _crossings(triangles[owner], y)
    slack = 1e-9  # a centre on a shared edge belongs to both
    first = np.clip(np.ceil(left / grid.cell_size - 0.5 - slack), 0, grid.nx)
    last = np.clip(np.floor(right / grid.cell_size - 0.5 + slack), -1, grid.nx - 1)
    counts = np.maximum(last - first + 1, 0).astype(int)
    line, column = _expand(first.astype(int), counts)
    z0, slope_x, slope_y = _planes(triangles)
    owner = owner[line]
    x = (column + 0.5) * grid.cell_size
    z = z0[owner] + slope_x[owner] * x + slope_y[owner] * y[line]
    np.minimum.at(elevation, row[line] * grid.nx + column, z.astype(np.float32))


def _crossings(triangles, y):
    """Where horizontal lines enter and leave triangles: the smallest and the largest x."""
    left, right = np.full(len(y), np.inf), np.full(len(y), -np.inf)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        a, b = triangles[:, start], triangles[:, end]
        meets = (np.minimum(a[:, 1], b[:, 1]) <= y) & (y <= np.maximum(a[:, 1], b[:, 1]))
        rise = b[:, 1] - a[:, 1]
        level = rise == 0
        share = (y - a[:, 1]) / np.where(level, 1.0, rise)
        x = a[:, 0] + share * (b[:, 0] - a[:, 0])
        left = np.where(
            meets, np.minimum(left, np.where(level, np.minimum(a[:, 0], b[:, 0]), x)), left
        )
        right = np.where(
            meets, np.maximum(right, np.where(level, np.maximum(a[:, 0], b[:, 0]), x)), right
        )
    return left, right


def _planes(triangles):
    """Plane z = z0 + slope_x x + slope_y y of each triangle."""
    a, b, c = triangles[:, 0], triangles[:, 1], triangles[:, 2]
    u, v = b - a, c - a
    area = u[:, 0] * v[:, 1] - v[:, 0] * u[:, 1]
    slope_x = (u[:, 2] * v[:, 1] - v[:, 2] * u[:, 1]) / area
    slope_y = (v[:, 2] * u[:, 0] - u[:, 2] * v[:, 0]) / area
    return a[:, 2] - slope_x * a[:, 0] - slope_y * a[:, 1], slope_x, slope_y

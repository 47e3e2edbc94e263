"""The bare ground of a city as terrain tiles for a globe: quantized mesh, levels, layer.json."""

import json
import math

import numpy as np
from pydelatin import Delatin
from pyproj import Transformer

from tiles.mercator import LONLAT, lonlat_bounds
from tiles.terrain.ground import Ground
from tiles.terrain.quantized_mesh import encode_tile
from twin.datum import geoid_height

INTERVALS = 64
"""Between the points along the edge of a tile."""

FINEST_ERROR = 0.1
"""Largest distance of a mesh of the finest level from its points [m]; doubled at each coarser."""

STEEP = 0.2
"""A tile that misses the ground between two of its points by more [m] is cut finer, such as on a
levee or a quay; `STEEP_LEVELS` times at most."""

STEEP_LEVELS = 2
DEEPEST_LEVEL = 22
_BETWEEN_CONTROLS = 16
_METRES_PER_DEGREE = 111_320.0


def write_terrain(city, folder, progress=None):
    """Write all terrain tiles of a city.

    Parameters
    ----------
    city : twin.city.City
        With its ground.
    folder : pathlib.Path
        Gets ``layer.json`` and ``{z}/{x}/{y}.terrain``; it is made.
    progress : callable, optional
        Called with (done, total) tiles.

    Returns
    -------
    int
        How many tiles were written.
    """
    terrain = Terrain(Ground.of_city(city), geoid_height(city)[0])
    bounds = lonlat_bounds(city.grid)
    levels = [[terrain_range(bounds, level)] for level in range(terrain.finest_level + 1)]
    total, done = sum(_count(blocks) for blocks in levels), 0
    for level in range(terrain.finest_level + STEEP_LEVELS + 1):
        if level == len(levels):
            levels.append(_steep_blocks(terrain, level - 1, levels[-1]))
            total += _count(levels[-1])
        for block in levels[level]:
            done += _write_block(terrain, level, block, folder)
            if progress is not None:
                progress(done, total)
    levels = [blocks for blocks in levels if blocks]
    (folder / "layer.json").write_text(json.dumps(_layer(levels, city)) + "\n")
    return total


def _write_block(terrain, level, block, folder):
    """Write the tiles of a rectangle of columns and rows; how many they are."""
    x0, y0, x1, y1 = block
    for x in range(x0, x1 + 1):
        (folder / str(level) / str(x)).mkdir(parents=True, exist_ok=True)
    for y in range(y0, y1 + 1):
        for x, tile in terrain.row(level, y, x0, x1):
            (folder / str(level) / str(x) / f"{y}.terrain").write_bytes(tile)
    return _count([block])


def _steep_blocks(terrain, level, blocks):
    """The four tiles below each tile of some blocks whose points miss a step in the ground."""
    below = []
    for x0, y0, x1, y1 in blocks:
        for y in range(y0, y1 + 1):
            steep = np.flatnonzero(terrain.is_steep(level, y, x0, x1)) + x0
            runs = np.split(steep, np.flatnonzero(np.diff(steep) > 1) + 1)
            below += [
                (2 * int(run[0]), 2 * y, 2 * int(run[-1]) + 1, 2 * y + 1)
                for run in runs
                if len(run)
            ]
    return below


def _count(blocks):
    return sum((x1 - x0 + 1) * (y1 - y0 + 1) for x0, y0, x1, y1 in blocks)


def terrain_range(bounds, level):
    """First and last column and row of the tiles of a level, rows from the south.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north [degrees].
    level : int
        Level 0 has two tiles, of which a client needs both.

    Returns
    -------
    tuple of int
        First column, first row, last column, last row.
    """
    if level == 0:
        return 0, 0, 1, 0
    width = 180.0 / 2**level
    west, south, east, north = bounds
    first = math.floor((west + 180) / width), math.floor((south + 90) / width)
    last = math.floor((east + 180) / width), math.floor((north + 90) / width)
    last = min(last[0], 2 ** (level + 1) - 1), min(last[1], 2**level - 1)
    return *first, *last


class Terrain:
    """Terrain tiles of one ground, made a row of tiles at a time.

    Parameters
    ----------
    ground : tiles.terrain.ground.Ground
        Of a city.
    geoid : float
        Height of the zero of its heights over the ellipsoid [m].

    Notes
    -----
    Neighbours of a level share the points of their edge: all are taken from one lattice over the
    globe, whose projection is computed at every 16th point and interpolated in between, and each
    mesh keeps all points of its edges. So there is no crack between them; those between levels
    are hidden by the skirts that clients draw.
    """

    def __init__(self, ground, geoid=0.0):
        self.ground = ground
        self.geoid = geoid
        self._to_city = Transformer.from_crs(LONLAT, ground.grid.crs, always_xy=True)
        finest = math.log2(180 * _METRES_PER_DEGREE / INTERVALS / ground.grid.cell_size)
        self.finest_level = min(max(math.ceil(finest), 0), DEEPEST_LEVEL)

    def row(self, level, y, first, last):
        """Tiles of one row of a level.

        Parameters
        ----------
        level, y : int
            Level, and row from the south.
        first, last : int
            Columns, both included.

        Yields
        ------
        tuple of (int, bytes)
            Column and quantized mesh of each tile.
        """
        width = 180.0 / 2**level
        heights = self.heights(level, y, first, last)
        error = FINEST_ERROR * 2 ** max(self.finest_level - level, 0)
        for x in range(first, last + 1):
            start = (x - first) * INTERVALS
            tile = np.ascontiguousarray(heights[:, start : start + INTERVALS + 1])
            column, row, triangles = tile_mesh(tile, error)
            west, south = -180 + x * width, -90 + y * width
            bounds = west, south, west + width, south + width
            u, v = column / INTERVALS, row / INTERVALS
            yield x, encode_tile(bounds, u, v, tile[INTERVALS - row, column], triangles)

    def is_steep(self, level, y, first, last):
        """Which tiles of a row miss the ground between their points by over `STEEP` somewhere.

        Returns
        -------
        numpy.ndarray of bool
            For each column from the first to the last.
        """
        halves = [self.heights(level + 1, 2 * y + k, 2 * first, 2 * last + 1) for k in (1, 0)]
        points = np.concatenate([halves[0], halves[1][1:]])
        missed = np.zeros((2 * INTERVALS, points.shape[1] - 1), "float32")
        missed[1::2] = np.abs(points[1::2] - (points[:-1:2] + points[2::2]) / 2)[:, :-1]
        across = np.abs(points[:, 1::2] - (points[:, :-1:2] + points[:, 2::2]) / 2)[:-1]
        missed[:, 1::2] = np.maximum(missed[:, 1::2], across)
        worst = missed.reshape(2 * INTERVALS, -1, 2 * INTERVALS).max(axis=(0, 2))
        return worst > STEEP

    def heights(self, level, y, first, last):
        """Points of one row of tiles, row 0 in the north.

        Returns
        -------
        numpy.ndarray of float32
            Height over the ellipsoid [m], shape (65, 64 * tiles + 1).
        """
        width = 180.0 / 2**level
        step = width / INTERVALS * _BETWEEN_CONTROLS
        per_tile = INTERVALS // _BETWEEN_CONTROLS
        columns = np.arange(first * per_tile, (last + 1) * per_tile + 1)
        rows = np.arange((y + 1) * per_tile, y * per_tile - 1, -1)
        lon, lat = np.meshgrid(-180 + columns * step, np.clip(-90 + rows * step, -90, 90))
        x, y = (_between(axis) for axis in self._to_city.transform(lon, lat))
        spacing = width / INTERVALS * _METRES_PER_DEGREE
        return self.ground.heights(x, y, spacing) + np.float32(self.geoid)


def tile_mesh(heights, error):
    """Triangles over the points of a tile that keep all points of its edges.

    Parameters
    ----------
    heights : (n + 1, n + 1) float32 array
        Points, row 0 in the north [m].
    error : float
        Largest distance from the points inside [m].

    Returns
    -------
    tuple of numpy.ndarray
        Column from the west, row from the south of each vertex; triangles, anticlockwise from
        above.
    """
    mesh = Delatin(heights, max_error=error)
    column, row = mesh.vertices[:, :2].astype("int32").T  # their rows count from the south
    return _with_whole_edges(column, row, mesh.triangles.astype("int32"), len(heights) - 1)


def _with_whole_edges(column, row, triangles, size):
    """Split the triangles along the edges at each point of the edge."""
    rows = np.full((size + 1, size + 1), -1, "int32")
    rows[row, column] = np.arange(len(row))
    edge = np.ones_like(rows, bool)
    edge[1:-1, 1:-1] = False
    new_row, new_column = np.nonzero(edge & (rows < 0))
    rows[new_row, new_column] = np.arange(len(row), len(row) + len(new_row))
    column, row = np.concatenate([column, new_column]), np.concatenate([row, new_row])
    for across, end, along, vertices in (
        (column, 0, row, rows[:, 0]),
        (column, size, row, rows[:, size]),
        (row, 0, column, rows[0]),
        (row, size, column, rows[size]),
    ):
        triangles = _split_edge(triangles, across == end, along, vertices)
    return column, row, triangles


def _split_edge(triangles, on_edge, along, vertices):
    """Cut each triangle with a side on one edge into a fan, a piece for each point of it.

    Parameters
    ----------
    triangles : (m, 3) array
    on_edge : (n,) array of bool
        Which vertices lie on the edge.
    along : (n,) array
        Place of each vertex along it.
    vertices : (size + 1,) array
        Vertex at each place of the edge.
    """
    on = on_edge[triangles]
    sides = on & on[:, [1, 2, 0]]  # from each corner to the next one
    rows, corner = np.nonzero(sides)
    first, last, apex = (triangles[rows, (corner + k) % 3] for k in range(3))
    span = along[last] - along[first]
    pieces = np.abs(span)
    ends = np.cumsum(pieces)
    step = np.arange(pieces.sum()) - np.repeat(ends - pieces, pieces)
    sign = np.repeat(np.sign(span), pieces)
    place = np.repeat(along[first], pieces) + sign * step
    fan = np.stack([vertices[place], vertices[place + sign], np.repeat(apex, pieces)], axis=1)
    return np.concatenate([triangles[~sides.any(axis=1)], fan])


def _between(controls):
    """Bilinear values at every lattice point from those at every 16th, shape (16 k + 1, ...)."""
    share = np.arange(_BETWEEN_CONTROLS)[:, None] / _BETWEEN_CONTROLS
    for _ in range(2):  # along the rows, then along the columns
        with np.errstate(invalid="ignore"):
            steps = controls[:-1, None] + share * (controls[1:, None] - controls[:-1, None])
        steps = steps.reshape(-1, controls.shape[1])
        controls = np.concatenate([steps, controls[-1:]]).T
    return controls


def _layer(levels, city):
    available = [
        [{"startX": x0, "startY": y0, "endX": x1, "endY": y1} for x0, y0, x1, y1 in blocks]
        for blocks in levels
    ]
    return {
        "tilejson": "2.1.0",
        "name": city.title,
        "version": city.version,
        "format": "quantized-mesh-1.0",
        "scheme": "tms",
        "projection": "EPSG:4326",
        "tiles": ["{z}/{x}/{y}.terrain?v={version}"],
        "bounds": [-180, -90, 180, 90],
        "minzoom": 0,
        "maxzoom": len(levels) - 1,
        "available": available,
    }

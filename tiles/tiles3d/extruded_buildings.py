"""Buildings of the layer `buildings` as blocks (LoD1), for cities and houses without a model."""

from collections import Counter

import numpy as np
import shapely

from tiles.tiles3d.extrusion import extrude
from tiles.tiles3d.property_table import Column, numbers
from twin.terrain import sample_at

STOREY = 3.2  # metres, where a building states storeys and no height
LEAST_HEIGHT = 2.0
_LIKELY_HEIGHT = 6.0  # where a building states nothing
_VERTEX_BYTES, _INDEX_BYTES = 32, 6


class ExtrudedBuildings:
    """Blocks over footprints, from the terrain to ground + height.

    Parameters
    ----------
    buildings : geopandas.GeoDataFrame
        Layer of a city: footprints; `building_id`, `height`, `ground` [m], `storeys`, `use`
        where known.
    rows : numpy.ndarray of int
        Rows of the layer that are wanted.
    elevation : numpy.ndarray
        Ground of the city, shape (y, x) [m].
    frame : tiles.local_frame.LocalFrame
        With the grid of `elevation`.
    """

    class_name = "building"
    is_closed = True

    def __init__(self, buildings, rows, elevation, frame):
        shapes = buildings.geometry.to_numpy()[rows]
        # A polygon whose area is not above 0 (or not a number) has no walls to draw.
        drawn = shapely.area(shapes) > 0
        self.skipped = Counter({"Building": int((~drawn).sum())})
        self.rows, self.shapes = np.asarray(rows)[drawn], shapes[drawn]
        self.owners = np.arange(len(self.rows))
        self._frame = frame
        self._known = _Known(buildings, self.rows)
        self.base, self.ground = _standing(
            self.shapes, self._known.number("ground"), elevation, frame.grid
        )
        self.heights = _heights(self._known.number("height"), self._known.number("storeys"))
        bounds = shapely.bounds(self.shapes).reshape(-1, 4)
        self.centres = (bounds[:, :2] + bounds[:, 2:]) / 2
        sides = np.column_stack([bounds[:, 2:] - bounds[:, :2], self.heights])
        self.sizes = np.sqrt((sides**2).sum(axis=1))
        # Each ring repeats its first corner.
        corners = shapely.get_num_coordinates(self.shapes) - shapely.get_num_geometries(self.shapes)
        texts = [self._known.text("building_id"), self._known.text("use")]
        written = np.array([sum(map(len, pair)) for pair in zip(*texts, strict=True)], float)
        self.weights = corners * (5 * _VERTEX_BYTES + 3 * _INDEX_BYTES) + 3 * written + 40.0

    def __len__(self):
        return len(self.rows)

    @property
    def object_count(self):
        """Buildings that are drawn."""
        return len(self.rows)

    def mesh(self, chosen):
        """Blocks of some of the buildings; `features` count through `chosen`."""
        top = self.ground[chosen] + self.heights[chosen]
        return extrude(self.shapes[chosen], self.base[chosen], top, self._frame.from_city)

    def columns(self, chosen):
        """Columns of the property table of some of the buildings."""
        known = self._known
        names = known.text("building_id")
        uses = known.text("use")
        return [
            Column("id", [names[k] for k in chosen], "building_id of the layer buildings"),
            Column("row", self.rows[chosen].astype("<i4"), "row in the layer buildings, -1 none"),
            Column("type", ["Building"] * len(chosen), "class of CityJSON"),
            numbers("height", known.number("height")[chosen], "top over ground [m]"),
            numbers("ground", self.ground[chosen], "ground, in the heights of the city [m]"),
            numbers("storeys", known.number("storeys")[chosen], "storeys above ground", "<i4"),
            Column("use", [uses[k] for k in chosen], "what the building is for"),
        ]


class _Known:
    """Columns of the layer that a city may lack, for the rows that are drawn."""

    def __init__(self, frame, rows):
        self._frame, self._rows, self._kept = frame, rows, {}

    def number(self, name):
        """float64, NaN where nothing is known."""
        if name not in self._kept:
            self._kept[name] = self._read(name)
        return self._kept[name]

    def _read(self, name):
        if name not in self._frame.columns:
            return np.full(len(self._rows), np.nan)
        import pandas

        values = pandas.to_numeric(self._frame[name], errors="coerce")
        return values.to_numpy(float, na_value=np.nan)[self._rows]

    def text(self, name):
        """List of str, "" where nothing is known."""
        key = f"text of {name}"
        if key not in self._kept:
            values = self._frame[name] if name in self._frame.columns else None
            texts = [""] * len(self._rows)
            if values is not None:
                texts = values.iloc[self._rows].astype(object).where(values.notna(), "")
                texts = [str(text)[:200] for text in texts]
            self._kept[key] = texts
        return self._kept[key]


def _standing(shapes, ground, elevation, grid):
    """Lowest point of the walls, and the ground that heights count from; both (n,) [m].

    Walls begin at the lowest ground under the footprint, so that no house floats on a slope.
    """
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    z = sample_at(elevation, grid, corners[:, 0], corners[:, 1])
    lowest = np.full(len(shapes), np.inf)
    np.minimum.at(lowest, owner, np.where(np.isfinite(z), z, np.inf))
    lowest[~np.isfinite(lowest)] = np.nan
    ground = np.where(np.isfinite(ground), ground, lowest)
    ground = np.where(np.isfinite(ground), ground, 0.0)
    return np.fmin(lowest, ground), ground


def _heights(height, storeys):
    guessed = np.where(storeys > 0, storeys * STOREY, _LIKELY_HEIGHT)
    known = np.where(np.isfinite(height) & (height > 0), height, guessed)
    return np.maximum(known, LEAST_HEIGHT)

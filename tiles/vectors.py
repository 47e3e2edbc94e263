"""The city as vector tiles: streets, buildings, water and districts, cut and thinned by zoom."""

from dataclasses import dataclass
from functools import lru_cache

import mapbox_vector_tile
import morecantile
import numpy as np
import shapely

from tiles.mercator import WEB_MERCATOR
from tiles.rasters import require_tile

EXTENT = 4096
LARGEST_ZOOM = 16
LARGEST_TILE = 500_000
"""Bytes."""

_COARSEST = 64.0
_MARGIN = 64 / EXTENT  # beyond the edge, so that lines do not end in sight at the seam
_MERCATOR_TILES = morecantile.tms.get("WebMercatorQuad")


@dataclass(frozen=True)
class LayerRule:
    """How one layer enters the tiles.

    Parameters
    ----------
    from_zoom : int
        Coarsest zoom that shows it.
    columns : tuple of str
        Columns that travel as properties; those that a city lacks are left out.
    smallest : float
        Polygons of fewer units of the tile (4096 along its edge) in square root of area are
        left out.
    kinds_from_zoom : dict
        Zoom from which a value of `kind` is shown, where it differs.
    """

    from_zoom: int
    columns: tuple = ()
    smallest: float = 6.0
    kinds_from_zoom: tuple = ()


RULES = {
    "land_cover": LayerRule(8, ("kind",), smallest=12),
    "water": LayerRule(6, ("kind", "name")),
    "districts": LayerRule(6, ("district_id", "name", "name_zh", "population"), smallest=0),
    "district_labels": LayerRule(9, ("name", "name_zh"), smallest=0),
    "levees": LayerRule(12),
    "roads": LayerRule(
        8,
        ("name", "name_zh", "kind", "width", "is_underpass", "is_bridge"),
        kinds_from_zoom=(("main", 10), ("street", 12), ("path", 14)),
    ),
    "buildings": LayerRule(
        12, ("building_id", "name", "height", "storeys", "use", "occupants"), smallest=10
    ),
}
"""Layers of the tiles, in drawing order."""

_LABELS = {"district_labels": "districts"}


def _source_of(name):
    """Layer of the city that a layer of the tiles is made of."""
    return _LABELS.get(name, name)


class CityTiles:
    """All vector tiles of one city; each layer is projected and indexed on first use.

    Parameters
    ----------
    city : twin.city.City
        Anything with `layer_names` and `layer(name)`.

    Notes
    -----
    A feature carries as id its row number in the layer, so that a screen can colour building
    `k` by entry `k` of the depths of a run.
    """

    def __init__(self, city):
        self._city = city
        self.layer_names = [name for name in RULES if _source_of(name) in city.layer_names]
        self._layer = lru_cache(maxsize=None)(self._load)

    def prepare(self):
        """Project and index all layers now, so that the first tile does not wait."""
        for name in self.layer_names:
            self._layer(name)

    def field_types(self, name):
        """Properties that a layer carries: name -> ``"String"``, ``"Number"`` or ``"Boolean"``."""
        return {key: _type_of(values) for key, values in self._layer(name).columns}

    def tile(self, z, x, y):
        """One tile as Mapbox Vector Tile bytes; empty bytes where there is nothing.

        Where it would be over `LARGEST_TILE`, the smallest areas are left out, step by step.

        Raises
        ------
        InputError
            There is no such tile, or the zoom is over 16.
        """
        require_tile(z, x, y, LARGEST_ZOOM)
        bounds = _MERCATOR_TILES.xy_bounds(morecantile.Tile(x, y, z))
        coarser = 1.0
        body = self._encoded(bounds, z, coarser)
        while len(body) > LARGEST_TILE and coarser < _COARSEST:
            coarser *= 1.5
            body = self._encoded(bounds, z, coarser)
        return body

    def _encoded(self, bounds, z, coarser):
        shown = [name for name in self.layer_names if z >= RULES[name].from_zoom]
        layers = [
            {"name": name, "features": self._layer(name).features(bounds, z, coarser)}
            for name in shown
        ]
        layers = [layer for layer in layers if layer["features"]]
        if not layers:
            return b""
        options = {"check_winding_order": False, "extents": EXTENT}
        return mapbox_vector_tile.encode(layers, default_options=options)

    def _load(self, name):
        frame = self._city.layer(_source_of(name))
        if name in _LABELS:  # one point each, or a name would be repeated in every tile
            frame = frame.set_geometry(frame.representative_point())
        return VectorLayer(frame, RULES[name])


class VectorLayer:
    """One layer in Web Mercator with an index of where its features lie.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        In any CRS.
    rule : LayerRule
        How it enters the tiles.
    """

    def __init__(self, frame, rule):
        self.rule = rule
        geometry = frame.geometry.to_crs(WEB_MERCATOR)
        valid = shapely.make_valid(geometry.to_numpy(), method="structure", keep_collapsed=False)
        self.geometries = shapely.force_2d(valid)
        self.index = shapely.STRtree(self.geometries)
        self.widths = np.sqrt(shapely.area(self.geometries))
        self.is_area = shapely.get_dimensions(self.geometries) == 2
        self.from_zoom = _zoom_of_each(frame, rule)
        self.columns = _plain_columns(frame, rule.columns)

    def features(self, bounds, z, coarser=1.0):
        """What a tile shows of this layer, in tile units with y to the north.

        Parameters
        ----------
        bounds : tuple of float
            Left, bottom, right, top of the tile [Mercator metres].
        z : int
            Zoom of the tile.
        coarser : float
            Multiplies the size below which areas are left out.

        Returns
        -------
        list of dict
            ``geometry``, ``id`` and ``properties``, ready for `mapbox_vector_tile.encode`.
        """
        unit = (bounds[2] - bounds[0]) / EXTENT
        rows = self._rows_in(bounds, unit, z, coarser)
        shapes = _to_tile(self.geometries[rows], bounds, unit)
        kept = ~(shapely.is_empty(shapes) | shapely.is_missing(shapes))
        return [
            {"geometry": shape, "id": int(row), "properties": self._properties(row)}
            for row, shape in zip(rows[kept], shapes[kept], strict=True)
        ]

    def _rows_in(self, bounds, unit, z, coarser):
        margin = _MARGIN * EXTENT * unit
        frame = shapely.box(
            bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin
        )
        rows = np.sort(self.index.query(frame))
        smallest = self.rule.smallest * coarser * unit
        large = ~self.is_area[rows] | (self.widths[rows] >= smallest)
        return rows[large & (self.from_zoom[rows] <= z)]

    def _properties(self, row):
        values = ((name, column[row]) for name, column in self.columns)
        return {name: value for name, value in values if value is not None}


def _to_tile(shapes, bounds, unit):
    """Cut, thin and round shapes to whole units of one tile."""
    margin = _MARGIN * EXTENT
    shapes = shapely.transform(shapes, lambda points: (points - (bounds[0], bounds[1])) / unit)
    shapes = shapely.clip_by_rect(shapes, -margin, -margin, EXTENT + margin, EXTENT + margin)
    shapes = shapely.simplify(shapes, 2.0, preserve_topology=False)
    shapes = shapely.transform(shapes, np.rint)
    # Rounding may fold a thin polygon onto itself; such a one is under a pixel and goes.
    flat = (shapely.get_dimensions(shapes) == 2) & (shapely.area(shapes) < 1)
    shapes[flat | (shapely.get_type_id(shapes) == 7)] = None
    return shapely.orient_polygons(shapes, exterior_cw=True)


def _zoom_of_each(frame, rule):
    zooms = np.full(len(frame), rule.from_zoom)
    if "kind" in frame:
        for kind, zoom in rule.kinds_from_zoom:
            zooms[(frame["kind"] == kind).to_numpy()] = zoom
    return zooms


def _plain_columns(frame, names):
    """Columns as lists of str, bool, int, float or None, which is all that a tile carries."""
    return [(name, [_plain(v) for v in frame[name].tolist()]) for name in names if name in frame]


def _type_of(values):
    """Name that tile metadata has for the first value that is known."""
    value = next((value for value in values if value is not None), "")
    if isinstance(value, bool):
        return "Boolean"
    return "Number" if isinstance(value, int | float) else "String"


def _plain(value):
    if isinstance(value, bool | str | int):
        return value
    if isinstance(value, float) and np.isfinite(value):
        return int(value) if value.is_integer() else round(value, 2)
    return None

"""Where an edit of a scenario lies: by coordinates, a GeoJSON, objects of the city or a name."""

import json
from dataclasses import dataclass

import numpy as np

from twin.errors import InputError
from twin.input_file import require_file
from twin.scenario.names import named_objects, own_widths
from twin.state.city_objects import flags

KEYS = ("polygon", "line", "point", "geojson", "object", "place")
SHAPING = ("coordinates", "width", "radius")
"""Keys that say how the coordinates are meant, and how wide a line and a point are [m]."""

MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Place:
    """Where an edit lies.

    Parameters
    ----------
    shape : shapely.Geometry
        In the CRS of the city; as it was given, not yet widened.
    rows : geopandas.GeoDataFrame or None
        Objects of the city that were named, as they stand in their layer.
    layer : str
        Their layer, "" where coordinates were given.
    width, radius : float or None
        How wide lines and points are [m].
    where : str
        Of the edit, for messages.
    """

    shape: object
    rows: object
    layer: str
    width: float | None
    radius: float | None
    where: str

    def area(self):
        """The place as a surface: lines and points widened.

        Raises
        ------
        InputError
            It has no surface, and no width or radius was given.
        """
        import shapely

        return shapely.union_all(self._surfaces())

    def below_bridges(self):
        """The part of a road that hangs above the ground, as a surface; None where none does.

        Where another piece of the same place lies on the ground below a bridge, such as a road in
        an underpass, that piece is the ground and counts as such.
        """
        import shapely

        hangs = flags(self.rows, "is_bridge") if self.layer == "roads" else np.zeros(0, bool)
        if not hangs.any():
            return None
        surfaces = np.array(self._surfaces(), object)
        decks, ground = shapely.union_all(surfaces[hangs]), shapely.union_all(surfaces[~hangs])
        return shapely.difference(decks, ground)

    def lines(self):
        """The place as lines, a list of arrays of shape (n, 2) [m]; of surfaces their edges.

        Raises
        ------
        InputError
            It holds anything else.
        """
        import shapely

        found = []
        for part in _parts(self.shape):
            edge = part.boundary if part.geom_type.endswith("Polygon") else part
            merged = shapely.line_merge(edge) if edge.geom_type == "MultiLineString" else edge
            found += list(getattr(merged, "geoms", [merged]))
        found = [part for part in found if not part.is_empty]
        other = next((part for part in found if part.geom_type != "LineString"), None)
        if other is not None:
            raise InputError(
                f"{self.where} lies on a {other.geom_type}, expected lines; give line = "
                "[[x, y], [x, y]]"
            )
        return [shapely.get_coordinates(part) for part in found]

    def point(self):
        """The place as one point (x, y) [m]."""
        middle = self.shape.representative_point()
        return middle.x, middle.y

    def _surfaces(self):
        """The surface of each part."""
        surfaces = []
        for part, own in zip(_parts(self.shape), self._widths(), strict=True):
            if part.geom_type.endswith("Polygon"):
                surfaces.append(part)
                continue
            is_line = "Line" in part.geom_type
            wide = self.width if is_line else self.radius and 2 * self.radius
            wide = wide or own
            if not wide:
                key = "width" if is_line else "radius"
                raise InputError(
                    f"{self.where} lies on a {'line' if is_line else 'point'} without {key}, "
                    f"expected a polygon, or {key} in metres; add it"
                )
            surfaces.append(part.buffer(wide / 2, cap_style="flat" if is_line else "round"))
        return surfaces

    def _widths(self):
        """Width that each part has of its own [m], such as that of a road; else None."""
        if self.rows is None or "width" not in self.rows:
            return [None] * len(_parts(self.shape))
        return own_widths(self.rows)


def read_place(table, city, coordinates="city"):
    """Place of an edit.

    Parameters
    ----------
    table : twin.scenario.tables.EditTable
        With exactly one of `KEYS`.
    city : twin.city.City
        The base.
    coordinates : str
        What coordinates mean unless the edit says it: ``"city"`` or ``"lonlat"``.

    Returns
    -------
    Place

    Raises
    ------
    InputError
        The place is missing, malformed, or outside of the city; an object is not known.
    MissingError
        The GeoJSON is not there.
    """
    key = table.one_of(*KEYS)
    width = table.number("width", 0.01, 1e5) if "width" in table else None
    radius = table.number("radius", 0.01, 1e5) if "radius" in table else None
    rows, layer = None, ""
    if key in ("object", "place"):
        rows, layer = (_objects if key == "object" else named_objects)(table, city)
        shape = _clipped(rows.geometry, city.grid, table)
    else:
        is_lonlat = table.choice("coordinates", ("city", "lonlat"), coordinates) == "lonlat"
        shape = _geojson(table) if key == "geojson" else _given(table, key)
        if is_lonlat or key == "geojson":
            shape = _projected(shape, city.crs)
        _require_sound(shape, city.grid, table, key)
    return Place(shape, rows, layer, width, radius, table.where)


def find_object(city, layer, name, where):
    """Row number of one object by its id.

    Raises
    ------
    InputError
        There is no such layer or object, or its id is not unique.
    """
    if not city.has_layer(layer):
        raise InputError(
            f"{where} names layer {layer[:40]!r}, which city {city.name} does not have, expected "
            f"one of {', '.join(city.layer_names)}; correct it"
        )
    rows = city.layer(layer)
    column = next((column for column in rows if column.endswith("_id")), None)
    ids = rows[column].astype(str).to_numpy() if column else np.array([], str)
    found = np.flatnonzero(ids == str(name))
    if len(found) != 1:
        count = "no" if not len(found) else str(len(found))
        raise InputError(
            f"{where} names {layer}:{str(name)[:60]}, and {layer} has {count} object with that "
            f"{column or 'id'}, expected one such as {ids[0] if len(ids) else 'none'}; correct it"
        )
    return int(found[0])


def _objects(table, city):
    """Objects by ``layer:id``, a list of these, or a table with a layer and what they have."""
    value = table.values["object"]
    if isinstance(value, dict):
        return _chosen(table, value, city)
    names = [value] if isinstance(value, str) else value
    is_list = isinstance(names, list) and names and all(isinstance(n, str) for n in names)
    if not is_list or not all(":" in name for name in names):
        raise table.refusal("object", "'layer:id', a list of these, or {layer = ..., kind = ...}")
    pairs = [name.split(":", 1) for name in names]
    layers = {layer for layer, _ in pairs}
    if len(layers) > 1:
        raise table.refusal("object", "objects of one layer")
    layer = pairs[0][0]
    found = [find_object(city, layer, name, table.where) for _, name in pairs]
    return city.layer(layer).iloc[found], layer


def _chosen(table, wanted, city):
    """Objects of a layer whose attributes are as wanted."""
    layer = wanted.get("layer")
    if not isinstance(layer, str) or not city.has_layer(layer):
        raise table.refusal("object", f"a layer, one of {', '.join(city.layer_names)}")
    rows = city.layer(layer)
    for column, value in wanted.items():
        if column == "layer":
            continue
        if column not in rows or column == "geometry":
            raise InputError(
                f"{table.where} chooses {layer} by {column!r}, expected one of "
                f"{', '.join(name for name in rows if name != 'geometry')}; correct it"
            )
        rows = rows[rows[column].astype(str) == str(value)]
    if not len(rows):
        raise table.refusal("object", f"something of layer {layer}, and none is like that")
    return rows, layer


def _given(table, key):
    import shapely

    if key == "point":
        return shapely.Point(*table.point("point"))
    if key == "line":
        return shapely.LineString(table.points("line", 2))
    return shapely.Polygon(table.points("polygon", 3))


def _geojson(table):
    """Union of the geometries of a GeoJSON file beside the scenario, in longitude and latitude."""
    import shapely
    from shapely.geometry import shape

    path = table.folder / table.text("geojson")
    if not path.resolve().is_relative_to(table.folder.resolve()):
        raise table.refusal("geojson", "a file in the folder of the scenario")
    require_file(path, "a GeoJSON file")
    if path.stat().st_size > MOST_BYTES:
        raise table.refusal("geojson", f"a file of at most {MOST_BYTES // 1_000_000} MB")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content.get("features", [content])
        shapes = [shape(feature.get("geometry", feature)) for feature in features]
        found = shapely.union_all(shapes)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError,
            shapely.errors.ShapelyError) as error:  # fmt: skip
        reason = (str(error).splitlines() or [""])[0][:80]
        raise InputError(
            f"{table.where} has geojson {path.name}, which cannot be read ({reason}), expected "
            "features with geometries; write it again"
        ) from None
    return shapely.force_2d(found)


def _projected(shape, crs):
    import shapely
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return shapely.transform(
        shape, lambda points: np.column_stack(transformer.transform(*points.T))
    )


def _require_sound(shape, grid, table, key):
    """Refuse what is not finite, not inside of the city, or crosses itself."""
    import shapely

    points = shapely.get_coordinates(shape)
    if not len(points):
        raise table.refusal(key, "a geometry that is not empty")
    west, south, east, north = grid.bounds
    x, y = points.T
    inside = np.isfinite(points).all(axis=1) & (x >= west) & (x <= east)
    inside &= (y >= south) & (y <= north)
    if not inside.all():
        x, y = points[~inside][0]
        raise InputError(
            f"{table.where} has its place at {x:.9g}, {y:.9g}, outside of the city, expected "
            f"{west:.9g} to {east:.9g} and {south:.9g} to {north:.9g} ({grid.crs}); move it, or "
            'say coordinates = "lonlat"'
        )
    if not shape.is_valid:
        raise InputError(
            f"{table.where} has a {key} that is not valid ({shapely.is_valid_reason(shape)[:80]}), "
            "expected one that does not cross itself; draw it again"
        )


def _clipped(shapes, grid, table):
    """Objects as far as they lie in the grid, one part an object."""
    import shapely

    parts = shapely.intersection(shapes.to_numpy(), shapely.box(*grid.bounds))
    if shapely.is_empty(parts).all():
        raise InputError(f"{table.where} names objects outside of the city; choose others")
    return parts[0] if len(parts) == 1 else shapely.GeometryCollection(list(parts))


def _parts(shape):
    return list(shape.geoms) if shape.geom_type == "GeometryCollection" else [shape]


def project_point(point, crs):
    """A point of longitude and latitude in the CRS of a city, (x, y) [m]."""
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*point)

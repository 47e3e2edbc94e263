"""Buildings of a city model as a flood sees them: outline, height, ground."""

import re

import numpy as np
import shapely

from twin.model.city_model import SOLIDS, SURFACES
from twin.model.city_object_types import BUILDING_PARTS
from twin.model.validity.rings import stack

_SMALLEST_AREA = 1e-4  # in plan [m2]: less is a wall
_GAP = 0.01  # metres
_FLAT = 0.1  # metres: less is a plan without a height
_WHOLE = ("Building", "BuildingPart")
_HEIGHTS = ("measuredHeight", "height", "Height", "HEIGHT", "buildingHeight")
_STOREYS = ("storeysAboveGround", "storeys", "b3_bouwlagen")
_USES = ("function_name", "function", "usage_name", "usage", "class_name", "class")

_NUMBER = re.compile(r"\d{1,6}(\.\d{1,12})?")
_FOOT = 0.3048  # metres
_FEET = frozenset(("ft", "#ft", "feet", "foot", "urn:ogc:def:uom:UCUM::[ft_i]"))
_NAMES = ("name", "Name", "NAME", "building_name")
_LONGEST_NAME = 200

COLUMNS = ("building_id", "height", "ground", "storeys", "use", "geometry", "name")
"""Columns of a row of `building_rows`."""


def is_building(family):
    """Whether a family is a house: a Building with its parts, or parts whose Building is gone.

    A type of an extension is one where its name says so, such as ``+NoiseBuilding``.
    """
    return family[0].type in _WHOLE or _extends_building(family[0].type)


def _extends_building(kind):
    return kind.startswith("+") and kind.endswith(("Building", "BuildingPart"))


def building_rows(families):
    """One row for each house among some families.

    Parameters
    ----------
    families : sequence of list of CityObject
        Houses (`is_building`) in metres, the root first.

    Returns
    -------
    list of tuple
        As `COLUMNS`: id of the root; height, the top over the lowest point [m]; ground, the lowest
        point [m]; storeys; use; outline as Polygon or MultiPolygon; name. None where not known.

    Notes
    -----
    The outline is the union of the ground surfaces of a building and its parts; where a building
    or a part does not say what its surfaces are, the plan of all of them. Each object counts in
    its finest level of detail.
    """
    shapes, owners, plain, roofs = [], [], [], set(range(len(families)))
    for number, family in enumerate(families):
        for geometry, is_plain in _shapes_of(family):
            shapes.append(geometry)
            owners.append(number)
            plain.append(is_plain)
            if not _is_roof(geometry):
                roofs.discard(number)
    owners = np.array(owners, int)
    lows, highs = _extremes(shapes, owners, len(families))
    outlines = _outlines(shapes, owners, np.array(plain, bool), len(families))
    rows = zip(families, lows.tolist(), highs.tolist(), outlines, strict=True)
    return [_row(*row, number in roofs) for number, row in enumerate(rows)]


def _shapes_of(family):
    """Surfaces and solids of a house in the finest level of detail of each of its objects.

    With each, whether it is of a house or a part that does not say what its surfaces are.
    """
    for entry in family:
        is_whole = entry.type in _WHOLE or _extends_building(entry.type)
        if not is_whole and entry.type not in BUILDING_PARTS:
            continue
        drawn = [g for g in entry.geometries if g.kind in SURFACES + SOLIDS]
        finest = max((g.lod for g in drawn), default=None)
        drawn = [g for g in drawn if g.lod == finest]
        is_plain = is_whole and not any(g.semantics for g in drawn)
        yield from ((g, is_plain) for g in drawn)


def _is_roof(geometry):
    """Whether all of a shape is said to be a roof, as the roof edge of LoD 0."""
    return all(kind["type"] == "RoofSurface" for kind in geometry.semantics or [{"type": ""}])


def _extremes(shapes, owners, count):
    """Lowest and highest point of each house, shape (count,) [m]; infinite where it has none."""
    lows, highs = np.full(count, np.inf), np.full(count, -np.inf)
    if shapes:
        np.minimum.at(lows, owners, [g.points[:, 2].min() for g in shapes])
        np.maximum.at(highs, owners, [g.points[:, 2].max() for g in shapes])
    return lows, highs


def _outlines(shapes, owners, plain, count):
    """Union in plan of the surfaces of each house that count, list of geometry or None."""
    rings = stack(shapes)
    if not rings.surface_count:
        return [None] * count
    owner = owners[rings.geometry_of_surface]
    lying = np.abs(rings.normals[:, 2]) > _SMALLEST_AREA
    ground = lying & _is_ground(shapes)
    has_ground = np.zeros(count, bool)
    has_ground[owner[ground]] = True
    says_nothing = plain[rings.geometry_of_surface]
    used = np.where(has_ground[owner] & ~says_nothing, ground, lying)
    polygons, surfaces = _polygons(rings, used)
    owner = owner[surfaces]
    order = np.argsort(owner, kind="stable")
    polygons, owner = polygons[order], owner[order]
    starts = np.searchsorted(owner, np.arange(count + 1))
    return [_union(polygons[starts[i] : starts[i + 1]]) for i in range(count)]


def _is_ground(shapes):
    """Whether each surface says that it is the ground of its house."""
    found = []
    for geometry in shapes:
        kinds = [kind["type"] for kind in geometry.semantics]
        grounds = [row for row, kind in enumerate(kinds) if kind == "GroundSurface"]
        if grounds:
            found.append(np.isin(geometry.surface_semantics, grounds))
        else:
            found.append(np.zeros(geometry.surface_count, bool))
    return np.concatenate(found)


def _polygons(rings, used):
    """Polygons in plan of the surfaces in use, and which surface each is of."""
    in_use = used[rings.surface_of_ring] & (rings.ring_sizes >= 3)
    corners = in_use[rings.ring_of_corner]
    _, ring = np.unique(rings.ring_of_corner[corners], return_inverse=True)
    if not len(ring):
        return np.empty(0, object), np.empty(0, int)
    plan = rings.points[rings.corners[corners], :2]
    drawn = shapely.linearrings(plan, indices=ring)
    surfaces, owner = np.unique(rings.surface_of_ring[in_use], return_inverse=True)
    polygons = shapely.polygons(drawn, indices=owner)
    broken = ~shapely.is_valid(polygons)
    polygons[broken] = shapely.make_valid(polygons[broken])
    return polygons, surfaces


def _union(polygons):
    if len(polygons) == 1 and polygons[0].geom_type == "Polygon":
        return polygons[0]
    parts = shapely.get_parts(polygons)
    parts = shapely.get_parts(parts)  # what made valid may be a collection with collections
    parts = parts[shapely.get_dimensions(parts) == 2]
    if not len(parts):
        return None
    whole = shapely.union_all(parts)
    if shapely.get_num_geometries(whole) < 2:
        return whole
    # Parts of one house often miss each other by less than a millimetre.
    return whole.buffer(_GAP, join_style="mitre").buffer(-_GAP, join_style="mitre")


def _row(family, low, high, outline, is_roof):
    attributes = family[0].attributes
    height = high - low if np.isfinite(low) else None
    if height is None or height < _FLAT:
        height = next(_numbers(attributes, _HEIGHTS), height)
    ground = low if np.isfinite(low) else None
    if is_roof and ground and height is not None and high - low < _FLAT:
        ground -= height  # the edge of the roof is not where the house stands
    storeys = next(_numbers(attributes, _STOREYS), None)
    use = next((str(attributes[k]) for k in _USES if attributes.get(k)), "")[:80]
    return family[0].id, height, ground, storeys, use, outline, _name(attributes)


def _name(attributes):
    """What people call a house; the first where it has several names."""
    for key in _NAMES:
        value = attributes.get(key)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:_LONGEST_NAME]
    return None


def _numbers(attributes, names):
    """Numbers among the attributes of these names, in metres where they say that they are in feet.

    Measures may be dicts with a ``value``, and generic attributes texts.
    """
    for name in names:
        value, unit = attributes.get(name), attributes.get(f"{name}_uom")
        if isinstance(value, dict):
            value, unit = value.get("value"), value.get("uom", value.get("value_uom"))
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = float(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield value * _FOOT if isinstance(unit, str) and unit in _FEET else value

"""Reads CityJSON 1.0, 1.1 and 2.0: footprints of its buildings, triangles of its terrain."""

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import shapely

from twin.errors import InputError
from twin.input_file import require_file

MAX_BYTES = 1_000_000_000

_VERSIONS = ("1.0", "1.1", "2.0")
_DEPTH = {"MultiSurface": 1, "CompositeSurface": 1, "Solid": 2, "MultiSolid": 3}
_DEPTH["CompositeSolid"] = 3
_PARTS = ("BuildingPart", "BuildingRoom", "BuildingStorey", "BuildingUnit")
# What lies on the ground where a model has no terrain of its own, as in models of 3dfier.
_GROUND = ("LandUse", "PlantCover", "Railway", "Road", "TransportSquare", "WaterBody")
_SMALLEST_AREA = 1e-4  # in plan [m2]: less is a wall
_GAP = 0.01  # metres


@dataclass(frozen=True)
class CityModel:
    """What a CityJSON file gives to a city.

    Parameters
    ----------
    buildings : geopandas.GeoDataFrame
        building_id, height [m], ground [m], storeys, use; footprints, empty where there are none.
    triangles : numpy.ndarray
        Terrain, shape (n, 3, 3): triangle, corner, (x, y, z).
    crs : str or None
        Reference system, maybe compound.
    kept, dropped : collections.Counter
        City objects of each type that were used and not used.
    broken : int
        Surfaces that could not be read.
    """

    buildings: geopandas.GeoDataFrame
    triangles: np.ndarray
    crs: str | None
    kept: Counter
    dropped: Counter
    broken: int


def read_cityjson(path):
    """Read the buildings and the terrain of a CityJSON file.

    Parameters
    ----------
    path : str or pathlib.Path
        CityJSON 1.0, 1.1 or 2.0.

    Returns
    -------
    CityModel

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is damaged, truncated, too large or no CityJSON.

    Notes
    -----
    A footprint is the union of the ground surfaces of a building and its parts; where a model has
    no semantics, the plan of all its surfaces. Height is the top over the lowest point.
    """
    document = _load(Path(path))
    reader = _Reader(path, document)
    objects = document["CityObjects"]
    ground_types = ("TINRelief",)
    if not any(entry.get("type") == "TINRelief" for entry in objects.values()):
        ground_types = _GROUND
    triangles = [reader.triangles(o) for o in objects.values() if o.get("type") in ground_types]
    triangles = np.concatenate(triangles) if triangles else np.zeros((0, 3, 3))
    used = {"Building", *_PARTS, *(ground_types if len(triangles) else ())}
    types = Counter(str(entry.get("type"))[:40] for entry in objects.values())
    return CityModel(
        buildings=_buildings(reader, objects),
        triangles=triangles,
        crs=_reference_system(document),
        kept=Counter({name: n for name, n in types.items() if name in used}),
        dropped=Counter({name: n for name, n in types.items() if name not in used}),
        broken=reader.broken,
    )


def _load(path):
    require_file(path, "a CityJSON file")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            f"{path} has {path.stat().st_size:,} bytes, expected at most {MAX_BYTES:,}; split it"
        )
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        reason = (str(error).splitlines() or ["nested too deep"])[0][:100]
        raise InputError(
            f"{path} is not valid JSON ({reason}), expected CityJSON; it may be truncated: copy it "
            "again"
        ) from None
    version = document.get("version") if isinstance(document, dict) else None
    known = isinstance(version, str) and version.startswith(_VERSIONS)
    if not known or document.get("type") != "CityJSON":
        raise InputError(
            f"{path} is no CityJSON that is known (version {str(version)[:20]!r}), expected "
            f"{', '.join(_VERSIONS)}; convert it, for example with cjio"
        )
    objects = document.get("CityObjects")
    if not isinstance(objects, dict) or not all(isinstance(o, dict) for o in objects.values()):
        raise InputError(f"{path} has no CityObjects, expected CityJSON; export it again")
    return document


def _reference_system(document):
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    text = metadata.get("referenceSystem")
    if text is None and isinstance(metadata.get("crs"), dict):
        text = metadata["crs"].get("epsg")  # CityJSON before 1.0
    code = re.search(r"(\d{4,6})$", str(text or ""))
    return f"EPSG:{code.group(1)}" if code else None


class _Reader:
    """Turns the boundaries of a file into coordinates; counts what it cannot."""

    def __init__(self, path, document):
        self.broken = 0
        self.vertices = _vertices(path, document)

    def rings(self, geometry):
        """Outer and inner rings of each surface with its semantic type, as coordinates."""
        depth = _DEPTH.get(geometry.get("type"))
        if depth is None:
            return
        surfaces = _flatten(geometry.get("boundaries"), depth)
        types = _semantics(geometry, depth, len(surfaces))
        for surface, semantic in zip(surfaces, types, strict=True):
            try:
                rings = [self._ring(ring) for ring in surface]
            except (TypeError, ValueError, IndexError, OverflowError):
                rings = []
            if rings:
                yield rings, semantic
            else:
                self.broken += 1

    def _ring(self, ring):
        index = np.asarray(ring, dtype=np.int64)
        if index.ndim != 1 or index.size < 3 or index.min() < 0:
            raise ValueError("no ring")
        return self.vertices[index]

    def triangles(self, entry):
        """Triangles of one object, shape (n, 3, 3); other surfaces count as broken."""
        found = []
        for geometry in _finest(entry):
            for rings, _ in self.rings(geometry):
                if len(rings) == 1 and len(rings[0]) == 3:
                    found.append(rings[0])
                else:
                    self.broken += 1
        return np.array(found).reshape(-1, 3, 3)


def _vertices(path, document):
    try:
        vertices = np.asarray(document["vertices"], dtype=float).reshape(-1, 3)
        transform = document.get("transform")
        if transform is not None:
            vertices = vertices * np.asarray(transform["scale"], dtype=float).reshape(3)
            vertices = vertices + np.asarray(transform["translate"], dtype=float).reshape(3)
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"{path} has broken vertices or a broken transform, expected triples of numbers; "
            "export it again"
        ) from None
    if not np.isfinite(vertices).all():
        raise InputError(f"{path} has vertices that are not finite, expected numbers; export again")
    return vertices


def _flatten(boundaries, depth):
    """Surfaces of a geometry, whatever shells and solids they are in."""
    level = boundaries if isinstance(boundaries, list) else []
    for _ in range(depth - 1):
        level = [item for group in level if isinstance(group, list) for item in group]
    return level


def _semantics(geometry, depth, count):
    semantics = geometry.get("semantics")
    if not isinstance(semantics, dict):
        return [None] * count
    surfaces = semantics.get("surfaces")
    values = _flatten(semantics.get("values"), depth)
    if not isinstance(surfaces, list) or len(values) != count:
        return [None] * count
    types = [surface.get("type") if isinstance(surface, dict) else None for surface in surfaces]
    return [types[v] if isinstance(v, int) and 0 <= v < len(types) else None for v in values]


def _finest(entry):
    """Geometries of an object in its finest level of detail."""
    geometries = entry.get("geometry")
    geometries = geometries if isinstance(geometries, list) else []
    geometries = [g for g in geometries if isinstance(g, dict)]
    if not geometries:
        return []
    finest = max(str(g.get("lod", "")) for g in geometries)
    return [g for g in geometries if str(g.get("lod", "")) == finest]


def _buildings(reader, objects):
    families = defaultdict(list)
    for name, entry in objects.items():
        root = _root(objects, name)
        if root is not None:
            families[root].append(entry)
    rows = [_building(reader, name, objects[name], family) for name, family in families.items()]
    columns = ["building_id", "height", "ground", "storeys", "use", "geometry"]
    return geopandas.GeoDataFrame(rows, columns=columns, geometry="geometry")


def _root(objects, name):
    """Building that an object is part of; itself for a building; None for all else."""
    for _ in range(8):
        entry = objects.get(name, {})
        if entry.get("type") == "Building":
            return name
        parents = entry.get("parents")
        if entry.get("type") not in _PARTS or not isinstance(parents, list) or not parents:
            return None
        name = str(parents[0])
    return None


def _building(reader, name, entry, family):
    ground, plan, heights = [], [], []
    for member in family:
        for geometry in _finest(member):
            for rings, semantic in reader.rings(geometry):
                heights.append([ring[:, 2] for ring in rings])
                shape = shapely.Polygon(rings[0][:, :2], [ring[:, :2] for ring in rings[1:]])
                if shape.area > _SMALLEST_AREA:
                    (ground if semantic == "GroundSurface" else plan).append(shape)
    z = np.concatenate([part for rings in heights for part in rings]) if heights else np.zeros(0)
    attributes = entry.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    return {
        "building_id": name,
        "height": float(np.ptp(z)) if z.size else attributes.get("measuredHeight"),
        "ground": float(z.min()) if z.size else None,
        "storeys": attributes.get("storeysAboveGround"),
        "use": str(attributes.get("function") or attributes.get("usage") or "")[:80],
        "geometry": _union(ground or plan),
    }


def _union(shapes):
    if not shapes:
        return None
    shapes = shapely.make_valid(np.array(shapes, dtype=object))
    parts = shapely.get_parts(shapes)
    whole = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    if shapely.get_num_geometries(whole) < 2:
        return whole
    # Parts of one house often miss each other by less than a millimetre.
    return whole.buffer(_GAP, join_style="mitre").buffer(-_GAP, join_style="mitre")

"""Objects of a city model as they stand in it, ready for tiles: whole families, outside faces."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tiles.tiles3d.materials import ROOF, SURFACE_COLOURS, UNSEEN, WALL, class_colour
from tiles.tiles3d.mesh import Mesh, unit
from twin.model.city_model import SOLIDS, SURFACES, Geometry
from twin.model.triangulation import triangulate_all
from twin.terrain import sample_at

_INSIDE = tuple(
    f"{whole}{part}"
    for whole in ("Building", "Bridge", "Tunnel")
    for part in ("Room", "Furniture", "Storey", "Unit", "HollowSpace")
)
_VERTEX_BYTES, _INDEX_BYTES = 32, 6
_LARGEST_PIECE = 300_000  # bytes
_FLOATING = 3.0  # metres over ground within which a house is given a base on it


@dataclass(frozen=True)
class Piece:
    """Faces that stay in one tile.

    Parameters
    ----------
    geometry : Geometry
        Of one member of a family, or a part of it.
    kind : str
        Class of the member.
    """

    geometry: Geometry
    kind: str


def drawn_geometries(members):
    """What is drawn of a family: its finest level of detail, no room inside.

    Parameters
    ----------
    members : list of CityObject
        A family, the root first.

    Returns
    -------
    list of (str, Geometry)
        Class of the member and its surfaces; a root whose parts are finer is left out, and so
        is the footprint (LoD0) of a building.
    """
    root = members[0]
    is_building = root.type.startswith("Building")
    found = []
    for member in members:
        if member.type in _INSIDE:
            continue
        usable = [g for g in member.geometries if g.kind in SOLIDS + SURFACES and g.surface_count]
        if is_building:
            usable = [g for g in usable if not g.lod.startswith("0")]
        finest = max((g.lod for g in usable), default="")
        found += [(member, g) for g in usable if g.lod == finest]
    parts = [g.lod for member, g in found if member.type.endswith("Part")]
    if parts:
        found = [(m, g) for m, g in found if m is not root or g.lod >= max(parts)]
    return [(member.type, geometry) for member, geometry in found]


class ModelledObjects:
    """Families of a model as things to share out among tiles: one each, more where it is huge.

    Parameters
    ----------
    families : iterable of list of CityObject
        See `twin.model.families.families`.
    elevation : numpy.ndarray
        Ground of the city, shape (y, x) [m].
    frame : tiles.local_frame.LocalFrame
        With the grid of `elevation`.
    class_name : str
        Class of the property table.
    table : callable
        From families (list of list of CityObject), their lowest height [m] and their extent
        upwards [m] to columns.
    """

    is_closed = False

    def __init__(self, families, elevation, frame, class_name, table):
        self.class_name = class_name
        self._elevation, self._frame, self._table = elevation, frame, table
        self.members, self._things, owners, self._undrawn = [], [], [], {}
        for members in families:
            things = _things(drawn_geometries(members))
            owners += [len(self.members)] * len(things)
            self._things += things
            if things:
                self.members.append(members)
            else:
                self._undrawn[members[0].id] = members[0].type
        self.owners = np.array(owners, int)
        self._measure()

    def _measure(self):
        boxes = np.array([_box(thing) for thing in self._things]).reshape(-1, 2, 3)
        self.centres = boxes[:, :, :2].mean(axis=1)
        self.sizes = np.sqrt(((boxes[:, 1] - boxes[:, 0]) ** 2).sum(axis=1))
        self.weights = np.array(
            [sum(_weight(piece.geometry) for piece in thing) for thing in self._things], float
        )
        low, high = np.full(len(self.members), np.inf), np.full(len(self.members), -np.inf)
        np.minimum.at(low, self.owners, boxes[:, 0, 2])
        np.maximum.at(high, self.owners, boxes[:, 1, 2])
        self.ground, self.heights = low, high - low

    def __len__(self):
        return len(self._things)

    @property
    def object_count(self):
        """Families that are drawn."""
        return len(self.members)

    @property
    def skipped(self):
        """Families without anything to draw, a Counter of the types of their roots."""
        return Counter(self._undrawn.values())

    def drawn_elsewhere(self, names):
        """Take families with these ids as drawn."""
        for name in names:
            self._undrawn.pop(name, None)

    def mesh(self, chosen):
        """Faces of some of the things; `features` count through `families_in(chosen)`."""
        pieces = [piece for k in chosen for piece in self._things[k]]
        cut = triangulate_all([piece.geometry for piece in pieces])
        points = self._settled(pieces, cut)
        kinds, names = _surface_kinds(pieces)
        unseen = np.array([name in UNSEEN for name in names], bool)
        seen = ~unseen[kinds[cut.surface]]
        triangles, surface = cut.triangles[seen].astype(np.int64), cut.surface[seen]
        # A corner that two faces share is a vertex of each: faces stay flat.
        keys = surface[:, None].astype(np.int64) * len(points) + triangles
        vertices, triangles = np.unique(keys, return_inverse=True)
        triangles = triangles.reshape(-1, 3)
        owner, point = np.divmod(vertices, max(len(points), 1))
        positions = self._frame.from_city(points[point])
        normals = _normals(positions, triangles, owner)
        _, place = self.families_in(chosen)
        place = np.repeat(place, [len(self._things[k]) for k in chosen])
        piece_of_surface = np.repeat(np.arange(len(pieces)), np.diff(cut.surface_starts))
        return Mesh(
            positions=positions,
            normals=normals,
            colours=_colours(names, kinds[owner], normals),
            features=place[piece_of_surface[owner]],
            triangles=triangles,
        )

    def families_in(self, chosen):
        """Families of some things, in order; for each thing its place among them."""
        return np.unique(self.owners[chosen], return_inverse=True)

    def columns(self, chosen):
        """Columns of the property table of the families of some of the things."""
        families, _ = self.families_in(chosen)
        members = [self.members[k] for k in families]
        return self._table(members, self.ground[families], self.heights[families])

    def _settled(self, pieces, cut):
        """Points, with the lowest of a house that floats a little let down to the ground."""
        points = cut.points.copy()
        if not len(points):
            return points
        is_house = np.array([p.kind in ("Building", "BuildingPart") for p in pieces])
        owner = np.repeat(np.arange(len(pieces)), np.diff(cut.point_starts))
        ground = sample_at(self._elevation, self._frame.grid, points[:, 0], points[:, 1])
        base, lowest = np.full((2, len(pieces)), np.inf)
        np.minimum.at(base, owner, points[:, 2])
        np.minimum.at(lowest, owner, np.where(np.isfinite(ground), ground, np.inf))
        gap = base - lowest
        down = is_house & (gap > 0) & (gap <= _FLOATING)
        at_base = down[owner] & (points[:, 2] < base[owner] + 0.02)
        points[at_base, 2] = lowest[owner[at_base]]
        return points


def _things(drawn):
    """What is drawn of a family, in groups that fit into a tile: nearly always one."""
    groups, room = [], 0.0
    for kind, whole in drawn:
        for part in _cut(whole):
            weight = _weight(part)
            if weight > room:
                groups.append([])
                room = _LARGEST_PIECE
            groups[-1].append(Piece(part, kind))
            room -= weight
    return groups


def _box(thing):
    low = np.min([piece.geometry.points.min(axis=0) for piece in thing], axis=0)
    high = np.max([piece.geometry.points.max(axis=0) for piece in thing], axis=0)
    return low, high


def _weight(geometry):
    """Bytes of a geometry in a tile: a polygon of n corners in r rings is n + 2 r - 4 triangles."""
    corners, rings = len(geometry.corners), len(geometry.ring_ends)
    triangles = max(corners + 2 * rings - 4 * geometry.surface_count, 0)
    return corners * _VERTEX_BYTES + triangles * _INDEX_BYTES + 100.0


def _cut(geometry):
    """A geometry whole, or in runs of surfaces that fit into a tile."""
    if _weight(geometry) <= _LARGEST_PIECE:
        return [geometry]
    ring_ends = np.concatenate([[0], geometry.ring_ends])
    corner_ends = ring_ends[np.concatenate([[0], geometry.surface_ends])]
    piece = (corner_ends[1:] * (_VERTEX_BYTES + _INDEX_BYTES)) // _LARGEST_PIECE
    edges = [0, *(np.flatnonzero(np.diff(piece)) + 1), geometry.surface_count]
    return [_run(geometry, a, b) for a, b in pairwise(edges)]


def _run(geometry, first, last):
    """Surfaces `first` to `last` of a geometry."""
    surface_ends = np.concatenate([[0], geometry.surface_ends])
    ring_ends = np.concatenate([[0], geometry.ring_ends])
    rings = surface_ends[first], surface_ends[last]
    corners = ring_ends[rings[0]], ring_ends[rings[1]]
    used, where = np.unique(geometry.corners[corners[0] : corners[1]], return_inverse=True)
    kinds = geometry.surface_semantics
    return Geometry(
        kind="MultiSurface",
        lod=geometry.lod,
        points=geometry.points[used],
        corners=where.astype(np.int32),
        ring_ends=(ring_ends[rings[0] + 1 : rings[1] + 1] - corners[0]).astype(np.int32),
        surface_ends=(surface_ends[first + 1 : last + 1] - rings[0]).astype(np.int32),
        shell_ends=np.array([last - first], np.int32),
        solid_ends=np.empty(0, np.int32),
        semantics=geometry.semantics,
        surface_semantics=kinds[first:last] if len(kinds) else kinds,
    )


def _surface_kinds(pieces):
    """What each surface is, as index into names: its semantic type, or the class of its object."""
    names, parts = {}, []
    for piece in pieces:
        geometry = piece.geometry
        plain = names.setdefault(piece.kind, len(names))
        own = np.array(
            [*(names.setdefault(s["type"], len(names)) for s in geometry.semantics), plain]
        )
        kinds = geometry.surface_semantics
        parts.append(own[kinds] if len(kinds) else np.full(geometry.surface_count, plain))
    return np.concatenate(parts), list(names)


def _normals(positions, triangles, owner):
    """Unit normal of the face of each vertex: the mean over its triangles, weighted by area."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    cross = np.cross(b - a, c - a)
    face = owner[triangles[:, 0]]
    size = int(owner.max(initial=-1)) + 1
    sums = np.stack([np.bincount(face, cross[:, k], size) for k in range(3)], axis=1)
    return unit(sums)[owner]


def _colours(names, kinds, normals):
    """Colours of vertices: of the surface, of the class; the roof of a plain house shows up."""
    table = [SURFACE_COLOURS.get(name) for name in names]
    table = [class_colour(n) if c is None else c for n, c in zip(names, table, strict=True)]
    colours = np.array(table, np.uint8).reshape(-1, 4)[kinds]
    plain = np.array([name.startswith("Building") for name in names], bool)[kinds]
    colours[plain & (normals[:, 2] > 0.3)] = SURFACE_COLOURS[ROOF]
    colours[plain & (normals[:, 2] <= 0.3)] = SURFACE_COLOURS[WALL]
    return colours

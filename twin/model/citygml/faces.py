"""Faces with their meaning -> the flat arrays of a `Geometry`."""

import math
from array import array
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from twin.model.city_model import SOLIDS, Geometry
from twin.model.citygml.coordinates import BrokenGeometryError

_MANY = 3000
"""Corners from which on numpy finds equal ones faster than a dict."""


@dataclass(eq=False)
class Meaning:
    """What a surface is: a row of the semantics, told apart by identity."""

    type: str
    attributes: dict = field(default_factory=dict)
    parent: "Meaning | None" = None


@dataclass(eq=False, slots=True)
class Face:
    """A surface: its rings, each flat x, y, z, the outer one first, and what it is.

    `key` is the identity of the element that it was read from.
    """

    rings: list
    meaning: Meaning | None = None
    key: int = 0

    def turned(self):
        """The same face seen from behind."""
        return Face([_reversed(ring) for ring in self.rings], self.meaning, self.key)

    def is_finite(self):
        """Whether all its coordinates are numbers."""
        return all(map(math.isfinite, chain.from_iterable(self.rings)))

    def outline(self):
        """Corners of the outer ring, whatever their order."""
        ring = self.rings[0]
        return frozenset(zip(ring[0::3], ring[1::3], ring[2::3], strict=True))


def lend_meanings(faces, boundary):
    """Give faces without a meaning that of the boundary surface with the same corners.

    Some writers repeat the polygons of the boundary surfaces in the solid in place of links.

    Parameters
    ----------
    faces : iterable of Face
        Of the solid; changed.
    boundary : list of Face
        Of the boundary surfaces.

    Returns
    -------
    set of int
        Keys of those faces of the boundary that the solid has.
    """
    by_outline = {face.outline(): face for face in boundary}
    lent = set()
    for face in faces:
        twin = by_outline.get(face.outline()) if face.meaning is None else None
        if twin is not None:
            face.meaning = twin.meaning
            lent.add(twin.key)
    return lent


def surface_geometry(kind, lod, solids):
    """`Geometry` of faces.

    Parameters
    ----------
    kind : str
        One of `twin.model.city_model.SOLIDS` or `SURFACES`.
    lod : str
        Level of detail.
    solids : list of list of list of Face
        Solid, shell, face; surfaces without a solid are one shell of one solid.

    Raises
    ------
    BrokenGeometryError
        There is no face, or a coordinate is no finite number.
    """
    values = array("d")
    ring_ends, surface_ends, shell_ends, solid_ends, meanings = [], [], [], [], []
    shells = 0
    for solid in solids:
        for shell in solid:
            for face in shell:
                for ring in face.rings:
                    values += ring
                    ring_ends.append(len(values) // 3)
                surface_ends.append(len(ring_ends))
                meanings.append(face.meaning)
            shell_ends.append(len(surface_ends))
        shells += len(solid)
        solid_ends.append(shells)
    if not surface_ends:
        raise BrokenGeometryError("it has no surface")
    points, corners = _shared(values)
    semantics, rows = _semantics(meanings)
    return Geometry(
        kind=kind,
        lod=lod,
        points=points,
        corners=corners,
        ring_ends=np.array(ring_ends, np.int32),
        surface_ends=np.array(surface_ends, np.int32),
        shell_ends=np.array(shell_ends, np.int32),
        solid_ends=np.array(solid_ends if kind in SOLIDS else [], np.int32),
        semantics=semantics,
        surface_semantics=rows,
    )


def line_geometry(lod, lines):
    """`Geometry` of lines, each flat x, y, z.

    Raises
    ------
    BrokenGeometryError
        A coordinate is no finite number.
    """
    ends = np.cumsum([len(line) // 3 for line in lines]).astype(np.int32)
    values = array("d")
    for line in lines:
        values += line
    points, corners = _shared(values)
    none = np.empty(0, np.int32)
    surfaces = np.arange(1, len(lines) + 1, dtype=np.int32)
    return Geometry("MultiLineString", lod, points, corners, ends, surfaces, none, none)


def point_geometry(lod, values):
    """`Geometry` of points, flat x, y, z.

    Raises
    ------
    BrokenGeometryError
        A coordinate is no finite number.
    """
    points = _finite(values)
    none = np.empty(0, np.int32)
    corners = np.arange(len(points), dtype=np.int32)
    return Geometry("MultiPoint", lod, points, corners, none, none, none, none)


def _finite(values):
    points = np.array(values, np.float64).reshape(-1, 3)
    if not np.isfinite(points).all():
        raise BrokenGeometryError("a coordinate is no finite number")
    return points


def _shared(values):
    """Each different point once, and its row for each corner."""
    points = _finite(values)
    if len(points) > _MANY:
        points, corners = np.unique(points, axis=0, return_inverse=True)
        return points, corners.reshape(-1).astype(np.int32)
    rows = {}
    each = zip(values[0::3], values[1::3], values[2::3], strict=True)
    corners = [rows.setdefault(point, len(rows)) for point in each]
    return np.array(list(rows), np.float64), np.array(corners, np.int32)


def _semantics(meanings):
    """Rows of the semantics, and the row of each surface; both empty where nothing has one."""
    rows, semantics = {}, []

    def row_of(meaning):
        if meaning is None:
            return -1
        if meaning not in rows:
            entry = {"type": meaning.type, **meaning.attributes}
            if meaning.parent is not None:
                entry["parent"] = row_of(meaning.parent)
            rows[meaning] = len(semantics)
            semantics.append(entry)
            if meaning.parent is not None:
                semantics[entry["parent"]].setdefault("children", []).append(rows[meaning])
        return rows[meaning]

    found = [row_of(meaning) for meaning in meanings]
    if not semantics:
        return (), np.empty(0, np.int32)
    return tuple(semantics), np.array(found, np.int32)


def _reversed(ring):
    turned = ring[::-1]
    turned[0::3], turned[2::3] = turned[2::3], turned[0::3]
    return turned

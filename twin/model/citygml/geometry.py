"""Geometries of GML -> `Geometry`: surfaces, solids, lines and points, links followed."""

from array import array

from twin.model.citygml.coordinates import (
    BrokenGeometryError,
    in_three,
    read_positions,
    read_ring,
)
from twin.model.citygml.faces import Face
from twin.model.citygml.nodes import XLINK_HREF

POLYGONS = frozenset(("Polygon", "PolygonPatch", "Triangle", "Rectangle"))
_TURNED = frozenset(("OrientableSurface", "TexturedSurface", "_TexturedSurface"))
SURFACES = POLYGONS | {
    *("MultiSurface", "CompositeSurface", "Surface", "PolyhedralSurface"),
    *("TriangulatedSurface", "Tin", "Shell", "MultiPolygon", *_TURNED),
}
SOLIDS = frozenset(("Solid", "MultiSolid", "CompositeSolid"))
LINES = frozenset(
    ("LineString", "Curve", "CompositeCurve", "MultiCurve", "MultiLineString", "OrientableCurve")
)
SEGMENTS = frozenset(("LineStringSegment", "Arc", "ArcString", "Circle", "GeodesicString"))
POINTS = frozenset(("Point", "MultiPoint"))
MIXTURES = frozenset(("MultiGeometry", "GeometricComplex", "GeometricAggregate"))
GEOMETRIES = SURFACES | SOLIDS | LINES | POINTS | MIXTURES

_DEEPEST = 40
"""Geometries inside each other, links followed; more is a circle."""


class GeometryReader:
    """Reads the geometries of one member of a city model.

    Parameters
    ----------
    find : callable
        Gives the element with a gml:id, or None.
    budget : Budget
        Of the file.

    Attributes
    ----------
    known : dict of int to Face
        Polygons that are read already, by identity of their elements; those of boundary surfaces,
        so that a solid which refers to them gets their meaning.
    used : set of int
        Those of them that a solid or a multi-surface took.
    meaning : Meaning or None
        While boundary surfaces are read: what the faces are.
    dangling : list of str
        Links that lead nowhere.
    open_rings : int
        Rings whose last corner is not the first.
    is_whole : bool
        Whether one broken face breaks its geometry, as of a solid; else it alone is left out.
    lost_faces : int
        Faces that were left out.
    """

    def __init__(self, find, budget):
        self.find = find
        self.budget = budget
        self.known = {}
        self.used = set()
        self.meaning = None
        self.dangling = []
        self.open_rings = self.lost_faces = 0
        self.is_whole = True

    def faces(self, element, flipped=False, dimension=3, depth=0):
        """Faces below an element of a surface, in order.

        Parameters
        ----------
        element : Node
            One of `SURFACES`, or a property that holds them.
        flipped : bool
            Whether it is turned round.
        dimension : int
            Of its coordinates.
        depth : int
            How deep it lies.

        Raises
        ------
        BrokenGeometryError
            A ring cannot be read, or links lead in a circle.
        """
        if depth > _DEEPEST:
            raise BrokenGeometryError("its links lead in a circle")
        found = []
        name = element.name
        dimension = _dimension(element, dimension)
        if name in POLYGONS:
            face = self._face(element, flipped, dimension)
            return [] if face is None else [face]
        if name in _TURNED:
            flipped ^= element.get("orientation") == "-"
        for child in element:
            target = self._target(child)
            if target is not None:
                found += self._faces_of(target, flipped, dimension, depth)
            elif len(child):
                for part in child:
                    found += self._faces_of(part, flipped, dimension, depth)
        return found

    def solids(self, element, dimension=3, depth=0):
        """Solids below an element: for each a list of shells, each a list of faces."""
        if depth > _DEEPEST:
            raise BrokenGeometryError("its links lead in a circle")
        dimension = _dimension(element, dimension)
        parts = list(self._parts(element))
        if element.name == "Solid":
            shells = [self._faces_of(part, False, dimension, depth) for part in parts]
            return [[shell for shell in shells if shell]]
        return [
            solid
            for part in parts
            if part.name in SOLIDS
            for solid in self.solids(part, dimension, depth + 1)
        ]

    def lines(self, element, dimension=3, depth=0):
        """Lines below an element, each flat x, y, z."""
        if depth > _DEEPEST:
            raise BrokenGeometryError("its links lead in a circle")
        dimension = _dimension(element, dimension)
        name = element.name
        if name in SEGMENTS or name == "LineString":
            line = in_three(*read_positions(element, dimension))
            self.budget.take(len(line))
            return [line] if line else []
        if name not in LINES and name not in MIXTURES:
            return []
        found = [
            line for part in self._parts(element) for line in self.lines(part, dimension, depth + 1)
        ]
        return [_joined(found)] if name in ("Curve", "CompositeCurve") and found else found

    def points(self, element, dimension=3, depth=0):
        """Points below an element, flat x, y, z."""
        if depth > _DEEPEST:
            raise BrokenGeometryError("its links lead in a circle")
        dimension = _dimension(element, dimension)
        name = element.name
        if name == "Point":
            point = in_three(*read_positions(element, dimension))
            self.budget.take(len(point))
            return point
        if name not in POINTS and name not in MIXTURES:
            return []
        return [
            value
            for part in self._parts(element)
            for value in self.points(part, dimension, depth + 1)
        ]

    def _parts(self, element):
        """Geometries inside the properties of a geometry, links followed."""
        for child in element:
            target = self._target(child)
            if target is not None:
                yield target
            else:
                yield from child

    def _faces_of(self, part, flipped, dimension, depth):
        if part.name not in SURFACES:
            return []
        return self.faces(part, flipped, dimension, depth + 1)

    def _target(self, element):
        """Element that a property refers to, or None where it holds its own."""
        if not element.attributes or element or XLINK_HREF not in element.attributes:
            return None
        link = element.attributes[XLINK_HREF]
        target = self.find(link[1:]) if link.startswith("#") else None
        if target is None:
            self.dangling.append(link)
        return target

    def _face(self, element, flipped, dimension):
        face = self.known.get(id(element))
        if face is None:
            rings = self._sound_rings(element, dimension)
            if rings is None:
                return None
            face = Face(rings, self.meaning, id(element))
            if self.meaning is not None:
                self.known[id(element)] = face
        elif self.meaning is None:
            self.used.add(id(element))
        self.budget.take(sum(map(len, face.rings)))
        return face.turned() if flipped else face

    def _sound_rings(self, element, dimension):
        """Rings of a face; None where they are broken and the rest shall stay."""
        if self.is_whole:
            return self._rings(element, dimension)
        try:
            rings = self._rings(element, dimension)
        except BrokenGeometryError:
            rings = None
        if rings is None or not Face(rings).is_finite():
            self.lost_faces += 1
            return None
        return rings

    def _rings(self, element, dimension):
        if element.corners is not None:
            return [element.corners]
        outer, inner = [], []
        for child in element:
            name = child.name
            if name in ("exterior", "outerBoundaryIs"):
                outer += [self._ring(ring, dimension) for ring in child]
            elif name in ("interior", "innerBoundaryIs"):
                inner += [self._ring(ring, dimension) for ring in child]
            elif name == "LinearRing":
                outer.append(self._ring(child, dimension))
        if len(outer) != 1:
            raise BrokenGeometryError(f"a surface has {len(outer)} outer rings")
        return outer + inner

    def _ring(self, ring, dimension):
        dimension = _dimension(ring, dimension)
        if ring.name == "LinearRing":
            corners, is_closed = read_ring(ring, dimension)
        else:
            corners = _joined(
                [x for part in self._parts(ring) for x in self.lines(part, dimension)]
            )
            is_closed = len(corners) > 3 and corners[:3] == corners[-3:]
            corners = corners[:-3] if is_closed else corners
        if not corners:
            raise BrokenGeometryError("a ring has no coordinates")
        self.open_rings += not is_closed
        return corners


class Budget:
    """How many numbers a file may unfold to: a small file with links must stay small.

    Parameters
    ----------
    bytes_read : callable
        Gives the bytes read so far; each number that stands in a file takes two or more.
    free : int
        Numbers that the smallest file may give.
    share : int
        Numbers for each byte that is read.
    """

    def __init__(self, bytes_read, free=300_000, share=2):
        self._bytes_read = bytes_read
        self._free, self._share = free, share
        self._spent = 0

    def take(self, numbers):
        """Note that so many numbers more are in use.

        Raises
        ------
        BrokenGeometryError
            They are more than the file can mean.
        """
        if self._spent + numbers > self._free + self._share * self._bytes_read():
            raise BrokenGeometryError("its links unfold to more than the whole file")
        self._spent += numbers


def _dimension(element, dimension):
    stated = element.attributes.get("srsDimension") if element.attributes else None
    return int(stated) if stated in ("2", "3") else dimension


def _joined(lines):
    """One line of lines that follow each other."""
    joined = array("d")
    for line in lines:
        joined += line[3:] if joined and line[:3] == joined[-3:] else line
    return joined

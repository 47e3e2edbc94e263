"""The geometries of one object of CityGML, with the meaning of their surfaces."""

from dataclasses import dataclass, field, replace

from twin.model.city_model import SOLIDS
from twin.model.citygml.coordinates import BrokenGeometryError
from twin.model.citygml.faces import (
    Meaning,
    lend_meanings,
    line_geometry,
    point_geometry,
    surface_geometry,
)
from twin.model.citygml.geometry import LINES, MIXTURES, POINTS, SURFACES
from twin.model.citygml.implicit import place, read_matrix, read_reference
from twin.model.citygml.nodes import XLINK_HREF

_COMPOSITES = frozenset(("CompositeSurface", "TriangulatedSurface", "Tin", "PolyhedralSurface"))
_ROLES = {
    "lod0FootPrint": Meaning("GroundSurface"),
    "lod0RoofEdge": Meaning("RoofSurface"),
}
"""What the surfaces of these properties are; CityJSON has no other way to tell them apart."""

_MOST_TROUBLES = 20
"""Troubles of one object that are told."""


@dataclass
class Shapes:
    """Elements that make the geometry of one object.

    Parameters
    ----------
    own : list of (str, Element)
        Level of detail and property of each geometry of the object.
    boundary : list of (str, Meaning, Element)
        Level of detail, meaning and property of each of its boundary surfaces.
    """

    own: list = field(default_factory=list)
    boundary: list = field(default_factory=list)


class ShapeReader:
    """Turns the shapes of the objects of one member into geometries.

    Parameters
    ----------
    reader : GeometryReader
        Of the member.
    placement : Placement
        Of the file.
    prototypes : dict of str to Element
        Prototypes of implicit geometries so far, by gml:id; those of this member are added.
    is_elsewhere : callable
        Whether an srsName lies in another reference system than the file.
    """

    def __init__(self, reader, placement, prototypes, is_elsewhere):
        self._reader = reader
        self._placement = placement
        self._prototypes = prototypes
        self._is_elsewhere = is_elsewhere
        self._troubles = []

    def read(self, shapes):
        """Geometries of an object.

        Parameters
        ----------
        shapes : Shapes
            Of the object.

        Returns
        -------
        tuple of (list of Geometry, list of str)
            And what was wrong, in words.
        """
        self._troubles = []
        reader = self._reader
        reader.dangling, reader.open_rings, reader.used = [], 0, set()
        reader.lost_faces = 0
        boundary = self._boundary(shapes.boundary)
        found = []
        for lod, element in shapes.own:
            before = set(reader.used)
            drawn = self._tried(lod, self._property, element, lod, boundary.get(lod, []))
            reader.used = reader.used if drawn else before
            found += drawn
        for lod, faces in boundary.items():
            rest = [face for face in faces if face.key not in reader.used and face.is_finite()]
            if rest:
                found += self._tried(lod, self._surfaces, "MultiSurface", lod, [[rest]])
        if reader.dangling:
            count, first = len(reader.dangling), reader.dangling[0][:80]
            self._tell(f"{count} links lead nowhere, the first to {first!r}; left out")
        if reader.lost_faces:
            self._tell(f"{reader.lost_faces} surfaces are not readable; left out")
        if reader.open_rings:
            self._tell(f"{reader.open_rings} rings do not end where they began; closed")
        return found, self._troubles

    def _boundary(self, boundary):
        """Faces of the boundary surfaces, by level of detail."""
        faces = {}
        for lod, meaning, element in boundary:
            self._reader.meaning = meaning
            for part in self._parts(element):
                faces.setdefault(lod, []).extend(self._tried(lod, self._faces_here, part))
        self._reader.meaning = None
        return faces

    def _tried(self, lod, read, *arguments):
        try:
            return read(*arguments)
        except BrokenGeometryError as error:
            self._tell(f"its geometry of LoD {lod or '?'} is left out: {error}")
            return []

    def _tell(self, what):
        if len(self._troubles) < _MOST_TROUBLES and what not in self._troubles:
            self._troubles.append(what)

    def _property(self, element, lod, boundary):
        """Geometries that a property, such as ``lod2Solid``, holds or refers to."""
        found = []
        for part in self._parts(element):
            if part.name == "ImplicitGeometry":
                found += self._implicit(part, lod)
                continue
            self._require_here(part)
            role = _ROLES.get(element.name)
            found += [self._swapped(entry) for entry in self._drawn(part, lod, boundary, role)]
        return found

    def _faces_here(self, part):
        self._require_here(part)
        return self._reader.faces(part)

    def _require_here(self, part):
        stated = part.get("srsName")
        if stated and self._is_elsewhere(stated):
            raise BrokenGeometryError(f"it is in {stated[:80]!r}, unlike the file")

    def _parts(self, element):
        """Geometries in a property, or the one that it refers to."""
        link = element.get(XLINK_HREF)
        if link is None or len(element):
            return list(element)
        target = self._reader.find(link[1:])
        self._reader.dangling += [link] if target is None else []
        return [] if target is None else [target]

    def _drawn(self, part, lod, boundary=(), role=None):
        """Geometries of an element of GML, in the axes of the file."""
        reader, name = self._reader, part.name
        if name in SOLIDS:
            solids = reader.solids(part)
            every = [face for solid in solids for shell in solid for face in shell]
            if boundary and not any(face.meaning for face in every):
                reader.used |= lend_meanings(every, boundary)
            return [surface_geometry(name, lod, solids)]
        found = []
        if name in SURFACES or name in MIXTURES:
            faces = self._sound_faces(part)
            for face in faces:
                face.meaning = face.meaning or role
            kind = "CompositeSurface" if name in _COMPOSITES else "MultiSurface"
            found += [surface_geometry(kind, lod, [[faces]])] if faces or name in SURFACES else []
        if name in LINES or name in MIXTURES:
            lines = reader.lines(part)
            found += [line_geometry(lod, lines)] if lines else []
        if name in POINTS or name in MIXTURES:
            points = reader.points(part)
            found += [point_geometry(lod, points)] if points else []
        return found

    def _sound_faces(self, part):
        """Faces of surfaces that are no solid: a broken one costs only itself."""
        reader = self._reader
        reader.is_whole = False
        try:
            return reader.faces(part)
        finally:
            reader.is_whole = True

    def _surfaces(self, kind, lod, solids):
        return [self._swapped(surface_geometry(kind, lod, solids))]

    def _swapped(self, geometry):
        """The same geometry with x to the east, counted from the zero of the reference system."""
        placement, points = self._placement, geometry.points
        if not placement.is_swapped and not placement.anchor:
            return geometry
        points = points + placement.anchor if placement.anchor else points
        points = points.take([1, 0, 2], axis=1) if placement.is_swapped else points
        return replace(geometry, points=points)

    def _implicit(self, element, lod):
        matrix, reference = read_matrix(element), read_reference(element)
        if self._placement.anchor:
            reference = [sum(pair) for pair in zip(reference, self._placement.anchor, strict=True)]
        if self._placement.is_swapped:
            reference = [reference[1], reference[0], reference[2]]
        prototype = self._prototype(element)
        if prototype is None:
            self._tell("its prototype lies in another file; its place is kept as a point")
            return [point_geometry(lod, list(reference))]
        drawn = self._prototypes.drawn(prototype, lambda node: self._drawn(node, lod))
        is_geographic = self._placement.is_geographic
        return [
            place(replace(geometry, lod=lod), matrix, reference, is_geographic)
            for geometry in drawn
        ]

    def _prototype(self, element):
        """Element of the geometry that is placed, its own or another's; None where none is."""
        for child in element:
            if child.name not in ("relativeGMLGeometry", "relativeGeometry"):
                continue
            if len(child):
                self._prototypes.keep(child[0])
                return child[0]
            link = child.get(XLINK_HREF) or ""
            found = self._prototypes.nodes.get(link[1:])
            return self._reader.find(link[1:]) if found is None else found
        return None

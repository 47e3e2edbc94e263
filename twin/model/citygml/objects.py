"""One member of a CityGML file -> city objects: parts, surfaces and attributes in their places."""

from collections import Counter
from dataclasses import dataclass, field

from twin.model.city_model import CityObject
from twin.model.city_object_types import GENERIC
from twin.model.citygml.attributes import read_address
from twin.model.citygml.faces import Meaning
from twin.model.citygml.geometry import GEOMETRIES
from twin.model.citygml.links import holds_parts
from twin.model.citygml.names import (
    APPEARANCE,
    GML,
    OBJECTS,
    SPACES,
    SURFACES,
    is_lod,
)
from twin.model.citygml.nodes import XLINK_HREF
from twin.model.citygml.shapes import Shapes
from twin.model.identity import made_id

_SKIPPED = frozenset(
    (
        *("extent", "appearance", "appearanceMember", "generalizesTo", "relatedTo", "dynamizer"),
        *("predecessor", "successor", "pointCloud", "metaDataProperty", "location"),
    )
)
_PLAIN = {kind: Meaning(kind) for kind in SURFACES.values()}
"""One meaning for all surfaces of a kind of which nothing else is known."""


@dataclass
class Gathered:
    """What stands in an object, while it is read."""

    attributes: dict = field(default_factory=dict)
    other: dict = field(default_factory=dict)
    shapes: Shapes = field(default_factory=Shapes)
    children: list = field(default_factory=list)
    links: list = field(default_factory=list)


class MemberReader:
    """Reads the objects of one member.

    Parameters
    ----------
    shapes : ShapeReader
        Of the member.
    attributes : AttributeReader
        Of the file.
    register : callable
        Takes a name and words on what is wrong with it or None; gives the id to use.
    tell : callable
        Takes an id and words on what is wrong with it.

    Attributes
    ----------
    objects : dict of str to CityObject
        Those of this member.
    read : collections.Counter
        Elements of each type of object.
    merged : collections.Counter
        Elements of each class that became part of another object: surfaces, lanes.
    links : list of (str, str, bool)
        Objects and ids of others that they refer to, and whether those are members of a group.
    """

    def __init__(self, shapes, attributes, register, tell):
        self._shapes = shapes
        self._attributes = attributes
        self._register = register
        self._tell = tell
        self.objects = {}
        self.read = Counter()
        self.merged = Counter()
        self.links = []

    def object(self, element, parents=()):
        """Read an object with all objects inside it.

        Parameters
        ----------
        element : Node
            Of a class of `OBJECTS`, or of one that is not known.
        parents : tuple of str
            Ids of what it is part of.

        Returns
        -------
        str
            Its id.
        """
        kind, gathered = self._gather(element)
        self.read[kind] += 1
        geometries, troubles = self._shapes.read(gathered.shapes)
        name = self._register(element.gml_id or made_id(kind, geometries))
        for what in troubles:
            self._tell(name, what)
        self.objects[name] = None  # a parent comes before its parts
        is_group = kind == "CityObjectGroup"
        inside = () if is_group else (name,)
        children = tuple(self.object(child, inside) for child in gathered.children)
        self.links += [(name, link, is_group) for link in gathered.links]
        self.objects[name] = CityObject(
            id=name,
            type=kind,
            attributes=gathered.attributes,
            geometries=tuple(geometries),
            parents=parents,
            children=children,
            other=gathered.other,
        )
        return name

    def _gather(self, element):
        """Type of an object, and all that its properties hold."""
        name = element.name
        kind = OBJECTS.get(name, GENERIC)
        gathered = Gathered()
        if kind.lstrip("+") != name and name not in ("Room", "Storey", "Square", "HollowSpace"):
            gathered.attributes["citygml_type"] = name
        for prop in element:
            self._property(prop, gathered)
        if kind == "TINRelief" or kind.endswith("Relief"):
            lod = str(gathered.attributes.get("lod", ""))[:1]
            gathered.shapes.own = [(own or lod, prop) for own, prop in gathered.shapes.own]
        _complete(gathered.attributes)
        if kind == "WaterBody" and any(
            key.endswith("RiskAttribute") for key in gathered.attributes
        ):
            gathered.attributes["is_hazard_extent"] = True
        return kind, gathered

    def _property(self, prop, gathered):
        """Put what one property of an object says where it belongs."""
        space, name = prop.space, prop.name
        if space == APPEARANCE or name in _SKIPPED:
            return
        if is_lod(name):
            if "errainIntersection" not in name:
                gathered.shapes.own.append((name[3], prop))
            return
        if len(prop) == 0:
            self._plain_property(prop, name, gathered)
            return
        part_space, part = prop[0].space, prop[0].name
        if part_space == GML:
            if part in GEOMETRIES:
                gathered.shapes.own.append(("", prop))
        elif part in OBJECTS:
            gathered.children += prop
        elif part in SURFACES:
            for surface in prop:
                self._surface(surface, gathered.shapes)
        elif part in SPACES:
            for lane in prop:
                self._lane(lane, gathered)
        elif _is_feature(prop[0], part_space):
            gathered.children += prop
        elif part == "Role":  # of a member of a group, in CityGML 3
            for inner in prop[0]:
                self._property(inner, gathered)
        elif part == "Address":
            gathered.other.setdefault("address", []).append(read_address(prop[0]))
        else:
            self._attributes.add(prop, gathered.attributes)
            self._inner_shapes(prop, gathered.shapes)

    def _plain_property(self, prop, name, gathered):
        link = prop.get(XLINK_HREF)
        if link is None:
            self._attributes.add(prop, gathered.attributes)
        elif name == "groupMember" or holds_parts(name):
            gathered.links.append(link)

    def _surface(self, element, shapes, parent=None):
        """A boundary surface, with its windows and doors."""
        name = element.name
        self.merged[name] += 1
        own, inner, attributes = [], [], {}
        for prop in element:
            space, local = prop.space, prop.name
            if is_lod(local):
                own.append((local[3], prop))
            elif len(prop) and prop[0].name in SURFACES:
                inner += prop
            elif space not in (GML, APPEARANCE) and local not in ("creationDate", *_SKIPPED):
                self._attributes.add(prop, attributes)
        kind = SURFACES[name]
        if "Traffic" in kind and element.gml_id:
            attributes["id"] = element.gml_id
        meaning = _PLAIN[kind]
        if attributes or inner or parent is not None:
            meaning = Meaning(kind, attributes, parent)
        shapes.boundary += [(lod, meaning, prop) for lod, prop in own]
        for opening in inner:
            if opening.name in SURFACES:
                self._surface(opening, shapes, meaning)

    def _lane(self, element, gathered):
        """A part of a road that is no object here: its surfaces become the road's."""
        self.merged[element.name] += 1
        inner = Gathered(shapes=gathered.shapes, children=gathered.children)
        for prop in element:
            self._property(prop, inner)

    def _inner_shapes(self, prop, shapes):
        """Geometries inside a data type, as the lines of a pipe in i-UR."""
        for element in prop.walk():
            local = element.name
            if is_lod(local) and len(element) and element[0].space == GML:
                shapes.own.append((local[3], element))


def _is_feature(element, space):
    """Whether an element of a class that is not known is an object: it has an id and a shape."""
    if element.gml_id is None or space == APPEARANCE:
        return False
    return any(is_lod(inner.name) and len(inner) for inner in element.walk())


def _complete(attributes):
    """Height and year in CityGML 3 under the names that they have in CityGML 2."""
    height = attributes.get("height")
    height = height[0] if isinstance(height, list) else height
    if isinstance(height, dict) and isinstance(height.get("value"), int | float):
        attributes.setdefault("measuredHeight", height["value"])
    built = str(attributes.get("dateOfConstruction", ""))[:4]
    if built.isdigit():
        attributes.setdefault("yearOfConstruction", int(built))

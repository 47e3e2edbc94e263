"""Reads CityGML 1.0, 2.0 and 3.0, with the i-UR extension of PLATEAU, as a stream."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from twin.errors import InputError
from twin.input_file import require_file
from twin.model.city_model import CityModel, Trouble
from twin.model.citygml.attributes import AttributeReader
from twin.model.citygml.codelists import Codelists
from twin.model.citygml.crs import Placement, find_placement, horizontal_code
from twin.model.citygml.geometry import Budget, GeometryReader
from twin.model.citygml.implicit import Prototypes
from twin.model.citygml.names import GML, MEMBERS, is_lod
from twin.model.citygml.nodes import XLINK_HREF
from twin.model.citygml.objects import MemberReader
from twin.model.citygml.shapes import ShapeReader
from twin.model.citygml.stream import MemberStream
from twin.model.free_names import FreeNames

MOST_TROUBLES = 10_000
"""Troubles that are told in full; all are counted."""

MOST_OBJECTS = 3_000_000
"""City objects of one file; they are all in memory."""

_MOST_OTHERS = 100_000
"""Elements beside them."""

_MOST_WAITING = 20_000
"""Objects that may wait for the end of the file because of what they refer to."""

_MOST_SYSTEMS = 100
"""Names of reference systems in one file."""


def read_citygml(source, what=None):
    """Read a CityGML file.

    Parameters
    ----------
    source : str, pathlib.Path or binary file
        CityGML 1.0, 2.0 or 3.0, not compressed; a file at its position 0.
    what : str, pathlib.Path or None
        Its name, for messages; codelists are looked for beside it.

    Returns
    -------
    twin.model.city_model.CityModel
        Coordinates are x (east, longitude), y (north, latitude), z in the system that `crs`
        names, whatever the order of axes in the file; they are not moved to another system.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is no CityGML of a known version, is cut off, declares entities, or is larger or deeper
        than any real file.

    Notes
    -----
    OGC 08-007r1, 12-019, 20-010 and 21-006r2 (CityGML), 21-056 (types of CityJSON), Technical
    Standard of 3D City Models of MLIT (i-UR). Boundary surfaces, windows, traffic areas and lanes
    become the meaning of surfaces (``metadata["merged"]`` counts them); rooms, furniture and
    installations are objects; an object of a class that CityJSON lacks is a
    ``+GenericCityObject`` whose attribute ``citygml_type`` has the class. Footprint and roof edge
    of LoD 0 are surfaces of ground and roof. A WaterBody that is the extent of a hazard map has the
    attribute ``is_hazard_extent``: it is no water. Textures and materials are left out.
    """
    if isinstance(source, str | Path):
        require_file(source, "a CityGML file")
        with Path(source).open("rb") as stream:
            return read_citygml(stream, what or source)
    folder = Path(what).parent if what and Path(what).is_file() else None
    return _FileReader(source, str(what or "the CityGML file"), folder).model()


class _FileReader:
    """Reads one file, member by member."""

    def __init__(self, stream, what, folder):
        self._stream = stream
        self._is_seekable = stream.seekable()
        self._members = MemberStream(stream, what)
        self._attributes = AttributeReader(Codelists(folder))
        self._budget = Budget(self._bytes_read)
        self._placement = None
        self._elsewhere = {}
        self._prototypes = Prototypes(Budget(self._bytes_read, free=30_000_000, share=20))
        self._found = {}
        self._objects = {}
        self._names = FreeNames()
        self._troubles = []
        self._links = []
        self._read, self._merged, self._left_out = Counter(), Counter(), Counter()
        self._metadata = {}

    def _bytes_read(self):
        return self._members.bytes_read

    def model(self):
        """The whole file as a CityModel."""
        waiting = []
        for member in self._members:
            node = member.node
            if node.name in MEMBERS:
                self._take(member, waiting)
            elif node.name == "boundedBy":
                self._place(node)
            elif len(node) == 0 and node.text and node.name in ("name", "description"):
                self._metadata[node.name] = node.text.strip()[:1000]
            else:
                self._left_out[node.name] += 1
            self._require_sane_size()
        self._take_waiting(waiting)
        self._link_objects()
        return self._finished()

    def _require_sane_size(self):
        if len(self._objects) > MOST_OBJECTS:
            raise InputError(
                f"{self._members.what} has more than {MOST_OBJECTS:,} city objects, expected at "
                "most that; split it"
            )
        if self._left_out.total() > _MOST_OTHERS:
            raise InputError(
                f"{self._members.what} has more than {_MOST_OTHERS:,} elements that are no city "
                "objects, expected CityGML; it is damaged or hostile"
            )

    def _take(self, member, waiting):
        """Read the objects of a member, or let it wait where it refers to what has not come yet."""
        if self._placement is None:
            self._place(member.node)
        missing = {
            link
            for link in filter(None, map(_shape_link, member.links))
            if link not in member.ids and link not in self._prototypes.nodes
        }
        if missing and self._is_seekable and len(waiting) < _MOST_WAITING:
            waiting.append((member, missing))
        else:
            self._read_objects(member)

    def _take_waiting(self, waiting):
        """Find in a second pass what the first one could not, and read what waited for it."""
        wanted = set().union(*(missing for _, missing in waiting)) - self._prototypes.nodes.keys()
        if wanted:
            self._stream.seek(0)
            for member in MemberStream(self._stream, self._members.what):
                for name in wanted & member.ids.keys():
                    self._found.setdefault(name, member.ids[name])
        for member, _ in waiting:
            self._read_objects(member)

    def _read_objects(self, member):
        ids, found = member.ids, self._found
        geometries = GeometryReader(lambda name: ids.get(name, found.get(name)), self._budget)
        placement = self._placement or Placement("")
        shapes = ShapeReader(geometries, placement, self._prototypes, self._is_elsewhere)
        reader = MemberReader(shapes, self._attributes, self._register, self._tell)
        for node in member.node:
            reader.object(node)
        self._objects.update(reader.objects)
        self._read.update(reader.read)
        self._merged.update(reader.merged)
        self._links += reader.links

    def _place(self, element):
        """Take the reference system from the first srsName in an element."""
        for inner in element.walk():
            name = inner.get("srsName")
            if name and self._placement is None:
                self._placement = find_placement(name.strip(), _first_corner(inner))
                self._metadata["srsName"] = name.strip()[:200]
                if self._placement.crs is None:
                    self._tell("", f"its reference system {name[:80]!r} is not known")
                elif self._objects:
                    self._tell("", f"{len(self._objects)} objects come before its first srsName")

    def _is_elsewhere(self, name):
        """Whether an srsName has another horizontal system than the file."""
        if name not in self._elsewhere and len(self._elsewhere) < _MOST_SYSTEMS:
            own = horizontal_code(self._placement.name) if self._placement else None
            self._elsewhere[name] = own is not None and horizontal_code(name) not in (own, None)
        return self._elsewhere.get(name, True)

    def _register(self, name):
        """An id that no object has yet."""
        fresh = self._names.take(name)
        if fresh != name:
            self._tell(fresh, f"the id {name[:80]!r} is there already; named {fresh[:80]!r}")
        return fresh

    def _tell(self, name, what):
        if len(self._troubles) < MOST_TROUBLES:
            self._troubles.append(Trouble(name, what))

    def _link_objects(self):
        """Make parts and members of groups of the objects that others refer to."""
        children = {}
        for name, link, is_group in self._links:
            target = self._objects.get(link.removeprefix("#"))
            if target is None or not link.startswith("#"):
                self._tell(name, f"its part {link[:80]!r} is not in the file; left out")
            elif target.id != name:
                children.setdefault(name, {})[target.id] = None
                if not is_group and not target.parents:
                    self._objects[target.id] = replace(target, parents=(name,))
        for name, linked in children.items():
            owner = self._objects[name]
            own = dict.fromkeys(owner.children)
            self._objects[name] = replace(owner, children=tuple(own | linked))

    def _finished(self):
        for name, count in self._left_out.items():
            self._tell("", f"{count} x {name[:80]!r} at the top are no city objects; left out")
        self._metadata["citygml"] = self._members.version
        self._metadata["merged"] = dict(self._merged)
        return CityModel(
            objects=self._objects,
            crs=self._placement.crs if self._placement else None,
            read=self._read,
            troubles=tuple(self._troubles),
            metadata=self._metadata,
        )


def _shape_link(node):
    """Id of the geometry that a node refers to; None where it is no geometry of this file."""
    link = node.get(XLINK_HREF)
    is_shape = node.space == GML or is_lod(node.name) or node.name.startswith("relativeG")
    return link[1:] if is_shape and link.startswith("#") and len(node) == 0 else None


def _first_corner(element):
    """First two coordinates below an element, or None."""
    for inner in element.walk():
        if inner.name in ("lowerCorner", "pos", "posList"):
            values = (inner.text or "").split(maxsplit=2)[:2]
            try:
                return [float(value) for value in values] if len(values) == 2 else None
            except ValueError:
                return None
    return None

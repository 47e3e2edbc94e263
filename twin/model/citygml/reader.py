"""Reads CityGML 1.0, 2.0 and 3.0, with the i-UR extension of PLATEAU, as a stream."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from twin.errors import InputError
from twin.input_file import require_file
from twin.model.city_model import Trouble
from twin.model.citygml.attributes import AttributeReader
from twin.model.citygml.codelists import Codelists
from twin.model.citygml.crs import Placement
from twin.model.citygml.file_place import FilePlace
from twin.model.citygml.geometry import Budget, GeometryReader
from twin.model.citygml.implicit import Prototypes
from twin.model.citygml.links import linked_parts, shape_link
from twin.model.citygml.names import MEMBERS
from twin.model.citygml.objects import MemberReader
from twin.model.citygml.shapes import ShapeReader
from twin.model.citygml.stream import MemberStream
from twin.model.cityjson.seq import whole
from twin.model.families import families
from twin.model.free_names import FreeNames
from twin.model.packed_file import archived

MOST_TROUBLES = 10_000
"""Troubles that are told in full; all are counted."""

MOST_OBJECTS = 10_000_000
"""City objects of one file; the ids of all of them are in memory."""

_MOST_OTHERS = 100_000
"""Elements beside them."""

_MOST_WAITING = 20_000
"""Objects that may wait for the end of the file because of what they refer to."""

_MOST_EARLY = 1000
"""Families that may wait for the first word on where the file lies."""


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
    return whole(FamilyStream(source, what))


class FamilyStream:
    """Objects of a CityGML file family by family, in the memory of one member.

    Parameters
    ----------
    stream : binary file
        At its start.
    what : str, pathlib.Path or None
        Its name, for messages; codelists are looked for beside it.

    Attributes
    ----------
    metadata, read, troubles, trouble_count
        As in `CityModel`; they grow while families are taken.

    Notes
    -----
    What refers to a geometry or an object of another member waits for the end of the file, and so
    does an object that others name as their part; a first look at the bytes of the file finds
    these. Of a file that can be read only once, or in UTF-16, everything waits.
    """

    def __init__(self, stream, what=None):
        self._stream, what_file = stream, str(what or "the CityGML file")
        self._is_seekable = stream.seekable()
        self._members = MemberStream(stream, what_file)
        is_there = what and (Path(what).is_file() or archived(what))
        folder = Path(what).parent if is_there else None
        self._attributes = AttributeReader(Codelists(folder))
        self._budget = Budget(self._bytes_read)
        self._place = FilePlace(self._tell)
        self._prototypes = Prototypes(Budget(self._bytes_read, free=30_000_000, share=20))
        self._found = {}
        self._held, self._links, self._parts = {}, [], None
        self._names = FreeNames()
        self._objects = 0
        self._merged, self._left_out = Counter(), Counter()
        self.read, self.troubles, self.trouble_count, self.metadata = Counter(), [], 0, {}

    @property
    def crs(self):
        """Reference system, as far as it is known by now."""
        return self._place.crs

    def _bytes_read(self):
        return self._members.bytes_read

    def features(self):
        """Yield lists of CityObject that belong together, the root first."""
        early = []
        for objects in self._whole_objects():
            early += families(objects)
            if self._place.is_found or len(early) > _MOST_EARLY:
                yield from early
                early = []
        yield from early
        self._finish()

    def _whole_objects(self):
        """Yield objects of which no more is to come, dict by id."""
        self._parts = linked_parts(self._stream) if self._is_seekable else None
        waiting = []
        for member in self._members:
            node = member.node
            if node.name in MEMBERS:
                yield self._take(member, waiting)
            elif node.name == "boundedBy":
                self._place.take(node, self._objects)
            elif node.name == "engineeringCRS":
                self._place.anchor(node)
            elif len(node) == 0 and node.text and node.name in ("name", "description"):
                self.metadata[node.name] = node.text.strip()[:1000]
            else:
                self._left_out[node.name] += 1
            self._require_sane_size()
        self._find_missing(waiting)
        for member, _ in waiting:
            yield self._read_objects(member)
        self._link_objects()
        yield self._held

    def _require_sane_size(self):
        if self._objects > MOST_OBJECTS:
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
        self.metadata["citygml"] = self._members.version
        if not self._objects and not waiting:
            self._place.take_of_shapes(member.node)
        if not self._place.is_found:
            self._place.take(member.node, self._objects)
        if self._place.is_found:
            self.metadata["srsName"] = self._place.placement.name[:200]
        missing = {
            link
            for link in filter(None, map(shape_link, member.links))
            if link not in member.ids and link not in self._prototypes.nodes
        }
        if missing and self._is_seekable and len(waiting) < _MOST_WAITING:
            waiting.append((member, missing))
            return {}
        return self._read_objects(member)

    def _find_missing(self, waiting):
        """Find in a second pass what the first one could not."""
        wanted = set().union(*(missing for _, missing in waiting)) - self._prototypes.nodes.keys()
        if wanted:
            self._stream.seek(0)
            for member in MemberStream(self._stream, self._members.what):
                for name in wanted & member.ids.keys():
                    self._found.setdefault(name, member.ids[name])

    def _read_objects(self, member):
        """Objects of a member, without those that wait for others to refer to them."""
        ids, found = member.ids, self._found
        geometries = GeometryReader(lambda name: ids.get(name, found.get(name)), self._budget)
        placement = self._place.placement or Placement("")
        shapes = ShapeReader(geometries, placement, self._prototypes, self._place.is_elsewhere)
        reader = MemberReader(shapes, self._attributes, self._register, self._tell)
        for node in member.node:
            reader.object(node)
        self._objects += len(reader.objects)
        self.read.update(reader.read)
        self._merged.update(reader.merged)
        if self._parts is not None and not reader.links and self._parts.isdisjoint(reader.objects):
            return reader.objects
        self._held.update(reader.objects)
        self._links += reader.links
        return {}

    def _register(self, name):
        """An id that no object has yet."""
        fresh = self._names.take(name)
        if fresh != name:
            self._tell(fresh, f"the id {name[:80]!r} is there already; named {fresh[:80]!r}")
        return fresh

    def _tell(self, name, what):
        self.trouble_count += 1
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(Trouble(name, what))

    def _link_objects(self):
        """Make parts and members of groups of the objects that others refer to."""
        children = {}
        for name, link, is_group in self._links:
            part = link.removeprefix("#")
            known = part in self._names if is_group else part in self._held
            if not known or not link.startswith("#"):
                self._tell(name, f"its part {link[:80]!r} is not in the file; left out")
            elif part != name:
                children.setdefault(name, {})[part] = None
                if not is_group and not self._held[part].parents:
                    self._held[part] = replace(self._held[part], parents=(name,))
        for name, linked in children.items():
            owner = self._held[name]
            own = dict.fromkeys(owner.children)
            self._held[name] = replace(owner, children=tuple(own | linked))

    def _finish(self):
        """Say what is known of the file at its end only."""
        if self._place.is_found and self.crs is None:
            name = self._place.placement.name
            self._tell("", f"its reference system {name[:80]!r} is not known")
        for name, count in self._left_out.items():
            self._tell("", f"{count} x {name[:80]!r} at the top are no city objects; left out")
        self.metadata["merged"] = dict(self._merged)

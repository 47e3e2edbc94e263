"""A CityGML file as a stream of its members, within bounds, whatever was sent."""

import re
import zlib
from array import array
from dataclasses import dataclass, field
from xml.parsers import expat

from twin.errors import InputError
from twin.model.citygml.encoding import in_utf8
from twin.model.citygml.names import APPEARANCE, VERSIONS, name_of, version_in, version_of
from twin.model.citygml.nodes import GML_ID_2, GML_ID_3, XLINK_HREF, Node

MOST_BYTES = 8_000_000_000
LONGEST_TEXT = 32_000_000
"""Letters of one text, bytes of one comment; a ring of a million points has 30 million."""

DEEPEST = 100
"""Elements inside each other; CityGML needs about 30."""

MOST_ELEMENTS = 8_000_000
"""Elements of one member."""

MOST_NAMES = 10_000
"""Different names of elements."""

_CHUNK = 1_000_000
_ROOTS = re.compile(r"CityModel|http://www\.opengis\.net/(?:wfs|gml)[\d./]*}FeatureCollection")
"""Roots that say no version of CityGML, but declare its namespaces: without one, or of a WFS."""

_FOLDED = frozenset(("Polygon", "Triangle"))
_NONE = {}  # shared by all elements without attributes, of which there are millions


@dataclass
class Member:
    """A child of the city model.

    Parameters
    ----------
    node : Node
        For example a ``cityObjectMember`` with an object inside it.
    ids : dict of str to Node
        What has a gml:id in it; of two with one id the first.
    links : list of Node
        What refers to something by xlink:href.
    """

    node: Node | None = None
    ids: dict = field(default_factory=dict)
    links: list = field(default_factory=list)


class MemberStream:
    """The members of a city model, one after the other; each is forgotten when the next comes.

    Parameters
    ----------
    stream : binary file
        At its start.
    what : str
        Its name, for messages.

    Attributes
    ----------
    version : str or None
        Of CityGML, once the first member is there.
    bytes_read : int
        So far.
    """

    def __init__(self, stream, what):
        self.what = what
        self.version = None
        self.bytes_read = 0
        self._stream = stream
        self._open = []
        self._member = Member()
        self._ready = []
        self._names = {}
        self._declared = None
        self._elements = self._seen = self._first = 0

    def __iter__(self):
        """Members, in the order of the file.

        Raises
        ------
        InputError
            It is no CityGML of a known version, declares a document type, is cut off, is not well
            formed, or is larger or deeper than any real file.
        """
        parser = self._parser()
        silent = seen = 0
        for chunk in self._chunks_in_utf8():
            self._parse(parser, chunk, False)
            yield from self._ready
            self._ready.clear()
            silent = silent + len(chunk) if seen == self._seen else 0
            seen = self._seen
            if silent > LONGEST_TEXT:
                raise self._refused(f"a text or comment of {silent:,} bytes", LONGEST_TEXT)
        self._parse(parser, b"", True)

    def _parser(self):
        """An expat parser that refuses a document type, in which entities are declared."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.buffer_size = _CHUNK  # else a long text comes in thousands of pieces
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        return parser

    def _start(self, tag, attributes):
        name = self._names.get(tag) or self._new_name(tag)
        node = Node(*name, attributes or _NONE)
        self._seen += 1
        if node.space != APPEARANCE and (not self._open or self._open[-1].space != APPEARANCE):
            self._keep(node, attributes)
        self._open.append(node)
        if len(self._open) > DEEPEST:
            raise self._refused(f"{len(self._open)} elements inside each other", DEEPEST)

    def _keep(self, node, attributes):
        """Hang an element into its parent; those of textures, which are many, are forgotten."""
        if attributes:
            identity = attributes.get(GML_ID_2) or attributes.get(GML_ID_3)
            if identity:
                self._member.ids.setdefault(identity, node)
            if XLINK_HREF in attributes:
                self._member.links.append(node)
        if self._open:
            self._open[-1].append(node)
        self._elements += 1

    def _end(self, _):
        node = self._open.pop()
        if node.name in _FOLDED and len(node) == 1:
            self._fold(node)
        if len(self._open) != 1:
            return
        self._member.node = node
        self._ready.append(self._member)
        self._member = Member()
        self._open[0].clear()
        self._first = self._elements

    def _fold(self, polygon):
        """Keep the numbers of a polygon with one plain ring in place of its elements."""
        ring = polygon[0][0] if len(polygon[0]) == 1 else polygon[0]
        if ring.name != "LinearRing" or len(ring) != 1 or ring[0].name != "posList":
            return
        positions = ring[0]
        if positions.get("srsDimension", "3") != "3" or polygon[0].name == "interior":
            return
        try:
            corners = array("d", map(float, (positions.text or "").split()))
        except ValueError:
            return  # whoever wants the polygon will say what is wrong with it
        if len(corners) > 6 and len(corners) % 3 == 0 and corners[:3] == corners[-3:]:
            del corners[-3:]
            polygon.corners = corners
            polygon.clear()
            self._elements -= 3

    def _text(self, text):
        node = self._open[-1]
        self._seen += 1
        if node:
            return
        node.text = text if node.text is None else node.text + text
        if len(node.text) > LONGEST_TEXT:
            raise self._refused(f"a text of {len(node.text):,} letters", LONGEST_TEXT)

    def _new_name(self, tag):
        if not self._names:
            self._require_version(tag)
        if len(self._names) >= MOST_NAMES:
            raise self._refused(f"{MOST_NAMES + 1:,} different names of elements", MOST_NAMES)
        self._names[tag] = name_of(tag)
        return self._names[tag]

    def _declare(self, _, space):
        """Keep the version of CityGML of the first of its namespaces that the root declares."""
        self._declared = self._declared or version_in(space or "")

    def _require_version(self, root):
        self.version = version_of(root)
        if self.version is None and _ROOTS.fullmatch(root):
            self.version = self._declared
        if self.version not in VERSIONS:
            raise InputError(
                f"{self.what} starts with {root[-120:]!r}, expected a CityModel of CityGML "
                f"{', '.join(VERSIONS)}; convert it, for example with citygml-tools"
            )

    def _refuse_doctype(self, *_):
        raise InputError(
            f"{self.what} declares a document type, in which entities hide, expected plain "
            "CityGML; remove the <!DOCTYPE ...>"
        )

    def _chunks_in_utf8(self):
        try:
            yield from in_utf8(self._chunks())
        except UnicodeDecodeError as error:
            raise self._broken(error) from None

    def _chunks(self):
        while True:
            try:
                chunk = self._stream.read(_CHUNK)
            except (OSError, EOFError, zlib.error) as error:
                raise self._broken(error) from None
            if not chunk:
                return
            self.bytes_read += len(chunk)
            if self.bytes_read > MOST_BYTES:
                raise self._refused(f"more than {MOST_BYTES:,} bytes", MOST_BYTES)
            yield chunk

    def _parse(self, parser, chunk, is_last):
        try:
            parser.Parse(chunk, is_last)
        except InputError:
            raise
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise self._broken(error) from None
        if self._elements - self._first > MOST_ELEMENTS:
            count = self._elements - self._first
            raise self._refused(f"a member of {count:,} elements", MOST_ELEMENTS)

    def _broken(self, error):
        return InputError(
            f"{self.what} is no whole XML ({str(error)[:80]}), expected CityGML; it may be cut "
            "off: copy it again"
        )

    def _refused(self, came, most):
        return InputError(
            f"{self.what} has {came}, expected at most {most:,}; it is damaged or no city model"
        )

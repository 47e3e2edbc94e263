"""A CityGML file as a stream of its members, within bounds, whatever was sent."""

import zlib
from itertools import chain
from xml.etree.ElementTree import ParseError, XMLPullParser
from xml.parsers import expat

from twin.errors import InputError
from twin.model.citygml_names import VERSIONS, version_of

MOST_BYTES = 8_000_000_000
LONGEST_TEXT = 64_000_000
"""Bytes of one text, attribute or comment; a ring of a million points has 30 million."""

LONGEST_PROLOG = 1_000_000
DEEPEST = 100
"""Elements inside each other; CityGML needs about 30."""

MOST_ELEMENTS = 8_000_000
"""Elements of one member."""

_CHUNK = 1_000_000


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
    version : str
        Of CityGML.
    bytes_read : int
        So far.

    Raises
    ------
    InputError
        It is no CityGML of a known version.

    Notes
    -----
    A document type can only stand before the root element. The part up to there goes through an
    expat parser that refuses it, so that no entity is ever declared; the whole then goes through
    the faster parser of ElementTree.
    """

    def __init__(self, stream, what):
        self.what = what
        self.bytes_read = 0
        self._stream = stream
        self._head, root = self._read_prolog()
        self.version = self._require_version(root)

    def __iter__(self):
        """Children of the city model, as elements of ElementTree.

        Raises
        ------
        InputError
            It is cut off, is not well formed, or is larger or deeper than any real file.
        """
        parser = XMLPullParser(("start", "end"))
        depth = silent = elements = 0
        root = None
        for chunk in chain(self._head, self._chunks()):
            self._feed(parser, chunk)
            silent += len(chunk)
            for event, element in self._events(parser):
                silent = 0
                if event == "start":
                    depth += 1
                    elements += 1
                    root = element if root is None else root
                    continue
                depth -= 1
                if depth == 1:
                    yield element
                    root.clear()
                    elements = 0
            self._bound(depth, silent, elements)
        self._close(parser)

    def _read_prolog(self):
        """Bytes up to the root element, and its tag; a document type is refused."""
        found = []
        parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler = lambda tag, _: found.append(tag)
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        head = []
        for chunk in self._chunks():
            head.append(chunk)
            try:
                parser.Parse(chunk, False)
            except (expat.ExpatError, ValueError, LookupError) as error:
                if not found:
                    raise self._broken(error) from None
            if found or sum(map(len, head)) > LONGEST_PROLOG:
                break
        if not found:
            raise InputError(
                f"{self.what} has no element at its start, expected a CityModel; it is empty or no "
                "CityGML"
            )
        return head, found[0]

    def _refuse_doctype(self, *_):
        raise InputError(
            f"{self.what} declares a document type, in which entities hide, expected plain "
            "CityGML; remove the <!DOCTYPE ...>"
        )

    def _require_version(self, root):
        version = version_of(root)
        if version in VERSIONS:
            return version
        raise InputError(
            f"{self.what} starts with {root[-120:]!r}, expected a CityModel of CityGML "
            f"{', '.join(VERSIONS)}; convert it, for example with citygml-tools"
        )

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
                raise InputError(
                    f"{self.what} has more than {MOST_BYTES:,} bytes, expected less; split it"
                )
            yield chunk

    def _feed(self, parser, chunk):
        try:
            parser.feed(chunk)
        except (ParseError, ValueError, LookupError) as error:
            raise self._broken(error) from None

    def _events(self, parser):
        try:
            yield from parser.read_events()
        except ParseError as error:
            raise self._broken(error) from None

    def _close(self, parser):
        try:
            parser.close()
        except ParseError as error:
            raise self._broken(error) from None

    def _broken(self, error):
        return InputError(
            f"{self.what} is no whole XML ({str(error)[:80]}), expected CityGML; it may be cut "
            "off: copy it again"
        )

    def _bound(self, depth, silent, elements):
        if depth > DEEPEST:
            came, most = f"{depth} elements inside each other", DEEPEST
        elif elements > MOST_ELEMENTS:
            came, most = f"a member of {elements:,} elements", MOST_ELEMENTS
        elif silent > LONGEST_TEXT:
            came, most = f"a text of more than {silent - _CHUNK:,} bytes", LONGEST_TEXT
        else:
            return
        raise InputError(
            f"{self.what} has {came}, expected at most {most:,}; it is damaged or no city model"
        )

"""What refers to what in a CityGML file: shapes, and parts that stand in another member."""

import re
import zlib

from twin.errors import InputError
from twin.model.citygml.names import GML, is_lod
from twin.model.citygml.nodes import XLINK_HREF

_CHUNK = 4_000_000
_LONGEST_TAG = 4000  # bytes of an element with a link, from its < on
_HREF = re.compile(rb"""href\s*=\s*["']#([^"'<>]{1,500})["']""")
_STEMS = ("building", "bridge", "tunnel")
_ENDS = ("Part", "Installation", "Room", "Unit", "Element", "Furniture", "Subdivision")


def holds_parts(name):
    """Whether a property, such as ``buildingPart``, holds parts of an object.

    Examples
    --------
    >>> holds_parts("consistsOfBuildingPart"), holds_parts("buildingPart"), holds_parts("surface")
    (True, True, False)
    """
    return name.startswith("consistsOf") or (name.startswith(_STEMS) and name.endswith(_ENDS))


def shape_link(node):
    """Id of the geometry that a node refers to; None where it is no geometry of this file."""
    link = node.get(XLINK_HREF)
    is_shape = node.space == GML or is_lod(node.name) or node.name.startswith("relativeG")
    return link[1:] if is_shape and link.startswith("#") and len(node) == 0 else None


def linked_parts(stream):
    """Ids of objects that others of a file name as their parts, without parsing it.

    Parameters
    ----------
    stream : binary file
        At its start, where it is left again.

    Returns
    -------
    set of str or None
        None where the file is in an encoding in which they cannot be found, or is damaged; who
        parses it will say so.
    """
    found, rest = set(), b""
    try:
        while chunk := stream.read(_CHUNK):
            if not rest and b"\0" in chunk[:4]:
                return None
            text = rest + chunk
            found.update(_parts_in(text))
            rest = text[-_LONGEST_TAG:]
    except (InputError, OSError, EOFError, zlib.error):
        return None
    finally:
        stream.seek(0)
    return found


def _parts_in(text):
    for link in _HREF.finditer(text):
        start = text.rfind(b"<", max(0, link.start() - _LONGEST_TAG), link.start())
        words = text[start + 1 : link.start()].split(None, 1)
        name = words[0].rpartition(b":")[2].decode("latin-1") if start >= 0 and words else ""
        if holds_parts(name):
            yield link[1].decode("utf-8", "replace")

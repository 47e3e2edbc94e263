"""Reads CityJSON 1.0, 1.1 and 2.0 as objects with identity, and what was wrong beside them."""

import numpy as np

from twin.errors import InputError
from twin.model.city_model import CityModel
from twin.model.cityjson.objects import ObjectReader
from twin.model.cityjson.text import parse_document
from twin.model.packed_file import open_unpacked

MAX_BYTES = 1_000_000_000
VERSIONS = ("1.0", "1.1", "2.0")
EXPECTED = "a CityJSON file"


def read_cityjson(path):
    """Read all objects of a CityJSON file.

    Parameters
    ----------
    path : str or pathlib.Path
        CityJSON 1.0, 1.1 or 2.0, maybe gzipped or alone in a zip archive.

    Returns
    -------
    CityModel
        Textures and materials are not kept; geometry templates are put in their places.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is damaged, truncated, too large or no CityJSON.

    Notes
    -----
    Specification: CityJSON 2.0.1, https://www.cityjson.org/specs/2.0.1/.
    """
    with open_unpacked(path, EXPECTED) as stream:
        return read_cityjson_stream(stream, path)


def read_cityjson_stream(stream, what):
    """Read a CityJSON document from an open binary stream; see `read_cityjson`."""
    content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InputError(
            f"{what} has more than {MAX_BYTES:,} bytes, expected at most that; split it, or "
            "convert it to CityJSONSeq"
        )
    document = parse_document(content, what)
    del content
    check_version(document, what)
    entries = document.get("CityObjects")
    if not isinstance(entries, dict) or not all(isinstance(o, dict) for o in entries.values()):
        raise InputError(f"{what} has no CityObjects, expected CityJSON; export it again")
    reader = ObjectReader(document, what)
    vertices = _vertices(document, reader, what)
    objects = reader.linked(reader.objects(entries, vertices))
    reader.close()
    return CityModel(
        objects={entry.id: entry for entry in objects},
        crs=reader.crs,
        read=reader.read,
        troubles=tuple(reader.troubles),
        metadata=reader.metadata,
    )


def check_version(document, what):
    """Refuse what is no CityJSON of a version that is read here.

    Raises
    ------
    InputError
        It is something else.
    """
    document = document if isinstance(document, dict) else {}
    if document.get("type") == "CityJSONFeature":
        raise InputError(
            f"{what} is one CityJSONFeature, expected before it the line that says the CRS and the "
            "transform; put both into one .city.jsonl"
        )
    version = document.get("version")
    known = isinstance(version, str) and version.startswith(VERSIONS)
    if not known or document.get("type") != "CityJSON":
        raise InputError(
            f"{what} is no CityJSON that is known (version {str(version)[:20]!r}), expected "
            f"{', '.join(VERSIONS)}; convert it, for example with cjio"
        )


def _vertices(document, reader, what):
    """Real coordinates; single ones may be broken, but not all of them."""
    vertices = reader.vertices(document.get("vertices"))
    if len(vertices) and not np.isfinite(vertices).all(axis=1).any():
        raise InputError(f"{what} has vertices that are not finite, expected numbers; export again")
    return vertices

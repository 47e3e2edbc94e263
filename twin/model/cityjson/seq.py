"""Reads CityJSONSeq: a line that says how, then one line a feature; a million pass one by one."""

import json

from twin.errors import InputError
from twin.model.city_model import CityModel
from twin.model.cityjson.objects import ObjectReader
from twin.model.cityjson.reader import check_version
from twin.model.cityjson.text import parse_line
from twin.model.families import families
from twin.model.packed_file import open_unpacked

MOST_LINE = 512_000_000
"""Bytes of one line: one feature, maybe a whole relief."""
EXPECTED = "a CityJSONSeq file"


class FeatureStream:
    """Features of a CityJSONSeq one after the other, in the memory of one of them.

    Parameters
    ----------
    stream : binary file
        At its beginning.
    what : str or pathlib.Path
        The file, for messages.

    Attributes
    ----------
    crs, metadata, read, troubles
        As in `CityModel`; `read` and `troubles` grow while features are taken.

    Raises
    ------
    InputError
        The first line is no CityJSON.

    Notes
    -----
    CityJSON Text Sequences 2.0, https://www.cityjson.org/cityjsonseq/. A line that cannot be read
    is one trouble; a last line without its end is a truncated file.
    """

    def __init__(self, stream, what):
        self._stream, self._what = stream, what
        first = self._line()
        header = parse_line(first, what)
        check_version(header, what)
        self._reader = ObjectReader(header, what)
        self._first = header if header.get("CityObjects") else None
        self.crs, self.metadata = self._reader.crs, self._reader.metadata
        self.read, self.troubles = self._reader.read, self._reader.troubles

    @property
    def trouble_count(self):
        """How many troubles there were, also those that were too many to keep."""
        return self._reader.trouble_count

    def features(self):
        """Yield lists of CityObject that belong together, the root first."""
        if self._first is not None:
            yield from self._objects(self._first)
        number = 1
        while line := self._line():
            number += 1
            if line.strip(b"\x1e \t\r\n"):
                yield from self._feature(line, number)
        self._reader.close()

    def _line(self):
        line = self._stream.readline(MOST_LINE + 1)
        if len(line) > MOST_LINE:
            raise InputError(
                f"{self._what} has a line of more than {MOST_LINE:,} bytes, expected one feature a "
                "line; export it again"
            )
        return line.strip(b"\x1e") if line.startswith(b"\x1e") else line

    def _feature(self, line, number):
        where = f"{self._what}, line {number}"
        try:
            feature = parse_line(line, where)
            if not isinstance(feature, dict) or not isinstance(feature.get("CityObjects"), dict):
                raise InputError(f"{where} is no CityJSONFeature, expected one; left out")
            return self._objects(feature)
        except InputError as error:
            if not line.endswith(b"\n") and not line.rstrip().endswith(b"}"):
                raise
            self._reader.tell("", str(error))
            return ()

    def _objects(self, feature):
        vertices = self._reader.vertices(feature.get("vertices"))
        found = self._reader.objects(feature["CityObjects"], vertices)
        return families({entry.id: entry for entry in found})


def read_cityjson_seq(path):
    """Read a whole CityJSONSeq into memory.

    Parameters
    ----------
    path : str or pathlib.Path
        One JSON text a line, maybe gzipped.

    Returns
    -------
    CityModel

    Raises
    ------
    MissingError, InputError
        There is no such file; it is damaged, truncated or no CityJSONSeq.
    """
    with open_unpacked(path, EXPECTED) as stream:
        return whole(FeatureStream(stream, path))


def whole(stream):
    """All features of a stream as one CityModel."""
    objects = {entry.id: entry for feature in stream.features() for entry in feature}
    return CityModel(
        objects=objects,
        crs=stream.crs,
        read=stream.read,
        troubles=tuple(stream.troubles),
        metadata=stream.metadata,
    )


def looks_like_seq(head):
    """Whether the first bytes of a file are one whole JSON object on a line of its own.

    Parameters
    ----------
    head : bytes
        From the start of the file, at least its first line if that ends in reach.
    """
    line, end, rest = head.lstrip(b"\xef\xbb\xbf\x1e \t\r\n").partition(b"\n")
    if not end or not line.rstrip().endswith(b"}"):
        return False
    try:
        first = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and first.get("type") == "CityJSON" and bool(rest.strip())

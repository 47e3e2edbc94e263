"""Reads a city model of any format by what the file holds, not by how it is named."""

from contextlib import contextmanager

from twin.errors import InputError
from twin.model.cityjson.reader import read_cityjson_stream
from twin.model.cityjson.seq import FeatureStream, looks_like_seq, whole
from twin.model.families import families
from twin.model.packed_file import open_unpacked

EXPECTED = "a city model (CityJSON, CityJSONSeq or CityGML)"
_HEAD = 1_000_000  # bytes that tell what a file is
_BEFORE = b"\xef\xbb\xbf\xff\xfe\x1e \t\r\n"  # what may stand before the first letter


def read_model(path, expected=EXPECTED):
    """Read a city model into memory.

    Parameters
    ----------
    path : str or pathlib.Path
        CityJSON 1.0 to 2.0, CityJSONSeq or CityGML; plain, in .gz, or alone in a .zip.
    expected : str
        What it should be, for messages.

    Returns
    -------
    CityModel

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is damaged or no city model.
    """
    with open_unpacked(path, expected) as stream:
        kind = _kind(stream, path)
        if kind == "CityJSON":
            return read_cityjson_stream(stream, path)
        return whole(_families_of(kind, stream, path))


@contextmanager
def open_features(path, expected=EXPECTED):
    """Open a city model to take its objects family by family.

    Parameters
    ----------
    path, expected
        As in `read_model`.

    Yields
    ------
    object
        With ``crs``, ``metadata``, ``features()`` (iterator of list of CityObject), and with
        ``read``, ``troubles`` and ``trouble_count`` that are whole after the last feature; ``crs``
        is known with the first. Of CityJSONSeq and CityGML only few features are in memory.
    """
    with open_unpacked(path, expected) as stream:
        kind = _kind(stream, path)
        if kind == "CityJSON":
            yield _Families(read_cityjson_stream(stream, path))
        else:
            yield _families_of(kind, stream, path)


def _families_of(kind, stream, path):
    if kind == "CityJSONSeq":
        return FeatureStream(stream, path)
    from twin.model.citygml.reader import FamilyStream

    return FamilyStream(stream, path)


class _Families:
    """A model in memory, given like a stream."""

    def __init__(self, model):
        self.crs, self.metadata, self.read = model.crs, model.metadata, model.read
        self.troubles, self.trouble_count = model.troubles, len(model.troubles)
        self._model = model

    def features(self):
        """Objects of each family."""
        return families(self._model.objects)


def _kind(stream, path):
    """CityJSON, CityJSONSeq or CityGML by the first bytes, which stay in the stream."""
    head = stream.peek(_HEAD)
    first = head[:100].replace(b"\0", b"").lstrip(_BEFORE)[:1]  # UTF-16 has zeros between letters
    if first == b"<":
        return "CityGML"
    if first == b"{":
        return "CityJSONSeq" if looks_like_seq(head) else "CityJSON"
    if not head.strip():
        raise InputError(f"{path} is empty, expected {EXPECTED}; copy it again")
    if first == b"[":
        return "CityJSON"
    raise InputError(
        f"{path} begins with {head[:12]!r}, expected {EXPECTED}; it is not valid JSON and no XML"
    )

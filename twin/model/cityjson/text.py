"""Text of CityJSON to Python values in bounded memory, with the repeated keys that JSON hides."""

import json
import re

import numpy as np

from twin.errors import InputError

MOST_MEMORY = 4_000_000_000
"""Estimated bytes of what a text becomes; more is refused before it is read."""

_CUT = "\x00vertices"
_VERTICES = re.compile(rb'"vertices"\s*:\s*\[([\d\s\[\],.eE+-]*)\]')
_CHUNK = 4_000_000  # bytes of vertices that are read at a time


class Repeating(dict):
    """Members of a JSON object that names some keys twice; `repeated` has the later ones."""

    repeated = ()


def parse_document(content, what):
    """A CityJSON document, its vertices as one array where they are plain numbers.

    Parameters
    ----------
    content : bytes
        The text.
    what : str or pathlib.Path
        The file, for messages.

    Returns
    -------
    object
        Whatever the JSON says; ``"vertices"`` of the outermost object may be a float64 array.

    Raises
    ------
    InputError
        It is no JSON, or would take more than `MOST_MEMORY`.

    Notes
    -----
    Python needs about 200 bytes for a vertex as a list, an array 24, so the vertices of a large
    file are cut out of the text and read in pieces.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    found = _VERTICES.search(content) if content.count(b'"vertices"') == 1 else None
    if found is None or not _is_whole(found[1]):
        return parse_line(content, what)
    start, end = found.span()
    cut = f'"vertices":"\\u0000{_CUT[1:]}"'.encode()
    document = parse_line(b"".join((content[:start], cut, content[end:])), what)
    if not isinstance(document, dict) or document.get("vertices") != _CUT:
        return parse_line(content, what)  # they belong to something else in the file
    document["vertices"] = _numbers(found[1], what)
    return document


def _is_whole(text):
    """Whether a list of vertices was found to its end, not to a vertex that is no number."""
    return text.count(b"[") == text.count(b"]")


def parse_line(content, what):
    """Python values of a JSON text; objects with repeated keys are `Repeating`.

    Raises
    ------
    InputError
        It is no JSON, or would take more than `MOST_MEMORY`.
    """
    weight = len(content) + 90 * content.count(b"[") + 250 * content.count(b"{")
    weight += 40 * content.count(b",")
    if weight > MOST_MEMORY:
        raise InputError(
            f"{what} would take about {weight / 1e9:.0f} GB of memory, expected at most "
            f"{MOST_MEMORY / 1e9:.0f}; split it, or convert it to CityJSONSeq, which is read "
            "object by object"
        )
    try:
        return json.loads(content, object_pairs_hook=_members)
    except (ValueError, RecursionError) as error:
        reason = (str(error).splitlines() or ["nested too deep"])[0][:100]
        advice = "it may be truncated: copy it again"
        if isinstance(error, UnicodeDecodeError):
            advice = "JSON is UTF-8: convert it, for example with iconv"
        raise InputError(
            f"{what} is not valid JSON ({reason}), expected CityJSON; {advice}"
        ) from None


def _members(pairs):
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    first, repeated = Repeating(), []
    for key, value in pairs:
        if key in first:
            repeated.append((key, value))
        else:
            first[key] = value
    first.repeated = tuple(repeated)
    return first


def _numbers(text, what):
    """The inside of a list of vertices as array (n, 3)."""
    pieces, start = [np.empty((0, 3))], 0
    while start < len(text):
        end = text.find(b"]", start + _CHUNK)
        end = len(text) if end < 0 else end + 1
        piece = text[start:end].strip(b" \t\r\n,")
        if piece:
            pieces.append(triples(parse_line(b"[" + piece + b"]", what), what))
        start = end
    return np.concatenate(pieces)


def triples(values, what):
    """Numbers in threes as float64 array (n, 3).

    Raises
    ------
    InputError
        They are something else.
    """
    try:
        array = np.asarray(values, dtype=float)
        if array.size == 0:
            return np.empty((0, 3))
        if array.ndim == 2 and array.shape[1] == 3:
            return array
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(
        f"{what} has broken vertices or a broken transform, expected triples of numbers; export it "
        "again"
    )

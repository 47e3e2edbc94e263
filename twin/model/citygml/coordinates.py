"""Coordinates of GML: posList, pos, coordinates and coord, in two or three dimensions."""

from array import array


class BrokenGeometryError(Exception):
    """A geometry that cannot be used; its text says why. It never leaves the reader."""


def read_positions(holder, dimension):
    """Coordinates below an element, one after the other, with their dimension.

    Parameters
    ----------
    holder : Node
        A LinearRing, a LineString, a segment, a Point or the like.
    dimension : int
        What the elements around it say.

    Returns
    -------
    tuple of (array.array, int)
        Flat; 2 or 3 for each position.

    Raises
    ------
    BrokenGeometryError
        There is a text that is no number.
    """
    values = array("d")
    for child in holder:
        name = child.name
        if name in ("posList", "pos"):
            dimension = _stated_dimension(child, dimension)
            values += _floats(child.text)
        elif name == "coordinates":
            found, dimension = _read_coordinates(child)
            values += found
        elif name == "coord":
            for part in child:
                values += _floats(part.text)
            dimension = 2 if len(child) == 2 else 3
        elif name in ("pointProperty", "pointRep") or name == "Point":
            found, dimension = read_positions(child, dimension)
            values += found
    return values, dimension


def read_ring(ring, dimension):
    """Corners of a closed ring, flat x, y, z; the last does not repeat the first.

    Returns
    -------
    tuple of (array.array, bool)
        And whether the ring was closed in the file.

    Raises
    ------
    BrokenGeometryError
        It has no corners, or their numbers do not come in twos or threes.

    Notes
    -----
    Some files say that a ring has two dimensions and give three, or the other way round: what
    closes the ring is what they mean.
    """
    values, dimension = read_positions(ring, dimension)
    if not values:
        raise BrokenGeometryError("a ring has no coordinates")
    other = 5 - dimension
    if not _closes(values, dimension) and (_closes(values, other) or len(values) % dimension):
        dimension = other
    closed = values[:dimension] == values[-dimension:]
    values = in_three(values, dimension)
    return (values[:-3] if closed and len(values) > 3 else values), closed


def in_three(values, dimension):
    """Flat x, y, z of flat positions; height 0 where there is none.

    Raises
    ------
    BrokenGeometryError
        Their numbers do not come in twos or threes.

    Examples
    --------
    >>> in_three(array("d", [1, 2, 3, 4]), 2).tolist()
    [1.0, 2.0, 0.0, 3.0, 4.0, 0.0]
    """
    if len(values) % dimension:
        raise BrokenGeometryError(f"{len(values)} coordinates do not come in {dimension}s")
    if dimension == 3:
        return values
    raised = array("d", bytes(len(values) // 2 * 24))
    raised[0::3], raised[1::3] = values[0::2], values[1::2]
    return raised


def _closes(values, dimension):
    return len(values) % dimension == 0 and values[:dimension] == values[-dimension:]


def _stated_dimension(element, dimension):
    stated = element.get("srsDimension") or element.get("dimension")
    return int(stated) if stated in ("2", "3") else dimension


def _floats(text):
    try:
        return array("d", map(float, text.split()) if text else ())
    except ValueError as error:
        raise BrokenGeometryError(f"{str(error)[:60]} among its coordinates") from None


def _read_coordinates(element):
    """Values of ``x,y,z x,y,z``, as in GML 2, with the signs that the element names."""
    text = element.text or ""
    if element.get("decimal", ".") != ".":
        text = text.replace(element.get("decimal"), ".")
    tuples = text.replace(element.get("ts", " "), " ").split()
    first = tuples[0] if tuples else ""
    separator = element.get("cs", ",")
    return _floats(" ".join(tuples).replace(separator, " ")), 2 if first.count(
        separator
    ) == 1 else 3

"""What is known about each object of a GLB: one property table, one schema."""

import re
from dataclasses import dataclass

import numpy as np

EXTENSION = "EXT_structural_metadata"
UNKNOWN = -9999
"""Stands in the columns of numbers where nothing is known."""

_TYPES = {"i4": "INT32", "f4": "FLOAT32", "f8": "FLOAT64"}


@dataclass(frozen=True)
class Column:
    """One property of all objects of a table.

    Parameters
    ----------
    name : str
        Identifier: letters, digits and ``_``.
    values : numpy.ndarray or list of str
        One an object; int32, float32 or float64 [unit of the description], or text.
    description : str
        For people, with the unit.
    unknown : int or float, optional
        Value that means "not known"; empty text always does.
    """

    name: str
    values: object
    description: str = ""
    unknown: float | None = None

    @property
    def is_text(self):
        """Whether the values are text."""
        return not isinstance(self.values, np.ndarray)


def numbers(name, values, description="", dtype="<f4"):
    """Column of numbers in which what is not finite becomes `UNKNOWN`.

    Parameters
    ----------
    name, description : str
        See `Column`.
    values : array-like of float
        One an object, NaN where not known.
    dtype : str
        ``"<i4"``, ``"<f4"`` or ``"<f8"``.
    """
    values = np.asarray(values, float)
    return Column(
        name,
        np.where(np.isfinite(values), values, UNKNOWN).astype(dtype),
        description,
        UNKNOWN,
    )


def identifier(name):
    """A name as the schema allows it: ``[a-zA-Z_][a-zA-Z0-9_]*``.

    Examples
    --------
    >>> identifier("min-height-surface"), identifier("3d_volume"), identifier("高さ")
    ('min_height_surface', '_3d_volume', '__')
    """
    text = re.sub(r"[^a-zA-Z0-9_]", "_", name)[:60] or "_"
    return f"_{text}" if text[0].isdigit() else text


def add_property_table(glb, class_name, columns):
    """Give a GLB its property table, with the schema of its one class.

    Parameters
    ----------
    glb : tiles.tiles3d.glb.Glb
        Grows by a buffer view a number column and two a text column.
    class_name : str
        Class of all objects.
    columns : sequence of Column
        Of equal length, at least 1.

    Notes
    -----
    EXT_structural_metadata 1.0 and the OGC 3D Metadata Specification, section "Binary Table
    Format": text lies end to end as UTF-8 with one more offset than there are values; arrays
    begin at multiples of 8 bytes.
    """
    count = len(columns[0].values)
    glb.use(EXTENSION)
    glb.document.setdefault("extensions", {})[EXTENSION] = {
        "schema": {
            "id": "floodtwin",
            "classes": {class_name: {"properties": {c.name: _declared(c) for c in columns}}},
        },
        "propertyTables": [
            {
                "class": class_name,
                "count": count,
                "properties": {c.name: _stored(glb, c) for c in columns},
            }
        ],
    }


def _declared(column):
    if column.is_text:
        entry = {"type": "STRING", "noData": ""}
    else:
        entry = {"type": "SCALAR", "componentType": _TYPES[column.values.dtype.str[1:]]}
        if column.unknown is not None:
            entry["noData"] = column.unknown
    if column.description:
        entry["description"] = column.description
    return entry


def _stored(glb, column):
    if not column.is_text:
        return {"values": glb.buffer_view(column.values)}
    texts = [text.encode("utf-8", "replace") for text in column.values]
    offsets = np.zeros(len(texts) + 1, "<u4")
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    # A buffer view may not be empty.
    return {
        "values": glb.buffer_view(b"".join(texts) or b"\0"),
        "stringOffsets": glb.buffer_view(offsets),
        "stringOffsetType": "UINT32",
    }

"""Columns of the property table of modelled objects: what is asked for, and what most have."""

from collections import Counter

import numpy as np

from tiles.tiles3d.property_table import Column, identifier, numbers

MOST_ATTRIBUTES = 16
_COMMON = 0.5  # share of the objects that has an attribute which travels
_LONGEST = 200  # letters of a text
_INT32 = 2**31


class ObjectTable:
    """Columns of families of a model, the same for every tile.

    Parameters
    ----------
    families : iterable of list of CityObject
        All of them, each with its root first: their attributes decide which columns there are.
    rows : dict of str to int
        Row in the layer `buildings` by id of the root.
    layer : geopandas.GeoDataFrame, optional
        The layer; its height and ground are what the flood sees.
    """

    def __init__(self, families, rows=None, layer=None):
        self._rows = rows or {}
        self._layer = {
            name: _floats(layer[name])
            for name in ("height", "ground", "storeys")
            if layer is not None and name in layer.columns
        }
        self._layer_uses = []
        if layer is not None and "use" in layer.columns:
            self._layer_uses = [_text(use) for use in layer["use"].astype(object)]
        self._extra = _common_attributes([members[0] for members in families])

    def __call__(self, families, lowest, heights):
        """Columns for some families.

        Parameters
        ----------
        families : list of list of CityObject
            Root first.
        lowest, heights : numpy.ndarray
            Of what is drawn, shape (n,) [m].
        """
        roots = [members[0] for members in families]
        rows = np.array([self._rows.get(root.id, -1) for root in roots], "<i4")
        stated = [_number(root.attributes.get("storeysAboveGround")) for root in roots]
        return [
            Column("id", [root.id for root in roots], "id in the model"),
            Column("row", rows, "row in the layer buildings, -1 none"),
            Column("type", [root.type for root in roots], "class of CityJSON"),
            numbers("height", self._of_layer("height", rows, heights), "top over ground [m]"),
            numbers(
                "ground",
                self._of_layer("ground", rows, lowest),
                "ground, in the heights of the city [m]",
            ),
            numbers(
                "storeys",
                self._of_layer("storeys", rows, np.array(stated)),
                "storeys above ground",
                "<i4",
            ),
            Column("use", self._uses(roots, rows), "what it is for"),
            *(_extra_column(name, *entry, roots) for name, entry in self._extra.items()),
        ]

    def _uses(self, roots, rows):
        return [
            self._layer_uses[row] if row >= 0 and self._layer_uses else _use(root)
            for root, row in zip(roots, rows, strict=True)
        ]

    def _of_layer(self, name, rows, otherwise):
        if name not in self._layer:
            return otherwise
        known = np.where(rows >= 0, self._layer[name][np.maximum(rows, 0)], np.nan)
        return np.where(np.isfinite(known), known, otherwise)


def _common_attributes(roots):
    """Column name -> (attribute, dtype or None for text) of what most objects have."""
    seen = Counter(
        name
        for root in roots
        for name, value in root.attributes.items()
        if isinstance(value, str | int | float) and value != ""
    )
    found = {}
    taken = {"id", "row", "type", "height", "ground", "storeys", "use"}
    for name, count in seen.most_common():
        column = identifier(name)
        if count < _COMMON * len(roots) or len(found) == MOST_ATTRIBUTES:
            break
        if column in taken:
            continue
        taken.add(column)
        values = [root.attributes.get(name) for root in roots]
        found[column] = (name, _dtype([v for v in values if v is not None and v != ""]))
    return found


def _dtype(values):
    """int32 or float64 where all are numbers that fit; None for text."""
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
        return None
    if all(isinstance(v, int) and abs(v) < _INT32 for v in values):
        return "<i4"
    return "<f8"


def _extra_column(column, name, dtype, roots):
    values = [root.attributes.get(name) for root in roots]
    if dtype is None:
        return Column(column, [_text(value) for value in values], name)
    return numbers(column, [_number(value) for value in values], name, dtype)


def _use(root):
    for name in ("function_name", "function", "usage_name", "usage", "class_name", "class"):
        if root.attributes.get(name):
            return _text(root.attributes[name])
    return ""


def _text(value):
    if value is None or value != value:
        return ""
    if isinstance(value, list):
        value = ", ".join(str(part) for part in value)
    return str(value)[:_LONGEST]


def _number(value):
    return float(value) if isinstance(value, int | float) else np.nan


def _floats(series):
    import pandas

    return pandas.to_numeric(series, errors="coerce").to_numpy(float, na_value=np.nan)

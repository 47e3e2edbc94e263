"""Objects of a city by their name: several may bear it, and not each suits an edit."""

import numpy as np

from twin.errors import InputError

NAMED = ("districts", "villages", "places", "flood_spots", "water", "ponds", "levees",
         "pump_stations", "gates", "roads")  # fmt: skip
"""Layers in which a named place is sought, in this order."""

_OF_LINES = ("levee", "wall")
_OF_SURFACES = ("land_use", "permeability", "terrain", "pond", "drain", "building")
_OF_LAYER = {"pump": "pump_stations", "gate": "gates", "levee": "levees", "pond": "ponds"}
"""Kind of an edit -> layer that is meant where several bear the name."""


def named_objects(table, city):
    """Objects with the name in `place`, in English or Chinese.

    Parameters
    ----------
    table : twin.scenario.tables.EditTable
        With ``place``.
    city : twin.city.City
        The base.

    Returns
    -------
    rows : geopandas.GeoDataFrame
        Of the first layer of `NAMED` whose shapes the edit can use.
    layer : str

    Raises
    ------
    InputError
        Nothing bears the name, or nothing of which the edit can use the shape.
    """
    name, kind = table.text("place"), table.values.get("kind", "")
    found = dict(_bearing(city, name))
    if not found:
        raise InputError(
            f"{table.where} names place {name[:60]!r}, which city {city.name} does not know, "
            f"expected a name out of one of its layers {', '.join(_known(city))}; correct it"
        )
    usable = [layer for layer, rows in found.items() if _suits(rows, kind, table)]
    if not usable:
        raise _nothing_suits(table, name, kind, found)
    own = _OF_LAYER.get(kind)
    layer = own if own in usable else usable[0]
    return found[layer], layer


def own_widths(rows):
    """Width that each object has of its own [m], such as that of a road; else None."""
    if "width" not in rows:
        return [None] * len(rows)
    widths = np.asarray(rows["width"], float)
    return [width if np.isfinite(width) and width > 0 else None for width in widths]


def _bearing(city, name):
    """Layers with an object of that name, and these objects."""
    for layer in _known(city):
        rows = city.layer(layer)
        for column in ("name", "name_zh"):
            found = rows[rows[column].astype(str) == name] if column in rows else rows[:0]
            if len(found):
                yield layer, found
                break


def _known(city):
    return [layer for layer in NAMED if city.has_layer(layer)]


def _suits(rows, kind, table):
    """Whether an edit can use the shapes of some objects, with the width or radius it gives."""
    shapes = set(rows.geometry.geom_type)
    has_points = any(shape.endswith("Point") for shape in shapes)
    if kind in _OF_LINES:
        return not has_points
    if kind not in _OF_SURFACES:
        return True
    has_lines = any("Line" in shape for shape in shapes)
    is_wide = "width" in table or not has_lines or all(own_widths(rows))
    return is_wide and ("radius" in table or not has_points)


def _nothing_suits(table, name, kind, found):
    """What bears the name, what the edit needs, and how to say what is meant."""
    shapes = {layer: _shape(rows) for layer, rows in found.items()}
    bear = " and ".join(f"{layer} ({shape})" for layer, shape in shapes.items())
    if kind in _OF_LINES:
        wanted, means = "a line or a surface", "give line = [[x, y], [x, y]]"
    else:
        keys = {"radius" if shape == "point" else "width" for shape in shapes.values()}
        needed = " or ".join(sorted(keys))
        wanted, means = f"a surface, or {needed} in metres", f"add {needed}"
    if len(found) > 1:
        means += f'; object = {{ layer = "{list(found)[-1]}", name = "..." }} means one of them'
    return InputError(
        f"{table.where} names place {name[:60]!r}, a name in {bear}, expected {wanted}; {means}"
    )


def _shape(rows):
    return rows.geometry.geom_type.iloc[0].removeprefix("Multi").removesuffix("String").lower()

"""What the ground is covered with: what water and heat make of each surface.

`surface_cover.csv` has one row a surface: Manning roughness [s m-1/3], sealed share [1],
infiltration of its open part [mm/h] (empty: that of the soil that is there), albedo [1],
emissivity [1], and of the energy that is left after radiation the share that the ground stores and,
of the rest, the share that evaporates [1].

Notes
-----
Roughness as in `twin.land_cover` (Chow 1959); asphalt 0.016, concrete 0.015 (the same, table 5-6).
Albedo: asphalt within 0.05-0.20, grass 0.16-0.28, crops 0.15-0.24, forest 0.10-0.18, tile roofs
0.10-0.35 (Oke 1987 and Taha 1997, as quoted by later work); asphalt 0.08, normal concrete 0.29,
soil 0.225 and grass 0.21 were measured in Adv. Mater. Sci. Eng. 2012, 523051, table 3. Storage of
grass 0.1 of the net radiation: FAO-56, eq. 45. Assumed, for want of a measured value: emissivity
(all between 0.90 and 0.97, where a change of 0.03 moves a temperature by about 1 K), evaporation
(plants that have water: a Bowen ratio of 0.25), storage of everything but grass, and all of
permeable paving: its 30 mm/h are a sub-base of 0.3 m with 30 % voids that fills in three hours.
"""

import csv
from functools import cache
from pathlib import Path

import numpy as np

from twin.errors import InputError

TABLE = Path(__file__).with_name("surface_cover.csv")

MIXED = -1
"""Of a cell that is partly sealed: asphalt and grass by its imperviousness."""

OPTICAL = ("albedo", "emissivity", "evaporation", "storage")
"""Columns that the heat needs."""

_KINDS = {
    "park": "park", "garden": "park", "grass": "grass", "grassland": "grass", "meadow": "grass",
    "farmland": "cropland", "cropland": "cropland", "fields": "cropland", "forest": "trees",
    "tree cover": "trees", "wood": "trees", "shrubland": "shrubs", "wetland": "wetland",
    "herbaceous wetland": "wetland", "bare": "bare", "bare or sparse vegetation": "bare",
    "water": "water", "permanent water": "water", "railway": "gravel",
}  # fmt: skip
_WET, _BUILT = 0.05, 0.5


@cache
def surfaces():
    """All surfaces by name, in their order: dicts of numbers; None where a cell is empty."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        return {
            row.pop("name"): {key: float(text) if text else None for key, text in row.items()}
            for row in csv.DictReader(file)
        }


def surface_number(name):
    """Number of a surface in a raster of covers.

    Raises
    ------
    InputError
        There is no such surface.
    """
    if name not in surfaces():
        raise InputError(
            f"surface {str(name)[:40]!r} is not known, expected one of {', '.join(surfaces())}; "
            "choose one"
        )
    return list(surfaces()).index(name)


def cover_of_city(city, terrain):
    """Surface of each cell, as far as the layers of a city tell it.

    Parameters
    ----------
    city : twin.city.City
        Its layer `land_cover`, if any, names kinds.
    terrain : xarray.Dataset (y, x)
        On the grid of the city.

    Returns
    -------
    numpy.ndarray of int8
        Shape (y, x): the number of a surface, or `MIXED`; roofs and standing water win over
        what the layer says.
    """
    from rasterio.features import rasterize

    cover = np.full(city.grid.shape, MIXED, np.int8)
    if city.has_layer("land_cover"):
        layer = city.layer("land_cover")
        kinds = layer["kind"].astype(str).str.lower() if "kind" in layer else []
        shapes = [
            (shape, surface_number(_KINDS[kind]))
            for shape, kind in zip(layer.geometry, kinds, strict=False)
            if kind in _KINDS and shape is not None and not shape.is_empty
        ]
        if shapes:
            rasterize(shapes, out=cover, transform=city.grid.transform)
    if "initial_depth" in terrain:
        cover[terrain["initial_depth"].values > _WET] = surface_number("water")
    if "building_blockage" in terrain:
        cover[terrain["building_blockage"].values >= _BUILT] = surface_number("roof")
    return cover


def sealed_share(terrain):
    """Sealed share of each cell, shape (y, x) [1].

    Where a city has no land cover, what its water does is what its heat does: ground that takes
    no water is sealed, ground with a rate of infiltration is open.
    """
    if "imperviousness" in terrain:
        return terrain["imperviousness"].values
    is_open = "infiltration_rate" in terrain
    return np.full(terrain["elevation"].shape, 0.0 if is_open else 1.0, np.float32)


def surface_properties(cover, imperviousness):
    """What the heat needs of each cell.

    Parameters
    ----------
    cover : numpy.ndarray of int
        Shape (y, x), from `cover_of_city`.
    imperviousness : numpy.ndarray
        Shape (y, x) [1]; counts where the cover is `MIXED`; NaN counts as open.

    Returns
    -------
    dict of str to numpy.ndarray
        `OPTICAL`, float32, shape (y, x) [1].
    """
    rows = list(surfaces().values())
    sealed = np.clip(np.nan_to_num(imperviousness), 0.0, 1.0)
    fields = {}
    for name in OPTICAL:
        of_class = np.array([row[name] for row in rows], np.float32)
        asphalt, grass = of_class[surface_number("asphalt")], of_class[surface_number("grass")]
        mixed = grass + (asphalt - grass) * sealed
        chosen = np.where(cover == MIXED, mixed, of_class[np.maximum(cover, 0)])
        fields[name] = chosen.astype(np.float32)
    return fields

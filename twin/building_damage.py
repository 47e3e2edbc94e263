"""Damage to the buildings of a city in the water of a run, with its range."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.damage import CURVES, damage, read_curves, region_at, water_over_floor

OWN_CURVES = "damage_curves.csv"
"""A file of this name in the folder of a city takes the place of the curves of the JRC."""

VALUE, FLOOR = "value_per_m2", "floor_height"
"""Columns of the buildings layer: value that may be lost [currency m-2], floor over ground [m]."""


@dataclass(frozen=True)
class BuildingDamage:
    """Damage to each building.

    Attributes
    ----------
    low, degree, high : numpy.ndarray
        Share of the value that is lost, shape (building,) [1]; NaN where the depth is not known.
    loss : numpy.ndarray or None
        Loss [currency of the layer]; None where no building has a value.
    region : str
        Whose curves were taken.
    """

    low: np.ndarray
    degree: np.ndarray
    high: np.ndarray
    loss: np.ndarray | None
    region: str


def building_damage(objects, depth, low_depth=None, high_depth=None):
    """Damage to the buildings of a city that stand in water.

    Parameters
    ----------
    objects : twin.city_objects.CityObjects
        With a layer ``buildings``: ``use``, and where it has them `VALUE` and `FLOOR`.
    depth : (building,) array
        Largest depth at each building [m].
    low_depth, high_depth : (building,) array, optional
        P10 and P90 of it; default `depth`.

    Returns
    -------
    BuildingDamage
        `low` and `high` are the lowest and highest that curves of any continent give between the
        low and the high depth: curves differ more than depths do.
    """
    buildings = objects.layer("buildings")
    curves = curves_of(objects.city)
    low_depth = depth if low_depth is None else low_depth
    high_depth = depth if high_depth is None else high_depth
    floor = _numbers(buildings, FLOOR, 0.0)
    inside = [water_over_floor(values, floor) for values in (low_depth, depth, high_depth)]
    found = np.full((3, len(buildings)), np.nan)
    for use, rows in _rows_by_use(buildings):
        found[0, rows] = curves.range(use, inside[0][rows])[0]
        found[1, rows] = curves.degree(use, inside[1][rows])
        found[2, rows] = curves.range(use, inside[2][rows])[1]
    value = _numbers(buildings, VALUE, np.nan)
    loss = damage(buildings.geometry.area, value, found[1]) if np.isfinite(value).any() else None
    return BuildingDamage(*found, loss, curves.region)


@lru_cache(maxsize=8)
def curves_of(city):
    """Damage curves of a city: its own, or those of the JRC for its part of the world."""
    own = city.folder / OWN_CURVES
    if own.is_file():
        return read_curves(path=own)
    from pyproj import Transformer

    west, south, east, north = city.grid.bounds
    transformer = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True)
    place = transformer.transform((west + east) / 2, (south + north) / 2)
    return read_curves(region_at(*place), CURVES)


def _rows_by_use(buildings):
    if "use" not in buildings:
        return [("residential", np.arange(len(buildings)))]
    uses = buildings["use"].astype(str).to_numpy()
    return [(use, np.flatnonzero(uses == use)) for use in np.unique(uses)]


def _numbers(buildings, column, missing):
    if column not in buildings:
        return np.full(len(buildings), missing)
    import pandas as pd

    found = pd.to_numeric(buildings[column], errors="coerce").to_numpy(float)
    return np.where(found >= 0, found, missing)

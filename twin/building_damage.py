"""Damage to the buildings of a city in the water of a run, with its range."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from twin.damage import CURVES, read_curves, region_at, water_over_floor

OWN_CURVES = "damage_curves.csv"
"""A file of this name in the folder of a city takes the place of the curves of the JRC."""

VALUE, CURRENCY, FLOOR = "value_per_m2", "currency", "floor_height"
"""Columns of the buildings layer: value that may be lost per area of the footprint [currency m-2],
its currency (such as TWD, one for the city), and the floor over the ground [m]."""

AROUND = 0.9
"""Share of the cells around a building that its depth for the damage is not exceeded in: the one
deepest cell (a gutter, a ramp) is no depth of a house."""

DEPTH_USED = "the P90 of the depth around each building"

JRC = "JRC (Huizinga et al. 2017, EUR 28552)"


@dataclass(frozen=True)
class BuildingDamage:
    """Damage to each building.

    Attributes
    ----------
    degrees : numpy.ndarray
        Share of the value that is lost, shape (3, building) [1]: the lowest that may be, the
        estimate and the highest; NaN where the depth is not known.
    footprint : numpy.ndarray
        Area of each building, shape (building,) [m2].
    value : numpy.ndarray or None
        What each may lose, shape (building,) [currency], NaN where nobody says it; None where
        nobody says it of any.
    currency : str
        Of `value`.
    source : str
        Whose curves were taken.
    """

    degrees: np.ndarray
    footprint: np.ndarray
    value: np.ndarray | None
    currency: str
    source: str

    @property
    def degree(self):
        """The estimate for each building, shape (building,) [1]."""
        return self.degrees[1]

    @property
    def unit(self):
        """Unit of `losses`: money where the city says what its buildings are worth, else m2."""
        return "m2" if self.value is None else self.currency

    @property
    def what(self):
        """What `losses` are, in words."""
        if self.value is None:
            return f"footprint that is wholly lost: footprint x degree of damage at {DEPTH_USED}"
        known = int(np.isfinite(self.value).sum())
        share = f"{known} of {self.value.size} have a value"
        return f"footprint x value x degree of damage at {DEPTH_USED}; {share}"

    @property
    def losses(self):
        """Loss of each building, shape (3, building) [`unit`]; NaN where it is not known."""
        return self.degrees * (self.footprint if self.value is None else self.value)

    def total(self, rows=slice(None)):
        """Loss of some buildings, shape (3,) [`unit`]; those that are not known count as none."""
        return np.nansum(self.losses[:, rows], axis=1)


def building_damage(city, buildings, depth, low_depth=None, high_depth=None):
    """Damage to the buildings of a city that stand in water.

    Parameters
    ----------
    city : twin.city.City
        Whose curves count.
    buildings : geopandas.GeoDataFrame
        Its buildings: ``use``, and where it has them `VALUE`, `CURRENCY` and `FLOOR`.
    depth : (building,) array
        Largest depth at each building [m], `AROUND` of the cells around it.
    low_depth, high_depth : (building,) array, optional
        P10 and P90 of it; default `depth`.

    Returns
    -------
    BuildingDamage
        The lowest and highest are those that curves of any continent give between the low and the
        high depth: curves differ more than depths do.

    Notes
    -----
    D = A V f(max(0, d - FFE)), the form of Huizinga et al. (2017), section 2; d is the P90 of the
    depth around the footprint.
    """
    curves, source = curves_of(city)
    low_depth = depth if low_depth is None else low_depth
    high_depth = depth if high_depth is None else high_depth
    floor = _numbers(buildings, FLOOR, 0.0)
    inside = [water_over_floor(values, floor) for values in (low_depth, depth, high_depth)]
    found = np.full((3, len(buildings)), np.nan)
    for use, rows in _rows_by_use(buildings):
        found[0, rows] = curves.range(use, inside[0][rows])[0]
        found[1, rows] = curves.degree(use, inside[1][rows])
        found[2, rows] = curves.range(use, inside[2][rows])[1]
    footprint = buildings.geometry.area.to_numpy()
    value = footprint * _numbers(buildings, VALUE, np.nan)
    value = value if np.isfinite(value).any() else None
    return BuildingDamage(found, footprint, value, _currency(buildings), source)


@lru_cache(maxsize=8)
def curves_of(city):
    """Damage curves of a city and their source: its own, or the JRC's for its part of the world."""
    own = city.folder / OWN_CURVES
    if own.is_file():
        curves = read_curves(path=own)
        return curves, f"{OWN_CURVES} of the city, {curves.region}"
    from pyproj import Transformer

    west, south, east, north = city.grid.bounds
    transformer = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True)
    place = transformer.transform((west + east) / 2, (south + north) / 2)
    region = region_at(*place)
    return read_curves(region, CURVES), f"{JRC}, {region}"


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


def _currency(buildings):
    """Currency of the layer: that of its first building that names one."""
    names = buildings[CURRENCY].dropna() if CURRENCY in buildings else []
    return str(names.iloc[0])[:20] if len(names) else "currency of the city"

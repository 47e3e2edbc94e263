"""Shade and heat before and after a scenario: rasters, districts, the edited area."""

from dataclasses import dataclass

import numpy as np

from service.scenarios.compare import city_place
from service.scenarios.districts import district_cells
from service.scenarios.pairs import pair
from twin.heat.heat import LIMITS, Heat, HotDay, heat_of, height_of_surface, usual_hot_day
from twin.heat.shade import MOST_CELLS
from twin.heat.surface_cover import cover_of_city, sealed_share, surface_number

QUANTITIES = ("shadow_hours", "sky_view", "surface_temperature_c")


@dataclass(frozen=True)
class HeatChange:
    """Sun and heat of the base and of the edited city on one day.

    Parameters
    ----------
    base, other : twin.heat.heat.Heat
    day : twin.heat.heat.HotDay
    """

    base: Heat
    other: Heat
    day: HotDay

    @property
    def warmer(self):
        """Change of the surface temperature, NaN outside, shape (y, x) [K]."""
        return self.other.surface_temperature - self.base.surface_temperature


def heat_change(base_city, city, wanted):
    """Sun and heat of both cities.

    Parameters
    ----------
    base_city : twin.city.City
    city : twin.scenario.scenario.EditedCity
    wanted : dict
        The table [heat] of the scenario.

    Returns
    -------
    HeatChange or None
        None where the city has too many cells.

    Raises
    ------
    InputError
        The day has a value out of its range, or no sun at its hour.
    """
    if base_city.grid.nx * base_city.grid.ny > MOST_CELLS:
        return None
    place = city_place(base_city)
    usual = usual_hot_day(place[1])
    day = HotDay(**{"date": usual.date} | wanted)
    size = base_city.grid.cell_size
    cover = cover_of_city(base_city, base_city.terrain)
    base = heat_of(base_city.terrain, cover, size, place, day)
    return HeatChange(base, heat_of(city.terrain, city.cover, size, place, day), day)


def require_hot_day(base_city, wanted):
    """Refuse a hot day that cannot be, before a long run."""
    if wanted is not None and base_city.grid.nx * base_city.grid.ny <= MOST_CELLS:
        HotDay(**{"date": usual_hot_day(city_place(base_city)[1]).date} | wanted)


def heat_tables(change, base_city, city):
    """Heat as JSON carries it.

    Parameters
    ----------
    change : HeatChange
    base_city, city
        As for `heat_change`.

    Returns
    -------
    dict
        ``date``, ``hour``, ``assumed``, ``limits``, ``districts``, ``edited``, ``all``; means over
        the ground without roofs and water.
    """
    day = change.day
    ground = _street(change, base_city, city)
    edited = _edited(base_city, city)
    area = base_city.grid.cell_size**2
    edited_ground = edited & np.isfinite(change.base.surface_temperature)
    return {
        "date": day.date.isoformat(),
        "hour": day.hour,
        "assumed": {
            "air_temperature_c": day.air_temperature_c,
            "humidity": day.humidity,
            "wind_m_s": day.wind,
        },
        "limits": list(LIMITS),
        "all": _means(change, ground),
        "edited": {
            "area_m2": float(edited_ground.sum()) * area,
            **_means(change, edited_ground),
            "surface_temperature_max_c": _extreme(change, edited_ground),
        },
        "districts": _districts(change, ground, base_city),
    }


def _edited(base_city, city):
    """Cells whose surface, sealing or height is another one, shape (y, x)."""
    edited = cover_of_city(base_city, base_city.terrain) != city.cover
    edited |= height_of_surface(base_city.terrain) != height_of_surface(city.terrain)
    return edited | (sealed_share(base_city.terrain) != sealed_share(city.terrain))


def _street(change, base_city, city):
    """Ground without roofs and water in both, shape (y, x)."""
    ground = np.isfinite(change.base.surface_temperature)
    hidden = [surface_number("roof"), surface_number("water")]
    for cover in (cover_of_city(base_city, base_city.terrain), city.cover):
        ground &= ~np.isin(cover, hidden)
    return ground


def _means(change, cells):
    sides = (change.base, change.other)
    return {
        name: pair(*(_mean(getattr(side, name.removesuffix("_c")), cells) for side in sides))
        for name in QUANTITIES
    }


def _mean(values, cells):
    return float(np.mean(values[cells], dtype=np.float64)) if cells.any() else None


def _extreme(change, cells):
    """Hottest surface before and after [degrees Celsius]."""
    if not cells.any():
        return pair(None, None)
    sides = (change.base, change.other)
    return pair(*(float(np.max(side.surface_temperature[cells])) for side in sides))


def _districts(change, ground, city):
    if not city.has_layer("districts"):
        return []
    districts = city.layer("districts")
    labels = district_cells(districts, city.grid)
    return [
        {"district": name, **_means(change, ground & (labels == number))}
        for number, name in enumerate(districts["name"].astype(str), 1)
    ]

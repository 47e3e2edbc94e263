"""Surfaces are as hot as their balance of energy says: laws first."""

from datetime import date

import numpy as np
import pytest
import xarray as xr

from twin.errors import InputError
from twin.heat.heat import (
    STEFAN_BOLTZMANN,
    HotDay,
    clear_sky_radiation,
    heat_of,
    sky_emissivity,
    surface_temperature,
    usual_hot_day,
)
from twin.heat.surface_cover import (
    MIXED,
    OPTICAL,
    surface_number,
    surface_properties,
    surfaces,
)

DAY = HotDay(date(2026, 7, 21))


def temperature(name, sunlit=True, sky=1.0, elevation=70.0, day=DAY):
    row = surfaces()[name]
    properties = {key: np.array([row[key]], np.float32) for key in OPTICAL}
    return float(surface_temperature(properties, [sunlit], np.array([sky]), elevation, day)[0])


@pytest.mark.parametrize("name", sorted(surfaces()))
def test_shade_cools_every_surface(name):
    assert temperature(name, sunlit=False) < temperature(name)


def test_grass_is_cooler_than_asphalt_at_noon_and_permeable_paving_lies_between():
    grass, paving, asphalt = map(temperature, ("grass", "permeable_paving", "asphalt"))
    assert grass + 5 < paving < asphalt
    assert 45 < asphalt < 75  # what infrared cameras see on such days


def test_wind_and_a_lower_sun_cool():
    windy = HotDay(DAY.date, wind=6.0)
    assert temperature("asphalt", day=windy) < temperature("asphalt")
    assert temperature("asphalt", elevation=25.0) < temperature("asphalt")


def test_what_comes_in_goes_out():
    """The temperature that is found closes the balance of its own formula."""
    row, sky = surfaces()["concrete"], 0.7
    found = temperature("concrete", sky=sky) + 273.15
    air = DAY.air_temperature_c + 273.15
    sun = clear_sky_radiation(70.0) * (0.85 + 0.15 * sky)
    longwave = STEFAN_BOLTZMANN * air**4 * (sky * sky_emissivity(32.0, 0.6) + 1 - sky)
    net = (1 - row["albedo"]) * sun
    net += row["emissivity"] * (longwave - STEFAN_BOLTZMANN * found**4)
    to_air = (1 - row["evaporation"]) * (1 - row["storage"]) * net
    assert to_air == pytest.approx((5.7 + 3.8 * DAY.wind) * (found - air), rel=1e-4)


def test_radiation_of_a_clear_sky_is_that_of_haurwitz():
    assert clear_sky_radiation(90.0) == pytest.approx(1098 * np.exp(-0.059))
    assert clear_sky_radiation(-5.0) == 0.0


def test_a_partly_sealed_cell_lies_between_asphalt_and_grass():
    cover = np.array([[MIXED, MIXED, MIXED, surface_number("water")]])
    fields = surface_properties(cover, np.array([[0.0, 0.5, 1.0, 1.0]]))
    albedo = fields["albedo"][0]
    assert albedo[0] == pytest.approx(surfaces()["grass"]["albedo"])
    assert albedo[2] == pytest.approx(surfaces()["asphalt"]["albedo"])
    assert albedo[1] == pytest.approx((albedo[0] + albedo[2]) / 2)
    assert albedo[3] == pytest.approx(surfaces()["water"]["albedo"])


def test_a_house_shades_the_street_beside_it():
    terrain = xr.Dataset(
        {
            "elevation": (("y", "x"), np.zeros((40, 40), "f4")),
            "imperviousness": (("y", "x"), np.ones((40, 40), "f4")),
            "building_height": (("y", "x"), np.zeros((40, 40), "f4")),
            "building_blockage": (("y", "x"), np.zeros((40, 40), "f4")),
        }
    )
    terrain["building_height"][10:30, 18:22] = 25.0
    terrain["building_blockage"][10:30, 18:22] = 1.0
    cover = np.full((40, 40), MIXED, np.int8)
    afternoon = HotDay(DAY.date, hour=16.0)  # sun in the west: shade in the east
    heat = heat_of(terrain, cover, 4.0, (120.0, 23.0), afternoon)
    east, west = np.s_[20, 22], np.s_[20, 10]
    assert heat.surface_temperature[east] < heat.surface_temperature[west] - 5
    assert heat.shadow_hours[east] > heat.shadow_hours[2, 2]
    assert heat.sky_view[east] < heat.sky_view[2, 2]


def test_a_hot_day_out_of_range_or_at_night_is_refused():
    with pytest.raises(InputError, match="humidity of the hot day is nan"):
        HotDay(DAY.date, humidity=float("nan"))
    terrain = xr.Dataset({"elevation": (("y", "x"), np.zeros((3, 3), "f4"))})
    night = HotDay(DAY.date, hour=2.0)
    with pytest.raises(InputError, match="another hour"):
        heat_of(terrain, np.full((3, 3), MIXED), 4.0, (120.0, 23.0), night)


def test_the_usual_hot_day_is_in_summer_on_both_halves_of_the_earth():
    assert usual_hot_day(50.0).date.month == 7
    assert usual_hot_day(-30.0).date.month == 1

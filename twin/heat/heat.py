"""How hot surfaces get on a clear day: one balance of energy a cell, after shade and sky view.

The heat index is the temperature of the surface at one hour of a clear, hot day. It orders
surfaces and layouts (asphalt, grass, a shaded street) and shows what a change does to them; it is
no forecast of the air that people feel: air temperature, humidity and wind are the same everywhere,
trees give no shade, walls do not reflect, and the ground has no memory of the morning.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from twin.errors import InputError
from twin.heat.shade import LOWEST_SUN, is_shaded, shadow_hours, sky_view
from twin.heat.sun import sun_at, sun_over_day
from twin.heat.surface_cover import sealed_share, surface_properties

STEFAN_BOLTZMANN = 5.670374e-8
"""[W m-2 K-4]"""

DIFFUSE = 0.15
"""Share of the sun's radiation that comes from the sky on a clear day [1]; assumed."""

FREEZING = 273.15
STEP_MINUTES = 30.0
_ITERATIONS = 8

LIMITS = (
    "surface temperature of one hour of a clear day, in balance: no memory of the morning",
    "air temperature, humidity and wind are the same everywhere; they are assumed",
    "trees cast no shade, and walls reflect nothing",
    "it compares surfaces and layouts; it is no forecast of the air that people feel",
)
"""What the heat index does not know, a line each."""


@dataclass(frozen=True)
class HotDay:
    """The day on which surfaces are compared.

    Parameters
    ----------
    date : datetime.date
        At the place.
    hour : float
        Of mean solar time [h].
    air_temperature_c : float
        [degrees Celsius].
    humidity : float
        Relative, of the air [1].
    wind : float
        Above the ground [m s-1].

    Raises
    ------
    InputError
        A number is not finite or out of its range.
    """

    date: date
    hour: float = 13.0
    air_temperature_c: float = 32.0
    humidity: float = 0.6
    wind: float = 2.0

    def __post_init__(self):
        ranges = {
            "hour": (0.0, 24.0),
            "air_temperature_c": (-40.0, 55.0),
            "humidity": (0.01, 1.0),
            "wind": (0.0, 40.0),
        }
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if not least <= value <= most:
                raise InputError(
                    f"{name} of the hot day is {value:g}, expected {least:g} to {most:g}; "
                    "correct [heat]"
                )


def usual_hot_day(latitude, year=2026):
    """A day in the middle of the hot season: 21 July, south of the equator 21 January."""
    return HotDay(date(year, 7 if latitude >= 0 else 1, 21))


def clear_sky_radiation(elevation):
    """Radiation of a clear sky on level ground [W m-2].

    Parameters
    ----------
    elevation : float
        Of the sun [degrees].

    Notes
    -----
    Haurwitz (1945), J. Meteorol. 2, 154-166, with the coefficients in use today: 1098 and 0.059.

    Examples
    --------
    >>> round(clear_sky_radiation(90.0)), clear_sky_radiation(-1.0)
    (1035, 0.0)
    """
    sine = np.sin(np.radians(elevation))
    return float(1098.0 * sine * np.exp(-0.059 / sine)) if sine > 0 else 0.0


def sky_emissivity(air_temperature_c, humidity):
    """Emissivity of a clear sky [1].

    Notes
    -----
    Brutsaert (1975), Water Resour. Res. 11(5), 742-744: 1.24 (e / T)^(1/7), vapour pressure e in
    hPa; saturation after Magnus, FAO-56 eq. 11. The exponents were written from memory.
    """
    saturated = 6.108 * np.exp(17.27 * air_temperature_c / (air_temperature_c + 237.3))
    return float(1.24 * (humidity * saturated / (air_temperature_c + FREEZING)) ** (1.0 / 7.0))


def surface_temperature(properties, is_sunlit, sky, elevation, day):
    """Temperature at which each surface gives off what it gets.

    Parameters
    ----------
    properties : dict of str to array
        From `twin.heat.surface_cover.surface_properties`.
    is_sunlit : array of bool
        Whether the sun reaches the cell.
    sky : array
        Sky view factor [1].
    elevation : float
        Of the sun [degrees].
    day : HotDay
        Air and wind.

    Returns
    -------
    numpy.ndarray of float32
        [degrees Celsius]

    Notes
    -----
    Net radiation R = (1 - albedo) K + emissivity (L - sigma T^4): K is the sun's direct part where
    it reaches and the diffuse part by sky view, L that of the sky by sky view and of walls at air
    temperature for the rest. Of R the ground stores a share, of what is left a share evaporates,
    and the rest warms the air: (1 - evaporation) (1 - storage) R = h (T - T_air), where
    h = 5.7 + 3.8 wind [W m-2 K-1] (McAdams 1954, written from memory). Newton's method; what
    is solved falls steadily with T, so there is one solution.
    """
    radiation = clear_sky_radiation(elevation)
    air = day.air_temperature_c + FREEZING
    sky = np.asarray(sky, np.float64)
    sun = radiation * ((1.0 - DIFFUSE) * np.asarray(is_sunlit) + DIFFUSE * sky)
    black = STEFAN_BOLTZMANN * air**4
    longwave = black * (sky * sky_emissivity(day.air_temperature_c, day.humidity) + 1.0 - sky)
    emissivity = properties["emissivity"].astype(np.float64)
    warms = (1.0 - properties["evaporation"]) * (1.0 - properties["storage"])
    exchange = 5.7 + 3.8 * day.wind
    gets = (1.0 - properties["albedo"]) * sun + emissivity * longwave
    temperature = np.full(gets.shape, air)
    for _ in range(_ITERATIONS):
        emitted = emissivity * STEFAN_BOLTZMANN * temperature**4
        excess = warms * (gets - emitted) - exchange * (temperature - air)
        temperature += excess / (warms * 4.0 * emitted / temperature + exchange)
    return (temperature - FREEZING).astype(np.float32)


@dataclass(frozen=True)
class Heat:
    """Sun and heat over a grid, arrays over (y, x).

    Parameters
    ----------
    shadow_hours : numpy.ndarray
        Shade between sunrise and sunset [h].
    sky_view : numpy.ndarray
        [1].
    surface_temperature : numpy.ndarray
        At the hour of the day [degrees Celsius].
    """

    shadow_hours: np.ndarray
    sky_view: np.ndarray
    surface_temperature: np.ndarray


def heat_of(terrain, cover, cell_size, place, day):
    """Shade, sky view and surface temperature of a city.

    Parameters
    ----------
    terrain : xarray.Dataset (y, x)
        `elevation`, and where they are `building_height`, `building_blockage`, `imperviousness`.
    cover : numpy.ndarray of int
        From `twin.heat.surface_cover.cover_of_city`.
    cell_size : float
        [m].
    place : tuple of float
        Longitude and latitude of the middle of the city [degrees].
    day : HotDay
        When.

    Returns
    -------
    Heat

    Raises
    ------
    InputError
        The sun does not shine at that hour, or there are too many cells.
    """
    azimuth, elevation = sun_at(day.date, day.hour, *place)
    if elevation < LOWEST_SUN:
        raise InputError(
            f"the sun stands {elevation:.0f} degrees high at {day.hour:g} h of {day.date}, expected"
            f" {LOWEST_SUN:g} or more; choose another hour for [heat]"
        )
    surface = height_of_surface(terrain)
    _, azimuths, elevations = sun_over_day(day.date, *place, STEP_MINUTES)
    shade = shadow_hours(surface, cell_size, azimuths, elevations, STEP_MINUTES / 60.0)
    sky = sky_view(surface, cell_size)
    sealed = sealed_share(terrain)
    is_sunlit = ~is_shaded(surface, cell_size, azimuth, elevation)
    temperature = surface_temperature(
        surface_properties(cover, sealed), is_sunlit, np.nan_to_num(sky, nan=1.0), elevation, day
    )
    temperature[~np.isfinite(surface)] = np.nan
    return Heat(shade, sky, temperature)


def height_of_surface(terrain):
    """Ground, and roofs where most of a cell is built on, shape (y, x) [m]."""
    surface = np.array(terrain["elevation"].values, np.float32)
    if "building_height" not in terrain:
        return surface
    height = np.nan_to_num(terrain["building_height"].values)
    if "building_blockage" in terrain:
        height = np.where(terrain["building_blockage"].values >= 0.5, height, 0.0)
    return surface + height.astype(np.float32)

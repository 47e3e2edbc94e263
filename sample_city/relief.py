"""The ground before people came: a basin below river level, a plain, hills around it."""

import numpy as np

from sample_city.noise import fractal_noise, smoothstep, value_noise

FLOOR_MEAN = -0.75
"""Mean level of the basin floor, about 1 m below the mean river level [m]."""
PLAIN_RISE = 4.0
"""Rise of the plain between the basin floor and the foot of the hills [m]."""

# Settlement of soft ground: (channel, amplitude [m], wavelength [m]).
_UNEVENNESS = (("hollows", 0.18, 240.0), ("dips", 0.20, 95.0), ("dents", 0.10, 52.0))


def natural_ground(size, seed, x, y, distance):
    """Ground level without river, streets or any other works.

    Parameters
    ----------
    size : Size
        The size of the city.
    seed : int
        Seed of the city.
    x, y : ndarray
        Coordinates that broadcast against each other [m].
    distance : ndarray
        Distance from the river [m].

    Returns
    -------
    ndarray
        Level above mean sea [m].
    """
    floor = FLOOR_MEAN
    for channel, amplitude, wavelength in _UNEVENNESS:
        floor = floor + amplitude * value_noise(seed, channel, wavelength, x, y)
    remote = remoteness(size, seed, x, y, distance)
    plain = PLAIN_RISE * smoothstep(size.basin_share, size.hill_start + 0.06, remote)
    rise = smoothstep(size.hill_start, size.hill_start + 0.42, remote)
    octaves, gain = size.hill_noise
    ridges = fractal_noise(seed, "ridges", 0.17 * size.edge, x, y, octaves, gain, ridged=2)
    return floor + plain + size.hill_height * rise * (0.65 + 0.45 * ridges)


def remoteness(size, seed, x, y, distance):
    """How far from the river a point is, as share of the city, with a wavering outline."""
    waver = fractal_noise(seed, "outline", 0.28 * size.edge, x, y, octaves=3)
    upstream = 0.09 * smoothstep(0.55, 1.0, np.asarray(x) / size.edge)
    return np.abs(distance) / size.edge + 0.09 * waver + upstream

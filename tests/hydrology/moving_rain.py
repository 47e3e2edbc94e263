"""Radar fields of showers that move as we say, for tests."""

import numpy as np

from hydrology.rainfall.grid import rainfall_dataset
from twin.grid import Grid

MM_H = 1e-3 / 3600
CRS = "EPSG:3826"
RADAR = Grid(200_000.0, 2_900_000.0, 1000.0, 240, 240, CRS)
CITY = Grid(318_000.0, 2_782_000.0, 50.0, 80, 80, CRS)
NOON = np.datetime64("2026-05-01T12:00", "ns")
FIVE, TEN = np.timedelta64(5, "m"), np.timedelta64(10, "m")


def texture(seed=7, size=512):
    """Periodic rain with large and small structure, a quarter of it dry [mm/h]."""
    generator = np.random.default_rng(seed)
    wave = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    wave[0, 0] = np.inf
    noise = np.fft.fft2(generator.standard_normal((size, size))) * wave**-1.8
    field = np.fft.ifft2(noise).real
    field = (field - field.mean()) / field.std()
    return np.maximum(np.exp(1.2 * field) - 0.4, 0.0)


def showers(count=4, east=3, south=1, begin=NOON, step=FIVE, grid=RADAR, seed=7):
    """Rain that moves by whole cells of 1 km a step, the same at a place on any grid."""
    rain = texture(seed)
    fields = [np.roll(rain, (k * south, k * east), (0, 1)) for k in range(count)]
    row, column = round((RADAR.y0 - grid.y0) / 1000), round((grid.x0 - RADAR.x0) / 1000)
    rows = (row + np.arange(grid.ny)) % rain.shape[0]
    columns = (column + np.arange(grid.nx)) % rain.shape[1]
    rates = np.stack([field[np.ix_(rows, columns)] for field in fields]) * MM_H
    return rainfall_dataset(begin + np.arange(count) * step, rates, grid)

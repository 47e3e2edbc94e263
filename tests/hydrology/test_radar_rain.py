"""Radar lies where it belongs, what it does not know stays unknown, and bad grids are refused."""

import numpy as np
import pytest
import xarray as xr

from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.radar import around, join_radar, onto, rate_of_reflectivity, step_of
from tests.hydrology.moving_rain import CITY, FIVE, MM_H, NOON, RADAR, showers
from twin.errors import InputError, MissingError
from twin.grid import Grid

TAIWAN_67 = "+proj=longlat +ellps=aust_SA +towgs84=-752,-358,-179,0,0,0,0 +no_defs"


def one_wet_cell(crs="EPSG:4326"):
    """A QPE grid of 0.0125 degrees with rain in one cell, at 121.5 E, 25.05 N."""
    grid = Grid(120.0, 26.0, 0.0125, 200, 160, crs)
    rates = np.zeros((1, 160, 200))
    rates[0, 76, 120] = 60 * MM_H  # centre 121.50625, 25.04375
    field = rainfall_dataset([NOON], rates, grid)
    return field.assign_attrs(valid_from="2026-05-01T12:00Z", valid_to="2026-05-01T13:00Z")


def test_a_grid_in_degrees_lands_where_its_cell_is():
    from pyproj import Transformer

    target = Grid(280_000.0, 2_800_000.0, 500.0, 80, 80, "EPSG:3826")
    rain = onto(one_wet_cell(), target)["rainfall_rate"].values[0]
    row, column = np.unravel_index(rain.argmax(), rain.shape)
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:3826", always_xy=True).transform(
        121.50625, 25.04375
    )
    assert abs(target.x[column] - x) <= 500 and abs(target.y[row] - y) <= 500
    assert rain.max() == pytest.approx(60 * MM_H, rel=0.2)


def test_a_datum_is_shifted_and_a_guess_is_refused():
    target = Grid(280_000.0, 2_800_000.0, 100.0, 400, 400, "EPSG:3826")

    def centre(crs):
        rain = onto(one_wet_cell(crs), target)["rainfall_rate"].values[0].astype(float)
        rows, columns = np.nonzero(rain > 0.5 * rain.max())
        return np.array([columns.mean(), -rows.mean()]) * target.cell_size

    moved = np.linalg.norm(centre(TAIWAN_67) - centre("EPSG:4326"))
    assert 750 < moved < 950  # TWD67 as WGS 84 would be some 850 m off
    with pytest.raises(InputError, match="only a guess leads from 'EPSG:3821'"):
        onto(one_wet_cell("EPSG:3821"), target)


def test_what_the_radar_does_not_know_stays_unknown():
    radar = showers(count=2)
    radar["rainfall_rate"][:, :, :100] = np.nan
    west = Grid(210_000.0, 2_800_000.0, 1000.0, 20, 20, RADAR.crs)
    east = Grid(350_000.0, 2_800_000.0, 1000.0, 20, 20, RADAR.crs)
    beyond = Grid(900_000.0, 2_800_000.0, 1000.0, 20, 20, RADAR.crs)
    assert np.isnan(onto(radar, west)["rainfall_rate"]).all()
    assert np.isnan(onto(radar, beyond)["rainfall_rate"]).all()
    assert np.isfinite(onto(radar, east)["rainfall_rate"]).all()


def test_coarser_cells_hold_the_mean():
    radar = showers(count=1)
    coarse = Grid(RADAR.x0, RADAR.y0, 4000.0, 60, 60, RADAR.crs)
    found = onto(radar, coarse)["rainfall_rate"].values[0]
    means = radar["rainfall_rate"].values[0].reshape(60, 4, 60, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(found, means, rtol=1e-4, atol=1e-10)


def test_the_window_reaches_as_far_as_rain_travels_and_the_radar_sees():
    window = around(CITY, showers(count=2), 0.5)
    west, south, east, north = window.bounds
    assert west == CITY.x0 - 100_000 and window.cell_size == 1000.0
    assert north <= RADAR.bounds[3] and south >= RADAR.bounds[1] and east > CITY.bounds[2]
    far = Grid(900_000.0, 2_800_000.0, 50.0, 80, 80, CITY.crs)
    with pytest.raises(InputError, match="expected the city in it"):
        around(far, showers(count=2), 1.0)


def test_reflectivity_becomes_rain_by_marshall_and_palmer():
    # 200 R^1.6 at 1, 10 and 100 mm/h
    decibels = 10 * np.log10(200 * np.array([1.0, 10.0, 100.0]) ** 1.6)
    np.testing.assert_allclose(
        rate_of_reflectivity(decibels) / MM_H, [1, 10, rate_of_reflectivity(53.0) / MM_H]
    )
    assert np.isnan(rate_of_reflectivity(np.nan)) and rate_of_reflectivity(-np.inf) == 0


def test_grids_are_joined_in_order_and_the_later_word_counts():
    first, second = showers(count=2), showers(count=2, begin=NOON + 2 * FIVE)
    corrected = second.isel(time=[0]) * 2
    corrected.attrs = second.attrs
    joined = join_radar([second, first, corrected])
    assert (np.diff(joined["time"]) == FIVE).all() and joined.sizes["time"] == 4
    np.testing.assert_allclose(joined["rainfall_rate"][2], 2 * second["rainfall_rate"][0])
    with pytest.raises(MissingError, match="no radar grid came"):
        join_radar([])
    with pytest.raises(InputError, match="expected one grid"):
        join_radar([first, one_wet_cell()])


def test_a_grid_of_something_else_is_refused():
    other = xr.Dataset({"wind": (("time", "y", "x"), np.zeros((1, 2, 2)))},
                       {"time": [NOON], "y": [1500.0, 500.0], "x": [500.0, 1500.0]},
                       {"crs": "EPSG:3826"})  # fmt: skip
    with pytest.raises(InputError, match=r"holds \['wind'\], expected rainfall_rate"):
        join_radar([other])


def test_the_length_of_an_interval_is_known_or_asked_for():
    assert step_of(showers(count=3)) == 300
    assert step_of(one_wet_cell()) == 3600
    with pytest.raises(InputError, match="a single field of rain came"):
        step_of(showers(count=1))

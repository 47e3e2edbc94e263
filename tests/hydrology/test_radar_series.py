"""Rates, hourly sums and reflectivities of one source end in one series."""

import numpy as np
import pytest

from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.radar import onto, rate_of_reflectivity
from hydrology.rainfall.radar_series import radar_series
from hydrology.rainfall.sources import RainInputs, rain_ahead, rain_so_far
from tests.hydrology.moving_rain import CITY, MM_H, NOON, RADAR, TEN, showers
from twin.errors import InputError, MissingError
from twin.grid import Grid

STEPS = 12
NEAR = RADAR.window(60, 60, 120, 120)  # a radar of short reach


def scans_of(fine, share=1.0):
    """Reflectivities [dBZ] every ten minutes, one grid a scan."""
    truth = fine.isel(time=slice(None, None, 4))
    truth = truth.assign(rainfall_rate=truth["rainfall_rate"] * share)
    decibels = 10 * np.log10(200 * np.maximum(truth["rainfall_rate"] / MM_H, 1e-6) ** 1.6)
    field = truth.assign(reflectivity=decibels).drop_vars("rainfall_rate")
    return [field.isel(time=[index]) for index in range(field.sizes["time"])]


def sums_of(truth):
    """Hourly means, one grid every ten minutes."""
    grids = []
    for index in range(truth.sizes["time"] - 5):
        hour = truth.isel(time=slice(index, index + 6))
        one = hour.isel(time=[0]).copy()
        one["rainfall_rate"] = hour["rainfall_rate"].mean("time").expand_dims(time=one["time"])
        one["rainfall_rate"].attrs = hour["rainfall_rate"].attrs
        start = NOON + index * TEN
        grids.append(one.assign_attrs(valid_from=str(start), valid_to=str(start + 6 * TEN)))
    return grids


@pytest.fixture(scope="module")
def fine():
    """Rain every two and a half minutes, moving one cell each time."""
    return showers(count=4 * STEPS + 1, step=np.timedelta64(150, "s"), east=1, south=1, grid=NEAR)


@pytest.fixture(scope="module")
def truth(fine):
    """What falls in each ten minutes."""
    fields = fine["rainfall_rate"].values[:-1]
    means = fields.reshape(STEPS, 4, *fields.shape[1:]).mean(axis=1)
    return rainfall_dataset(fine["time"].values[:-1:4], means, Grid.of(fine))


def test_the_formula_of_the_test_is_that_of_the_code(fine):
    found = rate_of_reflectivity(scans_of(fine)[0]["reflectivity"].values)[0]
    wet = (found > MM_H) & (found < 50 * MM_H)
    np.testing.assert_allclose(found[wet], fine["rainfall_rate"].values[0][wet], rtol=1e-4)


def test_sums_are_spread_by_scans_and_their_volume_is_kept(fine, truth):
    series = radar_series([*sums_of(truth), *scans_of(fine, 0.5)], CITY, hours=1.0)
    assert "by radar weights, volume kept" in series.attrs["disaggregation"]
    inner = NEAR.window(30, 30, 60, 60)
    found = onto(series, inner)["rainfall_rate"].values
    came = onto(truth, inner)["rainfall_rate"].values
    for hour in (slice(0, 6), slice(6, 12)):
        np.testing.assert_allclose(found[hour].mean(axis=0), came[hour].mean(axis=0), atol=1e-10)
    evenly = onto(radar_series(sums_of(truth), CITY, hours=1.0), inner)["rainfall_rate"].values
    assert np.abs(found - came).mean() < 0.3 * np.abs(evenly - came).mean()


def test_scans_newer_than_the_newest_sum_come_after_it(fine, truth):
    series = radar_series([*sums_of(truth)[:4], *scans_of(fine)], CITY, hours=1.0)
    assert series["time"].values[-1] == NOON + (STEPS - 1) * TEN
    assert (np.diff(series["time"].values) == TEN).all()


def test_sums_alone_are_spread_evenly_and_allow_no_nowcast(truth):
    series = radar_series(sums_of(truth), CITY, hours=1.0)
    assert "all parts alike, no radar" in series.attrs["disaggregation"]
    inputs = RainInputs(radar=series)
    issue = series["time"].values[-1] + TEN
    observed = rain_so_far(inputs, CITY, issue_time=issue, spinup_hours=2)
    assert any("hours spread over ten minutes" in note for note in observed.degraded)
    ahead = rain_ahead(inputs, observed, CITY, issue_time=issue, hours=1.0)
    assert ahead.nowcast is None
    assert "repeat" in ahead.degraded[0] and "persists" in ahead.degraded[1]


def test_rates_are_taken_as_they_are(truth):
    series = radar_series([truth, *sums_of(truth)], CITY)
    np.testing.assert_array_equal(series["rainfall_rate"], truth["rainfall_rate"])


def test_grids_of_no_use_are_refused(truth):
    with pytest.raises(MissingError, match="no radar grid came"):
        radar_series([], CITY)
    half = sums_of(truth)[0].assign_attrs(valid_to=str(NOON + 3 * TEN))
    with pytest.raises(InputError, match="rain of 30 minutes"):
        radar_series([half], CITY)
    far = Grid(900_000.0, 2_800_000.0, 50.0, 80, 80, CITY.crs)
    with pytest.raises(InputError, match="expected the city in it"):
        radar_series(sums_of(truth), far)

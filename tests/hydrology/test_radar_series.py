"""Rates, hourly sums and reflectivities of one source end in one series."""

import numpy as np
import pytest

from hydrology.radar_rain import rate_of_reflectivity
from hydrology.radar_series import radar_series
from hydrology.rain_sources import RainInputs, rain_ahead, rain_so_far
from tests.hydrology.moving_rain import CITY, MM_H, NOON, TEN, showers
from twin.errors import InputError, MissingError
from twin.grid import Grid

STEPS = 12


def scans_of(truth):
    """Reflectivities [dBZ] at the start of each interval, one grid a scan."""
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
def truth():
    return showers(count=STEPS + 1, step=TEN, east=4, south=1)


def at_city(series):
    x, y = CITY.x0 + 2000, CITY.y0 - 2000
    return series["rainfall_rate"].interp(x=x, y=y).values / MM_H


def test_the_formula_of_the_test_is_that_of_the_code(truth):
    found = rate_of_reflectivity(scans_of(truth)[0]["reflectivity"].values)[0]
    wet = (found > MM_H) & (found < 50 * MM_H)
    np.testing.assert_allclose(found[wet], truth["rainfall_rate"].values[0][wet], rtol=1e-4)


def test_sums_are_spread_by_scans_and_their_volume_is_kept(truth):
    weak = truth.copy(deep=True)
    weak["rainfall_rate"] = weak["rainfall_rate"] * 0.5  # the scans see half
    series = radar_series([*sums_of(truth), *scans_of(weak)], CITY, hours=1.0)
    assert "by radar weights, volume kept" in series.attrs["disaggregation"]
    hours = at_city(series)[: STEPS // 6 * 6].reshape(-1, 6).mean(axis=1)
    first = (series["time"].values[0] - NOON) // TEN
    came = at_city(truth)
    np.testing.assert_allclose(
        hours, came[first : first + STEPS].reshape(-1, 6).mean(axis=1), rtol=0.02
    )
    between = (came[:-1] + came[1:])[first : first + STEPS] / 2  # from scan to scan
    assert np.corrcoef(at_city(series)[: between.size], between)[0, 1] > 0.9


def test_scans_newer_than_the_newest_sum_come_after_it(truth):
    series = radar_series([*sums_of(truth)[:4], *scans_of(truth)], CITY, hours=1.0)
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

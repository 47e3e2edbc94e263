"""No drop is lost between intervals, and showers do not jump between scans."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.intervals import (
    follow_hours,
    interval_means,
    scans_to_means,
    spread_amount,
    spread_hour,
)
from tests.hydrology.moving_rain import MM_H, NOON, TEN, showers
from twin.errors import InputError
from twin.grid import Grid

SMALL = Grid(0.0, 2000.0, 1000.0, 2, 2, "EPSG:3826")
HOUR = np.timedelta64(1, "h")


def series(values, step=TEN, begin=NOON):
    rates = np.broadcast_to(np.array(values, float)[:, None, None] * MM_H, (len(values), 2, 2))
    return rainfall_dataset(begin + np.arange(len(values)) * step, rates, SMALL)


AMOUNTS = arrays(float, (4, 5), elements=st.floats(0, 1e-4))
WEIGHTS = arrays(float, (6, 4, 5), elements=st.one_of(st.floats(0, 50), st.just(np.nan)))


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, WEIGHTS)
def test_the_volume_of_the_hour_is_kept_in_every_cell(amount, weights):
    rates, _ = spread_amount(amount, weights)
    np.testing.assert_allclose(rates.mean(axis=0), amount, rtol=1e-9, atol=1e-300)
    assert rates.min() >= 0


def test_radar_says_when_the_rain_of_the_hour_fell():
    radar = series([0, 0, 0, 0, 30, 60])
    hour = spread_hour(series([3.0]), radar, 600.0)
    np.testing.assert_allclose(
        hour["rainfall_rate"][:, 0, 0] / MM_H, [0, 0, 0, 0, 6, 12], rtol=1e-5
    )
    assert hour.attrs["disaggregation"] == "1 h to 10 min: by radar weights, volume kept"


def test_rain_that_radar_did_not_see_is_spread_evenly_and_said():
    dry = spread_hour(series([3.0]), series([0] * 6), 600.0)
    np.testing.assert_allclose(dry["rainfall_rate"] / MM_H, 3.0, rtol=1e-5)
    assert "all parts alike" in dry.attrs["disaggregation"]
    assert "all parts alike" in spread_hour(series([3.0]), None, 600.0).attrs["disaggregation"]
    half = series([0, 0, 0, 0, 30, 60])
    half["rainfall_rate"][:, 0, :] = 0
    assert (
        "50% of the rain spread evenly"
        in (spread_hour(series([3.0]), half, 600.0).attrs["disaggregation"])
    )


def test_hours_that_overlap_are_not_counted_twice():
    hours = series(np.arange(13.0), begin=NOON)  # a new hour every ten minutes
    found = follow_hours(hours, None, 600.0)
    assert found.sizes["time"] == 18
    assert found["time"].values[0] == NOON
    np.testing.assert_allclose(
        found["rainfall_rate"][:, 0, 0] / MM_H, [0] * 6 + [6] * 6 + [12] * 6, rtol=1e-5
    )


def test_five_minutes_make_ten_and_a_missing_half_is_the_other():
    five = series([1, 3, np.nan, 5, np.nan, np.nan], step=np.timedelta64(5, "m"))
    means = interval_means(five, NOON + np.arange(3) * TEN, 600.0, 300.0)
    np.testing.assert_allclose(means[:, 0, 0] / MM_H, [2, 5, np.nan], rtol=1e-5)


def test_an_interval_that_is_hardly_known_is_not_known():
    means = interval_means(series([4.0]), [NOON - 4 * TEN // 5], 600.0, 600.0)
    assert np.isnan(means).all()  # two minutes of ten


def test_showers_leave_no_gaps_between_two_scans():
    scans = showers(count=2, east=12, south=0, step=TEN)
    means = scans_to_means(scans, 600.0)["rainfall_rate"].values[0]
    whole = showers(count=13, east=1, south=0)["rainfall_rate"].values
    truth = whole[:-1].mean(axis=0)  # what fell while it moved twelve cells
    inner = (slice(30, -30), slice(30, -30))
    blurred = scans["rainfall_rate"].values.mean(axis=0)
    error = np.abs(means - truth)[inner].mean()
    assert error < 0.4 * np.abs(blurred - truth)[inner].mean()


def test_two_hours_at_once_are_refused():
    with pytest.raises(InputError, match="2 hours of rain came, expected one"):
        spread_hour(series([1.0, 2.0], step=HOUR), None, 600.0)

"""Rain is carried where it goes, members differ as they should, and what is unknown is not dry."""

import contextlib
import io

import numpy as np
import pytest

from hydrology.rainfall.ensemble import persist
from hydrology.rainfall.grid import covering_grid, rainfall_dataset
from hydrology.rainfall.motion import carry, decibels, from_decibels, motion_field
from hydrology.rainfall.nowcast import RadarNowcast
from hydrology.rainfall.radar import onto
from tests.hydrology.moving_rain import CITY, FIVE, MM_H, NOON, RADAR, TEN, showers
from twin.errors import InputError, MissingError
from twin.fields import require

COVER = covering_grid(CITY)


@pytest.fixture(scope="module")
def nowcast():
    return RadarNowcast(showers(count=4), CITY, hours=1.0)


@pytest.fixture(scope="module")
def truth():
    """Rain of the hour after, on the window; its first interval begins at the issue time."""
    return showers(count=16).isel(time=slice(4, None))


def observed_rain():
    rates = np.full((2, *COVER.shape), 3 * MM_H)
    return rainfall_dataset(NOON + np.arange(2) * TEN, rates, COVER)


def test_motion_is_found_to_a_fraction_of_a_cell(nowcast):
    assert nowcast.issue == NOON + 4 * FIVE and nowcast.step == 300
    middle = nowcast.motion[:, 50:150, 50:150]
    np.testing.assert_allclose(np.median(middle, axis=(1, 2)), [3, 1], atol=0.3)


def test_extrapolation_beats_persistence_at_every_lead(nowcast, truth):
    ahead = nowcast.fields(12)
    came = onto(truth, nowcast.window)["rainfall_rate"].values
    known = np.isfinite(ahead)
    for lead in range(12):
        cells = known[lead]
        error = np.abs(ahead[lead] - came[lead])[cells].mean()
        assert error < 0.6 * np.abs(nowcast.rates[-1] - came[lead])[cells].mean()


def test_rain_from_outside_of_the_radar_is_unknown_not_zero(nowcast):
    ahead = nowcast.fields(12)
    assert np.isnan(ahead[-1][:, :20]).all()  # it moves to the east by 36 cells
    assert np.isfinite(ahead[-1][60:-10, 80:-10]).all()


def test_a_member_is_the_same_whatever_is_asked_besides(nowcast):
    first = nowcast.fields(3, member=2, seed=7)
    np.testing.assert_array_equal(nowcast.fields(6, member=2, seed=7)[:3], first)
    for other in (nowcast.fields(3, member=3, seed=7), nowcast.fields(3, member=2, seed=8)):
        assert np.nanmax(np.abs(other - first)) > 1 * MM_H


def test_the_ensemble_spreads_with_lead_and_keeps_the_amount(nowcast):
    members = np.stack([nowcast.fields(12, member=member, seed=1) for member in range(1, 6)])
    inner = members[:, :, 70:-40, 90:-40]
    spread = np.nanmean(np.nanstd(inner, axis=0), axis=(1, 2))
    assert spread[11] > 1.2 * spread[0] > 0
    amount = np.nanmean(nowcast.rates[-1])
    assert 0.7 * amount < np.nanmean(members[:, 0]) < 1.3 * amount
    assert np.nanmin(members) >= 0


def test_ten_minute_means_for_the_city_are_those_of_the_fields(nowcast, truth):
    times = nowcast.issue + np.arange(3) * TEN
    found = nowcast.ahead(COVER, times)
    came = onto(truth, COVER)["rainfall_rate"].values
    wanted = came[:6].reshape(3, 2, *COVER.shape).mean(axis=1)
    np.testing.assert_allclose(found.mean(axis=(1, 2)), wanted.mean(axis=(1, 2)), rtol=0.25)


def test_times_before_the_issue_show_the_radar_itself(nowcast):
    found = nowcast.ahead(COVER, [NOON + 2 * FIVE])
    radar = onto(showers(count=4), COVER)["rainfall_rate"].values
    np.testing.assert_allclose(found[0], radar[2:].mean(axis=0), rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("member", [0, 1])
def test_it_is_the_future_rain_of_a_forecast(nowcast, member):
    times = nowcast.issue + np.arange(12) * TEN  # an hour more than it knows
    observed = observed_rain()
    rain = require(nowcast(observed, times, member=member, seed=1), "rainfall_rate")
    assert rain["rainfall_rate"].shape == (12, *COVER.shape)
    held = persist(observed, times, member=member, seed=1)["rainfall_rate"]
    np.testing.assert_allclose(rain["rainfall_rate"][7:], held[7:], rtol=1e-6)
    assert np.abs(rain["rainfall_rate"] - held)[:3].max() > 0.1 * MM_H


def test_dry_radar_stays_dry_in_every_member():
    dry = showers(count=3) * 0.0
    dry.attrs["crs"] = RADAR.crs
    nowcast = RadarNowcast(dry, CITY, hours=1.0)
    assert np.nanmax(nowcast.fields(3)) == np.nanmax(nowcast.fields(3, member=1)) == 0


def test_rain_that_has_just_begun_does_not_stop_the_ensemble():
    radar = showers(count=3)
    radar["rainfall_rate"][:2] = 0.0
    nowcast = RadarNowcast(radar, CITY, hours=1.0)
    assert "too little for a STEPS ensemble" in nowcast.degraded[0]
    members = np.stack([nowcast.fields(3, member=member, seed=1) for member in range(3)])
    assert np.nanmax(members, axis=(1, 2, 3)).min() > 0.5 * MM_H  # none of them falls dry
    assert np.nanmax(np.abs(members[1] - members[2])) > 0.1 * MM_H


def test_parts_that_no_radar_sees_do_not_stop_the_ensemble():
    radar = showers(count=3)
    radar["rainfall_rate"][:, :40, :] = np.nan
    radar["rainfall_rate"][:, 100:104, 100:104] = np.nan
    nowcast = RadarNowcast(radar, CITY, hours=1.0)
    assert np.isnan(nowcast.fields(1, member=1)).mean() < 0.5


def test_a_gap_leaves_two_fields_and_is_said():
    radar = showers(count=6).isel(time=[0, 1, 2, 4, 5])
    nowcast = RadarNowcast(radar, CITY, hours=1.0)
    assert nowcast.degraded == ("rain: motion seen in two radar fields only",)
    assert np.isfinite(nowcast.fields(2, member=1)).any()
    with pytest.raises(MissingError, match="1 radar field follows the last gap"):
        RadarNowcast(showers(count=6).isel(time=[0, 1, 2, 3, 5]), CITY)


def test_bad_requests_are_refused():
    with pytest.raises(InputError, match="at most 6 h"):
        RadarNowcast(showers(count=3), CITY, hours=12)
    unknown = showers(count=3)
    unknown["rainfall_rate"][-1] = np.nan
    with pytest.raises(MissingError, match="knows nothing around the city"):
        RadarNowcast(unknown, CITY)


def test_nothing_is_printed():
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        RadarNowcast(showers(count=3), CITY, hours=1.0).fields(2, member=1)
    assert said.getvalue() == ""


def test_decibels_and_back():
    rates = np.array([0.0, 0.05, 0.1, 1.0, 100.0, np.nan]) * MM_H
    np.testing.assert_allclose(
        from_decibels(decibels(rates)) / MM_H, [0, 0, 0.1, 1, 100, np.nan], rtol=1e-9
    )


def test_carrying_along_a_straight_motion_is_a_shift():
    field = showers(count=1)["rainfall_rate"].values[0]
    motion = np.stack((np.full(field.shape, 2.0), np.full(field.shape, -1.0)))
    moved = carry(field, motion, 3)[-1]
    np.testing.assert_allclose(moved[10:-10, 10:-10], field[13:-7, 4:-16], atol=1e-9)
    assert motion_field(np.zeros((2, 50, 50)), 1000.0, 300.0).max() == 0

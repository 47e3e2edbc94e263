"""The sun stands where almanacs put it."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from twin.heat.sun import solar_coordinates, solar_position, sun_at, sun_over_day


def test_declination_and_equation_of_time_of_meeus_are_met():
    """Meeus (1998), examples 25.a (-7 deg 47' 06\") and 28.b (13 min 42.7 s)."""
    declination, equation = solar_coordinates(datetime(1992, 10, 13))
    assert declination == pytest.approx(-(7 + 47 / 60 + 6 / 3600), abs=2e-4)
    assert equation == pytest.approx(13 + 42.7 / 60, abs=0.02)


def test_position_of_the_example_of_nrel_is_met():
    """Reda and Andreas (2004), appendix A.5: zenith 50.11162 with refraction, azimuth 194.34024."""
    azimuth, elevation = solar_position(datetime(2003, 10, 17, 19, 30, 30), -105.1786, 39.742476)
    refraction = 0.0166  # degrees, at 820 mbar and 11 degrees Celsius
    assert azimuth == pytest.approx(194.34024, abs=0.01)
    assert elevation + refraction == pytest.approx(90 - 50.11162, abs=0.01)


@pytest.mark.parametrize("zone", [UTC, None])
def test_aware_and_naive_times_are_utc(zone):
    when = datetime(2026, 6, 21, 4, tzinfo=zone)
    assert solar_position(when, 120.0, 23.0) == solar_position(
        datetime(2026, 6, 21, 4, tzinfo=UTC), 120.0, 23.0
    )


def test_the_sun_is_highest_at_noon_and_south_of_the_north():
    azimuth, elevation = sun_at(date(2026, 12, 21), 12.0, 4.3, 52.1)
    assert azimuth == pytest.approx(180, abs=2)
    assert elevation == pytest.approx(90 - 52.1 - 23.44, abs=0.2)


def test_a_day_at_the_equinox_has_twelve_hours_of_sun_everywhere():
    for latitude in (-60.0, 0.0, 45.0):
        hours, azimuth, elevation = sun_over_day(date(2026, 3, 20), 15.0, latitude, 10.0)
        assert len(hours) / 6 == pytest.approx(12, abs=0.4)
        assert azimuth.shape == elevation.shape == hours.shape
        assert elevation.min() > 0


def test_polar_night_has_no_sun():
    assert sun_over_day(date(2026, 12, 21), 20.0, 78.0)[0].size == 0


def test_the_sun_moves_without_a_jump_from_day_to_day():
    start = datetime(2026, 1, 1, 12)
    days = [solar_position(start + timedelta(days=n), 0.0, 40.0)[1] for n in range(366)]
    assert np.abs(np.diff(days)).max() < 0.5

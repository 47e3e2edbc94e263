"""A storm that still grows is told where rain ahead can only die away."""

import numpy as np
import pytest

from hydrology.rainfall.grid import covering_grid, rainfall_dataset
from hydrology.rainfall.growth import growth_notes, is_growing
from hydrology.rainfall.observed import ObservedRain
from hydrology.rainfall.sources import RainInputs, rain_ahead, rain_so_far
from tests.hydrology.moving_rain import CITY, MM_H, NOON, TEN
from tests.hydrology.test_rain_sources import (
    ISSUE,
    NAMES,
    numerical,
    radar,
    readings,
    stations,
)

RISING = (2, 4, 6, 9, 14, 20)
NOTE = "rain: the storm is still growing, rain ahead may be under-forecast"


@pytest.mark.parametrize(
    ("name", "rates", "expected"),
    [
        ("rising", RISING, True),
        ("just begun", (0, 0, 0, 0, 3, 9), True),
        ("falling", RISING[::-1], False),
        ("steady", (20, 19, 21, 20, 22, 20), False),
        ("none", (0, 0, 0, 0, 0, 0), False),
        ("drizzle that doubles", (0.2, 0.2, 0.2, 0.4, 0.4, 0.5), False),
        ("past its peak", (2, 4, 6, 20, 14, 9), False),
        ("a little more of much", (30, 31, 32, 36, 37, 38), False),
    ],
)
def test_only_rain_that_clearly_rises_is_growing(name, rates, expected):
    assert bool(is_growing(np.array(rates) * MM_H)) is expected, name


def observed(rates, methods=None):
    cover = covering_grid(CITY)
    fields = np.array(rates)[:, None, None] * np.full(cover.shape, MM_H)
    times = ISSUE + (np.arange(len(rates)) - len(rates)) * TEN
    methods = methods or ("kriging",) * len(rates)
    return ObservedRain(rainfall_dataset(times, fields, cover), ISSUE, (), tuple(methods))


def test_the_note_gives_both_half_hours():
    (note,) = growth_notes(observed((50, *RISING)))
    assert note == f"{NOTE} (4.0 mm/h, then 14.3 mm/h over the last half hour)"


@pytest.mark.parametrize("stand_in", ["held", "nowcast", "numerical forecast", ""])
def test_what_stands_in_for_readings_shows_no_trend(stand_in):
    methods = ["kriging"] * 6
    methods[4] = stand_in
    assert growth_notes(observed(RISING, methods)) == []


def test_less_than_an_hour_shows_no_trend():
    assert growth_notes(observed(RISING[1:])) == []


def gauge_readings(rates, missing=()):
    """Every gauge says the same over the last hour; nothing of the intervals that are missing."""
    given = readings(NAMES, value=1.0)
    index = ((given["phenomenon_time"].dt.tz_localize(None) - NOON) // TEN - 1).astype(int)
    series = np.concatenate((np.full(12 - len(rates), rates[0]), rates)) * MM_H
    given["value"] = series[index]
    return given[~index.isin(missing)]


def ahead_of(inputs):
    found = rain_so_far(inputs, CITY, issue_time=ISSUE, spinup_hours=2)
    return rain_ahead(inputs, found, CITY, issue_time=ISSUE, hours=1.0).degraded


def test_a_growing_storm_is_told_where_the_latest_rain_persists():
    notes = ahead_of(RainInputs(stations(), gauge_readings(RISING)))
    assert notes[0] == "rain: ahead, the latest rain persists and dies away"
    assert notes[1].startswith(NOTE)
    falling = ahead_of(RainInputs(stations(), gauge_readings(RISING[::-1])))
    assert falling == notes[:1]


def test_it_is_not_told_where_gauges_were_missing_in_the_last_hour():
    inputs = RainInputs(stations(), gauge_readings(RISING, missing=(8, 9)))
    assert not any(NOTE in note for note in ahead_of(inputs))


def test_it_is_not_told_where_another_source_knows_what_comes():
    given = gauge_readings(RISING)
    assert not any(NOTE in note for note in ahead_of(RainInputs(stations(), given, radar())))
    inputs = RainInputs(stations(), given, numerical=numerical())
    assert not any(NOTE in note for note in ahead_of(inputs))

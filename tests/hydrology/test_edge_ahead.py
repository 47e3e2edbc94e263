"""River and tide at the edge of a city, seen and ahead."""

import numpy as np
import pytest

from hydrology.forecast.edge_ahead import HELD, TIDE, edge_ahead

HOUR = 3600.0
PRINCIPAL_MOON, PRINCIPAL_SUN, MOON_AND_SUN = 12.4206 * HOUR, 12.0 * HOUR, 23.9345 * HOUR


def tide(seconds):
    """A tide of three constituents around 0.3 m."""
    return (
        0.3
        + 0.9 * np.cos(2 * np.pi * seconds / PRINCIPAL_MOON)
        + 0.25 * np.cos(2 * np.pi * seconds / PRINCIPAL_SUN + 1)
        + 0.2 * np.cos(2 * np.pi * seconds / MOON_AND_SUN + 2)
    )


def seen(hours, surge=0.0):
    """Times of a gauge every ten minutes, and what it saw with its noise."""
    seconds = np.arange(-hours * HOUR, 1, 600)
    noise = np.random.default_rng(1).normal(0, 0.01, seconds.size)
    return seconds, tide(seconds) + surge * np.exp(seconds / (8 * HOUR)) + noise


@pytest.mark.parametrize(("days", "bound"), [(3, 0.25), (16, 0.03)])
def test_a_tide_goes_on_through_its_turn(days, bound):
    known, values = seen(24 * days)
    ahead = edge_ahead(known, values, 12 * HOUR)
    later = ahead.seconds > 0
    wrong = ahead.values[later] - tide(ahead.seconds[later])
    assert ahead.method == TIDE
    assert ahead.seconds[-1] == 12 * HOUR
    assert np.sqrt(np.square(wrong).mean()) < bound


def test_a_surge_stays_upon_the_tide_and_fades():
    known, values = seen(72, surge=1.0)
    ahead = edge_ahead(known, values, 6 * HOUR)
    beyond = np.interp([600, 3 * HOUR, 6 * HOUR], ahead.seconds, ahead.values - tide(ahead.seconds))
    assert beyond[0] > 0.7
    assert (np.diff(beyond) < 0).all()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda known, values: (known[known > -30 * HOUR], values[known > -30 * HOUR]),
        lambda known, values: (
            (known[np.abs(known + 20 * HOUR) > 2 * HOUR],)
            + (values[np.abs(known + 20 * HOUR) > 2 * HOUR],)
        ),
        # a river that a storm has filled repeats nothing
        lambda known, values: (known, 2 + 3 * np.exp(-np.square((known + 3 * HOUR) / (3 * HOUR)))),
    ],
    ids=["too short", "a gap", "a flood"],
)
def test_what_is_no_tide_is_held(spoil):
    known, values = spoil(*seen(72))
    ahead = edge_ahead(known, values, 3 * HOUR)
    assert ahead.method == HELD
    assert set(ahead.values[ahead.seconds > 0]) == {np.median(values[-3:])}
    assert (ahead.values[ahead.seconds <= 0] == values).all()


def test_one_false_reading_is_not_held():
    ahead = edge_ahead([-1200, -600, 0], [1.0, 1.1, 40.0], HOUR)
    assert ahead.values[-1] == 1.1


def test_the_newest_of_hourly_readings_is_held():
    assert edge_ahead([-7200, -3600, 0], [1.0, 1.5, 2.0], HOUR).values[-1] == 2.0


def test_a_single_reading_is_held():
    ahead = edge_ahead([-300], [1.7], HOUR)
    assert ahead.seconds.tolist() == [-300, 600, HOUR]
    assert ahead.values.tolist() == [1.7, 1.7, 1.7]

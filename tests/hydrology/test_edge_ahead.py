"""River and tide at the edge of a city, seen and ahead."""

import numpy as np
import pytest

from hydrology.forecast.edge_ahead import HELD, TABLE, TIDE, edge_ahead, edge_foretold
from hydrology.forecast.tide_table import TideTable, tide_of

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


def waters(first, last, offset=0.0):
    """High and low waters of the tide between two times, as a service would publish them."""
    seconds = np.arange(first, last, 60.0)
    levels = tide(seconds)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(levels)))) + 1
    return TideTable(seconds[turns], levels[turns] + offset)


def test_a_table_of_high_and_low_waters_gives_the_tide_between_them():
    table = waters(-2 * 86_400, 2 * 86_400)
    at = np.arange(-86_400.0, 86_400.0, 600.0)
    assert np.abs(tide_of(table, at) - tide(at)).max() < 0.15
    np.testing.assert_allclose(tide_of(table, table.seconds), table.levels)


def test_a_table_says_nothing_beyond_its_waters_nor_where_one_is_missing():
    table = waters(-86_400, 86_400)
    gone = TideTable(np.delete(table.seconds, [3, 4, 5]), np.delete(table.levels, [3, 4, 5]))
    assert np.isnan(tide_of(table, [table.seconds[0] - 1, table.seconds[-1] + 1])).all()
    assert np.isnan(tide_of(gone, table.seconds[4]))
    assert np.isnan(tide_of(TideTable(np.empty(0), np.empty(0)), [0.0])).all()
    assert edge_foretold(table, 3 * 86_400) is None
    assert edge_foretold(table, 6 * HOUR).method == TABLE


@pytest.mark.parametrize("hours", [0.5, 5, 30])
def test_a_short_record_goes_on_as_the_table_says(hours):
    known, values = seen(hours, surge=0.4)
    table = waters(-5 * 86_400, 2 * 86_400, offset=-0.2)  # of another mean level
    ahead = edge_ahead(known, values, 12 * HOUR, table)
    later = ahead.seconds > 0
    truth = tide(ahead.seconds[later])
    assert ahead.method == TABLE
    assert abs(ahead.values[later][0] - ahead.values[~later][-1]) < 0.1
    wrong, if_held = ahead.values[later] - truth, values[-1] - truth
    assert np.square(wrong).mean() < 0.3 * np.square(if_held).mean()


def test_a_table_that_foretold_the_last_hours_worse_is_not_believed():
    known, values = seen(16 * 24)
    sea_elsewhere = waters(-5 * 86_400, 2 * 86_400)
    sea_elsewhere = TideTable(sea_elsewhere.seconds + 3 * HOUR, sea_elsewhere.levels)
    assert edge_ahead(known, values, 6 * HOUR, sea_elsewhere).method == TIDE
    river = np.full(known.size, 2.0)
    assert edge_ahead(known, river, 6 * HOUR, waters(-5 * 86_400, 2 * 86_400)).method == HELD


def test_a_table_that_ends_before_the_horizon_changes_nothing():
    known, values = seen(10)
    table = waters(-86_400, 4 * HOUR)
    with_table, without = (edge_ahead(known, values, 12 * HOUR, one) for one in (table, None))
    assert with_table.method == without.method
    np.testing.assert_array_equal(with_table.values, without.values)

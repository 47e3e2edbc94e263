"""The field goes through the gauges, stays between them, and says what it rests on."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrology.rainfall.gauges import (
    gauges_to_field,
    inverse_distance,
    krige,
    silent_gauges,
)
from hydrology.rainfall.observed import KnownGauges, observe_rain
from twin.errors import InputError, MissingError
from twin.grid import Grid

CITY = Grid(0.0, 5000.0, 5.0, 1000, 1000, "EPSG:3826")
NOON = np.datetime64("2026-05-01T12:00", "ns")
TEN = np.timedelta64(10, "m")
# at centres of cells of 250 m, so that the field can be read at the gauges
CELLS = [(2, 2), (2, 17), (17, 2), (17, 17), (10, 10), (5, 12)]
PLACES = np.array([(250 * column + 125.0, 5000 - 250 * row - 125.0) for row, column in CELLS])


def stations(count=6, crs="EPSG:3826"):
    points = gpd.points_from_xy(PLACES[:count, 0], PLACES[:count, 1], crs=crs)
    names = [f"R{number}" for number in range(count)]
    return gpd.GeoDataFrame({"station_id": names, "kind": "rain_gauge"}, geometry=points)


def readings(values, interval=0, flag=1):
    """Readings that end after the interval number `interval` from noon."""
    end = pd.Timestamp(NOON + (interval + 1) * TEN, tz="UTC")
    return pd.DataFrame(
        {
            "source_id": "sample",
            "station_id": [f"R{number}" for number in range(len(values))],
            "property": "rainfall_rate",
            "phenomenon_time": end,
            "received_time": end,
            "value": values,
            "flag": flag,
        }
    )


RATES = st.lists(st.floats(0, 5e-5), min_size=6, max_size=6)


@settings(max_examples=20, deadline=None)
@given(RATES)
def test_kriging_goes_through_the_gauges_and_is_never_negative(rates):
    field = gauges_to_field(stations(), readings(rates), CITY, [NOON]).rainfall
    found = field["rainfall_rate"].values[0]
    np.testing.assert_allclose([found[cell] for cell in CELLS], rates, atol=1e-9, rtol=1e-3)
    assert found.min() >= 0


@settings(max_examples=20, deadline=None)
@given(RATES)
def test_inverse_distance_stays_between_the_gauges(rates):
    rates = np.array(rates)
    field = inverse_distance(rates, PLACES, Grid(0.0, 5000.0, 250.0, 20, 20, CITY.crs))
    assert field.min() >= rates.min() * (1 - 1e-9) - 1e-15
    assert field.max() <= rates.max() * (1 + 1e-9) + 1e-15


def test_kriging_scales_with_the_rain():
    cover = Grid(0.0, 5000.0, 250.0, 20, 20, CITY.crs)
    rates = np.array([1.0, 2.0, 3.0, 4.0, 8.0, 1.5]) * 1e-6
    np.testing.assert_allclose(
        krige(10 * rates, PLACES, cover, 1e4), 10 * krige(rates, PLACES, cover, 1e4), rtol=1e-6
    )


def test_a_reading_counts_for_the_ten_minutes_before_it():
    both = pd.concat([readings([1e-6] * 6, 0), readings([2e-6] * 6, 1)])
    field = gauges_to_field(stations(), both, CITY, [NOON, NOON + TEN]).rainfall
    np.testing.assert_allclose(field["rainfall_rate"].mean(("y", "x")), [1e-6, 2e-6], rtol=1e-6)


def test_fewer_gauges_take_simpler_means():
    rates = [1e-6, 2e-6, 3e-6, np.nan, np.nan, np.nan]
    field = gauges_to_field(stations(), readings(rates), CITY, [NOON])
    assert field.methods == ("inverse distance",)
    assert field.used == ("R0", "R1", "R2")
    assert field.missing == ("R3", "R4", "R5")
    assert field.degraded[0] == "rain: 3 of 6 gauges silent (R3, R4, R5)"
    alone = gauges_to_field(stations(1), readings([4e-6]), CITY, [NOON])
    assert alone.methods == ("nearest",)
    np.testing.assert_allclose(alone.rainfall["rainfall_rate"], 4e-6)


@pytest.mark.parametrize("flag", [3, 4, 9])
def test_flagged_values_are_never_used(flag):
    bad = readings([9e-5] * 6, flag=flag)
    with pytest.raises(MissingError, match="none of 6 rain gauges reported"):
        gauges_to_field(stations(), bad, CITY, [NOON])
    good = readings([1e-6] * 3).iloc[1:]
    field = gauges_to_field(stations(), pd.concat([bad, good]), CITY, [NOON]).rainfall
    np.testing.assert_allclose(field["rainfall_rate"], 1e-6, rtol=1e-6)


def test_dry_gauges_give_zero_and_silent_ones_do_not():
    dry = gauges_to_field(stations(), readings([0.0] * 6), CITY, [NOON])
    assert float(dry.rainfall["rainfall_rate"].max()) == 0
    assert dry.degraded == ()
    with pytest.raises(MissingError, match="silence is not taken for zero rain"):
        gauges_to_field(stations(), readings([np.nan] * 6), CITY, [NOON])


def test_a_short_silence_holds_the_field_and_says_so():
    times = NOON + np.arange(3) * TEN
    field = gauges_to_field(stations(), readings([1e-6] * 6), CITY, times)
    assert field.methods[1:] == ("held", "held")
    assert "held over 2 of 3 intervals" in field.degraded[-1]
    np.testing.assert_allclose(field.rainfall["rainfall_rate"], 1e-6, rtol=1e-6)


def test_a_long_silence_is_an_error():
    times = NOON + np.arange(12) * TEN
    with pytest.raises(MissingError, match="no rain gauge reported for more than 60 minutes"):
        gauges_to_field(stations(), readings([1e-6] * 6), CITY, times)


def test_two_gauges_at_one_place_do_not_break_kriging():
    double = stations()
    double.loc[5, "geometry"] = double.geometry[4]
    field = gauges_to_field(double, readings([1e-6, 2e-6, 3e-6, 4e-6, 5e-6, 7e-6]), CITY, [NOON])
    assert field.rainfall["rainfall_rate"].values[0, 10, 10] == pytest.approx(6e-6, rel=1e-3)


def test_stations_in_another_reference_system_are_refused():
    with pytest.raises(InputError, match="expected EPSG:3826"):
        gauges_to_field(stations(crs="EPSG:4326"), readings([1e-6] * 6), CITY, [NOON])


def storm(lost, died_at=6, intervals=12):
    """Two hours of six gauges, some of which end in the middle."""
    rows = []
    for interval in range(intervals):
        rates = np.full(6, 1e-6)
        rates[lost if interval >= died_at else []] = np.nan
        rows.append(readings(rates, interval))
    return pd.concat(rows, ignore_index=True)


def degraded_of(given, issue=NOON + 12 * TEN):
    """What a forecast from gauges alone says, and one that has radar beside them."""
    alone = observe_rain(stations(), given, CITY, issue_time=issue, spinup_hours=2).degraded
    beside = KnownGauges.at(stations(), given, CITY, issue)
    return alone, beside.notes(issue - np.arange(12, 0, -1) * TEN, issue)


@pytest.mark.parametrize(
    ("lost", "names"),
    [
        ([3], "R3 since 2026-05-01T13:00Z"),
        ([0, 2, 3, 5], "R0, R2, R3, R5 since 2026-05-01T13:00Z"),
        ([0, 1, 2, 3, 4], "R0, R1, R2, R3, R4 since 2026-05-01T13:00Z"),
    ],
    ids=["one", "most", "all but one"],
)
def test_gauges_that_fall_silent_in_mid_storm_are_named_with_their_time(lost, names):
    """R-02: 60 minutes before the newest reading; fewer, too, than half of them."""
    for notes in degraded_of(storm(lost)):
        assert notes[0] == f"rain: {len(lost)} of 6 gauges silent for 60 minutes ({names})"


@pytest.mark.parametrize("died_at", [8, 9])
def test_a_silence_shorter_than_an_hour_is_named_too(died_at):
    """Then the newest rain that half of them reported is that of the silent ones."""
    since, minutes = 40 - 10 * (10 - died_at), 10 * (12 - died_at)
    for notes in degraded_of(storm([1, 2, 3, 4], died_at)):
        assert notes[0] == (
            f"rain: 4 of 6 gauges silent for {minutes} minutes (R1, R2, R3, R4 since "
            f"2026-05-01T13:{since}Z)"
        )


def test_one_interval_that_is_still_to_come_is_no_silence():
    for notes in degraded_of(storm([1, 2], died_at=11)):
        assert not any("silent" in note for note in notes)


def test_gauges_that_fell_silent_one_after_the_other_have_their_own_times():
    given = storm([1])
    after = pd.Timestamp(NOON + 9 * TEN, tz="UTC")
    given = given[(given["station_id"] != "R4") | (given["phenomenon_time"] <= after)]
    given = given[given["station_id"] != "R5"]
    for notes in degraded_of(given):
        assert notes[0] == (
            "rain: 3 of 6 gauges silent (R5; R1 since 2026-05-01T13:00Z; "
            "R4 since 2026-05-01T13:30Z)"
        )


def test_many_silent_gauges_are_counted_and_a_few_are_named():
    names = [f"G{number}" for number in range(40)]
    last = np.full(40, NOON)
    last[30:] += 6 * TEN
    is_silent = np.zeros((12, 40), bool)
    assert silent_gauges(names, is_silent, last) == [
        "rain: 30 of 40 gauges silent for 60 minutes "
        "(G0, G1, G2, G3, G4 since 2026-05-01T12:00Z and 25 more)"
    ]

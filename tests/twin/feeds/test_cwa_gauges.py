"""Gauges of the weather service: their words, their shapes, and what is not known."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.feeds.cwa_gauges import ADAPTER, SPEC

RECEIVED = pd.Timestamp("2025-11-11T10:55Z")
OLD = {"CoordinateName": "TWD67", "StationLongitude": "120.420331", "StationLatitude": "23.553497"}
NEW = {"CoordinateName": "WGS84", "StationLongitude": "120.428444", "StationLatitude": "23.551742"}


def station(precipitation, coordinates=None, key="Past10Min"):
    return {
        "StationId": "C0X",
        "StationName": "Test",
        "ObsTime": {"DateTime": "2025-11-11T18:50:00+08:00"},
        "GeoInfo": {"CountyName": "A", "TownName": "B", "Coordinates": coordinates},
        "RainfallElement": {key: {"Precipitation": precipitation}},
    }


def read(*stations, holder="records"):
    content = {"Station": list(stations)}
    content = {"records": content} if holder == "records" else {holder: {"dataset": content}}
    return ADAPTER.read(json.dumps(content).encode(), RECEIVED)


@pytest.mark.parametrize(
    ("sent", "value", "flag"),
    [
        ("-98", 0.0, 1),
        (-98.0, 0.0, 1),
        ("-998.00", 0.0, 1),
        ("T", 0.0, 1),
        ("X", np.nan, 4),
        (None, np.nan, 9),
        ("", np.nan, 9),
        ("-99", np.nan, 9),
        (-99.0, np.nan, 9),
        ("-990", np.nan, 9),
        ("-999", np.nan, 9),
        ("-", np.nan, 9),
        ("-9991", np.nan, 4),
        ("-9996", np.nan, 9),
        ("-9997", np.nan, 9),
        ("-9998", 0.0, 1),
        ("-9999", np.nan, 2),
        (0, 0.0, 1),
        ("12.0", 12e-3 / 600, 1),
        (12.0, 12e-3 / 600, 1),
        (-1.0, -1e-3 / 600, 4),
    ],
)
def test_the_words_of_the_weather_service_are_understood(sent, value, flag):
    """D-01."""
    frame = read(station(sent)).readings
    np.testing.assert_allclose(frame["value"], [value])
    assert frame["flag"].tolist() == [flag]


@given(st.sampled_from(sorted(SPEC.sentinels)), st.sampled_from(["{:.0f}", "{:.1f}", " {:.2f} "]))
def test_no_sentinel_ever_becomes_a_value(sentinel, form):
    """D-01: however it is written, in every element."""
    elements = {name: {"Precipitation": form.format(sentinel)} for name in ("Now", "Past1hr")}
    whole = station(form.format(sentinel))
    whole["RainfallElement"] |= elements
    values = read(whole).readings["value"]
    assert len(values) == 3
    assert not (values < 0).any()
    assert (values.isna() | (values == 0)).all()


def test_six_dry_hours_say_nothing_of_the_day_before_them():
    """D-01: -98 in `Now` would lose what fell in the morning."""
    frame = read(station("-98", key="Now")).readings.set_index("property")
    assert frame["flag"]["rainfall_day"] == 9


def test_names_and_types_may_vary():
    """D-03: case of the names, texts or numbers, one or several coordinates in any order."""
    expected = read(station("1.5", [OLD, NEW])).readings
    for key, value in (("past10min", 1.5), ("Past10min", "1.50"), ("PAST10MIN", 1.5)):
        for coordinates in (NEW, [NEW], [NEW, OLD]):
            parsed = read(station(value, coordinates, key=key))
            assert parsed.counts["drift"] == []
            assert parsed.stations.geometry[0].coords[0] == (120.428444, 23.551742)
            pd.testing.assert_series_equal(parsed.readings["value"], expected["value"])


@pytest.mark.parametrize("change", [str.lower, str.upper, str.capitalize])
def test_no_name_of_an_answer_depends_on_its_case(change):
    """D-03: the weather service writes `records` in one answer and `Records` in another."""

    def renamed(part):
        if isinstance(part, list):
            return [renamed(one) for one in part]
        if not isinstance(part, dict):
            return part
        return {change(name): renamed(value) for name, value in part.items()}

    whole = {"records": {"Station": [station("1.5", [OLD, NEW])]}}
    expected, found = (
        ADAPTER.read(json.dumps(content).encode(), RECEIVED) for content in (whole, renamed(whole))
    )
    pd.testing.assert_frame_equal(found.readings, expected.readings)
    assert found.stations.equals(expected.stations)


def test_unknown_elements_are_reported_and_the_others_kept():
    """D-03."""
    counts = read(station("1.0"), station("1.0", key="Past7Min")).counts
    assert counts["drift"] == ["Past7Min"]
    assert (counts["read"], counts["kept"]) == (2, 2)


def test_an_answer_of_another_number_is_drift_and_no_gauge_without_a_value():
    """D-03: O-A0001 has its rain elsewhere."""
    other = station("1.0")
    del other["RainfallElement"]
    other["WeatherElement"] = {"Now": {"Precipitation": "1.0"}}
    result = read(station("1.0"), other)
    assert (result.counts["kept"], result.counts["rejected"]) == (1, 1)
    assert result.counts["drift"] == ["no RainfallElement", "WeatherElement"]
    assert "no RainfallElement" in result.counts["samples"]["unknown property"]


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_position_gives_way_to_the_old_datum(nothing):
    """D-06."""
    empty = NEW | {"StationLongitude": nothing, "StationLatitude": nothing}
    longitude, latitude = read(station("0", [empty, OLD])).stations.geometry[0].coords[0]
    assert abs(longitude - 120.428444) < 5e-5
    assert abs(latitude - 23.551742) < 5e-5


def test_a_position_in_the_old_datum_is_shifted_and_an_unnamed_one_of_two_is_not_guessed():
    """D-06."""
    longitude, latitude = read(station("0", OLD)).stations.geometry[0].coords[0]
    assert abs(longitude - 120.428444) < 5e-5
    assert abs(latitude - 23.551742) < 5e-5
    unnamed = {name: value for name, value in OLD.items() if name != "CoordinateName"}
    assert read(station("0", [unnamed, unnamed])).stations.empty


def test_the_shapes_of_all_interfaces_give_the_same():
    """D-03: datastore, file interface in JSON and XML, a list of one as an object."""
    expected = read(station("1.5", NEW)).readings
    xml = (
        '<?xml version="1.0"?><cwaopendata xmlns="urn:cwa:gov:tw:cwacommon:0.1"><dataset>'
        "<Station><StationName>T</StationName><StationId>C0X</StationId>"
        "<ObsTime><DateTime>2025-11-11T18:50:00+08:00</DateTime></ObsTime><RainfallElement>"
        "<Past10Min><Precipitation>1.5</Precipitation></Past10Min></RainfallElement></Station>"
        "</dataset></cwaopendata>"
    )
    one = json.dumps({"records": {"Station": station(1.5)}})
    for frame in (
        read(station("1.5"), holder="cwaopendata").readings,
        ADAPTER.read(xml.encode(), RECEIVED).readings,
        ADAPTER.read(one.encode(), RECEIVED).readings,
    ):
        pd.testing.assert_frame_equal(
            frame.drop(columns="raw_value"), expected.drop(columns="raw_value")
        )


def test_the_shape_of_before_2024_is_read():
    place = {
        "lat": "23.553497",
        "lon": "120.420331",
        "locationName": "A",
        "stationId": "C0M760",
        "time": {"obsTime": "2022-11-11T18:50:00+08:00"},
        "weatherElement": [
            {"elementName": "ELEV", "elementValue": {"value": "20.0"}},
            {"elementName": "MIN_10", "elementValue": {"value": "1.50"}},
            {"elementName": "RAIN", "elementValue": {"value": "-998.00"}},
            {"elementName": "HOUR_24", "elementValue": "-998.00"},
        ],
        "parameter": [{"parameterName": "CITY", "parameterValue": "B"}],
    }
    parsed = ADAPTER.read(json.dumps({"cwbopendata": {"location": [place]}}).encode(), RECEIVED)
    frame = parsed.readings.set_index("property")["value"]
    np.testing.assert_allclose(frame["rainfall_rate"], 1.5e-3 / 600)
    assert frame["rainfall_1h"] == 0
    assert parsed.counts["drift"] == []
    assert abs(parsed.stations.geometry[0].x - 120.428444) < 5e-5


def test_no_station_is_empty_and_no_list_of_them_is_an_error():
    """D-12."""
    assert read().outcome == "empty"
    with pytest.raises(InputError, match="has no stations"):
        ADAPTER.read(b'{"records": {}}', RECEIVED)


def test_the_typhoon_is_read(shared_data):
    file = shared_data / "taiwan" / "cwa_o_a0002_001_20251111T1850.json"
    parsed = ADAPTER.read(file.read_bytes(), RECEIVED)
    frame = parsed.readings[parsed.readings["property"] == "rainfall_rate"]
    assert (len(frame), parsed.counts["rejected"], parsed.counts["drift"]) == (1256, 0, [])
    assert frame["phenomenon_time"].unique().tolist() == [pd.Timestamp("2025-11-11T10:50Z")]
    assert len(parsed.stations) == 1256
    hour = parsed.readings[parsed.readings["property"] == "rainfall_1h"]
    assert hour["value"].max() == pytest.approx(0.1305)

"""Weather stations: one element of rain among many of weather."""

import json

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.cwa_gauges import ADAPTER as GAUGES
from twin.feeds.cwa_weather import HOURLY, TEN_MINUTES

RECEIVED = pd.Timestamp("2026-07-12T04:00Z")
COORDINATES = [
    {"CoordinateName": "TWD67", "StationLatitude": 22.106108, "StationLongitude": 120.88986},
    {"CoordinateName": "WGS84", "StationLatitude": 22.1043, "StationLongitude": 120.89788},
]


def station(precipitation, **elements):
    return {
        "StationName": "鼻頭",
        "StationId": "C0R860",
        "ObsTime": {"DateTime": "2026-07-12T11:50:00+08:00"},
        "GeoInfo": {"Coordinates": COORDINATES, "CountyName": "屏東縣", "TownName": "滿州鄉"},
        "WeatherElement": {
            "Weather": "陰",
            "Now": {"Precipitation": precipitation},
            "WindDirection": 17,
            "WindSpeed": 9.8,
            "AirTemperature": -99,
            "GustInfo": {"PeakGustSpeed": -99, "Occurred_at": {"DateTime": "-99"}},
            "DailyExtreme": {"DailyHigh": {"TemperatureInfo": {"AirTemperature": 22.4}}},
            **elements,
        },
    }


def read(*stations, adapter=TEN_MINUTES):
    content = {"success": "true", "records": {"Station": list(stations)}}
    return adapter.read(json.dumps(content).encode(), RECEIVED)


@pytest.mark.parametrize("adapter", [TEN_MINUTES, HOURLY])
def test_rain_since_midnight_is_read_and_the_weather_left_aside(adapter):
    result = read(station("12.5"), adapter=adapter)
    (row,) = result.readings.to_dict("records")
    assert (row["source_id"], row["station_id"]) == (adapter.spec.name, "C0R860")
    assert (row["property"], row["value"], row["flag"]) == ("rainfall_day", 0.0125, 1)
    assert row["phenomenon_time"] == pd.Timestamp("2026-07-12T03:50Z")
    (place,) = result.stations.to_dict("records")
    assert (place["property"], place["district"]) == ("rainfall_day", "屏東縣滿州鄉")
    assert place["geometry"].coords[0] == (120.89788, 22.1043)
    assert result.counts["drift"] == []


@pytest.mark.parametrize(
    ("sent", "value", "flag"),
    [
        (0, 0.0, 1),
        ("0.0", 0.0, 1),
        ("T", 0.0, 1),
        ("X", np.nan, 4),
        ("-99", np.nan, 9),
        (-99.0, np.nan, 9),
        ("-990", np.nan, 9),
        ("-98", np.nan, 9),  # six dry hours say nothing of the day before them
        (None, np.nan, 9),
        ("", np.nan, 9),
    ],
)
def test_the_words_are_those_of_the_gauges(sent, value, flag):
    """D-01."""
    frame = read(station(sent)).readings
    np.testing.assert_array_equal(frame["value"], [value])
    assert frame["flag"].tolist() == [flag]


def test_a_station_without_rain_is_seen_and_missing():
    dry = station("1.0")
    del dry["WeatherElement"]["Now"]
    assert read(dry).readings["flag"].tolist() == [9]


def test_a_new_element_is_drift_and_rain_of_ten_minutes_is_left_to_the_gauges():
    result = read(station("1.0", Past10Min={"Precipitation": "0.5"}, SoilMoisture="3"))
    assert result.counts["drift"] == ["SoilMoisture"]
    assert result.readings["property"].tolist() == ["rainfall_day"]


def test_an_answer_of_the_gauges_is_no_answer_of_the_stations_and_the_other_way():
    gauge = station("1.0")
    gauge["RainfallElement"] = gauge.pop("WeatherElement")
    for adapter, one in ((TEN_MINUTES, gauge), (GAUGES, station("1.0"))):
        result = read(one, adapter=adapter)
        assert result.readings.empty
        assert result.counts["reasons"] == {"unknown property": 1}


def test_the_shape_of_before_2024_is_read():
    place = {
        "stationId": "466920",
        "locationName": "臺北",
        "lat": "25.0",
        "lon": "121.5",
        "time": {"obsTime": "2022-11-11 18:50:00"},
        "weatherElement": [
            {"elementName": "TEMP", "elementValue": "21.5"},
            {"elementName": "24R", "elementValue": "3.50"},
        ],
    }
    result = TEN_MINUTES.read(json.dumps({"records": {"location": [place]}}).encode(), RECEIVED)
    assert result.readings["value"].tolist() == [0.0035]
    assert result.counts["drift"] == []


def test_another_answer_names_the_product_that_was_expected():
    with pytest.raises(InputError, match="is it an answer of O-A0001-001"):
        HOURLY.read(b'{"records": {}}', RECEIVED)

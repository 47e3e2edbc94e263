"""Flood sensors in all the shapes of the flood information service."""

import json

import numpy as np
import pandas as pd
import pytest

from twin.feeds.fhy import FLOOD, FLOW, RAIN, WATER

RECEIVED = pd.Timestamp("2026-06-28T10:00Z")
SENSOR = {
    "stationID": "a",
    "stationName": "Road",
    "address": "Town",
    "sensorType": "壓力式",
    "unitOfMeasurement": "cm",
    "result": 12.5,
    "phenomenonTime": "2026-06-28T17:40:00+08:00",
    "transferTime": "2026-06-28T17:41:00+08:00",
    "toBeConfirm": False,
    "isCulvert": False,
    "cityCode": "10018",
    "townCode": "1001801",
    "dataSource": "x",
}
LIVE = {
    "SensorUUID": "a",
    "Depth": 12.5,
    "SourceTime": "/Date(1782639600000)/",
    "TransferTime": "/Date(1782639660000)/",
    "ToBeConfirm": False,
}
PLACE = {
    "SensorUUID": "a",
    "Supplier": "x",
    "CityCode": "10018",
    "SensorName": "Road",
    "Address": "Town",
    "Point": {"Latitude": 24.1, "Longitude": 120.5},
    "SensorType": "壓力式",
}


def read(content, adapter=FLOOD):
    return adapter.read(json.dumps(content).encode(), RECEIVED)


@pytest.mark.parametrize(
    "content",
    [
        [SENSOR],
        {"d": {"Data": [LIVE]}},
        {"d": json.dumps({"Data": [LIVE]})},
        {"Data": [LIVE]},
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": SENSOR | {"authority": "Operator-4"},
                    "geometry": {"type": "Point", "coordinates": [120.5, 24.1]},
                }
            ],
        },
    ],
)
def test_a_depth_is_the_same_in_every_shape(content):
    """D-07: one says /Date(ms)/, the other an offset."""
    parsed = read(content)
    (row,) = parsed.readings.to_dict("records")
    assert (row["station_id"], row["value"], row["flag"]) == ("a", 0.125, 1)
    assert row["phenomenon_time"] == pd.Timestamp("2026-06-28T09:40Z")
    assert parsed.counts["drift"] == []


@pytest.mark.parametrize(("unit", "value"), [("公分", 0.125), ("CM", 0.125), ("公尺", 12.5)])
def test_units_in_chinese_and_capitals_are_known(unit, value):
    """D-09."""
    frame = read([SENSOR | {"unitOfMeasurement": unit}]).readings
    assert frame["value"].tolist() == [value]


def test_a_reading_that_is_not_sent_is_missing_and_not_overlooked():
    silent = {name: sent for name, sent in LIVE.items() if name != "Depth"}
    (row,) = read([silent]).readings.to_dict("records")
    assert (row["property"], row["flag"]) == ("water_depth", 9)
    assert read([PLACE]).readings.empty  # a place has no time


def test_stations_have_their_place():
    parsed = read({"d": {"Data": [PLACE]}})
    assert parsed.readings.empty
    (station,) = parsed.stations.to_dict("records")
    assert (station["name"], station["kind"]) == ("Road", "flood_sensor")
    assert station["geometry"].coords[0] == (120.5, 24.1)


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"Depth": 0}, 1),
        ({"Depth": 3}, 1),
        ({"Depth": 0.012}, 3),
        ({"ToBeConfirm": True}, 2),
        ({"Depth": None}, 9),
        ({"Depth": -999}, 9),
        ({"Depth": -999, "ToBeConfirm": True}, 9),
        ({"Depth": 5000}, 4),
    ],
)
def test_what_is_doubtful_is_flagged(changes, flag):
    """D-09."""
    assert read({"d": {"Data": [LIVE | changes]}}).readings["flag"].tolist() == [flag]


def test_a_reading_without_a_time_is_rejected_and_never_now():
    """D-07."""
    parsed = read({"d": {"Data": [LIVE | {"SourceTime": None}]}})
    assert parsed.readings.empty
    assert parsed.counts["reasons"] == {"unreadable time": 1}


def test_levels_and_rain_have_naive_local_times():
    """D-07."""
    level = {"StationNo": "1", "Time": "2026-06-28T17:40:00", "WaterLevel": 1.5, "TownCode": "1"}
    rain = {"StationNo": "1", "Time": "2026-06-28T17:40:00", "M10": 6, "H1": 12.0}
    assert read([level], WATER).readings["value"].tolist() == [1.5]
    frame = read([rain], RAIN).readings
    assert frame["property"].tolist() == ["rainfall_rate", "rainfall_1h"]
    assert frame["value"].tolist() == pytest.approx([6e-3 / 600, 12e-3])
    assert frame["phenomenon_time"].unique().tolist() == [pd.Timestamp("2026-06-28T09:40Z")]


@pytest.mark.parametrize("name", ["Discharge", "discharge", "Flow"])
@pytest.mark.parametrize(
    ("sent", "value", "flag"),
    [("35.2", 35.2, 1), (0, 0.0, 1), (None, np.nan, 9), ("-", np.nan, 9), (-9999, np.nan, 9)]
    + [(-998.0, np.nan, 9), (-3.0, -3.0, 4)],
)
def test_a_flow_is_in_cubic_metres_a_second(name, sent, value, flag):
    flow = {"StationNo": "1140H048", "Time": "2026-06-28T17:40:00", name: sent}
    result = read([flow], FLOW)
    (row,) = result.readings.to_dict("records")
    assert (row["source_id"], row["property"], row["flag"]) == ("fhy_flow", "discharge", flag)
    np.testing.assert_equal(row["value"], value)
    assert row["phenomenon_time"] == pd.Timestamp("2026-06-28T09:40Z")
    assert result.counts["drift"] == []


def test_what_is_not_known_is_reported_and_the_rest_read():
    parsed = read([SENSOR | {"mood": "good"}])
    assert parsed.counts["drift"] == ["mood"]
    assert len(parsed.readings) == 1

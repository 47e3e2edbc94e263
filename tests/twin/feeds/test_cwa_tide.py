"""Tide levels: every hour of two days, in metres, with the places of their own list."""

import json

import pandas as pd
import pytest

from twin.errors import InputError, MissingError
from twin.feeds.cwa_tide import ADAPTER, SPEC, STATIONS, read

RECEIVED = pd.Timestamp("2026-06-29T15:10Z")
PLACE = {
    "StationID": "C4B01",
    "StationName": "基隆潮位站",
    "StationLongitude": "121.7514",
    "StationLatitude": "25.1553",
    "County": {"CountyName": "基隆市"},
    "Town": {"TownName": "中正區"},
}


def hour(time, height):
    elements = {"TideHeight": height, "TideLevel": "漲潮", "SeaTemperature": "24.0"}
    return {"DateTime": f"2026-06-29T{time}:00+08:00", "WeatherElements": elements}


def levels(*hours, station="C4B01"):
    return {
        "Station": {"StationID": station},
        "StationObsTimes": {"StationObsTime": list(hours)},
    }


def answer(*places, names=("Records", "SeaSurfaceObs", "Location")):
    content = list(places)
    for name in reversed(names):
        content = {name: content}
    return json.dumps({"Success": "true", **content}).encode()


def listed(*stations):
    names = ("cwaopendata", "Resources", "Resource", "Data", "SeaSurfaceObs", "Location")
    return answer(*({"Station": station} for station in stations), names=names)


def gathered(readings, stations):
    def get(address):
        return readings if address == "" else stations

    return ADAPTER.gather(get)


def test_every_hour_is_a_level_in_metres():
    result = read(answer(levels(hour("22:00", "-0.35"), hour("23:00", "2.16"))), RECEIVED)
    rows = result.readings
    assert rows["value"].tolist() == [-0.35, 2.16]
    assert set(rows["property"]) == {"water_level"}
    assert rows["phenomenon_time"].tolist() == [
        pd.Timestamp("2026-06-29T14:00Z"),
        pd.Timestamp("2026-06-29T15:00Z"),
    ]


def test_levels_and_places_come_together():
    content = gathered(answer(levels(hour("23:00", "2.16"))), listed(PLACE))
    result = read(content, RECEIVED)
    (station,) = result.stations.to_dict("records")
    assert (station["station_id"], station["kind"]) == ("C4B01", "tide_gauge")
    assert (station["name"], station["district"]) == ("基隆潮位站", "基隆市中正區")
    assert station["geometry"].coords[0] == (121.7514, 25.1553)
    assert result.readings["station_id"].tolist() == ["C4B01"]


def test_both_addresses_take_the_key():
    asked = []

    def get(address):
        asked.append(address)
        if address:
            raise MissingError("busy")
        return answer(levels(hour("23:00", "2.16")))

    assert len(read(ADAPTER.gather(get), RECEIVED).readings) == 1
    assert asked == ["", STATIONS]
    assert all("{key}" in address for address in (SPEC.url, STATIONS))


@pytest.mark.parametrize("sent", ["None", None, "-", "", "-99"])
def test_a_missing_hour_is_missing_and_a_buoy_has_no_tide(sent):
    gauge = levels(hour("22:00", sent), hour("23:00", "0.0"))
    buoy = levels(hour("23:00", "None"), station="C6W08")
    result = read(answer(gauge, buoy), RECEIVED)
    assert result.readings["flag"].tolist() == [9, 1]
    assert result.readings["value"].tolist()[1] == 0.0
    assert result.counts["without tide"] == 1


def test_one_hour_and_one_station_need_no_list():
    single = levels() | {"StationObsTimes": {"StationObsTime": hour("23:00", "2.16")}}
    names = ("records", "SeaSurfaceObs", "Location")
    content = json.loads(answer(single, names=names))
    content["records"]["SeaSurfaceObs"]["Location"] = single
    assert read(json.dumps(content).encode(), RECEIVED).readings["value"].tolist() == [2.16]


def test_the_list_of_stations_alone_has_places_only():
    result = read(listed(PLACE, {"StationID": "C6W08"}), RECEIVED)
    assert result.readings.empty
    assert result.stations["station_id"].tolist() == ["C4B01"]


@pytest.mark.parametrize(
    "content", [b'{"Success":"false"}', b'{"Records":{}}', b"[]", b"<html>busy</html>"]
)
def test_another_answer_is_one_line(content):
    with pytest.raises(InputError):
        read(content, RECEIVED)

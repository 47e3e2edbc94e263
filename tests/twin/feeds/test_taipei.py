"""Taipei: ids with and without zeros, numbers as texts, states in words."""

import json

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError, MissingError
from twin.feeds import taipei

RECEIVED = pd.Timestamp("2026-06-27T04:00Z")
RIVERS = "\ufeff站碼,站名,流域,行政區,X座標,Y座標\n1,承德橋,基隆河,士林,121.521013,25.078129\n"
SEWERS = "\ufeff設施編號,站名,行政區,經度,緯度\nU0006,大湖1,內湖區,121.5985629,25.08865652\n"


def river(**changes):
    fields = {
        "stationNo": "001",
        "stationName": "承德橋",
        "recTime": "202606271150",
        "levelOut": 1.24,
    }
    return fields | changes


def answer(*records):
    return json.dumps({"count": len(records), "data": list(records)}).encode()


def pump(**changes):
    fields = {
        "stn_id": "110",
        "stn_name": "建國",
        "lon": 121.5289,
        "lat": 25.07241,
        "pumb_num": 6,
        "door_num": 4,
        "obs_time": "2026-06-27 11:50:00",
        "inner_value": "0.64",
        "outer_value": "1.6",
        "pumb_status": "停止",
        "door_status": "閘門關閉",
        "max_allowable_water_level": 1.06,
    }
    return taipei.PUMPS.read(json.dumps([fields | changes]).encode(), RECEIVED)


def values(result):
    rows = result.readings
    keys = zip(rows["station_id"], rows["property"], strict=True)
    return dict(zip(keys, rows["value"], strict=True))


def test_compact_times_are_local():
    """D-07"""
    result = taipei.RIVER.read(answer(river(), river(recTime="202310271040")), RECEIVED)
    assert list(result.readings["phenomenon_time"]) == [
        pd.Timestamp("2026-06-27T03:50Z"),
        pd.Timestamp("2023-10-27T02:40Z"),  # as old as it is: never now
    ]


def test_an_id_with_zeros_and_one_without_are_one_station():
    answers = {"": answer(river(stationNo="001")), taipei_list("RIVER"): RIVERS.encode()}
    result = taipei.RIVER.read(taipei.RIVER.gather(answers.__getitem__), RECEIVED)
    assert list(result.readings["station_id"]) == list(result.stations["station_id"]) == ["001"]
    assert result.stations.geometry.x[0] == pytest.approx(121.521013)


def taipei_list(name):
    """The address at which an adapter looks for its stations."""
    asked = []

    def get(address):
        asked.append(address)
        return b"[]"

    getattr(taipei, name).gather(get)
    return asked[1]


def test_readings_come_without_the_list_of_stations():
    def get(address):
        if address:
            raise MissingError("the list does not answer")
        return answer(river())

    assert taipei.RIVER.read(taipei.RIVER.gather(get), RECEIVED).counts["kept"] == 1


def test_the_list_of_stations_alone_is_no_fault():
    result = taipei.SEWER.read(SEWERS.encode(), RECEIVED)
    assert list(result.stations["district"]) == ["內湖區"]
    assert result.readings.empty


def test_a_pump_station_has_two_levels_and_two_states():
    result = pump()
    assert values(result) == {
        ("110/inner", "water_level"): 0.64,
        ("110/outer", "water_level"): 1.6,
        ("110", "pump_state"): 0.0,
        ("110", "gate_state"): 0.0,
    }
    levels = dict(zip(result.stations["station_id"], result.stations["alert_levels"], strict=True))
    assert levels["110/inner"] == (1.06,)
    assert levels["110/outer"] == ()


@pytest.mark.parametrize(
    ("word", "value", "flag"),
    [
        *(("停止", 0.0, 1), ("未啟動", 0.0, 1), ("啟動中", 1.0, 1), ("運轉", 1.0, 1)),
        *(("故障", np.nan, 4), ("斷線", np.nan, 9), (None, np.nan, 9)),
    ],
)
def test_the_state_of_a_pump_is_said_in_words(word, value, flag):
    rows = pump(pumb_status=word).readings
    [row] = rows[rows["property"] == "pump_state"].to_dict("records")
    np.testing.assert_equal((row["value"], row["flag"]), (value, flag))


def test_a_word_that_is_not_known_is_rejected_and_counted():
    result = pump(pumb_status="唱歌", inner_value="停止")
    assert result.counts["reasons"] == {"unreadable value": 2}
    assert ("110", "pump_state") not in values(result)
    assert ("110/inner", "water_level") not in values(result)


@pytest.mark.parametrize(
    ("switches", "state"),
    [
        ({"fo": "1", "fc": "0", "flt": "0"}, 1.0),
        ({"fo": "0", "fc": "1", "flt": "0"}, 0.0),
        ({"fo": "0", "fc": "0", "flt": "0"}, 0.5),
        ({"fo": "1", "fc": "1", "flt": "0"}, np.nan),
        ({"fo": "0", "fc": "1", "flt": "1"}, np.nan),
    ],
)
def test_a_floodgate_is_known_by_its_switches(switches, state):
    gate = {"stationNo": "A001", "recTime": "202606271150", "name": "門", "lng": 121.5, "lat": 25.0}
    result = taipei.GATES.read(answer(gate | switches), RECEIVED)
    np.testing.assert_equal(values(result), {("A001", "gate_state"): state})


@pytest.mark.parametrize(
    "switches", [{}, {"fo": None, "fc": None}, {"fo": "-99", "fc": "-99"}, {"fo": "0", "fc": ""}]
)
def test_a_floodgate_whose_switches_say_nothing_is_not_half_open(switches):
    gate = {"stationNo": "A001", "recTime": "202606271150"}
    (row,) = taipei.GATES.read(answer(gate | switches), RECEIVED).readings.to_dict("records")
    assert (row["property"], row["flag"]) == ("gate_state", 9)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "big5", "utf-16"])
def test_a_list_of_stations_is_read_in_every_encoding(encoding):
    result = taipei.SEWER.read(SEWERS.lstrip("\ufeff").encode(encoding), RECEIVED)
    assert result.stations["name"].tolist() == ["大湖1"]
    assert result.stations["district"].tolist() == ["內湖區"]


def test_a_list_that_is_none_costs_no_reading():
    unreadable = "設施編號,站名\n" + '"' + "x" * 200_000

    def get(address):
        return answer(river()) if address == "" else unreadable.encode()

    result = taipei.RIVER.read(taipei.RIVER.gather(get), RECEIVED)
    assert values(result) == {("001", "water_level"): 1.24}


def test_a_level_that_is_not_sent_is_missing_and_not_overlooked():
    silent = {name: sent for name, sent in river().items() if name != "levelOut"}
    assert taipei.RIVER.read(answer(silent), RECEIVED).readings["flag"].tolist() == [9]


def test_two_gates_of_one_station_stay_apart():
    gate = {"stationNo": "A002", "recTime": "202606271150", "gateNum": 2}
    gate |= {"fo01": "-", "fc01": "+", "flt01": "-", "fo02": "+", "fc02": "-", "flt02": "-"}
    result = taipei.GATES.read(answer(gate), RECEIVED)
    assert values(result) == {("A002/01", "gate_state"): 0.0, ("A002/02", "gate_state"): 1.0}


def test_rain_of_an_unknown_window_is_no_intensity():
    rain = {
        "stationNo": "001",
        "stationName": "湖田國小",
        "recTime": "202606271150",
        "rain": "15.0",
    }
    result = taipei.RAIN.read(answer(rain), RECEIVED)
    assert values(result) == {("001", "rainfall_depth"): 0.015}


@pytest.mark.parametrize("sent", [-98, "-98.0", -99, "-998", -999, -9999])
def test_a_missing_number_is_no_rain_of_any_sign(sent):
    """D-01"""
    record = {"stationNo": "001", "recTime": "202606271150", "rain": sent}
    frame = taipei.RAIN.read(answer(record), RECEIVED).readings
    assert frame["value"].isna().tolist() == [True]
    assert frame["flag"].tolist() == [9]


def test_the_sewer_sensors_of_a_real_evening(shared_data):
    """A level of 556 m and a reading of 2016 lie among them."""
    content = (shared_data / "taiwan/taipei_sewer_sensors.geojson").read_bytes()
    result = taipei.SEWER.read(content, RECEIVED)
    assert result.counts["kept"] == 135
    assert len(result.stations) == 134  # one lies nowhere, and is put nowhere
    assert (result.readings["value"] < 0).sum() > 0  # below the datum, as sent
    assert list(result.readings.query("flag == 4")["raw_value"]) == ["556.36"]
    assert result.readings["phenomenon_time"].min().year == 2016
    assert result.counts["drift"] == []


def test_the_pump_stations_of_a_real_evening(shared_data):
    content = (shared_data / "taiwan/taipei_pump_stations.geojson").read_bytes()
    result = taipei.PUMPS.read(content, RECEIVED)
    assert result.counts["kept"] == 74
    assert len(result.stations) == 73  # one lies nowhere
    assert result.readings["value"].sum() == 1.0  # one was running
    assert result.counts["drift"] == []


@pytest.mark.parametrize("content", [b"", b"<html>busy</html>", b"\x00\xff", b'{"count": 0}'])
def test_what_is_neither_is_one_line(content):
    with pytest.raises(InputError) as error:
        taipei.SEWER.read(content, RECEIVED)
    assert "\n" not in str(error.value)


def test_no_record_is_healthy_and_empty():
    assert taipei.SEWER.read(answer(), RECEIVED).outcome == "empty"

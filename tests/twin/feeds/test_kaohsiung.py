"""Kaohsiung: letters of any case, rows of next year, rain stations in a second answer."""

import json

import pandas as pd
import pytest

from twin.feeds import kaohsiung
from twin.observations.store import ObservationStore

RECEIVED = pd.Timestamp("2026-06-28T08:45Z")


def sewer(**changes):
    fields = {
        "basin": "寶珠溝排水",
        "lat": 22.643807,
        "lon": 120.320786,
        "source": "水利局",
        "stage": 2.182,
        "stn_name": "民族國小",
        "stn_no": "KCRS012C",
        "time": "2026-06-28 16:30:00",
        "voltage": 7.29,
        "warn_Level1": 5.257,
        "warn_level2": 3.994,
    }
    return fields | changes


FLOOD = {
    "lat": 22.89857,
    "lon": 120.53998,
    "obs_value": 8.0,
    "stn_id": "3132017FL4001",
    "town": "美濃區",
    "stn_name": "天后宮",
    "time": "2026-06-28 16:41:32",
    "source": "x",
    "uuid": {"depth": "aad7"},
}
RAIN = {
    "DATE": "2026-06-28T16:40:00",
    "H1": 2.5,
    "M10": 0.5,
    "M20": 1.0,
    "ST_NO": "K1",
    "Status": "正常",
}
STATION = {
    "ST_NO": "K1",
    "NAME_C": "民族雨量站",
    "Lat": 22.643,
    "Long": 120.321,
    "ADDR_C": "x",
    "Source": "y",
}


def read(*records, adapter=kaohsiung.SEWER):
    return adapter.read(json.dumps(records).encode(), RECEIVED)


def test_sewer_levels_and_their_warnings_in_letters_of_any_case():
    """D-09"""
    result = read(sewer(), {name.upper(): value for name, value in sewer(stn_no="B").items()})
    assert list(result.readings["value"]) == [2.182, 2.182]
    assert list(result.stations["alert_levels"]) == [(5.257, 3.994)] * 2
    assert result.counts["drift"] == []


@pytest.mark.parametrize("sent", [-98, "-98.0", -99, "-998", -999, -9999])
def test_a_missing_number_is_no_rain_of_any_sign(sent):
    """D-01"""
    frame = read(RAIN | {"M10": sent, "H1": sent}, adapter=kaohsiung.RAIN).readings
    assert frame["value"].isna().all()
    assert frame["flag"].tolist() == [9, 9]


def test_a_row_of_next_year_is_set_aside_and_never_the_latest(tmp_path):
    """D-08"""
    result = read(sewer(), sewer(time="2027-06-19 11:07:00", stage=9.9))
    assert result.counts["reasons"] == {"time in the future": 1}
    store = ObservationStore(tmp_path)
    store.append(result.readings)
    assert list(store.latest()["value"]) == [2.182]


@pytest.mark.parametrize(("minutes", "kept"), [(10, 1), (11, 0)])
def test_a_clock_may_run_ahead_by_the_agreed_skew_and_no_more(minutes, kept):
    """D-08"""
    ahead = (RECEIVED + pd.Timedelta(minutes=minutes)).tz_convert("Asia/Taipei")
    assert read(sewer(time=f"{ahead:%Y-%m-%d %H:%M:%S}")).counts["kept"] == kept


def test_flood_depths_are_centimetres():
    [row] = read(FLOOD, adapter=kaohsiung.FLOOD).readings.to_dict("records")
    assert (row["property"], row["value"]) == ("water_depth", 0.08)
    assert row["phenomenon_time"] == pd.Timestamp("2026-06-28T08:41:32Z")


def test_rain_and_its_stations_are_brought_together():
    """D-09: two addresses, one content that can be read again"""
    answers = {"": json.dumps([RAIN]).encode(), "base": json.dumps([STATION]).encode()}
    content = kaohsiung.RAIN.gather(answers.__getitem__)
    result = kaohsiung.RAIN.read(content, RECEIVED)
    values = dict(zip(result.readings["property"], result.readings["value"], strict=True))
    assert values == pytest.approx({"rainfall_rate": 0.5e-3 / 600, "rainfall_1h": 2.5e-3})
    assert list(result.stations["name"]) == ["民族雨量站"]


@pytest.mark.parametrize("broken", [b"", b"<html>busy</html>", b"\xff\xfe", b"[3]"])
def test_a_broken_list_of_stations_costs_no_reading(broken):
    answers = {"": json.dumps([RAIN]).encode(), "base": broken}
    content = kaohsiung.RAIN.gather(answers.__getitem__)
    assert kaohsiung.RAIN.read(content, RECEIVED).counts["kept"] == 2


def test_a_station_that_is_not_well_is_suspect():
    result = read(RAIN | {"Status": "異常"}, adapter=kaohsiung.RAIN)
    assert set(result.readings["flag"]) == {3}

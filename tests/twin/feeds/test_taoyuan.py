"""Taoyuan's XML: -98 is maintenance, afternoon is said in Chinese, entities are refused."""

import time

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds import cwa_gauges, taoyuan
from twin.feeds.registry import parse

RECEIVED = pd.Timestamp("2026-06-27T16:20Z")
RAIN = """
<TYCG><Time>2026-06-28 00:10</Time><Description>雨量</Description>
 <Station><ID>TYC002</ID><Disrict>桃園巿平鎮區</Disrict><Name>滿庭芳</Name>
  <X>121.222676</X><Y>24.93293</Y><Rainfall>12.5</Rainfall></Station>
 <Station><ID>TYC999</ID><Disrict>桃園市</Disrict><Name>維護站</Name>
  <X>121.1</X><Y>24.9</Y><Rainfall>-98</Rainfall></Station></TYCG>
"""


def flood(time="2026/6/27 下午 11:00:00", height="7"):
    return (
        f"<Root><Data><ID>2018</ID><NAME>樹仁三街</NAME><LON>121.32</LON><LAT>24.97</LAT>"
        f"<ADDRESS>x</ADDRESS><HEIGHT>{height}</HEIGHT><DATA_TIME>{time}</DATA_TIME></Data></Root>"
    )


def level(**changes):
    fields = {
        "DATATIME": "2026-06-27 22:50:00",
        "LON": "121.30874",
        "LAT": "24.9582",
        "TOWN": "八德區",
        "STATION": "DR0-102-大灣溝",
        "STATION_ID": "1032598727",
        "WATERHEIGHT_M": "0.75",
        "RedAlertLevel": "2.08",
        "YellowAlertLevel": "1.56",
    }
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in (fields | changes).items())
    return f"<ROOT><DATA>{inner}</DATA></ROOT>"


def read(text, adapter=taoyuan.FLOOD):
    return adapter.read(text.encode(), RECEIVED)


def test_minus_98_is_a_station_in_maintenance_here_and_no_rain_elsewhere():
    """D-02"""
    result = read(RAIN, taoyuan.RAIN)
    wet, broken = result.readings.to_dict("records")
    assert (wet["value"], wet["flag"]) == (0.0125, 1)
    assert np.isnan(broken["value"])
    assert broken["flag"] == 9
    assert cwa_gauges.SPEC.sentinels[-98.0][0] == 0.0


def test_rain_of_an_unknown_window_is_no_intensity():
    result = read(RAIN, taoyuan.RAIN)
    assert set(result.readings["property"]) == {"rainfall_depth"}
    assert set(result.readings["phenomenon_time"]) == {pd.Timestamp("2026-06-27T16:10Z")}
    assert next(iter(result.stations["district"])) == "桃園市平鎮區"


@pytest.mark.parametrize(
    ("sent", "moment"),
    [
        ("2026/6/27 下午 11:00:00", "2026-06-27T15:00Z"),
        ("2026/6/27 下午 12:05:00", "2026-06-27T04:05Z"),
        ("2026/6/27 上午 12:05:00", "2026-06-26T16:05Z"),
    ],
)
def test_afternoons_in_chinese_are_understood(sent, moment):
    """D-07"""
    result = read(flood(sent))
    assert list(result.readings["phenomenon_time"]) == [pd.Timestamp(moment)]
    assert list(result.readings["value"]) == [0.07]


@pytest.mark.parametrize("sent", ["", "soon", "2026/6/27 下午 25:00:00"])
def test_a_time_that_is_none_is_rejected_and_never_made_up(sent):
    """D-07"""
    result = read(flood(sent))
    assert result.readings.empty
    assert result.counts["reasons"] == {"unreadable time": 1}


def test_red_is_worse_than_yellow():
    """D-09"""
    result = read(level(), taoyuan.WATER)
    assert list(result.stations["alert_levels"]) == [(2.08, 1.56)]
    assert list(result.readings["value"]) == [0.75]
    turned = read(level(RedAlertLevel="1.0"), taoyuan.WATER)
    assert list(turned.stations["alert_levels"]) == [()]


def test_no_record_vanishes_uncounted():
    """D-12: one with something nested, one of two fields, one without a reading."""
    text = RAIN.replace("<Rainfall>12.5</Rainfall>", "<Rainfall>12.5</Rainfall><M><a>1</a></M>")
    short = "<Station><ID>S</ID><Rainfall>3</Rainfall></Station><Station><ID>T</ID></Station>"
    result = read(text.replace("</TYCG>", f"{short}</TYCG>"), taoyuan.RAIN)
    assert list(result.readings["station_id"]) == ["TYC002", "TYC999", "S"]
    assert result.counts["reasons"] == {"unknown property": 1}


def test_no_station_is_healthy_and_empty():
    assert read("<Root/>").outcome == "empty"


@pytest.mark.parametrize(
    "text", ["", "{}", "<Root><Data>", "<html><body><p>busy</p></body></html>"]
)
def test_what_is_no_such_file_is_one_line(text):
    with pytest.raises(InputError) as error:
        read(text)
    assert "\n" not in str(error.value)


def test_entities_that_grow_are_refused_at_once():
    """D-16"""
    lines = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{lines}]><Root>&l11;</Root>'
    begin = time.process_time()  # what other programs take is none of it
    with pytest.raises(InputError, match="document type"):
        read(bomb)
    with pytest.raises(InputError):
        read('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>')
    with pytest.raises(InputError, match="bytes"):
        taoyuan.FLOOD.read(b"<" * (taoyuan.FLOOD.spec.max_bytes + 1), RECEIVED)
    assert time.process_time() - begin < 10


def test_deep_nesting_neither_hangs_nor_crashes():
    """D-16"""
    with pytest.raises(InputError):
        read("<a>" * 100_000 + "</a>" * 100_000)


def test_the_registry_knows_all_three():
    assert parse("taoyuan_rain", RAIN.encode(), RECEIVED).counts["kept"] == 2
    assert parse("taoyuan_water", level().encode(), RECEIVED).counts["kept"] == 1
    assert parse("taoyuan_flood", flood().encode(), RECEIVED).counts["kept"] == 1


def test_a_list_in_big5_is_read():
    content = '<?xml version="1.0" encoding="big5"?>' + flood()
    result = taoyuan.FLOOD.read(content.encode("big5"), RECEIVED)
    assert result.stations["name"].tolist() == ["樹仁三街"]


def test_a_web_page_is_no_answer():
    """D-12: its paragraphs look like a station of three fields."""
    page = "<html><body><h1>x</h1><p>busy</p><p>later</p></body></html>"
    with pytest.raises(InputError, match="web page"):
        read(page)

"""New Taipei and Keelung: the unit hangs on the device, level 1 is the worst."""

import json

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds import new_taipei

RECEIVED = pd.Timestamp("2026-06-28T09:30Z")


def record(**changes):
    fields = {
        "st_no": "NTPC-1",
        "st_name": "瓦磘溝",
        "lon": 121.50312,
        "lat": 24.99321,
        "city": "新北市",
        "datatime": "2026-06-28 17:16:00",
        "sendtime": "2026-06-28 17:16:28",
        "town": "中和區",
        "water_inner": 0.76,
        "warn_lv1": 1.5,
        "warn_lv2": 1.2,
        "warn_lv3": 0.9,
        "status": "正常",
        "source": "新北市",
        "device_type": "water",
        "batteryvol": 4.11,
        "village": "x",
        "river": "y",
    }
    return fields | changes


def parse(*records, adapter=new_taipei.WATER):
    return adapter.read(json.dumps(list(records)).encode(), RECEIVED)


def test_one_field_is_metres_of_level_or_centimetres_of_depth():
    """D-09"""
    flood = record(st_no="F", device_type="flood", water_inner=6.0, warn_lv1=30, warn_lv2=10)
    result = parse(record(), flood, record(st_no="R", device_type="radar", water_inner="1.5"))
    level, depth, radar = result.readings.to_dict("records")
    assert (level["property"], level["value"], level["raw_unit"]) == ("water_level", 0.76, "m")
    assert (depth["property"], depth["value"], depth["raw_unit"]) == ("water_depth", 0.06, "cm")
    assert (radar["property"], radar["value"]) == ("water_level", 1.5)
    assert level["phenomenon_time"] == pd.Timestamp("2026-06-28T09:16Z")
    assert result.counts["drift"] == []


def test_warning_level_1_is_the_highest():
    """D-09"""
    flood = record(st_no="F", device_type="flood", warn_lv1=30.0, warn_lv2=10.0, warn_lv3=None)
    levels = parse(record(), flood).stations.set_index("station_id")["alert_levels"]
    assert levels["NTPC-1"] == (1.5, 1.2, 0.9)
    assert levels["F"] == pytest.approx((0.3, 0.1))


def test_warning_levels_that_rise_the_other_way_are_not_believed():
    """D-09"""
    result = parse(record(warn_lv1=0.9, warn_lv2=1.2, warn_lv3=1.5))
    assert list(result.stations["alert_levels"]) == [()]
    assert "alert levels out of order" in result.counts["positions"]


def test_a_device_that_is_not_known_has_no_unit():
    """D-09"""
    result = parse(record(device_type="sonar"))
    assert result.readings.empty
    assert result.counts["rejected"] == 1


def test_a_record_without_a_device_is_what_its_feed_is():
    bare = record()
    del bare["device_type"]
    assert parse(bare, adapter=new_taipei.FLOOD).readings["value"][0] == 0.0076
    assert parse(bare, adapter=new_taipei.DRAINAGE).readings["value"][0] == 0.76


def test_metres_in_the_flood_feed_are_suspect():
    """D-09"""
    result = parse(record(device_type="flood", water_inner=0.012), adapter=new_taipei.FLOOD)
    assert list(result.readings["flag"]) == [3]


@pytest.mark.parametrize(
    ("changes", "flag"),
    [({"status": "維修"}, 3), ({"water_inner": -999}, 9), ({"water_inner": None}, 9), ({}, 1)],
)
def test_what_is_out_of_order_or_missing_is_flagged(changes, flag):
    [row] = parse(record(**changes)).readings.to_dict("records")
    assert row["flag"] == flag
    assert np.isnan(row["value"]) == (flag == 9)


def test_old_and_future_rows_keep_their_own_time():
    """D-08: 18 of 73 rows are stale; one row of next year must not be the latest"""
    result = parse(record(datatime="2026-06-27 10:00:00"), record(datatime="2027-06-28 10:00:00"))
    assert list(result.readings["phenomenon_time"]) == [pd.Timestamp("2026-06-27T02:00Z")]
    assert result.counts["reasons"] == {"time in the future": 1}


def test_rain_is_that_of_ten_minutes():
    rain = record(rain=1.5, min_10=0.5, min_30=1.5, hour_3=4.0)
    result = parse(rain, adapter=new_taipei.RAIN)
    [row] = result.readings.to_dict("records")
    assert (row["property"], row["value"]) == ("rainfall_rate", pytest.approx(0.5e-3 / 600))
    assert list(result.stations["kind"]) == ["rain_gauge"]


def test_keelung_speaks_the_same_way_under_its_own_name():
    result = parse(record(), adapter=new_taipei.KEELUNG_WATER)
    assert list(result.readings["source_id"]) == ["keelung_water"]


def test_a_new_field_is_drift_and_costs_no_reading():
    result = parse(record(mood="good"))
    assert result.counts["drift"] == ["mood"]
    assert len(result.readings) == 1


@pytest.mark.parametrize(
    "content", [b'{"error": "timeout"}', b"<html>", b"[1, 2]", b"", b'{"data": 3}']
)
def test_what_is_no_list_of_records_is_one_line(content):
    with pytest.raises(InputError) as error:
        new_taipei.WATER.read(content, RECEIVED)
    assert "\n" not in str(error.value)


def test_a_million_records_are_refused():
    """D-16"""
    with pytest.raises(InputError, match="expected at most"):
        new_taipei.WATER.read(b"[" + b"{}," * 1_000_000 + b"{}]", RECEIVED)

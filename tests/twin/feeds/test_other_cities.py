"""Penghu and Yilan: an epoch that counts the local wall clock."""

import json

import pandas as pd
import pytest

from twin.feeds import other_cities

RECEIVED = pd.Timestamp("2026-06-28T09:45Z")


def read(adapter, **attributes):
    feature = {"attributes": attributes, "geometry": {"x": 119.6455, "y": 23.5613}}
    return adapter.read(json.dumps({"features": [feature]}).encode(), RECEIVED)


def penghu(**changes):
    fields = {"SttNo": "10016-000098", "SttName": "林投排水", "FullHeight": 2.15, "HalfHeight": 1.4}
    fields |= {"water_level": 1782.7, "measure_time": 1782667802000, "upload_time": 1782668085000}
    return read(other_cities.PENGHU, **(fields | changes))


def test_the_epoch_of_penghu_is_the_local_clock_and_its_levels_are_millimetres():
    """D-07"""
    result = penghu()
    [row] = result.readings.to_dict("records")
    assert row["phenomenon_time"] == pd.Timestamp("2026-06-28T09:30:02Z")
    assert row["value"] == pytest.approx(1.7827)
    assert list(result.stations["alert_levels"]) == [(2.15, 1.4)]
    assert result.stations.geometry.x[0] == 119.6455


@pytest.mark.parametrize("sent", [None, "", -1, 1e30, "yesterday", 17])
def test_an_epoch_that_is_none_is_rejected(sent):
    """D-07"""
    result = penghu(measure_time=sent)
    assert result.readings.empty
    assert result.counts["rejected"] == 1


def test_yilan_sends_depths_in_centimetres_and_levels_in_metres():
    """D-09"""
    flood = {
        "st_no": "F1",
        "名稱": "冬山鄉",
        "E": 121.78,
        "N": 24.66,
        "water_inner": 6.0,
        "warn_lv1": 30.0,
    }
    flood |= {"warn_lv2": 10.0, "warn_lv3": 5.0, "write_date": 1782629820000}
    depth = read(other_cities.YILAN_FLOOD, **flood)
    [row] = depth.readings.to_dict("records")
    assert (row["property"], row["value"]) == ("water_depth", 0.06)
    assert row["phenomenon_time"] == pd.Timestamp("2026-06-27T22:57Z")
    assert depth.stations["alert_levels"][0] == pytest.approx((0.3, 0.1, 0.05))
    level = {"st_no": "W1", "st_name": "x", "water_inner": 0.424, "war_ele": 2.689}
    result = read(other_cities.YILAN_WATER, **level, write_date=1782635760000)
    assert list(result.readings["value"]) == [0.424]
    assert list(result.stations["alert_levels"]) == [(2.689,)]

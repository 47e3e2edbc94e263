"""River levels: what the agency doubts is suspect, and the first alert level is the highest."""

import json

import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.wra_river import read

RECEIVED = pd.Timestamp("2026-07-12T04:00Z")
LEVEL = {
    "stationid": "1010H006",
    "checkresult": "1",
    "checkdesc": "",
    "observatoryidentifier": "3132020RV1010H006",
    "volt": "",
    "datetime": "2026-07-12T11:50:00+08:00",
    "waterlevel": "1.9",
}
STATION = {
    "basinidentifier": "1010H006",
    "observatoryname": "Bridge",
    "rivername": "River",
    "observationstatus": "現存",
    "alertlevel1": "5.8",
    "alertlevel2": "4.6",
    "alertlevel3": "",
    "locationbytwd97_xy": "313411.44 2790930.63",
}


def answer(*records):
    return read(json.dumps(records).encode(), RECEIVED)


@pytest.mark.parametrize(
    ("changes", "value", "flag"),
    [
        ({}, 1.9, 1),
        ({"waterlevel": "-99"}, None, 9),
        ({"waterlevel": "-99.00"}, None, 9),
        ({"waterlevel": ""}, None, 9),
        ({"waterlevel": "0"}, 0.0, 1),
        ({"waterlevel": "-0.35"}, -0.35, 1),
        ({"checkresult": "2"}, 1.9, 3),
        ({"waterlevel": "99999"}, 99999.0, 4),
    ],
)
def test_a_level_is_read(changes, value, flag):
    """D-01: below the datum is no fault, and missing is not 0."""
    (row,) = answer(LEVEL | changes).readings.to_dict("records")
    assert row["flag"] == flag
    assert pd.isna(row["value"]) if value is None else row["value"] == value


def test_a_level_that_is_not_sent_is_missing_and_no_station():
    silent = {name: sent for name, sent in LEVEL.items() if name != "waterlevel"}
    result = answer(silent)
    assert result.readings["flag"].tolist() == [9]
    assert result.stations is None


@pytest.mark.parametrize("place", ["0 0", "2790930.63 313411.44", "", "-99 -99"])
def test_a_place_far_from_taiwan_is_none(place):
    result = answer(STATION | {"locationbytwd97_xy": place})
    assert result.counts["positions"] == {"no usable position": 1}


def test_an_alert_level_of_0_was_never_set():
    """D-09: every river would lie above it."""
    zeros = dict.fromkeys(("alertlevel1", "alertlevel2", "alertlevel3"), "0")
    levels = [STATION | zeros, STATION | {"basinidentifier": "b", "alertlevel3": "0"}]
    assert answer(*levels).stations["alert_levels"].tolist() == [(), (5.8, 4.6)]


def test_a_station_has_its_place_and_its_levels_the_most_severe_first():
    """D-09."""
    (station,) = answer(STATION).stations.to_dict("records")
    assert station["alert_levels"] == (5.8, 4.6)
    assert station["geometry"].x == pytest.approx(121.62936, abs=1e-4)
    assert station["geometry"].y == pytest.approx(25.22575, abs=1e-4)


def test_levels_in_another_order_are_not_guessed():
    """D-09."""
    parsed = answer(STATION | {"alertlevel1": "4.6", "alertlevel2": "5.8"})
    assert parsed.stations["alert_levels"][0] == ()
    assert parsed.counts["positions"] == {"alert levels out of order": 1}


def test_an_abolished_station_and_one_without_a_place_are_left_out():
    parsed = answer(STATION | {"observationstatus": "已廢"}, STATION | {"locationbytwd97_xy": "?"})
    assert parsed.stations.empty
    assert parsed.counts["positions"] == {"no usable position": 1}


def test_the_older_shape_and_the_joined_one_are_read():
    older = {
        "StationIdentifier": "1010H006", "RecordTime": "2026-07-12T11:50:00", "WaterLevel": 1.9,
    }  # fmt: skip
    content = json.dumps({"RealtimeWaterLevel_OPENDATA": [older]}).encode()
    expected = answer(LEVEL).readings
    pd.testing.assert_frame_equal(read(content, RECEIVED).readings, expected)
    both = json.dumps({"latest": [LEVEL], "stations": [STATION]}).encode()
    pd.testing.assert_frame_equal(read(both, RECEIVED).readings, expected)
    assert len(read(both, RECEIVED).stations) == 1


def test_nothing_is_healthy_and_no_list_is_not():
    """D-12."""
    assert answer().outcome == "empty"
    with pytest.raises(InputError, match="no list of records"):
        read(b'{"message": "busy"}', RECEIVED)

"""High and low waters ahead: each place above one datum, and never a reading."""

import json

import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.cwa_tide_forecast import ADAPTER, SPEC, read
from twin.feeds.health import newest_by_station
from twin.feeds.intake import Desk, take
from twin.observations.store import ObservationStore

RECEIVED = pd.Timestamp("2026-04-01T02:00Z")


def water(time, twvd, local=30, **more):
    heights = {"AboveTWVD": twvd, "AboveLocalMSL": local, "AboveChartDatum": 47}
    return {"DateTime": f"2026-04-{time}:00+08:00", "Tide": "滿潮", "TideHeights": heights | more}


def place(*waters, number="10017010", name="基隆市中正區"):
    day = {"Date": "2026-04-01", "LunarDate": "三月初四", "TideRange": "中", "Time": list(waters)}
    return {
        "Location": {
            "LocationId": number,
            "LocationName": name,
            "Latitude": "25.1506",
            "Longitude": "121.79",
            "TimePeriods": {"Daily": [day]},
        }
    }


def answer(*places, names=("records", "TideForecasts")):
    content = list(places)
    for name in reversed(names):
        content = {name: content}
    return json.dumps(content).encode()


def test_high_and_low_waters_are_metres_in_utc():
    result = read(answer(place(water("01T00:03", "-55"), water("01T06:20", 41))), RECEIVED)
    assert result.readings.empty
    assert result.ahead["value"].tolist() == pytest.approx([-0.55, 0.41])
    assert result.ahead["time"].tolist() == [
        pd.Timestamp("2026-03-31T16:03Z"),
        pd.Timestamp("2026-03-31T22:20Z"),
    ]
    assert set(result.ahead["station_id"]) == {"10017010"}
    assert set(result.ahead["name"]) == {"基隆市中正區"}
    assert (result.outcome, result.counts["kept"], result.counts["rejected"]) == ("ok", 2, 0)


def test_99_centimetres_below_are_a_low_water_and_no_missing_value():
    assert read(answer(place(water("01T00:03", -99))), RECEIVED).ahead["value"].tolist() == [-0.99]


@pytest.mark.parametrize("nothing", ["-", "", None, "None"])
def test_one_place_has_one_datum(nothing):
    """A height of another datum among the others would be a jump of the sea."""
    mixed = place(water("01T00:03", "-55", -70), water("01T06:20", nothing, 56))
    island = place(water("01T00:03", nothing, "-70"), number="09007010", name="連江縣南竿鄉")
    result = read(answer(mixed, island), RECEIVED)
    assert result.ahead["value"].tolist() == pytest.approx([-0.70, -0.55])
    assert result.counts["reasons"] == {"no height": 1}
    assert result.counts["local datum"] == 1


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (water("01T00:03", "high"), "no height"),
        (water("01T00:03", -9999), "no height"),
        (water("01T00:03", 1e5), "height that cannot be"),
        (water("01T00:03", 5) | {"DateTime": "-"}, "unreadable time"),
        (water("01T00:03", 5) | {"DateTime": None}, "unreadable time"),
        ("noon", None),
    ],
)
def test_what_is_no_water_is_counted_and_the_rest_kept(changed, reason):
    result = read(answer(place(changed, water("01T06:20", 41))), RECEIVED)
    assert result.ahead["value"].tolist() == pytest.approx([0.41])
    assert result.counts["reasons"] == ({reason: 1} if reason else {})


def test_lists_of_one_the_file_interface_and_xml_say_the_same():
    expected = read(answer(place(water("01T06:20", "41"))), RECEIVED).ahead
    one = place(water("01T06:20", "41"))
    day = one["Location"]["TimePeriods"]["Daily"][0]
    one["Location"]["TimePeriods"]["Daily"] = day | {"Time": day["Time"][0]}
    names = ("cwaopendata", "Resources", "Resource", "Data", "TideForecasts")
    xml = (
        "<cwaopendata xmlns='urn:cwa:gov:tw:cwacommon:0.1'><Resources><Resource><Data>"
        "<TideForecasts><Location><LocationId>10017010</LocationId>"
        "<LocationName>基隆市中正區</LocationName><TimePeriods><Daily><Time>"
        "<DateTime>2026-04-01T06:20:00+08:00</DateTime>"
        "<TideHeights><AboveTWVD>41</AboveTWVD></TideHeights></Time></Daily></TimePeriods>"
        "</Location></TideForecasts></Data></Resource></Resources></cwaopendata>"
    )
    for content in (answer(one), answer(one, names=names), xml.encode()):
        pd.testing.assert_frame_equal(read(content, RECEIVED).ahead, expected)


def test_the_same_water_twice_counts_as_it_was_sent_last():
    result = read(answer(place(water("01T06:20", 41), water("01T06:20", 44))), RECEIVED)
    assert result.ahead["value"].tolist() == pytest.approx([0.44])


@pytest.mark.parametrize(
    "content", [b'{"success":"false"}', b'{"records":{}}', b"[]", b"<html>busy</html>"]
)
def test_another_answer_is_one_line(content):
    with pytest.raises(InputError):
        read(content, RECEIVED)


def test_no_place_is_empty():
    assert read(answer(), RECEIVED).outcome == "empty"


def test_a_forecast_is_fresh_as_long_as_it_lies_ahead(tmp_path):
    content = answer(place(water("01T06:20", 41), water("03T06:50", 44)))
    last = pd.Timestamp("2026-04-02T22:50Z")
    assert newest_by_station(read(content, RECEIVED)) == {"ahead": RECEIVED}
    later = RECEIVED + pd.Timedelta("216h")
    assert newest_by_station(read(content, later)) == {"ahead": last}
    desk = Desk(tmp_path, ObservationStore(tmp_path / "store"))
    assert take(ADAPTER, desk, content, RECEIVED).outcome == "new"
    healths = [desk.health.health(SPEC, RECEIVED + pd.Timedelta(age)) for age in ("24h", "120h")]
    assert [health.state for health in healths] == ["ok", "stale"]

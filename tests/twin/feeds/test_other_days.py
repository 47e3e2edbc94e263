"""The real payloads as the same feeds may send them on another day."""

import copy
import gzip
import json

import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.payload import find_records
from twin.feeds.records import flat_records
from twin.feeds.registry import adapter, parse

RECEIVED = pd.Timestamp("2026-07-14T00:00Z")
RAIN = ("records", "Station", 0, "RainfallElement")
PAYLOADS = {
    "cwa_gauges": "cwa_o_a0002_001.json",
    "wra_iow": "wra_iow_latest.json",
    "wra_rain_warnings": "wra_rainfall_warning.json",
    "qpesums_qpe": "qpesums_o_b0045_001_small.json",
    "civil_iot_flood": "sensorthings_flood_depth_page.json",
    "ncdr_cap": "cap_reservoir_release_2014.xml",
}


@pytest.fixture
def payload(shared_data):
    """Content of a real payload, as bytes."""
    return lambda source: (shared_data / "taiwan" / "payloads" / PAYLOADS[source]).read_bytes()


def changed(content, path, value):
    """The same JSON with another value at one place."""
    content = copy.deepcopy(json.loads(content))
    holder = content
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return json.dumps(content).encode()


def first(source, content):
    return parse(source, content, RECEIVED).readings.iloc[0]


@pytest.mark.parametrize("source", sorted(PAYLOADS))
def test_an_answer_that_is_packed_without_saying_so_is_read(payload, source):
    content = payload(source)
    packed, expected = gzip.compress(content), parse(source, content, RECEIVED)
    found = parse(source, packed, RECEIVED)
    assert found.counts == expected.counts
    pd.testing.assert_frame_equal(found.readings, expected.readings)
    for broken in (packed[:-9], packed[:20], packed[:12] + b"\0" + packed[13:]):
        with pytest.raises(InputError, match="gzip") as caught:
            parse(source, broken, RECEIVED)
        assert "\n" not in str(caught.value)


def test_a_packed_answer_is_never_unpacked_beyond_the_bound():
    bomb = gzip.compress(b" " * (adapter("wra_iow").spec.max_bytes + 10))
    with pytest.raises(InputError, match="bytes, expected at most"):
        parse("wra_iow", bomb, RECEIVED)


@pytest.mark.parametrize("sent", ["1.5mm", "1.5 mm", "１.５", "１.５㎜", "+1.5"])
def test_a_number_is_read_with_its_own_unit_behind_and_in_wide_letters(payload, sent):
    content = changed(payload("cwa_gauges"), (*RAIN, "Past10Min", "Precipitation"), sent)
    row = first("cwa_gauges", content)
    assert (row["value"], row["flag"]) == (pytest.approx(1.5e-3 / 600), 1)
    assert row["raw_value"] == sent


@pytest.mark.parametrize("sent", ["1.5cm", "1,5", "1.5 to 2", "mm", "1.5mmm"])
def test_a_number_with_something_else_behind_is_rejected(payload, sent):
    content = changed(payload("cwa_gauges"), (*RAIN, "Past10Min", "Precipitation"), sent)
    assert parse("cwa_gauges", content, RECEIVED).counts["reasons"] == {"unreadable value": 1}


def test_elements_in_a_list_are_not_overlooked(payload):
    elements = [{"Past10Min": {"Precipitation": "1.5"}}, {"Past1hr": {"Precipitation": "2.0"}}]
    readings = parse("cwa_gauges", changed(payload("cwa_gauges"), RAIN, elements), RECEIVED)
    assert readings.readings["value"].tolist()[:2] == pytest.approx([1.5e-3 / 600, 2e-3])


@pytest.mark.parametrize("sent", ["-99", -99.0, " ", None])
def test_a_place_that_is_not_known_gives_way_to_that_in_the_old_datum(payload, sent):
    """D-06."""
    path = ("records", "Station", 0, "GeoInfo", "Coordinates", 1)
    content = changed(payload("cwa_gauges"), (*path, "StationLatitude"), sent)
    longitude, latitude = parse("cwa_gauges", content, RECEIVED).stations.geometry[0].coords[0]
    assert abs(longitude - 120.428444) < 5e-5
    assert abs(latitude - 23.551742) < 5e-5


@pytest.mark.parametrize("sent", [None, "", "9" * 80])
def test_a_station_without_a_usable_name_is_no_station(payload, sent):
    content = changed(payload("cwa_gauges"), ("records", "Station", 0, "StationId"), sent)
    result = parse("cwa_gauges", content, RECEIVED)
    assert result.stations["station_id"].tolist() == ["466920"]
    assert result.counts["positions"] == {"no usable name": 1}
    assert result.counts["reasons"] == {"station without a usable name": 3}


def test_a_single_record_needs_no_list(payload):
    warning = json.loads(payload("wra_rain_warnings"))["Data"][0]
    content = changed(payload("wra_rain_warnings"), ("Data",), warning)
    (row,) = parse("wra_rain_warnings", content, RECEIVED).warnings.to_dict("records")
    assert (row["identifier"], row["level"]) == ("rain:C0M760", 1)
    pump = {"count": 1, "data": {"stn_id": "1", "obs_time": "2026-07-12 10:00"}}
    assert flat_records(pump, adapter("taipei_pumps").spec) == [pump["data"]]


@pytest.mark.parametrize(
    "content",
    [
        {"Data": {"message": "no such key"}},
        {"d": {"Message": "busy", "StackTrace": ""}},
        {"result": {"resource_id": "x", "fields": []}},
        {"data": {}},
    ],
)
def test_the_words_of_a_service_are_no_record(content):
    """D-12."""
    spec = adapter("wra_rain_warnings").spec
    with pytest.raises(InputError):
        find_records(content, spec)
    with pytest.raises(InputError):
        flat_records(content, spec)


def test_no_data_with_a_time_beside_is_still_no_data():
    """D-12: `UpdataTime` is of the answer, not of a record."""
    spec = adapter("wra_rain_warnings").spec
    assert find_records({"d": {"UpdataTime": None, "Data": None}}, spec) == []
    assert find_records({"d": {"UpdataTime": "2026-07-12", "Data": []}}, spec) == []


@pytest.mark.parametrize("sent", ["0001-01-01T00:00:00", "soon", ""])
def test_warnings_outlast_a_time_of_their_answer_that_is_none(payload, sent):
    """D-12: or an answer full of warnings would be one without."""
    content = changed(payload("wra_rain_warnings"), ("UpdataTime",), sent)
    result = parse("wra_rain_warnings", content, RECEIVED)
    assert (result.outcome, len(result.warnings)) == ("ok", 2)


@pytest.mark.parametrize("source", ["wra_rain_warnings", "ncdr_cap"])
def test_warnings_of_which_none_can_be_used_are_no_good_news(payload, source):
    """D-12."""
    if source == "ncdr_cap":
        content = payload(source).replace(b"2014-05-14T20:10:00+08:00", b"soon")
    else:
        content = payload(source).replace(b"2026-07-12T03", b"soon")
    result = parse(source, content, RECEIVED)
    assert (result.outcome, len(result.warnings)) == ("ok", 0)
    assert result.counts["rejected"] == result.counts["read"] > 0


def test_the_rain_of_the_past_hour_is_never_taken_for_that_of_the_next(payload):
    """D-05: only the number of the product tells them apart."""
    with pytest.raises(InputError, match=r"of the product O-B0045-001, expected that of F-B0046"):
        parse("qpesums_qpf", payload("qpesums_qpe"), RECEIVED)


@pytest.mark.parametrize("said", ["否", "停用"])
def test_a_sensor_is_disabled_in_chinese_too(payload, shared_data, said):
    sensors = shared_data / "taiwan" / "payloads" / "wra_iow_catalog.json"
    both = {"latest": json.loads(payload("wra_iow")), "catalogue": json.loads(sensors.read_text())}
    content = changed(json.dumps(both), ("catalogue", 0, "isenable"), said)
    assert parse("wra_iow", content, RECEIVED).counts["disabled"] == 1


@pytest.mark.parametrize("records", [None, []])
@pytest.mark.parametrize(
    "said", [{"success": False}, {"Success": "false"}, {"error": "busy"}, {"ErrorMessage": "key"}]
)
def test_an_answer_that_says_that_it_failed_does_not_say_that_there_is_nothing(said, records):
    """D-12: or a service that is down would say that nobody is warned."""
    with pytest.raises(InputError, match="has no records and says"):
        parse("wra_rain_warnings", json.dumps(said | {"Data": records}).encode(), RECEIVED)
    well = {"success": True, "error": None, "errorMessage": "", "Data": records}
    assert parse("wra_rain_warnings", json.dumps(well).encode(), RECEIVED).outcome == "empty"


@pytest.mark.parametrize(
    ("sent", "flag"),
    [("0.125", 3), ("0.35", 3), ("0.99", 3), ("0.3", 1), ("1.25", 1), ("12.5", 1), ("0", 1)],
)
def test_metres_that_are_called_centimetres_show_by_their_digits(payload, sent, flag):
    """D-09: 0.125 m taken for centimetres would be a dry road."""
    content = changed(payload("wra_iow"), (0, "latestvalue"), sent)
    assert first("wra_iow", content)["flag"] == flag

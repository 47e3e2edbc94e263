"""Every adapter keeps the interface, and no content breaks one in its own way."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twin.errors import InputError, MissingError
from twin.feeds.registry import ADAPTERS, adapter, parse, parse_file
from twin.feeds.source import AHEAD, GRID, READINGS, WARNINGS, Parsed
from twin.observations.store import COLUMNS

RECEIVED = pd.Timestamp("2026-07-12T04:00Z")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
STATION = {
    "StationId": "C0M760",
    "ObsTime": {"DateTime": "2026-07-12T11:50:00+08:00"},
    "GeoInfo": {"Coordinates": [{"CoordinateName": "WGS84", "StationLatitude": "23.5"}]},
    "RainfallElement": {"Now": {"Precipitation": "49.0"}, "Past10Min": {"Precipitation": "0.0"}},
}
GRID_CONTENT = {
    "datasetInfo": {
        "parameterSet": {
            "StartPointLongitude": "121.0", "StartPointLatitude": "23.0",
            "GridResolution": "0.0125", "DateTime": "2026-07-12T11:50:00+08:00",
            "GridDimensionX": "3", "GridDimensionY": "2", "Precipitation": "mm",
        }
    },
    "contents": {"contentDescription": "", "content": "1,2,3,4,5,6"},
}  # fmt: skip
WHOLE = {
    "cwa_gauges": {"records": {"Station": [STATION]}},
    "fhy_flood": {"d": {"Data": [{"SensorUUID": "a", "Depth": 1, "SourceTime": "/Date(1)/",
                                  "Point": {"Latitude": 24.1, "Longitude": 120.5}}]}},
    "ncdr_cap": {"updated": "2026-07-12T11:50:00+08:00", "entry": [{
        "id": "a", "updated": "2026-07-12T11:50:00+08:00", "summary": {"#text": "x"},
        "category": {"@term": "x"}, "expires": "2026/7/12 下午 11:24:00"}]},
    "qpesums_qpe": {"cwaopendata": {"dataset": GRID_CONTENT}},
    "wra_iow": {"latest": [{"sensorid": "a", "latestvalue": "1", "timestamp": "115/07/12"}],
                "catalogue": [{"sensorid": "a", "unit": "cm", "isenable": "true"}]},
    "wra_rain_warnings": {"UpdataTime": None, "Data": [{
        "StationNo": "1", "Time": "2026-07-12T03:20:00", "WarningLevel": 1}]},
    "wra_river": [{"stationid": "a", "datetime": "2026-07-12T11:50:00", "waterlevel": "1.9"}],
}  # fmt: skip
"""An answer of each source in its true shape, for the faults below."""


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_an_adapter_says_all_of_its_source(name):
    spec = adapter(name).spec
    assert spec.name == name
    assert spec.title
    assert spec.kind in (READINGS, GRID, WARNINGS, AHEAD)
    assert 0 < spec.warn_minutes <= spec.critical_minutes
    assert spec.evidence in ("payload", "documentation")
    assert set(spec.units) <= set(spec.gross_range)
    assert ("{key}" in spec.url) <= bool(spec.key_setting)


@pytest.mark.parametrize("name", sorted(ADAPTERS))
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>busy</body></html>",
        b"\xff\xfe\x00",
        b"5",
        b"null",
        b'{"error": "no such key"}',
        b"[" * 100_000,
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
        b"[" + b",".join([b"{}"] * 1_000_000) + b"]",
    ],
    ids=["nothing", "page", "bytes", "number", "null", "message", "deep", "entities", "million"],
)
def test_what_is_no_answer_is_one_line_and_never_empty(name, content):
    """D-12, D-16."""
    with pytest.raises(InputError) as caught:
        parse(name, content, RECEIVED)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", sorted(WHOLE))
@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_fault_anywhere_in_an_answer_is_counted_or_refused(name, data):
    """D-03: and never breaks the adapter, nor makes a value of what is none."""
    content = json.loads(json.dumps(WHOLE[name]))
    spots = list(_spots(content))
    holder, key = data.draw(st.sampled_from(spots))
    holder[key] = data.draw(JSON)
    try:
        parsed = parse(name, json.dumps(content).encode(), RECEIVED)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert isinstance(parsed, Parsed)
    _check(parsed)


def _spots(content):
    """Every place in an answer: what holds it, and under which key."""
    keys = content if isinstance(content, dict) else range(len(content))
    for key in keys:
        yield content, key
        if isinstance(content[key], dict | list):
            yield from _spots(content[key])


def _check(parsed):
    frame = parsed.readings
    assert list(frame.columns) == list(COLUMNS)
    assert not np.isinf(frame["value"]).any()
    assert (frame["value"].isna() | (frame["flag"] != 9)).all()
    assert frame["phenomenon_time"].notna().all()
    assert (frame["phenomenon_time"] <= RECEIVED + pd.Timedelta(minutes=10)).all()
    assert parsed.counts["kept"] + parsed.counts["rejected"] == parsed.counts["read"]


def test_a_source_that_is_not_known_is_named(tmp_path):
    with pytest.raises(MissingError, match="source 'oracle' is not known"):
        parse("oracle", b"")
    with pytest.raises(MissingError, match="such as cwa_gauges"):
        parse("cwa_gauge", b"")
    with pytest.raises(MissingError, match="is missing"):
        parse_file("cwa_gauges", tmp_path / "none.json")


def test_a_file_is_read_as_its_bytes_are(tmp_path):
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(WHOLE["cwa_gauges"]))
    pd.testing.assert_frame_equal(
        parse_file("cwa_gauges", file, RECEIVED).readings,
        parse("cwa_gauges", file.read_bytes(), RECEIVED).readings,
    )

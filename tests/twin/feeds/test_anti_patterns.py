"""What other programs got wrong with these feeds, each as a test; and payloads of an attacker."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.intake import Desk, take
from twin.feeds.registry import ADAPTERS, adapter
from twin.observations.store import ObservationStore

RECEIVED = pd.Timestamp("2025-11-20T12:00Z")
TIME = "2025-11-20T19:50:00+08:00"
OLD = {"CoordinateName": "TWD67", "StationLongitude": "120.4203", "StationLatitude": "23.5535"}
NEW = {"CoordinateName": "WGS84", "StationLongitude": "120.4284", "StationLatitude": "23.5517"}


def gauges(*values, time=TIME, coordinates=None):
    stations = [
        {"StationId": f"C{number}", "ObsTime": {"DateTime": time},
         "GeoInfo": {"Coordinates": coordinates},
         "RainfallElement": {"Past10Min": {"Precipitation": value}}}
        for number, value in enumerate(values)
    ]  # fmt: skip
    content = json.dumps({"records": {"Station": stations}}).encode()
    return adapter("cwa_gauges").read(content, RECEIVED)


@pytest.mark.parametrize("time", [None, "", "null", "now", "99999999"])
def test_a_missing_time_is_never_now(time):
    result = gauges("1.0", time=time)
    assert result.readings.empty
    assert result.counts["rejected"] >= 1


@pytest.mark.parametrize("zero", [0, 0.0, "0", "0.0"])
def test_zero_is_a_value(zero):
    (row,) = gauges(zero).readings.query("property == 'rainfall_rate'").to_dict("records")
    assert (row["value"], row["flag"]) == (0.0, 1)


@pytest.mark.parametrize("missing", ["-999.00", "-99", -990, "", None])
def test_a_missing_value_is_never_zero(missing):
    (row,) = gauges(missing).readings.query("property == 'rainfall_rate'").to_dict("records")
    assert np.isnan(row["value"])
    assert row["flag"] == 9


def test_a_negative_value_is_not_made_zero():
    (row,) = gauges("-3").readings.query("property == 'rainfall_rate'").to_dict("records")
    assert row["value"] < 0
    assert row["flag"] == 4


@pytest.mark.parametrize("place", [None, [], {}, {"CoordinateName": "WGS84"}])
def test_a_station_without_a_place_gets_none_made_up(place):
    result = gauges("1.0", coordinates=place)
    assert len(result.readings) >= 1, "its reading counts all the same"
    assert not len(result.stations) or result.stations.geometry.is_empty.all()


@pytest.mark.parametrize("order", [[OLD, NEW], [NEW, OLD]])
def test_coordinates_are_chosen_by_name_and_never_by_place(order):
    point = gauges("1.0", coordinates=order).stations.geometry.iloc[0]
    assert (point.x, point.y) == (120.4284, 23.5517)


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 10) for k in range(9))
    + b"]><l>&j;</l>"
)
HOSTILE = {
    "billion laughs": LAUGHS,
    "a million elements": b"[" + b"1," * 999_999 + b"1]",
    "a million objects": b'{"records":{"Station":[' + b"{}," * 999_999 + b"{}]}}",
    "deep": b"[" * 200_000,
    "deep XML": b"<a>" * 100_000,
    "zeros": bytes(1_000_000),
    "huge number": b'[{"st_no":"a","datatime":1e400,"water_inner":' + b"9" * 5000 + b"}]",
    "nothing": b"",
}
FAMILIES = sorted({module.partition(":")[0]: name for name, module in ADAPTERS.items()}.values())


@pytest.mark.parametrize("source", FAMILIES)
def test_payloads_of_an_attacker_are_refused_or_empty(source):
    """D-16: XML billion laughs, 1e6-element JSON; bounded, and one clear error."""
    for name, content in HOSTILE.items():
        try:
            found = adapter(source).read(content, RECEIVED)
        except (InputError, csv.Error) as error:
            assert "\n" not in str(error), name
        else:
            assert not found.readings["value"].notna().any(), name


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_payload_is_kept_as_a_dead_letter_and_the_feed_goes_on(tmp_path, name):
    """D-16: adapter isolated."""
    desk = Desk(tmp_path / "feeds", ObservationStore(tmp_path / "store"))
    assert take(adapter("taoyuan_flood"), desk, HOSTILE[name], RECEIVED).outcome == "failed"
    letter = desk.raw.dead_letters("taoyuan_flood")[0]
    assert desk.raw.read(letter["sha256"]) == HOSTILE[name]
    good = (
        "<R><D><ID>1</ID><NAME>n</NAME><HEIGHT>7</HEIGHT>"
        "<DATA_TIME>2025/11/20 下午 07:50:00</DATA_TIME></D></R>"
    ).encode()
    assert take(adapter("taoyuan_flood"), desk, good, RECEIVED).kept == 1

"""Messages of own sensors: one reading or a batch, and never a time that was made up."""

import json

import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.sensor_messages import pack, read

RECEIVED = pd.Timestamp("2026-05-01T12:01Z")
ONE = {"station_id": "S1", "time": "2026-05-01T12:00:00Z", "property": "water_level"}
ONE |= {"value": 1.25, "unit": "m"}


def parse(message):
    return read(json.dumps(message).encode(), RECEIVED)


@pytest.mark.parametrize("message", [ONE, [ONE], {"readings": [ONE]}, {"sent": 1, "data": [ONE]}])
def test_one_reading_and_a_batch_read_the_same(message):
    [row] = parse(message).readings.to_dict("records")
    assert (row["station_id"], row["value"], row["flag"]) == ("S1", 1.25, 1)
    assert row["phenomenon_time"] == pd.Timestamp("2026-05-01T12:00Z")


def test_a_message_may_place_its_station():
    result = parse(ONE | {"longitude": 121.5, "latitude": 25.0, "name": "bridge"})
    assert list(result.stations["name"]) == ["bridge"]


@pytest.mark.parametrize(
    "changes", [{"time": ""}, {"time": None}, {"time": "2027-01-01T00:00:00Z"}]
)
def test_a_time_that_is_missing_or_to_come_is_rejected(changes):
    """D-07, D-08"""
    result = parse(ONE | changes)
    assert result.readings.empty
    assert result.counts["rejected"] == 1


def test_wet_or_dry_is_a_reading_too():
    [row] = parse(ONE | {"property": "is_wet", "value": 1, "unit": ""}).readings.to_dict("records")
    assert (row["property"], row["value"]) == ("is_wet", 1.0)


@pytest.mark.parametrize("content", [b"", b"\xff", b"1", b'"x"', b"{}", b"[1]", b'{"a": 1}'])
def test_what_is_no_reading_is_one_line(content):
    with pytest.raises(InputError) as error:
        read(content, RECEIVED)
    assert "\n" not in str(error.value)


def test_messages_that_were_joined_read_as_each_alone():
    other = ONE | {"station_id": "S2"}
    content = pack([json.dumps(ONE).encode(), b"\xff{", json.dumps([other, other]).encode()])
    result = read(content, RECEIVED)
    assert list(result.readings["station_id"]) == ["S1", "S2", "S2"]
    assert result.counts["reasons"] == {"unreadable message": 1}
    assert result.counts["read"] == result.counts["kept"] + result.counts["rejected"] == 4


@pytest.mark.parametrize("messages", [[b"{"], [b"[1]", b""], [json.dumps("\ud800").encode()]])
def test_messages_of_which_none_can_be_read_are_one_line(messages):
    with pytest.raises(InputError, match="none of") as error:
        read(pack(messages), RECEIVED)
    assert "\n" not in str(error.value)

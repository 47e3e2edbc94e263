"""No warning is good news, no answer is none."""

import json

import pandas as pd
import pytest

from twin.errors import InputError
from twin.feeds.official_warnings import in_force
from twin.feeds.wra_warnings import RAIN, WATER

RECEIVED = pd.Timestamp("2026-07-11T19:25Z")


@pytest.mark.parametrize(
    "content", [b'{"UpdataTime":null,"Data":[]}', b'{"UpdataTime":null,"Data":null}', b"[]"]
)
def test_no_data_means_no_warning(content):
    """D-12."""
    parsed = RAIN.read(content, RECEIVED)
    assert parsed.outcome == "empty"
    assert in_force(parsed.warnings, RECEIVED).empty


@pytest.mark.parametrize("content", [b"{}", b"", b"<html>busy</html>", b'{"UpdataTime":null}'])
def test_no_answer_is_no_good_news(content):
    """D-12."""
    with pytest.raises(InputError):
        RAIN.read(content, RECEIVED)


def test_the_warnings_of_the_agency_are_read(shared_data):
    """D-09: the first level is the most severe."""
    file = shared_data / "taiwan" / "payloads" / "wra_rainfall_warning.json"
    parsed = RAIN.read(file.read_bytes(), RECEIVED)
    assert parsed.counts["drift"] == []
    holding = in_force(parsed.warnings, RECEIVED).set_index("identifier")
    assert holding["level"].to_dict() == {"rain:C0M760": 1, "rain:01A170": 2}
    assert holding["severity"]["rain:C0M760"] == "Severe"
    assert holding["area"]["rain:C0M760"] == "民雄鄉雙福村、福樂村"
    assert in_force(parsed.warnings, RECEIVED + pd.Timedelta(minutes=30)).empty


def test_a_newer_answer_replaces_the_level_of_a_station():
    rows = [
        {"StationNo": "1", "Time": f"2026-07-12T03:{minute}:00", "WarningLevel": level}
        for minute, level in (("00", 2), ("10", 1))
    ]
    table = pd.concat([WATER.read(json.dumps([row]).encode(), RECEIVED).warnings for row in rows])
    assert in_force(table, RECEIVED)["level"].tolist() == [1]


def test_a_warning_of_the_future_or_without_a_time_is_left_out():
    """D-08."""
    rows = [{"StationNo": "1", "Time": time} for time in ("2027-07-12T03:00:00", None)]
    parsed = WATER.read(json.dumps(rows).encode(), RECEIVED)
    assert parsed.warnings.empty
    assert parsed.counts["reasons"] == {"unreadable time": 1, "time in the future": 1}


@pytest.mark.parametrize(
    ("sent", "level"), [(1, 1), ("1", 1), (1.0, 1), (" 1.0 ", 1), (0, 0), ("0", 0), (None, None)]
)
def test_a_level_is_the_same_in_every_form(sent, level):
    """D-09: 0 is a level too."""
    row = {"StationNo": "1", "Time": "2026-07-12T03:00:00", "WarningLevel": sent}
    (warning,) = RAIN.read(json.dumps([row]).encode(), RECEIVED).warnings.to_dict("records")
    assert pd.isna(warning["level"]) if level is None else warning["level"] == level
    assert warning["severity"] == ("Severe" if level == 1 else "Unknown")


def test_the_time_of_the_answer_is_known_in_both_spellings():
    for name in ("UpdataTime", "UpdateTime", "updatetime"):
        content = {name: "2026-07-12T03:20:00", "Data": [{"StationNo": "1", "WarningLevel": 1}]}
        assert len(RAIN.read(json.dumps(content).encode(), RECEIVED).warnings) == 1

"""The recipe in the package's own words works as it stands."""

import json
import textwrap

import numpy as np
import pandas as pd
import pytest

import twin.feeds
from twin.errors import InputError
from twin.feeds import registry
from twin.feeds.payload import LIST_NAMES, under

RECEIVED = pd.Timestamp("2026-07-12T10:00Z")


def wells(old="", new=""):
    """The module of the recipe, with one change."""
    text = twin.feeds.__doc__.split("`wells.py`::")[1].split("3. Add one line")[0]
    assert old in text
    module = {}
    exec(compile(textwrap.dedent(text.replace(old, new)), "wells.py", "exec"), module)
    return module


def test_the_adapter_of_the_recipe_reads_an_answer():
    module = wells()
    place = {"id": "w1", "lon": 4.9, "lat": 52.4}
    answer = [
        place | {"time": "2026-07-12T11:50:00", "level": "125"},
        place | {"time": "2026-07-12T11:40:00", "level": -99},
        place | {"time": None, "level": 125, "mood": "good"},
    ]
    parsed = module["ADAPTER"].read(json.dumps({"data": answer}).encode(), RECEIVED)
    np.testing.assert_allclose(parsed.readings["value"], [1.25, np.nan])
    assert parsed.readings["flag"].tolist() == [1, 9]
    assert parsed.readings["phenomenon_time"][0] == pd.Timestamp("2026-07-12T09:50Z")
    assert parsed.counts["reasons"] == {"unreadable time": 1}
    assert parsed.counts["drift"] == ["mood"]
    assert parsed.stations["station_id"].tolist() == ["w1"]


def test_the_recipe_names_the_lists_that_are_found_and_how_another_is_taken():
    said = twin.feeds.__doc__.lower()
    assert all(f"``{name}``" in said for name in LIST_NAMES if "_opendata" not in name)
    own = 'find_records(under(read_json(content, SPEC), "gauges"), SPEC)'
    assert own in twin.feeds.__doc__
    row = {"id": "w1", "lon": 4.9, "lat": 52.4, "time": "2026-07-12T11:50:00", "level": 125}
    content = json.dumps({"gauges": [row], "updated": "now"}).encode()
    with pytest.raises(InputError, match=r"but 'gauges, updated', expected .* payload\.under"):
        wells()["ADAPTER"].read(content, RECEIVED)
    taken = wells("find_records(read_json(content, SPEC), SPEC)", own)
    taken["under"] = under
    assert len(taken["ADAPTER"].read(content, RECEIVED).readings) == 1


def test_a_field_that_is_missing_is_one_line_that_names_it(tmp_path, monkeypatch):
    (tmp_path / "answer.json").write_text('{"data": [{"id": "w1"}]}')
    kept = wells()["ADAPTER"]
    strict = wells('record.get("lon")', 'record["pos"]["lon"]')["ADAPTER"]
    monkeypatch.setitem(registry.ADAPTERS, "wells", "wells")
    monkeypatch.setattr(registry, "adapter", lambda name: kept)
    parsed = registry.parse_file("wells", tmp_path / "answer.json", RECEIVED)
    assert parsed.counts["reasons"] == {"unreadable time": 1}
    monkeypatch.setattr(registry, "adapter", lambda name: strict)
    with pytest.raises(InputError, match=r"answer\.json: .*KeyError: 'pos'.*\.get\(\)") as caught:
        registry.parse_file("wells", tmp_path / "answer.json", RECEIVED)
    assert "\n" not in str(caught.value)
    assert "fault of Floodtwin" not in str(caught.value)

"""The recipe in the package's own words works as it stands."""

import json
import textwrap

import numpy as np
import pandas as pd
import pytest

import twin.feeds
from twin.errors import InputError
from twin.feeds import registry
from twin.feeds.payload import LIST_NAMES, as_list, lower_keys, under
from twin.feeds.table_files import adapter_from

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


def test_a_list_of_sensors_in_a_record_is_read_as_the_recipe_says():
    line = 'sensors = [lower_keys(sensor) for sensor in as_list(record.get("sensors"))]'
    assert line in twin.feeds.__doc__
    scope = {"as_list": as_list, "lower_keys": lower_keys}
    scope["record"] = {"sensors": {"Type": "level"}}  # of one, as converters from XML write it
    exec(line, scope)
    assert scope["sensors"] == [{"type": "level"}]


@pytest.mark.parametrize(
    ("changes", "time", "value"),
    [
        ("decimal_comma=True", "12.07.2026 11:50", "1.250,5"),
        ('time_format="%m/%d/%Y %I:%M %p"', "07/12/2026 11:50 AM", 1250.5),
    ],
)
def test_numbers_and_times_of_a_country_are_named_in_the_contract(changes, time, value):
    module = wells('    evidence="payload",\n', f'    evidence="payload",\n           {changes},\n')
    row = {"id": "w1", "time": time, "level": value}
    (read,) = module["ADAPTER"].read(json.dumps([row]).encode(), RECEIVED).readings.itertuples()
    assert (read.value, read.flag) == (pytest.approx(12.505), 1)
    assert read.phenomenon_time == pd.Timestamp("2026-07-12T09:50Z")
    parsed = wells()["ADAPTER"].read(json.dumps([row]).encode(), RECEIVED)
    assert parsed.readings.empty  # neither is guessed


def test_the_table_of_the_documentation_is_read_as_it_stands(tmp_path):
    block = adapter_from.__doc__.split("``feeds.toml``::")[1]
    (tmp_path / "harbour.toml").write_text(textwrap.dedent(block))
    table = "Station;Datum;Uhrzeit;Pegel;Regen\nP-01;12.07.2026;11:50;1.250,5;k.A.\n"
    parsed = adapter_from(tmp_path / "harbour.toml").read(table.encode(), RECEIVED)
    assert parsed.readings["value"].tolist()[0] == pytest.approx(12.505)
    assert parsed.readings["flag"].tolist() == [1, 9]
    assert set(parsed.readings["phenomenon_time"]) == {pd.Timestamp("2026-07-12T09:50Z")}

"""The states of many objects: lists, tables to download, an object over its runs, settings."""

import io

import geopandas as gpd
import islet
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from islet import record, value

from service.web.api import create_app
from service.web.clock import Clock

CITY = f"/api/cities/{islet.CITY}"
NOW = islet.at(15)


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The town; tests only read it."""
    data = tmp_path_factory.mktemp("islet")
    islet.build(data)
    return TestClient(create_app(data, clock=Clock(NOW)))


def test_the_states_of_all_objects_are_a_table_for_other_programs(api):
    """TW-1: the same numbers as in the records, as CSV, GeoJSON and Parquet."""
    asked = {"class": "building", "at": islet.at(30)}
    answer = api.get(f"{CITY}/objects/states", params=asked)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["x-floodtwin-exercise"] == "true"
    table = pd.read_csv(io.BytesIO(answer.content)).set_index("id")
    assert list(table.index) == ["west", "wet", "east", "outside"]
    found = record(api, "building", "wet", at=islet.at(30))
    deepest = value(found, "max_depth", "forecast")
    row = table.loc["wet"]
    assert (row["max_depth_p10_m"], row["max_depth_m"]) == (deepest["p10"], deepest["value"])
    assert row["time"] == islet.at(30)
    assert row["damage"] == pytest.approx(value(found, "damage", "forecast")["value"], rel=1e-3)
    assert row["people_exposed"] == value(found, "people_exposed", "forecast")["value"]
    assert row["hazard_class"] == value(found, "hazard_class", "forecast")["value"]
    assert (row["twin_level"], row["kind"], row["damage_unit"]) == ("L3", "forecast", "m2")
    assert table.loc["outside", ["max_depth_m", "people_exposed", "damage"]].isna().all()
    features = api.get(f"{CITY}/objects/states", params={**asked, "format": "geojson"}).json()
    assert features["features"][1]["properties"]["max_depth_m"] == pytest.approx(0.6)
    packed = api.get(f"{CITY}/objects/states", params={"class": "road", "format": "parquet"})
    roads = gpd.read_parquet(io.BytesIO(packed.content))
    assert roads.crs.to_epsg() == 4326
    assert roads["passable_car"].tolist()[1] == 1.0  # the bridge


def test_from_a_district_down_to_what_lies_in_it(api):
    """CD-5: from the district to its objects, and from an object up to its district."""
    asked = {"class": "building", "district": "Islet", "at": islet.at(30)}
    answer = api.get(f"{CITY}/objects/states", params=asked)
    table = pd.read_csv(io.BytesIO(answer.content)).set_index("id")
    assert set(table["district"]) == {"Islet"}
    district = record(api, "district", "d", at=islet.at(30))
    wet = value(district, "buildings_flooded_over_run", "forecast")["value"]
    assert (table["max_depth_m"] > 0.1).sum() == wet == 1
    loss = value(district, "damage_over_run", "forecast")
    assert table["damage"].sum() == pytest.approx(loss["value"], rel=1e-3)
    assert table["damage_low"].sum() == pytest.approx(loss["p10"], rel=1e-3)
    assert record(api, "building", "wet")["district"] == "Islet"


def test_an_object_is_followed_over_its_runs(api):
    found = api.get(f"{CITY}/objects/building/wet/runs").json()
    assert [run["kind"] for run in found["runs"]] == ["forecast", "simulate"]
    forecast, simulated = found["runs"]
    assert (forecast["p10"], forecast["max_depth"], forecast["p90"]) == (0.3, 0.6, 1.2)
    assert (simulated["p10"], simulated["max_depth"], simulated["twin_level"]) == (None, 0.6, "L1")
    outside = api.get(f"{CITY}/objects/building/outside/runs").json()["runs"][0]
    assert outside["max_depth"] is None
    assert outside["reason"]


def test_pumps_and_gates_tell_their_settings_and_whether_they_run(api):
    pump = record(api, "pump", "p")
    assert (pump["attributes"]["capacity"], pump["attributes"]["start_level"]) == (2.0, 3.0)
    state = value(pump, "pump_state", "observed")
    assert (state["value"], state["meaning"], state["station"]) == (1.0, "runs", "P1")
    assert value(pump, "max_depth", "forecast")["value"] == 0.0
    gate = value(record(api, "gate", "g"), "gate_state", "observed")
    assert gate["value"] is None
    assert gate["reason"] == "no sensor of gate_state within 100 m"


def test_a_drain_tells_what_it_carries_full(api):
    """X-01: 1.072 m3/s with 1 m at 2 per mille."""
    assert record(api, "drain", "full")["attributes"]["full_flow_m3_s"] == pytest.approx(
        1.072, abs=5e-4
    )
    assert record(api, "drain", "odd")["attributes"]["full_flow_m3_s"] is None


def test_a_long_list_is_given_in_parts_and_says_how_much_there_is(api):
    def ids(**more):
        answer = api.get(f"{CITY}/objects", params={"class": "building", **more}).json()
        assert answer["total"] == 4
        assert answer["count"] == len(answer["objects"])
        return [entry["id"] for entry in answer["objects"]]

    assert ids() == ["west", "wet", "east", "outside"]
    assert ids(offset=1, limit=2) == ["wet", "east"]
    assert ids(offset=9) == []


def test_shares_of_people_add_up_and_no_name_is_a_formula(tmp_path, monkeypatch):
    """Five houses of 0.6 people are three people; a spreadsheet computes no name of a building."""
    plain = islet._layers

    def odd(with_roads):
        layers = plain(with_roads)
        rows = {"building_id": ["=1+1", *"bcde"], "occupants": 0.6, "height": 6.0}
        shapes = [islet._house(22, row) for row in (2, 5, 11, 17, 26)]
        return layers | {"buildings": islet._frame(rows, shapes)}

    monkeypatch.setattr(islet, "_layers", odd)
    islet.build(tmp_path)
    api = TestClient(create_app(tmp_path, clock=Clock(NOW)))
    plan = api.get(f"{CITY}/shelters", params={"step": 0, "percentile": "p50"}).json()
    assert plan["evacuees"] == plan["assigned"] + plan["left"] == 3
    text = api.get(f"{CITY}/objects/states").text
    assert "'=1+1," in text
    assert "\n=1+1" not in text

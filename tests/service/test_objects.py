"""What the service says of objects, sensors, roads, ways and shelters."""

import json

import islet
import pytest
from fastapi.testclient import TestClient
from islet import record, value

from service.web.api import create_app
from service.web.clock import Clock
from twin.grid import Grid
from twin.observations.store import ObservationStore

CITY = f"/api/cities/{islet.CITY}"
NOW = islet.at(15)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Data folder of the town; tests only read it."""
    data = tmp_path_factory.mktemp("islet")
    islet.build(data)
    return data


@pytest.fixture(scope="module")
def odd_runs(tmp_path_factory):
    """Data folder of the town with runs that are odd, and their ids."""
    data = tmp_path_factory.mktemp("odd")
    islet.build(data)
    smaller = Grid(islet.GRID.x0, islet.GRID.y0, 10.0, 60, 20, islet.GRID.crs)
    odd = {"slow": {"with_speed": False}, "small": {"grid": smaller}, "old": {"version": "0" * 16}}
    city = islet.town(data)
    runs = {name: islet.publish(data, city, "simulate", **more) for name, more in odd.items()}
    return TestClient(create_app(data, clock=Clock(NOW))), runs


@pytest.fixture(scope="module")
def api(town):
    return TestClient(create_app(town, clock=Clock(NOW)))


def test_every_value_is_known_or_says_why_not(api):
    """TW-4: what is known carries its twin level, and what is not known carries none."""
    for kind in ("building", "road", "spot", "shelter", "district", "place", "pump", "gate"):
        listed = api.get(f"{CITY}/objects", params={"class": kind}).json()
        assert listed["count"] == len(listed["objects"]) > 0
        for entry in listed["objects"]:
            for one in record(api, kind, entry["id"])["values"]:
                assert one["value"] is not None or one["reason"], one
                level = {"observed": "L2", "simulated": "L1", "forecast": "L3"}[one["kind"]]
                assert one["twin_level"] == (level if one["value"] is not None else "")
                assert one["confidence"] is None or 0 <= one["confidence"] <= 1


def test_a_building_tells_what_is_observed_simulated_and_forecast(api):
    found = record(api, "building", "wet", at=islet.at(30))
    assert value(found, "water_depth", "simulated")["value"] == pytest.approx(0.3, abs=1e-3)
    deepest = value(found, "max_depth", "forecast")
    assert (deepest["p10"], deepest["value"], deepest["p90"]) == pytest.approx((0.3, 0.6, 1.2))
    assert deepest["time"] == islet.at(60)
    assert deepest["confidence"] == pytest.approx(1 / (1 + 0.9 / 0.6))
    assert value(found, "max_depth", "simulated")["confidence"] is None
    assert value(found, "arrival", "forecast")["time"] == islet.at(10)
    assert value(found, "probability", "forecast")["value"] == pytest.approx(0.6)
    assert value(found, "people_exposed", "forecast")["value"] == 20
    cost = value(found, "damage_degree", "forecast")
    assert 0 < cost["p10"] < cost["value"] < cost["p90"] < 1
    assert {run["kind"] for run in found["runs"]} == {"forecast", "simulate"}


def test_the_row_of_a_tile_finds_the_same_building(api):
    assert record(api, "building", "row:1")["id"] == "wet"


def test_histories_carry_their_times_and_sources(api):
    found = record(api, "building", "wet")
    course = next(h for h in found["history"] if h["kind"] == "simulated")
    assert course["times"][0] == islet.at(0)
    assert course["values"] == pytest.approx([0.1 * k for k in range(7)], abs=1e-3)
    observed = next(h for h in found["history"] if h["kind"] == "observed")
    assert (observed["values"], observed["source"]) == ([0.02, 0.12], "D1")


def test_a_building_outside_of_the_city_is_unknown_and_not_dry(api):
    found = record(api, "building", "outside", at=islet.at(30))
    for kind in ("simulated", "forecast"):
        now = value(found, "water_depth", kind)
        assert now["value"] is None
        assert "no ground" in now["reason"]
        assert value(found, "max_depth", kind)["value"] is None
    assert all(v is None for h in found["history"] for v in h["values"] if h["kind"] != "observed")


def test_a_fresh_reading_of_its_own_sensor_is_told_as_such(api):
    depth = value(record(api, "building", "wet"), "water_depth", "observed")
    assert (depth["value"], depth["station"], depth["stale"]) == (0.12, "D1", False)
    assert depth["age_minutes"] == pytest.approx(5.0, abs=0.5)
    assert depth["confidence"] > 0.9


def test_water_at_a_sensor_farther_away_is_not_called_the_depth_of_the_building(api):
    found = record(api, "building", "west")
    near = value(found, "water_depth_nearby", "observed")
    assert near["distance"] > 100
    assert near["confidence"] < 0.7
    assert "m away" in near["meaning"]


def test_nothing_stale_is_shown_as_fresh(town):
    late = TestClient(create_app(town, clock=Clock("2026-11-21T12:00:00Z")))
    depth = value(record(late, "building", "wet"), "water_depth", "observed")
    assert depth["stale"] is True
    assert depth["age_minutes"] > 23 * 60
    assert depth["confidence"] == 0
    assert all(run["stale"] for run in record(late, "building", "wet")["runs"][:1])
    assert "covers" in value(record(late, "building", "wet"), "water_depth", "forecast")["reason"]
    sensors = late.get(f"{CITY}/sensors").json()["features"]
    assert all(feature["properties"]["stale"] for feature in sensors)


def test_a_failed_reading_has_no_confidence(api):
    sensors = {
        f["properties"]["station_id"]: f["properties"]
        for f in api.get(f"{CITY}/sensors").json()["features"]
    }
    assert sensors["D2"]["flag"] == 4
    # its house is told by a sensor that works, though that is farther away
    found = value(record(api, "building", "east"), "water_depth_nearby", "observed")
    assert found["station"] == "D1"


@pytest.fixture
def agency(tmp_path):
    """The town, with depths above which an agency alerts."""
    islet.build(tmp_path)
    stations = islet.town(tmp_path).layer("sensors")
    levels = {"D1": (0.3, 0.1), "D2": (0.3, 0.1)}
    stations["alert_levels"] = [levels.get(name, ()) for name in stations["station_id"]]
    stations["district"] = ""
    ObservationStore(tmp_path / "stores" / islet.CITY).add_stations(stations, "agency")
    return tmp_path


def test_a_reading_above_an_alert_level_says_so_only_where_it_is_sure(agency):
    def level(now, name):
        api = TestClient(create_app(agency, clock=Clock(now)))
        found = api.get(f"{CITY}/sensors").json()["features"]
        one = next(f["properties"] for f in found if f["properties"]["station_id"] == name)
        return one["alert_levels"], one["alert_level"]

    assert level(NOW, "D1") == ([0.3, 0.1], 2)
    assert level(NOW, "D2") == ([0.3, 0.1], 0)  # quality control rejected what it sent
    assert level(NOW, "D3") == ([], 0)
    assert level("2026-11-21T12:00:00Z", "D1") == ([0.3, 0.1], 0)  # a day old


def test_playback_shows_what_was_known_then(town):
    """CD-4: a reading that came late is not there before it came."""
    after = TestClient(create_app(town, clock=Clock(islet.at(60))))

    def rain(moment):
        features = after.get(f"{CITY}/sensors", params={"at": moment}).json()["features"]
        return next(f["properties"] for f in features if f["properties"]["station_id"] == "G1")

    assert rain(islet.at(20))["value"] == pytest.approx(1e-5)
    assert rain(islet.at(20))["age_minutes"] == pytest.approx(20.0)
    assert rain(islet.at(51))["value"] == pytest.approx(3e-5)
    assert rain("2026-11-20T11:00:00Z")["value"] is None


def test_access_is_cut_when_the_water_is_too_deep_for_a_car(api):
    dry = record(api, "building", "east", at=islet.at(0))["access"]
    assert dry["cut"] is False
    wet = record(api, "building", "wet", at=islet.at(60))["access"]
    assert wet["cut"] is True
    assert wet["vehicles"]["ambulance"]["goal"] == "hospital"
    assert wet["vehicles"]["car"]["cut_from"]


def test_roads_are_closed_by_vehicle_and_the_bridge_stays_open(api):
    """X-03."""
    url = f"{CITY}/runs/latest/roads"
    by_step = [api.get(url, params={"step": s, "percentile": "p50"}).json() for s in range(7)]
    assert [answer["passable"][0] for answer in by_step] == [1, 1, 1, 0, 0, 0, 0]
    assert all(answer["passable"][1] == 1 for answer in by_step)
    engine = api.get(url, params={"step": 6, "vehicle": "fire_engine", "percentile": "p50"}).json()
    assert engine["passable"][0] == 1
    cautious = api.get(url, params={"step": 2, "percentile": "p90"}).json()
    assert cautious["passable"][0] == 0


def test_a_way_goes_over_the_bridge_when_the_street_is_under_water(api):
    """X-03: the bridge is exempt, and the depth at the time of passage counts."""

    def way(minutes):
        asked = {
            "from": islet.lonlat(5, 8), "to": islet.lonlat(45, 8), "depart": islet.at(minutes),
            "percentile": "p50",
        }  # fmt: skip
        return api.get(f"{CITY}/routes", params=asked).json()["features"][0]["properties"]

    straight, round_about = way(0), way(40)
    assert straight["reached"]
    assert [leg["name"] for leg in straight["legs"]] == ["Main Street"] * len(straight["legs"])
    assert "High Bridge" in [leg["name"] for leg in round_about["legs"]]
    assert round_about["length_m"] > straight["length_m"] + 200
    assert round_about["deepest_m"] == 0


def test_why_no_way_leads_there_is_said(api):
    asked = {"from": islet.lonlat(22, 8), "to": islet.lonlat(45, 8), "depart": islet.at(50)}
    answer = api.get(f"{CITY}/routes", params=asked).json()["features"][0]
    assert answer["geometry"] is None
    assert answer["properties"]["reached"] is False
    assert "deep at departure" in answer["properties"]["reason"]


def test_shelters_in_water_take_nobody_capacity_holds_and_the_rest_are_told(api):
    """X-05."""
    plan = api.get(f"{CITY}/shelters", params={"step": 0, "percentile": "p50"}).json()
    state = {shelter["id"]: shelter for shelter in plan["shelters"]}
    assert state["flooded"]["state"] == "flooded"
    assert state["flooded"]["assigned"] == 0
    assert state["void"]["state"] == "depth unknown"  # no ground: it is not called dry
    assert (state["void"]["assigned"], state["void"]["depth"]) == (0, None)
    assert state["dry"]["state"] == "open"
    assert state["dry"]["assigned"] == state["dry"]["capacity"] == 15
    assert (plan["evacuees"], plan["assigned"], plan["left"]) == (20, 15, 5)
    assert plan["left_because"] == {"the shelters that can be reached are full": 5}
    assert state["dry"]["open_steps"] == [True] * 7


def test_answers_that_tell_their_age_are_never_kept(api):
    run = api.get(f"{CITY}/runs/latest").json()["run_id"]
    for path in (f"runs/{run}/roads", f"shelters?run={run}", f"objects/building/wet?run={run}"):
        assert api.get(f"{CITY}/{path}").headers["cache-control"] == "no-store"


def test_the_nearest_open_shelter_is_found(api):
    asked = {"from": islet.lonlat(5, 6), "vehicle": "pedestrian", "depart": islet.at(0)}
    ways = api.get(f"{CITY}/routes", params=asked).json()["features"]
    assert [way["properties"]["shelter"] for way in ways] == ["dry"]
    assert ways[0]["properties"]["reached"]


def test_a_city_without_roads_says_so(tmp_path):
    islet.build(tmp_path, with_roads=False)
    api = TestClient(create_app(tmp_path, clock=Clock(NOW)))
    access = record(api, "building", "wet")["access"]
    assert access["cut"] is None
    assert access["reason"] == "the city has no roads"
    for route in ("runs/latest/roads", "shelters", "routes?from=120,23&to=120,23"):
        answer = api.get(f"{CITY}/{route}")
        assert answer.status_code == 404
        assert "has no roads" in answer.json()["error"]


def test_a_run_without_speed_has_no_hazard_class_and_says_why(odd_runs):
    api, runs = odd_runs
    found = record(api, "building", "wet", run=runs["slow"])
    hazard = value(found, "hazard_class", "simulated")
    assert hazard["value"] is None
    assert hazard["reason"] == "the run keeps no speed"


def test_a_run_of_another_grid_says_nothing_of_the_objects(odd_runs):
    api, runs = odd_runs
    depth = value(record(api, "building", "wet", run=runs["small"]), "water_depth", "simulated")
    assert depth["value"] is None
    assert "cells" in depth["reason"]
    assert api.get(f"{CITY}/runs/{runs['small']}/roads").status_code == 422


def test_a_run_of_another_version_is_read_by_its_cells_and_not_by_its_rows(odd_runs):
    api, runs = odd_runs
    found = record(api, "building", "wet", run=runs["old"], at=islet.at(60))
    assert value(found, "water_depth", "simulated")["value"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("objects?class=ship", 422, "class is 'ship'"),
        ("objects/building/nothing", 404, "no building 'nothing'"),
        ("objects/building/row:99", 404, "row:99"),
        ("objects/building/row:-1", 404, "row:-1"),
        ("objects/ship/1", 422, "class is 'ship'"),
        ("objects/building/wet?at=yesterday", 422, "time 'yesterday'"),
        ("objects/building/wet?run=nothing", 404, "no run 'nothing'"),
        ("objects/states?class=ship", 422, "class is 'ship'"),
        ("objects/states?class=district", 422, "product of each run"),
        ("objects/states?district=Nowhere", 404, "expected one of Islet"),
        ("objects/states?format=xml", 422, "format is 'xml'"),
        ("objects/building/nothing/runs", 404, "no building 'nothing'"),
        ("sensors?at=9999-01-01", 422, "out of range"),
        ("runs/latest/roads?vehicle=tank", 422, "vehicle is 'tank'"),
        ("runs/latest/roads?step=99", 404, "no step 99"),
        ("routes?to=1,1", 422, "from is"),
        ("routes?from=1;1&to=1,1", 422, "expected lon,lat"),
        ("routes?from=nan,1&to=1,1", 422, "expected lon,lat"),
        ("routes?from=1,1&to=1,1&depart=2020-01-01", 422, "expected one from"),
        ("routes?from=1,1&to=1,1&percentile=p1", 422, "expected one of p50"),
        ("shelters?step=99", 404, "no step 99"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(api, path, status, says):
    answer = api.get(f"{CITY}/{path}")
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert "\n" not in json.dumps(answer.json()["error"])


def test_an_exercise_never_sees_a_reading_that_is_still_to_come(town):
    """The store holds readings until 12:50; the clock reads 12:05, and the page asks further."""
    early = TestClient(create_app(town, clock=Clock(islet.at(5))))
    for asked in ({}, {"at": islet.at(5)}, {"at": islet.at(40)}, {"at": "2027-01-01T00:00:00Z"}):
        answer = early.get(f"{CITY}/sensors", params=asked).json()
        assert answer["at"] <= islet.at(6)
        times = [f["properties"][name] for f in answer["features"] for name in ("time", "received")]
        assert max(time for time in times if time) == islet.at(1)
        found = record(early, "building", "wet", **asked)
        depth = value(found, "water_depth", "observed")
        assert (depth["value"], depth["time"], depth["stale"]) == (0.02, islet.at(0), False)
        course = next(h for h in found["history"] if h["kind"] == "observed")
        assert course["times"] == [islet.at(0)]
    # while what is forecast for a moment to come is told
    ahead = value(record(early, "building", "wet", at=islet.at(40)), "water_depth", "forecast")
    assert ahead["time"] == islet.at(40)

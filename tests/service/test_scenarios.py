"""A scenario runs against its baseline, apart from live runs: signs, conservation, pages, routes.

TW-11, PS-1, PS-2, PS-3.
"""

import json

import numpy as np
import pytest
import rasterio
from fastapi.testclient import TestClient

from service import engine
from service.cli import main
from service.runs import RunStore
from service.scenarios.report import scenario_text
from service.web.api import create_app
from service.web.run_fields import raster_fields
from tests.twin.planned_town import EAST, SOUTH, build_town, town_layers
from tests.twin.test_scenario import LAWN, hashes

POND = f"""
title = "A pond on the lawn"
rain = "design:60mm/1h"
hours = 1.0
[[edit]]
kind = "pond"
name = "hollow"
polygon = {LAWN}
depth = 2.0
"""
STREET = """
title = "A street that lets water through"
rain = "design:60mm/1h"
hours = 1.0
[[edit]]
kind = "permeability"
object = "roads:r1"
imperviousness = 0.0
infiltration_mm_h = 100
surface = "permeable_paving"
"""
LEVEE = f"""
title = "A levee across the slope"
rain = "design:60mm/1h"
hours = 1.0
heat = false
[[edit]]
kind = "levee"
line = [[{EAST - 100}, {SOUTH}], [{EAST - 100}, {SOUTH + 250}]]
height = 2.0
"""
BOXES = "flooded_area_m2", "people_0_3_m", "buildings_flooded", "damage"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Data folder with the town, one live run and three scenarios; and what their verb said."""
    folder = tmp_path_factory.mktemp("data")
    town = folder / "cities" / "town"
    build_town(town)
    engine.simulate(city=town, rain="design:60mm/1h", hours=0.2, quiet=True)
    paths = []
    for name, text in {"pond": POND, "street": STREET, "levee": LEVEE}.items():
        paths.append(folder / f"{name}.toml")
        paths[-1].write_text(text)
    before = hashes(town)
    answer = engine.scenario(scenarios=paths, base=town, quiet=True)
    assert hashes(town) == before
    return folder, {summary["name"]: summary for summary in answer["scenarios"]}, answer


@pytest.fixture(scope="module")
def api(data):
    return TestClient(create_app(data[0]))


def ledger(summary, name):
    return summary["ledger"]["scenario"][name] - summary["ledger"]["base"][name]


def test_a_pond_keeps_water_and_lowers_the_flood_around_it(data):
    """PS-2: what the pond holds is missing elsewhere; nothing is lost or made."""
    folder, summaries, _ = data
    pond = summaries["pond"]
    with rasterio.open(folder / "scenarios/town/pond/difference.tif") as raster:
        change = raster.read(raster.descriptions.index("depth_change") + 1)
        base = raster.read(raster.descriptions.index("max_depth_base") + 1)
    inside = np.nan_to_num(change) > 0.3
    outside = np.nansum(np.where(inside, 0, change))
    assert inside.sum() >= 40
    assert outside < 0
    assert np.nanmax(base) > 0.05
    assert pond["volumes"][0]["cut_m3"] == pytest.approx(48 * 25 * 2, rel=1e-4)
    for side in ("base", "scenario"):
        assert abs(pond["ledger"][side]["relative_error"]) < 1e-4


def test_a_permeable_street_takes_more_in_and_leaves_less_to_stand(data):
    """PS-3: its water and its heat, both in one table."""
    street = data[1]["street"]
    assert ledger(street, "rain") == pytest.approx(0, abs=1e-6)
    assert ledger(street, "infiltration") > 0
    assert ledger(street, "stored") < 0
    budget = [
        ledger(street, "infiltration") + ledger(street, "drained") + ledger(street, "outflow"),
        -ledger(street, "stored"),
    ]
    assert budget[0] == pytest.approx(budget[1], rel=0.01)
    assert street["headline"]["flooded_area_m2"]["difference"] <= 0
    edited = street["heat"]["edited"]
    assert edited["surface_temperature_c"]["difference"] < -1
    assert edited["shadow_hours"]["difference"] == 0


def test_a_levee_holds_water_back(data):
    folder, summaries, _ = data
    with rasterio.open(folder / "scenarios/town/levee/difference.tif") as raster:
        change = raster.read(raster.descriptions.index("depth_change") + 1)
    assert np.nanmean(change[5:-5, 36:39]) > 0  # above the levee, in the west
    assert np.nanmean(change[5:-5, 41:44]) < 0
    assert summaries["levee"]["heat"] is None


def test_the_baseline_runs_once_and_again_only_when_something_changed(data):
    folder, summaries, _ = data
    bases = {summary["base_run"] for summary in summaries.values()}
    assert len(bases) == 1
    store = RunStore(folder / "scenarios/town/runs")
    count = len(store.list())
    assert count == 4
    again = engine.scenario(
        scenarios=[folder / "pond.toml"], base=folder / "cities/town", quiet=True
    )
    assert again["scenarios"][0]["run"] == summaries["pond"]["run"]
    assert again["side_by_side"] is None
    assert len(store.list()) == count


def test_no_run_of_a_scenario_is_ever_live(data, api):
    """TW-11: neither listed, nor latest, nor current; found by its own id only."""
    folder, summaries, _ = data
    live = RunStore(folder / "runs/town")
    ids = {run.run_id for run in live.list()}
    apart = {summaries["pond"]["run"], summaries["pond"]["base_run"]}
    assert len(ids) == 1
    assert not ids & apart
    assert live.open("latest").run_id in ids
    listed = {run["run_id"] for run in api.get("/api/cities/town/runs").json()}
    assert listed == ids
    latest = api.get("/api/cities/town/runs/latest").json()
    assert latest["kind"] == "simulate"
    for run in apart:
        found = api.get(f"/api/cities/town/runs/{run}").json()
        assert found["kind"] in ("baseline", "scenario")
        assert found["freshness"] == "scenario"
        assert api.get(f"/api/cities/town/runs/{run}/frames").status_code == 200


def test_the_base_of_a_scenario_is_called_as_today(data, api):
    _, summaries, _ = data
    titles = [
        api.get(f"/api/cities/town/runs/{summaries['pond'][key]}").json()["title"]
        for key in ("base_run", "run")
    ]
    assert titles == ["as today", "A pond on the lawn"]
    latest = api.get("/api/cities/town/runs/latest").json()
    assert latest["title"] is None
    assert latest["conditions"]["rain"] == "design:60mm/1h"
    assert latest["conditions"]["edges"] == "closed"
    assert latest["conditions"]["infiltration_mm_h"] == pytest.approx(5)


def test_the_terminal_names_the_edits_the_report_and_the_page(data, tmp_path):
    folder, summaries, answer = data
    told = scenario_text(answer).splitlines()
    assert "  1. hollow: 2,400 m³ dug" in "\n".join(told)
    assert "  1. crest at 2 m above the ground along 250 m" in told  # its author gave no name
    assert f"  report  {summaries['pond']['folder']}/index.html" in told
    page = f'floodtwin serve --data {folder} compares base and scenario: 3D view, "Compare with"'
    assert told[-1] == f"page  {page}"
    report = (folder / "scenarios/town/pond/index.html").read_text()
    assert "<td>1. hollow: 2,400 m³ dug" in report
    elsewhere = engine.scenario(
        scenarios=[folder / "pond.toml"], base=folder / "cities/town", rain="1", hours=0.02,
        out=tmp_path / "out", quiet=True,
    )  # fmt: skip
    assert elsewhere["page"] is None  # the service would not find it
    assert "serve" not in scenario_text(elsewhere)


def test_a_scenario_is_served_with_its_tables_pictures_and_report(data, api):
    found = api.get("/api/cities/town/scenarios").json()
    assert {row["name"] for row in found} == {"pond", "street", "levee"}
    assert {row["twin_level"] for row in found} == {"L1"}
    detail = api.get("/api/cities/town/scenarios/pond").json()
    assert [row["district"] for row in detail["districts"]] == ["West End", "East End"]
    assert detail["districts"][0]["district_zh"] == "西區"
    for row in detail["districts"]:
        for value in row.values():
            if isinstance(value, dict) and value["difference"] is not None:
                assert value["scenario"] - value["base"] == pytest.approx(value["difference"])
    place = detail["places"]["features"][0]
    assert place["properties"]["name"] == "hollow"
    assert 119 < place["geometry"]["coordinates"][0][0][0] < 122
    picture = api.get(detail["difference"]["url"])
    assert picture.headers["content-type"] == "image/png"
    assert len(detail["difference"]["corners"]) == 4
    report = api.get(detail["report"])
    assert "A pond on the lawn" in report.text
    assert "default-src 'none'" in report.headers["content-security-policy"]
    assert "http" not in report.text.replace("http-equiv", "")
    assert api.get(detail["heat_difference"]["url"]).status_code == 200


def test_two_runs_are_compared_by_their_ids(data, api):
    pond = data[1]["pond"]
    ask = {"base": pond["base_run"], "other": pond["run"]}
    found = api.get("/api/cities/town/compare", params=ask).json()
    assert found["people"].keys() == {"0.1", "0.3", "0.5"}
    # the pond holds water, and that is no flood here either
    assert found["headline"] == pond["headline"]
    assert found["damage"]["source"].startswith("JRC")
    assert api.get(found["difference"]["url"]).headers["content-type"] == "image/png"
    same = api.get(
        "/api/cities/town/compare", params={"base": pond["run"], "other": pond["run"]}
    ).json()
    assert all(same["headline"][key]["difference"] == 0 for key in BOXES)
    assert same["hotspots"]["gained"] == same["hotspots"]["lost"] == []


@pytest.mark.parametrize(
    "path", ["scenarios/none", "scenarios/..%2F..", "scenarios/runs", "scenarios/pond/summary.png",
             "compare?base=latest&other=none"],
)  # fmt: skip
def test_what_is_not_there_is_missing(api, path):
    answer = api.get(f"/api/cities/town/{path}")
    assert answer.status_code == 404
    assert "\n" not in answer.json()["error"]


def test_files_for_other_programs_carry_bands_tags_and_columns(data):
    folder = data[0] / "scenarios/town/street"
    with rasterio.open(folder / "difference.tif") as raster:
        assert raster.tags()["twin_level"] == "L1"
        assert "surface_temperature_change" in raster.descriptions
        assert raster.crs.to_epsg() == 3826
    head = (folder / "districts.csv").read_text().splitlines()[0]
    assert {"district", "flooded_area_m2_base", "damage_difference"} <= set(head.split(","))
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["heat"]["limits"]
    assert raster_fields(RunStore(data[0] / "scenarios/town/runs").open(summary["run"]))


def test_scenarios_stand_side_by_side(data):
    page = data[2]["side_by_side"]
    text = (data[0] / "scenarios/town/side_by_side.html").read_text()
    assert page.endswith("side_by_side.html")
    for name in ("pond", "street", "levee"):
        assert f'href="{name}/index.html"' in text
    assert text.count("<img") == 5  # the levee has no heat
    rows = json.loads((data[0] / "scenarios/town/side_by_side.json").read_text())
    assert [row["name"] for row in rows] == ["pond", "street", "levee"]


def test_a_changed_storm_needs_no_edit(data, tmp_path):
    """The design's other half: a changed storm against a baseline."""
    path = tmp_path / "wetter.toml"
    path.write_text('base_rain = "design:60mm/1h"\nrain = "design:90mm/1h"\nhours = 1.0\n')
    found = engine.scenario(scenarios=[path], base=data[0] / "cities/town", out=tmp_path / "out",
                            quiet=True)["scenarios"][0]  # fmt: skip
    assert ledger(found, "rain") == pytest.approx(0.5 * found["ledger"]["base"]["rain"], rel=1e-3)
    assert found["headline"]["flooded_area_m2"]["difference"] > 0


def test_a_scenario_without_effect_says_so(data, tmp_path):
    path = tmp_path / "idle.toml"
    pump = '[[edit]]\nkind = "pump"\nobject = "pump_stations:p1"\ncapacity = 0\n'
    path.write_text(f"rain = 20\nhours = 0.1\nheat = false\n{pump}")
    found = engine.scenario(scenarios=[path], base=data[0] / "cities/town", out=tmp_path / "out",
                            quiet=True)["scenarios"][0]  # fmt: skip
    assert any(note.startswith("no depth changes by 0.01 m") for note in found["notes"])
    assert not any("no depth changes" in note for note in data[1]["pond"]["notes"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (POND.replace("2.0", "nan"), "edit 1 (pond) has depth = nan"),
        (POND.replace("design:60mm/1h", "monsoon"), "monsoon"),
        (POND.replace("60mm", "-60mm"), "cannot be read"),
        ("[heat]\nhour = 99\n" + POND.split("[[edit]]")[0], "at least one table"),
        (POND + "\n[heat]\nhumidity = 7.0\n", "humidity"),
    ],
)
def test_the_command_refuses_in_one_line_and_leaves_nothing(data, refused, tmp_path, text, words):
    (tmp_path / "wrong.toml").write_text(text)
    line = refused("scenario", tmp_path / "wrong.toml", "--base", data[0] / "cities/town", "--out",
                   tmp_path / "out", "--json")  # fmt: skip
    assert words in line


def test_the_command_prints_what_changes(data, tmp_path, capsys):
    town = str(data[0] / "cities/town")
    assert main(["scenario", str(data[0] / "levee.toml"), "--base", town]) == 0
    out = capsys.readouterr().out
    assert "A levee across the slope  (twin level L1)" in out
    assert "index.html" in out


def test_people_that_nobody_counted_are_unknown_and_districts_of_one_name_stay_apart(tmp_path):
    town, layers = tmp_path / "cities/town", town_layers()
    layers["buildings"] = layers["buildings"].drop(columns="occupants")
    layers["districts"]["name"] = "End"
    build_town(town, **layers)
    path = tmp_path / "pond.toml"
    path.write_text("heat = false\n" + POND.replace("hours = 1.0", "hours = 0.3"))
    found = engine.scenario(scenarios=[path], base=town, quiet=True)["scenarios"][0]
    assert found["people"] is None
    assert found["headline"]["people_0_3_m"] is None
    west, east = found["districts"]
    assert west["people_0_3_m"]["base"] is None
    assert west["damage"]["base"] != east["damage"]["base"]
    total = west["damage"]["base"] + east["damage"]["base"]
    assert total == pytest.approx(found["damage"]["base"], rel=1e-3)

"""Every route answers with what it declares; what cannot be is refused in one line of JSON."""

import gzip
import io
import json
import shutil
from datetime import UTC, datetime, timedelta

import mapbox_vector_tile
import morecantile
import numpy as np
import pytest
import small_city
from fastapi.testclient import TestClient
from PIL import Image
from town_server import town_data  # noqa: F401

from service.web.api import STATUS_OF, create_app
from service.web.catalogue import Catalogue
from service.web.chinese_names import in_chinese
from service.web.clock import Clock
from service.web.freshness import freshness
from twin.errors import DeviceError, InputError, MissingError, UnstableError

CITY = f"/api/cities/{small_city.CITY}"
RUN = f"{CITY}/runs/latest"
TILES = morecantile.tms.get("WebMercatorQuad")


@pytest.fixture(scope="module")
def api(town_data):  # noqa: F811
    return TestClient(create_app(town_data), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def middle(api):
    """Tile in the middle of the town at zoom 15, as z/x/y."""
    west, south, east, north = api.get(CITY).json()["bounds"]
    tile = TILES.tile((west + east) / 2, (south + north) / 2, 15)
    return f"{tile.z}/{tile.x}/{tile.y}"


def _picture(response):
    assert response.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(response.content)).convert("RGBA"))


def test_health_and_readiness(api):
    assert api.get("/api/health").json()["status"] == "ok"
    ready = {"ready": True, "reasons": [], "exercise": False, "clock": None}
    assert api.get("/api/ready").json() == ready


def test_without_a_city_or_a_run_the_service_is_not_ready_and_says_why(tmp_path):
    empty = TestClient(create_app(tmp_path))
    answer = empty.get("/api/ready")
    assert answer.status_code == 503
    assert "no city in" in answer.json()["reasons"][0]
    assert empty.get("/api/cities").json() == []
    small_city.build(tmp_path)
    (tmp_path / "runs").rename(tmp_path / "gone")
    answer = empty.get("/api/ready")
    assert (answer.status_code, "no run" in answer.json()["reasons"][0]) == (503, True)
    assert empty.get(f"{CITY}/runs").json() == []
    assert empty.get(RUN).status_code == 404


def test_a_city_tells_its_grid_layers_and_bounds(api):
    [summary] = api.get("/api/cities").json()
    detail = api.get(CITY).json()
    assert summary["title"] == "Harbour town"
    assert summary["latest_run"] == api.get(RUN).json()["run_id"]
    assert detail["grid"]["nx"] == small_city.GRID.nx
    assert {"name": "buildings", "count": 668}.items() <= detail["layers"][4].items()
    west, south, east, north = detail["bounds"]
    assert 121 < west < east < 122
    assert 24 < south < north < 26


def test_runs_come_newest_first_and_each_can_be_asked_by_its_id(api):
    runs = api.get(f"{CITY}/runs").json()
    assert [run["kind"] for run in runs] == ["forecast", "simulate"]
    for run in runs:
        detail = api.get(f"{CITY}/runs/{run['run_id']}").json()
        assert detail["run_id"] == run["run_id"]
        assert detail["members_used"] <= detail["members_requested"]
    assert len(api.get(f"{CITY}/runs?limit=1").json()) == 1


def test_the_age_of_a_run_is_counted_at_each_request(api):
    first = api.get(RUN)
    second = api.get(RUN)
    assert first.headers["cache-control"] == "no-store"
    assert 0 <= first.json()["age_seconds"] < second.json()["age_seconds"] < 600
    assert first.json()["freshness"] == "fresh"
    assert first.json()["stale"] is False


def test_a_forecast_is_stale_after_two_cycles_and_a_scenario_never_is():
    issued = datetime(2026, 11, 20, 12, tzinfo=UTC)
    run = {"kind": "forecast", "issue_time": "2026-11-20T12:00:00Z"}
    assert freshness(run, issued + timedelta(minutes=20)) == "fresh"
    assert freshness(run, issued + timedelta(minutes=20, seconds=1)) == "stale"
    assert freshness(run, issued - timedelta(minutes=5)) == "ahead"
    assert freshness({**run, "kind": "simulate"}, issued + timedelta(days=9)) == "scenario"


def test_an_old_forecast_is_marked_stale(tmp_path):
    small_city.build(tmp_path, issued=datetime.now(UTC) - timedelta(minutes=21))
    old = TestClient(create_app(tmp_path)).get(RUN).json()
    assert old["stale"] is True
    assert old["freshness"] == "stale"
    assert old["age_seconds"] == pytest.approx(1260, abs=60)


def test_a_set_clock_runs_on_and_marks_everything_as_exercise(tmp_path):
    small_city.build(tmp_path, issued=datetime(2026, 6, 9, 7, 20, tzinfo=UTC), steps=3)
    drill = TestClient(create_app(tmp_path, clock=Clock("2026-06-09T15:21:00+08:00")))
    run = drill.get(RUN).json()["run_id"]
    for path in (RUN, f"{CITY}/runs/{run}/hotspots", f"{RUN}/frames", f"{RUN}/buildings",
                 "/api/health", "/api/ready"):  # fmt: skip
        answer = drill.get(path)
        assert answer.json()["exercise"] is True
        assert answer.json()["clock"].startswith("2026-06-09T07:2")
    for path in ("/", CITY, f"{RUN}/frames/0.png", "/api/elsewhere"):
        assert drill.get(path).headers["floodtwin-exercise"].startswith("2026-06-09T07:2")
    assert drill.get(f"{CITY}/runs/{run}/hotspots").headers["cache-control"] == "no-store"
    [shown, scenario] = drill.get(f"{CITY}/runs").json()
    assert (shown["exercise"], shown["freshness"]) == (True, "fresh")
    assert 60 <= shown["age_seconds"] < drill.get(RUN).json()["age_seconds"] < 600
    assert scenario["exercise"] is True
    assert scenario["age_seconds"] > 86_400


def test_without_a_set_clock_nothing_is_an_exercise(api):
    for path in (RUN, f"{RUN}/hotspots", f"{RUN}/frames", f"{RUN}/buildings", "/api/health"):
        answer = api.get(path)
        assert (answer.json()["exercise"], answer.json()["clock"]) == (False, None)
        assert "floodtwin-exercise" not in answer.headers


@pytest.mark.parametrize("time", ["yesterday noon", "", "2026-13-01"])
def test_a_clock_cannot_be_set_to_what_is_no_time(time):
    with pytest.raises(InputError, match="expected ISO such as"):
        Clock(time)


def test_the_manifest_of_a_run_is_read_once(tmp_path, caplog):
    run = small_city.build(tmp_path, steps=3)
    folder = tmp_path / "runs" / small_city.CITY
    catalogue = Catalogue(tmp_path)
    first = catalogue.runs(small_city.CITY, 10)
    again = catalogue.runs(small_city.CITY, 10)
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True]
    assert catalogue.run(small_city.CITY, run) is first[0]
    assert len(catalogue.runs(small_city.CITY, 1)) == 1
    newer = small_city.publish(tmp_path, "forecast", datetime.now(UTC), 3)
    assert catalogue.runs(small_city.CITY, 10)[0].run_id == newer
    shutil.rmtree(folder / run)
    (folder / newer / "manifest.json").write_text("{")
    assert [run.manifest["kind"] for run in catalogue.runs(small_city.CITY, 10)] == ["simulate"]
    assert "no readable manifest.json" in caplog.text


def test_hotspots_have_chinese_names_where_the_city_has_them(api):
    first = api.get(f"{RUN}/hotspots").json()["features"][0]["properties"]
    assert (first["district"], first["district_zh"]) == ("South Bank", "南岸區")
    assert first["place_zh"] is None


@pytest.mark.parametrize(
    ("place", "chinese"),
    [
        ("Mill Road", "磨坊路"),
        ("Mill Road at Quay", "磨坊路與碼頭街口"),
        ("Mill Road Underpass", "磨坊路地下道"),
        ("Quay underpass (3)", "碼頭街地下道（3）"),
        ("near Quay", "碼頭街附近"),
        ("Mill Road at Nowhere", None),
        ("304000, 2768000", None),
        (None, None),
    ],
)
def test_the_name_of_a_spot_is_put_together_in_chinese(place, chinese):
    assert in_chinese(place, {"Mill Road": "磨坊路", "Quay": "碼頭街"}) == chinese


def test_a_layer_is_geojson_in_longitude_and_latitude(api):
    answer = api.get(f"{CITY}/layers/places")
    assert answer.headers["content-type"] == "application/geo+json"
    names = [feature["properties"]["name"] for feature in answer.json()["features"]]
    assert names == ["Harbour Hospital", "Hall"]


def test_a_vector_tile_carries_the_layers_of_the_city(api, middle):
    answer = api.get(f"{CITY}/tiles/{middle}.mvt")
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layers = mapbox_vector_tile.decode(answer.content)
    assert {"buildings", "roads", "water"} <= set(layers)
    assert {"height", "use", "occupants"} <= set(layers["buildings"]["features"][0]["properties"])


def test_frames_are_pictures_between_corners(api):
    frames = api.get(f"{RUN}/frames").json()
    assert len(frames["times"]) == small_city.STEPS
    pictures = [
        _picture(api.get(f"{RUN}/frames/{index}.png")) for index in (0, small_city.STEPS // 2)
    ]
    assert pictures[0].shape[1::-1] == tuple(frames["size"])
    assert pictures[0][..., 3].max() == 0
    wet = pictures[1][pictures[1][..., 3] > 0]
    colours = {"#" + bytes(pixel).hex() for pixel in np.unique(wet[:, :3], axis=0)}
    assert colours <= {step["colour"] for step in frames["steps"]}


def test_each_field_of_a_run_has_tiles_and_a_legend(api, middle):
    fields = api.get(RUN).json()["fields"]
    names = [field["field"] for field in fields]
    assert {"max_depth", "arrival_time", "probability_0.30", "probability_0.50"} <= set(names)
    for field in fields:
        assert len(field["steps"]) >= 5
        assert _picture(api.get(f"{RUN}/tiles/{field['field']}/{middle}.png")).any()


def test_hotspots_are_ranked_and_keep_their_names(api):
    features = api.get(f"{RUN}/hotspots").json()["features"]
    assert [feature["properties"]["rank"] for feature in features] == list(range(1, 7))
    assert [feature["properties"]["place"] for feature in features] == list(small_city.PLACES)


def test_depths_at_buildings_come_whole_or_by_step(api):
    about = api.get(f"{RUN}/buildings").json()
    whole = np.frombuffer(api.get(f"{RUN}/buildings/depths").content, dtype="<u2")
    whole = whole.reshape(len(about["times"]), about["count"])
    step = api.get(f"{RUN}/buildings/depths?step=6").content
    assert np.array_equal(np.frombuffer(step, dtype="<u2"), whole[6])
    assert about["flood_depth"] == 0.1  # as in the tables of districts and scenarios
    assert about["flooded"] == (whole > 100).sum(axis=1).tolist()
    assert api.get(f"{RUN}/buildings/depths?step=13").status_code == 404


def test_what_belongs_to_a_run_is_kept_for_ever_and_latest_is_asked_again(api, middle):
    run = api.get(RUN).json()["run_id"]
    for path in ("frames", "frames/3.png", "hotspots", "buildings", "buildings/depths",
                 f"tiles/max_depth/{middle}.png"):  # fmt: skip
        assert "immutable" in api.get(f"{CITY}/runs/{run}/{path}").headers["cache-control"]
        assert api.get(f"{RUN}/{path}").headers["cache-control"] == "no-cache"
    version = api.get(CITY).json()["version"]
    tile = f"{CITY}/tiles/{middle}.mvt"
    assert "immutable" in api.get(f"{tile}?v={version}").headers["cache-control"]
    assert api.get(f"{tile}?v=older").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/frames/3.png", "/buildings/depths"])
def test_who_has_it_already_gets_304(api, path):
    first = api.get(RUN + path)
    again = api.get(RUN + path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = api.get(RUN + path, headers={"If-None-Match": '"else"'})
    assert other.content == first.content


def test_text_and_vectors_travel_compressed_and_pictures_as_they_are(api, middle):
    assert api.get(f"{CITY}/tiles/{middle}.mvt").headers["content-encoding"] == "gzip"
    assert api.get(RUN).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in api.get(f"{RUN}/frames/6.png").headers


@pytest.mark.parametrize(
    "name",
    ["..", "%2e%2e", "..%2f..%2fetc", "%00", "harbour%00", ".hidden", "a" * 300, "～", "-", "%0a"],
)
def test_no_name_leads_out_of_the_data_folder(api, name):
    for path in (
        f"/api/cities/{name}",
        f"/api/cities/{name}/runs/latest",
        f"{CITY}/layers/{name}",
        f"{CITY}/runs/{name}",
        f"{CITY}/runs/{name}/frames/0.png",
        f"{RUN}/tiles/{name}/1/0/0.png",
    ):
        answer = api.get(path)
        # A dot segment may fold into a shorter path that exists; it never shows a file.
        if answer.status_code == 200:
            assert name in ("..", "%2e%2e")
            assert answer.headers["content-type"].startswith("application/json")
            continue
        assert answer.status_code in (404, 422), path
        assert list(answer.json()) == ["error"]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/cities/nowhere", 404, "no city 'nowhere', expected one of harbour"),
        (f"{CITY}/layers/clouds", 404, "has no layers entry 'clouds'"),
        (f"{CITY}/runs/20200101T000000Z-00000000", 404, "expected 'latest' or an id"),
        (f"{RUN}/frames/99.png", 404, "no frame 99, expected 0 to 12"),
        (f"{RUN}/frames/one.png", 422, "index is 'one'"),
        (f"{RUN}/tiles/rain/1/0/0.png", 404, "no field 'rain', expected one of max_depth"),
        (f"{RUN}/tiles/max_depth/40/0/0.png", 422, "zoom 40, expected 0 to 22"),
        (f"{RUN}/tiles/max_depth/2/4/0.png", 422, "expected x and y from 0 to 3"),
        (f"{CITY}/tiles/17/0/0.mvt", 422, "zoom 17, expected 0 to 16"),
        (f"{CITY}/runs?limit=0", 422, "limit is '0'"),
        (f"{RUN}/buildings/depths?step=-1", 422, "step is '-1'"),
        ("/api/elsewhere", 404, "Not Found"),
    ],
)
def test_a_wrong_request_is_refused_in_one_line(api, path, status, words):
    answer = api.get(path)
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert answer.headers["cache-control"] == "no-store"


def test_nothing_can_be_changed_from_outside(api):
    for method in ("post", "put", "patch", "delete"):
        assert getattr(api, method)(RUN).status_code == 405


def test_each_error_class_has_a_status():
    assert {InputError: 422, MissingError: 404, UnstableError: 500, DeviceError: 503} == STATUS_OF


def test_a_broken_file_is_an_error_that_tells_nothing_of_the_machine(tmp_path):
    run = small_city.build(tmp_path)
    (tmp_path / "runs" / small_city.CITY / run / "hotspots.geojson").write_text("{")
    client = TestClient(create_app(tmp_path), raise_server_exceptions=False)
    answer = client.get(f"{CITY}/runs/{run}/hotspots")
    assert answer.status_code == 500
    assert answer.json() == {"error": "the service failed on this request; its log has the reason"}


def test_every_answer_forbids_other_hosts(api):
    for path in ("/api/health", "/api/elsewhere", f"{RUN}/frames/3.png", "/"):
        policy = api.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert api.get(path).headers["x-content-type-options"] == "nosniff"


def test_every_route_declares_a_model_or_a_media_type(api):
    schema = api.get("/api/openapi.json").json()
    assert len(schema["paths"]) >= 14
    for path, verbs in schema["paths"].items():
        for verb, route in verbs.items():
            content = route["responses"]["200"]["content"]
            assert route.get("description") or route.get("summary"), path
            assert set(verbs) == {"get"}, verb
            declared = content.get("application/json", {}).get("schema")
            assert declared != {}, f"{path} has no response model"
            errors = route["responses"]["404"]["content"]["application/json"]["schema"]
            assert errors["$ref"].endswith("ErrorBody")
    assert "https://" not in json.dumps(schema)


def test_without_a_built_page_the_root_says_how_to_build_it(town_data, tmp_path):  # noqa: F811
    bare = TestClient(create_app(town_data, page_folder=tmp_path))
    answer = bare.get("/")
    assert answer.status_code == 503
    assert "npm ci && npm run build" in answer.text


def test_the_page_is_asked_anew_and_its_hashed_files_are_kept(town_data, tmp_path):  # noqa: F811
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>page</p>")
    (tmp_path / "assets" / "a-1.js").write_text("1" * 600)
    (tmp_path / "assets" / "a-1.js.gz").write_bytes(gzip.compress(b"1" * 600))
    page = TestClient(create_app(town_data, page_folder=tmp_path))
    assert page.get("/").headers["cache-control"] == "no-cache"
    script = page.get("/assets/a-1.js")
    assert script.text == "1" * 600
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert page.get("/assets/../../secret").status_code == 404


def test_a_run_without_its_rain_says_so_and_shows_no_zero(api):
    answer = api.get(f"{RUN}/rain")
    assert answer.status_code == 404
    assert "rain.json" in answer.json()["error"]

"""What a 3D client gets: the scene, tiles made in the background, packed, tagged, never outside."""

import gzip
import json
import time

import numpy as np
import pytest
import small_city
from fastapi.testclient import TestClient

from service import engine
from service.web.api import create_app
from tiles.terrain.surface import OUTSIDE
from twin.city import open_city
from twin.errors import InputError

CITY = f"/api/cities/{small_city.CITY}"
SCENE = f"{CITY}/3d"
WATER = f"{CITY}/runs/latest/3d/water"
PAGE = "https://maps.example:8443"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The town with its tiles."""
    folder = tmp_path_factory.mktemp("data")
    small_city.build(folder)
    engine.tiles(city=folder / "cities" / small_city.CITY, quiet=True)
    return folder


@pytest.fixture(scope="module")
def api(data):
    return TestClient(create_app(data), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def scene(api):
    return api.get(SCENE).json()


def contents(tile):
    """Addresses of all contents of a tile tree."""
    found = [tile["content"]["uri"]] if "content" in tile else []
    return found + [uri for child in tile.get("children", []) for uri in contents(child)]


def test_every_address_of_the_scene_answers(api, scene):
    tileset = api.get(scene["tileset"])
    assert tileset.headers["content-type"] == "application/json"
    uris = contents(tileset.json()["root"])
    assert uris
    for uri in uris:
        glb = api.get(f"{SCENE}/{uri}")
        assert glb.headers["content-type"] == "model/gltf-binary"
        assert glb.content[:4] == b"glTF"
    terrain = scene["terrain"]["quantized_mesh"]
    layer = api.get(f"{terrain}layer.json").json()
    block = layer["available"][-1][0]
    template = layer["tiles"][0].replace("{version}", layer["version"])
    place = {"z": layer["maxzoom"], "x": block["startX"], "y": block["startY"]}
    tile = api.get(terrain + template.format(**place))
    assert tile.headers["content-type"] == "application/vnd.quantized-mesh"
    assert tile.headers["cache-control"].endswith("immutable")
    about = api.get(f"{SCENE}/dem/tiles.json").json()
    assert about["encoding"] == "terrarium"
    assert api.get(scene["pmtiles"]).content[:7] == b"PMTiles"


def test_the_ground_and_the_water_lie_on_one_grid(api, scene, data):
    ground = np.frombuffer(api.get(scene["surface"]["url"]).content, "<u2")
    shape = scene["surface"]["rows"], scene["surface"]["columns"]
    assert ground.size == shape[0] * shape[1]
    city = open_city(data / "cities" / small_city.CITY)
    known = ground[ground != OUTSIDE]
    heights = scene["surface"]["offset"] + scene["surface"]["scale"] * known
    elevation = city.terrain_window(0, 0, *city.grid.shape, ["elevation"])["elevation"].values
    assert heights.mean() == pytest.approx(np.nanmean(elevation), abs=0.1)
    water = api.get(WATER).json()
    assert (water["rows"], water["columns"]) == shape
    assert len(water["times"]) == small_city.STEPS
    steps = [
        np.frombuffer(api.get(water["url"].replace("{step}", str(k))).content, "<u2")
        for k in range(small_city.STEPS)
    ]
    assert all(step.size == ground.size for step in steps)
    assert steps[0].max() < steps[6].max() == pytest.approx(2600, abs=150)


def test_files_travel_packed_where_the_client_can_and_plain_where_not(api):
    address = f"{SCENE}/b/r.glb"
    plain = api.get(address, headers={"Accept-Encoding": "identity"})
    packed = api.get(address)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "name",
    ["tileset.json", "b/r.glb", "terrain/layer.json", "terrain/0/0/0.terrain", "city.pmtiles"],
)
def test_what_did_not_change_is_not_sent_again(api, scene, name):
    first = api.get(f"{SCENE}/{name}")
    assert first.headers["cache-control"] == "no-cache"
    again = api.get(f"{SCENE}/{name}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    kept = api.get(f"{SCENE}/{name}?v={scene['version']}")
    assert kept.headers["cache-control"].endswith("immutable")


def test_an_archive_is_read_in_parts(api, scene):
    answer = api.get(scene["pmtiles"], headers={"Range": "bytes=0-126"})
    assert answer.status_code == 206
    assert "content-encoding" not in answer.headers
    assert len(answer.content) == 127
    assert answer.headers["content-range"].startswith("bytes 0-126/")


@pytest.mark.parametrize(
    "name",
    [
        "b/none.glb",
        "terrain/9/9/9.terrain",
        "tiles",
        "b/",
        "../../../cities/harbour/city.toml",
        "..%2f..%2fcity.toml",
        "%2e%2e/%2e%2e/tiles.json",
        "b/..%2f..%2f..%2ftiles.json",
        "/etc/passwd",
        "b%00.glb",
        "b/r.glb%00.json",
        "b\\r.glb",
        ".tiles.json",
        "a/" * 40 + "r.glb",
        "x" * 5000 + ".glb",
    ],
)
def test_what_is_not_there_or_outside_is_404_in_one_line(api, name):
    answer = api.get(f"{SCENE}/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"
    assert "\n" not in answer.json()["error"]


def test_head_says_what_get_would(api):
    head, body = api.head(f"{SCENE}/tileset.json"), api.get(f"{SCENE}/tileset.json")
    assert head.content == b""
    assert head.headers["etag"] == body.headers["etag"]


def test_other_pages_may_not_read_unless_they_are_named(api, data):
    asked = {"Origin": PAGE}
    assert "access-control-allow-origin" not in api.get(SCENE, headers=asked).headers
    opened = TestClient(create_app(data, origins=(PAGE,)))
    for name in ("tileset.json", "b/r.glb", "terrain/layer.json", "nothing.glb"):
        answer = opened.get(f"{SCENE}/{name}", headers=asked)
        assert answer.headers["access-control-allow-origin"] == PAGE
    elsewhere = opened.get(SCENE, headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in elsewhere.headers
    ask = {**asked, "Access-Control-Request-Method": "POST"}
    assert opened.options(SCENE, headers=ask).status_code == 400
    everybody = TestClient(create_app(data, origins=("*",)))
    answer = everybody.get(SCENE, headers=asked)
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("origin", ["maps.example", "https://maps.example/", "https://a b", "null"])
def test_an_origin_that_is_none_is_refused(data, origin):
    with pytest.raises(InputError, match=r"origin .* expected one such as"):
        engine.serve(data=data, allow_origin=origin, port=0)


def test_missing_tiles_are_made_in_the_background(tmp_path):
    small_city.build(tmp_path)
    client = TestClient(create_app(tmp_path))
    first = client.get(f"{SCENE}/tileset.json")
    assert first.status_code == 503
    assert int(first.headers["retry-after"]) > 0
    assert "are being made" in first.json()["detail"]
    end = time.monotonic() + 300
    while (answer := client.get(f"{SCENE}/tileset.json")).status_code == 503:
        assert "are being made" in answer.json()["detail"]
        assert time.monotonic() < end
        time.sleep(0.2)
    assert answer.json()["asset"]["version"] == "1.1"
    archive = client.get(f"{CITY}/tiles/15/{small_city_tile(client)}.mvt")
    assert archive.status_code == 200
    assert gzip.compress(archive.content)


def small_city_tile(client):
    import morecantile

    west, south, east, north = client.get(CITY).json()["bounds"]
    tile = morecantile.tms.get("WebMercatorQuad").tile((west + east) / 2, (south + north) / 2, 15)
    return f"{tile.x}/{tile.y}"


def test_tiles_that_cannot_be_made_are_told_with_their_reason(tmp_path):
    small_city.build(tmp_path)
    (tmp_path / "tiles").write_text("in the way")
    client = TestClient(create_app(tmp_path))
    end = time.monotonic() + 300
    while "could not be made" not in (line := client.get(f"{SCENE}/tileset.json").json()["detail"]):
        assert time.monotonic() < end
        time.sleep(0.2)
    assert "tiles" in line
    assert json.dumps(line).count("\\n") == 0

"""Clients of others load our 3D Tiles and read what is known about a building (TW-5).

CesiumJS and three.js with 3DTilesRendererJS, in Chromium with software rendering, from loopback.
"""

import io

import numpy as np
import pytest
from browser import Visit
from PIL import Image

from tests.outside.judges import need, serving
from tests.tiles.tiled_cities import (  # noqa: F401  (fixtures)
    delft,
    delft_tiles,
    hague,
    hague_tiles,
)
from tiles.tiles3d.tileset import write_building_tiles

SIZE = (640, 420)
JUDGES = ("cesium", "three")


@pytest.fixture(scope="module")
def packed_tiles(hague, tmp_path_factory):  # noqa: F811
    """The Hague, compressed with Draco."""
    folder = tmp_path_factory.mktemp("draco")
    write_building_tiles(hague, folder, compress="draco")
    return folder


@pytest.fixture(scope="module")
def address(hague_tiles, packed_tiles, delft_tiles):  # noqa: F811
    """Where the judges and three tilesets are served."""
    for package in ("cesium", "three", "3d-tiles-renderer"):
        need(package)
    folders = {"hague": hague_tiles, "packed": packed_tiles, "delft": delft_tiles}
    with serving(folders) as place:
        yield place


def look(browser, address, judge, city):
    visit = Visit(browser, f"{address}/{judge}.html?tileset=/{city}/tileset.json", size=SIZE)
    visit.page.wait_for_function("window.judge", timeout=60_000)
    return visit


def pixels(visit):
    """What the page shows, shape (pixel, 3)."""
    shot = Image.open(io.BytesIO(visit.page.screenshot())).convert("RGB")
    return np.asarray(shot).reshape(-1, 3).astype(int)


def judged(visit, address):
    """What holds of every visit: no tile failed, nothing from elsewhere, something drawn."""
    assert visit.page.evaluate("judge.failed") == []
    assert not visit.page.evaluate("judge.cut()")
    assert all(url.startswith((address, "data:", "blob:")) for url in visit.requests)
    assert (pixels(visit).max(axis=1) > 40).mean() > 0.1, "the view is black"


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("city", ["hague", "packed"])
def test_a_picked_building_tells_its_properties(browser, address, judge, city, hague):  # noqa: F811
    with look(browser, address, judge, city) as visit:
        judged(visit, address)
        picked = visit.page.evaluate("judge.pick()")
    assert len(picked) > 20
    layer = hague.layer("buildings")
    for known in picked:
        row = layer.iloc[known["row"]]
        assert known["id"] == row["building_id"]
        assert known["type"] == "Building"
        assert known["height"] == pytest.approx(row["height"], abs=0.01)
        assert known["ground"] == pytest.approx(row["ground"], abs=0.01)


@pytest.mark.parametrize("judge", JUDGES)
def test_all_classes_of_a_semantic_city_can_be_picked(browser, address, judge):
    with look(browser, address, judge, "delft") as visit:
        judged(visit, address)
        kinds = {known["type"] for known in visit.page.evaluate("judge.pick()")}
    assert {"Building", "Road", "PlantCover"} <= kinds


def test_a_style_by_property_colours_the_buildings_in_cesium(browser, address):
    with look(browser, address, "cesium", "hague") as visit:
        style = "${height} > 0 ? color('red') : color('blue')"
        visit.page.evaluate(f"judge.colour({style!r})")
        visit.page.wait_for_timeout(1_000)
        seen = pixels(visit)
    drawn = seen[seen.max(axis=1) > 40]
    assert len(drawn) > 1_000
    assert (drawn[:, 0] > 2 * drawn[:, 2]).mean() > 0.9

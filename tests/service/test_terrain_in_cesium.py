"""Clients of others, on pages of another host, load what the running service has (TW-5).

CesiumJS samples the terrain within 0.5 m of the ground of the city, on levees and at quays too.
"""

import time
import urllib.error
import urllib.request

import numpy as np
import pytest
from browser import Visit
from pyproj import Transformer
from town_server import serving as service

from sample_city.generate import generate_city
from tests.outside.judges import need
from tests.outside.judges import serving as pages
from tests.tiles import ground_town
from twin.city import open_city

WITHIN = 0.5
POINTS = 1_500


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Hills with a levee over a stated geoid, and the sample city."""
    folder = tmp_path_factory.mktemp("data")
    ground_town.build(folder / "cities" / "hills")
    generate_city(folder / "cities" / "sample", "small", 1)
    return folder


@pytest.fixture(scope="module")
def places(data):
    """Address of the pages of the judge, and of the service that lets them read."""
    need("cesium")
    with pages({}) as page, service(data, origins=page) as server:
        yield page, server


def wait_for(url):
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=10).close()
            return
        except urllib.error.HTTPError as error:
            assert error.code == 503
            time.sleep(0.3)
    raise AssertionError(f"{url} was never made")


def ground_of(data, name):
    city = open_city(data / "cities" / name)
    window = city.terrain_window(0, 0, city.grid.ny, city.grid.nx, ["elevation"])
    return city, window["elevation"].values


def sampled(browser, places, city, name, rows, columns):
    """Heights at the centres of cells over the ellipsoid, as CesiumJS reads them [m]."""
    page, server = places
    terrain = f"{server}/api/cities/{name}/3d/terrain"
    wait_for(f"{terrain}/layer.json")
    to_lonlat = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True)
    lonlat = to_lonlat.transform(city.grid.x[columns], city.grid.y[rows])
    with Visit(browser, f"{page}/cesium_terrain.html?terrain={terrain}") as visit:
        visit.page.wait_for_function("window.judge", timeout=60_000)
        points = np.column_stack(lonlat).tolist()
        heights = visit.page.evaluate("(points) => judge.sample(points)", points)
    assert all(height is not None for height in heights)
    return np.array(heights, float)


@pytest.mark.parametrize(("name", "geoid"), [("hills", ground_town.GEOID), ("sample", 0.0)])
def test_the_terrain_is_that_of_the_city(browser, places, data, name, geoid):
    city, ground = ground_of(data, name)
    rows, columns = np.nonzero(np.isfinite(ground))
    chosen = np.random.default_rng(1).choice(len(rows), POINTS, replace=False)
    rows, columns = rows[chosen], columns[chosen]
    heights = sampled(browser, places, city, name, rows, columns)
    wrong = np.abs(heights - ground[rows, columns] - geoid)
    assert wrong.max() < WITHIN
    assert np.median(wrong) < WITHIN / 5


def test_the_crest_of_a_levee_is_as_high_as_it_is(browser, places, data):
    city, ground = ground_of(data, "hills")
    rows = np.arange(25, ground_town.GRID.ny - 1)
    columns = np.full(rows.size, 91)
    heights = sampled(browser, places, city, "hills", rows, columns)
    wrong = np.abs(heights - ground[rows, columns] - ground_town.GEOID)
    assert wrong.max() < WITHIN


def test_walls_and_steps_of_the_sample_city_stand(browser, places, data):
    city, ground = ground_of(data, "sample")
    step = np.zeros_like(ground)
    step[:, 1:] = np.abs(np.diff(ground, axis=1))
    rows, columns = np.nonzero(step > 1.5)
    assert rows.size > 100
    chosen = np.random.default_rng(2).choice(len(rows), min(rows.size, POINTS), replace=False)
    rows, columns = rows[chosen], columns[chosen]
    heights = sampled(browser, places, city, "sample", rows, columns)
    assert np.abs(heights - ground[rows, columns]).max() < WITHIN


@pytest.mark.parametrize("judge", ["cesium", "three"])
def test_the_buildings_of_the_service_load_from_another_host(browser, places, data, judge):
    """With their properties; on the globe where the city is."""
    need("3d-tiles-renderer")
    page, server = places
    tileset = f"{server}/api/cities/sample/3d/tileset.json"
    wait_for(tileset)
    city, _ = ground_of(data, "sample")
    with Visit(browser, f"{page}/{judge}.html?tileset={tileset}", size=(640, 420)) as visit:
        visit.page.wait_for_function("window.judge", timeout=60_000)
        assert visit.page.evaluate("judge.failed") == []
        picked = visit.page.evaluate("judge.pick()")
    heights = dict(
        zip(*(city.layer("buildings")[c] for c in ("building_id", "height")), strict=True)
    )
    assert len(picked) > 5
    for known in picked:
        assert known["height"] == pytest.approx(heights[known["id"]], abs=0.01)


def test_a_page_that_is_not_named_reads_nothing(browser, data, places):
    _, server = places
    terrain = f"{server}/api/cities/hills/3d/terrain"
    wait_for(f"{terrain}/layer.json")
    with pages({}) as stranger, Visit(browser, f"{stranger}/cesium_terrain.html") as visit:
        ask = "(url) => fetch(url).then(() => 'read', () => 'refused')"
        assert visit.page.evaluate(ask, f"{terrain}/layer.json") == "refused"

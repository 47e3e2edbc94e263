"""The city in three dimensions in a real browser, drawn by software, from a real server."""

import json
import re
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from urllib.parse import urlparse

import numpy as np
import pytest
import shapely
import small_city
from solid import Solid, wait_for_tiles
from town_server import serving

from service import engine

PEAK = small_city.STEPS // 2
# Points of the page where the canvas lies free, from a raster of it.
FREE_GROUND = """() => {
    const box = document.querySelector(".scene-canvas").getBoundingClientRect();
    const found = [];
    for (let x = 0.45; x < 0.85; x += 0.02)
        for (let y = 0.3; y < 0.8; y += 0.03) {
            const at = [box.x + x * box.width, box.y + y * box.height];
            if (document.elementFromPoint(...at)?.className === "scene-canvas") found.push(at);
        }
    return found;
}"""
# What was clicked or typed has been handled, and a frame drawn.
AFTER_INPUT = "() => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 100)))"
IS_CANVAS = "([x, y]) => document.elementFromPoint(x, y)?.className === 'scene-canvas'"
KNOWN_WARNING = "tiles versions at 1.1 or higher"


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The harbour town with a sewer, sensors, a past run whose water falls earlier, a forecast."""
    data = tmp_path_factory.mktemp("solid")
    plain = small_city._layers
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_city, "_layers", lambda: {**plain(), **_below_and_live()})
        issued = datetime.now(UTC).replace(microsecond=0)
        small_city.build(data, issued - timedelta(minutes=10))
    small_city.publish(data, "simulate", issued - timedelta(hours=3), 7)
    small_city.publish(data, "forecast", issued, small_city.STEPS)
    sent = data / "sent.csv"
    at = f"{issued - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    sent.write_text(
        f"station_id,time,received,property,value,unit\nRF-1,{at},{at},water_depth,0.42,m\n"
    )
    engine.ingest(source="sample", file=sent, store=data / "stores" / small_city.CITY)
    with serving(data) as address:
        wait_for_tiles(f"{address}/api/cities/{small_city.CITY}/3d/tileset.json")
        yield address


def _below_and_live():
    west, south, _, _ = small_city.GRID.bounds
    ends = [shapely.Point(west + 300, south + 250), shapely.Point(west + 700, south + 250)]
    drain = {"drain_id": ["D1"], "from_node": ["M1"], "to_node": ["M2"], "diameter": [1.2]}
    nodes = {"node_id": ["M1", "M2"], "kind": "manhole", "ground": 9.0, "invert": [6.0, 5.5]}
    sensors = {
        "station_id": ["RF-1", "RF-2"],
        "name": ["Gate", "Silent"],
        "kind": "water_depth",
        "property": "water_depth",
        "unit": "m",
    }
    frame = small_city._frame
    places = [shapely.Point(west + 900, south + 250), shapely.Point(west + 1300, south + 950)]
    shelter = {"place_id": ["P1"], "name": ["Hill School"], "kind": ["shelter"]}
    return {
        "drains": frame(drain, [shapely.LineString(ends)]),
        "manholes": frame(nodes, ends),
        "sensors": frame(sensors, places),
        "pump_stations": frame(
            {"pump_station_id": ["PS1"], "name": ["West Pump"]},
            [shapely.Point(west + 700, south + 1000)],
        ),
        "places": frame(shelter, [shapely.Point(west + 1100, south + 1000)]),
    }


@pytest.fixture(scope="module")
def visit(browser, town):
    with Solid(browser, town) as opened:
        yield opened.built()


def _changed(before, after):
    return (np.abs(after - before).sum(axis=2) > 30).mean()


def _uncovered(visit):
    """Rows of buildings that stand free on the screen: no mark, no legend above them."""
    return visit.page.evaluate(
        """() => {
            const box = document.querySelector(".scene-canvas").getBoundingClientRect();
            return Object.entries(window.floodtwin.scene.places()).filter(([, [x, y]]) =>
                document.elementFromPoint(box.x + x, box.y + y + 2)?.className === "scene-canvas"
            ).map(([row]) => Number(row));
        }"""
    )


def test_missing_tiles_are_told_and_waited_for(browser, tmp_path):
    """CD-4: the ground and the water are shown while the buildings are being made."""
    small_city.build(tmp_path, steps=3)
    with serving(tmp_path) as address, Solid(browser, address) as opened:
        opened.until("document.getElementById('scene-note').innerText.includes('still being made')")
        opened.ready()
        assert opened.picture().std() > 5
        opened.built()
        assert opened.page.is_hidden("#scene-note")


def test_the_scene_is_drawn_and_asks_no_other_host(visit, town):
    picture = visit.picture()
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100
    assert not visit.page.evaluate("window.floodtwin.scene.isContextLost()")
    hosts = {urlparse(url).netloc for url in visit.requests if not url.startswith("blob:")}
    assert hosts == {urlparse(town).netloc}


def test_the_scene_tells_of_degraded_inputs_as_the_map_does(visit):
    assert "DEGRADED · 1 note" in visit.text("#degraded")
    assert "members 9/10" in visit.text("#degraded")
    assert "gauge G07 silent for 40 min" in visit.text("#notes")


def test_the_scene_complains_about_nothing(visit):
    assert [text for text in visit.complaints if KNOWN_WARNING not in text] == []


def test_nothing_is_drawn_while_nothing_changes(visit):
    visit.rest()
    before = visit.page.evaluate("window.floodtwin.scene.framesDrawn()")
    visit.page.wait_for_timeout(1500)
    assert visit.page.evaluate("window.floodtwin.scene.framesDrawn()") == before


def test_water_and_buildings_change_with_the_slider(visit):
    visit.slide(0)
    dry = visit.picture()
    visit.slide(PEAK)
    wet = visit.picture()
    visit.slide(0)
    assert _changed(dry, wet) > 0.01
    assert _changed(dry, visit.picture()) < 0.005


def test_buildings_take_the_colours_that_are_chosen(visit):
    visit.slide(PEAK)
    by_depth = visit.picture()
    visit.page.select_option("#colour-by", "hazard")
    visit.page.wait_for_timeout(500)
    assert "H6" in visit.text("#colour-steps")
    assert visit.page.is_hidden("#scene-note")
    assert _changed(by_depth, visit.picture()) > 0.005
    visit.page.select_option("#colour-by", "depth")
    visit.page.wait_for_timeout(500)
    assert _changed(by_depth, visit.picture()) < 0.002


def test_a_clicked_building_tells_who_it_is(visit):
    rows = _uncovered(visit)
    assert len(rows) > 30
    for row in rows[:: len(rows) // 4][:3]:
        visit.click(row)
        visit.until(f"document.getElementById('card').innerText.includes('b{row}')")
        visit.until("!document.getElementById('card').innerText.includes('Loading')")
        assert "Run " in visit.text("#card")
        visit.page.keyboard.press("Escape")
        assert visit.page.is_hidden("#card")


def test_a_click_on_a_street_opens_its_record_and_one_beside_it_the_ground(visit):
    visit.rest()
    free = visit.page.evaluate(FREE_GROUND)
    heads = []
    for x, y in free[:: max(1, len(free) // 20)]:
        if not visit.page.evaluate(IS_CANVAS, [x, y]):  # a mark that the last card had covered
            continue
        visit.page.mouse.click(x, y)
        visit.page.evaluate(AFTER_INPUT)
        if visit.page.is_visible("#card"):  # where there is no ground, none opens
            visit.until("!document.getElementById('card').innerText.includes('Loading')")
            heads.append(visit.page.locator("#card > p").first.inner_text())
            visit.page.keyboard.press("Escape")
            visit.page.evaluate(AFTER_INPUT)
    assert {"Road", "Place"} <= set(heads)


def test_shelters_stand_with_their_state_and_pumps_can_be_shown(visit):
    visit.rest()
    visit.page.keyboard.press("Escape")  # a record that a click before opened late covers marks
    visit.page.wait_for_selector(".site[aria-label*='Hill School, ']")
    assert visit.page.locator(".site[data-kind]").count() == 0
    visit.page.click("#show-sites")
    visit.page.locator(".site[data-kind=pump]").click()
    visit.until("!document.getElementById('card').innerText.includes('Loading')")
    assert "West Pump" in visit.text("#card")
    visit.page.keyboard.press("Escape")
    visit.page.click("#show-sites")
    assert visit.page.locator(".site[data-kind]").count() == 0


def test_the_keyboard_moves_picks_and_goes_home(visit):
    visit.page.locator(".scene-canvas").focus()
    visit.page.keyboard.press("Home")
    visit.page.wait_for_timeout(1000)
    home = visit.picture()
    for key in ("ArrowUp", "+", "+", "Shift+ArrowLeft", "Shift+ArrowUp"):
        visit.page.keyboard.press(key)
    assert _changed(home, visit.picture()) > 0.2
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#card:not([hidden])")
    assert visit.text("#scene-words") != ""
    visit.page.keyboard.press("Escape")
    assert visit.page.is_hidden("#card")
    visit.page.keyboard.press("Home")
    visit.page.wait_for_timeout(1000)
    assert _changed(home, visit.picture()) < 0.02


def test_sewers_show_below_the_transparent_ground(visit):
    solid = visit.picture()
    visit.page.click("#show-sewers")
    visit.page.wait_for_timeout(800)
    through = visit.picture()
    yellow = (through[..., 0] > 150) & (through[..., 1] > 110) & (through[..., 2] < 110)
    assert yellow.sum() > 60
    assert _changed(solid, through) > 0.2
    visit.page.click("#show-sewers")
    assert _changed(solid, visit.picture()) < 0.01


def test_sensors_say_what_they_read_and_silent_ones_are_grey(visit):
    visit.page.wait_for_selector(".sensor")
    labels = visit.page.locator(".sensor").evaluate_all(
        "all => all.map((e) => [e.ariaLabel, e.innerText, e.classList.contains('stale')])"
    )
    by_name = {label.split(":")[0]: (text, stale) for label, text, stale in labels}
    assert by_name == {"Gate": ("0.42 m", False), "Silent": ("–", True)}


def test_hotspots_stand_in_the_scene_and_open_their_card(visit):
    visit.page.locator("#hotspots .hotspot").nth(1).click()
    visit.page.wait_for_timeout(1200)
    assert "Market Square" in visit.text("#card")
    box = visit.page.locator(".scene-mark.chosen").bounding_box()
    view = visit.page.locator(".scene-canvas").bounding_box()
    assert view["x"] < box["x"] < view["x"] + view["width"]
    visit.page.keyboard.press("Escape")
    visit.page.click("#home")
    visit.page.wait_for_timeout(1000)


def test_two_runs_lie_side_by_side_at_the_divider(visit, town):
    visit.slide(PEAK)
    alone = visit.picture()
    visit.page.select_option("#compare", _earlier_run(town))
    visit.page.wait_for_selector("#swipe:not([hidden])")
    visit.page.wait_for_timeout(800)
    halves = visit.picture()
    middle = alone.shape[1] // 2
    assert _changed(alone[:, : middle - 20], halves[:, : middle - 20]) < 0.01
    assert _changed(alone[:, middle + 20 :], halves[:, middle + 20 :]) > 0.01
    visit.page.locator("#swipe").focus()
    visit.page.keyboard.press("End")
    assert visit.page.get_attribute("#swipe", "aria-valuenow") == "100"
    assert _changed(alone, visit.picture()) < 0.01
    _see_the_comparison_folded(visit)
    visit.page.select_option("#compare", "")
    visit.page.keyboard.press("Escape")
    assert visit.page.is_hidden("#swipe")


def _see_the_comparison_folded(visit):
    fold = visit.page.locator("#card .fold")
    fold.wait_for()
    assert fold.get_attribute("aria-expanded") == "false"
    assert visit.page.locator("#card dt").evaluate_all("all => all.length") > 1
    assert visit.page.locator("#card dt:visible").count() == 1
    assert visit.page.locator("#card dt:visible").inner_text() == "People in over 0.3 m"
    legend = visit.page.locator("#scene-legend").bounding_box()
    card = visit.page.locator("#card").bounding_box()
    assert card["y"] + card["height"] < legend["y"]
    fold.click()
    assert fold.get_attribute("aria-expanded") == "true"
    assert visit.page.locator("#card dt:visible").count() > 1
    fold.click()
    assert visit.page.locator("#card dt:visible").count() == 1


def _earlier_run(town):
    """The run of this morning, whose water falls earlier; yesterday's is older."""
    listed = urllib.request.urlopen(f"{town}/api/cities/{small_city.CITY}/runs", timeout=20)
    simulated = [run for run in json.load(listed) if run["kind"] == "simulate"]
    return max(simulated, key=lambda run: run["valid_from"])["run_id"]


def test_a_lost_device_is_told_and_comes_back(visit):
    before = visit.picture()
    visit.page.evaluate("window.floodtwin.scene.loseDevice()")
    visit.page.wait_for_selector("#scene-note:not([hidden])")
    assert "restoring" in visit.text("#scene-note")
    visit.page.wait_for_timeout(300)
    visit.page.evaluate("window.floodtwin.scene.restoreDevice()")
    visit.page.wait_for_selector("#scene-note", state="hidden")
    assert _changed(before, visit.picture()) < 0.01
    visit.complaints.clear()


def test_the_views_change_and_keep_run_and_time(browser, town):
    with Solid(browser, town) as opened:
        opened.built()
        opened.slide(2)
        opened.page.click("#view-2d")
        opened.until("window.floodtwin.map !== null && document.body.dataset.ready === 'true'")
        assert opened.page.input_value("#slider") == "2"
        assert opened.map_pixels().std() > 5
        assert "view=3d" not in opened.page.url
        opened.page.click("#view-3d")
        opened.built()
        assert opened.page.input_value("#slider") == "2"
        assert "view=3d" in opened.page.url


def test_without_webgl_the_page_says_so_and_keeps_list_and_times(browser, town):
    with Solid(browser, town) as opened:
        opened.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        opened.page.reload()
        opened.page.wait_for_selector("#trouble:not([hidden])")
        assert "three dimensions" in opened.text("#trouble")
        opened.page.wait_for_selector("#hotspots .hotspot")
        assert opened.page.locator("#hotspots .hotspot").count() == len(small_city.PLACES)


def test_a_phone_needs_no_sideways_scrolling(browser, town):
    with Solid(browser, town, size=(390, 844)) as opened:
        opened.built()
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert opened.page.locator(".scene-canvas").bounding_box()["height"] > 240
        small = opened.page.evaluate(
            """() => [...document.querySelectorAll(".scene-legend :is(button, select)")]
                .filter((e) => e.offsetHeight < 40).map((e) => e.id)"""
        )
        assert small == []
        opened.page.locator("#hotspots .hotspot").first.click()
        opened.page.wait_for_timeout(1200)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_chinese_scene_has_no_english_words(browser, town):
    with Solid(browser, town, language="zh-TW") as opened:
        opened.built()
        opened.page.select_option("#colour-by", "hazard")
        rows = _uncovered(opened)
        opened.click(rows[len(rows) // 2])
        opened.until("!document.getElementById('card').innerText.includes('載入')")
        legend = opened.text("#scene-legend")
        labels = opened.page.locator("#scene [aria-label], .corner [aria-label]").evaluate_all(
            "all => all.map((e) => e.ariaLabel).join(' ')"
        )
        names = r"\bb\d+\b|\d{8}T\d{6}Z-\w+|\bL\d\b|\bH\d\b|\bm\b|RF-\d|Gate|Silent"
        names += "|test|sample|AR&R|JRC|GMT|UTC|Dock Road|Market Square|Station Underpass|Mill Lane"
        names += "|School Hill|Quay|Street|Hill School"
        text = re.sub(names, "", " ".join([legend, labels, opened.text("#card")]))
        assert re.findall(r"[A-Za-z]{2,}", text) == []


def test_every_control_has_a_name(visit):
    nameless = visit.page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, canvas, [role=slider]")]
            .filter((element) => !element.ariaLabel && !element.innerText?.trim() &&
                !element.labels?.length && element.checkVisibility())
            .map((element) => element.outerHTML)"""
    )
    assert nameless == []

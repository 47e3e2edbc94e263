"""The hyetograph above the slider: what was measured, what is expected, and never a false zero."""

import json
from datetime import UTC, datetime

import pytest
import small_city
from browser import Visit
from town_server import serving, town_data, town_server  # noqa: F401

ISSUED = datetime(2026, 6, 9, 7, 20, tzinfo=UTC)
GROWING = (
    "rain: the storm is still growing, rain ahead may be under-forecast "
    "(4.0 mm/h, then 14.3 mm/h over the last half hour)"
)


def _interval(minutes, **more):
    """Ten minutes of rain that begin so long after the issue time."""

    def time(later):
        hours, rest = divmod(7 * 60 + 20 + later, 60)
        return f"2026-06-09T{hours:02}:{rest:02}:00Z"

    empty = dict.fromkeys(("mean_mm_h", "mean_p10_mm_h", "mean_p50_mm_h", "mean_p90_mm_h"))
    return {"time": time(minutes), "until": time(minutes + 10), **empty, "max_mm_h": 40.0} | more


def _rain():
    """Two hours measured but for one interval, and what the members expect from 07:20 on."""
    past = [
        _interval(minutes, kind="measured", source="gauges", mean_mm_h=12.0)
        for minutes in range(-120, 0, 10)
    ]
    past[-2] |= {"kind": "estimated", "source": "persistence"}
    quantiles = {"mean_p10_mm_h": 4.0, "mean_p50_mm_h": 9.0, "mean_p90_mm_h": 20.4}
    ahead = [
        _interval(minutes, kind="expected", source="persistence", **quantiles)
        for minutes in range(0, 120, 10)
    ]
    ahead[3] |= {"mean_p50_mm_h": 16.0, "source": "extrapolated"}
    return past + ahead


@pytest.fixture(scope="module")
def rainy(tmp_path_factory):
    """A server of the town by a set clock, whose forecast knows its rain."""
    data = tmp_path_factory.mktemp("rainy")
    run = small_city.build(data, issued=ISSUED)
    folder = data / "runs" / small_city.CITY / run
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "rain.json").write_text(json.dumps(_rain()))
    manifest["products"]["rain"] = "rain.json"
    manifest["inputs_degraded"] = [GROWING]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with serving(data, "2026-06-09T07:22:00Z") as address:
        yield address


@pytest.fixture(scope="module")
def wide(browser, rainy):
    with Visit(browser, rainy) as opened:
        opened.ready()
        yield opened


def _middle(box):
    return box["x"] + box["width"] / 2


def test_measured_and_expected_rain_are_drawn_apart(wide):
    shapes = wide.page.evaluate(
        """() => ["measured", "estimated", "expected"].map((kind) =>
            [...document.querySelectorAll(`.rain-${kind}`)].map((e) => getComputedStyle(e)))
            .map((all) => [all.length, all[0].fill, all[0].strokeDasharray])"""
    )
    assert [count for count, _, _ in shapes] == [5, 1, 12]  # an hour before, two ahead
    assert len({(fill, dashes) for _, fill, dashes in shapes}) == 3
    assert wide.page.locator(".rain-median").count() == 12
    title = wide.page.locator(".rain-expected title").nth(3).text_content()
    assert title == ("15:50–16:00 expected: 16 (4.0–20) mm/h, wettest place 40 · radar carried on")


def test_the_bars_stand_where_the_slider_has_their_time(wide):
    wide.slide(0)
    track = wide.page.locator("#slider").bounding_box()
    boxes = wide.page.locator(".rain-expected")
    first, last = boxes.first.bounding_box(), boxes.last.bounding_box()
    assert first["x"] == pytest.approx(track["x"] + 10, abs=2)
    assert last["x"] + last["width"] == pytest.approx(track["x"] + track["width"] - 10, abs=2)
    before = wide.page.locator(".rain-measured").first.bounding_box()
    assert before["x"] < first["x"] - 3 * first["width"]
    line = wide.page.locator(".rain-at")
    assert _middle(line.bounding_box()) == pytest.approx(track["x"] + 10, abs=2)
    wide.slide(6)
    assert _middle(line.bounding_box()) == pytest.approx(_middle(track), abs=2)


def test_the_rain_at_the_slider_is_told_with_its_spread_and_source(wide):
    wide.slide(3)
    told = wide.text("#rain-line")
    assert "Rain: 12 mm in 60 min, partly estimated" in told
    assert "16 (4.0–20) mm/h expected · radar carried on" in told
    wide.slide(small_city.STEPS - 1)
    assert "9.0 (4.0–20) mm/h expected · persistence" in wide.text("#rain-line")
    wide.page.select_option("#layer", "max_depth")
    assert "at most 16 (4.0–20) mm/h expected at 15:50" in wide.text("#rain-line")
    wide.page.select_option("#layer", "time")


def test_the_growing_storm_is_told_among_the_notes(wide):
    assert "the storm is still growing, rain ahead may be under-forecast" in wide.text("#notes")


def test_rain_and_the_growing_storm_are_told_in_chinese(browser, rainy):
    with Visit(browser, rainy, language="zh-TW") as opened:
        opened.ready()
        opened.slide(3)
        assert "雨勢仍在增強，未來雨量可能低估" in opened.text("#notes")
        assert opened.page.locator("#notes [lang=en]").count() == 0
        told = opened.text("#rain-line")
        assert "預期 16（4.0–20）mm/h · 雷達外推" in told
        assert "雨量 60 分鐘 12 mm（部分推估）" in told
        assert opened.complaints == []


def test_a_phone_shows_the_rain_without_sideways_scrolling(browser, rainy):
    with Visit(browser, rainy, size=(390, 844)) as opened:
        opened.ready()
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert opened.page.locator("#slider").bounding_box()["width"] > 300
        assert opened.page.locator(".rain-measured, .rain-estimated").count() == 2
        chart = opened.page.locator("#rain").bounding_box()
        assert chart["height"] > 20 and chart["x"] >= 0 and chart["x"] + chart["width"] <= 390


def test_what_knows_no_rain_shows_no_zero(wide, browser, town_server):  # noqa: F811
    runs = wide.page.locator("#run option").evaluate_all("all => all.map((o) => o.value)")
    wide.page.select_option("#run", runs[-1])
    wide.until("document.getElementById('badges').innerText.includes('Scenario')")
    wide.ready()
    for part in ("#rain", "#rain-line", "#rain-missing"):
        assert wide.page.is_hidden(part)
    assert wide.page.locator("#rain rect").count() == 0
    wide.page.select_option("#run", "latest")
    wide.until("document.querySelectorAll('#rain rect').length > 0")
    wide.ready()
    assert wide.complaints == []
    with Visit(browser, town_server) as old:  # a forecast of older code
        old.ready()
        assert old.text("#rain-missing") == "Rain not known"
        assert old.page.is_hidden("#rain") and old.page.is_hidden("#rain-line")

"""The hyetograph above the slider: what was measured, what is expected, and never a false zero."""

import json
from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import small_city
from browser import Visit
from town_server import serving, town_data, town_server  # noqa: F401

from twin.observations.store import ObservationStore

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
    _build(data)
    with serving(data, "2026-06-09T07:22:00Z") as address:
        yield address


def _build(data):
    """The town with a forecast that knows its rain."""
    run = small_city.build(data, issued=ISSUED)
    folder = data / "runs" / small_city.CITY / run
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "rain.json").write_text(json.dumps(_rain()))
    manifest["products"]["rain"] = "rain.json"
    manifest["inputs_degraded"] = [GROWING]
    (folder / "manifest.json").write_text(json.dumps(manifest))


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


GAUGES = ("R1", "R2", "R3", "R4")


@pytest.fixture(scope="module")
def gauged(tmp_path_factory):
    """A server of the town with four gauges at 07:45, and its data folder."""
    data, layers = tmp_path_factory.mktemp("gauged"), small_city._layers
    west, south, _, _ = small_city.GRID.bounds
    sensors = gpd.GeoDataFrame(
        {"station_id": GAUGES, "kind": "rain_gauge", "property": "rainfall_rate", "unit": "mm"},
        geometry=[shapely.Point(west + 200 + 300 * k, south + 500) for k in range(len(GAUGES))],
        crs=small_city.GRID.crs,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_city, "_layers", lambda: {**layers(), "sensors": sensors})
        _build(data)
    (data / "stores").mkdir()
    _measure(data, "07:30", (8, 9, 11, 12))
    with serving(data, "2026-06-09T07:45:00Z") as address:
        yield address, data


def _measure(data, end, rates):
    """Keep what the gauges measured in the ten minutes before a time [mm/h]."""
    time = pd.Timestamp(f"2026-06-09T{end}:00Z")
    frame = pd.DataFrame({"station_id": GAUGES[: len(rates)], "value": rates})
    frame["value"] /= 3.6e6
    frame = frame.assign(
        source_id="test",
        property="rainfall_rate",
        phenomenon_time=time,
        received_time=time + pd.Timedelta(minutes=2),
        raw_value=frame["value"].astype(str),
        raw_unit="m/s",
        flag=2,
    )
    ObservationStore(data / "stores" / small_city.CITY).append(frame)


def test_a_forecast_that_its_gauges_overtake_says_so_while_it_is_shown(browser, gauged):
    address, data = gauged
    with Visit(browser, address) as opened:
        opened.ready()
        assert "measured to 15:30: 10 mm/h" in opened.text("#rain-line")
        assert "⚠" not in opened.text("#rain-line")
        assert opened.page.is_hidden("#beaten")
        assert opened.page.locator(".rain-since[data-verdict=within]").count() == 1
        _measure(data, "07:40", (60, 70, 84, 90))
        opened.until("!document.getElementById('beaten').hidden")
        assert opened.text("#beaten").replace("\n", " ") == (
            "⚠Gauges exceed this forecast: 76 mm/h measured, 4.0–20 expected (15:30–15:40); "
            "flooding may come sooner and deeper."
        )
        assert opened.page.locator("#beaten").get_attribute("role") == "alert"
        assert "⚠ measured to 15:40: 76 mm/h, above 4.0–20 expected" in opened.text("#rain-line")
        bars, boxes = opened.page.locator(".rain-since"), opened.page.locator(".rain-expected")
        assert (bars.count(), boxes.count()) == (2, 12)
        bar, box = bars.nth(1).bounding_box(), boxes.nth(1).bounding_box()
        assert (
            box["x"] < bar["x"] < _middle(box) < bar["x"] + bar["width"] < box["x"] + box["width"]
        )
        assert bar["y"] < box["y"]
        assert "measured: 76 mm/h · 4 of 4 gauges" in bars.nth(1).text_content()
        fills = bars.evaluate_all("all => all.map((e) => getComputedStyle(e).fill)")
        measured = opened.page.locator(".rain-measured:not(.rain-since)").first
        assert fills[0] == measured.evaluate("(e) => getComputedStyle(e).fill") != fills[1]
        assert opened.complaints == []
        opened.page.select_option("#run", index=2)  # a scenario is beaten by nothing
        opened.until("document.getElementById('beaten').hidden")


def test_the_warning_is_in_chinese_and_fits_a_phone(browser, gauged):
    address, data = gauged
    _measure(data, "07:40", (60, 70, 84, 90))
    with Visit(browser, address, size=(390, 844), language="zh-TW") as opened:
        opened.ready()
        opened.until("!document.getElementById('beaten').hidden")
        assert "實測雨量已超出本次預報：15:30–15:40 實測 76 mm/h" in opened.text("#beaten")
        assert "⚠ 實測至 15:40：76 mm/h，高於預期 4.0–20" in opened.text("#rain-line")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
        box = opened.page.locator("#beaten").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert opened.complaints == []

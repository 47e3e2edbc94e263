"""The verification on the page: summary, window, charts, both languages, in a real browser."""

import json
from datetime import UTC, datetime

import pytest
import small_city
from browser import Visit
from town_server import serving


def row(score, value, **more):
    return {
        "against": "sensors", "score": score, "horizon": "all", "value": value, "low": 0.25,
        "high": 0.75, "cases": 120, "blocks": 8, "blocks_of": "runs", "events": 30,
        "forecast": "ensemble", **more,
    }  # fmt: skip


def document():
    deep = {"threshold_m": 0.3}
    rows = [
        row("crps_m", 0.123),
        row("crps_m", 0.2, horizon="0-1 h"),
        row("crps_skill", 0.4, reference="persistence"),
        row("csi", 0.61, **deep),
        row("csi", 0.4, forecast="persistence", **deep),
        row("hit_rate", 0.82, **deep),
        row("hit_rate", 0.33, district="South Bank", **deep),
        row("false_alarm_ratio", None, low=None, high=None, **deep),
        row("lead_time_minutes", 47.0, low=None, high=None, **deep),
        row("hit_rate", 0.9, against="reports", **deep),
    ]
    tables = [
        {"forecast": 0.0, "observed": 0.1, "cases": 90, "low": 0.05, "high": 0.2},
        {"forecast": 1.0, "observed": 0.8, "cases": 30, "low": 0.6, "high": 0.9},
    ]
    diagram = {"against": "sensors", "cases": 120, "events": 30, "reliability": tables, "roc": []}
    place = {
        "against": "sensors", "place": "S1", "name": "<b>Dock</b> Road", "cases": 60, "hits": 3,
        "misses": 1, "false_alarms": 2, "onsets": 2, "onsets_warned": 1, "lead_time_minutes": 47.0,
    }  # fmt: skip
    return {
        "city": "harbour", "as_of": "2026-11-20T12:00:00Z", "runs": 8, "trigger": 0.3,
        "first_issue": "2026-11-20T06:00:00Z", "last_issue": "2026-11-20T09:00:00Z",
        "notes": ["1 of 9 forecasts repeat an issue time"], "rows": rows,
        "diagrams": [{**diagram, **deep}],
        "places": [place, {**place, "place": "S2", "name": "Quay", "lead_time_minutes": None}],
    }  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    small_city.build(data, issued=datetime.now(UTC), steps=3)
    with serving(data) as address:
        yield data, address


def test_the_page_shows_how_good_the_forecasts_were(browser, town):
    data, address = town
    with Visit(browser, address) as visit:
        visit.ready()
        visit.until("document.getElementById('verification-text').textContent !== ''")
        assert visit.text("#verification-text") == "Not verified yet."
        assert visit.page.is_hidden("#verification-open")
        assert visit.complaints == []
    folder = data / "verification" / "harbour"
    folder.mkdir(parents=True)
    (folder / "verification.json").write_text(json.dumps(document()), encoding="utf-8")
    with Visit(browser, address) as visit:
        visit.ready()
        visit.until("!document.getElementById('verification-open').hidden")
        summary = " ".join(visit.text("#verification-summary").split())
        assert "Hit rate 0.82 [0.25, 0.75] n 120" in summary
        assert "False alarm ratio – n 120" in summary
        assert "Lead time achieved 47 min n 120" in summary
        visit.page.click("#verification-open")
        assert visit.page.is_visible("#verification-window")
        words = visit.text("#verification-body")
        for expected in ("CRPS skill over persistence", "0.61 [0.25, 0.75]", "Dock", "repeat an"):
            assert expected in words
        assert "<b>Dock</b> Road" in words  # names are never markup
        assert "0.33" not in words  # districts are in the report
        assert visit.page.locator("#verification-body circle").count() == 2
        assert "no warning in time" in visit.page.locator("svg.wide").text_content()
        visit.page.select_option("#verification-against", "reports")
        assert "0.90" in visit.text("#verification-body")
        assert "0.61" not in visit.text("#verification-body")
        visit.page.keyboard.press("Escape")
        assert visit.page.is_hidden("#verification-window")
        visit.page.click("#language")
        assert "命中率" in visit.text("#verification-summary")
        visit.page.click("#verification-open")
        assert "預報校驗" in visit.text("#verification-window")
        assert visit.complaints == []
    with Visit(browser, address, size=(390, 844)) as visit:
        visit.ready()
        visit.until("!document.getElementById('verification-open').hidden")
        visit.page.click("#verification-open")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390
        box = visit.page.locator("#verification-window").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390

"""The verbs of feeds, their route and their page, over a real feed on loopback."""

import json
import os
import re
import sys
import threading
import urllib.request
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest
from browser import Visit
from fastapi.testclient import TestClient
from small_city import build
from town_server import serving

from service.cli import main
from service.feeds.registry import feed_rows
from service.feeds.watch import SHORTEST_CADENCE, is_due
from service.web.api import create_app
from service.web.clock import Clock
from twin.feeds.configuration import Configuration, FeedSetting
from twin.feeds.health import HealthBook
from twin.feeds.intake import Desk
from twin.feeds.registry import adapter

VERBS = ("list", "health", "poll", "replay", "sample")


def payload(minutes_old=5, value="3.5"):
    time = pd.Timestamp.now(tz="Asia/Taipei").floor("s") - pd.Timedelta(minutes=minutes_old)
    station = {
        "StationId": "C0X", "StationName": "T", "ObsTime": {"DateTime": time.isoformat()},
        "RainfallElement": {"Past10Min": {"Precipitation": value}},
    }  # fmt: skip
    return json.dumps({"records": {"Station": [station]}}).encode()


@pytest.fixture
def gauges():
    """A server that answers as the weather service does; `content` may be changed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.server.content
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.content, server.status = payload(), 200
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def data(tmp_path, gauges):
    """Data folder whose feeds.toml leads to that server."""
    url = f"http://127.0.0.1:{gauges.server_address[1]}/"
    text = f'allow_loopback = true\n[feeds.cwa_gauges]\nurl = "{url}"\n'
    (tmp_path / "feeds.toml").write_text(text)
    return tmp_path


def run(capsys, *words, code=0):
    assert main(["feeds", *map(str, words)]) == code
    return capsys.readouterr().out


def gauges_row(data, name="cwa_gauges"):
    return next(row for row in feed_rows(data) if row["name"] == name)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_feeds_has_help(verb, capsys):
    with pytest.raises(SystemExit) as end:
        main(["feeds", verb, "--help"])
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_the_list_shows_every_feed_with_its_licence(data, capsys):
    feeds = json.loads(run(capsys, "list", "--data", data, "--json"))["feeds"]
    assert len(feeds) >= 67
    assert feeds[0]["name"] == "cwa_gauges", "what is switched on comes first"
    assert all(row["licence"] for row in feeds if row["contract"] == "read")
    assert all(row["title"] for row in feeds)
    assert {row["state"] for row in feeds} == {"off"}
    text = run(capsys, "list", "--data", data)
    assert "1 are on" in text
    assert not (data / "feeds").exists(), "to look changes nothing"


def test_a_poll_stores_readings_and_health_says_so(data, capsys, gauges):
    (row,) = json.loads(run(capsys, "poll", "--data", data, "--json"))["polled"]
    assert (row["outcome"], row["kept"] >= 1, row["reason"]) == ("new", True, "")
    health = json.loads(run(capsys, "health", "--data", data, "--json"))
    assert health["states"] == {"ok": 1}
    assert 290 <= health["feeds"][0]["age_seconds"] <= 900
    gauges.content = b"<html>busy</html>"
    assert "failed" in run(capsys, "poll", "--data", data, code=1), "none could be polled"
    text = run(capsys, "health", "--data", data)
    assert "unreadable" in text
    assert "dead letter" in text


def test_readings_that_are_all_rejected_are_a_failure_with_its_reason(data, capsys, gauges):
    gauges.content = payload(minutes_old=-180)
    answer = json.loads(run(capsys, "poll", "--data", data, "--json", code=1))
    (row,) = answer["polled"]
    assert (answer["failed"], row["kept"]) == (True, 0)
    assert row["rejected"] == row["read"] == row["reasons"]["time in the future"]
    told = run(capsys, "poll", "--data", data, code=1)
    assert f"time in the future {row['read']}" in " ".join(told.split())
    lines = [line for line in told.splitlines() if not line.startswith("store")]
    assert max(map(len, lines)) <= 100
    assert json.loads(run(capsys, "health", "--data", data, "--json"))["states"] != {"ok": 1}
    told = run(capsys, "health", "--data", data)
    assert "rejected: all" in told
    assert "such as 'C0X," in " ".join(told.split())


def test_readings_that_are_rejected_in_part_are_counted_by_reason(data, capsys, gauges):
    stations = json.loads(payload())["records"]["Station"]
    ahead = json.loads(payload(minutes_old=-180))["records"]["Station"][0]
    gauges.content = json.dumps(
        {"records": {"Station": [*stations, ahead | {"StationId": "C1X"}]}}
    ).encode()
    assert "cwa_gauges: rejected: time in the future" in run(capsys, "poll", "--data", data)


def test_an_answer_without_stations_is_said_to_be_empty(data, capsys, gauges):
    gauges.content = b'{"records": {"Station": []}}'
    assert "cwa_gauges: it answered and had nothing to say" in run(capsys, "poll", "--data", data)
    assert "empty" in run(capsys, "health", "--data", data)
    gauges.content = payload()
    assert "nothing to say" not in run(capsys, "poll", "--data", data)


def test_one_feed_that_fails_or_rests_makes_the_exit_code_1(data, capsys, gauges):
    with (data / "feeds.toml").open("a") as stream:
        stream.write(f'[feeds.wra_river]\nurl = "http://127.0.0.1:{gauges.server_address[1]}/x"\n')
    answer = json.loads(run(capsys, "poll", "--data", data, "--json", code=1))
    assert {row["outcome"] for row in answer["polled"]} == {"new", "failed"}
    assert run(capsys, "poll", "cwa_gauges", "--data", data), "all is well with this one"
    for _ in range(4):
        run(capsys, "poll", "wra_river", "--data", data, code=1)
    text = run(capsys, "poll", "wra_river", "--data", data, code=1)
    assert "resting" in text
    until = gauges_row(data, "wra_river")["rests_until"]
    assert f"left alone until {until}" in " ".join(text.split())
    told = " ".join(run(capsys, "health", "--data", data).split())
    assert f"wra_river: rests until {until}; " in told


def test_a_feed_that_fails_after_a_part_of_it_is_told_from_one_that_fails(tmp_path, capsys):
    folder = tmp_path / "in"
    folder.mkdir()
    time = pd.Timestamp.now(tz="UTC").isoformat()
    good = f"station_id,time,property,value,unit\na,{time},water_level,1,m\n"
    for name, text in (("a.csv", good), ("b.csv", "x\n1\n"), ("c.json", "{}"), ("n.txt", "x")):
        (folder / name).write_text(text)
        os.utime(folder / name, (1.7e9, 1.7e9))
    (tmp_path / "feeds.toml").write_text('[feeds.drop_folder]\nfolder = "in"\n')
    answer = json.loads(run(capsys, "poll", "--data", tmp_path, "--json", code=1))
    (row,) = answer["polled"]
    assert (row["outcome"], row["kept"], row["passed_over"]) == ("partly", 1, ["n.txt"])
    assert "unreadable" in run(capsys, "health", "--data", tmp_path)
    assert "of no kind that is taken: n.txt" in run(capsys, "poll", "--data", tmp_path)
    refused = {file.name for file in (folder / "refused").iterdir()}
    assert refused == {"b.csv", "b.csv.reason.txt", "c.json", "c.json.reason.txt"}


def test_an_answer_of_the_weather_service_may_be_dropped_as_a_file(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "answer.json").write_bytes(payload())
    os.utime(tmp_path / "in" / "answer.json", (1.7e9, 1.7e9))
    (tmp_path / "feeds.toml").write_text('[feeds.cwa_gauges]\nfolder = "in"\n')
    (row,) = json.loads(run(capsys, "poll", "--data", tmp_path, "--json"))["polled"]
    assert (row["outcome"], row["kept"] >= 1) == ("new", True)
    assert (tmp_path / "in" / "taken" / "answer.json").is_file()


def test_a_broker_is_asked_by_watching_only(tmp_path, capsys):
    (tmp_path / "feeds.toml").write_text('[feeds.mqtt]\nbroker = "mqtt://127.0.0.1:1"\n')
    text = run(capsys, "poll", "--data", tmp_path, code=1)
    assert "no feed was asked" in text
    assert "mqtt: heard with --watch only" in text


def test_the_help_names_every_key_and_the_sample_is_a_configuration(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["feeds", "--help"])
    said = re.findall(r"\w+", capsys.readouterr().out)
    keys = {entry.name for kind in (Configuration, FeedSetting) for entry in fields(kind)}
    assert keys <= {*said}
    with pytest.raises(SystemExit):
        main(["feeds", "poll", "--help"])
    assert "with 1 where a feed failed" in " ".join(capsys.readouterr().out.split())
    text = run(capsys, "sample")
    (tmp_path / "feeds.toml").write_text(text, encoding="utf-8")
    assert "2 are on" in run(capsys, "list", "--data", tmp_path)
    assert json.loads(run(capsys, "sample", "--json"))["sample"].rstrip("\n") == text.rstrip("\n")


def test_old_content_is_shown_as_stale(data, capsys, gauges):
    """R-04: HTTP 200 with 4-day-old content."""
    gauges.content = payload(minutes_old=4 * 1440)
    run(capsys, "poll", "--data", data)
    assert gauges_row(data)["state"] == "stale"


def test_a_replay_gives_the_store_of_the_polls(data, capsys, gauges):
    run(capsys, "poll", "--data", data)
    gauges.content = payload(minutes_old=0, value="7")
    run(capsys, "poll", "cwa_gauges", "--data", data)
    words = ("replay", "--data", data, "--store", data / "again", "--json")
    replayed = json.loads(run(capsys, *words))
    from twin.observations.store import ObservationStore

    assert replayed["digest"] == ObservationStore(data / "stores" / "feeds").digest()
    assert replayed["replayed"][0]["payloads"] == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("feeds = 3", "is no table"),
        ("[feeds.nothing]", "'nothing'|nothing"),
        ("[feeds.sample]\nfolders = 'x'", "'folders'"),
        ("[feeds.sample]\non = 'yes'", "expected bool"),
        ("[feeds.sample]\nheaders = {a = 1}", "headers"),
        ("stores = 'x'", "'stores'"),
        ("[feeds", "cannot be read"),
    ],
)
def test_a_wrong_configuration_is_one_line(refused, tmp_path, text, words):
    (tmp_path / "feeds.toml").write_text(text)
    assert re.search(words, refused("feeds", "list", "--data", tmp_path, "--json"))


def test_a_table_of_the_city_itself_is_a_feed_too(tmp_path):
    (tmp_path / "own.toml").write_text(
        'name = "harbour"\ntitle = "Harbour"\ntimezone = "UTC"\ncadence_seconds = 300\n'
        'licence = "own"\n[columns]\nstation_id = "s"\n'
    )
    text = '[feeds.harbour]\nfolder = "in"\ncolumns = "own.toml"\n'
    (tmp_path / "feeds.toml").write_text(text)
    row = feed_rows(tmp_path)[0]
    assert (row["name"], row["title"], row["contract"], row["on"]) == (
        *("harbour", "Harbour", "read"), True,
    )  # fmt: skip


def test_nothing_switched_on_and_nothing_kept_are_told(refused, tmp_path):
    assert "no feed is switched on" in refused("feeds", "poll", "--data", tmp_path)
    assert "no payload was kept" in refused("feeds", "replay", "--store", "s", "--data", tmp_path)
    (tmp_path / "feeds.toml").write_text("[feeds.cwa_gauges]\non = false\n[feeds.sample]\n")
    assert "'cwa_gauges'" in refused("feeds", "poll", "cwa_gauges", "--data", tmp_path)
    assert "nowhere" in refused("feeds", "health", "--data", tmp_path / "nowhere")


def test_a_key_stays_out_of_all_that_is_told(data, capsys, gauges, monkeypatch):
    monkeypatch.setenv("SMALL_KEY", "s3cret")
    text = (data / "feeds.toml").read_text().replace('/"', '/?k={key}"')
    (data / "feeds.toml").write_text(text + 'key_setting = "SMALL_KEY"\n')
    gauges.status = 404
    told = run(capsys, "poll", "--data", data, code=1)
    told += run(capsys, "health", "--data", data, "--json")
    told += json.dumps(TestClient(create_app(data)).get("/api/feeds").json())
    assert "404" in told
    assert "s3cret" not in told


def test_the_route_shows_all_feeds_by_the_clock_of_the_service(data, capsys):
    run(capsys, "poll", "--data", data)
    now = TestClient(create_app(data)).get("/api/feeds")
    assert now.headers["cache-control"] == "no-store"
    assert now.json()["states"] == {"ok": 1}
    row = now.json()["feeds"][0]
    assert (row["name"], row["state"], row["contract"]) == ("cwa_gauges", "ok", "read")
    later = pd.Timestamp.now(tz="UTC") + pd.Timedelta(days=1)
    drill = TestClient(create_app(data, clock=Clock(later.isoformat()))).get("/api/feeds").json()
    assert (drill["exercise"], drill["feeds"][0]["state"]) == (True, "dead")


def test_a_wrong_configuration_is_told_by_the_route(data):
    (data / "feeds.toml").write_text("[feeds")
    answer = TestClient(create_app(data)).get("/api/feeds")
    assert answer.status_code == 422
    assert "feeds.toml" in answer.json()["error"]


def test_a_feed_is_due_after_its_cadence(tmp_path):
    spec, now = adapter("cwa_gauges").spec, pd.Timestamp("2026-11-20T12:00Z")
    desk = Desk(tmp_path, None)
    assert is_due(spec, desk, now)
    HealthBook(tmp_path).answered(spec.name, now)
    cadence = max(pd.Timedelta(seconds=spec.cadence_seconds), SHORTEST_CADENCE)
    assert not is_due(spec, desk, now + 0.9 * cadence)
    assert is_due(spec, desk, now + cadence)
    assert is_due(spec, desk, now - cadence), "a clock that was set back starves no feed"


def test_watching_polls_until_interrupted(data, gauges):
    import signal
    import subprocess
    import time

    words = [sys.executable, "-m", "service.cli", "feeds", "poll", "--watch", "--data", str(data)]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(words, cwd=root, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + 300
        while gauges_row(data)["state"] != "ok":
            assert time.monotonic() < end, "it never polled"
            assert process.poll() is None
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    # CPython dies by the signal itself where it fell into an exec of a library: 130 to a shell
    assert process.returncode in (130, -signal.SIGINT)
    assert "interrupted" in said


def test_the_page_shows_the_feeds_in_both_languages(browser, tmp_path):
    build(tmp_path, steps=3)
    (tmp_path / "feeds.toml").write_text("[feeds.cwa_gauges]\n[feeds.ncdr_cap]\n[feeds.wra_iow]\n")
    book, now = HealthBook(tmp_path / "feeds"), pd.Timestamp.now(tz="UTC")
    book.answered("cwa_gauges", now, newest={"a": now - pd.Timedelta(days=4)})
    book.failed("ncdr_cap", now, "status 503 <script>alert(1)</script>")
    with serving(tmp_path) as address:
        with urllib.request.urlopen(f"{address}/api/feeds", timeout=60) as answer:
            known = len(json.load(answer)["feeds"])
        with Visit(browser, address) as opened:
            opened.ready()
            opened.until("document.getElementById('feeds-open').innerText.includes('0/3')")
            assert opened.page.get_attribute("#feeds-open", "data-state") == "unreachable"
            opened.page.click("#feeds-open")
            rows = opened.page.locator("#feeds-rows tr")
            assert rows.count() == known
            assert "not answering" in rows.nth(0).inner_text()
            assert "<script>alert(1)</script>" in rows.nth(0).inner_text()
            assert "stale" in rows.nth(1).inner_text()
            assert "4 d" in rows.nth(1).inner_text()
            assert "not asked yet" in rows.nth(2).inner_text()
            assert "Open Government Data License" in rows.nth(1).inner_text()
            opened.page.route("**/api/feeds", lambda route: route.abort())
            opened.page.keyboard.press("Escape")
            assert not opened.page.is_visible("#feeds")
            opened.page.click("#feeds-open")
            opened.page.wait_for_selector("#feeds-trouble:not([hidden])")
        with Visit(browser, address, size=(390, 844), language="zh-TW") as opened:
            opened.ready()
            opened.until("document.getElementById('feeds-open').innerText.includes('0/3')")
            opened.page.click("#feeds-open")
            assert "資料過時" in opened.text("#feeds-rows")
            assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
            assert opened.complaints == []

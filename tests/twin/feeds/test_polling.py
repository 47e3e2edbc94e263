"""Polls of real servers on loopback: news, nothing new, nonsense, endless pages, backlogs."""

import gzip
import os
import threading
import time

import pandas as pd
import pytest
from http_servers import serving
from small_feed import answer_of, named

from twin.errors import DeviceError
from twin.feeds import registry
from twin.feeds.breaker import FAILURES_TO_OPEN
from twin.feeds.configuration import FeedSetting
from twin.feeds.intake import Desk, catch_up, replay, take
from twin.feeds.polling import BACKLOG_SLICE, poll, poll_all
from twin.observations.store import ObservationStore

NOON = pd.Timestamp("2025-11-20T12:00Z")
SMALL = named("small")


def at(minutes):
    return NOON + pd.Timedelta(minutes=minutes)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "feeds", ObservationStore(tmp_path / "store"))


def ask(desk, server, now=NOON, adapter=SMALL, path="/"):
    setting = FeedSetting(url=server.url + path)
    return poll(adapter, desk, setting, allow_loopback=True, now=now)


def state(desk, now=NOON, adapter=SMALL):
    return desk.health.health(adapter.spec, now).state


def body(content):
    return lambda to: to.reply(content, ETag='"1"')


def test_an_answer_is_kept_stored_and_the_feed_is_ok(desk):
    content = answer_of(at(-5), {"a": 3.6, "b": 0})
    with serving(body(content)) as server:
        result = ask(desk, server)
    assert (result.outcome, result.kept, result.read) == ("new", 2, 2)
    assert state(desk) == "ok"
    assert [kept for *_, kept in desk.raw.between("small")] == [content]
    series = desk.store.series("rainfall_rate")
    assert series["value"].tolist() == [1e-6, 0.0]
    assert (series["received_time"] == NOON).all()


def test_nothing_changed_is_a_healthy_answer_and_ages(desk):
    def answer(to):
        known = to.headers.get("If-None-Match")
        to.reply(*((b"", 304) if known else (answer_of(at(-5), {"a": 1}), 200)), ETag='"1"')

    with serving(answer) as server:
        assert ask(desk, server).outcome == "new"
        assert ask(desk, server, at(10)).outcome == "unchanged"
    assert state(desk, at(10)) == "ok"
    assert state(desk, at(21)) == "stale"


def test_empty_is_healthy_503_and_nonsense_are_not(desk):
    """D-12: `{"UpdataTime":null,"Data":[]}` is healthy and empty; 503 is unhealthy."""
    with serving(body(b"none\n")) as server:
        result = ask(desk, server)
    assert (result.outcome, state(desk)) == ("new", "empty")
    with serving(lambda to: to.reply(b"none\n", status=503)) as server:
        result = ask(desk, server)
    assert (result.outcome, state(desk)) == ("failed", "unreachable")
    assert "503" in desk.health.health(SMALL.spec, NOON).reason


def test_the_warnings_of_the_water_agency_say_nothing_and_are_healthy(desk):
    """D-12, on the real shape."""
    adapter = registry.adapter("wra_rain_warnings")
    with serving(body(b'{"UpdataTime":null,"Data":[]}')) as server:
        assert ask(desk, server, adapter=adapter).reason == ""
    assert state(desk, adapter=adapter) == "empty"


def test_old_content_in_a_good_answer_is_stale(desk):
    """R-04: HTTP 200 with 4-day-old content."""
    with serving(body(answer_of(at(-4 * 1440), {"a": 1, "b": 2}))) as server:
        assert ask(desk, server).kept == 2
    assert state(desk) == "stale"


def test_an_error_page_is_a_dead_letter_and_never_a_success(desk):
    """operations.md 2.7: a degraded answer is not remembered as a success (R-15)."""
    with serving(body(b"<html>busy</html>")) as server:
        assert ask(desk, server).outcome == "failed"
        assert ask(desk, server).outcome == "failed"
        assert all("If-None-Match" not in headers for _, headers in server.requests)
    letters = desk.raw.dead_letters("small")
    assert "is no answer of small" in letters[0]["reason"]
    assert desk.raw.read(letters[0]["sha256"]) == b"<html>busy</html>"
    assert state(desk) == "unreadable", "it answered"
    assert desk.raw.waiting("small") == 0


def broken(content, received):
    raise ZeroDivisionError("a\nb")


def test_an_adapter_that_raises_hurts_no_other_feed(desk):
    """D-16: adapter isolated."""
    bad = named("bad")._replace(read=broken)
    strange = named("strange")._replace(read=lambda content, received: None)
    with serving(body(answer_of(at(-5), {"a": 1}))) as server:
        feeds = [(one, FeedSetting(url=server.url)) for one in (bad, strange, SMALL)]
        results = poll_all(feeds, desk, allow_loopback=True, now=NOON)
    assert [result.outcome for result in results] == ["failed", "failed", "new"]
    assert "ZeroDivisionError" in desk.raw.dead_letters("bad")[0]["reason"]
    assert "\n" not in results[0].reason
    assert state(desk) == "ok"


def test_a_slow_feed_holds_up_no_other(desk):
    order = []

    def answer(to):
        if to.path == "/slow":
            done.wait(20)
        to.reply(answer_of(at(-5), {"a": 1}))

    def note(name):
        def read(content, received):
            order.append(name)
            done.set()
            return SMALL.read(content, received)

        return named(name)._replace(read=read)

    done = threading.Event()
    with serving(answer) as server:
        feeds = [(note(n), FeedSetting(url=f"{server.url}/{n}")) for n in ("slow", "fast")]
        poll_all(feeds, desk, allow_loopback=True, now=NOON)
    assert order == ["fast", "slow"]


def test_a_feed_that_fails_again_and_again_is_left_alone(desk):
    with serving(lambda to: to.reply(status=404)) as server:
        for _ in range(FAILURES_TO_OPEN):
            assert ask(desk, server).outcome == "failed"
        assert ask(desk, server, at(0.5)).outcome == "resting"
        assert len(server.requests) == FAILURES_TO_OPEN
        assert ask(desk, server, at(2)).outcome == "failed"


def test_what_comes_and_cannot_be_read_is_told_from_no_answer(desk):
    bomb = gzip.compress(bytes(200_000))
    cut = b'{"records": [{"a": 1}, {"b'
    small = named("small", max_bytes=100_000)
    as_gzip = {"Content_Encoding": "gzip"}
    for content, more in ((b"\x00\xff", {}), (bomb, as_gzip), (b"GIF", as_gzip), (cut, {})):
        with serving(lambda to, said=(content, more): to.reply(said[0], **said[1])) as server:
            assert ask(desk, server, adapter=small).outcome == "failed"
        assert state(desk) == "unreadable", content[:20]
        desk.health.answered("small", NOON)
    with serving(lambda to: to.reply(status=404)) as server:
        ask(desk, server)
    assert state(desk) == "unreachable"
    with serving(lambda to: to.reply(status=302, Location="http://else.example/")) as server:
        ask(desk, server)
    assert state(desk) == "unreachable"


def test_when_a_feed_that_rests_is_asked_again_is_said(desk):
    for _ in range(FAILURES_TO_OPEN):
        desk.health.failed("small", NOON, "x")
    intake = poll(SMALL, desk, FeedSetting(url="http://127.0.0.1:1/"), now=NOON)
    assert intake.outcome == "resting"
    assert intake.reason == (
        "it failed 5 times in a row, it is left alone until 2025-11-20T12:01:00Z"
    )
    assert desk.health.health(SMALL.spec, NOON).rests_until == at(1)
    assert desk.health.health(SMALL.spec, at(1)).rests_until is None


def test_an_answer_of_which_not_one_reading_can_be_used_is_no_good_one(desk):
    with serving(body(answer_of(at(180), {"a": 1, "b": 2}))) as server:
        intake = ask(desk, server)
        assert (intake.outcome, intake.read, intake.rejected) == ("failed", 2, 2)
        assert intake.reasons == {"time in the future": 2}
        assert "not one of 2 readings can be used (time in the future 2)" in intake.reason
        assert state(desk) == "unreadable"
        (letter,) = desk.raw.dead_letters("small")
        assert letter["kind"] == "rejected"
        assert "time in the future 2, such as 'a,2025-11-20T23:00:00" in letter["reason"]
        server.answer = body(answer_of(at(-5), {"a": 1, "b": "five"}))
        intake = ask(desk, server)
    assert (intake.outcome, intake.kept, intake.reason) == ("new", 1, "")
    assert intake.reasons == {"unreadable value": 1}
    assert state(desk) == "ok"


def test_the_warnings_of_ncdr_are_asked_at_the_whole_address_that_the_city_names(desk):
    with serving(body(b'{"updated": "2025-11-20T19:50:00+08:00"}')) as server:
        ask(desk, server, adapter=registry.adapter("ncdr_cap"), path="/cap/feed.json?k=1")
        assert [path for path, _ in server.requests] == ["/cap/feed.json?k=1"]


def test_pages_are_followed_byte_for_byte(desk):
    """D-10: nextLink as the source gave it, `+` included."""
    following = "/next?$skip=1&q=a+b%2Bc"

    def answer(to):
        if to.path == "/":
            to.reply(answer_of(at(-5), {"a": 1}, following))
        else:
            to.reply(answer_of(at(-5), {"b": 1}))

    with serving(answer) as server:
        result = ask(desk, server)
        assert [path for path, _ in server.requests] == ["/", following]
    assert (result.payloads, result.kept, state(desk)) == (2, 2, "ok")


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (lambda n: answer_of(at(-5), {f"s{n}": 1}, f"/?page={(n + 1) % 3}"), "comes again"),
        (lambda n: answer_of(at(-5), {f"s{n}": 1}, f"/?page={n + 1}"), "on 7 pages"),
        (lambda n: answer_of(at(-5), {"a": 1}, "http://192.168.0.1/"), "same host"),
    ],
    ids=["loop", "endless", "elsewhere"],
)
def test_pages_that_loop_or_never_end_are_cut(desk, page, words, monkeypatch):
    """D-10: loop detected, page cap."""
    monkeypatch.setattr("twin.feeds.polling.MOST_PAGES", 7)

    def answer(to):
        to.reply(page(int(to.path.partition("page=")[2] or 0)))

    with serving(answer) as server:
        result = ask(desk, server, path="/?page=0")
        assert len(server.requests) <= 7
    assert result.outcome == "failed"
    assert words in result.reason
    assert result.kept > 0, "what came before is kept"


def test_a_page_that_came_before_is_noticed(desk):
    """D-10: duplicate page."""
    with serving(lambda to: to.reply(answer_of(at(-5), {"a": 1}, to.path + "x"))) as server:
        same = answer_of(at(-5), {"a": 1}, "/b")
        server.answer = lambda to: to.reply(same if to.path in "/b" else same.replace(b"/b", b"/c"))
        result = ask(desk, server)
    assert "came before" in result.reason


def test_names_that_are_not_known_are_counted_and_a_sample_is_kept(desk):
    """D-03, the side of polling: schema drift."""

    def read(content, received):
        found = SMALL.read(content, received)
        found.counts["drift"] = ["Past5Min"]
        return found

    with serving(body(answer_of(at(-5), {"a": 1}))) as server:
        assert ask(desk, server, adapter=SMALL._replace(read=read)).kept == 1
    letter = desk.raw.dead_letters("small")[0]
    assert (letter["kind"], letter["reason"]) == ("drift", "unknown names: Past5Min")
    assert desk.health.health(SMALL.spec, NOON).drift == 1
    assert state(desk) == "ok"


def test_a_missing_key_is_named_and_nothing_is_asked(desk, monkeypatch):
    monkeypatch.delenv("SMALL_KEY", raising=False)
    keyed = named("keyed", key_setting="SMALL_KEY")
    with serving(body(answer_of(at(-5), {"a": 1}))) as server:
        result = ask(desk, server, adapter=keyed, path="/?k={key}")
        assert "SMALL_KEY" in result.reason
        assert server.requests == []
        monkeypatch.setenv("SMALL_KEY", "s3cret")
        assert ask(desk, server, adapter=keyed, path="/?k={key}").outcome == "new"
        assert server.requests[0][0] == "/?k=s3cret"
    everything = b"".join(path.read_bytes() for path in desk.raw.folder.glob("feeds.sqlite*"))
    assert b"s3cret" not in everything


def drop(folder, name, content, age=60.0):
    (folder / name).write_bytes(content)
    then = time.time() - age
    os.utime(folder / name, (then, then))


def test_dropped_files_are_taken_once_the_oldest_first(desk, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    drop(folder, "b.csv", answer_of(at(-15), {"a": 1}), age=200)
    drop(folder, "a.csv", answer_of(at(-5), {"a": 2}), age=100)
    drop(folder, "bad.csv", b"<html>", age=90)
    drop(folder, "c.csv.part", answer_of(at(-5), {"c": 2}))
    drop(folder, "young.csv", answer_of(at(-5), {"d": 2}), age=0)
    setting = FeedSetting(folder=str(folder))
    result = poll(SMALL, desk, setting, now=NOON)
    assert (result.payloads, result.kept, result.outcome) == (3, 2, "failed")
    assert [path.name for path in sorted((folder / "taken").iterdir())] == ["a.csv", "b.csv"]
    assert (folder / "refused" / "bad.csv").is_file()
    assert desk.store.series("rainfall_rate")["value"].notna().all()
    assert poll(SMALL, desk, setting, now=NOON).payloads == 0
    missing = poll(SMALL, desk, FeedSetting(folder=str(tmp_path / "none")), now=NOON)
    assert "cannot be listed" in missing.reason


class Outage:
    """A store that cannot be written while its folder is away, as when a disk is gone."""

    def __init__(self, store, folder):
        self.store, self.folder = store, folder

    def __getattr__(self, name):
        return getattr(self.store, name)

    def append(self, frame):
        if not self.folder.is_dir():
            raise DeviceError("the store is away")
        return self.store.append(frame)


def test_a_backlog_is_stored_oldest_first_without_starving_what_is_live(tmp_path):
    """R-21: six hours without a store; live readings first, then the backlog in slices."""
    folder, away = tmp_path / "store", tmp_path / "away"
    store = ObservationStore(folder)
    desk = Desk(tmp_path / "feeds", Outage(store, folder))
    order = []

    def read(content, received):
        order.append(received)
        return SMALL.read(content, received)

    adapter = SMALL._replace(read=read)
    with serving(lambda to: to.reply(answer_of(to.server.now, {"a": 1, "b": 2}))) as server:
        feed = [(adapter, FeedSetting(url=server.url))]
        folder.rename(away)
        for minutes in range(0, 360, 10):
            server.now = at(minutes)
            (result,) = poll_all(feed, desk, allow_loopback=True, now=at(minutes))
            assert result.outcome == "waiting"
        assert desk.health.health(SMALL.spec, at(350)).state == "ok", "the feed is not at fault"
        away.rename(folder)
        backlog, rounds = desk.raw.waiting("small"), []
        assert backlog == 36
        for minutes in (360, 370, 380):
            server.now = at(minutes)
            order.clear()
            poll_all(feed, desk, allow_loopback=True, now=at(minutes))
            rounds.append(list(order))
            assert store.newest_time() == at(minutes), "what is live is never held up"
    assert [len(times) for times in rounds] == [1 + BACKLOG_SLICE, 1 + 36 - BACKLOG_SLICE, 1]
    stored = rounds[0][1:] + rounds[1][1:]
    assert stored == [at(minutes) for minutes in range(0, 360, 10)]
    assert desk.raw.waiting("small") == 0
    again = ObservationStore(tmp_path / "again")
    replay(SMALL, desk.raw, again)
    assert again.digest() == store.digest()


def test_a_backlog_stops_where_the_store_fails_again(tmp_path):
    folder = tmp_path / "store"
    desk = Desk(tmp_path / "feeds", Outage(ObservationStore(folder), folder))
    folder.rename(tmp_path / "away")
    for minutes in (0, 10):
        assert take(SMALL, desk, answer_of(at(minutes), {"a": 1}), at(minutes)).outcome == "waiting"
    assert catch_up(SMALL, desk).payloads == 1
    assert desk.raw.waiting("small") == 2


def test_what_is_put_together_comes_from_the_host_that_the_city_names(desk):
    def gather(get):
        parts = [get(""), get("/stations"), get("http://agreed.example/more?q=1")]
        return b"".join(parts)

    adapter = named("joined", url="http://agreed.example/")._replace(gather=gather)
    rows = answer_of(at(-5), {"a": 1})
    with serving(lambda to: to.reply(rows if to.path == "/x" else b"")) as server:
        assert ask(desk, server, adapter=adapter, path="/x").kept == 1
        assert [path for path, _ in server.requests] == ["/x", "/stations", "/more?q=1"]


@pytest.mark.parametrize("address", ["http://else.example/", "http://127.0.0.1:2/", "file:///x"])
def test_what_is_put_together_comes_from_no_other_host(desk, address):
    adapter = named("joined")._replace(gather=lambda get: get(address))
    with serving(body(b"")) as server:
        assert "same host" in ask(desk, server, adapter=adapter).reason
        assert server.requests == []


def test_what_comes_in_is_judged_and_a_spike_is_not_believed(desk):
    """R-06, the side of polling: flagged values are told from good ones in the store."""
    for minutes in range(-180, 0, 10):
        take(SMALL, desk, answer_of(at(minutes), {"a": 2, "b": 2}), at(minutes + 1))
    with serving(body(answer_of(at(0), {"a": 390, "b": 2}))) as server:
        feeds = [(SMALL, FeedSetting(url=server.url))]
        poll_all(feeds, desk, allow_loopback=True, now=at(1))
        server.answer = body(answer_of(at(10), {"a": 2, "b": 2}))
        poll_all(feeds, desk, allow_loopback=True, now=at(11))
    series = desk.store.series("rainfall_rate").set_index(["station_id", "phenomenon_time"])
    assert series.loc[("a", at(0)), "flag"] in (3, 4)
    assert series.loc[("b", at(0)), "flag"] <= 2
    assert series.loc[("a", at(0)), "value"] > 0, "the value itself stays"


def test_what_comes_while_the_database_of_feeds_is_damaged_stays_with_its_sender(desk, tmp_path):
    """A message that is not refused is sent again, a file that is not moved is read again."""
    folder = tmp_path / "in"
    folder.mkdir()
    drop(folder, "a.csv", answer_of(at(-5), {"a": 2}))
    for file in desk.raw.folder.glob("feeds.sqlite*"):
        file.unlink()
    desk.raw.database.file.write_bytes(b"no database at all" * 500)
    with pytest.raises(DeviceError, match="no database of feeds"):
        take(SMALL, desk, answer_of(at(-5), {"a": 2}), NOON)
    assert poll(SMALL, desk, FeedSetting(folder=str(folder)), now=NOON).outcome == "failed"
    assert [path.name for path in folder.iterdir()] == ["a.csv"]

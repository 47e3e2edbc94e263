"""Replay: the same payloads give the same store, in any order, batching and time zone."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from feed_corpus import START, STATIONS, corpus, payload, readings_sources
from small_feed import answer_of, named

from twin.feeds.intake import Desk, replay, take
from twin.feeds.raw_store import RawStore
from twin.feeds.registry import adapter
from twin.observations.store import ObservationStore

ROOT = Path(__file__).resolve().parents[3]
SEED = 20260101


@pytest.fixture(scope="module")
def sent():
    return corpus(SEED)


@pytest.fixture(scope="module")
def frames(sent):
    """What the adapters make of each payload."""
    return [adapter(source).read(content, received).readings for source, received, content in sent]


def stored(folder, frames, batches):
    store, begin = ObservationStore(folder), 0
    for size in batches:
        if begin < len(frames):
            store.append(pd.concat(frames[begin : begin + size], ignore_index=True))
            begin += size
    assert begin >= len(frames)
    return store


@pytest.mark.parametrize("source", readings_sources())
def test_the_corpus_speaks_the_language_of_each_feed(source):
    time = START + pd.Timedelta(hours=8)
    values = dict.fromkeys(STATIONS, 3.0)
    readings = adapter(source).read(payload(source, time, values), time).readings
    assert len(readings) >= 2
    assert (readings["phenomenon_time"] == time).all()
    assert readings["value"].notna().all()


def test_a_week_of_all_feeds_in_any_order_and_batching_is_one_store(tmp_path, sent, frames):
    """D-15: record and replay, 7 days, all feeds, identical digest."""
    chance = np.random.default_rng(SEED)
    clean = stored(tmp_path / "clean", frames, [len(frames)])
    assert len(clean.series("water_level")) > 100
    assert (clean.series("water_level")["revision"] > 1).any(), "corrections are in it"
    shuffled = [frames[place] for place in chance.permutation(np.repeat(np.arange(len(frames)), 3))]
    batches = chance.integers(1, 300, len(shuffled))
    assert stored(tmp_path / "shuffled", shuffled, batches).digest() == clean.digest()
    backwards = stored(tmp_path / "back", frames[::-1], [61] * len(frames))
    assert backwards.digest() == clean.digest()
    other = stored(tmp_path / "other", frames[1:], [len(frames)])
    assert other.digest() != clean.digest()


def test_what_was_kept_replays_into_the_same_store(tmp_path, sent, frames):
    """D-15, through the raw payloads."""
    few = [place for place in range(len(sent)) if place % 7 == 0]
    raw = RawStore(tmp_path)
    for place in np.random.default_rng(SEED).permutation(few):
        source, received, content = sent[place]
        raw.keep(source, content, received)
    again = ObservationStore(tmp_path / "again")
    for source in reversed(raw.sources()):
        replay(adapter(source), raw, again)
    clean = stored(tmp_path / "clean", [frames[place] for place in few], [len(few)])
    assert again.digest() == clean.digest()


def hours(store):
    """Rain of each hour and station [m], as any accumulation is made: from the store."""
    rain = store.series("rainfall_rate")
    hour = rain["phenomenon_time"].dt.ceil("h")
    return rain["value"].mul(600.0).groupby([rain["station_id"], hour]).sum()


def test_thrice_shuffled_and_six_hours_late_end_where_the_clean_stream_ends(tmp_path):
    """R-01: duplicates, disorder and lateness; accumulations; the late_data note."""
    small, chance = named("small"), np.random.default_rng(SEED)
    times = pd.date_range("2025-06-01T00:10Z", periods=18, freq="10min")
    rows = [(time, {"a": k % 7, "b": 0.5 * k}) for k, time in enumerate(times)]
    clean = Desk(tmp_path / "c", ObservationStore(tmp_path / "clean"))
    for time, values in rows:
        take(small, clean, answer_of(time, values), time + pd.Timedelta(minutes=2))
    messy = Desk(tmp_path / "m", ObservationStore(tmp_path / "messy"))
    issued = times[-1] + pd.Timedelta(minutes=5)
    known_then = None
    late = times[-1] + pd.Timedelta(hours=6)
    deliveries = [(k, k >= 8) for k in chance.permutation(np.repeat(np.arange(18), 3))]
    for is_late in (False, True):
        for k, its_late in deliveries:
            if its_late == is_late:
                time, values = rows[k]
                received = late if is_late else time + pd.Timedelta(minutes=2)
                take(small, messy, answer_of(time, values), received)
        if not is_late:
            known_then = messy.store.series("rainfall_rate", known_at=issued)
    names = ["station_id", "phenomenon_time", "value", "flag"]
    ends = [desk.store.series("rainfall_rate")[names] for desk in (clean, messy)]
    pd.testing.assert_frame_equal(*ends)
    pd.testing.assert_series_equal(hours(clean.store), hours(messy.store))
    as_it_was = messy.store.series("rainfall_rate", known_at=issued)
    pd.testing.assert_frame_equal(as_it_was[names], known_then[names])
    note = messy.store.changed_since(issued, before=issued)
    assert note.set_index("station_id")["late"].to_dict() == {"a": 10, "b": 10}
    assert (note["start"] == times[8]).all()
    assert clean.store.changed_since(issued, before=issued).empty


IN_ANOTHER_ZONE = """
import sys, tempfile, pandas as pd
sys.path.insert(0, sys.argv[1])
from feed_corpus import payload, readings_sources, STATIONS
from twin.feeds.health import HealthBook, newest_by_station
from twin.feeds.registry import adapter
from twin.observations.store import ObservationStore
# both changes of daylight saving in New York, 29 February, midnight of 1 January there and here
times = ["2024-03-10T07:00Z", "2024-11-03T05:30Z", "2024-11-03T06:30Z", "2024-02-29T15:50Z",
         "2024-02-29T16:10Z", "2023-12-31T16:00Z", "2024-01-01T05:00Z", "2024-06-30T23:59Z"]
now, frames = pd.Timestamp("2024-11-03T06:40Z"), []
with tempfile.TemporaryDirectory() as folder:
    store, book = ObservationStore(folder + "/store"), HealthBook(folder)
    for source in readings_sources():
        for time in map(pd.Timestamp, times):
            sent = payload(source, time, dict.fromkeys(STATIONS, 3.25))
            found = adapter(source).read(sent, time + pd.Timedelta(minutes=3))
            frames.append(found.readings)
    book.answered(source, now, newest=newest_by_station(found))
    store.append(pd.concat(frames))
    print(store.digest(), book.health(adapter(source).spec, now), sep="\\n")
    print(*sorted(store.series("water_level")["phenomenon_time"].astype(str).unique()), sep=",")
"""


def test_another_time_zone_of_the_process_changes_nothing():
    """R-20: daylight saving, 29 February, 1 January; TZ=America/New_York."""
    told = set()
    for zone in ("UTC", "America/New_York"):
        words = [sys.executable, "-c", IN_ANOTHER_ZONE, str(Path(__file__).parent)]
        environment = {**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            words, capture_output=True, text=True, check=True, cwd=ROOT, env=environment
        )
        told.add(done.stdout)
    assert len(told) == 1
    times = told.pop().splitlines()[-1].split(",")
    assert len(times) == 8
    assert "2024-11-03 05:30:00+00:00" in times

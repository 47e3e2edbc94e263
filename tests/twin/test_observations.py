"""The store keeps what was known and when, whatever the order of arrival."""

import sqlite3
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.twin.readings import NOON, frame, reading
from twin.errors import InputError, MissingError
from twin.observations.store import ObservationStore


def test_what_is_appended_comes_back(tmp_path):
    store = ObservationStore(tmp_path)
    counts = store.append(frame(reading(1e-6), reading(np.nan, 10, 12, flag=9)))
    assert counts == {"read": 2, "kept": 2, "duplicate": 0, "rejected": 0}
    series = store.series("rainfall_rate")
    assert series["phenomenon_time"].tolist() == [NOON, NOON + pd.Timedelta(minutes=10)]
    assert series["value"][0] == 1e-6
    assert np.isnan(series["value"][1])
    assert store.newest_time() == NOON  # a missing value is no news
    assert store.newest_time("water_level") is None


def test_the_same_again_is_a_duplicate(tmp_path):
    store = ObservationStore(tmp_path)
    store.append(frame(reading(1e-6)))
    counts = store.append(frame(reading(1e-6), reading(1e-6, received=30)))
    assert (counts["kept"], counts["duplicate"]) == (0, 2)


def test_a_correction_is_a_revision_and_a_late_copy_cannot_undo_it(tmp_path):
    store = ObservationStore(tmp_path)
    for value, received, kept in ((1e-6, 2, 1), (2e-6, 20, 1), (1e-6, 40, 0)):
        assert store.append(frame(reading(value, received=received)))["kept"] == kept
    now = store.series("rainfall_rate")
    assert (now["value"][0], now["revision"][0]) == (2e-6, 2)
    then = store.series("rainfall_rate", known_at=NOON + pd.Timedelta(minutes=10))
    assert (then["value"][0], then["revision"][0]) == (1e-6, 1)


def test_the_earliest_receipt_of_a_value_counts(tmp_path):
    store = ObservationStore(tmp_path)
    for received in (30, 5, 40):
        store.append(frame(reading(1e-6, received=received)))
    known = store.series("rainfall_rate", known_at=NOON + pd.Timedelta(minutes=5))
    assert known["value"].tolist() == [1e-6]


def test_known_at_hides_what_came_late(tmp_path):
    store = ObservationStore(tmp_path)
    store.append(frame(reading(1e-6, 0, 2), reading(2e-6, 10, 300)))
    known = store.series("rainfall_rate", known_at=NOON + pd.Timedelta(minutes=60))
    assert known["value"].tolist() == [1e-6]
    assert store.newest_time(known_at="2026-05-01T13:00") == NOON
    assert len(store.series("rainfall_rate", start=NOON + pd.Timedelta(minutes=1))) == 1


def test_future_and_older_rows_never_poison_the_latest(tmp_path):
    store = ObservationStore(tmp_path)
    store.append(frame(reading(1e-6, 0, 2)))
    future = reading(9e-6, 60 * 24 * 365, 3)
    counts = store.append(frame(future, reading(3e-6, -60, 200)))
    assert counts["rejected"] == 1
    latest = store.latest()
    assert latest["phenomenon_time"].tolist() == [NOON]
    assert latest["value"].tolist() == [1e-6]


def test_a_little_ahead_of_the_clock_is_allowed(tmp_path):
    store = ObservationStore(tmp_path)
    assert store.append(frame(reading(1e-6, 12, 2)))["rejected"] == 0
    assert store.append(frame(reading(1e-6, 13, 2)))["rejected"] == 1


ROWS = st.lists(
    st.builds(
        reading,
        value=st.sampled_from([0.0, 1e-6, 2e-6, float("nan")]),
        minutes=st.sampled_from([0, 10]),
        received=st.integers(10, 14),
        station=st.sampled_from(["G1", "G2"]),
        flag=st.sampled_from([1, 9]),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, data=st.data())
def test_any_order_and_any_batches_give_the_same_store(tmp_path_factory, rows, data):
    whole = ObservationStore(tmp_path_factory.mktemp("whole"))
    whole.append(frame(*rows))
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    parts = ObservationStore(tmp_path_factory.mktemp("parts"))
    for batch in (shuffled[:cut], shuffled[cut:], rows[:2]):
        if batch:
            parts.append(frame(*batch))
    assert parts.digest() == whole.digest()
    pd.testing.assert_frame_equal(parts.latest(), whole.latest())


def test_a_killed_append_leaves_all_that_was_committed_and_nothing_half(tmp_path):
    ObservationStore(tmp_path).append(frame(reading(1e-6)))
    script = textwrap.dedent(f"""
        import sqlite3, time
        from twin.observations.store import ObservationStore
        store = ObservationStore({str(tmp_path)!r})
        connection = sqlite3.connect(store.file, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO reading SELECT 1, phenomenon_ms + 1, received_ms, value,"
                           " flag, raw_value, raw_unit FROM reading")
        print("half", flush=True)
        time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline().strip() == b"half"
        writer.kill()
    store = ObservationStore(tmp_path)
    assert len(store.series("rainfall_rate")) == 1
    assert store.append(frame(reading(2e-6, 10, 12)))["kept"] == 1


def test_appending_is_quick(tmp_path):
    count = 20_000
    many = frame(reading(1e-6)).loc[np.zeros(count, int)].reset_index(drop=True)
    many["phenomenon_time"] += pd.to_timedelta(-np.arange(count), unit="min")
    store = ObservationStore(tmp_path)
    for expected in (count, 0):  # new rows, and all of them again
        began = time.process_time()  # what other programs take is none of it
        assert store.append(many)["kept"] == expected
        assert time.process_time() - began < 12.0  # 100,000 a minute


def test_a_store_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match="no observation store"):
        ObservationStore(tmp_path, create=False)


def test_a_file_that_is_no_store_is_named(tmp_path):
    (tmp_path / "observations.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(InputError, match="is no observation store"):
        ObservationStore(tmp_path)


def test_a_newer_store_is_refused(tmp_path):
    ObservationStore(tmp_path)
    with sqlite3.connect(tmp_path / "observations.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="store version 99"):
        ObservationStore(tmp_path)


def test_readings_without_a_column_are_refused(tmp_path):
    with pytest.raises(InputError, match="without value"):
        ObservationStore(tmp_path).append(frame(reading(1.0)).drop(columns="value"))


def test_times_without_a_zone_are_refused(tmp_path):
    naive = frame(reading(1.0))
    naive["phenomenon_time"] = naive["phenomenon_time"].dt.tz_convert(None)
    with pytest.raises(InputError, match="phenomenon_time is datetime64"):
        ObservationStore(tmp_path).append(naive)

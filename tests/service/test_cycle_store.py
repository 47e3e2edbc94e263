"""States of a cycle: only what may follow follows, whatever is tried and whoever is killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.cycle.run import end_abandoned, record_skipped
from service.cycle.states import (
    CAUSES,
    EXPIRED,
    FINAL,
    INPUTS_FROZEN,
    INTERRUPTED,
    NO_INPUTS,
    PLANNED,
    PUBLISHED,
    QC_PRODUCT,
    REJECTED,
    RUNNING,
    SKIPPED,
    TRANSITIONS,
)
from service.cycle.store import CycleStore
from service.processes import may_live, this_process
from service.runs import RunStore
from twin.errors import DeviceError, InputError, MissingError

ROOT = Path(__file__).resolve().parents[2]
TIME = "2026-06-09T07:10:00Z"
TO_QC = (INPUTS_FROZEN, RUNNING, QC_PRODUCT)


@settings(max_examples=25, deadline=None)
@given(
    tried=st.lists(
        st.tuples(st.sampled_from(sorted(TRANSITIONS)), st.sampled_from(CAUSES), st.text()),
        max_size=8,
    )
)
def test_whatever_is_tried_the_history_is_a_legal_way(tried):
    with tempfile.TemporaryDirectory() as folder:
        cycles = CycleStore(folder)
        cycle, expected = cycles.plan(TIME).cycle_id, [PLANNED]
        for state, cause, reason in tried:
            if state in TRANSITIONS[expected[-1]]:
                record = cycles.move(cycle, state, cause=cause, reason=reason)
                assert (record.state, record.cause) == (state, cause)
                assert record.reason == " ".join(reason.split())[:2000]
                expected.append(state)
            else:
                with pytest.raises(InputError, match=f"{expected[-1]} cannot become {state}"):
                    cycles.move(cycle, state, cause=cause, reason=reason)
        again = CycleStore(folder)
        assert again.open(cycle).state == expected[-1]
        history = again.history(cycle)
        assert [row["state"] for row in history] == expected
        assert [row["time"] for row in history] == sorted(row["time"] for row in history)


def test_every_way_ends_in_one_of_three_states_and_only_a_judged_product_is_published():
    assert set(FINAL) == {PUBLISHED, REJECTED, EXPIRED}
    before = [state for state, following in TRANSITIONS.items() if PUBLISHED in following]
    assert before == [QC_PRODUCT]
    assert all(EXPIRED in following for following in TRANSITIONS.values() if following)


def test_of_many_who_end_a_cycle_at_once_one_succeeds(tmp_path):
    cycles = CycleStore(tmp_path)
    cycle = _at_qc(cycles)
    refused = []

    def end(state):
        try:
            CycleStore(tmp_path).move(cycle, state)
        except InputError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=end, args=(state,)) for state in FINAL * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 8
    assert len(cycles.history(cycle)) == 5


def test_a_cycle_that_was_never_planned_is_missing(tmp_path):
    CycleStore(tmp_path).plan(TIME)
    with pytest.raises(MissingError, match="no cycle 7"):
        CycleStore(tmp_path).move(7, EXPIRED)
    assert CycleStore(tmp_path / "none").newest() == []
    assert CycleStore(tmp_path / "none").newest_final() is None


def test_a_damaged_file_is_a_device_error(tmp_path):
    (tmp_path / "cycles.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(DeviceError, match="cannot be used"):
        CycleStore(tmp_path).newest()


def test_skipped_cycles_are_recorded_and_do_not_count_as_run(tmp_path):
    cycles = CycleStore(tmp_path)
    blind = cycles.plan(TIME)
    cycles.expire(blind, NO_INPUTS, "no rain")
    record_skipped(RunStore(tmp_path), "2026-06-09T07:20:00Z")
    [last] = cycles.newest()
    assert (last.state, last.cause) == (EXPIRED, SKIPPED)
    assert cycles.newest_final().cycle_id == blind.cycle_id


KILLED = """
import os, signal, sys
from service.cycle.store import CycleStore
cycles = CycleStore(sys.argv[1])
cycle = cycles.plan("2026-06-09T07:10:00Z").cycle_id
for state in sys.argv[2].split(","):
    cycles.move(cycle, state)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_cycle_of_a_process_that_was_killed_is_ended_at_the_next_start(tmp_path, count):
    words = [sys.executable, "-c", KILLED, tmp_path, ",".join(TO_QC[:count])]
    assert subprocess.run(words, cwd=ROOT).returncode == -signal.SIGKILL
    cycles = CycleStore(tmp_path)
    assert cycles.newest()[0].state == TO_QC[count - 1], "it stands where it last was"
    [ended] = end_abandoned(cycles, RunStore(tmp_path))
    assert (ended.state, ended.cause) == (EXPIRED, INTERRUPTED)
    assert end_abandoned(cycles, RunStore(tmp_path)) == []


def test_a_cycle_of_a_living_process_is_left_alone(tmp_path):
    cycles = CycleStore(tmp_path)
    cycles.plan(TIME)
    assert end_abandoned(cycles, RunStore(tmp_path)) == []


def test_a_process_number_that_was_given_out_again_is_not_the_process():
    host, pid, *_ = this_process().split()
    assert may_live(this_process())
    assert may_live("another-host 1 1")
    assert not may_live(f"{host} {pid} 1"), "the same number, started at another time"


PUBLISHED_AND_KILLED = """
import os, signal, sys
from service.cycle.store import CycleStore
from service.runs import RunStore
store, cycles = RunStore(sys.argv[1]), CycleStore(sys.argv[1])
cycle = cycles.plan("2026-06-09T07:10:00Z").cycle_id
with store.new_run() as run:
    cycles.move(cycle, "INPUTS_FROZEN")
    cycles.move(cycle, "RUNNING", run_id=run.run_id)
    cycles.move(cycle, "QC_PRODUCT")
    (run.folder / "map.png").write_bytes(b"picture")
    store.point_to = lambda run_id: os.kill(os.getpid(), signal.SIGKILL)
    run.publish({"kind": "forecast", "issue_time": "2026-06-09T07:10:00Z",
                 "products": {"map": "map.png"}})
"""


def test_a_run_that_was_published_before_its_process_was_killed_counts(tmp_path):
    words = [sys.executable, "-c", PUBLISHED_AND_KILLED, tmp_path]
    assert subprocess.run(words, cwd=ROOT).returncode == -signal.SIGKILL
    runs, cycles = RunStore(tmp_path), CycleStore(tmp_path)
    assert not (tmp_path / "current").exists()
    [ended] = end_abandoned(cycles, runs)
    assert ended.state == PUBLISHED
    assert (tmp_path / "current").read_text().strip() == ended.run_id


def test_a_file_from_before_exercises_were_told_apart_is_read_and_written_on(tmp_path):
    with sqlite3.connect(tmp_path / "cycles.sqlite") as connection:
        connection.execute(
            "CREATE TABLE cycle (cycle_id INTEGER PRIMARY KEY, reference_time VARCHAR, state "
            "VARCHAR, cause VARCHAR, reason VARCHAR, manifest_sha256 VARCHAR, run_id VARCHAR, "
            "process VARCHAR)"
        )
        row = (1, TIME, EXPIRED, NO_INPUTS, "no rain", "", "", this_process())
        connection.execute(f"INSERT INTO cycle VALUES ({','.join('?' * len(row))})", row)
    cycles = CycleStore(tmp_path)
    assert cycles.newest()[0].exercise is False
    assert cycles.newest_final(exercises=False).cycle_id == 1
    assert cycles.plan(TIME, exercise=True).cycle_id == 2
    assert [record.exercise for record in cycles.newest(2)] == [True, False]


def test_exercises_and_times_ahead_may_be_left_out_of_what_ended_last(tmp_path):
    cycles = CycleStore(tmp_path)
    times = ("2026-06-09T07:10:00Z", "2026-06-09T07:20:00Z", "2026-12-31T12:00:00Z")
    for time, is_exercise in zip(times, (False, True, False), strict=True):
        cycles.expire(cycles.plan(time, is_exercise), NO_INPUTS, "no rain")
    now = "2026-06-09T07:21:00Z"
    assert cycles.newest_final().reference_time == times[2]
    assert cycles.newest_final(until=now).reference_time == times[1]
    assert cycles.newest_final(until=now, exercises=False).reference_time == times[0]
    assert cycles.newest_final(until="2026-01-01T00:00:00Z") is None


def test_of_two_processes_with_the_same_inputs_the_later_one_is_told(tmp_path, monkeypatch):
    cycles = CycleStore(tmp_path)
    host, *_ = this_process().split()
    monkeypatch.setattr("service.cycle.store.this_process", lambda: f"{host} {os.getppid()}")
    first = cycles.plan(TIME).cycle_id
    monkeypatch.undo()
    second = cycles.plan(TIME).cycle_id
    for cycle in (first, second):
        cycles.move(cycle, INPUTS_FROZEN, manifest_sha256="same")
    assert cycles.same_at_work(first) is None
    assert cycles.same_at_work(second).cycle_id == first
    cycles.move(first, EXPIRED)
    assert cycles.same_at_work(second) is None


def test_the_file_is_readable_by_anybody_who_knows_sqlite(tmp_path):
    cycle = CycleStore(tmp_path).plan(TIME).cycle_id
    with sqlite3.connect(tmp_path / "cycles.sqlite") as connection:
        rows = connection.execute("SELECT cycle_id, reference_time, state FROM cycle").fetchall()
    assert rows == [(cycle, TIME, PLANNED)]
    assert [path.name for path in tmp_path.iterdir()] == ["cycles.sqlite"]


def _at_qc(cycles):
    cycle = cycles.plan(TIME).cycle_id
    for state in TO_QC:
        cycles.move(cycle, state)
    return cycle


def test_a_file_of_who_was_killed_before_its_first_cycle_is_used(tmp_path):
    """SQLite makes the file when a transaction begins, and fills it when it ends."""
    (tmp_path / "cycles.sqlite").write_bytes(b"")
    cycles = CycleStore(tmp_path)
    assert cycles.newest() == end_abandoned(cycles, RunStore(tmp_path)) == []
    assert cycles.newest_final() is None
    assert cycles.plan(TIME).cycle_id == 1


def test_a_cycle_of_a_machine_that_is_gone_ends_after_a_day(tmp_path, monkeypatch):
    cycles = CycleStore(tmp_path)
    monkeypatch.setattr("service.cycle.store.this_process", lambda: "replaced-container 1 77")
    cycle = cycles.plan(TIME).cycle_id
    assert cycles.abandoned() == []
    with sqlite3.connect(cycles.file) as connection:
        connection.execute("UPDATE transition SET time = '2026-06-08T07:10:00.000Z'")
    [ended] = end_abandoned(cycles, RunStore(tmp_path))
    assert (ended.cycle_id, ended.state, ended.cause) == (cycle, EXPIRED, INTERRUPTED)


def test_the_file_is_removed_with_its_only_cycle_and_stays_for_any_other(tmp_path):
    cycles = CycleStore(tmp_path)
    first = cycles.plan(TIME).cycle_id
    second = cycles.plan(TIME).cycle_id
    cycles.forget_only(first)
    cycles.forget_only(second)
    assert [record.cycle_id for record in cycles.newest(9)] == [second, first]
    (tmp_path / "other").mkdir()
    only = CycleStore(tmp_path / "other")
    only.forget_only(only.plan(TIME).cycle_id)
    assert not only.file.exists()

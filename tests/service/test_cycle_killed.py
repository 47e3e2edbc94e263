"""Cycles that are killed at the worst moments, and the loop until it is interrupted."""

import errno
import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import cycle_town
import pandas as pd
import pytest
from cycle_town import NOW

from service.cycle.run import run_cycle
from service.cycle.states import EXPIRED, INTERRUPTED, PUBLISHED, QC_PRODUCT, RUNNING
from service.cycle.store import CycleStore
from service.cycle.verb import _Work
from service.runs import RunStore
from service.web.clock import Clock

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300
KILLED = """
import os, signal, sys
from service.runs import RunWriter
from service.words.progress import Progress
{amid} = lambda *known: os.kill(os.getpid(), signal.SIGKILL)
from service.cli import main
sys.exit(main())
"""
"""The program, killed where it comes to a certain step."""


def test_a_cycle_that_is_killed_leaves_the_previous_forecast_and_the_next_one_runs(tmp_path):
    """R-08, R-09: killed amid the members, then while its products are sealed."""
    city = cycle_town.build(tmp_path)
    later = NOW + pd.Timedelta(minutes=20)
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings(later))
    runs = RunStore(tmp_path / "runs" / "hollow")
    good = run_cycle(cycle_town.request(city, store, runs.folder)).run
    for state in (RUNNING, QC_PRODUCT):
        _kill_in(state, city, tmp_path / "store", runs.folder)
        assert runs.open("current").run_id == runs.open("latest").run_id == good.run_id
        assert [run.run_id for run in runs.list()] == [good.run_id]
    after = run_cycle(cycle_town.request(city, store, runs.folder, later)).run
    assert runs.open("current").run_id == after.run_id
    assert after.manifest["settings"]["start"]["kind"] == "warm"
    records = CycleStore(runs.folder).newest(limit=10)
    assert [(r.state, r.cause) for r in records[1:3]] == [(EXPIRED, INTERRUPTED)] * 2
    assert list(runs.folder.glob(".*")) == []


@pytest.fixture
def town(tmp_path):
    """Arguments of a request for a city, its store and its runs."""
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings(NOW))
    return cycle_town.build(tmp_path), store, tmp_path / "runs"


def test_a_run_that_was_published_when_its_process_was_told_to_end_counts(town, monkeypatch):
    """The signal falls between the run and the pointers to it."""
    runs, pointed = RunStore(town[-1]), RunStore.point_to

    def told(self, run_id):
        monkeypatch.setattr(RunStore, "point_to", pointed)
        raise KeyboardInterrupt

    monkeypatch.setattr(RunStore, "point_to", told)
    with pytest.raises(KeyboardInterrupt):
        run_cycle(cycle_town.request(*town))
    [record], [run] = CycleStore(runs.folder).newest(9), runs.list()
    assert (record.state, record.run_id) == (PUBLISHED, run.run_id)
    assert runs.open("current").run_id == runs.open("latest").run_id == run.run_id
    assert (runs.folder / "current").is_file()


def test_a_run_for_whose_pointers_there_was_no_room_counts_once_there_is(town, monkeypatch):
    city, store, folder = town
    runs, clock = RunStore(folder), Clock(f"{NOW}Z")

    def full(self, run_id):
        raise OSError(errno.ENOSPC, "No space left on device")

    work = _Work(city, store.folder, 0.2, 1, 1, None, clock, folder, quiet=True)
    good = work.run(clock.start)["current"]
    with monkeypatch.context() as disk:
        disk.setattr(RunStore, "point_to", full)
        assert "is full" in work.run(clock.start + timedelta(minutes=1))["reason"]
    [record] = CycleStore(folder).newest()
    assert runs.open("current").run_id == good != record.run_id
    assert runs.holds(record.run_id)
    work._end_unended()
    assert CycleStore(folder).newest()[0].state == PUBLISHED
    assert runs.open("current").run_id == runs.open("latest").run_id == record.run_id


def test_a_state_that_cannot_be_kept_costs_no_forecast(town, monkeypatch):
    def full(analysis, folder):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("hydrology.assimilation.analysis.save_analysis", full)
    outcome = run_cycle(cycle_town.request(*town))
    [record] = CycleStore(town[-1]).newest(9)
    assert (record.state, record.run_id) == (PUBLISHED, outcome.run.run_id)


def _kill_in(state, city, store, out):
    """Start a cycle that is killed amid what it does in a state."""
    words = ["cycle", city, "--store", store, "--once", "--clock", "2026-06-09T07:16:00Z",
             "--hours", "1", "--members", "2", "--out", out, "--json"]  # fmt: skip
    amid = {RUNNING: "Progress.__call__", QC_PRODUCT: "RunWriter._seal"}[state]
    child = [sys.executable, "-c", KILLED.format(amid=amid), *map(str, words)]
    assert subprocess.run(child, cwd=ROOT).returncode == -signal.SIGKILL
    assert CycleStore(out).newest()[0].state == state
    assert len(list(out.glob(".*.part"))) == 1


def test_the_loop_publishes_at_every_tick_until_it_is_interrupted(tmp_path):
    city = cycle_town.build(tmp_path)
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings(NOW))
    # a busy machine needs its three quarters of a minute for a first cycle, and none of waiting
    words = ["cycle", city, "--store", store.folder, "--every", "1min", "--hours", "0.2",
             "--members", "1", "--clock", "2026-06-09T07:11:55Z", "--json"]  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-m", "service.cli", *map(str, words)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    answers = [json.loads(child.stdout.readline()) for _ in range(2)]
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=PATIENCE_SECONDS)
    # CPython dies by the signal itself where it fell into an exec of a library: 130 to a shell
    assert child.returncode in (130, -signal.SIGINT)
    assert "interrupted" in err
    assert [answer["state"] for answer in answers] == ["PUBLISHED"] * 2
    times = [answer["reference_time"] for answer in answers]
    assert times[0] == "2026-06-09T07:11:55Z"
    assert times[1] > times[0]
    assert times[1].endswith(":00Z"), "at whole minutes"
    ended = [record.state for record in CycleStore(tmp_path / "runs" / "hollow").newest(10)]
    assert set(ended) <= {"PUBLISHED", EXPIRED}

"""Verbs that go on for long, told to end at moments in which a signal is lost."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import cycle_town
import pytest
from cycle_town import NOW

from service.cycle.store import CycleStore
from service.cycle.ticks import Ticks
from service.leaving import leave_if_told, signals_are_followed
from service.words.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300
SIGNALS = pytest.mark.parametrize(
    ("sig", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["int", "term"]
)
DEAF = """
import contextlib, os, sys, time
class Finder:
    def find_spec(self, name, path, target=None):
        if name == {module!r} and self in sys.meta_path:
            sys.meta_path.remove(self)
            with contextlib.suppress(BaseException):
                os.kill(os.getpid(), {sig})
                time.sleep(60)
sys.meta_path.insert(0, Finder())
from service.cli import main
sys.exit(main())
"""
"""The program, told to end while it loads a library that takes any exception for its own."""
HELD = """
import os, signal, sys, threading, time
import service.feeds.watch as watch
def never_ends():
    threading.Thread(target=time.sleep, args=(600,)).start()
    os.kill(os.getpid(), {sig})
    time.sleep(60)
watch.poll_round = lambda *_: never_ends()
from service.cli import main
sys.exit(main())
"""
"""The program with a thread that works on and on, such as one that hears a slow source."""


def ended(program, *words):
    """Exit code and standard error of the program, whose own signal ends it."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.fixture
def drops(tmp_path):
    """Data folder whose only feed is a folder."""
    (tmp_path / "dropped").mkdir()
    (tmp_path / "feeds.toml").write_text(
        f'store = "{tmp_path / "store"}"\n[feeds.sample]\nfolder = "{tmp_path / "dropped"}"\n'
    )
    return tmp_path


@SIGNALS
def test_watching_feeds_ends_though_its_signal_was_lost(drops, sig, code):
    program = DEAF.format(module="pandas", sig=int(sig))
    assert ended(program, "feeds", "poll", "--watch", "--data", drops)[0] == code


@SIGNALS
def test_a_thread_that_works_on_cannot_hold_what_was_told_to_end(drops, sig, code):
    program = HELD.format(sig=int(sig))
    assert ended(program, "feeds", "poll", "--watch", "--data", drops)[0] == code


@SIGNALS
def test_the_loop_of_cycles_ends_though_its_signal_was_lost(tmp_path, sig, code):
    city = cycle_town.build(tmp_path)
    cycle_town.store_of(tmp_path / "store", cycle_town.readings(NOW))
    program = DEAF.format(module="hydrology.forecast.forecast", sig=int(sig))
    words = ["--every", "10s", "--hours", "0.2", "--members", "1", "--clock", f"{NOW}Z"]
    got, _ = ended(program, "cycle", city, "--store", tmp_path / "store", *words)
    runs = tmp_path / "runs" / "hollow"
    [record] = CycleStore(runs).newest(10)
    assert (got, record.state, record.cause) == (code, "EXPIRED", "interrupted")
    assert list(runs.glob(".*")) == []


@pytest.fixture
def followed():
    """The handlers of the program; those of the tests come back."""
    before = {sig: signal.getsignal(sig) for sig in (signal.SIGINT, signal.SIGTERM)}
    signals_are_followed()
    yield
    signals_are_followed()
    for sig, handler in before.items():
        signal.signal(sig, handler)


@SIGNALS
def test_what_goes_on_for_long_follows_a_lost_signal(followed, sig, code):
    leave_if_told()
    Progress("nothing")(1, 2)
    with contextlib.suppress(BaseException):
        os.kill(os.getpid(), sig)
        while True:  # until the handler raises
            pass
    ticks = Ticks(10)
    for goes_on in (
        leave_if_told,
        lambda: Progress("nothing", wanted=False)(1, 2),
        lambda: Progress("nothing", wanted=False).tell("news"),
        lambda: ticks.wait_until(ticks.now()),
    ):
        with pytest.raises((KeyboardInterrupt, SystemExit)) as told:
            goes_on()
        assert getattr(told.value, "code", 130) == code

"""`floodtwin serve` as a real process: when it says that it is there, and how fast it goes."""

import contextlib
import http.client
import json
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import pytest
from town_server import ROOT, town_data  # noqa: F401

from service.web.serve import listen
from twin.errors import InputError

LONGEST_SECONDS = 10.0  # takes under 2; a hang takes a minute, a slow day no ten seconds
HELD = """
import sys, threading, time
import service.web.catalogue as catalogue
catalogue.Catalogue.warm = lambda self: time.sleep(600)
def hang(): time.sleep(600)
threading.Thread(target=hang).start()
from service.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program with a thread that never ends: only being cut off ends such a process."""
DEAF = """
import contextlib, os, signal, sys, time
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "pandas" and self in sys.meta_path:
            sys.meta_path.remove(self)
            with contextlib.suppress(BaseException):
                os.kill(os.getpid(), {sig})
                time.sleep(0.1)
sys.meta_path.insert(0, Finder())
from service.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program, told to end while it loads a library that takes any exception for its own."""


@contextlib.contextmanager
def running(data, *words, program=("-m", "service.cli")):
    """The service in a process of its own; killed at the end if it is still there."""
    command = [sys.executable, *program, "serve", "--data", str(data), "--port", "0", "--json"]
    child = subprocess.Popen(
        [*command, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _ends(child, sig):
    """Send a signal; exit code, output, and the seconds until the process was gone."""
    begun = time.monotonic()
    child.send_signal(sig)
    out, err = child.communicate(timeout=300)
    return child.returncode, out, err, time.monotonic() - begun


def _in_time(attempt):
    """Whether the fastest of up to three attempts ends in time; other work may slow down one."""
    return any(attempt() < LONGEST_SECONDS for _ in range(3))


def test_the_address_is_told_once_and_answers_at_once(town_data):  # noqa: F811
    with running(town_data) as child:
        told = json.loads(child.stdout.readline())
        assert told["exercise"] is False
        with urllib.request.urlopen(told["url"] + "api/health", timeout=30) as answer:
            assert json.load(answer)["status"] == "ok"
        code, out, err, _ = _ends(child, signal.SIGINT)
        assert (code, out) == (130, "")
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize(("sig", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("wait", [0.7, 1.5, 3.0])
def test_a_signal_during_the_start_ends_it_in_time(town_data, sig, code, wait):  # noqa: F811
    def attempt():
        with running(town_data) as child:
            time.sleep(wait)
            got, _, _, seconds = _ends(child, sig)
            assert got in (code, -sig)  # the latter: before the program itself had begun
            return seconds

    assert _in_time(attempt)


@pytest.mark.parametrize(("sig", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_library_that_is_loading_cannot_swallow_a_signal(town_data, sig, code):  # noqa: F811
    with running(town_data, program=("-c", DEAF.format(sig=int(sig)))) as child:
        out, _ = child.communicate(timeout=300)
        assert (child.returncode, out) == (code, "")


@pytest.mark.parametrize(("sig", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_thread_that_never_ends_cannot_hold_it(town_data, sig, code):  # noqa: F811
    def attempt():
        with running(town_data, program=("-c", HELD)) as child:
            json.loads(child.stdout.readline())
            got, _, _, seconds = _ends(child, sig)
            assert got == code
            return seconds

    assert _in_time(attempt)


def test_busy_screens_cannot_hold_it(town_data):  # noqa: F811
    assert _in_time(lambda: _seconds_while_asked(town_data))


def _seconds_while_asked(data):
    with running(data) as child:
        url = json.loads(child.stdout.readline())["url"]
        stop = threading.Event()

        def ask():
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(url + "api/cities", timeout=5).read()

        askers = [threading.Thread(target=ask) for _ in range(4)]
        for asker in askers:
            asker.start()
        time.sleep(0.5)
        code, _, _, seconds = _ends(child, signal.SIGTERM)
        stop.set()
        assert code == 143
        return seconds


def test_a_client_that_asks_again_on_its_connection_does_not_wait(town_data):  # noqa: F811
    """The second part of an answer is sent at once, not when the first is acknowledged (40 ms)."""
    with running(town_data) as child:
        place = urllib.parse.urlsplit(json.loads(child.stdout.readline())["url"]).netloc
        line = http.client.HTTPConnection(place, timeout=30)
        waits = []
        for _ in range(40):
            begun = time.monotonic()
            line.request("GET", "/api/health")
            line.getresponse().read()
            waits.append(time.monotonic() - begun)
    assert min(waits[1:]) < 0.035


def test_a_set_clock_is_told_as_an_exercise(town_data):  # noqa: F811
    with running(town_data, "--clock", "2024-06-09T07:21:00Z") as child:
        told = json.loads(child.stdout.readline())
        assert told["exercise"] is True
        assert told["clock"].startswith("2024-06-09T07:21:")
        with urllib.request.urlopen(told["url"] + "api/health", timeout=30) as answer:
            assert json.load(answer)["exercise"] is True
            assert answer.headers["Floodtwin-Exercise"].startswith("2024-06-09T07:2")


def test_a_clock_that_is_no_time_is_refused_in_one_line(town_data):  # noqa: F811
    with running(town_data, "--clock", "noonish") as child:
        out, err = child.communicate(timeout=300)
        assert child.returncode == 2
        assert "'noonish'" in json.loads(out)["error"]
        assert len(err.splitlines()) == 1


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_named(port):
    with pytest.raises(InputError, match=f"port {port} was asked for, expected 0"):
        listen("127.0.0.1", port)

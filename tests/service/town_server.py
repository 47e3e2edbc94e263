"""A real server process over the small town, for tests that need one."""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import small_city

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from service.web.clock import Clock
from service.web.serve import serve
data, origins, *clock = sys.argv[1:]
serve(data, port=0, clock=Clock(*clock), started=print, origins=tuple(origins.split()))
"""
PATIENCE_SECONDS = 300


@pytest.fixture(scope="session")
def town_data(tmp_path_factory):
    """Data folder with the town, one scenario and a forecast issued now."""
    folder = tmp_path_factory.mktemp("data")
    small_city.build(folder)
    return folder


@pytest.fixture(scope="session")
def town_server(town_data):
    """Address of a server of the town."""
    with serving(town_data) as address:
        yield address


@contextlib.contextmanager
def serving(data, *clock, origins=""):
    """Run the service over a data folder in a process of its own, by a set `clock` if given.

    Pages of `origins`, with blanks between them, may read.

    A thread would not do: pyogrio and rasterio hold the lock of the interpreter.
    """
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM, str(data), origins, *clock],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = process.stdout.readline().strip().rstrip("/")
        _wait_for(f"{address}/api/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def _wait_for(url, process):
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within {PATIENCE_SECONDS} s")

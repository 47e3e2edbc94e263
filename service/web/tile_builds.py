"""Tiles of the cities that are served: where they lie, and their making in the background."""

import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import lru_cache

from tiles.pmtiles_archive import Archive
from tiles.tile_folder import read_about, tile_folder

RETRY_SECONDS = 2
REST_SECONDS = 600
"""How long a build that failed is left alone."""

MOST_TRIES = 3
"""After so many failures a version of a city is not tried again until the service is restarted."""

LONGEST_SECONDS = 3600
MOST_CELLS_UNASKED = 4_000_000
_log = logging.getLogger("floodtwin.service")


@dataclass(frozen=True)
class Waiting:
    """Why there are no tiles yet.

    Parameters
    ----------
    line : str
        For people.
    seconds : int
        When to ask again [s].
    """

    line: str
    seconds: int


@dataclass(frozen=True)
class _Failure:
    tries: int
    line: str
    time: float


class TileBuilds:
    """Gives the folder of tiles of a city, and has it made where it is missing.

    One build at a time, in a process of its own, so that neither answers nor other cities wait
    for memory or processors that a build takes.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._building = None
        self._failures = {}
        self._made = set()
        self._archives = lru_cache(maxsize=8)(Archive)

    def find(self, city):
        """Folder of the tiles of a city, or why there is none yet.

        Parameters
        ----------
        city : twin.city.City
            As it is now.

        Returns
        -------
        pathlib.Path or Waiting
        """
        folder = tile_folder(city)
        if self._is_made(folder):
            return folder
        with self._lock:
            return self._waiting(city) or self._begin(city)

    def archive(self, city):
        """Vector tiles of a city as they were written, or None where they are not made yet."""
        folder = tile_folder(city)
        path = folder / "city.pmtiles"
        return self._archives(path) if self._is_made(folder) and path.is_file() else None

    def prepare(self, cities):
        """Have the tiles of small cities made that have none, one after the other.

        Parameters
        ----------
        cities : iterable of twin.city.City
            Those over `MOST_CELLS_UNASKED` wait until somebody asks.
        """
        for city in cities:
            if city.grid.nx * city.grid.ny <= MOST_CELLS_UNASKED:
                self.find(city)
                while self._building is not None:
                    time.sleep(RETRY_SECONDS)

    def _is_made(self, folder):
        """Whether a folder is complete; once it is, it stays so."""
        if folder not in self._made and read_about(folder) is not None:
            self._made.add(folder)
        return folder in self._made and folder.is_dir()

    def _waiting(self, city):
        """Why no build may begin now, or None."""
        if self._building is not None:
            return Waiting(
                f"the tiles of {self._building} are being made; ask again", RETRY_SECONDS
            )
        failure = self._failures.get((city.folder, city.version))
        if failure is None:
            return None
        rest = REST_SECONDS - (time.monotonic() - failure.time)
        if failure.tries < MOST_TRIES and rest <= 0:
            return None
        again = "restart the service" if failure.tries >= MOST_TRIES else "it is tried again later"
        line = f"the tiles of {city.name} could not be made ({failure.line}); {again}"
        return Waiting(line, max(RETRY_SECONDS, round(rest)) if rest > 0 else REST_SECONDS)

    def _begin(self, city):
        self._building = city.name
        threading.Thread(target=self._build, args=(city,), daemon=True).start()
        return _being_made(city.name)

    def _build(self, city):
        reason = _run_build(city)
        with self._lock:
            self._building = None
            if reason is None:
                self._failures.pop((city.folder, city.version), None)
                return
            before = self._failures.get((city.folder, city.version))
            tries = 1 if before is None else before.tries + 1
            self._failures[city.folder, city.version] = _Failure(tries, reason, time.monotonic())
        _log.warning("the tiles of %s could not be made: %s", city.name, reason)


def _being_made(name):
    return Waiting(f"the tiles of {name} are being made; ask again", RETRY_SECONDS)


def _run_build(city):
    """Make the tiles of a city in another process; why that failed, or None."""
    words = [sys.executable, "-m", "service.cli", "tiles", str(city.folder), "--json"]
    words += ["--out", str(tile_folder(city))]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it took over {LONGEST_SECONDS} s"
    except OSError as error:
        return error.strerror or "it did not start"
    return None if done.returncode == 0 else _reason(done)


def _reason(done):
    """The line with which a build ended."""
    try:
        return json.loads(done.stdout)["error"]
    except (ValueError, KeyError, TypeError):
        return f"it ended with code {done.returncode}"

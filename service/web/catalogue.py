"""What the service has to show: cities, their runs, and what was opened of them lately."""

import logging
import os
from functools import lru_cache
from pathlib import Path

from service.runs import MANIFEST, RUN_ID, RunStore
from service.web.chinese_names import names_of
from service.web.settings import Settings
from tiles.cache import ByteCache
from tiles.frames import Frames
from tiles.rasters import tile_values
from tiles.vectors import CityTiles
from twin.city import open_city
from twin.errors import MissingError, TwinError

_log = logging.getLogger("floodtwin.service")
KEPT_BYTES = 64_000_000
KEPT_RUNS = 4
KEPT_MANIFESTS = 2000


class Catalogue:
    """The data folder of the service, read only.

    Names that come from outside are looked up in listings, never joined to a path unseen.

    Parameters
    ----------
    data : path-like
        Folder with ``cities/`` and ``runs/``.
    """

    def __init__(self, data):
        self.settings = Settings(data=Path(data))
        self.bytes = ByteCache(KEPT_BYTES)
        self._open = lru_cache(maxsize=8)(_open_version)
        self._frames = lru_cache(maxsize=KEPT_RUNS)(Frames)
        self._manifest = lru_cache(maxsize=KEPT_MANIFESTS)(_read_run)
        self._names = lru_cache(maxsize=8)(names_of)

    def city_names(self):
        """Names of the city packages, sorted."""
        folder = self.settings.cities
        if not folder.is_dir():
            return []
        entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
        return sorted(e.name for e in entries if (Path(e.path) / "city.toml").is_file())

    def city(self, name):
        """One city, opened anew only when its city.toml changed.

        Raises
        ------
        MissingError
            There is no such city.
        """
        return self._opened(name)[0]

    def city_tiles(self, name):
        """Vector tiles of one city."""
        return self._opened(name)[1]

    def chinese_names(self, name):
        """Chinese names in one city by their English ones."""
        return self._names(self.city(name))

    def runs(self, city, limit):
        """The newest runs of a city, newest first, at most `limit`.

        A run never changes, so each manifest is read once; one that cannot be read is left out.
        """
        self._opened(city)
        folder = self.settings.runs(city)
        found = []
        for run_id in sorted(_run_ids(folder), reverse=True)[:limit]:
            try:
                found.append(self._run(folder, run_id))
            except MissingError as error:
                _log.warning("a run of %s cannot be listed: %s", city, error)
        return found

    def run(self, city, run_id):
        """One run of a city; ``"latest"`` is the newest.

        A run of a scenario is found by its id only: no list and no pointer ever names it.

        Raises
        ------
        MissingError
            There is no such city or run.
        """
        self._opened(city)
        live, apart = self.settings.runs(city), self.settings.scenarios(city) / "runs"
        return (
            self._known(live, run_id) or self._known(apart, run_id) or RunStore(live).open(run_id)
        )

    def _run(self, folder, run_id):
        return self._known(folder, run_id) or RunStore(folder).open(run_id)

    def _known(self, folder, run_id):
        """A run by its id, read anew only when its manifest changed; None where it is not there."""
        if not RUN_ID.fullmatch(run_id):
            return None
        try:
            modified = (folder / run_id / MANIFEST).stat().st_mtime_ns
        except OSError:
            return None
        return self._manifest(folder, run_id, modified)

    def frames(self, run):
        """The pictures of one run over time."""
        return self._frames(product_file(run, "flood.zarr"), run.manifest["city"]["crs"])

    def shortcomings(self):
        """Why the service has nothing to show; empty when it has."""
        names = self.city_names()
        if not names:
            return [f"no city in {self.settings.cities}; run `floodtwin city sample` first"]
        if any(self.settings.runs(name).joinpath("latest").is_file() for name in names):
            return []
        return ["no run of any city; run `floodtwin simulate` or `floodtwin forecast` first"]

    def warm(self):
        """Open the newest run of each city, so that the first asker does not wait."""
        for name in self.city_names()[:KEPT_RUNS]:
            try:
                run = self.run(name, "latest")
                self.frames(run).png(0)
                self.city_tiles(name).prepare()
                tile_values(product_file(run, "maxima.tif"), 1, 0, 0, 0)
            except TwinError as error:
                _log.warning("%s cannot be shown: %s", name, error)

    def _opened(self, name):
        folder = self.settings.cities
        try:
            if name.startswith(".") or name not in {entry.name for entry in os.scandir(folder)}:
                raise FileNotFoundError
            modified = (folder / name / "city.toml").stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            known = ", ".join(self.city_names()) or "none"
            raise MissingError(
                f"no city {name[:60]!r}, expected one of {known}; ask /api/cities for the names"
            ) from None
        return self._open(folder / name, modified)


def product_file(run, name):
    """Path of a file of a run.

    Raises
    ------
    MissingError
        The run was made without it.
    """
    path = run.folder / name
    if not path.exists():
        raise MissingError(
            f"run {run.run_id} has no {name}, it has {', '.join(run.products) or 'nothing'}; "
            "choose another run"
        )
    return path


def _open_version(folder, _modified):
    city = open_city(folder)
    return city, CityTiles(city)


def _read_run(folder, run_id, _modified):
    return RunStore(folder).open(run_id)


def _run_ids(folder):
    if not folder.is_dir():
        return []
    return [entry.name for entry in os.scandir(folder) if RUN_ID.fullmatch(entry.name)]

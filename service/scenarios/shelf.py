"""Published scenarios of a city, as the service reads them from disk."""

import json
from functools import lru_cache

from service.scenarios.verb import SUMMARY
from twin.errors import MissingError
from twin.scenario.scenario import NAME, RESERVED

MOST = 200


class ScenarioShelf:
    """The scenarios in the data folder of the service, read only.

    Parameters
    ----------
    settings : service.web.settings.Settings
        Where the data lies.
    """

    def __init__(self, settings):
        self.settings = settings
        self._summary = lru_cache(maxsize=64)(_read)

    def names(self, city):
        """Names of the scenarios of a city, the newest first."""
        folder = self.settings.scenarios(city)
        if not folder.is_dir():
            return []
        found = [
            (path.stat().st_mtime_ns, path.parent.name)
            for path in folder.glob(f"[!.]*/{SUMMARY}")
            if NAME.fullmatch(path.parent.name) and path.parent.name not in RESERVED
        ]
        return [name for _, name in sorted(found, reverse=True)[:MOST]]

    def summary(self, city, name):
        """What one scenario changed, see `service.scenarios.summary`.

        Raises
        ------
        MissingError
            There is no such scenario.
        """
        path = self.file(city, name, SUMMARY)
        return self._summary(path, path.stat().st_mtime_ns)

    def of_runs(self, city, base_run, run):
        """Summary of the scenario that has these two runs; None where there is none."""
        for name in self.names(city):
            summary = self.summary(city, name)
            if (summary["base_run"], summary["run"]) == (base_run, run):
                return summary
        return None

    def file(self, city, name, file):
        """Path of a file of one scenario.

        Raises
        ------
        MissingError
            There is no such scenario, or it has no such file.
        """
        folder = self.settings.scenarios(city)
        if not NAME.fullmatch(name) or name in RESERVED or not (folder / name / SUMMARY).is_file():
            known = ", ".join(self.names(city)[:20]) or "none"
            raise MissingError(
                f"city {city} has no scenario {name[:60]!r}, expected one of {known}; ask "
                "/scenarios for the names"
            )
        path = folder / name / file
        if not path.is_file():
            raise MissingError(f"scenario {name} has no {file}, expected one with it; run it again")
        return path


def _read(path, _modified):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MissingError(
            f"scenario {path.parent.name} has no readable {SUMMARY}; run it again"
        ) from error

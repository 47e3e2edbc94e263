"""The state of the last published cycle, from which the next one goes on."""

import hashlib
import shutil
from pathlib import Path

from twin.errors import MissingError

PREFIX = "analysis-"


class LastAnalysis:
    """State beside the runs of a city: one, of the latest cycle.

    Parameters
    ----------
    runs : path-like
        Folder of the runs.
    city_digest : str
        SHA-256 of the city: another city, or an edited one, does not go on from it.
    cells_joined : int
        Cells of the city on an edge of one of the state: forecasts of both kinds go on each
        from its own.
    """

    def __init__(self, runs, city_digest, cells_joined=1):
        self._stem = f"{PREFIX}{city_digest[:16]}"
        coarse = f"-x{cells_joined}" if cells_joined > 1 else ""
        self.folder = Path(runs) / f"{self._stem}{coarse}"

    def read(self):
        """The `hydrology.assimilation.analysis.Analysis`; None where there is none.

        Raises
        ------
        InputError
            It is damaged.
        """
        from hydrology.assimilation.analysis import load_analysis

        try:
            return load_analysis(self.folder)
        except MissingError:
            return None

    def listed(self):
        """It as one of the inputs of a run."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.iterdir()):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return {"name": "state", "sha256": digest.hexdigest(), "newest_time": None}

    def follow(self, analysis):
        """Keep one that is as new, and none of another city; not one without water yet.

        A hindcast, made after the forecasts that followed it, changes nothing.
        """
        from hydrology.assimilation.analysis import analysis_time, save_analysis

        kept = analysis_time(self.folder)
        is_older = kept is not None and analysis.time < kept
        if is_older or any(state is None for state in analysis.states):
            return
        save_analysis(analysis, self.folder)
        for other in self.folder.parent.glob(f"{PREFIX}*"):
            if not other.name.startswith(self._stem):
                shutil.rmtree(other, ignore_errors=True)

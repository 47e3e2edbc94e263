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
    """

    def __init__(self, runs, city_digest):
        self.folder = Path(runs) / f"{PREFIX}{city_digest[:16]}"

    def read(self):
        """The `hydrology.analysis.Analysis`; None where there is none.

        Raises
        ------
        InputError
            It is damaged.
        """
        from hydrology.analysis import load_analysis

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

    def replace(self, analysis):
        """Keep a newer one in its place, and no other; one without water yet is not kept."""
        from hydrology.analysis import save_analysis

        if any(state is None for state in analysis.states):
            return
        save_analysis(analysis, self.folder)
        for other in self.folder.parent.glob(f"{PREFIX}*"):
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)

"""Which run holds: two small files beside the runs, each replaced in one step."""

import contextlib
import fcntl
import os
import secrets

from service.disk import sync_file, sync_folder
from service.utc import as_utc
from twin.errors import MissingError

POINTER = "latest"
CURRENT = "current"
"""Names that stand for a run: the one published last; the forecast with the newest issue time."""


class RunPointers:
    """The files ``latest`` and ``current`` of a folder of runs.

    ``current`` names the forecast with the newest issue time: one that was issued for an earlier
    time, or once more for the same, never takes its place. ``latest`` names what became current,
    or a scenario that was made after it.

    Parameters
    ----------
    folder : pathlib.Path
        Of the runs.
    read : callable
        Run id to `service.runs.Run`; raises `MissingError` where there is none.
    """

    def __init__(self, folder, read):
        self._folder, self._read = folder, read

    def offer(self, run):
        """Let the pointers name a published run, where it is the newer one.

        Parameters
        ----------
        run : service.runs.Run

        Notes
        -----
        One publisher at a time looks and writes, so that none undoes what another one did.
        """
        with self._alone():
            if run.manifest.get("kind") == "forecast":
                if is_newer(run, self.named(CURRENT)):
                    self._write(CURRENT, run.run_id)
                    self._write(POINTER, run.run_id)
                return
            last = self.named(POINTER)
            if last is None or run.run_id > last.run_id:
                self._write(POINTER, run.run_id)

    def named(self, pointer):
        """Run that a pointer names, None where there is none or it cannot be read."""
        path = self._folder / pointer
        try:
            return self._read(path.read_text().strip()) if path.is_file() else None
        except MissingError:
            return None

    @contextlib.contextmanager
    def _alone(self):
        """Keep other publishers away."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, pointer, run_id):
        for left in self._folder.glob(f".{pointer}.*"):  # of who was killed: nobody else writes now
            left.unlink(missing_ok=True)
        aside = self._folder / f".{pointer}.{secrets.token_hex(8)}"
        try:
            aside.write_text(run_id + "\n")
            sync_file(aside)
            aside.replace(self._folder / pointer)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(self._folder)


def is_newer(run, other):
    """Whether a forecast was issued for a later time than another one, or there is no other.

    A forecast of the real world is newer than any exercise, whose clock may be set years ahead.

    Parameters
    ----------
    run : service.runs.Run
    other : service.runs.Run or None
    """
    if other is None:
        return True
    if other.manifest.get("exercise") and not run.manifest.get("exercise"):
        return True
    return reference_time(run.manifest) > reference_time(other.manifest)


def reference_time(manifest):
    """Time as of which a run was made (naive, UTC)."""
    return as_utc(manifest.get("issue_time") or manifest["created"])

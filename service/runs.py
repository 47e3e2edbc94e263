"""Runs on disk: written aside, verified, published in one step, never changed again."""

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from service.disk import full_disk_is_named, sync_file, sync_folder
from service.processes import is_alive
from service.run_pointers import CURRENT, POINTER, RunPointers, is_newer
from twin.errors import InputError, MissingError

RUN_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
ASIDE = re.compile(r"\.(analysis-|\d{8}T\d{6}Z-[0-9a-f]{8}\.late_data\.json\.)")
"""What else is written aside among the runs; it takes moments, so an old one is of a process that
was killed."""

MANIFEST = "manifest.json"
DAY = 86400.0
_REMOVALS = 20
_SETTLING_SECONDS = 0.1
REQUIRED = {"run_id", "products"}

_log = logging.getLogger("floodtwin.runs")


def run_folder(city_folder, name):
    """Where the runs of a city go unless told: beside its data folder, else ``runs/<name>``.

    Examples
    --------
    >>> run_folder("data/cities/harbour", "harbour").as_posix()
    'data/runs/harbour'
    >>> run_folder("harbour", "harbour").as_posix()
    'runs/harbour'
    """
    folder = Path(city_folder)
    if folder.parent.name == "cities":
        return folder.parent.parent / "runs" / folder.name
    return Path("runs") / name


@dataclass(frozen=True)
class Run:
    """A published run: its folder and what its manifest says.

    Parameters
    ----------
    folder : pathlib.Path
        Where its files lie.
    manifest : dict
        See the README of this room for the keys.
    """

    folder: Path
    manifest: dict = field(repr=False)

    @property
    def run_id(self):
        """Name of the run, sortable by the time at which it began."""
        return self.manifest["run_id"]

    @property
    def products(self):
        """Product names, such as ``"maxima"`` or ``"flood"``, of this run."""
        return list(self.manifest["products"])

    def path(self, product):
        """Path of one product.

        Raises
        ------
        MissingError
            The run has no such product.
        """
        name = self.manifest["products"].get(product)
        if name is None:
            raise MissingError(
                f"run {self.run_id} has no product {product!r}, expected one of "
                f"{', '.join(self.products)}; ask for one of these"
            )
        return self.folder / name


class RunStore:
    """All runs of one city in one folder, and the pointer to the latest.

    Parameters
    ----------
    folder : path-like
        For example ``runs/<city>``; made with the first run.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self._pointers = RunPointers(self.folder, self._read)

    def new_run(self):
        """Begin a run: a `RunWriter`, to be used as a context manager.

        Raises
        ------
        InputError
            The folder cannot be made or written.
        """
        made = [self.folder, *self.folder.parents]
        made = [folder for folder in made if not folder.exists()]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remove_leftovers()
            with full_disk_is_named(self.folder):
                return RunWriter(self, made)
        except (PermissionError, FileExistsError, NotADirectoryError) as error:
            raise InputError(
                f"{self.folder} cannot hold runs ({error.strerror}), expected a folder that can "
                "be written; name another folder"
            ) from error

    def list(self):
        """All published runs that can be read, newest first; a log says what is left out."""
        return list(self.recent())

    def recent(self):
        """Published runs that can be read, one after the other, newest first."""
        yield from self._readable(reversed(self._run_ids()))

    def open(self, run_id=POINTER):
        """One published run.

        Parameters
        ----------
        run_id : str
            A run id, ``"latest"``: the run published last that can be read, or ``"current"``: the
            forecast with the newest issue time.

        Raises
        ------
        MissingError
            There is no such run, or the id is none.
        """
        if run_id == POINTER:
            return self._latest()
        if run_id == CURRENT:
            return self._current()
        if not self.holds(run_id):
            raise MissingError(
                f"no run {run_id[:60]!r} in {self.folder}, expected 'latest' or an id such as "
                "20261120T120000Z-1a2b3c4d; list the runs first"
            )
        return self._read(run_id)

    def holds(self, run_id):
        """Whether a run of this id was published."""
        return bool(RUN_ID.fullmatch(run_id)) and (self.folder / run_id / MANIFEST).is_file()

    def point_to(self, run_id):
        """Let the pointers name a published run where it is the newer one: `RunPointers`."""
        self._pointers.offer(self._read(run_id))

    def _run_ids(self):
        if not self.folder.is_dir():
            return []
        names = (entry.name for entry in os.scandir(self.folder) if entry.is_dir())
        return sorted(name for name in names if RUN_ID.fullmatch(name))

    def _latest(self):
        run_ids = self._run_ids()
        if not run_ids:
            raise MissingError(
                f"no run in {self.folder}, expected at least one; run `floodtwin simulate` or "
                "`floodtwin forecast` first"
            )
        pointer = self.folder / POINTER
        named = pointer.read_text().strip() if pointer.is_file() else ""
        named = named if named in run_ids else run_ids[-1]
        others = (run_id for run_id in reversed(run_ids) if run_id != named)
        newest = next(self._readable((named, *others)), None)
        return self._read(named) if newest is None else newest

    def _current(self):
        named = self._pointers.named(CURRENT)
        if named is not None:
            return named
        newest = None  # a lost pointer is no lost run
        for run in self._readable(self._run_ids()):
            if run.manifest.get("kind") == "forecast" and is_newer(run, newest):
                newest = run
        if newest is None:
            raise MissingError(
                f"no forecast in {self.folder}, expected at least one; run `floodtwin forecast`"
            )
        return newest

    def _readable(self, run_ids):
        """Those of some runs that can be read; one broken run must not hide the others."""
        for run_id in run_ids:
            try:
                yield self._read(run_id)
            except MissingError as error:
                _log.warning("left out: %s", error)

    def _read(self, run_id):
        folder = self.folder / run_id
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
        except (OSError, ValueError, RecursionError):
            manifest = None
        if not isinstance(manifest, dict) or not manifest.keys() >= REQUIRED:
            raise MissingError(
                f"run {run_id} in {self.folder} has no readable {MANIFEST}; remove that folder"
            )
        return Run(folder, manifest)

    def _remove_leftovers(self):
        for folder in self.folder.glob(".*.part"):
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
        for aside in self.folder.glob(".*"):
            if ASIDE.match(aside.name) and _age_seconds(aside) > DAY:
                _remove_now(aside)


class RunWriter:
    """A run that nobody sees yet; leaving its ``with`` unpublished removes it.

    Parameters
    ----------
    store : RunStore
        Where it will be published.
    made : sequence of pathlib.Path
        Folders that were made for it, the innermost first; the empty ones go with it.

    Examples
    --------
    >>> with RunStore("runs/harbour").new_run() as run:      # doctest: +SKIP
    ...     write_map(run.folder / "map.png", ...)
    ...     run.publish({"kind": "simulate", "products": {"map": "map.png"}})
    """

    def __init__(self, store, made=()):
        self.store = store
        self._made = made
        self.run_id = _new_run_id()
        self.folder = store.folder / f".{self.run_id}.{os.getpid()}.{socket.gethostname()}.part"
        self.folder.mkdir(parents=True)  # another run that failed may have removed the store's
        self._hold = os.open(self.folder, os.O_RDONLY)
        fcntl.flock(self._hold, fcntl.LOCK_EX)  # released however this process ends

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            with full_disk_is_named(self.store.folder):
                if error is not None:
                    raise error
        finally:
            _remove(self.folder)
            os.close(self._hold)
            self._remove_empty()

    def _remove_empty(self):
        """Remove the folders that were made for this run and hold nothing."""
        with contextlib.suppress(OSError):
            for folder in self._made:
                folder.rmdir()

    def publish(self, manifest):
        """Verify the products, fix their hashes and let everybody see the run.

        Parameters
        ----------
        manifest : dict
            With ``products`` {name: file in the run folder}; gets ``run_id``, ``created``,
            ``status`` and ``files`` {file: {"sha256", "bytes"}}.

        Returns
        -------
        Run
            The published run.

        Raises
        ------
        MissingError
            A product is not in the folder, or lies outside of it, or is empty.
        DeviceError
            The disk is full.
        """
        with full_disk_is_named(self.store.folder):
            manifest = {
                "run_id": self.run_id,
                "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                **manifest,
                "status": "complete",
                "files": {name: self._seal(name) for name in manifest["products"].values()},
            }
            path = self.folder / MANIFEST
            path.write_text(json.dumps(manifest, indent=1, allow_nan=False) + "\n")
            sync_file(path)
            for folder, _, _ in os.walk(self.folder):
                sync_folder(folder)
            final = self.store.folder / self.run_id
            self.folder.rename(final)
            sync_folder(self.store.folder)
            self.store.point_to(self.run_id)
        return Run(final, manifest)

    def _seal(self, name):
        """Hash and flush one product, a file or a folder of files."""
        path = self.folder / name
        inside = path.resolve().is_relative_to(self.folder.resolve())
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        size = sum(file.stat().st_size for file in files) if inside else 0
        if not inside or size == 0:
            raise MissingError(
                f"product {name!r} of run {self.run_id} was not written, expected a file of the "
                "run folder; write it before publishing"
            )
        hashes = [(file.relative_to(path).as_posix(), sync_file(file)) for file in files]
        if path.is_file():
            return {"sha256": hashes[0][1], "bytes": size}
        listing = "".join(f"{digest}  {file}\n" for file, digest in hashes)
        return {"sha256": hashlib.sha256(listing.encode()).hexdigest(), "bytes": size}


def _remove(folder):
    """Remove a folder for good: threads of zarr that still write may bring parts of it back."""
    for _ in range(_REMOVALS):
        if not folder.exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_SETTLING_SECONDS)


def _new_run_id():
    """UTC second, then 5 hex digits of microseconds and 3 of chance: sortable and unique."""
    now = datetime.now(UTC)
    return f"{now:%Y%m%dT%H%M%SZ}-{now.microsecond:05x}{secrets.randbelow(4096):03x}"


def _is_abandoned(folder):
    """Whether the writer of a hidden folder is gone."""
    _, _, pid, host = folder.name.removesuffix(".part").split(".", 3)
    if _age_seconds(folder) > DAY:  # long runs change only what lies deeper
        return not _is_held(folder)
    return host == socket.gethostname() and pid.isdigit() and not is_alive(int(pid))


def _age_seconds(path):
    """Time since something was changed, 0 where it is not there [s]."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _is_held(folder):
    """Whether its writer still holds a hidden folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _remove_now(path):
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)

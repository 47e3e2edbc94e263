"""The folder of a city's tiles: where it lies, what is in it, and how it gets there whole."""

import contextlib
import fcntl
import json
import os
import shutil
from pathlib import Path

from twin.errors import DeviceError, InputError

ABOUT = "tiles.json"
"""Says what the folder holds; written last, so a folder without it is none."""


def tile_folder(city):
    """Where the tiles of a city go unless told: beside its data folder, one folder a version.

    Parameters
    ----------
    city : twin.city.City
        Of a data folder (``DATA/cities/NAME``), or of any other.

    Returns
    -------
    pathlib.Path
        ``DATA/tiles/NAME/VERSION``, or ``tiles/NAME/VERSION`` in the working folder.
    """
    folder = Path(city.folder)
    if folder.parent.name == "cities":
        return folder.parent.parent / "tiles" / folder.name / city.version
    return Path("tiles") / city.name / city.version


def read_about(folder):
    """What a folder of tiles says of itself, or None where there is none."""
    try:
        about = json.loads((Path(folder) / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return about if isinstance(about, dict) else None


@contextlib.contextmanager
def written_aside(folder, keep=True):
    """Write a folder of tiles aside; it takes its place when the block ends well.

    Parameters
    ----------
    folder : pathlib.Path
        Where it will be. With no `ABOUT` in it, what lies there is no folder of tiles and is left
        alone.
    keep : bool
        Whether entries stay that lie there and have other names than the new ones.

    Yields
    ------
    pathlib.Path
        An empty folder beside it; it is gone afterwards. What a process left there that was
        killed goes as well.

    Raises
    ------
    InputError
        Something else lies at that place.
    DeviceError
        Another process is writing there.
    """
    folder = Path(folder).absolute()
    require_place(folder)
    made = [parent for parent in folder.parents if not parent.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _alone(folder.with_name(f".{folder.name}.part"), folder) as aside:
            yield aside
            _put_in_place(aside, folder, keep)
    finally:
        with contextlib.suppress(OSError):
            for parent in made:
                parent.rmdir()


@contextlib.contextmanager
def _alone(aside, folder):
    """Hold an empty folder that no other process writes; it is removed at the end.

    The lock belongs to the folder itself and ends with the process, however that ends.
    """
    aside.mkdir(exist_ok=True)
    handle = os.open(aside, os.O_RDONLY)
    with contextlib.ExitStack() as at_end:
        at_end.callback(os.close, handle)
        if not _is_locked(handle, aside):
            raise DeviceError(
                f"another process is writing the tiles of {folder}, expected one at a time; wait "
                "until it has ended, or name another folder with --out"
            )
        at_end.callback(shutil.rmtree, aside, ignore_errors=True)
        _empty(aside)
        yield aside


def _is_locked(handle, path):
    """Whether an open folder is now ours alone, and has not come into its place meanwhile."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _empty(folder):
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def require_place(folder):
    """Refuse to write tiles over something else.

    Raises
    ------
    InputError
        The folder has files and no `ABOUT`, or is a file.
    """
    folder = Path(folder)
    if not folder.exists() or (folder / ABOUT).is_file():
        return
    if not folder.is_dir() or any(folder.iterdir()):
        raise InputError(
            f"{folder} holds something that is no folder of tiles, expected a new or an empty "
            "folder; name another with --out"
        )


def _put_in_place(aside, folder, keep):
    """Move a new folder, or each of its entries, to where it belongs; `ABOUT` comes last."""
    with contextlib.suppress(OSError):
        aside.rename(folder)
        return
    entries = sorted(aside.iterdir(), key=lambda entry: entry.name == ABOUT)
    names = {entry.name for entry in entries}
    old = aside / ".replaced"
    old.mkdir()
    for entry in [] if keep else list(folder.iterdir()):
        if entry.name not in names:
            entry.rename(old / entry.name)
    for entry in entries:
        target = folder / entry.name
        if target.is_dir():
            target.rename(old / entry.name)
        entry.replace(target)

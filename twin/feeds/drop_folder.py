"""Files dropped into a folder: each taken once when it is whole, or moved aside with the reason."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from twin.errors import DeviceError, InputError

TAKEN, REFUSED = "taken", "refused"
SUFFIXES = (".csv", ".parquet", ".json", ".geojson", ".xml", ".h5", ".hdf5")
"""Kinds of files that are taken, whatever the source: tables, and answers as sources send them."""

UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload", "~")
"""How a file is named that somebody still writes."""

ENDS = {
    ".csv": (b"\n",),
    ".parquet": (b"PAR1",),
    ".json": (b"}", b"]"),
    ".geojson": (b"}", b"]"),
}
"""What the last bytes of a whole file are, by its kind; of other kinds they do not tell."""

SETTLED_SECONDS = 5.0
"""A file that changed later than this may still be written [s]."""

UNFINISHED_SECONDS = 60.0
"""A file without a proper end is waited for this long, then taken or refused as it is [s]."""

_TAIL_BYTES = 64


class ChangedFile(DeviceError):
    """A file is not there any more, or not the one that was listed: it waits for the next look."""


@dataclass(frozen=True)
class DroppedFile:
    """One file that lies in the folder and is no longer written.

    Attributes
    ----------
    path : pathlib.Path
        Where it lies.
    max_bytes : int
        Largest size that is read.
    listed : tuple
        What tells it from another file that takes its name meanwhile.
    """

    path: Path
    max_bytes: int
    listed: tuple

    @property
    def name(self):
        """Name of the file."""
        return self.path.name

    def content(self):
        """Bytes of the file.

        Raises
        ------
        InputError
            It is a link, no plain file, or too large.
        ChangedFile
            Another process took it, or its sender put another in its place.
        DeviceError
            It cannot be read.
        """
        self._require_listed()
        if self.path.is_symlink() or not self.path.is_file():
            raise InputError(f"{self.name} is no plain file, expected one; copy the file itself")
        try:
            with self.path.open("rb") as stream:
                content = stream.read(self.max_bytes + 1)
        except FileNotFoundError:
            raise self._changed() from None
        except OSError as error:
            raise DeviceError(
                f"{self.path} cannot be read ({error.strerror}), expected a readable file; check "
                "its rights"
            ) from None
        if len(content) > self.max_bytes:
            raise InputError(
                f"{self.name} has more than {self.max_bytes} bytes, expected fewer; split it"
            )
        self._require_listed()
        return content

    def accept(self):
        """Move it to `taken`: its readings are stored.

        Notes
        -----
        What its sender has put in its place since it was read stays for the next look. Where
        another process has moved it, nothing is left to do.
        """
        self._move(TAKEN)

    def refuse(self, reason):
        """Move it to `refused`, with the reason in a text file beside it; see `accept`."""
        place = self._move(REFUSED)
        if place is not None:
            place.with_name(place.name + ".reason.txt").write_text(str(reason) + "\n", "utf-8")

    def _require_listed(self):
        try:
            is_it = _identity(self.path.lstat()) == self.listed
        except FileNotFoundError:
            is_it = False
        if not is_it:
            raise self._changed()

    def _changed(self):
        return ChangedFile(
            f"{self.path} is gone or another file by now, expected it to stay; look again"
        )

    def _move(self, name):
        """Where it lies now, None where it is no longer there."""
        folder = self.path.parent / name
        try:
            folder.mkdir(exist_ok=True)
            place = _free_name(folder, self.name)
            self.path.replace(place)
            if _identity(place.lstat()) != self.listed:  # only now can nobody change it any more
                place.replace(_free_name(self.path.parent, self.name))
                return None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DeviceError(
                f"{self.path} cannot be moved to {name} ({error.strerror}), expected a folder that "
                "can be written; check its rights"
            ) from None
        return place


def dropped_files(folder, max_bytes, *, settled_seconds=SETTLED_SECONDS, now=None):
    """Files in a folder that are whole, oldest first.

    Parameters
    ----------
    folder : path
        Where files are dropped. Its folders `taken` and `refused` are not looked into.
    max_bytes : int
        Largest file that is read.
    settled_seconds : float
        How long a file must have been left alone [s].
    now : float, optional
        Seconds since 1970; default the clock of this machine, by which files are stamped too.

    Returns
    -------
    list of DroppedFile
        Hidden files, those named as half written, those of another kind and those that changed
        a moment ago are left where they are; see `passed_over`. A file without a proper end (a
        Parquet file without its footer, a CSV whose last line is not closed, half a JSON) or of a
        kind without one (XML, HDF5) is waited for one minute.

    Raises
    ------
    DeviceError
        The folder is not there or cannot be listed.
    """
    now = time.time() if now is None else now
    ready = [
        (state.st_mtime, path, _identity(state))
        for state, path in _entries(folder)
        if _is_for_us(path) and _is_settled(path, state, now, settled_seconds)
    ]
    return [DroppedFile(path, max_bytes, listed) for _, path, listed in sorted(ready)]


def passed_over(folder):
    """Names of the files in a folder that are of no kind that is taken, in their order.

    Parameters
    ----------
    folder : path
        As for `dropped_files`.

    Returns
    -------
    list of str
        Without hidden files and those named as half written.

    Raises
    ------
    DeviceError
        The folder is not there or cannot be listed.
    """
    files = [path for _, path in _entries(folder) if not path.is_dir()]
    return sorted(path.name for path in files if not _is_for_us(path) and not _is_unfinished(path))


def _entries(folder):
    """State and path of all that lies in a folder."""
    try:
        with os.scandir(folder) as entries:
            found = [(_state(entry), Path(entry.path)) for entry in entries]
    except OSError as error:
        raise DeviceError(
            f"{folder} cannot be listed ({error.strerror}), expected a folder for dropped files; "
            "create it"
        ) from None
    return [(state, path) for state, path in found if state is not None]


def _state(entry):
    """State of an entry of a folder, None where another process has just moved it."""
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _identity(state):
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _is_for_us(path):
    name = path.name.lower()
    return name.endswith(SUFFIXES) and not name.startswith(".") and not path.is_dir()


def _is_unfinished(path):
    name = path.name.lower()
    return name.startswith(".") or name.endswith(UNFINISHED)


def _is_settled(path, state, now, settled_seconds):
    # a stamp in the future is a wrong clock, not a file that is being written
    age = abs(now - state.st_mtime)
    if age < settled_seconds or state.st_size == 0:
        return age >= UNFINISHED_SECONDS
    return age >= UNFINISHED_SECONDS or _has_end(path, state.st_size)


def _has_end(path, size):
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, size - _TAIL_BYTES))
            end = stream.read(_TAIL_BYTES)
    except OSError:
        return False
    end = end.rstrip() if suffix in (".json", ".geojson") else end
    return end.endswith(ENDS.get(suffix, ()))


def _free_name(folder, name):
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{number}-{name}"
    return place

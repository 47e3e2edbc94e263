"""The disk: what is on it for good, and what to say when it is full."""

import contextlib
import errno
import hashlib
import os
import shutil
from pathlib import Path

from twin.errors import DeviceError, InputError, TwinError

FULL = (errno.ENOSPC, errno.EDQUOT)
ALMOST_FULL = 256 * 1024


@contextlib.contextmanager
def full_disk_is_named(folder):
    """Turn whatever a library raises on a full disk into one clear `DeviceError`.

    Notes
    -----
    GDAL and zarr do not keep the error number, so a foreign error while the disk has next to
    nothing left counts as a full disk.
    """
    try:
        yield
    except TwinError:
        raise
    except Exception as error:
        if getattr(error, "errno", None) in FULL or free_bytes(folder) < ALMOST_FULL:
            raise DeviceError(full_disk_message(folder)) from error
        raise


def full_disk_message(folder):
    """One line for a full disk."""
    return (
        f"the disk of {folder} is full, nothing was kept; free some space or name another "
        "folder with --out"
    )


def require_space(folder, needed):
    """Refuse work whose products will not fit.

    Parameters
    ----------
    folder : path-like
        Where the products will go; it need not exist yet.
    needed : float
        Estimate of their size [bytes].

    Raises
    ------
    DeviceError
        Less is free than needed.
    """
    free = free_bytes(folder)
    if free < needed:
        raise DeviceError(
            f"the disk of {folder} has {free / 1e6:.1f} MB left, expected at least "
            f"{needed / 1e6:.1f} MB; free some space or name another folder with --out"
        )


def require_writable(folder, flag="--out"):
    """Refuse a folder in which nothing can be made.

    Parameters
    ----------
    folder : path-like
        It need not exist yet.
    flag : str
        Word of the command line that names it.

    Raises
    ------
    InputError
        It, or the nearest parent that exists, is no folder or cannot be written.
    """
    parent = _existing_parent(folder)
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(
            f"{folder} cannot be written, expected a folder of your own; name another with {flag}"
        )


def free_bytes(folder):
    """Space left for this user on the disk of a folder, which need not exist yet."""
    return shutil.disk_usage(_existing_parent(folder)).free


def sync_file(path):
    """Bring a file to the disk and give its sha256.

    Returns
    -------
    str
        Hexadecimal digest of its content.
    """
    with Path(path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return digest


def sync_folder(folder):
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _existing_parent(folder):
    folder = Path(folder).absolute()
    return next(parent for parent in (folder, *folder.parents) if parent.exists())

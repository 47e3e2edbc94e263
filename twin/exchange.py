"""Put a folder in the place of another one in one step, whoever reads or is killed meanwhile."""

import ctypes
import errno
import os
from pathlib import Path

_AT_WORKING_FOLDER = -100
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


def put_in_place(aside, folder, old):
    """Let a folder take the place of another one, if there is one.

    Parameters
    ----------
    aside : path-like
        The new folder, beside `folder`.
    folder : path-like
        Its place.
    old : path-like
        Where what was there lies afterwards, to be removed; nothing is there now.

    Raises
    ------
    OSError
        It cannot be; `folder` is as it was.

    Notes
    -----
    Where the file system cannot exchange two names, `folder` is missing for a moment.
    """
    aside, folder, old = Path(aside), Path(folder), Path(old)
    if not folder.exists():
        aside.rename(folder)
    elif _exchanged(aside, folder):
        aside.rename(old)
    else:
        folder.rename(old)
        try:
            aside.rename(folder)
        except BaseException:
            old.rename(folder)
            raise


def _exchanged(one, other):
    """Whether two names were exchanged in one step; False where this cannot be done here."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = (os.fsencode(one), os.fsencode(other))
    if rename(_AT_WORKING_FOLDER, names[0], _AT_WORKING_FOLDER, names[1], _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(other))

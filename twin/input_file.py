"""Says what is wrong with a path that should be a file."""

from pathlib import Path

from twin.errors import InputError, MissingError


def require_file(path, expected):
    """Refuse a path that is no file.

    Parameters
    ----------
    path : str or pathlib.Path
        On this machine.
    expected : str
        What it should be, such as ``"a CityJSON file"``.

    Raises
    ------
    MissingError
        Nothing is there.
    InputError
        A folder is there.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder, expected {expected}; name a file in it")
    if not path.is_file():
        raise MissingError(f"{path} is missing, expected {expected}; check the path")

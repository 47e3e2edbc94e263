"""The state of a run as a file of the user: where it may lie, how it is kept."""

from pathlib import Path

from service.disk import full_disk_is_named, require_writable
from twin.errors import InputError

FLAG = "--save"


def require_place(path):
    """Refuse a file for a state that could not be written.

    Raises
    ------
    InputError
        It is a folder, or lies where nothing can be written.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder, expected a file for the state; name one with {FLAG}")
    require_writable(path.parent, FLAG)


def keep_state(state, path):
    """Write the state of a run, replacing what is there.

    Raises
    ------
    DeviceError
        The disk is full.
    """
    from hydrology.solver.state import save_state

    path = Path(path)
    with full_disk_is_named(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        save_state(state, path)

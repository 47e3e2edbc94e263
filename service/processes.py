"""Which process is which: told by host, number and start, as numbers are given out again."""

import os
import socket
from pathlib import Path

_START_FIELD = 19
"""Of ``/proc/N/stat`` after the name: clock ticks from the start of the machine."""


def this_process():
    """What names this process for all others.

    Returns
    -------
    str
        Host, number, and start where the machine tells it, with blanks between.
    """
    pid = os.getpid()
    return f"{socket.gethostname()} {pid} {_start_of(pid)}".strip()


def may_live(name):
    """Whether a process that `this_process` named may still run; one of another host may.

    Parameters
    ----------
    name : str
        Host, number, and perhaps its start.
    """
    host, pid, *start = name.split()
    if host != socket.gethostname():
        return True
    if not is_alive(int(pid)):
        return False
    return not start or start[0] == _start_of(int(pid))


def is_alive(pid):
    """Whether a process with this number runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_of(pid):
    """When a process started, empty where the machine does not tell or it is gone."""
    try:
        content = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return content.rpartition(")")[2].split()[_START_FIELD]

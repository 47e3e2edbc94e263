"""The machine on which something is measured: its processor, its memory, what is installed."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numba

from hydrology.solver.state import MODEL_VERSION

PROCESSORS, MEMORY = Path("/proc/cpuinfo"), Path("/proc/meminfo")


def description():
    """What a figure is worthless without.

    Returns
    -------
    dict
        `machine`, `threads` and `versions` (by name).
    """
    found = {name: installed(name) for name in ("floodtwin", "numba", "numpy")}
    found = {name: number for name, number in found.items() if number}
    return {
        "machine": f"{_processor()}, {numba.get_num_threads()} threads",
        "threads": numba.get_num_threads(),
        "versions": {"python": platform.python_version(), **found, "model": MODEL_VERSION},
    }


def installed(package):
    """Version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def too_little_memory(needed):
    """Why something does not fit into the memory that is free now; None where it does.

    Parameters
    ----------
    needed : float
        [bytes].
    """
    free = _free_bytes()
    if free is None or needed <= free:
        return None
    return f"needs about {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free"


def _processor():
    return _value(PROCESSORS, "model name") or platform.processor() or platform.machine()


def _free_bytes():
    """Memory that is free for new work; None where the system does not say."""
    text = _value(MEMORY, "MemAvailable")
    return int(text.split()[0]) * 1024 if text else None


def _value(path, name):
    """Value of the first line of a file of the system that begins with a name."""
    if not path.exists():
        return None
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return None

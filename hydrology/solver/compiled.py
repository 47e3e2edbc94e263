"""How kernels are compiled and where the machine code is kept between runs.

A cached kernel is not rebuilt when a formula that it calls in another file changes. So the
cache lies in a folder named by a hash of the sources of the solver: new sources, new folder.
"""

import hashlib
import os
from functools import partial
from pathlib import Path

# Threads that wait at the end of a kernel spin for some microseconds, then sleep. Sleeping at once
# costs 40 us a kernel, which a small city feels; spinning for good holds up the very thread they
# wait for as soon as the machine does anything else too (measured: ten times slower).
# OpenMP reads this when the first kernel starts.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

import numba

from hydrology.solver.kept_code import keep_code

# Products and sums may fuse: 12 % faster, and every loop of a kernel fuses alike. But nothing may
# be reordered or assumed: the same inputs give the same bits, whatever the tiles, the threads and
# the cache, and a mirrored city has the mirrored flood.
FAST_MATH = {"nsz", "contract"}


def _cache_folder():
    """Folder for the machine code of these sources, or None where nothing can be written."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    root = os.environ.get("FLOODTWIN_CACHE") or os.environ.get("XDG_CACHE_HOME")
    folder = Path(root or Path.home() / ".cache") / "floodtwin" / f"kernels-{digest}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


_folder = _cache_folder()
if _folder is not None:
    numba.config.CACHE_DIR = str(_folder)

_ALIKE = {"error_model": "numpy", "fastmath": FAST_MATH}

formula = partial(numba.njit, inline="always", **_ALIKE)()
"""Decorator of a formula: scalars in, scalars out, inlined where it is called."""

loop = partial(numba.njit, **_ALIKE)()
"""Decorator of a loop over one row or one tile, called by a kernel."""


def kernel(function):
    """Decorator of a kernel: visits all cells in parallel, is kept between runs, and leaves the
    interpreter's lock alone, so that runs may go on side by side."""
    return _kept(numba.njit(parallel=True, nogil=True, **_ALIKE)(function))


def serial(function):
    """Decorator of a pass over a short table, one entry after the other; kept between runs."""
    return _kept(numba.njit(**_ALIKE)(function))


def _kept(dispatcher):
    return dispatcher if _folder is None else keep_code(dispatcher)

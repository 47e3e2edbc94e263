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

formula = partial(numba.njit, inline="always", error_model="numpy", fastmath=FAST_MATH)()
"""Decorator of a formula: scalars in, scalars out, inlined where it is called."""

loop = partial(numba.njit, error_model="numpy", fastmath=FAST_MATH)()
"""Decorator of a loop over one row or one tile, called by a kernel."""

kernel = partial(
    numba.njit,
    parallel=True,
    nogil=True,
    cache=_folder is not None,
    error_model="numpy",
    fastmath=FAST_MATH,
)()
"""Decorator of a kernel: visits all cells in parallel, is kept between runs, and leaves the
interpreter's lock alone, so that runs may go on side by side."""

serial = partial(numba.njit, cache=_folder is not None, error_model="numpy", fastmath=FAST_MATH)()
"""Decorator of a pass over a short table, one entry after the other; kept between runs."""

"""What the machine's memory can do: the triad, measured in the same run as the kernel."""

import time

import numpy as np
from numba import prange

from hydrology.solver.compiled import kernel

ELEMENTS = 40_000_000
BYTES_PER_ELEMENT = 12


@kernel
def _triad(a, b, c, factor):
    for k in prange(a.size):
        a[k] = b[k] + factor * c[k]


def triad_gb_s(repeats=15):
    """Bandwidth of a <- b + s c in float32 on all threads [GB/s]: the best of some tries.

    Notes
    -----
    Counted as 12 bytes an element, as in McCalpin's STREAM (1995): two reads and one write,
    without the read that a write may cost.
    """
    a, b, c = (np.ones(ELEMENTS, np.float32) for _ in range(3))
    factor, best = np.float32(3.0), np.inf
    _triad(a, b, c, factor)
    for _ in range(repeats):
        began = time.perf_counter()
        _triad(a, b, c, factor)
        best = min(best, time.perf_counter() - began)
    return ELEMENTS * BYTES_PER_ELEMENT / best / 1e9

"""How a loop over rows is compiled so that nothing but the arithmetic costs time.

A row is short: what a call costs beside its arithmetic counts. Two things did (measured on the
loops of `dynamic`, rows of 300 cells: 1.6 times the time). Before each row, a vector loop compares
the addresses of all its arrays with each other, unless it is promised that what it writes overlaps
nothing else. And each view of an array counts its references with an atomic instruction, unless
the function is compiled without Numba's memory management; such a function cannot allocate.
"""

from functools import partial

import numba
from numba.core.compiler import CompilerBase, DefaultPassBuilder

# Products and sums do not fuse: what one side of a face gives, the other gets, to the bit, when the
# sides are exchanged. So a mirrored basin floods alike, and no water seeps into a wall.
FAST_MATH = {"nsz"}


class _SeparateRows(CompilerBase):
    """Numba's compiler, told that the arrays of a call do not overlap where one is written."""

    def define_pipelines(self):
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]


_compile = partial(
    numba.njit,
    error_model="numpy",
    fastmath=FAST_MATH,
    pipeline_class=_SeparateRows,
    _nrt=False,
)

row_loop = _compile(forceinline=True)
"""Decorator of one loop over the cells of a row; its vector code is put in place of its call."""

row_task = _compile()
"""Decorator of what calls such loops: a task on one row, or the step of a tile."""

"""The dynamic scheme on one tile, as the kernel of the CPU calls it, in first and second order."""

from typing import NamedTuple

import numpy as np

from hydrology.solver.compiled import loop
from hydrology.solver.dynamic import RADIUS, SCRATCH_ROWS, scratch_columns, step_tile
from hydrology.solver.maxima import cell_discharges
from hydrology.solver.precision import from_bits, like, magnitude_bits
from hydrology.solver.riemann import signal_speed as cell_signal_speed
from hydrology.solver.work import (
    DEPTH,
    GROUND,
    OPEN_X,
    OPEN_Y,
    OWED,
    QX,
    QY,
    ROUGH,
    SCRATCH,
)

_scratch_columns = loop(scratch_columns)


class Scheme(NamedTuple):
    """What the kernel asks of a scheme, see `inertial`."""

    step: object
    discharges: object
    signal_speed: object
    rough_factor: object
    REACH: int
    IN_CELLS: bool = True


def _make_step(order):
    @loop
    def step(now, margin, window, work, openings, numbers):
        rows, width = window[2], window[3]
        shape, size = (rows, width), rows * width
        across = _scratch_columns(width)
        step_tile(
            margin, order,
            work[DEPTH][:size].reshape(shape), work[OWED][:size].reshape(shape),
            work[QX][:size].reshape(shape), work[QY][:size].reshape(shape),
            work[GROUND][:size].reshape(shape), work[ROUGH][:size].reshape(shape),
            work[SCRATCH][: SCRATCH_ROWS * across].reshape((SCRATCH_ROWS, across)),
            None if openings is None else work[OPEN_X][:size].reshape(shape),
            None if openings is None else work[OPEN_Y][:size].reshape(shape),
            numbers.time_step, numbers.cell_size, numbers.gravity,
        )  # fmt: skip
        return now

    return step


@loop
def _discharges(target, work, now, at, count, width):  # noqa: ARG001
    cell_discharges(target, work[QX][at : at + count], work[QY][at : at + count])


@loop
def _signal_speed(work, now, own, window, gravity):  # noqa: ARG001
    """Fastest signal on a tile's own cells [m s-1]; not finite if any cell is not."""
    fastest = np.int32(0)
    for j in range(own[0], own[1]):
        begin = (j - window[0]) * window[3] + own[2] - window[1]
        end = begin + own[3] - own[2]
        depth, qx, qy = work[DEPTH][begin:end], work[QX][begin:end], work[QY][begin:end]
        for i in range(depth.size):
            speed = cell_signal_speed(depth[i], qx[i], qy[i], gravity)
            fastest = max(fastest, magnitude_bits(speed))
    return like(gravity, from_bits(fastest))


@loop
def _rough_factor(numbers):
    return like(numbers.time_step, 1.0)


FIRST = Scheme(_make_step(1), _discharges, _signal_speed, _rough_factor, RADIUS[1])
SECOND = Scheme(_make_step(2), _discharges, _signal_speed, _rough_factor, RADIUS[2])
"""The scheme in its two orders."""

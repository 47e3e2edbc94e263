"""Time steps on CUDA: the kernel that all schemes share, any number of steps in one launch.

Blocks take the tiles in turn, then wait for each other, then take the next step. Dry tiles with
dry ones around them are skipped, and blanked once in either copy of the water.
"""

import numpy as np
from numba import from_dtype, types

from hydrology.solver.cuda_boundary import apply_level, begin_open, sites_type
from hydrology.solver.cuda_grid import (
    MARGIN,
    any_wet_around,
    bed_type,
    device,
    gpu,
    kernel,
    numbers_type,
    openings_type,
    own_number,
    raster,
    wait_for_grid,
)


@device
def blank(water, tile):
    """Set a tile's own cells to nothing."""
    top, bottom, left, right = tile
    i = left + gpu.threadIdx.x
    if i < right:
        j = top + gpu.threadIdx.y
        while j < bottom:
            water[0, j, i], water[1, j, i] = 0, 0
            water[2, j, i], water[3, j, i] = 0, 0
            j += gpu.blockDim.y


@device
def padded_tile(tiles, t):
    """Top, bottom, left and right of a tile in padded arrays."""
    return (
        tiles[t, 0] + MARGIN, tiles[t, 1] + MARGIN, tiles[t, 2] + MARGIN, tiles[t, 3] + MARGIN
    )  # fmt: skip


def build_advance(dtype, block, scheme, has_openings):
    """Kernel that takes time steps.

    Parameters
    ----------
    dtype : numpy dtype
        float32 or float64.
    block : Block
        Size of a tile and its threads.
    scheme : Scheme
        Gives the step of a tile.
    has_openings : bool
        Whether faces and cells are open in part.

    Returns
    -------
    kernel
        `advance(tiles, across, states, current, wet, is_blank, bed, openings, sites, steps,
        numbers)`. `states` (2, 4, rows, columns) holds two copies of the water, of which `current`
        is read first; `wet` and `is_blank` (2, tiles) say of each copy which tiles hold water and
        which nothing at all. It is launched cooperatively: with no more blocks than run at a time.
    """
    real = from_dtype(dtype)
    (first_shape, second_shape, third_shape), step_tile = scheme.build_step(block, has_openings)
    in_cells = scheme.in_cells
    size = (block.rows, block.columns)

    @kernel
    def advance(
        tiles, across, states, current, wet, is_blank, bed, openings, sites, steps, numbers
    ):
        first = gpu.shared.array(first_shape, real)
        second = gpu.shared.array(second_shape, real)
        third = gpu.shared.array(third_shape, real)
        begin_open(states[current], sites, in_cells, numbers.cell_size)
        wait_for_grid()
        for step in range(steps):
            source, target = (current + step) % 2, (current + step + 1) % 2
            old, new = states[source], states[target]
            for t in range(gpu.blockIdx.x, tiles.shape[0], gpu.gridDim.x):
                tile = padded_tile(tiles, t)
                is_active = any_wet_around(wet[source], t, across)
                is_wet = False
                if is_active:
                    is_wet = step_tile(first, second, third, old, new, bed, openings, tile, numbers)
                elif is_blank[target, t] == 0:
                    blank(new, tile)
                is_wet = gpu.syncthreads_or(np.int32(is_wet))
                if own_number() == 0:
                    wet[target, t], is_blank[target, t] = is_wet != 0, not is_active
            wait_for_grid()
            for level in range(sites.levels.size - 1):
                apply_level(
                    new, wet[target], is_blank[target], size, across, sites, level, openings,
                    has_openings, numbers, in_cells,
                )  # fmt: skip
                wait_for_grid()

    return advance


def advance_type(real):
    """Numba type of `advance`, for a Numba type of floats."""
    whole, flags = types.int64, types.int8[:, ::1]
    return types.void(
        types.int32[:, ::1], whole, raster(real, 4), whole, flags, flags, bed_type(real),
        openings_type(real), sites_type(real), whole, numbers_type(real),
    )  # fmt: skip

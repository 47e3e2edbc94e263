"""Rain, infiltration and drains of a cell on CUDA, in float64: the formulas of the CPU."""

import numpy as np
from numba import types

from hydrology.solver import infiltration
from hydrology.solver.cuda_grid import MARGIN, device, raster
from hydrology.solver.sources import Rain, Soil

MODELS = {
    infiltration.CONSTANT: infiltration.constant,
    infiltration.HORTON: infiltration.horton,
    infiltration.GREEN_AMPT: infiltration.green_ampt,
    infiltration.CURVE_NUMBER: infiltration.curve_number,
}
"""Formula of each model of infiltration."""


@device
def _fallen(rain, catches, j, i, seconds):
    """Rain on a cell in an interval [m]; none on walls and outlets."""
    if not rain.falls or catches[j, i] == 0:
        return 0.0
    row = rain.before[j]
    low, high = rain.rates[row, i], rain.rates[min(row + 1, rain.rates.shape[0] - 1), i]
    return np.float64(low + rain.share[j] * (high - low)) * seconds


@device
def _soak_constant(water, fallen, soil, j, i, seconds):
    rate = np.float64(soil.first[j, i])
    return infiltration.constant(water, fallen, 0.0, seconds, rate, 0.0, 0.0)[0]


def _build_soak(model):
    """Function of a thread that says how much of the water of a cell soaks into the ground."""
    if model is None:
        return _soak_nothing
    if model == infiltration.CONSTANT:
        return _soak_constant
    take = MODELS[model]

    @device
    def soak(water, fallen, soil, j, i, seconds):
        took, memory = take(
            water,
            fallen,
            np.float64(soil.memory[j, i]),
            seconds,
            np.float64(soil.first[j, i]),
            np.float64(soil.second[j, i]),
            np.float64(soil.third[j, i]),
        )
        soil.memory[j, i] = memory
        return took

    return soak


@device
def _soak_nothing(water, fallen, soil, j, i, seconds):  # noqa: ARG001
    return 0.0


@device
def _drain_nothing(water, drain, j, i, seconds):  # noqa: ARG001
    return 0.0


@device
def _drain(water, drain, j, i, seconds):
    return min(max(water, 0.0), np.float64(drain[j, i]) * seconds)


def build_sources(model, has_drains, has_openings):
    """Function of a thread that lets rain fall on a cell, the ground soak and the drains take.

    Parameters
    ----------
    model : int or None
        Model of infiltration.
    has_drains, has_openings : bool
        Whether there are drains, and cells that hold water in a part of them only.

    Returns
    -------
    function
        `add_sources(water, openings, catches, j, i, rain, soil, drain, seconds)` updates the cell
        (j, i) of the raster and returns what fell, what soaked and what was drained [m].
    """
    soak, take = _build_soak(model), _drain if has_drains else _drain_nothing

    @device
    def add_sources(water, openings, catches, j, i, rain, soil, drain, seconds):
        y, x = j + MARGIN, i + MARGIN
        fallen = _fallen(rain, catches, j, i, seconds)
        spread = np.float64(openings.spread[y, x]) if has_openings else 1.0
        # As a depth over the whole cell, of which buildings may fill a part.
        here = (np.float64(water[0, y, x]) + np.float64(water[3, y, x])) / spread + fallen
        soaked = soak(here, fallen, soil, j, i, seconds)
        here -= soaked
        drained = take(here, drain, j, i, seconds)
        here -= drained
        here *= spread
        water[0, y, x] = max(here, 0.0)
        water[3, y, x] = here - np.float64(water[0, y, x])
        return fallen, soaked, drained

    return add_sources


def rain_type():
    """Numba type of `Rain`."""
    single = types.float32
    lines = types.int64[::1], single[::1]
    return types.NamedTuple((raster(single), *lines, types.boolean), Rain)


def soil_type(real):
    """Numba type of `Soil`, for a Numba type of floats."""
    return types.NamedTuple((types.int64, *(raster(real),) * 4), Soil)

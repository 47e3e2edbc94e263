"""Rain, infiltration and drains on the cells of a tile, once for each few steps.

What a source adds in one step is so small beside the depth that float32 would round it away. So
sources act on a tile once for several steps, work in float64, and keep what the depth could not
hold in `owed`, as the steps do. (`np.float64(x)`, not `float(x)`: compiled, the latter leaves a
float32 as it is.)
"""

from typing import NamedTuple

import numpy as np

from hydrology.solver import infiltration
from hydrology.solver.compiled import loop
from hydrology.solver.precision import like
from hydrology.solver.tiles import load_plain, store
from hydrology.solver.work import WALL

FALLEN, SOAKED, DRAINED = 0, 1, 2
"""What the ledger asks of a tile [m]: rain, infiltrated and drained depth, summed over cells."""

WATER, RAIN, TAKEN, FOLDED = 0, 1, 2, 3
"""Work arrays in float64: water, rain of the interval, what a sink takes, their sums [m]."""

BLOCK = 8
"""Rows of a tile that are treated at a time, so that their work arrays stay in the cache."""


class Rain(NamedTuple):
    """Rain of the present interval; rows of the raster lie between two rows of rates.

    Parameters
    ----------
    rates : (n, columns) float32 array
        [m s-1].
    before : (rows,) int array
        Row of `rates` before each row of the raster; the next one is after it.
    share : (rows,) float32 array
        How far the row is on to the next one.
    falls : bool
        Whether there is any.
    """

    rates: np.ndarray
    before: np.ndarray
    share: np.ndarray
    falls: bool


class Soil(NamedTuple):
    """Infiltration: the model and its parameters on each cell, and what the soil remembers.

    `first`, `second`, `third` are the parameters p0, p1, p2 of the model's formula; rasters that a
    model does not use have no cells.
    """

    model: int
    first: np.ndarray
    second: np.ndarray
    third: np.ndarray
    memory: np.ndarray


def _soaking(take):
    """Make the loop of one model: one source, compiled for each formula."""

    @loop
    def soak(water, rain, taken, memory, first, second, third, seconds):
        for i in range(water.size):
            took, new = take(
                water[i],
                rain[i],
                np.float64(memory[i]),
                seconds,
                np.float64(first[i]),
                np.float64(second[i]),
                np.float64(third[i]),
            )
            water[i] -= took
            taken[i] = took
            memory[i] = new

    return soak


_soak_horton = _soaking(infiltration.horton)
_soak_green_ampt = _soaking(infiltration.green_ampt)
_soak_curve_number = _soaking(infiltration.curve_number)


@loop
def _soak_constant(water, taken, rate, seconds):
    for i in range(water.size):
        took = min(max(water[i], 0.0), np.float64(rate[i]) * seconds)
        water[i] -= took
        taken[i] = took


@loop
def _rain_rows(rain, rates, before, share, left, width, seconds):
    """Depth of rain on some rows of a window [m]; beyond the raster none."""
    rain[:] = 0.0
    begin, end = max(-left, 0), min(width, rates.shape[1] - left)
    for j in range(before.size):
        low, high = rates[before[j]], rates[min(before[j] + 1, rates.shape[0] - 1)]
        row = rain[j * width : (j + 1) * width]
        for i in range(begin, end):
            rate = low[left + i] + share[j] * (high[left + i] - low[left + i])
            row[i] = np.float64(rate) * seconds


@loop
def _keep_off_walls(rain, ground):
    for i in range(rain.size):
        rain[i] = rain[i] if ground[i] < like(ground[i], WALL) else 0.0


@loop
def _pour(water, depth, owed, rain, spread):
    """Water as a depth over whole cells, of which buildings may fill a part, with the rain."""
    for i in range(water.size):
        stands = np.float64(depth[i]) + np.float64(owed[i])
        water[i] = (stands if spread is None else stands / np.float64(spread[i])) + rain[i]


@loop
def _settle(depth, owed, water, spread):
    """Give the water back to the state: as depth, and what rounding owes it."""
    for i in range(water.size):
        stands = water[i] if spread is None else water[i] * np.float64(spread[i])
        depth[i] = max(stands, 0.0)
        owed[i] = stands - np.float64(depth[i])


@loop
def _sum(values, folded, begin, end):
    """Sum over the tile's own columns of some rows: rows first, so that it vectorises."""
    width = folded.size
    folded[:] = 0.0
    for j in range(values.size // width):
        row = values[j * width : (j + 1) * width]
        for i in range(width):
            folded[i] += row[i]
    total = 0.0
    for i in range(begin, end):
        total += folded[i]
    return total


@loop
def apply_sources(
    depth, owed, ground, spread, own, window, rain, soil, drain, seconds, exact, scratch, sums
):
    """Let rain fall on a tile, the ground soak and the drains take.

    Parameters
    ----------
    depth, owed : flat arrays
        Water in the window [m] and what rounding owes it [m]; both updated.
    ground : flat array
        Ground [m]; no rain falls on walls.
    spread : flat array, or None
        One over the share of a cell that holds water.
    own : (top, bottom, left, right)
        The cells that are treated; their ends in the halo are too, but nobody keeps or counts
        them.
    window : (top, left, rows, width)
        Place of the window and its shape.
    rain : Rain
        What falls.
    soil : Soil, or None
        What the ground takes.
    drain : (rows, columns) array, or None
        Capacity of the drains [m s-1].
    seconds : float
        Length of the interval [s].
    exact : (4, n) float64 array
        Scratch, of at least `BLOCK` rows of the window.
    scratch : (4, n) array
        Scratch of the type of the water.
    sums : (3,) float64 array
        `FALLEN`, `SOAKED` and `DRAINED` of the tile; added to [m].
    """
    width = window[3]
    begin, end = own[2] - window[1], own[3] - window[1]
    folded = exact[FOLDED][:width]
    for first in range(own[0], own[1], BLOCK):
        last = min(first + BLOCK, own[1])
        count = (last - first) * width
        at = (first - window[0]) * width
        part, part_owed = depth[at : at + count], owed[at : at + count]
        water, fallen, taken = exact[WATER][:count], exact[RAIN][:count], exact[TAKEN][:count]
        if rain.falls:
            before, share = rain.before[first:last], rain.share[first:last]
            _rain_rows(fallen, rain.rates, before, share, window[1], width, seconds)
            _keep_off_walls(fallen, ground[at : at + count])
            sums[FALLEN] += _sum(fallen, folded, begin, end)
        else:
            fallen[:] = 0.0
        wide = None if spread is None else spread[at : at + count]
        _pour(water, part, part_owed, fallen, wide)
        place = (first, window[1], last - first, width)
        block = (first, last, own[2], own[3])
        if soil is not None:
            _soak(water, fallen, taken, soil, block, place, seconds, scratch)
            sums[SOAKED] += _sum(taken, folded, begin, end)
        if drain is not None:
            rate = scratch[0][:count]
            load_plain(rate, place, drain, 0)
            _soak_constant(water, taken, rate, seconds)
            sums[DRAINED] += _sum(taken, folded, begin, end)
        _settle(part, part_owed, water, wide)


@loop
def _soak(water, rain, taken, soil, block, place, seconds, scratch):
    """Let the ground soak on some rows, after its model."""
    first = scratch[0][: water.size]
    load_plain(first, place, soil.first, 0)
    if soil.model == infiltration.CONSTANT:
        _soak_constant(water, taken, first, seconds)
        return
    second, third = scratch[1][: water.size], scratch[2][: water.size]
    memory = scratch[3][: water.size]
    load_plain(second, place, soil.second, 0)
    load_plain(third, place, soil.third, 0)
    load_plain(memory, place, soil.memory, 0)
    if soil.model == infiltration.HORTON:
        _soak_horton(water, rain, taken, memory, first, second, third, seconds)
    elif soil.model == infiltration.GREEN_AMPT:
        _soak_green_ampt(water, rain, taken, memory, first, second, third, seconds)
    else:
        _soak_curve_number(water, rain, taken, memory, first, second, third, seconds)
    store(soil.memory, memory, block, place)

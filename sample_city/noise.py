"""Seeded noise that has the same value at a point whatever is computed around it."""

import math
import zlib

import numba
import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _splitmix(state):
    state = state + _GOLDEN
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))


def unit(seed, channel, *indices):
    """Evenly spread numbers in [0, 1), one for each combination of whole numbers.

    Parameters
    ----------
    seed : int
        Seed of the city.
    channel : str
        What the numbers are for; every channel is independent of the others.
    *indices : array_like of int
        Broadcast against each other.

    Notes
    -----
    The mixing function is SplitMix64 (Steele, Lea and Flood, 2014, OOPSLA, fig. 14).
    """
    start = np.uint64((int(seed) * 0x1_0000_0000 + zlib.crc32(channel.encode())) % 2**64)
    with np.errstate(over="ignore"):
        state = _splitmix(np.asarray(start, dtype=np.uint64))
        for index in indices:
            state = _splitmix(state ^ np.asarray(index).astype(np.int64).astype(np.uint64))
    return (state >> np.uint64(11)) * (1.0 / 2**53)


def choice(seed, channel, count, *indices):
    """Whole numbers in [0, count), one for each combination of whole numbers."""
    return (unit(seed, channel, *indices) * count).astype(np.int64)


def value_noise(seed, channel, wavelength, x, y):
    """Smooth noise in [-1, 1] over the plane.

    Parameters
    ----------
    seed, channel
        As in `unit`.
    wavelength : float
        Distance between the nodes of the lattice [m].
    x, y : ndarray
        Coordinates that broadcast against each other, (1, nx) and (ny, 1) for a window [m].
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if not x.size or not y.size:
        return np.zeros(np.broadcast_shapes(x.shape, y.shape))
    first_row, first_column = (int(np.floor(c.min() / wavelength)) for c in (y, x))
    rows = np.arange(first_row, int(np.floor(y.max() / wavelength)) + 2)
    columns = np.arange(first_column, int(np.floor(x.max() / wavelength)) + 2)
    lattice = 2.0 * unit(seed, channel, rows[:, None], columns[None, :]) - 1.0
    if x.ndim == y.ndim == 2 and x.shape[0] == y.shape[1] == 1:
        # A window: going down all columns of the lattice first is the same arithmetic, faster.
        row, fraction_y = _lattice_position(y, wavelength)
        column, fraction_x = _lattice_position(x, wavelength)
        row, column = row[:, 0] - first_row, column[0] - first_column
        down = _between(lattice[row], lattice[row + 1], fraction_y)
        return _between(down[:, column], down[:, column + 1], fraction_x)
    x, y = np.broadcast_arrays(x, y)
    noise = np.empty(x.size)
    _noise_at(lattice, first_row, first_column, wavelength, x.ravel(), y.ravel(), noise)
    return noise.reshape(x.shape)


def fractal_noise(seed, channel, wavelength, x, y, octaves=4, gain=0.5, ridged=0):
    """Sum of ever finer noise, in [-1, 1].

    Parameters
    ----------
    seed, channel, wavelength, x, y
        As in `value_noise`; the wavelength is that of the first octave.
    octaves : int
        How many layers of noise.
    gain : float
        Amplitude of a layer as share of the one before.
    ridged : int
        So many of the first octaves have sharp crests instead of round ones.

    Notes
    -----
    Each octave is turned against the one before, so that no lattice shows.
    """
    total, amplitude, norm = 0.0, 1.0, 0.0
    for octave in range(octaves):
        layer = value_noise(seed, f"{channel}/{octave}", wavelength / 1.93**octave, x, y)
        if octave < ridged:
            layer = 2.0 * (1.0 - np.abs(layer)) ** 2 - 1.0
        total = total + amplitude * layer
        norm += amplitude
        amplitude *= gain
        x, y = 0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y
    return total / norm


def smoothstep(low, high, value):
    """Zero below `low`, one above `high`, smooth between."""
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return share * share * (3.0 - 2.0 * share)


def _lattice_position(coordinate, wavelength):
    scaled = coordinate / wavelength
    node = np.floor(scaled)
    return node.astype(np.int64), _fade(scaled - node)


def _fade(share):
    return share * share * share * (share * (share * 6.0 - 15.0) + 10.0)


def _between(start, end, share):
    return start + (end - start) * share


_fade_at, _between_at = numba.njit(_fade), numba.njit(_between)


@numba.njit(cache=True)
def _noise_at(lattice, first_row, first_column, wavelength, x, y, noise):
    """Noise at points: the arithmetic of a window, one point at a time."""
    for n in range(x.size):
        scaled_x, scaled_y = x[n] / wavelength, y[n] / wavelength
        node_x, node_y = math.floor(scaled_x), math.floor(scaled_y)
        i, j = int(node_y) - first_row, int(node_x) - first_column
        down = _fade_at(scaled_y - node_y)
        left = _between_at(lattice[i, j], lattice[i + 1, j], down)
        right = _between_at(lattice[i, j + 1], lattice[i + 1, j + 1], down)
        noise[n] = _between_at(left, right, _fade_at(scaled_x - node_x))

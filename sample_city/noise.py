"""Seeded noise that has the same value at a point whatever is computed around it."""

import zlib

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
    column, fraction_x = _lattice_position(x, wavelength)
    row, fraction_y = _lattice_position(y, wavelength)
    if not row.size or not column.size:
        return np.zeros(np.broadcast_shapes(row.shape, column.shape))
    first_row, first_column = int(row.min()), int(column.min())
    rows = np.arange(first_row, int(row.max()) + 2)
    columns = np.arange(first_column, int(column.max()) + 2)
    lattice = 2.0 * unit(seed, channel, rows[:, None], columns[None, :]) - 1.0
    row, column = row - first_row, column - first_column
    if row.ndim == 2 and row.shape[1] == 1 and column.ndim == 2 and column.shape[0] == 1:
        # A window: going down all columns of the lattice first is the same arithmetic, faster.
        down = _between(lattice[row[:, 0]], lattice[row[:, 0] + 1], fraction_y)
        return _between(down[:, column[0]], down[:, column[0] + 1], fraction_x)
    left = _between(lattice[row, column], lattice[row + 1, column], fraction_y)
    right = _between(lattice[row, column + 1], lattice[row + 1, column + 1], fraction_y)
    return _between(left, right, fraction_x)


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
    scaled = np.asarray(coordinate, dtype=np.float64) / wavelength
    node = np.floor(scaled)
    fraction = scaled - node
    smooth = fraction * fraction * fraction * (fraction * (fraction * 6.0 - 15.0) + 10.0)
    return node.astype(np.int64), smooth


def _between(start, end, share):
    return start + (end - start) * share

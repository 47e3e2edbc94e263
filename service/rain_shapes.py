"""Rain that is the same over the whole city: hyetographs and design storms on the grid."""

import numpy as np
import xarray as xr

from twin.fields import describe
from twin.grid import Grid

BLOCK_SECONDS = 600.0
DEPTH_EXPONENT = 0.4


def uniform_rain(start, seconds, rates, grid):
    """Rain that is the same everywhere, on the coarsest grid that covers the city.

    Parameters
    ----------
    start : numpy.datetime64
        Time of second zero, UTC.
    seconds, rates : ndarray (time,)
        Start of each interval [s] and its rate [m s-1].
    grid : twin.grid.Grid
        Cells of the city.

    Returns
    -------
    xarray.Dataset
        `rainfall_rate` over (time, y, x).
    """
    size = max(grid.nx, grid.ny) * grid.cell_size / 2
    coarse = Grid(grid.x0, grid.y0, size, 2, 2, grid.crs)
    field = np.asarray(rates, "f4")[:, None, None] * np.ones((1, 2, 2), "f4")
    times = start + np.round(np.asarray(seconds) * 1e9).astype("m8[ns]")
    dataset = xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), field)},
        coords={"time": times, **coarse.coords()},
        attrs={"crs": grid.crs},
    )
    return describe(dataset)


def as_intervals(seconds, rates):
    """Rows of a hyetograph as intervals that begin at a time, closed by a rate of zero.

    Parameters
    ----------
    seconds, rates : ndarray (row,)
        At least two rows as they stand in the file.

    Returns
    -------
    seconds, rates : ndarray
        Start of each interval and its rate; the last row is the end, with rate 0.

    Notes
    -----
    Files come in two kinds. Where the first rate is zero or repeats in the second row, the first
    row marks the beginning and a rate belongs to the time that *ends* with its row, as a gauge
    reports it. Else a rate belongs to the time that *begins* with its row.

    Examples
    --------
    >>> as_intervals(np.array([0.0, 3600, 7200]), np.array([70.0, 70, 0]))
    (array([   0., 3600., 7200.]), array([70.,  0.,  0.]))
    >>> as_intervals(np.array([0.0, 600, 1200]), np.array([20.0, 60, 0]))
    (array([   0.,  600., 1200.]), array([20., 60.,  0.]))
    """
    if rates[0] in (0, rates[1]):
        return seconds, np.append(rates[1:], 0.0)
    if rates[-1] == 0:
        return seconds, rates
    end = 2 * seconds[-1] - seconds[-2]
    return np.append(seconds, end), np.append(rates, 0.0)


def design_storm(depth, seconds):
    """Design storm in blocks of about 10 minutes, the heaviest in the middle.

    Parameters
    ----------
    depth : float
        Rain of the whole storm [m].
    seconds : float
        Length of the storm [s].

    Returns
    -------
    seconds, rates : ndarray
        Start of each block [s] and its rate [m s-1]; the last row is the end, with rate 0.

    Notes
    -----
    Alternating block method (Chow, Maidment and Mays 1988, Applied Hydrology, section 14.4) on
    the depth-duration curve ``P(t) = P (t / T)**0.4``.

    Examples
    --------
    >>> starts, rates = design_storm(0.1, 3600)
    >>> len(starts), int(rates.argmax()), float(round((rates[:-1] * 600).sum(), 9))
    (7, 3, 0.1)
    """
    count = max(1, round(seconds / BLOCK_SECONDS))
    starts = np.linspace(0.0, seconds, count + 1)
    blocks = np.diff(depth * (np.arange(count + 1) / count) ** DEPTH_EXPONENT)
    outwards = sorted(range(count), key=lambda block: abs(block - count // 2 + 0.25))
    rates = np.zeros(count + 1)
    rates[outwards] = blocks / (seconds / count)
    return starts, rates

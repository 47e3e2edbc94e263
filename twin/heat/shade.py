"""Shade and sky over a grid of heights: who stands in the sun, and how much sky each cell sees."""

import math

import numpy as np

from twin.errors import InputError

LOWEST_SUN = 3.0
"""Elevation below which the sun is taken for set [degrees]: its shadows are endless there."""

REACH = 300.0
"""How far away what hides the sky is sought [m]."""

DIRECTIONS = 16
"""Directions in which the horizon is sought."""

MOST_CELLS = 4_000_000
"""Cells over which a day of shade is still a matter of a minute."""


def is_shaded(surface, cell_size, azimuth, elevation):
    """Which cells lie in the shade of something else.

    Parameters
    ----------
    surface : numpy.ndarray
        Height of the ground, or of the roof on it, shape (y, x) [m]; NaN is outside, and low.
    cell_size : float
        [m].
    azimuth, elevation : float
        Of the sun, clockwise from north; above the horizon [degrees].

    Returns
    -------
    numpy.ndarray of bool
        Shape (y, x); all True while the sun is below `LOWEST_SUN`.

    Notes
    -----
    Ray marching: from each cell, one cell at a time towards the sun; what stands higher than the
    ray hides it. Nearest cells, so that the edge of a shadow is exact to one cell.
    """
    heights = _filled(surface)
    if elevation < LOWEST_SUN:
        return np.ones(heights.shape, bool)
    rise = math.tan(math.radians(elevation))
    reach = float(np.ptp(heights)) / rise
    shaded = np.zeros(heights.shape, bool)
    for rows, columns, distance in _steps(azimuth, reach, cell_size, heights.shape):
        here, there = _windows(heights.shape, rows, columns)
        shaded[here] |= heights[there] > heights[here] + np.float32(distance * rise + 0.01)
    return shaded


def shadow_hours(surface, cell_size, azimuths, elevations, step_hours):
    """Hours of the day in which each cell lies in the shade while the sun is up.

    Parameters
    ----------
    surface : numpy.ndarray
        As for `is_shaded`.
    cell_size : float
        [m].
    azimuths, elevations : numpy.ndarray
        Of the sun through the day, from `twin.heat.sun.sun_over_day` [degrees].
    step_hours : float
        What each position stands for [h].

    Returns
    -------
    numpy.ndarray of float32
        Shape (y, x) [h]; NaN outside.

    Raises
    ------
    InputError
        There are more than `MOST_CELLS` cells.
    """
    _require_size(surface)
    hours = np.zeros(surface.shape, np.float32)
    for azimuth, elevation in zip(azimuths, elevations, strict=True):
        if elevation >= LOWEST_SUN:
            hours += np.float32(step_hours) * is_shaded(surface, cell_size, azimuth, elevation)
    hours[~np.isfinite(surface)] = np.nan
    return hours


def sky_view(surface, cell_size, directions=DIRECTIONS, reach=REACH):
    """Sky view factor: the share of the sky that a level cell sees, weighed by its cosine.

    Parameters
    ----------
    surface : numpy.ndarray
        As for `is_shaded`.
    cell_size : float
        [m].
    directions : int
        In which the horizon is sought.
    reach : float
        How far [m].

    Returns
    -------
    numpy.ndarray of float32
        Shape (y, x), 0 to 1; NaN outside.

    Raises
    ------
    InputError
        There are more than `MOST_CELLS` cells.

    Notes
    -----
    The mean over all directions of cos^2 of the elevation of the horizon: the integral of Dozier
    and Frew (1990), IEEE Trans. Geosci. Remote Sens. 28(5), 963-969, for a level surface (written
    from memory, held against closed forms instead). In an endless canyon of height H and width W
    it gives cos(atan(2 H / W)) at the middle of the floor, and 1 on a plain.
    """
    _require_size(surface)
    heights = _filled(surface)
    reach = min(reach, 20.0 * float(np.ptp(heights)) + cell_size)
    total = np.zeros(heights.shape, np.float32)
    for number in range(directions):
        steepest = np.zeros(heights.shape, np.float32)
        azimuth = 360.0 * (number + 0.5) / directions
        for rows, columns, distance in _steps(azimuth, reach, cell_size, heights.shape):
            here, there = _windows(heights.shape, rows, columns)
            slope = (heights[there] - heights[here]) / np.float32(distance)
            np.maximum(steepest[here], slope, out=steepest[here])
        total += 1.0 / (1.0 + steepest**2)
    total /= directions
    total[~np.isfinite(surface)] = np.nan
    return total


def _filled(surface):
    """Heights as float32, as low as the lowest where there are none."""
    heights = np.asarray(surface, np.float32)
    known = np.isfinite(heights)
    if not known.any():
        raise InputError("the heights are void everywhere, expected ground; check the terrain")
    return np.where(known, heights, heights[known].min())


def _steps(azimuth, reach, cell_size, shape):
    """Rows and columns from a cell to those on a ray, each once, and their distance [m]."""
    north, east = math.cos(math.radians(azimuth)), math.sin(math.radians(azimuth))
    longest = max(abs(north), abs(east))
    count = min(int(reach * longest / cell_size) + 1, max(shape))
    for number in range(1, count + 1):
        along = number / longest
        rows, columns = -round(along * north), round(along * east)
        if abs(rows) >= shape[0] or abs(columns) >= shape[1]:
            return
        yield rows, columns, cell_size * math.hypot(rows, columns)


def _windows(shape, rows, columns):
    """Slices of the cells that have a cell so many rows and columns away, and of those."""
    here, there = [], []
    for size, step in zip(shape, (rows, columns), strict=True):
        here.append(slice(max(0, -step), size - max(0, step)))
        there.append(slice(max(0, step), size - max(0, -step)))
    return tuple(here), tuple(there)


def _require_size(surface):
    if surface.size > MOST_CELLS:
        raise InputError(
            f"shade was asked for over {surface.size} cells, expected at most {MOST_CELLS}; take a "
            "window of the city or larger cells"
        )

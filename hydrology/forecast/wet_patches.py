"""Where water gathers: connected wet patches, split at their deepest points."""

from dataclasses import dataclass

import numpy as np

_TOUCHING = np.ones((3, 3), int)


@dataclass(frozen=True)
class Patches:
    """Wet patches of a depth field.

    Attributes
    ----------
    label : numpy.ndarray of int
        Number of the patch from 1 on each of its cells, 0 elsewhere, shape (y, x).
    rows, columns : numpy.ndarray of int
        Deepest cell of each patch, shape (patch,).
    """

    label: np.ndarray
    rows: np.ndarray
    columns: np.ndarray


def find_patches(depth, is_wet, *, cell_size, separation, smallest_area):
    """Split the wet cells into patches that each have one deepest point.

    Parameters
    ----------
    depth : (y, x) array
        Depth that peaks are sought in [m]; NaN counts as dry.
    is_wet : (y, x) array of bool
        Cells that may belong to a patch.
    cell_size : float
        [m].
    separation : float
        Peaks nearer to each other than this are one [m].
    smallest_area : float
        Connected wet areas below it are dropped [m2].

    Returns
    -------
    Patches

    Notes
    -----
    Cells that touch, corners included, are connected. Every cell goes to the nearest peak of its
    own connected area, so that one flood over half a city is still many places to go to; a small
    area whose peak lies too near to a deeper one is counted to that one.
    """
    from scipy import ndimage

    area, count = ndimage.label(is_wet, structure=_TOUCHING)
    sizes = np.bincount(area.ravel(), minlength=count + 1)
    is_large = sizes * cell_size**2 >= smallest_area
    is_large[0] = False
    area = np.where(is_large[area], area, 0)
    depth = np.where(area > 0, np.nan_to_num(depth), -1.0)
    rows, columns = _peaks(depth, area, 2 * int(separation / cell_size) + 1)
    rows, columns = _thin(rows, columns, depth, separation / cell_size)
    return Patches(_share_out(area, rows, columns), rows, columns)


def _peaks(depth, area, window):
    """Middle cell of each plateau that is highest in its window or in its connected area."""
    from scipy import ndimage

    highest = np.full(area.max() + 1, -1.0)
    np.maximum.at(highest, area.ravel(), depth.ravel())
    is_highest = (depth == ndimage.maximum_filter(depth, window)) | (depth == highest[area])
    is_peak = (area > 0) & is_highest
    plateau, count = ndimage.label(is_peak, structure=_TOUCHING)
    if not count:
        return np.empty(0, int), np.empty(0, int)
    row, column = np.nonzero(plateau)
    number = plateau[row, column] - 1
    cells = np.bincount(number)
    off = np.hypot(
        row - (np.bincount(number, row) / cells)[number],
        column - (np.bincount(number, column) / cells)[number],
    )
    order = np.lexsort((off, number))  # nearest to the middle of its plateau first
    first = order[np.flatnonzero(np.diff(number[order], prepend=-1))]
    return row[first], column[first]


def _thin(rows, columns, depth, apart):
    """Keep the deeper of two peaks that are nearer than `apart` cells."""
    from scipy.spatial import cKDTree

    if rows.size < 2:
        return rows, columns
    order = np.argsort(-depth[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    keep = np.ones(rows.size, bool)
    pairs = cKDTree(np.column_stack((rows, columns))).query_pairs(apart, output_type="ndarray")
    for deeper, other in pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]:
        if keep[deeper]:
            keep[other] = False
    return rows[keep], columns[keep]


def _share_out(area, rows, columns):
    """Number of the nearest peak for each wet cell, one of its own area where there is one."""
    from scipy.spatial import cKDTree

    label = np.zeros(area.shape, np.int32)
    row, column = np.nonzero(area)
    if not row.size:
        return label
    peaks = np.column_stack((rows, columns))
    _, nearest = cKDTree(peaks).query(np.column_stack((row, column)))
    of, peak_of = area[row, column], area[rows, columns]
    astray = np.flatnonzero((peak_of[nearest] != of) & np.isin(of, peak_of))
    for number in np.unique(of[astray]):
        cells, own = astray[of[astray] == number], np.flatnonzero(peak_of == number)
        tree = cKDTree(peaks[own])
        nearest[cells] = own[tree.query(np.column_stack((row[cells], column[cells])))[1]]
    label[row, column] = nearest + 1
    return label

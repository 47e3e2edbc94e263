"""Points that lie so near that they are one."""

import numpy as np

_MOST_LINKS = 5_000_000  # pairs of near points; a city of 500 houses has some hundred thousand


def merge_points(points, group, tolerance):
    """Number points so that those of one group that lie near each other share a number.

    Parameters
    ----------
    points : (point, 3) array
        Coordinates, finite [m].
    group : (point,) array of int
        Only points of one group are merged.
    tolerance : float
        Points up to this far apart are one, and so are chains of such points [m].

    Returns
    -------
    numpy.ndarray of int64
        Number of each point from 0 without gaps, shape (point,).

    Notes
    -----
    Where thousands of points lie in one millimetre, one for each cell of half the tolerance stands
    for the others: links would be the square of the points.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    count = len(points)
    if count == 0:
        return np.zeros(0, np.int64)
    apart = np.column_stack([points - points.min(axis=0), np.asarray(group, float)])
    apart[:, 3] *= 4 * tolerance  # farther from group to group than any two that merge
    same, first = _identical(apart)
    tree = cKDTree(apart[first])
    if tree.count_neighbors(tree, tolerance) > _MOST_LINKS:
        same, first = _identical(np.floor(apart / (tolerance / 2)))
        tree = cKDTree(apart[first])
    near = tree.query_pairs(tolerance, output_type="ndarray")
    links = coo_array((np.ones(len(near), bool), (near[:, 0], near[:, 1])), (len(first),) * 2)
    return connected_components(links, directed=False)[1].astype(np.int64)[same]


def _identical(rows):
    """Which distinct row each row is, and where each distinct row stands first."""
    order = np.lexsort(rows.T)
    changed = (rows[order[1:]] != rows[order[:-1]]).any(axis=1)
    number = np.concatenate([[0], np.cumsum(changed)])
    same = np.empty(len(rows), np.int64)
    same[order] = number
    return same, order[np.concatenate([[True], changed])]

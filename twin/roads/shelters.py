"""Where people can go: shelters that are dry and reachable, and who fits into which."""

from dataclasses import dataclass

import numpy as np

FLOODED = 0.1
"""Depth from which a shelter takes nobody in [m]."""

IN_DANGER = 0.3
"""Depth of the run at a building from which its people should leave [m]."""

WINDOWS = (600.0, 1200.0, 1800.0, 3600.0)
"""A way to a shelter must stay open for one of these, and be done within it [s]."""

_UNASSIGNED_COST = 1e6
_MOST_PAIRS = 400_000


@dataclass(frozen=True)
class Assignment:
    """Who goes where.

    Attributes
    ----------
    people : numpy.ndarray of int
        People of each group in each shelter, shape (group, shelter).
    left : numpy.ndarray of int
        People of each group without a place, shape (group,).
    unreachable : numpy.ndarray of bool
        Groups that no open shelter can be reached from, shape (group,).
    """

    people: np.ndarray
    left: np.ndarray
    unreachable: np.ndarray


def assign(people, seconds, capacity):
    """Assign groups of people to shelters so that the sum of their ways is smallest.

    Parameters
    ----------
    people : (group,) array of int
        In each group.
    seconds : (group, shelter) array
        Way from each group to each shelter [s]; infinite: not reachable, or not to be used.
    capacity : (shelter,) array of int
        Places in each.

    Returns
    -------
    Assignment
        All places are filled before anybody is left over, and nobody goes where the way is
        infinite.

    Notes
    -----
    The transport problem min sum t_ij x_ij with sum_j x_ij + u_i = P_i, sum_i x_ij <= C_j: a
    linear programme whose matrix is totally unimodular, so that its basic solutions are whole
    people (Dantzig 1951). Who stays over costs more than any way. Where there would be more than
    400,000 pairs, each group only sees its nearest shelters.
    """
    people, capacity = np.asarray(people, int), np.asarray(capacity, int)
    seconds = np.asarray(seconds, float).reshape(len(people), len(capacity))
    group, shelter = np.nonzero(
        np.isfinite(_pruned(seconds)) & (capacity > 0) & (people > 0)[:, None]
    )
    found = np.zeros(seconds.shape, int)
    if group.size:
        ways = seconds[group, shelter]
        found[group, shelter] = _solve(people, ways, capacity, group, shelter)
    reachable = np.isfinite(seconds[:, capacity > 0]).any(axis=1)
    return Assignment(found, people - found.sum(axis=1), ~reachable)


def _solve(people, ways, capacity, group, shelter):
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, eye_array, hstack

    from twin.errors import UnstableError

    count, pairs = len(people), np.arange(group.size)
    ones = np.ones(group.size)
    leaves = coo_array((ones, (group, pairs)), shape=(count, group.size))
    fills = coo_array((ones, (shelter, pairs)), shape=(len(capacity), group.size))
    cost = np.concatenate([ways, np.full(count, _UNASSIGNED_COST + ways.max())])
    result = linprog(
        cost,
        A_ub=hstack([fills, coo_array((len(capacity), count))]).tocsr(),
        b_ub=capacity,
        A_eq=hstack([leaves, eye_array(count)]).tocsr(),
        b_eq=people,
        method="highs-ds",  # the simplex ends in a corner, and corners are whole people
    )
    if result.status != 0:
        raise UnstableError(
            f"the assignment of shelters ended with {str(result.message)[:80]}, expected a "
            "solution; report this city"
        )
    return np.rint(result.x[: group.size]).astype(int)


def _pruned(seconds):
    """Ways with only the nearest shelters of each group where there are too many pairs."""
    groups, shelters = seconds.shape
    most = max(1, _MOST_PAIRS // max(groups, 1))
    if shelters <= most:
        return seconds
    order = np.argsort(seconds, axis=1)[:, most:]
    kept = seconds.copy()
    np.put_along_axis(kept, order, np.inf, axis=1)
    return kept


def ways_to(network, speeds, accesses):
    """Time from each junction to places, over pieces that stay passable.

    Parameters
    ----------
    network : twin.roads.network.RoadNetwork
    speeds : (piece,) array
        Slowest speed on each piece while people are on their way [m s-1]; 0: not to be used.
    accesses : list of tuple or None
        For each place its piece, distance and way along it, as `RouteFinder.access` gives them.

    Returns
    -------
    numpy.ndarray
        Shape (place, junction) [s]; infinite where there is no way.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    count = len(network.junctions)
    times = np.full((len(accesses), count), np.inf)
    use = np.flatnonzero(speeds > 0)
    seconds = np.maximum(network.length[use] / speeds[use], 1e-3)
    # of parallel pieces the fastest counts; coo would add them up
    order = np.lexsort((seconds, network.end[use], network.start[use]))
    pairs = np.stack([network.start[use], network.end[use]])[:, order]
    first = np.ones(order.size, bool)
    first[1:] = (np.diff(pairs, axis=1) != 0).any(axis=0)
    graph = coo_array((seconds[order][first], pairs[:, first]), shape=(count, count)).tocsr()
    for place, access in enumerate(accesses):
        if access is None or not speeds[access[0]] > 0:
            continue
        piece, _, along = access
        ends = [int(network.start[piece]), int(network.end[piece])]
        rests = np.array([along, network.length[piece] - along]) / speeds[piece]
        found = dijkstra(graph, directed=False, indices=ends) + rests[:, None]
        times[place] = found.min(axis=0)
    return times

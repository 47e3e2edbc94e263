"""How surfaces of shells hang together: edges, the two sides of each, pieces, umbrellas."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Edges:
    """Edges of many shells; a half edge is the way from one corner to the next.

    Parameters
    ----------
    corners : numpy.ndarray of int64
        Where in `Rings.corners` each half edge starts, sorted by edge, shape (half,).
    edge : numpy.ndarray of int64
        Edge of each half edge, shape (half,).
    forward : numpy.ndarray of bool
        Whether the half edge runs from the lower to the higher node, shape (half,).
    nodes : numpy.ndarray of int64
        Lower and higher node of each edge, shape (edge, 2).
    shell : numpy.ndarray of int64
        Shell of each edge, shape (edge,).
    uses : numpy.ndarray of int64
        Half edges of each edge, shape (edge,); 2 in a closed shell.
    balance : numpy.ndarray of int64
        Half edges that run forward less those that run back, shape (edge,); 0 where the surfaces
        on both sides look the same way.
    """

    corners: np.ndarray
    edge: np.ndarray
    forward: np.ndarray
    nodes: np.ndarray
    shell: np.ndarray
    uses: np.ndarray
    balance: np.ndarray


def edges_of(shape, wanted):
    """Edges of the surfaces of some shells.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    wanted : numpy.ndarray of bool
        For which surfaces, shape (surface,).

    Returns
    -------
    Edges
    """
    corners = np.flatnonzero(wanted[shape.rings.surface_of_corner])
    ends = shape.surface_edges[corners]
    shell = shape.rings.shell_of_surface[shape.rings.surface_of_corner[corners]]
    forward = ends[:, 0] < ends[:, 1]
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.lexsort((high, low, shell))
    rows = np.stack([shell[order], low[order], high[order]])
    edge = np.cumsum((np.diff(rows, axis=1, prepend=-1) != 0).any(axis=0)) - 1
    first = np.flatnonzero(np.diff(edge, prepend=-1))
    return Edges(
        corners=corners[order],
        edge=edge,
        forward=forward[order],
        nodes=rows[1:, first].T,
        shell=rows[0, first],
        uses=np.bincount(edge, minlength=len(first)),
        balance=np.bincount(edge, np.where(forward[order], 1, -1), len(first)).astype(np.int64),
    )


def pairs_of(edges):
    """The two half edges of each edge that has two, shape (pair, 2): rows of `Edges.corners`."""
    twice = edges.uses[edges.edge] == 2
    return np.flatnonzero(twice).reshape(-1, 2)


def umbrellas(shape, edges):
    """Fans of surfaces around nodes, counted at each node of each shell.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    edges : Edges
        Of the shells to look at.

    Returns
    -------
    numpy.ndarray of int64
        Shells with a node whose surfaces form more than one fan, once each.
    """
    rings = shape.rings
    one, other = edges.corners[pairs_of(edges)].T
    opposite = shape.nodes[one] != shape.nodes[other]
    ahead, behind = rings.following[one], rings.following[other]
    start = np.where(opposite, behind, other)
    end = np.where(opposite, other, behind)
    fan = components(len(rings.corners), np.concatenate([one, ahead]), np.concatenate([start, end]))
    here = edges.corners
    shell = rings.shell_of_surface[rings.surface_of_corner[here]]
    rows = np.unique(np.stack([shell, shape.nodes[here], fan[here]], axis=1), axis=0)
    same = (rows[1:, :2] == rows[:-1, :2]).all(axis=1)
    return np.unique(rows[1:][same, 0])


def pieces(shape, wanted):
    """Which piece of its shell each surface is in; surfaces of a piece hang together by nodes.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    wanted : numpy.ndarray of bool
        For which surfaces, shape (surface,).

    Returns
    -------
    numpy.ndarray of int64
        Number of the piece, unique through all shells, shape (surface,); -1 for the others.
    """
    rings = shape.rings
    here = np.flatnonzero(wanted[rings.surface_of_corner])
    surface = rings.surface_of_corner[here]
    shells, nodes = rings.shell_of_surface[surface], shape.nodes[here]
    order = np.lexsort((nodes, shells))
    same = (np.diff(shells[order]) == 0) & (np.diff(nodes[order]) == 0)
    found = components(rings.surface_count, surface[order[1:][same]], surface[order[:-1][same]])
    return np.where(wanted, found, -1)


def components(count, one, other):
    """Number of the connected component of each of `count` things, given links between them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(one), bool), (one, other)), (count, count))
    return connected_components(links, directed=False)[1].astype(np.int64)

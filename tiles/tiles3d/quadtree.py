"""Which thing goes into which tile: a quadtree with the big things in its upper tiles."""

from dataclasses import dataclass, field

import numpy as np

_LEVELS = 16
_HERE_AT_MOST = 4  # equal places are dealt out, as no square parts them


@dataclass
class Node:
    """One tile of the tree.

    Parameters
    ----------
    name : str
        ``"r"`` for the root; one more digit a level: 0 south-west, 1 south-east, 2 north-west,
        3 north-east.
    rows : numpy.ndarray of int
        Things in this tile; each is in exactly one.
    missing : float
        Size of the largest thing in the tiles below [m]; 0 where there are none.
    children : list of Node
        Tiles below.
    """

    name: str
    rows: np.ndarray
    missing: float = 0.0
    children: list = field(default_factory=list)

    def count(self):
        """Tiles from here down."""
        return 1 + sum(child.count() for child in self.children)


def plan(centres, sizes, weights, budget):
    """Share things out among tiles.

    Parameters
    ----------
    centres : numpy.ndarray
        Where each thing is, shape (n, 2) [m].
    sizes : numpy.ndarray
        Extent of each, shape (n,) [m]; the largest go to the top.
    weights : numpy.ndarray
        Bytes of each, shape (n,).
    budget : float
        Bytes that a tile may hold; what is larger has a tile of its own.

    Returns
    -------
    Node

    Notes
    -----
    Things lie in the order of their Morton codes (Morton 1966), so that a tile is one range of
    them; each level reads each thing once.
    """
    codes = morton(centres)
    order = np.argsort(codes, kind="stable")
    return _split("r", order, codes, sizes, weights, budget)


def morton(points):
    """Place of points along the Z-curve through the square around them.

    Parameters
    ----------
    points : numpy.ndarray
        Shape (n, 2) [m].

    Returns
    -------
    numpy.ndarray of uint64
        16 bits of x between 16 bits of y, shape (n,).
    """
    low = points.min(axis=0)
    extent = max(float(np.ptp(points, axis=0).max()), 1e-9)
    steps = np.minimum((points - low) / extent * 2**_LEVELS, 2**_LEVELS - 1).astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        steps = (steps | (steps << np.uint64(shift))) & np.uint64(mask)
    return steps[:, 0] | (steps[:, 1] << np.uint64(1))


def _split(name, rows, codes, sizes, weights, budget):
    if weights[rows].sum() <= budget:
        return Node(name, rows)
    largest = np.argsort(-sizes[rows], kind="stable")
    fitting = np.searchsorted(np.cumsum(weights[rows][largest]), budget, side="right")
    here = np.zeros(len(rows), bool)
    here[largest[: max(fitting, 1)]] = True
    below = rows[~here]
    if not len(below):
        return Node(name, rows)
    node = Node(name, rows[here], float(sizes[below].max()))
    for digit, group in _quarters(below, codes, len(name) - 1):
        node.children.append(_split(f"{name}{digit}", group, codes, sizes, weights, budget))
    return node


def _quarters(rows, codes, level):
    """Things of each quarter of a square; rows come and go in the order of their codes."""
    if level >= _LEVELS:
        groups = np.array_split(rows, min(_HERE_AT_MOST, len(rows)))
        return list(enumerate(groups))
    quarter = (codes[rows] >> np.uint64(2 * (_LEVELS - 1 - level))) & np.uint64(3)
    ends = np.searchsorted(quarter, np.arange(5))
    return [(d, rows[ends[d] : ends[d + 1]]) for d in range(4) if ends[d + 1] > ends[d]]

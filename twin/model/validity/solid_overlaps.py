"""Solids that reach into each other."""

import numpy as np

from twin.model.validity.space import meeting_boxes, pierces, unit_normals, winding_numbers

MOST_PAIRS = 20_000
"""Pairs of bodies with a common place in their boxes; a city of 500 houses has some thousand."""
MOST_FACES = 1_000_000
"""Triangles of these bodies, counted in each pair."""

_FACES_AT_ONCE = 50_000  # triangles of pairs in memory
_AT_ONCE = 2_000_000  # pairs of points and triangles in memory


class Bodies:
    """Closed shells as bodies, for questions on two at a time.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    """

    def __init__(self, shape):
        cut, rings = shape.cut, shape.rings
        shell = rings.shell_of_surface[cut.surface]
        self.corners = cut.points[cut.triangles]
        count = len(rings.solid_of_shell)
        self.starts = np.searchsorted(shell, np.arange(count + 1))
        self.normals = unit_normals(*self.corners.transpose(1, 0, 2))
        self.low = np.full((count, 3), np.inf)
        self.high = np.full((count, 3), -np.inf)
        np.minimum.at(self.low, shell, self.corners.min(axis=1))
        np.maximum.at(self.high, shell, self.corners.max(axis=1))

    def triangles(self, shell):
        """Rows of the triangles of a shell, as slice."""
        return slice(self.starts[shell], self.starts[shell + 1])

    def are_apart(self, one, other, depth):
        """Whether a face of either body has the other in front of it, down to `depth` [m]."""
        parts = [self.corners[self.triangles(shell)].reshape(-1, 3) for shell in (one, other)]
        for here, mine, others in ((one, *parts), (other, *parts[::-1])):
            axes = np.unique(np.round(self.normals[self.triangles(here)], 6), axis=0)
            gap = (others @ axes.T).min(axis=0) - (mine @ axes.T).max(axis=0)
            if (gap >= -depth).any():
                return True
        return False

    def probes(self, shells, inset):
        """Points under the middles of faces and at corners, moved into the body.

        Parameters
        ----------
        shells : (n,) array of int
            Whose.
        inset : float
            How far they are moved in [m].

        Returns
        -------
        tuple of (numpy.ndarray, numpy.ndarray)
            Points, shape (probe, 3), and for each the row of `shells`.
        """
        case, rows = _spread(self.starts[shells], self.starts[shells + 1])
        inward = -inset * self.normals[rows]
        return self.corners[rows].mean(axis=1) + inward, case

    def winding(self, points, shells):
        """How often each point's shell winds around it, shape (n,)."""
        result = np.zeros(len(points))
        sizes = self.starts[shells + 1] - self.starts[shells]
        block = np.cumsum(sizes) // _AT_ONCE
        for number in np.unique(block):
            here = np.flatnonzero(block == number)
            which, rows = _spread(self.starts[shells[here]], self.starts[shells[here] + 1])
            corners = self.corners.transpose(1, 0, 2)
            result[here] = winding_numbers(points[here], *corners, which, rows)
        return result

    def cut_through(self, one, other, depth):
        """Whether an edge of a body goes through a face of the other, deeper than `depth` [m].

        Parameters
        ----------
        one, other : (n,) array of int
            Shells, one pair a row.
        depth : float
            Both ends of the edge are farther off, and the face reaches farther around it [m].

        Returns
        -------
        numpy.ndarray of bool
            Shape (n,).
        """
        case, edge_rows = _spread(self.starts[one], self.starts[one + 1])
        other_case, rows = _spread(self.starts[other], self.starts[other + 1])
        p = self.corners[edge_rows].reshape(-1, 3)
        q = np.roll(self.corners[edge_rows], -1, axis=1).reshape(-1, 3)
        faces = self.corners[rows]
        edge, face = meeting_boxes(
            np.minimum(p, q),
            np.maximum(p, q),
            np.repeat(case, 3),
            faces.min(axis=1),
            faces.max(axis=1),
            other_case,
        )
        a, b, c = (faces[face, k] for k in range(3))
        through = pierces(p[edge], q[edge], a, b, c, depth, -depth)
        return np.bincount(np.repeat(case, 3)[edge[through]], minlength=len(one)) > 0


def overlapping(bodies, one, other, depth):
    """Which pairs of bodies reach into each other deeper than `depth`.

    Parameters
    ----------
    bodies : Bodies
        All bodies.
    one, other : (n,) array of int
        Shells, one pair a row.
    depth : float
        What is no overlap yet [m].

    Returns
    -------
    numpy.ndarray of bool
        Shape (n,).

    Notes
    -----
    Found by a plane between them, edges that go through faces, and points under the middles of
    faces that lie in the other body. An overlap that shows in none of these is passed over, and
    so are pairs beyond `MOST_PAIRS`, or with more than `MOST_FACES` together.
    """
    shared = np.minimum(bodies.high[one], bodies.high[other])
    shared -= np.maximum(bodies.low[one], bodies.low[other])
    found = (shared > depth).all(axis=1)
    faces = np.diff(bodies.starts)
    faces = np.cumsum(np.where(found, faces[one] + faces[other], 0))
    found &= (faces <= MOST_FACES) & (np.cumsum(found) <= MOST_PAIRS)
    for row in np.flatnonzero(found):
        found[row] = not bodies.are_apart(one[row], other[row], depth)
    rows = np.flatnonzero(found)
    for some in np.split(rows, np.flatnonzero(np.diff(faces[rows] // _FACES_AT_ONCE)) + 1):
        found[some] = _reach_in(bodies, one[some], other[some], depth)
    return found


def _reach_in(bodies, one, other, depth):
    """Which pairs of bodies have an edge or a point of one inside the other, shape (n,)."""
    hit = np.zeros(len(one), bool)
    for here, there in ((one, other), (other, one)):
        hit |= bodies.cut_through(here, there, depth)
        points, case = bodies.probes(here, 2 * depth)
        body = there[case]
        near = (points > bodies.low[body]) & (points < bodies.high[body])
        near = near.all(axis=1) & ~hit[case]
        inside = bodies.winding(points[near], body[near]) > 0.5
        hit |= np.bincount(case[near][inside], minlength=len(one)) > 0
    return hit


def _spread(starts, ends):
    """All rows of many ranges: which range, and the row."""
    sizes = ends - starts
    case = np.repeat(np.arange(len(starts)), sizes)
    before = np.cumsum(sizes) - sizes
    return case, np.arange(sizes.sum()) - before[case] + starts[case]

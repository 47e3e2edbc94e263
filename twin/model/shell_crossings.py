"""Shells whose surfaces meet where they should not."""

import numpy as np

from twin.model.validity_space import meeting_boxes, pierces, segments_meet, touches

_MEET = 1e-4  # [m]: things nearer than this meet; files round to a millimetre


def crossing_shells(shape, edges, wanted):
    """Shells, closed and without other error, whose surfaces cross or touch.

    Parameters
    ----------
    shape : twin.model.validity_findings.Shape
        The surfaces.
    edges : twin.model.shell_topology.Edges
        Of at least the shells that are wanted.
    wanted : numpy.ndarray of bool
        For which shells, shape (shell,).

    Returns
    -------
    numpy.ndarray of int64
        Shells, once each.

    Notes
    -----
    Where two plane surfaces cross, an edge of one ends the crossing. So it is enough to look for
    edges that go through a surface, nodes that lie on a surface and edges that meet, each time
    only if the two have no node in common.
    """
    points = _node_points(shape)
    rows = np.flatnonzero(wanted[edges.shell])
    faces = np.flatnonzero(wanted[shape.rings.shell_of_surface[shape.cut.surface]])
    through = _edges_through_faces(shape, edges, points, rows, faces)
    crossed = _edges_at_edges(shape, edges, points, rows)
    return np.unique(np.concatenate([through, crossed]))


def _node_points(shape):
    """Where nodes lie, from the first point of their geometry, shape (node, 3) [m]."""
    rings = shape.rings
    geometry = rings.geometry_of_surface[rings.surface_of_corner]
    points = np.zeros((shape.nodes.max(initial=-1) + 1, 3))
    points[shape.nodes] = rings.points[rings.corners] - rings.points[rings.point_starts[geometry]]
    return points


def _edges_through_faces(shape, edges, points, rows, faces):
    """Shells with an edge that goes through a triangle, or that ends on one."""
    ends = points[edges.nodes[rows]]
    corners = points[shape.node_of_point[shape.cut.triangles[faces]]]
    surface = shape.cut.surface[faces]
    shell = shape.rings.shell_of_surface[surface]
    low, high = ends.min(axis=1) - _MEET, ends.max(axis=1) + _MEET
    edge, face = meeting_boxes(
        low, high, edges.shell[rows], corners.min(axis=1), corners.max(axis=1), shell
    )
    mine = [_has_node(shape, surface[face], edges.nodes[rows[edge], k]) for k in (0, 1)]
    p, q = ends[edge, 0], ends[edge, 1]
    a, b, c = (corners[face, k] for k in range(3))
    meets = np.zeros(len(edge), bool)
    free = np.flatnonzero(~mine[0] & ~mine[1])
    a_, b_, c_ = a[free], b[free], c[free]
    meets[free] = pierces(p[free], q[free], a_, b_, c_, _MEET, _MEET)
    for end, own in ((p, mine[0]), (q, mine[1])):
        free = np.flatnonzero(~own)
        meets[free] |= touches(end[free], a[free], b[free], c[free], _MEET)
    return edges.shell[rows[edge[meets]]]


def _has_node(shape, surfaces, nodes):
    """Whether each surface has that node at one of its corners."""
    scale = shape.nodes.max(initial=0) + 1
    known = np.unique(shape.rings.surface_of_corner * scale + shape.nodes)
    asked = surfaces * scale + nodes
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return known[at] == asked


def _edges_at_edges(shape, edges, points, rows):
    """Shells with two edges that meet though they have no node and no surface in common."""
    ends = points[edges.nodes[rows]]
    low, high, shell = ends.min(axis=1) - _MEET, ends.max(axis=1), edges.shell[rows]
    one, other = meeting_boxes(low, high, shell, low, high, shell)
    first, second = edges.nodes[rows[one]], edges.nodes[rows[other]]
    free = (one < other) & (first[:, :, None] != second[:, None, :]).all(axis=(1, 2))
    one, other = one[free], other[free]
    meets = segments_meet(*(ends[n, k] for n in (one, other) for k in (0, 1)), _MEET)
    one, other = rows[one[meets]], rows[other[meets]]
    sides = np.full((len(edges.nodes), 2), -1, np.int64)
    half = np.arange(len(edges.edge))
    first_half = np.flatnonzero(np.diff(edges.edge, prepend=-1))
    sides[edges.edge, np.minimum(half - first_half[edges.edge], 1)] = shape.rings.surface_of_corner[
        edges.corners
    ]
    common = (sides[one][:, :, None] == sides[other][:, None, :]).any(axis=(1, 2))
    return edges.shell[one[~common]]

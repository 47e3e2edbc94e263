"""Shells whose surfaces meet where they should not."""

import numpy as np

from twin.model.validity.space import (
    blocks,
    meeting_boxes,
    pierces,
    segments_meet,
    touches,
)

_MEET = 1e-4  # [m]: things nearer than this meet; files round to a millimetre


def crossing_shells(shape, edges, wanted):
    """Shells, closed and without other error, whose surfaces cross or touch.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    edges : twin.model.validity.shell_topology.Edges
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
    known = _known_nodes(shape)
    meets = np.zeros(len(edge), bool)
    for some in blocks(len(edge)):
        one, other = edge[some], face[some]
        mine = [_has_node(known, surface[other], edges.nodes[rows[one], k]) for k in (0, 1)]
        meets[some] = _meet(*ends[one].transpose(1, 0, 2), corners[other], *mine)
    return edges.shell[rows[edge[meets]]]


def _meet(p, q, triangles, has_p, has_q):
    """Whether edges p-q go through triangles, or end on them, where that end is no corner."""
    a, b, c = triangles.transpose(1, 0, 2)
    meets = np.zeros(len(p), bool)
    free = np.flatnonzero(~has_p & ~has_q)
    meets[free] = pierces(p[free], q[free], a[free], b[free], c[free], _MEET, _MEET)
    for end, own in ((p, has_p), (q, has_q)):
        free = np.flatnonzero(~own)
        meets[free] |= touches(end[free], a[free], b[free], c[free], _MEET)
    return meets


def _known_nodes(shape):
    """Which surface has which node, as sorted numbers, and what a surface counts in them."""
    scale = shape.nodes.max(initial=0) + 1
    return np.unique(shape.rings.surface_of_corner * scale + shape.nodes), scale


def _has_node(known_nodes, surfaces, nodes):
    """Whether each surface has that node at one of its corners."""
    known, scale = known_nodes
    asked = surfaces * scale + nodes
    at = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return known[at] == asked


def _edges_at_edges(shape, edges, points, rows):
    """Shells with two edges that meet though they have no node and no surface in common."""
    ends = points[edges.nodes[rows]]
    low, high, shell = ends.min(axis=1) - _MEET, ends.max(axis=1), edges.shell[rows]
    one, other = meeting_boxes(low, high, shell, low, high, shell)
    meets = np.zeros(len(one), bool)
    for some in blocks(len(one)):
        meets[some] = _cross(ends, edges.nodes[rows], one[some], other[some])
    one, other = rows[one[meets]], rows[other[meets]]
    sides = np.full((len(edges.nodes), 2), -1, np.int64)
    half = np.arange(len(edges.edge))
    first_half = np.flatnonzero(np.diff(edges.edge, prepend=-1))
    sides[edges.edge, np.minimum(half - first_half[edges.edge], 1)] = shape.rings.surface_of_corner[
        edges.corners
    ]
    common = (sides[one][:, :, None] == sides[other][:, None, :]).any(axis=(1, 2))
    return edges.shell[one[~common]]


def _cross(ends, nodes, one, other):
    """Whether pairs of edges, each once, meet though they have no node in common."""
    found = one < other
    rows = np.flatnonzero(found)
    first, second = nodes[one[rows]], nodes[other[rows]]
    rows = rows[(first[:, :, None] != second[:, None, :]).all(axis=(1, 2))]
    found[:] = False
    lines = (ends[some[rows], end] for some in (one, other) for end in (0, 1))
    found[rows] = segments_meet(*lines, _MEET)
    return found

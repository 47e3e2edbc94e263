"""Whether the cavities of a solid part what is within it."""

import numpy as np

from twin.model.validity.shell_topology import components


def has_parted_interior(shape, shells):
    """Whether cavities that touch other shells along edges cut the interior in two.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    shells : array of int
        Shells of one solid that are each right.

    Returns
    -------
    bool

    Notes
    -----
    Around an edge where shells touch, surfaces are paired across the interior instead of along
    their shells. Each part of the interior then has one outer boundary, with a positive volume.
    Only contact along edges that both shells have is seen.
    """
    rings, cut = shape.rings, shape.cut
    surfaces = np.concatenate([rings.surfaces_of_shell(shell) for shell in shells])
    corners = np.concatenate([rings.corners_of_shell(shell) for shell in shells])
    ends = shape.surface_edges[corners]
    order = np.lexsort(np.sort(ends, axis=1).T)
    ends, corners = ends[order], corners[order]
    keys = np.sort(ends, axis=1)
    parts = np.split(np.arange(len(keys)), np.flatnonzero((np.diff(keys, axis=0) != 0).any(1)) + 1)
    if all(len(part) == 2 for part in parts):
        return False
    links = [
        pair for part in parts for pair in _across(rings, corners[part], keys[part[0]], ends[part])
    ]
    one, other = rings.surface_of_corner[np.array(links)].T
    piece = components(rings.surface_count, one, other)
    origin = rings.points[rings.corners[corners[0]]]
    mine = slice(*np.searchsorted(cut.surface, [surfaces[0], surfaces[-1] + 1]))
    a, b, c = (cut.points[cut.triangles[mine, k]] - origin for k in range(3))
    volume = np.einsum("ij,ij->i", a, np.cross(b, c))
    volumes = np.bincount(piece[cut.surface[mine]], volume)
    return int((volumes > 1e-9).sum()) > 1


def _across(rings, corners, edge, ends):
    """Corners whose surfaces face each other through the interior around one edge, in pairs."""
    forward = ends[:, 0] == edge[0]
    start = rings.points[rings.corners[corners]]
    end = rings.points[rings.corners[rings.following[corners]]]
    axis = np.where(forward[:, None], end - start, start - end)[0]
    axis /= np.linalg.norm(axis)
    normal = rings.normals[rings.surface_of_corner[corners]]
    # Into the surface from its edge: the normal turned a quarter around the half edge.
    into = np.cross(normal, np.where(forward[:, None], axis, -axis))
    into /= np.linalg.norm(into, axis=1)[:, None]
    side = np.cross(axis, into[0])
    angle = np.arctan2(into @ side, into @ into[0]) % (2 * np.pi)
    order = np.argsort(angle)
    # Seen along the edge, the interior follows a forward surface clockwise or not at all.
    first = np.flatnonzero(~forward[order])
    return [(corners[order[k]], corners[order[(k + 1) % len(order)]]) for k in first]

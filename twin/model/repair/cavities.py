"""Pieces of one shell that hang apart: bodies of their own, or cavities in another."""

from itertools import pairwise

import numpy as np

from twin.model.repair.faces import ring_area
from twin.model.validity.space import winding_numbers

_MOST_PIECES = 200  # of one shell that are compared with each other


def volume_of(points, faces):
    """Signed volume that faces enclose, negative where they look inward [m3].

    Parameters
    ----------
    points : numpy.ndarray
        Shape (point, 3) [m].
    faces : list of twin.model.repair.body.Face
        A closed shell.

    Notes
    -----
    A third of the sum of a point of each ring times its vector area (Gauss).
    """
    origin = points[faces[0].rings[0][0]]
    rings = [ring for face in faces for ring in face.rings]
    return sum((points[ring[0]] - origin) @ ring_area(points, ring) / 3 for ring in rings)


def with_cavities(points, pieces):
    """Solids of the pieces of a shell.

    Parameters
    ----------
    points : numpy.ndarray
        Shape (point, 3) [m].
    pieces : list of list of twin.model.repair.body.Face
        As `twin.model.repair.shells.pieces_of` gives them.

    Returns
    -------
    list of list of list of Face
        Shells of each solid, the outer one first. A piece that looks inward and lies inside of one
        that looks outward is a cavity of that.
    """
    if not 1 < len(pieces) <= _MOST_PIECES:
        return [[piece] for piece in pieces]
    volumes = [volume_of(points, piece) for piece in pieces]
    solids = {number: [piece] for number, piece in enumerate(pieces) if volumes[number] > 0}
    others = []
    for number, piece in enumerate(pieces):
        if volumes[number] > 0:
            continue
        around = [k for k in solids if _holds(points, pieces[k], piece)]
        if around:
            solids[min(around, key=lambda k: volumes[k])].append(piece)
        else:
            others.append([piece])
    return [*solids.values(), *others]


def _holds(points, outer, inner):
    """Whether the box of a piece and one of its corners lie inside of another."""
    corners = points[[corner for face in inner for ring in face.rings for corner in ring]]
    fans = [fan for face in outer for ring in face.rings for fan in _fan(ring)]
    triangles = points[np.array(fans)]
    low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
    if (corners.min(axis=0) <= low).any() or (corners.max(axis=0) >= high).any():
        return False
    rows = np.arange(len(triangles))
    around = winding_numbers(corners[:1], *triangles.transpose(1, 0, 2), 0 * rows, rows)
    return bool(around[0] > 0.5)


def _fan(ring):
    """Triangles from the first corner of a ring; their solid angles add up to that of the ring."""
    return [(ring[0], b, c) for b, c in pairwise(ring[1:])]

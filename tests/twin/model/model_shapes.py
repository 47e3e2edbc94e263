"""Small geometries for tests of shape: boxes, plates with holes, several bodies in one."""

from itertools import pairwise

import numpy as np

from twin.model.city_model import SURFACES, Geometry

BOX = [[3, 2, 1, 0], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]


def box_points(size=(1, 1, 1), at=(0, 0, 0)):
    """Eight corners of a box, the lower four first, shape (8, 3)."""
    plan = [(0, 0), (1, 0), (1, 1), (0, 1)]
    return np.array([(x, y, z) for z in (0, 1) for x, y in plan], float) * size + at


def geometry(points, solids, kind="Solid"):
    """Geometry of nested lists: solid, shell, surface, ring, corner."""
    corners, ring_ends, surface_ends, shell_ends, solid_ends = [], [], [], [], []
    for solid in solids:
        for shell in solid:
            for surface in shell:
                for ring in surface:
                    corners += ring
                    ring_ends.append(len(corners))
                surface_ends.append(len(ring_ends))
            shell_ends.append(len(surface_ends))
        solid_ends.append(len(shell_ends))
    if kind in SURFACES:
        solid_ends = []
    ends = (corners, ring_ends, surface_ends, shell_ends, solid_ends)
    arrays = [np.array(part, np.int32) for part in ends]
    return Geometry(kind, "2", np.array(points, float).reshape(-1, 3), *arrays)


def box(size=(1, 1, 1), at=(0, 0, 0)):
    """A valid box with outward faces."""
    return geometry(box_points(size, at), [[[[ring] for ring in BOX]]])


def polygon(*rings, kind="MultiSurface"):
    """One surface of rings that are given as coordinates."""
    points = [point for ring in rings for point in ring]
    ends = np.cumsum([0, *(len(ring) for ring in rings)])
    surface = [list(range(a, b)) for a, b in pairwise(ends)]
    return geometry(points, [[[surface]]], kind)


def merged(kind, *parts):
    """Solids of several geometries as one geometry of more than one solid."""
    points = np.concatenate([part.points for part in parts])
    solids, first = [], 0
    for part in parts:
        shell = [
            [[int(c) + first for c in r] for r in part.rings(s)] for s in range(part.surface_count)
        ]
        solids.append([shell])
        first += len(part.points)
    return geometry(points, solids, kind)

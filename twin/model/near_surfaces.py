"""Surfaces of a geometry without those that a wild corner tears far off."""

from dataclasses import replace

import numpy as np


def near_surfaces(geometry, reach):
    """A geometry of surfaces without those that have a corner far from its middle.

    Parameters
    ----------
    geometry : Geometry
        Surfaces without a solid.
    reach : float
        How far in x or y from the median of the vertices is far [m].

    Returns
    -------
    tuple of (Geometry, int)
        What is left, and how many surfaces were left out.
    """
    plan = geometry.points[:, :2]
    far = (np.abs(plan - np.median(plan, axis=0)) > reach).any(axis=1)
    ring_sizes = np.diff(geometry.ring_ends, prepend=0)
    rings_of_surface = np.diff(geometry.surface_ends, prepend=0)
    ring_of_corner = np.repeat(np.arange(len(ring_sizes)), ring_sizes)
    surface_of_ring = np.repeat(np.arange(geometry.surface_count), rings_of_surface)
    kept = np.ones(geometry.surface_count, bool)
    kept[surface_of_ring[ring_of_corner[far[geometry.corners]]]] = False
    kept_ring = kept[surface_of_ring]
    used, corners = np.unique(geometry.corners[kept_ring[ring_of_corner]], return_inverse=True)
    meanings = geometry.surface_semantics
    left = replace(
        geometry,
        points=geometry.points[used],
        corners=corners.astype(np.int32),
        ring_ends=np.cumsum(ring_sizes[kept_ring]).astype(np.int32),
        surface_ends=np.cumsum(rings_of_surface[kept]).astype(np.int32),
        shell_ends=np.array([kept.sum()], np.int32),
        surface_semantics=meanings[kept] if len(meanings) else meanings,
    )
    return left, int((~kept).sum())

"""Whether a model is its own mirror image: its axes stand in the other order than is thought."""

import numpy as np

from twin.model.city_model import SOLIDS
from twin.model.validity.rings import stack


def is_mirrored(geometries):
    """Whether most solids are inside out, or most ground surfaces look up.

    Parameters
    ----------
    geometries : sequence of Geometry
        Some of a model, in any unit.

    Returns
    -------
    bool
        False where there is neither a solid nor a ground surface to tell.

    Notes
    -----
    Surfaces of CityJSON and CityGML are counterclockwise seen from outside, so a solid has a
    positive volume, a third of the sum over its surfaces of a point times the vector area (Gauss).
    Swapping x and y makes it negative.
    """
    solids = [g for g in geometries if g.kind in SOLIDS]
    if solids:
        volumes = _volumes(solids)
        return bool((volumes < 0).sum() > (volumes > 0).sum())
    # A footprint of LoD 0 is no bottom of a body: it may look up.
    grounds = _ground_areas([g for g in geometries if not g.lod.startswith("0")])
    return bool((grounds > 0).sum() > (grounds < 0).sum())


def _volumes(solids):
    """Signed volume of each solid, shape (n,)."""
    rings = stack(solids)
    areas = np.zeros((rings.surface_count, 3))
    np.add.at(areas, rings.surface_of_ring, rings.ring_areas)
    first = rings.corners[rings.ring_starts[rings.first_ring]]
    origin = rings.points[rings.point_starts[:-1]][rings.geometry_of_surface]
    parts = ((rings.points[first] - origin) * areas).sum(axis=1) / 3
    return np.bincount(rings.geometry_of_surface, parts, len(solids))


def _ground_areas(geometries):
    """Upward component of the area of each ground surface."""
    rings = stack(geometries)
    ground = [
        geometry.surface_type(surface) == "GroundSurface"
        for geometry in geometries
        for surface in range(geometry.surface_count)
    ]
    return rings.normals[np.array(ground, bool), 2]

"""Checks of objects: those without geometry, and buildings whose parts overlap."""

import numpy as np

from twin.model.city_model import SOLIDS
from twin.model.families import families
from twin.model.validity.solid_overlaps import MOST_PAIRS
from twin.model.validity.solids import overlapping_geometries
from twin.model.validity.space import meeting_boxes


def check_features(model, owners, shape, bad, limits):
    """Find objects without geometry (906) and parts of buildings that overlap (601).

    Parameters
    ----------
    model : twin.model.city_model.CityModel
        The objects.
    owners : list of str
        Object of each geometry of `shape`.
    shape : twin.model.validity.findings.Shape
        Solids and surfaces of the model.
    bad : numpy.ndarray of bool
        Geometries that are wrong, which are passed over, shape (geometry,).
    limits : twin.model.validity.findings.Limits
        Tolerances.

    Returns
    -------
    list of (int, str, str)
        Code, id and where: with 601 the other part, once for each of the two.
    """
    bare = [
        (906, key, "")
        for key, entry in model.objects.items()
        if not entry.geometries and not entry.children
    ]
    pairs = _neighbours(model, owners, shape, bad)
    overlaps = pairs[overlapping_geometries(shape, pairs, limits)] if len(pairs) else pairs
    told = [(601, owners[a], f"with {owners[b]}") for a, b in overlaps]
    return [*bare, *told, *((601, owners[b], f"with {owners[a]}") for a, b in overlaps)]


def _neighbours(model, owners, shape, bad):
    """Pairs of right solids of two parts of a house, in one level of detail, whose boxes meet."""
    family_of = {
        entry.id: number
        for number, family in enumerate(families(model.objects))
        if family[0].type == "Building"
        for entry in family
    }
    solid = np.isin(shape.kinds, SOLIDS) & ~bad
    use = [row for row in np.flatnonzero(solid) if owners[row] in family_of]
    groups = {}
    group = [
        groups.setdefault((family_of[owners[row]], shape.lods[row]), len(groups)) for row in use
    ]
    group = np.array(group, np.int64)
    starts = shape.rings.point_starts
    points = [shape.rings.points[starts[row] : starts[row + 1]] for row in use]
    low = np.array([p.min(axis=0) for p in points]).reshape(-1, 3)
    high = np.array([p.max(axis=0) for p in points]).reshape(-1, 3)
    one, other = meeting_boxes(low, high, group, low, high, group)
    rows = np.array(use, np.int64)
    owner = np.unique([owners[row] for row in use], return_inverse=True)[1]
    parts = (one < other) & (owner[one] != owner[other])
    return np.stack([rows[one], rows[other]], axis=1)[parts][:MOST_PAIRS]

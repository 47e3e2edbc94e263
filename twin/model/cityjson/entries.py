"""Objects as CityJSON writes them: nested boundaries, and vertices in whole steps."""

from itertools import pairwise

import numpy as np

from twin.model.city_model import LINES, POINTS, SOLIDS


class Vertices:
    """Vertices of one feature as whole steps of the transform, each once.

    Parameters
    ----------
    transform : tuple of numpy.ndarray
        Scale and translation, shape (3,) each.
    first : int
        Row of the first one in its file.
    """

    def __init__(self, transform, first=0):
        self._scale, self._translate = transform
        self._first = first
        self._known = {}

    def place(self, points):
        """Rows of points among the vertices, list of int."""
        known, first = self._known, self._first
        return [known.setdefault(step, first + len(known)) for step in self._steps(points)]

    def again(self, point):
        """Row of one more vertex at the place of another."""
        row = self._first + len(self._known)
        (step,) = self._steps(point[np.newaxis])
        return self._known.setdefault((*step, row), row)

    def _steps(self, points):
        steps = np.rint((points - self._translate) / self._scale).astype(np.int64)
        return map(tuple, steps.tolist())

    @property
    def rows(self):
        """All vertices, list of (x, y, z) in steps."""
        return [step[:3] for step in self._known]


def entry_of(entry, vertices):
    """An object as CityJSON has it.

    Parameters
    ----------
    entry : CityObject
        Any.
    vertices : Vertices
        Takes those of the object.

    Returns
    -------
    dict
    """
    found = {"type": entry.type, **entry.other}
    if entry.attributes:
        found["attributes"] = entry.attributes
    if entry.parents:
        found["parents"] = list(entry.parents)
    if entry.children:
        found["children"] = list(entry.children)
    found["geometry"] = [_geometry(geometry, vertices) for geometry in entry.geometries]
    return found


def _geometry(geometry, vertices):
    rows = np.array(vertices.place(geometry.points), np.int64)
    parts = rows[geometry.corners].tolist()
    for end in _closed_rings(geometry, parts):
        # Else a reader takes it for a repetition of the first corner.
        parts[end - 1] = vertices.again(geometry.points[geometry.corners[end - 1]])
    if geometry.kind not in POINTS:
        parts = _nest(parts, geometry.ring_ends)
    if geometry.kind not in POINTS + LINES:
        parts = _nest(parts, geometry.surface_ends)
    if geometry.kind in SOLIDS:
        parts = _nest(parts, geometry.shell_ends)
    if geometry.kind in SOLIDS[1:]:
        parts = _nest(parts, geometry.solid_ends)
    found = {"type": geometry.kind, "lod": geometry.lod, "boundaries": parts}
    if geometry.semantics:
        values = [None if row < 0 else row for row in geometry.surface_semantics.tolist()]
        if geometry.kind in SOLIDS:
            values = _nest(values, geometry.shell_ends)
        if geometry.kind in SOLIDS[1:]:
            values = _nest(values, geometry.solid_ends)
        found["semantics"] = {"surfaces": list(geometry.semantics), "values": values}
    return found


def _closed_rings(geometry, corners):
    """Ends of rings whose first and last corner fell onto one vertex."""
    if geometry.kind in POINTS + LINES:
        return []
    rings = pairwise([0, *geometry.ring_ends.tolist()])
    return [last for first, last in rings if corners[first] == corners[last - 1]]


def _nest(items, ends):
    return [items[first:last] for first, last in pairwise([0, *ends.tolist()])]

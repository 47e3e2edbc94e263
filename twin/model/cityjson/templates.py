"""Geometry templates of CityJSON: a shape that is drawn once and stands in many places."""

from dataclasses import replace

import numpy as np

from twin.errors import InputError
from twin.model.cityjson.geometry import read_geometry
from twin.model.cityjson.text import triples

MOST_POINTS = 20_000_000
"""Points of all instances together; more is a broken or hostile file."""


class Templates:
    """Shapes of ``geometry-templates``, read when first used.

    Parameters
    ----------
    source : dict or None
        As in the file.

    Notes
    -----
    CityJSON 2.0.1, section 3.4: a point of an instance is M p + a, with the 4 x 4 matrix M of
    the instance, p of the template and the anchor a, a vertex of the file.
    """

    def __init__(self, source):
        source = source if isinstance(source, dict) else {}
        shapes = source.get("templates")
        self._shapes = shapes if isinstance(shapes, list) else []
        try:
            self._vertices = triples(source.get("vertices-templates", []), "a template")
        except InputError:
            self._vertices = np.empty((0, 3))
        self._read = {}
        self._points = 0

    def instance(self, source, vertices):
        """Geometry of one ``GeometryInstance``.

        Parameters
        ----------
        source : dict
            With ``template``, ``boundaries`` and ``transformationMatrix``.
        vertices : numpy.ndarray
            Of the file, shape (n, 3).

        Returns
        -------
        tuple of (Geometry or None, list of str)
            As `twin.model.cityjson.geometry.read_geometry` gives it.
        """
        shape = self._shape(source.get("template"))
        matrix, anchor = _placement(source, vertices)
        if shape is None or anchor is None:
            return None, ["an instance has a broken template, place or matrix; left out"]
        self._points += len(shape.points)
        if self._points > MOST_POINTS:
            return None, [f"instances have more than {MOST_POINTS:,} points; left out"]
        points = shape.points @ matrix[:3, :3].T + matrix[:3, 3] + anchor
        if not np.isfinite(points).all():
            return None, ["an instance has places that are not finite; left out"]
        return replace(shape, points=points), []

    def _shape(self, index):
        if not isinstance(index, int) or not 0 <= index < len(self._shapes):
            return None
        if index not in self._read:
            source = self._shapes[index]
            sound = isinstance(source, dict)
            self._read[index] = read_geometry(source, self._vertices)[0] if sound else None
        return self._read[index]


def _placement(source, vertices):
    """Matrix (4, 4) and anchor (3,) of an instance, or None and None."""
    try:
        (row,) = source["boundaries"]
        matrix = np.asarray(source["transformationMatrix"], dtype=float).reshape(4, 4)
        if isinstance(row, int) and 0 <= row < len(vertices):
            return matrix, vertices[row]
    except (KeyError, TypeError, ValueError, OverflowError):
        pass
    return None, None

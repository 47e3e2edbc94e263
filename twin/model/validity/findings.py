"""What the checks pass to each other: the surfaces of a model, and what was found in them."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from twin.model.snapping import merge_points
from twin.model.triangulation import Triangulation, triangulate_rings
from twin.model.validity.rings import Rings, stack


@dataclass(frozen=True)
class Limits:
    """Tolerances of the checks, with the defaults of val3dity.

    Parameters
    ----------
    snap : float
        Points up to this far apart are one [m].
    distance : float
        How far a corner may lie off the plane of its surface [m].
    angle : float
        How far triangles of one surface may turn from each other [degrees].
    overlap : float
        How deep solids may reach into each other [m]; 0 in val3dity, here what the arithmetic
        cannot tell from 0.
    """

    snap: float = 0.001
    distance: float = 0.01
    angle: float = 20.0
    overlap: float = 1e-6


@dataclass(frozen=True)
class Shape:
    """All surfaces of a model, with merged points and triangles.

    Parameters
    ----------
    rings : twin.model.validity.rings.Rings
        Surfaces, shells and solids.
    nodes : numpy.ndarray of int64
        Merged point at each corner, shape (corner,).
    cut : twin.model.triangulation.Triangulation
        Triangles of the surfaces.
    kinds, lods : numpy.ndarray of str
        Kind and level of detail of each geometry.
    """

    rings: Rings
    nodes: np.ndarray
    cut: Triangulation
    kinds: np.ndarray
    lods: np.ndarray

    @cached_property
    def node_of_point(self):
        """Merged point of each point that a corner uses, shape (point,); -1 for the others."""
        nodes = np.full(len(self.rings.points), -1, np.int64)
        nodes[self.rings.corners] = self.nodes
        return nodes

    @cached_property
    def surface_edges(self):
        """Edges of the rings as node pairs, shape (corner, 2)."""
        return np.column_stack([self.nodes, self.nodes[self.rings.following]])


def shape_of(geometries, limits):
    """Stack geometries, merge their points and cut their surfaces.

    Parameters
    ----------
    geometries : sequence of twin.model.city_model.Geometry
        In the order in which findings count them.
    limits : Limits
        Tolerances.

    Returns
    -------
    Shape
    """
    rings = stack(geometries)
    group = np.repeat(np.arange(len(geometries)), np.diff(rings.point_starts))
    finite = np.where(np.isfinite(rings.points), rings.points, 0)
    merged = merge_points(finite, group, limits.snap)
    kinds, lods = (
        np.array([getattr(geometry, name) for geometry in geometries], dtype=str)
        for name in ("kind", "lod")
    )
    return Shape(rings, merged[rings.corners], triangulate_rings(rings), kinds, lods)


@dataclass
class Findings:
    """Errors by code: in which ring, surface, shell, solid or geometry.

    Parameters
    ----------
    shape : Shape
        What is checked.
    rows : list of tuple
        Code, level, number, value; in the order in which they were found.
    """

    shape: Shape
    rows: list = field(default_factory=list)

    def add(self, code, level, where, values=None):
        """Note errors.

        Parameters
        ----------
        code : int
            One of `twin.model.validity.codes.CODES`.
        level : str
            ``"ring"``, ``"surface"``, ``"shell"``, ``"solid"`` or ``"geometry"``.
        where : array of int
            Which ones, counted through all geometries.
        values : array of float, optional
            How bad each is, shape like `where`.
        """
        measures = [None] * len(where) if values is None else [float(v) for v in values]
        self.rows += [(code, level, int(w), v) for w, v in zip(where, measures, strict=True)]

    def located(self):
        """Errors with their place.

        Returns
        -------
        list of (int, int, list of str, float or None)
            Code, geometry, words that lead to the place within it, value.
        """
        return [(code, *self._place(level, number), v) for code, level, number, v in self.rows]

    def _place(self, level, number):
        """Geometry, and the words to ``number`` of a level in it."""
        rings = self.shape.rings
        if level == "geometry":
            return number, []
        if level == "ring":
            surface = rings.surface_of_ring[number]
            geometry, words = self._place("surface", surface)
            return geometry, [*words, f"ring {number - rings.first_ring[surface]}"]
        if level == "surface":
            geometry = rings.geometry_of_surface[number]
            return int(geometry), [f"surface {number - rings.surface_starts[geometry]}"]
        if level == "shell":
            geometry = rings.geometry_of_shell[number]
            first = np.searchsorted(rings.geometry_of_shell, geometry)
            return int(geometry), [f"shell {number - first}"]
        shell = np.searchsorted(rings.solid_of_shell, number)
        geometry = rings.geometry_of_shell[shell]
        first = rings.solid_of_shell[np.searchsorted(rings.geometry_of_shell, geometry)]
        return int(geometry), [f"solid {number - first}"]

"""Implicit geometries: a prototype, such as a tree, placed at many points."""

import math
from array import array
from dataclasses import replace

import numpy as np

from twin.model.citygml.coordinates import BrokenGeometryError, in_three, read_positions

_AXIS = 6_378_137.0  # of GRS 80 [m]
_ECCENTRICITY_SQUARED = 0.006694380022901


class Prototypes:
    """Shapes that implicit geometries of a file share.

    Parameters
    ----------
    budget : Budget
        For all places together.

    Attributes
    ----------
    nodes : dict of str to Node
        By gml:id, those that have come so far.
    """

    def __init__(self, budget):
        self.nodes = {}
        self._budget = budget
        self._drawn = {}

    def keep(self, node):
        """Remember a prototype that has a gml:id."""
        if node.gml_id:
            self.nodes.setdefault(node.gml_id, node)

    def drawn(self, node, draw):
        """Geometries of a prototype around its own origin, drawn once where it is remembered.

        Parameters
        ----------
        node : Node
            Of a geometry of GML.
        draw : callable
            Takes the node, gives a list of Geometry.

        Raises
        ------
        BrokenGeometryError
            It cannot be drawn, or the places of all prototypes are more than memory should hold.
        """
        found = self._drawn.get(id(node))
        if found is None:
            found = draw(node)
            if self.nodes.get(node.gml_id) is node:  # else it is forgotten, and so is its identity
                self._drawn[id(node)] = found
        self._budget.take(sum(geometry.points.size for geometry in found))
        return found


def read_matrix(element):
    """Transformation matrix of an implicit geometry, shape (4, 4); the identity where none is.

    Raises
    ------
    BrokenGeometryError
        It has not 16 finite numbers.
    """
    for child in element:
        if child.name != "transformationMatrix":
            continue
        try:
            values = [float(value) for value in (child.text or "").split()[:17]]
        except ValueError:
            values = []
        if len(values) != 16 or not all(map(math.isfinite, values)):
            raise BrokenGeometryError("its transformation matrix has not 16 numbers")
        return np.array(values).reshape(4, 4)
    return np.eye(4)


def read_reference(element):
    """Reference point of an implicit geometry: x, y, z as they stand in the file.

    Raises
    ------
    BrokenGeometryError
        There is none.
    """
    for child in element:
        if child.name == "referencePoint":
            values = in_three(*_first_point(child))
            if len(values) == 3 and all(map(math.isfinite, values)):
                return values
    raise BrokenGeometryError("it has no reference point")


def place(prototype, matrix, reference, is_geographic):
    """A prototype at its place.

    Parameters
    ----------
    prototype : Geometry
        Around its own origin [m].
    matrix : numpy.ndarray
        Shape (4, 4).
    reference : sequence of float
        x (east), y (north), z of the place in the reference system.
    is_geographic : bool
        Whether x and y are degrees; then metres become degrees at that latitude.

    Returns
    -------
    Geometry

    Notes
    -----
    OGC 12-019 (CityGML 2.0), 8.3: the prototype is multiplied by the matrix, then the reference
    point is added. Lengths of a degree are those of the radii of curvature of GRS 80.
    """
    corners = np.column_stack([prototype.points, np.ones(len(prototype.points))]) @ matrix.T
    offsets = corners[:, :3] / np.where(corners[:, 3:] == 0, 1, corners[:, 3:])
    if is_geographic:
        offsets[:, :2] /= _metres_per_degree(reference[1])
    return replace(prototype, points=offsets + np.asarray(reference))


def _metres_per_degree(latitude):
    """Length of a degree of longitude and of latitude [m]."""
    sine = math.sin(math.radians(latitude))
    curvature = 1 - _ECCENTRICITY_SQUARED * sine**2
    along = _AXIS / math.sqrt(curvature) * max(math.cos(math.radians(latitude)), 1e-9)
    across = _AXIS * (1 - _ECCENTRICITY_SQUARED) / curvature**1.5
    return np.radians([along, across])


def _first_point(holder):
    for point in holder:
        if point.name == "Point":
            stated = point.get("srsDimension")
            return read_positions(point, int(stated) if stated in ("2", "3") else 3)
    return array("d"), 3

"""A city as semantic objects: what readers give, and all else (validity, tiles, state) takes."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

SOLIDS = ("Solid", "MultiSolid", "CompositeSolid")
SURFACES = ("MultiSurface", "CompositeSurface")
LINES = ("MultiLineString",)
POINTS = ("MultiPoint",)


@dataclass(frozen=True)
class Geometry:
    """One geometry of an object; boundaries are flat arrays, so that a million stay fast.

    Parameters
    ----------
    kind : str
        As in CityJSON: one of `SOLIDS`, `SURFACES`, `LINES`, `POINTS`.
    lod : str
        Level of detail, for example ``"2"`` or ``"2.2"``.
    points : numpy.ndarray of float64
        Vertices used by this geometry, shape (vertex, 3): x, y, z in the CRS of the model [m].
    corners : numpy.ndarray of int32
        Rows of `points`, ring after ring; a ring does not repeat its first corner.
    ring_ends : numpy.ndarray of int32
        Where each ring ends in `corners`.
    surface_ends : numpy.ndarray of int32
        Where each surface ends among the rings; the first ring of a surface is the outer one.
        A line is a surface with one open ring; a cloud of points has neither.
    shell_ends : numpy.ndarray of int32
        Where each shell ends among the surfaces; surfaces without a solid are one shell.
    solid_ends : numpy.ndarray of int32
        Where each solid ends among the shells; the first shell of a solid is the outer one.
    semantics : tuple of dict
        Kinds of surfaces with their attributes; each has ``type``.
    surface_semantics : numpy.ndarray of int32
        Row of `semantics` of each surface, -1 where there is none.
    """

    kind: str
    lod: str
    points: np.ndarray
    corners: np.ndarray
    ring_ends: np.ndarray
    surface_ends: np.ndarray
    shell_ends: np.ndarray
    solid_ends: np.ndarray
    semantics: tuple = ()
    surface_semantics: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))

    @property
    def surface_count(self):
        """How many surfaces there are."""
        return len(self.surface_ends)

    def surface_type(self, surface):
        """Semantic type of a surface, for example ``"RoofSurface"``, or None."""
        row = self.surface_semantics[surface] if len(self.surface_semantics) else -1
        return self.semantics[row]["type"] if row >= 0 else None

    def rings(self, surface):
        """Rows of `points` of each ring of a surface, the outer ring first."""
        first = self.surface_ends[surface - 1] if surface else 0
        rings = range(first, self.surface_ends[surface])
        return [self.corners[self.ring_ends[r - 1] if r else 0 : self.ring_ends[r]] for r in rings]


@dataclass(frozen=True)
class CityObject:
    """One thing of the city that has an identity.

    Parameters
    ----------
    id : str
        Stable identifier, unique in its model.
    type : str
        Type of CityJSON, for example ``"Building"`` or ``"+WaterGauge"`` of an extension.
    attributes : dict
        What is known about it; plain values.
    geometries : tuple of Geometry
        In any number of levels of detail.
    parents, children : tuple of str
        Ids of objects that it is part of, and of its parts.
    other : dict
        Members of the file that are kept as they are, for example ``address``.
    """

    id: str
    type: str
    attributes: dict = field(default_factory=dict)
    geometries: tuple = ()
    parents: tuple = ()
    children: tuple = ()
    other: dict = field(default_factory=dict)

    def finest(self):
        """Geometries in the finest level of detail that the object has."""
        finest = max((g.lod for g in self.geometries), default=None)
        return tuple(g for g in self.geometries if g.lod == finest)


@dataclass(frozen=True)
class Trouble:
    """Something in a file that was not taken as it stood.

    Parameters
    ----------
    object_id : str
        The object, or "" for the file.
    what : str
        What was wrong, and what became of it; one line.
    """

    object_id: str
    what: str


@dataclass(frozen=True)
class CityModel:
    """A city model in memory.

    Parameters
    ----------
    objects : dict of str to CityObject
        By id.
    crs : str or None
        Reference system, maybe compound, for example ``"EPSG:7415"``; heights in metres.
    read : collections.Counter
        Objects of each type that stood in the file, whether or not they are in `objects`.
    troubles : tuple of Trouble
        What was not taken as it stood.
    metadata : dict
        What the file says of itself, as it stands.
    """

    objects: dict
    crs: str | None
    read: Counter
    troubles: tuple = ()
    metadata: dict = field(default_factory=dict)

    def counts(self):
        """Objects of each type that are here, as Counter."""
        return Counter(entry.type for entry in self.objects.values())

    def missing(self):
        """Objects that were read and are not here, per type; empty when all came through."""
        return self.read - self.counts()

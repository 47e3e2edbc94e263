"""Rings of many geometries in one flat table, so that all of a city is computed at once."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from twin.model.city_model import SOLIDS, SURFACES


@dataclass(frozen=True)
class Rings:
    """Surfaces of a list of geometries, end to end; corners of a surface lie side by side.

    Parameters
    ----------
    points : numpy.ndarray of float64
        Vertices of all geometries, shape (vertex, 3) [m].
    corners : numpy.ndarray of int64
        Rows of `points`, shape (corner,).
    ring_of_corner : numpy.ndarray of int64
        Shape (corner,).
    ring_ends : numpy.ndarray of int64
        Where each ring ends in `corners`, shape (ring,).
    surface_of_ring : numpy.ndarray of int64
        Shape (ring,).
    first_ring : numpy.ndarray of int64
        The outer ring of each surface, shape (surface,); equal to the next where there is none.
    shell_of_surface, solid_of_shell, geometry_of_surface : numpy.ndarray of int64
        Shells and solids are counted through all geometries.
    geometry_of_shell : numpy.ndarray of int64
        Shape (shell,).
    point_starts, surface_starts : numpy.ndarray of int64
        Where points and surfaces of each geometry start, shape (geometry + 1,).
    """

    points: np.ndarray
    corners: np.ndarray
    ring_of_corner: np.ndarray
    ring_ends: np.ndarray
    surface_of_ring: np.ndarray
    first_ring: np.ndarray
    shell_of_surface: np.ndarray
    solid_of_shell: np.ndarray
    geometry_of_surface: np.ndarray
    geometry_of_shell: np.ndarray
    point_starts: np.ndarray
    surface_starts: np.ndarray

    @cached_property
    def ring_starts(self):
        """Where each ring starts in `corners`, shape (ring,)."""
        return self.ring_ends - self.ring_sizes

    @cached_property
    def ring_sizes(self):
        """Corners of each ring, shape (ring,)."""
        return np.diff(self.ring_ends, prepend=0)

    @cached_property
    def following(self):
        """Position of the next corner of the same ring, shape (corner,)."""
        following = np.arange(1, len(self.corners) + 1)
        full = self.ring_sizes > 0
        following[self.ring_ends[full] - 1] = self.ring_starts[full]
        return following

    @cached_property
    def surface_of_corner(self):
        """Shape (corner,)."""
        return self.surface_of_ring[self.ring_of_corner]

    @cached_property
    def rings_per_surface(self):
        """Shape (surface,)."""
        return np.bincount(self.surface_of_ring, minlength=self.surface_count)

    @property
    def surface_count(self):
        """How many surfaces there are."""
        return len(self.first_ring)

    def shells_of_solid(self, solid):
        """Numbers of the shells of a solid, the outer one first."""
        return np.arange(*np.searchsorted(self.solid_of_shell, [solid, solid + 1]))

    def surfaces_of_shell(self, shell):
        """Numbers of the surfaces of a shell."""
        return np.arange(*np.searchsorted(self.shell_of_surface, [shell, shell + 1]))

    def corners_of_shell(self, shell):
        """Positions of the corners of a shell."""
        return np.arange(*np.searchsorted(self._shell_of_corner, [shell, shell + 1]))

    @cached_property
    def _shell_of_corner(self):
        return self.shell_of_surface[self.surface_of_corner]

    @cached_property
    def positions(self):
        """Corners as vectors from the first corner of their surface, shape (corner, 3) [m].

        Coordinates of a CRS have seven digits before the point; differences keep the millimetres.
        """
        start = self.ring_starts[self.first_ring[self.surface_of_corner]]
        with np.errstate(invalid="ignore"):
            return self.points[self.corners] - self.points[self.corners[start]]

    @cached_property
    def ring_areas(self):
        """Vector area of each ring by Newell's formula, shape (ring, 3) [m2].

        Notes
        -----
        Half the sum of the cross products of successive corners; its direction is the normal of
        the plane seen from where the ring turns counterclockwise, its length the area. Given by
        Sutherland et al. (1974), Computing Surveys 6(1), who name M. Newell; quoted from memory.
        """
        here = self.positions
        with np.errstate(invalid="ignore"):  # endless coordinates give NaN, and are named later
            cross = np.cross(here, here[self.following])
        count = len(self.ring_ends)
        sums = [np.bincount(self.ring_of_corner, cross[:, k], count) for k in range(3)]
        return np.stack(sums, axis=1) / 2

    @cached_property
    def normals(self):
        """Vector area of the outer ring of each surface, shape (surface, 3) [m2]."""
        normals = np.zeros((self.surface_count, 3))
        some = self.rings_per_surface > 0
        normals[some] = self.ring_areas[self.first_ring[some]]
        return normals


def stack(geometries):
    """Put the surfaces of geometries end to end.

    Parameters
    ----------
    geometries : sequence of twin.model.city_model.Geometry
        Lines and points count as geometries without surfaces.

    Returns
    -------
    Rings
    """
    used = [_with_solid(g) if g.kind in SOLIDS + SURFACES else None for g in geometries]
    sizes = np.array([_sizes(g) for g in used], np.int64).reshape(-1, 6)
    starts = np.zeros((len(used) + 1, 6), np.int64)
    np.cumsum(sizes, axis=0, out=starts[1:])
    points = [g.points for g in used if g is not None]
    corners = _joined(used, "corners", sizes[:, 1], starts[:-1, 0])
    ring_ends = _joined(used, "ring_ends", sizes[:, 2], starts[:-1, 1])
    surface_ends = _joined(used, "surface_ends", sizes[:, 3], starts[:-1, 2])
    shell_ends = _joined(used, "shell_ends", sizes[:, 4], starts[:-1, 3])
    solid_ends = _joined(used, "solid_ends", sizes[:, 5], starts[:-1, 4])
    each = np.arange(len(used))
    return Rings(
        points=np.concatenate(points).astype(float) if points else np.zeros((0, 3)),
        corners=corners,
        ring_of_corner=_owners(ring_ends, len(corners)),
        ring_ends=ring_ends,
        surface_of_ring=_owners(surface_ends, len(ring_ends)),
        first_ring=surface_ends - np.diff(surface_ends, prepend=0),
        shell_of_surface=_owners(shell_ends, len(surface_ends)),
        solid_of_shell=_owners(solid_ends, len(shell_ends)),
        geometry_of_surface=np.repeat(each, sizes[:, 3]),
        geometry_of_shell=np.repeat(each, sizes[:, 4]),
        point_starts=starts[:, 0],
        surface_starts=starts[:, 3],
    )


def _with_solid(geometry):
    """The geometry; surfaces without a solid count as one shell of one."""
    if geometry.kind in SOLIDS:
        return geometry
    shell = np.array([geometry.surface_count], np.int32)
    return replace(geometry, shell_ends=shell, solid_ends=np.ones(1, np.int32))


def _sizes(geometry):
    if geometry is None:
        return (0,) * 6
    parts = (geometry.points, geometry.corners, geometry.ring_ends, geometry.surface_ends)
    return tuple(len(part) for part in (*parts, geometry.shell_ends, geometry.solid_ends))


def _joined(geometries, name, sizes, offsets):
    """One index array of all geometries, each moved by its offset."""
    arrays = [getattr(g, name) for g in geometries if g is not None]
    joined = np.concatenate(arrays).astype(np.int64) if arrays else np.zeros(0, np.int64)
    return joined + np.repeat(offsets, sizes)


def _owners(ends, count):
    """Which group each of `count` items is in, where `ends` says where groups end."""
    return np.searchsorted(ends, np.arange(count), side="right")

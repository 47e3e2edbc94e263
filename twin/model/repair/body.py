"""A geometry taken apart, so that its surfaces can be mended, and put together again."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from twin.model.city_model import SURFACES, Geometry
from twin.model.snapping import merge_points


@dataclass
class Face:
    """A surface.

    Parameters
    ----------
    rings : list of list of int
        Rows of the points of its body, the outer ring first.
    meaning : int
        Row of the semantics, or -1.
    is_bent : bool
        Whether its corners are known to lie in no plane.
    """

    rings: list
    meaning: int = -1
    is_bent: bool = False

    def flip(self):
        """Let it look to the other side."""
        self.rings = [ring[::-1] for ring in self.rings]

    def edges(self):
        """Its half edges as pairs of rows of points."""
        for ring in self.rings:
            yield from zip(ring, [*ring[1:], ring[0]], strict=True)


@dataclass
class Body:
    """A geometry that is being mended.

    Parameters
    ----------
    kind, lod : str
        As in `twin.model.city_model.Geometry`.
    points : numpy.ndarray of float64
        Shape (point, 3) [m].
    solids : list of list of list of Face
        Shells of each solid, faces of each shell; surfaces without a solid are one shell.
    semantics : list of dict
        Kinds of surfaces.
    done : collections.Counter
        What was changed, and how often.
    """

    kind: str
    lod: str
    points: np.ndarray
    solids: list
    semantics: list
    done: Counter = field(default_factory=Counter)

    def faces(self):
        """All faces, whatever shell they are in."""
        return [face for shells in self.solids for shell in shells for face in shell]


def taken_apart(geometry, bent, snap):
    """Body of a geometry, in which points that are one have one row.

    Parameters
    ----------
    geometry : twin.model.city_model.Geometry
        Solids or surfaces.
    bent : set of int
        Surfaces whose corners lie in no plane.
    snap : float
        Points up to this far apart are one [m].

    Returns
    -------
    Body
    """
    points = np.where(np.isfinite(geometry.points), geometry.points, 0)
    node = merge_points(points, np.zeros(len(points), np.int64), snap)
    first = np.full(node.max(initial=-1) + 1, len(points))
    np.minimum.at(first, node, np.arange(len(points)))
    meanings = geometry.surface_semantics
    faces = [
        Face(
            [first[node[ring]].tolist() for ring in geometry.rings(k)],
            int(meanings[k]) if len(meanings) else -1,
            k in bent,
        )
        for k in range(geometry.surface_count)
    ]
    shells = _grouped(faces, geometry.shell_ends)
    solids = [shells] if geometry.kind in SURFACES else _grouped(shells, geometry.solid_ends)
    body = Body(geometry.kind, geometry.lod, points, solids, list(geometry.semantics))
    merged = len(np.unique(points, axis=0)) - len(first)
    if merged:
        body.done["points put together with one nearby"] = merged
    return body


def _grouped(items, ends):
    starts = [0, *ends[:-1]]
    return [items[a:b] for a, b in zip(starts, ends, strict=True)]


def put_together(body):
    """Geometry of a body, with the points that it still uses.

    Parameters
    ----------
    body : Body
        Mended or not.

    Returns
    -------
    twin.model.city_model.Geometry
    """
    corners, ring_ends, surface_ends, shell_ends, solid_ends = [], [], [], [], []
    for shells in body.solids:
        for shell in shells:
            for face in shell:
                for ring in face.rings:
                    corners += ring
                    ring_ends.append(len(corners))
                surface_ends.append(len(ring_ends))
            shell_ends.append(len(surface_ends))
        solid_ends.append(len(shell_ends))
    if body.kind in SURFACES:
        shell_ends, solid_ends = [len(surface_ends)], []
    used, rows = np.unique(np.array(corners, np.int64), return_inverse=True)
    meanings = [face.meaning for face in body.faces()] if body.semantics else []
    ends = (ring_ends, surface_ends, shell_ends, solid_ends)
    return Geometry(
        body.kind,
        body.lod,
        body.points[used],
        rows.astype(np.int32),
        *(np.array(part, np.int32) for part in ends),
        tuple(body.semantics),
        np.array(meanings, np.int32),
    )

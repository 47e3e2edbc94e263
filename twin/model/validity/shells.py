"""Checks of shells: codes 301 to 307 and 405 of val3dity."""

import numpy as np

from twin.model.city_model import SOLIDS
from twin.model.validity.shell_crossings import crossing_shells
from twin.model.validity.shell_topology import edges_of, pieces, umbrellas


def check_shells(shape, bad_surface, found):
    """Check the shells of solids, and composite surfaces, whose surfaces are right.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    bad_surface : numpy.ndarray of bool
        Surfaces with an error of their own; their shells are passed over, shape (surface,).
    found : twin.model.validity.findings.Findings
        Takes what is wrong.

    Returns
    -------
    numpy.ndarray of bool
        Whether a shell, or one of its surfaces, has an error, shape (shell,).

    Notes
    -----
    A composite surface need not be closed, nor does it have an outside. What meets itself (306)
    is only asked of shells that are closed and whole, as in val3dity.
    """
    rings = shape.rings
    count = len(rings.solid_of_shell)
    sizes = np.bincount(rings.shell_of_surface, minlength=count)
    bad = np.bincount(rings.shell_of_surface[bad_surface], minlength=count) > 0
    kinds = shape.kinds[rings.geometry_of_shell]
    is_solid = np.isin(kinds, SOLIDS)
    wanted = ~bad & (sizes > 0) & (is_solid | (kinds == "CompositeSurface"))
    few = wanted & is_solid & (sizes < 4)
    found.add(301, "shell", np.flatnonzero(few))
    wanted &= ~few
    wrong = _check_edges(shape, wanted, is_solid, found)
    edges = edges_of(shape, wanted[rings.shell_of_surface])
    closed = wanted & is_solid & ~wrong
    crossing = crossing_shells(shape, edges, closed)
    found.add(306, "shell", crossing)
    closed[crossing] = False
    inward = closed & (shell_volumes(shape) * _outer_sign(rings) < 0)
    found.add(405, "shell", np.flatnonzero(inward))
    return bad | few | wrong | (wanted & is_solid & ~closed) | inward


def shell_volumes(shape):
    """Signed volume within each shell, shape (shell,) [m3]; positive where it looks outward.

    Notes
    -----
    Sum of the tetrahedra from one point to the triangles (divergence theorem).
    """
    cut, rings = shape.cut, shape.rings
    origin = rings.points[rings.point_starts[cut.geometry]]
    a, b, c = (cut.points[cut.triangles[:, k]] - origin for k in range(3))
    six = np.einsum("ij,ij->i", a, np.cross(b, c))
    shell = rings.shell_of_surface[cut.surface]
    return np.bincount(shell, six, len(rings.solid_of_shell)) / 6


def _outer_sign(rings):
    """1 for the first shell of each solid, -1 for its cavities, shape (shell,)."""
    first = np.diff(rings.solid_of_shell, prepend=-1) > 0
    return np.where(first, 1, -1)


def _check_edges(shape, wanted, is_solid, found):
    """Note what is wrong with how surfaces hang together; gives whether, shape (shell,)."""
    rings = shape.rings
    count = len(wanted)
    of_surface = wanted[rings.shell_of_surface]
    edges = edges_of(shape, of_surface)
    is_open = np.bincount(edges.shell[edges.uses == 1], minlength=count) > 0
    is_open &= is_solid
    found.add(302, "shell", np.flatnonzero(is_open))
    branched = np.bincount(edges.shell[edges.uses > 2], minlength=count) > 0
    fans = umbrellas(shape, edges)
    branched[fans[~is_open[fans] & is_solid[fans]]] = True
    found.add(303, "shell", np.flatnonzero(branched))
    piece = pieces(shape, of_surface)
    several = np.unique(np.stack([rings.shell_of_surface, piece])[:, of_surface], axis=1)
    parted = (np.bincount(several[0], minlength=count) > 1) & ~is_open & ~branched
    found.add(305, "shell", np.flatnonzero(parted))
    turned = (edges.uses == 2) & (edges.balance != 0)
    turned = np.bincount(edges.shell[turned], minlength=count) > 0
    turned &= ~is_open & ~branched & ~parted
    found.add(307, "shell", np.flatnonzero(turned))
    return is_open | branched | parted | turned

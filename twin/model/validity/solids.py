"""Checks of solids with cavities, of composite solids and of the parts of buildings: 401 to 601."""

import numpy as np

from twin.model.validity.shell_topology import components
from twin.model.validity.solid_overlaps import MOST_FACES, MOST_PAIRS, Bodies, overlapping
from twin.model.validity.solid_sides import has_parted_interior
from twin.model.validity.space import meeting_boxes, touches


def check_solids(shape, bad_shell, limits, found):
    """Check how the shells of solids, and the solids of composites, lie to each other.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    bad_shell : numpy.ndarray of bool
        Shells with an error of their own; their solids are passed over, shape (shell,).
    limits : twin.model.validity.findings.Limits
        Tolerances.
    found : twin.model.validity.findings.Findings
        Takes what is wrong.

    Returns
    -------
    numpy.ndarray of bool
        Whether a solid, or one of its shells, has an error, shape (solid,).
    """
    of_shell = shape.rings.solid_of_shell
    count = of_shell.max(initial=-1) + 1
    bad = np.bincount(of_shell[bad_shell], minlength=count) > 0
    hollow = np.flatnonzero(~bad & (np.bincount(of_shell, minlength=count) > 1))
    composite = np.flatnonzero(shape.kinds == "CompositeSolid")
    if not len(hollow) and not len(composite):
        return bad
    bodies = Bodies(shape)
    for solid in hollow:
        code = _fault_of_cavities(shape, bodies, shape.rings.shells_of_solid(solid))
        if code is not None:
            found.add(code, "solid", [solid])
            bad[solid] = True
    _check_composites(shape, bodies, bad, composite, limits, found)
    return bad


def overlapping_geometries(shape, pairs, limits):
    """Which pairs of geometries reach into each other.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    pairs : (n, 2) array of int
        Geometries, all of whose solids are right.
    limits : twin.model.validity.findings.Limits
        Tolerances.

    Returns
    -------
    numpy.ndarray of bool
        Shape (n,).
    """
    bodies = Bodies(shape)
    outer = _outer_shells(shape.rings)
    of_geometry = shape.rings.geometry_of_shell[outer]
    starts = np.searchsorted(of_geometry, np.arange(len(shape.kinds) + 1))
    rows = [
        (number, a, b)
        for number, (one, other) in enumerate(pairs)
        for a in outer[starts[one] : starts[one + 1]]
        for b in outer[starts[other] : starts[other + 1]]
    ]
    case, one, other = np.array(rows, np.int64).reshape(-1, 3).T
    hit = overlapping(bodies, one, other, limits.overlap)
    return np.bincount(case[hit], minlength=len(pairs)) > 0


def _outer_shells(rings):
    return np.flatnonzero(np.diff(rings.solid_of_shell, prepend=-1) > 0)


def _nodes_of(shape, shell):
    """Nodes of a shell, as frozenset."""
    return frozenset(shape.nodes[shape.rings.corners_of_shell(shell)].tolist())


def _near_pairs(bodies, shells, margin):
    """Pairs of shells whose boxes come nearer than `margin` [m], shape (pair, 2); not too many."""
    low, high = bodies.low[shells] - margin, bodies.high[shells]
    group = np.zeros(len(shells), np.int64)
    one, other = meeting_boxes(low, high, group, low, high, group)
    pairs = np.stack([shells[one], shells[other]], axis=1)[one < other]
    faces = np.diff(bodies.starts)[pairs].sum(axis=1)
    return pairs[np.cumsum(faces) <= MOST_FACES][:MOST_PAIRS]


def _fault_of_cavities(shape, bodies, shells):
    """Code of what is wrong with the cavities of a solid whose first shell is outer, or None."""
    if len({_nodes_of(shape, shell) for shell in shells}) < len(shells):
        return 402
    pairs = _near_pairs(bodies, shells, 0.0)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    if bodies.cut_through(both[:, 0], both[:, 1], 1e-3).any():
        return 401
    outer, cavities = shells[0], shells[1:]
    points, case = bodies.probes(cavities, 0.0)
    around = bodies.winding(points, np.full(len(points), outer))
    if any((around[case == n] < 0.25).all() for n in range(len(cavities))):
        return 403
    if (around < 0.75).any():
        return 401  # a face lies in a face of the outer shell
    for one, other in both[(both != outer).all(axis=1)]:
        points, _ = bodies.probes(np.array([one]), 0.0)
        if (np.abs(bodies.winding(points, np.full(len(points), other))) > 0.25).any():
            return 401
    return 404 if has_parted_interior(shape, shells) else None


def _check_composites(shape, bodies, bad, composites, limits, found):
    """Note composite solids whose solids are the same, overlap or lie apart."""
    rings = shape.rings
    outer = _outer_shells(rings)
    for geometry in composites:
        shells = outer[rings.geometry_of_shell[outer] == geometry]
        if bad[rings.solid_of_shell[shells]].any() or len(shells) < 2:
            continue
        pairs = _near_pairs(bodies, shells, limits.snap)
        if len({_nodes_of(shape, shell) for shell in shells}) < len(shells):
            code = 502
        elif overlapping(bodies, *pairs.T, limits.overlap).any():
            code = 501
        else:
            touch = [_touch(bodies, *pair, limits) for pair in pairs]
            links = np.searchsorted(shells, pairs[touch].T)
            code = 503 if components(len(shells), *links).max() else None
        if code is not None:
            found.add(code, "geometry", [geometry])


def _touch(bodies, one, other, limits):
    """Whether a corner of either body lies on a face of the other."""
    for here, there in ((one, other), (other, one)):
        points = bodies.corners[bodies.triangles(here)].reshape(-1, 3)
        faces = bodies.corners[bodies.triangles(there)]
        group = np.zeros(len(points), np.int64), np.zeros(len(faces), np.int64)
        point, face = meeting_boxes(
            points - limits.snap,
            points + limits.snap,
            group[0],
            faces.min(axis=1),
            faces.max(axis=1),
            group[1],
        )
        a, b, c = (faces[face, k] for k in range(3))
        if touches(points[point], a, b, c, limits.snap).any():
            return True
    return False

"""Mending of single surfaces: repeated points, spikes, crossing loops, holes, bent surfaces."""

from itertools import pairwise

import numpy as np

from twin.model.repair.body import Body, Face, put_together
from twin.model.triangulation import triangulate

_LINE = 1e-10  # area over the squared length of a ring: below it, the ring is a line


def mend_faces(body):
    """Mend the rings of all faces; what has no area goes.

    Parameters
    ----------
    body : twin.model.repair.body.Body
        Changed in place.
    """
    for shells in body.solids:
        for shell in shells:
            shell[:] = [new for face in shell for new in _mended(body, face)]


def cut_bent_faces(body):
    """Cut faces whose corners lie in no plane into triangles.

    Parameters
    ----------
    body : twin.model.repair.body.Body
        Changed in place.
    """
    for shells in body.solids:
        for shell in shells:
            shell[:] = [new for face in shell for new in _flattened(body, face)]


def ring_area(points, ring):
    """Vector area of a ring (Newell's formula), shape (3,) [m2]."""
    local = (points[ring] - points[ring[0]]).tolist()  # rings are short: plain numbers are faster
    east = north = up = 0.0
    for (x, y, z), (a, b, c) in pairwise(local):
        east += y * c - z * b
        north += z * a - x * c
        up += x * b - y * a
    return np.array([east, north, up]) / 2


def loops_of(ring):
    """Parts of a ring between visits of the same point, without repeats and spikes.

    Parameters
    ----------
    ring : list of int
        Rows of points.

    Returns
    -------
    list of list of int
        Each visits a point once and has at least three.
    """
    seen, path, found = {}, [], []
    for point in ring:
        if point in seen:
            start = seen[point]
            found.append(path[start:])
            for gone in path[start:]:
                del seen[gone]
            del path[start:]
        seen[point] = len(path)
        path.append(point)
    return [loop for loop in [*found, path] if len(loop) > 2]


def _has_area(points, ring):
    area = np.linalg.norm(ring_area(points, ring))
    length = np.linalg.norm(np.diff(points[[*ring, ring[0]]], axis=0), axis=1).sum()
    return area > _LINE * length**2


def _mended(body, face):
    """Faces that take the place of one face: none, itself or several."""
    points = body.points
    loops = [loop for ring in face.rings[:1] for loop in loops_of(ring)]
    loops = [loop for loop in loops if _has_area(points, loop)]
    if not loops:
        body.done["surfaces without area dropped"] += 1
        return []
    if [len(loop) for loop in loops] != [len(face.rings[0])]:
        body.done["rings with repeated points or spikes cleaned"] += 1
    loops.sort(key=lambda loop: -np.linalg.norm(ring_area(points, loop)))
    normal = ring_area(points, loops[0])
    outer = [loop for loop in loops if ring_area(points, loop) @ normal > 0]
    holes = [loop for loop in loops if ring_area(points, loop) @ normal <= 0]
    holes += [loop for ring in face.rings[1:] for loop in _hole(body, ring, normal)]
    faces = [Face([ring], face.meaning, face.is_bent) for ring in outer]
    return _with_holes(body, faces, holes) if holes else faces


def _hole(body, ring, normal):
    """Loops of an inner ring, turned against the outer one."""
    loops = [loop for loop in loops_of(ring) if _has_area(body.points, loop)]
    if not loops:
        body.done["inner rings without area dropped"] += 1
    for loop in loops:
        if ring_area(body.points, loop) @ normal > 0:
            loop.reverse()
            body.done["inner rings turned"] += 1
    return loops


def _with_holes(body, faces, holes):
    """Give each hole to the face around it; those in no face become faces, doubles go."""
    import shapely

    normal = ring_area(body.points, faces[0].rings[0])
    plane = [k for k in range(3) if k != np.abs(normal).argmax()]
    shapes = [shapely.Polygon(body.points[face.rings[0]][:, plane]) for face in faces]
    taken = [set(face.rings[0]) for face in faces]
    islands = []
    for hole in sorted(holes, key=lambda loop: -np.linalg.norm(ring_area(body.points, loop))):
        shape = shapely.Polygon(body.points[hole][:, plane])
        inside = shape.representative_point() if shape.is_valid else shape.centroid
        around = [k for k, other in enumerate(shapes) if other.covers(inside)]
        if set(hole) in taken:
            body.done["doubled rings dropped"] += 1
        elif around:
            faces[around[0]].rings.append(hole)
            shapes[around[0]] = shapely.Polygon(
                shapes[around[0]].exterior, [*shapes[around[0]].interiors, shape.exterior]
            )
            taken.append(set(hole))
        else:
            islands.append(Face([hole[::-1]], faces[0].meaning, faces[0].is_bent))
            body.done["inner rings outside of their surface made surfaces"] += 1
    return [*faces, *islands]


def _flattened(body, face):
    """The face, or its triangles where it is bent."""
    if not face.is_bent:
        return [face]
    alone = Body("MultiSurface", body.lod, body.points, [[[face]]], [])
    rows = np.unique([corner for ring in face.rings for corner in ring])
    cut = [tuple(triangle) for triangle in rows[triangulate(put_together(alone))[0]].tolist()]
    cut = _with_all_edges(cut, face)
    body.done["surfaces that are not plane cut into triangles"] += 1
    return [Face([list(triangle)], face.meaning) for triangle in cut]


def _with_all_edges(cut, face):
    """Triangles, with those split that pass over a corner, so that all edges of the face are there.

    Earcut passes over corners that lie on a line in its plane, which in space may lie beside it.
    """
    owner = {side: triangle for triangle in cut for side in _sides(triangle)}
    following = dict(face.edges())
    for start in following:
        path = [start, following[start]]
        while (start, path[-1]) not in owner and path[-1] in following and path[-1] != start:
            path.append(following[path[-1]])
        if len(path) == 2 or (start, path[-1]) not in owner:
            continue
        whole = owner[start, path[-1]]
        third = next(corner for corner in whole if corner not in (start, path[-1]))
        cut.remove(whole)
        new = [(one, other, third) for one, other in pairwise(path)]
        cut += new
        owner.update({side: triangle for triangle in new for side in _sides(triangle)})
    return cut


def _sides(triangle):
    a, b, c = triangle
    return (a, b), (b, c), (c, a)

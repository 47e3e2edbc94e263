"""Mending of shells: edges that do not meet, holes, pieces that hang apart, sides."""

from collections import defaultdict

import numpy as np

from twin.model.repair.body import Face
from twin.model.repair.cavities import volume_of
from twin.model.repair.faces import loops_of, ring_area

_ROUNDS = 3
_MOST_OPEN = 5000  # corners at open edges; more is no building, and takes the square of it


def mend_shell(body, shell, limits):
    """Close a shell as far as it can be.

    Parameters
    ----------
    body : twin.model.repair.body.Body
        Its points and notes.
    shell : list of twin.model.repair.body.Face
        Changed in place.
    limits : twin.model.validity.findings.Limits
        Tolerances.
    """
    _drop_doubles(body, shell)
    for _ in range(_ROUNDS):
        if not _meet_edges(body, shell, limits.snap):
            break
    turn_alike(body, shell)
    _close_holes(body, shell, limits)


def pieces_of(shell):
    """Faces of a shell by piece; faces of a piece share edges that two faces have.

    Parameters
    ----------
    shell : list of twin.model.repair.body.Face
        Faces.

    Returns
    -------
    list of list of Face
    """
    sides = _sides(shell)
    found, left = [], dict.fromkeys(range(len(shell)))
    while left:
        waiting, piece = [next(iter(left))], []
        while waiting:
            number = waiting.pop()
            if number in left:
                del left[number]
                piece.append(number)
                waiting += [k for k, _ in _neighbours(shell, sides, number)]
        found.append([shell[k] for k in sorted(piece)])
    return found


def turn_alike(body, shell):
    """Flip faces until neighbours look to the same side.

    Parameters
    ----------
    body : twin.model.repair.body.Body
        Takes the note.
    shell : list of twin.model.repair.body.Face
        Changed in place. The side that more of the area of a piece has wins.
    """
    sides = _sides(shell)
    turned = {}
    for first in range(len(shell)):
        if first in turned:
            continue
        turned[first], waiting, piece = False, [first], [first]
        while waiting:
            number = waiting.pop()
            for other, alike in _neighbours(shell, sides, number):
                if other not in turned:
                    turned[other] = turned[number] if alike else not turned[number]
                    waiting.append(other)
                    piece.append(other)
        if any(turned[k] for k in piece) and _share(body.points, shell, piece, turned) > 0.5:
            turned.update({k: not turned[k] for k in piece})
    for number, flip in turned.items():
        if flip:
            shell[number].flip()
            body.done["surfaces turned to the side of their neighbours"] += 1


def _share(points, shell, piece, chosen):
    """Share of the area of a piece whose faces are chosen."""
    area = {k: np.linalg.norm(ring_area(points, shell[k].rings[0])) for k in piece}
    return sum(area[k] for k in piece if chosen[k]) / sum(area.values())


def turn_outward(body, shell, sign):
    """Flip all faces of a shell whose volume has not this sign.

    Parameters
    ----------
    body : twin.model.repair.body.Body
        Takes the note.
    shell : list of twin.model.repair.body.Face
        Changed in place.
    sign : int
        1 for an outer shell, -1 for a cavity.
    """
    if volume_of(body.points, shell) * sign < 0:
        for face in shell:
            face.flip()
        body.done["shells turned inside out"] += 1


def _sides(shell):
    """Edge -> list of (face, whether it runs from the lower to the higher point)."""
    sides = defaultdict(list)
    for number, face in enumerate(shell):
        for start, end in face.edges():
            sides[min(start, end), max(start, end)].append((number, start < end))
    return sides


def _neighbours(shell, sides, number):
    """Faces across the edges that have two, and whether they look to the same side."""
    for start, end in shell[number].edges():
        both = sides[min(start, end), max(start, end)]
        if len(both) == 2:
            other, forward = both[0] if both[1] == (number, start < end) else both[1]
            yield other, forward != (start < end)


def _drop_doubles(body, shell):
    """Of faces with the same corners one stays, and none where they look at each other."""
    groups = defaultdict(list)
    for face in shell:
        groups[tuple(sorted(corner for ring in face.rings for corner in ring))].append(face)
    kept = []
    for faces in groups.values():
        stays = 1 if len(faces) == 1 or not _look_at_each_other(body.points, faces) else 0
        kept += faces[:stays]
        if len(faces) > stays:
            body.done["doubled surfaces dropped"] += len(faces) - stays
    if len(kept) >= 4:
        shell[:] = kept


def _look_at_each_other(points, faces):
    """Whether as many faces look to one side as to the other."""
    normals = [ring_area(points, face.rings[0]) for face in faces]
    return 2 * sum(normal @ normals[0] > 0 for normal in normals) == len(faces)


def _open_edges(shell):
    return {edge for edge, both in _sides(shell).items() if len(both) == 1}


def _meet_edges(body, shell, snap):
    """Put corners that lie on an open edge into it; gives how many."""
    opened = _open_edges(shell)
    corners = np.array(sorted({corner for edge in opened for corner in edge}), np.int64)
    if len(corners) > _MOST_OPEN:
        return 0
    inserted = 0
    for face in shell:
        for ring in face.rings:
            new = []
            for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
                new.append(start)
                if (min(start, end), max(start, end)) in opened:
                    new += [
                        c for c in _on_edge(body.points, corners, start, end, snap) if c not in ring
                    ]
            inserted += len(new) - len(ring)
            ring[:] = new
    if inserted:
        body.done["corners put into the edges that they lie on"] += inserted
    return inserted


def _on_edge(points, corners, start, end, snap):
    """Corners strictly between the ends of an edge and nearer than `snap` to it, in order."""
    along = points[end] - points[start]
    length = np.linalg.norm(along)
    local = points[corners] - points[start]
    share = local @ along / length**2
    off = np.linalg.norm(local - share[:, None] * along, axis=1)
    here = (off <= snap) & (share * length > snap) & ((1 - share) * length > snap)
    return corners[here][np.argsort(share[here])].tolist()


def _close_holes(body, shell, limits):
    """Put a cap on each plane loop of open edges."""
    opened = _open_edges(shell)
    ahead = defaultdict(list)
    for face in shell:
        for start, end in face.edges():
            if (min(start, end), max(start, end)) in opened:
                ahead[end].append(start)
    loops = []
    while ahead:
        start = next(iter(ahead))
        path = [start]
        while path[-1] in ahead:
            nexts = ahead[path[-1]]
            following = nexts.pop()
            if not nexts:
                del ahead[path[-1]]
            if following == start:
                loops += loops_of(path)
                break
            path.append(following)
    for rings in _caps(body.points, loops, limits.distance):
        shell.append(Face(rings, _meaning_of_cap(body, rings[0])))
        body.done["holes closed"] += 1


def _caps(points, loops, distance):
    """Rings of caps: plane loops, with the loops within them that turn the other way."""
    plane = [loop for loop in loops if _off_plane(points, loop) <= distance]
    areas = {id(loop): ring_area(points, loop) for loop in plane}
    plane.sort(key=lambda loop: -np.linalg.norm(areas[id(loop)]))
    caps = []
    for loop in plane:
        around = [cap for cap in caps if _is_hole(points, cap[0], loop, areas, distance)]
        if around:
            around[-1].append(loop)
        else:
            caps.append([loop])
    return caps


def _is_hole(points, outer, loop, areas, distance):
    """Whether a loop lies in the plane and inside of another, and turns against it."""
    import shapely

    normal = areas[id(outer)] / np.linalg.norm(areas[id(outer)])
    if areas[id(loop)] @ normal >= 0:
        return False
    if np.abs((points[loop] - points[outer[0]]) @ normal).max() > distance:
        return False
    across = [k for k in range(3) if k != np.abs(normal).argmax()]
    inside = shapely.Polygon(points[loop][:, across]).representative_point()
    return shapely.Polygon(points[outer][:, across]).covers(inside)


def _off_plane(points, loop):
    """How far the worst corner lies off the plane that fits best [m]."""
    local = points[loop] - points[loop].mean(axis=0)
    normal = np.linalg.svd(local, full_matrices=False)[2][-1]
    return np.abs(local @ normal).max()


def _meaning_of_cap(body, ring):
    """Row of the semantics for a cap: a floor where it looks down, else a closure surface."""
    if not body.semantics:
        return -1
    area = ring_area(body.points, ring)
    kind = "GroundSurface" if area[2] < -0.7 * np.linalg.norm(area) else "ClosureSurface"
    for row, meaning in enumerate(body.semantics):
        if meaning == {"type": kind}:
            return row
    body.semantics.append({"type": kind})
    return len(body.semantics) - 1

"""Boundaries of CityJSON to the flat arrays of a Geometry; what is broken is left out and told."""

from itertools import chain

import numpy as np

from twin.model.city_model import LINES, POINTS, SURFACES, Geometry

MOST_CORNERS = 10_000_000
"""Corners of one geometry; more is a broken or hostile file."""

_LEVELS = {"MultiPoint": 0, "MultiLineString": 1, "MultiSurface": 2, "CompositeSurface": 2}
_LEVELS |= {"Solid": 3, "MultiSolid": 4, "CompositeSolid": 4}
_NO_ROWS = np.empty(0, np.int32)


def read_geometry(source, vertices):
    """One geometry of a CityJSON file.

    Parameters
    ----------
    source : dict
        With ``type``, ``lod``, ``boundaries`` and maybe ``semantics``, as in the file.
    vertices : numpy.ndarray of float64
        What the boundaries point to, shape (n, 3).

    Returns
    -------
    tuple of (Geometry or None, list of str)
        None where nothing of it can be used; what was left out, one line each.

    Notes
    -----
    CityJSON 2.0.1, section 3. Surfaces without a solid have one shell and no solid; a ring that
    repeats its first corner at the end loses the repetition.
    """
    kind = source.get("type")
    levels = _LEVELS.get(kind) if isinstance(kind, str) else None
    if levels is None:
        return None, [f"geometry of type {str(kind)[:40]!r} is not known; left out"]
    lod, boundaries = _level_of_detail(source.get("lod")), source.get("boundaries")
    meaning, values, lost = _semantics(source.get("semantics"), levels)
    troubles = ["semantics are not readable; left out"] if lost else []
    geometry = _sound(kind, lod, boundaries, vertices, meaning, values)
    if geometry is None and meaning:
        geometry = _sound(kind, lod, boundaries, vertices, (), None)
        if geometry is not None:
            troubles.append("semantics do not fit the surfaces; left out")
    if geometry is not None:
        return geometry, troubles
    boundaries, values, broken = _without_broken(boundaries, values, levels, vertices)
    if broken:
        part = {0: "points", 1: "lines"}.get(levels, "surfaces")
        troubles.append(f"{broken} {part} of a {kind} are not readable; left out")
    geometry = _sound(kind, lod, boundaries, vertices, meaning, values)
    if geometry is None:
        troubles.append(f"a {kind} has no part that can be used; left out")
    return geometry, troubles


def _level_of_detail(lod):
    if isinstance(lod, int | float) and not isinstance(lod, bool):
        return f"{lod:g}"  # CityJSON 1.0 has numbers
    return lod[:8] if isinstance(lod, str) else ""


def _semantics(semantics, levels):
    """Kinds of surfaces, which surface has which, and whether there is something unreadable."""
    if semantics is None or levels < 2:
        return (), None, False
    surfaces = semantics.get("surfaces") if isinstance(semantics, dict) else None
    if not isinstance(surfaces, list) or not all(isinstance(s, dict) for s in surfaces):
        return (), None, True
    named = tuple(s if isinstance(s.get("type"), str) else {**s, "type": ""} for s in surfaces)
    return named, semantics.get("values"), False


def _sound(kind, lod, boundaries, vertices, meaning, values):
    """The geometry, or None where anything in it is not as it must be."""
    levels = _LEVELS[kind]
    flat = _flatten(boundaries, levels)
    if flat is None:
        return None
    corners, counts = flat
    placed = _points(corners, vertices)
    if placed is None or not _rings_are_sound(kind, placed[1], counts):
        return None
    rows = _surface_rows(values, counts, levels, len(meaning)) if meaning else _NO_ROWS
    if rows is None:
        return None
    return Geometry(kind, lod, *placed, *_ends(kind, counts), meaning, rows)


def _flatten(boundaries, levels):
    """Corners, and from the outside in how many parts each part has; None if not lists."""
    counts, level = [], boundaries
    if not isinstance(boundaries, list):
        return None
    for _ in range(levels):
        if not set(map(type, level)) <= {list}:
            return None
        sizes = list(map(len, level))
        if sum(sizes) > MOST_CORNERS:
            return None
        counts.append(sizes)
        level = list(chain.from_iterable(level))
    return (level, counts) if level else None


def _points(corners, vertices):
    """Vertices that are used, and the corners as rows of these; None where one is not there."""
    try:
        order = {corner: row for row, corner in enumerate(dict.fromkeys(corners))}
        used = np.array(list(order))
    except (TypeError, ValueError, OverflowError):
        return None
    if used.dtype.kind != "i" or used.min() < 0 or used.max() >= len(vertices):
        return None
    points = vertices[used]
    if not np.isfinite(points).all():
        return None
    return points, np.array(list(map(order.__getitem__, corners)), np.int32)


def _rings_are_sound(kind, corners, counts):
    """Whether each ring has enough corners and none repeats its first one at the end."""
    if kind in POINTS:
        return True
    sizes = np.array(counts[-1])
    if sizes.min() < (2 if kind in LINES else 3):
        return False
    if kind in LINES:
        return True
    ends = np.cumsum(sizes)
    if (corners[ends - sizes] == corners[ends - 1]).any():
        return False
    return all(min(sizes, default=0) > 0 for sizes in counts[:-1])


def _ends(kind, counts):
    """ring_ends, surface_ends, shell_ends and solid_ends."""
    ends = [np.cumsum(sizes, dtype=np.int32) for sizes in reversed(counts)]
    if kind in LINES:
        ends.append(np.arange(1, len(counts[0]) + 1, dtype=np.int32))
    elif kind in SURFACES or kind == "Solid":
        ends.append(np.array([len(counts[0])], np.int32))
    return ends + [_NO_ROWS] * (4 - len(ends))


def _surface_rows(values, counts, levels, kinds):
    """Row of the semantics of each surface, -1 where none; None where they do not fit."""
    level = values
    for sizes in counts[: levels - 2]:
        if level is None:
            level = [None] * len(sizes)
        if not isinstance(level, list) or len(level) != len(sizes):
            return None
        filled = [[None] * n if v is None else v for v, n in zip(level, sizes, strict=True)]
        if not set(map(type, filled)) <= {list} or list(map(len, filled)) != sizes:
            return None
        level = list(chain.from_iterable(filled))
    surfaces = len(counts[levels - 2])
    if level is None:
        level = [None] * surfaces
    if not isinstance(level, list) or len(level) != surfaces:
        return None
    if not set(map(type, level)) <= {int, type(None)}:
        return None
    rows = [-1 if value is None or not 0 <= value < kinds else value for value in level]
    return np.array(rows, np.int32)


def _without_broken(boundaries, values, levels, vertices):
    """Boundaries without what cannot be read, the semantics that go with them, what was lost."""
    if not isinstance(boundaries, list):
        return [], None, 1
    if levels < 2:
        kept = [line for part in boundaries if (line := _part(part, levels, vertices)) is not None]
        return kept, None, len(boundaries) - len(kept)
    return _sound_parts(boundaries, values, levels - 2, vertices)


def _part(part, levels, vertices):
    """A point or a line if it is sound, else None."""
    if levels == 0:
        return part if _points([part], vertices) is not None else None
    sound = isinstance(part, list) and len(part) >= 2 and _points(part, vertices) is not None
    return part if sound else None


def _sound_parts(parts, values, depth, vertices):
    """Parts at `depth` over surfaces that are sound, their semantics, and how many were lost."""
    if not isinstance(parts, list):
        return [], [], 1
    fits = isinstance(values, list) and len(values) == len(parts)
    kept, meanings, lost = [], [], 0
    for part, value in zip(parts, values if fits else [None] * len(parts), strict=True):
        if depth:
            part, value, broken = _sound_parts(part, value, depth - 1, vertices)
            lost += broken
        else:
            part = _sound_rings(part, vertices)
            lost += not part
        if part:
            kept.append(part)
            meanings.append(value)
    return kept, meanings, lost


def _sound_rings(surface, vertices):
    """Rings of a surface without repeated ends; empty where one of them is broken."""
    rings = []
    for ring in surface if isinstance(surface, list) else ():
        if not isinstance(ring, list) or not ring or len(ring) > MOST_CORNERS:
            return []
        if _points(ring, vertices) is None:
            return []
        ring = ring[:-1] if ring[0] == ring[-1] else ring
        if len(ring) < 3:
            return []
        rings.append(ring)
    return rings

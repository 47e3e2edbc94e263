"""Looks for what is wrong in a folder of 3D Tiles: every rule that our tiles promise to keep."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tiles.checks.glb import check_glb
from tiles.tiles3d.tileset import LARGEST_TILE
from twin.errors import MissingError

_MOST_PROBLEMS = 200
_SLACK = 0.002  # metres: boxes are written to the millimetre


@dataclass
class _Walk:
    """What was seen on the way through the tree."""

    folder: Path
    problems: list = field(default_factory=list)
    files: set = field(default_factory=set)
    features: int = 0
    tiles: int = 0

    def note(self, where, what):
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(f"{where}: {what}")


def check_tileset(folder):
    """Check a folder of 3D Tiles as `tiles.tiles3d.tileset` writes them.

    Parameters
    ----------
    folder : str or pathlib.Path
        With ``tileset.json``.

    Returns
    -------
    list of str
        One line a problem, at most 200; empty when all is well.

    Raises
    ------
    MissingError
        There is no tileset.json.

    Notes
    -----
    OGC 22-025r4: asset version, `refine` on the root, errors that do not grow downwards, boxes
    that hold the boxes below and, vertex by vertex, their content. Each GLB: see
    `tiles.checks.glb`. No file may be missing, or lie there that no tile names.
    """
    folder = Path(folder)
    if not (folder / "tileset.json").is_file():
        raise MissingError(f"{folder} has no tileset.json, expected 3D Tiles; run floodtwin tiles")
    walk = _Walk(folder)
    try:
        _file(walk, "tileset.json", np.eye(4), None, None)
    except RecursionError:
        walk.note("tileset.json", "has tiles in tiles in tiles without end")
    written = {str(path.relative_to(folder)) for part in "bot" for path in folder.glob(f"{part}/*")}
    for name in sorted(written - walk.files):
        walk.note(name, "lies there, and no tile names it")
    return walk.problems


def _file(walk, name, transform, above, error):
    """One tileset file; `above` is the box, in the frame of its root, that must hold it."""
    walk.files.add(name)
    try:
        document = json.loads((walk.folder / name).read_bytes())
        root, version = document["root"], document["asset"]["version"]
        own = float(document["geometricError"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        walk.note(name, f"is no tileset ({type(problem).__name__}: {problem})")
        return
    if version != "1.1":
        walk.note(name, f"asset.version is {version!r}, expected '1.1'")
    if root.get("refine") not in ("ADD", "REPLACE"):
        walk.note(name, f"the root has refine {root.get('refine')!r}, expected 'ADD' or 'REPLACE'")
    _tile(walk, f"{name} root", name, root, transform, above, own if error is None else error)


def _tile(walk, where, name, tile, transform, above, error):
    walk.tiles += 1
    box = _box(tile)
    if box is None:
        walk.note(where, "has no boundingVolume.box of 12 finite numbers along the axes")
        return
    if "transform" in tile:
        transform = transform @ _transform(walk, where, tile["transform"])
        above = None
    if above is not None and not _holds(above, box):
        walk.note(where, "its box reaches out of the box of the tile above")
    own = tile.get("geometricError")
    if not isinstance(own, int | float) or not 0 <= own < np.inf:
        walk.note(where, f"geometricError is {own!r}, expected a number of 0 or more")
        return
    if own > error:
        walk.note(where, f"geometricError {own:g} is over {error:g} of the tile above")
    children = tile.get("children", [])
    if not children and own != 0 and not _is_tileset(tile):
        walk.note(where, f"geometricError is {own:g} and nothing lies below, expected 0")
    if "content" in tile:
        _content(walk, where, name, tile, transform, box)
    for number, child in enumerate(children):
        _tile(walk, f"{where}/{number}", name, child, transform, box, own)


def _content(walk, where, name, tile, transform, box):
    uri = tile["content"].get("uri", "")
    path = (walk.folder / name).parent.joinpath(uri).resolve()
    if not path.is_relative_to(walk.folder.resolve()) or not path.is_file():
        walk.note(where, f"its content {uri!r} is not in the folder")
        return
    file = str(path.relative_to(walk.folder.resolve()))
    if file in walk.files:
        walk.note(where, f"{file} is the content of two tiles")
        return
    if path.suffix == ".json":
        _file(walk, file, transform, box, tile["geometricError"])
        return
    walk.files.add(file)
    data = path.read_bytes()
    if len(data) > LARGEST_TILE:
        walk.note(file, f"has {len(data):,} bytes, expected at most {LARGEST_TILE:,}")
    problems, content = check_glb(data)
    for problem in problems:
        walk.note(file, problem)
    if content is not None:
        walk.features += content.features
        if not _holds(box, content.box):
            walk.note(where, f"vertices of {file} lie outside of its box")


def _is_tileset(tile):
    return str(tile.get("content", {}).get("uri", "")).endswith(".json")


def _box(tile):
    """Least and largest corner, shape (2, 3), of a box along the axes; None for anything else."""
    try:
        values = np.array(tile["boundingVolume"]["box"], float)
        centre, axes = values[:3], values[3:].reshape(3, 3)
    except (KeyError, TypeError, ValueError):
        return None
    half = np.diag(axes)
    if not np.isfinite(values).all() or (half < 0).any() or not (axes == np.diag(half)).all():
        return None
    return np.array([centre - half, centre + half])


def _transform(walk, where, values):
    try:
        matrix = np.array(values, float).reshape(4, 4).T
    except (TypeError, ValueError):
        matrix = np.full((4, 4), np.nan)
    turned = matrix[:3, :3]
    if not np.isfinite(matrix).all() or not np.allclose(turned @ turned.T, np.eye(3), atol=1e-6):
        walk.note(where, "its transform does not turn and move, expected 16 such numbers")
        return np.eye(4)
    return matrix


def _holds(outer, inner):
    return bool((outer[0] - _SLACK <= inner[0]).all() and (outer[1] + _SLACK >= inner[1]).all())

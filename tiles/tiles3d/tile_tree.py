"""The tree of tiles as tileset.json, in one file or in several."""

import json
from dataclasses import dataclass, field

import numpy as np

MOST_TILES = 1_000
"""More go into several files, so that none is slow to read."""

_TILES_A_FILE = 256


@dataclass
class Tile:
    """One tile.

    Parameters
    ----------
    box : numpy.ndarray
        Least and largest corner of all that it and the tiles below it hold, in the frame of the
        city, shape (2, 3) [m].
    error : float
        Size of what is missing where only the tile itself is drawn [m].
    uri : str or None
        Its content, seen from the folder of the tileset.
    children : list of Tile
        Tiles below; they add to it.
    """

    box: np.ndarray
    error: float
    uri: str | None = None
    children: list = field(default_factory=list)

    def count(self):
        """Tiles from here down."""
        return 1 + sum(child.count() for child in self.children)


def enclosing(boxes):
    """The box around others, shape (2, 3)."""
    boxes = np.asarray(boxes)
    return np.array([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)])


def over(tiles, error=None):
    """One tile over others; the only one itself; None where there is none.

    Parameters
    ----------
    tiles : list of Tile
        Which ones.
    error : float, optional
        Its geometric error; by default the extent of all [m].
    """
    if len(tiles) < 2:
        return tiles[0] if tiles else None
    box = enclosing([tile.box for tile in tiles])
    extent = float(np.linalg.norm(box[1] - box[0]))
    largest = max(tile.error for tile in tiles)
    return Tile(box, max(extent if error is None else error, largest), None, list(tiles))


def write_tilesets(folder, root, transform):
    """Write tileset.json, and ``t/*.json`` where there are more than `MOST_TILES`.

    Parameters
    ----------
    folder : pathlib.Path
        Where the contents of the tiles lie.
    root : Tile
        The tree.
    transform : numpy.ndarray
        From the frame of the city to Earth-centred metres, shape (4, 4).

    Notes
    -----
    OGC 22-025r4, 7.6: `refine` stands on the root, the transform is column-major. A tile whose
    content is another tileset keeps the error of the tile above it, so that clients load it when
    they refine that one, as if it stood in the same file.
    """
    names = {}
    if root.count() > MOST_TILES:
        (folder / "t").mkdir(exist_ok=True)
        _cut(root, names)
    for tile, name, error in names.values():
        _write(folder / name, _entry(tile, "../", {}), error)
    entry = _entry(root, "", names)
    entry = {
        "transform": transform.T.ravel().tolist(),
        **entry,
        "refine": "ADD",
    }
    extent = float(np.linalg.norm(root.box[1] - root.box[0]))
    _write(folder / "tileset.json", entry, max(extent, root.error))


def _cut(tile, names):
    """Find the tiles that begin a file of their own: (tile, file, error of the tile above)."""
    for child in tile.children:
        if child.count() <= _TILES_A_FILE:
            names[id(child)] = (child, f"t/{len(names)}.json", tile.error)
        else:
            _cut(child, names)


def _entry(tile, prefix, names):
    entry = {"boundingVolume": {"box": _box(tile.box)}, "geometricError": tile.error}
    if tile.uri is not None:
        entry["content"] = {"uri": prefix + tile.uri}
    if tile.children:
        entry["children"] = [_linked(child, prefix, names) for child in tile.children]
    return entry


def _linked(tile, prefix, names):
    if id(tile) not in names:
        return _entry(tile, prefix, names)
    _, name, error = names[id(tile)]
    return {
        "boundingVolume": {"box": _box(tile.box)},
        "geometricError": error,
        "content": {"uri": name},
    }


def _box(box):
    """Centre and half axes, rounded outwards to the millimetre."""
    low, high = np.floor(box[0] * 1000) / 1000, np.ceil(box[1] * 1000) / 1000
    centre, half = (low + high) / 2, (high - low) / 2
    return [*centre.tolist(), *np.diag(half).ravel().tolist()]


def _write(path, root, error):
    root.setdefault("refine", "ADD")
    document = {
        "asset": {"version": "1.1", "generator": "floodtwin"},
        "geometricError": error,
        "root": root,
    }
    path.write_text(json.dumps(document, separators=(",", ":"), allow_nan=False))

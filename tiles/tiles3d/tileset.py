"""3D Tiles 1.1 of a city: its buildings and other objects, written tile by tile."""

import re
from collections import Counter
from pathlib import Path

import numpy as np

from tiles.local_frame import LocalFrame
from tiles.tiles3d.extruded_buildings import ExtrudedBuildings
from tiles.tiles3d.quadtree import plan
from tiles.tiles3d.tile_content import tile_glb
from tiles.tiles3d.tile_tree import Tile, enclosing, over, write_tilesets
from twin.errors import InputError
from twin.model.families import families
from twin.model.footprints import is_building

LARGEST_TILE = 500_000
"""Bytes that a tile should have at most."""

RELIEF = ("TINRelief", "ReliefFeature", "MassPointRelief", "BreaklineRelief", "RasterRelief")
"""The terrain has tiles of its own."""

_PIECE = re.compile(r"-\d+$")
_BUDGET = 460_000  # bytes of geometry and attributes; the rest is for JSON
# Clients draw the children of a tile where its error would be 16 pixels or more. What is missing
# is to be drawn from 4 pixels on, as a house of 16 pixels is missed.
_ERROR_OF_SIZE = 4.0


def write_building_tiles(city, folder, progress=None, compress=None):
    """Write the 3D Tiles of a city.

    Parameters
    ----------
    city : twin.city.City
        With a model, a layer `buildings`, or both.
    folder : str or pathlib.Path
        An existing folder; gets ``tileset.json``, ``b/*.glb`` (class ``building``), ``o/*.glb``
        (class ``city_object``) and, with more than `tiles.tiles3d.tile_tree.MOST_TILES`,
        ``t/*.json``.
    progress : callable, optional
        Called as (done, total) now and then.
    compress : {None, "draco"}
        How geometry travels; see `tiles.tiles3d.draco`.

    Returns
    -------
    dict
        ``buildings``, ``other_objects``, ``tiles``, ``triangles``, ``bytes``, ``largest_bytes``,
        and ``skipped``: objects without anything to draw by class, such as ``{"Building": 3}``; a
        house that the model only names is extruded if it is in the layer.

    Raises
    ------
    InputError
        There is nothing to draw.

    Notes
    -----
    OGC 22-025r4 (3D Tiles 1.1), explicit tiles, refinement ADD: each object is in one tile, the
    large ones in the upper tiles. The geometric error of a tile is four times the size of the
    largest object that only the tiles below it have.
    """
    folder = Path(folder)
    frame = LocalFrame.of_city(city)
    buildings, others = city_sources(city, frame)
    writer = _Writer(folder, compress, progress, sum(map(len, [*buildings, *others])))
    branches = [writer.branch("b", buildings), writer.branch("o", others)]
    root = over([branch for branch in branches if branch is not None])
    if root is None:
        raise InputError(
            f"city {city.name} has nothing to draw in 3D, expected a layer buildings or a model; "
            "import one of them"
        )
    write_tilesets(folder, root, frame.transform)
    return {
        "buildings": sum(source.object_count for source in buildings),
        "other_objects": sum(source.object_count for source in others),
        **writer.counts,
        "skipped": dict(sum((source.skipped for source in [*buildings, *others]), Counter())),
    }


def city_sources(city, frame):
    """What the buildings and the other objects of a city are drawn from.

    Parameters
    ----------
    city : twin.city.City
        With a model, a layer `buildings`, or both: what the model does not draw is extruded.
    frame : LocalFrame
        Of the city.

    Returns
    -------
    tuple of (list, list)
        `ExtrudedBuildings` and `ModelledObjects` of buildings, and of other objects.
    """
    elevation = city.terrain_window(0, 0, city.grid.ny, city.grid.nx, ["elevation"])
    elevation = elevation["elevation"].to_numpy()
    layer = city.layer("buildings") if city.has_layer("buildings") else None
    if city.has_model:
        return _model_sources(city.model(), layer, elevation, frame)
    rows = np.arange(0 if layer is None else len(layer))
    return ([ExtrudedBuildings(layer, rows, elevation, frame)] if len(rows) else []), []


def _model_sources(model, layer, elevation, frame):
    from tiles.tiles3d.modelled_objects import ModelledObjects
    from tiles.tiles3d.object_properties import ObjectTable

    houses, others = _groups(model)
    ids = [] if layer is None else list(layer["building_id"])
    rows = {name: row for row, name in enumerate(ids)}
    table = ObjectTable(houses, rows, layer)
    modelled = ModelledObjects(houses, elevation, frame, "building", table)
    other = ModelledObjects(others, elevation, frame, "city_object", ObjectTable(others))
    drawn = {members[0].id for members in modelled.members}
    # A house in several pieces has a row for each: the first with its id, others with "-2", ...
    missing = [row for name, row in rows.items() if not drawn & {name, _PIECE.sub("", name)}]
    buildings = [modelled]
    if missing:
        extruded = ExtrudedBuildings(layer, np.array(missing), elevation, frame)
        modelled.drawn_elsewhere(ids[row] for row in extruded.rows)
        buildings.append(extruded)
    return buildings, [other]


def _groups(model):
    """Families of buildings, and those of all else but relief."""
    houses, others = [], []
    for members in families(model.objects):
        kind = members[0].type.lstrip("+")
        if kind not in RELIEF and kind != "CityObjectGroup":
            is_house = kind.startswith("Building") or is_building(members)
            (houses if is_house else others).append(members)
    return houses, others


class _Writer:
    """Writes the GLBs of branches of the tree and counts what it wrote."""

    def __init__(self, folder, compress, progress, total):
        self.counts = {"tiles": 0, "triangles": 0, "bytes": 0, "largest_bytes": 0}
        self._folder, self._compress = folder, compress
        self._progress, self._done, self._total = progress, 0, total

    def branch(self, name, sources):
        """One tile tree, or several under one tile where there are several sources; or None."""
        trees = []
        for number, source in enumerate(source for source in sources if len(source)):
            (self._folder / name).mkdir(exist_ok=True)
            root = plan(source.centres, source.sizes, source.weights, _BUDGET)
            trees.append(self._tile(root, source, f"{name}/{'rst'[number]}"))
        return over([tree for tree in trees if tree is not None])

    def _tile(self, node, source, prefix):
        """Write a tile and those below it; None where they have nothing to draw."""
        uri = f"{prefix}{node.name[1:]}.glb"
        box = self._content(node, source, uri)
        children = [self._tile(child, source, prefix) for child in node.children]
        children = [child for child in children if child is not None]
        if box is None:
            return over(children, _ERROR_OF_SIZE * node.missing)
        return Tile(
            enclosing([box, *(child.box for child in children)]),
            _ERROR_OF_SIZE * node.missing if children else 0.0,
            uri,
            children,
        )

    def _content(self, node, source, uri):
        """Write what a tile holds; its box, or None where there is nothing to draw."""
        rows = np.sort(node.rows)
        mesh = source.mesh(rows)
        self._done += len(rows)
        if self._progress is not None:
            self._progress(self._done, self._total)
        if not len(mesh.triangles):
            return None
        glb, box = tile_glb(
            mesh, source.class_name, source.columns(rows), not source.is_closed, self._compress
        )
        (self._folder / uri).write_bytes(glb)
        self.counts["tiles"] += 1
        self.counts["triangles"] += len(mesh.triangles)
        self.counts["bytes"] += len(glb)
        self.counts["largest_bytes"] = max(self.counts["largest_bytes"], len(glb))
        return box

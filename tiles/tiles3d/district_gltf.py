"""A district as one glTF for virtual reality and drawing programs: its ground, each building."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from tiles.local_frame import LocalFrame
from tiles.tiles3d.glb import Glb
from tiles.tiles3d.materials import linear
from tiles.tiles3d.mesh import Mesh, unit, y_up
from tiles.tiles3d.tileset import city_sources
from twin.errors import InputError, MissingError

MOST_OBJECTS = 20_000
"""Each is a node of its own; more are slow in every program."""

_GROUND_CELLS = 256  # along an edge at most
_GROUND_COLOUR = linear("#a9ab98")
_NAMES = ("district_id", "name", "name_zh")


def export_gltf(city, path, district=None, bounds=None, depths=None):
    """Write a part of a city as one GLB: metres, Y up, origin on the ground in its middle.

    Parameters
    ----------
    city : twin.city.City
        With buildings.
    path : str or pathlib.Path
        File to write; it comes into place whole.
    district : str, optional
        `district_id` or name of a district of the layer `districts`.
    bounds : sequence of float, optional
        West, south, east, north in the CRS of the city [m], instead of a district.
    depths : numpy.ndarray, optional
        Largest water depth at each row of the layer `buildings`, shape (row,) [m]; each building
        then carries its own as ``max_depth``.

    Returns
    -------
    dict
        ``file``, ``buildings``, ``other_objects``, ``triangles``, ``bytes``, and ``origin``:
        ``lon``, ``lat`` [degrees], ``x``, ``y``, ``height`` in the CRS of the city [m].

    Raises
    ------
    MissingError
        There is no such district.
    InputError
        Both or neither of district and bounds came, the place holds nothing, or too much.

    Notes
    -----
    Nodes are named by the id of their object; what is known about it stands in `extras`. Houses
    whose middle is inside are taken whole; the ground is the rectangle around the place.
    """
    path = Path(path)
    area = _area(city, district, bounds)
    frame = LocalFrame.of_city(city)
    ground, origin = _ground(city, area, frame)
    glb = Glb()
    glb.add("materials", {"pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 0.9},
                          "doubleSided": True})  # fmt: skip
    place = _Place(area, origin, depths)
    buildings, others = (
        sum(_add_objects(glb, source, place) for source in sources)
        for sources in city_sources(city, frame)
    )
    if buildings + others == 0:
        raise InputError("there is no building in this part of the city; choose another")
    _add_node(glb, "ground", ground, origin, {"type": "ground"})
    root = {"name": city.name, "children": list(range(len(glb.document["nodes"])))}
    root["extras"] = {"city": city.name, "version": city.version, "origin": _told(city, origin)}
    glb.add("scenes", {"name": city.name, "nodes": [glb.add("nodes", root)]})
    glb.document["scene"] = 0
    data = glb.to_bytes()
    _write(path, data)
    corners = sum(glb.document["accessors"][m["primitives"][0]["indices"]]["count"]
                  for m in glb.document["meshes"])  # fmt: skip
    return {
        "file": str(path),
        "buildings": buildings,
        "other_objects": others,
        "triangles": corners // 3,
        "bytes": len(data),
        "origin": root["extras"]["origin"],
    }


@dataclass(frozen=True)
class _Place:
    """The part of the city that is wanted, its origin in the frame, water at its buildings."""

    area: object
    origin: dict
    depths: np.ndarray | None


def _area(city, district, bounds):
    if (district is None) == (bounds is None):
        raise InputError("a district or bounds are needed, expected one of both; name one")
    if bounds is not None:
        west, south, east, north = map(float, bounds)
        if not (west < east and south < north):
            raise InputError(
                f"bounds {list(bounds)} are empty, expected west, south, east, north in "
                f"{city.crs}; correct them"
            )
        return shapely.box(west, south, east, north)
    layer = city.layer("districts")
    for column in (name for name in _NAMES if name in layer.columns):
        found = layer[layer[column].astype(str) == str(district)]
        if len(found):
            return shapely.union_all(found.geometry.to_numpy())
    there = ", ".join(str(name) for name in layer["name"].head(12)) if "name" in layer else ""
    raise MissingError(
        f"there is no district {str(district)[:60]!r} in {city.name}, it has {there}; name one"
    )


def _ground(city, area, frame):
    """Mesh of the ground around an area; its origin in the frame and in the CRS of the city."""
    west, south, east, north = area.bounds
    grid = city.grid
    first_row, first_column = _cell(grid, west, north)
    last_row, last_column = _cell(grid, east, south)
    if last_row < 0 or last_column < 0 or first_row >= grid.ny or first_column >= grid.nx:
        raise InputError("this place is outside of the city; choose one within it")
    rows = _thinned(max(first_row, 0), min(last_row, grid.ny - 1))
    columns = _thinned(max(first_column, 0), min(last_column, grid.nx - 1))
    window = city.terrain_window(
        int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1,
        ["elevation"],
    )  # fmt: skip
    z = window["elevation"].to_numpy()[np.ix_(rows - rows[0], columns - columns[0])]
    if not np.isfinite(z).any():
        raise InputError("there is no ground in this place; choose another")
    x, y = np.meshgrid(grid.x[columns], grid.y[rows])
    low = float(np.nanmin(z))
    middle = [(west + east) / 2, (south + north) / 2, low]
    points = np.column_stack([x.ravel(), y.ravel(), np.where(np.isfinite(z), z, low).ravel()])
    origin = {"x": middle[0], "y": middle[1], "height": low}
    origin["frame"] = frame.from_city([middle])[0]
    sheet = _sheet(frame.from_city(points), np.isfinite(z))
    if not len(sheet.triangles):
        raise InputError("this place is smaller than a few cells; choose a larger one")
    return sheet, origin


def _cell(grid, x, y):
    row, column = (grid.y0 - y) / grid.cell_size, (x - grid.x0) / grid.cell_size
    return int(np.floor(row)), int(np.floor(column))


def _thinned(first, last):
    count = min(last - first + 1, _GROUND_CELLS)
    return np.unique(np.linspace(first, last, count).round().astype(int))


def _sheet(points, is_ground):
    """Triangles between the centres of cells that are ground."""
    number = np.arange(is_ground.size).reshape(is_ground.shape)
    a, b, c, d = number[1:, :-1], number[1:, 1:], number[:-1, 1:], number[:-1, :-1]
    whole = is_ground[1:, :-1] & is_ground[1:, 1:] & is_ground[:-1, 1:] & is_ground[:-1, :-1]
    triangles = np.concatenate(
        [np.column_stack([p[whole] for p in corner]) for corner in ((a, b, c), (a, c, d))]
    )
    sides = [points[triangles[:, k]] - points[triangles[:, 0]] for k in (1, 2)]
    cross = np.cross(*sides)
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], cross)
    return Mesh(
        points,
        unit(normals),
        np.tile(_GROUND_COLOUR, (len(points), 1)),
        np.zeros(len(points), int),
        triangles,
    )


def _add_objects(glb, source, place):
    """Add the objects of a source whose middle is inside, each as a node; how many."""
    if not len(source):
        return 0
    inside = shapely.contains_xy(place.area, *source.centres.T)
    chosen = np.flatnonzero(np.isin(source.owners, source.owners[inside]))
    count = len(np.unique(source.owners[chosen]))
    if count > MOST_OBJECTS:
        raise InputError(
            f"this place has {count:,} objects, expected at most {MOST_OBJECTS:,}; take a smaller "
            "one, or the 3D Tiles"
        )
    if not count:
        return 0
    extras = _extras(source.columns(chosen), place.depths)
    for feature, part in _parts(source.mesh(chosen)):
        known = extras[feature]
        _add_node(glb, known["id"] or f"row {known.get('row', feature)}", part, place.origin, known)
    return count


def _extras(columns, depths):
    """What is known about each object, without what is not."""
    found = [{} for _ in columns[0].values]
    for column in columns:
        values = column.values if column.is_text else column.values.tolist()
        for entry, value in zip(found, values, strict=True):
            if value != "" and (column.unknown is None or value != column.unknown):
                entry[column.name] = value
            entry.setdefault("id", "")
    for entry in found:
        row = entry.get("row", -1)
        if depths is not None and 0 <= row < len(depths) and np.isfinite(depths[row]):
            entry["max_depth"] = round(float(depths[row]), 3)
    return found


def _parts(mesh):
    """Meshes of the single features of a mesh."""
    order = np.argsort(mesh.features, kind="stable")
    where = np.empty(len(order), int)
    where[order] = np.arange(len(order))
    starts = np.searchsorted(mesh.features[order], np.arange(mesh.features.max() + 2))
    owner = mesh.features[mesh.triangles[:, 0]]
    by_owner = np.argsort(owner, kind="stable")
    cuts = np.searchsorted(owner[by_owner], np.arange(mesh.features.max() + 2))
    for feature in np.unique(owner):
        rows = order[starts[feature] : starts[feature + 1]]
        triangles = mesh.triangles[by_owner[cuts[feature] : cuts[feature + 1]]]
        yield (
            feature,
            Mesh(
                mesh.positions[rows],
                mesh.normals[rows],
                mesh.colours[rows],
                mesh.features[rows],
                where[triangles] - starts[feature],
            ),
        )


def _add_node(glb, name, mesh, origin, extras):
    # The middle of the foot of an object is its own origin, so that it can be moved and scaled.
    low, high = mesh.positions.min(axis=0), mesh.positions.max(axis=0)
    foot = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    positions = y_up(mesh.positions - foot)
    primitive = {
        "attributes": {
            "POSITION": glb.attribute(positions, bounds=True),
            "NORMAL": glb.attribute(y_up(mesh.normals)),
            "COLOR_0": glb.attribute(mesh.colours, normalized=True),
        },
        "indices": glb.indices(mesh.triangles, len(positions)),
        "material": 0,
    }
    glb.add(
        "nodes",
        {
            "name": name,
            "mesh": glb.add("meshes", {"name": name, "primitives": [primitive]}),
            "translation": y_up((foot - origin["frame"])[None])[0].astype(float).tolist(),
            "extras": extras,
        },
    )


def _told(city, origin):
    from pyproj import Transformer

    from tiles.mercator import LONLAT

    to_lonlat = Transformer.from_crs(city.crs, LONLAT, always_xy=True)
    lon, lat = to_lonlat.transform(origin["x"], origin["y"])
    place = {"lon": lon, "lat": lat, "x": origin["x"], "y": origin["y"]}
    return {**place, "height": origin["height"], "crs": city.crs}


def _write(path, data):
    if path.is_dir():
        raise InputError(f"{path} is a folder, expected the name of a GLB file; add one")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    try:
        aside.write_bytes(data)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)

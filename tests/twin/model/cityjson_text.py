"""A small CityJSON document for the tests: a house of two parts, a tree and ground."""

import json

import numpy as np

SCALE = [0.01, 0.01, 0.01]
MOVE = [80000.0, 450000.0, 0.0]


def cuboid(x, y, z, width, depth, height):
    """Vertices of a box, and its six faces: bottom first, top second."""
    corners = [(x, y), (x + width, y), (x + width, y + depth), (x, y + depth)]
    vertices = [(a, b, c) for c in (z, z + height) for a, b in corners]
    walls = [[[i, (i + 1) % 4, 4 + (i + 1) % 4, 4 + i]] for i in range(4)]
    return vertices, [[[3, 2, 1, 0]], [[4, 5, 6, 7]], *walls]


def document(version="2.0", semantics=True, crs="https://www.opengis.net/def/crs/EPSG/0/7415"):
    vertices, faces = cuboid(10, 10, 2, 8, 6, 9)
    more, _ = cuboid(18, 10, 2, 4, 6, 5)
    shifted = [[[i + 8 for i in ring] for ring in face] for face in faces]
    ground = [(0, 0, 2), (40, 0, 2), (40, 40, 6), (0, 40, 6)]
    names = ["GroundSurface", "RoofSurface", *["WallSurface"] * 4]
    meaning = {"surfaces": [{"type": n} for n in names], "values": [list(range(6))]}
    meaning = {"semantics": meaning} if semantics else {}
    solid = {"type": "Solid", "lod": "2", "boundaries": [faces], **meaning}
    other = {"type": "Solid", "lod": "2", "boundaries": [shifted], **meaning}
    tin = {"type": "CompositeSurface", "lod": "2", "boundaries": [[[16, 17, 18]], [[16, 18, 19]]]}
    every = np.array([*vertices, *more, *ground]) / SCALE
    return {
        "type": "CityJSON",
        "version": version,
        "metadata": {"referenceSystem": crs},
        "transform": {"scale": SCALE, "translate": MOVE},
        "CityObjects": {
            "house": {
                "type": "Building",
                "attributes": {"storeysAboveGround": 3, "function": "school"},
                "children": ["wing"],
                "geometry": [solid],
            },
            "wing": {"type": "BuildingPart", "parents": ["house"], "geometry": [other]},
            "tin": {"type": "TINRelief", "geometry": [tin]},
            "tree": {"type": "SolitaryVegetationObject", "geometry": []},
        },
        "vertices": np.round(every).astype(int).tolist(),
    }


def write(folder, content):
    path = folder / "city.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path

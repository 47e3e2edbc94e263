"""One GLB of 3D Tiles: a mesh, the ids of its features, their property table."""

import numpy as np

from tiles.tiles3d.glb import Glb
from tiles.tiles3d.mesh import y_up
from tiles.tiles3d.property_table import add_property_table

FEATURES = "EXT_mesh_features"
_MARGIN = 0.01  # metres around the content, beyond what float32 rounds


def tile_glb(mesh, class_name, columns, double_sided=False, compress=None):
    """GLB of a mesh whose features are known.

    Parameters
    ----------
    mesh : tiles.tiles3d.mesh.Mesh
        At least one triangle.
    class_name : str
        Class of the features.
    columns : sequence of tiles.tiles3d.property_table.Column
        One value a feature.
    double_sided : bool
        Whether faces are drawn from behind too: where a model may turn them.
    compress : {None, "draco"}
        How the geometry travels.

    Returns
    -------
    tuple of (bytes, numpy.ndarray)
        The GLB; least and largest corner of what it holds in the frame, shape (2, 3) [m].

    Notes
    -----
    Feature ids are float32: exact up to 16.7 million, four bytes a vertex without gaps, and read
    alike by CesiumJS and three.js, whereas unsigned short needs a stride of 4.
    """
    # Vertices are relative to the middle, so that float32 keeps the millimetres.
    centre = (mesh.positions.min(axis=0) + mesh.positions.max(axis=0)) / 2
    positions = y_up(mesh.positions - centre)
    glb = Glb()
    primitive = _primitive(glb, mesh, positions, compress)
    primitive["material"] = glb.add("materials", _material(double_sided))
    glb.use(FEATURES)
    count = len(columns[0].values)
    primitive.setdefault("extensions", {})[FEATURES] = {
        "featureIds": [{"featureCount": count, "attribute": 0, "propertyTable": 0}]
    }
    add_property_table(glb, class_name, columns)
    node = {"mesh": glb.add("meshes", {"primitives": [primitive]})}
    node["translation"] = y_up(centre[None])[0].astype(float).tolist()
    glb.add("scenes", {"nodes": [glb.add("nodes", node)]})
    glb.document["scene"] = 0
    return glb.to_bytes(), _bounds(positions, node["translation"])


def _primitive(glb, mesh, positions, compress):
    if compress == "draco":
        from tiles.tiles3d.draco import draco_primitive

        return draco_primitive(glb, mesh, positions)
    attributes = {
        "POSITION": glb.attribute(positions, bounds=True),
        "NORMAL": glb.attribute(y_up(mesh.normals)),
        "COLOR_0": glb.attribute(mesh.colours, normalized=True),
        "_FEATURE_ID_0": glb.attribute(mesh.features.astype("<f4")),
    }
    return {"attributes": attributes, "indices": glb.indices(mesh.triangles, len(positions))}


def _material(double_sided):
    material = {"pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.9}}
    if double_sided:
        material["doubleSided"] = True
    return material


def _bounds(positions, translation):
    x, y, z = (positions.astype(float) + translation).T
    corners = np.array([[x.min(), (-z).min(), y.min()], [x.max(), (-z).max(), y.max()]])
    return corners + np.array([[-_MARGIN], [_MARGIN]])

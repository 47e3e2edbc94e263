"""Geometry of a GLB compressed with Draco: a tenth of the bytes, for clients that can decode it."""

import numpy as np

from tiles.tiles3d.glb import Glb, index_type
from tiles.tiles3d.mesh import y_up

EXTENSION = "KHR_draco_mesh_compression"
STEP = 0.01
"""Positions are rounded to less than this [m]."""

_NAMES = {0: "POSITION", 1: "NORMAL", 2: "COLOR_0", 4: "_FEATURE_ID_0"}  # by kind in Draco
_FEATURES = 0  # number of the feature ids among the attributes of the encoder
_LEVEL = 7  # of 10: beyond, encoding takes twice the time for a tenth of the bytes


def draco_primitive(glb, mesh, positions):
    """Primitive of a mesh whose geometry is one Draco buffer.

    Parameters
    ----------
    glb : tiles.tiles3d.glb.Glb
        Grows by one buffer view.
    mesh : tiles.tiles3d.mesh.Mesh
        What to draw.
    positions : numpy.ndarray of float32
        Its vertices as glTF has them, shape (vertex, 3) [m].

    Notes
    -----
    KHR_draco_mesh_compression: accessors keep type and count and have no buffer view. The encoder
    may split or merge vertices and drop a face, so the counts are those that decoding gives.
    """
    import DracoPy

    normals = y_up(mesh.normals)
    features = mesh.features.astype("<u2" if mesh.features.max() < 2**16 else "<u4")
    extent = float(np.ptp(positions, axis=0).max())
    data = DracoPy.encode(
        positions,
        mesh.triangles.astype("<u4"),
        quantization_bits=int(np.clip(np.ceil(np.log2(extent / STEP + 2)), 8, 28)),
        compression_level=_LEVEL,
        colors=mesh.colours,
        normals=normals.astype(float),
        normal_quantization_bits=8,
        generic_attributes={_FEATURES: features[:, None]},
    )
    mesh = DracoPy.decode(data)
    arrays = {_NAMES[entry["attribute_type"]]: entry for entry in mesh.attributes}
    accessors = {
        "POSITION": Glb.accessor(arrays["POSITION"]["data"].astype("<f4"), bounds=True),
        "NORMAL": Glb.accessor(arrays["NORMAL"]["data"].astype("<f4")),
        "COLOR_0": Glb.accessor(arrays["COLOR_0"]["data"].astype("u1"), normalized=True),
        "_FEATURE_ID_0": Glb.accessor(
            arrays["_FEATURE_ID_0"]["data"].ravel().astype(features.dtype)
        ),
    }
    indices = Glb.accessor(mesh.faces.ravel().astype(index_type(len(mesh.points))))
    numbers = {name: entry["unique_id"] for name, entry in arrays.items()}
    glb.use(EXTENSION, required=True)
    return {
        "attributes": {name: glb.add("accessors", entry) for name, entry in accessors.items()},
        "indices": glb.add("accessors", indices),
        "extensions": {EXTENSION: {"bufferView": glb.buffer_view(data), "attributes": numbers}},
    }

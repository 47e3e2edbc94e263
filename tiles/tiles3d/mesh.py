"""Triangles with what a client needs to draw and to pick them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mesh:
    """Triangles of many objects.

    Parameters
    ----------
    positions : numpy.ndarray of float64
        East, north, up in the frame of the city, shape (vertex, 3) [m].
    normals : numpy.ndarray of float32
        Unit vectors, shape (vertex, 3).
    colours : numpy.ndarray of uint8
        Linear red, green, blue and opacity, shape (vertex, 4).
    features : numpy.ndarray of int
        Row of each vertex in the property table, shape (vertex,).
    triangles : numpy.ndarray of int
        Rows of vertices, counterclockwise from outside, shape (triangle, 3).
    """

    positions: np.ndarray
    normals: np.ndarray
    colours: np.ndarray
    features: np.ndarray
    triangles: np.ndarray


def join(meshes):
    """One mesh of several with the same property table."""
    starts = np.cumsum([0] + [len(mesh.positions) for mesh in meshes])
    return Mesh(
        np.concatenate([mesh.positions for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.colours for mesh in meshes]),
        np.concatenate([mesh.features for mesh in meshes]),
        np.concatenate([m.triangles + s for m, s in zip(meshes, starts, strict=False)]),
    )


def unit(vectors):
    """Vectors of length 1 along others, float32, shape (n, 3); up where there is no direction."""
    length = np.sqrt((vectors**2).sum(axis=1))
    flat = ~(length > 1e-12)
    found = vectors / np.where(flat, 1.0, length)[:, None]
    found[flat] = (0.0, 0.0, 1.0)
    return found.astype(np.float32)


def y_up(vectors):
    """East, north, up as glTF has it: x east, y up, z south; float32, shape (n, 3)."""
    return np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], axis=1).astype("<f4")

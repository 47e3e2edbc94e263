"""Who an object is, and in which version: ids that stay, hashes of what it says."""

import hashlib
import json

import numpy as np

GRAIN = 0.001
"""Coordinates closer than this are the same [m, or the unit of the CRS]."""


def made_id(kind, geometries):
    """Id for an object that has none: the same for the same type and geometry in any file.

    Parameters
    ----------
    kind : str
        Type of the object.
    geometries : sequence of Geometry
        Its shapes.

    Returns
    -------
    str
        For example ``"Building-3f1c0a9be2d4"``.
    """
    digest = hashlib.sha256(kind.encode())
    for geometry in geometries:
        _add(digest, geometry)
    return f"{kind.lstrip('+')}-{digest.hexdigest()[:12]}"


def version_of(entry):
    """First 16 hex digits of the SHA-256 of all that an object says.

    Parameters
    ----------
    entry : CityObject
        As it was read, before it is moved into another reference system.

    Returns
    -------
    str
        Changes when its type, attributes, geometries or family change; else never.
    """
    said = [entry.type, entry.attributes, sorted(entry.parents), sorted(entry.children)]
    digest = hashlib.sha256(json.dumps([*said, entry.other], sort_keys=True).encode())
    for geometry in entry.geometries:
        _add(digest, geometry)
        if geometry.semantics:
            digest.update(json.dumps(geometry.semantics, sort_keys=True).encode())
            digest.update(geometry.surface_semantics.tobytes())
    return digest.hexdigest()[:16]


def _add(digest, geometry):
    """Feed kind, level of detail, rounded corners and their grouping to a digest."""
    digest.update(f"{geometry.kind} {geometry.lod}".encode())
    rounded = np.rint(geometry.points / GRAIN).astype(np.int64)
    digest.update(rounded[geometry.corners].tobytes())
    for ends in (geometry.ring_ends, geometry.surface_ends, geometry.shell_ends):
        digest.update(ends.tobytes())

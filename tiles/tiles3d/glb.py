"""Binary glTF 2.0: arrays in, one aligned GLB out."""

import json
import struct

import numpy as np

ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963

_ALIGNMENT = 8  # EXT_structural_metadata asks for 8, accessors for at most 4
_COMPONENTS = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
_KINDS = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4"}


class Glb:
    """A glTF document that grows with its one binary buffer.

    Parameters
    ----------
    generator : str
        Who wrote it.

    Notes
    -----
    Khronos glTF 2.0, section 4.4 (GLB); OGC 22-025r4 takes GLB as content of 3D Tiles 1.1.
    The binary chunk begins at a multiple of 8 bytes, and so does each buffer view in it.
    """

    def __init__(self, generator="floodtwin"):
        self.document = {"asset": {"version": "2.0", "generator": generator}}
        self._parts = []
        self._length = 0

    def add(self, name, entry):
        """Append an entry to a list of the document, for example ``"nodes"``; its index."""
        entries = self.document.setdefault(name, [])
        entries.append(entry)
        return len(entries) - 1

    def use(self, extension, required=False):
        """Name an extension that is used; `required` where a client must know it."""
        for key in ("extensionsUsed", "extensionsRequired")[: 1 + required]:
            names = self.document.setdefault(key, [])
            if extension not in names:
                names.append(extension)

    def buffer_view(self, data, target=None):
        """Put bytes into the buffer; the index of their buffer view.

        Parameters
        ----------
        data : bytes or numpy.ndarray
            Little endian.
        target : int, optional
            `ARRAY_BUFFER` or `ELEMENT_ARRAY_BUFFER` for what a primitive draws.
        """
        data = data.tobytes() if isinstance(data, np.ndarray) else bytes(data)
        view = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        padding = -len(data) % _ALIGNMENT
        self._parts += [data, b"\0" * padding]
        self._length += len(data) + padding
        return self.add("bufferViews", view)

    def attribute(self, values, normalized=False, bounds=False):
        """Accessor of one value a vertex.

        Parameters
        ----------
        values : numpy.ndarray
            Shape (vertex,) or (vertex, 2 to 4); of a vertex a multiple of 4 bytes.
        normalized : bool
            Whether integers stand for 0 to 1.
        bounds : bool
            Whether to state least and largest value, as POSITION must.
        """
        view = self.buffer_view(values, ARRAY_BUFFER)
        return self.add("accessors", self.accessor(values, normalized, bounds, view))

    def indices(self, triangles, vertices):
        """Accessor of corners of triangles, in 16 bits where they suffice.

        Parameters
        ----------
        triangles : numpy.ndarray of int
            Rows of vertices, any shape.
        vertices : int
            How many there are; the last index of a type is kept free for restarts.
        """
        values = triangles.ravel().astype(index_type(vertices))
        view = self.buffer_view(values, ELEMENT_ARRAY_BUFFER)
        return self.add("accessors", self.accessor(values, view=view))

    @staticmethod
    def accessor(values, normalized=False, bounds=False, view=None):
        """Description of an array as glTF has it; without a view its data comes compressed."""
        entry = {
            "componentType": _COMPONENTS[values.dtype.str[1:]],
            "count": len(values),
            "type": _KINDS[values.shape[1:]],
        }
        if view is not None:
            entry["bufferView"] = view
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry["min"] = values.min(axis=0).tolist()
            entry["max"] = values.max(axis=0).tolist()
        return entry

    def to_bytes(self):
        """The GLB."""
        document = dict(self.document)
        if self._length:
            document["buffers"] = [{"byteLength": self._length}]
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        # 12 bytes of header and two chunk heads of 8 stand before the buffer.
        text += b" " * (-(28 + len(text)) % _ALIGNMENT)
        chunks = [struct.pack("<I4s", len(text), b"JSON"), text]
        if self._length:
            chunks += [struct.pack("<I4s", self._length, b"BIN\0"), *self._parts]
        length = 12 + sum(map(len, chunks))
        return b"".join([struct.pack("<4sII", b"glTF", 2, length), *chunks])


def index_type(vertices):
    """Smallest type of the indices of so many vertices."""
    return np.dtype("<u2" if vertices < 2**16 else "<u4")

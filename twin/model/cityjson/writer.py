"""Writes CityJSON 2.0 and CityJSONSeq: whole millimetres, each vertex of a feature once."""

import json
import uuid
from pathlib import Path

import numpy as np

from twin.model.city_object_types import GENERIC_EXTENSION
from twin.model.cityjson.entries import Vertices, entry_of
from twin.model.families import families

PRECISION = 0.001
"""Distance between coordinates that can be written [m]."""
PRECISION_DEGREES = 1e-8
"""The same where the model is in degrees: about a millimetre."""


class FeatureWriter:
    """Writes a CityJSONSeq feature by feature, aside, and puts it in place at the end.

    Parameters
    ----------
    path : str or pathlib.Path
        Where the file goes.
    crs : str or None
        ``"EPSG:n"``; written as ``referenceSystem``.
    metadata : dict, optional
        More of the first line; ``extensions`` and ``+`` members go where they belong.

    Notes
    -----
    CityJSON 2.0.1 and CityJSON Text Sequences. Coordinates are rounded to `PRECISION` around the
    first point that comes, a whole metre, so what is written and read again stays as it is.
    """

    def __init__(self, path, crs, metadata=None):
        self._path = Path(path)
        self._aside = self._path.with_name(f".{self._path.name}.{uuid.uuid4().hex[:8]}.partial")
        self._crs, self._metadata = crs, metadata or {}
        self._stream, self._transform = None, None

    def __enter__(self):
        self._stream = self._aside.open("w", encoding="utf-8")
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None and self._transform is None:
                self._begin(np.zeros((1, 3)))
            self._stream.close()
            if kind is None:
                self._aside.replace(self._path)
        finally:
            self._stream.close()
            self._aside.unlink(missing_ok=True)

    def write(self, objects):
        """Write one feature.

        Parameters
        ----------
        objects : sequence of CityObject
            A root and what belongs to it, the root first.
        """
        if self._transform is None:
            self._begin(_first_points(objects))
        vertices = Vertices(self._transform)
        entries = {entry.id: entry_of(entry, vertices) for entry in objects}
        feature = {"type": "CityJSONFeature", "id": objects[0].id, "CityObjects": entries}
        feature["vertices"] = vertices.rows
        self._stream.write(_text(feature) + "\n")

    def _begin(self, points):
        self._transform = transform_for(points, self._crs)
        header = _header(self._crs, self._metadata, self._transform)
        self._stream.write(_text({**header, "CityObjects": {}, "vertices": []}) + "\n")


def write_cityjson_seq(model, path):
    """Write a model as CityJSONSeq 2.0.

    Parameters
    ----------
    model : CityModel
        Any.
    path : str or pathlib.Path
        Written aside and renamed.
    """
    with FeatureWriter(path, model.crs, model.metadata) as writer:
        for family in families(model.objects):
            writer.write(family)


def write_cityjson(model, path):
    """Write a model as CityJSON 2.0.

    Parameters
    ----------
    model : CityModel
        Any.
    path : str or pathlib.Path
        Written aside and renamed.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with aside.open("w", encoding="utf-8") as stream:
            _write_document(stream, model)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _write_document(stream, model):
    """Object after object, the vertices last, so that no second copy of a city is in memory."""
    transform = transform_for(_first_points(model.objects.values()), model.crs)
    header = _text(_header(model.crs, model.metadata, transform))
    stream.write(header[:-1] + ',"CityObjects":{')
    vertices, comma = [], ""
    count = 0
    for family in families(model.objects):
        own = Vertices(transform, count)
        for entry in family:
            stream.write(f"{comma}{_text(entry.id)}:{_text(entry_of(entry, own))}")
            comma = ","
        vertices.append(own.rows)
        count += len(own.rows)
    stream.write('},"vertices":[')
    stream.write(",".join(_text(rows)[1:-1] for rows in vertices if rows))
    stream.write("]}\n")


def transform_for(points, crs):
    """Scale and translation of a file: whole millimetres from a whole metre near its first point.

    Parameters
    ----------
    points : numpy.ndarray
        Some points of the model, shape (n, 3).
    crs : str or None
        Of the model.

    Returns
    -------
    tuple of numpy.ndarray
        Scale and translation, shape (3,) each.
    """
    scale = np.full(3, PRECISION)
    if _is_in_degrees(crs):
        scale[:2] = PRECISION_DEGREES
    return scale, np.floor(points.min(axis=0)) if len(points) else np.zeros(3)


def _is_in_degrees(crs):
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return crs is not None and CRS.from_user_input(crs).is_geographic
    except CRSError:
        return False


def _first_points(objects):
    points = (geometry.points for entry in objects for geometry in entry.geometries)
    return next(points, np.empty((0, 3)))


def _header(crs, metadata, transform):
    """First members of a file, or the first line of a sequence."""
    rest = {k: v for k, v in metadata.items() if k != "extensions" and not k.startswith("+")}
    rest.pop("geographicalExtent", None)  # of the file that it came from
    rest.pop("crs", None)
    if crs is not None:
        rest["referenceSystem"] = reference_system_url(crs)
    more = {k: v for k, v in metadata.items() if k.startswith("+")}
    known = metadata.get("extensions")
    more["extensions"] = {
        "Generic": GENERIC_EXTENSION,
        **(known if isinstance(known, dict) else {}),
    }
    scale, translate = transform
    place = {"scale": scale.tolist(), "translate": translate.tolist()}
    return {"type": "CityJSON", "version": "2.0", "transform": place, "metadata": rest, **more}


def reference_system_url(crs):
    """Address of a reference system as CityJSON names it; other texts stay as they are.

    Examples
    --------
    >>> reference_system_url("EPSG:7415")
    'https://www.opengis.net/def/crs/EPSG/0/7415'
    """
    codes = crs.removeprefix("EPSG:").split("+") if crs.startswith("EPSG:") else []
    if len(codes) == 1:
        return f"https://www.opengis.net/def/crs/EPSG/0/{codes[0]}"
    if codes:
        parts = (f"{i}=https://www.opengis.net/def/crs/EPSG/0/{c}" for i, c in enumerate(codes, 1))
        return "https://www.opengis.net/def/crs-compound?" + "&".join(parts)
    return crs


def _text(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)

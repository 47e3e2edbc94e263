"""City objects of CityJSON, one by one; what is wrong with one of them stops no other."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np

from twin.errors import InputError
from twin.model.city_model import CityObject, Trouble
from twin.model.city_object_types import GENERIC, is_known
from twin.model.citygml.crs import epsg_codes
from twin.model.cityjson.geometry import read_geometry
from twin.model.cityjson.templates import Templates
from twin.model.cityjson.text import triples
from twin.model.free_names import FreeNames
from twin.model.identity import made_id
from twin.model.plain_values import plain, text

MOST_TROUBLES = 10_000
"""Troubles that are told in full; all are counted."""

_RENAMED = {
    GENERIC.removeprefix("+"): GENERIC,
    "BridgeConstructionElement": "BridgeConstructiveElement",
}
"""Types of CityJSON 1.0 under their names of today."""

_OWN = {"type", "attributes", "geometry", "parents", "children", "members"}
_OWN |= {"geographicalExtent"}  # follows from the geometry, and is wrong once that is moved


class ObjectReader:
    """Reads objects of one file, counts them by type and keeps what was wrong.

    Parameters
    ----------
    document : dict
        The CityJSON object, or the first line of a CityJSONSeq.
    what : str or pathlib.Path
        The file, for messages.

    Raises
    ------
    InputError
        The transform is broken.
    """

    def __init__(self, document, what):
        self.what = what
        self.metadata = about_file(document)
        self.read = Counter()
        self.troubles = []
        self.trouble_count = 0
        self.with_appearance = 0
        self.crs = self._reference_system(document)
        self._names = FreeNames()
        self._transform = _transform(document.get("transform"), what)
        self._templates = Templates(document.get("geometry-templates"))

    def vertices(self, raw):
        """Real coordinates of vertices as they stand in the file, shape (n, 3).

        Raises
        ------
        InputError
            They are no triples of numbers.
        """
        scale, translate = self._transform
        return triples(raw, self.what) * scale + translate

    def objects(self, entries, vertices):
        """Read the members of a ``CityObjects``.

        Parameters
        ----------
        entries : dict
            Object of JSON by id.
        vertices : numpy.ndarray
            Real coordinates, shape (n, 3).

        Returns
        -------
        list of CityObject
        """
        repeated = getattr(entries, "repeated", ())
        found = [self._object(name, entry, vertices) for name, entry in entries.items()]
        found += [self._object(name, entry, vertices) for name, entry in repeated]
        return [entry for entry in found if entry is not None]

    def linked(self, entries):
        """Objects of a whole file without links to themselves and to what is not there.

        Parameters
        ----------
        entries : list of CityObject
            All of the file.

        Returns
        -------
        list of CityObject
        """
        known = {entry.id for entry in entries}
        return [self._linked(entry, known) for entry in entries]

    def _linked(self, entry, known):
        links = (*entry.parents, *entry.children)
        wrong = dict.fromkeys(name for name in links if name == entry.id or name not in known)
        if not wrong:
            return entry
        first = next(iter(wrong))
        what = "is itself" if first == entry.id else "is not in the file"
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        self.tell(entry.id, f"its parent or part {first[:80]!r} {what}; left out{more}")
        parents, children = (
            tuple(name for name in names if name not in wrong)
            for names in (entry.parents, entry.children)
        )
        return replace(entry, parents=parents, children=children)

    def tell(self, name, what):
        """Keep one trouble of an object, or of the file where the name is empty."""
        self.trouble_count += 1
        if len(self.troubles) < MOST_TROUBLES:
            self.troubles.append(Trouble(name, what))

    def close(self):
        """Troubles of the whole file that are only known at its end."""
        if self.with_appearance:
            self.tell("", f"textures or materials of {self.with_appearance} geometries; not kept")
            self.with_appearance = 0

    def _object(self, name, entry, vertices):
        name = text(name)
        if not isinstance(entry, dict):
            self.read[GENERIC] += 1
            return self.tell(name, "is no JSON object; left out")
        kind = self._type(name, entry.get("type"))
        self.read[kind] += 1
        geometries = self._geometries(name, entry.get("geometry"), vertices)
        name = name or self._made_name(kind, geometries)
        found = CityObject(
            id=name,
            type=kind,
            attributes=self._attributes(name, entry.get("attributes")),
            geometries=geometries,
            parents=_names(entry.get("parents")),
            children=_names(entry.get("children", entry.get("members"))),
            other={text(k): plain(v) for k, v in entry.items() if k not in _OWN},
        )
        _without_places(found.other.get("address"))
        return self._once(found)

    def _type(self, name, kind):
        if not isinstance(kind, str) or not kind.strip():
            self.tell(name, f"has no type; taken as {GENERIC}")
            return GENERIC
        kind = text(kind.strip()[:80])
        if kind in _RENAMED:
            return _RENAMED[kind]
        if not is_known(kind):
            self.tell(name, f"has the unknown type {kind!r}; kept as it is")
        return kind

    def _made_name(self, kind, geometries):
        name = made_id(kind, geometries)
        self.tell(name, "had no id; got one from its geometry")
        return name

    def _attributes(self, name, attributes):
        if attributes is None:
            return {}
        if not isinstance(attributes, dict):
            self.tell(name, "has attributes that are no JSON object; left out")
            return {}
        return plain(attributes)

    def _geometries(self, name, sources, vertices):
        if sources is None:
            return ()
        if not isinstance(sources, list):
            self.tell(name, "has a geometry that is no list; left out")
            return ()
        found = []
        for source in sources:
            if not isinstance(source, dict):
                self.tell(name, "has a geometry that is no JSON object; left out")
                continue
            self.with_appearance += bool(source.get("material") or source.get("texture"))
            geometry, troubles = self._geometry(source, vertices)
            for trouble in troubles:
                self.tell(name, trouble)
            if geometry is not None:
                found.append(geometry)
        return tuple(found)

    def _geometry(self, source, vertices):
        if source.get("type") == "GeometryInstance":
            return self._templates.instance(source, vertices)
        return read_geometry(source, vertices)

    def _once(self, entry):
        """The object under an id that no other object of the file has."""
        name = self._names.take(entry.id)
        if name == entry.id:
            return entry
        self.tell(entry.id, f"a second object has this id; kept as {name[:80]}")
        return replace(entry, id=name)

    def _reference_system(self, document):
        metadata = document.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        named = metadata.get("referenceSystem")
        if named is None and isinstance(metadata.get("crs"), dict):
            named = f"EPSG:{metadata['crs'].get('epsg')}"  # CityJSON before 1.0
        if named is None or named == "":
            return None
        crs = reference_system(str(named))
        if crs is None:
            self.tell("", f"names the reference system {str(named)[:80]!r}, which says no code")
        return crs


def reference_system(named):
    """``EPSG:n`` or ``EPSG:n+m`` of a URL or URN of a reference system; None if it names none."""
    if re.search(r"CRS84h", named):
        return "EPSG:4979"
    if re.search(r"CRS:?/?[^/]*/?84|CRS84", named):
        return "EPSG:4326"
    codes = epsg_codes(named)
    return f"EPSG:{'+'.join(codes)}" if codes else None


def about_file(document):
    """What a file says of itself: metadata, extensions and their members."""
    metadata = document.get("metadata")
    about = dict(metadata) if isinstance(metadata, dict) else {}
    more = {k: v for k, v in document.items() if k == "extensions" or k.startswith("+")}
    return plain({**about, **more})


def _without_places(addresses):
    """Places of addresses point into the vertices of the file, so they cannot be kept."""
    for address in addresses if isinstance(addresses, list) else [addresses]:
        if isinstance(address, dict):
            address.pop("location", None)


def _names(values):
    """Ids out of a list; other things are none."""
    if not isinstance(values, list):
        return ()
    return tuple(text(value) for value in values if isinstance(value, str))


def _transform(transform, what):
    """Scale and translation, shape (3,) each."""
    if transform is None:
        return np.ones(3), np.zeros(3)
    try:
        scale = np.asarray(transform["scale"], dtype=float).reshape(3)
        translate = np.asarray(transform["translate"], dtype=float).reshape(3)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):
        scale = translate = np.array([np.nan])
    if not (np.isfinite(scale).all() and np.isfinite(translate).all() and scale.all()):
        raise InputError(
            f"{what} has broken vertices or a broken transform, expected triples of numbers; "
            "export it again"
        )
    return scale, translate

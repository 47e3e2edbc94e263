"""What the 3D model of a city says of one object: type, attributes, parts, levels, semantics."""

import json
from collections import Counter
from functools import cached_property

from twin.errors import InputError

LONGEST_LINE = 64_000_000
"""A feature of more bytes is not read for a record; the tiles show it all the same."""

MOST_ATTRIBUTES, MOST_PARTS = 200, 500


class ModelIndex:
    """Finds features of the stored city model by their id without reading the others.

    Parameters
    ----------
    city : twin.city.City
        With a 3D model, or without: then nothing is found.
    """

    def __init__(self, city):
        self.city = city

    def record(self, object_id):
        """One object of the model as plain values; None where the model has it not.

        Parameters
        ----------
        object_id : str
            Of the model; a part gives its whole building.

        Returns
        -------
        dict or None
            ``id``, ``type``, ``attributes``, ``parts`` (id, type, attributes), ``lods``,
            ``surfaces`` {semantic type: count in the finest geometry}, ``codes`` (of val3dity),
            ``troubles``, ``base_deviation`` [m] and ``version``.

        Raises
        ------
        InputError
            The model or its table is damaged.
        """
        if not self.city.has_model or object_id not in self._rows:
            return None
        row = self._rows[object_id]
        objects = self._feature(row["root"])
        own = objects.get(object_id, {})
        parts = [name for name in objects if name != object_id][:MOST_PARTS]
        deviation = row["base_deviation"]
        return {
            "id": object_id,
            "type": row["type"],
            "attributes": _attributes(own),
            "parts": [
                {"id": name, "type": str(objects[name].get("type", "")),
                 "attributes": _attributes(objects[name])}
                for name in parts
            ],
            "lods": self._words([object_id, *parts], "lods"),
            "surfaces": _surfaces(objects.values()),
            "codes": self._words([object_id, *parts], "codes"),
            "troubles": str(row["troubles"])[:500],
            "base_deviation": None if deviation != deviation else round(float(deviation), 3),
            "version": row["version"],
        }  # fmt: skip

    @cached_property
    def _rows(self):
        table = self.city.model_table()
        return {row["id"]: row for row in table.to_dict("records")}

    def _words(self, names, column):
        """Words of a column over an object and its parts, each once."""
        texts = [str(self._rows[name][column]) for name in names if name in self._rows]
        return sorted({word for text in texts for word in text.split(",") if word})

    @cached_property
    def _path(self):
        return self.city.folder / self.city.info["model"]["file"]

    @cached_property
    def _places(self):
        """Where the line of each feature begins in the file, by the id of the feature."""
        places, place = {}, 0
        with self._path.open("rb") as file:
            for line in file:
                found = _id_of(line)
                if found is not None:
                    places[found] = place
                place += len(line)
        return places

    def _feature(self, root):
        """Objects of one feature by id; empty where the file has it not."""
        if root not in self._places:
            return {}
        with self._path.open("rb") as file:
            file.seek(self._places[root])
            line = file.readline(LONGEST_LINE)
        try:
            return json.loads(line)["CityObjects"]
        except (ValueError, KeyError, RecursionError):
            raise InputError(
                f"{self._path} is damaged at {root[:60]!r}, expected a CityJSONFeature; import the "
                "city again"
            ) from None


def _id_of(line):
    """Id of the feature of a line, which its writer puts first; None for the line of metadata."""
    start = line.find(b'"id":"', 0, 200)
    if start < 0 or not line.startswith(b'{"type":"CityJSONFeature"'):
        return None
    text = line[start + 5 : start + 2000].decode("utf-8", "replace")
    return json.JSONDecoder().raw_decode(text)[0]


def _attributes(entry):
    found = entry.get("attributes") or {}
    plain = {}
    for name, value in list(found.items())[:MOST_ATTRIBUTES]:
        is_plain = value is None or isinstance(value, bool | int | float)
        plain[str(name)[:100]] = value if is_plain else str(value)[:500]
    return plain


def _surfaces(entries):
    """Surfaces by their semantic type, in the finest geometry of each object."""
    counts = Counter()
    for entry in entries:
        geometries = [g for g in entry.get("geometry") or [] if "semantics" in g]
        if not geometries:
            continue
        finest = max(geometries, key=lambda geometry: str(geometry.get("lod", "")))
        kinds = [surface.get("type", "") for surface in finest["semantics"].get("surfaces", [])]
        for row in _flat(finest["semantics"].get("values")):
            counts[kinds[row] if isinstance(row, int) and row < len(kinds) else "none"] += 1
    return dict(counts)


def _flat(values):
    if not isinstance(values, list):
        return [] if values is None else [values]
    flat = []
    for value in values:
        flat.extend(_flat(value) if isinstance(value, list) else [value])
    return flat

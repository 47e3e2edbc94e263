"""The city model in a package: objects as CityJSONSeq, and a table of what is known of each."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from twin.errors import InputError
from twin.model.cityjson.seq import FeatureStream, read_cityjson_seq
from twin.model.packed_file import open_unpacked

MODEL_FILE = "model.city.jsonl"
TABLE_FILE = "model.objects.parquet"
TABLE = ("id", "type", "root", "version", "lods", "codes", "troubles", "repairs", "base_deviation")
"""Columns of the table: root, the Building that an object is part of, or itself; version, a hash
of what it says in its file; lods and codes (of val3dity, as it came) as texts with commas;
troubles of reading it; repairs, what was changed; base_deviation, how far the base of a Building
lies over the lowest ground along its outline [m], NaN where not known."""

MOST_NAMED = 20
"""Objects that are named of those that a new import added, changed or removed."""

BASE_TOLERANCE = 0.2
"""How far the base of a house may lie over or under the terrain before it is told [m]."""


@dataclass(frozen=True)
class StoredModel:
    """A city model on the disk, on its way into a package.

    Parameters
    ----------
    folder : pathlib.Path
        Holds `MODEL_FILE` and `TABLE_FILE`.
    info : dict
        What city.toml says of it: ``types``, objects of each; more is welcome.
    """

    folder: Path
    info: dict


def write_table(path, rows):
    """Write the table of objects.

    Parameters
    ----------
    path : pathlib.Path
        Where it goes.
    rows : list of tuple
        As `TABLE`.
    """
    import pandas

    frame = pandas.DataFrame(rows, columns=TABLE)
    frame = frame.astype({"base_deviation": "float32"})
    frame.to_parquet(path, index=False, compression="zstd")


def read_table(path):
    """The table of objects, DataFrame as `TABLE`.

    Raises
    ------
    InputError
        The file is damaged.
    """
    import pandas

    try:
        return pandas.read_parquet(path)[list(TABLE)]
    except (OSError, ValueError, KeyError) as error:
        reason = (str(error).splitlines() or [""])[0][:120]
        raise InputError(
            f"{path} cannot be read ({reason}), expected the table of the city model; import the "
            "city again"
        ) from None


def read_objects(path):
    """Yield the objects of a stored model one by one, parts after their root.

    Parameters
    ----------
    path : pathlib.Path
        CityJSONSeq of a package.

    Yields
    ------
    CityObject

    Raises
    ------
    InputError
        The file is damaged.
    """
    with open_unpacked(path, "the city model of a package") as stream:
        for family in FeatureStream(stream, path).features():
            yield from family


def read_whole(path):
    """The stored model in memory, CityModel."""
    return read_cityjson_seq(path)


def changes_since(old, rows):
    """What a new import of a model added, changed and removed.

    Parameters
    ----------
    old : pandas.DataFrame
        Table of the model that is replaced.
    rows : list of tuple
        As `TABLE`, of the new one.

    Returns
    -------
    tuple of (dict of str to int, dict of str to list of str)
        Objects ``added``, ``changed``, ``removed`` and ``unchanged``; ids of the first of each,
        without those that did not change.
    """
    before = dict(zip(old["id"], old["version"], strict=True))
    found = {"added": [], "changed": [], "removed": [], "unchanged": []}
    for name, _, _, version, *_ in rows:
        had = before.pop(name, None)
        word = "added" if had is None else "unchanged" if had == version else "changed"
        found[word].append(name)
    found["removed"] = list(before)
    counts = {word: len(names) for word, names in found.items()}
    del found["unchanged"]
    return counts, {word: names[:MOST_NAMED] for word, names in found.items()}


def bases_on_terrain(table, tolerance=BASE_TOLERANCE):
    """How many houses stand on the terrain, and which are farthest off it.

    Parameters
    ----------
    table : pandas.DataFrame
        As `TABLE`.
    tolerance : float
        Farthest that a base may lie over or under the lowest ground along its outline [m].

    Returns
    -------
    dict
        ``tolerance_m``, ``checked``; ``floating``, houses over the terrain; ``sunk``, houses that
        begin under it, mostly with a cellar; ``farthest``: of those that float, list of ``id`` and
        ``deviation_m``, the farthest first.
    """
    known = table[table["base_deviation"].notna()]
    floating = known[known["base_deviation"] > tolerance]
    farthest = floating.sort_values("base_deviation", ascending=False)[:10]
    return {
        "tolerance_m": tolerance,
        "checked": len(known),
        "floating": len(floating),
        "sunk": int((known["base_deviation"] < -tolerance).sum()),
        "farthest": [
            {"id": row.id, "deviation_m": round(float(row.base_deviation), 3)}
            for row in farthest.itertuples()
        ],
    }


def check_objects(path, expected):
    """What is wrong with a stored model, one line each.

    Parameters
    ----------
    path : pathlib.Path
        CityJSONSeq of a package.
    expected : dict of str to int
        Objects of each type as city.toml has them.

    Returns
    -------
    list of str
    """
    with open_unpacked(Path(path), "the city model of a package") as stream:
        source = FeatureStream(stream, path)
        found = Counter(entry.type for family in source.features() for entry in family)
    problems = [f"{path}: {trouble.object_id} {trouble.what}" for trouble in source.troubles[:5]]
    if found != Counter(expected):
        problems.append(
            f"{path} has {found.total()} objects, city.toml says {sum(expected.values())}; import "
            "the city again"
        )
    return problems

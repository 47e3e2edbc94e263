"""Runs of the suite, as case files describe them: a case, its variants, its real data."""

import copy
import os
import tomllib
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from benchmarks.checks import read_check, require_choice, require_known
from twin.errors import InputError, MissingError

CASES = Path(__file__).parent / "cases"
"""The case files of the suite."""

DATA = "../../../shared/data/"
"""How the suite's case files name the real data, which lies beside a checkout."""

ABOUT = {"group", "source", "quick", "variant", "schemes", "dtypes"}
"""Keys of [validate]."""

SCHEMES = {
    "": {},
    "inertial": {"settings.scheme": "inertial"},
    "dynamic-1": {"settings.scheme": "dynamic", "settings.order": 1},
    "dynamic-2": {"settings.scheme": "dynamic", "settings.order": 2},
}
"""What `schemes` in [validate] may name, and the settings that it means."""


@dataclass(frozen=True, eq=False)
class Task:
    """One run of the suite: a case file, or a variant of it, with its checks.

    Parameters
    ----------
    name : str
        ``case`` or ``case:variant``.
    title, group, source : str
        Words for the report: what it is, where it stands, where it comes from.
    quick : bool
        Whether it belongs to the quick part of the suite.
    path : pathlib.Path
        The case file.
    changes : dict
        What the variant changes in the file, by dotted keys, and where real data lies.
    checks : tuple of Check
        What must hold.
    data : pathlib.Path or None
        Folder of real data that it needs.
    """

    name: str
    title: str
    group: str
    source: str
    quick: bool
    path: Path
    changes: dict
    checks: tuple
    data: Path | None

    @property
    def missing(self):
        """Why it cannot run here; empty where it can."""
        if self.data is None or self.data.is_dir():
            return ""
        return (
            f"the real data is not at {self.data}; put it there or name its place by FLOODTWIN_DATA"
        )


def read_tasks(path):
    """Read the runs of a case file.

    Parameters
    ----------
    path : pathlib.Path
        The case file; ``[validate]`` holds `group`, `source`, `quick`, `schemes` and `dtypes` in
        which it is run, and ``[[validate.variant]]`` tables with `name`, `title` and `set`, whose
        dotted keys take the place of those in the file.

    Returns
    -------
    list of Task

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is not TOML, has no check, or a check cannot be.
    """
    tables = _read(path)
    about = tables.get("validate", {})
    require_known(
        about, {"group", "source", "quick", "variant", "schemes", "dtypes"}, "[validate]", path
    )
    moved, data = _moved_data(tables)
    variants = about.get("variant") or [{}]
    return [
        _task(
            path,
            tables,
            about,
            variant | {"set": moved | variant.get("set", {}) | more},
            words,
            data,
        )
        for variant in variants
        for words, more in _ways(about, path)
    ]


def _ways(about, path):
    """Words and changes of each scheme in each precision that a case is run in."""
    schemes, dtypes = about.get("schemes", [""]), about.get("dtypes", [""])
    for scheme, dtype in product(schemes, dtypes):
        require_choice({"schemes": scheme}, "schemes", SCHEMES, "[validate]", path)
        changes = SCHEMES[scheme] | ({"settings.dtype": dtype} if dtype else {})
        yield [word for word in (scheme, dtype) if word], changes


def _task(path, tables, about, variant, words, data):
    require_known(variant, {"name", "title", "set", "quick"}, "[[validate.variant]]", path)
    changes = variant["set"]
    tables = _changed(tables, changes, path)
    dtype = tables.get("settings", {}).get("dtype", "float32")
    rows = tables.get("check") or []
    if not rows:
        raise InputError(
            f"{path.name} has no [[check]], expected one or more of what must hold; add them or "
            "run it with `floodtwin simulate`"
        )
    name = tables.get("name", path.stem)
    title = variant.get("title", tables.get("title", name))
    return Task(
        name=":".join([name, *([variant["name"]] if "name" in variant else []), *words]),
        title=title,
        group=about.get("group", "Cases of your own"),
        source=about.get("source", ""),
        quick=bool(variant.get("quick", about.get("quick", False))),
        path=path,
        changes=changes,
        checks=tuple(read_check(row, number, dtype, path) for number, row in enumerate(rows, 1)),
        data=data,
    )


def _changed(tables, changes, path):
    """Tables of a case with other values at dotted keys such as ``check.0.bound``."""
    changed = copy.deepcopy(tables)
    for dotted, value in changes.items():
        *way, last = dotted.split(".")
        place = changed
        for part in way:
            is_list = isinstance(place, list)
            if is_list and not (part.isdigit() and int(part) < len(place)):
                raise InputError(f"{dotted} is not in {path.name}, expected a place in its tables")
            place = place[int(part)] if is_list else place.setdefault(part, {})
        place[int(last) if isinstance(place, list) else last] = value
    return changed


def _read(path):
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise MissingError(
            f"case {path} is not there, expected a TOML file or a name of the suite; check the path"
        ) from None
    except ValueError as error:
        raise InputError(f"{path.name} is not TOML ({error}), expected a case file") from None


def _moved_data(tables):
    """Dotted keys of the data with its place after `FLOODTWIN_DATA`, and the folder needed."""
    root = Path(os.environ.get("FLOODTWIN_DATA", CASES / DATA)).resolve()
    moved = {
        key: str(root / value.removeprefix(DATA))
        for key, value in _leaves(tables)
        if isinstance(value, str) and value.startswith(DATA)
    }
    folders = sorted({Path(value).relative_to(root).parts[0] for value in moved.values()})
    return moved, root / folders[0] if folders else None


def _leaves(value, key=""):
    """Dotted keys and values of nested tables."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        dotted = f"{key}.{name}" if key else str(name)
        if isinstance(item, dict | list):
            yield from _leaves(item, dotted)
        else:
            yield dotted, item

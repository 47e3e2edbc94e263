"""Tables of a case file, read value by value with their types."""

import math
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hydrology.cases.expressions import Expression, Words
from twin.errors import InputError, MissingError


@dataclass(frozen=True)
class Table:
    """One table of a case file; each way to read it says what it expects.

    Parameters
    ----------
    values : dict
        Keys and values as TOML has them.
    where : str
        Name of the table, for messages.
    folder : pathlib.Path
        Paths are relative to it.
    paths : list of pathlib.Path
        Grows by each path that is read; shared with the tables in this one.
    words : Words
        Constants and profiles that expressions may use.

    Raises
    ------
    InputError
        From every method: a value is missing or is not what was expected.
    """

    values: dict
    where: str
    folder: Path
    paths: list = field(default_factory=list)
    words: Words = field(default_factory=Words)

    def __contains__(self, key):
        return key in self.values

    def with_words(self, words):
        """The same table, whose formulas may use these names."""
        return replace(self, words=words)

    def know(self, *keys):
        """Give this table back if it has no other keys than these."""
        unknown = sorted(set(self.values) - set(keys))
        if unknown:
            raise InputError(
                f"{self.where} has {', '.join(unknown)}, expected {', '.join(keys)}; correct the "
                "name or leave it out"
            )
        return self

    def table(self, key):
        """Table in this one; empty where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.refusal(key, f"a table [{key}]")
        return replace(self, values=value, where=f"[{key}]")

    def tables(self, key):
        """List of tables in this one; empty where there is none."""
        rows = self.values.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.refusal(key, f"a list of tables, each under [[{key}]]")
        return [
            replace(self, values=row, where=f"[[{key}]] number {number}")
            for number, row in enumerate(rows, 1)
        ]

    def number(self, key, least=-math.inf, most=math.inf, default=None):
        """Finite number above `least` and below `most`; `default`, if any, where there is none."""
        if default is not None and key not in self:
            return default
        value = self.values.get(key)
        if not is_number(value) or not least < value < most:
            above = "" if math.isinf(least) else f" above {least:g}"
            below = "" if math.isinf(most) else f" below {most:g}"
            raise self.refusal(key, f"a number{above}{' and' if above and below else ''}{below}")
        return float(value)

    def whole(self, key):
        """Whole number."""
        value = self.values.get(key)
        if type(value) is not int:
            raise self.refusal(key, "a whole number")
        return value

    def truth(self, key):
        """True or false."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.refusal(key, "true or false")
        return value

    def choice(self, key, choices, default=None):
        """One of some words; `default`, if any, where there is none."""
        value = self.values.get(key, default)
        if value not in choices:
            raise self.refusal(key, f"one of {', '.join(map(repr, choices))}")
        return value

    def numbers(self, key, count):
        """List of `count` finite numbers, shape (count,)."""
        value = self.values.get(key)
        if not isinstance(value, list) or len(value) != count or not all(map(is_number, value)):
            raise self.refusal(key, f"a list of {count} numbers")
        return np.array(value, float)

    def words_of(self, key, choices, default):
        """List of words, each once; `default` where there is none."""
        value = self.values.get(key, list(default))
        is_list = isinstance(value, list) and value and all(word in choices for word in value)
        if not is_list or len(value) > len(set(value)):
            raise self.refusal(key, f"a list of some of {', '.join(choices)}")
        return tuple(value)

    def text(self, key):
        """Words that are not empty."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self.refusal(key, "a text in quotes")
        return value

    def path(self, key):
        """Path relative to the case file."""
        path = self.folder / self.text(key)
        self.paths.append(path)
        return path

    def points(self, key, least=2):
        """Points of a line or a polygon, shape (n, 2) [m]."""
        points = pairs(self.values.get(key))
        if points is None or len(points) < least:
            count = {1: "one or more", 2: "two or more", 3: "three or more"}[least]
            raise self.refusal(key, f"{count} points [[x, y], [x, y]] in the CRS of the terrain")
        return points

    def point(self, key):
        """One point, shape (2,) [m]."""
        points = pairs([self.values.get(key)])
        if points is None:
            raise self.refusal(key, "a point [x, y] in the CRS of the terrain")
        return points[0]

    def rows(self, key, expected):
        """Two columns of numbers of which the first rises, shapes (n,)."""
        rows = pairs(self.values.get(key))
        if rows is None or (np.diff(rows[:, 0]) <= 0).any():
            raise self.refusal(key, expected)
        return rows[:, 0], rows[:, 1]

    def expression(self, key, variables):
        """Formula of some variables."""
        try:
            return Expression(self.text(key), self.words, variables)
        except InputError as error:
            raise InputError(f"{key} in {self.where}: {error}") from None

    def source(self, key):
        """Number, design storm or path, as rain and losses are given."""
        value = self.values.get(key)
        if isinstance(value, str):
            return self.text(key) if value.startswith("design:") else self.path(key)
        if not is_number(value):
            raise self.refusal(key, "a rate in mm/h, a design storm or a file")
        return float(value)

    def refusal(self, key, expected):
        """Error that names a key, what came and what was expected."""
        if key not in self.values:
            return InputError(f"{self.where} has no {key}, expected {expected}; add it")
        came = repr(self.values[key])
        came = came if len(came) <= 60 else f"{came[:57]}..."
        return InputError(f"{key} is {came} in {self.where}, expected {expected}; correct it")


def read_tables(path, changes=None):
    """Read a TOML file as the table of its tables.

    Parameters
    ----------
    path : pathlib.Path
        The case file.
    changes : dict, optional
        Values in the place of those in the file, by dotted keys such as ``terrain.cell_size`` or
        ``inflow.0.discharge``; None leaves a key out.

    Returns
    -------
    Table

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is not TOML.
    """
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except FileNotFoundError:
        raise MissingError(
            f"case {path} is not there, expected a TOML file; check the path"
        ) from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is not TOML ({error}), expected a case file") from None
    for key, value in (changes or {}).items():
        _change(values, key, value)
    return Table(values, path.name, path.resolve().parent, [path.resolve()])


def _change(values, key, value):
    """Put one value at a dotted key; tables on the way to it are made."""
    *parents, last = key.split(".")
    place = values
    try:
        for parent in parents:
            is_list = isinstance(place, list)
            place = place[int(parent)] if is_list else place.setdefault(parent, {})
        last = int(last) if isinstance(place, list) else last
        if value is not None:
            place[last] = value
        elif isinstance(place, list) or last in place:
            del place[last]
    except (AttributeError, IndexError, TypeError, ValueError):
        raise InputError(
            f"{key} cannot be changed, expected a dotted key such as terrain.cell_size; correct it"
        ) from None


def is_number(value):
    """Whether a value of a TOML is a finite number."""
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) < 1e300


def pairs(value):
    """Rows of two finite numbers as an array (n, 2); None where they are anything else."""
    if not isinstance(value, list) or not value:
        return None
    for row in value:
        if not isinstance(row, list) or len(row) != 2 or not all(map(is_number, row)):
            return None
    return np.array(value, float)

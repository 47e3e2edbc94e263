"""Tables of a case file and the CSVs beside it, read value by value with their types."""

import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

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

    Raises
    ------
    InputError
        From every method: a value is missing or is not what was expected.
    """

    values: dict
    where: str
    folder: Path
    paths: list = field(default_factory=list)

    def __contains__(self, key):
        return key in self.values

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
        return Table(value, f"[{key}]", self.folder, self.paths)

    def tables(self, key):
        """List of tables in this one; empty where there is none."""
        rows = self.values.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.refusal(key, f"a list of tables, each under [[{key}]]")
        return [
            Table(row, f"[[{key}]] number {number}", self.folder, self.paths)
            for number, row in enumerate(rows, 1)
        ]

    def number(self, key, least=-math.inf, most=math.inf):
        """Finite number above `least` and below `most`."""
        value = self.values.get(key)
        if not _is_number(value) or not least < value < most:
            above = "" if math.isinf(least) else f" above {least:g}"
            below = "" if math.isinf(most) else f" below {most:g}"
            raise self.refusal(key, f"a number{above}{' and' if above and below else ''}{below}")
        return float(value)

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

    def source(self, key):
        """Number, design storm or path, as rain and losses are given."""
        value = self.values.get(key)
        if isinstance(value, str):
            return self.text(key) if value.startswith("design:") else self.path(key)
        if not _is_number(value):
            raise self.refusal(key, "a rate in mm/h, a design storm or a file")
        return float(value)

    def points(self, key):
        """Corners of a line, at least two, shape (n, 2) [m]."""
        points = _pairs(self.values.get(key))
        if points is None or len(points) < 2:
            raise self.refusal(key, "two or more points [[x, y], [x, y]] in the CRS of the terrain")
        return points

    def series(self, key):
        """Seconds and values: rows of both, or one number that holds for all time."""
        value = self.values.get(key)
        if _is_number(value):
            return np.zeros(1), np.array([float(value)])
        rows = _pairs(value)
        if rows is None or (np.diff(rows[:, 0]) <= 0).any():
            raise self.refusal(key, "a number, or rows [[seconds, value], ...] of rising seconds")
        return rows[:, 0], rows[:, 1]

    def refusal(self, key, expected):
        """Error that names a key, what came and what was expected."""
        if key not in self.values:
            return InputError(f"{self.where} has no {key}, expected {expected}; add it")
        came = repr(self.values[key])
        came = came if len(came) <= 60 else f"{came[:57]}..."
        return InputError(f"{key} is {came} in {self.where}, expected {expected}; correct it")


def read_tables(path):
    """Read a TOML file as the table of its tables.

    Parameters
    ----------
    path : pathlib.Path
        The case file.

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
    return Table(values, path.name, path.resolve().parent, [path.resolve()])


def read_csv(path, header=0):
    """Read a CSV that a case names.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    header : int or None
        Its line of names; None where it has none.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is not a CSV.
    """
    import pandas as pd

    if not path.is_file():
        raise MissingError(f"{path} is not there, expected a CSV; check the case file")
    try:
        return pd.read_csv(path, header=header, skipinitialspace=True)
    except ValueError as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"{path.name} is not a CSV ({reason}), expected rows of x, y") from None


def numbers(frame, column, path, may_be_empty=False):
    """Column of a CSV as numbers.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the file.
    column : str or int
        Which column.
    path : pathlib.Path
        The file, for messages.
    may_be_empty : bool
        Whether a cell without text is NaN instead of an error.

    Returns
    -------
    numpy.ndarray
        Finite, or NaN where empty; shape (n,).

    Raises
    ------
    InputError
        There is no such column, or a cell of it is no number.
    """
    import pandas as pd

    if column not in frame:
        raise InputError(
            f"{path.name} has no column {column}, expected it among "
            f"{', '.join(map(str, frame.columns))[:80]}; correct the name"
        )
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(float)
    is_wrong = ~np.isfinite(values)
    if may_be_empty:
        is_wrong &= frame[column].notna().to_numpy()
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise InputError(
            f"{path.name} has {str(frame[column].iloc[row])[:40]!r} in column {column} of row "
            f"{row + 1}, expected a number; correct it"
        )
    return values


def _is_number(value):
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and abs(value) < 1e300


def _pairs(value):
    """Rows of two finite numbers as an array (n, 2); None where it is anything else."""
    if not isinstance(value, list) or not value:
        return None
    for row in value:
        if not isinstance(row, list) or len(row) != 2 or not all(map(_is_number, row)):
            return None
    return np.array(value, float)

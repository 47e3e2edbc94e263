"""Places of a case whose water is recorded, and what was observed there."""

from dataclasses import dataclass

import numpy as np

from hydrology.cases.csv import numbers, read_csv
from hydrology.cases.places import cell_of_point
from twin.errors import InputError


@dataclass(frozen=True)
class Gauge:
    """A place whose water is recorded, and the highest level observed there, if any [m]."""

    name: str
    row: int
    column: int
    observed: float = np.nan


def read_gauges(case, grid):
    """Gauges of the tables [[gauge]] and [gauges].

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file.
    grid : Grid
        Cells of the run.

    Returns
    -------
    tuple of Gauge

    Raises
    ------
    InputError
        One lies off the grid, or two have one name.
    MissingError
        The CSV is not there.
    """
    gauges = [_single(table, grid) for table in case.tables("gauge")]
    if "gauges" in case:
        gauges += _of_file(case.table("gauges").know("file", "id", "observed"), grid)
    names = [gauge.name for gauge in gauges]
    for name in names:
        if names.count(name) > 1:
            raise InputError(
                f"{names.count(name)} gauges are called {name!r}, expected a name for each; "
                "rename one"
            )
    return tuple(gauges)


def _single(table, grid):
    table.know("name", "point", "observed")
    observed = table.number("observed") if "observed" in table else np.nan
    name = table.text("name")
    return Gauge(name, *cell_of_point(grid, table.point("point"), f"gauge {name}"), observed)


def _of_file(table, grid):
    """Places of a CSV with columns x and y, and those named by `id` and `observed`."""
    path = table.path("file")
    frame = read_csv(path)
    observed = np.full(len(frame), np.nan)
    if "observed" in table:
        observed = numbers(frame, table.text("observed"), path, may_be_empty=True)
    places = zip(numbers(frame, "x", path), numbers(frame, "y", path), observed, strict=True)
    return [
        Gauge(str(name), *cell_of_point(grid, (x, y), f"gauge {name}"), float(level))
        for name, (x, y, level) in zip(_names(table, frame, path), places, strict=True)
    ]


def _names(table, frame, path):
    if "id" not in table:
        return frame.index
    column = table.text("id")
    if column not in frame:
        raise InputError(
            f"{path.name} has no column {column}, expected it among "
            f"{', '.join(map(str, frame.columns))[:80]}; correct the name"
        )
    return frame[column]

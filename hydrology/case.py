"""A case file: one TOML that describes a run without a city package.

Paths in it are relative to the file. Tables: `[terrain]` (as for `city import`: dem, buildings,
landcover, cityjson, crs, cell_size, buildings_as, edges; and `manning`), `[[roughness]]` (polygon
CSV, manning), `[rain]` (source, times), `[losses]` (source), `[[inflow]]` (name, line, discharge),
`[[stage]]` (name, line, level), `[gauges]` (file, id, observed) and `[settings]`.
"""

import tempfile
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

from hydrology.case_tables import numbers, read_csv, read_tables
from hydrology.rainfall import add_losses, read_rainfall
from hydrology.solver.boundaries import Inflow, Stage
from hydrology.solver.ground import DEFAULT_MANNING
from hydrology.solver.simulation import Settings
from twin.errors import InputError
from twin.grid import Grid

TABLES = ("terrain", "roughness", "rain", "losses", "inflow", "stage", "gauges", "settings")
_PATHS = ("dem", "buildings", "roads", "landcover", "landcover_table", "cityjson")
_TEXTS = ("crs", "buildings_as")
_LONGEST = 1e6  # hours, as for `simulate --hours`


@dataclass(frozen=True)
class Gauge:
    """A place whose water is recorded, and the level that was observed there, if any [m]."""

    name: str
    row: int
    column: int
    observed: float = np.nan


@dataclass(frozen=True)
class Case:
    """Everything that `simulate` needs for a run, and the gauges to record."""

    name: str
    terrain: xr.Dataset
    rainfall: xr.Dataset | None
    boundaries: tuple
    seconds: float
    settings: Settings
    gauges: tuple
    files: tuple


def load_case(path, hours=None, rain_times=None, **overrides):
    """Read a case file and everything that it names.

    Parameters
    ----------
    path : str or Path
        The TOML file.
    hours : float, optional
        Length of the run and of plain rain [h], in the place of what the file says.
    rain_times : str, optional
        What the times of a hyetograph mean, in the place of what the file says.
    **overrides
        Settings that take the place of those in the file; None changes nothing.

    Returns
    -------
    Case

    Raises
    ------
    MissingError
        The file or one that it names is not there.
    InputError
        A table or key is not known, or what it says cannot be.
    """
    path = Path(path)
    case = read_tables(path).know("name", "hours", *TABLES)
    name = case.text("name") if "name" in case else path.stem
    if hours is None:
        hours = case.number("hours", 0, _LONGEST)
    settings = _settings(case, overrides)
    terrain = _terrain(case)
    grid = Grid.of(terrain)
    rainfall = _rainfall(case, grid, hours, rain_times)
    if "losses" in case:
        losses = case.table("losses").know("source").source("source")
        terrain = add_losses(terrain, losses, hours * 3600.0)
    return Case(
        name=name,
        terrain=terrain,
        rainfall=rainfall,
        boundaries=(
            *(_boundary(Inflow, "discharge", table, grid) for table in case.tables("inflow")),
            *(_boundary(Stage, "level", table, grid) for table in case.tables("stage")),
        ),
        seconds=hours * 3600.0,
        settings=settings,
        gauges=_gauges(case, grid),
        files=tuple(file for file in case.paths if file.exists()),
    )


def _settings(case, overrides):
    """Settings of a case; the edges may stand in [terrain] too, as `city import` has them there."""
    kinds = {field.name: field.type for field in fields(Settings)}
    table = case.table("settings").know(*kinds)
    chosen = {
        key: table.number(key) if kinds[key] is float else table.text(key) for key in table.values
    }
    terrain = case.table("terrain")
    if "edges" in terrain:
        chosen.setdefault("edges", terrain.text("edges"))
    return Settings(
        **chosen | {key: value for key, value in overrides.items() if value is not None}
    )


def _terrain(case):
    """Import the terrain into a package that is thrown away, and roughen it."""
    from twin.importers.city_import import import_city

    table = case.table("terrain").know(*_PATHS, *_TEXTS, "cell_size", "edges", "manning")
    options = {key: table.path(key) for key in _PATHS if key in table}
    options |= {key: table.text(key) for key in _TEXTS if key in table}
    if "cell_size" in table:
        options["cell_size"] = table.number("cell_size", 0)
    rough = table.number("manning", 0) if "manning" in table else None
    with tempfile.TemporaryDirectory() as aside:
        city, _ = import_city(Path(aside) / "case", name="case", **options)
        terrain = city.terrain.load()
    if rough is not None or "manning" not in terrain:
        terrain["manning"] = xr.full_like(terrain["elevation"], rough or DEFAULT_MANNING)
        terrain["manning"].attrs = {"units": "s m-1/3"}
    for zone in case.tables("roughness"):
        _roughen(terrain, zone.know("polygon", "manning"))
    return terrain


def _roughen(terrain, zone):
    """Give the cells whose centres lie in a polygon their own roughness."""
    import shapely

    path, rough = zone.path("polygon"), zone.number("manning", 0)
    frame = read_csv(path, header=None)
    corners = np.column_stack([numbers(frame, column, path) for column in (0, 1)])
    if len(corners) < 3:
        raise InputError(
            f"{path.name} has {len(corners)} rows, expected the 3 or more corners x, y of a "
            "polygon; is it cut off?"
        )
    grid = Grid.of(terrain)
    x, y = np.meshgrid(grid.x, grid.y)
    covered = shapely.contains_xy(shapely.Polygon(corners), x, y)
    terrain["manning"].values[covered] = rough


def _rainfall(case, grid, hours, times):
    if "rain" not in case:
        if times is not None:
            raise InputError(
                f"rain times {times!r} was given with a case that has no [rain], expected a "
                "hyetograph CSV there; leave it out"
            )
        return None
    table = case.table("rain").know("source", "times")
    if times is None and "times" in table:
        times = table.text("times")
    return read_rainfall(table.source("source"), grid, hours, times)


def _boundary(kind, quantity, table, grid):
    """Inflow or stage along a line; its series is a number or rows of (seconds, value)."""
    table.know("name", "line", quantity)
    name = table.text("name") if "name" in table else quantity
    rows, columns = cells_on_line(grid, table.points("line"))
    return kind(name, rows, columns, *table.series(quantity))


def cells_on_line(grid, line):
    """Rows and columns of the cells that a line touches, each once.

    Parameters
    ----------
    grid : Grid
        Cells of the city.
    line : (n, 2) array
        Points (x, y) in its CRS [m].

    Raises
    ------
    InputError
        A part of the line lies off the grid.
    """
    found = []
    for (x0, y0), (x1, y1) in pairwise(line):
        if grid.cell_of(x0, y0) is None or grid.cell_of(x1, y1) is None:
            raise InputError(
                f"line from ({x0:.0f}, {y0:.0f}) to ({x1:.0f}, {y1:.0f}) leaves the grid "
                f"{tuple(round(b) for b in grid.bounds)}, expected it inside; move it"
            )
        steps = int(np.hypot(x1 - x0, y1 - y0) / grid.cell_size * 4) + 2
        places = np.linspace((x0, y0), (x1, y1), steps)
        found += [grid.cell_of(x, y) for x, y in places]
    cells = np.array(list(dict.fromkeys(found)))
    return cells[:, 0], cells[:, 1]


def _gauges(case, grid):
    """Places of a CSV with columns x and y, and those named by `id` and `observed`."""
    if "gauges" not in case:
        return ()
    table = case.table("gauges").know("file", "id", "observed")
    path = table.path("file")
    frame = read_csv(path)
    observed = np.full(len(frame), np.nan)
    if "observed" in table:
        observed = numbers(frame, table.text("observed"), path, may_be_empty=True)
    places = zip(numbers(frame, "x", path), numbers(frame, "y", path), observed, strict=True)
    gauges = []
    for name, (x, y, level) in zip(_names(table, frame, path), places, strict=True):
        cell = grid.cell_of(x, y)
        if cell is None:
            raise InputError(
                f"gauge {name} at ({x:.1f}, {y:.1f}) is off the grid, expected it inside; move it "
                "or enlarge the terrain"
            )
        gauges.append(Gauge(str(name), *cell, float(level)))
    return tuple(gauges)


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

"""A case file: one TOML that describes a run without a city package.

Paths in it are relative to the file. Tables: `[terrain]` (as for `city import`: dem, buildings,
landcover, cityjson, crs, cell_size, buildings_as, edges; and `manning`), `[[roughness]]` (polygon
CSV, manning), `[rain]` and `[losses]` (source), `[[inflow]]` (name, line, discharge),
`[[stage]]` (name, line, level), `[gauges]` (file, id, observed) and `[settings]`.
"""

import tempfile
import tomllib
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

from hydrology.rainfall import add_losses, read_rainfall
from hydrology.solver.boundaries import Inflow, Stage
from hydrology.solver.simulation import Settings
from twin.errors import InputError, MissingError
from twin.grid import Grid

TABLES = {"terrain", "roughness", "rain", "losses", "inflow", "stage", "gauges", "settings"}
_PATHS = ("dem", "buildings", "roads", "landcover", "landcover_table", "cityjson")


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
    tables = _read(path)
    folder = path.resolve().parent
    said = tables.pop("hours", None)
    hours = hours or _number(said, "hours", path)
    name = str(tables.pop("name", path.stem))
    unknown = sorted(set(tables) - TABLES)
    if unknown:
        raise InputError(
            f"{path.name} has {', '.join(unknown)}, expected name, hours and the tables "
            f"{', '.join(sorted(TABLES))}; correct the name"
        )
    terrain = _terrain(tables.get("terrain", {}), tables.get("roughness", []), folder)
    terrain = add_losses(terrain, _source(tables.get("losses"), folder), hours * 3600.0)
    grid = Grid.of(terrain)
    return Case(
        name=name,
        terrain=terrain,
        rainfall=_rainfall(tables.get("rain"), grid, hours, folder, rain_times),
        boundaries=(
            *(_boundary(Inflow, "discharge", table, grid) for table in tables.get("inflow", [])),
            *(_boundary(Stage, "level", table, grid) for table in tables.get("stage", [])),
        ),
        seconds=hours * 3600.0,
        settings=_settings(tables.get("settings", {}), overrides),
        gauges=_gauges(tables.get("gauges"), grid, folder),
        files=(path.resolve(), *_files(tables, folder)),
    )


def _read(path):
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise MissingError(
            f"case {path} is not there, expected a TOML file; check the path"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is not TOML ({error}), expected a case file") from None


def _number(value, name, where):
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise InputError(f"{name} is {value!r} in {where}, expected a number above 0; correct it")
    return float(value)


def _terrain(table, zones, folder):
    """Import the terrain into a package that is thrown away, and roughen it."""
    from twin.importers.city_import import import_city

    manning = table.get("manning")
    options = {key: value for key, value in table.items() if key != "manning"}
    options |= {key: folder / options[key] for key in _PATHS if key in options}
    with tempfile.TemporaryDirectory() as aside:
        try:
            city, _ = import_city(Path(aside) / "case", name="case", **options)
        except TypeError:
            raise InputError(
                f"[terrain] has {', '.join(table)}, expected keys of `city import` and manning; "
                "correct the name"
            ) from None
        terrain = city.terrain.load()
    if manning is not None:
        rough = _number(manning, "manning", "[terrain]")
        terrain["manning"] = xr.full_like(terrain["elevation"], rough)
        terrain["manning"].attrs = {"units": "s m-1/3"}
    for zone in zones:
        _roughen(terrain, zone, folder)
    return terrain


def _roughen(terrain, zone, folder):
    """Give the cells whose centres lie in a polygon their own roughness."""
    import shapely

    corners = _table(folder / zone["polygon"], header=None).to_numpy(float)
    grid = Grid.of(terrain)
    x, y = np.meshgrid(grid.x, grid.y)
    covered = shapely.contains_xy(shapely.Polygon(corners[:, :2]), x, y)
    terrain["manning"].values[covered] = _number(zone["manning"], "manning", "[[roughness]]")


def _rainfall(table, grid, hours, folder, times):
    source = _source(table, folder)
    if source is None:
        return None
    return read_rainfall(source, grid, hours, times or table.get("times"))


def _source(table, folder):
    """Where rain or losses come from: a number, a design storm, or a path in the case's folder."""
    if not table:
        return None
    if "source" not in table:
        raise InputError(
            f"[rain] or [losses] has {', '.join(table)}, expected source = a rate in mm/h, a "
            "design storm or a file; add it"
        )
    source = table["source"]
    if isinstance(source, str) and not source.startswith("design:"):
        return folder / source
    return source


def _boundary(kind, quantity, table, grid):
    """Inflow or stage along a line; its series is a number or rows of (seconds, value)."""
    name = str(table.get("name", quantity))
    line, series = np.array(table.get("line", []), float), table.get(quantity)
    if line.ndim != 2 or line.shape[1] != 2:
        raise InputError(
            f"boundary {name!r} has no line, expected line = [[x, y], [x, y]] in the CRS; add it"
        )
    rows, columns = cells_on_line(grid, line)
    series = np.array(series if isinstance(series, list) else [[0.0, series]], float)
    if series.ndim != 2 or series.shape[1] != 2:
        raise InputError(
            f"boundary {name!r} has {quantity} {table.get(quantity)!r}, expected a number or rows "
            "of [seconds, value]; correct it"
        )
    return kind(name, rows, columns, series[:, 0], series[:, 1])


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
        steps = int(np.hypot(x1 - x0, y1 - y0) / grid.cell_size * 4) + 2
        for share in np.linspace(0.0, 1.0, steps):
            cell = grid.cell_of(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
            if cell is None:
                raise InputError(
                    f"line from ({x0:.0f}, {y0:.0f}) to ({x1:.0f}, {y1:.0f}) leaves the grid "
                    f"{tuple(round(b) for b in grid.bounds)}, expected it inside; move it"
                )
            found.append(cell)
    cells = np.array(list(dict.fromkeys(found)))
    return cells[:, 0], cells[:, 1]


def _gauges(table, grid, folder):
    """Places of a CSV with columns x and y, and those named by `id` and `observed`."""
    if not table:
        return ()
    frame = _table(folder / table["file"])
    names = frame[table["id"]] if "id" in table else frame.index
    observed = frame[table["observed"]] if "observed" in table else np.full(len(frame), np.nan)
    gauges = []
    for name, x, y, level in zip(names, frame["x"], frame["y"], observed, strict=True):
        cell = grid.cell_of(x, y)
        if cell is None:
            raise InputError(
                f"gauge {name} at ({x:.1f}, {y:.1f}) is off the grid, expected it inside; move it "
                "or enlarge the terrain"
            )
        gauges.append(Gauge(str(name), *cell, float(level)))
    return tuple(gauges)


def _table(path, header=0):
    import pandas as pd

    try:
        return pd.read_csv(path, header=header, skipinitialspace=True)
    except FileNotFoundError:
        raise MissingError(f"{path} is not there, expected a CSV; check the case file") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"{path.name} is not a CSV ({error}), expected columns x, y") from None


def _settings(table, overrides):
    known = {field.name for field in fields(Settings)}
    chosen = table | {key: value for key, value in overrides.items() if value is not None}
    unknown = sorted(set(chosen) - known)
    if unknown:
        raise InputError(
            f"[settings] has {', '.join(unknown)}, expected {', '.join(sorted(known))}; "
            "correct the name"
        )
    return Settings(**chosen)


def _files(tables, folder):
    """Files that a case reads, for its manifest."""
    named = [tables.get("terrain", {}).get(key) for key in _PATHS]
    named += [zone.get("polygon") for zone in tables.get("roughness", [])]
    named += [tables.get("rain", {}).get("source"), tables.get("losses", {}).get("source")]
    named += [tables.get("gauges", {}).get("file")]
    paths = [folder / name for name in named if isinstance(name, str)]
    return tuple(path for path in paths if path.is_file())

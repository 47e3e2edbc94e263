"""A case file: one TOML that describes a run without a city package.

Paths in it are relative to the file; SI units, else the unit stands in the key. A VALUE is a
number, a formula of x, y and z (ground) or a raster; a SERIES a number, rows of seconds and values,
a CSV of them or a formula of t. CASES.md in this room lists all keys.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import get_args

import numpy as np
import xarray as xr

from hydrology.cases.boundaries import read_boundaries
from hydrology.cases.fields import Span
from hydrology.cases.gauges import read_gauges
from hydrology.cases.infiltration import read_infiltration
from hydrology.cases.initial import InitialWater, read_initial
from hydrology.cases.rain import read_rain
from hydrology.cases.structures import TABLES as STRUCTURES
from hydrology.cases.structures import read_structures
from hydrology.cases.tables import read_tables
from hydrology.cases.terrain import read_terrain
from hydrology.cases.words import read_words
from hydrology.rainfall.rainfall import add_losses
from hydrology.rainfall.series import NO_DATE
from hydrology.solver.frames import require_intervals
from hydrology.solver.infiltration import Infiltration
from hydrology.solver.settings import Settings

TABLES = (
    "constants", "profiles", "terrain", "roughness", "building", "initial", "rain", "losses",
    "infiltration", "inflow", "stage", "free", *STRUCTURES, "gauge", "gauges", "output", "settings",
)  # fmt: skip
OF_OTHERS = ("check", "validate")
"""Tables that those who compare a run with what it should be read for themselves."""

FIELDS = (
    "water_depth", "water_speed", "max_depth", "max_speed", "max_hazard", "arrival_time",
    "wet_duration",
)  # fmt: skip
"""Fields of a run that are written unless the case names others."""

_LONGEST = 1e6  # hours, as for `simulate --hours`


@dataclass(frozen=True)
class Case:
    """Everything that `simulate` needs for a run, and what to record of it.

    One whose frames or gauges are asked for too often is refused by an `InputError`.

    Parameters
    ----------
    name, title : str
        In paths, and for people.
    terrain, rainfall : xarray.Dataset
        Ground and initial water over (y, x); rain over (time, y, x), or None.
    boundaries : tuple of Inflow or Stage
        What feeds or drains it.
    structures : tuple of hydrology.solver.structures.Structure
        Walls, levees, weirs, bridges and culverts in it.
    initial : hydrology.cases.initial.InitialWater
        What stands and moves on it at the start; its depth is in the terrain too.
    infiltration : hydrology.solver.infiltration.Infiltration or None
        What the ground takes, if not what the terrain says.
    seconds : float
        Length of the run [s].
    settings : Settings
        How it is computed.
    gauges : tuple of Gauge
        Places whose water is recorded.
    gauge_seconds : float
        Time between two records [s].
    fields : tuple of str
        What is kept of the water over the cells.
    checks : tuple of dict
        Tables [[check]], as they stand there.
    start : numpy.datetime64
        Time of second zero, UTC.
    folder : pathlib.Path
        Paths in the file are relative to it.
    files : tuple of pathlib.Path
        The case file and all that it names.
    """

    name: str
    title: str
    terrain: xr.Dataset
    rainfall: xr.Dataset | None
    boundaries: tuple
    seconds: float
    settings: Settings
    structures: tuple = ()
    infiltration: Infiltration | None = None
    initial: InitialWater = field(default_factory=InitialWater)
    gauges: tuple = ()
    gauge_seconds: float = 600.0
    fields: tuple = FIELDS
    checks: tuple = ()
    start: np.datetime64 = NO_DATE
    folder: Path = Path()
    files: tuple = field(default=(), repr=False)

    def __post_init__(self):
        require_intervals(self.seconds, self.settings.frame_seconds, self.gauge_seconds)


def load_case(path, hours=None, rain_times=None, changes=None, **overrides):
    """Read a case file and everything that it names.

    Parameters
    ----------
    path : str or Path
        The TOML file.
    hours : float, optional
        Length of the run and of plain rain [h], in the place of what the file says.
    rain_times : str, optional
        What the times of a hyetograph mean, in the place of what the file says.
    changes : dict, optional
        Values in the place of those in the file, by dotted keys: ``{"terrain.cell_size": 5.0,
        "inflow.0.discharge": 2}``; so one file gives its variants. None leaves a key out.
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
    case = read_tables(path, changes)
    case.know("name", "hours", "seconds", "title", *TABLES, *OF_OTHERS)
    case = case.with_words(read_words(case))
    name = case.text("name") if "name" in case else path.stem
    span = _span(case, hours)
    settings = _settings(case, overrides)
    terrain, cells = read_terrain(case)
    initial = read_initial(case, cells)
    if initial.depth is not None:
        terrain["initial_depth"] = ("y", "x"), initial.depth, {"units": "m"}
    rainfall = read_rain(case, cells, span.asked / 3600.0, rain_times)
    if "losses" in case:
        terrain = _add_losses(terrain, case.table("losses").know("source"), span)
    output = case.table("output").know("frame_seconds", "gauge_seconds", "fields")
    return Case(
        name=name,
        title=case.text("title") if "title" in case else name,
        terrain=terrain,
        rainfall=rainfall,
        boundaries=read_boundaries(case, cells, span),
        structures=read_structures(case, cells),
        initial=initial,
        infiltration=read_infiltration(case, cells),
        seconds=span.asked,
        settings=settings,
        gauges=read_gauges(case, cells.grid),
        gauge_seconds=output.number("gauge_seconds", 0, default=settings.frame_seconds),
        fields=output.words_of("fields", (*FIELDS, "water_level"), default=FIELDS),
        checks=tuple(table.values for table in case.tables("check")),
        start=NO_DATE if rainfall is None else rainfall["time"].values[0],
        folder=case.folder,
        files=tuple(file for file in case.paths if file.exists()),
    )


def _add_losses(terrain, table, span):
    """Terrain whose drains take the losses; of a CSV, the mean over the case's own length."""
    losses = table.source("source")
    is_rate = isinstance(losses, float)
    seconds = span.asked if is_rate else span.of_case("losses are a CSV, of which the mean counts")
    return add_losses(terrain, losses, seconds)


def _span(case, hours):
    """Length of the run, as the case has it and as it was asked for."""
    if "seconds" in case:
        if "hours" in case:
            raise case.refusal("seconds", "either hours or seconds")
        own = case.number("seconds", 0, 3600.0 * _LONGEST)
    elif hours is None or "hours" in case:
        own = 3600.0 * case.number("hours", 0, _LONGEST)
    else:
        own = None
    return Span(own, own if hours is None else 3600.0 * hours)


def _settings(case, overrides):
    """Settings of a case; edges may stand in [terrain] too, frame_seconds in [output]."""
    kinds = {field.name: (get_args(field.type) or (field.type,))[0] for field in fields(Settings)}
    table = case.table("settings").know(*kinds)
    read = {float: table.number, int: table.whole, bool: table.truth}
    chosen = {key: read.get(kinds[key], table.text)(key) for key in table.values}
    terrain, output = case.table("terrain"), case.table("output")
    if "edges" in terrain:
        chosen.setdefault("edges", terrain.text("edges"))
    if "frame_seconds" in output:
        if "frame_seconds" in table:
            raise output.refusal("frame_seconds", "it either here or in [settings]")
        chosen["frame_seconds"] = output.number("frame_seconds", 0)
    return Settings(
        **chosen | {key: value for key, value in overrides.items() if value is not None}
    )

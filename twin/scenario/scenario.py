"""Scenarios: a changed city as a small list of edits on a base, apart from the live city.

A scenario is one TOML file; `SCENARIOS.md` beside this file has every key. Each edit has a kind
(`twin.scenario.edits.KINDS`), one place (`twin.scenario.places`), and what its kind needs.
"""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from twin.city import City
from twin.errors import InputError
from twin.input_file import require_file
from twin.scenario.tables import EditTable, is_number

MOST_EDITS = 500
MOST_BYTES = 2_000_000
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
RESERVED = ("runs", "jobs")
"""Names of folders beside those of the scenarios."""

_KEYS = (
    "name", "title", "city", "rain", "base_rain", "losses", "hours", "coordinates", "heat", "edit",
)  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A scenario as its file has it, checked as far as that goes without the city.

    Parameters
    ----------
    name, title : str
        In paths, and for people.
    city : str or None
        Folder of the base, as the file names it.
    rain, base_rain, losses : str, float or None
        Storm of both runs; of the baseline where it has another one; drainage losses.
    hours : float or None
        Length of the runs [h].
    coordinates : str
        ``"city"`` or ``"lonlat"``.
    heat : dict or None
        The hot day, as in [heat]; None where no heat is wanted.
    edits : tuple of twin.scenario.tables.EditTable
        In their order.
    folder : pathlib.Path
        Paths are relative to it.
    digest : str
        SHA-256 of all that changes the city.
    """

    name: str
    title: str
    city: str | None
    rain: object
    base_rain: object
    losses: object
    hours: float | None
    coordinates: str
    heat: dict | None
    edits: tuple
    folder: Path
    digest: str = field(repr=False)


@dataclass(frozen=True)
class EditedCity(City):
    """A city as a scenario changes it, in memory; its folder is that of the untouched base.

    Parameters
    ----------
    edited_terrain : xarray.Dataset (y, x)
        All terrain fields.
    edited_layers : dict of str to geopandas.GeoDataFrame
        Layers that changed.
    structures : dict of str to list of dict
        Tables of `hydrology/CASES.md`: levees, walls, culverts.
    cover : numpy.ndarray of int8
        Surface of each cell, see `twin.heat.surface_cover`.
    reports : tuple of twin.scenario.draft.EditReport
        What each edit did.
    notes : tuple of str
        What cannot be simulated, or is simulated otherwise than people may think.
    """

    edited_terrain: object = field(default=None, repr=False, compare=False)
    edited_layers: dict = field(default_factory=dict, repr=False, compare=False)
    structures: dict = field(default_factory=dict, repr=False, compare=False)
    cover: object = field(default=None, repr=False, compare=False)
    reports: tuple = field(default=(), compare=False)
    notes: tuple = field(default=(), compare=False)

    @property
    def terrain_fields(self):
        """Names of the terrain fields, with those that edits brought."""
        return [str(name) for name in self.edited_terrain.data_vars]

    @property
    def terrain(self):
        """All terrain fields, Dataset over (y, x)."""
        return self.edited_terrain

    def terrain_window(self, row, column, ny, nx, fields=None):
        """Part of the terrain."""
        wanted = self.edited_terrain[list(fields)] if fields else self.edited_terrain
        return wanted.isel(y=slice(row, row + ny), x=slice(column, column + nx))

    def layer(self, name):
        """One vector layer, as it was edited."""
        if name in self.edited_layers:
            return self.edited_layers[name]
        return super().layer(name)


def read_scenario(path):
    """Read a scenario file.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML.

    Returns
    -------
    Scenario

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is no TOML, too large, or one of its keys is wrong; edits are named by their number.
    """
    path = Path(path)
    require_file(path, "a scenario, a TOML file")
    if path.stat().st_size > MOST_BYTES:
        raise InputError(
            f"{path.name} has over {MOST_BYTES:,} bytes, expected a small list of edits; keep "
            "large geometries in a GeoJSON beside it"
        )
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} is not TOML ({str(error)[:120]}), expected a scenario; correct it"
        ) from None
    return scenario_of(values, path.stem.lower(), path.resolve().parent)


def scenario_of(values, name, folder):
    """A scenario of the tables of its file; see `read_scenario`."""
    table = EditTable(values, "the scenario", Path(folder))
    table.know(*_KEYS)
    name = table.text("name", name)
    if not NAME.fullmatch(name) or name in RESERVED:
        raise InputError(
            f"the scenario is called {name[:60]!r}, expected lower-case letters, digits, - and _, "
            f"and none of {', '.join(RESERVED)}; give it another name"
        )
    edits = values.get("edit", [])
    if not isinstance(edits, list) or not all(isinstance(edit, dict) for edit in edits):
        raise table.refusal("edit", "a list of tables, each under [[edit]]")
    if len(edits) > MOST_EDITS:
        raise InputError(f"the scenario has {len(edits)} edits, expected at most {MOST_EDITS}")
    if not edits and "base_rain" not in values:
        raise table.refusal("edit", "at least one table [[edit]], or base_rain")
    return Scenario(
        name=name,
        title=table.text("title", name),
        city=table.text("city") if "city" in table else None,
        rain=_rain(table, "rain"),
        base_rain=_rain(table, "base_rain"),
        losses=_rain(table, "losses"),
        hours=table.number("hours", 0.01, 1e4) if "hours" in table else None,
        coordinates=table.choice("coordinates", ("city", "lonlat"), "city"),
        heat=_heat(table),
        edits=tuple(_edit(edit, number, Path(folder)) for number, edit in enumerate(edits, 1)),
        folder=Path(folder),
        digest=_digest(edits, values.get("coordinates"), Path(folder)),
    )


def apply_scenario(city, scenario):
    """The city as a scenario changes it; the package on disk is only read.

    Parameters
    ----------
    city : twin.city.City
        The base.
    scenario : Scenario

    Returns
    -------
    EditedCity

    Raises
    ------
    InputError, MissingError
        An edit cannot be: the line begins with its number.
    """
    from twin.fields import describe
    from twin.scenario.draft import Draft

    draft = Draft(city)
    numbered = list(enumerate(scenario.edits, 1))
    numbered.sort(key=lambda edit: edit[1].values["kind"] == "pump")  # they add to the drains
    for number, table in numbered:
        _apply(draft, table, number, scenario.coordinates)
    draft.reports.sort(key=lambda report: report.number)
    version = hashlib.sha256(f"{city.version} {scenario.digest}".encode()).hexdigest()[:16]
    return EditedCity(
        **{name: getattr(city, name) for name in City.__dataclass_fields__} | {"version": version},
        edited_terrain=describe(draft.terrain),
        edited_layers=draft.layers,
        structures={kind: tables for kind, tables in draft.structures.items() if tables},
        cover=draft.cover,
        reports=tuple(draft.reports),
        notes=tuple(draft.notes),
    )


def _apply(draft, table, number, coordinates):
    from twin.scenario.draft import EditReport
    from twin.scenario.edits import KINDS
    from twin.scenario.places import KEYS, SHAPING, project_point, read_place

    kind = table.values["kind"]
    place = read_place(table, draft.city, coordinates)
    rest = {k: v for k, v in table.values.items() if k not in (*KEYS, *SHAPING, "kind", "name")}
    options = EditTable(rest, table.where, table.folder)
    is_lonlat = table.values.get("coordinates", coordinates) == "lonlat"
    if "to" in options and is_lonlat:
        rest["to"] = list(project_point(options.point("to"), draft.city.crs))
    done = KINDS[kind](draft, options, place, number)
    name = table.text("name", f"{kind.replace('_', ' ')} {number}")
    draft.reports.append(EditReport(number, kind, name, shape=place.shape, **done))


def _edit(values, number, folder):
    from twin.scenario.edits import KINDS

    kind = values.get("kind", "")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(
            f"edit {number} is of kind {str(kind)[:40]!r}, expected one of {', '.join(KINDS)}; "
            "correct it"
        )
    return EditTable(values, f"edit {number} ({kind})", folder)


def _rain(table, key):
    """A rate, the name of a storm, a design storm, or a file beside the scenario."""
    value = table.values.get(key)
    if value is None:
        return None
    if is_number(value) and value >= 0:
        return float(value)
    text = table.text(key)
    beside = table.folder / text
    return str(beside) if beside.exists() and "/" not in text.strip("./") else text


def _heat(table):
    """The table [heat] with a date, or None where heat = false."""
    value = table.values.get("heat", {})
    if value is False:
        return None
    if value is True:
        return {}
    if not isinstance(value, dict):
        raise table.refusal("heat", "a table [heat], true or false")
    heat = EditTable(value, "[heat]", table.folder)
    numbers = ("hour", "air_temperature_c", "humidity", "wind")
    heat.know("date", *numbers)
    chosen = {key: heat.number(key) for key in numbers if key in heat}
    if "date" in heat:
        chosen["date"] = _date(heat)
    return chosen


def _date(heat):
    value = heat.values["date"]
    try:
        return value if type(value) is date else date.fromisoformat(str(value))
    except ValueError:
        raise heat.refusal("date", "a date such as 2026-07-21") from None


def _digest(edits, coordinates, folder):
    """SHA-256 of the edits and of the geometries beside them."""
    total = hashlib.sha256(json.dumps([edits, coordinates], default=str, sort_keys=True).encode())
    for edit in edits:
        path = folder / str(edit.get("geojson", ""))
        if "geojson" in edit and path.is_file():
            total.update(path.read_bytes())
    return total.hexdigest()

"""The verbs `city import`, `city check` and `city export`."""

from pathlib import Path

from service.words.progress import Progress
from twin.errors import InputError

MOST_TOLD = 20
"""Objects with troubles that an answer names."""

_GUESSED_TERRAIN = (
    "nobody measured this terrain: it is guessed from the bases of the houses and knows no street, "
    "no bank and no river, so where water goes is a guess too; name a terrain with --dem"
)

_MODEL_KEYS = (
    "types",
    "lods",
    "crs",
    "validity",
    "features",
    "valid_features",
    "invalid_objects",
    "repaired_objects",
    "troubles",
    "told",
    "changes",
    "changed_objects",
)


def import_city(
    *,
    name,
    title="",
    dem=None,
    buildings=None,
    roads=None,
    landcover=None,
    landcover_table=None,
    cityjson=None,
    citygml=None,
    layers=None,
    sensors_of=None,
    crs=None,
    cell_size=None,
    buildings_as="raised",
    edges="free",
    geoid_height=None,
    repair=True,
    move_onto_terrain=False,
    overwrite=False,
    out=None,
    quiet=False,
):
    """Import real layers as a city package; see `twin.importers.city_import.import_city`.

    Returns
    -------
    dict
        ``city`` (folder), ``cells``, ``cell_size_m``, ``crs``, ``warnings`` (list of str) and
        ``layers``: list of ``name``, ``read``, ``kept``, ``dropped``, ``changed``, ``reasons``, of
        a city model ``classes``. ``model``: None, or what `_about_model` says.
    """
    from twin.importers import city_import

    progress = Progress(f"importing {name}", wanted=not quiet)
    city, layers = city_import.import_city(
        Path(out or Path("cities") / name),
        name=name,
        title=title,
        dem=dem,
        buildings=buildings,
        roads=roads,
        landcover=landcover,
        landcover_table=landcover_table,
        cityjson=cityjson,
        citygml=citygml,
        layers=dict(layers or ()),
        sensors_of=sensors_of,
        crs=crs,
        cell_size=cell_size,
        buildings_as=buildings_as,
        edges=edges,
        geoid_height=geoid_height,
        repair=repair,
        move_onto_terrain=move_onto_terrain,
        overwrite=overwrite,
        progress=progress.tell,
    )
    return {**_about(city), "layers": layers, "model": _about_model(city)}


def export_city(*, city, out, overwrite=False, quiet=False):
    """Write the 3D model of a city as CityJSON or CityJSONSeq.

    Returns
    -------
    dict
        ``city``, ``file``, and what `twin.model.export.export_model` says.
    """
    from twin import city as cities
    from twin.model.export import export_model

    progress = Progress(f"exporting {city}", wanted=not quiet)
    opened = cities.open_city(city)
    progress.tell(f"writing {out}")
    return {"city": str(city), "file": str(out), **export_model(opened, out, overwrite)}


def check_city(*, city, quiet=False):
    """Check a city package.

    Returns
    -------
    dict
        ``city`` (folder), ``cells``, ``cell_size_m``, ``crs``, ``warnings``, ``layers``,
        ``weather``, ``problems``, which is empty, and ``model``: None, or what `_about_model` says.

    Raises
    ------
    InputError
        The first problem, and how many more there are.
    """
    from twin import city as cities

    progress = Progress(f"checking {city}", wanted=not quiet)
    opened = cities.open_city(city)
    progress.tell("reading all files")
    problems = cities.check_city(city)
    if problems:
        more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
        raise InputError(
            f"{city} is not sound: {problems[0]}{more}, expected none; import or generate it again"
        )
    return {
        **_about(opened),
        "layers": opened.layer_names,
        "weather": opened.weather_names,
        "problems": [],
        "model": _about_model(opened),
    }


def _about(city):
    return {
        "city": str(city.folder),
        "name": city.name,
        "crs": city.crs,
        "cells": city.grid.nx * city.grid.ny,
        "cell_size_m": city.grid.cell_size,
        "warnings": _warnings(city),
    }


def _warnings(city):
    from twin.datum import geoid_doubt

    guessed = _GUESSED_TERRAIN if city.info.get("terrain_is_guess") else ""
    return [warning for warning in (guessed, geoid_doubt(city)) if warning]


def _about_model(city):
    """What is known of a 3D model: objects, faults by code, how houses stand on the terrain."""
    if not city.has_model:
        return None
    from twin.model.storage import bases_on_terrain

    entry, table = city.info["model"], city.model_table()
    told = table[table["troubles"] != ""].head(MOST_TOLD)
    return {
        "objects": sum(entry["types"].values()),
        **{key: entry.get(key) for key in _MODEL_KEYS},
        "told_of_objects": [f"{row.id}: {row.troubles}" for row in told.itertuples()],
        "bases": bases_on_terrain(table),
    }

"""The verbs `city import` and `city check`."""

from pathlib import Path

from service.progress import Progress
from twin.errors import InputError


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
    crs=None,
    cell_size=None,
    buildings_as="raised",
    edges="free",
    out=None,
    quiet=False,
):
    """Import real layers as a city package; see `twin.importers.city_import.import_city`.

    Returns
    -------
    dict
        ``city`` (folder), ``cells``, ``cell_size_m``, ``crs`` and ``layers``: list of ``name``,
        ``read``, ``kept``, ``dropped``, ``changed``, ``reasons``.
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
        crs=crs,
        cell_size=cell_size,
        buildings_as=buildings_as,
        edges=edges,
        progress=progress.tell,
    )
    return {**_about(city), "layers": layers}


def check_city(*, city, quiet=False):
    """Check a city package.

    Returns
    -------
    dict
        ``city`` (folder), ``cells``, ``cell_size_m``, ``crs``, ``layers``, ``weather`` and
        ``problems``, which is empty.

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
    }


def _about(city):
    return {
        "city": str(city.folder),
        "name": city.name,
        "crs": city.crs,
        "cells": city.grid.nx * city.grid.ny,
        "cell_size_m": city.grid.cell_size,
    }

"""The verb `verify`: scores of all forecasts of a city against what came true."""

import csv
import json
from pathlib import Path

from service.disk import require_writable
from service.runs import run_folder
from service.words.progress import Progress
from twin.errors import InputError

THRESHOLDS = (0.1, 0.3)
"""Depths that make an event [m]: a wet street, and cars that float."""

FILE = "verification.json"


def verification_folder(city_folder, name):
    """Where the scores of a city go unless told: beside its runs.

    Examples
    --------
    >>> verification_folder("data/cities/harbour", "harbour").as_posix()
    'data/verification/harbour'
    """
    runs = run_folder(city_folder, name)
    return runs.parent.parent / "verification" / runs.name


def verify(
    *,
    city,
    store=None,
    runs=None,
    uncorrected=None,
    truth=None,
    reports=None,
    flood_points=None,
    thresholds=THRESHOLDS,
    trigger=None,
    as_of=None,
    exercises=False,
    out=None,
    quiet=False,
):
    """Score all forecasts in a folder of runs and write a table and a page.

    Parameters
    ----------
    city : path-like
        Folder of a city package.
    store : path-like, optional
        Observation store: depths and wet or dry states of its sensors.
    runs : path-like, optional
        Folder of the runs; default `service.runs.run_folder`.
    uncorrected : path-like, optional
        Folder of runs of the same issue times without assimilation, to compare with.
    truth : path-like, optional
        True flood: a run, a ``flood.zarr`` or a NetCDF file.
    reports, flood_points : path-like, optional
        Floods that citizens reported, and that were recorded: CSV or GeoJSON with time, lon, lat
        and ``radius_m``.
    thresholds : sequence of float
        Depths of an event [m].
    trigger : float, optional
        Probability from which a run warns; default `hydrology.scores.lead_time.TRIGGER`.
    as_of : str, optional
        ISO time: nothing that was received later is used. Default now.
    exercises : bool
        Whether forecasts whose clock was set are scored too.
    out : path-like, optional
        Folder of ``verification.json``, ``verification.csv`` and ``report.html``; default
        `verification_folder`.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        What the JSON file holds, and where the files are.

    Raises
    ------
    MissingError
        No city, no forecast, or a file is not there.
    InputError
        Nothing was given to hold the forecasts against, or a file cannot be read.
    """
    from hydrology.scores.lead_time import TRIGGER
    from service.verification.page import write_page
    from service.verification.task import Task
    from service.verification.truth import moment_of
    from twin.city import open_city

    if store is None and truth is None and reports is None and flood_points is None:
        raise InputError(
            "nothing to hold the forecasts against, expected --store, --truth, --reports or "
            "--flood-points; name one of them"
        )
    package = open_city(city)
    folder = Path(out or verification_folder(city, package.name))
    require_writable(folder)
    task = Task(
        package,
        moment_of(as_of),
        tuple(sorted(thresholds)),
        TRIGGER if trigger is None else trigger,
        exercises,
    )
    with Progress(f"verifying {package.name}", wanted=not quiet) as progress:
        task.open_runs(Path(runs or run_folder(city, package.name)), store, uncorrected)
        for number, (hold, given) in enumerate(
            (
                (task.against_sensors, store),
                (task.against_truth, truth),
                (task.against_reports, reports),
                (task.against_flood_points, flood_points),
            )
        ):
            progress(number, 4)
            if given is not None:
                hold(given)
    document = task.document()
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / FILE, json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
    _write_csv(folder / "verification.csv", document["rows"])
    page = write_page(folder, document)
    return {**document, "json": str(folder / FILE), "report": str(page)}


def _write_csv(path, rows):
    from service.products import safe_cell

    columns = list(dict.fromkeys(name for row in rows for name in row))
    aside = path.with_name(f".{path.name}.new")
    with aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([safe_cell(row.get(name)) for name in columns] for row in rows)
    aside.replace(path)


def _write(path, text):
    """Write a file aside, then put it in its place."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)

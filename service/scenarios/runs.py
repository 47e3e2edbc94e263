"""The runs of a scenario: baseline and changed city, each computed once, apart from live runs."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from service.disk import require_space, require_writable
from service.first_start import tell_of_compiling
from service.flood_file import product_bytes
from service.jobs import job_of_city
from service.publishing import model_version
from service.runs import RunStore
from service.simulating import run_job
from service.words.progress import Progress

BASELINE, SCENARIO = "baseline", "scenario"
"""Kinds of run that a scenario has; neither is ever listed among the live ones."""

AS_TODAY = "as today"
"""What people call the baseline."""

MOST_LOOKED_AT = 200


def scenario_folder(city_folder, name):
    """Where the scenarios of a city go unless told: beside its data folder.

    Examples
    --------
    >>> scenario_folder("data/cities/harbour", "harbour").as_posix()
    'data/scenarios/harbour'
    """
    folder = Path(city_folder)
    if folder.parent.name == "cities":
        return folder.parent.parent / "scenarios" / folder.name
    return Path("scenarios") / name


def make_scenario_job(city, scenario, kind, options):
    """The job of one of the two runs.

    Parameters
    ----------
    city : twin.city.City or twin.scenario.scenario.EditedCity
        The base for the baseline, else the edited one.
    scenario : twin.scenario.scenario.Scenario
        With its storm.
    kind : str
        `BASELINE` or `SCENARIO`.
    options : dict
        Settings of the solver; None leaves the default.

    Returns
    -------
    service.jobs.Job

    Raises
    ------
    InputError, MissingError
        The storm or a structure cannot be.
    """
    rain = scenario.rain
    if kind == BASELINE and scenario.base_rain is not None:
        rain = scenario.base_rain
    job = job_of_city(city, rain, scenario.losses, scenario.hours, options)
    structures = _structures(city, scenario.folder)
    title = AS_TODAY if kind == BASELINE else scenario.title
    titled = replace(job.case, structures=structures, title=f"{job.case.title}, {title}")
    job = replace(job, kind=kind, case=titled)
    more = {"inputs_key": _key(job, scenario, getattr(city, "structures", {})), "title": title}
    if kind == SCENARIO:
        more["scenario"] = scenario.name
    return replace(job, more=more)


def run_once(job, store, quiet):
    """The run of a job: an earlier one with the same inputs, or a new one.

    Parameters
    ----------
    job : service.jobs.Job
        From `make_scenario_job`.
    store : service.runs.RunStore
        Runs of scenarios only.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    run : service.runs.Run
    is_new : bool

    Raises
    ------
    DeviceError
        The disk is full.
    UnstableError
        The water left the range in which its numbers mean anything.
    """
    found = _same(store, job)
    if found is not None:
        return found, False
    case = job.case
    require_writable(store.folder)
    frames = int(np.ceil(case.seconds / case.settings.frame_seconds)) + 1
    require_space(store.folder, product_bytes(job.grid, frames))
    title = f"simulating {job.kind} of {case.name}"
    with store.new_run() as run, Progress(title, wanted=not quiet) as progress:
        tell_of_compiling(progress, case.settings)
        run_job(job, run, progress)
    return store.open(run.run_id), True


def open_store(folder):
    """The runs of the scenarios in a folder."""
    return RunStore(Path(folder) / "runs")


def _same(store, job):
    """The newest run of the same kind and inputs, None where there is none."""
    for number, run in enumerate(store.recent()):
        if number >= MOST_LOOKED_AT:
            break
        manifest = run.manifest
        if (manifest["kind"], manifest.get("inputs_key")) == (job.kind, job.more["inputs_key"]):
            return run
    return None


def _structures(city, folder):
    """Levees, walls and culverts of an edited city, as the solver takes them."""
    from hydrology.cases.fields import Cells
    from hydrology.cases.structures import read_structures
    from hydrology.cases.tables import Table

    tables = getattr(city, "structures", None)
    if not tables:
        return ()
    ground = city.terrain["elevation"].values
    is_open = np.isfinite(ground)
    if "building_blockage" in city.terrain and city.buildings_as != "none":
        is_open &= ~(city.terrain["building_blockage"].values >= 0.5)
    cells = Cells(city.grid, ground, is_open)
    found = read_structures(Table(tables, "the scenario", folder), cells)
    return tuple(_on_the_ground(structure, ground) for structure in found)


def _on_the_ground(structure, ground):
    """A levee whose crest ends where the ground is higher; anything else as it is."""
    from hydrology.solver.structures import Levee

    if not isinstance(structure, Levee):
        return structure
    sides = (structure.rows, structure.columns), (structure.to_rows, structure.to_columns)
    highest = np.maximum(*(ground[side].astype(np.float64) for side in sides))
    return replace(structure, crest=np.maximum(structure.crest, highest))


def _key(job, scenario, tables):
    """SHA-256 of everything that the run depends on, as it enters the solver."""
    parts = {
        "city": job.version,
        "terrain": _digest(job.case.terrain),
        "structures": tables,
        "inputs": [[entry["name"], entry["sha256"]] for entry in job.inputs],
        "losses": scenario.losses,
        "seconds": job.case.seconds,
        "settings": asdict(job.case.settings),
        "model": model_version(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _digest(terrain):
    """SHA-256 of all fields of a terrain: what edits make of them may change with the program."""
    total = hashlib.sha256()
    for name in sorted(map(str, terrain.data_vars)):
        total.update(name.encode())
        total.update(np.ascontiguousarray(terrain[name].values).data)
    return total.hexdigest()

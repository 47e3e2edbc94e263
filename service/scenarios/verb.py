"""The verb `scenario`: a changed city or storm against its baseline, apart from live runs."""

import contextlib
import json
import secrets
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from service.disk import full_disk_is_named, require_writable
from service.publishing import model_version
from service.scenarios.runs import (
    BASELINE,
    SCENARIO,
    make_scenario_job,
    open_store,
    run_once,
    scenario_folder,
)
from service.simulating import require_device
from service.utc import iso
from twin.errors import InputError
from twin.exchange import put_in_place

SUMMARY = "summary.json"
TWIN_LEVEL = "L1"
"""Of every scenario: a model of the city that no live data enters."""


def scenario(
    *,
    scenarios,
    base=None,
    rain=None,
    losses=None,
    hours=None,
    scheme=None,
    dtype=None,
    device=None,
    frames=None,
    out=None,
    quiet=False,
):
    """Run changed cities or storms against their baseline and publish the differences.

    Parameters
    ----------
    scenarios : sequence of path-like
        TOML files, see `twin.scenario.scenario`.
    base : path-like, optional
        Folder of the base city; default what each file names.
    rain, losses, hours : optional
        In the place of what the files say; see `service.simulating.simulate`.
    scheme, dtype, device : str, optional
        How the solver computes.
    frames : float, optional
        Time between two frames [min]; default 10.
    out : path-like, optional
        Folder that collects the scenarios of the city; default beside its data folder.
    quiet : bool
        Whether to show no progress.

    Returns
    -------
    dict
        ``scenarios``: list of summaries (see `service.scenarios.summary`) with ``folder``;
        ``side_by_side``: page with all of them, None for one; ``page``: how the page of the
        service shows them, None where they lie outside of its data.

    Raises
    ------
    MissingError, InputError
        A file or an edit cannot be.
    DeviceError
        No GPU, or no room on the disk.
    """
    from twin.scenario.scenario import read_scenario

    require_device(device)
    options = {"scheme": scheme, "dtype": dtype, "device": device}
    options["frame_seconds"] = frames and 60.0 * frames
    given = {"rain": rain, "losses": losses, "hours": hours}
    given = {name: value for name, value in given.items() if value is not None}
    read = [replace(read_scenario(path), **given) for path in scenarios]
    _require_names(read)
    planned = [_plan(one, base, out, options) for one in read]
    folders = {plan["folder"] for plan in planned}
    if len(folders) > 1:
        raise InputError(
            "the scenarios have different base cities, expected one base to set them side by "
            "side; run them one by one"
        )
    done = [_make(quiet=quiet, **plan) for plan in planned]
    folder = folders.pop()
    return {
        "scenarios": done,
        "side_by_side": _side_by_side(done, folder),
        "page": _page(folder, planned[0]["base_city"].folder),
    }


def _plan(one, base, out, options):
    """All that a scenario needs, checked before any of them runs."""
    from service.scenarios.heat import require_hot_day
    from twin.city import open_city
    from twin.scenario.scenario import apply_scenario

    base_city = open_city(_base_folder(one, base))
    city = apply_scenario(base_city, one)
    require_hot_day(base_city, one.heat)
    folder = Path(out) if out else scenario_folder(base_city.folder, base_city.name)
    jobs = {
        BASELINE: make_scenario_job(base_city, one, BASELINE, options),
        SCENARIO: make_scenario_job(city, one, SCENARIO, options),
    }
    return {"one": one, "base_city": base_city, "city": city, "jobs": jobs, "folder": folder}


def _make(one, base_city, city, jobs, folder, quiet):
    """Run one scenario and publish what it changes."""
    from service.scenarios.summary import summarise

    store = open_store(folder)
    base_run, _ = run_once(jobs[BASELINE], store, quiet)
    run, _ = run_once(jobs[SCENARIO], store, quiet)
    with _published(folder, one.name) as aside:
        summary = summarise(aside, one, base_city, city, base_run, run)
        summary |= {
            "created": iso(datetime.now(UTC)),
            "model_version": model_version(),
            "twin_level": TWIN_LEVEL,
            "rain": _storm(jobs[SCENARIO]),
            "hours": jobs[SCENARIO].case.seconds / 3600.0,
        }
        _finish(aside, summary)
    return {**summary, "folder": str(folder / one.name)}


def _finish(aside, summary):
    """The page and the summary, last: they tell of all other files."""
    from service.scenarios.report import write_report

    pictures = [("Change of the largest depth", aside / "difference_map.png")]
    edited = summary["headline"].get("surface_temperature_c") or {"difference": None}
    if edited["difference"] is not None:
        pictures.append(("Change of the surface temperature", aside / "heat_map.png"))
    write_report(aside / "index.html", summary, pictures)
    text = json.dumps(summary, ensure_ascii=False, allow_nan=False, indent=1)
    (aside / SUMMARY).write_text(text + "\n", encoding="utf-8")


@contextlib.contextmanager
def _published(folder, name):
    """A hidden folder that takes the place of a scenario's once all is in it."""
    require_writable(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    aside, final, old = folder / f".{name}.{mark}.part", folder / name, folder / f".{name}.{mark}"
    aside.mkdir()
    try:
        with full_disk_is_named(folder):
            yield aside
        put_in_place(aside, final, old)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _side_by_side(done, folder):
    from service.products import write_table
    from service.scenarios.report import FACTS, write_side_by_side

    if len(done) < 2:
        return None
    import pandas as pd

    rows = [_flat(summary, [key for key, *_ in FACTS]) for summary in done]
    with full_disk_is_named(folder):
        write_table(folder, "side_by_side", pd.DataFrame(rows))
        path = folder / "side_by_side.html"
        aside = folder / f".side_by_side.{secrets.token_hex(4)}"
        write_side_by_side(aside, done)
        aside.replace(path)
    return str(path)


def _page(folder, city_folder):
    """Where the page of the service compares the runs; None where it would not find them."""
    data = folder.parent.parent
    served = data / "cities" / folder.name
    is_served = folder.parent.name == "scenarios" and served.resolve() == city_folder.resolve()
    if not is_served:
        return None
    return f'floodtwin serve --data {data} compares base and scenario: 3D view, "Compare with"'


def _flat(summary, keys):
    row = {"name": summary["name"], "title": summary["title"]}
    for key in keys:
        values = summary["headline"].get(key) or {}
        for side in ("base", "scenario", "difference"):
            row[f"{key}_{side}"] = values.get(side)
    return row


def _base_folder(one, base):
    """Folder of the base city: as asked, else as the file names it."""
    if base is not None:
        return Path(base)
    if one.city is None:
        raise InputError(
            f"scenario {one.name} names no city, expected --base CITY or city = '...' in the file"
        )
    beside = one.folder / one.city
    return beside if beside.is_dir() else Path(one.city)


def _require_names(read):
    names = [one.name for one in read]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{len(read)} scenarios were given and {', '.join(twice)} is the name of two, expected "
            "each name once; set 'name' in one of the files"
        )


def _storm(job):
    """Name of the storm, as it was asked for."""
    names = [entry["name"] for entry in job.inputs]
    found = [name.removeprefix("rain ") for name in names if name.startswith("rain ")]
    return found[0] if found else str(np.nan)

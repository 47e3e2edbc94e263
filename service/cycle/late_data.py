"""Notes on readings that came too late for a published forecast, or corrected what it used."""

import contextlib
import json
import secrets
from itertools import islice

import pandas as pd

from service.cycle.judged import PROPERTIES
from service.disk import full_disk_is_named
from service.run_pointers import reference_time
from service.utc import iso

USUAL_DELAY = pd.Timedelta(minutes=20)
"""Readings of up to this long before the issue time are missed where they come after it."""

LONGEST_WAIT = pd.Timedelta(hours=7)
"""Forecasts issued longer ago get no more notes."""

MOST_RUNS = 100
"""So many of the newest runs are looked at."""

MOST_SERIES = 200
"""Series that one note names."""


def note_late_data(runs, observations, stations, moment):
    """Attach a note to each forecast of the last hours for which readings came late.

    Parameters
    ----------
    runs : service.runs.RunStore
    observations : twin.observations.store.ObservationStore
    stations : sequence of str
        Of the city.
    moment : pandas.Timestamp
        Now; naive, UTC.

    Returns
    -------
    list of str
        Ids of the runs that have a note that says something new.

    Notes
    -----
    The note is a file beside the folder of the run, ``<run id>.late_data.json``: the run itself
    and its hashes never change.
    """
    noted = []
    for run in _recent_forecasts(runs, moment):
        issue = reference_time(run.manifest)
        changes = observations.changed_since(issue, before=issue - USUAL_DELAY)
        counts = changes["property"].isin(PROPERTIES) & changes["station_id"].isin(stations)
        changes = changes[counts & ((changes["late"] > 0) | (changes["corrected"] > 0))]
        if changes.empty:
            continue
        note = _note(run, changes)
        known = read_note(run) or {}
        if {**note, "noted": known.get("noted")} != known:
            _write(_path(run), note)
            noted.append(run.run_id)
    return noted


def read_note(run):
    """The note on a run as a dict, or None.

    Parameters
    ----------
    run : service.runs.Run

    Returns
    -------
    dict or None
        ``run_id``, ``noted`` (ISO), ``late``, ``corrected`` (readings), ``series``: list of
        ``source_id``, ``station_id``, ``property``, ``start``, ``end``, ``late``, ``corrected``;
        ``series_left_out``.
    """
    with contextlib.suppress(OSError, ValueError):
        note = json.loads(_path(run).read_text())
        return note if isinstance(note, dict) else None
    return None


def _recent_forecasts(runs, moment):
    """Forecasts issued in the last hours before a time, newest first."""
    found = []
    for run in islice(runs.recent(), MOST_RUNS):
        age = moment - reference_time(run.manifest)
        is_recent = pd.Timedelta(0) < age <= LONGEST_WAIT
        if run.manifest.get("kind") == "forecast" and is_recent:
            found.append(run)
    return found


def _note(run, changes):
    rows = changes.sort_values(["source_id", "station_id", "property"])
    series = [
        {
            **{name: getattr(row, name) for name in ("source_id", "station_id", "property")},
            "start": iso(row.start),
            "end": iso(row.end),
            "late": int(row.late),
            "corrected": int(row.corrected),
        }
        for row in rows.head(MOST_SERIES).itertuples()
    ]
    return {
        "run_id": run.run_id,
        "noted": iso(pd.Timestamp.now(tz="UTC")),
        "late": int(changes["late"].sum()),
        "corrected": int(changes["corrected"].sum()),
        "series": series,
        "series_left_out": max(len(changes) - MOST_SERIES, 0),
    }


def _path(run):
    return run.folder.with_name(f"{run.run_id}.late_data.json")


def _write(path, note):
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with full_disk_is_named(path.parent):
            aside.write_text(json.dumps(note, indent=1, allow_nan=False) + "\n")
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)

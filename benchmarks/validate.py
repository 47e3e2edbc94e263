"""The verification suite: runs every case and every law, and says which bounds hold."""

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.laws import LAWS
from benchmarks.measures import MEASURES
from benchmarks.rows import Row, Section
from benchmarks.running import run
from benchmarks.tasks import CASES, read_tasks
from twin.errors import InputError, UnstableError

GROUPS = (
    "Laws",
    "Steady flow",
    "Waves and rain",
    "Dam breaks and bowls",
    "Environment Agency tests",
    "Laboratory and real floods",
)
"""Groups of the report, in its order; others follow."""


def validate(names=(), *, quick=False, out=None, tell=None):
    """Run the suite or some of its cases.

    Parameters
    ----------
    names : sequence of str
        Cases of the suite (``ritter``, or one variant ``ritter:second-order``), laws, or paths of
        case files; none for all.
    quick : bool
        Whether to leave out what takes long.
    out : path-like, optional
        Folder that gets ``report.html`` and ``cases.json``.
    tell : callable, optional
        Is told the number done, the number in all and what comes next.

    Returns
    -------
    dict
        ``cases``: list of `Row` as dicts; ``passed``, ``failed``, ``skipped``: counts;
        ``seconds``; ``report``: path of the page or None.

    Raises
    ------
    MissingError
        A file is not there.
    InputError
        A name or a case file cannot be.
    """
    jobs = find_jobs(names, quick)
    began = time.perf_counter()
    sections = []
    for number, job in enumerate(jobs):
        if tell is not None:
            tell(number, len(jobs), job.name)
        sections.append(run_job(job))
    seconds = time.perf_counter() - began
    page = None
    if out is not None:
        from benchmarks.report import write_report

        page = str(write_report(Path(out), sections, seconds))
    rows = [row for section in sections for row in section.rows]
    return {
        "cases": [asdict(row) for row in rows],
        "passed": sum(row.passed is True for row in rows),
        "failed": sum(row.passed is False for row in rows),
        "skipped": sum(row.passed is None for row in rows),
        "seconds": seconds,
        "report": page,
    }


def find_jobs(names=(), quick=False):
    """Laws and runs of cases by their names, all for no name.

    Parameters
    ----------
    names : sequence of str
        See `validate`.
    quick : bool
        Whether only the quick ones are wanted.

    Raises
    ------
    MissingError
        A file is not there.
    InputError
        No case has this name.
    """
    known = [*LAWS, *(task for path in sorted(CASES.glob("*.toml")) for task in _checked(path))]
    jobs = []
    for name in names:
        own = read_tasks(Path(name)) if str(name).endswith(".toml") else _named(name, known)
        jobs += own
    jobs = jobs if names else known
    order = {group: number for number, group in enumerate(GROUPS)}
    jobs = [job for job in jobs if job.quick or not quick]
    return sorted(jobs, key=lambda job: order.get(job.group, len(order)))


def _checked(path):
    """Runs of a case file of the suite; none of one that is only there to be simulated."""
    return read_tasks(path) if "[[check]]" in path.read_text(encoding="utf-8") else []


def _named(name, known):
    first, *rest = str(name).split(":")
    parts = {job: job.name.split(":") for job in known}
    found = [job for job in known if parts[job][0] == first and set(rest) <= set(parts[job])]
    if not found:
        cases = ", ".join(sorted({job.name.split(":")[0] for job in known}))
        raise InputError(f"case {name!r} is not known, expected a .toml or one of {cases}")
    return found


def run_job(job):
    """Run one case or law and measure it.

    Parameters
    ----------
    job : benchmarks.tasks.Task or benchmarks.laws.Law
        What to run.

    Returns
    -------
    Section
    """
    if job.missing:
        return _without_run(job, None, f"skipped: {job.missing}")
    began = time.perf_counter()
    try:
        values, about = _run_law(job) if hasattr(job, "function") else _run_case(job)
    except UnstableError as error:
        return _without_run(job, False, str(error), time.perf_counter() - began)
    seconds = time.perf_counter() - began
    rows = tuple(
        _row(job.name, check, value, seconds)
        for check, value in zip(job.checks, values, strict=True)
    )
    return Section(job.name, job.title, job.group, job.source, seconds=seconds, rows=rows, **about)


def _run_law(law):
    values, drawings = law.function()
    about = {"settings": law.settings, "cells": 0, "steps": 0, "drawings": tuple(drawings)}
    return values, about


def _run_case(task):
    times = [check.at for check in task.checks if check.at is not None]

    def rerun(changes):
        return run(task.path, task.changes | changes, times)

    outcome = rerun({})
    values, drawings = [], {}
    for check in task.checks:
        value, drawn = MEASURES[check.measure].function(check, outcome, rerun)
        values.append(float(value))
        drawings |= {drawing.key: drawing for drawing in drawn}
    settings = outcome.case.settings
    about = {
        "settings": {
            key: getattr(settings, key)
            for key in ("scheme", "order", "dtype", "device")
            if hasattr(settings, key)
        },
        "cells": outcome.cells,
        "steps": outcome.steps,
        "drawings": tuple(drawings.values()),
    }
    return values, about


def _row(name, check, value, seconds):
    measure = MEASURES[check.measure]
    if not np.isfinite(value):
        return _blank(name, check, False, seconds, "the measure is not a number")
    passed = value >= check.bound if measure.at_least else value <= check.bound
    label = _label(check)
    return Row(
        name, check.measure, label, value, check.bound, measure.at_least, bool(passed), seconds
    )


def _label(check):
    if check.label:
        return check.label
    words = MEASURES[check.measure].words
    at = f", after {check.at:g} s" if check.at is not None else ""
    return f"{check.gauge}: {words}{at}" if check.gauge else f"{words}{at}"


def _blank(name, check, passed, seconds, note):
    at_least = MEASURES[check.measure].at_least
    label = _label(check)
    return Row(name, check.measure, label, None, check.bound, at_least, passed, seconds, note)


def _without_run(job, passed, note, seconds=0.0):
    rows = tuple(_blank(job.name, check, passed, seconds, note) for check in job.checks)
    return Section(job.name, job.title, job.group, job.source, {}, 0, 0, seconds, rows)

"""The report of the suite: one page that stands alone, with a table, figures and pictures."""

import json
import os
import platform
import subprocess
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from string import Template

from benchmarks.figures import picture

TEMPLATE = Path(__file__).with_name("report.html")
"""The page with its style; `$names` are filled in."""

SYMBOLS = {
    True: ("pass", "✓", "passed"),
    False: ("fail", "✗", "failed"),
    None: ("skip", "–", "skipped"),
}
"""Class, sign and word of an outcome."""


def write_report(folder, sections, seconds):
    """Write ``report.html`` and ``cases.json`` into a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing.
    sections : list of benchmarks.rows.Section
        What was run.
    seconds : float
        Time that the suite took [s].

    Returns
    -------
    pathlib.Path
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    machine = about_machine()
    rows = [asdict(row) for section in sections for row in section.rows]
    text = json.dumps({"machine": machine, "cases": rows}, indent=1, ensure_ascii=False)
    _write(folder / "cases.json", text + "\n")
    page = folder / "report.html"
    _write(page, html(sections, machine, seconds))
    return page


def _write(path, text):
    """Write a file aside, then put it in its place."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def about_machine():
    """Machine, versions, date and commit, as words by name."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_processor()}, {os.cpu_count()} processors, {platform.system()}",
        "floodtwin": " ".join(filter(None, (_version("floodtwin"), _commit()))),
        "python": platform.python_version(),
        "numpy": _version("numpy"),
        "numba": _version("numba"),
    }


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _processor():
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _commit():
    """Short name of the commit that runs here; empty where this is no checkout."""
    try:
        found = subprocess.run(
            ["git", "-C", str(TEMPLATE.parent), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return f"({found.stdout.strip()})" if found.returncode == 0 else ""


def html(sections, machine, seconds):
    """The page.

    Parameters
    ----------
    sections : list of benchmarks.rows.Section
        What was run.
    machine : dict
        See `about_machine`.
    seconds : float
        Time that the suite took [s].
    """
    groups = defaultdict(list)
    for section in sections:
        groups[section.group].append(section)
    rows = [row for section in sections for row in section.rows]
    counts = {outcome: sum(row.passed is outcome for row in rows) for outcome in SYMBOLS}
    facts = machine | {"suite": f"{len(sections)} runs in {_duration(seconds)}"}
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        verdict=_verdict(counts),
        verdict_class="fail" if counts[False] else "pass",
        facts="".join(
            f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>" for key, value in facts.items()
        ),
        summary="".join(_summary(group, members) for group, members in groups.items()),
        sections="".join(_group(group, members) for group, members in groups.items()),
    )


def _fact(key, value):
    return f"<dt>{escape(key)}</dt><dd>{escape(str(value))}</dd>"


def _verdict(counts):
    parts = [f"{counts[outcome]} {SYMBOLS[outcome][2]}" for outcome in SYMBOLS if counts[outcome]]
    return ", ".join(parts) or "nothing was run"


def _summary(group, sections):
    rows = "".join(_summary_row(section, row) for section in sections for row in section.rows)
    return f'<tbody><tr class="group"><th colspan="5">{escape(group)}</th></tr>{rows}</tbody>'


def _summary_row(section, row):
    kind, sign, word = SYMBOLS[row.passed]
    comparison = "≥" if row.at_least else "≤"
    return (
        f'<tr class="{kind}"><td class="sign" title="{word}">{sign}</td>'
        f'<td><a href="#{_anchor(section.name)}">{escape(section.name)}</a></td>'
        f"<td>{escape(row.label)}</td>"
        f'<td class="number">{_number(row.value)}</td>'
        f'<td class="number">{comparison} {_number(row.bound)}</td></tr>'
    )


def _group(group, sections):
    cards = "".join(_card(section) for section in sections)
    return f"<h2>{escape(group)}</h2>{cards}"


def _card(section):
    rows = "".join(_bound(row) for row in section.rows)
    title = escape(section.title)
    pictures = "".join(
        f'<img loading="lazy" alt="{title}: picture {number}" src="{picture(drawing)}">'
        for number, drawing in enumerate(section.drawings, 1)
    )
    source = f'<p class="source">{escape(section.source)}</p>' if section.source else ""
    return (
        f'<article id="{_anchor(section.name)}"><h3>{title}</h3>'
        f'<p class="meta"><code>{escape(section.name)}</code> {_settings(section)}</p>{source}'
        f'<ul class="bounds">{rows}</ul><div class="pictures">{pictures}</div></article>'
    )


def _settings(section):
    words = [f"{key} {value}" for key, value in section.settings.items()]
    if section.cells:
        words.append(f"{section.cells:,} cells, {section.steps:,} steps")
    words.append(_duration(section.seconds))
    return " · ".join(escape(word) for word in words)


def _bound(row):
    kind, sign, _ = SYMBOLS[row.passed]
    comparison = "≥" if row.at_least else "≤"
    note = f" <em>{escape(row.note)}</em>" if row.note else ""
    return (
        f'<li class="{kind}"><span class="sign">{sign}</span> {escape(row.label)}: '
        f"<b>{_number(row.value)}</b> (bound {comparison} {_number(row.bound)}){note}</li>"
    )


def _number(value):
    if value is None:
        return "–"
    return f"{value:.3g}"


def _duration(seconds):
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _anchor(name):
    return "".join(letter if letter.isalnum() else "-" for letter in name)

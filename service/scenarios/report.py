"""What a scenario changes as one page of HTML that carries its pictures, and as text."""

import base64
from html import escape
from pathlib import Path

STYLE = """
body {font: 15px/1.45 system-ui, sans-serif; color: #22313a; background: #fbfaf7;
  margin: 2rem auto; max-width: 72rem; padding: 0 1.2rem}
h1 {font-size: 1.6rem; margin: 0}
h2 {font-size: 1.15rem; margin: 2rem 0 .5rem}
.facts {display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0}
.fact {background: #fff; border: 1px solid #d8d6cf; border-radius: .5rem; padding: .7rem 1rem}
.fact b {display: block; font-size: 1.35rem}
.facts img {width: 26rem}
.scroll {overflow-x: auto}
td span {display: block; font-size: .8rem}
table {border-collapse: collapse; background: #fff; width: 100%; font-size: .87rem}
th, td {padding: .35rem .45rem; border-bottom: 1px solid #e4e1d8; text-align: right}
td {white-space: nowrap}
th:first-child, td:first-child {text-align: left; white-space: normal}
.less {color: #2f4296; font-weight: 600}
.more {color: #a04a08; font-weight: 600}
img {max-width: 100%; border: 1px solid #d8d6cf}
.small {color: #5a6a73; font-size: .87rem}
"""

FACTS = (
    ("flooded_area_m2", "flooded street and ground", "m²", 0),
    ("people_0_3_m", "people in water over 0.3 m", "", 0),
    ("buildings_flooded", "buildings in water over 0.1 m", "", 0),
    ("damage", "damage", "", 0),
    ("surface_temperature_c", "surface temperature of the edited area", "°C", 1),
)
COLUMNS = (
    ("flooded_area_m2", "flooded m²", 0),
    ("people_0_3_m", "people > 0.3 m", 0),
    ("buildings_flooded", "buildings > 0.1 m", 0),
    ("deepest_m", "deepest m", 2),
    ("damage", "damage", 0),
    ("shadow_hours", "shade h", 1),
    ("surface_temperature_c", "surface °C", 1),
)


def write_report(path, summary, pictures):
    """Write the page of one scenario.

    Parameters
    ----------
    path : path-like
        HTML file.
    summary : dict
        What `service.scenarios.verb` publishes as ``summary.json``.
    pictures : list of (str, path)
        Captions and PNG files, which the page carries in itself.
    """
    parts = [
        f"<h1>{escape(summary['title'])}</h1>",
        f'<p class="small">{_about(summary)}</p>',
        _facts(summary),
        "<h2>What was changed</h2>",
        _edits(summary),
        *(_picture(caption, file) for caption, file in pictures),
        _districts(summary),
        "<h2>Hotspots</h2>",
        _hotspots(summary["hotspots"]),
        "<h2>Water balance [m³]</h2>",
        _ledger(summary["ledger"]),
        _limits(summary),
    ]
    _write(path, summary["title"], parts)


def write_side_by_side(path, summaries):
    """Write the page of several scenarios on one base: a row each, and their pictures."""
    kept = [fact for fact in _facts_of(summaries[0]) if any(_fact(s, fact) for s in summaries)]
    head = "".join(f"<th>{label} {unit}</th>" for _, label, unit, _ in kept)
    rows = [
        f'<tr><td><a href="{s["name"]}/index.html">{escape(s["title"])}</a></td>'
        + "".join(_before_after_cell(_fact(s, fact), fact[3]) for fact in kept)
        + "</tr>"
        for s in summaries
    ]
    pictures = "".join(_pictures(summary) for summary in summaries)
    body = [
        "<h1>Scenarios side by side</h1>",
        f'<p class="small">{_about(summaries[0] | {"run": None})}</p>',
        '<p class="small">Change, and below it before → after. What stands in a new pond is no '
        "flood, neither before nor after.</p>",
        f'<div class="scroll"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>',
        f"<h2>Change of the largest depth and of the surface temperature</h2>{pictures}",
    ]
    _write(path, "Scenarios side by side", body)


def scenario_text(result):
    """Report of the verb `scenario` for a terminal."""
    lines = []
    for summary in result["scenarios"]:
        lines.append(f"{summary['title']}  (twin level {summary['twin_level']})")
        lines += [f"  {edit['number']}. {_named(edit)}" for edit in summary["edits"]]
        for key, label, unit, digits in _facts_of(summary):
            value = summary["headline"].get(key)
            if value is not None and value["difference"] is not None:
                change = _number(value["difference"], digits, "+")
                before, after = (_number(value[k], digits) for k in ("base", "scenario"))
                lines.append(
                    f"  {label}: {before} -> {after} {unit} ({change})".replace("  (", " (")
                )
        lines += [f"  note: {note}" for note in summary["notes"]]
        lines.append(f"  report  {summary['folder']}/index.html")
    if result["side_by_side"]:
        lines.append(f"side by side  {result['side_by_side']}")
    if result["page"]:
        lines.append(f"page  {result['page']}")
    return "\n".join(lines)


def _write(path, title, parts):
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )
    Path(path).write_text(page, encoding="utf-8")


def _about(summary):
    words = [
        f"{summary['city_title']}, storm {summary['rain']}, {summary['hours']:g} h",
        f"baseline run {summary['base_run']}"
        + (f", scenario run {summary['run']}" if summary["run"] else ""),
        f"made {summary['created']}, {summary['model_version']}",
        f"twin level {summary['twin_level']}: a what-if, not what is happening",
    ]
    return " · ".join(escape(word) for word in words)


def _facts_of(summary):
    """`FACTS`, with damage in what it is counted in."""
    cost = summary.get("damage") or {"unit": "m2"}
    is_area = cost["unit"] == "m2"
    damage = ("damage, as footprint wholly lost", "m²") if is_area else ("damage", cost["unit"])
    return [
        (key, *damage, digits) if key == "damage" else (key, label, escape(unit), digits)
        for key, label, unit, digits in FACTS
    ]


def _fact(summary, fact):
    """The pair of a fact; None where a scenario has it not."""
    pair = summary["headline"].get(fact[0])
    return pair if pair is not None and pair["difference"] is not None else None


def _facts(summary):
    boxes = []
    for fact in _facts_of(summary):
        value, (_, label, unit, digits) = _fact(summary, fact), fact
        if value is None:
            continue
        change = _number(value["difference"], digits, "+")
        before = _number(value["base"], digits)
        after = _number(value["scenario"], digits)
        way = _way(round(value["difference"], digits))
        boxes.append(
            f'<div class="fact">{label}<b class="{way}">{change} {unit}</b>'
            f'<span class="small">{before} → {after}</span></div>'
        )
    cost = summary["damage"]
    source = cost and f"Damage: {cost['what']}; curve: {cost['source']}."
    return f'<div class="facts">{"".join(boxes)}</div><p class="small">{escape(source or "")}</p>'


def _edits(summary):
    volumes = {row["number"]: row for row in summary["volumes"]}
    rows = [
        f"<tr><td>{e['number']}. {escape(_named(e))}</td>"
        + "".join(
            f"<td>{_number(volumes[e['number']][key], 0)}</td>"
            for key in ("cut_m3", "fill_m3", "storage_m3")
        )
        + "</tr>"
        for e in summary["edits"]
    ]
    head = "<tr><th>edit</th><th>cut m³</th><th>fill m³</th><th>storage m³</th></tr>"
    notes = "".join(f'<p class="small">{escape(note)}</p>' for note in summary["notes"])
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>{notes}'


def _named(edit):
    """What an edit did, after the name that its author gave it."""
    own = edit["name"] != f"{edit['kind'].replace('_', ' ')} {edit['number']}"
    return f"{edit['name']}: {edit['text']}" if own else edit["text"]


def _districts(summary):
    rows = summary["districts"]
    if not rows:
        return "<h2>Districts</h2><p>The city has no districts.</p>"
    columns = [
        (key, label, digits)
        for key, label, digits in COLUMNS
        if any(isinstance(row.get(key), dict) for row in rows)
    ]
    unit = (summary["damage"] or {}).get("unit", "").replace("m2", "m²")
    labels = [f"{label} {escape(unit)}" if key == "damage" else label for key, label, _ in columns]
    head = "".join(f"<th>{label}</th>" for label in labels)
    body = "".join(
        f"<tr><td>{escape(row['district'])}</td>"
        + "".join(_before_after_cell(row.get(key), digits) for key, _, digits in columns)
        + "</tr>"
        for row in rows
    )
    table = f"<table><tr><th></th>{head}</tr>{body}</table>"
    return f'<h2>Districts</h2><div class="scroll">{table}</div>'


def _hotspots(found):
    rows = [
        f"<tr><td>{_place(row)}</td><td>{kind}</td>"
        f"{_pair_cells({k: row[f'{k}_m'] for k in ('base', 'scenario', 'difference')}, 2)}</tr>"
        for kind in ("gained", "lost", "kept")
        for row in found[kind][:12]
    ]
    if not rows:
        return "<p>No ground is deeper than 0.3 m in either run.</p>"
    head = "<tr><th>place</th><th></th><th>before m</th><th>after m</th><th>change</th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _place(row):
    """Name and district of a hotspot; where it lies if nothing near it has a name."""
    where = f"{row['lat']:.5f}, {row['lon']:.5f}"
    district = f" ({escape(row['district'])})" if row["district"] else ""
    return f"{escape(row['place'] or where)}{district}"


def _ledger(ledger):
    rows = []
    for key, before in ledger["base"].items():
        after = ledger["scenario"].get(key)
        if after is None or key == "relative_error":
            continue
        values = {"base": before, "scenario": after, "difference": after - before}
        rows.append(f"<tr><td>{escape(key.replace('_', ' '))}</td>{_pair_cells(values, 0)}</tr>")
    head = "<tr><th></th><th>before</th><th>after</th><th>change</th></tr>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _limits(summary):
    heat = summary["heat"]
    if heat is None:
        return ""
    lines = "".join(f"<li>{escape(line)}</li>" for line in heat["limits"])
    about = f"Heat of {heat['date']}, {heat['hour']:g} h solar time; its limits"
    return f'<h2>{about}</h2><ul class="small">{lines}</ul>'


def _picture(caption, file):
    return f"<h2>{escape(caption)}</h2>{_image(caption, file)}"


def _image(caption, file):
    data = base64.b64encode(Path(file).read_bytes()).decode()
    return f'<img alt="{escape(caption)}" src="data:image/png;base64,{data}">'


def _pictures(summary):
    """The maps of one scenario beside each other, with its title."""
    folder = Path(summary["folder"])
    names = ["difference_map.png"]
    if _fact(summary, ("surface_temperature_c",)):
        names.append("heat_map.png")
    shown = "".join(_image(summary["title"], folder / name) for name in names)
    return f'<div class="facts">{shown}</div>'


def _before_after_cell(pair, digits):
    """The change of a value, and below it before and after."""
    if not isinstance(pair, dict) or pair["difference"] is None:
        return "<td></td>"
    before, after = (_number(pair[key], digits) for key in ("base", "scenario"))
    change, way = _number(pair["difference"], digits, "+"), _way(round(pair["difference"], digits))
    return f'<td><b class="{way}">{change}</b><span class="small">{before} → {after}</span></td>'


def _pair_cells(pair, digits):
    if pair is None:
        return "<td></td><td></td><td></td>"
    before, after = (_number(pair[key], digits) for key in ("base", "scenario"))
    return f"<td>{before}</td><td>{after}</td>{_change_cell(pair['difference'], digits)}"


def _change_cell(change, digits):
    if change is None:
        return "<td></td>"
    return f'<td class="{_way(round(change, digits))}">{_number(change, digits, "+")}</td>'


def _way(change):
    return "less" if change < 0 else "more" if change > 0 else ""


def _number(value, digits, sign=""):
    if value is None:
        return "–"
    if round(value, digits) == 0:
        return "0"
    return f"{value:{sign},.{digits}f}".replace("-", "\N{MINUS SIGN}")

"""The page of a verification: one file that stands alone, with tables and pictures."""

from html import escape
from pathlib import Path
from string import Template

from service.verification.plots import (
    MOST_PLACES,
    by_horizon,
    lead_times,
    reliability,
    roc,
)
from service.verification.words import EXPLAINED, interval_text, number_text, score_title

TEMPLATE = Path(__file__).with_name("verification.html")
"""The page with its style; `$names` are filled in."""

DRAWN = (("crps_m", "CRPS [m]"), ("brier", "Brier score"), ("csi", "critical success index"))


def write_page(folder, document):
    """Write ``report.html``.

    Parameters
    ----------
    folder : pathlib.Path
        Of the report.
    document : dict
        See `service.verification.verb.verify`.

    Returns
    -------
    pathlib.Path
        The page.
    """
    page = folder / "report.html"
    aside = folder / ".report.html.new"
    aside.write_text(html(document), encoding="utf-8")
    aside.replace(page)
    return page


def html(document):
    """The page as text; every word from outside is escaped."""
    rows = document["rows"]
    against = list(dict.fromkeys(row["against"] for row in rows))
    facts = {
        "forecasts": f"{document['runs']}, issued {document['first_issue']} to "
        f"{document['last_issue']}",
        "as of": f"{document['as_of']}: what was received later is not used",
        "a warning": f"a probability of {100 * document['trigger']:g} % and more",
        "intervals": "90 %, whole events drawn again where there are 5, else runs, else places",
    }
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(document["title"]),
        facts="".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items()),
        notes="".join(f"<li>{escape(note)}</li>" for note in document["notes"]),
        sections="".join(_section(name, document) for name in against)
        or "<p>Nothing could be scored.</p>",
        explained="".join(
            f"<dt>{escape(score_title(name))}</dt><dd>{escape(text)}</dd>"
            for name, text in EXPLAINED.items()
        ),
    )


def _section(against, document):
    rows = [row for row in document["rows"] if row["against"] == against]
    of_city = [row for row in rows if "district" not in row]
    places = [place for place in document["places"] if place["against"] == against]
    parts = [f"<h2>Against {escape(against)}</h2>", _pictures(against, document, of_city, places)]
    parts.append(_table(of_city))
    districts = [row for row in rows if "district" in row and row["forecast"] == "ensemble"]
    if districts:
        parts.append(f"<details><summary>By district</summary>{_table(districts)}</details>")
    if places:
        parts.append(f"<details open><summary>By place</summary>{_places(places)}</details>")
    return "".join(parts)


def _pictures(against, document, rows, places):
    pictures = []
    for score, label in DRAWN:
        thresholds = dict.fromkeys(r.get("threshold_m") for r in rows if r["score"] == score)
        for depth in thresholds:
            chosen = [
                row
                for row in rows
                if row["score"] == score and row.get("threshold_m") == depth
                if row["horizon"] != "all"
            ]
            if any(row["value"] is not None for row in chosen):
                where = "" if depth is None else f", deeper than {depth:g} m"
                pictures.append((f"{label}{where}", by_horizon(chosen, label)))
    for diagram in document["diagrams"]:
        if diagram["against"] != against:
            continue
        title = f"deeper than {diagram['threshold_m']:g} m, {diagram['cases']} cases"
        pictures.append((f"Reliability, {title}", reliability(diagram)))
        if diagram["roc"]:
            pictures.append((f"ROC, {title}", roc(diagram)))
    flooded = [place for place in places if place["onsets"]][:MOST_PLACES]
    if flooded:
        pictures.append(("Lead time of the places that flooded", lead_times(flooded)))
    figures = "".join(
        f'<figure><figcaption>{escape(title)}</figcaption><img alt="{escape(title)}" '
        f'src="{source}"></figure>'
        for title, source in pictures
    )
    return f'<div class="pictures">{figures}</div>'


def _table(rows):
    """A row a score, threshold and forecast; a column a horizon."""
    horizons = list(dict.fromkeys(row["horizon"] for row in rows))
    lines = {}
    for row in rows:
        depth = row.get("threshold_m")
        key = (
            score_title(row["score"], row),
            row.get("district", ""),
            "" if depth is None else f"{depth:g} m",
            row.get("forecast", "ensemble"),
        )
        lines.setdefault(key, {})[row["horizon"]] = row
    body = "".join(
        "<tr>"
        + "".join(f"<td>{escape(word)}</td>" for word in key)
        + "".join(_cell(line.get(horizon)) for horizon in horizons)
        + "</tr>"
        for key, line in lines.items()
    )
    return _tabled(("score", "district", "deeper than", "forecast", *horizons), body)


def _cell(row):
    """Value and interval, below them how many cases and groups they rest on."""
    if row is None:
        return "<td></td>"
    value = f"{number_text(row['value'])} <small>{escape(interval_text(row))}</small>"
    wet = "" if row.get("events") is None else f", {row['events']:,} wet"
    sample = f"{row['cases']:,} cases{wet}, {row['blocks']} {row['blocks_of']}"
    return f'<td class="number">{value}<small class="sample">{escape(sample)}</small></td>'


def _places(places):
    head = ("place", "kind", "district", "CRPS m", "cases", "hits", "misses", "false alarms",
            "floods", "warned", "lead min")  # fmt: skip
    body = ""
    for place in places:
        words = (place["name"] or place["place"], place["kind"], place["district"])
        numbers = [number_text(place["crps_m"]), f"{place['cases']:,}"]
        numbers += [str(place[name]) for name in ("hits", "misses", "false_alarms")]
        numbers += [str(place["onsets"]), str(place["onsets_warned"])]
        numbers.append(number_text(place["lead_time_minutes"]))
        body += (
            "<tr>"
            + "".join(f"<td>{escape(word)}</td>" for word in words)
            + "".join(f'<td class="number">{escape(number)}</td>' for number in numbers)
            + "</tr>"
        )
    return _tabled(head, body)


def _tabled(head, body):
    titles = "".join(f"<th>{escape(name)}</th>" for name in head)
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="table">{table}</div>'

"""What the command line tells people: one function a verb, plain aligned text."""

from service.conditions import conditions_told
from service.feeds.report import (  # noqa: F401  (verbs as those below)
    feeds_health,
    list_feeds,
    poll_feeds,
    replay_feeds,
    sample_feeds,
)
from service.learning.text import (  # noqa: F401  (verbs as those below)
    learn_adopt,
    learn_list,
    learn_rollback,
    learn_shadow,
)
from service.verification.text import verify  # noqa: F401  (a verb as those below)
from service.words.bench_report import (  # noqa: F401  (verbs as those below)
    bench_assimilation,
    bench_ingest,
    bench_kernel,
    bench_nowcast,
    bench_serve,
    bench_tiles,
)
from service.words.model_text import classes_of, export_city, model_of, shown  # noqa: F401  (export_city is a verb)
from service.words.rain_text import rain_told
from service.words.text_table import pairs, table


def sensors(result):
    """Report of all sensors: newest reading, its age and quality, what a day of them was."""
    head = ("sensor", "kind", "reads", "min old", "quality", "alert", "in 24 h", "found by")
    rows = [
        (
            row["station_id"],
            row["kind"] or "",
            _reading(row),
            "-" if row["age_minutes"] is None else f"{row['age_minutes']:.0f}",
            "STALE" if row["stale"] else row["quality"],
            row["alert_level"] or "-",
            ", ".join(f"{count} {word}" for word, count in row["day"].items()) or "nothing",
            ", ".join(row["tests"]),
        )
        for row in result["sensors"]
    ]
    about = pairs(
        ("city", result["city"]),
        ("as of", result["at"]),
        ("heard", f"{result['heard']} of {result['sensors_known']}"),
    )
    return f"{about}\n\n{table(head, rows)}"


_SHOWN = {
    "rainfall_rate": (3.6e6, "mm/h"),
    "discharge": (1.0, "m3/s"),
    "pump_state": (1.0, ""),
    "gate_state": (1.0, ""),
    "is_wet": (1.0, ""),
}
"""Factor and unit in which people read a property; else metres."""


def _reading(row):
    if row["value"] is None:
        return f"no {row['property']}"
    factor, unit = _SHOWN.get(row["property"], (1.0, "m"))
    return f"{row['property']} {factor * row['value']:.4g} {unit}".rstrip()


def sample_city(result):
    """Report of a generated city."""
    return pairs(
        ("city", result["city"]),
        ("cells", f"{result['cells']:,} of {result['cell_size_m']:g} m"),
        ("area", f"{result['area_km2']:.2f} km2"),
        ("layers", ", ".join(f"{row['name']} {row['count']}" for row in result["layers"])),
        ("weather", ", ".join(result["weather"])),
        ("archive", f"{result['readings']:,} readings of {result['stations']} stations"),
        ("took", f"{result['seconds']:.1f} s"),
    )


def import_city(result):
    """Report of an import: what was read, kept, dropped and changed per layer, and why."""
    rows = [
        (_titled(row), row["read"], row["kept"], row["dropped"], row["changed"], _reasons(row))
        for row in result["layers"]
    ]
    about = pairs(
        ("city", result["city"]),
        ("cells", f"{result['cells']:,} of {result['cell_size_m']:g} m in {result['crs']}"),
        *(("WARNING", warning) for warning in result["warnings"]),
    )
    head = ("layer", "read", "kept", "dropped", "changed", "why")
    parts = [about, table(head, rows), *classes_of(result["layers"])]
    if result["model"]:
        parts.append(model_of(result["model"]))
    return "\n\n".join(parts)


def _titled(row):
    """A layer, with the name of its file where it has several."""
    return f"{row['name']} {shown(row['file'])}" if "file" in row else row["name"]


def _reasons(row):
    return ", ".join(f"{reason} {count}" for reason, count in row["reasons"].items())


def check_city(result):
    """Report of a check that found nothing; problems are errors."""
    about = pairs(
        ("city", result["city"]),
        ("cells", f"{result['cells']:,} of {result['cell_size_m']:g} m in {result['crs']}"),
        *(("WARNING", warning) for warning in result["warnings"]),
        ("layers", ", ".join(result["layers"]) or "none"),
        ("weather", ", ".join(result["weather"]) or "none"),
        ("problems", "none"),
    )
    return f"{about}\n\n{model_of(result['model'])}" if result["model"] else about


def simulate(result):
    """Report of one run, with the levels at the gauges of a case."""
    deepest = result["deepest"]
    about = pairs(
        ("cells", f"{result['cells']:,}"),
        ("steps", f"{result['steps']:,} in {result['wall_seconds']:.1f} s"),
        ("speed", f"{result['mcups']:.1f} million cell updates a second (mcups)"),
        ("rain", _rain(result)),
        ("with", conditions_told(result["conditions"])),
        ("mass error", f"{result['mass_error']:.2e} (relative)"),
        (
            "deepest",
            f"{result['max_depth_m']:.2f} m at x {deepest['x']:.1f}, y {deepest['y']:.1f} "
            f"(lon {deepest['lon']:.5f}, lat {deepest['lat']:.5f})",
        ),
        ("run", result["run"]),
    )
    if not result.get("gauges"):
        return about
    rows = [
        (row["name"], *(_metres(row[key]) for key in ("depth_m", "level_m", "observed_m")))
        for row in result["gauges"]
    ]
    levels = table(("gauge", "depth m", "level m", "observed m"), rows)
    return f"{levels}\n\nroot mean square error {_metres(result['rmse_m'])} m\n\n{about}"


def _rain(result):
    """What fell, and how the times of its file were read."""
    meant = {"begin": ", each rate holds from its row to the next (--rain-times begin)"}
    meant["end"] = ", each rate held since the row before it (--rain-times end)"
    left_out = result["rain_left_out_mm_h"]
    note = f"; the {left_out:g} mm/h of the first row did not fall" if left_out else ""
    return f"{result['rain_mm']:.1f} mm{meant.get(result['rain_times'], '')}{note}"


def validate(result):
    """Report of the suite: each bound with what was measured, then where the page is."""
    words = {True: "pass", False: "FAIL", None: "skip"}
    rows = [
        (
            words[row["passed"]],
            row["case"],
            row["label"],
            "-" if row["value"] is None else f"{row['value']:.3g}",
            f"{'>=' if row['at_least'] else '<='} {row['bound']:.3g}",
            row["note"],
        )
        for row in result["cases"]
    ]
    about = pairs(
        ("passed", result["passed"]),
        ("failed", result["failed"]),
        ("skipped", result["skipped"]),
        ("took", f"{result['seconds']:.1f} s"),
        ("report", result["report"]),
    )
    return f"{table(('', 'case', 'measure', 'value', 'bound', ''), rows)}\n\n{about}"


def ingest(result):
    """Report of an ingestion; what a source did not send has no line."""
    counted = ("stations", "grids", "warnings", "ahead")
    others = [(name, f"{result[name]:,}") for name in counted if result[name]]
    if result["drift"]:
        others.append(("not known", ", ".join(map(str, result["drift"]))))
    return pairs(
        ("source", result["source"]),
        ("read", f"{result['read']:,}"),
        ("kept", f"{result['kept']:,}"),
        ("duplicate", f"{result['duplicate']:,}"),
        ("flagged", f"{result['flagged']:,}"),
        ("judged", f"{result['judged']:,}"),
        ("rejected", f"{result['rejected']:,}{_why(result['reasons'])}"),
        ("latest", result["latest"] or "no reading"),
        *others,
    )


def _why(reasons):
    counts = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
    return f" ({counts})" if counts else ""


def forecast(result):
    """Report of a forecast: the ranked hotspots."""
    rows = [
        (
            spot["rank"],
            spot["place"],
            spot["district"],
            *(_metres(spot[f"depth_{quantile}_m"]) for quantile in ("p10", "p50", "p90")),
            f"{100 * (spot['probability'] or 0):.0f} %",
            (spot["first_time"] or "-")[11:16] or "-",
            _count(spot["people"]),
            _count(spot["effective_lead_minutes"]),
            spot["cause"],
        )
        for spot in result["hotspots"]
    ]
    head = (
        "rank", "place", "district", "p10 m", "p50 m", "p90 m", "chance", "from UTC", "people",
        "lead min", "cause",
    )  # fmt: skip
    about = pairs(
        ("issued", result["issue_time"]),
        ("horizon", f"{result['horizon_hours']:g} h"),
        ("members", f"{result['members_used']} of {result['members_requested']}"),
        ("sensors", _heard(result["sensors_heard"])),
        ("begun", _start(result["start"])),
        ("rain", rain_told(result.get("rain", []))),
        ("degraded", "; ".join(result["inputs_degraded"]) or "nothing"),
        ("districts", _districts(result["districts"])),
        ("took", f"{result['wall_seconds']:.1f} s"),
        ("run", result["run"]),
    )
    spots = table(head, rows) if rows else _all_clear(result["inputs_degraded"])
    return f"{spots}\n\n{about}"


def _heard(counts):
    return ", ".join(f"{used} of {count} {name}" for name, (used, count) in counts.items())


def _start(start):
    return f"from the last forecast, {start['from']}" if start["from"] else "with a warm-up"


def _districts(rows):
    """Those that are worse than normal, the worst first."""
    worse = [f"{row['district']} {row['level']}" for row in rows if row["severity"]]
    return ", ".join(worse) or "all normal"


def cycle(result):
    """Report of one cycle: how it ended, which run holds, and whether it may raise an alert."""
    alerts, number = result["alerts"], result["cycle"]
    about = pairs(
        ("cycle", f"{number or 'not recorded,'} of {result['reference_time']}"),
        ("state", " ".join(word for word in (result["state"], result["cause"]) if word)),
        ("reason", result["reason"] or "-"),
        ("current", result["current"] or "no forecast was ever published"),
        ("alerts", "may be drafted" if alerts["may_draft"] else f"none: {alerts['reason']}"),
    )
    return f"{forecast(result)}\n{about}" if "run" in result else about


def _all_clear(degraded):
    """That nothing floods, and in the same line what this cannot be sure of."""
    line = "no place floods in this forecast"
    return f"{line}, but its inputs are degraded: {'; '.join(degraded)}" if degraded else line


def serve(result):
    """Where the page is, and whether it is an exercise."""
    line = f"Floodtwin serves {result['data']} at {result['url']}  (Ctrl-C stops it)"
    if not result["exercise"]:
        return line
    return f"{line}\nEXERCISE: the clock is set to {result['clock']}; all that is served says so"


def picture(result):
    """Report of a picture: the file, and what it shows."""
    times = result["times"]
    width, height = result["pixels"]
    shown = times[0] if len(times) == 1 else f"{len(times)} from {times[0]} to {times[-1]}"
    return pairs(
        ("file", result["file"]),
        ("run", result["run"]),
        ("shows", shown),
        (
            "size",
            f"{width} x {height} pixels, {result['bytes'] / 1e3:,.0f} kB",
        ),
        ("took", f"{result['seconds']:.1f} s"),
    )


def tiles(result):
    """Report of tiles: where they are and how many of each kind; or what a check found."""
    if "problems" in result:
        return _tile_check(result)
    if "file" in result:
        return _gltf(result)
    left_out = [(f"no {kind}", why) for kind, why in result["left_out"].items()]
    if result["skipped"]:
        named = ", ".join(f"{count:,} {kind}" for kind, count in result["skipped"].items())
        left_out.append(("skipped", f"{named}: nothing to draw"))
    return pairs(
        ("folder", result["folder"]),
        *_each(result["counts"]),
        *left_out,
        *(("WARNING", warning) for warning in result["warnings"]),
        ("size", f"{result['bytes'] / 1e6:.1f} MB"),
        ("took", f"{result['seconds']:.1f} s"),
    )


def _each(counts):
    return [(name.replace("_", " "), f"{count:,}") for name, count in counts.items()]


def _tile_check(result):
    about = pairs(
        ("folder", result["folder"]),
        *_each(result["checked"]),
        ("problems", str(result["failed"])),
    )
    return "\n".join([about, *result["problems"]])


def _gltf(result):
    origin = result["origin"]
    return pairs(
        ("file", result["file"]),
        ("buildings", f"{result['buildings']:,}"),
        ("other objects", f"{result['other_objects']:,}"),
        ("triangles", f"{result['triangles']:,}"),
        ("origin", "{lon:.6f} E, {lat:.6f} N, {height:.2f} m".format(**origin)),
        ("size", f"{result['bytes'] / 1e6:.1f} MB"),
    )


def _metres(value):
    return "-" if value is None else f"{value:.2f}"


def _count(value):
    return "-" if value is None else f"{value:.0f}"


def scenario(result):
    """Report of scenarios: what each changes, and where its page is."""
    from service.scenarios.report import scenario_text

    return scenario_text(result)

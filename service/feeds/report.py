"""What the verbs of feeds tell people."""

from textwrap import fill

from service.words.text_table import pairs, table


def list_feeds(result):
    """Report of all feeds that are known."""
    rows = [
        (row["name"], "on" if row["on"] else "", row["state"], _age(row), _minutes(row),
         row["kind"], row["contract"], row["evidence"], row["licence"] or "not known")
        for row in result["feeds"]
    ]  # fmt: skip
    head = ("feed", "", "state", "age min", "every min", "gives", "contract", "known by", "licence")
    on = sum(row["on"] for row in result["feeds"])
    return f"{table(head, rows)}\n\n{len(rows)} feeds are known, {on} are on"


def feeds_health(result):
    """Report of the feeds that are on or were asked."""
    rows = [
        (row["name"], row["state"], _age(row), row["stations"], row["stations_late"],
         (row["newest_time"] or "-")[:16], (row["last_success"] or "-")[:16])
        for row in result["feeds"]
    ]  # fmt: skip
    head = ("feed", "state", "age min", "stations", "late", "newest UTC", "answered UTC")
    parts = [table(head, rows) if rows else "no feed is on, see `floodtwin feeds list`"]
    parts.append(_lines((row["name"], [_resting(row), row["reason"]]) for row in result["feeds"]))
    parts.append(
        _lines(
            (f"dead letter {letter['received'][:16]} {letter['source']} {letter['kind']}",
             [letter["reason"]])
            for letter in result["dead_letters"]
        )
    )  # fmt: skip
    return "\n\n".join(part for part in parts if part)


def poll_feeds(result):
    """Report of one poll of all feeds."""
    about = pairs(("store", result["store"]), ("took", f"{result['seconds']:.1f} s"))
    unasked = ", ".join(result["unasked"])
    parts = [_intakes(result["polled"]), unasked and f"{unasked}: heard with --watch only", about]
    return "\n\n".join(part for part in parts if part)


def replay_feeds(result):
    """Report of a replay."""
    about = pairs(("digest", result["digest"]), ("took", f"{result['seconds']:.1f} s"))
    return f"{_intakes(result['replayed'])}\n\n{about}"


def sample_feeds(result):
    """The sample itself, to be written into a file."""
    return result["sample"].rstrip("\n")


def _intakes(rows):
    """A table of what came, and below it what there is to say about each feed."""
    names = ("source", "outcome", "payloads", "read", "kept", "duplicate", "flagged", "rejected")
    if not rows:
        return "no feed was asked"
    counts = table(("feed", *names[1:]), [[row[name] for name in names] for row in rows])
    said = _lines((row["source"], _said(row)) for row in rows)
    return f"{counts}\n\n{said}" if said else counts


def _said(row):
    rejected = ", ".join(f"{reason} {count}" for reason, count in row["reasons"].items())
    passed_over = ", ".join(row.get("passed_over", ())[:10])
    yield row["reason"]
    yield row["is_empty"] and "it answered and had nothing to say"
    yield rejected and rejected not in row["reason"] and f"rejected: {rejected}"
    yield passed_over and f"left in its folder, of no kind that is taken: {passed_over}"


def _lines(named):
    """One paragraph for each name that has something said about it."""
    said = ((name, "; ".join(filter(None, words))) for name, words in named)
    return "\n".join(
        fill(
            f"{name}: {words}",
            100,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for name, words in said
        if words
    )


def _resting(row):
    return row["rests_until"] and f"rests until {row['rests_until']}"


def _age(row):
    return "-" if row["age_seconds"] is None else f"{row['age_seconds'] / 60:.0f}"


def _minutes(row):
    return f"{row['cadence_seconds'] / 60:g}" if row["cadence_seconds"] else "-"

"""What the verbs of feeds tell people."""

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
         (row["newest_time"] or "-")[:16], (row["last_success"] or "-")[:16], row["reason"])
        for row in result["feeds"]
    ]  # fmt: skip
    head = ("feed", "state", "age min", "stations", "late", "newest UTC", "answered UTC", "reason")
    letters = [
        (letter["received"][:16], letter["source"], letter["kind"], letter["reason"])
        for letter in result["dead_letters"]
    ]
    parts = [table(head, rows) if rows else "no feed is on, see `floodtwin feeds list`"]
    if letters:
        parts.append(table(("dead letter", "feed", "kind", "reason"), letters))
    return "\n\n".join(parts)


def poll_feeds(result):
    """Report of one poll of all feeds."""
    about = pairs(("store", result["store"]), ("took", f"{result['seconds']:.1f} s"))
    return f"{_intakes(result['polled'])}\n\n{about}"


def replay_feeds(result):
    """Report of a replay."""
    about = pairs(("digest", result["digest"]), ("took", f"{result['seconds']:.1f} s"))
    return f"{_intakes(result['replayed'])}\n\n{about}"


def _intakes(rows):
    names = ("source", "outcome", "payloads", "read", "kept", "duplicate", "flagged", "rejected",
             "reason")  # fmt: skip
    head = ("feed", *names[1:])
    return table(head, [[row[name] for name in names] for row in rows]) if rows else "no feed"


def _age(row):
    return "-" if row["age_seconds"] is None else f"{row['age_seconds'] / 60:.0f}"


def _minutes(row):
    return f"{row['cadence_seconds'] / 60:g}" if row["cadence_seconds"] else "-"

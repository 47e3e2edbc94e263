"""What the verbs of `learn` tell people on the command line."""

from service.words.text_table import pairs, table


def learn_shadow(result):
    """Report of a search: what was found, and whether it may take over."""
    verdict = result["verdict"]
    return pairs(
        ("parameter set", f"{result['version']}, in shadow: no forecast is computed with it"),
        ("factors", _factors(result["factors"])),
        ("learned from", ", ".join(result["learned_from"])),
        ("held out", ", ".join(result["held_out"])),
        ("against set", result["compared_with"]),
        ("CRPS saved", _gain(verdict)),
        ("cases", f"{verdict['cases']:,} in {verdict['blocks']} {verdict['blocks_of']}"),
        ("sets tried on these", verdict["tries"]),
        ("verdict", _verdict(verdict)),
    )


def learn_adopt(entry):
    """Report of a set that was put in force."""
    return pairs(
        ("in force", f"parameter set {entry['version']}"),
        ("sha256", entry["sha256"]),
        ("by", f"{entry['who']} at {entry['when']}"),
        ("why", entry["why"]),
    )


learn_rollback = learn_adopt


def learn_list(result):
    """Report of all sets and of the history."""
    rows = [
        (
            one["version"],
            one["state"],
            _factors(one["factors"]),
            "-" if one["verdict"] is None else _gain(one["verdict"]),
            "-" if one["verdict"] is None else _verdict(one["verdict"]),
            one["sha256"][:12],
        )
        for one in result["sets"]
    ]
    sets = table(("set", "state", "factors", "CRPS saved", "verdict", "sha256"), rows)
    entries = [
        (entry["when"], entry["action"], entry["version"], entry["who"], entry["why"])
        for entry in result["history"]
    ]
    head = ("when", "what", "set", "who", "why")
    history = table(head, entries) if entries else "nothing was ever put in force: set 0 holds"
    return f"{sets}\n\n{history}"


def _factors(factors):
    words = []
    for name, value in factors.items():
        if isinstance(value, dict):
            parts = ", ".join(f"{place} {one:.3g}" for place, one in value.items())
            words.append(f"{name} ({parts})")
        else:
            words.append(f"{name} {value:.3g}")
    return "; ".join(words) or "all 1"


def _gain(verdict):
    if verdict["gain"] is None:
        return "-"
    gain = f"{100 * verdict['gain']:.1f} %"
    if verdict["low"] is None:
        return gain
    return f"{gain} ({100 * verdict['low']:.1f} to {100 * verdict['high']:.1f})"


def _verdict(verdict):
    return "accepted" if verdict["accepted"] else "rejected: " + "; ".join(verdict["reasons"])

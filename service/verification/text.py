"""What `verify` and its table tell people on the command line."""

from service.verification.words import interval_text, number_text, score_title
from service.words.text_table import pairs, table

SHOWN = (
    "csi", "hit_rate", "false_alarm_ratio", "brier", "brier_skill", "roc_area", "crps_m",
    "crps_skill", "depth_bias_m", "spread_skill", "onset_hit_rate", "lead_time_minutes",
    "warned_ahead", "warned_area_share",
)  # fmt: skip
"""Scores of the short table; the files have all."""


def verify(result):
    """Report of a verification: the main scores, then where all of them are."""
    horizons = {row["horizon"] for row in result["rows"]} - {"all"}
    rows = [
        (
            row["against"],
            score_title(row["score"], row),
            "-" if row.get("threshold_m") is None else f"{row['threshold_m']:g}",
            row["horizon"],
            row.get("forecast", "ensemble"),
            number_text(row["value"]),
            interval_text(row),
            f"{row['cases']:,}",
            f"{row['blocks']} {row['blocks_of']}",
        )
        for row in result["rows"]
        if row["score"] in SHOWN and "district" not in row
        if len(horizons) > 1 or row["horizon"] == "all"
    ]
    head = ("against", "score", "deeper m", "horizon", "forecast", "value", "90 %", "cases",
            "groups")  # fmt: skip
    about = pairs(
        ("forecasts", f"{result['runs']}, {result['first_issue']} to {result['last_issue']}"),
        ("as of", result["as_of"]),
        ("notes", "; ".join(result["notes"]) or "none"),
        ("table", result["json"]),
        ("report", result["report"]),
    )
    return f"{table(head, rows) if rows else 'nothing could be scored'}\n\n{about}"

"""Names of scores for people, and their numbers as text."""

EXPLAINED = {
    "csi": "hits of all that was forecast or came; 1 is perfect",
    "hit_rate": "floods that were warned of; 1 is perfect",
    "false_alarm_ratio": "warnings after which nothing came; 0 is perfect",
    "false_alarm_rate": "dry cases that were warned of; 0 is perfect",
    "frequency_bias": "warnings per flood; 1 is right, more is too many",
    "brier": "mean squared error of probabilities; 0 is perfect",
    "brier_reliability": "how far probabilities are from frequencies; 0 is perfect",
    "brier_resolution": "how well floods are told from dry cases; more is better",
    "brier_uncertainty": "how uncertain floods are by themselves",
    "brier_skill": "share of the Brier score that is saved over the reference",
    "roc_area": "chance that a flood had the higher probability; 0.5 is no skill, 1 perfect",
    "crps_m": "error of the whole distribution of depths; 0 is perfect",
    "crps_skill": "share of the CRPS that is saved over the reference",
    "depth_bias_m": "mean depth too much (above 0) or too little",
    "spread_skill": "spread of the members per error of their mean; 1 is consistent",
    "onset_hit_rate": "onsets of floods whose warning was there in time and stayed",
    "lead_time_minutes": "mean time from a warning that stayed to the onset",
    "warned_ahead": "onsets of which the newest run so long before warned",
    "warned_area_share": "share of the city that is warned; the hit rate of warning at random",
}
"""Score -> what it says."""

_TITLES = {
    "csi": "CSI",
    "brier": "Brier score",
    "roc_area": "ROC area",
    "crps_m": "CRPS [m]",
    "crps_skill": "CRPS skill",
    "depth_bias_m": "depth bias [m]",
    "spread_skill": "spread / skill",
    "lead_time_minutes": "lead time [min]",
}


def score_title(name, row=None):
    """Name of a score for people, with its reference or its lead.

    Examples
    --------
    >>> score_title("crps_skill", {"reference": "persistence"})
    'CRPS skill over persistence'
    >>> score_title("warned_ahead", {"lead_minutes": 60})
    'warned ahead 60 min'
    """
    title = _TITLES.get(name, name.replace("_", " "))
    row = row or {}
    if "reference" in row:
        return f"{title} over {row['reference']}"
    if "lead_minutes" in row:
        return f"{title} {row['lead_minutes']} min"
    return title


def number_text(value):
    """A number to three digits, a dash where there is none.

    Examples
    --------
    >>> number_text(0.04567), number_text(83.333), number_text(None)
    ('0.0457', '83.3', '-')
    """
    return "-" if value is None else f"{value:.3g}"


def interval_text(row):
    """Interval of a row, such as ``0.4 to 0.7``; empty where there is none."""
    if row["low"] is None:
        return ""
    return f"{number_text(row['low'])} to {number_text(row['high'])}"

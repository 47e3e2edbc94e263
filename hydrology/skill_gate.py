"""The skill gate: learned factors take over only where held-out events prove them better."""

import math
from dataclasses import dataclass

import numpy as np

from hydrology.scores.bootstrap import LEVEL, REPLICATES, choose_blocks, estimate
from hydrology.scores.reference_forecasts import skill
from twin.errors import InputError

KEYS = ("event", "issue_time", "place", "lead_minutes")
"""Columns that name a case; with ``district`` and ``crps`` [m] they make a table of scores."""

MARGIN = 0.02
"""Share of the CRPS that a set must save on held-out events to be taken over."""

MOST_HARM = 0.05
"""By how much of its CRPS no held-out event may get worse."""


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate may take over.

    Attributes
    ----------
    accepted : bool
        True only where it beats the set in force by the margin, surely, and harms no event.
    gain, low, high : float
        Share of the CRPS that it saves on held-out events, and its interval of 90 %, wider where
        others were tried before; low and high are NaN where there are too few events, runs or
        places for one.
    cases, blocks : int
        Sample size.
    blocks_of : str
        What was drawn again for the interval: ``events``, ``runs`` or ``places``.
    by_event : dict
        Gain in each event.
    reasons : tuple of str
        Why it was rejected; empty when accepted.
    tries : int
        Sets that were judged by these events, this one included.
    """

    accepted: bool
    gain: float
    low: float
    high: float
    cases: int
    blocks: int
    blocks_of: str
    by_event: dict
    reasons: tuple
    tries: int = 1


def judge(candidate, in_force, *, tries=1, margin=MARGIN, most_harm=MOST_HARM):
    """Compare a candidate with the set in force on events that neither was learned from.

    Parameters
    ----------
    candidate, in_force : pandas.DataFrame
        Tables of scores over the same held-out events (`KEYS`, ``crps`` [m]).
    tries : int
        Sets that were judged by these events, this one included.
    margin : float
        Share of the CRPS that it must save.
    most_harm : float
        Share by which no event may get worse.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        A table is none, or they have no case in common.

    Notes
    -----
    Case by case, so that hard and easy events weigh for both alike; the interval draws whole
    events again where there are enough of them, else runs, else places, and says which. Of many
    sets one would pass by chance, so what may go wrong is shared among the tries (Bonferroni): of
    n of them, the interval leaves out an n-th of a tenth.
    """
    both = _matched(candidate, in_force)
    parts = both[["crps", "crps_in_force"]].to_numpy(float)
    groups = ("event", "run", "place")
    number, blocks = choose_blocks(*(both[name].astype(str).to_numpy() for name in groups))
    level = 1.0 - (1.0 - LEVEL) / tries
    found = estimate(parts, blocks, skill, level=level, replicates=REPLICATES * tries)
    by_event = {
        str(event): float(skill(rows[["crps", "crps_in_force"]].sum().to_numpy()))
        for event, rows in both.groupby("event")
    }
    reasons = _reasons(found, by_event, margin, most_harm)
    return Verdict(
        accepted=not reasons,
        gain=found.value,
        low=found.low,
        high=found.high,
        cases=len(both),
        blocks=found.blocks,
        blocks_of=("events", "runs", "places")[number],
        by_event=by_event,
        reasons=reasons,
        tries=tries,
    )


def plain_verdict(verdict):
    """A verdict as values that JSON carries; what is not defined is None."""
    values = {name: getattr(verdict, name) for name in Verdict.__dataclass_fields__}
    for name in ("gain", "low", "high"):
        values[name] = _finite(values[name])
    values["by_event"] = {event: _finite(gain) for event, gain in verdict.by_event.items()}
    return {**values, "reasons": list(verdict.reasons)}


def check_scores(table):
    """Check that a table of scores has its columns and no score that is none; gives it back.

    Raises
    ------
    InputError
        A column is missing, there is no row, a score is no number, or a case comes twice.
    """
    absent = [name for name in (*KEYS, "district", "crps") if name not in table]
    if absent or not len(table) or not np.isfinite(table["crps"].to_numpy(float)).all():
        raise InputError(
            f"scores of {len(table)} cases without {', '.join(absent) or 'a number in some'}, "
            "expected a CRPS for each case; hold depth sensors beside the events"
        )
    if table.duplicated(list(KEYS)).any():
        raise InputError(
            f"scores name a case twice, expected one row for each {', '.join(KEYS)}; count it once"
        )
    return table


def _matched(candidate, in_force):
    """Both scores of the cases that both tables have."""
    both = check_scores(candidate).merge(
        check_scores(in_force)[[*KEYS, "crps"]],
        on=list(KEYS),
        suffixes=("", "_in_force"),
    )
    if both.empty:
        raise InputError(
            "candidate and set in force have no case in common, expected the same held-out "
            "events; score both again"
        )
    return both.assign(run=both["event"].astype(str) + " " + both["issue_time"].astype(str))


def _reasons(found, by_event, margin, most_harm):
    reasons = []
    if not found.value >= margin:
        reasons.append(f"saves {_percent(found.value)} of the CRPS, expected {_percent(margin)}")
    if not np.isfinite(found.low):
        reasons.append(f"{found.blocks} independent groups of cases are too few to be sure")
    elif found.low <= 0.0:
        reasons.append(
            f"may do no good: interval from {_percent(found.low)} to {_percent(found.high)}"
        )
    for event, gain in by_event.items():
        if gain < -most_harm:
            reasons.append(f"makes {event} worse by {_percent(-gain)}")
    return tuple(reasons)


def _finite(value):
    return float(value) if math.isfinite(value) else None


def _percent(share):
    return f"{100 * share:.1f} %"

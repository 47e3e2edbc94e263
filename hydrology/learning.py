"""Learn the factors of a city from past events, and say what vouches for them."""

import math
from dataclasses import dataclass

import numpy as np

from hydrology.forecast.parameter_sets import ELSEWHERE, FACTORS, ParameterSet
from hydrology.skill_gate import check_scores, plain_verdict
from twin.errors import InputError

NAMES = ("drain_capacity", "losses", "rainfall", "roughness")
"""Order of the search: first what a city knows least of."""

FIRST_STEP = 1.6
"""Factor by which the search first changes a parameter, up or down."""

LEAST_STEP = 1.1
"""The search ends when steps of this size do no good."""

LEAST_GAIN = 0.005
"""Share of the CRPS that a step must save: what no event tells apart stays as it is."""

LEAST_CASES = 30
"""Cases of a district below which it takes the factor of the city."""


@dataclass(frozen=True)
class Found:
    """End of a search.

    Attributes
    ----------
    factors : dict
        See `hydrology.forecast.parameter_sets.ParameterSet`.
    score, first_score : float
        Mean CRPS on the events learned from, with these factors and with those at the start [m].
    runs : int
        How many sets of factors were tried.
    path : tuple of dict
        ``factors`` and ``crps`` of each try, in order.
    """

    factors: dict
    score: float
    first_score: float
    runs: int
    path: tuple


def search_factors(evaluate, start=None, *, names=NAMES, by_district=False, most_runs=40):
    """Find factors that make the CRPS of past events small.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(factors)`` hindcasts all events learned from and gives a table of scores, a
        pandas.DataFrame with `KEYS`, ``district`` and ``crps`` [m]. The same seeds for all
        factors, so that their differences are not chance.
    start : dict, optional
        Factors to begin with: those in force, or what assimilation found.
    names : sequence of str
        Which to learn.
    by_district : bool
        Whether districts with enough sensors may differ.
    most_runs : int
        Most calls of `evaluate`.

    Returns
    -------
    Found

    Notes
    -----
    Pattern search of Hooke and Jeeves (1961, J. ACM 8, 212-229) over the logarithms, one factor
    at a time, with steps that shrink: a hindcast costs minutes, has no derivative, and a handful
    of factors needs some tens of it. The CRPS is a strictly proper score (Gneiting and Raftery,
    2007, J. Am. Stat. Assoc. 102, 359-378): no factor gains by hedging or by a wrong spread. A
    district is scored at its own places alone, so that one run with all districts changed tells
    for each of them whether it wants the change; what they choose is run once more together.
    """
    walk = _Walk(evaluate, dict(start or {}), most_runs)
    step = FIRST_STEP
    while step >= LEAST_STEP and walk.has_runs_left:
        moved = [walk.try_both_ways(name, step, by_district) for name in names]
        if not any(moved):
            step = math.sqrt(step)
    return Found(walk.factors, walk.score, walk.first_score, len(walk.path), tuple(walk.path))


class _Walk:
    """Where a search stands: the best factors so far and their scores."""

    def __init__(self, evaluate, factors, most_runs):
        self._evaluate, self._most = evaluate, most_runs
        self.path = []
        self.factors, self.table = factors, self._run(factors)
        self.first_score = self.score

    @property
    def score(self):
        return _mean(self.table)

    @property
    def has_runs_left(self):
        return len(self.path) < self._most

    def try_both_ways(self, name, step, by_district):
        """Multiply a factor by a step, else divide by it; whether one of the two was better."""
        for change in (step, 1.0 / step):
            factors = {**self.factors, name: _scaled(name, self.factors.get(name, 1.0), change)}
            if not self.has_runs_left:
                return False
            if factors[name] == self.factors.get(name, 1.0):
                continue
            table = self._run(factors)
            if self._take(factors, table):
                return True
            if by_district and self._take_districts(name, change, table):
                return True
        return False

    def _take(self, factors, table):
        if not _mean(table) < (1.0 - LEAST_GAIN) * self.score:
            return False
        self.factors, self.table = factors, table
        return True

    def _take_districts(self, name, change, table):
        """Change a factor only where it did good."""
        willing = _better_districts(self.table, table)
        if not willing or not self.has_runs_left:
            return False
        factors = {**self.factors, name: _changed_in(self.factors, name, willing, change)}
        return self._take(factors, self._run(factors))

    def _run(self, factors):
        table = check_scores(self._evaluate(factors))
        self.path.append({"factors": factors, "crps": _mean(table)})
        return table


def propose(found, in_force, *, version, learned_from, held_out, verdict, made, method):
    """A parameter set out of a search, with all that vouches for it.

    Parameters
    ----------
    found : Found
    in_force : ParameterSet
        The set that it was compared with.
    version : int
        Number of the new set.
    learned_from, held_out : list of str
        Names of the events.
    verdict : Verdict
    made : str
        ISO time.
    method : str
        How it was learned, for people.

    Raises
    ------
    InputError
        An event was both learned from and held out.
    """
    shared = sorted(set(learned_from) & set(held_out))
    if shared or not held_out:
        raise InputError(
            f"events {', '.join(shared) or 'none'} held out, expected at least one that nothing "
            "was learned from; choose others"
        )
    return ParameterSet(
        version,
        found.factors,
        in_force.digest,
        {
            "made": made,
            "method": method,
            "learned_from": sorted(learned_from),
            "held_out": sorted(held_out),
            "training": {
                "crps_m": found.score,
                "crps_in_force_m": found.first_score,
                "runs": found.runs,
            },
            "verdict": plain_verdict(verdict),
        },
    )


def start_from_posteriors(summaries, factors=None):
    """Factors to begin a search with, out of what assimilation found in past events.

    Parameters
    ----------
    summaries : list of dict
        Of each event: name -> ``factor`` (over the set in force then) and ``spread`` of its
        logarithm, as `hydrology.forecast.perturbations.Factors.summary` gives them.
    factors : dict, optional
        Factors that the events were run with.

    Returns
    -------
    dict
        The factors times the mean factor of the events, weighted by the inverse of their
        variance. Only where a search begins: all posteriors share one prior, so that their mean
        is pulled to it, which the search then mends.
    """
    result = dict(factors or {})
    for name in FACTORS:
        found = [one[name] for one in summaries if name in one and one[name]["spread"] > 0]
        if not found:
            continue
        weights = np.array([one["spread"] ** -2.0 for one in found])
        logs = np.log([one["factor"] for one in found])
        mean = math.exp(float((weights * logs).sum() / weights.sum()))
        result[name] = _scaled(name, result.get(name, 1.0), mean)
    return result


def _better_districts(before, after):
    """Districts with enough cases whose own CRPS a run made smaller."""
    old, new = (table.groupby("district")["crps"].mean() for table in (before, after))
    enough = before.groupby("district").size() >= LEAST_CASES
    better = enough & (new.reindex(old.index) < (1.0 - LEAST_GAIN) * old)
    return [name for name in old.index[better] if name]


def _changed_in(factors, name, districts, change):
    """A factor that is multiplied in some districts only."""
    value = factors.get(name, 1.0)
    by_district = dict(value) if isinstance(value, dict) else {ELSEWHERE: value}
    for district in districts:
        before = by_district.get(district, by_district[ELSEWHERE])
        by_district[district] = _scaled(name, before, change)
    return by_district


def _scaled(name, value, change):
    """A factor, or those of its districts, times a change, within what is believed."""
    if isinstance(value, dict):
        return {key: _scaled(name, one, change) for key, one in value.items()}
    least, most = FACTORS[name]
    return float(np.clip(value * change, least, most))


def _mean(table):
    return float(table["crps"].mean())

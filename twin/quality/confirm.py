"""Sensors, cameras and people confirm each other: the chance that a place is wet."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.observations.store import NOT_EVALUATED
from twin.quality.neighbours import positions


@dataclass(frozen=True)
class Method:
    """How well one kind of observer tells wet from dry.

    Attributes
    ----------
    hit_rate : float
        Share of wet places that it calls wet, in (0, 1).
    false_alarm_rate : float
        Share of dry places that it calls wet, in (0, 1) and below `hit_rate`.
    """

    hit_rate: float
    false_alarm_rate: float


METHODS = {
    "sensor": Method(0.95, 0.02),
    "camera": Method(0.85, 0.05),
    "report": Method(0.80, 0.10),
}
"""Starting values, set by judgement: a post measures but drifts, a picture has its angle and
its night, people err in place. A city with confirmed floods should put its own counts here."""


def confirm(observations, stations, *, methods=None, radius=100.0, window="20min", prior=0.1):
    """Weigh each observation with those of others at the same place and time.

    Parameters
    ----------
    observations : pandas.DataFrame
        Readings of ``is_wet`` with a column ``method`` (a key of `methods`).
    stations : GeoDataFrame
        ``station_id`` and points, of all observers.
    methods : dict, optional
        Name -> `Method`; default `METHODS`.
    radius : float
        Others are asked that are at most so far away [m].
    window : str
        And that looked at most so long before or after; of each, the look nearest in time.
    prior : float
        Chance that a place is wet before anybody looks.

    Returns
    -------
    pandas.DataFrame
        Index of `observations`; ``probability`` (of wet), ``agree`` and ``disagree`` (counts of
        others, by stations) and ``status``: "confirmed" (somebody of another method agrees and
        nobody disagrees), "contradicted" (at least as many disagree as agree, the observation
        itself counted), "alone" (no other looked), else "open".

    Raises
    ------
    InputError
        A method is not known, or its rates are not those of an observer that sees anything.

    Notes
    -----
    Bayes with observers that err independently: the odds of wet are the prior odds times
    ``hit / false alarm`` for each that says wet and ``(1 - hit) / (1 - false alarm)`` for each
    that says dry. Flagged and missing observations have no say and get probability NaN.
    """
    methods = METHODS if methods is None else methods
    _check(observations, methods)
    usable = observations["value"].notna() & (observations["flag"] <= NOT_EVALUATED)
    looks = observations[usable].reset_index(names="row")
    pairs = _pairs(looks, positions(looks, stations), radius, pd.Timedelta(window))
    weight = _log_odds(looks, methods)
    is_wet, method = looks["value"].to_numpy() > 0.5, looks["method"].to_numpy()
    one, other = pairs
    agrees = is_wet[one] == is_wet[other]
    count = len(looks)
    agree = np.bincount(one[agrees], minlength=count)
    disagree = np.bincount(one[~agrees], minlength=count)
    of_other_kind = agrees & (method[one] != method[other])
    second_kind = np.bincount(one[of_other_kind], minlength=count) > 0
    odds = np.log(prior / (1 - prior)) + weight + np.bincount(one, weight[other], minlength=count)
    status = np.select(
        [agree + disagree == 0, disagree >= agree + 1, second_kind & (disagree == 0)],
        ["alone", "contradicted", "confirmed"],
        "open",
    )
    table = pd.DataFrame(
        {"probability": 1 / (1 + np.exp(-odds)), "agree": agree, "disagree": disagree},
        index=looks["row"],
    ).assign(status=status)
    table = table.reindex(observations.index)
    table[["agree", "disagree"]] = table[["agree", "disagree"]].fillna(0).astype(int)
    return table.assign(status=table["status"].fillna("not usable"))


def _check(observations, methods):
    unknown = set(observations["method"]) - set(methods)
    if unknown:
        raise InputError(
            f"observations by {', '.join(sorted(map(str, unknown)))}, expected one of "
            f"{', '.join(methods)}; add the method or correct its name"
        )
    for name, method in methods.items():
        if not 0 < method.false_alarm_rate < method.hit_rate < 1:
            raise InputError(
                f"method {name} has hit rate {method.hit_rate} and false-alarm rate "
                f"{method.false_alarm_rate}, expected 0 < false alarms < hits < 1"
            )


def _log_odds(looks, methods):
    """What each look adds to the log odds of wet."""
    hit = looks["method"].map({name: method.hit_rate for name, method in methods.items()})
    false = looks["method"].map({name: m.false_alarm_rate for name, m in methods.items()})
    is_wet = looks["value"] > 0.5
    return np.where(is_wet, np.log(hit / false), np.log((1 - hit) / (1 - false)))


def _pairs(looks, places, radius, window):
    """Index pairs of looks by different stations, near in place and time.

    Of every other station the look nearest in time counts, the earlier one of two alike.
    """
    from scipy.spatial import cKDTree

    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    none = np.zeros(0, int), np.zeros(0, int)
    if known.size < 2:
        return none
    sites, site = np.unique(places[known], axis=0, return_inverse=True)
    near = cKDTree(sites).query_ball_point(sites, radius)
    table = pd.DataFrame(
        {
            "look": known,
            "site": site.ravel(),
            "station": looks["source_id"].astype(str)[known] + "\n" + looks["station_id"][known],
            "time": looks["phenomenon_time"][known],
        }
    )
    beside = pd.DataFrame(
        [(here, there) for here, others in enumerate(near) for there in others],
        columns=["site", "site_other"],
    )
    pairs = table.merge(beside, on="site").merge(table.add_suffix("_other"), on="site_other")
    pairs["apart"] = (pairs["time"] - pairs["time_other"]).abs()
    pairs = pairs[(pairs["station"] != pairs["station_other"]) & (pairs["apart"] <= window)]
    pairs = pairs.sort_values(["look", "station_other", "apart", "time_other"])
    pairs = pairs.drop_duplicates(["look", "station_other"])
    return pairs["look"].to_numpy(), pairs["look_other"].to_numpy()

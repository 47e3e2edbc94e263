"""All scores of some pairs as rows: value, interval, sample size, horizon, reference."""

import math

import numpy as np

from hydrology.scores import contingency, probabilistic
from hydrology.scores.bootstrap import choose_blocks, estimate
from hydrology.scores.lead_time import LEADS_MINUTES, TRIGGER
from hydrology.scores.reference_forecasts import skill

HORIZONS = ((0.0, 1.0), (1.0, 3.0), (3.0, 6.0), (6.0, 48.0))
"""Leads that are scored together, without their begin [h]."""

ALL = "all"
WET_DEPTH = 0.1
"""Depth from which water without a depth counts [m]: who says wet has seen more than a film."""

EVENT_GAP = np.timedelta64(12, "h")
"""Issue times further apart belong to different events."""


def horizon_name(begin, end):
    """Name of a horizon.

    Examples
    --------
    >>> horizon_name(0.0, 1.0)
    '0-1 h'
    """
    return f"{begin:g}-{end:g} h"


def score_depths(pairs, **about):
    """Scores of depths at times: CRPS, spread and skill, bias; and skill over the references.

    Parameters
    ----------
    pairs : hydrology.scores.pairs.Pairs
        Cases at valid times; those without a depth are left out.
    **about
        Columns that all rows get, such as ``against="sensors"``.

    Returns
    -------
    list of dict
        See `row`; of all horizons and each.
    """
    known = pairs.select(np.isfinite(pairs.observed) & np.isfinite(pairs.members).any(axis=1))
    rows = []
    for horizon, chosen in _by_horizon(known):
        rows += _depth_rows(chosen, {**about, "horizon": horizon})
    return rows


def score_events(pairs, threshold, *, trigger=TRIGGER, **about):
    """Scores of warnings in windows of time: contingency, Brier, ROC; skill over references.

    Parameters
    ----------
    pairs : hydrology.scores.pairs.Pairs
        Cases over windows, depths their largest.
    threshold : float
        Depth of the event [m].
    trigger : float
        Probability from which it is warned.
    **about
        Columns that all rows get.

    Returns
    -------
    list of dict
        See `row`; of all horizons and each.
    """
    event = events_of(pairs, threshold)
    known = np.isfinite(event) & np.isfinite(pairs.members).any(axis=1)
    pairs, event = pairs.select(known), event[known].astype(bool)
    about = {**about, "threshold_m": threshold}
    rows = []
    for horizon, chosen in _horizon_masks(pairs):
        rows += _event_rows(
            pairs.select(chosen), event[chosen], threshold, trigger, {**about, "horizon": horizon}
        )
    return rows


def score_sightings(probability, labels, threshold, *, trigger=TRIGGER, **about):
    """How many of the floods that were seen had been warned of.

    Parameters
    ----------
    probability : (case,) array
        Of more than `threshold` within the radius of each sighting [1].
    labels : pandas.DataFrame
        See `hydrology.scores.pairs.LABELS`.
    threshold, trigger, **about
        As of `score_events`.

    Notes
    -----
    Only the hit rate: nobody reports a street that stayed dry, so false alarms are unknown.
    """
    known = np.isfinite(probability)
    labels, warned = labels[known], np.asarray(probability)[known] >= trigger
    about = {**about, "threshold_m": threshold}
    rows = []
    for horizon, chosen in _label_masks(labels):
        counts = contingency.count_outcomes(warned[chosen], np.ones(chosen.sum(), bool))
        for name in contingency.SEEN_ONLY:
            facts = {**about, "horizon": horizon, "events": int(chosen.sum())}
            rows.append(row(name, counts, labels[chosen], contingency.RATIOS[name], facts))
    return rows


def score_onsets(onsets, **about):
    """Lead times achieved and the share of onsets warned of so long ahead.

    Parameters
    ----------
    onsets : list of dict
        ``place``, ``event`` (block), ``lead_minutes`` (None where not warned) and ``ahead``
        {lead [min]: True, False or None where no run was there}.
    **about
        Columns that all rows get.
    """
    import pandas as pd

    if not onsets:
        return []
    labels = pd.DataFrame(
        {
            "run_id": [one["event"] for one in onsets],
            "event": [one["event"] for one in onsets],
            "place": [one["place"] for one in onsets],
        }
    )
    warned = np.array([one["lead_minutes"] is not None for one in onsets])
    lead = np.array([one["lead_minutes"] or 0.0 for one in onsets])
    about = {**about, "horizon": ALL, "events": len(onsets)}
    share = np.stack([np.ones(len(onsets)), warned], axis=1)
    rows = [row("onset_hit_rate", share, labels, probabilistic.mean_of, about)]
    if warned.any():
        parts = np.stack([np.ones(warned.sum()), lead[warned]], axis=1)
        facts = {**about, "events": int(warned.sum())}
        mean = probabilistic.mean_of
        rows.append(row("lead_time_minutes", parts, labels[warned], mean, facts))
    for minutes in LEADS_MINUTES:
        rows += _ahead_row(onsets, labels, minutes, about)
    return rows


def row(score, parts, labels, statistic, about):
    """One row of the table.

    Parameters
    ----------
    score : str
        Its name.
    parts : (case, part) array
        What each case adds.
    labels : pandas.DataFrame
        ``run_id``, ``event`` and ``place`` of each case.
    statistic : callable
        See `hydrology.scores.bootstrap.estimate`.
    about : dict
        Columns to go with it.

    Returns
    -------
    dict
        ``score``, ``value``, ``low``, ``high`` (None where not defined), ``cases``, ``blocks``,
        ``blocks_of`` (what was drawn again for the interval) and the columns of `about`.
    """
    groups = ("event", "run_id", "place")
    number, blocks = choose_blocks(*(labels[name].to_numpy() for name in groups))
    found = estimate(parts, blocks, statistic)
    return {
        **about,
        "score": score,
        "value": _plain(found.value),
        "low": _plain(found.low),
        "high": _plain(found.high),
        "cases": len(labels),
        "blocks": found.blocks,
        "blocks_of": ("events", "runs", "places")[number],
    }


def events_of(pairs, threshold):
    """Whether the event came: 1, 0 or NaN; water without a depth counts up to `WET_DEPTH`."""
    return pairs.event_or_wet(threshold) if threshold <= WET_DEPTH else pairs.event(threshold)


def number_events(issue_times, gap=EVENT_GAP):
    """Number of the event that each issue time belongs to, shape (case,)."""
    times = np.asarray(issue_times, "datetime64[ns]")
    moments, place = np.unique(times, return_inverse=True)
    return np.concatenate(([0], np.cumsum(np.diff(moments) > gap)))[place] if times.size else place


def _depth_rows(pairs, about):
    if not len(pairs):
        return []
    labels, observed = pairs.labels, pairs.observed
    score = probabilistic.crps(pairs.members, observed)
    error = np.nanmean(pairs.members, axis=1) - observed
    ones = np.ones(len(pairs))
    about = {**about, "forecast": "ensemble", "events": int((observed > WET_DEPTH).sum())}
    mean = probabilistic.mean_of
    rows = [
        row("crps_m", np.stack([ones, score], axis=1), labels, mean, about),
        row("depth_bias_m", np.stack([ones, error], axis=1), labels, mean, about),
    ]
    spread = probabilistic.spread_parts(pairs.members, observed)
    if spread[:, 0].any():
        ratio = probabilistic.spread_skill_ratio
        rows.append(row("spread_skill", spread, labels, ratio, about))
    for name, members in pairs.references.items():
        rows += _depth_skill(name, members, score, pairs, about)
    return rows


def _depth_skill(name, members, score, pairs, about):
    """CRPS of a reference and skill over it, on the cases that it has."""
    other = probabilistic.crps(members, pairs.observed)
    both = np.isfinite(other)
    if not both.any():
        return []
    labels = pairs.labels[both]
    about = {**about, "events": int((pairs.observed[both] > WET_DEPTH).sum())}
    parts = np.stack([np.ones(both.sum()), other[both]], axis=1)
    rows = [row("crps_m", parts, labels, probabilistic.mean_of, {**about, "forecast": name})]
    parts = np.stack([score[both], other[both]], axis=1)
    rows.append(row("crps_skill", parts, labels, skill, {**about, "reference": name}))
    return rows


def _event_rows(pairs, event, threshold, trigger, about):
    if not len(pairs):
        return []
    probability = pairs.probability(threshold)
    rows = _warning_rows("ensemble", probability, event, pairs.labels, trigger, about)
    squared = probabilistic.brier_parts(probability, event)[:, 1]
    for name in pairs.references:
        other = pairs.of_reference(name).probability(threshold)
        both = np.isfinite(other)
        if not both.any():
            continue
        labels = pairs.labels[both]
        rows += _warning_rows(name, other[both], event[both], labels, trigger, about)
        parts = np.stack([squared[both], (other - event)[both] ** 2], axis=1)
        facts = {**about, "forecast": "ensemble", "reference": name}
        rows.append(
            row("brier_skill", parts, labels, skill, {**facts, "events": int(event[both].sum())})
        )
    return rows


def _warning_rows(forecast, probability, event, labels, trigger, about):
    about = {**about, "forecast": forecast, "trigger": trigger, "events": int(event.sum())}
    counts = contingency.count_outcomes(probability >= trigger, event)
    rows = [row(name, counts, labels, ratio, about) for name, ratio in contingency.RATIOS.items()]
    about.pop("trigger")
    parts = probabilistic.brier_parts(probability, event)
    rows.append(row("brier", parts, labels, probabilistic.mean_of, about))
    classes = probabilistic.class_parts(probability, event)
    for term in ("reliability", "resolution", "uncertainty"):
        rows.append(row(f"brier_{term}", classes, labels, _term(term), about))
    rows.append(row("roc_area", classes, labels, probabilistic.roc_area, about))
    return rows


def _term(name):
    return lambda sums: probabilistic.decompose_brier(sums)[name]


def _ahead_row(onsets, labels, minutes, about):
    answers = [one["ahead"].get(minutes) for one in onsets]
    known = np.array([answer is not None for answer in answers])
    if not known.any():
        return []
    warned = np.array([bool(answer) for answer in answers])[known]
    parts = np.stack([np.ones(known.sum()), warned], axis=1)
    about = {**about, "events": int(known.sum()), "lead_minutes": minutes}
    return [row("warned_ahead", parts, labels[known], probabilistic.mean_of, about)]


def _by_horizon(pairs):
    return [(name, pairs.select(chosen)) for name, chosen in _horizon_masks(pairs)]


def _horizon_masks(pairs):
    return _label_masks(pairs.labels)


def _label_masks(labels):
    """All cases, then those of each horizon that has any."""
    hours = labels["lead_minutes"].to_numpy(float) / 60.0
    yield ALL, np.ones(len(labels), bool)
    for begin, end in HORIZONS:
        chosen = (hours > begin) & (hours <= end)
        if chosen.any():
            yield horizon_name(begin, end), chosen


def _plain(value):
    return value if math.isfinite(value) else None

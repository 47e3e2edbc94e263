"""Scores of probabilities and ensembles: Brier, reliability, ROC, CRPS, spread and skill."""

import numpy as np

CLASSES = 11
"""Classes of probability of a reliability table, of equal width but half at both ends."""

BLOCK_CASES = 4096


def probability_of(members, threshold):
    """Share of the members deeper than a threshold, shape (case,); NaN members do not count.

    Parameters
    ----------
    members : (case, member) array
        Depths [m].
    threshold : float
        [m]
    """
    members = np.asarray(members, float)
    present = np.isfinite(members).sum(axis=1)
    above = (members > threshold).sum(axis=1)
    return np.divide(above, present, out=np.full(len(members), np.nan), where=present > 0)


def brier_parts(probability, observed):
    """What each case adds to `brier_score`, shape (case, 2): one, and the squared error."""
    error = np.asarray(probability, float) - np.asarray(observed, float)
    return np.stack([np.ones_like(error), error**2], axis=1)


def mean_of(sums):
    """Mean of something out of sums (..., 2) of ones and of it; NaN of no case."""
    sums = np.asarray(sums, float)
    return _ratio(sums[..., 1], sums[..., 0])


def brier_score(probability, observed):
    """Mean squared error of probabilities [1]; 0 is perfect.

    Parameters
    ----------
    probability : (case,) array
        Between 0 and 1.
    observed : (case,) array of bool

    Notes
    -----
    Brier (1950), Mon. Wea. Rev. 78, 1-3, in the form for two outcomes that ranges from 0 to 1.
    """
    return float(mean_of(brier_parts(probability, observed).sum(axis=0)))


def class_parts(probability, observed, classes=CLASSES):
    """What each case adds to a reliability table, shape (case, 5 * classes).

    For each class of probability: one, p, o, p squared and p times o.
    """
    p, o = np.asarray(probability, float), np.asarray(observed, float)
    number = np.rint(p * (classes - 1)).astype(int)
    parts = np.zeros((len(p), classes, 5))
    cases = np.arange(len(p))
    parts[cases, number] = np.stack([np.ones_like(p), p, o, p * p, p * o], axis=1)
    return parts.reshape(len(p), 5 * classes)


def decompose_brier(sums):
    """Reliability, resolution and uncertainty out of sums of `class_parts`.

    Parameters
    ----------
    sums : (..., 5 * classes) array
        Sums over cases.

    Returns
    -------
    dict
        ``reliability`` (0 is perfect), ``resolution`` (more is better), ``uncertainty``,
        ``within_variance``, ``within_covariance``, ``brier``; each (...).

    Notes
    -----
    Murphy (1973), J. Appl. Meteor. 12, 595-600: Brier = reliability - resolution + uncertainty.
    It holds exactly where each class has one probability. Two more terms make it hold for classes
    of some width: + within_variance - within_covariance (Stephenson, Coelho and Jolliffe, 2008,
    Wea. Forecasting 23, 752-757), where the covariance counts twice.
    """
    sums = np.asarray(sums, float)
    sums = sums.reshape(*sums.shape[:-1], -1, 5)
    count, p, o, pp, po = np.moveaxis(sums, -1, 0)
    total = count.sum(axis=-1)
    mean_p, mean_o = _ratio(p, count, 0.0), _ratio(o, count, 0.0)
    base = _ratio(o.sum(axis=-1), total)

    def share(values):
        return _ratio(values.sum(axis=-1), total)

    terms = {
        "reliability": share(count * (mean_p - mean_o) ** 2),
        "resolution": share(count * (mean_o - base[..., None]) ** 2),
        "uncertainty": base * (1.0 - base),
        "within_variance": share(pp - count * mean_p**2),
        "within_covariance": 2.0 * share(po - count * mean_p * mean_o),
    }
    terms["brier"] = (
        terms["reliability"]
        - terms["resolution"]
        + terms["uncertainty"]
        + terms["within_variance"]
        - terms["within_covariance"]
    )
    return terms


def reliability_table(probability, observed, classes=CLASSES):
    """How often the event came where it was given each probability.

    Parameters
    ----------
    probability : (case,) array
        Between 0 and 1.
    observed : (case,) array of bool
    classes : int
        Number of classes, centred on 0, ..., 1.

    Returns
    -------
    list of dict
        Of each class that has cases: ``forecast`` (mean probability), ``observed`` (relative
        frequency), ``cases``, and the ``low`` and ``high`` end of its interval of 90 %.

    Notes
    -----
    The interval is Wilson's (1927, J. Am. Stat. Assoc. 22, 209-212) for independent cases.
    """
    parts = class_parts(probability, observed, classes)
    sums = parts.sum(axis=0).reshape(classes, 5)
    rows = []
    for count, p, o, _, _ in sums[sums[:, 0] > 0]:
        low, high = wilson_interval(o, count)
        rows.append(
            {
                "forecast": float(p / count),
                "observed": float(o / count),
                "cases": int(count),
                "low": low,
                "high": high,
            }
        )
    return rows


def wilson_interval(successes, cases, z=1.6448536269514722):
    """Interval of a relative frequency (Wilson, 1927); `z` is the normal quantile, 90 %."""
    share, scale = successes / cases, 1.0 + z * z / cases
    middle = (share + z * z / (2.0 * cases)) / scale
    half = z * np.sqrt(share * (1.0 - share) / cases + z * z / (4.0 * cases**2)) / scale
    # rounding must not leave the share itself outside
    return float(np.clip(middle - half, 0.0, share)), float(np.clip(middle + half, share, 1.0))


def roc_points(probability, observed):
    """The ROC curve: false alarm rate and hit rate when warning from each probability on.

    Parameters
    ----------
    probability : (case,) array
    observed : (case,) array of bool

    Returns
    -------
    list of dict
        ``probability``, ``false_alarm_rate``, ``hit_rate``, from never to always warning; empty
        where the event came always or never.

    Notes
    -----
    Mason (1982), Aust. Met. Mag. 30, 291-303.
    """
    p, o = np.asarray(probability, float), np.asarray(observed, bool)
    if o.all() or not o.any():
        return []
    levels = np.unique(p)[::-1]
    points = [{"probability": None, "false_alarm_rate": 0.0, "hit_rate": 0.0}]
    for level in levels:
        warned = p >= level
        points.append(
            {
                "probability": float(level),
                "false_alarm_rate": float(warned[~o].mean()),
                "hit_rate": float(warned[o].mean()),
            }
        )
    return points


def roc_area(sums):
    """Area below the ROC curve out of sums of `class_parts` [1]; 0.5 is no skill, 1 perfect.

    Notes
    -----
    The share of pairs of an event and a non-event in which the event had the higher probability,
    ties counted half (Mason and Graham, 2002, Q. J. R. Meteorol. Soc. 128, 2145-2166), with the
    probabilities in classes.
    """
    sums = np.asarray(sums, float)
    sums = sums.reshape(*sums.shape[:-1], -1, 5)
    events, others = sums[..., 2], sums[..., 0] - sums[..., 2]
    below = np.cumsum(others, axis=-1) - others
    wins = (events * (below + 0.5 * others)).sum(axis=-1)
    return _ratio(wins, events.sum(axis=-1) * others.sum(axis=-1))


def crps(members, observed, fair=True):
    """Continuous ranked probability score of each case, shape (case,) [m]; 0 is perfect.

    Parameters
    ----------
    members : (case, member) array
        Depths [m]; NaN members do not count.
    observed : (case,) array
        [m]
    fair : bool
        Whether to score what the ensemble would be with members without end, so that a small
        ensemble is not punished for its size. A single member is scored by its absolute error.

    Notes
    -----
    Hersbach (2000), Wea. Forecasting 15, 559-570; the fair form is that of Ferro (2014), Q. J. R.
    Meteorol. Soc. 140, 1917-1923, and may be a little below zero. Computed by the library
    `scores`.
    """
    members, observed = np.asarray(members, float), np.asarray(observed, float)
    result = np.full(len(observed), np.nan)
    present = np.isfinite(members).sum(axis=1)
    for count in np.unique(present[present > 0]):
        chosen = np.flatnonzero((present == count) & np.isfinite(observed))
        for first in range(0, chosen.size, BLOCK_CASES):
            cases = chosen[first : first + BLOCK_CASES]
            inside = np.sort(members[cases], axis=1)[:, :count]  # NaN goes last
            result[cases] = _crps_of(inside, observed[cases], fair and count > 1)
    return result


def _crps_of(members, observed, fair):
    import xarray as xr
    from scores.probability import crps_for_ensemble

    score = crps_for_ensemble(
        xr.DataArray(members, dims=("case", "member")),
        xr.DataArray(observed, dims="case"),
        "member",
        method="fair" if fair else "ecdf",
        preserve_dims="all",
    )
    return score.values


def spread_parts(members, observed):
    """What each case adds to `spread_skill_ratio`, shape (case, 3).

    One, the variance of the members widened by 1 + 1/m, and the squared error of their mean.
    Cases of fewer than two members add nothing.
    """
    members, observed = np.asarray(members, float), np.asarray(observed, float)
    present = np.isfinite(members)
    count = present.sum(axis=1)
    known = (count > 1) & np.isfinite(observed)
    filled, size = np.where(present, members, 0.0), np.maximum(count, 1)
    mean = filled.sum(axis=1) / size
    squares = (np.where(present, members - mean[:, None], 0.0) ** 2).sum(axis=1)
    variance = squares / np.maximum(count - 1, 1) * (1.0 + 1.0 / size)
    parts = np.stack([np.ones(len(members)), variance, (mean - observed) ** 2], axis=1)
    return np.where(known[:, None], parts, 0.0)


def spread_skill_ratio(sums):
    """Spread of the ensemble per root mean square error of its mean [1]; 1 is consistent.

    Parameters
    ----------
    sums : (..., 3) array
        Of `spread_parts`.

    Notes
    -----
    Fortin et al. (2014), J. Hydrometeor. 15, 1708-1713: the root of the mean variance, widened
    for the size of the ensemble, against the error of the mean. Below 1 it is too sure of itself.
    """
    sums = np.asarray(sums, float)
    return np.sqrt(_ratio(sums[..., 1], sums[..., 2]))


def _ratio(part, whole, otherwise=np.nan):
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.full(part.shape, otherwise), where=whole > 0)

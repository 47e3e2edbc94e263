"""Yes and no: hits, misses, false alarms, correct negatives and the ratios made of them."""

import numpy as np

COUNTS = ("hits", "misses", "false_alarms", "correct_negatives")
"""Columns of an array of counts."""


def count_outcomes(forecast, observed):
    """Which of `COUNTS` each case is, shape (case, 4) of 0 and 1.

    Parameters
    ----------
    forecast, observed : (case,) array of bool
        Whether the event was forecast, and whether it came.

    Examples
    --------
    >>> count_outcomes([True, False, True], [True, True, False]).sum(axis=0)
    array([1, 1, 1, 0])
    """
    forecast, observed = np.asarray(forecast, bool), np.asarray(observed, bool)
    cells = (
        forecast & observed,
        ~forecast & observed,
        forecast & ~observed,
        ~forecast & ~observed,
    )
    return np.stack(cells, axis=-1).astype(int)


def critical_success_index(counts):
    """Hits of all cases but correct negatives [1]; 1 is perfect.

    Parameters
    ----------
    counts : (..., 4) array
        In the order of `COUNTS`.

    Returns
    -------
    (...) array
        NaN where the event was neither forecast nor seen.

    Notes
    -----
    Wilks (2019), Statistical Methods in the Atmospheric Sciences, 4th edition, chapter 9, as all
    ratios of this module; also called threat score.
    """
    hits, misses, false_alarms, _ = _columns(counts)
    return _ratio(hits, hits + misses + false_alarms)


def hit_rate(counts):
    """Hits of all events that came [1]; also probability of detection (POD)."""
    hits, misses, _, _ = _columns(counts)
    return _ratio(hits, hits + misses)


def false_alarm_ratio(counts):
    """False alarms of all events forecast [1] (FAR); 0 is perfect."""
    hits, _, false_alarms, _ = _columns(counts)
    return _ratio(false_alarms, hits + false_alarms)


def false_alarm_rate(counts):
    """False alarms of all cases in which the event did not come [1] (POFD)."""
    _, _, false_alarms, correct_negatives = _columns(counts)
    return _ratio(false_alarms, false_alarms + correct_negatives)


def frequency_bias(counts):
    """Events forecast per event that came [1]; over 1 is warning too often."""
    hits, misses, false_alarms, _ = _columns(counts)
    return _ratio(hits + false_alarms, hits + misses)


RATIOS = {
    "csi": critical_success_index,
    "hit_rate": hit_rate,
    "false_alarm_ratio": false_alarm_ratio,
    "false_alarm_rate": false_alarm_rate,
    "frequency_bias": frequency_bias,
}
"""Name -> function of counts."""

SEEN_ONLY = ("hit_rate",)
"""What can be said where only floods are recorded: nobody reports a street that stayed dry."""


def _columns(counts):
    return np.moveaxis(np.asarray(counts, float), -1, 0)


def _ratio(part, whole):
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)

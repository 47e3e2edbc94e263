"""Forecasts that cost nothing and have to be beaten: the last observation persists."""

import numpy as np

OLDEST = np.timedelta64(3600, "s")
"""An observation older than this at the issue time says nothing of now."""


def persist_last(readings, issue_time, places, oldest=OLDEST):
    """The last depth known at the issue time, to be held over the whole horizon.

    Parameters
    ----------
    readings : pandas.DataFrame
        Usable readings with ``station_id``, ``phenomenon_time``, ``received_time``, ``value``
        [m]; what was received after the issue time is not used, however old it is.
    issue_time : numpy.datetime64
        UTC.
    places : sequence of str
        Stations wanted.
    oldest : timedelta64
        How old the last may be.

    Returns
    -------
    (place,) array
        [m]; NaN where nothing fresh was known.

    Notes
    -----
    With revisions the one received last by then counts, as it stood at that time.
    """
    import pandas as pd

    issue = pd.Timestamp(issue_time).tz_localize("UTC")
    known = readings[
        (readings["received_time"] <= issue)
        & (readings["phenomenon_time"] <= issue)
        & (readings["phenomenon_time"] >= issue - pd.Timedelta(oldest))
    ]
    last = known.sort_values(["phenomenon_time", "received_time"]).groupby("station_id")["value"]
    return last.last().reindex(list(places)).to_numpy(float)


def skill(sums_and_reference):
    """One less the ratio of two mean scores: how much better than the reference [1].

    Parameters
    ----------
    sums_and_reference : (..., 2) array
        Sums of a negatively oriented score (CRPS, Brier) of the forecast and of the reference
        over the same cases.

    Returns
    -------
    (...) array
        1 is perfect, 0 no better, below 0 worse; NaN where the reference is perfect.
    """
    sums = np.asarray(sums_and_reference, float)
    reference = sums[..., 1]
    ratio = np.divide(
        sums[..., 0], reference, out=np.full(reference.shape, np.nan), where=reference > 0
    )
    return 1.0 - ratio

"""Whether a storm still grows when rain that can only die away is all that is known ahead."""

from hydrology.rainfall.gauges import INTERVAL
from hydrology.rainfall.provenance import MEASURED, provenance

HALF_HOUR = round(1800.0 / INTERVAL)
"""Intervals in half an hour."""

LEAST_RATIO = 1.5
"""The last half hour must be so many times as wet as the one before."""

LEAST_RISE = 2.0 / 3.6e6
"""And by so much wetter [m s-1]: drizzle that doubles is no storm."""


def is_growing(rates):
    """Whether rain clearly rises over an hour.

    Parameters
    ----------
    rates : (2 HALF_HOUR,) array
        Mean over the city of each interval of ten minutes, the newest last [m s-1].

    Returns
    -------
    bool
        True where the mean of the last half hour is at least `LEAST_RATIO` times, and by
        `LEAST_RISE` more than, that of the half hour before, and the newest interval is not below
        the mean of its half hour: a storm that has passed its peak grows no more.

    Examples
    --------
    >>> import numpy as np
    >>> bool(is_growing(np.array([2, 4, 6, 9, 14, 20]) / 3.6e6))
    True
    >>> bool(is_growing(np.array([2, 4, 6, 20, 14, 9]) / 3.6e6))
    False
    """
    before, last = rates[:HALF_HOUR].mean(), rates[HALF_HOUR:].mean()
    rises = last >= LEAST_RATIO * before and last - before >= LEAST_RISE
    return rises and rates[-1] >= last


def growth_notes(observed):
    """What to say of a forecast whose rain ahead is the latest, dying away.

    Parameters
    ----------
    observed : hydrology.rainfall.observed.ObservedRain

    Returns
    -------
    list of str
        Empty where the rain does not grow, or where an interval of the last hour was not measured:
        what stands in for a reading shows no trend.

    Notes
    -----
    The rule and its three numbers are choices, not fits. The rain is the mean over the cells that
    cover the city.
    """
    last_hour = observed.methods[-2 * HALF_HOUR :]
    if len(last_hour) < 2 * HALF_HOUR or any(provenance(m) not in MEASURED for m in last_hour):
        return []
    rates = observed.rainfall["rainfall_rate"].values[-2 * HALF_HOUR :].mean(axis=(1, 2))
    if not is_growing(rates):
        return []
    before, last = 3.6e6 * rates[:HALF_HOUR].mean(), 3.6e6 * rates[HALF_HOUR:].mean()
    return [
        "rain: the storm is still growing, rain ahead may be under-forecast "
        f"({before:.1f} mm/h, then {last:.1f} mm/h over the last half hour)"
    ]

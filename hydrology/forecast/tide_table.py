"""Tides between the high and low waters of a table, as weather services publish them."""

from typing import NamedTuple

import numpy as np

LONGEST_HALF_TIDE = 20 * 3600.0
"""Between two waters further apart one is missing: even a tide once a day turns sooner [s]."""


class TideTable(NamedTuple):
    """High and low waters at one place.

    Attributes
    ----------
    seconds : (n,) float array
        Of each, from the issue time, rising [s].
    levels : (n,) float array
        [m].
    """

    seconds: np.ndarray
    levels: np.ndarray


def tide_of(table, seconds):
    """Levels of a tide table at some times.

    Parameters
    ----------
    table : TideTable
    seconds : (n,) array
        From the issue time [s].

    Returns
    -------
    (n,) array
        [m]; NaN before the first water, after the last, and where one is missing.

    Notes
    -----
    Half a cosine from each water to the next, as sailors do with a table of high and low waters
    (Admiralty Tide Tables, the standard curve of an undistorted tide).

    Examples
    --------
    >>> table = TideTable(np.array([0.0, 21600.0]), np.array([-1.0, 1.0]))
    >>> tide_of(table, np.array([0.0, 7200.0, 21600.0, 30000.0])).round(6)
    array([-1. , -0.5,  1. ,  nan])
    """
    seconds = np.asarray(seconds, float)
    if len(table.seconds) < 2:
        return np.full(seconds.shape, np.nan)
    before = np.clip(np.searchsorted(table.seconds, seconds, "right") - 1, 0, None)
    before = np.minimum(before, len(table.seconds) - 2)
    length = np.diff(table.seconds)[before]
    share = (seconds - table.seconds[before]) / length
    rise = np.diff(table.levels)[before]
    level = table.levels[before] + rise * (1.0 - np.cos(np.pi * share)) / 2.0
    is_known = (share >= 0.0) & (share <= 1.0) & (length <= LONGEST_HALF_TIDE)
    return np.where(is_known, level, np.nan)

"""River and tide at the edge of a city: as they were seen, and what follows.

A tide that a gauge has followed for days goes on; anything else stays as it was last seen.
"""

from typing import NamedTuple

import numpy as np

LUNAR_DAY = 86_400.0 * 1.035050
"""Time between two passages of the moon [s]: the tide repeats after it, more or less."""

HARMONICS = 360.0 / LUNAR_DAY * np.array([1.0, 2.0, 4.0])
"""Tides in a lunar day: diurnal, semidiurnal, and what shallow water makes of it [degrees s-1]."""

CONSTITUENTS = np.array([13.9430356, 15.0410686, 28.9841042, 30.0, 57.9682084]) / 3600.0
"""Speeds of O1, K1, M2, S2 and M4, as in the list of the International Hydrographic Organization
(TWCWG, standard constituents) [degrees s-1]."""

FORTNIGHT = 360.0 / (CONSTITUENTS[3] - CONSTITUENTS[2])
"""Time that it takes to tell the tides of the moon and the sun apart: Rayleigh's criterion [s]."""

MEMORY = 86_400.0
"""Time over which a surge, what is seen beyond the tide, fades [s]."""

HELD_OUT = 6 * 3600.0
"""The last hours, which a tide has to foretell from those before to be believed [s]."""

LONGEST_GAP = 3 * 3600.0
"""A tide is not read out of observations that lie further apart [s]."""

RECENT = 3600.0
"""Observations no older than this speak of now: of the surge, and of what is held [s]."""

STEP = 600.0
"""Time between two values ahead [s]."""

TIDE, HELD = "tide", "held"


class EdgeAhead(NamedTuple):
    """Water at one edge.

    Attributes
    ----------
    seconds : (n,) float array
        From the issue time, rising [s].
    values : (n,) float array
        As observed, then ahead: level [m] or discharge [m3 s-1].
    method : str
        `TIDE` or `HELD`.
    """

    seconds: np.ndarray
    values: np.ndarray
    method: str


def edge_ahead(seconds, values, horizon):
    """Observed water at an edge, and what follows until a horizon.

    Parameters
    ----------
    seconds : (n,) array
        Times of the observations from the issue time, rising, none above zero [s].
    values : (n,) array
        Level [m] or discharge [m3 s-1]; at least one.
    horizon : float
        [s].

    Returns
    -------
    EdgeAhead

    Notes
    -----
    The tide is a mean and its `CONSTITUENTS`, fitted by least squares to all that was observed; the
    `HARMONICS` of the lunar day where that is less than a `FORTNIGHT`, which is a guess for hours,
    not for days. What was seen beyond it in the last hour, a surge, fades over `MEMORY`. It is
    believed only where, fitted without the last six hours, it foretells them better than the last
    value before them does. Else the last value holds, or the median of the last three where they
    are of one hour: no single false reading moves that.

    Examples
    --------
    >>> edge_ahead([-1200, -600, 0], [1.0, 1.1, 9.0], 1800).values
    array([1. , 1.1, 9. , 1.1, 1.1])
    """
    seconds, values = np.asarray(seconds, float), np.asarray(values, float)
    ahead = np.append(np.arange(STEP, horizon, STEP), horizon)
    if _is_tide(seconds, values):
        method, following = TIDE, _foretell(seconds, values, ahead)
    else:
        ahead = ahead[[0, -1]]
        method, following = HELD, np.full(2, _last(seconds, values))
    return EdgeAhead(np.append(seconds, ahead), np.append(values, following), method)


def _is_tide(seconds, values):
    """Whether a tide foretells the last hours better than what was seen before them."""
    known = seconds < seconds[-1] - HELD_OUT
    is_long = known.any() and np.ptp(seconds[known]) >= LUNAR_DAY
    if not is_long or np.diff(seconds).max() > LONGEST_GAP:
        return False
    missed = _foretell(seconds[known], values[known], seconds[~known]) - values[~known]
    changed = _last(seconds[known], values[known]) - values[~known]
    return np.square(missed).mean() < np.square(changed).mean()


def _foretell(seconds, values, ahead):
    """Tide and fading surge at some times."""
    speeds = CONSTITUENTS if np.ptp(seconds) >= FORTNIGHT else HARMONICS
    parts, *_ = np.linalg.lstsq(_waves(seconds, speeds), values, rcond=None)
    recent = seconds >= seconds[-1] - RECENT
    surge = (values[recent] - _waves(seconds[recent], speeds) @ parts).mean()
    return _waves(ahead, speeds) @ parts + surge * np.exp((seconds[-1] - ahead) / MEMORY)


def _waves(seconds, speeds):
    """A constant, and a cosine and a sine for each speed, shape (n, 1 + 2 speeds)."""
    angle = np.deg2rad(seconds[:, None] * speeds)
    return np.column_stack((np.ones(len(seconds)), np.cos(angle), np.sin(angle)))


def _last(seconds, values):
    """The newest value; where three are recent, their median."""
    recent = values[seconds > seconds[-1] - RECENT][-3:]
    return np.median(recent) if len(recent) == 3 else values[-1]

"""River and tide at the edge of a city: as they were seen, and what follows.

A tide that a gauge has followed for days goes on, or follows a table of high and low waters where
there is one; anything else stays as it was last seen.
"""

from typing import NamedTuple

import numpy as np

from hydrology.forecast.tide_table import tide_of

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

TIDE, HELD, TABLE = "tide", "held", "tide forecast"


class EdgeAhead(NamedTuple):
    """Water at one edge.

    Attributes
    ----------
    seconds : (n,) float array
        From the issue time, rising [s].
    values : (n,) float array
        As observed, then ahead: level [m] or discharge [m3 s-1].
    method : str
        `TIDE`, `HELD` or `TABLE`.
    """

    seconds: np.ndarray
    values: np.ndarray
    method: str


def edge_ahead(seconds, values, horizon, table=None):
    """Observed water at an edge, and what follows until a horizon.

    Parameters
    ----------
    seconds : (n,) array
        Times of the observations from the issue time, rising, none above zero [s].
    values : (n,) array
        Level [m] or discharge [m3 s-1]; at least one.
    horizon : float
        [s].
    table : hydrology.forecast.tide_table.TideTable, optional
        High and low waters that were foretold for the place; counts only where it reaches from the
        last observation to the horizon.

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

    A table is tried in the same way, with the surge of the hour before those six, and the best of
    the three goes on. Where the record or the table is too short to try, the table is believed if
    no fitted tide is: it knows the turn of the tide, which no held value does.

    Examples
    --------
    >>> edge_ahead([-1200, -600, 0], [1.0, 1.1, 9.0], 1800).values
    array([1. , 1.1, 9. , 1.1, 1.1])
    """
    seconds, values = np.asarray(seconds, float), np.asarray(values, float)
    ahead = np.append(np.arange(STEP, horizon, STEP), horizon)
    method = _best(seconds, values, ahead, table)
    if method == HELD:
        ahead = ahead[[0, -1]]
        following = np.full(2, _last(seconds, values))
    elif method == TABLE:
        following = _from_table(seconds, values, ahead, table)
    else:
        following = _foretell(seconds, values, ahead)
    return EdgeAhead(np.append(seconds, ahead), np.append(values, following), method)


def edge_foretold(table, horizon):
    """Water at an edge that no gauge sees, as a tide table has it; None where it does not reach.

    Parameters
    ----------
    table : hydrology.forecast.tide_table.TideTable
        For the place.
    horizon : float
        [s].
    """
    seconds = np.append(np.arange(0.0, horizon, STEP), horizon)
    levels = tide_of(table, seconds)
    return None if np.isnan(levels).any() else EdgeAhead(seconds, levels, TABLE)


def _best(seconds, values, ahead, table):
    """The method that foretells the last hours best from what was seen before them."""
    reaches = table is not None and np.isfinite(_from_table(seconds, values, ahead, table)).all()
    known = seconds < seconds[-1] - HELD_OUT
    if not known.any():
        return TABLE if reaches else HELD
    before, after = (seconds[known], values[known]), (seconds[~known], values[~known])
    missed = {HELD: _last(*before) - after[1]}
    if np.ptp(before[0]) >= LUNAR_DAY and np.diff(seconds).max() <= LONGEST_GAP:
        missed[TIDE] = _foretell(*before, after[0]) - after[1]
    if reaches:
        missed[TABLE] = _from_table(*before, after[0], table) - after[1]
    errors = {method: np.square(wrong).mean() for method, wrong in missed.items()}
    tried = {method: error for method, error in errors.items() if np.isfinite(error)}
    best = min(tried, key=tried.get)
    return TABLE if best == HELD and reaches and TABLE not in tried else best


def _from_table(seconds, values, ahead, table):
    """Tide of a table and fading surge at some times; NaN where the table does not reach."""
    recent = seconds >= seconds[-1] - RECENT
    surge = (values[recent] - tide_of(table, seconds[recent])).mean()
    return tide_of(table, ahead) + surge * np.exp((seconds[-1] - ahead) / MEMORY)


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

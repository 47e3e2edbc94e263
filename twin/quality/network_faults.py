"""Faults that only two places, or two weathers, can show: blocked pipes, wrong connections."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.quality.level_faults import storms

BLOCKAGES = ("step", "no recession", "silting")


def locate_blockages(events, downstream, departure, least=0.03):
    """Pipes between a level that rose and the next one downstream, which fell or stayed.

    Parameters
    ----------
    events : pandas.DataFrame
        Found faults of many sensors: ``station_id`` and the columns of
        `twin.quality.level_faults.EVENTS`.
    downstream : dict
        ``station_id`` -> next sensor in the direction of flow.
    departure : callable
        ``departure(station_id, time)`` -> level over its usual dry-weather course [m], NaN where
        it is not known.
    least : float
        A level is up, or down, from here on [m].

    Returns
    -------
    pandas.DataFrame
        The events that could be a blockage, with ``below`` (sensor downstream, or ""), ``verdict``
        ("blocked between", "backwater": the sensor downstream is up too, the cause lies further
        down; "one sensor only": downstream is as usual, so that the sensor may be at fault;
        "not known") and ``departure`` (of the sensor downstream [m]).

    Notes
    -----
    Upstream up and downstream down localises the blocked pipe.
    """
    chosen = events[events["kind"].isin(BLOCKAGES)].copy()
    below = [downstream.get(station, "") for station in chosen["station_id"]]
    off = np.array(
        [
            departure(sensor, moment) if sensor else np.nan
            for sensor, moment in zip(below, chosen["found"], strict=True)
        ],
        float,
    )
    verdict = np.select(
        [np.isnan(off), off <= -least, off >= least],
        ["not known", "blocked between", "backwater"],
        "one sensor only",
    )
    return chosen.assign(below=below, departure=off, verdict=verdict)


@dataclass(frozen=True)
class Connection:
    """What the levels of a pipe tell of wrong connections.

    Attributes
    ----------
    suspect : bool
        Water is in the pipe that does not belong there.
    share : float
        Sanitary pipe: storms that raised it, of all. Storm pipe: part of its dry-weather
        variance that repeats from day to day.
    size : float
        Sanitary: median rise in a storm. Storm: height of the daily pattern [m].
    evidence : int
        Storms, or dry days, that it rests on.
    """

    suspect: bool
    share: float
    size: float
    evidence: int


def find_cross_connection(parts, kind, *, least=0.03, least_share=0.5, least_evidence=10):
    """Whether rain reaches a sanitary pipe, or foul water a storm pipe.

    Parameters
    ----------
    parts : twin.quality.level_series.LevelSeries
    kind : str
        ``"sanitary"`` or ``"storm"``.
    least : float
        Smallest rise, or height of a daily pattern, that counts [m].
    least_share : float
        Share from which on it is suspect.
    least_evidence : int
        Storms, or dry days, below which nothing is suspect.

    Returns
    -------
    Connection

    Raises
    ------
    InputError
        Another kind of pipe.

    Notes
    -----
    A sanitary sewer should not know of rain: of its storms, count those in which it rose over its
    usual course of the day within six hours. A storm drain should be at rest in dry weather: of
    its variance about each day's middle, take what the mean day explains, as foul water comes by
    the clock. Ground water that leaks in comes days later and is neither.
    """
    if kind == "sanitary":
        rises = _storm_rises(parts)
        share = float(np.mean(rises >= least)) if rises.size else 0.0
        size = float(np.median(rises)) if rises.size else 0.0
        is_large, evidence = True, rises.size
    elif kind == "storm":
        share, size, evidence = _daily_pattern(parts)
        is_large = size >= least
    else:
        raise InputError(f"kind of pipe is {kind!r}, expected 'sanitary' or 'storm'")
    suspect = bool(is_large and share >= least_share and evidence >= least_evidence)
    return Connection(suspect, share, size, int(evidence))


def _storm_rises(parts, hours=6):
    """Largest rise of each storm over the pattern, against the six dry hours before [m]."""
    rest = parts.level - np.nan_to_num(parts.pattern)
    rises = []
    for start, end in storms(parts.rain, least=5e-3):
        before, during = rest[max(0, start - hours) : start], rest[start : end + hours]
        was_dry = parts.is_dry[max(0, start - hours) : start].any()
        if was_dry and np.isfinite(before).any() and np.isfinite(during).any():
            rises.append(np.nanmax(during) - np.nanmedian(before))
    return np.array(rises)


def _daily_pattern(parts, least_hours=18):
    """Explained share, height [m] and days of the pattern of dry days."""
    days = np.where(parts.is_dry, parts.level, np.nan)[: parts.level.size // 24 * 24].reshape(
        -1, 24
    )
    days = days[np.isfinite(days).sum(axis=1) >= least_hours]
    if len(days) < 2:
        return 0.0, 0.0, len(days)
    about = days - np.nanmedian(days, axis=1, keepdims=True)
    usual = pd.DataFrame(about).median().to_numpy()
    whole = np.nanvar(about)
    share = 1 - np.nanvar(about - usual) / whole if whole > 0 else 0.0
    return float(max(share, 0.0)), float(np.nanmax(usual) - np.nanmin(usual)), len(days)

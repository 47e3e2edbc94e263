"""When a forecast is issued: a time that several gauges vouch for, never a single clock."""

from dataclasses import dataclass

import pandas as pd

from service.utc import as_utc, iso
from twin.errors import MissingError
from twin.observations.store import NOT_EVALUATED

RECENT = pd.Timedelta(hours=24)
"""A gauge that was silent for so long has no say."""

SILENCE = pd.Timedelta(hours=1)
"""A gauge that was silent for less still reports."""

LEAST_GAUGES = 2
"""So many must agree, where there are so many: the clock of one may be wrong."""

_INTERVAL = pd.Timedelta(minutes=10)


@dataclass(frozen=True)
class IssueTime:
    """Time of a forecast.

    Attributes
    ----------
    moment : pandas.Timestamp
        Naive, UTC.
    degraded : tuple of str
        What a reader must know about the clocks of the gauges.
    """

    moment: pd.Timestamp
    degraded: tuple = ()


def find_issue_time(observations, stations):
    """Time at which the newest rain was received that most gauges have reported.

    Parameters
    ----------
    observations : twin.observations.store.ObservationStore
        Readings.
    stations : list of str
        Rain gauges of the city.

    Returns
    -------
    IssueTime
        The newest time that half of the gauges of its day have reached, and no fewer than
        `LEAST_GAUGES`, plus what it took to receive their readings.

    Raises
    ------
    MissingError
        The store has no usable reading of these gauges.
    """
    newest = observations.latest()
    newest = newest[(newest["property"] == "rainfall_rate") & newest["station_id"].isin(stations)]
    if newest.empty:
        raise MissingError(
            f"{observations.name} has no reading of rain of the {len(stations)} gauges of the "
            "city, expected some; run `floodtwin ingest` first"
        )
    reached = newest.groupby("station_id")["phenomenon_time"].max()
    needed = min(LEAST_GAUGES, len(reached))
    for moment in sorted(reached.unique(), reverse=True):
        day = _usable(observations.series("rainfall_rate", moment - RECENT, moment), stations)
        last = day.groupby("station_id")["phenomenon_time"].max()
        reporting = last[last > moment - SILENCE].sort_values()
        if len(reporting) >= needed and 2 * len(reporting) >= len(last):
            half = reporting.iloc[(len(reporting) - 1) // 2]
            return IssueTime(_receipt(day, half), _ahead(reached, moment))
    raise MissingError(
        f"no hour in {observations.name} has rain of {needed} gauges, expected that they agree "
        "on the time; check their clocks or name a time with --issue-time"
    )


def _usable(readings, stations):
    is_usable = (
        readings["station_id"].isin(stations)
        & (readings["flag"] <= NOT_EVALUATED)
        & readings["value"].notna()
    )
    return readings[is_usable]


def _receipt(readings, moment):
    """When the readings of a time were in, but for those that came later than the others."""
    received = readings.loc[readings["phenomenon_time"] == moment, "received_time"].sort_values()
    usual = received.iloc[(len(received) - 1) // 2] + _INTERVAL
    return as_utc(max(received[received <= usual].max(), moment)).ceil("min")


def _ahead(reached, moment):
    """What to say of gauges that claim a time which the others have not reached."""
    ahead = reached[reached > moment].sort_values()
    if ahead.empty:
        return ()
    count = f"{len(ahead)} gauge{'s' if len(ahead) > 1 else ''}"
    return (
        f"rain: {count} ahead of all others, up to {iso(ahead.iloc[-1])} ({ahead.index[-1]}), "
        "not followed (check the clock)",
    )

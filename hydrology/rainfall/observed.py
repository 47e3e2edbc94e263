"""Rain up to an issue time, from nothing but what was known then."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from hydrology.rainfall.gauges import (
    HIGHEST_USABLE_FLAG,
    INTERVAL,
    gauge_matrix,
    gauge_places,
    gauges_to_field,
    last_readings,
    of_stations,
    shared_names,
    silent_gauges,
)
from twin.errors import MissingError

LONGEST_SILENCE = 3600.0
"""Gap between readings that ends the usable past [s]."""

LATE = 25.0
"""Age of the newest readings from which it is said: two of them and their latency [min]."""

_INTERVAL = np.timedelta64(int(INTERVAL), "s")


@dataclass(frozen=True)
class ObservedRain:
    """Observed rain and how fresh it is.

    Attributes
    ----------
    rainfall : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1], intervals of 10 minutes up to `newest`.
    newest : numpy.datetime64
        End of the last interval (UTC): half of the reporting gauges go at least so far.
    degraded : tuple of str
        What a reader of the forecast must know about its rain.
    methods : tuple of str
        How each interval was made, see `hydrology.rainfall.sources`.
    bias : float
        Factor that brings the radar to the gauges; 1 without radar.
    """

    rainfall: xr.Dataset
    newest: np.datetime64
    degraded: tuple
    methods: tuple = ()
    bias: float = 1.0


def observe_rain(stations, readings, grid, *, issue_time, spinup_hours):
    """Grid the rain of the hours before an issue time.

    Parameters
    ----------
    stations : GeoDataFrame
        Rain gauges in the city's CRS.
    readings : pandas.DataFrame
        Canonical readings; what was received after the issue time is not used.
    grid : Grid
        Cells of the city.
    issue_time : numpy.datetime64
        UTC.
    spinup_hours : float
        How far back to look [h].

    Returns
    -------
    ObservedRain

    Raises
    ------
    MissingError
        No gauge reported within the last hour before the issue time.
    """
    known = known_rain(readings, stations, issue_time)
    newest = newest_reading(known, issue_time, len(stations))
    ends = _ends(known)
    earliest = max(_first_without_gap(ends, newest), issue_time - _hours(spinup_hours))
    count = max(1, int(np.ceil((newest - earliest) / _INTERVAL)))
    times = newest - np.arange(count, 0, -1) * _INTERVAL
    field = gauges_to_field(
        stations, known, grid, times, longest_hold=LONGEST_SILENCE, until=issue_time
    )
    degraded = [*field.degraded, *shared_names(_usable(readings, issue_time), stations)]
    began_wet = float(field.rainfall["rainfall_rate"][0].max()) > 0
    if began_wet and earliest > issue_time - _hours(spinup_hours):
        degraded.append(
            f"rain: it rained when the readings begin, {times[0].astype('datetime64[m]')}Z"
        )
    age = (issue_time - newest) / np.timedelta64(1, "m")
    if age > LATE:
        degraded.append(f"rain: newest readings are {age:.0f} minutes old")
    return ObservedRain(field.rainfall, newest, tuple(degraded), field.methods)


def known_rain(readings, stations, issue_time):
    """Usable rain readings of the stations that were known at a time; each of one source."""
    usable = _usable(readings, issue_time)
    return usable[of_stations(usable, stations)]


def _usable(readings, issue_time):
    import pandas as pd

    moment = pd.Timestamp(issue_time, tz="UTC")
    is_known = (
        (readings["property"] == "rainfall_rate")
        & (readings["received_time"] <= moment)
        & (readings["phenomenon_time"] <= moment)
        & (readings["flag"] <= HIGHEST_USABLE_FLAG)
        & readings["value"].notna()
    )
    return readings[is_known]


def newest_reading(known, issue_time, stations):
    """Time up to which half of the gauges that still report have reported.

    Parameters
    ----------
    known : pandas.DataFrame
        Readings as `known_rain` gives them.
    issue_time : numpy.datetime64
        UTC.
    stations : int
        How many gauges there are, for the message.

    Raises
    ------
    MissingError
        None reported in the hour before the issue time.
    """
    ends, names = _ends(known), known["station_id"].to_numpy()
    recent = ends > issue_time - np.timedelta64(int(LONGEST_SILENCE), "s")
    if not recent.any():
        last = f", the last reading is of {ends.max()}" if ends.size else ""
        raise MissingError(
            f"none of {stations} rain gauges reported in the hour before {issue_time}{last}; "
            "check the feed or choose an issue time within the readings"
        )
    _, group = np.unique(names[recent], return_inverse=True)
    newest = np.zeros(group.max() + 1, "datetime64[ns]")
    np.maximum.at(newest, group, ends[recent])
    return np.sort(newest)[(newest.size - 1) // 2]


def _ends(known):
    return known["phenomenon_time"].dt.tz_convert(None).to_numpy("datetime64[ns]")


def _first_without_gap(ends, newest):
    """Start of the readings that reach `newest` without a long silence."""
    times = np.unique(ends[ends <= newest])
    gaps = np.flatnonzero(np.diff(times) > np.timedelta64(int(LONGEST_SILENCE), "s"))
    first = gaps[-1] + 1 if gaps.size else 0
    return times[first] - _INTERVAL


def _hours(hours):
    return np.timedelta64(round(hours * 3600), "s")


@dataclass(frozen=True)
class KnownGauges:
    """Rain gauges and their readings as they were known at a time.

    Attributes
    ----------
    names : list of str
        All gauges, silent ones too.
    places : numpy.ndarray
        Shape (n, 2), x, y [m].
    stations : GeoDataFrame or None
        The same gauges.
    readings : pandas.DataFrame or None
        Usable readings of rain.
    newest : numpy.datetime64 or None
        See `newest_reading`; None where all are silent.
    shared : list of str
        See `hydrology.rainfall.gauges.shared_names`.
    """

    names: list
    places: np.ndarray
    stations: object
    readings: object
    newest: np.datetime64 | None
    shared: list

    @classmethod
    def at(cls, stations, readings, grid, issue_time):
        """Gauges at an issue time; none where there are no stations or readings."""
        if stations is None or readings is None or not len(stations):
            return cls([], np.empty((0, 2)), None, None, None, [])
        names, places = gauge_places(stations, grid)
        known = known_rain(readings, stations, issue_time)
        try:
            newest = newest_reading(known, issue_time, len(names))
        except MissingError:
            newest = None
        shared = shared_names(_usable(readings, issue_time), stations)
        return cls(names, places, stations, known, newest, shared)

    def matrix(self, times):
        """Rates by interval and gauge, shape (times, n) [m s-1]; NaN where silent."""
        if self.readings is None:
            return np.full((len(times), len(self.names)), np.nan)
        return gauge_matrix(self.readings, self.stations, times)

    def notes(self, times, issue_time):
        """What is to be said of the gauges over some intervals."""
        if not self.names:
            return []
        if self.newest is None:
            return [f"rain: none of {len(self.names)} gauges reported in the last hour"]
        last = last_readings(self.readings, self.stations, issue_time)
        notes = silent_gauges(self.names, np.isnan(self.matrix(times)), last) + self.shared
        age = (issue_time - self.newest) / np.timedelta64(1, "m")
        if age > LATE:
            notes.append(f"rain: newest readings are {age:.0f} minutes old")
        return notes

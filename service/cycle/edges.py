"""River and tide of a forecast: what gauges at the edge of the city see, and what follows.

A boundary of the city names its gauge in the column ``station_id``. A stage takes the water level
of the gauge, in the vertical datum of the city. Where it names a place of a tide forecast in
``tide_location``, it may go on as that says (`service.cycle.tide_inputs`), also without a gauge. An
inflow takes its discharge; where the gauge sends a level only, the columns ``rating_factor``,
``rating_zero`` [m] and ``rating_power`` make one of it: factor times (level - zero) to the power
[m3 s-1].
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from hydrology.forecast.edge_ahead import HELD, edge_ahead, edge_foretold
from service.cycle.judged import digest_of, judged_readings
from service.cycle.tide_inputs import NO_TIDES, read_tides
from service.utc import iso
from twin.observations.store import NOT_EVALUATED

LOOK_BACK = pd.Timedelta(days=16)
"""How far back gauges are read: a tide is known from so long a record."""

LONGEST_SILENCE = pd.Timedelta(hours=12)
"""What a gauge saw longer ago says nothing of now."""

FARTHEST = 10.0
"""A stage so far from its steady value is no water but a wrong unit or datum [m]."""

RATING = ("rating_factor", "rating_zero", "rating_power")
MEASURED = {"stage": ("water_level",), "inflow": ("discharge", "water_level")}
"""What gauges measure, the best first, by kind of boundary."""


class Edges(NamedTuple):
    """Water at the edge of a city around an issue time.

    Attributes
    ----------
    series : pandas.DataFrame
        time (UTC, naive), boundary_id, value [m] or [m3 s-1]; a boundary that is not in it has its
        steady value.
    sha256 : str
        Of the readings that it rests on.
    methods : dict
        Boundary -> ``station_id``, ``method`` (`hydrology.forecast.edge_ahead`), ``newest_time``:
        of the gauge, or of the tide forecast where no gauge is heard.
    notes : tuple of str
        What is wrong with it.
    tides : service.cycle.tide_inputs.TideInputs
        Tide forecasts that were at hand.
    """

    series: pd.DataFrame
    sha256: str
    methods: dict
    notes: tuple
    tides: object = NO_TIDES

    def listing(self):
        """Entries in the list of inputs of a forecast: none where nothing is heard."""
        newest = [method["newest_time"] for method in self.methods.values()]
        if not newest:
            return []
        entry = {"name": "boundaries", "sha256": self.sha256, "newest_time": max(newest)}
        return [entry, *self.tides.listing]


def edges_ahead(city, observations, moment, hours, data=None):
    """Read the gauges at the edge of a city and look ahead.

    Parameters
    ----------
    city : twin.city.City
        With or without a layer ``boundaries``.
    observations : twin.observations.store.ObservationStore
    moment : pandas.Timestamp
        Issue time, naive, UTC.
    hours : float
        Horizon [h].
    data : path-like, optional
        Data folder, with the tide forecasts that were kept.

    Returns
    -------
    Edges
    """
    rows = list(city.layer("boundaries").itertuples()) if city.has_layer("boundaries") else []
    sensors = city.layer("sensors")
    stations = sensors["station_id"].astype(str)
    readings = _usable(city, observations, sensors[stations.isin(map(_station, rows))], moment)
    tides = read_tides(data, moment, [_tide_location(row) for row in rows])
    parts, methods, notes = [], {}, list(tides.notes)
    for row in rows:
        name, station = str(row.boundary_id), _station(row)
        table = tides.tables.get(_tide_location(row))
        seen, lack = _seen(row, stations, readings, moment)
        if lack:
            ahead, newest = _foretold(row, table, 3600.0 * hours), tides.issue_time
        else:
            known = _seconds(seen.index, moment), seen.to_numpy()
            ahead, newest = edge_ahead(*known, 3600.0 * hours, table), iso(seen.index[-1])
        if lack:
            instead = "has its steady value" if ahead is None else "follows the tide forecast"
            notes.append(f"boundaries: {lack}, {name} {instead}")
        if ahead is None:
            continue
        times = moment + pd.to_timedelta(ahead.seconds, unit="s")
        parts.append(pd.DataFrame({"time": times, "boundary_id": name, "value": ahead.values}))
        methods[name] = {"station_id": station, "method": ahead.method, "newest_time": newest}
        if ahead.method == HELD:
            held = f"{name} is held at {ahead.values[-1]:.2f}"
            notes.append(f"boundaries: {held}, as {station} saw it until {newest}")
    series = pd.concat(parts) if parts else pd.DataFrame(columns=["time", "boundary_id", "value"])
    return Edges(series, digest_of(readings), methods, tuple(notes), tides)


def _foretold(row, table, horizon):
    """Water at an edge without a gauge, where a tide forecast has it and it can be believed."""
    ahead = None if table is None else edge_foretold(table, horizon)
    if ahead is None or not np.isfinite(row.value):
        return ahead
    return ahead if abs(ahead.values - row.value).max() <= FARTHEST else None


def _tide_location(row):
    """The place of a stage in a tide forecast, or None."""
    name = getattr(row, "tide_location", None) if row.kind == "stage" else None
    return None if name is None or pd.isna(name) or not str(name).strip() else str(name).strip()


def _usable(city, observations, gauges, moment):
    """Readings of the gauges at the edge that quality control leaves."""
    names = sorted({name for measured in MEASURED.values() for name in measured})
    readings = judged_readings(
        city, observations, gauges, moment, LOOK_BACK, names, list(gauges["station_id"].astype(str))
    )
    is_good = (readings["flag"] <= NOT_EVALUATED) & readings["value"].notna()
    return readings[is_good].sort_values("phenomenon_time", ignore_index=True)


def _seen(row, stations, readings, moment):
    """Values that a boundary had by time (UTC, naive), or None, and why there are none."""
    station = _station(row)
    if station is None:
        return None, "no gauge is named"
    if station not in set(stations):
        return None, f"the gauge {station} is not in the layer sensors"
    own = readings[readings["station_id"].astype(str) == station]
    for measured in MEASURED.get(row.kind, ()):
        found = own[own["property"] == measured]
        times = pd.DatetimeIndex(found["phenomenon_time"]).tz_localize(None)
        if len(times) and times[-1] >= moment - LONGEST_SILENCE:
            seen = pd.Series(found["value"].to_numpy(float), index=times)
            return _believed(row, measured, seen[~times.duplicated(keep="last")])
    silence = LONGEST_SILENCE / pd.Timedelta(hours=1)
    return None, f"nothing usable came from the gauge {station} in {silence:.0f} h"


def _believed(row, measured, seen):
    """Level or discharge out of what a gauge measured, or None, and why it is not believed."""
    if row.kind == "stage":
        newest = seen.iloc[-1]
        if abs(newest - row.value) <= FARTHEST or not np.isfinite(row.value):
            return seen, ""
        return None, f"{_station(row)} says {newest:.1f} m, too far from {row.value:g} m"
    discharge = seen if measured == "discharge" else _rated(row, seen)
    if discharge is None:
        return None, f"the gauge {_station(row)} sends a level and no rating is given"
    return discharge.clip(lower=0.0), ""  # a tide may push a river back


def _rated(row, levels):
    """Discharge at some levels [m3 s-1], or None without a whole rating."""
    factor, zero, power = (float(getattr(row, name, np.nan)) for name in RATING)
    if not np.isfinite((factor, zero, power)).all():
        return None
    return factor * np.maximum(levels - zero, 0.0) ** power


def _station(row):
    """The gauge of a boundary, or None."""
    name = getattr(row, "station_id", None)
    return None if name is None or pd.isna(name) or not str(name) else str(name)


def _seconds(times, moment):
    return ((times - moment) / pd.Timedelta(seconds=1)).to_numpy(float)

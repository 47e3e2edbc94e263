"""Readings of level and depth -> observations of the model's own water, cell by cell."""

from dataclasses import dataclass, replace

import numpy as np

from hydrology.rainfall.gauges import HIGHEST_USABLE_FLAG

LEAST_ERROR, RELATIVE_ERROR = 0.03, 0.1
"""Error of a depth: of sensor and cell together [m], and a share of the depth."""

LEVEL_ERROR = 0.08
"""Error of a level over a datum, survey of the ground included [m]."""

IS_WET_ERROR = 0.05
"""Error of what wet or dry says of the depth [m]."""

WET = 0.05
"""Depth from which people and markings call a road wet [m]."""

BELOW_GROUND = 0.05
"""A level this far below the street says nothing of the water on it [m]."""

LARGEST_DEPTH = 30.0
"""No city stands deeper; such a reading is no observation [m]."""

QUARANTINE_MINUTES, QUARANTINE_FLAGS = 60, 2
"""A station with so many suspect or failed readings in so long is not heard at all: what is wrong
with a sensor, its unit say, is seldom wrong with one reading only."""

PROPERTIES = ("water_depth", "water_level", "is_wet")
"""What is assimilated, where a station sends several the first of these."""

_IN_RIVERS = ("river_level", "river_gauge", "discharge_gauge", "tide", "tide_gauge")


@dataclass(frozen=True)
class Observation:
    """One reading as the model sees it.

    Attributes
    ----------
    station : str
        Identifier of the sensor.
    time : numpy.datetime64
        Of the reading (UTC).
    place : tuple of float
        Centre of the cell, x and y [m].
    row, column : int
        Cell of the city.
    value : float
        Depth of the water in the cell [m].
    error : float
        Its standard deviation [m], with what a cell cannot resolve.
    bound : str
        "" where `value` is the depth, "at least" or "at most" where it only bounds it.
    in_river : bool
        Made upstream: it corrects the river and says nothing of the city's rain and drains.
    """

    station: str
    time: np.datetime64
    place: tuple
    row: int
    column: int
    value: float
    error: float
    bound: str = ""
    in_river: bool = False

    def against(self, predicted):
        """The same as a plain depth, given what the members say: a bound that holds is no news."""
        if not self.bound:
            return self
        mean = float(predicted.mean())
        choose = max if self.bound == "at least" else min
        return replace(self, value=choose(mean, self.value), bound="")


def find_observations(sensors, readings, terrain, grid, *, after, until, known_at):
    """The observations of a window of time.

    Parameters
    ----------
    sensors : GeoDataFrame
        ``station_id``, ``kind`` and points in the city's CRS.
    readings : pandas.DataFrame
        Canonical readings; flags above 2, missing values and what was received after `known_at`
        are not used.
    terrain : xarray.Dataset
        With `elevation` [m]; a level is a depth over the model's own ground.
    grid : Grid
        Cells of the city.
    after, until : numpy.datetime64
        Readings of (after, until] (UTC).
    known_at : numpy.datetime64
        Issue time.

    Returns
    -------
    list of Observation
        The newest of each station, by station: the errors of a sensor last longer than the time
        between its readings, so more of them say little more.
    """
    rows = usable_readings(sensors, readings, after, until, known_at)
    cells = _cells(sensors, grid, terrain["elevation"].values)
    ground = terrain["elevation"].values
    found = []
    for row in rows.itertuples():
        if row.station_id not in cells:
            continue
        cell, kind = cells[row.station_id]
        depth = _depth(row.property, row.value, ground[cell])
        if depth is None:
            continue
        value, error, bound = depth
        found.append(
            Observation(
                station=row.station_id,
                time=row.phenomenon_time.tz_convert(None).to_datetime64(),
                place=(float(grid.x[cell[1]]), float(grid.y[cell[0]])),
                row=cell[0],
                column=cell[1],
                value=value,
                error=error,
                bound=bound,
                in_river=kind in _IN_RIVERS,
            )
        )
    return found


def usable_readings(sensors, readings, after, until, known_at):
    """The newest usable reading of each station within (after, until] known at a time."""
    import pandas as pd

    after, until, known_at = (pd.Timestamp(t, tz="UTC") for t in (after, until, known_at))
    lately = until - pd.Timedelta(minutes=QUARANTINE_MINUTES)
    known = readings[
        readings["property"].isin(PROPERTIES)
        & readings["station_id"].isin(sensors["station_id"].astype(str))
        & (readings["phenomenon_time"] > min(after, lately))
        & (readings["phenomenon_time"] <= until)
        & (readings["received_time"] <= known_at)
    ]
    is_doubtful = known["flag"].isin((3, 4)) & (known["phenomenon_time"] > lately)
    doubts = known.loc[is_doubtful, "station_id"].value_counts()
    chosen = known[
        (known["phenomenon_time"] > after)
        & (known["flag"] <= HIGHEST_USABLE_FLAG)
        & np.isfinite(known["value"].to_numpy(float))
        & ~known["station_id"].isin(doubts.index[doubts >= QUARANTINE_FLAGS])
    ]
    rank = chosen["property"].map({name: -n for n, name in enumerate(PROPERTIES)})
    ordered = chosen.assign(rank=rank).sort_values(
        ["station_id", "phenomenon_time", "rank", "received_time"], kind="stable"
    )
    return ordered.drop_duplicates("station_id", keep="last")


def _cells(sensors, grid, ground):
    """Station -> ((row, column), kind) of those that stand on ground of the city."""
    cells = {}
    for row in sensors.itertuples():
        cell = grid.cell_of(row.geometry.x, row.geometry.y)
        if cell is not None and np.isfinite(ground[cell]):
            cells[str(row.station_id)] = cell, getattr(row, "kind", "")
    return cells


def _depth(name, value, ground):
    """Depth, its error and what it bounds; None where a reading says nothing of the surface."""
    if name == "is_wet":
        return WET, IS_WET_ERROR, "at least" if value >= 0.5 else "at most"
    depth = float(value - ground) if name == "water_level" else float(value)
    if depth < -BELOW_GROUND or depth > LARGEST_DEPTH:
        return None
    depth = max(depth, 0.0)
    least = LEVEL_ERROR if name == "water_level" else LEAST_ERROR
    return depth, float(np.hypot(least, RELATIVE_ERROR * depth)), ""


def predict(observations, start, records):
    """What each member says that the sensors see, shape (member, observation) [m].

    Parameters
    ----------
    observations : sequence of Observation
        Of one window.
    start : numpy.datetime64
        Begin of the runs.
    records : sequence of hydrology.solver.frames.GaugeRecord
        Of each member, its gauges in the order of the observations.
    """
    offsets = [(seen.time - start) / np.timedelta64(1, "s") for seen in observations]
    return np.array(
        [
            [
                np.interp(offset, record.seconds, record.depth[:, number])
                for number, offset in enumerate(offsets)
            ]
            for record in records
        ]
    )

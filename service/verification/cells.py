"""Forecasts against a true flood, cell by cell, over the whole of their horizon."""

import numpy as np
import pandas as pd

from hydrology.scores import contingency
from hydrology.scores.table import ALL, number_events, row
from service.utc import as_utc
from service.web.run_fields import PROBABILITY, raster_fields
from twin.errors import InputError


def score_cells(runs, city, flood, threshold, trigger, until):
    """Contingency of the cells in which water stood deeper than a threshold at any time.

    Parameters
    ----------
    runs : list of service.runs.Run
    city : twin.city.City
        Its permanent water is no flood.
    flood : xarray.DataArray (time, y, x)
        True depth [m].
    threshold, trigger : float
        Depth of the event [m], probability of a warning.
    until : numpy.datetime64
        Horizons that end later have not come true.

    Returns
    -------
    list of dict
        See `hydrology.scores.table.row`; cases are cells, and whole runs are drawn again.

    Raises
    ------
    InputError
        The flood lies on another grid.
    """
    if flood.shape[1:] != city.grid.shape:
        raise InputError(
            f"the true flood has {flood.shape[1]} x {flood.shape[2]} cells, expected "
            f"{city.grid.ny} x {city.grid.nx}; compute it on the city's grid"
        )
    is_land = _land(city)
    times = flood["time"].values.astype("datetime64[ns]")
    counts, labels = [], []
    for run in runs:
        begin, end = (_time(run, name) for name in ("issue_time", "valid_to"))
        warned = warned_cells(run, threshold, trigger)
        if warned is None or end > until or not times[0] <= begin < end <= times[-1]:
            continue
        came = _largest(flood, (times > begin) & (times <= end)) > threshold
        known = is_land & np.isfinite(warned)
        outcome = contingency.count_outcomes(warned[known] > 0, came[known])
        counts.append(outcome.sum(axis=0))
        labels.append({"run_id": run.run_id, "issue_time": begin, "place": run.run_id})
    if not counts:
        return []
    return _rows(np.array(counts), pd.DataFrame(labels), threshold, trigger)


def warned_cells(run, threshold, trigger):
    """1 where a run warns, 0 where not, NaN outside; None without a band of this depth."""
    chance = probability_field(run, threshold)
    if chance is None:
        return None
    return np.where(np.isfinite(chance), (chance >= trigger).astype(float), np.nan)


def probability_field(run, threshold):
    """Probability of more than a depth at any time, (y, x); None where a run has no such band."""
    import rasterio

    place = raster_fields(run).get(f"{PROBABILITY}_{threshold:.2f}")
    if place is None:
        return None
    with rasterio.open(place["path"]) as raster:
        return raster.read(place["band"])


def _rows(counts, labels, threshold, trigger):
    labels["event"] = number_events(labels["issue_time"].to_numpy())
    events = int(counts[:, :2].sum())
    about = {"against": "true cells", "threshold_m": threshold, "horizon": ALL}
    about |= {"forecast": "ensemble", "trigger": trigger, "events": events}
    return [
        {**row(name, counts, labels, ratio, about), "cases": int(counts.sum())}
        for name, ratio in contingency.RATIOS.items()
    ]


def _land(city):
    terrain = city.terrain
    is_land = np.isfinite(terrain["elevation"].values)
    if "initial_depth" in terrain:
        is_land &= ~(terrain["initial_depth"].values > 0)
    return is_land


def _largest(flood, chosen):
    """Largest depth over some times, read one after the other: all do not fit in memory."""
    largest = np.full(flood.shape[1:], -np.inf, np.float32)
    for number in np.flatnonzero(chosen):
        largest = np.fmax(largest, flood[number].values)
    return largest


def _time(run, name):
    return as_utc(run.manifest[name]).to_datetime64().astype("datetime64[ns]")

"""Forecasts against floods that people saw: whether they had been warned of."""

import numpy as np
import pandas as pd

from hydrology.scores.matching import cells_around, depth_near
from hydrology.scores.probabilistic import mean_of
from hydrology.scores.table import ALL, number_events, row
from service.utc import as_utc
from service.verification.cells import probability_field
from twin.grid import Grid

_MINUTE = np.timedelta64(60_000_000_000, "ns")


def chances_at(runs, sightings, threshold):
    """Probability that each run gave to water near each sighting in its horizon.

    Parameters
    ----------
    runs : list of service.runs.Run
    sightings : pandas.DataFrame
        See `service.verification.truth.read_sightings`.
    threshold : float
        Depth [m].

    Returns
    -------
    chances : (case,) array
        The largest within the radius; NaN outside of the grid.
    labels : pandas.DataFrame
        See `hydrology.scores.pairs.LABELS`.

    Notes
    -----
    Of the whole horizon of the run: that the water came at the time forecast is not asked here.
    """
    chances, labels = [], []
    events = number_events([_time(run, "issue_time") for run in runs])
    for run, event in zip(runs, events, strict=True):
        begin, end = _time(run, "issue_time"), _time(run, "valid_to")
        ahead = sightings[(sightings["time"] > begin) & (sightings["time"] <= end)]
        chance = probability_field(run, threshold) if len(ahead) else None
        if chance is None:
            continue
        grid = _grid(run, chance.shape)
        for one in ahead.itertuples():
            cells = cells_around(grid, one.x, one.y, one.radius_m)
            near = float(depth_near(chance, *cells)) if cells[0].size else np.nan
            chances.append(round(near, 6))  # a float32 must not fall below the trigger it equals
            lead = (np.datetime64(one.time, "ns") - begin) / _MINUTE
            labels.append((run.run_id, int(event), begin, lead, str(one.place), ""))
    columns = ["run_id", "event", "issue_time", "lead_minutes", "place", "district"]
    return np.array(chances, float), pd.DataFrame(labels, columns=columns)


def warned_area(runs, threshold, *, trigger, against):
    """Share of the city that is warned: who warns of all of it misses nothing."""
    parts, labels = [], []
    for run in runs:
        chance = probability_field(run, threshold)
        if chance is None:
            continue
        known = np.isfinite(chance)
        parts.append((known.sum(), (chance[known] >= trigger).sum()))
        issue = _time(run, "issue_time")
        labels.append({"run_id": run.run_id, "issue_time": issue, "place": run.run_id})
    if not parts:
        return []
    labels = pd.DataFrame(labels)
    labels["event"] = number_events(labels["issue_time"].to_numpy())
    about = {"against": against, "threshold_m": threshold, "horizon": ALL, "events": None}
    about |= {"forecast": "ensemble", "trigger": trigger}
    return [row("warned_area_share", np.array(parts, float), labels, mean_of, about)]


def _grid(run, shape):
    """Cells of a run, as its probability file has them."""
    import rasterio

    with rasterio.open(run.path("probability")) as raster:
        affine, crs = raster.transform, str(raster.crs)
    return Grid(affine.c, affine.f, affine.a, shape[1], shape[0], crs)


def _time(run, name):
    return as_utc(run.manifest[name]).to_datetime64().astype("datetime64[ns]")

"""Ranked places: where it floods, how deep, how surely, when, whom, and why."""

import numpy as np

from hydrology.forecast.places import districts_of, name_spots
from hydrology.forecast.river_cause import causes
from hydrology.forecast.wet_patches import find_patches
from twin.grid import Grid

DEEP = 0.3
"""Depth that makes a hotspot [m]: cars float, doors do not open."""

LEAST_PROBABILITY = 0.1
"""Share of members that must be deeper than `DEEP` somewhere in the patch."""

EDGE_CELLS = 3
"""Width of the rim of the city in which no hotspot is sought: closed edges dam water there."""

COLUMNS = (
    "rank",
    "place",
    "district",
    "lon",
    "lat",
    "depth_p10_m",
    "depth_p50_m",
    "depth_p90_m",
    "probability",
    "first_time",
    "people",
    "cause",
    "effective_lead_minutes",
    "kind",
    "cells",
    "area",
)


def rank_hotspots(
    forecast,
    *,
    buildings=None,
    roads=None,
    districts=None,
    places=None,
    flood_spots=None,
    limit=50,
    separation=150.0,
    smallest_area=100.0,
):
    """Rank the places of a forecast where water will stand, the worst first.

    Parameters
    ----------
    forecast : hydrology.forecast.forecast.Forecast
        The ensemble's product.
    buildings : GeoDataFrame, optional
        With ``occupants``; without the layer ``people`` is missing, never zero.
    roads, districts, places, flood_spots : GeoDataFrame, optional
        Give names, in the city's CRS. Known flood spots name a place after it was found; they
        have no part in finding or ranking it.
    limit : int
        Most places to return.
    separation : float
        Deep points nearer to each other than this are one place [m].
    smallest_area : float
        Connected wet areas below it are no place [m2].

    Returns
    -------
    GeoDataFrame
        Columns `COLUMNS` and the deepest point as geometry, in WGS 84. Depths, probability (of
        more than 0.3 m) and ``first_time`` (median of the members that get deeper than the run's
        `wet_depth`, ISO UTC) are those of the deepest cell; ``area`` is in m2.

    Notes
    -----
    A patch is connected ground where a tenth of the members exceed 0.3 m, outside of permanent
    water and of buildings, and not at the edge of the city. The score is

    ``probability * (depth_p50 + depth_p90) / 2 * (1 + log10(1 + people))``

    so that depth and certainty count in proportion, and ten times the people count as one step.
    ``effective_lead_minutes``: see `effective_lead_minutes`.
    """
    import geopandas as gpd

    grid, dataset = Grid.of(forecast.dataset), forecast.dataset
    ground = _open_ground(forecast, buildings, grid)
    chance = dataset["exceedance_probability"].sel(threshold=DEEP, method="nearest").values
    patches = find_patches(
        dataset["max_depth_p90"].values,
        ground & (np.nan_to_num(chance) >= LEAST_PROBABILITY),
        cell_size=grid.cell_size,
        separation=separation,
        smallest_area=smallest_area,
    )
    table = _measure(forecast, patches, chance, grid)
    table["people"] = _people(patches, buildings, dataset["max_depth_p50"].values, grid)
    best = np.argsort(-_score(table), kind="stable")[:limit]
    table = {name: np.asarray(values)[best] for name, values in table.items()}
    rows, columns = patches.rows[best], patches.columns[best]
    points = gpd.GeoSeries(gpd.points_from_xy(grid.x[columns], grid.y[rows]), crs=grid.crs)
    table["place"], is_known = name_spots(
        points, roads=roads, places=places, flood_spots=flood_spots
    )
    table["kind"] = np.where(is_known, "known", "new")
    table["district"] = districts_of(points, districts)
    table["cause"] = causes(forecast, rows, columns)
    return _frame(table, points, has_people=buildings is not None)


def _open_ground(forecast, buildings, grid):
    """Cells where a hotspot may lie: off the rim of the city, no permanent water, no building."""
    from scipy.ndimage import binary_erosion

    terrain = forecast.terrain
    inside = np.isfinite(terrain["elevation"].values)
    is_open = binary_erosion(inside, iterations=EDGE_CELLS)
    if "initial_depth" in terrain:
        is_open &= ~(terrain["initial_depth"].values > 0)
    if "building_blockage" in terrain:
        is_open &= ~(terrain["building_blockage"].values >= 0.5)
    if "building_height" in terrain and terrain.attrs.get("buildings_as") != "none":
        is_open &= ~(terrain["building_height"].values > 0)
    if buildings is not None and len(buildings):
        from rasterio.features import rasterize

        shapes = [shape for shape in buildings.geometry if shape is not None and shape.area > 0]
        is_open &= rasterize(shapes, out_shape=grid.shape, transform=grid.transform) == 0
    return is_open


def _measure(forecast, patches, chance, grid):
    """Depths, probability, times and sizes of all patches, a dict of arrays."""
    dataset, peak = forecast.dataset, (patches.rows, patches.columns)
    cells = np.bincount(patches.label.ravel(), minlength=patches.rows.size + 1)[1:]
    arrival = np.nan_to_num(dataset["arrival_time"].values[peak].astype(float))
    return {
        "depth_p10_m": dataset["max_depth_p10"].values[peak],
        "depth_p50_m": dataset["max_depth_p50"].values[peak],
        "depth_p90_m": dataset["max_depth_p90"].values[peak],
        "probability": chance[peak],
        "first_time": first_times(forecast, arrival),
        "effective_lead_minutes": effective_lead_minutes(forecast, arrival),
        "cells": cells,
        "area": cells * grid.cell_size**2,
    }


def first_times(forecast, arrival):
    """Times of arrival as ISO text in UTC, None where no water comes.

    Parameters
    ----------
    forecast : hydrology.forecast.forecast.Forecast
    arrival : (n,) array
        After the issue time [s]; NaN where no water comes.
    """
    whole = np.nan_to_num(arrival)
    moments = forecast.issue_time + (whole * 1000).round().astype("timedelta64[ms]")
    texts = [f"{moment}Z" for moment in moments.astype("datetime64[s]")]
    return [text if np.isfinite(when) else None for text, when in zip(texts, arrival, strict=True)]


def effective_lead_minutes(forecast, arrival):
    """Time that is left to act, never below zero; NaN where no water comes.

    Parameters
    ----------
    forecast : hydrology.forecast.forecast.Forecast
    arrival : (n,) array
        After the issue time [s].

    Notes
    -----
    Nominal lead less the age of the newest rain at the issue time, less the time of computing,
    less the time until it reaches its readers.
    """
    age = (forecast.issue_time - forecast.newest_rain_time) / np.timedelta64(1, "s")
    lead = arrival - age - forecast.compute_seconds - forecast.dispatch_seconds
    return np.maximum(lead / 60.0, 0.0).round(1)


def _people(patches, buildings, depth, grid):
    """Occupants of the buildings in or next to each patch; each counts where it stands deepest."""
    people = np.zeros(patches.rows.size)
    if buildings is None or "occupants" not in buildings or not people.size:
        return people
    from twin.exposure import building_rings

    rings = building_rings(buildings, grid)
    patch = patches.label.ravel()[rings.cell]
    touches = patch > 0
    building, patch = rings.building[touches], patch[touches]
    water = np.nan_to_num(depth.ravel()[rings.cell[touches]])
    order = np.lexsort((-water, building))  # deepest cell of each building first
    first = order[np.flatnonzero(np.diff(building[order], prepend=-1))]
    occupants = np.nan_to_num(buildings["occupants"].to_numpy(float, na_value=np.nan))
    np.add.at(people, patch[first] - 1, occupants[building[first]])
    return people


def _score(table):
    depth = (table["depth_p50_m"] + table["depth_p90_m"]) / 2
    return table["probability"] * depth * (1 + np.log10(1 + table["people"]))


def _frame(table, points, has_people):
    import geopandas as gpd
    import pandas as pd

    where = points.to_crs("EPSG:4326")
    table["rank"] = np.arange(1, len(points) + 1)
    table["lon"], table["lat"] = where.x.round(6).to_numpy(), where.y.round(6).to_numpy()
    people = pd.array(np.round(table["people"]).astype(int), dtype="Int64")
    table["people"] = people if has_people else pd.array([pd.NA] * len(points), dtype="Int64")
    for name in ("depth_p10_m", "depth_p50_m", "depth_p90_m", "probability"):
        table[name] = np.asarray(table[name], float).round(3)
    frame = pd.DataFrame({name: table[name] for name in COLUMNS})
    return gpd.GeoDataFrame(frame, geometry=where.to_numpy(), crs="EPSG:4326")

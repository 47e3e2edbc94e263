"""What a run says of all objects of a class at a moment, as one table for other programs."""

import numpy as np

from twin.errors import InputError
from twin.exposure import THRESHOLDS
from twin.hazard import UNKNOWN
from twin.roads.passability import VEHICLES, is_passable
from twin.state.run_objects import PROBABLE_DEPTH
from twin.state.values import run_value

DECIMALS = 4


def state_table(kind, run, moment):
    """State of every object of a class in a run.

    Parameters
    ----------
    kind : str
        A class of objects, but not ``"district"``: those have their own product.
    run : twin.state.run_objects.RunObjects
        The run, and the city.
    moment : datetime-like
        For which depths are asked, UTC.

    Returns
    -------
    geopandas.GeoDataFrame
        In WGS 84, a row an object; missing where nothing is known. All have ``id``, ``name``,
        ``name_zh``, ``class``, ``district``, ``kind`` (simulated or forecast), ``run``,
        ``source``, ``twin_level``, ``time`` (of the depth; none where the run does not cover the
        moment), ``water_depth_m``, ``max_depth_m`` (with P10 and P90 of an ensemble),
        ``probability_0_3_m`` of a forecast, ``arrival_s`` and ``hazard_class`` (AR&R H1 to H6 as 1
        to 6, 0 dry). Roads have ``passable_VEHICLE``; buildings ``people_exposed``,
        ``damage_degree`` and ``damage`` with its range, ``damage_unit`` and ``damage_curve``.

    Raises
    ------
    InputError
        The class is that of districts, or the run is on another grid.
    """
    import geopandas as gpd
    import pandas as pd

    if kind == "district":
        raise InputError(
            "class is 'district', expected one of single objects; districts are a product of each "
            "run, ask for its districts"
        )
    if run.mismatch:
        raise InputError(f"{run.mismatch}, expected a run on the grid of this city; choose another")
    step = run.water.step_at(np.datetime64(moment, "s"))
    parts = [_part(kind, run, layer, rows, step) for layer, rows in run.objects.rows(kind)]
    if not parts:
        return gpd.GeoDataFrame({"id": []}, geometry=[], crs="EPSG:4326")
    table = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=parts[0].crs).to_crs("EPSG:4326")


def _part(kind, run, layer, rows, step):
    """The rows of one layer."""
    import geopandas as gpd

    about = run_value(run, "", "")
    columns = {
        **run.objects.names(kind, layer, rows),
        "class": kind,
        "district": run.objects.district_names(layer, rows),
        "kind": about.kind,
        "run": about.run,
        "source": about.source,
        "twin_level": about.twin_level,
        "time": None if step is None else f"{run.water.times[step]}Z",
        **_water(run, layer, rows, step),
    }
    if layer == "roads":
        columns |= _passable(run, rows, columns["water_depth_m"])
    if layer == "buildings":
        columns |= _cost(run, rows)
    shapes = run.objects.layer(layer).geometry.iloc[rows].reset_index(drop=True)
    rounded = {name: _rounded(values) for name, values in columns.items()}
    return gpd.GeoDataFrame(rounded, geometry=shapes, crs=shapes.crs, index=range(len(rows)))


def _water(run, layer, rows, step):
    unknown = np.full(len(rows), np.nan)
    classes, chance = run.hazard(layer), run.probability(layer)
    spread = run.quantiles(layer)
    columns = {
        "water_depth_m": unknown if step is None else run.series(layer)[step, rows],
        "max_depth_m": run.largest(layer)[rows],
    }
    if spread is not None:
        columns |= {"max_depth_p10_m": spread[0, rows], "max_depth_p90_m": spread[2, rows]}
    if run.water.is_forecast:
        name = f"probability_{PROBABLE_DEPTH:g}_m".replace(".", "_")
        columns[name] = unknown if chance is None else chance[rows]
    columns["arrival_s"] = run.arrival(layer)[rows]
    found = unknown if classes is None else classes[rows].astype(float)
    columns["hazard_class"] = np.where(found == UNKNOWN, np.nan, found)
    return columns


def _passable(run, rows, depth):
    """Who gets through: 1 or 0, missing where the depth is not known; all over a bridge."""
    is_bridge, known = run.objects.is_bridge[rows], np.isfinite(depth)
    columns = {}
    for name, vehicle in VEHICLES.items():
        passable = np.where(known, is_passable(depth, vehicle), np.nan)
        columns[f"passable_{name}"] = np.where(is_bridge & (not vehicle.floats), 1.0, passable)
    return columns


def _cost(run, rows):
    """People and damage at buildings; the damage with the range of depths and curves."""
    cost, layer = run.damage, run.objects.layer("buildings")
    low, loss, high = cost.losses[:, rows]
    columns = {
        "damage_degree": cost.degree[rows],
        "damage": loss,
        "damage_low": low,
        "damage_high": high,
        "damage_unit": cost.unit,
        "damage_curve": cost.source,
    }
    if "occupants" not in layer:
        return columns
    people = layer["occupants"].iloc[rows].to_numpy(float)
    depth = run.largest("buildings")[rows]
    exposed = np.where(depth > THRESHOLDS[0], people, 0.0)
    return {"people_exposed": np.where(np.isfinite(depth), exposed, np.nan), **columns}


def _rounded(values):
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return np.round(values.astype(float), DECIMALS)
    return values

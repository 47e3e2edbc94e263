"""Every known flood-prone spot with its forecast, also where little is to be feared."""

import numpy as np

from hydrology.forecast.hotspots import DEEP, effective_lead_minutes, first_times
from hydrology.forecast.places import districts_of
from twin.grid import Grid

REACH = 15.0
"""How far from its point the lowest ground of a spot may lie [m]: points are drawn by hand."""

COLUMNS = (
    "spot_id",
    "place",
    "district",
    "lon",
    "lat",
    "depth_p10_m",
    "depth_p50_m",
    "depth_p90_m",
    "probability",
    "first_time",
    "effective_lead_minutes",
)


def spot_cells(terrain, points, reach=REACH):
    """The cell of each spot: the lowest open ground near its point, the same in every run.

    Parameters
    ----------
    terrain : xarray.Dataset
        `elevation`, and where they are `initial_depth`, `building_blockage`.
    points : GeoSeries of Point
        In the city's CRS.
    reach : float
        How far to look [m].

    Returns
    -------
    (n, 2) int array
        Row and column; -1 where there is no ground of the city.
    """
    grid, ground = Grid.of(terrain), _ground(terrain)
    width = max(1, int(reach / grid.cell_size))
    cells = np.full((len(points), 2), -1)
    for number, point in enumerate(points):
        middle = grid.cell_of(point.x, point.y)
        if middle is None:
            continue
        top, left = max(middle[0] - width, 0), max(middle[1] - width, 0)
        window = ground[top : middle[0] + width + 1, left : middle[1] + width + 1]
        y, x = np.mgrid[: window.shape[0], : window.shape[1]]
        away = np.hypot(y + top - middle[0], x + left - middle[1]) * grid.cell_size
        near = np.where(away <= max(reach, grid.cell_size), window, np.inf)
        if np.isfinite(near).any():
            # of cells equally low the nearest
            low = np.lexsort((away.ravel(), near.ravel()))[0]
            row, column = np.unravel_index(low, near.shape)
            cells[number] = top + row, left + column
    return cells


def own_cells(terrain, points):
    """The cell that holds each point, shape (n, 2); -1 where there is no ground of the city."""
    grid, inside = Grid.of(terrain), np.isfinite(terrain["elevation"].values)
    cells = [grid.cell_of(point.x, point.y) for point in points]
    found = [cell if cell is not None and inside[cell] else (-1, -1) for cell in cells]
    return np.array(found, int).reshape(-1, 2)


def _ground(terrain):
    """Elevation of open ground, infinite elsewhere, shape (y, x) [m]."""
    ground = terrain["elevation"].values.astype(float)
    is_open = np.isfinite(ground)
    if "initial_depth" in terrain:
        is_open &= ~(terrain["initial_depth"].values > 0)
    if "building_blockage" in terrain and terrain.attrs.get("buildings_as") != "none":
        is_open &= ~(terrain["building_blockage"].values >= 0.5)
    return np.where(is_open, ground, np.inf)


def forecast_spots(forecast, flood_spots, *, districts=None):
    """What a forecast says of every known spot, in the order of the layer.

    Parameters
    ----------
    forecast : hydrology.forecast.forecast.Forecast
    flood_spots : GeoDataFrame
        ``name``, where there is one ``spot_id``, and points in the city's CRS.
    districts : GeoDataFrame, optional
        Name the district where the layer does not.

    Returns
    -------
    GeoDataFrame
        `COLUMNS`, ``probability_1h`` and so on for each horizon, and the points in WGS 84.
        Probability is that of more than 0.3 m; ``first_time`` is missing where no member
        gets deeper than the run's `wet_depth`. Spots without ground in the model have NaN and
        no time, never zero.
    """
    import geopandas as gpd
    import pandas as pd

    points = flood_spots.geometry
    cells = spot_cells(forecast.terrain, points)
    is_there = cells[:, 0] >= 0
    at = tuple(np.where(is_there, cells.T, 0))
    table = {
        "spot_id": _words(flood_spots, "spot_id", [str(n) for n in range(len(points))]),
        "place": _words(flood_spots, "name", [""] * len(points)),
        "district": _words(flood_spots, "district", districts_of(points, districts)),
    }
    dataset, chance = forecast.dataset, forecast.ensemble["exceedance_probability"]
    for name in ("p10", "p50", "p90"):
        table[f"depth_{name}_m"] = _number(dataset[f"max_depth_{name}"].values[at], is_there)
    for horizon in chance["horizon"].values:
        at_horizon = chance.sel(horizon=horizon).sel(threshold=DEEP, method="nearest").values[at]
        table[f"probability_{horizon:g}h"] = _number(at_horizon, is_there)
    table["probability"] = table[f"probability_{forecast.hours:g}h"]
    arrival = np.where(is_there, dataset["arrival_time"].values[at].astype(float), np.nan)
    table["first_time"] = first_times(forecast, arrival)
    table["effective_lead_minutes"] = effective_lead_minutes(forecast, arrival)
    where = points.to_crs("EPSG:4326")
    table["lon"], table["lat"] = where.x.round(6).to_numpy(), where.y.round(6).to_numpy()
    others = [name for name in table if name not in COLUMNS]
    frame = pd.DataFrame({name: table[name] for name in (*COLUMNS, *others)})
    return gpd.GeoDataFrame(frame, geometry=where.to_numpy(), crs="EPSG:4326")


def _words(layer, name, otherwise):
    return layer[name].astype(str).to_numpy() if name in layer else otherwise


def _number(values, is_there):
    return np.where(is_there, values.astype(float), np.nan).round(3)

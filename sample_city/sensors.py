"""Sensors: rain gauges, river and sewer levels, road floods, with what they send."""

import geopandas
import numpy as np
import pandas as pd
import shapely

from sample_city.districts import district_names
from sample_city.plan import CRS, SOUTH_WEST
from sample_city.river import LEVEE_ROAD
from sample_city.terrain import ground_level

# kind: (prefix, title, property, unit as sent)
KINDS = {
    "rain_gauge": ("RG", "Rain Gauge", "rainfall_rate", "mm"),
    "river_level": ("RL", "River Level", "water_level", "m"),
    "sewer_level": ("SL", "Sewer Level", "water_level", "m"),
    "road_flood": ("RF", "Road Flood", "water_depth", "cm"),
}
"""What the sensors of each kind measure and send."""

OUTFALL_GAUGE = "RL-001"
"""The river gauge next to the outfall: they are numbered from there."""


def make_sensors(plan, roads, manholes, division, districts):
    """All sensors of a city.

    Parameters
    ----------
    plan : Plan
    roads, manholes : geopandas.GeoDataFrame
        As `make_roads` and `make_drainage` give them.
    division, districts
        As `divide` and `make_districts` give them.

    Returns
    -------
    geopandas.GeoDataFrame
        station_id, name, kind, property, unit, district, elevation [m]; sewer sensors also
        have the `invert` of their manhole [m].
    """
    counts = plan.size.sensors
    manhole = _spread_manholes(plan, manholes, counts["sewer_level"])
    sites = {
        "rain_gauge": _gauges(plan, counts["rain_gauge"]),
        "river_level": _along_river(plan, counts["river_level"]),
        "sewer_level": shapely.get_coordinates(manhole.geometry.to_numpy()) - SOUTH_WEST,
        "road_flood": _roads_at_risk(plan, roads, counts["road_flood"]),
    }
    frames = [_frame(plan, kind, x_y, division, districts) for kind, x_y in sites.items()]
    sensors = pd.concat(frames, ignore_index=True)
    sensors.loc[sensors["kind"] == "sewer_level", "invert"] = manhole["invert"].to_numpy()
    return geopandas.GeoDataFrame(sensors, geometry="geometry", crs=CRS)


def _frame(plan, kind, x_y, division, districts):
    prefix, title, measured, unit = KINDS[kind]
    x, y = x_y.T
    count = len(x)
    return geopandas.GeoDataFrame(
        {
            "station_id": [f"{prefix}-{n + 1:03d}" for n in range(count)],
            "name": [f"{title} {n + 1}" for n in range(count)],
            "kind": [kind] * count,
            "property": [measured] * count,
            "unit": [unit] * count,
            "district": district_names(plan, division, districts, x, y),
            "elevation": np.round(ground_level(plan, *_cell_centres(plan, x, y)), 3),
            "invert": np.full(count, np.nan),
        },
        geometry=shapely.points(plan.absolute(x, y)),
        crs=CRS,
    )


def _cell_centres(plan, x, y):
    """Middle of the cells that points lie in: there the terrain knows the ground."""
    cell = plan.size.cell_size
    return (np.floor(x / cell) + 0.5) * cell, (np.floor(y / cell) + 0.5) * cell


def _gauges(plan, count):
    """Gauges on a loose grid over the city."""
    across = int(np.ceil(np.sqrt(count)))
    up = int(np.ceil(count / across))
    index = np.arange(count)
    column, row = index % across, index // across
    # The last row may be short: its gauges share the whole width.
    width = np.where(row == up - 1, count - across * (up - 1), across)
    x = (column + 0.25 + 0.5 * plan.dice("gauge x", index)) / width
    y = (row + 0.25 + 0.5 * plan.dice("gauge y", index)) / up
    x, y = x * plan.size.edge, y * plan.size.edge
    # None in the river: such a gauge stands behind the nearer levee.
    centre, slope = plan.river.centre(x)
    behind = (plan.river.corridor(x) + LEVEE_ROAD) * np.sqrt(1.0 + slope * slope)
    wet = np.abs(y - centre) < behind
    return np.column_stack([x, np.where(wet, centre + np.copysign(behind, y - centre), y)])


def _along_river(plan, count):
    x = (np.arange(count) + 0.5) / count * plan.size.edge
    return np.column_stack([x, plan.river.centre(x)[0]])


def _spread_manholes(plan, manholes, count):
    """Manholes in the low part of the city, by dice."""
    low = manholes[(manholes["ground"] < 3.0) & (manholes["kind"] == "manhole")]
    low = low.sort_values("node_id")
    order = np.argsort(plan.dice("sewer sensors", np.arange(len(low))), kind="stable")
    return low.iloc[np.sort(order[:count])].reset_index(drop=True)


def _roads_at_risk(plan, roads, count):
    """Middles of underpasses, then of low roads by dice."""
    roads = roads[(~roads["is_bridge"]) & (roads["kind"] != "path")]
    middles = shapely.line_interpolate_point(roads.geometry.to_numpy(), 0.5, normalized=True)
    x, y = (shapely.get_coordinates(middles) - SOUTH_WEST).T
    edge = plan.size.edge
    inside = (x > 10.0) & (x < edge - 10.0) & (y > 10.0) & (y < edge - 10.0)
    ground = ground_level(plan, *_cell_centres(plan, x, y))
    under = roads["is_underpass"].to_numpy()
    dice = plan.dice("road sensors", np.arange(len(roads)))
    # Bed of a canal is lower than any street; such a middle lies between two carriageways.
    order = np.where(under, -1.0, np.where((ground < -0.6) & (ground > -2.0), dice, 2.0))
    order[~inside] = 9.0
    chosen = np.sort(np.argsort(order, kind="stable")[:count])
    return np.column_stack([x[chosen], y[chosen]])

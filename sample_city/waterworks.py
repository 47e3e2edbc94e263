"""What people move water with: pump stations, gates and mobile pumps."""

import geopandas
import numpy as np
import shapely

from sample_city.plan import CRS
from sample_city.river import MEAN_LEVEL
from sample_city.terrain import CANAL_BED, CANAL_LEVEL

_MOBILE_PUMPS = {"small": 3, "district": 20, "metro": 60}
_MOBILE_CAPACITY = 0.3
_DESIGN_RUNOFF = 8.0  # what pump stations lift from the land behind the levee [m3 s-1 km-2]


def canal_mouths(plan):
    """Where canals meet the levees, from the south-western corner, (n, 2) [m]."""
    streets = plan.streets
    k, m = np.nonzero(plan.blocks.column_canal)
    p = streets.columns.position[k]
    south, north = streets.rows.position[m], streets.rows.position[m + 1]
    behind_south, behind_north = plan.behind_levee(p, south), plan.behind_levee(p, north)
    half = (behind_south > 0) != (behind_north > 0)
    landward = np.where(behind_south > 0, south, north)
    riverward = np.where(behind_south > 0, north, south)
    q = plan.meet_levee(p[half], landward[half], riverward[half])
    x, y = streets.to_ground(p[half], q)
    edge = plan.size.edge
    inside = (x > 0.0) & (x < edge) & (y > 0.0) & (y < edge)
    return np.column_stack([x, y])[inside]


def make_pump_stations(plan):
    """Pump stations where canals meet the levees.

    Returns
    -------
    geopandas.GeoDataFrame
        pump_station_id, name, capacity [m3 s-1], pumps, start_level and stop_level of the
        canal [m], discharges_to.
    """
    mouths = canal_mouths(plan)
    area = (plan.size.edge / 1000.0) ** 2 * 0.5
    each = np.round(_DESIGN_RUNOFF * area / max(1, len(mouths)), 1)
    return geopandas.GeoDataFrame(
        {
            "pump_station_id": [f"PS{n + 1:03d}" for n in range(len(mouths))],
            "name": [f"Pump Station {n + 1}" for n in range(len(mouths))],
            "capacity": np.full(len(mouths), each),
            "pumps": np.full(len(mouths), 4),
            "start_level": np.full(len(mouths), CANAL_LEVEL + 0.4),
            "stop_level": np.full(len(mouths), CANAL_LEVEL - 0.1),
            "discharges_to": ["river"] * len(mouths),
        },
        geometry=shapely.points(plan.absolute(*mouths.T)),
        crs=CRS,
    )


def make_gates(plan):
    """Sluice gates beside the pump stations, shut while the river is higher than the canal.

    Returns
    -------
    geopandas.GeoDataFrame
        gate_id, name, kind, width [m], sill_level, close_level of the river [m].
    """
    mouths = canal_mouths(plan)
    return geopandas.GeoDataFrame(
        {
            "gate_id": [f"G{n + 1:03d}" for n in range(len(mouths))],
            "name": [f"Gate {n + 1}" for n in range(len(mouths))],
            "kind": ["sluice"] * len(mouths),
            "width": np.full(len(mouths), 4.0),
            "sill_level": np.full(len(mouths), CANAL_BED),
            "close_level": np.full(len(mouths), MEAN_LEVEL - 0.5),
        },
        geometry=shapely.points(plan.absolute(mouths[:, 0] + 8.0, mouths[:, 1])),
        crs=CRS,
    )


def make_mobile_pumps(plan, places):
    """Mobile pumps in their depots.

    Returns
    -------
    geopandas.GeoDataFrame
        mobile_pump_id, name, capacity [m3 s-1], depot (a place_id), status.
    """
    depots = places[places["kind"] == "pump_depot"].reset_index(drop=True)
    count = _MOBILE_PUMPS[plan.size.name]
    home = depots.iloc[np.arange(count) % len(depots)]
    return geopandas.GeoDataFrame(
        {
            "mobile_pump_id": [f"MP{n + 1:03d}" for n in range(count)],
            "name": [f"Mobile Pump {n + 1}" for n in range(count)],
            "capacity": np.full(count, _MOBILE_CAPACITY),
            "depot": home["place_id"].to_numpy(),
            "status": ["standby"] * count,
        },
        geometry=home.geometry.to_numpy(),
        crs=CRS,
    )

"""Layers of the water: river, canals, ponds, levees, and the ends of the river."""

import geopandas
import numpy as np
import shapely

from sample_city.plan import CRS, POND_DEPTH
from sample_city.river import CREST_WIDTH, MEAN_LEVEL
from sample_city.sensors import OUTFALL_GAUGE
from sample_city.streets import CANAL_HALF_WIDTH

_ALONG = np.linspace(0.0, 1.0, 5)


def make_water(plan):
    """River, canals and ponds: water_id, name, kind and area as polygons."""
    shapes = [river_area(plan), *canal_areas(plan), *_pond_areas(plan)]
    canals = len(shapes) - 1 - len(plan.ponds)
    kinds = ["river"] + ["channel"] * canals + ["pond"] * len(plan.ponds)
    numbers = [1, *range(1, canals + 1), *range(1, len(plan.ponds) + 1)]
    titles = {"river": "River", "channel": "Canal", "pond": "Pond"}
    return geopandas.GeoDataFrame(
        {
            "water_id": [f"W{n + 1:04d}" for n in range(len(shapes))],
            "name": [f"{titles[k]} {n}" for k, n in zip(kinds, numbers, strict=True)],
            "kind": kinds,
        },
        geometry=shapes,
        crs=CRS,
    )


def make_ponds(plan):
    """Detention ponds: pond_id, name, bottom and rim level [m], start level [m], volume [m3]."""
    shapes = np.array(_pond_areas(plan), dtype=object)
    rim = plan.pond_levels + POND_DEPTH - 0.8
    return geopandas.GeoDataFrame(
        {
            "pond_id": [f"PD{n + 1:03d}" for n in range(len(shapes))],
            "name": [f"Pond {n + 1}" for n in range(len(shapes))],
            "bottom_level": np.round(rim - POND_DEPTH, 2),
            "rim_level": np.round(rim, 2),
            "start_level": np.round(plan.pond_levels, 2),
            "volume": np.round(shapely.area(shapes) * POND_DEPTH * 0.8),
        },
        geometry=shapes,
        crs=CRS,
    )


def make_levees(plan):
    """Both levees along their crests: levee_id, name, lowest crest and 100-year level [m]."""
    river = plan.river
    lines = [
        shapely.LineString(
            plan.absolute(*river.ribbon(lambda x, s=s: s * _crest_middle(river, x)).T)
        )
        for s in (1.0, -1.0)
    ]
    return geopandas.GeoDataFrame(
        {
            "levee_id": ["L1", "L2"],
            "name": ["North Levee", "South Levee"],
            "crest_level": np.round([float(river.crest(0.0))] * 2, 2),
            "level_100_years": np.round([float(river.level_100_years(0.0))] * 2, 2),
        },
        geometry=lines,
        crs=CRS,
    )


def make_boundaries(plan):
    """Inflow in the east [m3 s-1], tidal outfall in the west [m] and its gauge, across the bed."""
    cell = plan.size.cell_size
    lines = []
    for x in (plan.size.edge - 0.5 * cell, 0.5 * cell):
        centre, slope = plan.river.centre(np.array([x]))
        half = plan.river.half_width(x) * np.sqrt(1.0 + slope**2)
        ends = plan.absolute([x, x], [centre[0] - half[0], centre[0] + half[0]])
        lines.append(shapely.LineString(ends))
    return geopandas.GeoDataFrame(
        {
            "boundary_id": ["upstream", "outfall"],
            "kind": ["inflow", "stage"],
            "value": [plan.size.base_inflow, MEAN_LEVEL],
            # The river is tidal all along: no level upstream says how much it carries.
            "station_id": [None, OUTFALL_GAUGE],
        },
        geometry=lines,
        crs=CRS,
    )


def river_area(plan):
    """The river at mean level as one polygon."""
    return _between_ribbons(plan, plan.river.half_width)


def corridor_area(plan):
    """The river with its foreshore and levees as one polygon."""
    return _between_ribbons(plan, plan.river.corridor)


def canal_areas(plan):
    """Canals as polygons, one for each net of canals, without the levees."""
    streets, blocks = plan.streets, plan.blocks
    columns, rows = streets.columns.position, streets.rows.position
    k, m = np.nonzero(blocks.column_canal)
    strips = _strips(plan, columns[k], rows[m], rows[m + 1], along_column=True)
    k, m = np.nonzero(blocks.row_canal)
    strips += _strips(plan, rows[m], columns[k], columns[k + 1], along_column=False)
    if not strips:
        return []
    whole = shapely.difference(shapely.union_all(strips), corridor_area(plan))
    whole = shapely.intersection(whole, shapely.box(*plan.grid.bounds))
    parts = [part for part in shapely.get_parts(whole) if part.area > 50.0]
    return sorted(parts, key=lambda part: part.bounds)


def _strips(plan, line, start, stop, along_column):
    """Stretches of canal as polygons, a little longer than their block so that they join."""
    start, stop = start - CANAL_HALF_WIDTH, stop + CANAL_HALF_WIDTH
    along = start[:, None] + _ALONG * (stop - start)[:, None]
    along = np.concatenate([along, along[:, ::-1]], axis=1)
    side = np.repeat([-CANAL_HALF_WIDTH, CANAL_HALF_WIDTH], _ALONG.size)
    across = line[:, None] + side
    to_ground = plan.streets.to_ground
    x, y = to_ground(across, along) if along_column else to_ground(along, across)
    return list(shapely.polygons(plan.absolute(x, y)))


def _pond_areas(plan):
    west, south, east, north = plan.ponds.T
    p = np.stack([west, east, east, west], axis=1)
    q = np.stack([south, south, north, north], axis=1)
    return list(shapely.polygons(plan.absolute(*plan.streets.to_ground(p, q))))


def _crest_middle(river, x):
    return river.crest_start(x) + CREST_WIDTH / 2.0


def _between_ribbons(plan, half_width):
    north = plan.river.ribbon(half_width)
    south = plan.river.ribbon(lambda x: -half_width(x))
    ring = np.concatenate([north, south[::-1]])
    return shapely.Polygon(plan.absolute(*ring.T))

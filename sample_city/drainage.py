"""Storm drains under the streets: manholes, the drains between them, inlets at the kerb.

Collectors run along the columns of the street net towards the nearest canal, or to the levee;
the inlets of the rows lead to the nearest manhole.
"""

import geopandas
import numpy as np
import shapely

from sample_city.plan import CRS
from sample_city.surfaces import design_rain
from sample_city.terrain import CANAL_BED, ground_level
from twin.units import MM_PER_HOUR

COVER = 1.4
"""Least depth of a drain under the street [m]."""
_FALL = 0.15  # fall of a collector from one street to the next [m]
_DIAMETERS = np.array([0.6, 0.8, 1.0, 1.2, 1.5, 1.8, 2.2])


def make_drainage(plan):
    """Manholes, drains and inlets of a city.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    dict of str to geopandas.GeoDataFrame
        ``manholes`` (node_id, kind, ground, invert [m]), ``drains`` (drain_id, from_node,
        to_node, diameter [m]) and ``inlets`` (inlet_id, capacity [m3 s-1], node).
    """
    drained = _drained_segments(plan)
    north = _flows_north(plan, drained)
    upstream = _upstream(drained, north)
    number, manholes = _manholes(plan, drained, north, upstream)
    return {
        "manholes": manholes,
        "drains": _drains(drained, north, upstream, number, manholes),
        "inlets": _inlets(plan, number, manholes),
    }


def _drained_segments(plan):
    """Column streets on land that have a drain, shape (k, rows - 1)."""
    k, m = np.nonzero(plan.blocks.column_street)
    p, q = plan.streets.columns.position, plan.streets.rows.position
    drained = np.zeros(plan.blocks.column_street.shape, dtype=bool)
    ends = [_dry_junction(plan, p[k], q[m + end]) for end in (0, 1)]
    drained[k, m] = ends[0] & ends[1]
    return drained & ~plan.blocks.column_canal


def _dry_junction(plan, p, q):
    x, y = plan.streets.to_ground(p, q)
    edge = plan.size.edge
    inside = (x > 0.0) & (x < edge) & (y > 0.0) & (y < edge)
    return inside & (plan.behind_levee(p, q) > 0.0)


def _flows_north(plan, drained):
    """Whether the drain of each segment runs north: to the nearest canal, else to the river."""
    canal = _canal_junctions(plan)
    index = np.arange(canal.shape[1])
    before = np.maximum.accumulate(np.where(canal, index, -10_000), axis=1)[:, :-1]
    after = np.minimum.accumulate(np.where(canal, index, 10_000)[:, ::-1], axis=1)[:, ::-1][:, 1:]
    here = np.arange(drained.shape[1])[None, :]
    p, q = plan.streets.columns.position, plan.streets.rows.position
    x, y = plan.streets.to_ground(p[:, None], 0.5 * (q[1:] + q[:-1])[None, :])
    south_bank = plan.river.distance(x, y) < 0.0
    nearest = np.minimum(after - here - 1, here - before)
    return np.where(nearest < 5_000, after - here - 1 < here - before, south_bank)


def _canal_junctions(plan):
    """Junctions that lie at a canal, shape (k, l)."""
    blocks = plan.blocks
    at = np.zeros((plan.streets.columns.count, plan.streets.rows.count), dtype=bool)
    at[1:] |= blocks.row_canal
    at[:-1] |= blocks.row_canal
    at[:, 1:] |= blocks.column_canal
    at[:, :-1] |= blocks.column_canal
    return at


def _upstream(drained, north):
    """How many drains, itself included, lead into each drain along its column."""
    count = np.zeros(drained.shape, dtype=np.int32)
    rows = drained.shape[1]
    going_north, going_south = drained & north, drained & ~north
    for m in range(rows):
        before = count[:, m - 1] * going_north[:, m - 1] if m else 0
        count[:, m] = np.where(going_north[:, m], before + 1, count[:, m])
    for m in reversed(range(rows)):
        before = count[:, m + 1] * going_south[:, m + 1] if m + 1 < rows else 0
        count[:, m] = np.where(going_south[:, m], before + 1, count[:, m])
    return count


def _manholes(plan, drained, north, upstream):
    """Junctions with a drain: their number as a matrix (k, l), and their table."""
    shape = (drained.shape[0], drained.shape[1] + 1)
    has, leaves = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    has[:, :-1] |= drained
    has[:, 1:] |= drained
    leaves[:, :-1] |= drained & north
    leaves[:, 1:] |= drained & ~north
    arriving = np.zeros(shape, dtype=np.int32)
    arriving[:, 1:] = np.where(drained & north, upstream, 0)
    arriving[:, :-1] = np.maximum(arriving[:, :-1], np.where(drained & ~north, upstream, 0))
    k, m = np.nonzero(has)
    number = np.full(shape, -1)
    number[k, m] = np.arange(k.size)
    p, q = plan.streets.columns.position[k], plan.streets.rows.position[m]
    x, y = plan.streets.to_ground(p, q)
    # At a canal the middle of the junction is water: its ground is that of the natural street.
    ground = np.maximum(ground_level(plan, x, y), -1.6)
    # Collectors of the basin are flat: they end in canals, whose bed they cannot pass under.
    invert = np.maximum(ground - COVER - 0.6 - _FALL * arriving[k, m], CANAL_BED)
    frame = geopandas.GeoDataFrame(
        {
            "node_id": [f"M{n + 1:06d}" for n in range(k.size)],
            "kind": np.where(leaves[k, m], "manhole", "outfall").astype(object),
            "ground": np.round(ground, 3),
            "invert": np.round(invert, 3),
        },
        geometry=shapely.points(plan.absolute(x, y)),
        crs=CRS,
    )
    return number, frame


def _drains(drained, north, upstream, number, manholes):
    k, m = np.nonzero(drained)
    flows_north = north[k, m]
    start = number[k, m + ~flows_north]
    stop = number[k, m + flows_north]
    ids = manholes["node_id"].to_numpy()
    size = np.searchsorted([1, 2, 4, 7, 11, 16], upstream[k, m], side="right")
    points = shapely.get_coordinates(manholes.geometry.to_numpy())
    return geopandas.GeoDataFrame(
        {
            "drain_id": [f"DR{n + 1:06d}" for n in range(k.size)],
            "from_node": ids[start],
            "to_node": ids[stop],
            "diameter": _DIAMETERS[size],
        },
        geometry=shapely.linestrings(np.stack([points[start], points[stop]], axis=1)),
        crs=CRS,
    )


def _inlets(plan, number, manholes):
    """Inlets along both sides of drained streets; together they take the design rain."""
    blocks, streets = plan.blocks, plan.streets
    count = plan.size.inlets_per_street
    share = (np.arange(count) + 0.5) / count
    k, m = np.nonzero(blocks.column_street & ~blocks.column_canal)
    p, q = streets.columns.position, streets.rows.position
    side = np.where(np.arange(count) % 2, 1.0, -1.0)
    offset = streets.columns.half_width[k][:, None] * side * 0.9
    column_p = p[k][:, None] + offset
    column_q = q[m][:, None] + share * (q[m + 1] - q[m])[:, None]
    column_node = np.maximum(number[k, m], number[k, m + 1])
    column_block = k, m
    k, m = np.nonzero(blocks.row_street & ~blocks.row_canal)
    offset = streets.rows.half_width[m][:, None] * side * 0.9
    row_p = p[k][:, None] + share * (p[k + 1] - p[k])[:, None]
    row_q = q[m][:, None] + offset
    row_node = np.maximum(number[k, m], number[k + 1, m])
    k = np.repeat(np.concatenate([column_block[0], k]), count)
    m = np.repeat(np.concatenate([column_block[1], m]), count)
    node = np.repeat(np.concatenate([column_node, row_node]), count)
    all_p = np.concatenate([column_p.ravel(), row_p.ravel()])
    all_q = np.concatenate([column_q.ravel(), row_q.ravel()])
    keep = (node >= 0) & _dry_junction(plan, all_p, all_q)
    # Each block is bordered by four streets and each street by two blocks.
    served = streets.size.street_spacing[0] * streets.size.street_spacing[1] / 2.0 / count
    capacity = design_rain(plan, k, m) * MM_PER_HOUR * served
    x, y = streets.to_ground(all_p[keep], all_q[keep])
    return geopandas.GeoDataFrame(
        {
            "inlet_id": [f"I{n + 1:06d}" for n in range(x.size)],
            "capacity": np.round(capacity[keep], 5),
            "node": manholes["node_id"].to_numpy()[node[keep]],
        },
        geometry=shapely.points(plan.absolute(x, y)),
        crs=CRS,
    )

"""Buildings on their lots, block by block: footprints, storeys, use, occupants."""

import geopandas
import numpy as np
import shapely

from sample_city.plan import CRS
from sample_city.river import LEVEE_ROAD
from sample_city.terrain import ground_level
from sample_city.uses import (
    FACTORY,
    FARM,
    FIRE_STATION,
    HOSPITAL,
    HOUSES,
    MARKET,
    OPEN,
    PARK,
    POLICE,
    POND,
    PUMP_DEPOT,
    SCHOOL,
    SHOPS,
    SUBSTATION,
    TOWERS,
    USES,
)

# use: (least, most storeys, lot width [m], depth of a row [m], area for one person [m2])
_HABITS = {
    FARM: (1, 2, 22.0, 11.0, 60.0),
    HOUSES: (2, 5, 11.0, 17.0, 42.0),
    TOWERS: (11, 22, 34.0, 19.0, 48.0),
    SHOPS: (3, 10, 16.5, 20.0, 55.0),
    FACTORY: (1, 3, 36.0, 22.0, 160.0),
    PARK: (1, 1, 30.0, 8.0, 400.0),
    POND: (1, 1, 30.0, 8.0, 400.0),
    SCHOOL: (3, 5, 60.0, 16.0, 26.0),
    HOSPITAL: (6, 12, 70.0, 21.0, 30.0),
    FIRE_STATION: (3, 4, 40.0, 18.0, 60.0),
    POLICE: (3, 5, 40.0, 16.0, 60.0),
    SUBSTATION: (1, 2, 45.0, 18.0, 700.0),
    PUMP_DEPOT: (1, 2, 45.0, 18.0, 300.0),
    MARKET: (1, 3, 60.0, 20.0, 40.0),
}
# Share of the lots of a use that carry a building.
_FILLED = {FARM: 0.05, PARK: 0.0, POND: 0.0, OPEN: 0.0, TOWERS: 0.9}
# Facilities stand with their main building on the southern side, an open yard behind it.
_ONE_ROW = (SCHOOL, FIRE_STATION, POLICE, SUBSTATION, PUMP_DEPOT)
_PAVEMENT = 2.5
_ALLEY = 3.0
_STOREY_HEIGHT = 3.2
_LEAST_EDGE = 5.0


def make_buildings(plan, columns=None, rows=None):
    """Buildings of a city, or of a range of its blocks.

    Parameters
    ----------
    plan : Plan
    columns, rows : range, optional
        Which blocks; default all.

    Returns
    -------
    geopandas.GeoDataFrame
        building_id, height [m], storeys, use, occupants, ground [m], `column`, `row` and
        `block_use` of the block, and footprints that touch no street, no water and no other.
    """
    lots = _lots(plan, columns, rows)
    corners, keep = _footprints(plan, lots)
    lots = {key: values[keep] for key, values in lots.items()}
    middle_x, middle_y = corners.mean(axis=1).T
    ground = ground_level(plan, middle_x, middle_y)
    storeys = _storeys(plan, lots)
    shapes = shapely.polygons(plan.absolute(corners[..., 0], corners[..., 1]))
    use = np.asarray(USES, dtype=object)[lots["use"]]
    return geopandas.GeoDataFrame(
        {
            "building_id": _ids(lots),
            "height": np.round(storeys * _STOREY_HEIGHT + 1.0, 1),
            "storeys": storeys,
            "use": np.where(lots["use"] == FARM, "residential", use),
            "occupants": _occupants(plan, lots, storeys, shapely.area(shapes)),
            "ground": np.round(ground, 3),
            "column": lots["column"],
            "row": lots["row"],
            "block_use": lots["use"],
        },
        geometry=shapes,
        crs=CRS,
    )


def _lots(plan, columns, rows):
    """All lots as arrays: block, use, side of the block, place in the row, edges [m]."""
    use = plan.blocks.use
    columns = columns or range(use.shape[0])
    rows = rows or range(use.shape[1])
    k, m = (index.ravel() for index in np.meshgrid(columns, rows, indexing="ij"))
    built = np.array([_FILLED.get(u, 1.0) > 0.0 for u in range(len(USES))])[use[k, m]]
    k, m = k[built], m[built]
    kind = use[k, m]
    street_columns, street_rows = plan.streets.columns, plan.streets.rows
    west = street_columns.position[k] + street_columns.half_width[k] + _PAVEMENT
    east = street_columns.position[k + 1] - street_columns.half_width[k + 1] - _PAVEMENT
    south = street_rows.position[m] + street_rows.half_width[m] + _PAVEMENT
    north = street_rows.position[m + 1] - street_rows.half_width[m + 1] - _PAVEMENT
    wanted = _habit(2)[kind] * (0.85 + 0.3 * plan.dice("lot width", k, m))
    count = np.maximum(1, np.round((east - west) / wanted)).astype(int)
    depth = np.minimum(_habit(3)[kind], (north - south - _ALLEY) / 2.0)
    sides = np.where(np.isin(kind, _ONE_ROW), 1, 2)
    block = np.repeat(np.arange(k.size), count * sides)
    place = np.arange(block.size) - np.repeat(
        np.cumsum(count * sides) - count * sides, count * sides
    )
    side, place = place // count[block], place % count[block]
    step = ((east - west) / count)[block]
    start = west[block] + place * step
    row_depth = depth[block]
    low = np.where(side == 0, south[block], north[block] - row_depth)
    return {
        "column": k[block],
        "row": m[block],
        "use": kind[block],
        "side": side,
        "place": place,
        "p0": start,
        "p1": start + step,
        "q0": low,
        "q1": low + row_depth,
    }


def _habit(index):
    """One column of the table of habits, by use; uses without buildings are never asked."""
    return np.array(
        [_HABITS.get(use, (1, 1, 20.0, 10.0, 100.0))[index] for use in range(len(USES))]
    )


def _dice(plan, channel, lots):
    return plan.dice(channel, lots["column"], lots["row"], lots["side"], lots["place"])


def _footprints(plan, lots):
    """Corners of each footprint, (kept, 4, 2) from the south-west [m], and which are kept."""
    gap = 0.3 + 1.7 * _dice(plan, "gap", lots) ** 2
    back = (lots["q1"] - lots["q0"]) * 0.35 * _dice(plan, "back", lots) ** 2
    p0, p1 = lots["p0"] + gap / 2, lots["p1"] - gap / 2
    q0 = lots["q0"] + np.where(lots["side"] == 1, back, 0.0)
    q1 = lots["q1"] - np.where(lots["side"] == 0, back, 0.0)
    filled = np.array([_FILLED.get(use, 0.96) for use in range(len(USES))])[lots["use"]]
    keep = (_dice(plan, "filled", lots) < filled) | np.isin(lots["use"], _ONE_ROW + (HOSPITAL,))
    keep &= (p1 - p0 > _LEAST_EDGE) & (q1 - q0 > _LEAST_EDGE)
    p = np.stack([p0, p1, p1, p0], axis=1)[keep]
    q = np.stack([q0, q0, q1, q1], axis=1)[keep]
    x, y = plan.streets.to_ground(p, q)
    off = np.abs(plan.river.distance(x, y)) - plan.river.corridor(x)
    edge = plan.size.edge
    inside = (x > 1.0) & (x < edge - 1.0) & (y > 1.0) & (y < edge - 1.0)
    good = (inside & (off > 2.0 * LEVEE_ROAD + 1.0)).all(axis=1)
    keep[keep] = good
    return np.stack([x, y], axis=-1)[good], keep


def _storeys(plan, lots):
    least, most = _habit(0)[lots["use"]], _habit(1)[lots["use"]]
    block = plan.dice("storeys of block", lots["column"], lots["row"])
    share = 0.6 * block + 0.4 * _dice(plan, "storeys", lots)
    return (least + np.floor(share * (most - least + 1))).astype(np.int32)


def _occupants(plan, lots, storeys, area):
    # A fifth of every floor is stairs and walls; between a half and all of it is in use.
    used = 0.8 * (0.5 + 0.5 * _dice(plan, "occupants", lots))
    return np.round(area * storeys * used / _habit(4)[lots["use"]]).astype(np.int32)


def _ids(lots):
    """Identifiers that tell the block and the lot: B and ten digits."""
    number = ((lots["column"] * 10_000 + lots["row"]) * 2 + lots["side"]) * 100 + lots["place"]
    return [f"B{n:010d}" for n in number]

"""The terrain of any window of a city, the same whatever window it is part of."""

import numpy as np

from sample_city.noise import smoothstep
from sample_city.plan import POND_DEPTH
from sample_city.relief import natural_ground
from sample_city.river import LEVEE_ROAD
from sample_city.streets import CANAL_HALF_WIDTH

KERB = 0.12
"""How far streets lie below the ground beside them [m]."""
UNDERPASS_DEPTH = 2.6
"""How far the deepest part of an underpass lies below the street [m]."""
CANAL_BED = -3.2
"""Level of the bed of canals [m]."""
CANAL_LEVEL = -2.4
"""Water level in canals at the start [m]."""
RAIL_LEVEL = 3.4
"""Level of the railway embankment [m]."""
LEVEE_ROAD_WIDTH = 8.0
"""Width of the road behind the levee [m]."""

_QUANTUM = 1024.0  # heights are multiples of 2**-10 m: rasters compress, windows stay equal


def natural_level(plan, x, y):
    """Ground with river and levees but no streets, at points or a window [m]."""
    distance = plan.river.distance(x, y)
    ground = natural_ground(plan.size, plan.seed, x, y, distance)
    return plan.river.section(x, distance, ground)


def ground_level(plan, x, y):
    """Ground level with all works in it, no buildings.

    Parameters
    ----------
    plan : Plan
    x, y : ndarray
        Points, or (1, nx) and (ny, 1) of a window [m].

    Returns
    -------
    ndarray
        Level above mean sea [m].
    """
    return survey(plan, x, y)["elevation"]


def survey(plan, x, y):
    """Ground level and what lies on it.

    Returns
    -------
    dict of str to ndarray
        ``elevation`` [m], and as booleans ``river`` (the bed), ``corridor`` (river and
        levees), ``street``, ``canal``, ``rail``; ``pond`` is the number of a pond or -1;
        ``block``, ``column`` and ``row`` are the use and the place of the block;
        ``natural`` is the ground without any works [m], ``distance`` that from the river [m].
    """
    river = plan.river
    distance = river.distance(x, y)
    off = np.abs(distance)
    natural = natural_ground(plan.size, plan.seed, x, y, distance)
    corridor = off < river.corridor(x)
    place = _Place(plan, *plan.streets.to_streets(x, y))
    street = place.street & ~corridor
    street |= (np.abs(off - river.corridor(x) - LEVEE_ROAD) < LEVEE_ROAD_WIDTH / 2) & (natural < 8)
    rail, embankment = _embankment(plan, place.q)
    rail &= ~corridor & (natural < embankment)
    level = np.where(rail, embankment, natural)
    cut = KERB + np.maximum(UNDERPASS_DEPTH * place.dip, place.sag)
    level = np.where(street & ~(rail & (place.dip == 0.0)), natural - cut, level)
    canal = place.canal & ~corridor
    level = np.where(canal, np.minimum(level, CANAL_BED), level)
    level = np.where(corridor, river.section(x, distance, level), level)
    pond, depth = _ponds(plan, place)
    level = level - np.where(street | corridor, 0.0, depth)
    return {
        "elevation": np.round(level * _QUANTUM) / _QUANTUM,
        "river": off < river.half_width(x),
        "corridor": corridor,
        "street": street & ~canal,
        "canal": canal,
        "rail": rail & ~street,
        "pond": np.where(street | corridor, -1, pond),
        "block": place.use,
        "column": place.k,
        "row": place.m,
        "natural": natural,
        "distance": distance,
    }


class _Place:
    """Which block, street and canal each point lies in."""

    def __init__(self, plan, p, q):
        columns, rows, blocks = plan.streets.columns, plan.streets.rows, plan.blocks
        self.p, self.q = p, q
        self.k = k = _interval(columns.position, p)
        self.m = m = _interval(rows.position, q)
        self.use = blocks.use[k, m]
        self.street = np.zeros(p.shape, dtype=bool)
        self.canal = np.zeros(p.shape, dtype=bool)
        self.dip = np.zeros(p.shape)
        self.sag = np.zeros(p.shape)
        along_q = _middle_of(rows.position, m, q)
        along_p = _middle_of(columns.position, k, p)
        column_sag, row_sag = plan.sags
        for side in (0, 1):
            off = np.abs(p - columns.position[k + side])
            near = off <= columns.half_width[k + side]
            self.street |= near & blocks.column_street[k + side, m]
            self.canal |= (off <= CANAL_HALF_WIDTH) & blocks.column_canal[k + side, m]
            under = near & blocks.underpass[k + side, m]
            self.dip = np.where(under, _dip(plan, q), self.dip)
            sunk = np.where(near, column_sag[k + side, m] * along_q, 0.0)
            off = np.abs(q - rows.position[m + side])
            near = off <= rows.half_width[m + side]
            self.street |= near & blocks.row_street[k, m + side]
            sunk = np.maximum(sunk, np.where(near, row_sag[k, m + side] * along_p, 0.0))
            self.sag = np.maximum(self.sag, sunk)
            self.canal |= (off <= CANAL_HALF_WIDTH) & blocks.row_canal[k, m + side]


def _interval(positions, values):
    found = np.searchsorted(positions, values, side="right") - 1
    return np.clip(found, 0, positions.size - 2)


def _middle_of(positions, index, values):
    """One in the middle between two lines, zero at both."""
    share = (values - positions[index]) / (positions[index + 1] - positions[index])
    return smoothstep(0.0, 0.8, 1.0 - np.abs(2.0 * share - 1.0))


def _to_rail(plan, q):
    return np.min([np.abs(q - rail) for rail in plan.streets.rails], axis=0)


def _dip(plan, q):
    """Depth profile of an underpass, one under the railway, zero at the end of its ramps."""
    return 1.0 - smoothstep(12.0, 50.0, _to_rail(plan, q))


def _embankment(plan, q):
    beside = _to_rail(plan, q) - 4.5
    return beside < 7.5, RAIL_LEVEL - np.maximum(beside, 0.0) / 1.5


def _ponds(plan, place):
    """Number of the pond at each point, or -1, and how deep the ground is dug there [m]."""
    number = plan.pond_number[place.k, place.m]
    west, south, east, north = np.moveaxis(plan.ponds[number], -1, 0)
    inside = np.minimum(
        np.minimum(place.p - west, east - place.p), np.minimum(place.q - south, north - place.q)
    )
    number = np.where(inside > 0.0, number, -1)
    return number, np.where(number >= 0, POND_DEPTH * smoothstep(0.0, 6.0, inside), 0.0)

"""What each block between four streets is used for, and which streets exist."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sample_city.noise import fractal_noise, smoothstep, unit, value_noise
from sample_city.relief import natural_ground
from sample_city.river import LEVEE_ROAD
from sample_city.streets import MAIN

(
    OPEN,
    FARM,
    HOUSES,
    TOWERS,
    SHOPS,
    FACTORY,
    PARK,
    POND,
    SCHOOL,
    HOSPITAL,
    FIRE_STATION,
    POLICE,
    SUBSTATION,
    PUMP_DEPOT,
    MARKET,
) = range(15)
USES = (
    "open land",
    "farmland",
    "residential",
    "apartments",
    "commercial",
    "industrial",
    "park",
    "detention pond",
    "school",
    "hospital",
    "fire station",
    "police",
    "substation",
    "pump depot",
    "market",
)
"""Use of a block by its number."""

CANAL_LIMIT = 0.2
"""Canals lie where the natural ground is below this level [m]."""
_STREET_LIMIT = {"small": 14.0, "district": 30.0, "metro": 45.0}
# One of so many built blocks carries the facility; there is always at least one in a city.
_BLOCKS_PER_FACILITY = {
    HOSPITAL: 420,
    SCHOOL: 45,
    FIRE_STATION: 170,
    POLICE: 150,
    SUBSTATION: 260,
    PUMP_DEPOT: 300,
    MARKET: 120,
}
_BLOCKS_PER_POND = 130
_LEAST_JUNCTIONS = 12  # of a net of streets that hangs together
_DEAD_ENDS = 0.09  # share of side streets that were never built


@dataclass(frozen=True)
class Blocks:
    """Uses and streets as matrices over the lines of the street net.

    Parameters
    ----------
    use : ndarray
        Use of the block east of column k and north of row l, shape (k, l).
    column_street, row_street : ndarray of bool
        Whether column k has a street north of row l; whether row l has one east of column k.
    column_canal, row_canal : ndarray of bool
        The same for canals.
    underpass : ndarray of bool
        Whether column k passes under the railway north of row l.
    """

    use: np.ndarray
    column_street: np.ndarray
    row_street: np.ndarray
    column_canal: np.ndarray
    row_canal: np.ndarray
    underpass: np.ndarray


def make_blocks(size, seed, river, streets):
    """Uses of all blocks and the streets between them.

    Parameters
    ----------
    size : Size
    seed : int
    river : River
    streets : Streets

    Returns
    -------
    Blocks
    """
    survey = _Survey(size, seed, river, streets)
    ground, off, inside, x, y = survey.in_blocks
    rail = _rail_rows(streets)
    built = (survey.density(ground, off, x, y) > 0.25 + 0.4 * _dice(seed, "built", ground)) & inside
    use = _uses(size, seed, built & ~rail[None, :], ground, off, x, y)
    use = np.where(built & rail[None, :], HOUSES, use)
    use[~inside] = OPEN
    settled = (use != OPEN) & (use != FARM)
    column_canal, row_canal = _canals(survey, streets)
    column_street, row_street = _without_fragments(
        _column_streets(survey, streets, settled, rail) | column_canal,
        _row_streets(survey, streets, settled) | row_canal,
    )
    return Blocks(
        use.astype(np.int8),
        column_street,
        row_street,
        column_canal,
        row_canal,
        _underpasses(survey, streets, column_street, rail),
    )


class _Survey:
    """Ground, distance from the river and density of settlement at street coordinates."""

    def __init__(self, size, seed, river, streets):
        self.size, self.seed, self.river, self.streets = size, seed, river, streets
        self.limit = _STREET_LIMIT[size.name]

        self.columns, self.rows = streets.columns.position, streets.rows.position

    @cached_property
    def in_blocks(self):
        """The middles of all blocks; see `_at`."""
        return self._at(_middles(self.columns)[:, None], _middles(self.rows))

    @cached_property
    def on_columns(self):
        """The middles of column streets."""
        return self._at(self.columns[:, None], _middles(self.rows))

    @cached_property
    def on_rows(self):
        """The middles of row streets."""
        return self._at(_middles(self.columns)[:, None], self.rows)

    @cached_property
    def at_junctions(self):
        """Where columns and rows meet."""
        return self._at(self.columns[:, None], self.rows)

    def _at(self, p, q):
        """Ground [m], distance behind the levee [m], whether in the city, coordinates [m]."""
        p, q = np.broadcast_arrays(p, q)
        x, y = self.streets.to_ground(p.ravel(), q.ravel())
        distance = self.river.distance(x, y)
        ground = natural_ground(self.size, self.seed, x, y, distance)
        off = np.abs(distance) - self.river.corridor(x) - LEVEE_ROAD
        edge = self.size.edge
        inside = (x > -60.0) & (x < edge + 60.0) & (y > -60.0) & (y < edge + 60.0)
        return tuple(array.reshape(p.shape) for array in (ground, off, inside, x, y))

    def density(self, ground, off, x, y):
        """Density of settlement, 0 to 1: less on slopes and, in large cities, farther out."""
        edge = self.size.edge
        general, uneven, central = self.size.settled
        centre = np.exp(-((x / edge - 0.45) ** 2 + (y / edge - 0.5) ** 2) / 0.12)
        towns = fractal_noise(self.seed, "settlement", max(0.07 * edge, 400.0), x, y, octaves=3)
        wanted = general + uneven * towns + central * centre
        slope = 1.0 - smoothstep(0.3 * self.limit, self.limit, ground)
        return np.where(off > 22.0, slope * wanted, 0.0)


def _middles(positions):
    return 0.5 * (positions[1:] + positions[:-1])


def _dice(seed, channel, like):
    columns, rows = np.indices(like.shape)
    return unit(seed, channel, columns, rows)


def _rail_rows(streets):
    """Which rows of blocks a railway runs through, shape (rows - 1,)."""
    lower, upper = streets.rows.position[:-1], streets.rows.position[1:]
    return np.any([(lower < rail) & (rail < upper) for rail in streets.rails], axis=0)


def _uses(size, seed, built, ground, off, x, y):
    dice = _dice(seed, "use", ground)
    edge = size.edge
    centre = np.exp(-((x / edge - 0.45) ** 2 + (y / edge - 0.5) ** 2) / 0.03)
    zone = value_noise(seed, "industry", max(0.12 * edge, 700.0), x, y)
    use = np.where(dice < 0.12 + 0.45 * centre, SHOPS, HOUSES)
    use = np.where((dice > 0.86) & (ground < 6.0), TOWERS, use)
    use = np.where((zone > 0.42) & (centre < 0.4) & (dice < 0.5), FACTORY, use)
    green = value_noise(seed, "parks", 360.0, x, y) > 0.8
    use = np.where(green | (_dice(seed, "park", ground) < 0.035), PARK, use)
    farmland = ~built & (off > 22.0) & (ground < 6.0)
    use = np.where(built, use, np.where(farmland, FARM, OPEN))
    well_inside = (off > 75.0) & (x > 60.0) & (x < edge - 60.0) & (y > 60.0) & (y < edge - 60.0)
    return _place_facilities(seed, use, ground, well_inside)


def _place_facilities(seed, use, ground, well_inside):
    """Turn some blocks into ponds (low ones) and facilities (in the order of their dice)."""
    housing = int(np.isin(use, (HOUSES, TOWERS, SHOPS)).sum())
    ponds = max(2, housing // _BLOCKS_PER_POND)
    order = np.where(well_inside, ground + 0.9 * _dice(seed, "pond", ground), np.inf)
    use = _take(use, order, ponds, POND)
    for facility, blocks in _BLOCKS_PER_FACILITY.items():
        count = max(1, housing // blocks)
        order = np.where(well_inside, _dice(seed, f"facility {facility}", ground), np.inf)
        use = _take(use, order, count, facility)
    return use


def _take(use, order, count, new):
    """Give the `count` blocks of houses that come first in `order` a new use."""
    rank = np.where(use == HOUSES, order, np.inf).ravel()
    chosen = np.argsort(rank, kind="stable")[:count]
    chosen = chosen[np.isfinite(rank[chosen])]
    use = use.copy()
    use.ravel()[chosen] = new
    return use


def _column_streets(survey, streets, settled, rail):
    columns, rows = streets.columns, streets.rows
    ground, off, inside, _, _ = survey.on_columns
    beside = np.zeros((columns.count, rows.count - 1), dtype=bool)
    beside[1:] |= settled
    beside[:-1] |= settled
    main = columns.kind >= MAIN
    side_street = beside & ~rail[None, :] & (_dice(survey.seed, "no column", ground) > _DEAD_ENDS)
    wanted = (beside & main[:, None]) | side_street | (main[:, None] & (ground < survey.limit))
    wanted &= ~(rail[None, :] & columns.canal[:, None])
    reaches = off > -0.5 * np.diff(rows.position)[None, :]
    return wanted & inside & (reaches | (main & ~columns.canal)[:, None])


def _row_streets(survey, streets, settled):
    columns, rows = streets.columns, streets.rows
    ground, off, inside, _, _ = survey.on_rows
    beside = np.zeros((columns.count - 1, rows.count), dtype=bool)
    beside[:, 1:] |= settled
    beside[:, :-1] |= settled
    main = (rows.kind >= MAIN)[None, :]
    side_street = beside & (_dice(survey.seed, "no row", ground) > _DEAD_ENDS)
    wanted = (beside & main) | side_street | (main & (ground < survey.limit))
    ends = survey.at_junctions[1] > 0.0
    return wanted & inside & (off > 0.0) & ends[1:] & ends[:-1]


def _without_fragments(column_street, row_street):
    """Streets without the short pieces that are joined to no other street."""
    columns, rows = column_street.shape[0], row_street.shape[1]
    junction = np.arange(columns * rows).reshape(columns, rows)
    starts = np.concatenate([junction[:, :-1][column_street], junction[:-1][row_street]])
    stops = np.concatenate([junction[:, 1:][column_street], junction[1:][row_street]])
    links = coo_array((np.ones(starts.size), (starts, stops)), (junction.size, junction.size))
    part = connected_components(links, directed=False)[1]
    large = (np.bincount(part) >= _LEAST_JUNCTIONS)[part].reshape(columns, rows)
    return column_street & large[:, :-1], row_street & large[:-1]


def _canals(survey, streets):
    """Canals along low rows, and along columns from those rows to the levee."""
    columns, rows = streets.columns, streets.rows
    ground, off, inside, _, _ = survey.on_rows
    row_canal = rows.canal[None, :] & (ground < CANAL_LIMIT) & (off > 25.0) & inside
    ground, off, inside, x, y = survey.on_columns
    low = columns.canal[:, None] & (ground < CANAL_LIMIT) & inside
    low &= off > -0.5 * np.diff(rows.position)[None, :]
    side = np.sign(survey.river.distance(x, y))
    return low & _towards_river(row_canal, side), row_canal


def _towards_river(row_canal, side):
    """Whether a column segment lies between the river and a row with a canal, shape (k, l)."""
    touched = np.zeros((side.shape[0], side.shape[1] + 1), dtype=bool)
    touched[1:] |= row_canal
    touched[:-1] |= row_canal
    beyond_north = np.cumsum(touched[:, ::-1], axis=1)[:, ::-1][:, 1:] > 0
    beyond_south = np.cumsum(touched, axis=1)[:, :-1] > 0
    return np.where(side > 0, beyond_north, beyond_south)


def _underpasses(survey, streets, column_street, rail):
    """Main columns pass under a railway where its embankment stands clear of the ground."""
    columns = streets.columns
    ground, off, inside, _, _ = survey.on_columns
    main = (columns.kind >= MAIN) & ~columns.canal
    low = (ground < 1.5) & (off > 40.0) & inside
    return column_street & low & rail[None, :] & main[:, None]

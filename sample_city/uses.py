"""What each block between four streets is used for."""

import numpy as np

from sample_city.noise import value_noise

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

# One of so many blocks of housing carries the facility; a city has at least one of each.
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
_LEAST_ROOM = 21.0  # edge of a block that takes a facility [m]


def make_uses(site):
    """Use of each block, by number.

    Parameters
    ----------
    site : Site

    Returns
    -------
    ndarray of int8
        Shape (columns - 1, rows - 1), as in `USES`.
    """
    look = site.in_blocks
    built = (site.density > 0.25 + 0.4 * site.dice("built", look.ground)) & look.inside
    farmland = ~built & look.inside & (look.behind > 22.0) & (look.ground < 6.0)
    use = np.where(built, _zones(site), np.where(farmland, FARM, OPEN))
    # Beside a railway there are houses only; facilities need a whole block.
    along_rail = site.rail_rows[None, :]
    use = np.where(built & along_rail, HOUSES, use)
    return _place_facilities(site, use, _is_sound(site) & ~along_rail).astype(np.int8)


def _zones(site):
    """Use of each block if it is built."""
    look, edge = site.in_blocks, site.size.edge
    dice = site.dice("use", look.ground)
    centre = site.centrality(0.03)
    zone = value_noise(site.seed, "industry", max(0.12 * edge, 700.0), look.x, look.y)
    use = np.where(dice < 0.12 + 0.45 * centre, SHOPS, HOUSES)
    use = np.where((dice > 0.86) & (look.ground < 6.0), TOWERS, use)
    use = np.where((zone > 0.42) & (centre < 0.4) & (dice < 0.5), FACTORY, use)
    green = value_noise(site.seed, "parks", 360.0, look.x, look.y) > 0.8
    return np.where(green | (site.dice("park", look.ground) < 0.035), PARK, use)


def _is_sound(site):
    """Whether a block may carry a facility: off the river, well in the city, and roomy."""
    look, edge = site.in_blocks, site.size.edge
    rooms = []
    for lines in (site.streets.columns, site.streets.rows):
        half = lines.half_width
        rooms.append(np.diff(lines.position) - half[1:] - half[:-1] > _LEAST_ROOM)
    away = np.minimum(np.minimum(look.x, edge - look.x), np.minimum(look.y, edge - look.y))
    return rooms[0][:, None] & rooms[1][None, :] & (look.behind > 75.0) & (away > 60.0)


def _place_facilities(site, use, sound):
    """Turn sound blocks into ponds (low ones first) and facilities (in the order of dice)."""
    ground = site.in_blocks.ground
    housing = int(np.isin(use, (HOUSES, TOWERS, SHOPS)).sum())
    order = np.where(sound, ground + 0.9 * site.dice("pond", use), np.inf)
    use = _take(use, order, max(2, housing // _BLOCKS_PER_POND), POND)
    for facility, blocks in _BLOCKS_PER_FACILITY.items():
        order = np.where(sound, site.dice(f"facility {facility}", use), np.inf)
        use = _take(use, order, max(1, housing // blocks), facility)
    return use


def _take(use, order, count, new):
    """Give the `count` blocks of houses that come first in `order` a new use."""
    rank = np.where(use == HOUSES, order, np.inf).ravel()
    chosen = np.argsort(rank, kind="stable")[:count]
    chosen = chosen[np.isfinite(rank[chosen])]
    use = use.copy()
    use.ravel()[chosen] = new
    return use

"""Districts and villages: whole blocks between main roads, with the people who live there."""

from dataclasses import dataclass
from itertools import pairwise

import geopandas
import numpy as np
import shapely

from sample_city.names import place_names
from sample_city.plan import CRS
from sample_city.streets import MAIN
from sample_city.uses import FARM

# Main roads from one village boundary to the next, by size of the city.
_VILLAGE_ROADS = {"small": 1, "district": 2, "metro": 4}


@dataclass(frozen=True)
class Division:
    """Which district and village each block belongs to.

    Parameters
    ----------
    columns, rows : ndarray
        Lines of the street net where districts meet, with both ends.
    village_columns, village_rows : ndarray
        The same for villages.
    district, village : ndarray
        Number of the district and of the village of each block, shape (k, l).
    """

    columns: np.ndarray
    rows: np.ndarray
    village_columns: np.ndarray
    village_rows: np.ndarray
    district: np.ndarray
    village: np.ndarray


def divide(plan):
    """Division of a city into districts and villages."""
    streets, (across, up) = plan.streets, plan.size.districts
    step = _VILLAGE_ROADS[plan.size.name]
    edge = plan.size.edge
    settled = (plan.blocks.use > FARM).astype(float)
    columns = _cuts(streets.columns, across, settled.sum(axis=1))
    rows = _cuts(streets.rows, up, settled.sum(axis=0))
    village_columns = _finer(streets.columns, columns, step, edge)
    village_rows = _finer(streets.rows, rows, step, edge)
    return Division(
        columns,
        rows,
        village_columns,
        village_rows,
        _numbers(columns, rows),
        _numbers(village_columns, village_rows),
    )


def make_districts(plan, division, buildings):
    """Districts and villages with their names and people.

    Parameters
    ----------
    plan : Plan
    division : Division
    buildings : geopandas.GeoDataFrame
        As `make_buildings` gives them.

    Returns
    -------
    tuple of two geopandas.GeoDataFrame
        Districts and villages; the people of either add up to all occupants.
    """
    districts = _areas(plan, division.columns, division.rows)
    people = _people(division.district, buildings, len(districts))
    names = place_names(plan.seed, "districts", len(districts))
    districts = geopandas.GeoDataFrame(
        {
            "district_id": [f"D{n + 1:02d}" for n in range(len(districts))],
            "name": [f"{latin} District" for latin, _ in names],
            "name_zh": [f"{chinese}區" for _, chinese in names],
            "population": people,
        },
        geometry=districts,
        crs=CRS,
    )
    villages = _areas(plan, division.village_columns, division.village_rows)
    names = place_names(plan.seed, "villages", len(villages))
    first = _first_block(division.village, len(villages))
    villages = geopandas.GeoDataFrame(
        {
            "village_id": [f"V{n + 1:04d}" for n in range(len(villages))],
            "name": [f"{latin} Village" for latin, _ in names],
            "name_zh": [f"{chinese}里" for _, chinese in names],
            "district": districts["name"].to_numpy()[division.district.ravel()[first]],
            "population": _people(division.village, buildings, len(villages)),
        },
        geometry=villages,
        crs=CRS,
    )
    # A division whose area lies outside of the city holds no block of it.
    return _inhabitable(districts), _inhabitable(villages)


def district_names(plan, division, districts, x, y):
    """Name of the district at points given from the south-western corner.

    Returns
    -------
    ndarray of str
    """
    p, q = plan.streets.to_streets(np.asarray(x), np.asarray(y))
    k = np.clip(np.searchsorted(plan.streets.columns.position, p) - 1, 0, None)
    m = np.clip(np.searchsorted(plan.streets.rows.position, q) - 1, 0, None)
    number = division.district[
        np.minimum(k, division.district.shape[0] - 1), np.minimum(m, division.district.shape[1] - 1)
    ]
    names = {row.district_id: row.name for row in districts.itertuples(index=False)}
    return np.array([names[f"D{n + 1:02d}"] for n in number], dtype=object)


def _cuts(lines, parts, settled):
    """Main roads that share out the settled blocks, with both ends."""
    main = np.flatnonzero(lines.kind >= MAIN)
    before = np.append(0.0, np.cumsum(settled))[main] / settled.sum()
    inner = [int(main[np.argmin(np.abs(before - part / parts))]) for part in range(1, parts)]
    return np.unique([0, *inner, lines.count - 1])


def _finer(lines, cuts, step, edge):
    """Cuts of the districts and every so many main roads between them."""
    chosen = list(cuts)
    main = np.flatnonzero(lines.kind >= MAIN)
    for first, last in pairwise(cuts):
        inner = main[(main > first + 1) & (main < last - 1)]
        # Close to the edge of the city a village would be a strip.
        inner = inner[(lines.position[inner] > 150.0) & (lines.position[inner] < edge - 150.0)]
        chosen += list(inner[step - 1 :: step])
    return np.unique(chosen)


def _numbers(columns, rows):
    across = np.searchsorted(columns, np.arange(columns[-1]), side="right") - 1
    up = np.searchsorted(rows, np.arange(rows[-1]), side="right") - 1
    return across[:, None] * (len(rows) - 1) + up[None, :]


def _areas(plan, columns, rows):
    """Polygons between lines, cut at the edge of the city; neighbours share their vertices."""
    p, q = (_with_middles(lines.position) for lines in (plan.streets.columns, plan.streets.rows))
    areas = []
    for west, east in pairwise(columns):
        for south, north in pairwise(rows):
            along, up = p[2 * west : 2 * east + 1], q[2 * south : 2 * north + 1]
            ring_p = np.concatenate([along, np.full(up.size, along[-1]), along[::-1],
                                     np.full(up.size, along[0])])  # fmt: skip
            ring_q = np.concatenate([np.full(along.size, up[0]), up, np.full(along.size, up[-1]),
                                     up[::-1]])  # fmt: skip
            areas.append(plan.absolute(*plan.streets.to_ground(ring_p, ring_q)))
    edge = plan.size.edge
    corner = plan.absolute(0.0, 0.0)
    city = shapely.box(corner[0], corner[1], corner[0] + edge, corner[1] + edge)
    return shapely.intersection([shapely.Polygon(ring) for ring in areas], city)


def _with_middles(position):
    fine = np.empty(2 * position.size - 1)
    fine[::2] = position
    fine[1::2] = 0.5 * (position[1:] + position[:-1])
    return fine


def _people(number, buildings, count):
    home = number[buildings["column"], buildings["row"]]
    return np.bincount(home, weights=buildings["occupants"], minlength=count).astype(np.int64)


def _first_block(number, count):
    first = np.zeros(count, dtype=np.int64)
    values, index = np.unique(number.ravel(), return_index=True)
    first[values] = index
    return first


def _inhabitable(areas):
    return areas[~areas.geometry.is_empty].reset_index(drop=True)

"""What a scenario changes in each district."""

import numpy as np

from service.scenario_pairs import pair

_LIMITS = ("0_1", "0_3", "0_5")


def district_rows(base, other, ground, depths, damage, flooded_over):
    """What changes in each district, in the order of the layer; empty where there is none.

    Parameters
    ----------
    base, other : service.scenario_compare.Side
        Baseline and scenario.
    ground : numpy.ndarray of bool
        Cells that may flood, shape (y, x).
    depths, damage : list of two arrays, or of two None
        Largest depth at each building [m]; `twin.building_damage.BuildingDamage`.
    flooded_over : float
        Depth from which ground counts as flooded [m].

    Returns
    -------
    list of dict
    """
    city = base.city
    if not city.has_layer("districts"):
        return []
    districts = city.layer("districts")
    labels = district_cells(districts, city.grid)
    area = city.grid.cell_size**2
    rows = []
    for number, name in enumerate(districts["name"].astype(str), 1):
        own = ground & (labels == number)
        row = {"district": name, "district_zh": _chinese(districts, number - 1)}
        flooded = [float((side.depth[own] > flooded_over).sum()) * area for side in (base, other)]
        row["flooded_area_m2"] = pair(*flooded)
        deepest = [float(side.depth[own].max()) if own.any() else None for side in (base, other)]
        row["deepest_m"] = pair(*deepest)
        rows.append(row)
    if depths[0] is not None:
        sides = zip((base, other), depths, damage, strict=True)
        tables = [_exposed(side.city, districts, depth, cost) for side, depth, cost in sides]
        for row, before, after in zip(rows, *tables, strict=True):
            row |= {key: pair(before[key], after[key]) for key in before}
    return rows


def _exposed(city, districts, depth, cost):
    """People, wet buildings and damage in each district, a list of dicts."""
    from twin.exposure import district_severity

    layer = city.layer("buildings")
    table = district_severity(districts, layer, depth).set_index("district")
    home = _home(layer, districts)
    rows = []
    for number, name in enumerate(districts["name"].astype(str)):
        found = table.loc[[name]].iloc[0]
        rows.append(
            {
                **{f"people_{key}_m": int(found[f"people_{key}_m"]) for key in _LIMITS},
                "buildings_flooded": int(found["buildings"]),
                "damage": float(cost.total(home == number)[1]),
            }
        )
    return rows


def _home(layer, districts):
    """Row of the district of each building, -1 outside of all."""
    middles = layer.geometry.representative_point().to_numpy()
    building, district = districts.sindex.query(middles, predicate="intersects")
    home = np.full(len(layer), -1)
    home[building[::-1]] = district[::-1]
    return home


def district_cells(districts, grid):
    """Number of the district of each cell from 1, 0 outside of all, shape (y, x)."""
    from rasterio.features import rasterize

    shapes = list(zip(districts.geometry, range(1, len(districts) + 1), strict=True))
    return rasterize(shapes, grid.shape, transform=grid.transform, dtype="int32")


def _chinese(layer, row):
    return str(layer["name_zh"].iloc[row]) if "name_zh" in layer else None

"""What a scenario changes in each district."""

from service.scenarios.pairs import pair


def district_rows(base, other, ground, depths, damage, flooded_over):
    """What changes in each district, in the order of the layer; empty where there is none.

    Parameters
    ----------
    base, other : service.scenarios.compare.Side
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
    districts = base.objects.layer("districts")
    if districts is None:
        return []
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
        tables = [
            _exposed(side.objects, len(districts), depth, cost) for side, depth, cost in sides
        ]
        for row, before, after in zip(rows, *tables, strict=True):
            row |= {key: pair(before[key], after[key]) for key in before}
    return rows


def _exposed(objects, count, depth, cost):
    """People, wet buildings and damage in each district by its row, a list of dicts."""
    from twin.exposure import THRESHOLDS, knows_people, people_exposed

    layer, home = objects.layer("buildings"), objects.home_district("buildings")
    is_known = knows_people(layer)
    rows = []
    for number in range(count):
        own = home == number
        people = people_exposed(layer[own], depth[own]) if is_known else {}
        rows.append(
            {
                **{f"people_{limit:g}_m".replace(".", "_"): _whole(people.get(limit))
                   for limit in THRESHOLDS},
                "buildings_flooded": int((depth[own] > THRESHOLDS[0]).sum()),
                "damage": float(cost.total(own)[1]),
            }
        )  # fmt: skip
    return rows


def _whole(count):
    return None if count is None else int(count)


def district_cells(districts, grid):
    """Number of the district of each cell from 1, 0 outside of all, shape (y, x)."""
    from rasterio.features import rasterize

    shapes = list(zip(districts.geometry, range(1, len(districts) + 1), strict=True))
    return rasterize(shapes, grid.shape, transform=grid.transform, dtype="int32")


def _chinese(layer, row):
    return str(layer["name_zh"].iloc[row]) if "name_zh" in layer else None

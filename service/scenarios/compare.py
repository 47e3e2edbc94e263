"""Two runs of one city side by side: water, districts, buildings, people, damage."""

from dataclasses import dataclass, field

import numpy as np

from service.scenarios.districts import district_rows
from service.scenarios.pairs import pair
from service.web.catalogue import product_file
from twin.errors import InputError
from twin.grid import Grid

FLOODED = 0.15
"""Depth from which ground counts as flooded [m]."""

WET_BUILDING = 0.1
"""Depth at a building from which it counts as flooded [m]."""

NOTICED = 0.02
"""Change of depth that is told of a building [m]."""

MOST_BUILDINGS = 200
_STANDING = 0.05


@dataclass(frozen=True)
class Side:
    """One of the two: a city and what a run says of it.

    Parameters
    ----------
    objects : twin.state.city_objects.CityObjects
        Of the city as it was for this run.
    run : service.runs.Run
    fields : dict of str to numpy.ndarray
        Bands of its maxima, shape (y, x).
    """

    objects: object
    run: object
    fields: dict = field(repr=False)

    @property
    def city(self):
        """The city, `twin.city.City`."""
        return self.objects.city

    @property
    def buildings(self):
        """Layer of the buildings; None where the city has none."""
        return self.objects.layer("buildings")

    @property
    def rings(self):
        """Cells around each building, `twin.exposure.BuildingRings`."""
        return self.objects.cells("buildings")

    @property
    def depth(self):
        """Largest depth of the run, NaN outside, shape (y, x) [m]."""
        return self.fields["max_depth"]


def open_side(objects, run):
    """Read what a comparison needs of a run.

    Parameters
    ----------
    objects : twin.state.city_objects.CityObjects
        Of the city as it was for the run.
    run : service.runs.Run

    Raises
    ------
    InputError
        The run is not on the grid of the city.
    MissingError
        The run has no maxima.
    """
    import rasterio

    city = objects.city
    with rasterio.open(product_file(run, "maxima.tif")) as raster:
        size, corner = raster.transform.a, (raster.transform.c, raster.transform.f)
        crs = run.manifest["city"]["crs"]
        unlike = city.grid.unlike(Grid(*corner, size, raster.width, raster.height, crs))
        if unlike:
            raise InputError(
                f"run {run.run_id} has {unlike} as city {city.name}, expected the same cells; "
                "compare runs of one grid"
            )
        fields = dict(zip(raster.descriptions, raster.read(), strict=True))
    return Side(objects, run, fields)


def compare(base, other, left_out=None):
    """All tables of a comparison.

    Parameters
    ----------
    base, other : Side
        Baseline and scenario.
    left_out : numpy.ndarray of bool, optional
        Cells that count as no flood in either, such as a new pond, shape (y, x).

    Returns
    -------
    dict
        ``districts``, ``buildings``, ``people``, ``damage``, ``headline``, ``ledger``; values are
        dicts of ``base``, ``scenario``, ``difference``.
    """
    ground = _street(base, other, left_out)
    sides, has_buildings = (base, other), base.buildings is not None
    depths = [side.rings.deepest(side.depth) for side in sides] if has_buildings else [None, None]
    damage = [_damage(side) for side in sides] if has_buildings else [None, None]
    buildings = _buildings(base, other, *depths) if has_buildings else None
    people = _people(base, other, *depths) if has_buildings else None
    area = base.city.grid.cell_size**2
    flooded = [float((side.depth[ground] > FLOODED).sum()) * area for side in sides]
    total = _total(*damage) if has_buildings else None
    return {
        "districts": district_rows(base, other, ground, depths, damage, FLOODED),
        "buildings": buildings,
        "people": people,
        "damage": total,
        "headline": {
            "flooded_area_m2": pair(*flooded),
            "deepest_m": pair(*(float(np.nanmax(side.depth[ground])) for side in sides)),
            "people_0_3_m": people and people["0.3"],
            "buildings_flooded": buildings and buildings["flooded"],
            "damage": total and {key: total[key] for key in ("base", "scenario", "difference")},
        },
        "ledger": {
            "base": base.run.manifest.get("ledger", {}),
            "scenario": other.run.manifest.get("ledger", {}),
        },
    }  # fmt: skip


def _street(base, other, left_out):
    """Open ground of both: no building, no standing water, nothing that is left out."""
    ground = np.isfinite(base.depth) & np.isfinite(other.depth)
    for side in (base, other):
        terrain = side.city.terrain
        if "building_blockage" in terrain:
            ground &= ~(terrain["building_blockage"].values >= 0.5)
    if "initial_depth" in base.city.terrain:
        ground &= ~(base.city.terrain["initial_depth"].values > _STANDING)
    if left_out is not None:
        ground &= ~left_out
    return ground


def _people(base, other, base_depth, other_depth):
    """People in buildings deeper than each threshold; None where nobody knows of any."""
    from twin.exposure import THRESHOLDS, knows_people, people_exposed

    if not knows_people(base.buildings):
        return None
    before = people_exposed(base.buildings, base_depth)
    after = people_exposed(other.buildings, other_depth)
    return {f"{depth:g}": pair(int(before[depth]), int(after[depth])) for depth in THRESHOLDS}


def _buildings(base, other, base_depth, other_depth):
    """Buildings that got wet, fell dry, or whose depth changed, by the row of the layer.

    One that stands on one side only is no change of the water: it counts as removed or added.
    """
    layer = other.buildings
    before, after = (_long(depth, len(layer), np.nan) for depth in (base_depth, other_depth))
    stood = _long(_stands(base.buildings), len(layer), False)
    stands = _stands(layer)
    was, now, both = before > WET_BUILDING, after > WET_BUILDING, stood & stands
    change = np.abs(np.where(both, after - before, 0.0))
    order = np.argsort(-change, kind="stable")[:MOST_BUILDINGS]
    ids = layer["building_id"].astype(str).to_numpy()
    return {
        "count": int(stands.sum()),
        "flooded_over_m": WET_BUILDING,
        "flooded": pair(int(was.sum()), int(now.sum())),
        "relieved": int((both & was & ~now).sum()),
        "newly_flooded": int((both & now & ~was).sum()),
        "removed": {"count": int((stood & ~stands).sum()), "flooded": int((was & ~stands).sum())},
        "added": {"count": int((stands & ~stood).sum()), "flooded": int((now & ~stood).sum())},
        "changed": [
            {"row": int(row), "building_id": ids[row], **_change_of(before[row], after[row])}
            for row in order
            if change[row] >= NOTICED
        ],
    }


def _stands(buildings):
    """Which buildings have a footprint: those that a scenario removed keep their row only."""
    import shapely

    shapes = buildings.geometry.to_numpy()
    return ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))


def _long(values, count, rest):
    """Values of the first buildings, and the same for all that a scenario added."""
    return np.r_[values, np.full(count - len(values), rest)]


def _change_of(before, after):
    values = pair(float(before), float(after))
    return {f"{key}_m": value for key, value in values.items()}


def _damage(side):
    """Damage to each building, `twin.building_damage.BuildingDamage`."""
    from twin.building_damage import AROUND, building_damage

    depth = side.rings.quantile(side.depth, AROUND)
    return building_damage(side.city, side.buildings, depth)


def _total(base, other):
    """Loss of all buildings before and after, and what it is."""
    losses = pair(*(float(cost.total()[1]) for cost in (base, other)))
    return {**losses, "unit": base.unit, "what": base.what, "source": base.source}


def city_place(city):
    """Longitude and latitude of the middle of a city [degrees]."""
    from pyproj import Transformer

    west, south, east, north = city.grid.bounds
    transformer = Transformer.from_crs(city.crs, "EPSG:4326", always_xy=True)
    return transformer.transform((west + east) / 2, (south + north) / 2)

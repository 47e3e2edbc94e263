"""Places that matter in a flood: hospitals, schools, shelters, stations, depots."""

import geopandas
import numpy as np
import shapely

from sample_city.districts import district_names
from sample_city.names import place_names
from sample_city.plan import CRS, SOUTH_WEST
from sample_city.uses import (
    FIRE_STATION,
    HOSPITAL,
    MARKET,
    POLICE,
    PUMP_DEPOT,
    SCHOOL,
    SUBSTATION,
)

# block use: (kind of place, name, floor for one person, bed or crew [m2])
_KINDS = {
    HOSPITAL: ("hospital", "Hospital", 60.0),
    SCHOOL: ("school", "School", 12.0),
    FIRE_STATION: ("fire_station", "Fire Station", 90.0),
    POLICE: ("police", "Police Station", 80.0),
    SUBSTATION: ("substation", "Substation", 0.0),
    PUMP_DEPOT: ("pump_depot", "Pump Depot", 400.0),
    MARKET: ("market", "Market", 8.0),
}
_SHELTER_FLOOR = 4.0  # floor of a school for one person in need of shelter [m2]


def make_places(plan, buildings, division, districts):
    """Critical places, one for each facility; schools are shelters as well.

    Parameters
    ----------
    plan : Plan
    buildings : geopandas.GeoDataFrame
        As `make_buildings` gives them.
    division, districts
        As `divide` and `make_districts` give them.

    Returns
    -------
    geopandas.GeoDataFrame
        place_id, name, kind, capacity (people, beds, crew or pumps), district.
    """
    facility = buildings[buildings["block_use"].isin(list(_KINDS))]
    main = facility.drop_duplicates(["column", "row"]).reset_index(drop=True)
    names = place_names(plan.seed, "places", len(main))
    rows = []
    for (latin, _), building in zip(names, main.itertuples(index=False), strict=True):
        kind, title, share = _KINDS[building.block_use]
        floor = building.geometry.area * building.storeys
        capacity = int(floor / share) if share else 0
        point = building.geometry.centroid
        rows.append((f"{latin} {title}", kind, capacity, point))
        if building.block_use == SCHOOL:
            people = int(floor / 2.0 / _SHELTER_FLOOR)
            rows.append((f"{latin} School Shelter", "shelter", people, point))
    name, kind, capacity, points = zip(*rows, strict=True)
    x, y = shapely.get_coordinates(points).T
    return geopandas.GeoDataFrame(
        {
            "place_id": [f"P{n + 1:05d}" for n in range(len(rows))],
            "name": name,
            "kind": kind,
            "capacity": np.array(capacity, dtype=np.int64),
            "district": district_names(
                plan, division, districts, x - SOUTH_WEST[0], y - SOUTH_WEST[1]
            ),
        },
        geometry=list(points),
        crs=CRS,
    )

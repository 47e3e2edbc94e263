"""Generates a whole sample city: its plan, its layers, its terrain, its weather, as a package."""

from pathlib import Path

from sample_city.buildings import make_buildings
from sample_city.districts import divide, make_districts
from sample_city.drainage import make_drainage
from sample_city.flood_spots import make_flood_spots, tiles_of
from sample_city.ground_cover import make_land_cover, make_soils
from sample_city.names import place_names
from sample_city.places import make_places
from sample_city.plan import make_plan
from sample_city.roads import make_roads
from sample_city.sensors import make_sensors
from sample_city.surfaces import make_terrain
from sample_city.water import make_boundaries, make_levees, make_ponds, make_water
from sample_city.waterworks import make_gates, make_mobile_pumps, make_pump_stations
from sample_city.weather import make_weather
from twin.city import write_city
from twin.errors import InputError
from twin.fields import FIELDS

VERTICAL_DATUM = "mean sea level (TWVD2001)"

_OWN_COLUMNS = ["column", "row", "block_use"]  # of buildings, known to this room only


def generate_city(folder, size="small", seed=1, *, overwrite=False, progress=None):
    """Generate a sample city and write it as a city package.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where the package goes.
    size : {"small", "district", "metro"}
        About 1 km2 at 4 m, 25 km2 at 5 m, or 2,053 km2 at 5 m.
    seed : int
        The same seed gives the same city, another seed another one.
    overwrite : bool
        Whether a city package that stands there already is replaced.
    progress : callable, optional
        Called with the steps done and all steps.

    Returns
    -------
    twin.city.City
        With the weather ``storm`` and ``typhoon``, and no sensor archive yet.

    Raises
    ------
    InputError
        There is no such size, the seed is no whole number, or the folder is taken.
    DeviceError
        The disk is full.
    """
    plan = make_plan(size, seed)
    if Path(folder).exists() and not overwrite:
        raise InputError(
            f"{folder} exists already, expected a new folder; choose another or remove it"
        )
    tiles = len(list(tiles_of(plan)))
    steps = _Steps(progress, 2 * tiles + 1)
    layers, buildings = _layers(plan, steps)
    steps.advance()
    title, _ = place_names(plan.seed, "city", 1)[0]
    names = [*FIELDS, *layers]
    source = {"source": "generated, an invented city", "licence": "Apache-2.0", "date": ""}
    return write_city(
        folder,
        name=f"sample-{size}-{seed}",
        title=f"{title} City (sample, {size})",
        grid=plan.grid,
        terrain=_tiles(plan, buildings, steps),
        layers=layers,
        vertical_datum=VERTICAL_DATUM,
        buildings_as="raised",
        edges="closed",
        sources=dict.fromkeys(names, source),
        weather=make_weather(plan),
        generator=f"sample_city size={size} seed={seed}",
        overwrite=overwrite,
    )


def make_layers(plan, progress=None):
    """All vector layers of a city, name to GeoDataFrame.

    Parameters
    ----------
    plan : sample_city.plan.Plan
    progress : callable, optional
        Called with the tiles searched for low points and all tiles.
    """
    return _layers(plan, _Steps(progress, len(list(tiles_of(plan)))))[0]


class _Steps:
    """Counts steps of two kinds of work on one bar."""

    def __init__(self, progress, total):
        self.progress, self.total, self.done = progress, total, 0

    def advance(self, *_):
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)


def _layers(plan, steps):
    buildings = make_buildings(plan)
    roads = make_roads(plan)
    division = divide(plan)
    districts, villages = make_districts(plan, division, buildings)
    drainage = make_drainage(plan)
    places = make_places(plan, buildings, division, districts)
    sensors = make_sensors(plan, roads, drainage["manholes"], division, districts)
    spots = make_flood_spots(plan, roads, division, districts, progress=steps.advance)
    layers = {
        "buildings": buildings.drop(columns=_OWN_COLUMNS),
        "roads": roads,
        "districts": districts,
        "villages": villages,
        "water": make_water(plan),
        "land_cover": make_land_cover(plan),
        "soils": make_soils(plan),
        "places": places,
        "flood_spots": spots,
        "sensors": sensors,
        **drainage,
        "levees": make_levees(plan),
        "pump_stations": make_pump_stations(plan),
        "gates": make_gates(plan),
        "ponds": make_ponds(plan),
        "mobile_pumps": make_mobile_pumps(plan, places),
        "boundaries": make_boundaries(plan),
    }
    return layers, buildings


def _tiles(plan, buildings, steps):
    for row, column, ny, nx in tiles_of(plan):
        yield row, column, make_terrain(plan, row, column, ny, nx, buildings)
        steps.advance()

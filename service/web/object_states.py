"""The objects of each city and their runs, kept open so that a record takes milliseconds."""

import logging
import threading
import time
from functools import lru_cache

import geopandas as gpd

from service.runs import RunStore
from service.utc import as_utc
from twin.errors import InputError, MissingError, TwinError
from twin.observations.store import ObservationStore
from twin.roads.access import Access
from twin.roads.network import build_network
from twin.roads.passability import vehicle_named
from twin.roads.routes import RouteFinder
from twin.roads.water import DEFAULT_CAUTION, road_water
from twin.state.city_objects import CityObjects
from twin.state.model_record import ModelIndex
from twin.state.object_state import ObjectStates
from twin.state.run_objects import RunObjects
from twin.state.run_water import RunWater
from twin.state.sensors import CitySensors

KEPT_CITIES = 4
KEPT_RUNS = 6
KEPT_WATERS = 64
KEPT_SECONDS = 10.0
"""Readings are kept for so long: ages are wrong by no more."""

NEWEST = ("latest", "current")
LOOKED_THROUGH = 200
"""So many of the newest runs are looked through for one that is no forecast."""

_log = logging.getLogger("floodtwin.service")


class ObjectKeeper:
    """Opens cities, runs and stores for the routes of objects.

    Parameters
    ----------
    catalogue : service.web.catalogue.Catalogue
        The data folder.
    clock : service.web.clock.Clock
        By which ages are counted.
    """

    def __init__(self, catalogue, clock):
        self.catalogue = catalogue
        self.clock = clock
        self._objects = lru_cache(maxsize=KEPT_CITIES)(CityObjects)
        self._runs = lru_cache(maxsize=KEPT_RUNS)(_open_run)
        self._waters_of_runs = lru_cache(maxsize=KEPT_WATERS)(_open_water)
        self._stores = lru_cache(maxsize=KEPT_CITIES)(_open_store)
        self._models = lru_cache(maxsize=KEPT_CITIES)(ModelIndex)
        self._sensors = lru_cache(maxsize=16)(self._read_sensors)
        self._networks = lru_cache(maxsize=KEPT_CITIES)(_network_of)
        self._waters = lru_cache(maxsize=2 * KEPT_RUNS)(road_water)
        self._accesses = lru_cache(maxsize=KEPT_RUNS)(_access_of)
        self._finders = lru_cache(maxsize=2 * KEPT_RUNS)(RouteFinder)
        self._one_at_a_time = threading.RLock()

    def objects(self, name):
        """Objects of a city, opened once a version."""
        return self._objects(self.catalogue.city(name))

    def model_record(self, name, found):
        """What the 3D model says of a building; None without a model or for anything else."""
        if found.kind != "building":
            return None
        return self._models(self.catalogue.city(name)).record(found.id)

    def run(self, name, run):
        """A published run over the objects of a city."""
        return self._runs(self.objects(name), run.folder, run.run_id)

    def water(self, run):
        """The water of a published run, without the objects."""
        return self._waters_of_runs(run.folder, run.run_id)

    def speaking(self, name, wanted):
        """Runs that speak: the one asked for, or the current forecast and newest simulation.

        Returns
        -------
        list of service.runs.Run
            Maybe empty.
        """
        if wanted and wanted not in NEWEST:
            return [self.catalogue.run(name, wanted)]
        found = []
        try:
            found.append(RunStore(self.catalogue.settings.runs(name)).open("current"))
        except MissingError:
            _log.debug("%s has no forecast", name)
        recent = self.catalogue.runs(name, LOOKED_THROUGH)
        others = (run for run in recent if run.manifest.get("kind") != "forecast")
        return found + [run for run in [next(others, None)] if run is not None]

    def one_run(self, name, wanted):
        """The run asked for; ``latest`` is the current forecast where there is one.

        Raises
        ------
        MissingError
            There is no run.
        """
        found = self.speaking(name, wanted)
        return found[0] if found else self.catalogue.run(name, "latest")

    def network(self, name):
        """Road network of a city, built once a version.

        Raises
        ------
        MissingError
            The city has no roads.
        """
        objects = self.objects(name)
        with self._one_at_a_time:  # or each asker of a new city builds its own
            return self._networks(objects)

    def road_water(self, name, run, caution):
        """Depth of the network in a run, read once for each caution."""
        network, opened = self.network(name), self.run(name, run)
        with self._one_at_a_time:
            return self._waters(network, opened, caution)

    def road_depths(self, name, run, caution):
        """Depth of each road of the layer in a run, shape (step, road) [m]."""
        network, count = self.network(name), len(self.objects(name).layer("roads"))
        return self.road_water(name, run, caution).by_road(network, count)

    def finder(self, name, run, vehicle, caution):
        """Ways of a vehicle through the water of a run."""
        chosen = vehicle_named(vehicle)
        return self._finders(self.network(name), self.road_water(name, run, caution), chosen)

    def access(self, name, run):
        """Access by road in a run; None where the city has no roads or the run another grid."""
        if not self.objects(name).has_roads or self.run(name, run).mismatch:
            return None
        water = self.road_water(name, run, DEFAULT_CAUTION)
        return self._accesses(self.network(name), water, self.objects(name))

    def point(self, name, text):
        """A place given as ``lon,lat``, in the CRS of the city.

        Raises
        ------
        InputError
            It is no such place.
        """
        try:
            longitude, latitude = (float(part) for part in text.split(","))
        except ValueError:
            longitude = latitude = float("nan")
        if not (abs(longitude) <= 180.0 and abs(latitude) <= 90.0):
            raise InputError(f"place is {text[:60]!r}, expected lon,lat such as 120.16,23.61")
        point = gpd.GeoSeries.from_xy([longitude], [latitude], crs="EPSG:4326")
        return point.to_crs(self.catalogue.city(name).crs).iloc[0]

    def store(self, name):
        """Readings of a city; None where it has none."""
        folder = self.catalogue.settings.store(name)
        if not (folder / "observations.sqlite").is_file():
            return None
        return self._stores(folder)

    def sensors(self, name, at=None):
        """Sensors of a city with their newest readings, read anew after `KEPT_SECONDS`.

        Returns
        -------
        twin.state.sensors.CitySensors or None
            None without a store.
        """
        store = self.store(name)
        if store is None:
            return None
        at = None if at is None else as_utc(at)
        age = int(time.monotonic() / KEPT_SECONDS)
        return self._sensors(self.objects(name), store, at, age)

    def _read_sensors(self, objects, store, at, _age):
        return CitySensors(objects, store, self.clock.now(), at)

    def warm(self):
        """Open what the first record of each city needs."""
        for name in self.catalogue.city_names()[:KEPT_CITIES]:
            try:
                runs = self.speaking(name, "latest")
                found = self.objects(name).find("building", "row:0")
                self.states(name, runs).record(found, self.moment(None))
                if runs:
                    self.access(name, runs[0])
            except TwinError as error:
                _log.warning("the objects of %s cannot be opened: %s", name, error)

    def moment(self, at):
        """The moment asked for, or what the clock reads; naive, UTC."""
        return as_utc(at if at else self.clock.now())

    def observed_moment(self, at):
        """The moment asked for, but never one that the clock has not reached."""
        return min(self.moment(at), self.moment(None))

    def states(self, name, runs, at=None):
        """What answers for the objects of a city: given runs and the sensors as of `at`."""
        try:
            sensors = self.sensors(name, at)
        except TwinError as error:  # readings that fail must not hide the forecast
            _log.warning("the readings of %s cannot be shown: %s", name, error)
            sensors = None
        opened = [self.run(name, run) for run in runs]
        return ObjectStates(self.objects(name), opened, sensors)


def _open_water(folder, run_id):
    return RunWater(folder, RunStore(folder.parent).open(run_id).manifest)


def _open_run(objects, folder, run_id):
    return RunObjects(objects, _open_water(folder, run_id))


def _network_of(objects):
    if not objects.has_roads:
        raise MissingError(f"city {objects.city.name} has no roads; import a city with roads")
    return build_network(objects.layer("roads"))


def _access_of(network, water, objects):
    return Access(network, water, objects.layer("places"))


def _open_store(folder):
    return ObservationStore(folder, create=False)

"""Routes of roads, ways through the water, and shelters."""

import math

import numpy as np
from fastapi import Query, Response

from service.utc import as_utc, iso
from service.web.freshness import holding
from service.web.models_roads import RoadStep, ShelterPlan, WayCollection
from service.web.replies import NEVER
from twin.errors import InputError, MissingError
from twin.roads.evacuation import plan_evacuation
from twin.roads.passability import VEHICLES, is_passable, vehicle_named
from twin.roads.routes import Route
from twin.roads.water import CAUTIONS, DEFAULT_CAUTION

VEHICLE = Query("car", description="one of " + ", ".join(VEHICLES))
PERCENTILE = Query(DEFAULT_CAUTION, description="of the members: one of " + ", ".join(CAUTIONS))
MOST_SHELTER_WAYS = 3


def add_roads(router, keeper):
    """Add ``/runs/{run}/roads``, ``/routes`` and ``/shelters`` to the routes of a city.

    Parameters
    ----------
    router : fastapi.APIRouter
        Below ``/api/cities/{city}``.
    keeper : service.web.object_states.ObjectKeeper
        What is open.
    """
    _add_roads(router, keeper)
    _add_routes(router, keeper)
    _add_shelters(router, keeper)


def _add_roads(router, keeper):
    @router.get("/runs/{run}/roads", response_model=RoadStep)
    def get_roads(
        city: str,
        run: str,
        response: Response,
        vehicle: str = VEHICLE,
        step: int | None = Query(None, ge=0, description="default: deepest of the run"),
        percentile: str = PERCENTILE,
    ):
        """Which roads a vehicle gets through at a step, or in the whole run."""
        response.headers["Cache-Control"] = NEVER  # it tells its age
        chosen = vehicle_named(vehicle)
        found = keeper.one_run(city, run)
        water = keeper.road_water(city, found, percentile)
        series = keeper.road_depths(city, found, percentile)
        _require_step(step, len(series))
        depth = series[step] if step is not None else np.fmax.reduce(series)
        is_bridge = keeper.objects(city).is_bridge
        passable = np.where(is_bridge & (not chosen.floats), True, is_passable(depth, chosen))
        known = np.isfinite(depth) | is_bridge
        return {
            **_standing(found, keeper.clock),
            "vehicle": vehicle,
            "limit": chosen.limit,
            "percentile": water.caution,
            "times": [f"{time}Z" for time in water.times],
            "step": step,
            "count": len(depth),
            "passable": [int(p) if k else None for p, k in zip(passable, known, strict=True)],
            "depth_mm": [round(1000 * float(d)) if math.isfinite(d) else None for d in depth],
            "impassable": int((known & ~passable).sum()),
        }


def _add_routes(router, keeper):
    @router.get("/routes", response_model=WayCollection)
    def get_routes(
        city: str,
        response: Response,
        start: str = Query(alias="from", description="lon,lat"),
        to: str = Query("shelter", description="lon,lat; or shelter: the nearest that are open"),
        run: str = Query("latest"),
        vehicle: str = VEHICLE,
        depart: str | None = Query(None, description="ISO time; default now, within the run"),
        percentile: str = PERCENTILE,
    ):
        """The fastest safe way from a place to another, or to the nearest open shelters."""
        response.headers["Cache-Control"] = NEVER
        found = keeper.one_run(city, run)
        finder = keeper.finder(city, found, vehicle, percentile)
        opened = keeper.run(city, found)
        seconds = _departure(finder.water, depart, keeper.clock)
        origin = keeper.point(city, start)
        if to == "shelter":
            ways = _to_shelters(finder, opened, origin, seconds)
        else:
            ways = [(None, finder.route(origin, keeper.point(city, to), seconds))]
        return {
            **_standing(found, keeper.clock),
            "features": [_feature(finder, opened, way, seconds, target) for target, way in ways],
        }


def _add_shelters(router, keeper):
    @router.get("/shelters", response_model=ShelterPlan)
    def get_shelters(
        city: str,
        response: Response,
        run: str = Query("latest"),
        step: int = Query(0, ge=0),
        vehicle: str = Query("pedestrian", description="how people go"),
        percentile: str = PERCENTILE,
    ):
        """Shelters at a step, and an assignment of the people of endangered buildings to them."""
        response.headers["Cache-Control"] = NEVER  # it tells its age
        found = keeper.one_run(city, run)
        finder, opened = keeper.finder(city, found, vehicle, percentile), keeper.run(city, found)
        _require_step(step, len(finder.water.times))
        plan = plan_evacuation(finder, opened, step)
        places = {entry["id"]: entry for entry in opened.objects.listing("shelter")}
        rows = [
            {**shelter, "lon": places[shelter["id"]]["lon"], "lat": places[shelter["id"]]["lat"]}
            for shelter in plan.shelters
        ]
        times = [f"{time}Z" for time in finder.water.times]
        return {
            **{name: value for name, value in vars(plan).items() if name != "shelters"},
            **_standing(found, keeper.clock),
            "vehicle": vehicle,
            "percentile": finder.water.caution,
            "times": times,
            "step": step,
            "time": times[step],
            "shelters": rows,
        }


def _standing(run, clock):
    """Which run speaks, at which level, and how old it is."""
    state = holding(run, clock)
    names = ("age_seconds", "stale", "stale_reason", "exercise", "clock")
    level = run.manifest.get("twin_level", "")
    return {"run_id": run.run_id, "twin_level": level, **{name: state[name] for name in names}}


def _require_step(step, count):
    if step is not None and step >= count:
        raise MissingError(f"no step {step}, expected 0 to {count - 1}; ask /frames for the times")


def _departure(water, depart, clock):
    """Seconds from the start of the run to the departure; by default now, else its start."""
    start = water.times[0]
    asked = np.datetime64(as_utc(depart if depart else clock.now()), "s")
    seconds = float((asked - start).astype(float))
    if water.step_at(seconds) is None:
        if depart:
            raise InputError(
                f"departure at {depart[:40]!r}, expected one from {start}Z to {water.times[-1]}Z; "
                "choose another time or run"
            )
        seconds = 0.0
    return seconds


def _to_shelters(finder, opened, origin, seconds):
    """Ways to the open shelters that are reached first, or one that says why there is none."""
    step = finder.water.step_at(seconds)
    shelters = [s for s in plan_evacuation(finder, opened, step).shelters if s["state"] == "open"]
    places = opened.objects.layer("places")
    access = finder.access(origin)
    if access is None or not shelters:
        reason = "no shelter is open" if access is not None else "no road near the start"
        return [(None, Route(False, reason))]
    arrivals = finder.arrivals(access, seconds)
    ways = [
        (s["id"], finder.route_from(access, arrivals, places.geometry.iloc[s["row"]], seconds))
        for s in shelters
    ]
    ways.sort(key=lambda way: (not way[1].reached, way[1].seconds or 0.0))
    reached = [way for way in ways if way[1].reached]
    return (reached or ways)[:MOST_SHELTER_WAYS] if reached else ways[:1]


def _feature(finder, opened, way, seconds, target):
    import geopandas as gpd

    start = finder.water.times[0]

    def moment(after):
        return iso(start + np.timedelta64(round(after), "s"))

    line = None
    if way.line is not None:
        line = gpd.GeoSeries([way.line], crs=opened.objects.city.crs).to_crs("EPSG:4326").iloc[0]
    names = opened.objects.layer("roads")
    return {
        "geometry": None
        if line is None
        else {"coordinates": [[round(x, 6), round(y, 6)] for x, y in line.coords]},
        "properties": {
            "reached": way.reached,
            "reason": way.reason,
            "vehicle": finder.vehicle.name,
            "percentile": finder.water.caution,
            "departure": moment(seconds),
            "arrival": moment(way.left[-1]) if way.reached else None,
            "minutes": round(way.seconds / 60, 2) if way.reached else None,
            "length_m": round(way.length, 1) if way.reached else None,
            "deepest_m": round(way.deepest, 3) if way.reached else None,
            "shelter": target,
            "legs": [
                {
                    "road": int(finder.network.road[piece]),
                    "name": str(names["name"].iloc[finder.network.road[piece]] or "")
                    if "name" in names
                    else "",
                    "entered": moment(entered),
                    "left": moment(left),
                }
                for (piece, _), entered, left in zip(way.pieces, way.entered, way.left, strict=True)
            ],
        },
    }

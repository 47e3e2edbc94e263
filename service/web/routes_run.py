"""Routes of runs: what was forecast, as pictures, tiles, hotspots and depths at buildings."""

import json

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from service.cycle.alert_gate import alert_standing
from service.cycle.late_data import read_note
from service.products import NOT_KNOWN
from service.web.building_attributes import building_attribute
from service.web.catalogue import product_file
from service.web.chinese_names import in_chinese
from service.web.freshness import holding, marked
from service.web.models import (
    BuildingTimes,
    DistrictTable,
    FrameList,
    HotspotCollection,
    RunDetail,
    RunSummary,
)
from service.web.models_rain import RainSeries
from service.web.rain_since import RainSince
from service.web.replies import BINARY, NEVER, PNG, keeping, media, reply
from service.web.run_fields import find_field, legends
from tiles.rasters import array_tile, number_tile, raster_tile
from twin.errors import MissingError
from twin.exposure import THRESHOLDS

FLOODED_BUILDING_M = THRESHOLDS[0]
MOST_RUNS = 500


def run_router(catalogue, clock, keeper):
    """Routes below ``/api/cities/{city}/runs``; ages are counted by `clock`.

    `keeper` (`service.web.object_states.ObjectKeeper`) has the objects of cities open.
    """
    router = APIRouter(prefix="/api/cities/{city}/runs", tags=["runs"])

    @router.get("", response_model=list[RunSummary])
    def list_runs(city: str, response: Response, limit: int = Query(50, ge=1, le=MOST_RUNS)):
        """Runs of a city, newest first."""
        response.headers["Cache-Control"] = NEVER
        return [_summary(run, clock) for run in catalogue.runs(city, limit)]

    @router.get("/{run}", response_model=RunDetail)
    def get_run(city: str, run: str, response: Response):
        """One run with its age at this moment; ``latest`` is the newest."""
        response.headers["Cache-Control"] = NEVER
        found = catalogue.run(city, run)
        return {
            **_summary(found, clock),
            "fields": legends(found),
            "late_data": read_note(found),
            "alerts": alert_standing(found, clock),
        }

    _add_frames(router, catalogue, clock)
    _add_tiles(router, catalogue)
    _add_places(router, catalogue, clock)
    _add_rain(router, catalogue, clock, RainSince(keeper))
    _add_buildings(router, catalogue, clock)
    _add_attributes(router, catalogue, keeper)
    return router


def _add_frames(router, catalogue, clock):
    @router.get("/{run}/frames", response_model=FrameList)
    def get_frames(city: str, run: str, response: Response):
        """Times, corners and size of the pictures of the water."""
        response.headers["Cache-Control"] = keeping(run, clock)
        found = catalogue.run(city, run)
        frames = catalogue.frames(found)
        return {
            "run_id": found.run_id,
            **marked(found.manifest, clock),
            "times": frames.times,
            "corners": frames.corners,
            "size": frames.size,
            "steps": frames.scale.steps,
        }

    @router.get(
        "/{run}/frames/{index}.png",
        response_class=Response,
        responses=media(PNG, "depth of the water at one time, in Web Mercator"),
    )
    def get_frame(request: Request, city: str, run: str, index: int):
        """The water at one time, to be laid between the corners of ``/frames``."""
        found = catalogue.run(city, run)
        key = ("frame", city, found.run_id, index)
        body = catalogue.bytes.get(key, lambda: catalogue.frames(found).png(index))
        return reply(request, body, PNG, keeping(run))


def _add_tiles(router, catalogue):
    @router.get(
        "/{run}/tiles/{field}/{z}/{x}/{y}.png",
        response_class=Response,
        responses=media(PNG, "a field over the whole run as a map tile"),
    )
    def get_raster_tile(request: Request, city: str, run: str, field: str, z: int, x: int, y: int):
        """One tile of a field of the run (see ``fields`` of the run), y from the north."""
        found = catalogue.run(city, run)
        place = find_field(found, field)
        key = ("tile", place["path"], place["stamp"], field, z, x, y)
        body = catalogue.bytes.get(
            key, lambda: raster_tile(place["path"], place["band"], place["scale"], z, x, y)
        )
        return reply(request, body, PNG, keeping(run))

    @router.get(
        "/{run}/values/{field}/{z}/{x}/{y}.png",
        response_class=Response,
        responses=media(PNG, "the numbers of a field, as Terrarium has them"),
    )
    def get_number_tile(request: Request, city: str, run: str, field: str, z: int, x: int, y: int):
        """One tile of values in the units of the legend: red * 256 + green + blue / 256 - 32768."""
        return values(request, city, run, field, (z, x, y), number_tile, PNG)

    @router.get(
        "/{run}/values/{field}/{z}/{x}/{y}.npy",
        response_class=Response,
        responses=media(BINARY, "NumPy file of float32, shape (256, 256), in SI units"),
    )
    def get_array_tile(request: Request, city: str, run: str, field: str, z: int, x: int, y: int):
        """One tile of values as NumPy file; NaN where there is none."""

        def make(path, band, _scale, z, x, y):
            return array_tile(path, band, z, x, y)

        return values(request, city, run, field, (z, x, y), make, BINARY)

    def values(request, city, run, field, tile, make, kind):
        found = catalogue.run(city, run)
        place = find_field(found, field)
        key = ("values", place["path"], place["stamp"], field, kind, *tile)
        body = catalogue.bytes.get(
            key, lambda: make(place["path"], place["band"], place["scale"], *tile)
        )
        return reply(request, body, kind, keeping(run))


def _add_places(router, catalogue, clock):
    @router.get("/{run}/hotspots", response_model=HotspotCollection)
    def get_hotspots(city: str, run: str, response: Response):
        """Ranked hotspots as GeoJSON, the worst first."""
        response.headers["Cache-Control"] = keeping(run, clock)
        return places(city, run, "hotspots")

    @router.get("/{run}/spots", response_model=HotspotCollection)
    def get_spots(city: str, run: str, response: Response):
        """Every known flood-prone spot with its forecast, as GeoJSON."""
        response.headers["Cache-Control"] = keeping(run, clock)
        return places(city, run, "spots")

    @router.get("/{run}/districts", response_model=DistrictTable)
    def get_districts(city: str, run: str, response: Response):
        """Severity of the flood in each district, the worst first."""
        response.headers["Cache-Control"] = keeping(run, clock)
        found = catalogue.run(city, run)
        rows = json.loads(product_file(found, "districts.json").read_text(encoding="utf-8"))
        names = catalogue.chinese_names(city)
        for row in rows:
            row["district_zh"] = in_chinese(row["district"], names)
        return {"run_id": found.run_id, **marked(found.manifest, clock), "districts": rows}

    def places(city, run, name):
        found = catalogue.run(city, run)
        path = product_file(found, f"{name}.geojson")
        collection = json.loads(path.read_text(encoding="utf-8"))
        names = catalogue.chinese_names(city)
        for feature in collection["features"]:
            spot = feature["properties"]
            for key in ("place", "district"):
                spot[f"{key}_zh"] = in_chinese(spot.get(key), names)
        return {**collection, "run_id": found.run_id, **marked(found.manifest, clock)}


def _add_rain(router, catalogue, clock, measured):
    @router.get("/{run}/rain", response_model=RainSeries)
    def get_rain(city: str, run: str, response: Response):
        """Rain over the city by ten minutes: measured so far, and as the members expect it.

        ``since`` has what gauges measured after it was issued, and whether that beats it.
        """
        response.headers["Cache-Control"] = NEVER  # gauges go on after the run was made
        found = catalogue.run(city, run)
        intervals = json.loads(product_file(found, "rain.json").read_text(encoding="utf-8"))
        return {
            "run_id": found.run_id,
            **marked(found.manifest, clock),
            "intervals": intervals,
            "since": measured.of(city, found, intervals),
        }


def _add_buildings(router, catalogue, clock):
    @router.get("/{run}/buildings", response_model=BuildingTimes)
    def get_buildings(city: str, run: str, response: Response):
        """Times of the depths at buildings, and how many are flooded at each."""
        response.headers["Cache-Control"] = keeping(run, clock)
        found = catalogue.run(city, run)
        times, depths = _depths(found)
        limit = FLOODED_BUILDING_M * 1000
        return {
            "run_id": found.run_id,
            **marked(found.manifest, clock),
            "count": depths.shape[1],
            "times": times,
            "flood_depth": FLOODED_BUILDING_M,
            "flooded": ((depths > limit) & (depths != NOT_KNOWN)).sum(axis=1).tolist(),
        }

    @router.get(
        "/{run}/buildings/depths",
        response_class=Response,
        responses=media(BINARY, "uint16 mm, little endian, [time][building]; 65535: not known"),
    )
    def get_depths(request: Request, city: str, run: str, step: int | None = Query(None, ge=0)):
        """Depth at each building; at one time with `step`, else at all times."""
        _, depths = _depths(catalogue.run(city, run))
        if step is not None and step >= len(depths):
            raise MissingError(
                f"no step {step}, expected 0 to {len(depths) - 1}; ask /buildings for the times"
            )
        chosen = depths if step is None else depths[step]
        return reply(request, chosen.tobytes(), BINARY, keeping(run))


def _add_attributes(router, catalogue, keeper):
    @router.get(
        "/{run}/buildings/attributes.bin",
        response_class=Response,
        responses=media(BINARY, "uint16, little endian, one for each row of the layer"),
    )
    def get_attributes(
        request: Request,
        city: str,
        run: str,
        field: str = Query(
            description="max_depth [mm]; hazard (H1 to H6 as 1 to 6, 0 dry); arrival [minutes "
            "since the start, 65535 never]; damage [per mille of the value]"
        ),
    ):
        """One value for each building over the whole run; 65535 where it is not known."""
        found, opened = catalogue.run(city, run), catalogue.city(city)

        def make():
            return building_attribute(keeper.run(city, found), field).tobytes()

        key = ("attribute", city, opened.version, found.run_id, field)
        return reply(request, catalogue.bytes.get(key, make), BINARY, keeping(run))


def _depths(run):
    """Times and depths [mm], shape (time, building), read only as far as used."""
    about = json.loads(product_file(run, "buildings.json").read_text())
    path = product_file(run, "depths.bin")
    shape = (len(about["times"]), about["count"])
    if about["count"] == 0:
        return about["times"], np.zeros(shape, dtype="<u2")
    return about["times"], np.memmap(path, dtype="<u2", mode="r", shape=shape)


def _summary(run, clock):
    return {**run.manifest, **holding(run, clock)}

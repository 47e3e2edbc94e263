"""Routes of objects and sensors: what is known of each, observed, simulated and forecast."""

import json
import math
import threading

import numpy as np
import pandas as pd
from fastapi import APIRouter, Query, Request, Response

from service.utc import iso
from service.web.freshness import holding, marked
from service.web.models_objects import ObjectList, ObjectRecord, SensorCollection
from service.web.replies import NEVER, REVALIDATE, reply
from service.web.routes_roads import add_roads
from service.web.routes_states import add_states
from twin.state.city_objects import MOST_LISTED
from twin.state.object_classes import CLASSES, require_class
from twin.state.sensors import UNITS

CLASS_TEXT = "one of " + ", ".join(CLASSES)


def object_router(keeper, warm=False):
    """Routes of objects below ``/api/cities/{city}``, which `keeper` has open.

    With `warm`, the newest runs are opened in the background before anybody asks.
    """
    router = APIRouter(prefix="/api/cities/{city}", tags=["objects"])
    if warm:
        threading.Thread(target=keeper.warm, daemon=True).start()
    add_states(router, keeper, CLASS_TEXT)
    _add_objects(router, keeper)
    _add_sensors(router, keeper)
    add_roads(router, keeper)
    return router


def _add_objects(router, keeper):
    @router.get("/objects", response_model=ObjectList)
    def list_objects(
        request: Request,
        city: str,
        kind: str = Query("building", alias="class", description=CLASS_TEXT),
        offset: int = Query(0, ge=0, description="so many are left out at the beginning"),
        limit: int = Query(MOST_LISTED, ge=1, le=MOST_LISTED, description="at most so many"),
    ):
        """Objects of a class with id, name and place; ``total`` says how many there are."""
        objects = keeper.objects(city)
        require_class(kind)
        key = ("objects", city, objects.city.version, kind, offset, limit)
        body = keeper.catalogue.bytes.get(
            key, lambda: _list_bytes(city, kind, objects, offset, limit)
        )
        return reply(request, body, "application/json", REVALIDATE)

    @router.get("/objects/{kind}/{object_id}", response_model=ObjectRecord)
    def get_object(
        city: str,
        kind: str,
        object_id: str,
        response: Response,
        run: str = Query("latest", description="a run, or latest: newest forecast and simulation"),
        at: str | None = Query(None, description="ISO time; default now. Playback of the past"),
    ):
        """Everything that is known of one object; ``row:N`` names it by the row of its layer."""
        response.headers["Cache-Control"] = NEVER
        found = keeper.objects(city).find(kind, object_id)
        runs = keeper.speaking(city, run)
        moment = keeper.moment(at)
        record = keeper.states(city, runs, at).record(found, moment)
        model = keeper.model_record(city, found)
        access = _access(keeper, city, runs, found, moment)
        mark = marked(runs[0].manifest, keeper.clock) if runs else keeper.clock.mark()
        spoken = [{**one.manifest, **holding(one, keeper.clock)} for one in runs]
        return {
            **record,
            "object_class": record["class"],
            "runs": spoken,
            "access": access,
            "model": model,
            **mark,
        }


def _list_bytes(city, kind, objects, offset, limit):
    listed = objects.listing(kind, offset, limit)
    total = sum(len(rows) for _, rows in objects.rows(kind))
    head = {"city": city, "class": kind, "count": len(listed), "total": total}
    return json.dumps({**head, "objects": listed}, separators=(",", ":")).encode()


def _access(keeper, city, runs, found, moment):
    """Whether vehicles can reach an object, by the first run that speaks; None for a district."""
    if found.kind == "district":
        return None
    if not runs:
        return {"cut": None, "vehicles": {}, "reason": "there is no run of this city"}
    access = keeper.access(city, runs[0])
    if access is None:
        reason = keeper.run(city, runs[0]).mismatch or "the city has no roads"
        return {"cut": None, "vehicles": {}, "reason": reason}
    water = keeper.run(city, runs[0]).water
    step = water.step_at(np.datetime64(moment, "s"))
    answer = access.of_place(found.shape, step)
    time = None if step is None else f"{water.times[step]}Z"
    return {**answer, "run": runs[0].run_id, "kind": water.kind, "time": time}


def _add_sensors(router, keeper):
    @router.get("/sensors", response_model=SensorCollection)
    def get_sensors(
        city: str,
        response: Response,
        at: str | None = Query(None, description="ISO time; default now"),
    ):
        """Newest reading of each sensor, as known at a moment, as GeoJSON.

        Of a moment that is still to come by the clock of the service, what is known now.
        """
        response.headers["Cache-Control"] = NEVER
        sensors = keeper.sensors(city, at)
        moment = keeper.observed_moment(at)
        body = {"city": city, "at": iso(moment), **keeper.clock.mark()}
        if sensors is None:
            reason = "no readings of this city are kept; run `floodtwin ingest` first"
            return {**body, "reason": reason, "features": []}
        return {**body, "features": _features(sensors.table)}


def _features(table):
    points = table.geometry.to_crs("EPSG:4326")
    rows = table.drop(columns="geometry").to_dict("records")
    return [
        {
            "geometry": {"type": "Point", "coordinates": [round(p.x, 6), round(p.y, 6)]},
            "properties": _reading(row),
        }
        for row, p in zip(rows, points, strict=True)
    ]


def _reading(row):
    return {
        "station_id": row["station_id"],
        "name": _text(row["name"]),
        "kind": _text(row["kind"]),
        "property": row["property"],
        "unit": UNITS.get(row["property"], _text(row["unit"]) or ""),
        "value": _number(row["value"]),
        "flag": None if pd.isna(row["flag"]) else int(row["flag"]),
        "time": None if pd.isna(row["time"]) else iso(row["time"]),
        "received": None if pd.isna(row["received"]) else iso(row["received"]),
        "age_minutes": _number(row["age_minutes"], 2),
        "stale": bool(row["stale"]),
        "source": _text(row["source_id"]),
        "alert_levels": list(row["alert_levels"]),
        "alert_level": row["alert_level"],
    }


def _text(value):
    return None if pd.isna(value) else str(value)


def _number(value, digits=9):
    return round(float(value), digits) if not pd.isna(value) and math.isfinite(value) else None

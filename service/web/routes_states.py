"""Routes of the states of many objects: a table for other programs, an object over its runs."""

import io

import numpy as np
import shapely
from fastapi import Query, Response

from service.products import safe_cell
from service.web.freshness import holding
from service.web.models_objects import ObjectRuns
from service.web.replies import GEOJSON, NEVER, media
from twin.errors import InputError
from twin.state.object_classes import require_class
from twin.state.run_peak import run_peak
from twin.state.state_table import state_table

CSV, PARQUET = "text/csv; charset=utf-8", "application/vnd.apache.parquet"
FORMATS = {"csv": CSV, "geojson": GEOJSON, "parquet": PARQUET}

FORMAT_TEXT = "one of " + ", ".join(FORMATS)
TABLE_TEXT = "The table; the headers say the run and the moment, and whether it is stale"
MOST_RUNS = 60


def add_states(router, keeper, class_text):
    """Add the routes to those of the objects."""
    _add_table(router, keeper, class_text)
    _add_runs(router, keeper)


def _add_table(router, keeper, class_text):
    @router.get("/objects/states", response_class=Response, responses=media("text/csv", TABLE_TEXT))
    def get_states(
        city: str,
        kind: str = Query("building", alias="class", description=class_text),
        run: str = Query("latest", description="a run, or latest: the newest forecast"),
        at: str | None = Query(None, description="ISO time; default now"),
        district: str | None = Query(None, description="only what lies in the district so called"),
        kept_as: str = Query("csv", alias="format", description=FORMAT_TEXT),
    ):
        """State of all objects of a class in a run at a moment, to download."""
        require_class(kind)
        if kept_as not in FORMATS:
            raise InputError(
                f"format is {kept_as[:40]!r}, expected one of {', '.join(FORMATS)}; choose one"
            )
        chosen = keeper.one_run(city, run)
        table = state_table(kind, keeper.run(city, chosen), keeper.moment(at))
        if district is not None:
            keeper.objects(city).require_district(district)
            table = table[table["district"] == district]
        headers = {
            "Cache-Control": NEVER,
            "Content-Disposition": f'attachment; filename="{city}-{kind}.{kept_as}"',
            **_mark(chosen, keeper),
        }
        return Response(_written(table, kept_as), media_type=FORMATS[kept_as], headers=headers)


def _add_runs(router, keeper):
    @router.get("/objects/{kind}/{object_id}/runs", response_model=ObjectRuns)
    def get_runs(
        city: str,
        kind: str,
        object_id: str,
        response: Response,
        count: int = Query(12, ge=1, le=MOST_RUNS, description="so many of the newest runs"),
    ):
        """Largest depth at one object in each of the newest runs: how its forecast went."""
        response.headers["Cache-Control"] = NEVER
        objects = keeper.objects(city)
        found = objects.find(kind, object_id)
        runs = keeper.catalogue.runs(city, count)
        told = [_told(keeper, objects, found, run) for run in runs]
        about = {"city": city, "object_class": kind, "id": found.id, **keeper.clock.mark()}
        return {**about, "runs": told}


def _told(keeper, objects, found, run):
    about = {**run.manifest, **holding(run, keeper.clock)}
    return {**about, **run_peak(objects, found, keeper.water(run))}


def _written(table, kept_as):
    if kept_as == "geojson":
        shapes = shapely.set_precision(table.geometry.to_numpy(), 1e-7, mode="pointwise")
        return table.set_geometry(shapes, crs=table.crs).to_json(drop_id=True, na="null").encode()
    file = io.BytesIO()
    if kept_as == "parquet":
        table.to_parquet(file, index=False)
        return file.getvalue()
    middles = table.geometry.representative_point()
    plain = table.drop(columns="geometry")
    for name in plain.select_dtypes(exclude="number"):
        plain[name] = plain[name].map(safe_cell)
    plain["lon"], plain["lat"] = np.round(middles.x, 6), np.round(middles.y, 6)
    plain.to_csv(file, index=False)
    return file.getvalue()


def _mark(run, keeper):
    """What every answer says of the run, in headers: a table has no room for it."""
    about = holding(run, keeper.clock)
    mark = {"run": run.run_id, "stale": about["stale"], "exercise": keeper.clock.is_set}
    return {f"X-Floodtwin-{key.capitalize()}": str(value).lower() for key, value in mark.items()}

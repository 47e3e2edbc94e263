"""Routes of scenarios: what planners tried, and any two runs side by side."""

import json
import threading
from functools import lru_cache

import numpy as np
from fastapi import APIRouter, Request, Response

from service.run_pointers import CURRENT, POINTER
from service.scenarios.compare import compare, open_side
from service.scenarios.hotspots import hotspot_changes
from service.scenarios.shelf import ScenarioShelf
from service.web.models_scenarios import RunComparison, ScenarioDetail, ScenarioSummary
from service.web.replies import IMMUTABLE, NEVER, PNG, REVALIDATE, media, reply
from tiles.difference_picture import DEPTH_CHANGE, difference_picture

HTML, JSON = "text/html", "application/json"
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
"""The page of a scenario carries its style and pictures in itself, and nothing else may load."""


def scenario_router(catalogue, keeper):
    """Routes below ``/api/cities/{city}``: ``/scenarios`` and ``/compare``.

    Parameters
    ----------
    catalogue : service.web.catalogue.Catalogue
        The data folder.
    keeper : service.web.object_states.ObjectKeeper
        Has the objects of cities open.
    """
    router = APIRouter(prefix="/api/cities/{city}", tags=["scenarios"])
    shelf = ScenarioShelf(catalogue.settings)
    _add_list(router, catalogue, shelf)
    _add_files(router, catalogue, shelf)
    _add_compare(router, catalogue, keeper, shelf)
    return router


def _add_list(router, catalogue, shelf):
    @router.get("/scenarios", response_model=list[ScenarioSummary])
    def list_scenarios(city: str, response: Response):
        """Scenarios of a city, newest first; their runs are not among those of the city."""
        catalogue.city(city)
        response.headers["Cache-Control"] = NEVER
        return [shelf.summary(city, name) for name in shelf.names(city)]

    @router.get("/scenarios/{name}", response_model=ScenarioDetail)
    def get_scenario(city: str, name: str, response: Response):
        """One scenario: what it changes in districts, at buildings, for people, and in heat."""
        catalogue.city(city)
        response.headers["Cache-Control"] = REVALIDATE
        address = f"/api/cities/{city}/scenarios/{name}"
        summary = shelf.summary(city, name)
        heat = summary["heat"] and _overlay(shelf, city, name, "heat_difference", address)
        return {
            **summary,
            "difference": _overlay(shelf, city, name, "difference", address),
            "heat_difference": heat,
            "report": f"{address}/report",
        }


def _add_files(router, catalogue, shelf):
    @router.get(
        "/scenarios/{name}/{picture}.png",
        response_class=Response,
        responses=media(PNG, "a change as a picture for a map: difference or heat_difference"),
    )
    def get_picture(request: Request, city: str, name: str, picture: str):
        """The change of depth or heat, to be laid between the corners of the scenario."""
        catalogue.city(city)
        known = picture if picture in ("difference", "heat_difference") else "unknown picture"
        body = shelf.file(city, name, f"{known}.png").read_bytes()
        return reply(request, body, PNG, REVALIDATE)

    @router.get(
        "/scenarios/{name}/report",
        response_class=Response,
        responses=media(HTML, "the whole report as one page"),
    )
    def get_report(request: Request, city: str, name: str):
        """The report for people, with its maps."""
        catalogue.city(city)
        body = shelf.file(city, name, "index.html").read_bytes()
        answer = reply(request, body, HTML, REVALIDATE)
        answer.headers["Content-Security-Policy"] = REPORT_POLICY
        return answer


def _add_compare(router, catalogue, keeper, shelf):
    making = threading.Lock()

    @lru_cache(maxsize=8)
    def side(objects, city, run_id):
        return open_side(objects, catalogue.run(city, run_id))

    def opened(city, base, other):
        ids = [catalogue.run(city, run).run_id for run in (base, other)]
        return [side(keeper.objects(city), city, run_id) for run_id in ids]

    def compared(city, ids, summary):
        before, after = opened(city, *ids)
        _, about = difference_picture(after.depth - before.depth, before.city.grid, DEPTH_CHANGE)
        url = f"/api/cities/{city}/compare/difference.png?base={ids[0]}&other={ids[1]}"
        tables = summary or _tables(before, after)
        difference = {"url": url, **about}
        answer = {**tables, "base": ids[0], "other": ids[1], "difference": difference}
        return RunComparison.model_validate(answer).model_dump_json().encode()

    @router.get("/compare", response_model=RunComparison)
    def compare_runs(request: Request, city: str, base: str, other: str):
        """What differs between two runs of a city, of whatever kind.

        Of the two runs of a scenario, what was found with its changed city.
        """
        ids = [catalogue.run(city, run).run_id for run in (base, other)]
        summary = shelf.of_runs(city, *ids)
        version = catalogue.city(city).version
        key = "compare", city, version, *ids, summary and summary["created"]
        with making:  # whoever asks for the same meanwhile gets what the first one made
            body = catalogue.bytes.get(key, lambda: compared(city, ids, summary))
        return reply(request, body, JSON, REVALIDATE)

    @router.get(
        "/compare/difference.png",
        response_class=Response,
        responses=media(PNG, "change of the largest depth as a picture for a map"),
    )
    def compare_picture(request: Request, city: str, base: str, other: str):
        """How the largest depth differs between two runs."""
        before, after = opened(city, base, other)
        key = ("difference", city, before.run.run_id, after.run.run_id)
        change = after.depth - before.depth
        body = catalogue.bytes.get(
            key, lambda: difference_picture(change, before.city.grid, DEPTH_CHANGE)[0]
        )
        by_pointer = {base, other} & {POINTER, CURRENT}
        return reply(request, body, PNG, REVALIDATE if by_pointer else IMMUTABLE)


def _tables(before, after):
    """What `service.scenarios.summary` tells of a scenario, of any two runs of a city."""
    ground = np.isfinite(before.depth) & np.isfinite(after.depth)
    hotspots = hotspot_changes(before, after, ground & _open_ground(before.city))
    return {**compare(before, after), "hotspots": hotspots}


def _overlay(shelf, city, name, picture, address):
    about = json.loads(shelf.file(city, name, f"{picture}.json").read_text())
    return {"url": f"{address}/{picture}.png", **about}


def _open_ground(city):
    """Ground without buildings and standing water, shape (y, x)."""
    terrain, ground = city.terrain, np.ones(city.grid.shape, bool)
    if "building_blockage" in terrain:
        ground &= ~(terrain["building_blockage"].values >= 0.5)
    if "initial_depth" in terrain:
        ground &= ~(terrain["initial_depth"].values > 0.05)
    return ground

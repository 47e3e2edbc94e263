"""Routes of moving water in 3D: the depth of each time step on the grid of the surface."""

from functools import lru_cache

from fastapi import APIRouter, Request, Response
from pydantic import Field

from service.web.freshness import marked
from service.web.models import Marked
from service.web.replies import BINARY, keeping, media, reply
from tiles.terrain.surface import Surface
from tiles.water_grid import depth_grid


class WaterInfo(Marked):
    """The water of a run over time, on the grid of ``/3d`` of its city."""

    run_id: str
    times: list[str]
    rows: int
    columns: int
    unit: str = "mm"
    url: str = Field(description="template with {step}, the number of a time")


def water_router(catalogue, clock):
    """Routes below ``/api/cities/{city}/runs/{run}/3d``."""
    router = APIRouter(prefix="/api/cities/{city}/runs/{run}/3d", tags=["3d"])
    surface_of = lru_cache(maxsize=8)(Surface.of_city)

    @router.get("/water", response_model=WaterInfo)
    def get_water(city: str, run: str, response: Response):
        """Times of the water and the grid on which it comes."""
        response.headers["Cache-Control"] = keeping(run, clock)
        found = catalogue.run(city, run)
        surface = surface_of(catalogue.city(city))
        return {
            "run_id": found.run_id,
            **marked(found.manifest, clock),
            "times": catalogue.frames(found).times,
            "rows": surface.grid.ny,
            "columns": surface.grid.nx,
            "url": f"/api/cities/{city}/runs/{found.run_id}/3d/water/{{step}}.bin",
        }

    @router.get(
        "/water/{step}.bin",
        response_class=Response,
        responses=media(BINARY, "uint16 millimetres, little endian, [row][column], 65535 outside"),
    )
    def get_step(request: Request, city: str, run: str, step: int):
        """Largest depth in each block at one time."""
        found = catalogue.run(city, run)
        opened = catalogue.city(city)

        def make():
            frames = catalogue.frames(found)
            surface = surface_of(opened).grid
            return depth_grid(frames.depth(step), frames.grid, surface).tobytes()

        key = ("water", city, opened.version, found.run_id, step)
        return reply(request, catalogue.bytes.get(key, make), BINARY, keeping(run))

    return router

"""Routes of the 3D view: the frame, the ground as a grid, and the tiles of a city."""

import gzip
import json
import re

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from service.web.models import ErrorBody
from service.web.replies import (
    BINARY,
    IMMUTABLE,
    NEVER,
    REVALIDATE,
    media,
    reply,
    reply_file,
    reply_packed,
)
from service.web.tile_builds import Waiting
from tiles.terrain.surface import OUTSIDE, Surface, quantised
from twin.datum import geoid_height
from twin.errors import MissingError

KINDS = {
    ".json": "application/json",
    ".glb": "model/gltf-binary",
    ".terrain": "application/vnd.quantized-mesh",
    ".png": "image/png",
    ".pmtiles": "application/vnd.pmtiles",
}
"""Media type of each kind of file in a folder of tiles; no other is served."""

FILE = re.compile(r"(?:[\w-]{1,64}/){0,6}[\w-]{1,64}\.[a-z]{3,8}")
"""Names of files; none leads out of its folder."""

RANGED = ".pmtiles"
"""Files that clients read in parts."""

PACKED = (".json", ".glb", ".terrain")
"""Files that travel packed; gzip makes a GLB a quarter of its size."""

_LEVEL = 5  # of 9: beyond, a hundredth smaller for half as much time again


class Origin(BaseModel):
    """Where the frame stands on Earth."""

    lon: float
    lat: float
    geoid_height: float = Field(description="zero of the city's heights over the ellipsoid [m]")
    geoid_known_by: str


class SurfaceInfo(BaseModel):
    """The ground as a grid: height = offset + scale * value, row 0 in the north."""

    rows: int
    columns: int
    offset: float
    scale: float
    nodata: int = OUTSIDE
    url: str
    control_rows: int
    control_columns: int
    control: list[float] = Field(
        description="x, y, z in the frame of points at height 0 [m], spread evenly from the "
        "centre of the first cell to the centre of the last"
    )


class TerrainUrls(BaseModel):
    """The ground for other clients."""

    quantized_mesh: str = Field(description="folder of layer.json")
    raster_dem: str = Field(description="template of tiles, encoding terrarium")


class Scene(BaseModel):
    """What a 3D view of a city starts from."""

    version: str
    tileset: str
    origin: Origin
    transform: list[float] = Field(description="frame to Earth-centred metres, column by column")
    surface: SurfaceInfo
    terrain: TerrainUrls
    pmtiles: str


class TilesPending(ErrorBody):
    """That the tiles are being made, or why they could not be."""

    detail: str


_BYTES = {"schema": {"type": "string", "format": "binary"}}
_FILES = {
    200: {"description": "the file", "content": dict.fromkeys(KINDS.values(), _BYTES)},
    503: {"model": TilesPending, "description": "not made yet; see Retry-After"},
}


def scene_router(catalogue, builds):
    """Routes below ``/api/cities/{city}/3d``; `builds` has the tiles, or has them made."""
    router = APIRouter(prefix="/api/cities/{city}/3d", tags=["3d"])

    @router.get("", response_model=Scene)
    def get_scene(city: str, response: Response):
        """Frame, ground and addresses of all that a 3D view loads."""
        response.headers["Cache-Control"] = REVALIDATE
        return json.loads(_made(catalogue, city, "scene", lambda opened: _scene(opened, city)))

    @router.get(
        "/elevation.bin",
        response_class=Response,
        responses=media(BINARY, "uint16, little endian, [row][column]; see ``surface``"),
    )
    def get_elevation(request: Request, city: str, v: str = Query("")):
        """Mean height of the ground in each block, without buildings."""
        body = _made(catalogue, city, "elevation", lambda opened: _ground(opened)[0].tobytes())
        return reply(request, body, BINARY, _keeping(catalogue.city(city), v))

    @router.head("/{file:path}", include_in_schema=False)
    @router.get("/{file:path}", response_class=Response, responses=_FILES)
    def get_file(request: Request, city: str, file: str, v: str = Query("")):
        """A file of the tiles: tileset.json, b/, o/, t/, terrain/, dem/, city.pmtiles."""
        opened = catalogue.city(city)
        folder = builds.find(opened)
        if isinstance(folder, Waiting):
            return _pending(folder)
        path = _file_in(folder, file)
        keep = _keeping(opened, v)
        if path.suffix == RANGED:
            return reply_file(request, path, KINDS[RANGED], keep)
        if path.suffix in PACKED:
            key = ("file", str(path), path.stat().st_mtime_ns)
            packed = catalogue.bytes.get(key, lambda: _pack(path))
            return reply_packed(request, packed, KINDS[path.suffix], keep)
        return reply(request, path.read_bytes(), KINDS[path.suffix], keep)

    return router


def _made(catalogue, name, what, make):
    """Bytes that belong to a version of a city, made once."""
    city = catalogue.city(name)
    return catalogue.bytes.get((what, name, city.version), lambda: make(city))


def _scene(city, name):
    root, mark = f"/api/cities/{name}/3d", f"?v={city.version}"
    values, offset, scale = _ground(city)
    surface = Surface.of_city(city)
    control = surface.control_points()
    height, known_by = geoid_height(city)
    scene = {
        "version": city.version,
        "tileset": f"{root}/tileset.json{mark}",
        "origin": {
            "lon": surface.frame.lon,
            "lat": surface.frame.lat,
            "geoid_height": height,
            "geoid_known_by": known_by,
        },
        "transform": surface.frame.transform.T.reshape(-1).tolist(),
        "surface": {
            "rows": values.shape[0],
            "columns": values.shape[1],
            "offset": offset,
            "scale": scale,
            "url": f"{root}/elevation.bin{mark}",
            "control_rows": control.shape[0],
            "control_columns": control.shape[1],
            "control": control.round(4).reshape(-1).tolist(),
        },
        "terrain": {
            "quantized_mesh": f"{root}/terrain/",
            "raster_dem": f"{root}/dem/{{z}}/{{x}}/{{y}}.png{mark}",
        },
        "pmtiles": f"{root}/city.pmtiles",
    }
    return json.dumps(scene).encode()


def _ground(city):
    return quantised(Surface.of_city(city).elevation(city))


def _pending(waiting):
    body = {"error": waiting.line, "detail": waiting.line}
    headers = {"Retry-After": str(waiting.seconds), "Cache-Control": NEVER}
    return JSONResponse(body, status_code=503, headers=headers)


def _file_in(folder, name):
    """A file of a folder of tiles."""
    path = folder / name
    if not FILE.fullmatch(name) or path.suffix not in KINDS or not path.is_file():
        raise MissingError(
            f"no tile {name[:80]!r}, expected tileset.json or a file that it or layer.json names; "
            "ask /3d for the addresses"
        )
    return path


def _pack(path):
    return gzip.compress(path.read_bytes(), _LEVEL, mtime=0)


def _keeping(city, version):
    return IMMUTABLE if version == city.version else REVALIDATE

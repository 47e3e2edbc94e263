"""Routes of cities: what there is, their layers and their vector tiles."""

import gzip

from fastapi import APIRouter, Query, Request, Response

from service.web.models import CityDetail, CitySummary
from service.web.replies import GEOJSON, IMMUTABLE, MVT, REVALIDATE, media, reply, reply_packed
from tiles import vectors
from tiles.layers import layer_geojson
from tiles.mercator import lonlat_bounds
from tiles.pmtiles_archive import COARSEST_ZOOM
from tiles.rasters import require_tile


def city_router(catalogue, builds):
    """Routes below ``/api/cities`` that need no run; `builds` has vector tiles cut before."""
    router = APIRouter(prefix="/api/cities", tags=["cities"])

    @router.get("", response_model=list[CitySummary])
    def list_cities(response: Response):
        """All cities."""
        response.headers["Cache-Control"] = REVALIDATE
        return [_summary(catalogue, name) for name in catalogue.city_names()]

    @router.get("/{city}", response_model=CityDetail)
    def get_city(city: str, response: Response):
        """One city: grid, layers, sources."""
        response.headers["Cache-Control"] = REVALIDATE
        return _detail(catalogue, city)

    @router.get(
        "/{city}/layers/{layer}",
        response_class=Response,
        responses=media(GEOJSON, "the layer in longitude and latitude"),
    )
    def get_layer(request: Request, city: str, layer: str, v: str = Query("")):
        """One layer as GeoJSON; with `v` = version of the city it may be kept for ever."""
        opened = catalogue.city(city)
        key = ("layer", city, opened.version, layer)
        body = catalogue.bytes.get(key, lambda: layer_geojson(opened, layer))
        return reply(request, body, GEOJSON, _keeping(opened, v))

    @router.get(
        "/{city}/tiles/{z}/{x}/{y}.mvt",
        response_class=Response,
        responses=media(MVT, "a Mapbox Vector Tile"),
    )
    def get_vector_tile(request: Request, city: str, z: int, x: int, y: int, v: str = Query("")):
        """One vector tile (y from the north); building ids are rows of the layer."""
        opened = catalogue.city(city)
        tiles = catalogue.city_tiles(city)
        require_tile(z, x, y, vectors.LARGEST_ZOOM)
        archive = builds.archive(opened)
        if archive is None or z < COARSEST_ZOOM:
            key = ("mvt", city, opened.version, z, x, y)
            packed = catalogue.bytes.get(key, lambda: _pack(tiles.tile(z, x, y)))
        else:
            packed = archive.tile(z, x, y) or b""
        return reply_packed(request, packed, MVT, _keeping(opened, v))

    return router


def _pack(body):
    return gzip.compress(body, 5, mtime=0) if body else b""


def _keeping(city, version):
    return IMMUTABLE if version == city.version else REVALIDATE


def _summary(catalogue, name):
    city = catalogue.city(name)
    runs = catalogue.settings.runs(name) / "latest"
    return {
        "name": name,
        "title": city.title or name,
        "version": city.version,
        "bounds": lonlat_bounds(city.grid),
        "latest_run": runs.read_text().strip() if runs.is_file() else None,
        "tile_zooms": [COARSEST_ZOOM, vectors.LARGEST_ZOOM],
    }


def _detail(catalogue, name):
    city = catalogue.city(name)
    grid = city.grid
    return {
        **_summary(catalogue, name),
        "crs": city.crs,
        "vertical_datum": city.vertical_datum,
        "buildings_as": city.buildings_as,
        "grid": {key: getattr(grid, key) for key in ("x0", "y0", "cell_size", "nx", "ny")},
        "layers": city.info["layers"],
        "tile_layers": catalogue.city_tiles(name).layer_names,
    }

"""Routes of cities: what there is, their layers and their vector tiles."""

from fastapi import APIRouter, Query, Request, Response

from service.models import CityDetail, CitySummary
from service.replies import GEOJSON, IMMUTABLE, MVT, REVALIDATE, media, reply
from tiles import vectors
from tiles.layers import layer_geojson
from tiles.mercator import lonlat_bounds

COARSEST_ZOOM = 6


def city_router(catalogue):
    """Routes below ``/api/cities`` that need no run."""
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
        key = ("mvt", city, opened.version, z, x, y)
        body = catalogue.bytes.get(key, lambda: tiles.tile(z, x, y))
        return reply(request, body, MVT, _keeping(opened, v))

    return router


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

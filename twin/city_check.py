"""Looks for what is wrong in a city package: hashes, CRS, shapes, values, geometries, ids."""

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from twin.city_manifest import file_sha256
from twin.crs import crs_text, horizontal_crs, projected_crs
from twin.errors import TwinError
from twin.fields import FIELDS, require
from twin.model.storage import check_objects

_SHAPES = {
    "buildings": {"Polygon", "MultiPolygon"},
    "roads": {"LineString", "MultiLineString"},
    "districts": {"Polygon", "MultiPolygon"},
    "villages": {"Polygon", "MultiPolygon"},
    "water": {"Polygon", "MultiPolygon"},
    "land_cover": {"Polygon", "MultiPolygon"},
    "places": {"Point"},
    "flood_spots": {"Point"},
    "sensors": {"Point"},
    "inlets": {"Point"},
    "drains": {"LineString", "MultiLineString"},
    "levees": {"LineString", "MultiLineString"},
}
_IDS = {
    "buildings": "building_id",
    "roads": "road_id",
    "districts": "district_id",
    "villages": "village_id",
    "water": "water_id",
    "places": "place_id",
    "flood_spots": "spot_id",
    "sensors": "station_id",
    "drains": "drain_id",
    "inlets": "inlet_id",
    "boundaries": "boundary_id",
}


def problems_of(city):
    """One line for each thing that is wrong in a package; empty when all is well.

    Parameters
    ----------
    city : City
        An open city.

    Returns
    -------
    list of str
    """
    problems = _guarded(lambda: _check_crs(city))
    if "elevation" not in city.terrain_fields:
        problems.append("there is no terrain field elevation, expected one; import the city again")
    for name in city.terrain_fields:
        problems += _guarded(lambda name=name: _check_raster(city, name))
    for name in city.layer_names:
        problems += _guarded(lambda name=name: _check_layer(city, name))
    problems += _guarded(lambda: _check_gauges(city))
    for name in city.weather_names:
        problems += _guarded(lambda name=name: _check_storm(city, name))
    for name in city.archive_names:
        problems += _guarded(lambda name=name: _check_hash(city, "archives", city.archive(name)))
    if city.has_model:
        problems += _guarded(lambda: _check_model(city))
    return problems


def _check_model(city):
    entry = city.info["model"]
    paths = [city.folder / entry[key] for key in ("file", "table")]
    for path, key in zip(paths, ("file", "table"), strict=True):
        if not path.is_file():
            return [f"{path} is missing, city.toml expects it; import the city again"]
        if file_sha256(path) != entry.get(f"{key}_sha256"):
            return [_changed(path)]
    rows, objects = len(city.model_table()), sum(entry["types"].values())
    problems = check_objects(paths[0], entry["types"])
    if rows != objects:
        problems.append(f"{paths[1]} has {rows} rows, expected {objects}; import the city again")
    return problems


def _changed(path):
    return f"{path} was changed after the city was written; restore it or import the city again"


def _guarded(check):
    try:
        return check()
    except TwinError as error:
        return [str(error)]


def _check_crs(city):
    projected_crs(city.crs)
    return []


def _check_hash(city, section, path, file_key="file", hash_key="sha256"):
    relative = path.relative_to(city.folder).as_posix()
    entry = next(e for e in city.info[section] if e.get(file_key) == relative)
    if file_sha256(path) == entry.get(hash_key):
        return []
    return [_changed(path)]


def _check_raster(city, name):
    path = city.terrain_path(name)
    problems = _check_hash(city, "terrain", path)
    if name not in FIELDS:
        return [*problems, f"terrain field {name!r} is not known, expected fields of twin.fields"]
    problems += _check_georeference(city, path)
    allow_nan = name == "elevation"
    lands = 0
    for row, ny in _strips(city.grid):
        strip = city.terrain_window(row, 0, ny, city.grid.nx, [name])
        require(strip, name, allow_nan=allow_nan)
        lands += int(np.isfinite(strip[name].values).sum())
    if not lands:
        problems.append(f"{path} holds no value in any cell, expected ground; import again")
    return problems


def _strips(grid):
    rows = max(1, min(grid.ny, 20_000_000 // grid.nx))
    return [(row, min(rows, grid.ny - row)) for row in range(0, grid.ny, rows)]


def _check_georeference(city, path):
    try:
        with rasterio.open(path, driver="GTiff") as source:
            crs, transform = source.crs, source.transform
    except RasterioError as error:
        return [f"{path} cannot be read ({str(error)[:120]}); restore it or import the city again"]
    problems = []
    if crs is None or not horizontal_crs(crs.to_wkt()).equals(horizontal_crs(city.crs)):
        problems.append(f"{path} has CRS {crs}, expected {city.crs}; import the city again")
    if not transform.almost_equals(city.grid.transform, precision=1e-6):
        problems.append(f"{path} does not lie on the grid of city.toml; import the city again")
    return problems


def _check_layer(city, name):
    frame = city.layer(name)
    entry = next(e for e in city.info["layers"] if e["name"] == name)
    problems = _check_hash(city, "layers", city.folder / entry["file"])
    if len(frame) != entry.get("count"):
        problems.append(f"layer {name} has {len(frame)} rows, city.toml says {entry.get('count')}")
    if frame.crs is None or crs_text(horizontal_crs(frame.crs)) != city.crs:
        problems.append(f"layer {name} has CRS {frame.crs}, expected {city.crs}; reproject it")
    bad = int((frame.geometry.isna() | frame.geometry.is_empty | ~frame.geometry.is_valid).sum())
    if bad:
        problems.append(f"layer {name} has {bad} empty or invalid geometries; repair them")
    strange = set(frame.geom_type.dropna()) - _SHAPES.get(name, set(frame.geom_type.dropna()))
    if strange:
        wanted = " or ".join(sorted(_SHAPES[name]))
        problems.append(f"layer {name} has {', '.join(sorted(strange))}, expected {wanted}")
    return problems + _check_ids(name, frame)


def _check_ids(name, frame):
    column = _IDS.get(name)
    if column not in frame:
        return []
    twice = int(frame[column].duplicated().sum())
    return [f"layer {name} has {twice} repeated {column}, expected unique ids"] if twice else []


def _check_gauges(city):
    """Gauges that boundaries name have to be sensors."""
    if not city.has_layer("boundaries") or "station_id" not in city.layer("boundaries"):
        return []
    sensors = city.layer("sensors")["station_id"] if city.has_layer("sensors") else []
    named = set(city.layer("boundaries")["station_id"].dropna().astype(str)) - {""}
    return [
        f"layer boundaries names the gauge {name}, which is not in the layer sensors; add it there "
        "or leave the column station_id empty"
        for name in sorted(named - set(map(str, sensors)))
    ]


def _check_storm(city, name):
    rainfall = require(city.weather(name), "rainfall_rate")
    entry = next(e for e in city.info["weather"] if e["name"] == name)
    problems = _check_hash(city, "weather", city.folder / entry["file"])
    if not np.all(np.diff(rainfall["time"].values) > np.timedelta64(0)):
        problems.append(f"storm {name} has times that do not increase; sort them")
    if city.weather_boundaries(name) is None:
        return problems
    series = city.folder / entry["boundaries"]
    return problems + _check_hash(city, "weather", series, "boundaries", "boundaries_sha256")

"""Builds a city package out of the layers that a city already has."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray

from twin.city import write_city
from twin.city_manifest import BUILDINGS_AS, EDGES, check_choice, check_name
from twin.city_writer import check_target
from twin.crs import height_system, horizontal_crs, projected_crs
from twin.errors import InputError
from twin.fields import describe
from twin.grid import Grid
from twin.importers.buildings import clean_buildings
from twin.importers.cityjson import read_cityjson
from twin.importers.elevation import check_cell_size, check_grid, finish_terrain, read_elevation
from twin.importers.land_cover_raster import read_land_cover
from twin.importers.layer_count import LayerCount
from twin.importers.roads import clean_roads
from twin.importers.triangles import rasterise_triangles
from twin.importers.vector_file import read_vector
from twin.terrain import rasterise_buildings

CITYJSON_CELL_SIZE = 1.0
"""Edge of a cell of a terrain out of triangles, where none is asked for [m]."""


@dataclass
class _Draft:
    """A city while it is put together."""

    grid: Grid
    datum: str
    fields: dict
    layers: dict = field(default_factory=dict)
    counts: list = field(default_factory=list)
    sources: dict = field(default_factory=dict)

    @property
    def elevation(self):
        return self.fields["elevation"]

    def source_of(self, names, path):
        for name in names:
            self.sources[name] = {"source": Path(path).name}


def import_city(
    out,
    *,
    name,
    dem=None,
    buildings=None,
    roads=None,
    landcover=None,
    landcover_table=None,
    cityjson=None,
    crs=None,
    cell_size=None,
    buildings_as="raised",
    edges="free",
    title="",
    sources=None,
    overwrite=False,
    progress=None,
):
    """Import real layers as a city package.

    Parameters
    ----------
    out : str or pathlib.Path
        Where the package goes.
    name, title : str
        Short name and name for people.
    dem : path, optional
        Terrain: GeoTIFF, ESRI ASCII or ERDAS IMG. Without it, `cityjson` gives the terrain.
    buildings, roads : path, optional
        GeoPackage, GeoJSON, Shapefile (zipped too) or GeoParquet.
    landcover, landcover_table : path, optional
        Raster of classes, and the CSV that says what they mean (see `twin.land_cover`).
    cityjson : path, optional
        City model: gives buildings, and terrain, where the others do not.
    crs : str, optional
        Of a terrain without CRS, its CRS; else the one that the city shall have.
    cell_size : float, optional
        Edge of a cell [m]; default as in `dem`, or `CITYJSON_CELL_SIZE`.
    buildings_as, edges : str
        How the solver sees buildings, and what the edge of the domain does.
    sources : dict of str to dict, optional
        For a layer or field its ``source``, ``licence`` and ``date``; default the file's name.
    overwrite : bool
        Whether a city package that stands there already is replaced.
    progress : callable, optional
        Is told in a few words what is being done.

    Returns
    -------
    tuple of (City, list of dict)
        The city, and of each layer name, read, kept, dropped, changed and reasons.

    Raises
    ------
    MissingError, InputError, DeviceError
        One line says what is wrong; nothing is left behind.
    """
    tell = progress or _silent
    check_name(name, "the city")
    check_choice(buildings_as, BUILDINGS_AS, "buildings_as")
    check_choice(edges, EDGES, "edges")
    check_cell_size(cell_size)
    if landcover_table is not None and landcover is None:
        raise InputError(
            f"the table {landcover_table} was given without land cover, expected both; name the "
            "land cover with --landcover"
        )
    if crs is not None and not str(crs).strip():
        raise InputError("the CRS is empty, expected one such as EPSG:3826; correct or omit it")
    check_target(Path(out), overwrite)
    model = _read_model(cityjson, tell)
    draft = _terrain(dem, cityjson, model, crs, cell_size, tell)
    _add_buildings(draft, buildings, cityjson, model, tell)
    _add_roads(draft, roads, tell)
    _add_land_cover(draft, landcover, landcover_table, tell)
    tell("writing the city")
    city = write_city(
        out,
        name=name,
        title=title,
        grid=draft.grid,
        terrain=_dataset(draft),
        layers=draft.layers,
        vertical_datum=draft.datum,
        buildings_as=buildings_as,
        edges=edges,
        sources={**draft.sources, **(sources or {})},
        generator="floodtwin city import",
        overwrite=overwrite,
    )
    return city, [count.as_dict() for count in draft.counts]


def _silent(text):
    del text


def _read_model(cityjson, tell):
    if cityjson is None:
        return None
    tell("reading the city model")
    return read_cityjson(cityjson)


def _terrain(dem, cityjson, model, crs, cell_size, tell):
    tell("reading the terrain")
    if dem is not None:
        grid, elevation, datum, count = read_elevation(dem, crs, cell_size)
    elif model is None:
        raise InputError("there is no terrain, expected one; name it with --dem or --cityjson")
    else:
        grid, elevation, datum, count = _model_terrain(cityjson, model, crs, cell_size)
    draft = _Draft(grid, datum, {"elevation": elevation}, counts=[count])
    draft.source_of(["elevation"], dem if dem is not None else cityjson)
    if model is not None:
        draft.counts.append(_count_model(model, used_terrain=dem is None))
    return draft


def _model_terrain(path, model, crs, cell_size):
    if not len(model.triangles):
        raise InputError(
            f"{path} has no terrain triangles, expected some; name a terrain with --dem"
        )
    if model.crs is None and crs is None:
        raise InputError(
            f"{path} has no CRS, expected metadata.referenceSystem; name it with --crs EPSG:n"
        )
    target = projected_crs(crs or model.crs, str(path))
    triangles = _projected(model.triangles, model.crs or target, target)
    size = CITYJSON_CELL_SIZE if cell_size is None else cell_size
    west, south = triangles[:, :, :2].min(axis=(0, 1))
    east, north = triangles[:, :, :2].max(axis=(0, 1))
    x0, y0 = np.floor(west / size) * size, np.ceil(north / size) * size
    nx, ny = np.ceil((east - x0) / size), np.ceil((y0 - south) / size)
    grid = Grid(float(x0), float(y0), float(size), int(max(nx, 1)), int(max(ny, 1)), target)
    check_grid(grid, str(path))
    count = LayerCount("terrain")
    elevation = finish_terrain(rasterise_triangles(triangles, grid), path, count)
    return grid, elevation, height_system(model.crs or target)[0], count


def _projected(triangles, source, target):
    from pyproj import Transformer

    have = horizontal_crs(source)
    if have.equals(horizontal_crs(target)):
        return triangles
    placed = triangles.copy()
    convert = Transformer.from_crs(have, target, always_xy=True)
    placed[:, :, 0], placed[:, :, 1] = convert.transform(triangles[:, :, 0], triangles[:, :, 1])
    return placed[np.isfinite(placed).all(axis=(1, 2))]


def _count_model(model, used_terrain):
    """City objects of a model: types that a city takes are kept, all others dropped."""
    count = LayerCount("cityjson", read=sum(model.kept.values()) + sum(model.dropped.values()))
    buildings = ("Building", "BuildingPart", "BuildingRoom", "BuildingStorey", "BuildingUnit")
    for kind, number in model.kept.items():
        if kind in buildings or used_terrain:
            count.kept += number
        else:
            count.note(f"{kind}_not_used", number)
    for kind, number in model.dropped.items():
        count.note(f"{kind}_not_used", number)
    count.note("surfaces_not_readable", model.broken)
    count.dropped = count.read - count.kept
    return count


def _add_buildings(draft, buildings, cityjson, model, tell):
    """Take buildings from their own file, else from the city model."""
    if buildings is not None:
        frame, path = read_vector(buildings, "buildings"), buildings
    elif model is not None and len(model.buildings):
        frame, path = model.buildings.set_crs(model.crs or draft.grid.crs), cityjson
        frame = frame.set_crs(horizontal_crs(frame.crs), allow_override=True)
    else:
        return
    tell("reading the buildings")
    count = LayerCount("buildings")
    cleaned = clean_buildings(frame, draft.elevation, draft.grid, count, str(path))
    blockage, height = rasterise_buildings(cleaned, draft.grid)
    draft.layers["buildings"] = cleaned
    draft.fields.update(building_blockage=blockage, building_height=height)
    draft.counts.append(count)
    draft.source_of(["buildings", "building_blockage", "building_height"], path)


def _add_roads(draft, roads, tell):
    if roads is None:
        return
    tell("reading the roads")
    count = LayerCount("roads")
    frame = read_vector(roads, "roads")
    draft.layers["roads"] = clean_roads(frame, draft.grid, count, str(roads))
    draft.counts.append(count)
    draft.source_of(["roads"], roads)


def _add_land_cover(draft, landcover, table, tell):
    if landcover is None:
        return
    tell("reading the land cover")
    fields, count = read_land_cover(landcover, draft.grid, table)
    if "building_blockage" in draft.fields:  # a roof is sealed, whatever class it lies in
        sealed = np.maximum(fields["imperviousness"], draft.fields["building_blockage"])
        fields["imperviousness"] = sealed
    draft.fields.update(fields)
    draft.counts.append(count)
    draft.source_of(fields, landcover)


def _dataset(draft):
    data = {name: (("y", "x"), values) for name, values in draft.fields.items()}
    return describe(xarray.Dataset(data, coords=draft.grid.coords()))

"""Builds a city package out of the layers that a city already has."""

from dataclasses import dataclass, field
from pathlib import Path

import geopandas
import numpy as np
import xarray

from twin.city import write_city
from twin.city_manifest import BUILDINGS_AS, EDGES, check_choice, check_name
from twin.city_writer import check_target
from twin.datum import MOST_GEOID_HEIGHT
from twin.errors import InputError
from twin.fields import describe
from twin.grid import Grid
from twin.importers.buildings import clean_buildings
from twin.importers.elevation import check_cell_size, read_elevation
from twin.importers.land_cover_raster import read_land_cover
from twin.importers.layer_count import LayerCount
from twin.importers.model_bases import move_bases
from twin.importers.model_import import (
    agree_on_heights,
    model_files,
    model_folder,
    store_model,
    take_models,
)
from twin.importers.model_intake import ModelIntake
from twin.importers.model_terrain import GUESSED, terrain_of_model
from twin.importers.other_layers import LAYERS, clean_layer, permanent_water, sensors_of_store
from twin.importers.roads import clean_roads
from twin.importers.vector_file import read_vector
from twin.model.footprints import COLUMNS
from twin.model.storage import MODEL_FILE
from twin.terrain import rasterise_buildings


@dataclass
class _Draft:
    """A city while it is put together."""

    grid: Grid
    datum: str
    fields: dict
    layers: dict = field(default_factory=dict)
    counts: list = field(default_factory=list)
    sources: dict = field(default_factory=dict)
    vertical_crs: str = ""
    intake: ModelIntake | None = None

    @property
    def is_guess(self):
        """Whether the terrain is only laid between the bases of houses."""
        return bool(self.counts[0].reasons[GUESSED])

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
    citygml=None,
    layers=None,
    sensors_of=None,
    crs=None,
    cell_size=None,
    buildings_as="raised",
    edges="free",
    geoid_height=None,
    repair=True,
    move_onto_terrain=False,
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
    cityjson, citygml : path or list of path, optional
        City models, or folders of them: kept in the package, object by object; they give
        buildings, and terrain, where the others do not.
    layers : dict of str to path, optional
        Other layers by their names in `twin.importers.other_layers.LAYERS`.
    sensors_of : path, optional
        Observation store whose stations become the layer ``sensors``.
    crs : str, optional
        Of a terrain or model without CRS, its CRS; else the one that the city shall have.
    cell_size : float, optional
        Edge of a cell [m]; default as in `dem`, or as `twin.importers.model_terrain` chooses.
    buildings_as, edges : str
        How the solver sees buildings, and what the edge of the domain does.
    geoid_height : float, optional
        Height of the zero of the city's heights over the WGS 84 ellipsoid [m].
    repair : bool
        Whether invalid geometries of city models are mended; the package says what was changed.
    move_onto_terrain : bool
        Whether houses of city models that float over the terrain are moved down onto it.
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
    _check_geoid_height(geoid_height)
    if landcover_table is not None and landcover is None:
        raise InputError(
            f"the table {landcover_table} was given without land cover, expected both; name the "
            "land cover with --landcover"
        )
    if crs is not None and not str(crs).strip():
        raise InputError("the CRS is empty, expected one such as EPSG:3826; correct or omit it")
    layers = _checked_layers(layers, sensors_of)
    out = Path(out)
    check_target(out, overwrite)
    models = [("cityjson", path) for path in model_files(cityjson, "cityjson")]
    models += [("citygml", path) for path in model_files(citygml, "citygml")]
    with model_folder(out, models) as aside:
        draft = _terrain(dem, models, aside, crs, cell_size, repair, geoid_height, tell)
        if models and move_onto_terrain:
            tell("moving houses onto the terrain")
            move_bases(draft.intake, aside / MODEL_FILE, draft.elevation, draft.grid)
        _add_buildings(draft, buildings, models, tell)
        _add_roads(draft, roads, tell)
        _add_land_cover(draft, landcover, landcover_table, tell)
        _add_others(draft, layers, sensors_of, tell)
        tell("writing the city")
        city = write_city(
            out,
            name=name,
            title=title,
            grid=draft.grid,
            terrain=_dataset(draft),
            layers=draft.layers,
            vertical_datum=draft.datum,
            vertical_crs=draft.vertical_crs,
            geoid_height=geoid_height,
            terrain_is_guess=draft.is_guess,
            buildings_as=buildings_as,
            edges=edges,
            model=store_model(draft, aside, out) if models else None,
            sources={**draft.sources, **(sources or {})},
            generator="floodtwin city import",
            overwrite=overwrite,
        )
    return city, [count.as_dict() for count in draft.counts]


def _silent(text):
    del text


def _check_geoid_height(height):
    if height is not None and not abs(height) <= MOST_GEOID_HEIGHT:
        raise InputError(
            f"the geoid height is {height}, expected metres from -{MOST_GEOID_HEIGHT:g} to "
            f"{MOST_GEOID_HEIGHT:g}; correct or omit it"
        )


def _terrain(dem, models, aside, crs, cell_size, repair, geoid_height, tell):
    if dem is None and not models:
        raise InputError(
            "there is no terrain, expected one; name it with --dem or --cityjson or --citygml"
        )
    tell("reading the terrain" if dem is not None else "reading the city model")
    if dem is None:
        intake = take_models(models, aside, None, crs, repair, geoid_height, tell)
        grid, elevation, count = terrain_of_model(
            intake.ground, intake.rows, intake.target, cell_size, models[0][1]
        )
        draft = _Draft(grid, intake.datum, {"elevation": elevation}, counts=[count])
        draft.vertical_crs = intake.vertical_crs
    else:
        grid, elevation, datum, count = read_elevation(dem, crs, cell_size)
        draft = _Draft(grid, datum, {"elevation": elevation}, counts=[count])
        intake = None
        if models:
            intake = take_models(models, aside, grid.crs, crs, repair, geoid_height, tell)
            agree_on_heights(draft, intake)
    draft.source_of(["elevation"], dem if dem is not None else models[0][1])
    if draft.is_guess:
        draft.sources["elevation"]["source"] += ", guessed from the bases of its houses"
    draft.intake = intake
    draft.counts += intake.counts if intake else []
    return draft


def _add_buildings(draft, buildings, models, tell):
    """Take buildings from their own file, else from the city model."""
    if buildings is not None:
        frame, path = read_vector(buildings, "buildings"), buildings
    elif draft.intake is not None and draft.intake.rows:
        columns = list(zip(*draft.intake.rows, strict=True))
        data = dict(zip(COLUMNS, columns, strict=True))
        frame, path = geopandas.GeoDataFrame(data, crs=draft.grid.crs), models[0][1]
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


def _checked_layers(layers, sensors_of):
    """Refuse layers that nobody knows, and sensors from two places."""
    layers = dict(layers or {})
    strange = sorted(set(layers) - set(LAYERS))
    if strange:
        raise InputError(
            f"no layer is called {', '.join(strange)}, expected one of {', '.join(sorted(LAYERS))}"
        )
    if "sensors" in layers and sensors_of is not None:
        raise InputError(
            f"sensors come from {layers['sensors']} and from {sensors_of}, expected one of them; "
            "leave one out"
        )
    return layers


def _add_others(draft, layers, sensors_of, tell):
    frames = {name: (read_vector(path, name), path) for name, path in layers.items()}
    if sensors_of is not None:
        frames["sensors"] = sensors_of_store(sensors_of), sensors_of
    for name, (frame, path) in frames.items():
        tell(f"reading the layer {name}")
        count = LayerCount(name)
        draft.layers[name] = clean_layer(
            frame, name, draft.grid, draft.elevation, count, f"{path}, layer {name},"
        )
        draft.counts.append(count)
        draft.source_of([name], path)
    if "water" in draft.layers:
        depth = permanent_water(draft.layers["water"], draft.grid, draft.elevation)
        draft.fields["initial_depth"] = depth
        draft.source_of(["initial_depth"], layers["water"])


def _dataset(draft):
    data = {name: (("y", "x"), values) for name, values in draft.fields.items()}
    return describe(xarray.Dataset(data, coords=draft.grid.coords()))

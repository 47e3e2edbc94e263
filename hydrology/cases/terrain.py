"""The terrain of a case: out of files or out of formulas, with roughness and buildings."""

import tempfile
from pathlib import Path

import numpy as np
import xarray as xr

from hydrology.cases.fields import RASTERS, Cells, read_field
from hydrology.cases.places import cells_in_polygon
from hydrology.solver.ground import BUILT, DEFAULT_MANNING
from twin.errors import InputError
from twin.fields import describe
from twin.grid import Grid

LOCAL_CRS = "EPSG:3857"
"""Of terrain that lies nowhere: metres, true to scale near its origin."""

ROOF = 10.0
"""Height of a raised building where none is given [m]."""

_PATHS = ("dem", "buildings", "roads", "landcover", "landcover_table", "cityjson")
_GENERATED = ("cell_size", "size", "origin", "elevation", "crs")
_SHARES = {
    "imperviousness": (0.0, 1.0),
    "porosity": (1e-6, 1.0),
    "conveyance_x": (0.0, 1.0),
    "conveyance_y": (0.0, 1.0),
}
_YX = ("y", "x")


def read_terrain(case):
    """Terrain of a case, from the tables [terrain], [[roughness]] and [[building]].

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file.

    Returns
    -------
    terrain : xarray.Dataset (y, x)
        As `hydrology.solver.simulation.simulate` takes it.
    cells : Cells
        The same cells, as formulas see them.

    Raises
    ------
    InputError, MissingError
        Something in these tables cannot be.
    """
    table = case.table("terrain")
    terrain = _generated(table) if "size" in table else _imported(table)
    cells = Cells(Grid.of(terrain), terrain["elevation"].values)
    _add_fields(terrain, table, cells)
    for zone in case.tables("roughness"):
        _roughen(terrain, zone.know("polygon", "manning"), cells)
    for building in case.tables("building"):
        _build(terrain, building.know("polygon", "as", "height"), cells.grid)
    cells = Cells(cells.grid, terrain["elevation"].values, _open_cells(terrain))
    return describe(terrain), cells


def _generated(table):
    """Terrain of formulas."""
    from twin.crs import projected_crs
    from twin.importers.elevation import check_cell_size, check_grid

    for key in ("dem", "cityjson"):
        if key in table:
            raise table.refusal(key, "either files or a generated terrain of a size")
    table.know(*_GENERATED, "edges", "manning", *_SHARES)
    cell = table.number("cell_size", 0)
    check_cell_size(cell)
    width, height = table.point("size")
    if not (2 * cell <= width <= 1e7 and 2 * cell <= height <= 1e7):
        raise table.refusal("size", f"[width, height] of 2 or more cells of {cell:g} m each")
    nx, ny = round(width / cell), round(height / cell)
    if abs(nx * cell - width) > 1e-6 * width or abs(ny * cell - height) > 1e-6 * height:
        raise table.refusal("size", f"[width, height] as whole multiples of {cell:g} m")
    west, south = table.point("origin") if "origin" in table else (0.0, 0.0)
    crs = projected_crs(table.text("crs"), table.where) if "crs" in table else LOCAL_CRS
    grid = check_grid(Grid(float(west), float(south + height), cell, nx, ny, crs), table.where)
    values = _elevation(table, grid)
    edges = table.text("edges") if "edges" in table else "closed"
    attributes = {"crs": crs, "edges": edges, "buildings_as": "none"}
    return xr.Dataset({"elevation": (_YX, values)}, grid.coords(), attributes)


def _elevation(table, grid):
    """Ground of each cell; nan in a formula or a raster is outside of the domain."""
    value = str(table.values.get("elevation", ""))
    may_be_nan = "nan" in value or value.lower().endswith(RASTERS)
    return read_field(
        table, "elevation", Cells(grid), -500, 9000, default=0.0, may_be_nan=may_be_nan
    )


def _imported(table):
    """Terrain of files, by way of a package that is thrown away."""
    from twin.importers.city_import import import_city

    table.know(*_PATHS, "crs", "buildings_as", "cell_size", "edges", "manning", *_SHARES)
    options = {key: table.path(key) for key in _PATHS if key in table}
    options |= {key: table.text(key) for key in ("crs", "buildings_as") if key in table}
    if "cell_size" in table:
        options["cell_size"] = table.number("cell_size", 0)
    with tempfile.TemporaryDirectory() as aside:
        city, _ = import_city(Path(aside) / "case", name="case", **options)
        return city.terrain.load()


def _add_fields(terrain, table, cells):
    """Roughness and shares that the table gives for all cells."""
    if "manning" in table or "manning" not in terrain:
        manning = read_field(table, "manning", cells, 0.0, 1.0, default=DEFAULT_MANNING)
        terrain["manning"] = _field(manning, "s m-1/3")
    for name, (least, most) in _SHARES.items():
        if name in table:
            terrain[name] = _field(read_field(table, name, cells, least, most), "1")


def _field(values, units):
    return xr.Variable(_YX, values, {"units": units})


def _roughen(terrain, zone, cells):
    """Give the cells of a polygon their own roughness."""
    manning = read_field(zone, "manning", cells, 0.0, 1.0)
    rows, columns = cells_in_polygon(zone, cells.grid)
    terrain["manning"].values[rows, columns] = manning[rows, columns]


def _build(terrain, building, grid):
    """Put a building on the cells of a polygon: a hole in the water, or a raised block."""
    kind = building.choice("as", ("hole", "raised"), default="hole")
    height = building.number("height", 0, 1000, default=ROOF)
    place = cells_in_polygon(building, grid)
    if kind == "raised":
        terrain["elevation"].values[place] += height
        _fields_of_buildings(terrain, "imperviousness")[place] = 1.0
        return
    if terrain.attrs.get("buildings_as") != "blockage":
        _raise_all(terrain)
    _fields_of_buildings(terrain, "building_blockage")[place] = 1.0
    _fields_of_buildings(terrain, "building_height")[place] = height


def _raise_all(terrain):
    """Put raised buildings of files into the ground, so that others may be holes."""
    if terrain.attrs.get("buildings_as") == "raised" and "building_blockage" in terrain:
        is_built = terrain["building_blockage"].values >= BUILT
        terrain["elevation"].values[is_built] += terrain["building_height"].values[is_built]
        _fields_of_buildings(terrain, "imperviousness")[is_built] = 1.0
    for name in ("building_blockage", "building_height"):
        if name in terrain:
            terrain[name].values[...] = 0.0
    terrain.attrs["buildings_as"] = "blockage"


def _fields_of_buildings(terrain, name):
    """Values of a field of the terrain, made where there are none."""
    if name not in terrain:
        units = "m" if name == "building_height" else "1"
        terrain[name] = _field(np.zeros(terrain["elevation"].shape), units)
    return terrain[name].values


def _open_cells(terrain):
    """Where water can be: inside the domain and in no hole."""
    is_open = np.isfinite(terrain["elevation"].values)
    if not is_open.any():
        raise InputError(
            "elevation in [terrain] is nan in every cell, expected heights in metres somewhere; "
            "correct it"
        )
    if terrain.attrs.get("buildings_as") == "blockage" and "building_blockage" in terrain:
        is_open &= ~(terrain["building_blockage"].values >= BUILT)
    if not is_open.any():
        raise InputError("every cell is a building, expected open ground; check [[building]]")
    return is_open

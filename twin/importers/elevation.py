"""Reads a terrain raster of any reference system onto one grid of square metres."""

import numpy as np
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.transform import array_bounds
from rasterio.warp import calculate_default_transform, reproject

from twin.crs import crs_text, horizontal_crs, projected_crs
from twin.datum import height_system
from twin.errors import InputError
from twin.fields import FIELDS
from twin.grid import Grid
from twin.importers.layer_count import LayerCount
from twin.importers.raster_file import MAX_CELLS, open_raster
from twin.importers.voids import fill_voids

SMALLEST_CELL = 0.01  # metres: less is a raster in degrees that says it is in metres

_FEET = {"ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us-ft": 1200 / 3937}
_FEET |= {"us survey foot": 1200 / 3937, "ussurveyfoot": 1200 / 3937}
_METRES = {"", "m", "metre", "metres", "meter", "meters"}
_SENTINELS = (-9999.0, -32768.0, -32767.0, -99999.0)
_SQUARE = 1e-6  # relative difference of the two edges of a cell


def read_elevation(path, crs=None, cell_size=None):
    """Terrain of a raster file on a grid of square cells in metres, without holes.

    Parameters
    ----------
    path : str or pathlib.Path
        GeoTIFF, ESRI ASCII or ERDAS IMG.
    crs : str, optional
        Of a file without CRS, its CRS; of any other the CRS that is wanted.
    cell_size : float, optional
        Edge of a cell [m]; default as in the file.

    Returns
    -------
    tuple of (Grid, numpy.ndarray, str, LayerCount)
        The grid; elevation, float32 (y, x) [m], NaN outside of the city; the name of the height
        system or ""; what was done.

    Raises
    ------
    MissingError, InputError
        The file is missing or damaged, has no CRS or one not in metres, no ground, or heights that
        no terrain has.
    """
    with open_raster(path) as source:
        native = _native_crs(path, source, crs)
        target = projected_crs(crs if crs else native, f"{path}")
        heights = _read_heights(source)
        transform, factor = source.transform, _metres_per_unit(path, source, native)
        datum = height_system(native)[0]
    count = LayerCount("terrain")
    _drop_sentinels(heights, count)
    if factor != 1.0:
        heights *= np.float32(factor)
        count.note("converted_from_feet", heights.size)
    grid, placed = _place(path, heights, transform, horizontal_crs(native), target, cell_size)
    if placed is not heights:
        count.note("resampled", placed.size)
        count.note("cells_in_file", heights.size)
    return grid, finish_terrain(placed, path, count), datum, count


def finish_terrain(elevation, what, count):
    """Check heights, fill voids and count: the last step of every terrain.

    Parameters
    ----------
    elevation : numpy.ndarray
        float32, shape (y, x) [m], NaN where void.
    what : str or pathlib.Path
        The file, for messages.
    count : LayerCount
        Takes the counts; `read` is the cells of the grid.

    Returns
    -------
    numpy.ndarray
        Elevation without holes, NaN outside of the city.

    Raises
    ------
    InputError
        There is no ground, or heights are out of range.
    """
    known = np.isfinite(elevation)
    if not known.any():
        raise InputError(
            f"{what} is void in all {elevation.size} cells, expected ground; check its nodata value"
        )
    lowest, highest = float(np.nanmin(elevation)), float(np.nanmax(elevation))
    field = FIELDS["elevation"]
    if lowest < field.minimum or highest > field.maximum:
        raise InputError(
            f"{what} has heights from {lowest:g} to {highest:g} m, expected {field.minimum:g} to "
            f"{field.maximum:g}; check its unit and its nodata value"
        )
    filled = fill_voids(elevation)
    count.read = elevation.size
    count.dropped = filled.outside
    count.kept = count.read - count.dropped
    count.note("voids_filled", filled.holes)
    count.note("edge_voids_filled", filled.strips)
    count.note("outside_of_city", filled.outside)
    whole = count.reasons["resampled"] or count.reasons["converted_from_feet"]
    count.changed = count.kept if whole else filled.holes + filled.strips
    count.reasons += type(count.reasons)()  # drops the zeros that asking made
    return filled.elevation


def check_cell_size(cell_size):
    """Refuse a cell size that is no length.

    Raises
    ------
    InputError
        It is neither None nor a number of metres.
    """
    if cell_size is not None and not SMALLEST_CELL <= cell_size < np.inf:
        raise InputError(
            f"cell size is {cell_size}, expected metres, at least {SMALLEST_CELL:g}; correct it"
        )


def check_grid(grid, what):
    """Give a grid back if it can be imported.

    Raises
    ------
    InputError
        It has too many or too few cells, or cells that are absurdly small.
    """
    if grid.cell_size < SMALLEST_CELL:
        raise InputError(
            f"{what} has cells of {grid.cell_size:g} m, expected at least {SMALLEST_CELL:g}; check "
            "its CRS: these may be degrees"
        )
    if grid.nx * grid.ny > MAX_CELLS or min(grid.nx, grid.ny) < 2:
        raise InputError(
            f"{what} gives {grid.nx} x {grid.ny} cells of {grid.cell_size:g} m, expected 2 x 2 to "
            f"{MAX_CELLS:,} cells; choose another cell size"
        )
    return grid


def _native_crs(path, source, crs):
    if source.crs is not None:
        return source.crs.to_wkt()
    if crs is None:
        raise InputError(
            f"{path} has no CRS, expected one that says where it lies; name it with --crs EPSG:n"
        )
    return crs


def _metres_per_unit(path, source, crs):
    unit = (source.units[0] or "").strip().lower()
    if unit in _FEET:
        return _FEET[unit]
    if unit not in _METRES:
        raise InputError(
            f"{path} has heights in {unit[:40]!r}, expected metres or feet; convert it first"
        )
    return 1.0 if unit else height_system(crs)[1]


def _read_heights(source):
    heights = source.read(1, masked=True).astype(np.float32).filled(np.nan)
    if source.scales[0] != 1.0 or source.offsets[0] != 0.0:
        heights = heights * np.float32(source.scales[0]) + np.float32(source.offsets[0])
    return heights


def _drop_sentinels(heights, count):
    """Many files hold -9999 for no data and do not say so."""
    strange = np.isin(heights, np.array(_SENTINELS, dtype=np.float32))
    strange |= np.isinf(heights) | (np.abs(heights) > 1e30)
    count.note("undeclared_nodata", strange.sum())
    heights[strange] = np.nan


def _place(path, heights, transform, native, target, cell_size):
    """Heights on a north-up square grid in the target CRS; the same array if they lie on one."""
    square = transform.b == transform.d == 0 and transform.e < 0 < transform.a
    square = square and abs(transform.a + transform.e) <= _SQUARE * transform.a
    same = crs_text(native) == target
    ny, nx = heights.shape
    if same and square and cell_size in (None, transform.a):
        grid = Grid(transform.c, transform.f, transform.a, nx, ny, target)
        return check_grid(grid, path), heights
    grid = _target_grid(path, heights.shape, transform, native, target, cell_size, same)
    coarser = same and grid.cell_size > 1.5 * min(abs(transform.a), abs(transform.e))
    placed = np.full(grid.shape, np.nan, dtype=np.float32)
    try:
        reproject(
            heights,
            placed,
            src_transform=transform,
            src_crs=native.to_wkt(),
            src_nodata=np.nan,
            dst_transform=grid.transform,
            dst_crs=target,
            dst_nodata=np.nan,
            resampling=Resampling.average if coarser else Resampling.bilinear,
        )
    except RasterioError as error:
        raise _cannot_project(path, native, target, error) from None
    return grid, placed


def _target_grid(path, shape, transform, native, target, cell_size, same):
    ny, nx = shape
    bounds = array_bounds(ny, nx, transform)
    (west, east), (south, north) = sorted(bounds[::2]), sorted(bounds[1::2])
    try:
        placed, width, height = calculate_default_transform(
            native.to_wkt(), target, nx, ny, west, south, east, north
        )
    except RasterioError as error:
        raise _cannot_project(path, native, target, error) from None
    size = cell_size
    if size is None and same:
        size = min(np.hypot(transform.a, transform.d), np.hypot(transform.b, transform.e))
    elif size is None:
        size = float(f"{placed.a:.3g}")
    if not same:
        west, north = placed.c, placed.f
        east, south = west + width * placed.a, north + height * placed.e
    columns, rows = ((end / size + 1e-6) // 1 for end in (east - west, north - south))
    grid = Grid(
        float(west), float(north), float(size), max(int(columns), 1), max(int(rows), 1), target
    )
    return check_grid(grid, path)


def _cannot_project(path, native, target, error):
    reason = (str(error).splitlines() or [""])[0][:100]
    return InputError(
        f"{path} cannot be brought from {crs_text(native)[:60]} to {target[:60]} ({reason}), "
        "expected a CRS that covers it; choose another --crs"
    )

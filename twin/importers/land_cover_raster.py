"""Reads a raster of land cover classes onto the grid of a terrain."""

import numpy as np
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.warp import reproject, transform_bounds

from twin.errors import InputError
from twin.importers.layer_count import LayerCount
from twin.importers.raster_file import open_raster
from twin.land_cover import read_table, terrain_of_cover

_NO_CLASS = -1
_HIGHEST_CODE = 1_000_000


def read_land_cover(path, grid, table=None):
    """Roughness, sealing and infiltration of a city out of a land cover raster.

    Parameters
    ----------
    path : str or pathlib.Path
        Raster of class codes, in any CRS; without one, that of the grid is assumed.
    grid : Grid
        The terrain.
    table : str or pathlib.Path, optional
        CSV of classes, see `twin.land_cover`.

    Returns
    -------
    tuple of (dict of str to numpy.ndarray, LayerCount)
        Terrain fields as `twin.land_cover.terrain_of_cover` gives them; counts in cells of the
        grid: `dropped` have no class in the raster, `changed` a class that is not in the table.
        Both kinds get the values of the default row.

    Raises
    ------
    MissingError, InputError
        A file is missing or damaged, or raster and terrain do not overlap.
    """
    classes = read_table(table)
    count = LayerCount("land_cover", read=grid.nx * grid.ny)
    with open_raster(path) as source:
        crs = source.crs.to_wkt() if source.crs else grid.crs
        if not source.crs:
            count.note("crs_assumed_as_of_terrain", grid.nx * grid.ny)
        _check_overlap(path, source, crs, grid)
        codes = _read_codes(path, source, crs, grid)
    if (codes == _NO_CLASS).all():
        raise InputError(
            f"{path} has no class in any cell of the terrain, expected land cover; check its nodata"
        )
    fields, unknown = terrain_of_cover(codes, classes)
    count.dropped = unknown.pop(_NO_CLASS, 0)
    count.kept = count.read - count.dropped
    count.changed = sum(unknown.values())
    count.note("no_class_so_default", count.dropped)
    for code, cells in unknown.items():
        count.note(f"class_{code}_not_in_table_so_default", cells)
    return fields, count


def _check_overlap(path, source, crs, grid):
    try:
        west, south, east, north = transform_bounds(grid.crs, crs, *grid.bounds)
    except RasterioError:
        west, south, east, north = (np.inf, np.inf, -np.inf, -np.inf)
    have = source.bounds
    if west > have.right or east < have.left or south > have.top or north < have.bottom:
        raise InputError(
            f"{path} covers x {have.left:.6g} to {have.right:.6g}, y {have.bottom:.6g} to "
            f"{have.top:.6g}, the terrain x {west:.6g} to {east:.6g}, y {south:.6g} to "
            f"{north:.6g}, expected them to overlap; check the CRS of both"
        )


def _read_codes(path, source, crs, grid):
    """Class codes on the grid; what is no whole number or out of range is no class."""
    values = source.read(1, masked=True)
    whole = np.isfinite(values.data) & (values.data == np.round(values.data))
    whole &= ~np.ma.getmaskarray(values) & (values.data >= 0) & (values.data <= _HIGHEST_CODE)
    codes = np.where(whole, values.data, _NO_CLASS).astype(np.int32)
    placed = np.full(grid.shape, _NO_CLASS, dtype=np.int32)
    finer = source.crs and source.crs.is_projected and abs(source.transform.a) < grid.cell_size
    try:
        reproject(
            codes,
            placed,
            src_transform=source.transform,
            src_crs=crs,
            src_nodata=_NO_CLASS,
            dst_transform=grid.transform,
            dst_crs=grid.crs,
            dst_nodata=_NO_CLASS,
            resampling=Resampling.mode if finer else Resampling.nearest,
        )
    except RasterioError as error:
        raise InputError(
            f"{path} cannot be brought onto the terrain ({str(error)[:100]}), expected a CRS that "
            "covers it; check its CRS"
        ) from None
    return placed

"""Voids of a terrain: holes and thin strips at the edge are filled, the outside stays void."""

from dataclasses import dataclass

import numpy as np
from rasterio.fill import fillnodata
from scipy import ndimage

EDGE_REACH = 3  # cells: a void at the edge that is nowhere further from ground is a strip

_EIGHT = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class FilledTerrain:
    """A terrain without holes, and how many cells that took.

    Parameters
    ----------
    elevation : numpy.ndarray
        float32, shape (y, x) [m]; NaN is outside of the city.
    holes, strips, outside : int
        Cells that were filled in holes, filled in strips along the edge, and left void.
    """

    elevation: np.ndarray
    holes: int
    strips: int
    outside: int


def fill_voids(elevation):
    """Fill the holes of a terrain and the thin strips along its edge.

    Parameters
    ----------
    elevation : numpy.ndarray
        float32, shape (y, x) [m], NaN where void, with ground in at least one cell.

    Returns
    -------
    FilledTerrain

    Notes
    -----
    A void that touches the edge of the raster is outside of the city, unless none of its cells is
    further than `EDGE_REACH` cells from ground. All other voids are filled from their rim by
    inverse distance in four quadrants (GDAL's ``fillnodata``) and smoothed twice.
    """
    void = np.isnan(elevation)
    if not void.any():
        return FilledTerrain(elevation, 0, 0, 0)
    labels, count = ndimage.label(void, _EIGHT)
    distance = ndimage.distance_transform_edt(void).astype(np.float32)
    thickness = np.asarray(ndimage.maximum(distance, labels, np.arange(count + 1)))
    touching = _touches_edge(labels, count)
    strip = touching & (thickness <= EDGE_REACH)
    outside = (touching & ~strip)[labels]
    fill = void & ~outside
    reach = float(distance[fill].max(initial=0.0))
    return FilledTerrain(
        _interpolate(elevation, fill, outside, reach) if fill.any() else elevation,
        holes=int((fill & ~strip[labels]).sum()),
        strips=int((fill & strip[labels]).sum()),
        outside=int(outside.sum()),
    )


def _touches_edge(labels, count):
    touching = np.zeros(count + 1, dtype=bool)
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        touching[edge] = True
    touching[0] = False
    return touching


def _interpolate(elevation, fill, outside, reach):
    # The outside must not be searched, which is slow, and never is the nearest: a rim of ground
    # lies between it and every hole. So it may have any value meanwhile.
    known = ~fill
    work = np.where(known & ~outside, elevation, np.float32(0))
    nearest_rim = int(np.ceil(2 * reach)) + 2
    filled = fillnodata(work, mask=known, max_search_distance=nearest_rim, smoothing_iterations=2)
    result = np.where(fill, filled, elevation).astype(np.float32)
    result[outside] = np.nan
    return result

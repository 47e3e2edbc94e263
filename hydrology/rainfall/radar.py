"""Radar grids -> rainfall rate around a city, on metres, evenly spaced in time."""

import math

import numpy as np

from hydrology.rainfall.grid import rainfall_dataset
from twin.errors import InputError, MissingError
from twin.fields import require
from twin.grid import Grid
from twin.units import MM_PER_HOUR

FAST = 40.0
"""Few showers travel faster; rain of the hours ahead lies within so much a second [m s-1]."""

LEAST_MARGIN = 100_000.0
MOST_CELLS = 400
"""Cells to a side of the window in which rain is followed, about."""

HIGHEST_DECIBELS = 53.0
"""Reflectivity beyond this is hail, not more rain [dBZ]."""


def rate_of_reflectivity(decibels, a=200.0, b=1.6):
    """Rainfall rate of a reflectivity [m s-1].

    Parameters
    ----------
    decibels : array
        Reflectivity [dBZ]; NaN where nothing is known, -inf where there is no echo.
    a, b : float
        Of Z = a R^b, with Z in mm6 m-3 and R in mm/h.

    Notes
    -----
    Marshall, Langille and Palmer (1947), J. Meteorol. 4, 186-192, for the default; each radar
    has its own (Taiwan's and Hong Kong's differ much from it). The cap at 53 dBZ is that of
    Fulton et al. (1998), Weather Forecast. 13, 377-395; neither paper could be checked here.

    Examples
    --------
    >>> round(float(rate_of_reflectivity(40.0)) * 3.6e6, 1)  # mm/h
    11.5
    """
    linear = 10.0 ** (np.minimum(decibels, HIGHEST_DECIBELS) / 10.0)
    return MM_PER_HOUR * (linear / a) ** (1.0 / b)


def join_radar(grids, a=200.0, b=1.6):
    """One series of rainfall rates out of the grids of a radar source.

    Parameters
    ----------
    grids : iterable of xarray.Dataset
        Each with ``rainfall_rate`` [m s-1], time being the start of the interval, or with
        ``reflectivity`` [dBZ], time being the moment of the scan; all on one grid.
    a, b : float
        Of Z = a R^b where there are reflectivities.

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1], in order; of two fields of one time the later
        one in `grids` counts.

    Raises
    ------
    MissingError
        There is no grid.
    InputError
        The grids differ, or hold something else.
    """
    rates, place = {}, None
    for grid in grids:
        here = Grid.of(grid)
        if place is not None and here != place:
            raise InputError(
                f"a radar grid of {here.ny} x {here.nx} cells follows one of {place.ny} x "
                f"{place.nx}, expected one grid; keep each product apart"
            )
        place = here
        fields = _rates(grid, a, b)
        rates.update(zip(grid["time"].values.astype("datetime64[ns]"), fields, strict=True))
    if not rates:
        raise MissingError("no radar grid came, expected at least one; check the feed")
    times = sorted(rates)
    return rainfall_dataset(times, np.stack([rates[time] for time in times]), place)


def around(grid, radar, hours, speed=FAST, most_cells=MOST_CELLS):
    """Window in which the rain of the hours ahead is followed.

    Parameters
    ----------
    grid : Grid
        Cells of the city.
    radar : xarray.Dataset
        Rain on the radar's own grid, in any reference system.
    hours : float
        How far ahead the rain is wanted [h].
    speed : float
        Of the showers [m s-1].
    most_cells : int
        To a side, about.

    Returns
    -------
    Grid
        In the city's CRS, as far around it as showers travel in that time, `LEAST_MARGIN` at
        least, and the radar reaches; cells as large as the radar's or a multiple.

    Raises
    ------
    InputError
        The radar does not reach the city.
    """
    west, south, east, north = grid.bounds
    margin = max(LEAST_MARGIN, speed * hours * 3600.0)
    source = _known_part(radar)
    reach = _bounds_in(source, grid.crs)
    if not (reach[0] <= west and reach[1] <= south and reach[2] >= east and reach[3] >= north):
        raise InputError(
            f"the radar covers x {reach[0]:.0f} to {reach[2]:.0f}, y {reach[1]:.0f} to "
            f"{reach[3]:.0f} in {grid.crs[:40]}, expected the city in it; choose another radar"
        )
    west, south = (max(a - margin, b) for a, b in ((west, reach[0]), (south, reach[1])))
    east, north = (min(a + margin, b) for a, b in ((east, reach[2]), (north, reach[3])))
    cell = _cell_in_metres(source, reach)
    cell *= max(1, math.ceil(max(east - west, north - south) / cell / most_cells))
    nx, ny = math.ceil((east - west) / cell), math.ceil((north - south) / cell)
    return Grid(west, north, cell, max(nx, 2), max(ny, 2), grid.crs)


def onto(rainfall, target):
    """Bring rain onto another grid; what is not known there stays NaN.

    Parameters
    ----------
    rainfall : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] in any reference system; NaN where not known.
    target : Grid
        Cells wanted.

    Returns
    -------
    xarray.Dataset
        Bilinear where the target is finer, the mean over each cell where it is coarser.

    Raises
    ------
    InputError
        The reference systems are related by a guess of some hundred metres only.

    Notes
    -----
    `hydrology.rainfall.grid.regrid` refuses rain that does not cover the city; a nowcast needs
    to know where its rain ends, so here NaN is an answer.
    """
    from rasterio.warp import Resampling, reproject

    source = Grid.of(require(rainfall, "rainfall_rate", allow_nan=True))
    if source == target:
        return rainfall
    check_datum(source.crs, target.crs)
    own_cell = _cell_in_metres(source, _bounds_in(source, target.crs))
    way = Resampling.average if target.cell_size > 1.5 * own_cell else Resampling.bilinear
    fields = np.asarray(rainfall["rainfall_rate"], np.float32)
    result = np.full((len(fields), *target.shape), np.nan, np.float32)
    for field, found in zip(fields, result, strict=True):
        reproject(
            field,
            found,
            src_transform=source.transform,
            src_crs=source.crs,
            src_nodata=np.nan,
            dst_transform=target.transform,
            dst_crs=target.crs,
            dst_nodata=np.nan,
            resampling=way,
        )
    return rainfall_dataset(rainfall["time"].values, result, target)


def check_datum(from_crs, to_crs):
    """Refuse reference systems between which only a guess leads.

    Raises
    ------
    InputError
        One is not known, or the datum of one is not tied to that of the other (TWD67 as
        EPSG:3821 would be 850 m off).
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError
    from pyproj.transformer import TransformerGroup

    if from_crs == to_crs:
        return
    try:
        datum = CRS.from_user_input(from_crs).datum
        ways = TransformerGroup(from_crs, to_crs, always_xy=True).transformers
    except CRSError as error:
        raise InputError(
            f"the reference system of the radar or the city is not known ({str(error)[:80]}), "
            "expected for example EPSG:3826; correct it"
        ) from None
    if datum is not None and datum.name.lower().startswith("unknown"):
        return  # an ellipsoid and no more, as radars give it: taken for WGS 84
    if not ways or "ballpark" in ways[0].description.lower():
        raise InputError(
            f"only a guess leads from {from_crs[:60]!r} to {to_crs[:60]!r}, expected systems whose "
            "datums are tied; give the radar grid a system with +towgs84 or in the city's datum"
        )


def step_of(rainfall):
    """Length of the intervals of a series: the commonest distance of two times [s].

    Raises
    ------
    InputError
        There is one time only and nothing says how long its interval is.
    """
    times = rainfall["time"].values
    if times.size < 2:
        if "valid_to" not in rainfall.attrs:
            raise InputError(
                "a single field of rain came, expected at least two or attributes valid_from and "
                "valid_to, so that its interval is known; wait for the next one"
            )
        begin, end = (utc(rainfall.attrs[name]) for name in ("valid_from", "valid_to"))
        return float((end - begin) / np.timedelta64(1, "s"))
    apart = np.diff(times) / np.timedelta64(1, "s")
    lengths, counts = np.unique(apart.round(), return_counts=True)
    return float(lengths[counts.argmax()])


def end_of(rainfall, step=None):
    """End of the newest interval of a series [datetime64, UTC], of length `step` [s] if given."""
    length = step_of(rainfall) if step is None else step
    newest = rainfall["time"].values[-1].astype("datetime64[ns]")
    return newest + np.timedelta64(round(length * 1e9), "ns")


def utc(moment):
    """A time of any kind as datetime64 [UTC]; naive means UTC."""
    import pandas as pd

    moment = pd.Timestamp(moment)
    moment = moment if moment.tz is None else moment.tz_convert("UTC").tz_localize(None)
    return moment.to_datetime64().astype("datetime64[ns]")


def _rates(grid, a, b):
    if "rainfall_rate" in grid:
        units = grid["rainfall_rate"].attrs.get("units", "m s-1")
        if units != "m s-1":
            raise InputError(f"a radar grid is in {units!r}, expected 'm s-1'; convert it first")
        return grid["rainfall_rate"].values
    if "reflectivity" in grid:
        return rate_of_reflectivity(grid["reflectivity"].values, a, b)
    raise InputError(
        f"a radar grid holds {sorted(grid.data_vars)}, expected rainfall_rate [m s-1] or "
        "reflectivity [dBZ]; read it with the adapter of its source"
    )


def _bounds_in(source, crs):
    """West, south, east, north of a grid, inside of its outline, in another system."""
    from pyproj import Transformer

    check_datum(source.crs, crs)
    if source.crs == crs:
        return source.bounds
    west, south, east, north = source.bounds
    share = np.linspace(0.0, 1.0, 21)
    along_x, along_y = west + share * (east - west), south + share * (north - south)
    transform = Transformer.from_crs(source.crs, crs, always_xy=True).transform
    left, right = (transform(np.full(21, x), along_y)[0] for x in (west, east))
    lower, upper = (transform(along_x, np.full(21, y))[1] for y in (south, north))
    bounds = (np.max(left), np.max(lower), np.min(right), np.min(upper))
    return tuple(float(edge) for edge in bounds)


def _known_part(radar):
    """The part of the radar's grid outside of which nothing is ever known."""
    source = Grid.of(radar)
    known = np.isfinite(radar["rainfall_rate"].values[-1])
    if not known.any():
        return source
    rows, columns = (np.flatnonzero(known.any(axis=axis)) for axis in (1, 0))
    ny, nx = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    return source.window(int(rows[0]), int(columns[0]), ny, nx)


def _cell_in_metres(source, reach):
    """Edge of a source cell in metres of the target, to a hundred of them where it is large."""
    size = (reach[3] - reach[1]) / source.ny
    return max(round(size, -2), 100.0) if size > 100.0 else size

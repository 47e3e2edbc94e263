"""The old datum of Taiwan (TWD67) to WGS 84, by the formula that is right to a metre.

The shift that PROJ offers for EPSG:3821 is none at all ("ballpark"), which is 850 m off.
"""

from functools import cache

import numpy as np

from twin.errors import InputError

A, B = 1.549e-5, 6.521e-6
EAST, NORTH = 807.8, -248.6

TM2_67 = "+proj=tmerc +lat_0=0 +lon_0=121 +k=0.9999 +x_0=250000 +y_0=0 +ellps=aust_SA +units=m"
"""EPSG:3828 as a bare projection: its datum is what the formula below is for."""

BOUNDS = (114.0, 17.0, 125.0, 28.0)
"""West, south, east, north [degrees] in which the formula is used."""


def to_twd97(easting, northing):
    """TM2 coordinates of 1967 in those of 1997.

    Parameters
    ----------
    easting, northing : float or numpy.ndarray
        EPSG:3828 [m].

    Returns
    -------
    tuple
        EPSG:3826 [m].

    Notes
    -----
    The four-parameter formula in common use in Taiwan: X97 = X67 + 807.8 + A X67 + B Y67,
    Y97 = Y67 - 248.6 + A Y67 + B X67 with A = 1.549e-5, B = 6.521e-6. Checked against two
    stations whose positions the weather service publishes in both datums: within 1 m.
    """
    return (
        easting + EAST + A * easting + B * northing,
        northing + NORTH + A * northing + B * easting,
    )


def to_wgs84(longitude, latitude):
    """Degrees of TWD67 in degrees of WGS 84.

    Parameters
    ----------
    longitude, latitude : float or numpy.ndarray
        EPSG:3821 [degrees].

    Returns
    -------
    tuple
        Longitude and latitude, EPSG:4326 [degrees].

    Raises
    ------
    InputError
        A position lies outside of Taiwan and its seas.

    Examples
    --------
    >>> [round(float(degrees), 5) for degrees in to_wgs84(120.88986, 22.106108)]
    [120.89788, 22.1043]
    """
    west, south, east, north = BOUNDS
    inside = (longitude >= west) & (longitude <= east) & (latitude >= south) & (latitude <= north)
    if not np.all(inside):
        raise InputError(
            f"a TWD67 position lies outside of {west:g} to {east:g} east and {south:g} to "
            f"{north:g} north, expected one in Taiwan; check the reference system"
        )
    from pyproj import Proj

    unproject = transformer("EPSG:3826", "EPSG:4326")
    return unproject.transform(*to_twd97(*Proj(TM2_67)(longitude, latitude)))


@cache
def transformer(source, target):
    """A pyproj transformer that is known to shift the datum rightly.

    Parameters
    ----------
    source, target : str
        What pyproj takes as a reference system.

    Raises
    ------
    InputError
        The best operation that PROJ knows is a "ballpark" one: it ignores the datum.
    """
    from pyproj.transformer import TransformerGroup

    group = TransformerGroup(source, target, always_xy=True)
    best = group.transformers[0]
    if "ballpark" in best.description.lower():
        raise InputError(
            f"from {source} to {target} PROJ knows only {best.description!r}, which ignores the "
            "datum, expected a real shift; use twin.feeds.twd67.to_wgs84 for TWD67"
        )
    return best

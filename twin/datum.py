"""The vertical datum, in this one place: heights of a city to heights over the ellipsoid."""

from functools import lru_cache

LONLAT_HEIGHT = "EPSG:4979"


def geoid_height(city):
    """Height of the zero of a city's heights over the WGS 84 ellipsoid.

    Parameters
    ----------
    city : twin.city.City
        With ``geoid_height`` [m] in its city.toml, or without.

    Returns
    -------
    tuple of (float, str)
        The height [m], one for the whole city (over 50 km it varies by decimetres), and how it
        is known: ``"city.toml"``, ``"grid of PROJ"`` or ``"unknown, 0 assumed"``.

    Notes
    -----
    A client that draws its own globe needs it; one that draws only this city does not.
    """
    stated = city.info.get("geoid_height")
    if isinstance(stated, int | float):
        return float(stated), "city.toml"
    west, south, east, north = city.grid.bounds
    found = _from_proj(city.crs, city.vertical_datum, (west + east) / 2, (south + north) / 2)
    return (0.0, "unknown, 0 assumed") if found is None else (found, "grid of PROJ")


@lru_cache(maxsize=64)
def _from_proj(crs, vertical_datum, x, y):
    """Geoid height where the height system has a code and PROJ has its grid; None elsewhere."""
    import math

    from pyproj import CRS, Transformer
    from pyproj.crs import CompoundCRS
    from pyproj.exceptions import CRSError, ProjError

    if not vertical_datum.upper().startswith("EPSG:"):
        return None
    try:
        compound = CompoundCRS("city", components=[CRS(crs), CRS(vertical_datum)])
        transformer = Transformer.from_crs(
            compound, LONLAT_HEIGHT, always_xy=True, only_best=True, allow_ballpark=False
        )
        height = transformer.transform(x, y, 0.0)[2]
    except (CRSError, ProjError):
        return None
    return height if math.isfinite(height) else None

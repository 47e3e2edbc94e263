"""Reference systems: any projected system in metres inside, its horizontal part only."""

from twin.errors import InputError


def projected_crs(crs, what="the city"):
    """Canonical text of a projected reference system in metres.

    Parameters
    ----------
    crs : str, int or pyproj.CRS
        ``"EPSG:3826"``, WKT, or what pyproj takes. Of a compound system only the
        horizontal part is kept.
    what : str
        Whose system it is, for the message.

    Returns
    -------
    str
        ``"EPSG:n"`` where the system has such a code, else its WKT.

    Raises
    ------
    InputError
        The system is unknown, geographic, or not in metres.

    Examples
    --------
    >>> projected_crs("EPSG:7415")
    'EPSG:28992'
    """
    parsed = horizontal_crs(crs, what)
    if parsed.is_geographic:
        raise InputError(
            f"{what} is in {crs_text(parsed)}, a geographic system in degrees, expected a "
            "projected system in metres; name one with --crs EPSG:n"
        )
    units = {axis.unit_name for axis in parsed.axis_info}
    if not parsed.is_projected or not units <= {"metre", "meter"}:
        raise InputError(
            f"{what} is in {crs_text(parsed)} with axes in {', '.join(sorted(units)) or 'no unit'}"
            ", expected a projected system in metres; name one with --crs EPSG:n"
        )
    return crs_text(parsed)


def horizontal_crs(crs, what="the layer"):
    """Horizontal part of any reference system, as a pyproj CRS.

    Raises
    ------
    InputError
        The system is not known.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        parsed = CRS.from_user_input(crs)
    except CRSError:
        raise InputError(
            f"{what} has the reference system {str(crs)[:80]!r}, which is not known, expected for "
            "example EPSG:3826; check the code"
        ) from None
    if parsed.is_compound:
        parsed = parsed.sub_crs_list[0]
    return parsed.to_2d()


def metric_crs(crs, x, y, what="the city model"):
    """A projected system in metres for points of any system: their own, else their UTM zone.

    The Mercator of web maps (EPSG:3857) is none: at 52 degrees a house would be 1.6 times as long.

    Parameters
    ----------
    crs : str
        Reference system of the points.
    x, y : float
        A point of the city in it, east and north.
    what : str
        Whose system it is, for the message.

    Returns
    -------
    str
        As `projected_crs`.

    Raises
    ------
    InputError
        The system is not known, or the point lies nowhere on Earth.
    """
    import math

    from pyproj import Transformer

    parsed = horizontal_crs(crs, what)
    units = {axis.unit_name for axis in parsed.axis_info}
    if parsed.is_projected and units <= {"metre", "meter"} and not _is_of_the_web(parsed):
        return crs_text(parsed)
    lon, lat = Transformer.from_crs(parsed, "EPSG:4326", always_xy=True).transform(x, y)
    if not (math.isfinite(lon) and abs(lat) <= 84):
        raise InputError(
            f"{what} has the point {x:g}, {y:g} in {crs_text(parsed)[:60]}, which lies nowhere on "
            "Earth; check the CRS, or name the one for the city with --crs EPSG:n"
        )
    zone = int((lon + 180) // 6) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def _is_of_the_web(crs):
    """Whether a system is the Mercator of web maps, whose metres are none but at the equator."""
    operation = crs.coordinate_operation
    return operation is not None and "Pseudo" in operation.method_name


def crs_text(crs):
    """``EPSG:n`` of a pyproj CRS where it has such a code, else its WKT."""
    code = crs.to_epsg(min_confidence=70)
    return f"EPSG:{code}" if code else crs.to_wkt()

"""Reference systems as CityGML names them, and the order of their axes."""

import re
from dataclasses import dataclass

_EPSG = re.compile(r"EPSG(?:/0/|/[\d.]+/|:[\d.]*:|:|\.xml#)(\d{4,6})", re.IGNORECASE)
_SECOND = re.compile(r"EPSG[:/\d.]*\d{4,6}\+(?:EPSG:+)?(\d{4,6})", re.IGNORECASE)
_ADV = re.compile(r"(?:urn:adv:crs:|^)((?:ETRS89_|DE_)\w+)(?:\*(\w+))?")
_ADV_ZONE = re.compile(r"ETRS89_UTM(3[1-3])|DE_DHDN_3GK([2-5])")
_ADV_HEIGHTS = {"DE_DHHN2016_NH": "7837", "DE_DHHN92_NH": "5783", "DE_DHHN12_NOH": "7699"}
_NO_LETTER = re.compile(r"[^A-Za-z0-9+()]")
_CRS84 = re.compile(r"CRS84h?$")


@dataclass(frozen=True)
class Placement:
    """Where the coordinates of a file lie.

    Parameters
    ----------
    name : str
        As the file has it.
    crs : str or None
        ``"EPSG:n"`` or ``"EPSG:n+m"``; None where the name is not known.
    is_swapped : bool
        Whether the file gives north (latitude) before east (longitude).
    is_geographic : bool
        Whether the first two coordinates are degrees.
    anchor : tuple of float
        Where the zero of local coordinates lies, in the axes of the file.
    """

    name: str
    crs: str | None = None
    is_swapped: bool = False
    is_geographic: bool = False
    anchor: tuple = ()


def epsg_codes(name):
    """Codes of the horizontal and the vertical part of a name of a reference system.

    Parameters
    ----------
    name : str
        An srsName in any of its spellings.

    Returns
    -------
    list of str
        None, one or two codes.

    Notes
    -----
    Names of the surveying agencies of Germany (AdV) are GeoInfoDok 6.0.1, 7.1.4; their last part,
    a quasigeoid, does not matter here.

    Examples
    --------
    >>> epsg_codes("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783")
    ['25832', '5783']
    >>> epsg_codes("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH")
    ['25832', '7837']
    >>> epsg_codes("ETRS89 / UTM zone 32N")
    ['25832']
    """
    name = name.strip()
    if name.isdigit():
        return [name] if 4 <= len(name) <= 6 else []
    adv = _ADV.search(name)
    zone = _ADV_ZONE.fullmatch(adv.group(1)) if adv else None
    if zone:
        code = f"258{zone.group(1)}" if zone.group(1) else f"3146{int(zone.group(2)) + 4}"
        height = _ADV_HEIGHTS.get(adv.group(2) or "")
        return [code, height] if height else [code]
    second = _SECOND.search(name)
    codes = _EPSG.findall(name) + ([second.group(1)] if second else [])
    return codes[:2] or _code_of_title(name)


def _code_of_title(title):
    """Code of a system that is named by its title; none where the titles are not the same."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    plain = _NO_LETTER.sub("", title).lower()
    if not 5 <= len(plain) <= 80 or ":" in title:
        return []
    try:
        crs = CRS.from_user_input(title.replace("_", " "))
    except CRSError:
        return []
    is_same = _NO_LETTER.sub("", crs.name).lower() == plain
    code = crs.to_epsg() if is_same else None
    return [str(code)] if code else []


def horizontal_code(name):
    """Code of the horizontal part of what a name names, or None where it is not known.

    Examples
    --------
    >>> horizontal_code("EPSG:7415"), horizontal_code("urn:ogc:def:crs:EPSG::28992")
    (28992, 28992)
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    codes = epsg_codes(name)
    try:
        crs = CRS.from_epsg(codes[0]) if codes else None
    except CRSError:
        return None
    if crs is None:
        return None
    return (crs.sub_crs_list[0] if crs.is_compound else crs).to_2d().to_epsg()


def find_placement(name, corner=None):
    """Reference system and order of axes for a name and a place in it.

    Parameters
    ----------
    name : str
        An srsName.
    corner : sequence of float or None
        First two coordinates of a place in the file.

    Returns
    -------
    Placement

    Notes
    -----
    OGC 09-048r5: a name as URN or URL has the axes in the order of its authority, so EPSG:6697 is
    latitude, longitude. Names of AdV are east, north. The bare ``EPSG:n`` is used for both. Files
    keep to this so loosely that the place decides where it lies in the area of use of the system
    in one order only.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if _CRS84.search(name):
        return Placement(name, "OGC:CRS84", False, True)
    codes = epsg_codes(name)
    if not codes:
        return Placement(name)
    try:
        horizontal = CRS.from_epsg(codes[0])
    except CRSError:
        return Placement(name)
    has_north_first = _is_north_first(horizontal)
    is_authority = not name.upper().startswith("EPSG") and not _ADV.search(name)
    is_geographic = horizontal.is_geographic or horizontal.is_geocentric
    swapped = has_north_first and (is_authority or is_geographic)
    if corner is not None:
        fits = [_lies_inside(horizontal, corner, order) for order in (False, True)]
        swapped = fits[1] if fits[0] != fits[1] else swapped
    return Placement(name, _text(codes), swapped, horizontal.is_geographic)


def _text(codes):
    """Text of a system; without its heights where they have no such code."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    compound = f"EPSG:{'+'.join(codes)}"
    try:
        CRS.from_user_input(compound)
    except CRSError:
        return f"EPSG:{codes[0]}"
    return compound


def _is_north_first(crs):
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    return bool(crs.axis_info) and crs.axis_info[0].direction.lower() in ("north", "south")


def _lies_inside(crs, corner, is_swapped):
    """Whether a place lies in the area of use of a system, with a margin of half a degree."""
    from pyproj import Transformer

    area = crs.area_of_use
    if area is None:
        return False
    x, y = (corner[1], corner[0]) if is_swapped else corner[:2]
    to_degrees = Transformer.from_crs(crs.geodetic_crs.to_2d(), "OGC:CRS84", always_xy=True)
    if not crs.is_geographic:
        to_degrees = Transformer.from_crs(crs.to_2d(), "OGC:CRS84", always_xy=True)
    lon, lat = to_degrees.transform(x, y)
    east = area.east + (360 if area.east < area.west else 0)
    lon = lon + 360 if lon < area.west - 0.5 else lon
    return area.west - 0.5 <= lon <= east + 0.5 and area.south - 0.5 <= lat <= area.north + 0.5

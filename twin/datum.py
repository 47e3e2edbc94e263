"""The vertical datum, in this one place: heights of a model to those of its city, and these to
heights over the ellipsoid."""

from functools import lru_cache

from twin.crs import horizontal_crs

LONLAT_HEIGHT = "EPSG:4979"
ELLIPSOIDAL = "ellipsoidal height"
"""Name of the vertical datum of a city whose heights count from the ellipsoid."""
MOST_GEOID_HEIGHT = 120.0
"""The geoid is nowhere farther from the ellipsoid [m]."""
_IN_METRES = {6360: 5703, 8228: 5703, 5702: 7968}
"""Height systems in feet and those over the same zero in metres: NAVD88 twice, NGVD29."""
_SAME_PLACE = 1.0
"""So near a point comes back from degrees, in its unit: a projection has no place else."""

UNKNOWN_GEOID = "unknown, 0 assumed"


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
        is known: ``"city.toml"``, ``"heights are ellipsoidal"``, ``"grid of PROJ"`` or
        `UNKNOWN_GEOID`.

    Notes
    -----
    A client that draws its own globe needs it; one that draws only this city does not.
    """
    stated = city.info.get("geoid_height")
    if isinstance(stated, int | float):
        return float(stated), "city.toml"
    if city.vertical_datum == ELLIPSOIDAL:
        return 0.0, "heights are ellipsoidal"
    west, south, east, north = city.grid.bounds
    code = str(city.info.get("vertical_crs", city.vertical_datum))
    found = _from_proj(city.crs, code, (west + east) / 2, (south + north) / 2)
    return (0.0, UNKNOWN_GEOID) if found is None else (found, "grid of PROJ")


def geoid_doubt(city):
    """What to tell of a city whose place on a globe is in doubt by its heights; "" elsewhere."""
    if geoid_height(city)[1] != UNKNOWN_GEOID:
        return ""
    return (
        f"heights are {city.vertical_datum or 'of an unnamed datum'}, how high its zero lies over "
        "the WGS 84 ellipsoid is not known, and 0 m is assumed: on a globe the city may stand tens "
        "of metres too low or too high (maps and the dashboard are right); give --geoid-height to "
        "city import, or geoid_height in city.toml"
    )


def _from_proj(crs, vertical_datum, x, y):
    """Geoid height where the height system has a code and PROJ has its grid; None elsewhere."""
    return _between(crs, vertical_datum, LONLAT_HEIGHT, x, y)


@lru_cache(maxsize=64)
def _between(crs, have, want, x, y):
    """Height of the zero of one system in another, as PROJ knows it at a place; None elsewhere."""
    import math

    from pyproj import CRS, Transformer
    from pyproj.crs import CompoundCRS
    from pyproj.exceptions import CRSError, ProjError

    if not have.upper().startswith("EPSG:"):
        return None
    try:
        city = CRS(crs)
        first = CompoundCRS("city", components=[city, CRS(have)])
        second = want
        if want != LONLAT_HEIGHT:
            second = CompoundCRS("city", components=[city, CRS(want)])
        transformer = Transformer.from_crs(
            first, second, always_xy=True, only_best=True, allow_ballpark=False
        )
        height = transformer.transform(x, y, 0.0)[2]
    except (CRSError, ProjError):
        return None
    return height if math.isfinite(height) else None


def height_reference(crs, what="the city model"):
    """What the heights of a model count from, and in which unit they are.

    Parameters
    ----------
    crs : str
        Reference system of the model, maybe compound or of three dimensions.
    what : str
        Whose system it is, for the message.

    Returns
    -------
    tuple of (str, str, float)
        Name of the height system or ""; ``"EPSG:n"`` of it in metres or ""; metres per unit of
        height. A system of two dimensions has heights in the unit of its plane, in degrees metres.

    Raises
    ------
    InputError
        The system is not known.

    Examples
    --------
    >>> height_reference("EPSG:7415")
    ('NAP height', 'EPSG:5709', 1.0)
    """
    from pyproj import CRS

    horizontal = horizontal_crs(crs, what)
    parsed = CRS.from_user_input(crs)
    if parsed.is_compound:
        name, factor = height_system(crs)
        return name, _metric_code(parsed.sub_crs_list[1]), factor
    if len(parsed.axis_info) == 3:
        return ELLIPSOIDAL, "", float(parsed.axis_info[2].unit_conversion_factor)
    if horizontal.is_projected:
        return "", "", float(horizontal.axis_info[0].unit_conversion_factor)
    return "", "", 1.0


def height_system(crs):
    """Name of the height system of a compound reference system, and metres per unit of height.

    Parameters
    ----------
    crs : str
        A system that is known.

    Returns
    -------
    tuple of (str, float)
        ``("", 1.0)`` where it has no height system; of heights in feet, which become metres, the
        system in metres over the same zero, or the datum where no such system is known.

    Examples
    --------
    >>> height_system("EPSG:7415")
    ('NAP height', 1.0)
    """
    from pyproj import CRS

    parsed = CRS.from_user_input(crs)
    if not parsed.is_compound:
        return "", 1.0
    vertical = parsed.sub_crs_list[1]
    factor = float(vertical.axis_info[0].unit_conversion_factor)
    if factor == 1.0:
        return vertical.name, factor
    code = _metric_code(vertical)
    return (CRS(code).name if code else vertical.datum.name), factor


def _metric_code(vertical):
    """Code of a height system, or of the one over the same zero that counts metres; or ""."""
    code = vertical.to_epsg()
    if vertical.axis_info[0].unit_conversion_factor != 1.0:
        code = _IN_METRES.get(code)
    return f"EPSG:{code}" if code else ""


def height_difference(have, want, crs, place, stated=None):
    """What to add to heights over one zero to have them over another [m]; None if not known.

    Parameters
    ----------
    have, want : tuple of (str, str)
        Name and code of the two height systems, as in `height_reference`.
    crs : str
        Projected reference system of the city.
    place : tuple of float
        Where, in it: x, y [m]. The difference is taken as the same in the whole city.
    stated : float, optional
        Height of the zero of the second over the WGS 84 ellipsoid [m], if someone said so.
    """
    if have == want:
        return 0.0
    direct = _between(crs, have[1], want[1], *place) if have[1] and want[1] else None
    if direct is not None:
        return direct
    zeros = [0.0 if name == ELLIPSOIDAL else _from_proj(crs, code, *place)
             for name, code in (have, want)]  # fmt: skip
    if stated is not None and want[0] != ELLIPSOIDAL:
        zeros[1] = stated
    return None if None in zeros else zeros[0] - zeros[1]


class Placing:
    """Brings points of a model into the plane of a city, their heights into metres.

    Parameters
    ----------
    source : str
        Reference system of the model.
    target : str
        Projected reference system of the city, in metres.
    points : numpy.ndarray
        Some points of the model, shape (n, 3), which tell the order of its axes.
    is_mirrored : bool
        Whether the shapes of the model are inside out as their axes stand.

    Attributes
    ----------
    is_outside : bool
        Whether the points lie outside of the area of use of the system, whatever their order.
    is_nowhere : bool
        Whether the points lie nowhere on Earth, whatever their order.
    is_swapped : bool
        Whether the first number of the model is the northing or the latitude.
    prefix : float
        What is taken off the eastings: the number of the zone in millions of metres, or 0.
    rise : float
        What is added to heights in metres that count from another zero than those of the city.
    middle : tuple of float
        East and north of the median of the points, in the reference system of the model.

    Notes
    -----
    x is east and y is north, as CityJSON has it. Files that follow the order of the authority
    (latitude first, northing first) are known by where they lie: only one order falls into the
    area of use of the reference system, or the shapes are inside out in the other one. Eastings
    with the number of the zone in front (32 691 000 for 691 000 in zone 32, as in Germany) lie
    in no area of use and lose it. Heights keep their datum.
    """

    def __init__(self, source, target, points, is_mirrored=False):
        import numpy as np
        from pyproj import Transformer

        have = horizontal_crs(source, "the city model")
        want = horizontal_crs(target)
        self.factor, self.rise = height_reference(source)[2], 0.0
        as_it_stands, the_other_way = _fits(have, points)
        self.prefix = 0.0 if as_it_stands or the_other_way else _zone_prefix(have)
        if self.prefix:
            less = _without_prefix(points, self.prefix)
            as_it_stands, the_other_way = _fits(have, less)
            fits = as_it_stands or the_other_way
            points, self.prefix = (less, self.prefix) if fits else (points, 0.0)
        self.is_outside = not as_it_stands and not the_other_way
        self.is_nowhere = self.is_outside and _is_nowhere(have, points)
        self.is_swapped = the_other_way and (
            not as_it_stands or (is_mirrored and _is_north_first(have))
        )
        order = (1, 0) if self.is_swapped else (0, 1)
        self.middle = tuple(np.median(points[:, order], axis=0)) if len(points) else (0.0, 0.0)
        self._convert = None
        if not have.equals(want):
            self._convert = Transformer.from_crs(have, want, always_xy=True)

    @property
    def is_identity(self):
        """Whether points stay where they are."""
        same_plane = self._convert is None and not self.is_swapped and not self.prefix
        return same_plane and self.factor == 1.0 and not self.rise

    def points(self, points):
        """Points in the city, float64 (n, 3); not finite where they cannot be brought there."""
        import numpy as np

        if self.is_identity:
            return points
        x, y = points[:, self.is_swapped * 1] - self.prefix, points[:, 1 - self.is_swapped]
        if self._convert is not None:
            x, y = self._convert.transform(x, y)
        return np.column_stack([x, y, points[:, 2] * self.factor + self.rise])


def _fits(crs, points):
    """Whether points as (x, y), and as (y, x), lie where a system is used; True, False if unknown.

    The median counts, so that a few wild points do not matter.
    """
    import numpy as np

    area = crs.area_of_use
    if area is None or not len(points):
        return True, False
    x, y = np.median(points[:, 0]), np.median(points[:, 1])
    return _lies_in(crs, area, x, y), _lies_in(crs, area, y, x)


def _zone_prefix(crs):
    """Number of the UTM zone of a system as it may stand in front of its eastings; 0 if none."""
    zone = (crs.utm_zone or "")[:-1]
    return int(zone) * 1e6 if zone.isdigit() else 0.0


def _without_prefix(points, prefix):
    """Points without a prefix in the larger of their first two numbers, which has it."""
    import numpy as np

    easting = int(np.argmax(np.median(points[:, :2], axis=0)))
    less = np.array(points, float)
    less[:, easting] -= prefix
    return less


def _is_nowhere(crs, points):
    """Whether points lie in neither order where degrees lead there and back again."""
    import numpy as np
    from pyproj import Transformer

    there = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    x, y = np.median(points[:, 0]), np.median(points[:, 1])
    for first, second in ((x, y), (y, x)):
        lon, lat = there.transform(first, second)
        back = there.transform(lon, lat, direction="INVERSE")
        near = np.allclose(back, (first, second), rtol=0, atol=_SAME_PLACE)
        if near and abs(lat) <= 90 and abs(lon) <= 360:
            return False
    return True


def _is_north_first(crs):
    return crs.axis_info[0].direction.lower() == "north"


def _lies_in(crs, area, x, y, margin=1.0):
    """Whether a point lies in the area of use, with some degrees around it."""
    from pyproj import Transformer

    lon, lat = x, y
    if not crs.is_geographic:
        lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    east = area.east + 360.0 * (area.east < area.west)
    inside = any(area.west - margin <= lon + turn <= east + margin for turn in (0.0, 360.0))
    return inside and area.south - margin <= lat <= area.north + margin

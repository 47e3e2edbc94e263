"""Positions of stations as sent -> one table; a position that is none is never made up."""

import math
import re
from collections import Counter

import pandas as pd

COLUMNS = ("station_id", "name", "kind", "property", "unit", "district", "alert_levels")
"""Columns of a station table besides its points."""

NAME = re.compile(r"[^\x00-\x1f]{1,64}")
"""What a station may be called."""

LOWEST_ALERT = {"water_depth": 0.0, "water_level": -90.0}
"""Property -> value [m] above which its alert levels lie; lower ones were never set."""


def station_table(rows):
    """Stations with points in EPSG:4326.

    Parameters
    ----------
    rows : iterable of dict
        ``station_id``, ``name``, ``kind``, ``property``, ``unit``, ``district``, ``longitude``,
        ``latitude`` [degrees, WGS 84, numbers or texts] and, where it has some,
        ``alert_levels``: most severe first, in the SI unit of the property.

    Returns
    -------
    table : geopandas.GeoDataFrame or None
        None where no rows came. Of several rows with one id and property the last counts.
    counts : dict
        How many stations had ``"no usable name"`` (left out), ``"no usable position"`` (left
        out), ``"position swapped"``
        (latitude beyond 90 degrees: the two were changed over, which is put right) or
        ``"alert levels out of order"`` (left out of the row).
    """
    rows = list(rows)
    if not rows:
        return None, {}
    import geopandas as gpd

    counts, kept = Counter(), {}
    for row in rows:
        point, what = _point(row.get("longitude"), row.get("latitude"))
        name = _name(row.get("station_id"))
        counts[what if NAME.fullmatch(name) else "no usable name"] += 1
        if point is not None and NAME.fullmatch(name):
            kept[name, row.get("property", "")] = (_entry(row, counts), point)
    counts.pop("", None)
    points = [point for _, point in kept.values()]
    geometry = gpd.points_from_xy(*zip(*points, strict=True)) if points else []
    frame = pd.DataFrame([entry for entry, _ in kept.values()], columns=list(COLUMNS))
    return gpd.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326"), dict(counts)


def _name(sent):
    return "" if sent is None else str(sent).strip()


def _entry(row, counts):
    entry = {name: str(row.get(name, "") or "").strip() for name in COLUMNS[:-1]}
    levels = [_number(level) for level in row.get("alert_levels") or ()]
    lowest = LOWEST_ALERT.get(entry["property"], -math.inf)
    levels = tuple(level for level in levels if math.isfinite(level) and level > lowest)
    if list(levels) != sorted(levels, reverse=True):
        counts["alert levels out of order"] += 1
        levels = ()
    return entry | {"alert_levels": levels}


def _point(longitude, latitude):
    """Longitude and latitude, and what was wrong with them."""
    x, y = _number(longitude), _number(latitude)
    if not (math.isfinite(x) and math.isfinite(y)) or 0.0 in (x, y):
        return None, "no usable position"
    if abs(x) <= 180 and abs(y) <= 90:
        return (x, y), ""
    if abs(y) <= 180 and abs(x) <= 90:
        return (y, x), "position swapped"
    return None, "no usable position"


def _number(sent):
    try:
        return float(sent)
    except (TypeError, ValueError, OverflowError):
        return math.nan

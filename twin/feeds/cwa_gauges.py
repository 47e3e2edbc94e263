"""Rain gauges of Taiwan's Central Weather Administration (O-A0002-001, JSON)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from twin.errors import InputError, MissingError
from twin.feeds.readings import to_readings
from twin.feeds.source import SourceSpec
from twin.observations import FAIL, MISSING, PASS
from twin.units import MM_PER_HOUR

CWA_GAUGES = SourceSpec(
    name="cwa_gauges",
    title="Rain gauges of the Central Weather Administration",
    cadence_seconds=600.0,
    timezone="Asia/Taipei",
    units={"rainfall_rate": {"mm": 1e-3 / 600.0}},
    gross_range={"rainfall_rate": (0.0, 400 * MM_PER_HOUR)},
    # -98 is "no rain in the last 6 hours" here, and nowhere else
    sentinels={-98.0: (0.0, PASS), **dict.fromkeys((-99, -990, -999), (np.nan, MISSING))},
    words={"T": (0.0, PASS), "X": (np.nan, FAIL)},
    licence="Open Government Data License, Taiwan, version 1.0",
)

KNOWN_ELEMENTS = {
    *("now", "past10min", "past1hr", "past3hr", "past6hr", "past12hr"),
    *("past24hr", "past2days", "past3days"),
}
"""Names in `RainfallElement`, in small letters (`Past6Hr` and `Past6hr` both occur)."""


def read_gauges(file, received=None):
    """Readings of all gauges in one answer of the service.

    Parameters
    ----------
    file : path
        JSON of the datastore (`records.Station`) or the file interface
        (`cwaopendata.dataset.Station`).
    received : datetime-like, optional
        When the answer came in; by default now.

    Returns
    -------
    frame : pandas.DataFrame
        Canonical readings of `rainfall_rate`, from `Past10Min`.
    counts : dict
        See `twin.feeds.readings.to_readings`; names of elements that are not known are
        listed under ``unknown_elements``.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        The file is not such an answer.
    """
    stations = _stations(Path(file))
    received = pd.Timestamp.now(tz="UTC") if received is None else pd.Timestamp(received)
    rows = [_row(station, received.isoformat()) for station in stations]
    frame, counts = to_readings(pd.DataFrame(rows), CWA_GAUGES)
    names = {name for station in stations for name in _part(station, "RainfallElement")}
    counts["unknown_elements"] = sorted(
        name for name in names if name.lower() not in KNOWN_ELEMENTS
    )
    return frame, counts


def read_gauge_stations(file):
    """Positions of the gauges in one answer of the service.

    Parameters
    ----------
    file : path
        As for `read_gauges`.

    Returns
    -------
    geopandas.GeoDataFrame
        ``station_id``, ``name``, ``kind`` ("rain_gauge"), ``property``, ``unit``,
        ``district``; points in WGS 84. Stations without WGS 84 coordinates are left out.
    """
    import geopandas as gpd

    rows, points = [], []
    for station in _stations(Path(file)):
        point = _wgs84(_part(station, "GeoInfo").get("Coordinates"))
        if point is not None:
            points.append(point)
            rows.append(_station_row(station))
    longitude, latitude = zip(*points, strict=True) if points else ((), ())
    geometry = gpd.points_from_xy(longitude, latitude, crs="EPSG:4326")
    return gpd.GeoDataFrame(rows, geometry=geometry)


def _stations(file):
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise MissingError(f"{file} is not there, expected an answer of O-A0002-001") from None
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{file.name} is no JSON ({str(error)[:80]}), expected a whole answer of "
            "O-A0002-001; fetch it again"
        ) from None
    content = content if isinstance(content, dict) else {}
    holder = _part(content, "records") or _part(_part(content, "cwaopendata"), "dataset")
    stations = holder.get("Station")
    if not isinstance(stations, list):
        raise InputError(
            f"{file.name} has no list of stations, expected records.Station or "
            "cwaopendata.dataset.Station; is it an answer of O-A0002-001?"
        )
    return [station for station in stations if isinstance(station, dict)]


def _row(station, received):
    elements = {name.lower(): part for name, part in _part(station, "RainfallElement").items()}
    value = _part(elements, "past10min").get("Precipitation")
    return {
        "station_id": str(station.get("StationId", "")),
        "time": str(_part(station, "ObsTime").get("DateTime", "")),
        "received": received,
        "property": "rainfall_rate",
        "value": "" if value is None else str(value),
        "unit": "mm",
    }


def _station_row(station):
    place = _part(station, "GeoInfo")
    return {
        "station_id": str(station.get("StationId", "")),
        "name": str(station.get("StationName", "")),
        "kind": "rain_gauge",
        "property": "rainfall_rate",
        "unit": "mm",
        "district": f"{place.get('CountyName', '')}{place.get('TownName', '')}",
    }


def _wgs84(coordinates):
    """Longitude and latitude; the entries come alone, as a list, in any order.

    An entry that does not name its datum counts only when it stands alone: TWD67 taken for
    WGS 84 lies 850 m off.
    """
    entries = coordinates if isinstance(coordinates, list) else [coordinates]
    entries = [entry for entry in entries if isinstance(entry, dict)]
    named = [entry for entry in entries if entry.get("CoordinateName") == "WGS84"]
    if not named and len(entries) == 1 and not entries[0].get("CoordinateName"):
        named = entries
    if not named:
        return None
    try:
        point = float(named[0]["StationLongitude"]), float(named[0]["StationLatitude"])
    except (KeyError, TypeError, ValueError):
        return None
    return point if abs(point[0]) <= 180 and abs(point[1]) <= 90 else None


def _part(holder, name):
    part = holder.get(name)
    return part if isinstance(part, dict) else {}

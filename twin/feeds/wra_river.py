"""River levels of Taiwan's water agency, and the stations with their alert levels."""

import math
import re

import numpy as np

from twin.feeds.paged_tables import ADDRESS, gather_tables
from twin.feeds.payload import find_records, read_json, unknown_names
from twin.feeds.readings import parsed
from twin.feeds.records import alert_levels
from twin.feeds.source import Adapter, SourceSpec
from twin.feeds.twd67 import BOUNDS, transformer
from twin.observations.store import MISSING, PASS, SUSPECT

TABLES = {
    "latest": ("73c4c3de-4045-4765-abeb-89f9f9cd5ff0", ("stationid", "datetime")),
    "stations": ("c4acc691-7416-40ca-9464-292c0c00da92", ("basinidentifier",)),
}

SPEC = SourceSpec(
    name="wra_river",
    title="River levels of the Water Resources Agency",
    owner="Water Resources Agency, Taiwan",
    licence="Open Government Data License, Taiwan, version 1.0",
    url=ADDRESS.format(table=TABLES["latest"][0]),
    is_tables=True,
    relaxed_x509=True,
    cadence_seconds=600.0,
    warn_minutes=30.0,
    critical_minutes=60.0,
    timezone="Asia/Taipei",
    crs="EPSG:3826",
    units={"water_level": {"m": 1.0}},
    gross_range={"water_level": (-20.0, 4000.0)},
    sentinels=dict.fromkeys((-99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
    evidence="documentation",
)

CHECKED = ("", "1", "1.0")
"""What `checkresult` says of a value that the agency's own check let pass, or did not see."""

ABOLISHED = "已廢"
PLACED = {"basinidentifier", "observationstatus", "locationbytwd97_xy"}
"""Fields by which a station is told from a level."""

KNOWN_FIELDS = {
    *("stationid", "stationidentifier", "st_no", "observatoryidentifier", "datetime"),
    *("recordtime", "waterlevel", "checkresult", "checkdesc", "volt", "_importdate"),
}


def read(content, received):
    """Levels, stations, or both where `gather` put them together.

    Parameters
    ----------
    content : bytes
        JSON: a list of levels, a list of stations, or an object with both under ``latest`` and
        ``stations``; also the older form with names in capitals.
    received : pandas.Timestamp
        When it came in.

    Returns
    -------
    Parsed
        ``water_level`` [m above the datum]; a value that failed the agency's check gets flag 3.
        Of the three alert levels of a station the first is the most severe. Stations that are
        no longer kept are left out.

    Raises
    ------
    InputError
        It is no such answer.
    """
    document = read_json(content, SPEC)
    if isinstance(document, dict) and set(TABLES) <= set(document):
        records = [row for name in TABLES for row in find_records(document[name], SPEC)]
    else:
        records = find_records(document, SPEC)
    levels = [record for record in records if not PLACED & set(record)]
    stations = [record for record in records if PLACED & set(record)]
    return parsed(
        [_row(record) for record in levels],
        SPEC,
        received,
        stations=[_station(station) for station in stations if _is_kept(station)],
        drift=unknown_names(levels, KNOWN_FIELDS),
    )


def gather(get):
    """Levels and stations, all pages of both; see `gather_tables`."""
    return gather_tables(get, TABLES, SPEC)


def _is_kept(station):
    return not str(station.get("observationstatus")).strip().startswith(ABOLISHED)


def _row(record):
    names = ("stationid", "stationidentifier", "st_no", "observatoryidentifier")
    is_checked = str(record.get("checkresult") or "").strip() in CHECKED
    return {
        "station_id": next((record[name] for name in names if record.get(name)), None),
        "time": record.get("datetime") or record.get("recordtime"),
        "property": "water_level",
        "value": record.get("waterlevel"),
        "unit": "m",
        "flag": PASS if is_checked else SUSPECT,
    }


def _station(record):
    longitude, latitude = _position(record.get("locationbytwd97_xy"))
    levels = [record.get(f"alertlevel{number}") for number in (1, 2, 3)]
    return {
        "station_id": record.get("basinidentifier"),
        "name": record.get("observatoryname"),
        "kind": "river_gauge",
        "property": "water_level",
        "unit": "m",
        "district": record.get("rivername"),
        "longitude": longitude,
        "latitude": latitude,
        "alert_levels": alert_levels(levels, 1.0),
    }


def _position(text):
    """Degrees from ``"easting northing"`` in TWD97 [m]; NaN where that is not near Taiwan."""
    try:
        easting, northing = (float(part) for part in re.split(r"[\s,]+", str(text).strip()))
    except ValueError:
        return math.nan, math.nan
    place = transformer("EPSG:3826", "EPSG:4326").transform(easting, northing)
    west, south, east, north = BOUNDS
    is_near = west < place[0] < east and south < place[1] < north
    return place if is_near else (math.nan, math.nan)


ADAPTER = Adapter(SPEC, read, gather)

"""Tide levels of Taiwan's Central Weather Administration (O-B0075-001), and their stations."""

import numpy as np

from twin.errors import InputError
from twin.feeds.payload import (
    as_list,
    lower_keys,
    part,
    read_document,
    require_records,
    under,
)
from twin.feeds.readings import NO_VALUE, parsed
from twin.feeds.records import gather_with_stations, row_of, station_of, text, unpack
from twin.feeds.source import Adapter, SourceSpec
from twin.observations.store import MISSING

HOST = "https://opendata.cwa.gov.tw"
STATIONS = (
    f"{HOST}/fileapi/v1/opendataapi/O-B0076-001?Authorization={{key}}&downloadType=WEB&format=JSON"
)
LEVEL = ("water_level", "m")

SPEC = SourceSpec(
    name="cwa_tide",
    title="Tide levels of the Central Weather Administration",
    owner="Central Weather Administration, Taiwan",
    licence="Open Government Data License, Taiwan, version 1.0",
    url=f"{HOST}/api/v1/rest/datastore/O-B0075-001?Authorization={{key}}",
    key_setting="FLOODTWIN_CWA_KEY",
    cadence_seconds=3600.0,
    warn_minutes=90.0,
    critical_minutes=150.0,
    timezone="Asia/Taipei",
    units={"water_level": {"m": 1.0}},
    gross_range={"water_level": (-10.0, 10.0)},
    sentinels=dict.fromkeys((-99.0, -990.0, -999.0, -9999.0), (np.nan, MISSING)),
)


def read(content, received):
    """Tide levels of the last 48 hours, and where the gauges stand.

    Parameters
    ----------
    content : bytes
        JSON or XML: the levels (O-B0075-001), the list of stations (O-B0076-001), or both as
        `gather_with_stations` puts them together.
    received : pandas.Timestamp
        When it came in.

    Returns
    -------
    Parsed
        ``water_level`` [m]. Its datum is TWVD2001 on the island of Taiwan, but the local mean
        sea level at outlying islands such as Matsu: those levels fit no terrain in TWVD2001.
        Stations without one level in two days, such as buoys, are left out
        (``counts["without tide"]``).

    Raises
    ------
    InputError
        It is no such answer.

    Notes
    -----
    Written from the shape that other programs read; no payload of it was at hand. What lies ahead
    is no reading: `cwa_tide_forecast` reads it.
    """
    seen, station_list = unpack(content)
    places = _places(seen)
    levels = [rows for rows in map(_rows, places) if any(map(_has_level, rows))]
    listed = places if station_list is None else [*places, *_listed(station_list)]
    stations = [_station(lower_keys(part(place, "Station"))) for place in listed]
    stations = [station for station in stations if station["longitude"] is not None]
    result = parsed([row for rows in levels for row in rows], SPEC, received, stations=stations)
    result.counts["without tide"] = sum(bool(_rows(place)) for place in places) - len(levels)
    return result


def _listed(content):
    try:
        return _places(content)
    except InputError:
        return []  # levels count without their places


def _places(content):
    document = read_document(content, SPEC)
    file = part(part(part(document, "cwaopendata"), "Resources"), "Resource")
    sea = part(part(document, "Records") or part(file, "Data"), "SeaSurfaceObs")
    if "location" not in lower_keys(sea):
        raise InputError(
            "the answer has no sea stations, expected Records.SeaSurfaceObs.Location; is it an "
            "answer of O-B0075-001?"
        )
    return require_records(under(sea, "Location"), SPEC)


def _rows(place):
    station_id = under(part(place, "Station"), "StationID")
    hours = as_list(under(part(place, "StationObsTimes"), "StationObsTime"))
    return [
        row_of(
            station_id,
            under(hour, "DateTime"),
            LEVEL,
            under(part(hour, "WeatherElements"), "TideHeight"),
        )
        for hour in hours
    ]


def _has_level(row):
    return str(row["value"]).strip().lower() not in NO_VALUE


def _station(station):
    return station_of(
        {"longitude": station.get("stationlongitude"), "latitude": station.get("stationlatitude")},
        text(station, "stationid"),
        "tide_gauge",
        LEVEL,
        name=text(station, "stationname"),
        district=text(lower_keys(part(station, "county")), "countyname")
        + text(lower_keys(part(station, "town")), "townname"),
    )


ADAPTER = Adapter(SPEC, read, gather_with_stations(STATIONS))

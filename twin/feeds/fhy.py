"""Taiwan's flood information service (FHY): flood sensors, river levels, flows and rain."""

from functools import partial

import numpy as np

from twin.feeds.payload import find_records, lower_keys, part, read_json, under, unknown_names
from twin.feeds.readings import parsed
from twin.feeds.records import alert_levels, flat_records
from twin.feeds.sensorthings_words import unit_name
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING, NOT_EVALUATED, PASS
from twin.units import MM_PER_HOUR

SERVICE = "https://fhy.wra.gov.tw/WraApi/v1"

STATION = ("stationid", "stationno", "sensoruuid")
TIME = ("phenomenontime", "sourcetime", "time", "recordtime", "observationtime", "datetime")
NAME = ("stationname", "sensorname")
KNOWN_FIELDS = {
    *(*STATION, *TIME, *NAME, "address", "sensortype", "unitofmeasurement", "transfertime"),
    *("tobeconfirm", "isculvert", "citycode", "towncode", "datasource", "supplier", "point"),
    *("longitude", "latitude", "lon", "lat", "result", "depth", "waterlevel", "warninglevel"),
    *("warninglevel1", "warninglevel2", "warninglevel3", "m10", "h1", "h3", "h6", "h12", "h24"),
    *("discharge", "flow", "basincode", "basinname", "affectedarea", "planfloodlevel", "authority"),
}


def _spec(name, title, url, units, gross_range, **more):
    return SourceSpec(
        name=name,
        title=title,
        owner="Water Resources Agency, Taiwan",
        licence="Open Government Data License, Taiwan, version 1.0",
        url=url,
        relaxed_x509=True,
        cadence_seconds=600.0,
        warn_minutes=20.0,
        critical_minutes=40.0,
        timezone="Asia/Taipei",
        units=units,
        gross_range=gross_range,
        sentinels=dict.fromkeys((-98.0, -99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
        **more,
    )


FLOOD_SPEC = _spec(
    "fhy_flood",
    "Flood sensors of all counties",
    "",  # asked by POST, which is not polled: give a mirror's address, or drop its files
    {"water_depth": {"cm": 1e-2, "m": 1.0}},
    {"water_depth": (LOWEST_DEPTH, 10.0)},
    least_nonzero={"cm": 0.1},
    evidence="payload",
)
WATER_SPEC = _spec(
    "fhy_water",
    "River levels of the flood information service",
    f"{SERVICE}/Water/RealTimeInfo",
    {"water_level": {"m": 1.0}},
    {"water_level": (-20.0, 4000.0)},
)
FLOW_SPEC = _spec(
    "fhy_flow",
    "River flows of the flood information service",
    f"{SERVICE}/Flow/RealTimeInfo",
    {"discharge": {"m3/s": 1.0}},
    {"discharge": (0.0, 1e5)},
)
RAIN_SPEC = _spec(
    "fhy_rain",
    "Rain of the flood information service (mostly the gauges of cwa_gauges again)",
    f"{SERVICE}/Rain/RealTimeInfo",
    {"rainfall_rate": {"mm": 1e-3 / 600.0}, "rainfall_1h": {"mm": 1e-3}},
    {"rainfall_rate": (0.0, 400 * MM_PER_HOUR), "rainfall_1h": (0.0, 0.4)},
)


def read(content, received, *, spec, fields, kind):
    """Readings and stations of one product.

    Parameters
    ----------
    content : bytes
        JSON: a list, or one under ``Data`` or, as ASMX services write it, ``d.Data``; GeoJSON.
    received : pandas.Timestamp
        When it came in.
    spec : SourceSpec
        Of the product.
    fields : dict
        Name as sent, in small letters -> (property, unit where the record names none).
    kind : str
        Of its stations.

    Returns
    -------
    Parsed
        A reading for each of `fields` that a record has, and a missing one where it has a time
        and none of them; one that the service has still to confirm, as it says of all in
        the archives, gets flag 2 and is judged here. A station for each record with a position.

    Raises
    ------
    InputError
        It is no such answer.
    """
    document = read_json(content, spec)
    is_layer = isinstance(under(document, "features"), list)
    records = flat_records(document, spec) if is_layer else find_records(document, spec)
    places = [one for one in records if _position(one)[0] is not None or not set(fields) & set(one)]
    return parsed(
        [row for record in records for row in _rows(record, fields)],
        spec,
        received,
        stations=[_station(place, fields, kind) for place in places],
        drift=unknown_names(records, KNOWN_FIELDS),
    )


def _rows(record, fields):
    is_unconfirmed = str(record.get("tobeconfirm")).lower() in ("true", "1", "y")
    time, names = _first(record, TIME), [name for name in fields if name in record]
    if time is not None and not names:
        names = list(fields)[:1]  # it was seen, and nothing was measured
    for name in names:
        property, unit = fields[name]
        yield {
            "station_id": _first(record, STATION),
            "time": time,
            "property": property,
            "value": record.get(name),
            "unit": _unit(record, unit),
            "flag": NOT_EVALUATED if is_unconfirmed else PASS,
        }


def _station(record, fields, kind):
    property, unit = next(iter(fields.values()))
    longitude, latitude = _position(record)
    levels = alert_levels([record.get(f"warninglevel{number}") for number in (1, 2, 3)], 1.0)
    return {
        "station_id": _first(record, STATION),
        "name": _first(record, NAME),
        "kind": kind,
        "property": property,
        "unit": _unit(record, unit),
        "district": record.get("towncode") or record.get("citycode"),
        "longitude": longitude,
        "latitude": latitude,
        "alert_levels": levels,
    }


def _unit(record, otherwise):
    return unit_name(record.get("unitofmeasurement") or otherwise)


def _position(record):
    place = record | lower_keys(part(record, "point"))
    return _first(place, ("longitude", "lon")), _first(place, ("latitude", "lat"))


def _first(record, names):
    """What stands under the first of the names that says something; 0 says something."""
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def _adapter(spec, fields, kind):
    return Adapter(spec, partial(read, spec=spec, fields=fields, kind=kind))


FLOOD = _adapter(
    FLOOD_SPEC,
    {"result": ("water_depth", "cm"), "depth": ("water_depth", "cm")},
    "flood_sensor",
)
WATER = _adapter(WATER_SPEC, {"waterlevel": ("water_level", "m")}, "river_gauge")
FLOW = _adapter(
    FLOW_SPEC,
    {"discharge": ("discharge", "m3/s"), "flow": ("discharge", "m3/s")},
    "discharge_gauge",
)
"""Its fields are those that another program reads (aquascope, MIT); no payload was at hand."""

RAIN = _adapter(
    RAIN_SPEC,
    {"m10": ("rainfall_rate", "mm"), "h1": ("rainfall_1h", "mm")},
    "rain_gauge",
)

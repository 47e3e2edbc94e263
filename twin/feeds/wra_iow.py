"""Flood sensors that Taiwan's water agency collects (Internet of Water): levels and catalogue."""

import numpy as np

from twin.feeds.paged_tables import ADDRESS, gather_tables
from twin.feeds.payload import find_records, read_json, unknown_names
from twin.feeds.readings import parsed
from twin.feeds.sensorthings_words import unit_name
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING
from twin.units import factor_to_si

TABLES = {
    "latest": ("1b991bbb-ad85-4e7a-b931-06ce8749d3ed", ("sensorid",)),
    "catalogue": ("21c50be1-7c4a-4fdf-a386-790625e984e7", ("sensorid",)),
}

SPEC = SourceSpec(
    name="wra_iow",
    title="Flood sensors of the Internet of Water",
    owner="Water Resources Agency, Taiwan",
    licence="Open Government Data License, Taiwan, version 1.0",
    url=ADDRESS.format(table=TABLES["latest"][0]),
    is_tables=True,
    relaxed_x509=True,
    cadence_seconds=3600.0,
    warn_minutes=90.0,
    critical_minutes=150.0,
    timezone="Asia/Taipei",
    units={"water_depth": {unit: factor_to_si(unit, "length") for unit in ("cm", "m", "mm")}},
    gross_range={"water_depth": (LOWEST_DEPTH, 10.0)},
    sentinels=dict.fromkeys((-99.0, -999.0, -9999.0, -99999.0), (np.nan, MISSING)),
    least_nonzero={"cm": 0.1},
    evidence="payload",
)

PROPERTIES = {"淹水深度": "water_depth"}
LATEST = {"latestvalue", "timestamp"}
"""Fields by which a value is told from an entry of the catalogue."""

DISABLED = ("false", "n", "no", "0", "否", "停用")
KNOWN_FIELDS = {
    *("sensorid", "latestvalue", "timestamp", "areacode", "countycode", "category", "orgname"),
    *("sensorname", "sensorfullname", "sensordescription", "unit", "observatoryidentifier"),
    *("observatoryname", "stationname", "longitude", "latitude", "countyname", "townname"),
    *("isenable", "createdate", "modifydate"),
}


def read(content, received):
    """Depths, positions, or both where `gather` put them together.

    Parameters
    ----------
    content : bytes
        JSON: a list of latest values, a list of the catalogue, or an object with both under
        ``latest`` and ``catalogue``.
    received : pandas.Timestamp
        When it came in.

    Returns
    -------
    Parsed
        ``water_depth`` [m]. With a catalogue its unit counts, sensors that it disables are left
        out (``counts["disabled"]``), and those that it does not know have no unit and are
        rejected. Without one the unit is cm.

    Raises
    ------
    InputError
        It is no such answer.
    """
    document = read_json(content, SPEC)
    if isinstance(document, dict) and set(TABLES) <= set(document):
        latest, catalogue = (find_records(document[name], SPEC) for name in TABLES)
        sensors = {str(sensor.get("sensorid")): sensor for sensor in catalogue}
    else:
        rows = find_records(document, SPEC)
        latest = [row for row in rows if LATEST & set(row)]
        catalogue, sensors = [row for row in rows if not LATEST & set(row)], None
    enabled = [sensor for sensor in catalogue if _is_enabled(sensor)]
    disabled = {str(one.get("sensorid")) for one in catalogue if not _is_enabled(one)}
    usable = [row for row in latest if str(row.get("sensorid")) not in disabled]
    result = parsed(
        [_row(row, sensors) for row in usable],
        SPEC,
        received,
        stations=[_station(sensor) for sensor in enabled],
        drift=unknown_names(latest + catalogue, KNOWN_FIELDS),
    )
    result.counts["disabled"] = len(latest) - len(usable)
    return result


def gather(get):
    """Latest values and catalogue, all pages of both; see `gather_tables`."""
    return gather_tables(get, TABLES, SPEC)


def _is_enabled(sensor):
    return str(sensor.get("isenable", "true")).strip().lower() not in DISABLED


def _row(row, sensors):
    sensor = {"unit": "cm"} if sensors is None else sensors.get(str(row.get("sensorid")), {})
    category = str(sensor.get("category") or "").strip()
    return {
        "station_id": row.get("sensorid"),
        "time": row.get("timestamp"),
        "property": PROPERTIES.get(category, category) if category else "water_depth",
        "value": row.get("latestvalue"),
        "unit": unit_name(sensor.get("unit")),
    }


def _station(sensor):
    return {
        "station_id": sensor.get("sensorid"),
        "name": sensor.get("observatoryname") or sensor.get("stationname"),
        "kind": "flood_sensor",
        "property": PROPERTIES.get(str(sensor.get("category")).strip(), "water_depth"),
        "unit": unit_name(sensor.get("unit")),
        "district": f"{sensor.get('countyname') or ''}{sensor.get('townname') or ''}",
        "longitude": sensor.get("longitude"),
        "latitude": sensor.get("latitude"),
    }


ADAPTER = Adapter(SPEC, read, gather)

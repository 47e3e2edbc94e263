"""Kaohsiung's water platform: sewer levels, flood sensors and rain (letters of any case).

Rows dated in the future occur (one of 2027 stayed for a year): they are rejected and counted.
"""

from functools import partial

import numpy as np

from twin.errors import InputError
from twin.feeds.payload import read_json
from twin.feeds.records import (
    alert_levels,
    flat_records,
    gather_with_stations,
    pick,
    read_records,
    row_of,
    station_of,
    text,
    unpack,
)
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING, PASS, SUSPECT
from twin.units import MM_PER_HOUR

KNOWN = {
    *("basin", "lat", "lon", "long", "stage", "stn_name", "stn_no", "stn_id", "time", "voltage"),
    *("warn_level1", "warn_level2", "warn_level3", "source", "obs_value", "town", "uuid", "date"),
    *("m5", "m10", "m20", "m30", "h1", "h3", "h6", "h12", "h24", "d1", "d2", "d3", "st_no"),
    *("status", "addr_c", "name_c", "county", "village", "addr"),
}
WORKING = ("", "正常")
RAINFALL_1H = ("rainfall_1h", "mm")
READINGS = {
    # field -> (property, unit), kind of station
    "stage": (("water_level", "m"), "sewer_gauge"),
    "obs_value": (("water_depth", "cm"), "flood_sensor"),
    "m10": (("rainfall_rate", "mm"), "rain_gauge"),
}


def _spec(name, title, url):
    return SourceSpec(
        name=name,
        title=title,
        cadence_seconds=600.0,
        timezone="Asia/Taipei",
        units={
            "rainfall_rate": {"mm": 1e-3 / 600.0},
            "rainfall_1h": {"mm": 1e-3},
            "water_level": {"m": 1.0},
            "water_depth": {"cm": 1e-2},
        },
        gross_range={
            "rainfall_rate": (0.0, 400 * MM_PER_HOUR),
            "rainfall_1h": (0.0, 0.4),
            "water_level": (-20.0, 4000.0),
            "water_depth": (LOWEST_DEPTH, 10.0),
        },
        least_nonzero={"cm": 0.1},
        sentinels=dict.fromkeys((-98.0, -99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
        licence="all rights reserved at the source; ask its owner before passing it on",
        owner="Water Resources Bureau, Kaohsiung City Government",
        warn_minutes=20.0,
        critical_minutes=40.0,
        url=url,
    )


def read(content, received, *, spec):
    """Read one answer of the platform; which of the feeds it is, its fields say.

    Parameters
    ----------
    content : bytes
        JSON list of stations. The list of rain stations (``rain/base``) has no readings.
    received : pandas.Timestamp
        When it came in.
    spec : twin.feeds.source.SourceSpec
        Which of the feeds it is.

    Returns
    -------
    twin.feeds.source.Parsed
    """
    readings, station_list = unpack(content)
    stations = [] if station_list is None else _stations(station_list, spec)
    return read_records(readings, received, spec, _describe, KNOWN, stations)


def _stations(content, spec):
    try:
        records = flat_records(read_json(content, spec), spec)
    except InputError:
        return []  # readings count without their places
    return [station for record in records for station in _describe(record)[1]]


def _describe(record):
    station_id = text(record, "stn_no", "stn_id", "st_no")
    time = text(record, "time", "date")
    flag = PASS if text(record, "status") in WORKING else SUSPECT
    field = next((field for field in READINGS if field in record), "")
    reading, kind = READINGS.get(field, (("", ""), ""))
    rows = [row_of(station_id, time, reading, record.get(field), flag)]
    if "h1" in record:
        rows.append(row_of(station_id, time, RAINFALL_1H, record["h1"], flag))
    if not field and not time and "name_c" in record:  # the list of rain stations
        rows, (reading, kind) = [], READINGS["m10"]
    if not kind or pick(record, "longitude", "lon", "long") is None:
        return rows, []
    warnings = [pick(record, f"warn_level{level}") for level in (1, 2, 3)]
    station = station_of(
        record,
        station_id,
        kind,
        reading,
        district=text(record, "town", "basin", "addr_c"),
        name=text(record, "stn_name", "name_c"),
        alert_levels=alert_levels(warnings, 1.0) if field == "stage" else (),
    )
    return rows, [station]


def _adapter(spec, station_list=None):
    gather = station_list and gather_with_stations(station_list)
    return Adapter(spec, partial(read, spec=spec), gather)


_SERVICE = "https://wrbswi.kcg.gov.tw/SFC/api"
SEWER = _adapter(_spec("kaohsiung_sewer", "Sewer levels of Kaohsiung", f"{_SERVICE}/sewer/rt"))
FLOOD = _adapter(
    _spec(
        "kaohsiung_flood",
        "Flood sensors of Kaohsiung",
        f"{_SERVICE}/khfloodinfo/sta_info/lastest/wrs_flooding_sensor",
    )
)
RAIN = _adapter(_spec("kaohsiung_rain", "Rain gauges of Kaohsiung", f"{_SERVICE}/rain/rt"), "base")

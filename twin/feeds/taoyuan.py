"""Taoyuan's XML: water levels, flood sensors and rain.

-98 means a station in maintenance here, and "no rain" in the feed of the weather service. The
window of the rain totals is not documented, so they are kept as `rainfall_depth` [m] and never
taken for an intensity.
"""

from functools import partial

import numpy as np

from twin.errors import InputError
from twin.feeds.payload import local_name, read_xml
from twin.feeds.records import (
    alert_levels,
    check_number,
    parse_records,
    pick,
    row_of,
    station_of,
    text,
)
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING

READINGS = {
    # field -> (property, unit), kind of station
    "waterheight_m": (("water_level", "m"), "level_gauge"),
    "height": (("water_depth", "cm"), "flood_sensor"),
    "rainfall": (("rainfall_depth", "mm"), "rain_gauge"),
}
KNOWN = {
    *("datatime", "data_time", "time", "lon", "lat", "x", "y", "station", "station_id", "town"),
    *("waterheight_m", "redalertlevel", "yellowalertlevel", "id", "name", "address", "height"),
    *("disrict", "district", "rainfall", "description", "basin", "river"),
}
STATION = ("station_id", "id", "st_no")
FEWEST_FIELDS = 3


def _spec(name, title, url, cadence_seconds=600.0):
    return SourceSpec(
        name=name,
        title=title,
        cadence_seconds=cadence_seconds,
        timezone="Asia/Taipei",
        units={
            "water_level": {"m": 1.0},
            "water_depth": {"cm": 1e-2},
            "rainfall_depth": {"mm": 1e-3},
        },
        gross_range={
            "water_level": (-20.0, 4000.0),
            "water_depth": (LOWEST_DEPTH, 10.0),
            "rainfall_depth": (0.0, 3.0),
        },
        least_nonzero={"cm": 0.1},
        sentinels=dict.fromkeys((-98.0, -99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
        licence="Open Government Data License, Taiwan, version 1.0",
        owner="Taoyuan City Government",
        warn_minutes=20.0,
        critical_minutes=40.0,
        url=url,
    )


def read(content, received, *, spec):
    """Read one XML file of Taoyuan; which of the three it is, its fields say.

    Parameters
    ----------
    content : bytes
        XML.
    received : pandas.Timestamp
        When it came in.
    spec : twin.feeds.source.SourceSpec
        Which of the feeds it is.

    Returns
    -------
    twin.feeds.source.Parsed

    Raises
    ------
    InputError
        It is no XML, or holds no record at all.
    """
    root = read_xml(content, spec)
    records, time = _records(root)
    if not records and len(root):
        raise InputError(
            f"the answer of {spec.name} holds no station, expected elements with at least "
            f"{FEWEST_FIELDS} fields each; look at the raw payload"
        )
    check_number(len(records), spec)
    return parse_records(records, received, spec, partial(_describe, time), KNOWN)


def _records(root):
    """Stations by their fields, in small letters, and the time of the whole file."""
    records, time, waiting = [], "", [root]
    while waiting:
        element = waiting.pop()
        leaves = [child for child in element if len(child) == 0]
        fields = {local_name(child).lower(): (child.text or "").strip() for child in leaves}
        if _is_record(element, fields):
            records.append(fields)
            continue
        if element is root:
            time = fields.get("time", "")
        waiting += [child for child in reversed(element) if len(child)]
    return records, time


def _is_record(element, fields):
    """Whether an element is a station: it has a reading, or fields alone and enough of them."""
    is_flat = not any(len(child) for child in element)
    is_long = len(element) >= FEWEST_FIELDS or bool(set(STATION) & set(fields))
    return bool(set(READINGS) & set(fields)) or (is_flat and is_long)


def _describe(time_of_file, record):
    station_id = text(record, *STATION)
    time = text(record, "datatime", "data_time", "time") or time_of_file
    field = next((field for field in READINGS if field in record), "")
    reading, kind = READINGS.get(field, (("", ""), ""))
    row = row_of(station_id, time, reading, record.get(field))
    if not kind:
        return [row], []
    warnings = [pick(record, "redalertlevel"), pick(record, "yellowalertlevel")]
    station = station_of(
        record,
        station_id,
        kind,
        reading,
        district=text(record, "disrict", "district", "town"),
        name=text(record, "name", "station"),
        alert_levels=alert_levels(warnings, 1.0),
    )
    return [row], [station]


def _adapter(spec):
    return Adapter(spec, partial(read, spec=spec))


_FILES = "https://winfo.tycg.gov.tw/Transfer/UploadFile"
WATER = _adapter(_spec("taoyuan_water", "Water levels of Taoyuan", f"{_FILES}/WATERLEVEL.xml"))
FLOOD = _adapter(_spec("taoyuan_flood", "Flood sensors of Taoyuan", f"{_FILES}/WATERFLOOD.xml"))
RAIN = _adapter(
    _spec(
        "taoyuan_rain",
        "Rain totals of Taoyuan",
        "https://opendata.tycg.gov.tw/api/dataset/eabd93d1-d526-4de0-b378-b529aa61a4be/resource/"
        "6a555cf5-ccc9-4706-9cb6-62c25f23ec4e/download",
    )
)

"""Penghu and Yilan: ArcGIS layers whose epoch counts the local wall clock.

The milliseconds of these layers are those of the local date and time taken for UTC, so that read
as an epoch they lie 8 h ahead (`SourceSpec.epoch_is_local`).
"""

from functools import partial
from urllib.parse import quote

import numpy as np

from twin.feeds.records import alert_levels, pick, read_records, row_of, station_of, text
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING

SEWER, LEVEL, FLOOD = ("water_level", "mm"), ("water_level", "m"), ("water_depth", "cm")
PENGHU_FIELDS = {
    *("objectid", "device_id", "sttname", "sttno", "countycode", "urbanplan", "pipenum"),
    *("manholedepth", "manager", "addr", "sttpurpose", "fullheight", "halfheight", "battery"),
    *("rssi", "water_level", "water_level_percent", "water_level_status", "measure_time"),
    "upload_time",
}
YILAN_FIELDS = {
    *("objectid", "st_no", "st_id", "st_name", "g_num", "名稱", "鄉鎮", "e", "n", "water_inner"),
    *("縣府編號", "warn_lv1", "warn_lv2", "warn_lv3", "write_date", "警戒等級", "war", "war_ele"),
    "影像路徑",
}


def _spec(name, title, url, units, owner):
    return SourceSpec(
        name=name,
        title=title,
        cadence_seconds=600.0,
        timezone="Asia/Taipei",
        epoch_is_local=True,
        units=units,
        gross_range={"water_level": (-20.0, 4000.0), "water_depth": (LOWEST_DEPTH, 10.0)},
        least_nonzero={"cm": 0.1},
        sentinels=dict.fromkeys((-99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
        licence="no open licence found at the source; ask its owner before passing it on",
        owner=owner,
        warn_minutes=20.0,
        critical_minutes=40.0,
        url=url,
    )


def _penghu(record):
    station_id = text(record, "sttno", "device_id")
    row = row_of(station_id, text(record, "measure_time"), SEWER, record.get("water_level"))
    heights = [pick(record, "fullheight"), pick(record, "halfheight")]
    station = station_of(
        record,
        station_id,
        "sewer_gauge",
        SEWER,
        name=text(record, "sttname"),
        alert_levels=alert_levels(heights, 1.0),
    )
    return [row], [station]


def _yilan(reading, kind, record):
    station_id = text(record, "st_no", "st_id", "縣府編號")
    row = row_of(station_id, text(record, "write_date"), reading, record.get("water_inner"))
    warnings = [
        pick(record, "warn_lv1", "war_ele"),
        pick(record, "warn_lv2"),
        pick(record, "warn_lv3"),
    ]
    factor = 1e-2 if reading == FLOOD else 1.0
    station = station_of(
        record,
        station_id,
        kind,
        reading,
        district=text(record, "鄉鎮"),
        name=text(record, "st_name", "名稱"),
        alert_levels=alert_levels(warnings, factor),
    )
    return [row], [station]


def _adapter(spec, describe, known):
    return Adapter(spec, partial(read_records, spec=spec, describe=describe, known=known))


_BOARD = quote("防汛儀表板")
_LAYERS = f"https://wragis.e-land.gov.tw/arcgis/rest/services/HDST/{_BOARD}/MapServer"
_QUERY = "/query?where=1%3D1&outFields=*&f=json&returnGeometry=true&outSR=4326"
PENGHU = _adapter(
    _spec(
        "penghu_water",
        "Sewer levels of Penghu",
        "https://ph3dgis.penghu.gov.tw/server/rest/services/SewerNew/PHSewer_Basemap/MapServer/6"
        + _QUERY,
        {"water_level": {"mm": 1e-3}},
        "Penghu County Government",
    ),
    _penghu,
    PENGHU_FIELDS,
)
YILAN_FLOOD = _adapter(
    _spec(
        "yilan_flood",
        "Flood sensors of Yilan",
        f"{_LAYERS}/0{_QUERY}",
        {"water_depth": {"cm": 1e-2}},
        "Yilan County Government",
    ),
    partial(_yilan, FLOOD, "flood_sensor"),
    YILAN_FIELDS,
)
YILAN_WATER = _adapter(
    _spec(
        "yilan_water",
        "Water levels of Yilan",
        f"{_LAYERS}/2{_QUERY}",
        {"water_level": {"m": 1.0}},
        "Yilan County Government",
    ),
    partial(_yilan, LEVEL, "level_gauge"),
    YILAN_FIELDS,
)

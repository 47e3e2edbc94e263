"""Words in which SensorThings hosts name what is measured, its units and its states."""

import unicodedata

import numpy as np

from twin.observations.store import FAIL, MISSING, PASS

IGNORED = "ignored"
KINDS = (
    # part of the name in small letters, property, kind of station; the first that fits counts
    *(
        (sign, sign, IGNORED)
        for sign in ("電壓", "電池", "電量", "訊號", "溫度", "battery", "voltage")
    ),
    *((sign, sign, IGNORED) for sign in ("signal", "temperature", "humidity", "開度")),
    # constants of a station, and what else is measured at a pump
    *((sign, sign, IGNORED) for sign in ("警戒水位", "警戒值", "滿管", "油量", "油位", "轉速")),
    ("淹水", "water_depth", "flood_sensor"),
    ("積水", "water_depth", "flood_sensor"),
    ("flood depth", "water_depth", "flood_sensor"),
    ("water depth", "water_depth", "flood_sensor"),
    ("water_depth", "water_depth", "flood_sensor"),
    ("下水道雨量", "rainfall_depth", "rain_gauge"),
    ("下水道流量", "discharge", "discharge_gauge"),
    ("下水道", "water_level", "sewer_gauge"),
    ("內水位", "water_level", "level_gauge"),
    ("外水位", "water_level", "level_gauge"),
    ("水位", "water_level", "level_gauge"),
    ("潮位", "water_level", "level_gauge"),
    ("water level", "water_level", "level_gauge"),
    ("water_level", "water_level", "level_gauge"),
    ("water stage", "water_level", "level_gauge"),
    ("雨量強度", "rainfall_rate", "rain_gauge"),
    ("rainfall rate", "rainfall_rate", "rain_gauge"),
    ("rainfall intensity", "rainfall_rate", "rain_gauge"),
    ("rainfall_rate", "rainfall_rate", "rain_gauge"),
    ("雨量", "rainfall_depth", "rain_gauge"),
    ("rainfall", "rainfall_depth", "rain_gauge"),
    ("precipitation", "rainfall_depth", "rain_gauge"),
    ("流量", "discharge", "discharge_gauge"),
    ("discharge", "discharge", "discharge_gauge"),
    ("streamflow", "discharge", "discharge_gauge"),
    ("抽水機", "pump_state", "pump_station"),
    ("pump state", "pump_state", "pump_station"),
    ("閘門狀態", "gate_state", "gate"),
    ("gate state", "gate_state", "gate"),
)

UNIT_NAMES = {
    **dict.fromkeys(("cm", "公分", "centimeter", "centimetre", "centimeters"), "cm"),
    **dict.fromkeys(("m", "公尺", "meter", "metre", "meters", "elm", "el.m"), "m"),
    **dict.fromkeys(("mm", "公厘", "毫米", "millimeter", "millimetre"), "mm"),
    **dict.fromkeys(("mm/10min", "毫米/10分鐘"), "mm/10min"),
    **dict.fromkeys(("mm/h", "mm/hr", "mm h-1", "毫米/小時"), "mm/h"),
    **dict.fromkeys(("m3/s", "cms", "cumec", "立方公尺/秒", "m3 s-1", "m^3/s"), "m3/s"),
    "dbz": "dBZ",
    **dict.fromkeys(("", "-", "none", "無", "n/a"), ""),
}
"""Unit as sent, in small letters -> one that the contract knows."""

STATE_WORDS = {
    **dict.fromkeys(("停止", "關閉", "全關", "off", "OFF", "false", "False"), (0.0, PASS)),
    **dict.fromkeys(("運轉", "運轉中", "開啟", "全開", "on", "ON", "true", "True"), (1.0, PASS)),
}
"""State of a pump or gate as sent -> (value, flag)."""

WORDS = {
    **STATE_WORDS,
    **dict.fromkeys(("故障", "異常"), (np.nan, FAIL)),
    **dict.fromkeys(("離線", "斷線", "NA", "N/A"), (np.nan, MISSING)),
}
"""Text as sent -> (value, flag)."""


def unit_name(sent):
    """A unit as contracts name it; one that is not known stays as it was sent.

    Examples
    --------
    >>> unit_name(" CM "), unit_name("㎥/s"), unit_name(None), unit_name("inch")
    ('cm', 'm3/s', '', 'inch')
    """
    text = unicodedata.normalize("NFKC", "" if sent is None else str(sent)).strip()
    return UNIT_NAMES.get(text.lower(), text)

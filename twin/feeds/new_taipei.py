"""New Taipei's water platform (and its twin in Keelung): levels, flood depths and rain.

The same field `water_inner` is centimetres of water on a road where `device_type` is "flood" and
metres of level where it is a level gauge; `warn_lv1` is the highest of the warning levels.
"""

from functools import partial

import numpy as np

from twin.feeds.records import alert_levels, pick, read_records, row_of, station_of, text
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING, PASS, SUSPECT
from twin.units import MM_PER_HOUR

KINDS = {
    # device type -> (property, unit), kind of station, factor to SI
    "flood": (("water_depth", "cm"), "flood_sensor", 1e-2),
    **dict.fromkeys(
        ("water", "radar", "wt_rr_w", "wg_rr_w", "drainage"),
        (("water_level", "m"), "level_gauge", 1.0),
    ),
}
FIELDS = {
    *("st_no", "st_name", "lon", "lat", "datatime", "sendtime", "water_inner", "water_outer"),
    *("warn_lv1", "warn_lv2", "warn_lv3", "batteryvol", "city", "town", "village", "river"),
    *("status", "source", "device_type", "cctv_url", "rain", "min_10", "min_30", "hour_1"),
    *("hour_3", "hour_6", "hour_12", "hour_24", "basin", "ascent_rate"),
}
RAINFALL = ("rainfall_rate", "mm")
WORKING = ("", "正常")


def _spec(name, title, cadence_seconds, url, owner="New Taipei City Government"):
    return SourceSpec(
        name=name,
        title=title,
        cadence_seconds=cadence_seconds,
        timezone="Asia/Taipei",
        units={
            "rainfall_rate": {"mm": 1e-3 / 600.0},
            "water_level": {"m": 1.0},
            "water_depth": {"cm": 1e-2},
        },
        gross_range={
            "rainfall_rate": (0.0, 400 * MM_PER_HOUR),
            "water_level": (-20.0, 4000.0),
            "water_depth": (LOWEST_DEPTH, 10.0),
        },
        least_nonzero={"cm": 0.1},
        sentinels=dict.fromkeys((-98.0, -99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
        licence="no open licence found at the source; ask its owner before passing it on",
        owner=owner,
        warn_minutes=20.0,
        critical_minutes=40.0,
        url=url,
    )


def read(content, received, *, spec, device_type):
    """Read one answer of the platform.

    Parameters
    ----------
    content : bytes
        JSON list of stations with their newest reading.
    received : pandas.Timestamp
        When it came in.
    spec : twin.feeds.source.SourceSpec
        Which of the feeds it is.
    device_type : str
        What a record without `device_type` is: "flood", "water" or "rain". A type that is not
        known is rejected, because its unit cannot be.

    Returns
    -------
    twin.feeds.source.Parsed
    """
    return read_records(content, received, spec, partial(_describe, device_type), FIELDS)


def _describe(default_type, record):
    station_id = text(record, "st_no")
    time = text(record, "datatime")
    flag = PASS if text(record, "status") in WORKING else SUSPECT
    place = {
        "district": text(record, "city") + text(record, "town"),
        "name": text(record, "st_name"),
    }
    if default_type == "rain":
        row = row_of(station_id, time, RAINFALL, record.get("min_10"), flag)
        return [row], [station_of(record, station_id, "rain_gauge", RAINFALL, **place)]
    device_type = text(record, "device_type").lower() or default_type
    value = record.get("water_inner")
    if device_type not in KINDS:
        return [row_of(station_id, time, (device_type, ""), value)], []
    reading, kind, factor = KINDS[device_type]
    warnings = [pick(record, f"warn_lv{level}") for level in (1, 2, 3)]
    place["alert_levels"] = alert_levels(warnings, factor)
    row = row_of(station_id, time, reading, value, flag)
    return [row], [station_of(record, station_id, kind, reading, **place)]


def _adapter(spec, device_type):
    return Adapter(spec, partial(read, spec=spec, device_type=device_type))


_NEW_TAIPEI = "https://newtaipei.wavegis.com.tw/api/javaapi/water_extra_api"
_KEELUNG = "https://smartflood.klcg.gov.tw/api/r/javaapinew/water_extra_api"
_LIST = "/flood/getFloodListData?org_id={organisation}&type={types}&unit=1"
_LEVELS = "radar%2Cwater%2CWT_RR_W%2CWG_RR_W"
_RAIN = "/rain/getRainFallBaseData?org_id={organisation}&org_data=ALL"

WATER = _adapter(
    _spec(
        "new_taipei_water",
        "Level gauges of New Taipei",
        600.0,
        _NEW_TAIPEI + _LIST.format(organisation=110, types=_LEVELS),
    ),
    "water",
)
FLOOD = _adapter(
    _spec(
        "new_taipei_flood",
        "Flood sensors of New Taipei",
        600.0,
        _NEW_TAIPEI + _LIST.format(organisation=110, types="flood"),
    ),
    "flood",
)
DRAINAGE = _adapter(
    _spec(
        "new_taipei_drainage",
        "Drainage levels of New Taipei",
        600.0,
        _NEW_TAIPEI + "/water/getDrainage?org_id=110&org_data=ALL",
    ),
    "water",
)
RAIN = _adapter(
    _spec(
        "new_taipei_rain",
        "Rain gauges of New Taipei",
        600.0,
        _NEW_TAIPEI + _RAIN.format(organisation=110),
    ),
    "rain",
)
KEELUNG_WATER = _adapter(
    _spec(
        "keelung_water",
        "Level gauges of Keelung",
        600.0,
        _KEELUNG + _LIST.format(organisation=58, types=_LEVELS),
        owner="Keelung City Government",
    ),
    "water",
)
KEELUNG_FLOOD = _adapter(
    _spec(
        "keelung_flood",
        "Flood sensors of Keelung",
        600.0,
        _KEELUNG + _LIST.format(organisation=58, types="flood"),
        owner="Keelung City Government",
    ),
    "flood",
)
KEELUNG_RAIN = _adapter(
    _spec(
        "keelung_rain",
        "Rain gauges of Keelung",
        600.0,
        _KEELUNG + _RAIN.format(organisation=58),
        owner="Keelung City Government",
    ),
    "rain",
)

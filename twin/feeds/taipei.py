"""Taipei: sewer, river and rain stations, pump stations and floodgates.

Readings and positions come in different answers of one source: the JSON of the readings names no
place, a CSV lists the stations. Their ids differ in leading zeros ("001" and "1"); here they are
"001". The window of the rain totals is not documented (users of the feed contradict each other),
so they are kept as `rainfall_depth` [m] and never taken for an intensity.
"""

import csv
import io
from functools import partial

import numpy as np

from twin.feeds.payload import MARKS, as_text
from twin.feeds.readings import parsed
from twin.feeds.records import (
    alert_levels,
    gather_with_stations,
    pick,
    quantity,
    read_records,
    row_of,
    station_of,
    text,
    unpack,
)
from twin.feeds.source import Adapter, SourceSpec
from twin.observations.store import FAIL, MISSING, PASS

STATES = {
    **dict.fromkeys(("停止", "未啟動", "停機", "待機"), 0.0),
    **dict.fromkeys(("閘門關閉", "關閉", "閘門全關", "全關", "閘門全閉", "全閉"), 0.0),
    **dict.fromkeys(("運轉", "運轉中", "啟動", "啟動中", "抽水", "抽水中"), 1.0),
    **dict.fromkeys(("閘門開啟", "開啟", "閘門全開", "全開"), 1.0),
    **dict.fromkeys(("閘門半開", "半開", "部分開啟", "開啟中", "關閉中"), 0.5),
}
"""State in words -> 0 (stopped, closed), 1 (running, open), 0.5 (between)."""

FAULTS = ("故障", "異常", "閘門故障", "閘門異常")
UNKNOWN = ("離線", "斷線", "通訊中斷", "通訊異常", "無資料", "-", "--")
KNOWN = {
    *("stationno", "stationname", "rectime", "levelout", "groundfar", "voltage", "rain"),
    *("station_no", "station_name", "rec_time", "level_out", "ground_far", "lon", "lng", "lat"),
    *("stn_id", "stn_name", "obs_time", "inner_value", "outer_value", "pumb_num", "door_num"),
    *("pumb_status", "door_status", "max_allowable_water_level", "all_pumb_lights", "gatenum"),
    *("river_basin", "warning_level", "start_pumping_level", "name", "fo", "fc", "flt"),
    *(f"{end}{number:02d}" for end in ("fo", "fc", "flt") for number in range(1, 5)),
}
CSV_NAMES = {
    "station_id": ("設施編號", "站碼", "站號", "stationno", "station_no"),
    "name": ("站名", "stationname", "station_name"),
    "district": ("行政區", "district"),
    "longitude": ("經度", "x座標", "longitude", "lon"),
    "latitude": ("緯度", "y座標", "latitude", "lat"),
}
LEVEL, DEPTH = ("water_level", "m"), ("rainfall_depth", "mm")
PUMP, GATE = ("pump_state", "1"), ("gate_state", "1")
MAIN = {"rain_gauge": DEPTH, "gate": GATE, "pump_station": PUMP}
"""Kind of a station -> what it measures, where that is no level."""

ON, OFF = ("1", "+", "y", "true", "on"), ("0", "-", "n", "false", "off")
"""What a limit switch of a floodgate says."""


def _spec(name, title, url, *, cadence_seconds=600.0, key_setting="", evidence="documentation"):
    return SourceSpec(
        name=name,
        title=title,
        cadence_seconds=cadence_seconds,
        timezone="Asia/Taipei",
        units={
            "water_level": {"m": 1.0},
            "rainfall_depth": {"mm": 1e-3},
            "pump_state": {"1": 1.0},
            "gate_state": {"1": 1.0},
        },
        gross_range={
            "water_level": (-20.0, 500.0),
            "rainfall_depth": (0.0, 3.0),
            "pump_state": (0.0, 1.0),
            "gate_state": (0.0, 1.0),
        },
        sentinels=dict.fromkeys((-98.0, -99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
        words={
            **{word: (value, PASS) for word, value in STATES.items()},
            **dict.fromkeys(FAULTS, (np.nan, FAIL)),
            **dict.fromkeys(UNKNOWN, (np.nan, MISSING)),
        },
        licence="Open Government Data License, Taiwan, version 1.0; river levels for research",
        owner="Hydraulic Engineering Office, Taipei City Government",
        warn_minutes=20.0,
        critical_minutes=40.0,
        url=url,
        key_setting=key_setting,
        relaxed_x509=True,
        other_hosts=("data.taipei",),
        evidence=evidence,
    )


def read(content, received, *, spec, kind):
    """Read one answer of Taipei: readings (JSON, GeoJSON), the list of stations (CSV), or both.

    Parameters
    ----------
    content : bytes
        What the source sent.
    received : pandas.Timestamp
        When it came in.
    spec : twin.feeds.source.SourceSpec
        Which of the feeds it is.
    kind : str
        Kind of its stations, for example ``"sewer_gauge"``.

    Returns
    -------
    twin.feeds.source.Parsed

    Raises
    ------
    InputError
        It is neither.
    """
    readings, station_list = unpack(content)
    if not _is_json(readings):  # the list alone
        stations = list(_stations(readings, kind))
        if stations:
            return parsed([], spec, received, stations=stations)
    more = () if station_list is None else _stations(station_list, kind)
    return read_records(readings, received, spec, partial(_describe, kind), KNOWN, more)


def _is_json(content):
    return content.lstrip(MARKS)[:1] in (b"{", b"[")


def _stations(content, kind):
    try:
        lines = list(csv.DictReader(io.StringIO(as_text(content, "replace"), newline="")))
    except csv.Error:
        return  # it is no list, and readings count without one
    for line in lines:
        fields = {str(name).strip().lower(): value for name, value in line.items() if name}
        record = {name: text(fields, *names) for name, names in CSV_NAMES.items()}
        if record["station_id"] and record["longitude"]:
            yield station_of(
                record,
                same_id(record["station_id"]),
                kind,
                MAIN.get(kind, LEVEL),
                district=record["district"],
                name=record["name"],
            )


def same_id(station_id):
    """Id of a station whether it came with leading zeros or without.

    Examples
    --------
    >>> same_id("1"), same_id("001"), same_id("U0006")
    ('001', '001', 'U0006')
    """
    return station_id.zfill(3) if station_id.isascii() and station_id.isdigit() else station_id


def _describe(kind, record):
    name = text(record, "stationname", "station_name", "stn_name", "name")
    station_id = same_id(text(record, "stationno", "station_no", "stn_id")) or name
    time = text(record, "rectime", "rec_time", "obs_time")
    rows = list(_rows(record, station_id, time))
    if time and not rows:  # it was seen, and nothing was measured
        rows = [row_of(station_id, time, MAIN.get(kind, LEVEL), None)]
    if pick(record, "longitude", "lon", "lng") is None:
        return rows, []
    stations = [
        station_of(
            record,
            row["station_id"],
            kind,
            (row["property"], row["unit"]),
            name=name,
            alert_levels=_alert_levels(record, row["station_id"]),
        )
        for row in rows
    ]
    return rows, stations


def _alert_levels(record, station_id):
    # a pump station names the level that its inner basin must not pass
    is_inner = station_id.endswith("/inner")
    return alert_levels([record.get("max_allowable_water_level")], 1.0) if is_inner else ()


def _rows(record, station_id, time):
    for fields, suffix, reading in (
        (("levelout", "level_out"), "", LEVEL),
        (("inner_value",), "/inner", LEVEL),
        (("outer_value",), "/outer", LEVEL),
        (("rain",), "", DEPTH),
        (("pumb_status", "all_pumb_lights"), "", PUMP),
        (("door_status",), "", GATE),
    ):
        if any(field in record for field in fields):
            value = pick(record, *fields)
            value = value if reading in (PUMP, GATE) else quantity(value, STATES)
            yield row_of(station_id + suffix, time, reading, value)
    for number in ("", "01", "02", "03", "04"):
        state = _gate(record, number)
        if state is not None:
            suffix = f"/{number}" if number else ""
            yield row_of(station_id + suffix, time, GATE, state)


def _gate(record, number):
    """State of a floodgate from its limit switches, as a word, None where it has none."""
    is_open, is_closed, is_faulty = (
        _is_on(record.get(f"{end}{number}")) for end in ("fo", "fc", "flt")
    )
    if is_faulty or (is_open and is_closed):
        return "閘門故障"
    if is_open or is_closed:
        return "閘門開啟" if is_open else "閘門關閉"
    return None if None in (is_open, is_closed) else "半開"


def _is_on(switch):
    """Whether a switch is on, None where it says nothing."""
    sent = str(switch).strip().lower()
    return sent in ON if sent in (*ON, *OFF) else None


def _adapter(spec, kind, station_list=None):
    gather = station_list and gather_with_stations(station_list)
    return Adapter(spec, partial(read, spec=spec, kind=kind), gather)


_SERVICE = "https://wic.gov.taipei/OpenData/API"
SEWER = _adapter(
    _spec(
        "taipei_sewer",
        "Sewer levels of Taipei",
        _SERVICE + "/Sewer/Get?stationNo=&loginId=sewer01&dataKey={key}",
        key_setting="FLOODTWIN_TAIPEI_SEWER_KEY",
        evidence="payload",
    ),
    "sewer_gauge",
    "https://data.taipei/api/dataset/b3648c5d-15c8-416a-a603-fda7a9ac1b0d/resource/"
    "586e5233-aa60-4680-8ac1-cbb9ef7f7fde/download",
)
RIVER = _adapter(
    _spec(
        "taipei_river",
        "River levels of Taipei",
        _SERVICE + "/Water/Get?stationNo=&loginId=river&dataKey={key}",
        key_setting="FLOODTWIN_TAIPEI_RIVER_KEY",
    ),
    "level_gauge",
    "https://data.taipei/api/dataset/0016a730-aef1-43c5-baaf-0f08e270c0f6/resource/"
    "98fce0a1-66f9-4b10-b384-1e80a7999e27/download",
)
RAIN = _adapter(
    _spec(
        "taipei_rain",
        "Rain totals of Taipei",
        _SERVICE + "/Rain/Get?stationNo=&loginId=open_rain&dataKey={key}",
        key_setting="FLOODTWIN_TAIPEI_RAIN_KEY",
    ),
    "rain_gauge",
)
GATES = _adapter(
    _spec(
        "taipei_gates",
        "Floodgates of Taipei",
        _SERVICE + "/Evacuate/Get?stationNo=&loginId=watergate&dataKey={key}",
        key_setting="FLOODTWIN_TAIPEI_GATES_KEY",
    ),
    "gate",
)
PUMPS = _adapter(
    _spec(
        "taipei_pumps",
        "Pump stations of Taipei",
        "https://heopublic.gov.taipei/taipei-heo-api/openapi/pumb/latest",
        evidence="payload",
    ),
    "pump_station",
)

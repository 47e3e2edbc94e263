"""A week of what every feed sends, made of a seed: late, again, corrected."""

import json

import numpy as np
import pandas as pd

from twin.feeds.registry import ADAPTERS, adapter

START = pd.Timestamp("2025-12-29T00:00Z")
"""A week over the end of a year."""

STATIONS = ("S1", "S2")


def payload(source, time, values):
    """What a source sends about one time.

    Parameters
    ----------
    source : str
        Key of `twin.feeds.registry.ADAPTERS` of kind "readings".
    time : pandas.Timestamp
        In UTC.
    values : dict
        Station -> value in the unit of the source.
    """
    make = next((make for prefix, make in MAKERS if source.startswith(prefix)), None)
    assert make is not None, f"{source} has no line in MAKERS, expected how it writes; add one"
    content = make(source, time.tz_convert("Asia/Taipei"), values)
    return content.encode() if isinstance(content, str) else json.dumps(content).encode()


def corpus(seed, days=7, step_hours=24):
    """All payloads of all feeds of readings, in the order of their receipt.

    Returns
    -------
    list of (source, received, content)
        A tenth comes again, a tenth comes up to 6 hours late, a tenth is corrected afterwards.
    """
    chance, found = np.random.default_rng(seed), []
    for source in readings_sources():
        for step in range(1, int(days * 24 / step_hours) + 1):
            time = START + pd.Timedelta(hours=step * step_hours)
            found += _sent(source, time, chance)
    return sorted(found, key=lambda sent: (sent[1], sent[0]))


def readings_sources():
    """Names of all sources of readings that have an adapter."""
    return [name for name in sorted(ADAPTERS) if adapter(name).spec.kind == "readings"]


def _sent(source, time, chance):
    values = {station: round(float(chance.uniform(1, 9)), 2) for station in STATIONS}
    late = chance.random() < 0.1
    delay = pd.Timedelta(minutes=float(chance.uniform(30, 360) if late else chance.uniform(1, 9)))
    sent = [(source, time + delay, payload(source, time, values))]
    if chance.random() < 0.1:
        sent.append((source, time + delay + pd.Timedelta(minutes=10), sent[0][2]))
    if chance.random() < 0.1:
        corrected = payload(source, time, {**values, "S1": values["S1"] + 1})
        sent.append((source, time + delay + pd.Timedelta(minutes=20), corrected))
    return sent


def _of(values, make):
    return [make(station, value) for station, value in values.items()]


def _plain(time):
    return f"{time:%Y-%m-%d %H:%M:%S}"


def _cwa(source, time, values):
    def station(name, value):
        return {"StationId": name, "StationName": name, "ObsTime": {"DateTime": time.isoformat()},
                "RainfallElement": {"Past10Min": {"Precipitation": str(value)}}}  # fmt: skip

    return {"records": {"Station": _of(values, station)}}


def _weather(source, time, values):
    content = _cwa(source, time, values)
    for station in content["records"]["Station"]:
        station["WeatherElement"] = {"Now": station.pop("RainfallElement")["Past10Min"]}
    return content


def _tide(source, time, values):
    def place(name, value):
        hour = {"DateTime": time.isoformat(), "WeatherElements": {"TideHeight": str(value)}}
        return {"Station": {"StationID": name}, "StationObsTimes": {"StationObsTime": [hour]}}

    return {"Records": {"SeaSurfaceObs": {"Location": _of(values, place)}}}


def _archive(source, time, values):
    received = (time + pd.Timedelta(seconds=30)).isoformat()
    lines = _of(values, lambda s, v: f"{s},{time.isoformat()},{received},rainfall_rate,{v},mm")
    return "\n".join(["station_id,time,received,property,value,unit", *lines]) + "\n"


def _table(source, time, values):
    lines = _of(values, lambda s, v: f"{s},{time.isoformat()},rainfall_rate,{v},mm/h")
    return "\n".join(["station_id,time,property,value,unit", *lines]) + "\n"


def _message(source, time, values):
    return _of(values, lambda s, v: {"station_id": s, "time": time.isoformat(), "value": v,
                                     "property": "water_level", "unit": "m"})  # fmt: skip


def _fhy(source, time, values):
    name = {
        "fhy_flood": "Depth",
        "fhy_flow": "Discharge",
        "fhy_rain": "M10",
        "fhy_water": "WaterLevel",
    }[source]
    station = "SensorUUID" if source == "fhy_flood" else "StationNo"
    moment = "SourceTime" if source == "fhy_flood" else "Time"
    local = time.isoformat() if source == "fhy_flood" else f"{time:%Y-%m-%dT%H:%M:%S}"
    return {"Data": _of(values, lambda s, v: {station: s, moment: local, name: v})}


def _iow(source, time, values):
    latest = _of(values, lambda s, v: {"sensorid": s, "latestvalue": str(v),
                                       "timestamp": time.isoformat()})  # fmt: skip
    sensors = _of(values, lambda s, v: {"sensorid": s, "unit": "cm", "category": "淹水深度"})
    return {"latest": latest, "catalogue": sensors}


def _river(source, time, values):
    return _of(values, lambda s, v: {"stationid": s, "datetime": time.isoformat(),
                                     "waterlevel": str(v), "checkresult": "1"})  # fmt: skip


def _things(source, time, values):
    name, unit = ("淹水深度", "cm") if source.endswith("flood") else ("水位", "m")
    moment = f"{time.tz_convert('UTC'):%Y-%m-%dT%H:%M:%S}.000Z"

    def thing(station, value):
        seen = {"phenomenonTime": moment, "resultTime": moment, "result": value}
        stream = {"name": name, "unitOfMeasurement": {"symbol": unit}, "Observations": [seen],
                  "@iot.id": STATIONS.index(station)}  # fmt: skip
        return {"@iot.id": station, "properties": {"stationCode": station}, "Datastreams": [stream]}

    return {"value": _of(values, thing)}


def _platform(source, time, values):
    kind = "flood" if source.endswith("flood") else "water"
    field = "min_10" if source.endswith("rain") else "water_inner"
    more = {} if source.endswith("rain") else {"device_type": kind}
    return _of(values, lambda s, v: {"st_no": s, "datatime": _plain(time), field: v, **more})


def _taoyuan(source, time, values):
    half = "上午" if time.hour < 12 else "下午"
    local = f"{time:%Y/%m/%d} {half} {(time.hour - 1) % 12 + 1}:{time:%M:%S}"
    forms = {
        "taoyuan_flood": "<D><ID>{s}</ID><NAME>n</NAME><HEIGHT>{v}</HEIGHT>"
        "<DATA_TIME>{local}</DATA_TIME></D>",
        "taoyuan_water": "<D><STATION_ID>{s}</STATION_ID><STATION>n</STATION>"
        "<DATATIME>{plain}</DATATIME><WATERHEIGHT_M>{v}</WATERHEIGHT_M></D>",
        "taoyuan_rain": "<D><ID>{s}</ID><Name>n</Name><X>121.2</X><Rainfall>{v}</Rainfall></D>",
    }
    inner = _of(
        values, lambda s, v: forms[source].format(s=s, v=v, local=local, plain=_plain(time))
    )
    return f"<T><Time>{time:%Y-%m-%d %H:%M}</Time>{''.join(inner)}</T>"


def _kaohsiung(source, time, values):
    forms = {
        "kaohsiung_flood": lambda s, v: {"stn_id": s, "time": _plain(time), "obs_value": v},
        "kaohsiung_rain": lambda s, v: {"ST_NO": s, "DATE": f"{time:%Y-%m-%dT%H:%M:%S}", "M10": v},
        "kaohsiung_sewer": lambda s, v: {"stn_no": s, "time": _plain(time), "stage": v},
    }
    return _of(values, forms[source])


def _taipei(source, time, values):
    if source == "taipei_pumps":
        return _of(values, lambda s, v: {"stn_id": s, "obs_time": _plain(time),
                                         "inner_value": str(v), "pumb_status": "停止"})  # fmt: skip
    if source == "taipei_gates":  # up, down, or on its way
        forms = ({"fo": "1", "fc": "0"}, {"fo": "0", "fc": "1"}, {"fo": "0", "fc": "0"})
        return {"data": _of(values, lambda s, v: {"stationNo": s, "recTime": f"{time:%Y%m%d%H%M}",
                                                  "flt": "0", **forms[int(v) % 3]})}  # fmt: skip
    field = "rain" if source == "taipei_rain" else "levelOut"
    return {"data": _of(values, lambda s, v: {"stationNo": s, "recTime": f"{time:%Y%m%d%H%M}",
                                              field: v})}  # fmt: skip


def _features(source, time, values):
    moment = time.value // 10**6 + 8 * 3600 * 1000  # their epoch is the local clock
    if source == "penghu_water":
        forms = {"SttNo": "s", "water_level": "v", "measure_time": "t"}
    else:
        forms = {"st_no": "s", "water_inner": "v", "write_date": "t"}

    def feature(station, value):
        known = {"s": station, "v": value, "t": moment}
        return {"attributes": {name: known[key] for name, key in forms.items()}}

    return {"features": _of(values, feature)}


MAKERS = (
    ("cwa_tide", _tide), ("cwa_stations", _weather), ("cwa_", _cwa), ("sample", _archive),
    ("drop_folder", _table),
    ("mqtt", _message), ("fhy_", _fhy), ("wra_iow", _iow), ("wra_river", _river),
    ("civil_iot", _things), ("sensorthings", _things), ("new_taipei", _platform),
    ("keelung", _platform), ("taoyuan", _taoyuan), ("kaohsiung", _kaohsiung),
    ("taipei", _taipei), ("penghu", _features), ("yilan", _features),
)  # fmt: skip
"""Begin of a source's name -> how it writes."""

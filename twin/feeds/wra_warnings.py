"""Warnings of Taiwan's water agency: rain that may flood a district, rivers above a level."""

from functools import partial

import pandas as pd

from twin.feeds.official_warnings import parsed_warnings
from twin.feeds.payload import find_records, read_json, under, unknown_names
from twin.feeds.source import WARNINGS, Adapter, SourceSpec
from twin.feeds.times import read_time

SEVERITIES = {"1": "Severe", "2": "Moderate", "3": "Minor"}
"""Level -> severity of CAP: here the first level is the most severe."""

KNOWN_FIELDS = {
    *("stationno", "citycode", "towncode", "time", "warninglevel", "affectedarea"),
    *("m10", "h1", "h3", "h6", "h12", "h24", "waterlevel", "stationname", "updatatime"),
}


def _spec(name, title, url, **more):
    return SourceSpec(
        name=name,
        title=title,
        owner="Water Resources Agency, Taiwan",
        licence="Open Government Data License, Taiwan, version 1.0",
        url=url,
        relaxed_x509=True,
        cadence_seconds=600.0,
        warn_minutes=20.0,
        critical_minutes=30.0,
        timezone="Asia/Taipei",
        units={},
        gross_range={},
        kind=WARNINGS,
        **more,
    )


RAIN_SPEC = _spec(
    "wra_rain_warnings",
    "Flood warnings by rain",
    "https://fhy.wra.gov.tw/OpenApiv3/v2/Rainfall/Warning?$top=1000",
    key_setting="FLOODTWIN_FHY_KEY",
    evidence="payload",
)
WATER_SPEC = _spec(
    "wra_water_warnings",
    "Warnings of high rivers",
    "https://fhy.wra.gov.tw/WraApi/v1/Water/Warning?$top=1000",
)


def read(content, received, *, spec, event):
    """Warnings in force when the answer was given.

    Parameters
    ----------
    content : bytes
        JSON: a list, or ``{"UpdataTime": ..., "Data": [...]}`` (sic).
    received : pandas.Timestamp
        When it came in.
    spec : SourceSpec
        Of the product.
    event : str
        What is warned of.

    Returns
    -------
    Parsed
        One warning for each station. No data, even without a time, means that there is no
        warning: ``outcome`` is then ``"empty"``. The service names no end: a warning holds
        until the feed counts as lost (`SourceSpec.critical_minutes`), unless it is repeated.

    Raises
    ------
    InputError
        It is no such answer.
    """
    document = read_json(content, spec)
    records = find_records(document, spec)
    updated = under(document, "UpdataTime") or under(document, "UpdateTime")
    end = received + pd.Timedelta(minutes=spec.critical_minutes)
    if pd.isna(read_time(updated, spec.timezone)):
        updated = None  # a warning has a time of its own
    rows = [_row(record, event, updated, end) for record in records]
    return parsed_warnings(rows, spec, received, drift=unknown_names(records, KNOWN_FIELDS))


def _row(record, event, updated, end):
    station, level = record.get("stationno"), record.get("warninglevel")
    level = "" if level is None else str(level).strip().removesuffix(".0")
    return {
        "identifier": f"{event}:{station}" if station else "",
        "event": event,
        "severity": SEVERITIES.get(level, "Unknown"),
        "level": level,
        "area": record.get("affectedarea") or record.get("stationname"),
        "geocodes": record.get("towncode") or record.get("citycode"),
        "sent": updated or record.get("time"),
        "effective": record.get("time"),
        "expires": end.isoformat(),
    }


RAIN = Adapter(RAIN_SPEC, partial(read, spec=RAIN_SPEC, event="rain"))
WATER = Adapter(WATER_SPEC, partial(read, spec=WATER_SPEC, event="high river"))

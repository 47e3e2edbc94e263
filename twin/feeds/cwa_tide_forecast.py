"""High and low waters of the next month, of Taiwan's Central Weather Administration (F-A0021-001).

They are no readings: what lies ahead goes into `Parsed.ahead`, is kept with its payload, and is
read again from there by whoever looks ahead (`service.cycle.tide_inputs`).
"""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.feeds.payload import as_list, lower_keys, part, read_document, under
from twin.feeds.readings import NO_VALUE, parsed
from twin.feeds.records import check_number, text
from twin.feeds.source import AHEAD, Adapter, SourceSpec
from twin.feeds.times import read_times

SPEC = SourceSpec(
    name="cwa_tide_forecast",
    title="Tide forecast of the Central Weather Administration, one month (F-A0021-001)",
    owner="Central Weather Administration, Taiwan",
    licence="Open Government Data License, Taiwan, version 1.0",
    url="https://opendata.cwa.gov.tw/api/v1/rest/datastore/F-A0021-001?Authorization={key}",
    key_setting="FLOODTWIN_CWA_KEY",
    cadence_seconds=86400.0,
    warn_minutes=2.0 * 1440.0,
    critical_minutes=7.0 * 1440.0,
    timezone="Asia/Taipei",
    units={"water_level": {"cm": 1e-2}},
    gross_range={"water_level": (-10.0, 10.0)},
    sentinels=dict.fromkeys((-990.0, -999.0, -9999.0), (np.nan, 9)),  # -99 cm is a low water
    kind=AHEAD,
)

DATUMS = ("abovetwvd", "abovelocalmsl")
"""Heights that count, the better first: above TWVD2001, in which terrain is, or, on islands that
it does not reach, above the local mean sea level. That above the chart datum fits no terrain."""

COLUMNS = ("station_id", "name", "property", "time", "value", "issue_time")


def read(content, received):
    """High and low waters at all places of one answer.

    Parameters
    ----------
    content : bytes
        JSON or XML: ``records.TideForecasts`` of the datastore, or ``cwaopendata.Resources
        .Resource.Data.TideForecasts`` of the file interface.
    received : pandas.Timestamp
        When it came in: the answer has no time of its own.

    Returns
    -------
    Parsed
        `Parsed.ahead` with ``water_level`` [m] at each high and low water, the places named by
        their number (``LocationId``, mostly that of a district). One place has one datum:
        ``counts["local datum"]`` places have none but their local mean sea level.

    Raises
    ------
    InputError
        It is no such answer.

    Notes
    -----
    Written from the shape that public programs of others read and one of them documents, with an
    excerpt: texts or numbers in centimetres, "-" or nothing where a datum does not reach. No
    payload was at hand.
    """
    places = [_place(location) for location in _locations(read_document(content, SPEC))]
    rows = [row for place in places for row in place]
    check_number(len(rows), SPEC)
    table, reasons = _table(rows, received)
    result = parsed([], SPEC, received)
    result.counts.update(
        read=len(rows), kept=len(table), rejected=len(rows) - len(table), reasons=reasons
    )
    on_islands = {row["station_id"] for row in rows if row["datum"] == DATUMS[1]}
    result.counts["local datum"] = len(on_islands)
    return replace(result, ahead=table, outcome="ok" if rows else "empty")


def _locations(document):
    file = part(part(part(document, "cwaopendata"), "Resources"), "Resource")
    holder = part(document, "records") or part(file, "Data")
    if "tideforecasts" not in lower_keys(holder):
        raise InputError(
            "the answer has no tides, expected records.TideForecasts; is it an answer of "
            "F-A0021-001?"
        )
    entries = as_list(under(holder, "TideForecasts"))
    return [place for entry in entries for place in as_list(under(entry, "Location"))]


def _place(location):
    """High and low waters of one place, all above one datum."""
    days = as_list(under(part(location, "TimePeriods"), "Daily"))
    waters = [water for day in days for water in as_list(under(day, "Time"))]
    heights = [lower_keys(part(water, "TideHeights")) for water in waters]
    datum = next((datum for datum in DATUMS if any(_says(one, datum) for one in heights)), "")
    names = lower_keys(location)
    return [
        {
            "station_id": text(names, "locationid") or text(names, "locationname"),
            "name": text(names, "locationname"),
            "time": under(water, "DateTime"),
            "value": height.get(datum),
            "datum": datum,
        }
        for water, height in zip(waters, heights, strict=True)
    ]


def _says(heights, datum):
    return str(heights.get(datum, "")).strip().lower() not in NO_VALUE


def _table(rows, received):
    """High and low waters by place and time, and why how many were left out."""
    sent = pd.DataFrame(rows, columns=[*COLUMNS, "datum"], dtype=object)
    time = read_times(sent["time"].astype(str), SPEC.timezone)
    centimetres = pd.to_numeric(sent["value"].astype(str), errors="coerce").to_numpy(
        float, copy=True
    )
    centimetres[np.isin(centimetres, list(SPEC.sentinels))] = np.nan
    value = centimetres * SPEC.units["water_level"]["cm"]
    lowest, highest = SPEC.gross_range["water_level"]
    wrong = {
        "place without a name": (sent["station_id"] == "").to_numpy(bool),
        "unreadable time": time.isna().to_numpy(bool),
        "no height": np.isnan(value),
        "height that cannot be": (value < lowest) | (value > highest),
    }
    reason = np.select(list(wrong.values()), list(wrong), "")
    table = sent.assign(property="water_level", time=time, value=value, issue_time=received)
    kept = table.loc[reason == "", list(COLUMNS)]
    kept = kept.drop_duplicates(["station_id", "time"], keep="last")
    ordered = kept.sort_values(["station_id", "time"], ignore_index=True)
    return ordered.astype({"value": float}), dict(Counter(reason[reason != ""].tolist()))


ADAPTER = Adapter(SPEC, read)

"""Rain gauges of Taiwan's Central Weather Administration (O-A0002-001, JSON or XML)."""

import numpy as np

from twin.errors import InputError
from twin.feeds.cwa_legacy import modern_stations
from twin.feeds.payload import (
    as_list,
    lower_keys,
    part,
    read_document,
    require_records,
    under,
    unknown_names,
)
from twin.feeds.readings import parsed
from twin.feeds.source import Adapter, SourceSpec
from twin.feeds.twd67 import to_wgs84
from twin.observations.store import FAIL, MISSING, NOT_EVALUATED, PASS
from twin.units import MM_PER_HOUR

NO_RAIN = (-98.0, -998.0)
"""No rain in the last 6 hours; the second is the older way to say it."""

SPEC = SourceSpec(
    name="cwa_gauges",
    title="Rain gauges of the Central Weather Administration",
    owner="Central Weather Administration, Taiwan",
    licence="Open Government Data License, Taiwan, version 1.0",
    url="https://opendata.cwa.gov.tw/api/v1/rest/datastore/O-A0002-001?Authorization={key}",
    key_setting="FLOODTWIN_CWA_KEY",
    cadence_seconds=600.0,
    warn_minutes=25.0,
    critical_minutes=45.0,
    timezone="Asia/Taipei",
    units={
        "rainfall_rate": {"mm": 1e-3 / 600.0},  # what fell in 10 minutes
        "rainfall_1h": {"mm": 1e-3},
        "rainfall_day": {"mm": 1e-3},
    },
    gross_range={
        "rainfall_rate": (0.0, 400 * MM_PER_HOUR),
        "rainfall_1h": (0.0, 0.4),
        "rainfall_day": (0.0, 2.0),
    },
    sentinels={
        **dict.fromkeys((-99.0, -990.0, -999.0, -9996.0, -9997.0), (np.nan, MISSING)),
        **dict.fromkeys(NO_RAIN, (0.0, PASS)),
        -9991.0: (np.nan, FAIL),
        -9998.0: (0.0, PASS),  # a trace
        -9999.0: (np.nan, NOT_EVALUATED),  # not observed
    },
    words={"T": (0.0, PASS), "X": (np.nan, FAIL)},
    evidence="payload",
)

PROPERTIES = {"past10min": "rainfall_rate", "past1hr": "rainfall_1h", "now": "rainfall_day"}
"""Element, in small letters (`Past6Hr` and `Past6hr` both occur) -> property."""

KNOWN_ELEMENTS = {
    *PROPERTIES,
    *("past3hr", "past6hr", "past12hr", "past24hr", "past2days", "past3days"),
}

NO_PLACE = {"", "-99", "-99.0", "-999", "-999.0"}
"""Degrees as sent of a station whose place is not known in this datum."""

KNOWN_PARTS = ("stationid", "stationname", "obstime", "geoinfo")


def read(content, received, *, spec=SPEC, holder="RainfallElement", known=KNOWN_ELEMENTS):
    """Rain and positions of all gauges in one answer.

    Parameters
    ----------
    content : bytes
        JSON of the datastore (`records.Station`), JSON or XML of the file interface
        (`cwaopendata.dataset.Station`), or the form in use before 2024
        (`cwbopendata.location`).
    received : pandas.Timestamp
        When the answer came in.
    spec : SourceSpec
        Of the product; `cwa_weather` has others.
    holder : str
        Name under which a station of the product has its elements.
    known : set of str
        Elements of the product, in small letters.

    Returns
    -------
    Parsed
        Of `PROPERTIES` those that the product has: ``rainfall_rate`` [m s-1] from `Past10Min`;
        where they are given, ``rainfall_1h`` [m] and ``rainfall_day`` [m], the sum since
        midnight in Taiwan, with which `twin.feeds.rain_gaps` bounds what fell while the feed was
        away. A station without the holder, as in answers of other numbers, is rejected and
        reported as drift.

    Raises
    ------
    InputError
        The content is not such an answer.
    """
    everything = _stations(read_document(content, spec), spec, holder)
    stations = [one for one in everything if holder.lower() in lower_keys(one)]
    others = [one for one in everything if holder.lower() not in lower_keys(one)]
    elements = [_elements(station, holder) for station in stations]
    return parsed(
        [row for pair in zip(stations, elements, strict=True) for row in _rows(*pair, spec)]
        + [_row(station, f"no {holder}", None) for station in others],
        spec,
        received,
        stations=[_station(station, next(iter(spec.units))) for station in stations],
        drift=unknown_names(elements, known)
        + [f"no {holder}" for _ in others[:1]]
        + unknown_names(others, KNOWN_PARTS),
    )


def _stations(document, spec, elements):
    if part(document, "cwbopendata") or "location" in part(document, "records"):
        return modern_stations(document, spec, elements)
    holder = part(document, "records") or part(part(document, "cwaopendata"), "dataset")
    if "station" not in lower_keys(holder):
        raise InputError(
            "the answer has no stations, expected records.Station or "
            f"cwaopendata.dataset.Station; is it an answer of {product(spec)}?"
        )
    return require_records(under(holder, "Station"), spec)


def product(spec):
    """Number of a product of the weather service, as its address has it.

    Examples
    --------
    >>> product(SPEC)
    'O-A0002-001'
    """
    return spec.url.partition("?")[0].rpartition("/")[2]


def _elements(station, holder):
    """What fell, by element: ``{"past10min": "0.0", ...}``."""
    inside = under(station, holder)
    found = [pair for one in as_list(inside) for pair in one.items()]
    return {
        name: under(element, "Precipitation") if isinstance(element, dict) else element
        for name, element in found
    }


def _rows(station, elements, spec):
    properties = {element: name for element, name in PROPERTIES.items() if name in spec.units}
    elements = {next(iter(properties)): None} | lower_keys(elements)
    if _is_no_rain(elements.get("now")):
        elements["now"] = None  # dry for 6 hours says nothing of the hours before
    for element, name in properties.items():
        if element in elements:
            yield _row(station, name, elements[element])


def _row(station, property, value):
    return {
        "station_id": under(station, "StationId"),
        "time": under(part(station, "ObsTime"), "DateTime"),
        "property": property,
        "value": value,
        "unit": "mm",
    }


def _is_no_rain(sent):
    try:
        return float(sent) in NO_RAIN
    except (TypeError, ValueError, OverflowError):
        return False


def _station(station, property):
    place = part(station, "GeoInfo")
    longitude, latitude = _position(under(place, "Coordinates"))
    return {
        "station_id": under(station, "StationId"),
        "name": under(station, "StationName"),
        "kind": "rain_gauge",
        "property": property,
        "unit": "mm",
        "district": f"{under(place, 'CountyName') or ''}{under(place, 'TownName') or ''}",
        "longitude": longitude,
        "latitude": latitude,
    }


def _position(coordinates):
    """Longitude and latitude in WGS 84; the entries come alone, as a list, in any order.

    An entry that does not name its datum counts only when it stands alone: TWD67 taken for
    WGS 84 lies 850 m off.
    """
    entries = [lower_keys(entry) for entry in as_list(coordinates)]
    by_datum = {str(entry.get("coordinatename") or "").upper(): entry for entry in entries}
    chosen = by_datum.get("WGS84") or (by_datum.get("") if len(entries) == 1 else None) or {}
    place = chosen.get("stationlongitude"), chosen.get("stationlatitude")
    if not any(number is None or str(number).strip() in NO_PLACE for number in place):
        return place
    try:
        old = by_datum["TWD67"]
        return to_wgs84(float(old["stationlongitude"]), float(old["stationlatitude"]))
    except (KeyError, TypeError, ValueError, OverflowError, InputError):
        return None, None


ADAPTER = Adapter(SPEC, read)

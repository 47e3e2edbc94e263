"""Flat records: what lists, wrapped lists, GeoJSON and ArcGIS answers have in common."""

import math

from twin.errors import InputError
from twin.feeds.payload import lower_keys, read_json, unknown_names
from twin.feeds.readings import parsed

WRAPPERS = ("data", "records", "result", "value", "readings", "rows", "items")
POINT = {"longitude", "latitude"}


def read_records(content, received, spec, describe, known):
    """Read a JSON answer whose records are flat, one a station.

    Parameters
    ----------
    content : bytes
        A list of records, an object with such a list, GeoJSON, or an ArcGIS answer.
    received : pandas.Timestamp
        When it came in.
    spec : twin.feeds.source.SourceSpec
        The contract with the source.
    describe : callable
        ``describe(record) -> (rows, stations)`` for a record whose names are in small
        letters: readings as `twin.feeds.readings.parsed` takes them, and stations.
    known : set of str
        Names of fields in small letters; others are reported as drift.

    Returns
    -------
    twin.feeds.source.Parsed

    Raises
    ------
    InputError
        The content is no JSON, or holds no list of records.
    """
    records = flat_records(read_json(content, spec), spec)
    return parse_records(records, received, spec, describe, known)


def parse_records(records, received, spec, describe, known):
    """Parse records that are flat already; see `read_records`."""
    rows, stations = [], []
    for record in records:
        its_rows, its_stations = describe(record)
        rows += its_rows
        stations += its_stations
    drift = unknown_names(records, known | POINT)
    return parsed(rows, spec, received, stations=stations, drift=drift)


def flat_records(content, spec):
    """All records of an answer, their names in small letters, a point as two fields.

    Parameters
    ----------
    content : list or dict
        Decoded JSON.
    spec : twin.feeds.source.SourceSpec
        For the message.

    Raises
    ------
    InputError
        There is no list of records.
    """
    if isinstance(content, dict) and isinstance(content.get("features"), list):
        return [_feature(one) for one in content["features"] if isinstance(one, dict)]
    items = content
    if isinstance(content, dict):
        parts = lower_keys(content)
        items = next((parts[name] for name in WRAPPERS if isinstance(parts.get(name), list)), None)
    if not isinstance(items, list):
        raise InputError(
            f"the answer of {spec.name} holds no list of records, expected a JSON list or an "
            f"object with one of {', '.join(WRAPPERS)}, features; look at the raw payload"
        )
    return [lower_keys(one) for one in items if isinstance(one, dict)]


def pick(record, *names):
    """First of the named fields that is there and says something, else None."""
    return next((record[name] for name in names if record.get(name) not in (None, "")), None)


def text(record, *names):
    """First of the named fields as text, "" where there is none.

    Old systems write 巿 where the letter of a city is 市; it is put right.

    Examples
    --------
    >>> text({"town": "桃園巿"}, "city", "town")
    '桃園市'
    """
    value = pick(record, *names)
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value).replace("巿", "市").strip() if is_plain else ""


def row_of(station_id, time, reading, value, flag=None):
    """Reading as `twin.feeds.readings.parsed` takes it; `reading` is (property, unit)."""
    row = {"station_id": station_id, "time": time, "value": value}
    row["property"], row["unit"] = reading
    return row if flag is None else row | {"flag": flag}


def station_of(record, station_id, kind, reading, **more):
    """Station as `twin.feeds.readings.parsed` takes it, its place from a record.

    Parameters
    ----------
    record : dict
        Names in small letters.
    station_id, kind : str
    reading : tuple of (str, str)
        Property and unit.
    more : dict
        ``name``, ``district``, ``alert_levels``.
    """
    station = {
        "station_id": station_id,
        "kind": kind,
        "longitude": pick(record, "longitude", "lon", "lng", "long", "x", "e"),
        "latitude": pick(record, "latitude", "lat", "y", "n"),
        **more,
    }
    station["property"], station["unit"] = reading
    return station


def alert_levels(worst_first, factor):
    """Warning levels in SI from those sent; a level of 0 is one that was never set.

    Examples
    --------
    >>> alert_levels(["30", 10, 0, None], 0.01)
    [0.3, 0.1]
    """
    levels = [_number(sent) * factor for sent in worst_first]
    return [level for level in levels if math.isfinite(level) and level != 0]


def _number(sent):
    try:
        return float(sent)
    except (TypeError, ValueError):
        return math.nan


def _feature(feature):
    fields = feature.get("properties") or feature.get("attributes")
    record = lower_keys(fields) if isinstance(fields, dict) else {}
    geometry = feature.get("geometry")
    geometry = geometry if isinstance(geometry, dict) else {}
    point = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(point, list) and len(point) >= 2:
        record["longitude"], record["latitude"] = point[:2]
    elif "x" in geometry and "y" in geometry:
        record["longitude"], record["latitude"] = geometry["x"], geometry["y"]
    return record

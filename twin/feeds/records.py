"""Flat records: what lists, wrapped lists, GeoJSON and ArcGIS answers have in common."""

import json
import math

from twin.errors import InputError, TwinError
from twin.feeds.payload import as_list, is_record, lower_keys, read_json, unknown_names
from twin.feeds.readings import parsed

WRAPPERS = ("data", "records", "result", "value", "readings", "rows", "items")
PARTS = ("readings", "stations")
POINT = {"longitude", "latitude"}
MISSING_LEVELS = -90.0
"""Whatever the unit, no warning level as sent lies so low, and all numbers for "missing" do."""

MOST_RECORDS = 200_000
"""Readings of one answer; the largest city sends some thousands."""


def read_records(content, received, spec, describe, known, more_stations=()):
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
    more_stations : iterable of dict
        Stations that came by another way.

    Returns
    -------
    twin.feeds.source.Parsed

    Raises
    ------
    InputError
        The content is no JSON, or holds no list of records.
    """
    records = flat_records(read_json(content, spec), spec)
    return parse_records(records, received, spec, describe, known, more_stations)


def parse_records(records, received, spec, describe, known, more_stations=()):
    """Parse records that are flat already; see `read_records`."""
    rows, stations = [], list(more_stations)
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
        There is no list of records, or far too long a one.
    """
    items, is_layer = content, False
    if isinstance(content, dict):
        parts = lower_keys(content)
        is_layer = isinstance(parts.get("features"), list)
        names = ("features",) if is_layer else WRAPPERS
        items = next((parts[name] for name in names if isinstance(parts.get(name), list)), None)
        if items is None:
            items = next(([parts[name]] for name in WRAPPERS if is_record(parts.get(name))), None)
    if not isinstance(items, list) or (items and not any(isinstance(one, dict) for one in items)):
        raise InputError(
            f"the answer of {spec.name} holds no list of records, expected a JSON list or an "
            f"object with one of {', '.join(WRAPPERS)}, features; look at the raw payload"
        )
    check_number(len(items), spec)
    return [_feature(one) if is_layer else lower_keys(one) for one in as_list(items)]


def check_number(records, spec):
    """Refuse an answer with far more records than any city has sensors.

    Raises
    ------
    InputError
        There are more than `MOST_RECORDS`.
    """
    if records > MOST_RECORDS:
        raise InputError(
            f"the answer of {spec.name} has {records} records, expected at most {MOST_RECORDS}; "
            "ask for less at a time"
        )


def gather_with_stations(address):
    """A `gather` of a source that lists its stations at another address.

    Parameters
    ----------
    address : str
        Of the list, absolute or relative to that of the readings.

    Returns
    -------
    callable
        ``gather(get) -> bytes``, of both answers; see `unpack`. Where the list does not come,
        the readings come without it.
    """

    def gather(get):
        readings = get("")
        try:
            stations = get(address)
        except TwinError:
            return readings
        return json.dumps({"readings": _keep(readings), "stations": _keep(stations)}).encode()

    return gather


def unpack(content):
    """Answers with the readings and with the list of stations, None where it did not come."""
    if not content.startswith(b'{"readings": "'):
        return content, None
    try:
        both = json.loads(content)
        return tuple(both[name].encode("utf-8", "surrogateescape") for name in PARTS)
    except (ValueError, KeyError, AttributeError, TypeError):
        return content, None


def _keep(answer):
    # whatever bytes they were, they come out of `unpack` again
    return answer.decode("utf-8", "surrogateescape")


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


def quantity(value, words):
    """A value as sent for a quantity, marked as unreadable where it is the word of a state.

    `SourceSpec.words` hold for a whole source: "stopped" is 0 for a pump, but no water level.

    Examples
    --------
    >>> quantity("停止", {"停止"}), quantity(True, ()), quantity("0.64", {"停止"})
    ('停止 (no number)', 'True (no number)', '0.64')
    """
    is_word = isinstance(value, bool) or (isinstance(value, str) and value.strip() in words)
    return f"{value} (no number)" if is_word else value


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
    """Warning levels in SI from those sent; 0, -99, -998 ... are levels that were never set.

    Examples
    --------
    >>> alert_levels(["30", 10, 0, None, -99], 0.01)
    [0.3, 0.1]
    """
    levels = [_number(sent) for sent in worst_first]
    return [
        level * factor
        for level in levels
        if math.isfinite(level) and level != 0 and level > MISSING_LEVELS
    ]


def _number(sent):
    try:
        return float(sent)
    except (TypeError, ValueError, OverflowError):
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

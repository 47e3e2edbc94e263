"""Messages of a city's own sensors: JSON, one reading or a batch."""

import json
from functools import partial

from twin.errors import InputError
from twin.feeds.payload import lower_keys, read_json
from twin.feeds.records import flat_records, parse_records, row_of, station_of, text
from twin.feeds.source import Adapter, SourceSpec
from twin.feeds.table_files import GROSS_RANGE, UNITS

KNOWN = {
    *("station_id", "station", "time", "phenomenon_time", "property", "value", "unit", "name"),
    *("longitude", "latitude", "lon", "lat", "district", "kind", "sent"),
}
PACKED = "messages"
SPEC = SourceSpec(
    name="mqtt",
    title="Sensors of the city that speak MQTT",
    cadence_seconds=60.0,
    timezone="UTC",
    units=UNITS,
    gross_range=GROSS_RANGE,
    licence="own",
    warn_minutes=5.0,
    critical_minutes=15.0,
    max_bytes=8 * 2**20,
    evidence="payload",
)


def read(content, received, *, spec=SPEC):
    """Readings of one message.

    Parameters
    ----------
    content : bytes
        ``{"station_id": "S1", "time": "2026-05-01T12:00:00Z", "property": "water_level",
        "value": 1.25, "unit": "m"}``, a list of such, or ``{"readings": [...]}``; with
        ``longitude`` and ``latitude`` it places the station too.
    received : pandas.Timestamp
        When it came in. It never stands in for the time of a reading.
    spec : twin.feeds.source.SourceSpec
        The contract with the sensors' owner.

    Returns
    -------
    twin.feeds.source.Parsed

    Raises
    ------
    InputError
        It is no JSON, too large, or neither a reading nor a list of readings.
    """
    message = read_json(content, spec)
    if not (isinstance(message, dict) and isinstance(message.get(PACKED), list)):
        return parse_records(_records(message, spec), received, spec, _describe, KNOWN)
    records, unreadable = [], 0
    for one in message[PACKED]:
        try:
            records += _records(read_json(str(one).encode("utf-8", "replace"), spec), spec)
        except InputError:
            unreadable += 1
    if unreadable and not records:
        raise InputError(
            f"none of {unreadable} messages of {spec.name} can be read, expected JSON with "
            "readings; look at the raw payload"
        )
    result = parse_records(records, received, spec, _describe, KNOWN)
    if unreadable:
        result.counts["reasons"]["unreadable message"] = unreadable
        result.counts["rejected"] += unreadable
        result.counts["read"] += unreadable
    return result


def pack(messages):
    """Several messages as one content for `read`, each as it came.

    Parameters
    ----------
    messages : list of bytes

    Returns
    -------
    bytes
    """
    texts = [message.decode("utf-8", errors="replace") for message in messages]
    return json.dumps({PACKED: texts}, ensure_ascii=False).encode()


def _records(message, spec):
    if isinstance(message, dict) and "property" in lower_keys(message):
        message = [message]
    return flat_records(message, spec)


def adapter_of(spec):
    """Adapter of sensors with a contract of their own."""
    return Adapter(spec, partial(read, spec=spec))


def _describe(record):
    station_id = text(record, "station_id", "station")
    reading = text(record, "property"), text(record, "unit")
    time = text(record, "time", "phenomenon_time")
    rows = [row_of(station_id, time, reading, record.get("value"))]
    if "longitude" not in record and "lon" not in record:
        return rows, []
    place = {name: text(record, name) for name in ("name", "district")}
    kind = text(record, "kind") or "sensor"
    return rows, [station_of(record, station_id, kind, reading, **place)]


ADAPTER = Adapter(SPEC, read)

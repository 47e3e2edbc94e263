"""Messages of a city's own sensors: JSON, one reading or a batch."""

from functools import partial

from twin.feeds.payload import lower_keys, read_json
from twin.feeds.records import flat_records, parse_records, row_of, station_of, text
from twin.feeds.source import Adapter, SourceSpec
from twin.feeds.table_files import GROSS_RANGE, UNITS

KNOWN = {
    *("station_id", "station", "time", "phenomenon_time", "property", "value", "unit", "name"),
    *("longitude", "latitude", "lon", "lat", "district", "kind", "sent"),
}
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
    max_bytes=256 * 2**10,
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
    if isinstance(message, dict) and "property" in lower_keys(message):
        message = [message]
    return parse_records(flat_records(message, spec), received, spec, _describe, KNOWN)


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

"""OGC SensorThings (1.0 and 1.1) of any host, and the quirks of Taiwan's Civil IoT.

A page may list Datastreams (each with its Thing and Observations) or Things (each with its
Datastreams). A series is one datastream: a station with two gauges of one kind has two, so that
the id of a series is "station/datastream". The address of the next page is handed on byte for
byte: it is encoded already, and encoding it once more breaks it.
"""

import re
from functools import partial
from urllib.parse import quote

import numpy as np

from twin.errors import InputError
from twin.feeds.payload import as_list, part, read_json
from twin.feeds.readings import parsed
from twin.feeds.records import check_number, quantity, row_of, text
from twin.feeds.sensorthings_words import IGNORED, KINDS, STATE_WORDS, WORDS, unit_name
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING, PASS, SUSPECT
from twin.units import MM_PER_HOUR, factor_to_si

ODATA = "$=&?,;()'/@"
"""Signs that a query keeps as they are."""

STATE = {"": 1.0, "1": 1.0}
LENGTHS = {unit: factor_to_si(unit, "length") for unit in ("m", "cm", "mm")}
KEY_VALUE = re.compile(r"(\w+)\s*=\s*([^,=]*?)\s*(?:,|$)")
RATES = ("mm/h", "mm/10min")
TEST_NAME = re.compile(r"測試|\btest\b", re.IGNORECASE)
FINEST_CENTIMETRES = 0.1
"""No gauge tells levels finer than a millimetre: such a number in "cm" is one in metres."""


def read(content, received, *, spec):
    """Read one page of Datastreams or Things.

    Parameters
    ----------
    content : bytes
        JSON with ``value``, or GeoJSON made of such a page.
    received : pandas.Timestamp
        When it came in.
    spec : twin.feeds.source.SourceSpec
        The contract with the host.

    Returns
    -------
    twin.feeds.source.Parsed
        ``next_page`` is ``@iot.nextLink`` as the host gave it. Names of datastreams that are
        not known are listed as drift.

    Raises
    ------
    InputError
        It is no such page.
    """
    page = read_json(content, spec)
    streams = list(_streams(page, spec))
    check_number(sum(len(as_list(stream.get("Observations"))) for _, stream in streams), spec)
    rows, stations, drift = [], [], set()
    for thing, stream in streams:
        reading, kind = _reading(stream, thing)
        if kind is None:
            drift.add(reading[0][:60])
        if kind != IGNORED:
            station_id = _station_id(thing, stream)
            rows += _rows(thing, stream, station_id, reading)
            stations.append(_station(thing, stream, station_id, reading, kind or "sensor"))
    next_page = page.get("@iot.nextLink") or page.get("@nextLink")
    next_page = next_page if isinstance(next_page, str) else None
    return parsed(rows, spec, received, stations=stations, drift=sorted(drift), next_page=next_page)


def _streams(page, spec):
    """Pairs of a Thing and one of its Datastreams."""
    if isinstance(page, dict) and isinstance(page.get("features"), list):
        yield from (_from_feature(feature) for feature in as_list(page["features"]))
        return
    if not isinstance(page, dict) or not isinstance(page.get("value"), list):
        raise InputError(
            f"the answer of {spec.name} has no list 'value', expected a page of Datastreams or "
            "Things; look at the raw payload"
        )
    for entity in as_list(page["value"]):
        if "Datastreams" in entity:
            yield from ((entity, stream) for stream in as_list(entity["Datastreams"]))
        elif "unitOfMeasurement" in entity or "Observations" in entity:
            yield part(entity, "Thing"), entity


def _from_feature(feature):
    fields = part(feature, "properties")
    stream = {
        "name": fields.get("name", "淹水深度"),
        "unitOfMeasurement": {"symbol": fields.get("unitOfMeasurement")},
        "Observations": [fields],
    }
    return {"properties": fields, "Locations": [{"location": feature.get("geometry")}]}, stream


def _reading(stream, thing):
    """(property, unit) of a datastream and the kind of its station; None where not known."""
    described = dict(KEY_VALUE.findall(text(stream, "description")))
    names = (
        described.get("Datastream_Category", ""),
        text(stream, "name"),
        text(part(stream, "ObservedProperty"), "name"),
    )
    unit = _unit(stream)
    for name in names:
        for sign, property, kind in KINDS:
            if name and sign in name.lower():
                is_rate = property == "rainfall_depth" and unit in RATES
                return ("rainfall_rate" if is_rate else property, unit), kind
    name = next((name for name in names if name), "") or text(thing, "name")
    return (name or "unnamed", unit), None


def _unit(stream):
    measure = part(stream, "unitOfMeasurement")
    return unit_name(measure.get("symbol")) or unit_name(measure.get("name"))


def _station_id(thing, stream):
    properties = part(thing, "properties")
    names = "stationCode", "stationID", "station_id", "stationId"
    code = text(properties, *names) or text(thing, "name", "@iot.id")
    number = text(stream, "@iot.id")
    if not code:
        return number
    # an id has at most 64 letters
    return f"{code[: 63 - len(number)]}/{number}" if number else code


def _rows(thing, stream, station_id, reading):
    observations = as_list(stream.get("Observations"))
    if not observations:
        return [row_of(station_id, "", reading, None)]
    is_test = _is_test(thing)
    return [_row(station_id, reading, observation, is_test) for observation in observations]


def _row(station_id, reading, observation, is_test):
    value = observation.get("result")
    # of an interval, the time at which it was over; never the time of the receipt
    time = text(observation, "phenomenonTime").rpartition("/")[2]
    is_doubtful = is_test or _is_in_metres(reading, value)
    if reading[0] not in ("pump_state", "gate_state"):
        value = quantity(value, STATE_WORDS)
    return row_of(station_id, time, reading, value, SUSPECT if is_doubtful else PASS)


def _is_in_metres(reading, value):
    """Whether a number in centimetres has the looks of one in metres."""
    property, unit = reading
    try:
        number = abs(float(value))
    except (TypeError, ValueError, OverflowError):
        return False
    if unit != "cm" or not 0 < number < 1e6:
        return False
    steps = number / FINEST_CENTIMETRES
    is_too_fine = abs(steps - round(steps)) > 1e-6
    return is_too_fine and (property == "water_level" or number < 1.0)


def _is_test(thing):
    properties = part(thing, "properties")
    code = text(properties, "stationCode")
    names = f"{text(properties, 'stationName')} {text(thing, 'name')}"
    return code.endswith("FL9999") or TEST_NAME.search(names) is not None


def _station(thing, stream, station_id, reading, kind):
    properties = part(thing, "properties")
    longitude, latitude = _point(thing, stream)
    return {
        "station_id": station_id,
        "name": text(properties, "stationName") or text(thing, "name"),
        "kind": kind,
        "property": reading[0],
        "unit": reading[1],
        "district": text(properties, "city") + text(properties, "town")
        or text(properties, "authority"),
        "longitude": longitude,
        "latitude": latitude,
    }


def _point(thing, stream):
    """Longitude and latitude: of the Thing's location that is a point, else of what it observes."""
    places = [place.get("location") for place in as_list(thing.get("Locations"))]
    for place in (*places, stream.get("observedArea")):
        place = place if isinstance(place, dict) else {}
        place = part(place, "geometry") or place
        point = place.get("coordinates")
        if place.get("type") == "Point" and isinstance(point, list) and len(point) >= 2:
            return point[0], point[1]
    return None, None


def adapter_of(name, title, url, **more):
    """Adapter of one query of a SensorThings host.

    Parameters
    ----------
    name, title, url : str
        As of `twin.feeds.source.SourceSpec`.
    more : dict
        Other fields of the contract.

    Returns
    -------
    twin.feeds.source.Adapter
    """
    contract = {
        "name": name,
        "title": title,
        "url": url,
        "cadence_seconds": 600.0,
        "timezone": "UTC",
        "units": {
            "water_depth": LENGTHS,
            "water_level": LENGTHS,
            "rainfall_rate": {"mm/h": MM_PER_HOUR, "mm/10min": 1e-3 / 600.0},
            "rainfall_depth": {"mm": 1e-3},
            "discharge": {"m3/s": 1.0, "l/s": 1e-3},
            "pump_state": STATE,
            "gate_state": STATE,
        },
        "gross_range": {
            "water_depth": (LOWEST_DEPTH, 10.0),
            "water_level": (-450.0, 9000.0),
            "rainfall_rate": (0.0, 400 * MM_PER_HOUR),
            "rainfall_depth": (0.0, 3.0),
            "discharge": (-1e5, 1e6),
            **dict.fromkeys(("pump_state", "gate_state"), (0.0, 1.0)),
        },
        "sentinels": dict.fromkeys((-99.0, -998.0, -999.0, -9999.0), (np.nan, MISSING)),
        "words": WORDS,
        "licence": "",
        "warn_minutes": 30.0,
        "critical_minutes": 60.0,
        "least_nonzero": {"cm": FINEST_CENTIMETRES},
    }
    spec = SourceSpec(**(contract | more))
    return Adapter(spec, partial(read, spec=spec))


def _civil_iot(name, title, query, service="STA_WaterResource_v2"):
    return adapter_of(
        f"civil_iot_{name}",
        title,
        f"https://sta.colife.org.tw/{service}/v1.0/{quote(query, safe=ODATA)}",
        timezone="Asia/Taipei",
        owner="Civil IoT Taiwan",
        licence="Open Government Data License, Taiwan, version 1.0",
        evidence="payload" if name == "flood" else "documentation",
    )


def _things(filter):
    expand = (
        "Things?$expand=Locations,Datastreams($expand=Observations("
        "$orderby=phenomenonTime desc;$top=1))&$filter="
    )
    return f"{expand}{filter}&$count=true"


ADAPTER = adapter_of("sensorthings", "A SensorThings host", "", licence="as its owner says")
FLOOD = _civil_iot(
    "flood",
    "Flood sensors of Civil IoT Taiwan",
    "Datastreams?$expand=Thing,Thing($expand=Locations),Observations($top=1;"
    "$orderby=phenomenonTime desc)&$count=true&$filter="
    "substringof('Datastream_Category=淹水深度',Datastreams/description)",
)
RIVER = _civil_iot(
    "river",
    "River levels of Civil IoT Taiwan",
    _things("substringof('河川水位',Datastreams/name)"),
)
SEWER = _civil_iot(
    "sewer",
    "Sewer levels of Civil IoT Taiwan",
    _things("substringof('水位',Datastreams/name)"),
    "STA_RainSewer",
)
PUMP = _civil_iot(
    "pump",
    "Levels at pump stations of Civil IoT Taiwan",
    _things("substringof('抽水',properties/stationName)"),
)
GATE = _civil_iot(
    "gate",
    "Levels at gates of Civil IoT Taiwan",
    _things("substringof('閘門',Datastreams/name)"),
)

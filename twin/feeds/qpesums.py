"""Radar grids of Taiwan's weather service (QPESUMS): rain of the last and the next hour, echoes."""

import re
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from twin.errors import InputError
from twin.feeds.payload import lower_keys, part, read_document, under, unknown_names
from twin.feeds.readings import parsed
from twin.feeds.sensorthings_words import unit_name
from twin.feeds.source import GRID, Adapter, SourceSpec
from twin.feeds.times import read_time
from twin.feeds.twd67 import to_wgs84
from twin.fields import FIELDS, TYX, describe

MOST_CELLS = 4_000_000
KNOWN_PARAMETERS = {
    *("startpointlongitude", "startpointlatitude", "gridresolution", "datetime"),
    *("griddimensionx", "griddimensiony", "precipitation", "reflectivity"),
}


def _spec(name, title, number, field, **more):
    unit = {"rainfall_rate": {"mm": 1e-3 / 3600.0}, "reflectivity": {"dBZ": 1.0}}[field]
    return SourceSpec(
        name=name,
        title=title,
        owner="Central Weather Administration, Taiwan",
        licence="Open Government Data License, Taiwan, version 1.0",
        url="https://opendata.cwa.gov.tw/fileapi/v1/opendataapi/"
        f"{number}?Authorization={{key}}&downloadType=WEB&format=JSON",
        key_setting="FLOODTWIN_CWA_KEY",
        cadence_seconds=600.0,
        latency_seconds=720.0,
        warn_minutes=35.0,
        critical_minutes=55.0,
        timezone="Asia/Taipei",
        units={field: unit},
        gross_range={field: (FIELDS[field].minimum, FIELDS[field].maximum)},
        crs="EPSG:3821",
        kind=GRID,
        evidence="payload",
        **more,
    )


QPE_SPEC = _spec(
    "qpesums_qpe", "Radar rain of the past hour (O-B0045-001)", "O-B0045-001", "rainfall_rate",
    sentinels={-1.0: (np.nan, 9)},
)  # fmt: skip
QPF_SPEC = _spec(
    "qpesums_qpf", "Radar rain of the next hour (F-B0046-001)", "F-B0046-001", "rainfall_rate",
    sentinels={-99.0: (np.nan, 9)},
)  # fmt: skip
ECHO_SPEC = _spec(
    "qpesums_echo", "Radar echoes, composite (O-A0059-001)", "O-A0059-001", "reflectivity",
    sentinels={-99.0: (np.nan, 9), -999.0: (np.nan, 9)},
)  # fmt: skip


def read(content, received, *, spec, before, after):
    """One grid, north up.

    Parameters
    ----------
    content : bytes
        JSON or XML of the file interface (`cwaopendata.dataset`).
    received : pandas.Timestamp
        When the answer came in.
    spec : SourceSpec
        Of the product.
    before, after : pandas.Timedelta
        What the grid holds: from so long before its time to so long after.

    Returns
    -------
    Parsed
        One grid: ``rainfall_rate`` [m s-1], the mean of the hour, with the start of the hour as
        its time; or ``reflectivity`` [dBZ] of the moment. NaN where the radar does not see.
        ``counts["unbelievable"]`` cells were out of range and are NaN too.

    Raises
    ------
    InputError
        It is not such an answer, its length is not that of the grid, or its time is none.

    Notes
    -----
    The values run from west to east, then from south to north, on a grid in TWD67. Its points
    are given in EPSG:4326, all shifted as the middle of the grid is shifted: that is right to
    12 m over Taiwan and 50 m at the corners, on cells of 1.3 km. Where the free text of the
    answer and its parameters disagree the parameters count, and the text is reported as drift.

    A mean of an hour is no rain of ten minutes: who drives a flood model with it must say how
    the hour was divided.
    """
    dataset = _dataset(read_document(content, spec), spec)
    contents = part(dataset, "contents")
    given = lower_keys(part(part(dataset, "datasetInfo"), "parameterSet"))
    place = _place(given)
    (field, units), time = next(iter(spec.units.items())), _time(given, spec, received)
    factor = _factor(given, units, spec)
    numbers = _numbers(under(contents, "content"), place, spec)
    values, unbelievable = _believable(numbers, factor, spec.gross_range[field])
    issued = read_time(dataset["sent"], spec.timezone)
    attrs = {
        "source_id": spec.name,
        "licence": spec.licence,
        "issue_time": (time if pd.isna(issued) else issued).isoformat(),
        "valid_from": (time - before).isoformat(),
        "valid_to": (time + after).isoformat(),
        "native_crs": spec.crs,
    }
    grid = _north_up(field, values, place, time - before).assign_attrs(attrs)
    drift = unknown_names([given], KNOWN_PARAMETERS)
    drift += _disagreements(str(under(contents, "contentDescription") or ""), place, spec)
    result = parsed([], spec, received, drift=drift, grids=[grid])
    result.counts.update(cells=values.size, unbelievable=unbelievable)
    return result


class Place(NamedTuple):
    """Where the points of a grid lie, as the source says it: in degrees of TWD67."""

    west: float
    south: float
    step: float
    columns: int
    rows: int


def _dataset(document, spec):
    root = part(document, "cwaopendata") or part(document, "cwbopendata")
    dataset = part(root, "dataset")
    if not part(dataset, "contents"):
        raise InputError(
            "the answer has no grid, expected cwaopendata.dataset.contents; is it an answer of "
            "the file interface?"
        )
    number = str(under(root, "dataid") or "").strip()
    if number and number not in spec.url:
        # the rain of the past hour, taken for that of the next one, would go unseen
        raise InputError(
            f"the answer of {spec.name} is of the product {number[:20]}, expected that of "
            f"{spec.url.partition('?')[0].rpartition('/')[2]}; look at the address in feeds.toml"
        )
    return dataset | {"sent": under(root, "sent")}


def _place(given):
    names = ("startpointlongitude", "startpointlatitude", "gridresolution")
    try:
        west, south, step = (float(given[name]) for name in names)
        columns, rows = (int(float(given[f"griddimension{axis}"])) for axis in "xy")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"the grid cannot be placed ({error!r:.80}), expected its start, resolution and "
            "dimensions in parameterSet; fetch it again"
        ) from None
    if not (0 < step < 1 and 0 < columns * rows <= MOST_CELLS and min(columns, rows) > 0):
        raise InputError(
            f"the grid has {columns} x {rows} points {step:g} degrees apart, expected at most "
            f"{MOST_CELLS} points less than a degree apart; fetch it again"
        )
    return Place(west, south, step, columns, rows)


def _time(given, spec, received):
    time = read_time(given.get("datetime"), spec.timezone)
    if not time <= received + pd.Timedelta(seconds=spec.allowed_skew_seconds):
        raise InputError(
            f"the grid of {spec.name} is of {given.get('datetime')!r}, expected a time before "
            "its receipt; fetch it again"
        )
    return time


def _factor(given, units, spec):
    unit = unit_name(given.get("precipitation", given.get("reflectivity")))
    if unit not in units:
        raise InputError(
            f"the grid of {spec.name} is in {unit!r}, expected {' or '.join(units)}; the source "
            "has changed"
        )
    return units[unit]


def _numbers(text, place, spec):
    try:
        # some rows end in a new line instead of a comma
        numbers = np.array(re.split(r"\s*,\s*|\s+", str(text).strip().removesuffix(",")), float)
    except ValueError as error:
        raise InputError(
            f"the grid of {spec.name} holds what is no number ({error}), expected numbers "
            "between commas; fetch it again"
        ) from None
    if numbers.size != place.columns * place.rows:
        raise InputError(
            f"the grid of {spec.name} has {numbers.size} values, expected {place.columns} x "
            f"{place.rows}; fetch it again"
        )
    for sentinel, (meant, _) in spec.sentinels.items():
        numbers[numbers == sentinel] = meant
    return numbers.reshape(place.rows, place.columns)


def _believable(numbers, factor, limits):
    """Values [SI], NaN where they cannot be, and how many could not."""
    values = numbers * factor
    lowest, highest = limits
    is_strange = (values < lowest) | (values > highest)
    values[is_strange] = np.nan
    return values, int(is_strange.sum())


def _north_up(field, values, place, time):
    middle = (
        place.west + place.step * (place.columns - 1) / 2,
        place.south + place.step * (place.rows - 1) / 2,
    )
    east, north = np.subtract(to_wgs84(*middle), middle)
    x = place.west + east + place.step * np.arange(place.columns)
    y = place.south + north + place.step * np.arange(place.rows)
    dataset = xr.Dataset(
        {field: (TYX, values[None, ::-1].astype(np.float32))},
        coords={"time": [time.tz_localize(None).to_datetime64()], "y": y[::-1], "x": x},
        attrs={"crs": "EPSG:4326"},
    )
    return describe(dataset)


def _disagreements(text, place, spec):
    """What the free text says otherwise: an origin or a missing value of its own."""
    found = []
    sentinel = re.search(r"(?:invalid\s*=|無效值為?)\s*(-?\d+(?:\.\d+)?)", text)
    if sentinel and float(sentinel[1]) not in spec.sentinels:
        found.append(f"contentDescription: invalid={sentinel[1]}")
    degrees = [float(number) for number in re.findall(r"\d{2,3}\.\d+", text)]
    for name, edge, low, high in (
        ("longitude", place.west, 114, 125),
        ("latitude", place.south, 17, 28),
    ):
        named = [number for number in degrees if low <= number <= high]
        if named and all(abs(number - edge) > place.step / 10 for number in named):
            found.append(f"contentDescription: {name} {named[0]:g}, parameterSet {edge:g}")
    return found


HOUR, MOMENT = pd.Timedelta(hours=1), pd.Timedelta(0)

QPE = Adapter(QPE_SPEC, partial(read, spec=QPE_SPEC, before=HOUR, after=MOMENT))
QPF = Adapter(QPF_SPEC, partial(read, spec=QPF_SPEC, before=MOMENT, after=HOUR))
ECHO = Adapter(ECHO_SPEC, partial(read, spec=ECHO_SPEC, before=MOMENT, after=MOMENT))

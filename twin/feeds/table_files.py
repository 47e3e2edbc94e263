"""Readings in CSV or Parquet tables: which column is what, a small TOML says."""

import csv
import io
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np

from twin.errors import InputError, MissingError
from twin.feeds.payload import as_text
from twin.feeds.readings import parsed
from twin.feeds.records import row_of
from twin.feeds.source import LOWEST_DEPTH, Adapter, SourceSpec
from twin.observations.store import MISSING
from twin.units import MM_PER_HOUR, factor_to_si

MOST_ROWS = 2_000_000
MOST_UNPACKED_BYTES = 2**30
LENGTHS = {unit: factor_to_si(unit, "length") for unit in ("m", "cm", "mm")}
STATES = {"": 1.0, "1": 1.0}
UNITS = {
    "rainfall_rate": {"m/s": 1.0, "mm/h": MM_PER_HOUR, "mm/10min": 1e-3 / 600.0},
    "water_level": LENGTHS,
    "water_depth": LENGTHS,
    "is_wet": STATES,
    "pump_state": STATES,
    "gate_state": STATES,
    "discharge": {"m3/s": 1.0, "l/s": 1e-3},
}
"""Units that own sensors may send, property by property."""

GROSS_RANGE = {
    "rainfall_rate": (0.0, 400 * MM_PER_HOUR),
    "water_level": (-450.0, 9000.0),
    "water_depth": (LOWEST_DEPTH, 10.0),
    "is_wet": (0.0, 1.0),
    "pump_state": (0.0, 1.0),
    "gate_state": (0.0, 1.0),
    "discharge": (-1e5, 1e6),
}
SPEC = SourceSpec(
    name="drop_folder",
    title="Tables dropped into a folder",
    cadence_seconds=600.0,
    timezone="UTC",
    units=UNITS,
    gross_range=GROSS_RANGE,
    licence="as agreed with their owner",
    max_bytes=64 * 2**20,
    evidence="payload",
)


@dataclass(frozen=True)
class Columns:
    """Where a table has what: names of columns, or values that hold for all of its rows.

    Parameters
    ----------
    station_id, time, value, property, unit : str
        Names of columns; ``time`` may be two, of the day and of the clock.
    fixed : dict
        ``property``, ``unit`` or ``station_id`` -> the one value of the whole table.
    wide : tuple of (str, str, str)
        Instead of one column of values: column, property and unit of each of several.
    """

    station_id: str = "station_id"
    time: str | list = "time"
    value: str = "value"
    property: str = "property"
    unit: str = "unit"
    fixed: dict = field(default_factory=dict)
    wide: tuple = ()


def adapter_from(file):
    """Adapter of a table as a TOML file describes it.

    Parameters
    ----------
    file : path
        See Examples.

    Returns
    -------
    twin.feeds.source.Adapter

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is no TOML or names what is not known.

    Examples
    --------
    A table of one row a time, two quantities and naive local times, with the decimal comma. Of
    its keys only ``name`` is needed; it is that of its table in ``feeds.toml``::

        name = "harbour"
        title = "Gauges of the harbour"
        timezone = "Europe/Berlin"
        cadence_seconds = 300
        licence = "own"
        missing = [-99]
        missing_words = ["k.A."]
        decimal = ","                   # default "."
        time_format = "%d.%m.%Y %H:%M"  # only where no common form is right

        [columns]
        station_id = "Station"
        time = ["Datum", "Uhrzeit"]     # or one column

        [[wide]]
        column = "Pegel"
        property = "water_level"
        unit = "cm"

        [[wide]]
        column = "Regen"
        property = "rainfall_rate"
        unit = "mm/h"
    """
    file = Path(file)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingError(f"{file} is not there, expected a TOML file of columns") from None
    except (ValueError, OSError) as error:
        raise InputError(
            f"{file.name} cannot be read ({str(error)[:80]}), expected TOML; correct it"
        ) from None
    try:
        return _adapter(content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{file.name} says {str(error)[:120]!r}, expected name, timezone, columns, fixed and "
            "wide as its documentation has them; correct it"
        ) from None


def read(content, received, *, spec=SPEC, columns=Columns()):
    """Readings of one table.

    Parameters
    ----------
    content : bytes
        CSV (UTF-8 or Big5, with a header) or Parquet.
    received : pandas.Timestamp
        When it came in.
    spec : twin.feeds.source.SourceSpec
        The contract with its owner.
    columns : Columns
        What is where.

    Returns
    -------
    twin.feeds.source.Parsed

    Raises
    ------
    InputError
        It is neither, is too large, lacks a column, or not one of its rows can be used.
    """
    is_parquet = content[:4] == b"PAR1"
    header, lines = (_parquet if is_parquet else _csv)(content, spec)
    needed = _needed(columns)
    absent = sorted(needed - set(header))
    if absent:
        raise InputError(
            f"a table of {spec.name} has no column {', '.join(absent)}, but "
            f"{', '.join(header)[:200]!r}; correct the table or the TOML of its columns"
        )
    rows = [row for line in lines for row in _rows(line, columns)]
    result = parsed(rows, spec, received, drift=())
    if rows and not result.counts["kept"]:
        raise InputError(
            f"not one row of a table of {spec.name} can be used ({result.counts['reasons']}), "
            "expected readings; correct the table"
        )
    return result


def _adapter(content):
    known = {"name", "title", "timezone", "cadence_seconds", "licence", "missing", "columns"}
    unknown = sorted(
        set(content) - known - {"fixed", "wide", "decimal", "time_format", "missing_words"}
    )
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not known")
    decimal, time_format = content.get("decimal", "."), str(content.get("time_format", ""))
    if decimal not in (".", ","):
        raise ValueError(f"decimal is {decimal}, not a point or a comma")
    datetime.strptime(datetime(2026, 7, 12).strftime(time_format), time_format)
    spec = SourceSpec(
        name=str(content["name"]),
        title=str(content.get("title", content["name"])),
        cadence_seconds=float(content.get("cadence_seconds", SPEC.cadence_seconds)),
        timezone=_timezone(content.get("timezone", SPEC.timezone)),
        units=UNITS,
        gross_range=GROSS_RANGE,
        licence=str(content.get("licence", SPEC.licence)),
        sentinels={float(number): (np.nan, MISSING) for number in content.get("missing", ())},
        words=dict.fromkeys(map(str, content.get("missing_words", ())), (np.nan, MISSING)),
        decimal_comma=decimal == ",",
        time_format=time_format,
        max_bytes=SPEC.max_bytes,
        evidence="payload",
    )
    wide = tuple((one["column"], one["property"], one["unit"]) for one in content.get("wide", ()))
    for _, property, unit in wide:
        if unit not in UNITS.get(property, {}):
            raise ValueError(f"{property} in {unit} is not known")
    columns = Columns(**content.get("columns", {}), fixed=content.get("fixed", {}), wide=wide)
    if not all(isinstance(name, str) for name in _time_columns(columns)):
        raise ValueError(f"time is {columns.time}, neither a column nor a list of columns")
    return Adapter(spec, partial(read, spec=spec, columns=columns))


def _timezone(name):
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(str(name)).key
    except ZoneInfoNotFoundError:
        raise ValueError(f"the time zone {name} is not known") from None


def _needed(columns):
    names = {"station_id": columns.station_id}
    if not columns.wide:
        names |= {"value": columns.value, "property": columns.property, "unit": columns.unit}
    needed = {column for name, column in names.items() if name not in columns.fixed}
    times = set() if "time" in columns.fixed else set(_time_columns(columns))
    return needed | times | {column for column, _, _ in columns.wide}


def _time_columns(columns):
    return [columns.time] if isinstance(columns.time, str) else columns.time


def _time(line, columns):
    parts = [line.get(column) for column in _time_columns(columns)]
    # a time of one column stays what it is: Parquet has no texts there
    return parts[0] if len(parts) == 1 else " ".join(str(part or "") for part in parts)


def _rows(line, columns):
    def found(name):
        fixed = columns.fixed.get(name)
        return line.get(getattr(columns, name)) if fixed is None else fixed

    station_id = found("station_id")
    time = columns.fixed.get("time") or _time(line, columns)
    for column, property, unit in columns.wide:
        yield row_of(station_id, time, (property, unit), line.get(column))
    if not columns.wide:
        yield row_of(station_id, time, (found("property"), found("unit")), found("value"))


def _csv(content, spec):
    if b"\x00" in content:
        raise InputError(
            f"a table of {spec.name} holds zero bytes, expected CSV or Parquet; export it again"
        )
    lines = as_text(content, "replace").splitlines()
    separator = max(",;\t", key=lambda sign: lines[0].count(sign)) if lines else ","
    _bound(len(lines), spec)
    try:
        # line by line: a stray quote must not swallow the rows after it
        header, *rows = (next(csv.reader([line], delimiter=separator)) for line in lines if line)
    except (csv.Error, ValueError) as error:
        raise InputError(
            f"a table of {spec.name} is no CSV ({str(error)[:80]!r}), expected a header and rows; "
            "export it again"
        ) from None
    header = [name.strip() for name in header]
    # a line of another length is no reading: without its time it is rejected and counted
    return header, [
        dict(zip(header, row, strict=True)) if len(row) == len(header) else {}
        for row in rows
        if row
    ]


def _parquet(content, spec):
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
        groups = range(file.metadata.num_row_groups)
        unpacked = sum(file.metadata.row_group(group).total_byte_size for group in groups)
        _bound(file.metadata.num_rows, spec)
        if unpacked > MOST_UNPACKED_BYTES:
            raise InputError(
                f"a table of {spec.name} unpacks to {unpacked} bytes, expected at most "
                f"{MOST_UNPACKED_BYTES}; split it"
            )
        table = file.read()
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"a table of {spec.name} is no Parquet ({str(error)[:80]!r}), expected a whole file; "
            "copy it again"
        ) from None
    return table.column_names, table.to_pylist()


def _bound(rows, spec):
    if rows > MOST_ROWS:
        raise InputError(
            f"a table of {spec.name} has {rows} rows, expected at most {MOST_ROWS}; split it"
        )


ADAPTER = Adapter(SPEC, read)

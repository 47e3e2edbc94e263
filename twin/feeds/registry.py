"""Which adapter reads which source: one line a source, imported when it is asked for."""

from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

import pandas as pd

from twin.errors import InputError, MissingError
from twin.feeds.source import Adapter, Parsed
from twin.input_file import require_file

ADAPTERS = {
    # source name -> module in twin/feeds, with ":NAME" where the module holds several adapters
    "cwa_gauges": "cwa_gauges",
    "cwa_stations": "cwa_weather:TEN_MINUTES",
    "cwa_stations_hourly": "cwa_weather:HOURLY",
    "cwa_tide": "cwa_tide",
    "cwa_tide_forecast": "cwa_tide_forecast",
    "fhy_flood": "fhy:FLOOD",
    "fhy_flow": "fhy:FLOW",
    "fhy_rain": "fhy:RAIN",
    "fhy_water": "fhy:WATER",
    "knmi_radar": "knmi_radar",
    "ncdr_cap": "cap",
    "qpesums_echo": "qpesums:ECHO",
    "qpesums_qpe": "qpesums:QPE",
    "qpesums_qpf": "qpesums:QPF",
    "sample": "archive_csv",
    "wra_iow": "wra_iow",
    "wra_rain_warnings": "wra_warnings:RAIN",
    "wra_river": "wra_river",
    "wra_water_warnings": "wra_warnings:WATER",
    # municipal and generic shapes
    "civil_iot_flood": "sensorthings:FLOOD",
    "civil_iot_gate": "sensorthings:GATE",
    "civil_iot_pump": "sensorthings:PUMP",
    "civil_iot_river": "sensorthings:RIVER",
    "civil_iot_sewer": "sensorthings:SEWER",
    "drop_folder": "table_files",
    "kaohsiung_flood": "kaohsiung:FLOOD",
    "kaohsiung_rain": "kaohsiung:RAIN",
    "kaohsiung_sewer": "kaohsiung:SEWER",
    "keelung_flood": "new_taipei:KEELUNG_FLOOD",
    "keelung_rain": "new_taipei:KEELUNG_RAIN",
    "keelung_water": "new_taipei:KEELUNG_WATER",
    "mqtt": "sensor_messages",
    "new_taipei_drainage": "new_taipei:DRAINAGE",
    "new_taipei_flood": "new_taipei:FLOOD",
    "new_taipei_rain": "new_taipei:RAIN",
    "new_taipei_water": "new_taipei:WATER",
    "penghu_water": "other_cities:PENGHU",
    "sensorthings": "sensorthings",
    "taipei_gates": "taipei:GATES",
    "taipei_pumps": "taipei:PUMPS",
    "taipei_rain": "taipei:RAIN",
    "taipei_river": "taipei:RIVER",
    "taipei_sewer": "taipei:SEWER",
    "taoyuan_flood": "taoyuan:FLOOD",
    "taoyuan_rain": "taoyuan:RAIN",
    "taoyuan_water": "taoyuan:WATER",
    "yilan_flood": "other_cities:YILAN_FLOOD",
    "yilan_water": "other_cities:YILAN_WATER",
}
"""All sources that can be read. The module's `ADAPTER` (or `NAME`) is the adapter."""


def adapter(source_name) -> Adapter:
    """The adapter of a source.

    Parameters
    ----------
    source_name : str
        Key of `ADAPTERS`.

    Raises
    ------
    MissingError
        The source is not known.
    """
    if source_name not in ADAPTERS:
        near = get_close_matches(str(source_name), ADAPTERS) or ["cwa_gauges", "sample"]
        raise MissingError(
            f"source {str(source_name)[:60]!r} is not known, expected one of {len(ADAPTERS)}, such "
            f"as {', '.join(near)}; 'floodtwin feeds list' shows them all"
        )
    module, _, name = ADAPTERS[source_name].partition(":")
    return getattr(import_module(f"twin.feeds.{module}"), name or "ADAPTER")


def parse(source_name, content, received=None) -> Parsed:
    """What one answer of a source says.

    Parameters
    ----------
    source_name : str
        Key of `ADAPTERS`.
    content : bytes
        What the source sent.
    received : pandas.Timestamp, optional
        When it came in, with a zone; default now. Only a default for the receipt: the time of
        a reading itself is never made up.

    Raises
    ------
    MissingError
        The source is not known.
    InputError
        The content as a whole is not what this source sends.
    """
    received = pd.Timestamp.now(tz="UTC") if received is None else pd.Timestamp(received)
    return adapter(source_name).read(content, received)


def parse_file(source_name, file, received=None) -> Parsed:
    """What a file says that holds one answer of a source.

    Parameters
    ----------
    source_name : str
        Key of `ADAPTERS`.
    file : path
        What the source sent.
    received : pandas.Timestamp, optional
        As for `parse`.

    Raises
    ------
    MissingError
        The source or the file is not there.
    InputError
        The file cannot be read, is too large, is not what this source sends, or the adapter fails
        at it.
    """
    file, limit = Path(file), adapter(source_name).spec.max_bytes
    require_file(file, f"what {source_name!r} sent")
    try:
        with file.open("rb") as stream:
            content = stream.read(limit + 1)
    except OSError as error:
        raise InputError(
            f"{file} cannot be read ({error.strerror}), expected what {source_name!r} sent; "
            "check its rights"
        ) from None
    if len(content) > limit:
        raise InputError(
            f"{file.name} has more than {limit >> 20} MiB, expected what {source_name!r} sends "
            "at a time; split it"
        )
    try:
        return parse(source_name, content, received)
    except InputError as error:
        raise InputError(f"{file.name}: {error}") from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InputError(f"{file.name}: {adapter_fault(source_name, error)}") from error


def adapter_fault(source_name, error):
    """In one line: an adapter fails at an answer, and what to do.

    Parameters
    ----------
    source_name : str
        Of the adapter.
    error : Exception
        None of ours.

    Examples
    --------
    >>> adapter_fault("cwa_gauges", KeyError("pos"))[:73]
    "the adapter of cwa_gauges fails at this answer (KeyError: 'pos'), expecte"
    """
    module = ADAPTERS.get(source_name, source_name).partition(":")[0]
    is_absent = isinstance(error, LookupError)
    what = "that field in each record" if is_absent else "records in the form that it knows"
    told = " ".join(f"{type(error).__name__}: {error}".split())[:120]
    return (
        f"the adapter of {source_name} fails at this answer ({told}), expected {what}; take what "
        f"may be missing with .get() in twin/feeds/{module}.py, as the recipe in "
        "twin/feeds/__init__.py does"
    )

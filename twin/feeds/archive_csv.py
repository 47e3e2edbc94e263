"""The archive CSV of the sample city: every sensor's readings as they came in."""

import csv
import gzip
import io
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from twin.errors import InputError, MissingError
from twin.feeds.readings import RAW_COLUMNS, to_readings
from twin.feeds.source import SourceSpec
from twin.observations import MISSING
from twin.units import MM_PER_HOUR, factor_to_si

LARGEST_FILE = 2**30
"""Bytes that a file may have when unpacked; a small file that grows past it is a bomb."""

SAMPLE = SourceSpec(
    name="sample",
    title="Sensor archive of the sample city",
    cadence_seconds=600.0,
    timezone="Asia/Taipei",
    units={
        # "mm" is what fell in the 10 minutes that end at the time of the reading
        "rainfall_rate": {"mm": 1e-3 / 600.0, "mm/h": MM_PER_HOUR},
        "water_level": {unit: factor_to_si(unit, "length") for unit in ("m", "cm")},
        "water_depth": {unit: factor_to_si(unit, "length") for unit in ("cm", "m")},
    },
    gross_range={
        "rainfall_rate": (0.0, 400 * MM_PER_HOUR),
        "water_level": (-20.0, 4000.0),
        "water_depth": (0.0, 10.0),
    },
    sentinels={-99.0: (np.nan, MISSING)},
    licence="Apache-2.0, generated",
)


def read_archive(file, spec=SAMPLE):
    """Readings of an archive CSV, gzipped or plain.

    Parameters
    ----------
    file : path
        CSV with the columns station_id, time, received, property, value, unit.
    spec : SourceSpec
        The contract with the source.

    Returns
    -------
    frame : pandas.DataFrame
        Canonical readings.
    counts : dict
        See `twin.feeds.readings.to_readings`.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        The file is truncated, too large, or not such a CSV.
    """
    file = Path(file)
    text = _unpack(file).decode("utf-8", errors="replace").replace("\x00", "").lstrip("\ufeff")
    header, *lines = text.replace("\r", "").split("\n")
    columns = [name.strip() for name in header.split(",")]
    if sorted(columns) != sorted(RAW_COLUMNS):
        raise InputError(
            f"{file.name} begins with {header[:80]!r}, expected the columns "
            f"{','.join(RAW_COLUMNS)}; is it a readings archive?"
        )
    lines = [line for line in lines if line]
    rows = [line for line in lines if line.count(",") == len(columns) - 1]
    frame, counts = to_readings(_table(columns, rows), spec)
    return frame, _with_skipped(counts, len(lines) - len(rows))


def _table(columns, rows):
    # QUOTE_NONE: a stray quote must not swallow the rows after it
    return pd.read_csv(
        io.StringIO("\n".join(rows)),
        names=columns,
        dtype=str,
        keep_default_na=False,
        quoting=csv.QUOTE_NONE,
        skip_blank_lines=False,
    )


def _with_skipped(counts, skipped):
    """Add the lines that were no rows at all."""
    if skipped:
        counts["reasons"]["wrong number of columns"] = skipped
        counts["rejected"] += skipped
        counts["read"] += skipped
    return counts


def _unpack(file):
    try:
        with file.open("rb") as stream:
            is_gzip = stream.read(2) == b"\x1f\x8b"
        with gzip.open(file) if is_gzip else file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise MissingError(f"{file} is not there, expected a readings archive") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{file.name} cannot be unpacked ({error}), expected a whole gzip file; copy it again"
        ) from None
    except OSError as error:
        raise InputError(
            f"{file} cannot be read ({error.strerror}), expected a CSV file; check its rights"
        ) from None
    if len(content) > LARGEST_FILE:
        raise InputError(
            f"{file.name} unpacks to more than {LARGEST_FILE >> 20} MiB, expected less; split it"
        )
    return content

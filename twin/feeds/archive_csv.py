"""The archive CSV of the sample city: every sensor's readings as they came in."""

import csv
import gzip
import io
import zlib

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.feeds.readings import RAW_COLUMNS, to_readings
from twin.feeds.source import LOWEST_DEPTH, Adapter, Parsed, SourceSpec
from twin.observations.store import MISSING
from twin.units import MM_PER_HOUR, factor_to_si

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
        "water_depth": (LOWEST_DEPTH, 10.0),
    },
    sentinels={-99.0: (np.nan, MISSING)},
    licence="Apache-2.0, generated",
    owner="Floodtwin",
    max_bytes=2**30,  # unpacked too: a small file that grows past it is a bomb
    evidence="payload",
)


def read(content, received):
    """Readings of an archive CSV, gzipped or plain.

    Parameters
    ----------
    content : bytes
        CSV with the columns station_id, time, received, property, value, unit.
    received : pandas.Timestamp
        When the archive came in; each row carries its own receipt, which may not be later.

    Returns
    -------
    Parsed

    Raises
    ------
    InputError
        The content is truncated, too large, or not such a CSV.
    """
    unpacked = _unpack(content)
    text = unpacked.decode("utf-8", errors="replace").replace("\x00", "").lstrip("\ufeff")
    header, *lines = text.replace("\r", "").split("\n")
    columns = [name.strip() for name in header.split(",")]
    if sorted(columns) != sorted(RAW_COLUMNS):
        raise InputError(
            f"the archive begins with {_beginning(unpacked, header)}, expected the columns "
            f"{','.join(RAW_COLUMNS)} of a CSV, plain or gzipped; is it a readings archive?"
        )
    lines = [line for line in lines if line]
    rows = [line for line in lines if line.count(",") == len(columns) - 1]
    frame, counts = to_readings(_table(columns, rows), SAMPLE, now=received)
    return Parsed(
        frame,
        _with_skipped(counts, len(lines) - len(rows)) | {"drift": []},
        outcome="ok" if lines else "empty",
    )


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


def _beginning(content, header):
    """How a file begins that is no archive: its first letters, or that it has none."""
    if content[:4] == b"PK\x03\x04":
        return "the mark of a zip, which is not unpacked here"
    is_text = all(byte >= 32 or byte in b"\t\r\n" for byte in content[:200])
    return (
        repr(header[:80]) if is_text and "\ufffd" not in header[:80] else "bytes that are no text"
    )


def _unpack(content):
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            unpacked = stream.read(SAMPLE.max_bytes + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"the archive cannot be unpacked ({error}), expected a whole gzip file; copy it again"
        ) from None
    if len(unpacked) > SAMPLE.max_bytes:
        raise InputError(
            f"the archive unpacks to more than {SAMPLE.max_bytes >> 20} MiB, expected less; "
            "split it"
        )
    return unpacked


ADAPTER = Adapter(SAMPLE, read)

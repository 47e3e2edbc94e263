"""Rows for the tests of the observation store."""

import pandas as pd

from twin.observations.store import COLUMNS

NOON = pd.Timestamp("2026-05-01T12:00Z")


def reading(value, minutes=0, received=2, station="G1", name="rainfall_rate", flag=1):
    """One row; `minutes` after noon, received `received` minutes after noon."""
    return {
        "source_id": "sample",
        "station_id": station,
        "property": name,
        "phenomenon_time": NOON + pd.Timedelta(minutes=minutes),
        "received_time": NOON + pd.Timedelta(minutes=received),
        "value": value,
        "raw_value": str(value),
        "raw_unit": "mm",
        "flag": flag,
    }


def frame(*rows):
    """A canonical frame of rows."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    for name in ("phenomenon_time", "received_time"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table

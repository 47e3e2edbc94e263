"""Readings a second that the observation store takes in, new ones and ones that it has."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import machine
from twin.errors import InputError
from twin.observations.store import ObservationStore

BOUND = 100_000 / 60.0
"""Readings a second that a metropolis sends, with room to grow."""

BATCHES = (1_000, 10_000)
"""Readings that come in together: a municipal feed, and a national one."""

_START = pd.Timestamp("2026-01-01T00:00Z")


def bench_ingest(readings=200_000, where=None, progress=None):
    """Measure how fast a store takes in readings.

    Parameters
    ----------
    readings : int
        New readings for each size of batch; at least the largest batch.
    where : path-like or str, optional
        An empty folder, or the address of an empty PostgreSQL database; by default a folder
        that is removed afterwards.
    progress : callable, optional
        Called with a few words before each part.

    Returns
    -------
    dict
        `date`, what `machine.description` says, ``store``, ``bound`` [readings/s] and ``rows``:
        ``what``, ``batch``, ``readings``, ``per_second`` and ``slowest_batch_seconds``.

    Raises
    ------
    InputError
        Too few readings, or the store is not empty.
    DeviceError
        The disk or the database cannot.
    """
    if readings < max(BATCHES):
        raise InputError(f"{readings} readings, expected at least {max(BATCHES)}; take more")
    with tempfile.TemporaryDirectory(prefix="floodtwin-") as folder:
        store = ObservationStore(Path(folder) if where is None else where)
        if len(store.latest()):
            raise InputError(f"{store.name} is not empty, expected an empty store; name another")
        rows = []
        for batch in BATCHES:
            frames = [make_batch(batch, minute) for minute in range(readings // batch)]
            for what in ("new", "known"):
                if progress is not None:
                    progress(f"{what} readings in batches of {batch:,}")
                rows.append(_measure(store, what, batch, frames))
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        **machine.description(),
        "store": "SQLite, in a folder of its own" if where is None else store.name,
        "bound": BOUND,
        "rows": rows,
    }


def make_batch(size, minute):
    """Readings of as many stations in one minute.

    Parameters
    ----------
    size : int
        Stations; they are others for another size.
    minute : int
        Since the first.

    Returns
    -------
    pandas.DataFrame
        Columns `twin.observations.store.COLUMNS`.
    """
    moment = _START + pd.Timedelta(minutes=minute)
    level = np.random.default_rng(minute).uniform(0.0, 5.0, size).round(3)
    return pd.DataFrame(
        {
            "source_id": f"bench-{size}",
            "station_id": [f"S{number:05d}" for number in range(size)],
            "property": "water_level",
            "phenomenon_time": moment,
            "received_time": moment + pd.Timedelta(seconds=40),
            "value": level,
            "raw_value": level.astype(str),
            "raw_unit": "m",
            "flag": 1,
        }
    )


def _measure(store, what, batch, frames):
    seconds = []
    for frame in frames:
        began = time.perf_counter()
        store.append(frame)
        seconds.append(time.perf_counter() - began)
    return {
        "what": what,
        "batch": batch,
        "readings": batch * len(frames),
        "per_second": batch * len(frames) / sum(seconds),
        "slowest_batch_seconds": max(seconds),
    }

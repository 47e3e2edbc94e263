"""The verb `sensors`: what the sensors of a city say, and what quality control makes of it."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from service.utc import as_utc, iso

DAY = pd.Timedelta(hours=24)
"""Time over which verdicts are counted."""

WORDS = {1: "pass", 2: "not_evaluated", 3: "suspect", 4: "fail", 9: "missing"}
"""Names of the QARTOD flags."""


def sensors(*, city, store, at=None, quiet=False):
    """List the sensors of a city with their newest readings and the verdicts of a day.

    Parameters
    ----------
    city : path-like
        Folder of a city package.
    store : path-like
        Observation store.
    at : datetime-like, optional
        A moment of the past: what had been received by then, as old as it was then. Default now.
    quiet : bool
        Not used: there is nothing to wait for.

    Returns
    -------
    dict
        ``city``, ``at``, ``heard`` and ``sensors_known``: how many have a reading that is not
        stale, of how many; ``sensors``: one dict each with its newest reading (SI),
        ``age_minutes``, ``stale``, ``quality`` (of `WORDS`), ``alert_level`` (1 the most severe,
        0 none), ``day`` (readings of the last 24 h by verdict) and ``tests`` (what found fault
        with them).

    Raises
    ------
    MissingError
        There is no such city or store.
    InputError
        `at` is no time.
    """
    del quiet
    from twin.city import open_city
    from twin.observations.store import ObservationStore
    from twin.state.city_objects import CityObjects
    from twin.state.sensors import CitySensors

    package, kept = open_city(city), ObservationStore(store, create=False)
    moment = as_utc(datetime.now(UTC) if at is None else at)
    table = CitySensors(CityObjects(package), kept, now=moment).table
    day = _verdicts(kept, sorted(set(table["property"])), moment)
    rows = [_row(row, day) for row in table.to_dict("records")]
    return {
        "city": package.name,
        "at": iso(moment),
        "heard": sum(not row["stale"] for row in rows),
        "sensors_known": len(rows),
        "sensors": rows,
    }


def _verdicts(store, properties, moment):
    """Readings of a day by verdict, and the tests that found fault, by station and property."""
    from twin.quality.flags import test_names

    found = {}
    for name in properties:
        rows = store.series(name, moment - DAY, moment, known_at=moment)
        for station, own in rows.groupby("station_id"):
            counts = own["flag"].map(WORDS).value_counts()
            tests = np.bitwise_or.reduce(own["tests"].fillna(0).to_numpy(np.int64))
            found[station, name] = {word: int(n) for word, n in counts.items()}, test_names(tests)
    return found


def _row(row, day):
    counts, tests = day.get((row["station_id"], row["property"]), ({}, []))
    return {
        "station_id": row["station_id"],
        "name": _known(row["name"]),
        "kind": _known(row["kind"]),
        "property": row["property"],
        "value": _known(row["value"]),
        "time": None if pd.isna(row["time"]) else iso(row["time"]),
        "age_minutes": _known(row["age_minutes"]),
        "stale": bool(row["stale"]),
        "quality": None if pd.isna(row["flag"]) else WORDS[int(row["flag"])],
        "alert_level": row["alert_level"],
        "day": counts,
        "tests": tests,
    }


def _known(value):
    return None if pd.isna(value) else value

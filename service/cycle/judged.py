"""Readings as a forecast may hear them: known at its issue time, and judged as of then."""

import hashlib
from pathlib import Path

import pandas as pd

PROPERTIES = ("rainfall_rate", "water_level", "water_depth", "is_wet")
"""Readings that a forecast hears over the whole city."""

LOOK_BACK = pd.Timedelta(hours=24)
"""How far back readings are handed to the forecast, which chooses its own warm-up."""

RULES = "quality.toml"
"""Rules of quality control in the folder of a city, over those of Floodtwin."""


def judged_readings(
    city, observations, sensors, moment, look_back=LOOK_BACK, properties=PROPERTIES, stations=None
):
    """Readings known at a time, each with the verdict that could be given then.

    Parameters
    ----------
    city : twin.city.City
        Its folder may have `RULES` of its own.
    observations : twin.observations.store.ObservationStore
    sensors : GeoDataFrame
        Those whose readings are wanted.
    moment : pandas.Timestamp
        Issue time, naive, UTC.
    look_back : pandas.Timedelta
        How far back.
    properties : sequence of str
        Which.
    stations : sequence of str, optional
        Where only few are wanted, their names.

    Returns
    -------
    pandas.DataFrame
        Canonical readings.

    Raises
    ------
    InputError
        The rules are not right.

    Notes
    -----
    The verdicts in the store are those of today; a forecast in hindsight must not profit from
    them. So the readings are judged again, with nothing that came later.
    """
    from twin.quality.judge import history, judge
    from twin.quality.rules import read_rules

    own = Path(city.folder) / RULES
    rules = read_rules(own) if own.is_file() else read_rules()
    start = moment - max(history(rules), look_back)
    series = [
        observations.series(name, start, moment, known_at=moment, stations=stations)
        for name in properties
    ]
    parts = [part for part in series if len(part)] or series[:1]
    readings = pd.concat(parts, ignore_index=True)
    keys = ["station_id"] + (["source_id"] if "source_id" in sensors.columns else [])
    own = pd.MultiIndex.from_frame(sensors[keys].astype(str))
    readings = readings[pd.MultiIndex.from_frame(readings[keys].astype(str)).isin(own)]
    if len(readings):
        verdicts = judge(readings, sensors, rules).drop(columns="tests")
        keys = ["source_id", "station_id", "property", "phenomenon_time"]
        readings = readings.drop(columns="flag").merge(verdicts, on=keys, validate="one_to_one")
    recent = readings["phenomenon_time"] >= (moment - look_back).tz_localize("UTC")
    return readings[recent].reset_index(drop=True)


def digest_of(readings):
    """SHA-256 of readings, the same in whatever order they came."""
    names = ["source_id", "station_id", "property", "phenomenon_time", "value", "flag"]
    ordered = readings[names].sort_values(names[:4], ignore_index=True)
    rows = pd.util.hash_pandas_object(ordered, index=False).to_numpy("<u8")
    return hashlib.sha256(rows.tobytes()).hexdigest()

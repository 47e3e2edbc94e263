"""Clocks of sensors that are wrong, and readings that did not come."""

import numpy as np

LEAST_READINGS = 12
"""Evidence below which nothing is said of a clock."""


def clock_skews(readings, tolerance=300.0):
    """How far the clock of each station is off, against those of its source.

    Parameters
    ----------
    readings : pandas.DataFrame
        Columns ``source_id``, ``station_id``, ``phenomenon_time`` and ``received_time``.
    tolerance : float
        A station further off than this is called skewed [s].

    Returns
    -------
    pandas.DataFrame
        One row a station: ``source_id``, ``station_id``, ``readings``, ``latency`` (median of
        receipt less phenomenon time [s]), ``skew`` (how far the clock runs ahead [s]; the
        median latency of the source's stations less its own) and ``is_skewed``.

    Notes
    -----
    One receipt clock stamps all: what is early or late against the others of the source is the
    station's own clock, or its own delay; the two cannot be told apart when it lags. An error
    of the receiving host is common to all stations and falls out of the difference.
    """
    seconds = (readings["received_time"] - readings["phenomenon_time"]).dt.total_seconds()
    by_station = seconds.groupby([readings["source_id"], readings["station_id"]])
    table = by_station.agg(readings="count", latency="median").reset_index()
    usual = table.groupby("source_id")["latency"].transform("median")
    table["skew"] = usual - table["latency"]
    enough = table["readings"] >= LEAST_READINGS
    table["is_skewed"] = enough & (table["skew"].abs() > tolerance)
    return table


def reporting_gaps(readings, rules):
    """Times in which a series was silent for longer than its rule allows.

    Parameters
    ----------
    readings : pandas.DataFrame
        Columns `twin.observations.store.COLUMNS`; missing values count as silence.
    rules : twin.quality.rules.Rules

    Returns
    -------
    pandas.DataFrame
        ``source_id``, ``station_id``, ``property``, ``start`` and ``end`` (the readings before
        and after the gap) and ``missing`` (readings that should have come between).

    Notes
    -----
    QARTOD timing and gap test. A gap is no fault of the values on its rim; tests that compare
    neighbours in time do not reach across it.
    """
    key = ["source_id", "station_id", "property"]
    given = readings[readings["value"].notna()].sort_values([*key, "phenomenon_time"])
    given = given.drop_duplicates([*key, "phenomenon_time"])
    start = given.groupby(key)["phenomenon_time"].shift()
    length = (given["phenomenon_time"] - start).dt.total_seconds().to_numpy()
    known = {names: rules.of(names[2], *names[:2]) for names in given.groupby(key).groups}
    rows = [known[names] for names in given[key].itertuples(index=False, name=None)]
    longest = np.array([rule.get("gap", np.inf) for rule in rows])
    cadence = np.array([rule.get("cadence", np.nan) for rule in rows])
    is_gap = length > longest
    table = given.loc[is_gap, key].assign(start=start[is_gap])
    table["end"] = given.loc[is_gap, "phenomenon_time"]
    table["missing"] = (np.rint(length / cadence) - 1)[is_gap]
    return table.reset_index(drop=True).astype({"missing": "Int64"})

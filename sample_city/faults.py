"""The faults that real feeds have, put into clean readings: seeded, and counted."""

import numpy as np
import pandas as pd

from sample_city.noise import unit

SENTINEL = -99.0
"""What a station sends for a missing value."""

# Share of all rows that have the fault.
_MISSING, _EMPTY, _SENTINELS, _LATE, _DUPLICATES, _CORRECTED, _FUTURE = (
    0.015,
    0.004,
    0.008,
    0.03,
    0.02,
    0.01,
    0.003,
)
_YEAR = np.timedelta64(365 * 24 * 3600, "s")


def add_faults(table, middle, seed):
    """Readings with the faults of real feeds.

    Parameters
    ----------
    table : pandas.DataFrame
        Clean readings: station_id, kind, time, received, property, value, unit.
    middle : numpy.datetime64
        When one station falls silent and another one sticks.
    seed : int

    Returns
    -------
    tuple of (pandas.DataFrame, dict of str to int)
        The readings, and how many rows each fault has touched: ``silent`` and ``missing``
        (rows that never came), ``stuck``, ``unit_suspect``, ``sentinel``, ``empty``, ``late``,
        ``duplicate``, ``corrected``, ``future``; ``out_of_order`` counts the rows that arrive
        after a newer one of the same station.
    """
    counts = {}
    table = _fall_silent(table, middle, seed, counts)
    table = _get_stuck(table, middle, seed, counts)
    table = _mistake_unit(table, seed, counts)
    table = _lose(table, seed, counts)
    table = _blank(table, seed, counts)
    table = _delay(table, seed, counts)
    table = pd.concat([table, _repeats(table, seed, counts)], ignore_index=True)
    table = _turn_clock(table, seed, counts)
    counts["out_of_order"] = _out_of_order(table)
    return table, counts


def _dice(table, seed, channel):
    return unit(seed, f"fault {channel}", np.arange(len(table)))


def _station(table, kind, seed, channel):
    """One station of a kind, the one whose value is highest among three that the dice choose."""
    values = table[table["kind"] == kind].groupby("station_id")["value"].max()
    order = np.argsort(unit(seed, f"station {channel}", np.arange(len(values))), kind="stable")
    return values.iloc[order[:3]].idxmax()


def _fall_silent(table, middle, seed, counts):
    gone = table["station_id"] == _station(table, "rain_gauge", seed, "silent")
    gone &= table["time"] >= middle
    counts["silent"] = int(gone.sum())
    return table[~gone].reset_index(drop=True)


def _get_stuck(table, middle, seed, counts):
    mine = table["station_id"] == _station(table, "river_level", seed, "stuck")
    stuck = mine & (table["time"] >= middle)
    before = table.loc[mine & ~stuck].sort_values("time")["value"]
    table.loc[stuck, "value"] = before.iloc[-1]
    counts["stuck"] = int(stuck.sum())
    return table


def _mistake_unit(table, seed, counts):
    """One road sensor says centimetres and sends metres."""
    wrong = table["station_id"] == _station(table, "road_flood", seed, "unit")
    table.loc[wrong, "value"] = np.round(table.loc[wrong, "value"] / 100.0, 3)
    counts["unit_suspect"] = int(wrong.sum())
    return table


def _lose(table, seed, counts):
    lost = _dice(table, seed, "missing") < _MISSING
    counts["missing"] = int(lost.sum())
    return table[~lost].reset_index(drop=True)


def _blank(table, seed, counts):
    dice = _dice(table, seed, "blank")
    sentinel, empty = dice < _SENTINELS, dice > 1.0 - _EMPTY
    table.loc[sentinel, "value"] = SENTINEL
    table.loc[empty, "value"] = np.nan
    counts.update(sentinel=int(sentinel.sum()), empty=int(empty.sum()))
    return table


def _delay(table, seed, counts):
    """Some rows come late, by 5 to 60 minutes."""
    late = _dice(table, seed, "late") < _LATE
    seconds = 300.0 + 3300.0 * _dice(table, seed, "delay")
    table.loc[late, "received"] += pd.to_timedelta(np.round(seconds[late]), unit="s")
    counts["late"] = int(late.sum())
    return table


def _repeats(table, seed, counts):
    """Rows that come again, unchanged or corrected."""
    good = table["value"].notna() & (table["value"] != SENTINEL)
    again = table[(_dice(table, seed, "duplicate") < _DUPLICATES)].copy()
    again["received"] += pd.to_timedelta(30 + 20 * (np.arange(len(again)) % 12), unit="s")
    corrected = table[good & (_dice(table, seed, "corrected") < _CORRECTED)].copy()
    corrected["received"] += pd.to_timedelta(900 + 60 * (np.arange(len(corrected)) % 20), unit="s")
    step = np.where(corrected["unit"] == "m", 0.02, 0.5)
    corrected["value"] = np.round(corrected["value"] + step, 2)
    counts.update(duplicate=len(again), corrected=len(corrected))
    return pd.concat([again, corrected], ignore_index=True)


def _turn_clock(table, seed, counts):
    """The clock of some rows is a year ahead."""
    future = _dice(table, seed, "future") < _FUTURE
    table.loc[future, "time"] += _YEAR
    counts["future"] = int(future.sum())
    return table


def _out_of_order(table):
    arrived = table.sort_values(["received", "station_id"], kind="stable")
    newest = arrived.groupby("station_id")["time"].cummax()
    return int((arrived["time"] < newest).sum())

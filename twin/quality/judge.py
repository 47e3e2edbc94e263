"""All tests over all readings: one verdict for each."""

import numpy as np
import pandas as pd

from twin.errors import InputError
from twin.observations.store import COLUMNS, FAIL, MISSING
from twin.quality import dry_tests, rain_tests, series_tests
from twin.quality.flags import SUSPECT, Test, combine
from twin.quality.neighbours import water_slope
from twin.quality.series import KEY, arrange, milliseconds
from twin.quality.weather import BIN_SECONDS, weather_of

VERDICT = ("source_id", "station_id", "property", "phenomenon_time", "flag", "tests")
"""Columns of verdicts."""

WINDOW = pd.Timedelta(days=3)
"""Readings of so long are judged at once, with those around them: what is held in memory grows
with the stations, and not with the years between two readings."""

_MARGIN = pd.Timedelta(seconds=2 * BIN_SECONDS)
_MILLISECOND = pd.Timedelta(milliseconds=1)


def judge(readings, stations, rules):
    """Judge readings.

    Parameters
    ----------
    readings : pandas.DataFrame
        Columns `twin.observations.store.COLUMNS`, and perhaps ``tests`` of an earlier verdict. Any
        order, gaps and uneven spacing are welcome. Rain gauges judge and inform each other and
        the levels around them: hand over all of a city together.
    stations : GeoDataFrame or None
        ``station_id`` and points; perhaps ``source_id`` and ``downstream`` (next level station
        in the direction of flow). Without it nothing spatial and nothing about dry weather is
        evaluated.
    rules : twin.quality.rules.Rules

    Returns
    -------
    pandas.DataFrame
        Columns `VERDICT`, one row a key, ordered by key and time. ``flag`` is 9 where there is
        no value, else the worst of all tests, else 1, or 2 where no test could be made;
        ``tests`` is a sum of `twin.quality.flags.Test`.

    Raises
    ------
    InputError
        A column is missing, or times have no zone.

    Notes
    -----
    What its source flagged 3 or 4 keeps that flag and is shown to no test; an earlier verdict
    (``tests`` without `Test.SOURCE`) is forgotten. So the verdict of a reading depends on the
    readings from `history` before it to `lookahead` after it and on nothing else, and may be
    made again when late readings arrive.
    """
    frame = _ordered(readings)
    from_source = _is_from_source(frame)
    flag, tests = (
        frame["flag"].to_numpy(np.int64).copy(),
        np.where(from_source, int(Test.SOURCE), 0),
    )
    value = frame["value"].to_numpy(float)
    is_missing = np.isnan(value) | (flag == MISSING)
    flag[is_missing], tests[is_missing] = MISSING, 0
    endless = np.isinf(value) & ~is_missing
    flag[endless], tests[endless] = FAIL, int(Test.RANGE)
    judged = ~is_missing & ~from_source & ~endless
    if judged.any():
        flag[judged], tests[judged] = _judge_windows(frame[judged], stations, rules)
    verdicts = frame[list(KEY) + ["phenomenon_time"]].reset_index(drop=True)
    return verdicts.assign(flag=flag, tests=tests.astype(np.int64))[list(VERDICT)]


def history(rules):
    """How long before a window its readings must reach, for the same verdicts in it.

    Parameters
    ----------
    rules : twin.quality.rules.Rules

    Returns
    -------
    pandas.Timedelta
        Of all readings. The longest chain: rain around the gauges that tell the weather, that
        weather before each reading of a window, that window before the reading.
    """
    windows = (
        "flat_wet",
        "baseline_window",
        "drift_window",
        "flat_suspect",
        "flat_fail",
        "attenuated_window",
    )
    of_rain = rules.longest(("zero_time",)) + 2 * rules.longest(("influx_time",))
    of_rain += rules.longest(("flat_suspect", "flat_fail"))
    of_day = max(rules.longest(windows), 86400.0)  # levels are held against their last day
    seconds = of_day + rules.longest(("dry_time",)) + of_rain + 8 * rules.longest(("gap",))
    return pd.Timedelta(seconds=seconds) + _MARGIN


def lookahead(rules):
    """How long after a reading another one can change its verdict: spikes and steps.

    Parameters
    ----------
    rules : twin.quality.rules.Rules

    Returns
    -------
    pandas.Timedelta
    """
    ahead = dry_tests.STEP_READINGS * rules.longest(("gap",))
    return pd.Timedelta(seconds=ahead) + _MARGIN


def _ordered(readings):
    """One row a key, the one received last; ordered whatever the order that came."""
    absent = [name for name in COLUMNS if name not in readings.columns]
    if absent:
        raise InputError(
            f"readings without {', '.join(absent)}, expected the columns {', '.join(COLUMNS)}"
        )
    for name in ("phenomenon_time", "received_time"):
        if getattr(readings[name].dtype, "tz", None) is None:
            raise InputError(
                f"{name} is {readings[name].dtype}, expected times with a zone; localize them"
            )
    time = [*KEY, "phenomenon_time"]
    known = readings.dropna(subset=["phenomenon_time", "received_time"])
    ordered = known.sort_values([*time, "received_time", "value", "flag"], kind="stable")
    return ordered.drop_duplicates(time, keep="last")


def _is_from_source(frame):
    """Whether the flag came with the reading, and not from an earlier verdict."""
    tests = frame["tests"].fillna(0).astype(int) if "tests" in frame.columns else 0
    flag = frame["flag"]
    is_bad = (flag >= SUSPECT) & (flag != MISSING)
    return (is_bad & ((tests == 0) | (tests & int(Test.SOURCE) > 0))).to_numpy(bool)


def _judge_windows(frame, stations, rules):
    """As `_judge`, each window that has readings by itself, with all that tells its verdicts."""
    before, after = history(rules) // _MILLISECOND, lookahead(rules) // _MILLISECOND
    length, time = WINDOW // _MILLISECOND, milliseconds(frame["phenomenon_time"])
    if np.ptp(time) <= length + before:
        return _judge(frame, stations, rules)
    flag, tests = np.zeros((2, time.size), np.int64)
    order = np.argsort(time, kind="stable")
    ordered = time[order]
    for start in np.unique(ordered // length) * length:
        first, last = np.searchsorted(ordered, [start - before, start + length + after])
        rows = np.sort(order[first:last])  # by key and time again
        own = (time[rows] >= start) & (time[rows] < start + length)
        found = _judge(frame.iloc[rows], stations, rules)
        flag[rows[own]], tests[rows[own]] = (part[own] for part in found)
    return flag, tests


def _judge(frame, stations, rules):
    """Flags and tests of readings that have a value and no flag of their source."""
    arrays = arrange(frame, rules)
    results = _alone(arrays)
    zero, influx = rain_tests.against_neighbours(_believed(arrays, results), stations)
    results[Test.FAULTY_ZERO], results[Test.HIGH_INFLUX] = zero, influx
    radius = 2 * rules.longest(("neighbours_radius",))
    no_weather = weather_of(arrays.subset(np.zeros(arrays.time.size, bool)), arrays, None, radius)
    results[Test.FLAT_LINE] = series_tests.flat_line(arrays, no_weather)
    is_good = (combine(results)[0] < SUSPECT) & arrays.of_property("rainfall_rate")
    weather = weather_of(arrays.subset(is_good), arrays, stations, radius)
    results[Test.FLAT_LINE] = series_tests.flat_line(arrays, weather)
    results[Test.ATTENUATED] = series_tests.attenuated_signal(arrays, weather)
    results[Test.STEP] = dry_tests.step(arrays, weather)
    results[Test.DRIFT] = dry_tests.drift(arrays, weather)
    results[Test.BASELINE] = dry_tests.at_baseline(arrays, weather)[0]
    results[Test.NEIGHBOURS] = water_slope(arrays, stations)
    return combine(results)


def _alone(arrays):
    """Tests that need no other station."""
    spikes = series_tests.spike(arrays)
    return {
        Test.TIMING: series_tests.timing(arrays),
        Test.RANGE: series_tests.gross_range(arrays),
        Test.CLIMATOLOGY: series_tests.climatology(arrays),
        Test.UNIT: series_tests.unit_mixed_up(arrays),
        Test.SPIKE: spikes,
        Test.RATE: series_tests.rate_of_change(arrays, spikes >= SUSPECT),
    }


def _believed(arrays, results):
    """The same arrays with NaN where a test was failed, so that no neighbour is misled."""
    flag, _ = combine(results)
    value = np.where(flag < SUSPECT, arrays.value, np.nan)
    return type(arrays)(
        arrays.keys, arrays.series, arrays.time, arrays.received, value, arrays.limits
    )

"""One verdict for every reading: what is wrong is flagged, what is good and quiet is not."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.quality.quality_frames import (
    START,
    flags_of,
    network,
    rain,
    readings,
    stations,
)
from twin.errors import InputError
from twin.observations.store import NOT_EVALUATED, ObservationStore
from twin.quality.flags import Test, test_names
from twin.quality.judge import history, judge, lookahead
from twin.quality.rules import read_rules

RULES = read_rules()
PLACE = stations({"S1": (1, 1), **network(9)})


def dry_gauges(steps, **more):
    return [rain(np.zeros(steps), station=f"G{i}", **more) for i in range(9)]


def judged(*frames, places=PLACE):
    return judge(pd.concat(frames), places, RULES)


def wave(steps, seed=0, high=0.02):
    """A calm level: waves of 2 cm and noise of 2 mm."""
    noise = np.random.default_rng(seed).normal(0, 0.002, steps)
    return 3.0 + high * np.sin(np.arange(steps) / 10) + noise


def test_a_spike_fails_and_its_neighbours_pass():
    """R-06."""
    values = wave(60)
    values[30] += 3.0
    flag, tests = flags_of(judged(readings(values, name="water_level")))
    assert flag[30] == 4
    assert tests[30] & Test.SPIKE
    assert (np.delete(flag, 30) == 1).all()


def test_what_stands_out_again_and_again_is_no_failed_spike():
    """R-06: a pump sump that is emptied every ten minutes."""
    flag, _ = flags_of(judged(readings([1.0, 5.2] * 40 + [1.0], name="water_level")))
    assert (flag[5:] <= 3).all()


def test_a_single_peak_of_a_flash_flood_on_a_road_is_suspect_and_not_failed():
    """R-06."""
    flag, _ = flags_of(judged(readings([0.0] * 10 + [0.05, 0.62, 0.08] + [0.0] * 10)))
    assert flag[11] == 3 and flag.max() == 3


def test_a_level_of_999_is_suspect_unless_the_city_lies_so_high(tmp_path):
    """R-06: what a logger sends for no value; and a level that stands still for a day."""
    values = 999 + np.random.default_rng(0).normal(0, 0.001, 100)
    frame = readings(values, name="water_level")
    assert (flags_of(judged(frame))[0] == 3).all()
    file = tmp_path / "quality.toml"
    file.write_text(
        '[water_level]\nrange_suspect = { value = [900, 1200], unit = "m", reason = "high city" }\n'
    )
    assert (flags_of(judge(frame, PLACE, read_rules(file)))[0] <= 2).all()
    assert flags_of(judged(readings([9.0] * 146, name="water_level")))[0][-1] == 3


def test_the_newest_value_is_suspect_by_its_rate_before_it_can_be_called_a_spike():
    """R-06: a wrong value must not reach the forecast that is made before the next one comes."""
    values = np.r_[wave(30), 5.5]
    flag, tests = flags_of(judged(readings(values, name="water_level")))
    assert flag[-1] == 3
    assert test_names(tests[-1]) == ["rate"]


def test_a_flat_line_is_suspect_after_a_day_and_fails_when_it_rained_meanwhile():
    """R-06."""
    steps = 150
    storm = np.where(np.arange(steps) >= 140, 2.0, 0.0)
    level = readings(np.r_[wave(0), np.full(steps, 3.0)], name="water_level")
    flag, tests = flags_of(judged(level, *dry_gauges(steps)))
    assert (flag[:142] == 1).all()
    assert (flag[144:] == 3).all()
    assert test_names(tests[-1]) == ["flat_line"]
    flag, _ = flags_of(judged(level, *[rain(storm, station=f"G{i}") for i in range(9)]))
    assert flag[-1] == 4
    one_dry = [rain(storm * (i > 0), station=f"G{i}") for i in range(9)]
    assert flags_of(judged(level, *one_dry))[0][-1] == 3  # the cell may have missed the drain


def test_a_level_that_stands_still_in_heavy_rain_is_suspect_after_ninety_minutes():
    """R-06: too late after a day, when the storm is over."""
    steps = 40
    storm = np.where(np.arange(steps) >= 20, 2.0, 0.0) + np.arange(steps) % 2 * 0.5
    level = readings(np.r_[wave(20), np.full(20, 3.0)], name="water_level")
    flag, tests = flags_of(judged(level, *[rain(storm, station=f"G{i}") for i in range(9)]))
    assert (flag[:28] == 1).all()
    assert (flag[31:] == 3).all()
    assert test_names(tests[-1]) == ["flat_line"]


def test_a_deep_underpass_that_fills_fast_passes():
    """What is true and deep must reach the forecast: 3 m of water within the hour."""
    values = np.r_[np.zeros(10), np.cumsum(np.full(6, 0.5)), 3 + 0.01 * np.arange(10)]
    assert (flags_of(judged(readings(values)))[0] == 1).all()


def test_a_verdict_goes_into_the_store_and_keeps_the_value_from_the_forecast(tmp_path):
    """R-06: flagged values are excluded where a forecast reads: up to flag 2."""
    values = wave(40)
    values[20] += 3.0
    frame = readings(values, name="water_level")
    store = ObservationStore(tmp_path)
    store.append(frame)
    store.judge(judged(store.series("water_level")))
    series = store.series("water_level")
    usable = series[series["flag"] <= NOT_EVALUATED]
    assert len(series) == 40
    assert len(usable) == 39
    assert usable["value"].max() < 3.1
    pd.testing.assert_series_equal(judged(series)["flag"], judged(frame)["flag"])


def test_a_depth_stuck_at_3_cm_is_suspect_after_half_a_dry_day():
    """R-06: stuck 3 cm."""
    steps = 200
    flag, tests = flags_of(judged(readings(np.full(steps, 0.03)), *dry_gauges(steps)))
    first = np.flatnonzero(flag == 3)[0]
    assert 28 + 70 <= first <= 36 + 72  # 6 h to be dry (most of it reported), 12 h of evidence
    assert (flag[first:] == 3).all()
    assert test_names(tests[-1]) == ["baseline"]


def test_a_depth_above_its_offset_is_water_and_passes():
    steps = 200
    values = np.full(steps, 0.03)
    values[180:] = 0.03 + np.linspace(0.05, 0.4, 20)
    storm = np.where(np.arange(steps) > 174, 5.0, 0.0)
    flag, _ = flags_of(judged(readings(values), *[rain(storm, station=f"G{i}") for i in range(9)]))
    assert flag[178] == 3
    assert (flag[180:] == 1).all()


def test_nothing_is_called_a_dry_offset_where_no_gauge_tells_of_dry_weather():
    flag, _ = flags_of(judged(readings(np.full(200, 0.03))))
    assert (flag < 3).all()


def test_a_depth_that_creeps_up_in_dry_weather_drifts():
    """R-06: drift."""
    steps = 400
    values = np.r_[np.zeros(100), np.linspace(0, 0.1, 300)]
    flag, tests = flags_of(judged(readings(values), *dry_gauges(steps)))
    assert not (tests[:180] & Test.DRIFT).any()
    assert (flag[230:] == 3).all()
    assert (tests[230:] & Test.DRIFT).all()


def test_a_pipe_burst_is_no_drift():
    steps = 300
    values = np.r_[np.zeros(280), np.linspace(0.02, 0.4, 20)]
    _, tests = flags_of(judged(readings(values), *dry_gauges(steps)))
    assert not (tests & Test.DRIFT).any()


def test_a_step_in_dry_weather_is_suspect_until_it_is_confirmed():
    steps = 100
    values = np.r_[wave(60), wave(40) + 0.8]
    flag, tests = flags_of(judged(readings(values, name="water_level"), *dry_gauges(steps)))
    assert flag.tolist() == [1] * 60 + [3] * 3 + [1] * 37
    assert test_names(tests[60]) == ["step"]


def test_a_rise_in_a_storm_is_no_step():
    storm = np.where(np.arange(100) > 50, 10.0, 0.0)
    values = np.r_[wave(60), wave(40) + 0.8]
    flag, _ = flags_of(
        judged(
            readings(values, name="water_level"),
            *[rain(storm, station=f"G{i}") for i in range(9)],
        )
    )
    assert (flag == 1).all()


def test_a_level_that_does_not_move_in_heavy_rain_is_attenuated():
    steps = 60
    values = 3.0 + np.random.default_rng(1).normal(0, 0.0003, steps)
    storm = [rain(np.arange(steps) % 4 + 1, station=f"G{i}") for i in range(9)]
    flag, tests = flags_of(judged(readings(values, name="water_level"), *storm))
    assert flag[-1] == 3
    assert test_names(tests[-1]) == ["attenuated"]


def test_a_value_meant_in_metres_is_a_unit_suspect():
    """D-09: 0.012 "cm" of a sensor that sends metres."""
    flag, tests = flags_of(judged(readings([0.0, 0.00012, 0.00006, 0.0, 0.12])))
    assert flag.tolist() == [1, 3, 3, 1, 1]
    assert test_names(tests[1]) == ["unit"]


def test_a_sensor_of_the_wrong_unit_is_suspect_in_a_flood_too():
    """D-09: after 24 readings of 0.006 and 0.012 "cm", 0.12, 0.25 and 0.634 "cm" are metres."""
    values = [0.00006, 0.00012] * 12 + [0.0012, 0.0025, 0.00634]
    flag, tests = flags_of(judged(readings(values)))
    assert (flag == 3).all()
    assert test_names(tests[-1]) == ["unit"]
    flag, _ = flags_of(judged(readings([0.0, 0.0, 0.02, 0.04] + [0.0] * 20 + [0.0012, 0.0063])))
    assert flag[-1] == 1
    flag, _ = flags_of(judged(readings([0.00006, 0.00012] * 12 + [0.1])))
    assert flag[-1] == 1  # 10 m cannot be: this is water, over a noisy zero


def test_a_value_meant_in_centimetres_is_a_unit_suspect_and_out_of_range():
    """D-09, the other way round: 12 cm taken for 12 m."""
    flag, tests = flags_of(judged(readings([0.0, 12.0, 0.0])))
    assert flag[1] == 4
    assert {"unit", "range"} <= set(test_names(tests[1]))


def test_a_clock_that_runs_ahead_makes_its_readings_suspect():
    """R-03: 10 minutes ahead, received 2 minutes after the true time."""
    frame = readings(wave(20), name="water_level")
    ahead = frame.assign(received_time=frame["phenomenon_time"] - pd.Timedelta("8min"))
    flag, tests = flags_of(judged(ahead))
    assert (flag == 3).all()
    assert test_names(tests[0]) == ["timing"]


def test_a_clock_that_lags_does_no_harm():
    """R-03."""
    frame = readings(wave(20), name="water_level")
    late = frame.assign(received_time=frame["phenomenon_time"] + pd.Timedelta("12min"))
    assert (flags_of(judged(late))[0] == 1).all()


def test_what_its_source_flagged_keeps_its_flag_and_misleads_no_neighbour():
    values = wave(20)
    values[10] = 9.0
    frame = readings(values, name="water_level")
    frame.loc[10, "flag"] = 4
    flag, tests = flags_of(judged(frame))
    assert flag.tolist() == [1] * 10 + [4] + [1] * 9
    assert test_names(tests[10]) == ["source"]


def test_an_earlier_verdict_is_forgotten_and_one_of_the_source_is_not():
    values = wave(20)
    values[10] += 3.0
    frame = readings(values, name="water_level")
    frame.loc[5, "flag"] = 3
    first = judged(frame)
    again = judged(frame.assign(flag=first["flag"], tests=first["tests"]))
    pd.testing.assert_frame_equal(first, again)
    mended = frame.assign(value=wave(20), flag=first["flag"], tests=first["tests"])
    assert flags_of(judged(mended))[0].tolist() == [1] * 5 + [3] + [1] * 14


def test_endless_values_fail():
    flag, tests = flags_of(judged(readings([0.0, np.inf, -np.inf, 0.0])))
    assert flag.tolist() == [1, 4, 4, 1]
    assert test_names(tests[1]) == ["range"]


def test_nothing_to_judge_gives_an_empty_table():
    assert judged(readings([])).shape == (0, 6)
    assert judge(readings([]), None, RULES).empty


def test_frames_without_columns_or_zones_are_refused():
    with pytest.raises(InputError, match="without flag"):
        judge(readings([1.0]).drop(columns="flag"), None, RULES)
    naive = readings([1.0])
    naive["phenomenon_time"] = naive["phenomenon_time"].dt.tz_localize(None)
    with pytest.raises(InputError, match="expected times with a zone"):
        judge(naive, None, RULES)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_missing_stays_missing_and_order_does_not_matter(seed):
    """Whatever else comes: NaN gets 9 and never a test; a shuffled frame gets the same."""
    rng = np.random.default_rng(seed)
    values = rng.choice([0.0, 0.03, 0.5, 9.0, np.nan, np.inf, -1.0], 60)
    rates = rng.choice([0.0, 1.0, 20.0, np.nan], (9, 60))
    frame = pd.concat(
        [readings(values), *[rain(row, station=f"G{i}") for i, row in enumerate(rates)]]
    ).sample(frac=0.9, random_state=seed)
    first = judge(frame, PLACE, RULES)
    second = judge(frame.sample(frac=1, random_state=seed + 1), PLACE, RULES)
    pd.testing.assert_frame_equal(first, second)
    merged = first.merge(frame, on=["station_id", "property", "phenomenon_time"])
    is_missing = merged["value"].isna()
    assert (merged.loc[is_missing, "flag_x"] == 9).all()
    assert (merged.loc[is_missing, "tests"] == 0).all()
    assert (merged.loc[~is_missing, "flag_x"] != 9).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_good_quiet_data_never_fail(seed):
    """Dry roads, calm levels, drizzle and uneven times: nothing is 4, almost nothing is 3."""
    rng = np.random.default_rng(seed)
    steps = 200
    drizzle = rng.choice([0.0, 0.0, 0.0, 0.5], steps)
    frame = pd.concat(
        [
            readings(np.zeros(steps)),
            readings(np.round(wave(steps, seed), 2), name="water_level"),
            *[rain(np.roll(drizzle, i), station=f"G{i}") for i in range(9)],
        ]
    )
    jitter = pd.to_timedelta(rng.integers(0, 240, len(frame)), unit="s")
    frame = frame.assign(
        phenomenon_time=frame["phenomenon_time"] + jitter,
        received_time=frame["received_time"] + pd.Timedelta("5min"),
    ).sample(frac=0.9, random_state=seed)
    flags = judge(frame, PLACE, RULES)["flag"]
    assert not (flags == 4).any()
    # drizzle by dice may leave one gauge dry for an hour among wet ones
    assert (flags == 3).mean() < 0.01


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_judging_a_window_with_its_history_gives_what_judging_all_gives(seed):
    """Late data: only from `lookahead` before to `history` after them need be judged again."""
    rng = np.random.default_rng(seed)
    steps = 6 * 24 * 5
    storm = np.where(rng.random(steps) < 0.02, rng.exponential(4, steps), 0)
    storm = np.round(np.convolve(storm, np.ones(9))[:steps] * 2) / 2
    depth = np.where(storm > 3, 0.2, 0.03) + rng.choice([0, 0, 0.001], steps)
    depth[rng.integers(0, steps, 4)] += 0.7
    level = 3 + np.convolve(storm, np.exp(-np.arange(50) / 10))[:steps] / 30
    level[300:500] = level[300]
    level[600:] += rng.choice([0, 0.9])
    frame = pd.concat(
        [
            readings(depth),
            readings(level, name="water_level"),
            *[rain(np.roll(storm, i), station=f"G{i}") for i in range(9)],
            rain(np.zeros(steps), station="G4", start=START + pd.Timedelta(days=2)),
        ]
    ).sample(frac=0.85, random_state=seed)
    start, end = START + pd.Timedelta(days=4), START + pd.Timedelta(days=4.3)
    reach = frame["phenomenon_time"].between(start - history(RULES), end + lookahead(RULES))
    columns = ["station_id", "property", "phenomenon_time"]

    def inside(verdicts):
        return verdicts[verdicts["phenomenon_time"].between(start, end)].reset_index(drop=True)

    whole, part = judge(frame, PLACE, RULES), judge(frame[reach], PLACE, RULES)
    pd.testing.assert_frame_equal(inside(whole), inside(part))
    assert not inside(whole).duplicated(columns).any()


def test_two_thousand_stations_for_a_day_are_judged_in_seconds():
    """A cycle of ten minutes has no time for more; the bound is ten times what was measured."""
    count, steps = 2000, 144
    places = stations(network(count, spacing=2.0, prefix="N"))
    kinds = ["rainfall_rate"] * 500 + ["water_depth"] * 700 + ["water_level"] * 800
    values = np.vstack([np.zeros((1200, steps)), [wave(steps, i) for i in range(800)]])
    frame = readings(values.ravel()).assign(
        station_id=np.repeat([f"N{i}" for i in range(count)], steps),
        property=np.repeat(kinds, steps),
    )
    for column in ("phenomenon_time", "received_time"):
        frame[column] = np.tile(frame[column][:steps], count)
    began = time.process_time()  # what other programs take is none of it
    verdicts = judge(frame, places, RULES)
    assert time.process_time() - began < 10
    assert len(verdicts) == count * steps
    assert (verdicts["flag"] == 1).all()

"""Stations judge each other: gauges amid gauges, levels up and down the river, radar above."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.twin.quality.quality_frames import (
    START,
    flags_of,
    network,
    rain,
    readings,
    stations,
)
from twin.errors import InputError
from twin.quality.flags import test_names
from twin.quality.judge import judge
from twin.quality.radar_gauge import radar_against_gauges
from twin.quality.rain_tests import accumulations_agree
from twin.quality.rules import read_rules

RULES = read_rules()
PLACES = stations(network(9))


def storm(steps, seed):
    return np.round(np.random.default_rng(seed).uniform(1, 4, steps) * 2) / 2


def gauges(middle, steps, around):
    """Nine gauges 3 km apart; the one in the middle sends something else."""
    frames = [rain(around(i), station=f"G{i}") for i in range(9) if i != 4]
    return pd.concat([*frames, rain(middle, station="G4")])


def test_a_gauge_that_stays_dry_amid_an_hour_of_rain_is_suspect():
    steps = 18
    flag, tests = flags_of(
        judge(gauges(np.zeros(steps), steps, lambda i: storm(steps, i)), PLACES, RULES), "G4"
    )
    assert flag.tolist() == [1] * 5 + [3] * 13
    assert test_names(tests[-1]) == ["faulty_zero"]


def test_the_gauges_in_the_rain_pass():
    verdicts = judge(gauges(np.zeros(18), 18, lambda i: storm(18, i)), PLACES, RULES)
    others = verdicts[verdicts["station_id"] != "G4"]
    assert (others["flag"] == 1).all()


def test_a_convective_cell_over_one_gauge_passes():
    """35 mm in half an hour, and nothing 3 km off."""
    cell = np.zeros(24)
    cell[10:13] = 15, 12, 8
    verdicts = judge(gauges(cell, 24, lambda _: np.zeros(24)), PLACES, RULES)
    assert (verdicts["flag"] == 1).all()


def test_hours_of_heavy_rain_over_one_gauge_alone_are_suspect():
    middle = np.where(np.arange(24) >= 6, 14 + np.arange(24) % 3, 0)
    flag, tests = flags_of(judge(gauges(middle, 24, lambda _: np.zeros(24)), PLACES, RULES), "G4")
    assert (flag[12:] == 3).all()
    assert test_names(tests[-1]) == ["high_influx"]


def test_a_gauge_with_too_few_neighbours_is_not_judged_by_them():
    few = stations(network(4))
    frame = pd.concat(
        [rain(storm(18, i), station=f"G{i}") for i in range(3)] + [rain(np.zeros(18), station="G3")]
    )
    assert (judge(frame, few, RULES)["flag"] == 1).all()


def test_a_gauge_that_sends_the_same_rain_for_hours_is_stuck():
    flag, tests = flags_of(judge(rain(np.full(30, 4.0)), None, RULES))
    assert flag.tolist() == [1] * 11 + [3] * 12 + [4] * 7
    assert test_names(tests[-1]) == ["flat_line"]


def river(upper, lower):
    places = stations({"U": (0, 0), "L": (0, -2)}, downstream=["L", None])
    frame = pd.concat(
        [readings(v, station=s, name="water_level") for s, v in (("U", upper), ("L", lower))]
    )
    return judge(frame, places, RULES)


def test_water_does_not_flow_uphill_and_the_one_that_moved_is_suspect():
    calm = 5 + 0.02 * np.sin(np.arange(100) / 9)
    sunk = calm + 1.0 - np.r_[np.zeros(60), np.minimum(np.arange(40) * 0.1, 2.0)]
    verdicts = river(sunk, calm)
    assert flags_of(verdicts, "U")[0][:70].max() == 1
    flag, tests = flags_of(verdicts, "U")
    assert flag[-1] == 3
    assert "neighbours" in test_names(tests[-1])
    assert (flags_of(verdicts, "L")[0] == 1).all()


def test_backwater_that_levels_the_river_passes():
    upper = 6 + 0.02 * np.sin(np.arange(100) / 9)
    lower = 5 + np.r_[np.zeros(50), np.minimum(np.arange(50) * 0.05, 1.2)]
    assert (river(upper, lower)["flag"] == 1).all()


def test_rain_of_ten_minutes_is_not_more_than_that_of_an_hour():
    table = pd.DataFrame(
        {600: [2, 5, np.nan, 0, 1], 3600: [2, 3, 9, np.nan, 4], 10800: [5, 9, 8, np.nan, 4]}
    )
    flags, longest = accumulations_agree(table * 1e-3)
    assert flags.tolist() == [1, 3, 3, 2, 1]
    assert longest.tolist() == [10800, 600, 3600, 600, 10800]


def test_rounding_of_the_source_is_no_contradiction():
    flags, _ = accumulations_agree(pd.DataFrame({600: [5.04e-3], 3600: [5.0e-3]}))
    assert flags.tolist() == [1]


def test_a_real_snapshot_of_gauges_agrees_with_itself(shared_data):
    """142 gauges of one real answer of CWA."""
    lengths = {"Past10Min": 600, "Past1hr": 3600, "Past3hr": 10800, "Past6hr": 21600}
    document = json.loads((shared_data / "taiwan" / "cwa_rain_20230605.json").read_text())
    rows = [
        {
            seconds: station["RainfallElement"][name]["Precipitation"] * 1e-3
            for name, seconds in lengths.items()
        }
        for station in document["records"]["Station"]
    ]
    flags, _ = accumulations_agree(pd.DataFrame(rows))
    assert flags.size == 142
    assert (flags == 1).all()


def rain_fields(factor_of, steps=30, count=8):
    """Gauges and the radar above them; the radar sees half of everything."""
    rng = np.random.default_rng(0)
    gauge, radar = [], []
    for i in range(count):
        mm = rng.gamma(2, 1.0, steps)
        gauge.append(rain(mm * factor_of(i), station=f"G{i}"))
        radar.append(rain(mm * 0.5 * rng.lognormal(0, 0.3, steps), station=f"G{i}"))
    return pd.concat(gauge, ignore_index=True), pd.concat(radar, ignore_index=True)


def test_a_radar_that_sees_half_condemns_no_gauge():
    gauge, radar = rain_fields(lambda _: 1.0)
    table = radar_against_gauges(gauge, radar)
    assert set(table["flag"]) == {1, 2}
    assert table["common"].iloc[-1] == pytest.approx(2.0, rel=0.15)


@pytest.mark.parametrize("factor", [0.0, 0.1, 10.0])
def test_a_blocked_or_a_wild_gauge_is_suspect_against_the_radar(factor):
    gauge, radar = rain_fields(lambda i: factor if i == 3 else 1.0)
    table = radar_against_gauges(gauge, radar).assign(station_id=gauge["station_id"])
    last = table.groupby("station_id").last()
    assert last["flag"]["G3"] == 3
    assert (last["flag"].drop("G3") == 1).all()


def test_where_the_radar_is_missing_nothing_is_said():
    gauge, radar = rain_fields(lambda _: 1.0)
    table = radar_against_gauges(gauge, radar[radar["station_id"] != "G0"])
    assert (table.loc[gauge["station_id"] == "G0", "flag"] == 2).all()
    assert (radar_against_gauges(gauge, radar[:0])["flag"] == 2).all()
    with pytest.raises(InputError, match="radar without value"):
        radar_against_gauges(gauge, radar.drop(columns="value"))


def test_flagged_values_reach_neither_the_rain_nor_the_forecast():
    """R-06: the reader of the forecast takes the verdict and leaves the gauge out."""
    from hydrology.rainfall.observed import known_rain

    frame = gauges(np.zeros(18), 18, lambda i: storm(18, i)).reset_index(drop=True)
    verdicts = judge(frame, PLACES, RULES)
    key = ["source_id", "station_id", "property", "phenomenon_time"]
    flagged = frame.drop(columns="flag").merge(verdicts, on=key)
    issue = (START + pd.Timedelta("4h")).tz_localize(None).to_datetime64()
    known = known_rain(flagged, PLACES, issue)
    dry = known[known["station_id"] == "G4"]
    assert len(known) == 9 * 18 - 13
    assert dry["phenomenon_time"].max() < START + pd.Timedelta("1h")

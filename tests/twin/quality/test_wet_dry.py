"""Wet or dry: onset and recession, sensors and cameras that confirm each other, clocks."""

import numpy as np
import pandas as pd
import pytest

from tests.twin.quality.quality_frames import START, readings, stations
from twin.errors import InputError
from twin.quality.clocks import clock_skews, reporting_gaps
from twin.quality.confirm import METHODS, Method, confirm
from twin.quality.rules import read_rules
from twin.quality.wet_dry import says_only_wet_or_dry, to_wet_dry, wet_spells


def minute(count):
    return START + pd.Timedelta(minutes=count)


def test_onset_lies_between_the_last_dry_and_the_first_wet_reading():
    spells = wet_spells(readings([0, 0, 1, 1, 1, 0, 0], name="is_wet"))
    row = spells.iloc[0]
    assert (row["onset_after"], row["onset"]) == (minute(10), minute(20))
    assert (row["wet_until"], row["recession"]) == (minute(40), minute(50))
    assert (row["readings"], row["is_open"], len(spells)) == (3, False, 1)


def test_a_spell_that_goes_on_is_open_and_has_no_recession():
    row = wet_spells(readings([0, 1, 1], name="is_wet")).iloc[0]
    assert row["is_open"]
    assert pd.isna(row["recession"])


def test_a_silence_hides_onset_and_recession():
    frame = pd.concat(
        [
            readings([0, 0], name="is_wet"),
            readings([1, 1], name="is_wet", start=minute(200)),
            readings([0], name="is_wet", start=minute(500)),
        ]
    )
    row = wet_spells(frame).iloc[0]
    assert pd.isna(row["onset_after"])
    assert row["onset"] == minute(200)
    assert pd.isna(row["recession"])
    assert not row["is_open"]


def test_missing_and_flagged_readings_say_nothing():
    frame = readings([0, np.nan, 1, 1, 0], name="is_wet")
    frame.loc[2, "flag"] = 3
    row = wet_spells(frame).iloc[0]
    assert (row["onset_after"], row["onset"]) == (minute(0), minute(30))


def test_a_flicker_is_no_spell_when_two_readings_must_agree():
    frame = readings([0, 1, 0, 0, 1, 1, 0, 1, 0, 0], name="is_wet")
    assert len(wet_spells(frame)) == 3
    spells = wet_spells(frame, confirm=2)
    assert spells["onset"].tolist() == [minute(40)]
    assert spells["wet_until"].tolist() == [minute(70)]


def test_no_readings_have_no_spells():
    assert wet_spells(readings([], name="is_wet")).empty
    assert wet_spells(readings([0, 0], name="is_wet")).empty


def test_a_sensor_with_two_depths_says_only_wet_or_dry():
    frame = pd.concat(
        [
            readings([0, 0.1, 0.1, 0, 0.1], station="switch"),
            readings([0, 0.05, 0.12, 0], station="post"),
            readings([0, 0.1], station="young"),
        ]
    )
    found = says_only_wet_or_dry(frame)
    assert found["station_id"].tolist() == ["switch"]
    assert found["wet_value"].tolist() == [0.1]
    assert found["changes"].tolist() == [3]


def test_depth_becomes_wet_dry_and_missing_stays_missing():
    wet = to_wet_dry(readings([0.0, 0.02, 0.2, np.nan]))
    assert (wet["property"] == "is_wet").all()
    np.testing.assert_array_equal(wet["value"], [0, 0, 1, np.nan])


PLACES = stations({"sensor": (0, 0), "camera": (0.03, 0), "far": (5, 0), "man": (0.02, 0.02)})


def look(station, method, wet, at=0, flag=1):
    return readings([wet], station=station, name="is_wet", start=minute(at), flag=flag).assign(
        method=method
    )


def weigh(*looks):
    return confirm(pd.concat(looks, ignore_index=True), PLACES)


def test_a_sensor_and_a_camera_that_agree_confirm_each_other():
    alone = weigh(look("sensor", "sensor", 1))
    both = weigh(look("sensor", "sensor", 1), look("camera", "camera", 1, 5))
    assert alone["status"].tolist() == ["alone"]
    assert both["status"].tolist() == ["confirmed", "confirmed"]
    odds = 0.1 / 0.9 * (0.95 / 0.02) * (0.85 / 0.05)
    assert both["probability"].tolist() == pytest.approx([odds / (1 + odds)] * 2)
    assert both["probability"][0] > alone["probability"][0]


def test_a_camera_that_sees_a_dry_road_contradicts_a_wet_sensor():
    table = weigh(look("sensor", "sensor", 1), look("camera", "camera", 0, 5))
    assert table["status"].tolist() == ["contradicted", "contradicted"]
    assert table["probability"][0] < weigh(look("sensor", "sensor", 1))["probability"][0]


def test_two_against_one_contradict_only_the_one():
    table = weigh(
        look("sensor", "sensor", 1), look("camera", "camera", 0, 5), look("man", "report", 0, 6)
    )
    assert table["status"].tolist() == ["contradicted", "open", "open"]


def test_what_is_far_away_or_long_ago_has_no_say():
    table = weigh(
        look("sensor", "sensor", 1), look("far", "camera", 0), look("camera", "camera", 0, 60)
    )
    assert set(table["status"]) == {"alone"}


def test_one_camera_counts_once_by_its_nearest_look():
    table = weigh(
        look("sensor", "sensor", 1, 10), *[look("camera", "camera", 1, at) for at in (4, 8, 16)]
    )
    assert table["agree"].tolist() == [1, 1, 1, 1]


def test_flagged_and_missing_looks_have_no_say():
    table = weigh(
        look("sensor", "sensor", 1),
        look("camera", "camera", 0, 5, 3),
        look("man", "report", np.nan),
    )
    assert table["status"].tolist() == ["alone", "not usable", "not usable"]
    assert table["probability"][1:].isna().all()


def test_unknown_methods_and_blind_observers_are_refused():
    with pytest.raises(InputError, match="observations by dog"):
        weigh(look("sensor", "dog", 1))
    blind = {**METHODS, "sensor": Method(0.5, 0.5)}
    with pytest.raises(InputError, match="false alarms < hits"):
        confirm(look("sensor", "sensor", 1), PLACES, methods=blind)


def test_a_skewed_clock_is_recognised_and_an_offset_of_the_host_is_not_its_fault():
    """R-03: one sensor 10 minutes ahead, one behind, and a host that is 5 minutes off."""
    frames = [readings(np.zeros(20), station=f"S{i}") for i in range(6)]
    for index, minutes in ((1, 10), (2, -10)):
        frames[index]["phenomenon_time"] += pd.Timedelta(minutes=minutes)
    frame = pd.concat(frames)
    frame["received_time"] += pd.Timedelta("5min")
    table = clock_skews(frame).set_index("station_id")
    assert table.index[table["is_skewed"]].tolist() == ["S1", "S2"]
    assert table["skew"][["S1", "S2"]].tolist() == [600, -600]


def test_little_evidence_skews_no_clock():
    frames = [readings(np.zeros(5), station=f"S{i}") for i in range(3)]
    frames[0]["phenomenon_time"] -= pd.Timedelta("1h")
    assert not clock_skews(pd.concat(frames))["is_skewed"].any()


def test_silence_is_listed_with_what_is_missing():
    frame = readings(np.r_[np.zeros(4), np.full(5, np.nan), np.zeros(3)])
    gaps = reporting_gaps(frame.drop(index=5), read_rules())
    assert gaps[["start", "end"]].iloc[0].tolist() == [minute(30), minute(90)]
    assert gaps["missing"].tolist() == [5]
    assert reporting_gaps(readings(np.zeros(9)), read_rules()).empty

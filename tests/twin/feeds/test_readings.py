"""Rows of any source become canonical, by the contract of that source and no other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.feeds.cwa_gauges import SPEC as CWA
from twin.feeds.readings import parsed
from twin.observations.store import MISSING, ObservationStore

RECEIVED = pd.Timestamp("2026-06-28T10:00Z")
ROW = {
    "station_id": "a",
    "time": "2026-06-28T17:50:00",
    "property": "rainfall_rate",
    "value": 6.0,
    "unit": "mm",
}
IN_REPAIR = replace(CWA, name="other", sentinels={-98.0: (np.nan, MISSING)}, words={})


def read(*rows, spec=CWA, **more):
    return parsed([ROW | row for row in rows], spec, RECEIVED, **more)


def test_the_table_of_each_source_wins():
    """D-02: -98 is no rain for one and a repair for the other."""
    values = [read({"value": "-98"}, spec=spec).readings for spec in (CWA, IN_REPAIR)]
    assert [frame["flag"][0] for frame in values] == [1, 9]
    assert values[0]["value"][0] == 0.0
    assert np.isnan(values[1]["value"][0])


@given(
    st.dictionaries(
        st.integers(-10000, -1).map(float), st.just((np.nan, MISSING)), min_size=1, max_size=5
    ),
    st.data(),
)
def test_no_sentinel_ever_reaches_a_value(sentinels, data):
    """D-01, for any table of any source and any way to write a number."""
    number = data.draw(st.sampled_from(sorted(sentinels)))
    form = data.draw(st.sampled_from(["{}", "{:.0f}", "{:.3f}", "{:e}", " {} ", "{:+}"]))
    spec = replace(IN_REPAIR, sentinels=sentinels)
    frame = read({"value": form.format(number)}, {"value": number}, spec=spec).readings
    if float(form.format(number)) == number:
        assert frame["value"].isna().all()
        assert frame["flag"].tolist() == [9, 9]


@pytest.mark.parametrize(
    ("sent", "value", "flag"),
    [
        (None, np.nan, 9),
        ("", np.nan, 9),
        (float("nan"), np.nan, 9),
        ("null", np.nan, 9),
        ("-", np.nan, 9),
        (" -- ", np.nan, 9),
        ("N/A", np.nan, 9),
        ("None", np.nan, 9),
        (0, 0.0, 1),
        ("0", 0.0, 1),
        (-0.5, -0.5e-3 / 600, 4),
        ("1e3", 1e3 * 1e-3 / 600, 4),
    ],
)
def test_missing_is_no_zero_and_zero_is_not_missing(sent, value, flag):
    frame = read({"value": sent}).readings
    np.testing.assert_allclose(frame["value"], [value])
    assert frame["flag"].tolist() == [flag]


@pytest.mark.parametrize(
    "sent", ["inf", float("inf"), "1e400", 10**400, True, [1], {"a": 1}, "wet"]
)
def test_what_is_no_number_is_rejected(sent):
    assert read({"value": sent}).counts["reasons"] == {"unreadable value": 1}


def test_a_row_of_the_future_is_kept_out_and_never_the_latest(tmp_path):
    """D-08: a gauge in Kaohsiung that lives in 2027."""
    result = read({"time": "2027-06-19T17:50:00", "value": 99}, {})
    assert result.counts["reasons"] == {"time in the future": 1}
    assert "2027-06-19" in result.counts["samples"]["time in the future"]
    store = ObservationStore(tmp_path / "store")
    store.append(result.readings)
    latest = store.latest()
    assert latest["phenomenon_time"].tolist() == [pd.Timestamp("2026-06-28T09:50Z")]


@pytest.mark.parametrize(("skew", "kept"), [(600.0, 1), (599.0, 0)])
def test_a_clock_may_run_ahead_as_far_as_its_contract_says(skew, kept):
    """D-08: ten minutes ahead."""
    spec = replace(CWA, allowed_skew_seconds=skew)
    assert read({"time": "2026-06-28T18:10:00"}, spec=spec).counts["kept"] == kept


def test_the_flag_of_the_adapter_stays_unless_a_worse_one_comes():
    """D-09."""
    rows = [{"flag": 3}, {"flag": 3, "value": None}, {"flag": 3, "value": -5}, {}]
    assert read(*rows).readings["flag"].tolist() == [3, 9, 4, 1]


def test_a_number_too_small_for_its_unit_is_suspect():
    """D-09."""
    spec = replace(CWA, least_nonzero={"mm": 0.1})
    flags = read({"value": 0.05}, {"value": -0.05}, {"value": 0}, {"value": 0.1}, spec=spec)
    assert flags.readings["flag"].tolist() == [3, 4, 1, 1]


def test_ids_and_times_stay_as_sent_beside_a_row_without():
    """D-07: no number becomes 12.0 because another row has none."""
    result = read({"station_id": 12, "time": 202606281750}, {"station_id": None}, {"time": None})
    frame = result.readings
    assert frame["station_id"].tolist() == ["12"]
    assert frame["phenomenon_time"].tolist() == [pd.Timestamp("2026-06-28T09:50Z")]
    assert result.counts["rejected"] == 2


def test_positions_are_checked_and_never_made_up():
    """D-10: a longitude of 23 north is one changed over; a 0 and nothing are none."""
    places = [(120.5, 23.5), (23.5, 120.5), (0, 0), (None, None), ("x", 1), (999, 999)]
    places += [(0, 23.5), (120.5, "0.0")]
    rows = [
        {"station_id": str(number), "longitude": x, "latitude": y}
        for number, (x, y) in enumerate(places)
    ]
    result = read({}, stations=rows)
    assert result.stations["station_id"].tolist() == ["0", "1"]
    assert [point.coords[0] for point in result.stations.geometry] == [(120.5, 23.5)] * 2
    assert result.counts["positions"] == {"no usable position": 6, "position swapped": 1}


@pytest.mark.parametrize(
    ("property", "sent", "kept"),
    [
        ("water_level", (-998.0,), ()),
        ("water_level", (3.0, -0.5, -99.0), (3.0, -0.5)),
        ("water_depth", (-0.99, -0.99), ()),
        ("water_depth", (0.3, 0.0), (0.3,)),
    ],
)
def test_an_alert_level_that_was_never_set_is_none(property, sent, kept):
    """D-09: a threshold of -998 m would warn for ever."""
    row = {"station_id": "a", "property": property, "longitude": 120.5, "latitude": 23.5}
    stations = read({}, stations=[row | {"alert_levels": sent}]).stations
    assert list(stations["alert_levels"]) == [kept]


def test_reading_is_a_pure_function_of_bytes_and_receipt():
    pd.testing.assert_frame_equal(read({}).readings, read({}).readings)
    assert parsed([], CWA, RECEIVED).outcome == "empty"
    assert read({}).outcome == "ok"

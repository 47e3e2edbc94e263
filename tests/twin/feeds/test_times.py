"""Every form of a time is read, and what is none never becomes one."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.feeds.times import EARLIEST, LATEST, read_time, read_times

ZONE = "Asia/Taipei"


@pytest.mark.parametrize(
    ("sent", "utc"),
    [
        ("2026-07-12T11:45:35+08:00", "2026-07-12T03:45:35"),
        ("2026-07-12T11:45:35+0800", "2026-07-12T03:45:35"),
        ("2021-12-22T01:02:00.000Z", "2021-12-22T01:02:00"),
        ("2026-07-12T03:20:00", "2026-07-11T19:20:00"),
        ("2026-07-12 03:20", "2026-07-11T19:20:00"),
        ("2026/6/27 11:50", "2026-06-27T03:50:00"),
        ("202606271150", "2026-06-27T03:50:00"),
        ("20260627115030", "2026-06-27T03:50:30"),
        ("20260627T115030Z", "2026-06-27T11:50:30"),
        ("/Date(1782639600000)/", "2026-06-28T09:40:00"),
        ("/Date(1782639600000+0800)/", "2026-06-28T09:40:00"),
        ("1782639600", "2026-06-28T09:40:00"),
        ("1782639600000", "2026-06-28T09:40:00"),
        ("1782639600000.0", "2026-06-28T09:40:00"),
        ("2026/7/7 下午 11:24:00", "2026-07-07T15:24:00"),
        ("2026/7/7 下午 12:05:00", "2026-07-07T04:05:00"),
        ("2026/7/7 上午 12:05:00", "2026-07-06T16:05:00"),
        ("2026/7/7 上午 09:05", "2026-07-07T01:05:00"),
        ("2026/6/27 11:00:00 PM", "2026-06-27T15:00:00"),
        ("115/07/12 08:00:00", "2026-07-12T00:00:00"),
        ("115/07/12", "2026-07-11T16:00:00"),
        ("民國115年7月12日 8時30分", "2026-07-12T00:30:00"),
        ("1150712", "2026-07-11T16:00:00"),
        ("1150712083000", "2026-07-12T00:30:00"),  # as milliseconds it would be 2006
        ("1150712 0830", "2026-07-12T00:30:00"),
        ("20260712 0830", "2026-07-12T00:30:00"),
        ("202607120830.0", "2026-07-12T00:30:00"),
        ("中華民國115年7月12日 8時30分", "2026-07-12T00:30:00"),
        ("2026-07-12T24:00:00", "2026-07-12T16:00:00"),
        ("12.07.2026 08:30", "2026-07-12T00:30:00"),
        ("1.7.2026, 8:05:10", "2026-07-01T00:05:10"),
        ("31.12.2026", "2026-12-30T16:00:00"),
    ],
)
def test_a_form_is_read(sent, utc):
    """D-07."""
    expected = pd.Timestamp(utc, tz="UTC")
    assert read_time(sent, ZONE) == expected
    assert read_times(pd.Series([sent, "x"]), ZONE)[0] == expected


@pytest.mark.parametrize(
    "sent",
    [
        *("", "soon", "null", "0", "-5", "26/07/12 10:00", "12/07/2026"),
        *("0001-01-01T00:00:00", "9999-12-31T00:00:00Z", "99999999999999999999", "1e300"),
        *("13.13.2026 10:00", "07.12.26", "1.2026"),
        *("115071211", "178263960", "178263960000"),
        *("2026-02-30T00:00:00", "2026-13-01 10:00", "2026-07-12T25:00", "2026-07-12T11:60"),
        *("2026/7/7 上午 13:00", "2026-07-12T11:45:35+25:00", "/Date(999999999999999)/"),
    ],
)
def test_what_is_no_time_stays_none(sent):
    """D-07: out of range or unreadable is rejected, never now."""
    assert pd.isna(read_time(sent, ZONE))
    assert read_times(pd.Series([sent]), ZONE).isna().all()


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NaT])
def test_nothing_among_times_takes_none_of_theirs(nothing):
    """D-07."""
    texts = pd.Series(["2026-07-12T11:45:35Z", nothing, "2026-07-12T11:50:00Z"], dtype=object)
    assert read_times(texts, ZONE).isna().tolist() == [False, True, False]


def test_a_source_may_count_on_the_local_clock():
    """D-07: seconds of the wall clock in Penghu are 8 hours ahead."""
    assert read_time("1782639600000", ZONE, True) == pd.Timestamp("2026-06-28T01:40Z")


def test_hours_that_the_clocks_skip_or_repeat_are_no_times():
    texts = pd.Series(["2026-03-29T02:30:00", "2026-10-25 02:30", "2026-10-25T02:30:00+02:00"])
    assert read_times(texts, "Europe/Amsterdam").isna().tolist() == [True, True, False]


@given(st.lists(st.text(max_size=30) | st.from_regex(r"\d{3,14}([/: -]\d{1,2}){0,5}"), max_size=5))
def test_no_text_raises_and_all_times_can_be(texts):
    times = read_times(pd.Series(texts, dtype=object), ZONE)
    assert len(times) == len(texts)
    assert ((times >= EARLIEST) & (times < LATEST) | times.isna()).all()
    assert times.dtype == "datetime64[ns, UTC]"

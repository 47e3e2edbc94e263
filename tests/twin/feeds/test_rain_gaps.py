"""Midnight is no negative rain, and a gap over it is bounded, not guessed."""

import json

import numpy as np
import pandas as pd
import pytest

from twin.feeds.cwa_gauges import ADAPTER
from twin.feeds.rain_gaps import rain_between


def readings(*sent):
    """Answers of the service: (local time, sum since midnight, sum of the last hour) [mm]."""
    frames = []
    for time, day, hour in sent:
        elements = {"Now": day, "Past1hr": hour}
        station = {
            "StationId": "C0M760",
            "ObsTime": {"DateTime": f"{time}+08:00"},
            "RainfallElement": {name: {"Precipitation": value} for name, value in elements.items()},
        }
        content = json.dumps({"records": {"Station": [station]}}).encode()
        received = pd.Timestamp(time, tz="Asia/Taipei").tz_convert("UTC")
        frames.append(ADAPTER.read(content, received).readings)
    return pd.concat(frames)


@pytest.mark.parametrize(
    ("before", "after", "least", "most"),
    [
        (("2026-07-11T10:00", "4.0", "1.0"), ("2026-07-11T10:40", "9.5", "6.0"), 5.5, 5.5),
        (("2026-07-11T23:50", "49.0", "3.5"), ("2026-07-12T00:00", "49.5", "3.0"), 0.5, 0.5),
        (("2026-07-12T00:00", "49.5", "3.0"), ("2026-07-12T00:10", "0.5", "2.0"), 0.5, 2.0),
        (("2026-07-11T23:50", "49.0", "3.5"), ("2026-07-12T00:20", "0.5", "3.0"), 0.5, 3.0),
        (("2026-07-11T23:50", "0.0", "0.0"), ("2026-07-12T00:20", "0.5", "0.5"), 0.5, 0.5),
        (("2026-07-11T22:00", "49.0", "3.5"), ("2026-07-12T00:20", "0.5", "3.0"), 0.5, np.nan),
        (("2026-07-11T10:00", "4.0", "1.0"), ("2026-07-11T10:10", "0.5", "1.5"), 0.5, 1.5),
        (("2026-07-11T23:50", "49.0", "3.5"), ("2026-07-12T00:20", "0.5", "-99"), 0.5, np.nan),
    ],
)
def test_a_gap_is_bounded(before, after, least, most):
    """D-04."""
    (gap,) = rain_between(readings(before, after), "Asia/Taipei").to_dict("records")
    np.testing.assert_allclose([gap["least"], gap["most"]], [least / 1e3, most / 1e3], atol=1e-12)


def test_a_missing_sum_bounds_nothing_and_order_does_not_matter():
    sent = [
        ("2026-07-11T10:00", "4.0", "1.0"),
        ("2026-07-11T10:10", "-99", "1.0"),
        ("2026-07-11T10:20", "6.0", "1.0"),
    ]
    (gap,) = rain_between(readings(*sent[::-1]), "Asia/Taipei").to_dict("records")
    assert gap["end"] - gap["start"] == pd.Timedelta(minutes=20)
    assert gap["least"] == pytest.approx(2e-3)


def test_no_readings_have_no_gaps():
    assert rain_between(readings(("2026-07-11T10:00", "-99", "-99")), "Asia/Taipei").empty

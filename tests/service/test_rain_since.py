"""A forecast that its own rain gauges have overtaken says so, and silence is never zero rain."""

import json
import shutil

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from service.runs import RunStore
from service.web.api import create_app
from service.web.clock import Clock
from service.web.rain_since import judged, verdict_of
from twin.observations.store import ObservationStore

RAIN = "/api/cities/bowl/runs/latest/rain"
ISSUED = pd.Timestamp("2026-11-20T07:00:00")
QUANTILES = {"mean_p10_mm_h": 20.0, "mean_p50_mm_h": 30.0, "mean_p90_mm_h": 40.0}


def _iso(minutes):
    return f"{ISSUED + pd.Timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def _interval(minutes, **more):
    empty = {"mean_mm_h": None, **dict.fromkeys(QUANTILES)}
    ends = {"time": _iso(minutes), "until": _iso(minutes + 10)}
    return {**ends, "source": "gauges", **empty, "max_mm_h": 45.0} | more


def _publish(data, kind="forecast"):
    """A run that has nothing but its rain: half an hour measured, an hour expected."""
    rows = [_interval(at, kind="measured", mean_mm_h=25.0) for at in range(-30, 0, 10)]
    rows += [_interval(at, kind="expected", **QUANTILES) for at in range(0, 60, 10)]
    with RunStore(data / "runs" / "bowl").new_run() as run:
        (run.folder / "rain.json").write_text(json.dumps(rows))
        about = {"kind": kind, "city": {"name": "bowl"}, "issue_time": _iso(0)}
        run.publish({**about, "products": {"rain": "rain.json"}})


def _fill(data, rates, late=2, flag=2):
    """Keep rates {end in minutes after the issue time: those of R1, R2, R3 [mm/h] or None}."""
    rows = [
        (f"R{gauge}", ISSUED + pd.Timedelta(minutes=end), rate / 3.6e6)
        for end, each in rates.items()
        for gauge, rate in enumerate(each, start=1)
        if rate is not None
    ]
    frame = pd.DataFrame(rows, columns=["station_id", "phenomenon_time", "value"])
    frame["phenomenon_time"] = frame["phenomenon_time"].dt.tz_localize("UTC")
    frame = frame.assign(
        source_id="test",
        property="rainfall_rate",
        received_time=frame["phenomenon_time"] + pd.Timedelta(minutes=late),
        raw_value=frame["value"].astype(str),
        raw_unit="m/s",
        flag=flag,
    )
    (data / "stores").mkdir(exist_ok=True)
    ObservationStore(data / "stores" / "bowl").append(frame)


@pytest.fixture
def data(tmp_path, bowl):
    """Data folder of the bowl with a forecast and no readings yet."""
    shutil.copytree(bowl, tmp_path / "cities" / "bowl")
    _publish(tmp_path)
    return tmp_path


def _since(data, minutes):
    """What the service says so many minutes after the issue time."""
    answer = TestClient(create_app(data, clock=Clock(_iso(minutes)))).get(RAIN)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["since"]


@pytest.mark.parametrize(
    ("mean", "low", "high", "verdict"),
    [
        (110.0, 28.0, 53.0, "beaten"),
        (66.3, 28.0, 53.0, "beaten"),  # a quarter more, and just so
        (66.2, 28.0, 53.0, "within"),
        (3.0, 0.0, 1.0, "beaten"),  # of little rain, 2 mm/h more
        (2.9, 0.0, 1.0, "within"),
        (2.0, 0.0, 0.0, "beaten"),  # nobody expected any
        (21.0, 28.0, 53.0, "spared"),
        (21.1, 28.0, 53.0, "within"),
        (0.0, 1.9, 5.0, "within"),
        (0.0, 2.0, 5.0, "spared"),
        (40.0, None, None, None),
    ],
)
def test_an_interval_is_beaten_beyond_the_quantile_by_2_mm_h_and_a_quarter(
    mean, low, high, verdict
):
    assert judged(mean, low, high, heard=6, gauges=6) == verdict


def test_fewer_than_half_of_the_gauges_beat_nothing():
    assert judged(110.0, 28.0, 53.0, heard=3, gauges=6) == "beaten"
    assert judged(110.0, 28.0, 53.0, heard=2, gauges=6) is None
    assert judged(110.0, 28.0, 53.0, heard=3, gauges=7) is None


def test_one_beaten_interval_counts_whatever_came_after_it():
    def rows(*verdicts):
        return [{"verdict": verdict, "at": at} for at, verdict in enumerate(verdicts)]

    assert verdict_of(rows("beaten", "within", "spared")) == (
        "beaten",
        {"verdict": "beaten", "at": 0},
    )
    assert verdict_of(rows("beaten", "beaten", None))[1]["at"] == 1
    assert verdict_of(rows("within", "spared"))[0] == "spared"
    assert verdict_of(rows("spared", "within", None))[0] == "within"
    assert verdict_of(rows(None)) == (None, None)
    assert verdict_of([]) == (None, None)


def test_gauges_beyond_what_was_expected_beat_the_forecast_in_one_sentence(data):
    _fill(data, {0: (30, 30, 31), 10: (28, 35, 33), 20: (60, 75, 84), 30: (80, 95, 99)})
    since = _since(data, 27)
    assert [(row["mean_mm_h"], row["verdict"]) for row in since["intervals"]] == [
        (32.0, "within"),  # the reading of the end of an interval speaks for it
        (73.0, "beaten"),
    ]
    assert (since["verdict"], since["gauges"], since["reason"]) == ("beaten", 3, None)
    assert since["speaks"] == since["intervals"][1]
    assert since["speaks"]["time"] == _iso(10)
    assert _iso(27) <= since["as_of"] < _iso(40)
    assert since["sentence"] == (
        "gauges exceed this forecast: 73 mm/h measured, 20 to 40 expected (07:10 to 07:20 UTC, "
        "mean of 3 of 3 gauges); flooding may come sooner and deeper"
    )


def test_less_rain_than_expected_is_told_without_calling_anything_off(data):
    _fill(data, {10: (21, 30, 24), 20: (5, 8, 2)})
    since = _since(data, 25)
    assert since["verdict"] == "spared"
    assert "measured less than this forecast expected: 5.0 mm/h measured" in since["sentence"]
    assert "flooding" not in since["sentence"]


def test_only_what_the_clock_has_reached_is_known(data):
    _fill(data, {10: (75, 80, 84)}, late=2)
    _fill(data, {20: (75, 90, 84)}, late=12)
    assert _since(data, 5)["intervals"] == []
    assert "no interval" in _since(data, 5)["reason"]
    none_heard = _since(data, 10)
    assert (none_heard["intervals"], none_heard["verdict"]) == ([], None)
    assert "none of 3 rain gauges" in none_heard["reason"]
    assert len(_since(data, 25)["intervals"]) == 1
    assert len(_since(data, 40)["intervals"]) == 2
    days_later = _since(data, 5 * 24 * 60)
    assert len(days_later["intervals"]) == 2


def test_silent_and_doubted_gauges_are_neither_zero_nor_heard(data):
    _fill(data, {10: (70, 80, None), 30: (None, None, 90)})
    _fill(data, {10: (None, None, 400)}, flag=4)
    rows = _since(data, 35)["intervals"]
    assert [(row["time"], row["mean_mm_h"], row["gauges_heard"]) for row in rows] == [
        (_iso(0), 75.0, 2),
        (_iso(20), 90.0, 1),
    ]
    assert [row["verdict"] for row in rows] == ["beaten", None]


def test_without_a_store_and_for_a_run_that_is_no_forecast_nothing_is_said(data):
    since = _since(data, 30)
    assert (since["intervals"], since["verdict"], since["sentence"]) == ([], None, None)
    assert "floodtwin ingest" in since["reason"]
    _fill(data, {10: (75, 80, 84)})
    _publish(data, kind="simulate")
    assert _since(data, 30) is None


def test_readings_that_cannot_be_read_do_not_hide_the_forecast(data):
    _fill(data, {10: (75, 80, 84)})
    (data / "cities" / "bowl" / "quality.toml").write_text("rainfall_rate = 3\n")
    since = _since(data, 30)
    assert since["intervals"] == []
    assert since["verdict"] is None
    assert "quality.toml" in since["reason"]

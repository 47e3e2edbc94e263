"""The issue time of a forecast follows the gauges, and no single clock."""

import pandas as pd
import pytest

from service.cycle.issue_time import find_issue_time
from twin.errors import MissingError
from twin.observations.store import COLUMNS, ObservationStore

NOON = pd.Timestamp("2026-05-01T12:00Z")
GAUGES = ["A", "B", "C"]


def reading(station, minutes, received=1.0, value=1e-6, flag=1):
    """One row: `minutes` after noon, received `received` minutes after that."""
    time = NOON + pd.Timedelta(minutes=minutes)
    late = pd.Timedelta(minutes=received)
    keys = ("sample", station, "rainfall_rate")
    return (*keys, time, time + late, value, str(value), "mm/h", flag)


def issued(folder, *rows, stations=GAUGES):
    store = ObservationStore(folder)
    store.append(pd.DataFrame(rows, columns=list(COLUMNS)))
    return find_issue_time(store, stations)


def hours_of_rain():
    return [reading(name, minutes) for name in GAUGES for minutes in range(-120, 1, 10)]


def test_all_gauges_that_agree_give_the_receipt_of_their_newest_reading(tmp_path):
    issue = issued(tmp_path, *hours_of_rain())
    assert issue.moment == pd.Timestamp("2026-05-01T12:01")
    assert issue.degraded == ()


@pytest.mark.parametrize("ahead", [50, 90, 24 * 60, 72 * 365 * 24 * 60])
def test_one_clock_ahead_moves_no_forecast(tmp_path, ahead):
    issue = issued(tmp_path, *hours_of_rain(), reading("A", ahead))
    assert issue.moment == pd.Timestamp("2026-05-01T12:01")
    assert len(issue.degraded) == (1 if ahead > 60 else 0)
    assert all("1 gauge ahead of all others" in line for line in issue.degraded)


def test_a_late_copy_does_not_delay_the_forecast(tmp_path):
    rows = [row for row in hours_of_rain() if row[1:2] != ("A",)]
    issue = issued(tmp_path, *rows, reading("A", -10), reading("A", 0, received=300))
    assert issue.moment == pd.Timestamp("2026-05-01T12:01")


def test_gauges_that_died_do_not_hold_the_others_back(tmp_path):
    dead = reading("C", -60 * 24 * 9)
    issue = issued(tmp_path, *(row for row in hours_of_rain() if row[1] != "C"), dead)
    assert issue.moment == pd.Timestamp("2026-05-01T12:01")


def test_a_city_with_one_gauge_follows_it(tmp_path):
    assert issued(tmp_path, reading("A", 0), stations=["A"]).moment.hour == 12


def test_gauges_of_another_city_have_no_say(tmp_path):
    with pytest.raises(MissingError, match="no reading of rain of the 1 gauges"):
        issued(tmp_path, *hours_of_rain(), stations=["Z"])


def test_gauges_that_never_agree_are_named(tmp_path):
    with pytest.raises(MissingError, match="--issue-time"):
        issued(tmp_path, reading("A", 0), reading("B", 60 * 24 * 9))

"""Verdicts stand beside values, and stations are kept as they were described."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests.twin.readings import NOON, frame, reading
from twin.errors import InputError
from twin.observations.store import ObservationStore


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """An empty store on each database."""
    if request.param == "sqlite":
        return ObservationStore(tmp_path)
    return ObservationStore(request.getfixturevalue("new_database")())


def verdicts(*rows):
    """Each row: minutes after noon, flag, tests."""
    return pd.DataFrame(
        [
            {
                "source_id": "sample",
                "station_id": "G1",
                "property": "rainfall_rate",
                "phenomenon_time": NOON + pd.Timedelta(minutes=minutes),
                "flag": flag,
                "tests": tests,
            }
            for minutes, flag, tests in rows
        ]
    )


def test_the_worse_flag_shows_and_the_value_stays(store):
    store.append(frame(reading(1e-6), reading(2e-6, 10, 12), reading(np.nan, 20, 22, flag=9)))
    digest = store.digest()
    assert store.judge(verdicts((0, 4, 3), (10, 1, 0), (20, 4, 1 << 40))) == 3
    kept = store.series("rainfall_rate")
    assert kept["flag"].tolist() == [4, 1, 9]
    assert kept["tests"].tolist() == [3, 0, 1 << 40]
    assert kept["value"].tolist()[:2] == [1e-6, 2e-6]
    assert store.latest()["tests"].tolist() == [1 << 40]
    assert store.digest() == digest


def test_a_failed_reading_is_not_the_newest_usable_one(store):
    store.append(frame(reading(1e-6), reading(2e-6, 10, 12)))
    store.judge(verdicts((10, 4, 1)))
    assert store.newest_time() == NOON
    store.judge(verdicts((10, 1, 0)))
    assert store.newest_time() == NOON + pd.Timedelta(minutes=10)


def test_the_latest_verdict_counts_and_one_on_nothing_is_not_kept(store):
    store.append(frame(reading(1e-6)))
    assert store.judge(verdicts((0, 4, 1), (0, 3, 2), (30, 4, 1))) == 1
    assert store.series("rainfall_rate")["tests"].tolist() == [2]
    strange = verdicts((0, 4, 1)).assign(station_id="nobody")
    assert store.judge(strange) == 0
    assert store.judge(verdicts((0, 1, 0)).iloc[:0]) == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (verdicts((0, 5, 0)), "flag 5"),
        (verdicts((0, 4, 0)).drop(columns="tests"), "without tests"),
        (verdicts((0, 4, 0)).assign(phenomenon_time=pd.NaT), "without a time"),
        (verdicts((0, 4, 0)).assign(phenomenon_time=pd.Timestamp("2026-05-01")), "with a zone"),
    ],
)
def test_what_is_no_verdict_is_refused(tmp_path, wrong, words):
    with pytest.raises(InputError, match=words):
        ObservationStore(tmp_path).judge(wrong)


def layer(*rows, crs="EPSG:4326"):
    """Each row: station, name, point."""
    table = {"station_id": [row[0] for row in rows], "name": [row[1] for row in rows]}
    table |= {"kind": "rain_gauge", "property": "rainfall_rate", "unit": "mm", "district": None}
    return gpd.GeoDataFrame(table, geometry=[row[2] for row in rows], crs=crs)


def test_stations_come_back_and_the_last_description_counts(store):
    point = shapely.Point(121.5, 25.0)
    store.add_stations(layer(("G1", "old", point), ("G2", "信義", None)), source_id="cwa")
    assert store.add_stations(layer(("G1", "new", point)), source_id="cwa") == 1
    store.add_stations(layer(("G1", "theirs", point)), source_id="other")
    kept = store.stations()
    assert kept[["source_id", "station_id", "name"]].values.tolist() == [
        ["cwa", "G1", "new"],
        ["cwa", "G2", "信義"],
        ["other", "G1", "theirs"],
    ]
    assert kept.crs == "EPSG:4326"
    assert kept.geometry[0] == point
    assert kept.geometry[1] is None  # never a place that nobody gave
    assert kept["district"].tolist() == [""] * 3


def test_alert_levels_come_back_and_the_last_description_counts(store):
    point = shapely.Point(121.5, 25.0)
    rows = layer(("G1", "a", point), ("G2", "b", point), ("G3", "c", point))
    store.add_stations(rows.assign(alert_levels=[(3.5, 2.5), (1.0,), ()]), source_id="wra")
    store.add_stations(layer(("G1", "a", point)).assign(alert_levels=[(4.0,)]), source_id="wra")
    store.add_stations(layer(("G2", "moved", point)), source_id="wra")  # says nothing of them
    assert store.stations()["alert_levels"].tolist() == [(4.0,), (1.0,), ()]


def test_points_in_metres_become_degrees_and_places_off_the_earth_none(store):
    there = gpd.GeoSeries([shapely.Point(121.5, 25.0)], crs=4326).to_crs(3826)[0]
    store.add_stations(layer(("G1", "a", there), crs="EPSG:3826"))
    store.add_stations(layer(("G2", "b", shapely.Point(0.0, 999.0))))
    kept = store.stations().geometry
    assert kept[0].distance(shapely.Point(121.5, 25.0)) < 1e-6
    assert kept[1] is None


def test_stations_without_a_reference_system_or_points_are_refused(tmp_path):
    store = ObservationStore(tmp_path)
    with pytest.raises(InputError, match="reference system"):
        store.add_stations(layer(("G1", "a", shapely.Point(1, 2)), crs=None))
    with pytest.raises(InputError, match="no points"):
        store.add_stations(layer(("G1", "a", shapely.Point(1, 2).buffer(1))))
    with pytest.raises(InputError, match="without kind"):
        store.add_stations(layer(("G1", "a", shapely.Point(1, 2))).drop(columns="kind"))

import numpy as np
import pandas as pd
import pytest
import xarray

from sample_city.archive import CADENCE, COLUMNS, record_archive
from twin.errors import InputError

FAULTS = (
    "silent stuck unit_suspect missing sentinel empty late duplicate corrected future out_of_order"
)


@pytest.fixture(scope="module")
def storm(city):
    return city.weather("storm")


@pytest.fixture(scope="module")
def flood(city, storm):
    """Water that rises by a tenth of a metre each ten minutes, everywhere."""
    times = storm["time"].values[::2]
    depth = np.zeros((times.size, *city.grid.shape), dtype=np.float32)
    depth += 0.1 * np.arange(times.size, dtype=np.float32)[:, None, None]
    coords = {"time": times, "y": city.grid.y, "x": city.grid.x}
    return xarray.Dataset({"water_depth": (("time", "y", "x"), depth)}, coords=coords)


@pytest.fixture(scope="module")
def archive(city, storm, flood):
    return record_archive(city, storm, flood, seed=1)


@pytest.fixture(scope="module")
def clean(city, storm, flood):
    return record_archive(city, storm, flood, seed=1, faults=False)


def test_the_archive_has_the_columns_of_its_source(archive):
    assert list(archive.columns) == COLUMNS
    assert archive["time"].str.endswith("+08:00").all()
    assert archive["received"].str.endswith("+08:00").all()
    units = archive.groupby("property")["unit"].unique().map(list).to_dict()
    assert units == {"rainfall_rate": ["mm"], "water_level": ["m"], "water_depth": ["cm"]}


def test_it_is_in_the_order_of_arrival_not_of_time(archive):
    assert archive["received"].is_monotonic_increasing
    assert not archive["time"].is_monotonic_increasing


def test_every_fault_is_there_and_counted(archive):
    counts = archive.attrs["faults"]
    assert set(counts) == set(FAULTS.split())
    assert min(counts.values()) > 0


def test_counts_are_what_the_rows_say(archive):
    counts = archive.attrs["faults"]
    time, received = pd.to_datetime(archive["time"]), pd.to_datetime(archive["received"])
    ahead = time > received
    assert ahead.sum() == counts["future"]
    # Rows that come again carry the sentinel of the row before.
    assert counts["sentinel"] <= (archive["value"] == -99).sum() <= counts["sentinel"] + 5
    assert archive["value"].isna().sum() >= counts["empty"]
    key = ["station_id", "property", "time"]
    again = archive.duplicated(key).sum()
    assert abs(again - counts["duplicate"] - counts["corrected"]) <= 2 * counts["future"]


def test_the_same_seed_records_the_same_rows(city, storm, flood, archive):
    again = record_archive(city, storm, flood, seed=1)
    pd.testing.assert_frame_equal(again, archive)
    assert again.attrs == archive.attrs
    other = record_archive(city, storm, flood, seed=2)
    assert other.attrs["faults"] != archive.attrs["faults"]


def test_one_gauge_falls_silent_in_the_middle_of_the_storm(archive):
    rain = archive[archive["property"] == "rainfall_rate"]
    rain = rain[rain["time"] < "2027"]
    last = rain.groupby("station_id")["time"].max()
    assert (last < "2024-06-09T15:31").sum() == 1
    assert (last > "2024-06-09T16:40").sum() == len(last) - 1


def test_without_faults_each_sensor_reads_at_its_cadence(city, clean):
    sensors = city.layer("sensors").set_index("station_id")
    for station, rows in clean.groupby("station_id"):
        seconds = np.diff(pd.to_datetime(rows["time"]).sort_values()) / np.timedelta64(1, "s")
        assert set(seconds) == {CADENCE[sensors.loc[station, "kind"]]}
    assert clean.attrs["faults"] == {}


def test_gauges_record_the_true_rain(city, storm, clean):
    gauge = city.layer("sensors").query("kind == 'rain_gauge'").iloc[0]
    rate = storm["rainfall_rate"].interp(x=gauge.geometry.x, y=gauge.geometry.y)
    truth = float(rate.sum()) * 300.0 * 1000.0
    read = clean.loc[clean["station_id"] == gauge.station_id, "value"].sum()
    # A tipping bucket keeps up to one tip of half a millimetre.
    assert truth - 0.51 <= read <= truth + 0.01


def test_levels_and_depths_follow_the_true_flood(city, clean):
    end = clean[clean["time"] == "2024-06-09T16:50:00+08:00"].set_index("station_id")["value"]
    sensors = city.layer("sensors").set_index("station_id")
    for station, value in end.items():
        kind, ground = sensors.loc[station, "kind"], sensors.loc[station, "elevation"]
        if kind == "road_flood":
            assert value == pytest.approx(170.0, abs=1.0)
        if kind in ("river_level", "sewer_level"):
            assert value == pytest.approx(ground + 1.7, abs=0.04)


def test_without_a_flood_roads_are_dry(city, storm):
    archive = record_archive(city, storm, faults=False)
    assert (archive.loc[archive["property"] == "water_depth", "value"] == 0.0).all()


def test_a_flood_of_another_grid_is_refused(city, storm, flood):
    with pytest.raises(InputError, match="expected 250 x 250"):
        record_archive(city, storm, flood.isel(x=slice(0, 100)))

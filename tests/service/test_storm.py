"""Rain as people name it: every way in gives the depth of water it should."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from service.rain_shapes import as_intervals, design_storm
from service.storm import add_losses, find_rain
from twin.errors import InputError, MissingError
from twin.grid import Grid
from twin.units import MM_PER_HOUR

GRID = Grid(424_000.0, 564_400.0, 2.0, 300, 200, "EPSG:27700")


def city(grid=GRID, **weather):
    return SimpleNamespace(
        name="harbour", grid=grid, weather_names=list(weather), weather=weather.__getitem__
    )


def depth_mm(storm):
    """Rain of a storm at the middle of the city [mm]."""
    times = storm.rainfall["time"].values
    ends = np.append(times[1:], times[0] + np.timedelta64(round(storm.seconds), "s"))
    seconds = np.clip((ends - times) / np.timedelta64(1, "s"), 0, None)
    return float((storm.rainfall["rainfall_rate"].mean(("y", "x")).values * seconds).sum() * 1000)


def csv(tmp_path, text):
    path = tmp_path / "rain.csv"
    path.write_text(text)
    return str(path)


def test_a_rate_rains_for_the_hours_of_the_run():
    storm = find_rain("70", city(), hours=2)
    assert storm.seconds == 7200
    assert depth_mm(storm) == pytest.approx(140)


def test_no_rain_is_no_dataset():
    assert find_rain("0", city()).rainfall is None


def test_a_gauge_like_hyetograph_counts_the_time_before_each_row(tmp_path):
    storm = find_rain(csv(tmp_path, "Time (s),Rain (mm/hr)\n0,70\n3600,70\n7200,0\n"), city())
    assert depth_mm(storm) == pytest.approx(70)


def test_a_step_hyetograph_counts_the_time_after_each_row(tmp_path):
    storm = find_rain(csv(tmp_path, "Time (min),Rain (mm/h)\n0,20\n10,60\n20,0\n"), city())
    assert depth_mm(storm) == pytest.approx((20 + 60) / 6)
    assert storm.seconds == 1200


def test_newcastle_gets_its_70_mm(shared_data):
    storm = find_rain(str(shared_data / "newcastle_centre" / "rainfall.csv"), city())
    assert depth_mm(storm) == pytest.approx(70)
    assert storm.seconds == 18000


def test_iso_times_date_the_run(tmp_path):
    text = "time,rain_mm_h\n2026-11-20T20:00:00+08:00,30\n2026-11-20T20:10:00+08:00,0\n"
    storm = find_rain(csv(tmp_path, text), city())
    assert storm.start == np.datetime64("2026-11-20T12:00")
    assert depth_mm(storm) == pytest.approx(5)


def test_a_design_storm_has_its_depth_and_its_peak_in_the_middle():
    storm = find_rain("design:117/3", city())
    rates = storm.rainfall["rainfall_rate"].values[:, 0, 0]
    assert depth_mm(storm) == pytest.approx(117, rel=1e-5)
    assert storm.seconds == 3 * 3600
    assert 7 <= rates.argmax() <= 10


def test_a_design_storm_falls_off_on_both_sides():
    _, rates = design_storm(0.1, 7200)
    peak = rates.argmax()
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()


def test_hyetographs_of_both_kinds_keep_their_volume():
    seconds = np.array([0.0, 600, 1200, 1800])
    for rates in ([0.0, 5, 8, 2], [5.0, 8, 2, 0]):
        starts, held = as_intervals(seconds, np.array(rates))
        assert (np.diff(starts) * held[:-1]).sum() == 600 * 15


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nan", "rain of nan mm/h, expected 0 or more"),
        ("-5", "rain of -5 mm/h"),
        ("design:100", "is not there, expected mm/h, design:MM/HOURS"),
        ("monsoon", "'monsoon' is not there.*storm of the city .typhoon."),
    ],
)
def test_rain_that_is_none_is_named(text, message):
    with pytest.raises((InputError, MissingError), match=message):
        find_rain(text, city(typhoon=None))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Time (s),Rain (mm/h)\n0,5\n600,nan\n", "line 3 has 'nan', expected a number"),
        ("Time (s),Rain (mm/h)\n0,5\n600,\n", "line 3 has '', expected a number"),
        ("Time (s),Rain (mm/h)\n0,5\n600,-1\n1200,0\n", "line 3 has a negative rate"),
        ("Time (s),Rain (mm/h)\n0,5\n600,4\n300,0\n", "line 4 goes back in time"),
        ("Time (s),Rain (inch/day)\n0,5\n600,4\n", "unit 'inch/day' is not a known unit of rate"),
        ("Time (moons),Rain (mm/h)\n0,5\n600,4\n", "unit 'moons' is not a known unit of time"),
        ("Time (s),Rain\n0,5\n600,4\n", "column 'Rain' names no unit"),
        ("Time (s),Rain (mm/h)\n0,5\n", "1 rows of time and rate"),
        ("", "0 rows of time and rate"),
        ("time,rain_mm_h\nyesterday,3\ntoday,3\n", "'yesterday' is not understood|goes back"),
    ],
)
def test_a_broken_hyetograph_is_refused_by_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        find_rain(csv(tmp_path, text), city())


def raster(tmp_path, values, crs="EPSG:27700", units="mm/h", times=(0, 600, 1200), **names):
    x = 423_500.0 + 500 * np.arange(4)
    y = 564_900.0 - 500 * np.arange(4)
    dataset = xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), values * np.ones((3, 4, 4)), {"units": units})},
        coords={"time": np.datetime64("2026-11-20") + np.array(times, "m8[s]"), "y": y, "x": x},
        attrs={"crs": crs} if crs else {},
    )
    path = tmp_path / "rain.nc"
    dataset.rename(names).to_netcdf(path)
    return str(path)


def test_a_raster_series_is_converted_and_placed(tmp_path):
    eastwards = np.array([0.0, 10, 20, 30])
    storm = find_rain(raster(tmp_path, eastwards), city())
    rates = storm.rainfall["rainfall_rate"]
    inside = rates.interp(x=424_300.0, y=564_200.0).values / MM_PER_HOUR
    assert inside == pytest.approx([16, 16, 16], rel=1e-4)
    assert storm.start == np.datetime64("2026-11-20")
    assert storm.seconds == 1800


def test_a_zarr_series_reads_like_netcdf(tmp_path):
    with xr.open_dataset(raster(tmp_path, 12.0)) as dataset:
        dataset.to_zarr(tmp_path / "rain.zarr", zarr_format=2)
    assert depth_mm(find_rain(str(tmp_path / "rain.zarr"), city())) == pytest.approx(6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": np.nan}, "NaN values over the city"),
        ({"values": -1.0}, "expected 0 or more"),
        ({"values": 1.0, "times": (0, 1200, 600)}, "time 3 of the rain goes backwards"),
        ({"values": 1.0, "units": "furlong"}, "unit 'furlong' is not a known unit of rate"),
        ({"values": 1.0, "crs": None}, "has no CRS"),
        ({"values": 1.0, "crs": "EPSG:3826"}, "does not cover the city"),
        ({"values": 1.0, "rainfall_rate": "pr"}, "has pr, expected rainfall_rate"),
    ],
)
def test_a_broken_raster_series_is_refused(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        find_rain(raster(tmp_path, **changes), city())


def test_a_truncated_raster_is_refused(tmp_path):
    path = Path(raster(tmp_path, 1.0))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="cannot be read"):
        find_rain(str(path), city())


def test_radar_rain_falls_where_the_radar_saw_it(shared_data):
    the_hague = Grid(81_000.0, 455_000.0, 2.0, 500, 500, "EPSG:28992")
    storm = find_rain(str(shared_data / "knmi_radar"), city(the_hague))
    assert storm.start == np.datetime64("2010-08-25T23:55")
    assert storm.rainfall.sizes["time"] == 92
    assert storm.seconds == 92 * 300
    assert 3 < depth_mm(storm) < 10


def test_a_folder_without_radar_and_a_damaged_file_are_refused(tmp_path):
    with pytest.raises(MissingError, match=r"holds no \*.h5"):
        find_rain(str(tmp_path), city())
    (tmp_path / "RAD.h5").write_bytes(b"not hdf")
    with pytest.raises(InputError, match="RAD.h5 is no KNMI composite"):
        find_rain(str(tmp_path), city())


def test_a_missing_radar_frame_is_named(tmp_path, shared_data):
    for file in sorted((shared_data / "knmi_radar").glob("*.h5"))[:4]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "RAD_NL25_RAP_5min_201008260010.h5").unlink()
    with pytest.raises(InputError, match="leave a gap of 300 s"):
        find_rain(str(tmp_path), city())


def terrain(**fields):
    return xr.Dataset({"elevation": (("y", "x"), np.array([[1.0, np.nan]])), **fields})


def test_losses_add_to_the_drains(tmp_path, shared_data):
    drains = (("y", "x"), np.full((1, 2), 1e-6))
    drained = add_losses(terrain(drain_capacity=drains), "12")["drain_capacity"].values
    assert drained == pytest.approx(1e-6 + 12 * MM_PER_HOUR)
    path = str(shared_data / "newcastle_centre" / "drainage.csv")
    assert add_losses(terrain(), path)["drain_capacity"].values[0, 0] == pytest.approx(
        12 * MM_PER_HOUR
    )


def test_losses_that_change_or_are_negative_are_refused(tmp_path):
    path = csv(tmp_path, "Time (s),Losses (mm/h)\n0,5\n600,6\n")
    with pytest.raises(InputError, match="change over time"):
        add_losses(terrain(), path)
    with pytest.raises(InputError, match="losses of -1 mm/h"):
        add_losses(terrain(), "-1")

"""Rain as people name it: every way in gives the depth of water it should."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from hydrology.rainfall.rainfall import add_losses
from hydrology.rainfall.series import NO_DATE, RateSeries
from service.publishing import About
from service.storm import find_rain
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


def test_a_gauge_like_hyetograph_counts_the_time_before_each_row(tmp_path):
    storm = find_rain(csv(tmp_path, "Time (s),Rain (mm/hr)\n0,70\n3600,70\n7200,0\n"), city())
    assert depth_mm(storm) == pytest.approx(70)


def test_a_step_hyetograph_counts_the_time_after_each_row(tmp_path):
    storm = find_rain(csv(tmp_path, "Time (min),Rain (mm/h)\n0,20\n10,60\n20,0\n"), city())
    assert depth_mm(storm) == pytest.approx((20 + 60) / 6)
    assert storm.seconds == 1200


def test_the_meaning_of_times_can_be_said_of_a_csv_only(tmp_path):
    path = csv(tmp_path, "Time (s),Rain (mm/hr)\n0,70\n3600,70\n7200,0\n")
    assert depth_mm(find_rain(path, city(), times="begin")) == pytest.approx(140)
    assert depth_mm(find_rain(path, city(), times="end")) == pytest.approx(70)
    for rain in ("12", "design:117mm/1h", None):
        with pytest.raises(InputError, match="rain times 'end' was given with the rain"):
            find_rain(rain, city(typhoon=None), times="end")


def test_a_storm_without_a_date_that_starts_late_counts_from_zero(tmp_path):
    storm = find_rain(csv(tmp_path, "Time (h),Rain (mm/hr)\n2,30\n3,0\n"), city())
    assert storm.start == NO_DATE
    assert storm.seconds == 3 * 3600
    assert depth_mm(storm) == pytest.approx(30)
    about = About("simulate", "harbour", "", "", GRID, storm.start, storm.seconds, "")
    assert about.is_undated
    assert about.tags("")["valid_from"] == "2000-01-01T00:00:00Z"


def test_newcastle_gets_its_70_mm(shared_data):
    storm = find_rain(str(shared_data / "newcastle_centre" / "rainfall.csv"), city())
    assert depth_mm(storm) == pytest.approx(70)
    assert storm.seconds == 18000


def test_iso_times_date_the_run(tmp_path):
    text = "time,rain_mm_h\n2026-11-20T20:00:00+08:00,30\n2026-11-20T20:10:00+08:00,0\n"
    storm = find_rain(csv(tmp_path, text), city())
    assert storm.start == np.datetime64("2026-11-20T12:00")
    assert depth_mm(storm) == pytest.approx(5)


def test_a_design_storm_has_its_depth():
    storm = find_rain("design:117mm/3h", city())
    assert depth_mm(storm) == pytest.approx(117, rel=1e-5)
    assert storm.seconds == 3 * 3600


def test_hyetographs_of_both_kinds_keep_their_volume():
    seconds = np.array([0.0, 600, 1200, 1800])
    for rates in ([0.0, 5, 8, 2], [5.0, 8, 2, 0]):
        rain = RateSeries(NO_DATE, seconds, np.array(rates)).as_hyetograph()
        assert (np.diff(rain.seconds) * rain.rate[:-1]).sum() == 600 * 15
        assert rain.rate[-1] == 0


def test_the_first_weather_of_the_city_rains_unless_another_is_named():
    weather = find_rain("12", city()).rainfall
    storm = find_rain(None, city(typhoon=weather))
    assert storm.name == "typhoon"
    assert depth_mm(storm) == pytest.approx(12)
    with pytest.raises(InputError, match="no rain was given"):
        find_rain(None, city())
    with pytest.raises(MissingError, match="'monsoon' is not there.*storms of city .*: typhoon"):
        find_rain("monsoon", city(typhoon=weather))


@pytest.mark.parametrize("rows", ["0,5\n", ""])
def test_a_hyetograph_that_is_cut_off_is_refused(tmp_path, rows):
    with pytest.raises(InputError, match="cut off|header and rows"):
        find_rain(csv(tmp_path, "Time (s),Rain (mm/h)\n" + rows), city())


def test_radar_rain_falls_where_the_radar_saw_it(shared_data):
    the_hague = Grid(81_000.0, 455_000.0, 2.0, 500, 500, "EPSG:28992")
    storm = find_rain(str(shared_data / "knmi_radar"), city(the_hague))
    assert storm.start == np.datetime64("2010-08-25T23:55")
    assert storm.seconds == 92 * 300
    assert 3 < depth_mm(storm) < 10


def terrain(**fields):
    return xr.Dataset({"elevation": (("y", "x"), np.array([[1.0, np.nan]])), **fields})


def test_losses_add_to_the_drains(shared_data):
    drains = (("y", "x"), np.full((1, 2), 1e-6))
    drained = add_losses(terrain(drain_capacity=drains), "12", 3600)["drain_capacity"].values
    assert drained == pytest.approx(1e-6 + 12 * MM_PER_HOUR)
    path = str(shared_data / "newcastle_centre" / "drainage.csv")
    drained = add_losses(terrain(), path, 18000)["drain_capacity"].values
    assert drained == pytest.approx(12 * MM_PER_HOUR)


def test_losses_that_change_count_by_their_mean(tmp_path):
    path = csv(tmp_path, "Time (s),Losses (mm/h)\n0,5\n600,7\n")
    drained = add_losses(terrain(), path, 1200)["drain_capacity"].values
    assert drained == pytest.approx(6 * MM_PER_HOUR)


def test_losses_that_are_no_rate_are_refused():
    with pytest.raises(InputError, match="losses of -1 mm/h"):
        add_losses(terrain(), "-1", 3600)
    with pytest.raises(MissingError, match=r"none.csv"):
        add_losses(terrain(), "none.csv", 3600)

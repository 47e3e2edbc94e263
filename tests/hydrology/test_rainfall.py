"""Rain keeps its amount on the way to the grid, and wrong rain is named in one line."""

import numpy as np
import pytest

from hydrology.rainfall.grid import covering_grid, rainfall_dataset, regrid
from hydrology.rainfall.rainfall import (
    design_storm,
    from_intensity,
    read_hyetograph,
    read_rainfall,
)
from hydrology.rainfall.series import NO_DATE, read_rates
from twin.errors import InputError, MissingError
from twin.grid import Grid
from twin.units import MM_PER_HOUR

CITY = Grid(300_000.0, 2_770_000.0, 5.0, 300, 200, "EPSG:3826")


def total_mm(rainfall):
    """Rain in all where every interval but the last says how long it is [mm]."""
    seconds = np.diff(rainfall["time"].values) / np.timedelta64(1, "s")
    seconds = np.append(seconds, seconds[-1])
    mean = rainfall["rainfall_rate"].mean(("y", "x")).values
    return float((mean * seconds).sum() * 1000)


def hyetograph(tmp_path, text):
    file = tmp_path / "rain.csv"
    file.write_text(text)
    return file


def test_steady_rain_has_its_amount():
    assert total_mm(from_intensity(30.0, 2.0, CITY)) == pytest.approx(60.0, rel=1e-6)


def test_the_rain_of_newcastle_is_70_mm_in_one_hour(shared_data):
    rain = read_hyetograph(shared_data / "newcastle_centre" / "rainfall.csv", CITY)
    rates = rain["rainfall_rate"].values[:, 0, 0] / MM_PER_HOUR
    np.testing.assert_allclose(rates, [70, 0, 0, 0, 0, 0], rtol=1e-6)
    losses = read_rates(shared_data / "newcastle_centre" / "drainage.csv")
    assert losses.mean(7200) == pytest.approx(12 * MM_PER_HOUR)


def test_iso_times_and_other_units_are_read(tmp_path):
    text = "time,rain (mm/h)\n2026-05-01T20:00:00+08:00,10\n2026-05-01T21:00:00+08:00,0\n"
    rain = read_rainfall(hyetograph(tmp_path, text), CITY)
    assert rain["time"].values[0] == np.datetime64("2026-05-01T12:00")
    minutes = read_rainfall(hyetograph(tmp_path, "t (min),rain_mm_h\n0,10\n30,0\n"), CITY)
    assert np.diff(minutes["time"].values)[0] == np.timedelta64(30, "m")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Time (s),Rain (mm/hr)\n0,nan\n", "rate 'nan' at line 2"),
        ("Time (s),Rain (mm/hr)\n0,1\n60,-3\n", "rate '-3' at line 3"),
        ("Time (s),Rain (mm/hr)\n0,1\n60,1\n30,1\n", r"goes back in time at line 4 \(30 after 60"),
        ("Time (s),Rain (inch/day)\n0,1\n", "unit 'inch/day' is not a known unit of rate"),
        ("Time (s),Rain\n0,1\n", "names no unit"),
        ("Time (s),Rain (mm/hr)\n", "no table of two columns"),
        ("", "no table of two columns"),
        ("Time (s),Rain (mm/hr)\nnow,1\n", "a time that cannot be read"),
    ],
)
def test_a_wrong_hyetograph_is_named_in_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as caught:
        read_rainfall(hyetograph(tmp_path, text), CITY)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "times", "rule", "depth"),
    [
        ("0,50\n3600,50\n7200,0\n", "auto", "end", 50.0),
        ("0,50\n3600,50\n7200,0\n", "begin", "begin", 100.0),
        ("0,49.99\n3600,50\n7200,0\n", "auto", "begin", 99.99),
        ("0,49.99\n3600,50\n7200,0\n", "end", "end", 50.0),
        ("0,0\n3600,50\n7200,30\n", "auto", "end", 80.0),
        ("0,0\n3600,50\n7200,30\n", "begin", "begin", 80.0),
    ],
)
def test_what_the_times_of_a_hyetograph_mean_can_be_said(tmp_path, rows, times, rule, depth):
    file = hyetograph(tmp_path, "Time (s),Rain (mm/hr)\n" + rows)
    rain = read_rainfall(file, CITY, times=times)
    assert rain.attrs["rain_times"] == rule
    assert total_mm(rain) == pytest.approx(depth)
    left_out = 49.99 if (times, depth) == ("end", 50.0) else 0.0
    assert rain.attrs["rain_left_out_mm_h"] == pytest.approx(left_out)


@pytest.mark.parametrize(("rows", "times"), [("7200,20\n10800,0\n", "begin"),
                                             ("7200,0\n10800,20\n", "end")])  # fmt: skip
def test_rain_without_a_date_that_starts_late_is_dry_until_then(tmp_path, rows, times):
    rain = read_rainfall(hyetograph(tmp_path, "Time (s),Rain (mm/h)\n" + rows), CITY)
    assert rain.attrs["rain_times"] == times
    seconds = (rain["time"].values - NO_DATE) / np.timedelta64(1, "s")
    assert seconds.tolist() == [0, 7200, 10800]
    np.testing.assert_allclose(rain["rainfall_rate"][:, 0, 0] / MM_PER_HOUR, [0, 20, 0], rtol=1e-6)


def test_times_that_cannot_be_meant_are_refused(tmp_path):
    with pytest.raises(InputError, match="starts at -600 in .*, expected 0 or later"):
        read_rainfall(hyetograph(tmp_path, "Time (s),Rain (mm/h)\n-600,20\n0,0\n"), CITY)
    with pytest.raises(InputError, match="rain times is 'middle', expected one of auto, begin"):
        read_rainfall(hyetograph(tmp_path, "Time (s),Rain (mm/h)\n0,2\n9,0\n"), CITY, 1, "middle")
    with pytest.raises(InputError, match="rain times 'end' was given with the rain '20', expected"):
        read_rainfall("20", CITY, 1, "end")


@pytest.mark.parametrize("bad", [-1, "nan", "-5"])
def test_a_wrong_rate_is_named(bad):
    with pytest.raises(InputError, match="expected at least 0 mm/h"):
        read_rainfall(bad, CITY)


def test_rain_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match="is not there"):
        read_rainfall(tmp_path / "none.nc", CITY)
    with pytest.raises(MissingError, match="is not there"):
        read_rainfall(tmp_path / "none.csv", CITY)


@pytest.mark.parametrize("peak_at", [0.1, 0.375, 0.5, 0.9])
def test_a_design_storm_has_its_total_and_its_peak(peak_at):
    storm = design_storm(117.0, 1.0, CITY, peak_at=peak_at)
    assert total_mm(storm) == pytest.approx(117.0, rel=1e-6)
    rates = storm["rainfall_rate"].values[:, 0, 0]
    assert abs((rates.argmax() + 0.5) / rates.size - peak_at) < 0.1
    assert rates.max() / MM_PER_HOUR < 2 * 117.0


def test_a_design_storm_is_read_from_text():
    assert total_mm(read_rainfall("design:60mm/30min", CITY)) == pytest.approx(60.0, rel=1e-6)
    with pytest.raises(InputError, match="expected for example 'design:117mm/1h'"):
        read_rainfall("design:lots", CITY)


def test_a_plane_of_rain_stays_a_plane_when_regridded():
    source = Grid(299_000.0, 2_771_000.0, 500.0, 8, 8, CITY.crs)
    x, y = np.meshgrid(source.x, source.y)
    plane = 1e-6 + (x - 299_000) * 1e-10 + (2_771_000 - y) * 2e-10
    times = np.array(["2026-05-01", "2026-05-02"], "datetime64[ns]")
    rain = regrid(rainfall_dataset(times, np.stack([plane, 2 * plane]), source), CITY)
    grid = Grid.of(rain)
    assert grid == covering_grid(CITY)
    x, y = np.meshgrid(grid.x, np.maximum(grid.y, CITY.bounds[1]))
    expected = 1e-6 + (np.minimum(x, CITY.bounds[2]) - 299_000) * 1e-10 + (2_771_000 - y) * 2e-10
    np.testing.assert_allclose(rain["rainfall_rate"][0], expected, rtol=1e-5)


def test_rain_in_another_reference_system_lands_on_the_same_place():
    from pyproj import Transformer

    source = Grid(120.5, 26.0, 0.01, 150, 150, "EPSG:4326")
    x, _ = np.meshgrid(source.x, source.y)
    rain = regrid(rainfall_dataset([np.datetime64("2026-05-01")], (x * 1e-6)[None], source), CITY)
    grid = Grid.of(rain)
    longitude, _ = Transformer.from_crs(CITY.crs, 4326, always_xy=True).transform(
        grid.x[2], grid.y[1]
    )
    assert rain["rainfall_rate"].values[0, 1, 2] == pytest.approx(longitude * 1e-6, rel=1e-5)


def test_rain_that_does_not_cover_the_city_or_is_unknown_there_is_refused():
    times = [np.datetime64("2026-05-01")]
    away = Grid(0.0, 1000.0, 500.0, 2, 2, CITY.crs)
    with pytest.raises(InputError, match="choose rain that covers the whole city"):
        regrid(rainfall_dataset(times, np.zeros((1, 2, 2)), away), CITY)
    over = Grid(299_000.0, 2_771_000.0, 500.0, 8, 8, CITY.crs)
    with pytest.raises(InputError, match=r"unknown \(NaN\) at 1 of 1 times"):
        regrid(rainfall_dataset(times, np.full((1, 8, 8), np.nan), over), CITY)


def test_a_netcdf_and_a_zarr_are_read_and_a_broken_one_is_named(tmp_path):
    over = Grid(299_000.0, 2_771_000.0, 500.0, 8, 8, CITY.crs)
    rain = rainfall_dataset([np.datetime64("2026-05-01")], np.full((1, 8, 8), 1e-6), over)
    rain.to_netcdf(tmp_path / "rain.nc")
    rain.to_zarr(tmp_path / "rain.zarr", consolidated=False)
    for name in ("rain.nc", "rain.zarr"):
        found = read_rainfall(tmp_path / name, CITY)["rainfall_rate"].values
        np.testing.assert_allclose(found, 1e-6)
    (tmp_path / "broken.nc").write_bytes((tmp_path / "rain.nc").read_bytes()[:300])
    with pytest.raises(InputError, match=r"broken\.nc cannot be read"):
        read_rainfall(tmp_path / "broken.nc", CITY)


def test_radar_rain_of_the_netherlands_falls_on_the_hague(shared_data, tmp_path):
    import shutil

    for hour in ("0500", "0505"):
        name = f"RAD_NL25_RAP_5min_20100826{hour}.h5"
        shutil.copy(shared_data / "knmi_radar" / name, tmp_path)
    hague = Grid(78_000.0, 458_000.0, 5.0, 400, 400, "EPSG:28992")
    rain = read_rainfall(tmp_path, hague)
    assert rain.attrs["crs"] == "EPSG:28992"
    assert rain["rainfall_rate"].shape == (2, 8, 8)
    assert float(rain["rainfall_rate"].min()) >= 0


def test_rain_finer_than_the_carrying_grid_keeps_its_volume():
    fine = Grid(CITY.x0, CITY.y0, 20.0, 60, 60, CITY.crs)
    city = Grid(CITY.x0, CITY.y0, 10.0, 100, 100, CITY.crs)
    showers = np.random.default_rng(4).random((2, 60, 60)) ** 20 * 1e-5
    times = np.array(["2026-06-09T00:00", "2026-06-09T00:10"], "datetime64[ns]")
    carried = regrid(rainfall_dataset(times, showers, fine), city)
    assert float(carried["rainfall_rate"].mean()) == pytest.approx(
        showers[:, :50, :50].mean(), rel=0.05
    )

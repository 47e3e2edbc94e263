"""The command line: help for all, one object for machines, one line for what is wrong."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from service.cli import main
from tests.service.conftest import contents
from tests.twin.feeds.http_servers import serving

ROOT = Path(__file__).resolve().parents[2]
VERBS = (
    ["city", "sample"],
    ["city", "import"],
    ["city", "check"],
    ["simulate"],
    ["ingest"],
    ["forecast"],
    ["serve"],
)


@pytest.fixture
def simulated(bowl, tmp_path, capsys):
    """Answer of a short run as the command line gives it to machines."""
    words = ["simulate", bowl, "--rain", "60", "--hours", "0.5", "--out", tmp_path, "--json"]
    assert main([str(word) for word in words]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_has_help_and_json(verb, capsys):
    with pytest.raises(SystemExit) as end:
        main([*verb, "--help"])
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_help_is_instant():
    words = [sys.executable, "-X", "importtime", "-m", "service.cli", "--help"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "city" in done.stdout
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert loaded.isdisjoint({"numpy", "pandas", "xarray", "numba", "rasterio", "geopandas"})


def test_a_run_answers_with_one_object(simulated):
    keys = {"run", "cells", "steps", "wall_seconds", "mcups", "mass_error", "max_depth_m"}
    assert keys | {"scheme", "dtype", "device"} <= set(simulated)
    assert simulated["cells"] == 60 * 40 - 16
    assert abs(simulated["mass_error"]) < 1e-6
    assert 0 < simulated["max_depth_m"] < 5


def test_a_run_for_people_names_speed_error_depth_and_folder(bowl, tmp_path, capsys):
    words = ["simulate", bowl, "--rain", "60", "--hours", "0.2", "--out", tmp_path]
    assert main([str(word) for word in words]) == 0
    report = capsys.readouterr().out
    for name in ("cells", "steps", "mcups", "mass error", "deepest", str(tmp_path)):
        assert name in report


def test_a_run_says_what_it_was_computed_with(bowl, tmp_path, capsys):
    """In its text, in its answer and in its manifest, from where the service takes it."""
    words = ["simulate", bowl, "--rain", "60", "--hours", "0.1", "--losses", "7", "--edges", "free"]
    words += ["--out", tmp_path]
    assert main([str(word) for word in words]) == 0
    told = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("with "))
    for part in ("rain 60 mm/h", "losses 7 mm/h", "edges free", "drains up to", "infiltration "):
        assert part in told
    assert main([str(word) for word in [*words, "--json"]]) == 0
    answer = json.loads(capsys.readouterr().out)
    manifest = json.loads((Path(answer["run"]) / "manifest.json").read_text())
    assert manifest["conditions"] == answer["conditions"]
    assert answer["conditions"]["drains_mm_h"] >= 7
    assert answer["conditions"]["edges"] == "free"


def test_check_of_a_sound_city(bowl, capsys):
    assert main(["city", "check", str(bowl), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == []


def test_the_same_through_a_process_of_its_own(bowl):
    words = [sys.executable, "-m", "service.cli", "city", "check", str(bowl), "--json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["layers"] == ["buildings", "boundaries", "sensors"]
    words[-2] = "nowhere"
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nowhere" in json.loads(done.stdout)["error"]


def test_a_missing_and_a_newer_city_are_named(refused, bowl, tmp_path):
    assert "nowhere" in refused("simulate", "nowhere", "--rain", 5)
    newer = tmp_path / "newer"
    shutil.copytree(bowl, newer)
    text = (newer / "city.toml").read_text()
    (newer / "city.toml").write_text(text.replace("format_version = 1", "format_version = 99"))
    assert "99" in refused("simulate", newer, "--rain", 5, "--json")
    assert "99" in refused("city", "check", newer)


def test_a_damaged_city_is_not_sound(refused, bowl, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(bowl, copy)
    raster = copy / "terrain" / "elevation.tif"
    raster.write_bytes(raster.read_bytes()[:-200])
    assert "is not sound" in refused("city", "check", copy)


@pytest.mark.parametrize(
    ("rain", "words"),
    [
        ("Time (s),Rain (mm/h)\n0,5\n600,nan\n", "'nan'"),
        ("Time (s),Rain (mm/h)\n0,5\n600,-4\n", "'-4'"),
        ("Time (s),Rain (mm/h)\n0,5\n600,4\n300,0\n", "back in time"),
        ("Time (s),Rain (inch/day)\n0,5\n600,4\n", "inch/day"),
        ("Time (s),Ra", "rows"),
    ],
)
def test_rain_that_cannot_be_is_refused(refused, bowl, tmp_path, rain, words):
    (tmp_path / "rain.csv").write_text(rain)
    assert words in refused("simulate", bowl, "--rain", "rain.csv")


def test_rain_and_losses_that_are_not_there_are_refused(refused, bowl):
    assert "no rain was given" in refused("simulate", bowl)
    assert "'typhoon'" in refused("simulate", bowl, "--rain", "typhoon", "--json")
    assert "-3" in refused("simulate", bowl, "--rain", "-3")
    assert "none.csv" in refused("simulate", bowl, "--rain", 5, "--losses", "none.csv")


def test_a_gpu_that_cannot_be_used_is_refused(refused, bowl):
    line = refused("simulate", bowl, "--rain", 5, "--device", "cuda")
    assert "cuda was asked for" in line
    assert "use --device cpu" in line


def write_terrain(path, values, crs="EPSG:3826", x0=250_000.0, size=10.0):
    values = np.asarray(values, "f4")
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "height": values.shape[0],
        "width": values.shape[1],
        "transform": rasterio.Affine(size, 0, x0, 0, -size, 2_700_000.0),
        "nodata": -9999.0,
    }
    with rasterio.open(path, "w", crs=crs, **profile) as raster:
        raster.write(values, 1)
    return path


def test_an_import_counts_each_layer(tmp_path, capsys):
    dem = write_terrain(tmp_path / "dem.tif", np.full((30, 40), 5.0))
    words = ["city", "import", "--name", "flat", "--dem", str(dem), "--json"]
    assert main([*words, "--out", str(tmp_path / "flat")]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["city"] == str(tmp_path / "flat")
    assert {"name", "read", "kept", "dropped", "changed"} <= set(answer["layers"][0])


def test_terrain_that_cannot_be_used_is_refused(refused, tmp_path):
    def importing(dem, *more):
        return refused("city", "import", "--name", "t", "--dem", dem, "--out", "city", *more)

    level = np.full((30, 40), 5.0)
    assert "none.tif" in importing("none.tif")
    whole = write_terrain(tmp_path / "whole.tif", level)
    (tmp_path / "half.tif").write_bytes(whole.read_bytes()[:900])
    assert "half.tif" in importing("half.tif")
    write_terrain(tmp_path / "nowhere.tif", level, crs=None)
    assert "CRS" in importing("nowhere.tif", "--json")
    geographic = {"crs": "EPSG:4326", "x0": 121.0, "size": 1e-4}
    write_terrain(tmp_path / "degrees.tif", level, **geographic)
    assert "degrees" in importing("degrees.tif")
    write_terrain(tmp_path / "void.tif", np.full((30, 40), -9999.0))
    assert "void.tif" in importing("void.tif")
    far = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:3826")
    far.to_file(tmp_path / "far.gpkg")
    assert "far.gpkg" in importing("whole.tif", "--buildings", "far.gpkg")


def test_readings_that_are_not_there_are_refused(refused, tmp_path):
    (tmp_path / "half.csv").write_text("station_id,time\nG1")
    ingest = ("ingest", "--store", "store", "--source")
    assert "none.csv" in refused(*ingest, "sample", "--file", "none.csv")
    assert "is a folder" in refused(*ingest, "sample", "--file", tmp_path)
    (tmp_path / "file").write_text("")
    blocked = ("ingest", "--source", "sample", "--file", "half.csv", "--store", "file")
    assert "another with --store" in refused(*blocked)
    assert "oracle" in refused(*ingest, "oracle", "--file", "half.csv", "--json")
    assert "half.csv" in refused(*ingest, "sample", "--file", "half.csv")
    for head, words in ((b"PK\x03\x04", "the mark of a zip"), (b"\xff\xfe\x01", "no text")):
        (tmp_path / "bad.zip").write_bytes(head + bytes(range(256)))
        line = refused(*ingest, "sample", "--file", "bad.zip")
        assert words in line
        assert line.strip().isprintable()


def test_an_archive_is_ingested_once(tmp_path, capsys):
    (tmp_path / "sent.csv").write_text(
        "station_id,time,received,property,value,unit\n"
        "G1,2026-11-20T20:00:00+08:00,2026-11-20T20:01:00+08:00,rainfall_rate,6,mm\n"
        "G1,2026-11-20T20:10:00+08:00,2026-11-20T20:11:00+08:00,rainfall_rate,-99,mm\n"
    )
    words = ["ingest", "--source", "sample", "--file", str(tmp_path / "sent.csv"), "--json"]
    answers = []
    for _ in range(2):
        assert main([*words, "--store", str(tmp_path / "store")]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    keys = {"source", "read", "kept", "flagged", "rejected", "latest"}
    assert keys <= set(answers[0])
    assert (answers[0]["read"], answers[0]["kept"], answers[1]["kept"]) == (2, 2, 0)
    assert answers[0]["latest"] == "2026-11-20T12:00:00Z"


def test_what_an_address_answers_is_ingested_like_a_file(tmp_path, capsys):
    content = (
        b"station_id,time,received,property,value,unit\n"
        b"G1,2026-11-20T20:00:00+08:00,2026-11-20T20:01:00+08:00,rainfall_rate,6,mm\n"
    )
    words = ["ingest", "--source", "sample", "--store", str(tmp_path / "store"), "--json"]
    with serving(lambda request: request.reply(content)) as server:
        assert main([*words, "--url", f"{server.url}/readings.csv"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["read"], answer["kept"], answer["judged"]) == (1, 1, 1)


def test_readings_come_from_one_place(refused, tmp_path):
    words = ("ingest", "--source", "sample", "--store", tmp_path / "store")
    assert "neither --file nor --url" in refused(*words)
    assert "both" in refused(*words, "--file", "a.csv", "--url", "http://127.0.0.1/")
    assert not (tmp_path / "store").exists()


def test_a_forecast_answers_with_one_object(bowl, bowl_store, tmp_path, capsys):
    words = ["forecast", str(bowl), "--store", str(bowl_store), "--members", "2", "--hours", "0.5"]
    assert main([*words, "--out", str(tmp_path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    keys = {"run", "issue_time", "horizon_hours", "members_requested", "members_used"}
    assert keys | {"inputs_degraded", "wall_seconds"} <= set(answer)
    assert answer["issue_time"] == "2026-11-20T12:01:00Z"
    spot = answer["hotspots"][0]
    keys = {"place", "district", "lon", "lat", "depth_p10_m", "depth_p50_m", "depth_p90_m"}
    keys |= {"probability", "first_time", "people", "cause", "effective_lead_minutes"}
    assert keys <= set(spot)
    assert 120 < spot["lon"] < 122


def test_a_forecast_for_people_is_a_ranked_table(bowl, bowl_store, tmp_path, capsys):
    words = ["forecast", str(bowl), "--store", str(bowl_store), "--members", "1", "--hours", "0.2"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["rank", "place", "district"]
    assert lines[1].split()[0] == "1"


def test_a_forecast_without_readings_is_refused(refused, bowl, bowl_store, tmp_path):
    assert "floodtwin ingest" in refused("forecast", bowl, "--store", "none")
    forecast = ("forecast", bowl, "--store", bowl_store)
    assert "'soon'" in refused(*forecast, "--issue-time", "soon", "--json")
    late = refused(*forecast, "--issue-time", "2026-11-21T12:00:00Z", "--out", tmp_path)
    assert "know the rain before" in late


def test_a_port_in_use_is_refused(refused, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("serve", "--data", tmp_path, "--port", port)
    assert str(port) in line
    assert "--port" in line


def test_a_folder_that_is_a_file_is_refused(refused, bowl, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in refused("simulate", bowl, "--rain", 5, "--out", "file")


def test_a_disk_that_is_full_is_refused_before_work(refused, bowl, full_disk):
    line = refused("simulate", bowl, "--rain", 5, "--out", full_disk, "--json")
    assert "disk" in line
    assert "--out" in line


def test_a_city_does_not_fit_on_a_full_disk(refused, tmp_path, full_disk):
    values = np.random.default_rng(1).random((400, 400))
    dem = write_terrain(tmp_path / "dem.tif", values)
    out = full_disk / "city"
    assert "disk" in refused("city", "import", "--name", "t", "--dem", dem, "--out", out)


def test_readings_do_not_fit_on_a_full_disk(refused, tmp_path, full_disk):
    (full_disk / "ballast").write_bytes(bytes(290_000))
    (tmp_path / "sent.csv").write_text(
        "station_id,time,received,property,value,unit\n"
        "G1,2026-11-20T20:00:00+08:00,2026-11-20T20:01:00+08:00,rainfall_rate,6,mm\n"
    )
    ingest = ("ingest", "--source", "sample", "--file", "sent.csv")
    assert "disk" in refused(*ingest, "--store", full_disk / "store")


def as_a_shell_sees(code):
    """Exit code of a process: CPython dies by SIGINT where one fell into an exec of a library."""
    return 128 - code if code < 0 else code


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_ends_a_run_without_a_trace(bowl, tmp_path, number, code):
    words = ["simulate", str(bowl), "--rain", "60", "--hours", "5000", "--out", str(tmp_path)]
    words += ["--frames", "6000"]
    child = subprocess.Popen(
        [sys.executable, "-m", "service.cli", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 600  # where nothing is compiled yet
    while not list(tmp_path.glob(".*.part/flood.zarr/water_depth")):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.1)
    child.send_signal(number)
    _, err = child.communicate(timeout=600)
    assert as_a_shell_sees(child.returncode) == code
    assert "Traceback" not in err
    assert ("interrupted" in err) == (number == signal.SIGINT)
    assert contents(tmp_path) == []


def wait_for(address):
    """Wait until a server answers."""
    deadline = time.monotonic() + 300
    while True:
        try:
            return urllib.request.urlopen(address, timeout=10).status
        except urllib.error.URLError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_serve_says_where_it_is_and_stops_on_ctrl_c(tmp_path):
    words = [sys.executable, "-m", "service.cli", "serve", "--data", str(tmp_path), "--port", "0"]
    child = subprocess.Popen(
        [*words, "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    answer = json.loads(child.stdout.readline())
    assert answer["url"].startswith("http://127.0.0.1:")
    assert answer["data"] == str(tmp_path)
    wait_for(answer["url"] + "api/health")
    child.send_signal(signal.SIGINT)
    rest, _ = child.communicate(timeout=600)
    assert child.returncode == 130
    assert rest == ""


def test_a_sample_city_in_a_folder_that_is_taken_is_refused(refused, tmp_path):
    (tmp_path / "taken").mkdir()
    assert "taken exists already" in refused("city", "sample", "--out", "taken")
    assert "'huge'" in refused("city", "sample", "--size", "huge", "--json")


def test_a_sample_city_comes_with_its_archive(tmp_path, capsys):
    folder = tmp_path / "cities" / "sample"
    assert main(["city", "sample", "--size", "small", "--out", str(folder), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["city"] == str(folder)
    assert answer["readings"] > 500
    assert (folder / "archive" / "readings.csv.gz").is_file()
    assert [path.name for path in folder.parent.iterdir()] == ["sample"]
    assert main(["city", "check", str(folder), "--json"]) == 0

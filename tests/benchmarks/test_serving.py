"""The load of a service is measured over loopback, each kind of tile first and again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.serving import BOUNDS, bench_serving
from service import engine
from service.words.bench_report import bench_serve as report
from twin.errors import DeviceError, InputError, MissingError

SERVICE = Path(__file__).resolve().parents[1] / "service"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Data folder with a small town and its runs."""
    folder = tmp_path_factory.mktemp("data")
    words = [sys.executable, "small_city.py", str(folder)]
    path = {**os.environ, "PYTHONPATH": str(SERVICE.parents[1])}
    subprocess.run(words, cwd=SERVICE, env=path, check=True, capture_output=True)
    return folder


def test_each_kind_is_measured_twice(data, tmp_path):
    result = engine.bench_serve(
        data=data, clients=2, requests=20, out=tmp_path / "load.json", quiet=True
    )
    assert (tmp_path / "load.json").is_file()
    kinds = {(row["kind"], row["round"]) for row in result["rows"]}
    for kind in ("vector", "raster", "numbers", "buildings", "terrain"):
        assert {(kind, "first"), (kind, "again")} <= kinds
    for row in result["rows"]:
        assert 0 < row["requests"] <= 20
        assert 0 < row["p50"] <= row["p95"] <= row["largest"]
        assert row["cpu"] >= 0
        assert 0 < row["largest_bytes"] < 500_000
        assert (row["bound_p50"], row["bound_p95"]) == BOUNDS.get(row["kind"], (None, None))
    assert "p95 at most" in report(result)


def test_one_of_a_folder_and_an_address_is_needed(data):
    with pytest.raises(InputError, match="one of both"):
        engine.bench_serve(quiet=True)
    with pytest.raises(InputError, match="one of both"):
        engine.bench_serve(data=data, url="http://127.0.0.1:1", quiet=True)


def test_a_folder_or_service_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MissingError, match="expected a data folder"):
        engine.bench_serve(data=tmp_path / "none", quiet=True)
    with pytest.raises(DeviceError, match="does not answer"):
        bench_serving("http://127.0.0.1:9")


def test_a_service_without_a_run_is_refused(tmp_path):
    (tmp_path / "cities").mkdir()
    with pytest.raises(MissingError, match="the service has runs of no city"):
        engine.bench_serve(data=tmp_path, quiet=True)

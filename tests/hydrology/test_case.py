"""A case file is a run as it says, and what is wrong in it is one line."""

import json

import numpy as np
import pytest
import rasterio

from service.cli import main
from twin.grid import Grid

FIELD = Grid(250_000.0, 2_700_000.0, 10.0, 30, 20, "EPSG:3826")
RAINY = """
hours = 1
[terrain]
dem = "dem.tif"
edges = "closed"
[rain]
source = "rain.csv"
[losses]
source = "losses.csv"
"""
UNEQUAL = "Time (s),Rain (mm/h)\n0,49.99\n3600,50\n7200,0\n"


@pytest.fixture
def folder(tmp_path):
    """A flat field with rain, losses and a gauge beside the case file."""
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "height": FIELD.ny, "width": FIELD.nx,
        "crs": FIELD.crs, "transform": FIELD.transform,
    }  # fmt: skip
    with rasterio.open(tmp_path / "dem.tif", "w", **profile) as raster:
        raster.write(np.full(FIELD.shape, 5.0, "f4"), 1)
    (tmp_path / "rain.csv").write_text(UNEQUAL)
    (tmp_path / "losses.csv").write_text("Time (s),Losses (mm/h)\n0,0\n3600,6\n")
    (tmp_path / "gauges.csv").write_text("id,x,y,level\nG,250115.0,2699895.0,5.1\n")
    return tmp_path


@pytest.fixture
def ask(folder, capsys):
    """Run a case: its answer, and the manifest that it leaves."""

    def run(text, *words):
        (folder / "case.toml").write_text(text)
        command = ["simulate", folder / "case.toml", "--out", folder / "runs", *words, "--json"]
        assert main([str(word) for word in command]) == 0
        answer = json.loads(capsys.readouterr().out)
        manifest = json.loads((folder / "runs" / answer["run_id"] / "manifest.json").read_text())
        return answer, manifest

    return run


def test_the_hours_that_are_asked_for_reach_rain_and_losses(ask):
    answer, _ = ask(RAINY.replace('"rain.csv"', "30"), "--hours", "2")
    assert answer["rain_mm"] == pytest.approx(60, rel=1e-5)
    assert answer["rain_times"] is None
    drained = 1000 * answer["ledger"]["drained"] / (600 * 100.0)
    assert drained == pytest.approx(6, rel=1e-3), "the mean over two hours is 3 mm/h"


def test_the_meaning_of_rain_times_is_said_and_shown(ask):
    for words, key, rule, depth in (
        ((), "", "begin", 99.99),
        ((), 'times = "end"', "end", 50.0),
        (("--rain-times", "begin"), 'times = "end"', "begin", 99.99),
    ):
        text = RAINY.replace('"rain.csv"', f'"rain.csv"\n{key}')
        answer, manifest = ask(text, "--hours", "2", *words)
        assert answer["rain_mm"] == pytest.approx(depth, rel=1e-5)
        assert answer["rain_times"] == manifest["settings"]["rain_times"] == rule


def test_the_report_names_rain_that_did_not_fall(folder, capsys):
    (folder / "case.toml").write_text(RAINY)
    command = f"simulate {folder}/case.toml --hours 2 --rain-times end --out {folder}/runs"
    assert main(command.split()) == 0
    said = "50.0 mm, each rate held since the row before it (--rain-times end); the 49.99 mm/h of"
    assert said in capsys.readouterr().out


def test_rain_without_a_date_that_starts_late_keeps_the_clock_of_the_run(folder, ask):
    (folder / "rain.csv").write_text("Time (s),Rain (mm/h)\n1800,20\n3600,0\n")
    answer, manifest = ask(RAINY)
    assert answer["valid_from"] == manifest["times"][0] == "2000-01-01T00:00:00Z"
    assert answer["rain_mm"] == pytest.approx(10, rel=1e-5)

"""The bench: its beds are what they claim, its counts are honest, its bounds stand beside them."""

import json

import numpy as np
import pytest

from benchmarks import machine
from benchmarks.beds import LAKE_SHARE, dry_egg_box, egg_box, lake, plain_egg_box
from benchmarks.kernel import BYTES_PER_UPDATE, bench_kernel, check_request, small_share
from benchmarks.pace import Pace, fastest_run
from hydrology.solver.simulation import Settings
from service.cli import main
from service.words.bench_report import bench_kernel as bench_text
from twin.errors import InputError

CELLS = 40 * 40


@pytest.fixture
def short(monkeypatch):
    """Tries too short for a figure, long enough for its arithmetic."""
    monkeypatch.setattr("benchmarks.pace.TRY_SECONDS", 0.01)
    monkeypatch.setattr("benchmarks.bandwidth.ELEMENTS", 100_000)


def test_the_egg_box_is_wet_everywhere_and_stays_so():
    bed = egg_box(CELLS)
    assert (bed.terrain["initial_depth"] > 0).all()
    losses = (bed.terrain["infiltration_rate"] + bed.terrain["drain_capacity"]).max()
    assert bed.rain["rainfall_rate"].min() > losses
    assert bed.wet_cells == bed.terrain["elevation"].size == CELLS


def test_roughness_and_rain_of_the_egg_box_vary():
    bed = egg_box(CELLS)
    assert len(np.unique(bed.terrain["manning"])) > 0.9 * CELLS
    assert bed.rain["rainfall_rate"].std(("y", "x")).min() > 0
    assert dry_egg_box(CELLS).rain is None
    assert np.unique(plain_egg_box(CELLS).terrain["manning"]) == 0.03


def test_the_lake_is_level_and_a_tenth_of_its_country_and_lower_than_the_rest():
    bed = lake(CELLS)
    ground, depth = bed.terrain["elevation"].values, bed.terrain["initial_depth"].values
    level = (ground + depth)[depth > 0]
    assert np.ptp(level) < 1e-9
    assert ground[depth == 0].min() > level.max() + 5
    assert np.count_nonzero(depth) == bed.wet_cells
    assert bed.wet_cells / CELLS == pytest.approx(LAKE_SHARE, abs=0.01)


def test_every_cell_counts_once_a_step_and_dry_cells_do_not(short):
    settings = Settings(frame_seconds=1e9)
    wet, dry = fastest_run(egg_box(CELLS), settings), fastest_run(lake(CELLS), settings)
    assert wet.wet_share == 1
    assert wet.mcups * 1e6 * wet.seconds_per_step == pytest.approx(CELLS)
    assert dry.wet_share == pytest.approx(LAKE_SHARE, abs=0.01)
    assert dry.mcups * 1e6 * dry.seconds_per_step < 0.5 * CELLS


def test_a_try_is_as_long_as_its_pace_says(short):
    assert Pace(updates=1e9, step=0.5).length(1000) == pytest.approx(1e9 * 0.01 / 1000 * 0.5)
    assert Pace(updates=1.0, step=2.0).length(10**6) == 128


def test_the_bench_gives_its_figures_and_their_ratio(short):
    result = bench_kernel((CELLS,), ("inertial",), ("float32",))
    row = result["rows"][0]
    assert (row["scheme"], row["order"], row["dtype"], row["cells"]) == (
        "inertial", 1, "float32", CELLS,
    )  # fmt: skip
    assert row["ratio"] == pytest.approx(
        row["mcups"] * 1e6 * BYTES_PER_UPDATE / (result["triad_gb_s"] * 1e9)
    )
    triads = result["triad_before_gb_s"], result["triad_after_gb_s"]
    assert result["triad_gb_s"] == max(triads)
    assert min(triads) > 0
    assert result["dry_share"] > 0
    assert result["small_share"] is None
    assert result["peers"] == result["skipped"] == []


def test_small_beds_are_compared_with_large_ones_of_the_same_kind():
    def row(cells, mcups, dtype="float32"):
        return {"scheme": "inertial", "order": 1, "dtype": dtype, "cells": cells, "mcups": mcups}

    assert small_share([row(62_500, 80), row(1_000_000, 100)]) == 0.8
    assert small_share([row(62_500, 80), row(1_000_000, 100, "float64")]) is None


def test_too_little_memory_is_told_in_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "MEMORY", tmp_path / "meminfo")
    assert machine.too_little_memory(1e15) is None, "nobody knows"
    machine.MEMORY.write_text("MemTotal: 9 kB\nMemAvailable:    2000000 kB\n")
    assert machine.too_little_memory(1e9) is None
    assert machine.too_little_memory(3e9) == "needs about 3.0 GB of memory, 2.0 GB are free"


@pytest.mark.parametrize(
    ("what", "named"),
    [
        (((4,), ("inertial",), ("float32",)), "4 cells"),
        ((((), ("inertial",), ("float32",))), "0 cells"),
        (((1000,), ("kinematic",), ("float32",)), "'kinematic'"),
        (((1000,), ("inertial",), ("float16",)), "'float16'"),
        (((1000,), (), ("float32",)), "scheme is ''"),
    ],
)
def test_what_cannot_be_measured_is_named(what, named):
    with pytest.raises(InputError, match=named):
        check_request(*what)


def test_words_of_the_command_line_choose_a_part_and_a_file_keeps_it(short, tmp_path, capsys):
    file = tmp_path / "results" / "kernel.json"
    words = ["--sizes", "400,900", "--schemes", "inertial", "--dtypes", "float32", "--json"]
    assert main(["bench", "kernel", *words, "--out", str(file)]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [row["cells"] for row in printed["rows"]] == [400, 900]
    assert printed.pop("file") == str(file)
    assert json.loads(file.read_text()) == printed
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_words_that_cannot_be_are_one_line(tmp_path, capsys):
    for words, named in (
        (["--sizes", "many"], "--sizes"),
        (["--schemes", "dynamic"], "dynamic-1"),
        (["--out", str(tmp_path)], "is a folder"),
    ):
        assert main(["bench", "kernel", *words]) == 2
        error = capsys.readouterr().err
        assert named in error
        assert error.count("\n") == 1


def test_people_see_each_figure_beside_its_bound():
    row = {"scheme": "inertial", "order": 1, "dtype": "float32", "device": "cpu",
           "cells": 4_000_000, "mcups": 900.0, "ratio": 0.7, "bound": 1.0,
           "bytes_per_cell": 47.0, "wet_share": 1.0}  # fmt: skip
    peer = {"name": "landlab", "version": "2.11.0", "dtype": "float64", "cells": 10**6,
            "mcups": 15.0, "ours_scheme": "inertial", "ours_order": 1, "ours_dtype": "float32",
            "ours_mcups": 600.0, "ratio": 40.0, "bound": 25.0,
            "same_dtype_ratio": 20.0}  # fmt: skip
    text = bench_text(
        {"machine": "m", "date": "d", "versions": {"python": "3"}, "triad_before_gb_s": 40.0,
         "triad_after_gb_s": 41.0, "rows": [row, {**row, "cells": 10_000, "bound": None}],
         "dry_share": 0.3, "dry_bound": 0.2, "small_share": 0.7, "small_bound": 0.6,
         "peers": [peer], "skipped": [{"name": "anuga", "reason": "not installed"}]}
    )  # fmt: skip
    lines = text.splitlines()

    def words(start):
        return next(line for line in lines if line.startswith(start)).split()

    assert words("inertial")[-4:] == ["0.70", "1.00", "no", "47.0"]
    assert words("cost of a step")[-4:] == ["at", "most", "0.20", "no"]
    assert words("speed on")[-4:] == ["at", "least", "0.60", "yes"]
    assert words("landlab")[-4:] == ["40.0", "25.00", "yes", "20.0"]
    assert "  anuga: not installed" in lines

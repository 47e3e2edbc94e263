"""The suite: its cases can be read, it passes and fails as it should, its report stands alone."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import validate as suite
from benchmarks.checks import Check
from benchmarks.measures import MEASURES
from benchmarks.series import read_series
from benchmarks.tasks import CASES, read_tasks
from benchmarks.validate import find_jobs, validate
from service.cli import main
from twin.errors import InputError, MissingError

POND = """
name = "pond"
title = "A pond <at rest>"
seconds = 20.0

[[check]]
measure = "level_at"
gauge = "middle"
value = 1.0
bound = {bound}

[[check]]
measure = "mass_error"
bound = {{ float64 = 1e-12, float32 = 1e-6 }}

[terrain]
size = [40.0, 40.0]
cell_size = 4.0

[initial]
level = {level}

[[gauge]]
name = "middle"
point = [20, 20]

[settings]
dtype = "float64"
frame_seconds = 10.0
"""


@pytest.fixture
def pond(tmp_path):
    def write(level=1.0, bound=0.01, **parts):
        path = tmp_path / "pond.toml"
        text = POND.format(level=level, bound=bound)
        for old, new in parts.items():
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        return path

    return write


def run(capsys, *words):
    code = main(["validate", *map(str, words), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def test_every_case_of_the_suite_can_be_read():
    jobs = find_jobs()
    names = [job.name for job in jobs]
    assert len(names) == len(set(names))
    assert {"ritter", "stoker", "macdonald", "lake_at_rest"} <= {n.split(":")[0] for n in names}
    assert all(job.title and job.checks for job in jobs)


def test_the_quick_part_is_part_of_the_whole():
    quick, whole = ({job.name for job in find_jobs(quick=q)} for q in (True, False))
    assert quick < whole


def test_a_variant_is_found_by_its_name():
    (job,) = find_jobs(["uniform_flow:south:inertial"])
    assert job.changes["terrain.elevation"] == "0.01 * y"
    assert job.changes["settings.scheme"] == "inertial"
    assert len(find_jobs(["uniform_flow:inertial"])) == 5


def test_a_case_of_ones_own_passes_and_exits_with_nought(pond, tmp_path, capsys):
    code, result, _ = run(capsys, pond(), "--out", tmp_path / "report")
    assert code == 0
    rows = result["cases"]
    assert [row["measure"] for row in rows] == ["level_at", "mass_error"]
    assert all(row["passed"] for row in rows)
    assert {"case", "measure", "value", "bound", "passed", "seconds"} <= set(rows[0])
    assert rows[1]["bound"] == 1e-12


def test_a_case_beyond_its_bound_fails_and_exits_with_one(pond, tmp_path, capsys):
    code, result, _ = run(capsys, pond(level=1.5), "--out", tmp_path / "report")
    assert code == 1
    assert result["failed"] == 1
    assert result["cases"][0]["value"] == pytest.approx(0.5)


def test_a_measure_that_is_no_number_fails(pond, monkeypatch):
    nothing = MEASURES["level_at"].__class__(lambda *_: (np.nan, []), "nothing")
    monkeypatch.setitem(MEASURES, "level_at", nothing)
    result = validate([pond()])
    assert result["cases"][0]["passed"] is False
    assert result["cases"][0]["value"] is None


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"level_at"', '"happiness"', "happiness"),
        ("bound = 0.01", 'bound = "small"', "bound"),
        ("value = 1.0", "worth = 1.0", "worth"),
        ('gauge = "middle"', 'gauge = "moon"', "moon"),
        ('measure = "level_at"', 'measure = "depth_l1"', "exact"),
        ("value = 1.0", "region = [0, 1]\nvalue = 1.0", "region"),
        ("value = 1.0", 'exact = "ritter"\nwith = { dam = 1 }\nvalue = 1.0', "depth"),
        ("value = 1.0", "at = 7.0\nmeasure2 = 1", "measure2"),
    ],
)
def test_a_check_that_cannot_be_is_refused_in_one_line(pond, tmp_path, capsys, old, new, named):
    path = pond(**{old: new})
    code, result, error = run(capsys, path, "--out", tmp_path / "report")
    assert code == 2
    assert named in result["error"]
    assert error.count("\n") == 1
    assert not (tmp_path / "report").exists()


def test_a_case_without_checks_is_refused(pond):
    text = pond().read_text()
    path = pond()
    path.write_text(text[: text.index("[[check]]")] + text[text.index("[terrain]") :])
    with pytest.raises(InputError, match=r"no \[\[check\]\]"):
        read_tasks(path)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match="ritter"):
        find_jobs(["riter"])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"none\.toml"):
        find_jobs([str(tmp_path / "none.toml")])


def test_a_case_whose_data_is_missing_is_skipped_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOODTWIN_DATA", str(tmp_path))
    result = validate(["merewether"], out=tmp_path / "report")
    assert result["skipped"] == len(result["cases"]) > 0
    assert result["failed"] == 0
    assert all(row["passed"] is None for row in result["cases"])
    assert "FLOODTWIN_DATA" in result["cases"][0]["note"]
    assert "skipped" in (tmp_path / "report" / "report.html").read_text()


def test_the_report_stands_alone(pond, tmp_path):
    result = validate([pond()], out=tmp_path / "report")
    page = Path(result["report"]).read_text()
    assert "A pond &lt;at rest&gt;" in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert "url(" not in page
    assert "<script" not in page
    assert "viewport" in page
    assert page.count("<img") >= 1
    rows = json.loads((tmp_path / "report" / "cases.json").read_text())
    assert rows["cases"] == result["cases"]
    assert rows["machine"]["numba"]


def test_an_order_is_measured_on_several_cell_sizes(tmp_path):
    path = tmp_path / "slope.toml"
    path.write_text(
        """
seconds = 600.0
[[check]]
measure = "order"
exact = "non_breaking_wave"
with = { speed = 0.3, manning = 0.03 }
cell_sizes = [20, 10]
bound = 0.5
[constants]
cell_size = 10
[terrain]
size = [400.0, 40.0]
cell_size = 10.0
[[stage]]
side = "west"
level = "(7 / 3 * 0.03**2 * 0.3**2 * max(0.3 * t - cell_size / 2, 0))**(3 / 7)"
[settings]
theta = 1.0
frame_seconds = 300.0
"""
    )
    (row,) = validate([path])["cases"]
    assert 0.3 < row["value"] < 2.0


def test_a_series_is_read_past_its_comments_and_units(tmp_path):
    path = tmp_path / "gauges.txt"
    path.write_text("\tG1\tG2\nt (s)\th (m)\th (m)\n0\t0.1\t\n1\t0.2\t0.5\n")
    seconds, depth = read_series(path, "G2")
    assert list(seconds) == [1.0]
    assert list(depth) == [0.5]


def test_a_law_runs_and_holds(monkeypatch):
    monkeypatch.setattr("benchmarks.laws.SECONDS", 60.0)
    (law,) = [law for law in suite.LAWS if law.name == "threads:inertial"]
    section = suite.run_job(law)
    assert section.rows[0].value == 0.0
    assert section.rows[0].passed


def test_the_case_files_name_their_groups():
    groups = {task.group for path in CASES.glob("*.toml") for task in suite._checked(path)}
    assert groups <= set(suite.GROUPS)


def test_a_check_knows_what_its_bound_is_in_each_precision():
    bounds = {task.name: task.checks[0].bound for task in read_tasks(CASES / "lake_at_rest.toml")}
    assert bounds["lake_at_rest:inertial:float64"] == 1e-12
    assert bounds["lake_at_rest:inertial:float32"] == 1e-5
    assert isinstance(read_tasks(CASES / "ritter.toml")[0].checks[0], Check)

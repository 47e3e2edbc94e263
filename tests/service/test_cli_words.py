"""Words and readings that cannot be: one line, and never an all-clear out of a wrong clock."""

import json

import pytest

from hydrology.solver import compiled
from hydrology.solver.settings import Settings
from service import engine
from service.cli import main
from service.first_start import tell_of_compiling
from service.words import report
from service.words.progress import Progress
from service.words.rain_text import rain_told


def test_words_that_are_wrong_are_one_line(refused, bowl):
    assert "VERB" in refused()
    assert "'fly'" in refused("fly")
    assert "--hours" in refused("simulate", bowl, "--hours", "-1", "--json")
    assert "inertial" in refused("simulate", bowl, "--scheme", "kinematic")


def test_an_empty_word_is_refused(refused, bowl):
    for flag in ("--rain", "--edges", "--losses", "--out"):
        assert f"argument {flag}: ''" in refused("simulate", bowl, flag, "")
    dem = ("city", "import", "--name", "t", "--dem", "dem.tif", "--title", "")
    assert "argument --crs: ' '" in refused(*dem, "--crs", " ")
    assert "dem.tif is missing" in refused(*dem), "a title may be empty"


def test_what_is_refused_at_once_is_one_line_without_progress(capsys):
    progress = Progress("importing town")
    progress.tell("reading the terrain")
    assert capsys.readouterr().err == ""
    progress.tells_from = 0.0
    progress.tell("reading the buildings")
    assert capsys.readouterr().err == "importing town: reading the buildings\n"


def test_a_flag_that_is_not_known_leads_to_the_help_of_its_verb(refused):
    line = refused("scenario", "a.toml", "--bse", "city")
    assert "--bse city, perhaps --base is meant; see `floodtwin scenario --help`" in line
    line = refused("bench", "kernel", "--siez=3")
    assert "--siez=3, perhaps --sizes is meant; see `floodtwin bench kernel --help`" in line
    line = refused("scenario", "a.toml", "--qqqq")
    assert "perhaps" not in line
    assert "`floodtwin --help`" in refused("--vresion")


def test_a_first_start_says_that_it_compiles(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(compiled.numba.config, "CACHE_DIR", str(tmp_path))
    for quiet in (True, False):
        tell_of_compiling(Progress("simulating town", wanted=not quiet), Settings())
    told = capsys.readouterr().err
    assert told.startswith("simulating town: compiling the kernels, once")
    assert told.count("\n") == 1
    (tmp_path / "solver").mkdir()
    (tmp_path / "solver" / "cpu._advance_inertial-1.py311.0.code").write_bytes(b"kept")
    tell_of_compiling(Progress("simulating town"), Settings())
    assert capsys.readouterr().err == ""
    tell_of_compiling(Progress("simulating town"), Settings(scheme="dynamic"))
    assert "compiling" in capsys.readouterr().err


def test_the_kernels_of_a_run_are_found_where_they_are_kept(bowl, tmp_path, capsys):
    if not compiled.numba.config.CACHE_DIR:
        pytest.skip("no kernels are kept on this machine")
    words = ["simulate", bowl, "--rain", "5", "--hours", "0.02", "--out", tmp_path, "--json"]
    assert main([str(word) for word in words]) == 0
    capsys.readouterr()
    tell_of_compiling(Progress("simulating bowl"), Settings())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("time", ["", "NaT", "9999-01-01T00:00:00Z", "0001-01-01", "1816-03-30"])
def test_an_issue_time_that_cannot_be_is_refused(refused, bowl, bowl_store, time):
    line = refused("forecast", bowl, "--store", bowl_store, "--issue-time", time, "--json")
    assert repr(time) in line


@pytest.mark.parametrize(
    "words",
    [("--seed", -1), ("--seed", 2**32), ("--members", 999_999), ("--members", 0)],
)
def test_numbers_out_of_range_are_refused(refused, bowl, bowl_store, words):
    line = refused("forecast", bowl, "--store", bowl_store, *words)
    assert words[0] in line
    assert str(words[1]) in line


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_fault_of_our_own_is_one_line(bowl, capsys, monkeypatch, debug):
    def fail(**_):
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(engine, "check_city", fail)
    monkeypatch.setenv("FLOODTWIN_DEBUG", debug)
    assert main(["city", "check", str(bowl), "--json"]) == 1
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert "this is a fault of Floodtwin, not of your input: ZeroDivisionError: a b;" in lines[-1]
    assert (lines[0] == "Traceback (most recent call last):") == bool(debug)
    assert len(lines) == 1 or debug
    assert json.loads(out)["kind"] == "ZeroDivisionError"


def dry_readings(bad):
    """Two hours without rain of three gauges, and one more row."""
    times = [f"2026-05-01T{h:02}:{m:02}" for h in (10, 11) for m in range(0, 60, 10)]
    rows = [f"{g},{t}:00Z,{t}:40Z,rainfall_rate,0,mm" for t in times for g in ("R1", "R2", "R3")]
    return "\n".join(["station_id,time,received,property,value,unit", *rows, bad]) + "\n"


@pytest.mark.parametrize("date", ["2026-05-02", "2026-05-04", "2099-01-01"])
def test_one_wrong_clock_gives_no_all_clear(bowl, tmp_path, capsys, date):
    bad = f"R2,{date}T11:50:00Z,{date}T11:51:00Z,rainfall_rate,0,mm"
    (tmp_path / "sent.csv").write_text(dry_readings(bad))
    store = ["--store", str(tmp_path / "store")]
    words = ["ingest", "--source", "sample", "--file", str(tmp_path / "sent.csv"), *store]
    assert main(words) == 0
    assert ("received in the future 1" in capsys.readouterr().out) == (date[:4] == "2099")
    words = ["forecast", str(bowl), *store, "--members", "1", "--hours", "0.2"]
    assert main([*words, "--out", str(tmp_path / "runs")]) == 0
    out = capsys.readouterr().out
    assert "2026-05-01T11:51:00Z" in out
    if date[:4] != "2099":
        assert "1 gauge ahead of all others" in out


def test_an_all_clear_says_in_its_line_which_inputs_are_degraded():
    result = {
        "hotspots": [], "issue_time": "", "horizon_hours": 3, "members_used": 1,
        "members_requested": 1, "inputs_degraded": ["rain: old"], "wall_seconds": 1, "run": "",
        "sensors_heard": {"gauges": [1, 6]}, "start": {"from": None}, "districts": [],
    }  # fmt: skip
    assert report.forecast(result).splitlines()[0].endswith("degraded: rain: old")
    result["inputs_degraded"] = []
    assert report.forecast(result).splitlines()[0] == "no place floods in this forecast"


def test_a_forecast_tells_its_rain_in_one_line():
    past = {"kind": "measured", "source": "gauges", "until": "2026-06-09T07:00:00Z"}
    ahead = {"kind": "expected", "source": "persistence", "time": "2026-06-09T07:00:00Z"}
    ahead |= {"mean_p10_mm_h": 4.0, "mean_p50_mm_h": 9.0, "mean_p90_mm_h": 20.0}
    later = {**ahead, "time": "2026-06-09T07:10:00Z", "mean_p50_mm_h": 8.0, "source": "numerical"}
    rows = [{**past, "mean_mm_h": rate, "source": who} for rate, who in [(99, "radar")] * 3]
    rows += [{**past, "mean_mm_h": 12.0}] * 5 + [{**past, "mean_mm_h": 6.0, "source": "merged"}]
    assert rain_told([*rows, ahead, later]) == (
        "11.0 mm in 60 min to 07:00 (gauges, merged); "
        "ahead up to 9.0 (4.0 to 20.0) mm/h at 07:00 (persistence, numerical)"
    )
    assert rain_told([{**past, "mean_mm_h": 6.0}] * 2 + [ahead]).startswith("2.0 mm in 20 min to")
    assert rain_told([]) == rain_told([ahead]) == "not known"

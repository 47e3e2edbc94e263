"""A run in two parts, saved and resumed by the command line, is bitwise the run in one part."""

import json

import numpy as np
import pytest
import xarray as xr

from service.cli import main

STORM = """
hours = 0.2
[terrain]
cell_size = 5
size = [200, 150]
elevation = "10 + random(3) + 0.02 * hypot(x - 100, y - 75)"
[rain]
source = [[0, 60], [500, 20]]
[infiltration]
model = "horton"
initial_mm_h = "40 + 10 * random(4)"
final_mm_h = 5
decay_per_h = 3
[[inflow]]
point = [20, 75]
discharge = "0.5 + sin(t / 100)**2"
[[free]]
side = "east"
slope = 0.01
[[levee]]
name = "dike"
line = [[60, 0], [60, 150]]
crest = 13.6
[[levee.breach]]
point = [60, 75]
width = 10
bottom = 10.5
duration = 200
begins = 300
[[gauge]]
name = "P"
point = [100, 75]
[output]
frame_seconds = 120
gauge_seconds = 60
"""


@pytest.fixture
def simulate(tmp_path, capsys):
    """Run a case with some words; its answer, or the line that refuses it."""

    def call(*words, text=STORM):
        (tmp_path / "case.toml").write_text(text)
        command = ["simulate", tmp_path / "case.toml", "--out", tmp_path / "runs", "--json", *words]
        code = main([str(word) for word in command])
        output = capsys.readouterr()
        if code:
            assert code == 2
            assert len(output.err.splitlines()) == 1
            return output.err
        answer = json.loads(output.out)
        answer["folder"] = tmp_path / "runs" / answer["run_id"]
        return answer

    return call


@pytest.mark.parametrize("settings", [(), ("--scheme", "dynamic", "--order", "2")])
def test_two_hours_are_one_saved_and_one_resumed(simulate, tmp_path, settings):
    whole = simulate(*settings)
    state = tmp_path / "states" / "half.state"
    first = simulate(*settings, "--hours", "0.1", "--save", state)
    second = simulate(*settings, "--resume", state)
    assert first["state"] == str(state)
    assert second["ledger"] == whole["ledger"]
    assert second["steps"] == whole["steps"]
    with (
        xr.open_dataset(whole["folder"] / "fields.nc") as once,
        xr.open_dataset(second["folder"] / "fields.nc") as resumed,
    ):
        assert resumed["time"].values[0] - once["time"].values[0] == np.timedelta64(360, "s")
        assert resumed.drop_vars("crs").identical(
            once.drop_vars("crs").sel(time=resumed["time"]).assign_attrs(resumed.attrs)
        )
    rows = [(run["folder"] / "gauges.csv").read_text().splitlines() for run in (whole, second)]
    assert rows[1][1:] == rows[0][-7:]


def test_a_city_is_saved_and_resumed_alike(bowl, tmp_path, capsys):
    def call(*words):
        command = ["simulate", bowl, "--rain", "design:40mm/20min", "--json", *words]
        assert main([str(w) for w in [*command, "--out", tmp_path / "runs"]]) == 0
        return json.loads(capsys.readouterr().out)

    state = tmp_path / "half.state"
    whole = call("--hours", "0.5")
    call("--hours", "0.1666666666666667", "--save", state)
    assert call("--hours", "0.5", "--resume", state)["ledger"] == whole["ledger"]


def test_a_case_may_begin_with_the_water_of_another_run(simulate, tmp_path):
    simulate("--hours", "0.1", "--save", tmp_path / "end.state")
    begun = simulate("--hours", "0.1", text=STORM + '[initial]\nstate = "end.state"')
    with xr.open_dataset(begun["folder"] / "fields.nc") as fields:
        assert float(fields["water_depth"][0].max()) > 0.01
    assert begun["valid_from"] == "2000-01-01T00:00:00Z"


def test_the_state_names_itself_among_the_inputs(simulate, tmp_path):
    simulate("--hours", "0.05", "--save", tmp_path / "a.state")
    folder = simulate("--resume", tmp_path / "a.state")["folder"]
    inputs = json.loads((folder / "manifest.json").read_text())["inputs"]
    assert [file["name"] for file in inputs] == ["case.toml", "a.state"]


def test_a_state_that_does_not_fit_is_refused(simulate, tmp_path):
    state = tmp_path / "a.state"
    simulate("--hours", "0.05", "--save", state)
    runs = sorted(path.name for path in (tmp_path / "runs").iterdir())
    for words, text, says in (
        (("--resume", tmp_path / "none.state"), STORM, "none.state is not there"),
        (("--resume", tmp_path / "case.toml"), STORM, "case.toml is no saved state"),
        (("--resume", tmp_path), STORM, "is no saved state"),
        (("--resume", state, "--dtype", "float64"), STORM, "dtype float32, expected float64"),
        (("--resume", state, "--scheme", "dynamic"), STORM, "scheme inertial, expected dynamic"),
        (("--resume", state, "--hours", "0.05"), STORM, "expected more than 180"),
        (("--resume", state), STORM.replace("[200, 150]", "[200, 160]"), "expected 32x40"),
        (("--resume", state), STORM.replace("cell_size = 5", "cell_size = 5\norigin = [5, 0]"),
         "grid 0.000 150.000"),
        (("--resume", state), STORM.replace("0.02 *", "0.03 *"), "a run with another terrain"),
        (("--resume", state), STORM.replace("crest = 13.6", "crest = 13.7"), "other structures"),
        (("--resume", state), STORM.replace("decay_per_h = 3", "decay_per_h = 4"), "another soil"),
        (("--resume", state), STORM.replace("slope = 0.01", "slope = 0.02"), "another kind or"),
        ((), STORM + '[initial]\nstate = "none.state"', "none.state is not there"),
        ((), STORM + '[initial]\nstate = "case.toml"', "is no saved state"),
    ):  # fmt: skip
        assert says in simulate(*words, text=text)
    state.write_bytes(b"")
    assert "is no saved state" in simulate("--resume", state)
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == runs


def test_a_place_where_no_state_can_be_kept_is_refused_before_the_run(simulate, tmp_path):
    (tmp_path / "file").write_text("")
    assert "is a folder, expected a file" in simulate("--save", tmp_path)
    assert "cannot be written" in simulate("--save", tmp_path / "file" / "a.state")
    assert not (tmp_path / "runs").exists()

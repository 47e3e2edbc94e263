"""A case from the command line: what is wrong is one line, and leaves nothing behind."""

import json

import pytest

from service.cli import main

VALLEY = """
hours = 0.05
[terrain]
cell_size = 2
size = [80, 40]
elevation = "10 - 0.01 * x + 0.001 * (y - 20)**2"
[initial]
level = 9.6
[rain]
source = 30
[[inflow]]
side = "west"
between = [10, 30]
discharge = "t / 100"
[[gauge]]
name = "P"
point = [70, 20]
[output]
frame_seconds = 60
gauge_seconds = 20
[settings]
dtype = "float64"
"""


@pytest.fixture
def refuse(tmp_path, capsys):
    """Run a case that cannot be: the one line that says why; nothing is left."""

    def run(text, *words):
        (tmp_path / "case.toml").write_text(text)
        before = sorted(tmp_path.rglob("*"))
        command = ["simulate", tmp_path / "case.toml", "--out", tmp_path / "runs", *words]
        code = main([str(word) for word in command])
        output = capsys.readouterr()
        assert code == 2
        assert output.out == ""
        (line,) = output.err.splitlines()
        assert line.startswith("floodtwin: error:")
        assert sorted(tmp_path.rglob("*")) == before
        return line

    return run


@pytest.fixture
def ask(tmp_path, capsys):
    """Run a case: its folder and its answer."""

    def run(text, *words):
        (tmp_path / "case.toml").write_text(text)
        command = ["simulate", tmp_path / "case.toml", "--out", tmp_path / "runs", *words, "--json"]
        assert main([str(word) for word in command]) == 0
        answer = json.loads(capsys.readouterr().out)
        return tmp_path / "runs" / answer["run_id"], answer

    return run


WEST = 'side = "west"\nbetween = [10, 30]'
IN_HOLE = "point = [50, 20]\ndischarge = 1\n{HOLE}[[inflow]]\npoint = [1, 1]"
HOLE = "[[building]]\npolygon = [[40, 10], [60, 10], [60, 30], [40, 30]]\n"


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        (WEST, "point = [81, 20]", "is off the grid"),
        (WEST, "line = [[1, 1], [1, 41]]", "leaves the grid"),
        (WEST, IN_HOLE.format(HOLE=HOLE), "lies on a wall or a building"),
        ("cell_size = 2", "cell_size = 2\nmanning = -0.03", "manning is -0.03 in [terrain]"),
        ("cell_size = 2", "cell_size = 2\nmanning = '0.1 - 0.01 * x'", "manning is -0.01 at x 11"),
        ("cell_size = 2", "cell_size = 2\nslope = 1", "[terrain] has slope, expected cell_size"),
        ("size = [80, 40]", "size = [80, 41]", "whole multiples of 2 m"),
        ("size = [80, 40]", 'size = "80"', "size is '80' in [terrain], expected a point"),
        ("10 - 0.01 * x", "__import__('os').getcwd()", "elevation in [terrain]: expression"),
        ("10 - 0.01 * x", "10 / (x - 1)", "elevation is inf at x 1, y 39"),
        ("10 - 0.01 * x", "9**9**9", "elevation is inf"),
        ("level = 9.6", "level = 'y +'", "level in [initial]: expression 'y +' is no formula"),
        ("level = 9.6", "level = 1e9", "initial_depth goes from"),
        ("source = 30", "source = [[0, 'a']]", "source is [[0, 'a']] in [rain]"),
        ("source = 30", "source = 30\n[infiltration]\nmodel = 'horton'\ninitial_mm_h = 9\n"
         "final_mm_h = 9e9\ndecay_per_h = 2", "Horton's final capacity is"),
        ("source = 30", "source = 30\n[infiltration]\nmodel = 'scs'\ncurve_number = 0",
         "curve number is 0, expected 1 to 100"),
        ("point = [70, 20]", "point = [90, 20]", "gauge P at (90.0, 20.0) is off the grid"),
        ("gauge_seconds = 20", "gauge_seconds = -1", "gauge_seconds is -1 in [output]"),
        ("[settings]", "[settings]\ncourant = 'x'", "courant is 'x' in [settings]"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_leaves_nothing(refuse, right, wrong, says):
    assert VALLEY.count(right) == 1
    assert says in refuse(VALLEY.replace(right, wrong))


def test_a_case_of_formulas_runs_from_the_command_line(ask):
    folder, answer = ask(VALLEY)
    assert abs(answer["mass_error"]) < 1e-12
    assert answer["ledger"]["inflow"] == pytest.approx(180**2 / 200, rel=1e-6)
    assert len((folder / "gauges.csv").read_text().splitlines()) > 3

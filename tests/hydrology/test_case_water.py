"""Rain, inflows and levels of a case: where they are, and how much over time."""

import numpy as np
import pytest

from hydrology.cases.case import FIELDS
from twin.errors import InputError

FIELD = """
seconds = 100
[terrain]
cell_size = 1
size = [4, 3]
elevation = "where(x < 1 and y < 1, nan, 1)"
"""


def boundary(load_text, text):
    (found,) = load_text(FIELD + text).boundaries
    cells = sorted(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
    return found, cells


@pytest.mark.parametrize(
    ("place", "cells"),
    [
        ("line = [[1.5, 0.5], [1.5, 2.5]]", [(0, 1), (1, 1), (2, 1)]),
        ("point = [3.5, 2.5]", [(0, 3)]),
        ("points = [[3.5, 2.5], [3.6, 2.6], [0.5, 1.5]]", [(0, 3), (1, 0)]),
        ('side = "west"', [(0, 0), (1, 0), (2, 1)]),
        ('side = "south"', [(1, 0), (2, 1), (2, 2), (2, 3)]),
        ('side = "east"\nbetween = [2, 0]', [(1, 3), (2, 3)]),
        ('side = "north"\nbetween = [2, 9]', [(0, 2), (0, 3)]),
    ],
)
def test_a_boundary_lies_on_a_line_at_points_or_on_a_side(load_text, place, cells):
    assert boundary(load_text, f"[[inflow]]\n{place}\ndischarge = 1")[1] == cells


@pytest.mark.parametrize(
    ("point", "cell"), [([4, 3], (0, 3)), ([4, 0], (2, 3)), ([0, 0], (2, 0)), ([0, 3], (0, 0))]
)
def test_a_point_on_the_outer_edge_lies_in_the_cell_beside_it(load_text, point, cell):
    assert boundary(load_text, f"[[inflow]]\npoint = {point}\ndischarge = 1")[1] == [cell]
    line = f"[[inflow]]\nline = [{point}, {point}]\ndischarge = 1"
    assert boundary(load_text, line)[1] == [cell]


def test_a_series_is_a_number_rows_a_file_or_a_formula_of_time(load_text):
    (load_text.folder / "q.csv").write_text("seconds,discharge\n0,1\n50,3\n")
    for value, seconds, discharge in (
        ("2", [0], [2]),
        ("[[0, 1], [50, 3]]", [0, 50], [1, 3]),
        ('"q.csv"', [0, 50], [1, 3]),
        ('"2 * pi"', [0], [2 * np.pi]),
        ('"t / 10"\nseries_seconds = 50', [0, 50, 100], [0, 5, 10]),
    ):
        found, _ = boundary(load_text, f"[[inflow]]\npoint = [2, 2]\ndischarge = {value}")
        np.testing.assert_allclose(found.seconds, seconds)
        np.testing.assert_allclose(found.discharge, discharge)


def test_a_formula_of_time_is_sampled_alike_in_a_shorter_run(load_text):
    text = FIELD + '[[stage]]\npoint = [2, 2]\nlevel = "1 + sin(t)"'
    (whole,), (part,) = (load_text(text, hours=h).boundaries for h in (None, 50 / 3600))
    assert whole.seconds[1] == part.seconds[1] == 0.1
    np.testing.assert_array_equal(whole.level, part.level)


def test_a_discharge_per_width_counts_the_cells(load_text):
    text = '[[inflow]]\nside = "west"\ndischarge_per_width = [[0, 0], [10, 0.5]]'
    assert boundary(load_text, text)[0].discharge.tolist() == [0, 1.5]


def test_rain_of_rows_holds_until_the_next_and_the_last_for_good(load_text):
    rain = load_text(FIELD + "[rain]\nsource = [[10, 36], [20, 72]]").rainfall
    seconds = (rain["time"] - rain["time"][0]).values / np.timedelta64(1, "s")
    assert seconds[:3].tolist() == [0, 10, 20]
    assert seconds[-1] > 1e8
    np.testing.assert_allclose(rain["rainfall_rate"][:, 0, 0], [0, 1e-5, 2e-5, 2e-5], rtol=1e-6)


def test_rain_falls_in_its_pattern(load_text):
    rain = load_text(FIELD + '[rain]\nsource = 36\npattern = "where(x < 2, 1, 0.5)"').rainfall
    rate = rain["rainfall_rate"].values
    assert rate.shape == (1, 3, 4)
    np.testing.assert_allclose(rate[0, 0], [1e-5, 1e-5, 5e-6, 5e-6], rtol=1e-6)


def test_gauges_stand_in_the_case_or_in_a_file(load_text):
    (load_text.folder / "g.csv").write_text("id,x,y\nB,0.5,1.5\n")
    text = '[[gauge]]\nname = "A"\npoint = [3.5, 2.5]\nobserved = 1.5\n[gauges]\nfile = "g.csv"\n'
    first, second = load_text(FIELD + text + 'id = "id"').gauges
    assert (first.name, first.row, first.column, first.observed) == ("A", 0, 3, 1.5)
    assert (second.name, second.row, second.column) == ("B", 1, 0)


def test_the_output_of_a_case(load_text):
    case = load_text(FIELD)
    assert (case.gauge_seconds, case.settings.frame_seconds) == (600, 600)
    assert case.fields == FIELDS
    case = load_text(
        FIELD + "[output]\nframe_seconds = 20\ngauge_seconds = 5\nfields=['max_depth']"
    )
    assert (case.gauge_seconds, case.settings.frame_seconds) == (5, 20)
    assert case.fields == ("max_depth",)


def test_checks_are_handed_through_as_they_are(load_text):
    case = load_text(FIELD + "[validate]\nanything = 1\n[[check]]\nmeasure = 'depth'\nat = [1]")
    assert case.checks == ({"measure": "depth", "at": [1]},)


INFLOW = "[[inflow]]\npoint = [2, 2]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[inflow]]\ndischarge = 1", "has no line, expected two or more points .* or point"),
        (
            INFLOW + "side = 'west'\ndischarge = 1",
            "has point and side, expected one of line, point, points, side",
        ),
        (INFLOW + "between = [0, 1]\ndischarge = 1", "beside side only"),
        ("[[inflow]]\nside = 'up'\ndischarge = 1", "one of 'north'"),
        ("[[inflow]]\nside = 'west'\nbetween = [8, 9]\ndischarge = 1", "no open cell on the west"),
        ("[[inflow]]\npoint = [9, 9]\ndischarge = 1", "is off the grid"),
        ("[[inflow]]\npoint = [9]\ndischarge = 1", "expected a point"),
        (INFLOW + "discharge = 1\ndischarge_per_width = 1", "either discharge or"),
        (INFLOW + "discharge = 'x'", "has the name 'x', expected one of t"),
        (INFLOW + "discharge = 'log(t)'", "a finite value at t = 0 s"),
        (INFLOW + "discharge = 'random(1)'", "random over time"),
        (INFLOW + "discharge = 't'\nseries_seconds = 1e-9", "at most 1,000,000 steps"),
        (INFLOW + "discharge = 'no.csv'", "no.csv is not there"),
        (INFLOW + "discharge = 'case.toml.csv'", "is not there"),
        ("[[gauge]]\npoint = [1, 2]", "has no name"),
        ("[[gauge]]\nname = 'A'\npoint = [99, 2]", "gauge A at .* is off the grid"),
        (2 * "[[gauge]]\nname = 'A'\npoint = [1, 2]\n", "2 gauges are called 'A'"),
        ("[rain]\nsource = [[0, -1]]", "0 or more"),
        ("[rain]\nsource = [[0, 1], [1e12, 2]]", r"up to 3.6e\+09 s"),
        ("[rain]\nsource = [[1, 1], [0, 1]]", "rising seconds"),
        ("[rain]\nsource = 1\npattern = -1", "pattern is -1"),
        ("[output]\nfields = ['depth']", "a list of some of water_depth"),
        ("[output]\nfields = []", "a list of some of"),
        ("[output]\ngauge_seconds = 0", "a number above 0"),
        ("[output]\ngauge_seconds = 1e-9", "gauge_seconds is 1e-09 .* at most 1,000,000 steps"),
        ("[output]\nframe_seconds = 1e-6", "frame_seconds is 1e-06 .* at most 100,000 steps"),
        ("[output]\nframe_seconds = 5\n[settings]\nframe_seconds = 5", "either here or in"),
        ("[validation]\nx = 1", "has validation, expected name"),
    ],
)
def test_what_cannot_be_is_one_line(load_text, text, says):
    with pytest.raises((InputError, LookupError), match=says):
        load_text(FIELD + text)


def test_rows_of_a_series_must_rise(load_text):
    (load_text.folder / "q.csv").write_text("0,1\n50,3\n50,4\n")
    with pytest.raises(InputError, match=r"q.csv does not rise in its first column at row 3"):
        load_text(FIELD + INFLOW + 'discharge = "q.csv"')
    (load_text.folder / "q.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(InputError, match=r"q.csv has 2 rows of 3 columns"):
        load_text(FIELD + INFLOW + 'discharge = "q.csv"')


def test_the_water_may_move_at_the_start(load_text):
    text = "[initial]\ndepth = 1\nvelocity_x = '0.5 * y'\n"
    east, north = load_text(FIELD + text).initial.velocity
    np.testing.assert_allclose(east[:, 3], [1.25, 0.75, 0.25])
    assert not north.any()
    assert east[2, 0] == 0, "outside of the domain nothing moves"
    with pytest.raises(InputError, match="velocity_y is 1000"):
        load_text(FIELD + "[initial]\nvelocity_y = 1000")
    with pytest.raises(InputError, match="nothing else in this table"):
        load_text(FIELD + "[initial]\nstate = 'a.state'\ndepth = 1")


def test_a_free_side_has_the_slope_of_the_bed_beyond(load_text):
    (free,) = load_text(FIELD + "[[free]]\nside = 'east'\nslope = 0.01").boundaries
    assert (free.name, free.side, free.slope) == ("outflow in the east", "east", 0.01)
    for wrong, says in (
        ("side = 'east'", "has no slope"),
        ("side = 'up'\nslope = 1", "one of 'north'"),
        ("side = 'east'\nslope = 0", "a slope of 0"),
        ("side = 'east'\nslope = 1\nline = [[0, 0], [1, 1]]", "has line, expected name, side"),
    ):
        with pytest.raises(InputError, match=says):
            load_text(FIELD + f"[[free]]\n{wrong}")

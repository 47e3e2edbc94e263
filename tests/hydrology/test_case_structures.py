"""Structures and soil of a case are those of the solver, at the cells that the lines cut."""

import numpy as np
import pytest

from hydrology.cases.run import run_case
from hydrology.solver.structures import Breach, Bridge, Culvert, Levee, Weir
from twin.errors import InputError

FIELD = """
hours = 0.1
[terrain]
cell_size = 1
size = [40, 30]
elevation = "0.01 * x"
"""
LEVEE = """
[[levee]]
name = "dike"
line = [[10, 0], [10, 30]]
crest = [1, 4]
[[levee.breach]]
point = [10, 15.4]
width = 2.5
bottom = 0.3
duration = 100
begins = 10
"""


def test_a_levee_stands_on_the_faces_of_its_line(load_text):
    levee, breach = load_text(FIELD + LEVEE).structures
    assert isinstance(levee, Levee)
    assert sorted(levee.rows.tolist()) == list(range(30))
    assert set(levee.columns.tolist()) == {9}
    assert set(levee.to_columns.tolist()) == {10}
    np.testing.assert_allclose(levee.crest, 1 + 3 * (29.5 - levee.rows) / 30)
    assert isinstance(breach, Breach)
    assert sorted(breach.rows.tolist()) == [13, 14, 15]
    np.testing.assert_allclose(np.sort(breach.crest), [2.45, 2.55, 2.65])
    assert (breach.begins, breach.trigger, breach.levee_coefficient) == (10.0, None, 1.7)


def test_a_levee_of_a_height_follows_the_ground_of_each_face(load_text):
    text = FIELD + "[[levee]]\nline = [[0, 10], [40, 10]]\nheight = 0.8\n"
    (levee,) = load_text(text).structures
    np.testing.assert_allclose(levee.crest, 0.01 * (levee.columns + 0.5) + 0.8)
    with pytest.raises(InputError, match="either crest or height"):
        load_text(text + "crest = 2\n")


def test_the_faces_of_a_slanting_levee_are_as_long_as_its_line(load_text):
    slanting = LEVEE.replace("[[10, 0], [10, 30]]", "[[5, 0], [35, 30]]")
    levee, breach = load_text(FIELD + slanting.replace("[10, 15.4]", "[20, 15]")).structures
    assert len(levee.rows) == 59  # the last stair lies on the edge
    np.testing.assert_allclose(levee.face_width, 0.5**0.5)
    assert len(breach.rows) == 4  # four stairs of 0.71 m for 2.5 m
    bent = LEVEE.replace("[[10, 0], [10, 30]]", "[[5, 0], [5, 10], [25, 25]]")
    levee, _ = load_text(
        FIELD + bent.replace("[1, 4]", "2").replace("[10, 15.4]", "[5, 5]")
    ).structures
    assert levee.face_width.sum() == pytest.approx(10 + 25, rel=0.01)


def volume_beyond(load_text, crest, extra=""):
    """Water that came over a levee in 5 s, from a pond of 1.3 m before it [m3]."""
    text = f"""
    seconds = 5
    [terrain]
    cell_size = 1
    size = [40, 20]
    elevation = "0"
    [initial]
    level = "where(x < 20, 1.3, 0)"
    [[levee]]
    line = [[20, 0], [20, 20]]
    crest = {crest}
    {extra}
    [settings]
    dtype = "float64"
    """
    run = run_case(load_text(text)).simulation
    return run.state.depth[:, 20:].sum()


@pytest.mark.parametrize("crest", ["1.0", "[1.0, 1.6]"])
def test_a_breach_that_never_begins_changes_nothing(load_text, crest):
    sleeping = """
    [[levee.breach]]
    point = [20, 10]
    width = 6
    bottom = 0.2
    begins = 1e9
    duration = 1
    """
    expected = volume_beyond(load_text, crest)
    assert expected > 0.5
    assert volume_beyond(load_text, crest, sleeping) == pytest.approx(expected, rel=1e-9)


def test_a_wall_closes_what_a_building_on_its_line_does_not(load_text):
    wall = "[[wall]]\nline = [[10, 0], [10, 30]]\n"
    building = "[[building]]\npolygon = [[8, 10], [12, 10], [12, 20], [8, 20]]\n"
    (levee,) = load_text(FIELD + wall + building).structures
    assert levee.crest > 1e4
    assert sorted(levee.rows.tolist()) == [*range(10), *range(20, 30)]


def test_weirs_bridges_and_culverts_know_their_width_and_ground(load_text):
    text = """
    [[weir]]
    line = [[20, 0], [20, 5]]
    crest = 1
    coefficient = 1.6
    [[bridge]]
    name = "road"
    line = [[20, 6], [20, 9]]
    bed = 0.4
    soffit = 1
    deck = 2
    width = 2.5
    [[culvert]]
    from = [15.5, 10.5]
    to = [25.5, 10.5]
    width = 1
    height = 0.5
    outlet_invert = 0.1
    one_way = true
    """
    weir, bridge, culvert = load_text(FIELD + text).structures
    assert isinstance(weir, Weir)
    assert (weir.name, weir.width, weir.coefficient) == ("weir 1", 5.0, 1.6)
    assert isinstance(bridge, Bridge)
    assert (bridge.name, bridge.width, len(bridge.rows)) == ("road", 2.5, 3)
    assert isinstance(culvert, Culvert)
    assert (culvert.length, culvert.outlet_invert, culvert.one_way) == (10.0, 0.1, True)
    assert culvert.inlet_invert == pytest.approx(0.155)
    assert (culvert.rows, culvert.columns, culvert.to_columns) == (19, 15, 25)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LEVEE.replace("[1, 4]", "[1, 4, 5]"), "a list of 2 numbers"),
        (LEVEE.replace("[1, 4]", '"a"'), "crest is 'a'"),
        (LEVEE.replace("line = [[10, 0]", "line = [[-10, 0]"), "points in the grid"),
        (LEVEE.replace("[[10, 0], [10, 30]]", "[[0, 0], [0, 30]]"), "no face inside the grid"),
        (LEVEE.replace("point = [10,", "point = [20,"), "a point on levee 'dike'"),
        (LEVEE.replace("point = [10,", "point = [99,"), "off the grid"),
        (LEVEE.replace("width = 2.5", "width = 99"), "which has 30 faces"),
        (LEVEE.replace("begins = 10", ""), "neither begins nor trigger"),
        (LEVEE.replace("bottom = 0.3", "bottom = 9"), "a bottom below the crest"),
        (LEVEE.replace("bottom = 0.3", "depth = 9"), "has depth, expected point, width"),
        ("[[weir]]\nline = [[20, 0], [20, 5]]\ncrest = 1\nwidth = -1", "weir 1' has width -1"),
        ("[[weir]]\nline = [[20, 0], [20, 5]]", "has no crest"),
        ("[[bridge]]\nline = [[20, 0], [20, 5]]\nbed = 2\nsoffit = 1\ndeck = 3", "in this order"),
        ("[[culvert]]\nfrom = [1, 1]\nto = [5, 1]", "give one shape"),
        ("[[culvert]]\nfrom = [1, 1]\nto = [1.2, 1]\ndiameter = 1", "in another cell"),
        ("[[culvert]]\nfrom = [1, 1]\nto = [99, 1]\ndiameter = 1", "off the grid"),
        ("[[culvert]]\nfrom = [1, 1]\nto = [9, 1]\ndiameter = 1\none_way = 1", "true or false"),
        ("[[culvert]]\nfrom = [1, 1]\nto = [9, 1]\ndiameter = 1\n"
         "[[building]]\npolygon = [[0, 0], [3, 0], [3, 3]]", "open ground"),
        ("[infiltration]\nmodel = 'philip'", "one of 'constant', 'horton'"),
        ("[infiltration]\nmodel = 'constant'", "has no rate_mm_h"),
        ("[infiltration]\nmodel = 'constant'\nrate_mm_h = -1", "rate of infiltration is -"),
        ("[infiltration]\nmodel = 'constant'\nrate_mm_h = 1\nsuction_m = 1", "has suction_m"),
        ("[infiltration]\nmodel = 'scs'\ncurve_number = 101", "curve number is 101"),
        ("[infiltration]\nmodel = 'horton'\ninitial_mm_h = 1\nfinal_mm_h = 2\ndecay_per_h = 1",
         "below the final one"),
        ("[infiltration]\nmodel = 'green-ampt'\nconductivity_mm_h = 1\nsuction_m = 0.1\n"
         "deficit = 'x'", "moisture deficit is"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(load_text, text, says):
    with pytest.raises(InputError, match=says):
        load_text(FIELD + text)


def test_parameters_of_the_soil_are_converted_to_si(load_text):
    text = """
    [infiltration]
    model = "green-ampt"
    conductivity_mm_h = "36 + 0 * x"
    suction_m = 0.1
    deficit = "0.3 + 0.001 * x"
    """
    soil = load_text(FIELD + text).infiltration
    assert float(soil.p0) == pytest.approx(1e-5)
    np.testing.assert_allclose(soil.p1[3], 0.1 * (0.3 + 0.001 * (np.arange(40) + 0.5)))


def test_the_curve_number_has_the_usual_ratio(load_text):
    soil = load_text(FIELD + "[infiltration]\nmodel = 'scs'\ncurve_number = 80\n").infiltration
    assert float(soil.p1 / soil.p0) == pytest.approx(0.2)

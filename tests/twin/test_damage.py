"""Depth-damage curves: golden numbers, laws, and curves that a city brings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.damage import damage, read_curves, region_at, water_over_floor
from twin.errors import InputError, MissingError

USES = ("residential", "commercial", "industrial", "school", "castle")


def test_the_curve_of_asia_gives_its_golden_number():
    """X-01."""
    assert float(read_curves("Asia").degree("residential", 0.3)) == pytest.approx(0.19596)
    assert float(read_curves("Europe").degree("residential", 1.0)) == pytest.approx(0.40)


@given(st.sampled_from(USES), st.floats(0, 10), st.floats(0, 10), st.floats(0, 2))
def test_deeper_water_is_never_cheaper(use, depth, more, floor):
    """X-02."""
    curves = read_curves("Asia")
    shallow, deep = water_over_floor([depth, depth + more], floor)
    assert curves.degree(use, deep) >= curves.degree(use, shallow)
    low, high = curves.range(use, deep)
    assert low <= curves.degree(use, deep) <= high
    assert low >= 0
    assert high <= 1


def test_water_below_the_floor_costs_nothing():
    degree = read_curves("Asia").degree("residential", water_over_floor(0.4, 0.5))
    assert float(damage(100.0, 20_000.0, degree)) == 0.0


def test_an_unknown_depth_has_no_damage_and_an_unknown_use_says_so():
    curves = read_curves("Asia")
    assert np.isnan(curves.degree("residential", np.nan))
    assert curves.curve_of("castle") == ("residential", False)
    assert curves.curve_of("School") == ("commercial", True)


def test_places_take_the_curves_of_their_continent():
    assert region_at(18.9, 47.5) == "Europe"
    assert region_at(139.7, 35.7) == "Asia"


def test_a_city_replaces_the_curves(tmp_path):
    own = tmp_path / "curves.csv"
    own.write_text("region,use,depth_m,factor\nTown,residential,0,0\nTown,residential,2,0.5\n")
    assert float(read_curves("Town", own).degree("residential", 1.0)) == pytest.approx(0.25)
    with pytest.raises(MissingError, match="it has Town"):
        read_curves("Asia", own)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("region,use,depth_m\nA,residential,0\n", "has no factor"),
        ("region,use,depth_m,factor\nA,residential,x,0\n", "depth_m is 'x'"),
        ("region,use,depth_m,factor\nA,residential,0,nan\n", "factor is 'nan'"),
        ("region,use,depth_m,factor\nA,residential,0,0.5\nA,residential,1,0.2\n", "falls"),
        ("region,use,depth_m,factor\nA,residential,0,0\nA,residential,1,1.5\n", "goes over 1"),
    ],
)
def test_curves_that_are_none_are_refused_in_one_line(tmp_path, text, says):
    path = tmp_path / "curves.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_curves("A", path)

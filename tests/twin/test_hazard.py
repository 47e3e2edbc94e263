"""Hazard to people, vehicles and buildings: golden numbers and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InputError
from twin.hazard import DRY, UNKNOWN, arr_class, debris_factor, defra_class, defra_rating

DEPTHS = st.floats(0.0, 8.0)
SPEEDS = st.floats(0.0, 6.0)


def test_defra_gives_its_published_examples():
    """X-01."""
    assert float(defra_rating(0.5, 1.0)) == pytest.approx(1.75)
    assert float(defra_rating(0.2, 0.5)) == pytest.approx(0.20)


def test_the_first_class_whose_three_limits_hold_counts():
    """X-01."""
    cases = {(0.4, 1.0): 2, (0.25, 1.5): 2, (1.0, 0.5): 3, (0.2, 2.5): 5, (0.2, 0.5): 1}
    for (depth, speed), expected in cases.items():
        assert int(arr_class(depth, speed, depth * speed)) == expected
    assert int(arr_class(3.0, 4.5, 13.5)) == 6
    assert int(arr_class(1.5, 0.3, 0.45)) == 4


def test_the_running_maximum_of_the_product_counts_and_not_the_product_of_maxima():
    """X-01: deepest water stands, fastest water is thin."""
    assert int(arr_class(1.0, 2.0, 0.5)) == 3
    assert int(arr_class(1.0, 2.0, 1.0 * 2.0)) == 5


@given(DEPTHS, DEPTHS, SPEEDS, SPEEDS)
def test_deeper_or_faster_is_never_safer(depth, more_depth, speed, more_speed):
    """X-02."""
    deeper, faster = depth + more_depth, speed + more_speed
    assert arr_class(deeper, faster, deeper * faster) >= arr_class(depth, speed, depth * speed)
    assert defra_rating(deeper, faster) >= defra_rating(depth, speed)
    assert defra_class(defra_rating(deeper, faster)) >= defra_class(defra_rating(depth, speed))


@given(DEPTHS, SPEEDS)
def test_towns_are_never_safer_than_pasture(depth, speed):
    """X-02."""
    assert debris_factor(depth, speed, "urban") >= debris_factor(depth, speed, "woodland")
    assert debris_factor(depth, speed, "woodland") >= debris_factor(depth, speed, "pasture")


def test_what_is_not_known_has_no_class_and_a_film_of_rain_has_class_0():
    found = arr_class([np.nan, 0.5, 0.5, DRY], [1, np.nan, 1, 0.1], [1, 1, np.nan, 0.01])
    assert found.tolist() == [UNKNOWN, UNKNOWN, UNKNOWN, 0]
    assert np.isnan(defra_rating(np.nan, 1.0))
    assert int(defra_class(np.nan)) == UNKNOWN


def test_an_unknown_surface_is_named():
    with pytest.raises(InputError, match=r"surface is 'sea', expected any, pasture"):
        debris_factor(1.0, 1.0, "sea")

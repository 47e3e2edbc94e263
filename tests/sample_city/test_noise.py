import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sample_city.noise import fractal_noise, unit, value_noise

X, Y = np.arange(0.0, 300.0, 4.0)[None, :], np.arange(0.0, 200.0, 4.0)[:, None]


@given(seed=st.integers(0, 2**31 - 1), index=st.integers(-(2**40), 2**40))
def test_numbers_lie_between_zero_and_one(seed, index):
    assert 0.0 <= float(unit(seed, "any", index)) < 1.0


def test_numbers_are_evenly_spread():
    counts = np.histogram(unit(1, "any", np.arange(10_000)), bins=10, range=(0, 1))[0]
    assert counts.min() > 900 and counts.max() < 1100


def test_channels_and_seeds_are_independent():
    index = np.arange(5_000)
    a, b, c = unit(1, "a", index), unit(1, "b", index), unit(2, "a", index)
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.05
    assert abs(np.corrcoef(a, c)[0, 1]) < 0.05


def test_a_window_of_noise_is_the_noise_of_its_points():
    window = value_noise(3, "any", 37.0, X, Y)
    x, y = np.broadcast_arrays(X, Y)
    points = value_noise(3, "any", 37.0, x.ravel(), y.ravel()).reshape(x.shape)
    assert np.array_equal(window, points)


def test_a_part_of_a_window_has_the_same_bits():
    whole = fractal_noise(3, "any", 80.0, X, Y, ridged=2)
    part = fractal_noise(3, "any", 80.0, X[:, 7:31], Y[11:40], ridged=2)
    assert np.array_equal(whole[11:40, 7:31], part)


def test_noise_has_no_steps():
    x = np.linspace(-100.0, 100.0, 4001)
    assert np.abs(np.diff(value_noise(3, "any", 40.0, x, 0.0 * x))).max() < 0.01

"""The filter is exactly that of Kalman where all is linear, and reaches no further than it may."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrology.assimilation.ensemble_filter import observe, relax_spread
from hydrology.assimilation.localisation import gaspari_cohn


@given(
    st.integers(3, 40),
    st.integers(0, 10_000),
    st.floats(0.02, 3.0),
    st.floats(-2.0, 2.0),
)
def test_mean_and_variance_are_those_of_the_kalman_filter(members, seed, error, value):
    ensemble = np.random.default_rng(seed).normal(0.5, 0.7, (members, 3))
    prior = np.cov(ensemble.T)
    step = observe(ensemble[:, 0], value, error)
    after = ensemble + step.apply(ensemble)
    gain = prior[:, 0] / (prior[0, 0] + error**2)
    mean = ensemble.mean(axis=0) + gain * (value - ensemble[:, 0].mean())
    np.testing.assert_allclose(after.mean(axis=0), mean, atol=1e-9)
    # P - K H P, for all variables together
    np.testing.assert_allclose(np.cov(after.T), prior - np.outer(gain, prior[0]), atol=1e-9)


def test_two_observations_in_either_order_give_the_same_mean_and_covariance():
    ensemble = np.random.default_rng(3).normal(size=(12, 4))
    seen = {0: (0.4, 0.3), 2: (-0.2, 0.5)}

    def after(order):
        found = ensemble.copy()
        for variable in order:
            value, error = seen[variable]
            found = found + observe(found[:, variable], value, error).apply(found)
        return found

    one, other = after((0, 2)), after((2, 0))
    np.testing.assert_allclose(one.mean(axis=0), other.mean(axis=0), atol=1e-9)
    np.testing.assert_allclose(np.cov(one.T), np.cov(other.T), atol=1e-9)


def test_members_that_agree_learn_nothing():
    assert observe(np.full(5, 0.3), 2.0, 0.1) is None


def test_weights_cut_the_reach():
    ensemble = np.random.default_rng(0).normal(size=(20, 2))
    change = observe(ensemble[:, 0], 1.0, 0.1).apply(ensemble, np.array([1.0, 0.0]))
    assert np.abs(change[:, 0]).max() > 0
    assert (change[:, 1] == 0).all()


def test_the_weight_falls_from_one_to_zero_without_a_jump():
    distance = np.linspace(0, 1200, 2401)
    weight = gaspari_cohn(distance, 1000.0)
    assert weight[0] == 1.0 and weight[distance >= 1000].max() == pytest.approx(0, abs=1e-12)
    assert (np.diff(weight) <= 1e-12).all()
    assert np.abs(np.diff(weight)).max() < 2e-3


def test_the_weight_makes_a_covariance_that_can_be_one():
    """A correlation function has no negative eigenvalues; a wrong coefficient would show here."""
    place = np.random.default_rng(1).uniform(0, 3000, (200, 2))
    distance = np.hypot(*(place[:, None] - place).transpose(2, 0, 1))
    assert np.linalg.eigvalsh(gaspari_cohn(distance, 1000.0)).min() > -1e-9


def test_spread_is_given_back_and_never_below_the_floor():
    before = np.random.default_rng(2).normal(0, 1.0, (30, 5))
    after = before.mean(axis=0) + 0.1 * (before - before.mean(axis=0))
    half = relax_spread(before, after, 0.5, 0.0)
    np.testing.assert_allclose(half.std(axis=0), 0.55 * before.std(axis=0))
    np.testing.assert_allclose(half.mean(axis=0), after.mean(axis=0), atol=1e-12)
    floored = relax_spread(before, after, 0.0, 0.3)
    np.testing.assert_allclose(floored.std(axis=0, ddof=1), 0.3)

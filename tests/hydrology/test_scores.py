"""Scores against numbers worked out by hand, known distributions, laws, and the library."""

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrology.scores import contingency, probabilistic
from hydrology.scores.bootstrap import choose_blocks, estimate
from hydrology.scores.reference_forecasts import skill

# Finley's tornado forecasts of 1884, as every textbook has them
FINLEY = np.array([28, 23, 72, 2680])


def test_finleys_tornado_forecasts_score_as_in_the_textbook():
    assert contingency.critical_success_index(FINLEY) == pytest.approx(28 / 123)
    assert contingency.hit_rate(FINLEY) == pytest.approx(28 / 51)
    assert contingency.false_alarm_ratio(FINLEY) == pytest.approx(72 / 100)
    assert contingency.false_alarm_rate(FINLEY) == pytest.approx(72 / 2752)
    assert contingency.frequency_bias(FINLEY) == pytest.approx(100 / 51)


def test_the_ratios_agree_with_the_library_scores():
    from scores.categorical import BinaryContingencyManager

    generator = np.random.default_rng(4)
    forecast, observed = generator.random((2, 500)) < 0.3
    library = BinaryContingencyManager(
        xr.DataArray(forecast.astype(float), dims="case"),
        xr.DataArray(observed.astype(float), dims="case"),
    )
    ours = contingency.count_outcomes(forecast, observed).sum(axis=0)
    names = {
        "csi": "critical_success_index",
        "hit_rate": "hit_rate",
        "false_alarm_ratio": "false_alarm_ratio",
        "false_alarm_rate": "false_alarm_rate",
        "frequency_bias": "frequency_bias",
    }
    for name, method in names.items():
        theirs = float(getattr(library, method)())
        assert contingency.RATIOS[name](ours) == pytest.approx(theirs), name


def test_nothing_forecast_and_nothing_seen_has_no_csi():
    assert math.isnan(contingency.critical_success_index([0, 0, 0, 9]))
    assert math.isnan(contingency.hit_rate([0, 0, 3, 9]))
    assert contingency.false_alarm_ratio([0, 0, 3, 9]) == 1.0


def test_brier_by_hand():
    assert probabilistic.brier_score([1.0, 0.5, 0.0], [True, False, False]) == pytest.approx(
        0.25 / 3
    )


probabilities = st.lists(st.floats(0, 1), min_size=1, max_size=60)


@settings(deadline=None)
@given(probabilities, st.data())
def test_the_parts_of_brier_sum_up_to_it(p, data):
    o = data.draw(st.lists(st.booleans(), min_size=len(p), max_size=len(p)))
    terms = probabilistic.decompose_brier(probabilistic.class_parts(p, o).sum(axis=0))
    assert terms["brier"] == pytest.approx(probabilistic.brier_score(p, o), abs=1e-9)
    for name in ("reliability", "resolution", "uncertainty", "within_variance"):
        assert terms[name] >= -1e-12


def test_murphys_three_terms_are_enough_where_a_class_has_one_probability():
    p = np.array([0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0])
    o = np.array([0, 0, 1, 1, 0, 0, 1, 1])
    terms = probabilistic.decompose_brier(probabilistic.class_parts(p, o).sum(axis=0))
    assert terms["reliability"] == pytest.approx(0.0)
    assert terms["uncertainty"] == pytest.approx(0.25)
    assert terms["resolution"] == pytest.approx(0.125)  # 0.5 of the cases lie 0.5 off the base
    assert terms["within_variance"] == pytest.approx(0.0)
    assert terms["brier"] == pytest.approx(0.125)


def test_crps_of_two_members_by_hand():
    # mean |x - y| = (1 + 3) / 2; mean over pairs |x - x'| / 2 = 2 / 4, fair 2 / 2
    members, observed = np.array([[0.0, 2.0]]), np.array([3.0])
    assert probabilistic.crps(members, observed, fair=False)[0] == pytest.approx(2.0 - 0.5)
    assert probabilistic.crps(members, observed)[0] == pytest.approx(2.0 - 1.0)


def test_crps_of_a_normal_distribution_is_the_analytic_one():
    generator = np.random.default_rng(1)
    members = generator.standard_normal((40, 2000))
    observed = np.linspace(-2, 2, 40)
    density = np.exp(-(observed**2) / 2) / math.sqrt(2 * math.pi)
    below = np.array([0.5 * (1 + math.erf(y / math.sqrt(2))) for y in observed])
    analytic = observed * (2 * below - 1) + 2 * density - 1 / math.sqrt(math.pi)
    found = probabilistic.crps(members, observed)
    np.testing.assert_allclose(found, analytic, atol=0.06)
    assert found.mean() == pytest.approx(analytic.mean(), abs=0.006)


def test_fair_crps_of_a_small_ensemble_is_that_of_a_large_one_in_the_mean():
    generator = np.random.default_rng(2)
    observed = generator.standard_normal(20_000)
    small = generator.standard_normal((20_000, 3))
    fair = probabilistic.crps(small, observed).mean()
    plain = probabilistic.crps(small, observed, fair=False).mean()
    assert fair == pytest.approx(1 / math.sqrt(math.pi), abs=0.015)  # expected CRPS of N(0, 1)
    assert plain > fair + 0.1


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(0, 3), min_size=1, max_size=9),
    st.floats(0, 3),
    st.randoms(use_true_random=False),
)
def test_the_order_of_members_and_absent_ones_change_nothing(members, observed, random):
    shuffled = members[:]
    random.shuffle(shuffled)
    shuffled.insert(random.randrange(len(shuffled) + 1), math.nan)
    padded = np.array([[*members, math.nan], shuffled])
    both = probabilistic.crps(padded, np.full(2, observed))
    assert both[0] == pytest.approx(both[1], abs=1e-9)
    chances = probabilistic.probability_of(padded, 0.3)
    assert chances[0] == chances[1]
    spread = probabilistic.spread_parts(padded, np.full(2, observed))
    np.testing.assert_allclose(spread[0], spread[1], atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 3), min_size=2, max_size=30), st.integers(1, 6))
def test_a_perfect_forecast_scores_perfectly(depths, count):
    observed = np.array(depths)
    members = np.repeat(observed[:, None], count, axis=1)
    np.testing.assert_allclose(probabilistic.crps(members, observed), 0.0, atol=1e-9)
    event = observed > 0.3
    chance = probabilistic.probability_of(members, 0.3)
    assert probabilistic.brier_score(chance, event) == 0.0
    sums = contingency.count_outcomes(chance >= 0.3, event).sum(axis=0)
    if event.any():
        assert contingency.critical_success_index(sums) == 1.0
        assert contingency.frequency_bias(sums) == 1.0
    if event.any() and not event.all():
        area = probabilistic.roc_area(probabilistic.class_parts(chance, event).sum(axis=0))
        assert area == 1.0


def test_a_single_member_is_scored_by_its_absolute_error():
    np.testing.assert_allclose(probabilistic.crps([[1.0], [0.2]], [0.4, 0.2]), [0.6, 0.0])


def test_a_case_without_member_or_observation_has_no_score():
    found = probabilistic.crps([[math.nan, math.nan], [1.0, 2.0]], [1.0, math.nan])
    assert np.isnan(found).all()


def test_a_consistent_ensemble_has_a_ratio_of_spread_and_skill_of_one():
    generator = np.random.default_rng(3)
    members, observed = generator.standard_normal((20_000, 5)), generator.standard_normal(20_000)
    ratio = probabilistic.spread_skill_ratio(probabilistic.spread_parts(members, observed).sum(0))
    assert ratio == pytest.approx(1.0, abs=0.02)
    narrow = probabilistic.spread_parts(0.5 * members, observed).sum(axis=0)
    assert probabilistic.spread_skill_ratio(narrow) < 0.7


def test_the_area_below_the_roc_curve_is_that_of_the_library():
    from scores.probability import roc_curve_data

    generator = np.random.default_rng(5)
    observed = generator.random(800) < 0.4
    p = np.clip(np.round(0.3 * observed + generator.random(800) * 0.7, 1), 0, 1)
    library = roc_curve_data(
        xr.DataArray(p, dims="case"), xr.DataArray(observed.astype(float), dims="case")
    )
    area = probabilistic.roc_area(probabilistic.class_parts(p, observed).sum(axis=0))
    assert area == pytest.approx(float(library["AUC"]), abs=1e-9)
    points = probabilistic.roc_points(p, observed)
    rates = np.array([[one["false_alarm_rate"], one["hit_rate"]] for one in points])
    assert np.trapezoid(rates[:, 1], rates[:, 0]) == pytest.approx(area, abs=1e-9)


def test_a_roc_curve_needs_both_outcomes():
    assert probabilistic.roc_points([0.1, 0.9], [True, True]) == []
    assert math.isnan(probabilistic.roc_area(probabilistic.class_parts([0.1], [True]).sum(axis=0)))


def test_a_reliability_table_counts_every_case_once():
    p = [0.0, 0.04, 0.5, 0.52, 1.0]
    o = [False, False, True, False, True]
    rows = probabilistic.reliability_table(p, o)
    assert [row["cases"] for row in rows] == [2, 2, 1]
    assert rows[1]["observed"] == 0.5
    assert rows[1]["forecast"] == pytest.approx(0.51)
    assert all(row["low"] <= row["observed"] <= row["high"] for row in rows)


def test_wilsons_interval_is_the_textbook_one():
    # 8 of 10 at 95 %: 0.490 to 0.943 (Agresti and Coull, 1998, section 2)
    low, high = probabilistic.wilson_interval(8, 10, z=1.959964)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))


def test_skill_is_what_is_saved_of_the_reference():
    assert skill([2.0, 8.0]) == pytest.approx(0.75)
    assert skill([8.0, 4.0]) == pytest.approx(-1.0)
    assert math.isnan(skill([1.0, 0.0]))


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(6)
    covered = 0
    for trial in range(200):
        values = generator.exponential(1.0, 60)
        found = estimate(
            np.stack([np.ones(60), values], axis=1),
            np.arange(60),
            probabilistic.mean_of,
            replicates=300,
            seed=trial,
        )
        covered += found.low <= 1.0 <= found.high
    assert 0.8 <= covered / 200 <= 0.96


def test_cases_of_one_block_are_not_taken_for_independent():
    generator = np.random.default_rng(7)
    of_block = generator.standard_normal(10)
    values = np.repeat(of_block, 100)
    parts = np.stack([np.ones(1000), values], axis=1)
    honest = estimate(parts, np.repeat(np.arange(10), 100), probabilistic.mean_of)
    naive = estimate(parts, np.arange(1000), probabilistic.mean_of)
    assert honest.value == pytest.approx(naive.value)
    assert honest.high - honest.low > 5 * (naive.high - naive.low)


def test_few_blocks_give_a_value_and_no_interval():
    found = estimate(np.ones((8, 2)), [1, 1, 1, 1, 2, 2, 2, 2], probabilistic.mean_of)
    assert (found.value, found.blocks) == (1.0, 2)
    assert math.isnan(found.low)


def test_groups_that_are_all_alike_give_no_interval():
    found = estimate(np.ones((40, 2)), np.arange(40), probabilistic.mean_of)
    assert (found.value, found.blocks) == (1.0, 40)
    assert math.isnan(found.low)


def test_the_most_independent_grouping_that_is_large_enough_is_drawn_again():
    runs, places = np.repeat([1, 2], 10), np.arange(20)
    assert choose_blocks(runs, places)[0] == 1
    assert choose_blocks(places, runs)[0] == 0
    assert choose_blocks(runs, runs)[0] == 1

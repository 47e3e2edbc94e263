"""Merged fields: the gauges' amounts, the radar's shape, and the rule by the count of gauges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrology.rainfall.gauges import ordinary_kriging
from hydrology.rainfall.radar_gauge import (
    conditional_merging,
    external_drift,
    mean_field_bias,
    merge,
)
from twin.grid import Grid

MM_H = 1e-3 / 3600
COVER = Grid(0.0, 10_000.0, 500.0, 20, 20, "EPSG:3826")
CELLS = np.array([(1, 2), (3, 15), (8, 8), (16, 3), (18, 17), (12, 12), (5, 6), (10, 1), (2, 9),
                  (14, 18), (6, 13), (17, 9)])  # fmt: skip
PLACES = np.column_stack((COVER.x[CELLS[:, 1]], COVER.y[CELLS[:, 0]]))


def shower():
    """A round shower of 20 mm/h in the middle of the city."""
    x, y = np.meshgrid(COVER.x, COVER.y)
    return 20 * MM_H * np.exp(-((x - 4000) ** 2 + (y - 6000) ** 2) / 3000**2)


def at_cells(field, count):
    return field[CELLS[:count, 0], CELLS[:count, 1]]


@pytest.mark.parametrize(
    ("count", "method"),
    [(0, "radar"), (1, "mean field bias"), (4, "mean field bias"), (5, "conditional merging"),
     (9, "conditional merging"), (10, "kriging with external drift")],
)  # fmt: skip
def test_the_count_of_gauges_decides_on_the_method(count, method):
    radar = shower()
    seen, places = at_cells(radar, count), PLACES[:count]
    gauges = seen * np.linspace(0.8, 1.3, count)
    merged = merge(radar, seen, gauges, places, COVER)
    assert merged.method == method
    assert merged.rate.min() >= 0 and np.isfinite(merged.rate).all()


@pytest.mark.parametrize("way", [conditional_merging, external_drift])
def test_merged_fields_go_through_the_gauges(way):
    radar, generator = shower(), np.random.default_rng(1)
    seen = at_cells(radar, 12)
    gauges = seen * generator.uniform(0.5, 1.5, 12) + 1 * MM_H
    field = way(radar, seen, gauges, PLACES, COVER, 10_000.0)
    np.testing.assert_allclose(at_cells(field, 12), gauges, rtol=1e-6)


@pytest.mark.parametrize("way", [conditional_merging, external_drift])
def test_radar_that_is_right_comes_back_as_it_is(way):
    radar = shower()
    seen = at_cells(radar, 12)
    field = way(radar, seen, seen, PLACES, COVER, 10_000.0)
    np.testing.assert_allclose(field, radar, atol=1e-3 * MM_H)


def test_a_drift_takes_out_a_linear_error_of_the_radar():
    truth = shower()
    radar = 0.5 * truth + 2 * MM_H
    field = external_drift(radar, at_cells(radar, 12), at_cells(truth, 12), PLACES, COVER, 10_000.0)
    np.testing.assert_allclose(field, truth, atol=1e-3 * MM_H)


def test_conditional_merging_is_gauges_kriged_plus_what_radar_adds():
    radar, generator = shower() + 5 * MM_H, np.random.default_rng(2)
    seen, gauges = at_cells(radar, 6), generator.uniform(4, 8, 6) * MM_H
    places = PLACES[:6]
    of_gauges = ordinary_kriging(gauges, places, COVER, 10_000.0)
    of_radar = ordinary_kriging(seen, places, COVER, 10_000.0)
    expected = np.maximum(of_gauges + radar - of_radar, 0)  # Sinclair and Pegram (2005)
    found = conditional_merging(radar, seen, gauges, places, COVER, 10_000.0)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


def test_merging_beats_radar_and_gauges_alone():
    truth, generator = shower(), np.random.default_rng(3)
    x, _ = np.meshgrid(COVER.x, COVER.y)
    radar = truth * (0.6 + 0.05 * x / 1000)  # weaker in the west, as behind rain
    gauges = at_cells(truth, 12) * generator.uniform(0.97, 1.03, 12)
    merged = merge(radar, at_cells(radar, 12), gauges, PLACES, COVER)
    error = np.abs(merged.rate - truth).mean()
    alone = np.maximum(ordinary_kriging(gauges, PLACES, COVER, 10_000.0), 0)
    assert error < np.abs(radar - truth).mean()
    assert error < np.abs(alone - truth).mean()


def test_radar_that_falls_where_gauges_rise_is_no_drift():
    radar = shower()
    seen = at_cells(radar, 12)
    merged = merge(radar, seen, 20 * MM_H - seen, PLACES, COVER)
    assert merged.method == "conditional merging"


def test_bias_is_the_ratio_of_sums_within_bounds():
    gauges, radar = np.array([[2.0, 4.0, np.nan]]), np.array([[1.0, 2.0, 9.0]])
    assert mean_field_bias(gauges * MM_H, radar * MM_H, 3600)[0] == pytest.approx(2)
    factor, note = mean_field_bias(20 * radar * MM_H, radar * MM_H, 3600)
    assert factor == 4 and "gauges show 20 times the radar" in note


def test_bias_is_one_where_hardly_any_rain_fell():
    little = np.array([[0.1]]) * MM_H
    assert mean_field_bias(little, 5 * little, 600) == (1.0, "")
    assert mean_field_bias(np.array([[np.nan]]), little, 600) == (1.0, "")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(st.just(np.nan), st.floats(0, 5e-5)), min_size=12, max_size=12),
    st.floats(0.25, 4),
)
def test_merged_rain_is_always_known_and_never_negative(gauges, bias):
    radar = shower()
    merged = merge(radar, at_cells(radar, 12), np.array(gauges), PLACES, COVER, bias=bias)
    assert np.isfinite(merged.rate).all() and merged.rate.min() >= 0


def test_dry_radar_and_dry_gauges_are_dry():
    dry = np.zeros(COVER.shape)
    merged = merge(dry, np.zeros(12), np.zeros(12), PLACES, COVER)
    assert merged.rate.max() == 0


def test_equal_gauges_over_an_even_radar_keep_their_amounts():
    merged = merge(np.zeros(COVER.shape), np.zeros(6), np.full(6, 10 * MM_H), PLACES[:6], COVER)
    np.testing.assert_allclose(merged.rate, 10 * MM_H)

"""Voids: holes and strips are filled, the outside stays, ground is never touched."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from twin.importers.voids import EDGE_REACH, fill_voids


def plane(ny=20, nx=30):
    return np.add.outer(np.arange(ny), 2.0 * np.arange(nx)).astype(np.float32)


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(bool, st.tuples(st.integers(2, 12), st.integers(2, 12))))
def test_ground_is_kept_and_fill_lies_between_it(void):
    void[0, 0] = False
    elevation = plane(*void.shape)
    elevation[void] = np.nan
    filled = fill_voids(elevation)
    np.testing.assert_array_equal(filled.elevation[~void], elevation[~void])
    assert filled.holes + filled.strips + filled.outside == void.sum()
    assert np.isnan(filled.elevation).sum() == filled.outside
    assert np.nanmin(filled.elevation) >= np.nanmin(elevation) - 1e-4
    assert np.nanmax(filled.elevation) <= np.nanmax(elevation) + 1e-4


def test_a_hole_is_filled_from_its_rim():
    elevation = plane()
    elevation[8:11, 10:13] = np.nan
    filled = fill_voids(elevation)
    assert (filled.holes, filled.strips, filled.outside) == (9, 0, 0)
    np.testing.assert_allclose(filled.elevation, plane(), atol=2.0)


def test_a_strip_at_the_edge_is_filled():
    elevation = plane()
    elevation[:, 0] = np.nan
    filled = fill_voids(elevation)
    assert (filled.holes, filled.strips, filled.outside) == (0, 20, 0)
    np.testing.assert_allclose(filled.elevation[:, 0], filled.elevation[:, 1], atol=2.0)


def test_the_outside_stays_void_beside_a_hole():
    elevation = plane()
    elevation[:, : EDGE_REACH + 3] = np.nan
    elevation[5:15, 15:25] = np.nan
    filled = fill_voids(elevation)
    assert (filled.holes, filled.outside) == (100, 20 * (EDGE_REACH + 3))
    assert np.isnan(filled.elevation[:, : EDGE_REACH + 3]).all()
    assert filled.elevation[5:15, 15:25].min() > 20


def test_a_terrain_without_voids_is_given_back():
    elevation = plane()
    assert fill_voids(elevation).elevation is elevation

"""Each thing is in one tile, the large ones above."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.tiles3d.quadtree import morton, plan


def things(count, seed=0):
    chance = np.random.default_rng(seed)
    return chance.uniform(0, 5000, (count, 2)), chance.gamma(2, 10, count)


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 400), st.integers(0, 5), st.integers(1, 50))
def test_each_thing_is_in_exactly_one_tile_within_its_budget(count, seed, budget):
    centres, sizes = things(count, seed)
    root = plan(centres, sizes, np.ones(count), budget)
    rows = np.concatenate([node.rows for node in nodes(root)])
    assert sorted(rows) == list(range(count))
    assert max(len(node.rows) for node in nodes(root)) <= budget
    assert all(len(node.rows) for node in nodes(root))


def test_what_is_missing_never_grows_downwards():
    centres, sizes = things(2000)
    for node in nodes(plan(centres, sizes, np.ones(2000), 30)):
        assert all(child.missing <= node.missing for child in node.children)
        below = [sizes[n.rows].max() for child in node.children for n in nodes(child)]
        assert node.missing == max(below, default=0.0)
        assert sizes[node.rows].min() >= node.missing


def test_things_in_one_place_are_dealt_out_as_well():
    root = plan(np.zeros((500, 2)), np.ones(500), np.ones(500), 10)
    assert sum(len(node.rows) for node in nodes(root)) == 500


def test_one_that_is_too_large_has_a_tile_of_its_own():
    centres, sizes = things(5)
    root = plan(centres, sizes, np.array([1, 1, 99, 1, 1.0]), 10)
    assert max(len(node.rows) for node in nodes(root) if 2 in node.rows) == 1


def test_quarters_are_numbered_from_the_south_west():
    points = np.array([[0, 0], [9, 0], [0, 9], [9, 9.0]])
    assert np.argsort(morton(points)).tolist() == [0, 1, 2, 3]
    root = plan(np.vstack([points, [[5, 5]]]), np.array([1, 1, 1, 1, 9.0]), np.ones(5), 1)
    assert [child.name for child in root.children] == ["r0", "r1", "r2", "r3"]
    assert [child.rows.tolist() for child in root.children] == [[0], [1], [2], [3]]

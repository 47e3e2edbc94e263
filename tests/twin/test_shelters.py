"""Who fits into which shelter."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_routes import ladder

from twin.roads.network import build_network
from twin.roads.shelters import assign, ways_to


def test_the_nearest_shelters_fill_first_and_the_rest_are_reported():
    """X-05."""
    found = assign([50, 30], [[60.0, 600.0], [120.0, 60.0]], [40, 20])
    assert found.people.sum(axis=0).tolist() == [40, 20]
    assert found.left.sum() == 20
    assert not found.unreachable.any()


def test_who_can_reach_no_shelter_is_left_over_and_named_so():
    """X-05."""
    found = assign([50, 30], [[np.inf, np.inf], [60.0, np.inf]], [100, 100])
    assert found.left.tolist() == [50, 0]
    assert found.unreachable.tolist() == [True, False]


def test_a_shelter_without_room_takes_nobody():
    """X-05: what is flooded comes with no room."""
    found = assign([10], [[1.0, 500.0]], [0, 100])
    assert found.people.tolist() == [[0, 10]]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 6))
def test_capacity_holds_nobody_is_lost_and_no_closed_way_is_used(seed, groups, shelters):
    """X-05, over random cities."""
    dice = np.random.default_rng(seed)
    people, capacity = dice.integers(0, 80, groups), dice.integers(0, 120, shelters)
    seconds = dice.uniform(1, 3600, (groups, shelters))
    seconds[dice.random(seconds.shape) < 0.3] = np.inf
    found = assign(people, seconds, capacity)
    assert (found.people >= 0).all()
    assert (found.people.sum(axis=0) <= capacity).all()
    assert (found.people.sum(axis=1) + found.left == people).all()
    assert found.people[~np.isfinite(seconds)].sum() == 0
    # nobody is left while a shelter that they can reach has room
    free = capacity - found.people.sum(axis=0)
    assert not (np.isfinite(seconds) & (found.left > 0)[:, None] & (free > 0)).any()


@pytest.mark.parametrize(("groups", "shelters"), [(0, 3), (3, 0), (0, 0)])
def test_a_city_without_people_or_without_shelters_has_a_plan_too(groups, shelters):
    found = assign(np.ones(groups, int), np.ones((groups, shelters)), np.ones(shelters, int))
    assert found.people.shape == (groups, shelters)
    assert found.left.sum() == (groups if not shelters else 0)


def test_ways_lead_only_over_roads_that_stay_open():
    network = build_network(ladder())
    speeds = np.full(len(network.lines), 10.0)
    place = network.nearest(shapely.Point(0, 0), np.ones(len(network.lines), bool))
    times = ways_to(network, speeds, [place, None])
    far = np.hypot(*(network.junctions - [400, 100]).T).argmin()
    assert times[0, far] == pytest.approx(50.0)
    assert np.isinf(times[1]).all()
    assert np.isinf(ways_to(network, speeds * 0, [place])).all()

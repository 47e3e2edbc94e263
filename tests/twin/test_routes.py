"""The road network, and ways through rising water on it."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.roads.access import Access
from twin.roads.network import build_network
from twin.roads.passability import VEHICLES, safe_speed
from twin.roads.routes import RouteFinder
from twin.roads.water import RoadWater

CRS = "EPSG:3826"
CAR = VEHICLES["car"]
START = np.datetime64("2026-11-20T12:00:00", "s")


def roads(*lines, **columns):
    """A roads layer of lines given by their corners."""
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame({"kind": "street", **columns}, index=range(len(shapes)),
                            geometry=shapes, crs=CRS)  # fmt: skip


def ladder(count=4, length=100.0):
    """Two long roads with rungs: `count` + 1 rungs, joined at every corner."""
    along = [[(0, y), (count * length, y)] for y in (0, length)]
    rungs = [[(k * length, 0), (k * length, length)] for k in range(count + 1)]
    return roads(*along, *rungs)


def water(network, depth, steps=6):
    """Depths (step, piece) or (piece,) in steps of ten minutes."""
    depth = np.broadcast_to(np.asarray(depth, float), (steps, len(network.lines))).copy()
    times = START + np.arange(steps) * np.timedelta64(600, "s")
    return RoadWater(times, depth, "one run")


def finder(network, depth, vehicle=CAR):
    return RouteFinder(network, water(network, depth), vehicle)


def test_roads_are_joined_where_they_cross_on_one_level():
    network = build_network(roads([(0, 50), (100, 50)], [(50, 0), (50, 100)]))
    assert len(network.lines) == 4
    assert len(network.junctions) == 5
    assert network.length.tolist() == [50.0] * 4


def test_a_bridge_is_not_joined_to_what_it_crosses():
    """X-03: a road under a bridge."""
    layer = roads([(0, 50), (100, 50)], [(50, 0), (50, 100)], is_bridge=[True, False])
    network = build_network(layer)
    assert len(network.lines) == 2
    found = finder(network, 0.0).route(shapely.Point(0, 50), shapely.Point(50, 0), 0.0)
    assert not found.reached


def test_a_bridge_lands_on_the_road_at_its_end_and_on_one_that_passes_there():
    layer = roads(
        [(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, -50), (200, 50)],
        is_bridge=[False, True, False],
    )  # fmt: skip
    found = finder(build_network(layer), 0.0).route(
        shapely.Point(0, 0), shapely.Point(200, 50), 0.0
    )
    assert found.reached
    assert found.length == pytest.approx(250.0)


def test_a_joint_of_two_bridge_pieces_above_a_junction_is_no_way_down():
    layer = roads(
        [(0, 0), (50, 0)], [(50, 0), (100, 0)], [(50, -50), (50, 0)], [(50, 0), (50, 50)],
        is_bridge=[True, True, False, False],
    )  # fmt: skip
    network = build_network(layer)
    over = finder(network, 0.0)
    assert over.route(shapely.Point(0, 0), shapely.Point(100, 0), 0.0).reached
    assert not over.route(shapely.Point(0, 0), shapely.Point(50, 50), 0.0).reached


def test_ends_that_miss_each_other_by_a_little_are_joined_and_by_more_are_not():
    near = build_network(roads([(0, 0), (50, 0)], [(50.3, 0), (100, 0)]))
    far = build_network(roads([(0, 0), (50, 0)], [(52, 0), (100, 0)]))
    assert (len(near.junctions), len(far.junctions)) == (3, 4)


def test_a_ring_road_can_be_driven_both_ways():
    ring = roads([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    found = finder(build_network(ring), 0.0).route(shapely.Point(0, 0), shapely.Point(0, 60), 0.0)
    assert found.length == pytest.approx(60.0)


def test_the_dry_way_is_the_shortest():
    found = finder(build_network(ladder()), 0.0).route(
        shapely.Point(10, 0), shapely.Point(390, 0), 0.0
    )
    assert found.length == pytest.approx(380.0)
    assert found.line.length == pytest.approx(380.0)
    assert found.seconds == pytest.approx(380.0 / (30 / 3.6))


def test_water_over_the_limit_sends_the_way_around():
    """X-03."""
    network = build_network(ladder())
    middles = shapely.get_coordinates(
        shapely.line_interpolate_point(network.lines, 0.5, normalized=True)
    )
    flooded = (np.abs(middles[:, 0] - 150) < 1) & (middles[:, 1] < 1)
    found = finder(network, np.where(flooded, 0.5, 0.0)).route(
        shapely.Point(10, 0), shapely.Point(390, 0), 0.0
    )
    assert found.length == pytest.approx(580.0)
    assert found.deepest == 0.0


def test_a_road_that_closes_before_one_is_through_is_not_entered():
    """X-03: depth at the time of traversal, not at departure."""
    network = build_network(roads([(0, 0), (12_000, 0)]))  # 24 minutes at 30 km/h
    depth = np.zeros((6, 1))
    depth[2:] = 0.5
    start, goal = shapely.Point(0, 0), shapely.Point(12_000, 0)
    assert not finder(network, depth).route(start, goal, 0.0).reached
    depth[2:], depth[4:] = 0.0, 0.5
    assert finder(network, depth).route(start, goal, 0.0).reached
    assert not finder(network, depth).route(start, goal, 600.0).reached


def test_water_that_rises_between_two_frames_stops_a_way_before_the_second():
    """X-03: 12 minutes on a road that is dry at 10 and closed at 20 minutes."""
    network = build_network(roads([(0, 0), (6000, 0)]))
    depth = np.zeros((6, 1))
    depth[2:] = 0.5
    ways = finder(network, depth)
    assert not ways.route(shapely.Point(0, 0), shapely.Point(6000, 0), 60.0).reached
    assert ways.route(shapely.Point(0, 0), shapely.Point(4900, 0), 0.0).reached
    boat = finder(network, np.linspace(0.2, 0.7, 6)[:, None], VEHICLES["boat"])
    assert not boat.route(shapely.Point(0, 0), shapely.Point(100, 0), 1750.0).reached


def test_nothing_is_promised_after_the_end_of_the_run():
    network = build_network(roads([(0, 0), (12_000, 0)]))
    found = finder(network, 0.0).route(shapely.Point(0, 0), shapely.Point(12_000, 0), 3000.0)
    assert not found.reached


def test_an_island_of_dry_road_is_reported_as_unreachable():
    """X-03."""
    network = build_network(roads([(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]))
    wet = network.lines[:]
    depth = np.array([0.9 if line.bounds[0] == 100 else 0.0 for line in wet])
    found = finder(network, depth).route(shapely.Point(50, 0), shapely.Point(250, 0), 0.0)
    assert not found.reached
    assert found.reason.startswith("every way is cut by water")
    assert found.line is None


def test_why_there_is_no_way_is_said():
    """X-03."""
    network = build_network(ladder())
    deep = finder(network, 0.8)
    assert "0.80 m deep" in deep.route(shapely.Point(0, 0), shapely.Point(400, 0), 0.0).reason
    unknown = finder(network, np.nan)
    assert "unknown depth" in unknown.route(shapely.Point(0, 0), shapely.Point(400, 0), 0.0).reason
    dry = finder(network, 0.0)
    assert "no road within" in dry.route(shapely.Point(0, 9e4), shapely.Point(0, 0), 0.0).reason


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["car", "ambulance", "fire_engine"]))
def test_a_way_never_uses_a_road_that_is_too_deep_while_on_it(seed, name):
    """X-03, over random floods that rise and fall."""
    dice = np.random.default_rng(seed)
    network, vehicle = build_network(ladder(6, 700.0)), VEHICLES[name]
    depth = dice.uniform(0, 0.8, (6, len(network.lines))) * (dice.random((6, 1)) < 0.7)
    ways = finder(network, depth, vehicle)
    found = ways.route(shapely.Point(100, 0), shapely.Point(4100, 700), float(dice.uniform(0, 900)))
    if not found.reached:
        assert found.reason
        return
    frames = 600.0 * np.arange(6)
    for (piece, _), entered, left in zip(found.pieces, found.entered, found.left, strict=True):
        # the water between two frames lies on a line between them
        moments = np.linspace(entered, left, 50)
        between = np.interp(moments, frames, depth[:, piece])
        assert (safe_speed(between, 10.0, vehicle) > 0).all()
        assert between.max() <= found.deepest + 1e-9
    assert found.left == sorted(found.left)
    assert found.line.length == pytest.approx(found.length, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 900), st.floats(0, 900))
def test_who_leaves_later_is_never_through_earlier(seed, depart, later):
    """X-02: first in, first out on every piece."""
    dice = np.random.default_rng(seed)
    network = build_network(roads([(0, 0), (3000, 0)]))
    ways = finder(network, dice.uniform(0, 0.29, (6, 1)))
    assert ways.leave(0, 3000.0, depart) <= ways.leave(0, 3000.0, depart + later)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_deeper_water_never_makes_a_way_faster(seed):
    """X-02."""
    dice = np.random.default_rng(seed)
    network = build_network(ladder())
    depth = dice.uniform(0, 0.5, (6, len(network.lines)))
    ends = shapely.Point(10, 0), shapely.Point(390, 100)
    shallow = finder(network, depth).route(*ends, 0.0)
    deep = finder(network, depth + 0.05).route(*ends, 0.0)
    assert shallow.reached or not deep.reached
    if deep.reached:
        assert deep.seconds >= shallow.seconds


def test_a_place_on_a_dry_island_is_cut_off_from_the_arterial_road():
    layer = roads(
        [(0, 0), (1000, 0)], [(1000, 0), (1100, 0)], [(1100, 0), (1200, 0)],
        [(1200, 0), (1250, 0)],
        kind=["main", "street", "street", "main"],
    )  # fmt: skip
    network = build_network(layer)
    depth = np.where([line.bounds[0] == 1000 for line in network.lines], 0.9, 0.0)
    access = Access(network, water(network, depth), None)
    island = access.of_place(shapely.Point(1150, 10), 0)
    assert island["cut"] is True
    assert island["vehicles"]["car"]["cut_from"] == "2026-11-20T12:00:00Z"
    assert access.of_place(shapely.Point(500, 10), 0)["cut"] is False


def test_access_over_time_says_when_it_closes_and_opens_again():
    network = build_network(
        roads([(0, 0), (900, 0)], [(900, 0), (1000, 0)], kind=["main", "street"])
    )
    depth = np.zeros((6, 2))
    depth[2:4, np.argmin(network.length)] = 0.5
    told = Access(network, water(network, depth), None).of_place(shapely.Point(950, 5), 3)
    assert told["cut"] is True
    assert told["vehicles"]["car"]["cut_from"] == "2026-11-20T12:20:00Z"
    assert told["vehicles"]["car"]["open_again"] == "2026-11-20T12:40:00Z"
    assert told["vehicles"]["fire_engine"]["open"] is True


def test_access_over_a_road_of_unknown_depth_is_unknown_and_not_cut():
    layer = roads(
        [(0, 0), (1000, 0)], [(1000, 0), (1100, 0)], [(1100, 0), (1200, 0)],
        kind=["main", "street", "street"],
    )  # fmt: skip
    network = build_network(layer)
    for unknown, place in ((1000, 1150), (1100, 1150)):
        depth = np.where([line.bounds[0] == unknown for line in network.lines], np.nan, 0.0)
        told = Access(network, water(network, depth), None).of_place(shapely.Point(place, 10), 0)
        assert told["cut"] is None
        assert "not known" in told["reason"]
        assert told["vehicles"]["car"]["cut_from"] is None
    known = Access(network, water(network, depth), None).of_place(shapely.Point(500, 10), 0)
    assert known["cut"] is False


def test_people_do_not_walk_where_shallow_water_is_too_fast():
    """H1 of AR&R: at most 0.3 m, 2 m/s and 0.3 m2/s, at the time when they are there."""
    network = build_network(ladder())
    walker, ends = VEHICLES["pedestrian"], (shapely.Point(10, 0), shapely.Point(390, 0))

    def reached(depth, speed, product):
        pieces = len(network.lines)
        found = RoadWater(
            START + np.arange(6) * np.timedelta64(600, "s"), np.full((6, pieces), depth), "one run",
            np.full(pieces, speed), np.full(pieces, product),
        )  # fmt: skip
        return RouteFinder(network, found, walker).route(*ends, 0.0).reached

    assert reached(0.2, 1.4, 0.28)
    assert not reached(0.2, 1.6, 0.32)  # depth times speed
    assert not reached(0.1, 2.1, 0.21)  # speed
    assert reached(0.01, 2.1, 0.4)  # a film, though it ran deep at another time
    assert reached(0.1, 1.5, 0.4)  # not so deep as when it was dangerous


def test_a_place_far_from_any_road_is_not_called_cut_but_unknown():
    access = Access(build_network(ladder()), water(build_network(ladder()), 0.0), None)
    told = access.of_place(shapely.Point(0, 5000), 0)
    assert told["cut"] is None
    assert told["reason"] == "no road within 500 m"

import numpy as np
import pytest

from sample_city.plan import make_plan
from sample_city.river import MEAN_LEVEL
from sample_city.surfaces import make_terrain
from sample_city.terrain import ground_level, natural_level, survey
from twin.errors import InputError
from twin.fields import require


@pytest.fixture(scope="module")
def seen(plan):
    return survey(plan, *plan.centres(0, 0, 250, 250))


def assert_same(part, whole, row, column):
    ny, nx = part["elevation"].shape
    for name in whole:
        cut = whole[name].values[row : row + ny, column : column + nx]
        assert np.array_equal(part[name].values, cut), name


def test_all_fields_are_as_declared(terrain):
    require(terrain, *terrain.data_vars)
    assert terrain.attrs == {"crs": "EPSG:3826", "buildings_as": "raised", "edges": "closed"}
    assert terrain.sizes == {"y": 250, "x": 250}


def test_a_window_equals_the_same_part_of_the_whole(plan, terrain):
    assert_same(make_terrain(plan, 100, 37, 91, 110), terrain, 100, 37)
    assert_same(make_terrain(plan, 249, 249, 1, 1), terrain, 249, 249)


def test_windows_of_the_metropolis_agree_where_they_meet():
    metro = make_plan("metro", 1)
    wide = make_terrain(metro, 4400, 4300, 160, 170)
    assert wide["building_height"].max() > 0
    assert_same(make_terrain(metro, 4437, 4391, 90, 60), wide, 37, 91)


def test_the_levee_stands_above_the_hundred_year_level(plan):
    x = np.linspace(0.0, plan.size.edge, 400)
    centre, slope = plan.river.centre(x)
    crest = plan.river.crest_start(x) + 6.0
    for side in (-1.0, 1.0):
        ground = natural_level(plan, x, centre + side * crest * np.sqrt(1.0 + slope**2))
        assert (ground >= plan.river.level_100_years(x) + 1.0).all()


def test_the_river_cannot_leave_its_levees_below_the_crest(plan, terrain):
    from scipy.ndimage import label

    flooded = terrain["elevation"].values < plan.river.level_100_years(0.0)
    bodies, _ = label(flooded, structure=np.ones((3, 3)))
    x, y = plan.centres(0, 0, 250, 250)
    distance = plan.river.distance(x, y)
    in_river = np.unique(bodies[np.abs(distance) < 10.0])
    behind = flooded & (np.abs(distance) > plan.river.corridor(x))
    assert not np.isin(bodies[behind], in_river).any()


def test_the_basin_lies_below_the_river(seen):
    basin = (seen["natural"] < -0.2) & ~seen["corridor"]
    below = MEAN_LEVEL - seen["natural"][basin]
    assert basin.mean() > 0.4
    assert np.percentile(below, 50) > 0.9 and below.max() < 1.7


def test_streets_lie_below_their_kerbs(seen):
    street = seen["street"] & (seen["elevation"] > -1.6)
    below = seen["natural"][street] - seen["elevation"][street]
    assert below.min() > 0.1
    assert np.median(below) < 0.15


def test_underpasses_are_two_to_three_metres_deep(plan):
    k = np.nonzero(plan.blocks.underpass)[0]
    assert k.size >= 1
    x, y = plan.streets.to_ground(plan.streets.columns.position[k], plan.streets.rails[0])
    depth = natural_level(plan, x, y) - ground_level(plan, x, y)
    assert (depth > 2.0).all() and (depth < 3.0).all()


def test_the_first_water_of_the_river_is_flat(plan, terrain, seen):
    level = (terrain["elevation"] + terrain["initial_depth"]).values
    wet = seen["river"] & (terrain["initial_depth"].values > 0)
    assert wet.sum() > 1000
    assert np.allclose(level[wet], MEAN_LEVEL, atol=1e-5)


def test_drains_serve_sealed_ground_at_streets_only(terrain, seen):
    drains = terrain["drain_capacity"].values * 3.6e6
    assert set(np.unique(drains >= 29.9)) == {False, True}
    assert drains.max() <= 65.1 and drains[drains > 0].min() >= 29.9
    assert drains[seen["corridor"] | seen["canal"]].max() == 0.0
    assert (drains[seen["street"] & (seen["natural"] < 0)] > 0).mean() > 0.8


def test_another_seed_gives_another_city(plan, terrain):
    other = make_terrain(make_plan("small", 2))
    assert (other["elevation"].values != terrain["elevation"].values).mean() > 0.9


@pytest.mark.parametrize("wrong", [{"size": "huge"}, {"seed": -1}, {"seed": "one"}])
def test_an_unknown_size_or_seed_is_refused(wrong):
    with pytest.raises(InputError, match="expected"):
        make_plan(**wrong)

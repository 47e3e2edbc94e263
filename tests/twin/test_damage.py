"""Depth-damage curves: golden numbers, laws, and curves that a city brings."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from twin.building_damage import JRC, building_damage
from twin.city import City
from twin.damage import read_curves, region_at, water_over_floor
from twin.errors import InputError, MissingError
from twin.grid import Grid

USES = ("residential", "commercial", "industrial", "school", "castle")


def test_the_curve_of_asia_gives_its_golden_number():
    """X-01."""
    assert float(read_curves("Asia").degree("residential", 0.3)) == pytest.approx(0.19596)
    assert float(read_curves("Europe").degree("residential", 1.0)) == pytest.approx(0.40)


@given(st.sampled_from(USES), st.floats(0, 10), st.floats(0, 10), st.floats(0, 2))
def test_deeper_water_is_never_cheaper(use, depth, more, floor):
    """X-02."""
    curves = read_curves("Asia")
    shallow, deep = water_over_floor([depth, depth + more], floor)
    assert curves.degree(use, deep) >= curves.degree(use, shallow)
    low, high = curves.range(use, deep)
    assert low <= curves.degree(use, deep) <= high
    assert low >= 0
    assert high <= 1


def test_water_below_the_floor_costs_nothing():
    assert float(read_curves("Asia").degree("residential", water_over_floor(0.4, 0.5))) == 0.0


def houses(**columns):
    """Three houses of 100 m2 in Taiwan."""
    boxes = [
        shapely.box(300_000 + 20 * k, 2_770_000, 300_010 + 20 * k, 2_770_010) for k in (0, 1, 2)
    ]
    return gpd.GeoDataFrame(
        {"use": ["residential"] * 3, **columns}, geometry=boxes, crs="EPSG:3826"
    )


@pytest.fixture
def city(tmp_path):
    """What of a city the damage looks at: its folder, its place and its CRS."""
    grid = Grid(300_000.0, 2_771_000.0, 10.0, 100, 100, "EPSG:3826")
    return City("town", "Town", tmp_path, grid, "EPSG:3826", "", "raised", "closed", "1", {})


def test_loss_in_money_is_area_times_value_times_degree(city):
    """X-01: D = A V f(max(0, d - FFE)), with the golden degree of 0.3 m in Asia."""
    layer = houses(value_per_m2=[20_000, 20_000, None], currency="TWD", floor_height=[0, 0.5, 0])
    cost = building_damage(city, layer, np.array([0.3, 0.3, 0.3]))
    assert cost.losses[1, 0] == pytest.approx(100 * 20_000 * 0.19596)
    assert cost.losses[1, 1] == 0.0
    assert np.isnan(cost.losses[1, 2])
    assert cost.unit == "TWD"
    assert cost.total()[1] == pytest.approx(391_920)
    assert cost.what.endswith("2 of 3 have a value")
    assert (cost.source, "Huizinga" in cost.source) == (f"{JRC}, Asia", True)


def test_loss_without_values_is_footprint_and_its_range_holds_the_estimate(city):
    """X-02: between the lowest and the highest that curves and depths allow."""
    depths = (
        np.array([0.2, 0.3, np.nan]),
        np.array([0.5, 1.0, np.nan]),
        np.array([1.0, 3.0, np.nan]),
    )
    cost = building_damage(city, houses(), depths[1], depths[0], depths[2])
    low, loss, high = cost.losses
    assert (low[:2] < loss[:2]).all()
    assert (loss[:2] < high[:2]).all()
    assert loss[0] == pytest.approx(32.66)
    assert cost.unit == "m2"
    assert cost.total()[1] == pytest.approx(32.66 + 49.41)
    assert (cost.total()[[0, 2]] == cost.total(slice(0, 2))[[0, 2]]).all()


def test_curves_of_the_city_take_the_place_of_the_others_and_are_named(city):
    own = "region,use,depth_m,factor\nTown,residential,0,0\nTown,residential,2,0.5\n"
    (city.folder / "damage_curves.csv").write_text(own)
    cost = building_damage(city, houses(), np.array([1.0, 1.0, 1.0]))
    assert cost.degree.tolist() == [0.25] * 3
    assert cost.source == "damage_curves.csv of the city, Town"


def test_an_unknown_depth_has_no_damage_and_an_unknown_use_says_so():
    curves = read_curves("Asia")
    assert np.isnan(curves.degree("residential", np.nan))
    assert curves.curve_of("castle") == ("residential", False)
    assert curves.curve_of("School") == ("commercial", True)


@pytest.mark.parametrize(
    ("place", "region"),
    [
        ((18.9, 47.5), "Europe"), ((-0.1, 51.5), "Europe"), ((139.7, 35.7), "Asia"),
        ((55.3, 25.2), "Asia"), ((34.8, 32.1), "Asia"), ((106.8, -6.2), "Asia"),
        ((-73.9, 40.7), "North America"), ((-123.1, 49.2), "North America"),
        ((-46.6, -23.5), "South America"), ((-99.1, 19.4), "South America"),
        ((31.2, 30.0), "Africa"), ((3.4, 6.5), "Africa"), ((39.3, -6.8), "Africa"),
        ((151.2, -33.9), "Oceania"), ((174.8, -36.8), "Oceania"),
    ],
)  # fmt: skip
def test_places_take_the_curves_of_their_continent(place, region):
    assert region_at(*place) == region
    curves = read_curves(region)
    assert float(curves.degree("residential", 0.0)) == 0.0
    assert 0.3 < float(curves.degree("residential", 1.0)) < 0.8
    # a continent without a curve for a use takes its residential one
    assert float(curves.degree("industrial", 6.0)) == 1.0


def test_a_city_replaces_the_curves(tmp_path):
    own = tmp_path / "curves.csv"
    own.write_text("region,use,depth_m,factor\nTown,residential,0,0\nTown,residential,2,0.5\n")
    assert float(read_curves("Town", own).degree("residential", 1.0)) == pytest.approx(0.25)
    with pytest.raises(MissingError, match="it has Town"):
        read_curves("Asia", own)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("region,use,depth_m\nA,residential,0\n", "has no factor"),
        ("region,use,depth_m,factor\nA,residential,x,0\n", "depth_m is 'x'"),
        ("region,use,depth_m,factor\nA,residential,0,nan\n", "factor is 'nan'"),
        ("region,use,depth_m,factor\nA,residential,0,0.5\nA,residential,1,0.2\n", "falls"),
        ("region,use,depth_m,factor\nA,residential,0,0\nA,residential,1,1.5\n", "goes over 1"),
    ],
)
def test_curves_that_are_none_are_refused_in_one_line(tmp_path, text, says):
    path = tmp_path / "curves.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_curves("A", path)

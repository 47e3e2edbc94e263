"""The vertical datum and the place of a model: many countries, orders of axes, feet."""

from types import SimpleNamespace

import numpy as np
import pytest
from pyproj import CRS, Transformer

from twin.crs import metric_crs
from twin.datum import Placing, geoid_doubt, geoid_height, height_difference, height_reference
from twin.errors import InputError
from twin.grid import Grid

CITIES = {
    "The Hague": ("EPSG:7415", 4.3, 52.07),
    "Zurich": ("EPSG:2056+5728", 8.54, 47.37),
    "Vienna": ("EPSG:31256", 16.37, 48.2),
    "Helsinki": ("EPSG:3879+3900", 24.94, 60.17),
    "Poznan": ("EPSG:2177", 16.92, 52.4),
    "Ingolstadt": ("EPSG:25832+7837", 11.4, 48.76),
    "Karlsruhe": ("EPSG:31467", 8.4, 49.0),
    "New York": ("EPSG:2263", -73.98, 40.75),
    "Montreal": ("EPSG:2950", -73.57, 45.5),
    "Tokyo": ("EPSG:6697", 139.7, 35.6),
    "Taipei": ("EPSG:3826", 121.5, 25.0),
    "Melbourne": ("EPSG:7855", 144.9, -37.8),
}
OPEN = {
    "Singapore": ("EPSG:3414", 103.85, 1.3),
    "Hong Kong": ("EPSG:2326", 114.1, 22.3),
    "Luxembourg": ("EPSG:2169", 6.13, 49.6),
}


def placed_at(crs, lon, lat, turned, is_mirrored=False):
    """A model at a place, its axes as they should be or turned: where it comes out, and how."""
    parsed = CRS.from_user_input(crs)
    plane = (parsed.sub_crs_list[0] if parsed.is_compound else parsed).to_2d()
    x, y = Transformer.from_crs("EPSG:4326", plane, always_xy=True).transform(lon, lat)
    target = metric_crs(crs, x, y)
    point = np.array([[y, x, 100.0] if turned else [x, y, 100.0]])
    placing = Placing(crs, target, point, is_mirrored)
    east, north, height = placing.points(point)[0]
    back = Transformer.from_crs(target, "EPSG:4326", always_xy=True).transform(east, north)
    return placing, back, height


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("name", CITIES)
def test_a_model_comes_to_its_place_in_either_order_of_axes(name, turned):
    placing, back, _ = placed_at(*CITIES[name], turned)
    np.testing.assert_allclose(back, CITIES[name][1:], atol=1e-6)
    assert (placing.is_swapped, placing.is_outside) == (turned, False)


@pytest.mark.parametrize("name", OPEN)
def test_where_both_orders_lie_in_the_city_the_shapes_decide(name):
    crs, lon, lat = OPEN[name]
    placing, back, _ = placed_at(crs, lon, lat, turned=False)
    np.testing.assert_allclose(back, (lon, lat), atol=1e-6)
    placing, back, _ = placed_at(crs, lon, lat, turned=True, is_mirrored=True)
    assert placing.is_swapped
    np.testing.assert_allclose(back, (lon, lat), atol=1e-6)


def test_a_place_where_the_system_is_not_used_is_known():
    placing = Placing("EPSG:28992", "EPSG:28992", np.array([[9e9, 9e9, 0.0]]))
    assert placing.is_outside and not placing.is_swapped


@pytest.mark.parametrize(
    "crs, reference, height",
    [
        ("EPSG:7415", ("NAP height", "EPSG:5709"), 100.0),
        ("EPSG:6697", ("JGD2011 (vertical) height", "EPSG:6695"), 100.0),
        ("EPSG:4979", ("ellipsoidal height", ""), 100.0),
        ("EPSG:28992", ("", ""), 100.0),
        ("EPSG:2263", ("", ""), 30.48006),
        ("EPSG:2263+6360", ("NAVD88 height", "EPSG:5703"), 30.48006),
    ],
)
def test_heights_become_metres_and_keep_their_datum(crs, reference, height):
    assert height_reference(crs)[:2] == reference
    assert 100.0 * height_reference(crs)[2] == pytest.approx(height, abs=1e-4)


def test_a_system_that_does_not_exist_is_named_with_its_file():
    with pytest.raises(InputError, match=r"a\.json has the reference system 'EPSG:99999'"):
        height_reference("EPSG:99999", "a.json")


def test_the_geoid_is_as_the_city_says_or_nothing_is_known():
    grid = Grid(80000.0, 450000.0, 1.0, 5, 5, "EPSG:28992")
    city = SimpleNamespace(info={}, vertical_datum="", crs="EPSG:28992", grid=grid)
    assert geoid_height(city) == (0.0, "unknown, 0 assumed")
    assert "unnamed datum" in geoid_doubt(city)
    city.vertical_datum = "ellipsoidal height"
    assert geoid_height(city) == (0.0, "heights are ellipsoidal")
    city.info["geoid_height"] = 43.2
    assert geoid_height(city) == (43.2, "city.toml")
    assert geoid_doubt(city) == ""


def test_the_difference_of_two_height_systems_is_what_proj_or_someone_knows():
    """Baltic 1977 and Caspian are 28 m apart, which PROJ knows without a grid."""
    place = Transformer.from_crs("EPSG:4326", "EPSG:32639", always_xy=True).transform(49.9, 40.4)
    baltic, caspian = ("Baltic 1977 height", "EPSG:5705"), ("Caspian height", "EPSG:5611")
    assert height_difference(baltic, caspian, "EPSG:32639", place) == pytest.approx(28.0)
    assert height_difference(caspian, caspian, "EPSG:32639", place) == 0.0
    over = ("ellipsoidal height", "")
    assert height_difference(over, ("a pole", ""), "EPSG:32639", place) is None
    assert height_difference(over, ("a pole", ""), "EPSG:32639", place, -20.0) == 20.0

"""The frame of all 3D: its axes, its place on Earth, the curve of the Earth."""

import numpy as np
import pytest
from pyproj import Transformer

from tiles.local_frame import ECEF, LocalFrame
from twin.grid import Grid

GRID = Grid(250_000.0, 2_700_000.0, 10.0, 600, 400, "EPSG:3826")
MIDDLE = np.array([[253_000.0, 2_698_000.0, 0.0]])


def test_the_middle_of_the_city_is_the_origin():
    assert np.allclose(LocalFrame(GRID).from_city(MIDDLE), 0, atol=1e-6)


def test_east_north_and_up_are_where_they_belong():
    frame = LocalFrame(GRID)
    east, north, up = (frame.from_city(MIDDLE + 100 * axis)[0] for axis in np.eye(3))
    assert east == pytest.approx([100, 0, 0], abs=2)  # the grid of a projection is turned a little
    assert north == pytest.approx([0, 100, 0], abs=2)
    assert up == pytest.approx([0, 0, 100], abs=1e-6)


def test_ground_far_from_the_middle_lies_below_the_plane():
    far = LocalFrame(GRID).from_city(MIDDLE + [2500.0, 0, 0])[0]
    assert far[2] == pytest.approx(-(2500**2) / (2 * 6_378_137), abs=0.01)


def test_the_transform_gives_the_place_on_earth_with_its_geoid():
    frame = LocalFrame(GRID, geoid=20.0)
    local = frame.from_city(MIDDLE + [1000.0, 500.0, 7.0])
    earth = frame.transform @ np.append(local[0], 1)
    to_lonlat = Transformer.from_crs(ECEF, "EPSG:4979", always_xy=True)
    assert to_lonlat.transform(*earth[:3])[2] == pytest.approx(27.0, abs=1e-6)
    assert frame.from_lonlat([to_lonlat.transform(*earth[:3])])[0] == pytest.approx(local[0])

"""The old datum is shifted by the formula, and never by nothing."""

import numpy as np
import pytest
from pyproj import Geod

from twin.errors import InputError
from twin.feeds.twd67 import to_wgs84, transformer

STATIONS = [
    # positions of C0M760 and C0R860 as the weather service gives them in both datums
    ((120.420331, 23.553497), (120.428444, 23.551742)),
    ((120.88986, 22.106108), (120.89788, 22.1043)),
]


@pytest.mark.parametrize(("old", "new"), STATIONS)
def test_two_stations_come_to_lie_where_they_are(old, new):
    """D-06: 5 m are asked for."""
    assert Geod(ellps="WGS84").inv(*to_wgs84(*old), *new)[2] < 1.0


def test_many_points_are_shifted_at_once():
    old, new = (np.array(points).T for points in zip(*STATIONS, strict=True))
    np.testing.assert_allclose(to_wgs84(*old), new, atol=1e-5)


def test_a_shift_that_ignores_the_datum_is_refused():
    """D-06: PROJ gives one for EPSG:3821 without a word."""
    with pytest.raises(InputError, match="Ballpark"):
        transformer("EPSG:3821", "EPSG:4326")


def test_a_position_far_from_taiwan_is_refused():
    with pytest.raises(InputError, match="expected one in Taiwan"):
        to_wgs84(5.0, 52.0)

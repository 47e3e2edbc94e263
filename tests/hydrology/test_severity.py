"""How bad it gets in a district, by the written rule and nothing else."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from hydrology.forecast.hotspots import rank_hotspots
from hydrology.forecast.severity import LEVELS, rank_districts, severity
from tests.hydrology.test_hotspots import GRID, pond, product

WEST, SOUTH, EAST, NORTH = GRID.bounds
HALF = (WEST + EAST) / 2


def districts():
    shapes = [box(WEST, SOUTH, HALF, NORTH), box(HALF, SOUTH, EAST, NORTH), box(0, 0, 9, 9)]
    return gpd.GeoDataFrame({"name": ["Left", "Right", "Away"]}, geometry=shapes, crs=GRID.crs)


def ranked(forecast):
    spots = rank_hotspots(forecast, districts=districts())
    return rank_districts(forecast, spots, districts())


def test_each_district_has_its_extent_and_severity():
    """MF-6"""
    depth = pond(40, 30, 0.9)
    table = ranked(product(depth))
    assert table["district"].tolist() == ["Left", "Right"]  # the third has no ground here
    left, right = table.iloc[0], table.iloc[1]
    cells = int((depth > 0.3).sum())
    assert left["flooded_area_p50_m2"] == cells * 25
    assert left["flooded_share"] == pytest.approx(cells / 6000, abs=1e-5)
    assert (left["severity"], left["level"], left["hotspots"]) == (2, "serious", 1)
    assert (right["severity"], right["level"], right["hotspots"]) == (0, "normal", 0)
    assert pd.isna(right["first_time"]) and np.isnan(right["deepest_p50_m"])
    assert left["first_time"] == "2026-05-01T12:30:00Z"


def test_districts_of_one_name_keep_their_own_flood():
    forecast, twins = product(pond(40, 30, 1.4)), districts().assign(name="East")
    table = rank_districts(forecast, rank_hotspots(forecast, districts=twins), twins)
    assert table["row"].tolist() == [0, 1]
    assert table["hotspots"].tolist() == [1, 0]
    assert table["severity"].tolist() == [3, 0]


def test_people_that_nobody_counted_are_missing_and_not_zero():
    table = ranked(product(pond(40, 30, 0.9)))
    assert pd.isna(table.iloc[0]["people"])


def test_permanent_water_is_no_flood():
    depth = pond(40, 30, 0.9)
    table = ranked(product(depth, initial=depth))
    assert (table["severity"] == 0).all() and (table["flooded_area_p50_m2"] == 0).all()


@pytest.mark.parametrize(
    ("share", "deepest", "expected"),
    [
        (0.0, np.nan, 0),
        (0.0009, 0.9, 0),
        (0.001, 0.9, 1),
        (0.01, 0.9, 2),
        (0.05, 0.9, 3),
        (0.0, 1.2, 1),
        (0.01, 1.2, 3),
        (0.9, 5.0, 3),
    ],
)
def test_the_rule_is_the_written_one(share, deepest, expected):
    assert severity(share, deepest) == expected
    assert LEVELS[expected]

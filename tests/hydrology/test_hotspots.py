"""Hotspots are where the water is, named and counted after they were found."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from shapely.geometry import LineString, Point, box

from hydrology.forecast.hotspots import COLUMNS, EDGE_CELLS, rank_hotspots
from hydrology.forecast.wet_patches import find_patches
from twin.grid import Grid

GRID = Grid(300_000.0, 2_770_000.0, 5.0, 120, 100, "EPSG:3826")


def at(row, column):
    return GRID.x[column], GRID.y[row]


def pond(row, column, depth, radius=6):
    """A paraboloid of water around a cell [m]."""
    y, x = np.mgrid[: GRID.ny, : GRID.nx]
    return np.maximum(0, depth * (1 - ((y - row) ** 2 + (x - column) ** 2) / radius**2))


def product(depth, *, probability=None, arrival=1800.0, initial=None, boundaries=(), ground=10.0):
    """What a forecast hands over, with the same depth in all members unless said otherwise."""
    depth = depth.astype(np.float32)
    chance = (depth > 0.3).astype(np.float32) if probability is None else probability
    terrain = xr.Dataset(
        {"elevation": (("y", "x"), np.full(GRID.shape, ground, np.float32))},
        coords=GRID.coords(),
        attrs={"crs": GRID.crs},
    )
    if initial is not None:
        terrain["initial_depth"] = (("y", "x"), initial.astype(np.float32))
    fields = {f"max_depth_p{n}": (("y", "x"), depth * f) for n, f in ((10, 0.8), (50, 1), (90, 1))}
    fields["exceedance_probability"] = (("threshold", "y", "x"), chance[None])
    fields["arrival_time"] = (("y", "x"), np.where(depth > 0.05, arrival, np.nan))
    dataset = xr.Dataset(fields, {**GRID.coords(), "threshold": [0.3]}, {"crs": GRID.crs})
    return SimpleNamespace(
        dataset=dataset,
        terrain=terrain,
        boundaries=boundaries,
        issue_time=np.datetime64("2026-05-01T12:00", "ns"),
        newest_rain_time=np.datetime64("2026-05-01T11:50", "ns"),
        compute_seconds=60.0,
        dispatch_seconds=0.0,
    )


def layer(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=GRID.crs)


def test_a_single_pond_is_one_hotspot_at_its_middle():
    found = rank_hotspots(product(pond(40, 60, 0.9)))
    assert list(found.columns) == [*COLUMNS, "geometry"]
    assert len(found) == 1
    one = found.iloc[0]
    assert (one["rank"], one["kind"], one["cause"]) == (1, "new", "surface water")
    assert one["depth_p50_m"] == pytest.approx(0.9, abs=1e-3)
    assert one["depth_p10_m"] == pytest.approx(0.72, abs=1e-3)
    assert one["probability"] == 1.0
    middle = gpd.GeoSeries([Point(at(40, 60))], crs=GRID.crs).to_crs(4326)[0]
    assert (one["lon"], one["lat"]) == pytest.approx((middle.x, middle.y), abs=2e-6)
    assert one["cells"] == (pond(40, 60, 0.9) > 0.3).sum()
    assert one["area"] == one["cells"] * 25
    assert one["first_time"] == "2026-05-01T12:30:00Z"
    assert one["effective_lead_minutes"] == 30 - 10 - 1
    assert found["people"].isna().all()  # nobody was asked


def test_a_flat_pond_is_one_hotspot_in_its_middle():
    depth = np.zeros(GRID.shape)
    depth[30:51, 40:61] = 0.5
    found = rank_hotspots(product(depth), separation=50.0)
    assert len(found) == 1
    middle = gpd.GeoSeries([Point(at(40, 50))], crs=GRID.crs).to_crs(4326)[0]
    assert found["lon"][0] == pytest.approx(middle.x, abs=2e-6)


def test_one_flood_with_two_deep_points_is_two_places():
    depth = np.maximum(
        np.full(GRID.shape, 0.4), 0.4 + np.maximum(pond(50, 20, 1), pond(50, 100, 2))
    )
    found = rank_hotspots(product(depth), separation=250.0)
    assert found["depth_p50_m"].tolist() == pytest.approx([2.4, 1.4], abs=1e-3)
    rim = 2 * EDGE_CELLS
    assert found["cells"].sum() == (GRID.nx - rim) * (GRID.ny - rim)


def test_two_deep_points_close_together_are_one_place():
    depth = np.maximum(pond(50, 50, 1.0), pond(50, 58, 0.9))
    assert len(rank_hotspots(product(depth))) == 1


def test_permanent_water_and_buildings_are_no_hotspots():
    depth = pond(40, 30, 3.0) + pond(70, 90, 0.8)
    river = pond(40, 30, 3.0) > 0
    assert len(rank_hotspots(product(depth, initial=river))) == 1
    block = layer([box(*GRID.bounds)], occupants=[5])
    assert rank_hotspots(product(depth), buildings=block).empty


def test_shallow_unlikely_and_tiny_water_is_none():
    assert rank_hotspots(product(pond(40, 60, 0.25))).empty
    unlikely = np.full(GRID.shape, 0.05, np.float32)
    assert rank_hotspots(product(pond(40, 60, 0.9), probability=unlikely)).empty
    puddle = np.zeros(GRID.shape)
    puddle[5, 5] = 2.0
    assert rank_hotspots(product(puddle)).empty


def test_people_next_to_the_water_move_a_place_up():
    depth = pond(30, 30, 1.0) + pond(70, 90, 0.9)
    x, y = at(70, 93)
    houses = layer([box(x - 8, y - 8, x + 8, y + 8)], occupants=[200])
    found = rank_hotspots(product(depth), buildings=houses)
    assert found["people"].tolist() == [200, 0]
    assert found["depth_p50_m"].tolist() == pytest.approx([0.9, 1.0], abs=1e-2)
    assert rank_hotspots(product(depth))["depth_p50_m"][0] == pytest.approx(1.0, abs=1e-3)


def test_a_building_between_two_places_counts_once():
    depth = pond(50, 50, 1.0) + pond(50, 60, 1.5, radius=6)
    x, y = at(50, 55)
    houses = layer([box(x - 30, y - 8, x + 30, y + 8)], occupants=[40])
    found = rank_hotspots(product(depth), buildings=houses, separation=20.0)
    assert found["people"].sum() == 40


def test_names_come_from_the_nearest_thing():
    forecast = product(pond(40, 60, 0.9))
    x, y = at(40, 60)
    road = LineString([(x - 100, y + 10), (x + 100, y + 10)])
    cross = LineString([(x + 15, y - 100), (x + 15, y + 100)])
    roads = layer([road, cross], name=["Dock Road", "Mill Lane"], is_underpass=[False, False])
    assert rank_hotspots(forecast, roads=roads[:1])["place"][0] == "Dock Road"
    assert rank_hotspots(forecast, roads=roads)["place"][0] == "Dock Road at Mill Lane"
    sunk = roads.assign(is_underpass=[True, False])
    assert rank_hotspots(forecast, roads=sunk)["place"][0] == "Dock Road underpass"
    school = layer([Point(x + 50, y)], name=["North School"])
    assert rank_hotspots(forecast, places=school)["place"][0] == "near North School"
    assert rank_hotspots(forecast)["place"][0] == f"{x:.0f}, {y:.0f}"


def test_known_spots_name_a_place_and_never_move_it():
    forecast = product(pond(40, 60, 0.9) + pond(80, 20, 0.5))
    x, y = at(80, 20)
    known = layer([Point(x + 40, y), Point(x + 400, y + 100)], name=["Low Corner", "Elsewhere"])
    found = rank_hotspots(forecast, flood_spots=known)
    assert found["kind"].tolist() == ["new", "known"]
    assert found["place"][1] == "Low Corner"
    plain = rank_hotspots(forecast)
    assert found[["lon", "lat", "depth_p50_m"]].equals(plain[["lon", "lat", "depth_p50_m"]])


def test_districts_are_found_by_the_point():
    west = box(300_000, 2_769_000, 300_300, 2_770_000)
    districts = layer([west], name=["West"])
    found = rank_hotspots(product(pond(40, 20, 0.9) + pond(40, 100, 0.6)), districts=districts)
    assert found["district"].tolist() == ["West", ""]


def test_the_limit_keeps_the_worst():
    found = rank_hotspots(product(pond(40, 20, 0.6) + pond(40, 100, 0.9)), limit=1)
    assert found["depth_p50_m"].tolist() == pytest.approx([0.9], abs=1e-3)


def test_a_river_is_the_cause_only_where_it_reaches_and_stands_high_enough():
    river = np.zeros(GRID.shape)
    river[:, :10] = 2.0  # reaches the edge of the city
    beside = np.where(river > 0, 2.0, pond(50, 16, 0.9, radius=8))
    assert rank_hotspots(product(beside, initial=river))["cause"].tolist() == ["river"]
    apart = np.where(river > 0, 2.0, pond(50, 80, 0.9))
    assert rank_hotspots(product(apart, initial=river))["cause"].tolist() == ["surface water"]
    low = np.where(river > 0, 0.3, pond(50, 16, 0.9, radius=8))
    assert rank_hotspots(product(low, initial=river))["cause"].tolist() == ["surface water"]
    lake = np.where(pond(50, 50, 1.0) > 0, 2.0, 0.0)  # permanent, but no river
    shore = np.where(lake > 0, 2.0, pond(50, 60, 0.9, radius=8))
    assert set(rank_hotspots(product(shore, initial=lake))["cause"]) == {"surface water"}


def test_without_a_river_on_the_map_a_boundary_leaves_the_cause_open():
    inflow = SimpleNamespace(rows=np.array([0]), columns=np.array([0]))
    found = rank_hotspots(product(pond(40, 60, 0.9), boundaries=(inflow,)))
    assert found["cause"].tolist() == ["not diagnosed"]


def test_every_wet_cell_of_a_large_area_belongs_to_one_patch():
    depth = np.random.default_rng(0).random(GRID.shape)
    wet = depth > 0.4
    patches = find_patches(depth, wet, cell_size=5.0, separation=60.0, smallest_area=0.0)
    assert ((patches.label > 0) == wet).all()
    assert set(np.unique(patches.label)) - {0} == set(range(1, patches.rows.size + 1))

import numpy as np
import pytest
import shapely

from sample_city.flood_spots import low_points
from sample_city.water import corridor_area, river_area

COLUMNS = {
    "buildings": ("Polygon", "building_id height storeys use occupants ground"),
    "roads": ("LineString", "road_id name kind width is_underpass"),
    "districts": ("Polygon", "district_id name name_zh population"),
    "villages": ("Polygon", "village_id name district"),
    "water": ("Polygon", "water_id name kind"),
    "land_cover": ("Polygon", "kind"),
    "soils": ("Polygon", "kind"),
    "places": ("Point", "place_id name kind capacity district"),
    "flood_spots": ("Point", "spot_id name district"),
    "sensors": ("Point", "station_id name kind property unit district elevation"),
    "drains": ("LineString", "drain_id from_node to_node diameter"),
    "inlets": ("Point", "inlet_id capacity"),
    "manholes": ("Point", "node_id ground invert"),
    "levees": ("LineString", "levee_id crest_level"),
    "pump_stations": ("Point", "pump_station_id capacity start_level stop_level"),
    "gates": ("Point", "gate_id sill_level close_level"),
    "ponds": ("Polygon", "pond_id volume"),
    "mobile_pumps": ("Point", "mobile_pump_id capacity depot"),
    "boundaries": ("LineString", "boundary_id kind value"),
}


def test_every_layer_is_there(layers):
    assert set(layers) == set(COLUMNS)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_layer_has_its_columns_and_shapes(layers, name):
    shape, columns = COLUMNS[name]
    frame = layers[name]
    assert len(frame) > 0
    assert set(columns.split()) <= set(frame.columns)
    assert set(frame.geom_type) == {shape}
    assert frame.is_valid.all() and not frame.is_empty.any()
    assert frame.crs == "EPSG:3826"
    first = columns.split()[0]
    if first.endswith("_id"):
        assert frame[first].is_unique


def test_layers_lie_inside_of_the_city(plan, layers):
    west, south, east, north = plan.grid.bounds
    city = shapely.box(west - 0.01, south - 0.01, east + 0.01, north + 0.01)
    for name, frame in layers.items():
        assert frame.within(city).all() or name == "mobile_pumps", name


def test_buildings_stand_apart(layers):
    buildings = layers["buildings"].geometry.to_numpy()
    first, second = shapely.STRtree(buildings).query(buildings, predicate="intersects")
    shared = shapely.area(shapely.intersection(buildings[first], buildings[second]))
    assert shared[first != second].sum() < 1e-6


def test_buildings_stand_beside_streets_and_water(plan, layers):
    buildings = layers["buildings"].union_all()
    assert buildings.intersection(corridor_area(plan)).area == 0.0
    assert buildings.intersection(layers["water"].union_all()).area == 0.0
    roads = layers["roads"]
    surface = roads.geometry.buffer(roads["width"] / 2.0, cap_style="flat").union_all()
    assert buildings.intersection(surface).area < 1e-3 * buildings.area


def test_no_street_runs_over_a_building_in_the_rasters(plan, terrain):
    from sample_city.terrain import survey

    street = survey(plan, *plan.centres(0, 0, 250, 250))["street"]
    assert terrain["building_blockage"].values[street].mean() < 0.02


def test_a_small_city_has_about_a_thousand_buildings(layers):
    assert 800 <= len(layers["buildings"]) <= 2500


def test_heights_follow_storeys(layers):
    buildings = layers["buildings"]
    assert (buildings["storeys"] >= 1).all()
    assert buildings["height"].between(3.0, 120.0).all()
    assert np.corrcoef(buildings["height"], buildings["storeys"])[0, 1] > 0.99


def test_people_add_up(layers):
    people = layers["buildings"]["occupants"].sum()
    assert people > 5000
    assert layers["districts"]["population"].sum() == people
    assert layers["villages"]["population"].sum() == people


def test_people_are_counted_where_their_building_stands(layers):
    buildings, districts = layers["buildings"], layers["districts"]
    for district in districts.itertuples():
        inside = buildings.geometry.representative_point().within(district.geometry)
        assert buildings.loc[inside, "occupants"].sum() == district.population


def test_districts_and_villages_cover_the_city_once(plan, layers):
    for name in ("districts", "villages"):
        area = layers[name].area.sum()
        assert area == pytest.approx(plan.size.edge**2, rel=1e-6)
        assert layers[name].union_all().area == pytest.approx(area, rel=1e-6)
    assert set(layers["villages"]["district"]) <= set(layers["districts"]["name"])


def test_districts_have_names_in_both_scripts(layers):
    districts = layers["districts"]
    assert districts["name"].is_unique and districts["name_zh"].is_unique
    assert districts["name"].str.endswith(" District").all()
    assert districts["name_zh"].str.endswith("區").all()


def test_each_kind_of_place_is_there(layers):
    kinds = {"hospital", "school", "shelter", "fire_station", "police", "substation", "pump_depot"}
    assert kinds <= set(layers["places"]["kind"])
    assert set(layers["places"]["district"]) <= set(layers["districts"]["name"])


def test_underpasses_and_bridges_are_marked(plan, layers):
    roads = layers["roads"]
    k = np.nonzero(plan.blocks.underpass)[0]
    x, _ = plan.streets.to_ground(plan.streets.columns.position[k], plan.streets.rails[0])
    assert roads["is_underpass"].sum() == ((x > 0.0) & (x < plan.size.edge)).sum() > 0
    crossing = roads.geometry.intersection(river_area(plan)).length > 1.0
    assert crossing.any()
    assert roads.loc[crossing, "is_bridge"].all()


def test_drains_run_from_manhole_to_manhole(layers):
    drains, nodes = layers["drains"], layers["manholes"].set_index("node_id")
    start, stop = nodes.loc[drains["from_node"]], nodes.loc[drains["to_node"]]
    assert (start["kind"] == "manhole").all()
    assert (nodes["kind"] == "outfall").any()
    ends = shapely.get_coordinates(drains.geometry.to_numpy()).reshape(-1, 2, 2)
    assert np.allclose(ends[:, 1], shapely.get_coordinates(stop.geometry.to_numpy()))
    assert set(layers["inlets"]["node"]) <= set(nodes.index)
    assert (nodes["invert"] < nodes["ground"] - 1.0).all()


def test_the_ends_of_the_river_are_an_inflow_and_a_tide(plan, layers):
    ends = layers["boundaries"].set_index("boundary_id")
    assert ends.loc["upstream", "kind"] == "inflow"
    assert ends.loc["outfall", "kind"] == "stage"
    west, _, east, _ = plan.grid.bounds
    assert ends.loc["upstream"].geometry.centroid.x > east - plan.size.cell_size
    assert ends.loc["outfall"].geometry.centroid.x < west + plan.size.cell_size


def test_sensors_are_as_many_as_the_size_says(plan, layers):
    assert layers["sensors"]["kind"].value_counts().to_dict() == plan.size.sensors
    river = layers["sensors"].query("kind == 'river_level'")
    assert river.within(river_area(plan)).all()


def test_rain_gauges_stand_on_land(plan, layers):
    gauges = layers["sensors"].query("kind == 'rain_gauge'")
    assert not gauges.intersects(corridor_area(plan)).any()


def test_sensors_know_the_ground_of_their_cell(plan, layers, terrain):
    for sensor in layers["sensors"].itertuples():
        row, column = plan.grid.cell_of(sensor.geometry.x, sensor.geometry.y)
        ground = float(terrain["elevation"].values[row, column])
        assert sensor.elevation == pytest.approx(ground, abs=1e-3)


def test_there_are_fifteen_places_where_rain_ponds(layers):
    assert len(layers["flood_spots"]) >= 15


def test_flood_spots_are_low_points(plan, layers, terrain):
    ground = np.pad(terrain["elevation"].values, 1, constant_values=np.inf)
    for spot in layers["flood_spots"].geometry:
        row, column = plan.grid.cell_of(spot.x, spot.y)
        around = ground[row : row + 3, column : column + 3]
        assert around[1, 1] == around.min()


def test_low_points_of_a_known_ground():
    ground = np.full((9, 9), 1.0)
    ground[2, 2], ground[6, 6], ground[4, 6] = 0.5, 0.95, 0.2
    everywhere = np.ones(ground.shape, dtype=bool)
    assert low_points(ground, everywhere, 0.1).tolist() == [[2, 2], [4, 6]]
    assert low_points(ground, ~everywhere, 0.1).size == 0

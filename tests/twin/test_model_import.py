"""City models in a package: versions, bases on the terrain, height systems, several files."""

import json

import numpy as np
import pytest
import scipy.spatial
from pyproj import Transformer

from tests.twin.model.citygml_text import document as citygml
from tests.twin.model.citygml_text import lod2_building
from tests.twin.model.cityjson_text import document
from tests.twin.test_city_import import CRS, NORTH, WEST, raster
from twin.city import check_city, open_city
from twin.errors import InputError
from twin.importers import model_terrain
from twin.importers.city_import import import_city
from twin.model.storage import bases_on_terrain
from twin.state.city_objects import CityObjects


def put(path, change=None, **options):
    content = json.loads(json.dumps(document(**options)))
    if change is not None:
        change(content)
    path.write_text(json.dumps(content))
    return path


def lift(metres):
    def change(content):
        content["transform"]["translate"][2] += metres

    return change


def dem_of(path, height, crs=CRS):
    """Level ground of 60 x 60 m around the house of `document`."""
    level = np.full((60, 60), height, np.float32)
    return raster(path, level, cell_size=1.0, crs=crs, origin=(WEST, NORTH + 60))


def taken(folder, model, **options):
    city, counts = import_city(folder / "town", name="town", cityjson=model, **options)
    return city, counts


def test_a_newer_model_says_what_was_added_changed_and_removed(tmp_path):
    """TW-1: ids stay, versions follow what an object says."""
    dem = dem_of(tmp_path / "dem.tif", 2.0)
    city, _ = taken(tmp_path, put(tmp_path / "a.json"), dem=dem)
    first = city.model_table().set_index("id")["version"]
    assert "changes" not in city.info["model"]

    def renew(content):
        objects = content["CityObjects"]
        objects["house"]["attributes"]["function"] = "hospital"
        objects["lamp"] = {"type": "CityFurniture"}
        del objects["tree"]

    city, _ = taken(tmp_path, put(tmp_path / "b.json", renew), dem=dem, overwrite=True)
    entry = open_city(city.folder).info["model"]
    assert entry["changes"] == {"added": 1, "changed": 1, "removed": 1, "unchanged": 2}
    assert entry["changed_objects"] == {
        "added": ["lamp"],
        "changed": ["house"],
        "removed": ["tree"],
    }
    second = city.model_table().set_index("id")["version"]
    assert second["wing"] == first["wing"] and second["house"] != first["house"]


def test_the_same_model_in_another_order_has_the_same_versions(tmp_path):
    dem = dem_of(tmp_path / "dem.tif", 2.0)
    taken(tmp_path, put(tmp_path / "a.json"), dem=dem)

    def turn(content):
        content["CityObjects"] = dict(reversed(content["CityObjects"].items()))

    city, _ = taken(tmp_path, put(tmp_path / "b.json", turn), dem=dem, overwrite=True)
    assert city.info["model"]["changes"]["unchanged"] == 4


def test_a_house_that_floats_is_told_and_moved_down_where_that_is_wanted(tmp_path):
    """Building base within 0.2 m of the terrain."""
    dem = dem_of(tmp_path / "dem.tif", 0.5)
    model = put(tmp_path / "a.json")
    city, _ = taken(tmp_path, model, dem=dem)
    bases = bases_on_terrain(city.model_table())
    assert (bases["checked"], bases["floating"], bases["sunk"]) == (1, 1, 0)
    assert bases["farthest"] == [{"id": "house", "deviation_m": 1.5}]
    assert float(city.layer("buildings")["ground"].iloc[0]) == pytest.approx(2.0)

    city, counts = taken(tmp_path, model, dem=dem, move_onto_terrain=True, overwrite=True)
    assert bases_on_terrain(city.model_table())["floating"] == 0
    assert counts[1]["reasons"]["moved_onto_terrain"] == 1
    objects = city.model().objects
    for name in ("house", "wing"):  # with all its parts
        assert objects[name].geometries[0].points[:, 2].min() == pytest.approx(0.5)
    assert objects["tin"].geometries[0].points[:, 2].min() == pytest.approx(2.0)
    repairs = city.model_table().set_index("id")["repairs"]
    assert repairs["house"] == "moved by -1.500 m onto the terrain"
    assert float(city.layer("buildings")["ground"].iloc[0]) == pytest.approx(0.5)
    assert check_city(city.folder) == []


def test_a_house_with_a_cellar_keeps_its_roof(tmp_path):
    dem = dem_of(tmp_path / "dem.tif", 3.5)  # the house runs from 2 to 11
    city, counts = taken(tmp_path, put(tmp_path / "a.json"), dem=dem, move_onto_terrain=True)
    points = city.model().objects["house"].geometries[0].points
    assert (points[:, 2].min(), points[:, 2].max()) == (pytest.approx(2.0), pytest.approx(11.0))
    assert "moved_onto_terrain" not in counts[1]["reasons"]
    bases = bases_on_terrain(city.model_table())
    assert (bases["floating"], bases["sunk"], bases["farthest"]) == (0, 1, [])


def test_heights_from_another_zero_are_told(tmp_path):
    """Heights over the ellipsoid on a terrain over the geoid, or feet on metres."""
    dem = dem_of(tmp_path / "dem.tif", 2.0)
    city, _ = taken(tmp_path, put(tmp_path / "a.json", lift(43.2)), dem=dem)
    (told,) = city.info["model"]["told"]
    assert "most houses lie +43.2 m off the terrain" in told


def test_the_height_systems_of_terrain_and_model_are_compared(tmp_path):
    dem = dem_of(tmp_path / "a.tif", 2.0)
    city, _ = taken(tmp_path, put(tmp_path / "a.json"), dem=dem)
    assert (city.vertical_datum, city.info["vertical_crs"]) == ("NAP height", "EPSG:5709")
    dem = dem_of(tmp_path / "b.tif", 2.0, crs="EPSG:28992+5773")
    city, _ = taken(tmp_path, put(tmp_path / "a.json"), dem=dem, overwrite=True)
    assert city.vertical_datum == "EGM96 height"
    assert city.info["model"]["told"] == [
        "heights are NAP height, those of the terrain EGM96 height; kept"
    ]


def test_a_model_without_crs_is_taken_as_its_terrain_and_told(tmp_path):
    model = put(tmp_path / "a.json", lambda content: content.pop("metadata"))
    city, _ = taken(tmp_path, model, dem=dem_of(tmp_path / "dem.tif", 2.0))
    (told,) = city.info["model"]["told"]
    assert told == "has no CRS; taken as EPSG:28992, as the terrain is"


def test_several_files_are_one_model_and_an_object_in_two_of_them_is_one(tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    put(folder / "a.json")
    put(folder / "b.json", lambda content: content["CityObjects"].pop("tree"))

    def grow(content):  # the same house, another wing
        content["CityObjects"]["wing"]["attributes"] = {"storeys": 2}

    put(folder / "d.json", grow)

    def other(content):
        content["CityObjects"] = {"tree": {"type": "PlantCover"}}

    put(folder / "c.json", other)
    city, counts = taken(tmp_path, folder)
    assert city.info["model"]["types"]["Building"] == 2
    assert city.model().objects["wing-2"].parents == ("house-2",)
    assert [count.get("file") for count in counts[1:]] == [*(f"{a}.json" for a in "abcd"), None]
    assert counts[2]["reasons"] == {"in_two_files": 3}
    assert counts[3]["reasons"]["id_made_unique"] == 1
    assert city.model().objects["tree-2"].type == "PlantCover"  # not the tree of the first file
    assert check_city(city.folder) == []


def test_buildings_of_citygml_in_feet_are_metres_in_the_city(tmp_path):
    path = tmp_path / "a.gml"
    house = lod2_building("house", x=989_791, y=212_523, z=30, size=60, height=100)
    path.write_text(citygml(house, srs="EPSG:2263", corner=(989_791, 212_523, 30)))
    city, counts = import_city(tmp_path / "town", name="town", citygml=path)
    row = city.layer("buildings").iloc[0]
    assert city.crs == "EPSG:32618" and row.building_id == "house"
    assert (row.height, row.ground) == (
        pytest.approx(30.48, abs=0.01),
        pytest.approx(9.14, abs=0.01),
    )
    assert row.geometry.area == pytest.approx((60 * 0.3048006) ** 2, rel=2e-3)
    assert counts[1]["reasons"] == {"reprojected": 1, "heights_from_feet": 1}


def test_axes_that_the_place_leaves_open_are_known_by_the_shapes(tmp_path):
    """Singapore: east and north may be changed round and still lie in the city."""
    path = tmp_path / "a.gml"
    house = lod2_building("house", x=29_856, y=31_373)
    name = "urn:ogc:def:crs:EPSG::3414"  # says north first, and the file does not follow
    path.write_text(citygml(house, srs=name, corner=(29_856, 31_373, 0)))
    city, _ = import_city(tmp_path / "town", name="town", citygml=path)
    assert city.layer("buildings").total_bounds.round().tolist() == [29856, 31373, 29866, 31383]


def test_the_ground_between_many_houses_is_guessed_from_some_of_their_corners(
    tmp_path, monkeypatch
):
    """Triangles between the corners of a million houses would fill the memory."""
    places = [(700_000 + 40 * (n % 12), 5_335_000 + 40 * (n // 12)) for n in range(96)]
    houses = [lod2_building(f"h{n}", x=x, y=y, z=x / 100) for n, (x, y) in enumerate(places)]
    path = tmp_path / "a.gml"
    path.write_text(citygml(*houses, srs="EPSG:25832", corner=(*places[0], 0)))
    every, _ = import_city(tmp_path / "every", name="every", citygml=path, cell_size=5.0)
    drawn, triangulate = [], scipy.spatial.Delaunay
    monkeypatch.setattr(
        scipy.spatial, "Delaunay", lambda plan: drawn.append(len(plan)) or triangulate(plan)
    )
    monkeypatch.setattr(model_terrain, "_MANY_CORNERS", 150)
    some, _ = import_city(tmp_path / "some", name="some", citygml=path, cell_size=5.0)
    assert drawn[0] <= 150 + 4 < 96 * 4
    assert some.grid == every.grid
    found = some.terrain["elevation"].to_numpy(), every.terrain["elevation"].to_numpy()
    np.testing.assert_allclose(*found, atol=0.6)  # a slope of 1 in 100, a lattice of 40 m


def test_a_model_in_the_mercator_of_web_maps_gets_true_metres(tmp_path):
    """In Berlin its house of 16.4 m is 10 m long."""
    path = tmp_path / "a.gml"
    house = lod2_building("house", x=1_491_681, y=6_891_042, size=16.43)
    path.write_text(citygml(house, srs="EPSG:3857", corner=(1_491_681, 6_891_042, 0)))
    city, _ = import_city(tmp_path / "town", name="town", citygml=path)
    assert city.crs == "EPSG:32633"
    assert city.layer("buildings").geometry.iloc[0].area == pytest.approx(100, rel=0.01)


@pytest.mark.parametrize("name", ["EPSG:25832", "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"])
def test_eastings_with_their_zone_in_front_lose_it_and_that_is_said(tmp_path, name):
    """Surveying agencies of Germany write 32 691 000 for 691 000 in zone 32."""
    path = tmp_path / "a.gml"
    house = lod2_building("house", x=32_691_020, y=5_335_020, z=515)
    path.write_text(citygml(house, srs=name, corner=(32_691_020, 5_335_020, 515)))
    city, _ = import_city(tmp_path / "town", name="town", citygml=path)
    assert city.crs == "EPSG:25832"
    assert city.layer("buildings").total_bounds.round().tolist() == [
        691_020,
        5_335_020,
        691_030,
        5_335_030,
    ]
    told = "its eastings have the zone 32 in front, which was taken off"
    assert city.info["model"]["told"][0] == told


@pytest.mark.parametrize("with_terrain", [True, False])
@pytest.mark.parametrize("place, crs", [(91_691_000, "EPSG:25832"), (85_000, "EPSG:4326")])
def test_a_model_that_lies_nowhere_on_earth_is_refused(tmp_path, place, crs, with_terrain):
    def move(content):
        content["transform"]["translate"][:2] = [place, 5_335_000]

    dem = {"dem": dem_of(tmp_path / "dem.tif", 2.0)} if with_terrain else {}
    model = put(
        tmp_path / "a.json", move, crs=f"https://www.opengis.net/def/crs/{crs[:4]}/0/{crs[5:]}"
    )
    with pytest.raises(InputError, match="lies nowhere on Earth, expected"):
        taken(tmp_path, model, **dem)
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize("with_terrain", [True, False])
def test_a_house_with_one_corner_far_off_is_named_and_no_part_of_the_city(tmp_path, with_terrain):
    def tear(content):
        content["vertices"][8][0] = 10**12
        if not with_terrain:
            del content["CityObjects"]["tin"]

    city, counts = taken(tmp_path, put(tmp_path / "a.json", tear))
    row = city.model_table().set_index("id").loc["wing"]
    assert row["troubles"] == ("is 10,000,000 km wide: a corner lies far off; geometry left out")
    assert counts[1]["classes"]["BuildingPart"]["kept"] == 1
    assert city.layer("buildings").geometry.area.sum() == pytest.approx(48)
    assert check_city(city.folder) == []


def no_ground(content):
    del content["CityObjects"]["tin"]


def test_a_terrain_guessed_from_houses_is_marked_as_such(tmp_path):
    city, counts = taken(tmp_path, put(tmp_path / "a.json", no_ground))
    assert counts[0]["reasons"] == {"terrain_from_building_bases": 1}
    assert open_city(city.folder).info["terrain_is_guess"] is True
    source = city.info["terrain"][0]["source"]
    assert source == "a.json, guessed from the bases of its houses"
    city, _ = taken(tmp_path, put(tmp_path / "a.json"), overwrite=True)
    assert "terrain_is_guess" not in city.info


def test_ground_between_houses_far_apart_is_not_guessed(tmp_path):
    """Eight houses and one 300 km away."""

    def stray(content):
        no_ground(content)
        for vertex in content["vertices"][8:16]:
            vertex[0] += 6_000_00
        content["CityObjects"]["wing"] = {**content["CityObjects"]["wing"], "type": "Building"}
        del content["CityObjects"]["wing"]["parents"], content["CityObjects"]["house"]["children"]

    model = put(tmp_path / "a.json", stray)
    with pytest.raises(
        InputError, match="no house from x 80018 to 86018: 6 km, expected"
    ) as caught:
        taken(tmp_path, model)
    assert len(str(caught.value).splitlines()) == 1 and not (tmp_path / "town").exists()


def test_a_crs_of_citygml_that_no_one_knows_is_named(tmp_path):
    path = tmp_path / "a.gml"
    path.write_text(citygml(lod2_building("house"), srs="EPSG:99999"))
    with pytest.raises(InputError, match="names the CRS 'EPSG:99999', which is not known"):
        import_city(tmp_path / "town", name="town", citygml=path)
    dem = dem_of(tmp_path / "dem.tif", 2.0)
    path.write_text(
        citygml(lod2_building("house", x=WEST, y=NORTH), srs="EPSG:99999", corner=(WEST, NORTH, 0))
    )
    city, _ = import_city(tmp_path / "town", name="town", citygml=path, dem=dem)
    assert city.info["model"]["told"][0] == (
        "names the CRS 'EPSG:99999', which is not known; taken as EPSG:28992, as the terrain is"
    )


def test_heights_in_feet_leave_no_feet_in_the_package(tmp_path):
    path = tmp_path / "a.gml"
    house = lod2_building("house", x=989_791, y=212_523, z=30, size=60, height=100)
    name = "urn:ogc:def:crs,crs:EPSG::2263,crs:EPSG::6360"
    path.write_text(citygml(house, srs=name, corner=(989_791, 212_523, 30)))
    city, _ = import_city(tmp_path / "town", name="town", citygml=path)
    assert (city.vertical_datum, city.info["vertical_crs"]) == ("NAVD88 height", "EPSG:5703")
    assert float(city.layer("buildings")["height"].iloc[0]) == pytest.approx(30.48, abs=0.01)


def two_zeros(folder):
    """The same town twice: over NAP, and the other half in degrees over the ellipsoid."""
    put(folder / "a.json")
    path = folder / "b.gml"
    place = Transformer.from_crs(28992, 4258, always_xy=True).transform(80060, 450060)
    text = lod2_building("far", x=place[0], y=place[1], z=45.2, size=1e-4)
    name = "http://www.opengis.net/def/crs/EPSG/0/4937"
    path.write_text(citygml(text, srs=name, corner=(*place, 45.2)))
    return {"cityjson": folder / "a.json", "citygml": path}


def test_two_height_systems_make_no_terrain_of_two_levels(tmp_path):
    """NAP and heights over the ellipsoid lie 43 m apart."""
    models = two_zeros(tmp_path)
    with pytest.raises(InputError, match="in ellipsoidal height, the model before it NAP"):
        import_city(tmp_path / "town", name="town", **models)
    assert not (tmp_path / "town").exists()
    city, _ = import_city(tmp_path / "town", name="town", geoid_height=43.2, **models)
    assert city.model().objects["far"].geometries[0].points[:, 2].min() == pytest.approx(2.0)
    assert city.model().objects["house"].geometries[0].points[:, 2].min() == pytest.approx(2.0)
    assert city.info["model"]["told"] == [
        "its heights are ellipsoidal height, those of the first model NAP height; brought to it by "
        "-43.20 m"
    ]


@pytest.mark.parametrize("kind", ["cityjson", "citygml"])
def test_the_name_of_a_house_comes_to_its_layer_and_to_who_asks_for_it(tmp_path, kind):
    name = "\u5343\u4ee3\u7530\u30d3\u30eb"
    path = tmp_path / "a.model"
    if kind == "citygml":
        house = lod2_building("house", f"<gml:name>{name}</gml:name>", x=80_010, y=450_010)
        bare = lod2_building("bare", x=80_050, y=450_010)
        path.write_text(citygml(house, bare, corner=(80_010, 450_010, 0)))
    else:

        def call(content):
            content["CityObjects"]["house"]["attributes"]["name"] = name

        put(path, call)
    city, _ = import_city(tmp_path / "town", name="town", **{kind: path})
    row = city.layer("buildings").set_index("building_id").loc["house"]
    assert row["name"] == name
    named = {entry["id"]: entry["name"] for entry in CityObjects(city).listing("building")}
    assert named["house"] == name
    assert named.get("bare", "bare") == "bare"


def test_a_triangle_of_the_ground_with_one_corner_far_off_is_left_out_and_the_rest_kept(tmp_path):
    def tear(content):
        content["vertices"][17][0] = 10**12

    city, counts = taken(tmp_path, put(tmp_path / "a.json", tear))
    assert "terrain_from_building_bases" not in counts[0]["reasons"]
    assert city.grid.shape == (40, 40)
    row = city.model_table().set_index("id").loc["tin"]
    assert row["troubles"] == "surfaces with a corner far off left out: 1"
    assert city.model().objects["tin"].geometries[0].surface_count == 1


def test_models_of_two_countries_are_no_city(tmp_path):
    put(tmp_path / "a.json")

    def move(content):
        content["transform"]["translate"][:2] = [691_020, 5_335_020]

    put(tmp_path / "b.json", move, crs="https://www.opengis.net/def/crs/EPSG/0/25832")
    with pytest.raises(InputError, match="km, expected a city: a corner or a model lies far off"):
        taken(tmp_path, [tmp_path / "a.json", tmp_path / "b.json"])

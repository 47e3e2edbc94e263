"""Which objects of a city model are drawn in 3D."""

import json

import numpy as np

from tests.twin.model.cityjson_text import document
from tiles.tiles3d.modelled_objects import drawn_geometries
from tiles.tiles3d.tileset import write_building_tiles
from twin.importers.city_import import import_city
from twin.model.city_model import CityObject
from twin.model.cityjson.reader import read_cityjson


def town(path, change):
    content = json.loads(json.dumps(document()))
    change(content["CityObjects"])
    path.write_text(json.dumps(content))
    return path


def test_what_stands_in_the_street_is_drawn_and_what_stands_in_rooms_is_not(tmp_path):
    """CityFurniture is a lamp post; BuildingFurniture a chair."""
    model = read_cityjson(town(tmp_path / "a.json", lambda objects: None))
    shapes = model.objects["house"].geometries
    drawn = {}
    for kind in ("CityFurniture", "BuildingFurniture", "BuildingRoom", "TunnelHollowSpace"):
        drawn[kind] = len(drawn_geometries([CityObject("x", kind, {}, shapes)]))
    assert drawn == {
        "CityFurniture": 1,
        "BuildingFurniture": 0,
        "BuildingRoom": 0,
        "TunnelHollowSpace": 0,
    }


def test_a_house_of_an_extension_is_a_house_and_drawn_once(tmp_path):
    def extend(objects):
        objects["house"]["type"] = "+NoiseBuilding"

    model = town(tmp_path / "a.json", extend)
    city, _ = import_city(tmp_path / "town", name="town", cityjson=model, cell_size=2.0)
    row = city.layer("buildings").iloc[0]
    assert (row.building_id, float(np.round(row.height))) == ("house", 9.0)
    (tmp_path / "tiles").mkdir()
    counts = write_building_tiles(city, tmp_path / "tiles")
    assert (counts["buildings"], counts["other_objects"]) == (1, 0)
    assert counts["skipped"] == {"SolitaryVegetationObject": 1}

"""Files as PLATEAU writes them: latitude first, i-UR, codelists (issue 5: city model)."""

import io

import numpy as np
import pytest
from citygml_text import document, members, multi_surface, polygon, solid

from twin.model.citygml.reader import read_citygml

SRS = "http://www.opengis.net/def/crs/EPSG/0/6697"
LAT, LON = 35.6746, 139.7117


def corners(height):
    step = 1e-4
    plan = [(LAT, LON), (LAT, LON + step), (LAT + step, LON + step), (LAT + step, LON)]
    return [(*place, height) for place in plan]


def building():
    low, high = corners(16.5), corners(40.25)
    walls = [
        [low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]]
        for i in range(4)  # in east, north order these look outwards
    ]
    faces = members(*(polygon(face) for face in [low[::-1], *walls, high]))
    lists = "../../codelists"
    return (
        '<bldg:Building gml:id="bldg_77ca"><gml:name>役所</gml:name>'
        "<creationDate>2025-03-21</creationDate>"
        f'<bldg:class codeSpace="{lists}/Building_class.xml">3001</bldg:class>'
        f'<bldg:usage codeSpace="{lists}/Building_usage.xml">422</bldg:usage>'
        "<bldg:yearOfConstruction>1991</bldg:yearOfConstruction>"
        '<bldg:measuredHeight uom="m">23.8</bldg:measuredHeight>'
        "<bldg:storeysAboveGround>9999</bldg:storeysAboveGround>"
        f"<bldg:lod0RoofEdge>{multi_surface(polygon(high))}</bldg:lod0RoofEdge>"
        f"<bldg:lod1Solid>{solid(faces)}</bldg:lod1Solid>"
        "<uro:buildingIDAttribute><uro:BuildingIDAttribute><uro:buildingID>13104-bldg-53"
        f'</uro:buildingID><uro:city codeSpace="{lists}/Common_localPublicAuthorities.xml">13104'
        "</uro:city></uro:BuildingIDAttribute></uro:buildingIDAttribute>"
        "<uro:buildingDetailAttribute><uro:BuildingDetailAttribute>"
        '<uro:totalFloorArea uom="m2">950.5</uro:totalFloorArea>'
        "<uro:surveyYear>2016</uro:surveyYear></uro:BuildingDetailAttribute>"
        "</uro:buildingDetailAttribute>" + risk("1", 0.8) + risk("2", 2.1) + "</bldg:Building>"
    )


def risk(scale, depth):
    return (
        "<uro:buildingDisasterRiskAttribute><uro:BuildingRiverFloodingRiskAttribute>"
        f'<uro:rank>2</uro:rank><uro:depth uom="m">{depth}</uro:depth><uro:scale>{scale}'
        "</uro:scale></uro:BuildingRiverFloodingRiskAttribute></uro:buildingDisasterRiskAttribute>"
    )


@pytest.fixture
def city(tmp_path):
    """A folder as PLATEAU delivers it."""
    path = tmp_path / "udx" / "bldg" / "53394517_bldg_6697_op.gml"
    path.parent.mkdir(parents=True)
    path.write_text(document(building(), srs=SRS, corner=(LAT, LON, 16.5)), encoding="utf-8")
    lists = tmp_path / "codelists"
    lists.mkdir()
    (lists / "Building_usage.xml").write_text(
        '<gml:Dictionary xmlns:gml="http://www.opengis.net/gml" gml:id="x">'
        "<gml:name>用途</gml:name>"
        '<gml:dictionaryEntry><gml:Definition gml:id="a"><gml:description>官公庁施設'
        "</gml:description><gml:name>422</gml:name></gml:Definition></gml:dictionaryEntry>"
        "</gml:Dictionary>",
        encoding="utf-8",
    )
    return path


def test_latitude_first_comes_out_as_longitude_first(city):
    model = read_citygml(city)
    assert model.crs == "EPSG:6697"
    solid_of = model.objects["bldg_77ca"].finest()[0]
    lon, lat, height = solid_of.points.min(axis=0)
    assert (lon, lat, height) == (LON, LAT, 16.5)
    a, b, c = solid_of.points[solid_of.rings(5)[0]][:3]
    assert np.cross(b - a, c - b)[2] > 0  # the roof looks up


def test_codes_have_the_names_of_the_list_beside_the_file(city):
    attributes = read_citygml(city).objects["bldg_77ca"].attributes
    assert (attributes["usage"], attributes["usage_name"]) == ("422", "官公庁施設")
    assert attributes["class"] == "3001"
    assert "class_name" not in attributes


def test_attributes_of_the_urban_object_extension_are_kept(city):
    attributes = read_citygml(city).objects["bldg_77ca"].attributes
    assert attributes["name"] == "役所"
    assert attributes["yearOfConstruction"] == 1991
    assert "storeysAboveGround" not in attributes  # 9999: not known
    assert attributes["buildingIDAttribute"] == {"buildingID": "13104-bldg-53", "city": "13104"}
    assert attributes["buildingDetailAttribute"] == {
        "totalFloorArea": 950.5,
        "totalFloorArea_uom": "m2",
        "surveyYear": 2016,
    }
    depths = [entry["depth"] for entry in attributes["buildingDisasterRiskAttribute"]]
    assert depths == [0.8, 2.1]


def test_a_roof_edge_is_told_from_a_footprint(city):
    (edge,) = [g for g in read_citygml(city).objects["bldg_77ca"].geometries if g.lod == "0"]
    assert (edge.kind, edge.surface_type(0)) == ("MultiSurface", "RoofSurface")


def test_a_flood_extent_is_a_water_body_with_its_rank():
    extent = (
        '<wtr:WaterBody gml:id="fld_1"><gml:name>川</gml:name>'
        '<wtr:class codeSpace="../../codelists/WaterBody_class.xml">1140</wtr:class>'
        f"<wtr:lod1MultiSurface>{multi_surface(polygon(corners(4.0)))}</wtr:lod1MultiSurface>"
        "<uro:floodingRiskAttribute><uro:WaterBodyRiverFloodingRiskAttribute><uro:rank>4</uro:rank>"
        "</uro:WaterBodyRiverFloodingRiskAttribute></uro:floodingRiskAttribute></wtr:WaterBody>"
    )
    text = document(extent, srs=SRS, corner=(LAT, LON, 4))
    entry = read_citygml(io.BytesIO(text.encode())).objects["fld_1"]
    assert entry.type == "WaterBody"
    assert entry.attributes["is_hazard_extent"] is True
    assert entry.attributes["floodingRiskAttribute"] == {
        "rank": "4",
        "type": "WaterBodyRiverFloodingRiskAttribute",
    }
    assert entry.geometries[0].points[:, 0].min() == LON


def test_the_extension_of_citygml_3_has_the_same_names():
    ade = (
        "<bldg:adeOfAbstractBuilding><uro:BuildingIDAttribute><uro:buildingID>16211-bldg-1"
        "</uro:buildingID></uro:BuildingIDAttribute></bldg:adeOfAbstractBuilding>"
    )
    text = document(f'<bldg:Building gml:id="B">{ade}</bldg:Building>', version="3.0", srs=SRS)
    entry = read_citygml(io.BytesIO(text.encode())).objects["B"]
    assert entry.attributes["buildingIDAttribute"] == {"buildingID": "16211-bldg-1"}


def test_a_code_space_leads_to_no_other_file(tmp_path):
    secret = tmp_path / "secret.xml"
    secret.write_text("<a><Definition><name>1</name><description>no</description></Definition></a>")
    paths = ("secret.xml", str(secret), f"file://{secret}", "http://localhost/x.xml", "a" * 9000)
    for number, space in enumerate(paths):
        path = tmp_path / f"{number}.gml"
        code = f'<bldg:class codeSpace="{space}">1</bldg:class>'
        path.write_text(document(f'<bldg:Building gml:id="B">{code}</bldg:Building>'))
        assert read_citygml(path).objects["B"].attributes == {"class": "1"}

"""CityGML as it is really written: roots, names of systems, extents, measures, local systems."""

import io

import numpy as np
import pytest

from tests.twin.model.citygml_text import (
    box_faces,
    document,
    lod1_building,
    lod2_building,
    members,
    multi_surface,
    polygon,
    solid,
)
from twin.model.citygml.crs import epsg_codes
from twin.model.citygml.reader import FamilyStream, read_citygml
from twin.model.cityjson.objects import reference_system
from twin.model.footprints import building_rows
from twin.model.reading import open_features

X, Y, Z = 458_868.0, 5_438_343.0, 112.0
NAME = "urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::5783"
PLACE = {"srs": NAME, "corner": (X, Y, Z)}


def house(name="house", **more):
    return lod2_building(name, x=X, y=Y, z=Z, **more)


def read(text):
    return read_citygml(io.BytesIO(text.encode()))


def bounds(model):
    points = np.concatenate([g.points for e in model.objects.values() for g in e.geometries])
    return [*points.min(axis=0), *points.max(axis=0)]


def without_prefix(text):
    """As SupportGIS and FME write it: the root has no namespace, or nothing of the core has one."""
    return text.replace('xmlns="http://www.opengis.net/citygml/2.0"', 'xmlns:y="http://y"')


def answer_of_a_wfs(text):
    for old, new in (
        ("<CityModel", '<w:FeatureCollection xmlns:w="http://www.opengis.net/wfs/2.0" '),
        ("</CityModel", "</w:FeatureCollection"),
        ("cityObjectMember>", "w:member>"),
    ):
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("change", [without_prefix, answer_of_a_wfs, lambda text: "\n  " + text])
def test_roots_that_are_not_quite_a_city_model_are_read(change):
    model = read(change(document(house(), **PLACE)))
    assert model.read == {"Building": 1} and model.metadata["citygml"] == "2.0"
    assert bounds(model) == [X, Y, Z, X + 10, Y + 10, Z + 5]
    assert model.objects["house"].geometries[0].kind == "Solid"


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("ETRS89 / UTM zone 32N", ["25832"]),
        ("ETRS89_UTM_zone_32N", ["25832"]),
        ("ETRS89_UTM32*DE_DHHN92_NH", ["25832", "5783"]),
        ("CH1903+_LV95", ["2056"]),
        ("25832", ["25832"]),
        ("urn:ogc:def:crs:EPSG::25832+7837", ["25832", "7837"]),
        ("local", []),
        ("UTM", []),
        ("urn:adv:crs:ETRS89_Lat-Lon", []),
    ],
)
def test_names_of_systems_are_known_where_they_name_just_one(name, codes):
    assert epsg_codes(name) == codes


def test_cityjson_knows_the_same_names():
    """Converters hand the srsName of the CityGML on."""
    assert reference_system("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH") == "EPSG:25832+5783"
    assert reference_system("urn:ogc:def:crs:EPSG:9.9:7415") == "EPSG:7415"
    assert reference_system("https://www.opengis.net/def/crs/OGC/0/CRS84h") == "EPSG:4979"
    assert reference_system("somewhere") is None


@pytest.mark.parametrize(("extent", "corner"), [("EPSG:4326", (49.1, 8.4)), ("local", (X, Y))])
def test_shapes_with_their_own_system_count_more_than_the_extent(extent, corner):
    shape = multi_surface(polygon(box_faces(x=X, y=Y, z=Z)[0][1]))
    shape = shape.replace("<gml:MultiSurface>", '<gml:MultiSurface srsName="EPSG:25832">')
    text = f'<bldg:Building gml:id="b"><bldg:lod0FootPrint>{shape}</bldg:lod0FootPrint>'
    text += "</bldg:Building>"
    model = read(document(text, srs=extent, corner=corner))
    assert model.crs == "EPSG:25832" and bounds(model)[:2] == [X, Y]
    (trouble,) = model.troubles
    assert trouble.what == f"its extent is in {extent!r}, its shapes in 'EPSG:25832'"


def test_a_local_system_is_moved_to_its_anchor():
    """CityGML 3, core:engineeringCRS: coordinates count from an anchor in a known system."""
    anchor = (
        '<engineeringCRS><gml:EngineeringCRS gml:id="here"><gml:engineeringDatum>'
        f'<gml:EngineeringDatum gml:id="d"><gml:anchorDefinition codeSpace="{NAME}"> {X} {Y} {Z}'
        "</gml:anchorDefinition></gml:EngineeringDatum></gml:engineeringDatum>"
        "</gml:EngineeringCRS></engineeringCRS>"
    )
    faces = members(*(polygon(corners) for _, corners in box_faces(x=7, y=8, z=1)))
    text = f'<bldg:Building gml:id="b"><lod1Solid>{solid(faces)}</lod1Solid></bldg:Building>'
    text = document(text, version="3.0", srs="#here", corner=(0, 0, 0))
    model = read(text.replace("</gml:boundedBy>", f"</gml:boundedBy>{anchor}", 1))
    assert model.crs == "EPSG:25832+5783"
    assert bounds(model)[:3] == [X + 7, Y + 8, Z + 1]
    assert "counted from" in model.troubles[0].what


def test_measures_keep_their_unit():
    text = (
        '<gen:measureAttribute name="area"><gen:value uom="#m2">99</gen:value>'
        '</gen:measureAttribute><gen:measureAttribute name="eaves"><gen:value uom="m">7.5'
        "</gen:value></gen:measureAttribute>"
    )
    found = read(document(house(extra=text), **PLACE)).objects["house"].attributes
    assert found == {"area": 99.0, "area_uom": "#m2", "eaves": 7.5}


def test_the_edge_of_a_roof_is_not_where_a_house_stands():
    """PLATEAU has buildings of LoD 0 whose only shape is the edge of the roof, at its height."""
    edge = multi_surface(polygon(box_faces(x=X, y=Y, z=Z)[-1][1]))
    text = (
        '<bldg:Building gml:id="b"><bldg:measuredHeight uom="m">5</bldg:measuredHeight>'
        f"<bldg:lod0RoofEdge>{edge}</bldg:lod0RoofEdge></bldg:Building>"
    )
    (row,) = building_rows([[read(document(text, **PLACE)).objects["b"]]])
    assert row[1:3] == (5.0, Z)


@pytest.mark.parametrize(
    ("text", "height"),
    [
        ('<bldg:measuredHeight uom="#ft">20</bldg:measuredHeight>', 6.096),
        ('<bldg:measuredHeight uom="urn:adv:uom:m">20</bldg:measuredHeight>', 20.0),
        (
            '<gen:stringAttribute name="height"><gen:value>7.5</gen:value></gen:stringAttribute>',
            7.5,
        ),
        ('<gen:stringAttribute name="height"><gen:value>high</gen:value></gen:stringAttribute>', 0),
    ],
)
def test_a_height_is_in_metres_whatever_it_came_in(text, height):
    plan = multi_surface(polygon(box_faces(x=X, y=Y, z=Z)[0][1]))
    text = f'<bldg:Building gml:id="b">{text}<bldg:lod0FootPrint>{plan}</bldg:lod0FootPrint>'
    objects = read(document(f"{text}</bldg:Building>", **PLACE)).objects
    (row,) = building_rows([[objects["b"]]])
    assert row[1] == pytest.approx(height)


def test_the_outline_holds_the_house_and_its_finer_parts():
    """A house of LoD 1 with one part of LoD 2: the ground of the part is not all of it."""
    part = lod2_building("part", kind="BuildingPart", x=X + 20, y=Y, z=Z)
    text = lod1_building("b", x=X, y=Y, z=Z, size=40).replace(
        "</bldg:Building>",
        f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart></bldg:Building>",
    )
    objects = read(document(text, **PLACE)).objects
    (row,) = building_rows([[objects["b"], objects["part"]]])
    assert row[5].area == pytest.approx(1600.0)


def test_families_come_while_the_file_is_read(tmp_path):
    """Memory is that of one member, not of the file."""
    text = document(*(house(f"h{number}") for number in range(1500)), **PLACE)
    stream = io.BytesIO(text.encode())
    source = FamilyStream(stream)
    families = source.features()
    assert next(families)[0].id == "h0" and source.crs == "EPSG:25832+5783"
    assert stream.tell() < len(text) / 2
    assert sum(1 for _ in families) == 1499 and source.read == {"Building": 1500}


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_parts_in_other_members_find_their_house_in_a_stream(tmp_path, encoding):
    """Before and after it; what no one refers to does not wait for them."""
    link = '<bldg:consistsOfBuildingPart xlink:href="#{}"/>'
    part = [lod2_building(n, kind="BuildingPart", x=X + 20, y=Y, z=Z) for n in ("p", "q")]
    both = f'<bldg:Building gml:id="b">{link.format("p")}{link.format("q")}</bldg:Building>'
    group = '<grp:CityObjectGroup gml:id="g"><grp:groupMember xlink:href="#free"/>'
    text = document(part[0], both, house("free"), group + "</grp:CityObjectGroup>", part[1])
    path = tmp_path / "a.gml"
    path.write_bytes(text.replace("UTF-8", encoding).encode(encoding))
    with open_features(path) as source:
        families = [[entry.id for entry in family] for family in source.features()]
    assert sorted(families) == [["b", "p", "q"], ["free"], ["g"]]
    assert (families[0] == ["free"]) == (encoding == "UTF-8")
    assert not source.troubles

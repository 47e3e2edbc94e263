"""CityGML files of all kinds beside the model that they mean (issue 5: city model)."""

import io

import numpy as np
from citygml_text import (
    box_faces,
    document,
    links,
    lod1_building,
    lod2_building,
    members,
    multi_surface,
    polygon,
    pos_list,
    solid,
    written,
)

from twin.model.citygml.reader import read_citygml
from twin.model.reading import read_model


def read(text):
    return read_citygml(io.BytesIO(text.encode()), "town.gml")


def kinds(geometry):
    return [geometry.surface_type(i) for i in range(geometry.surface_count)]


SQUARE = [(0, 0, 1), (4, 0, 1), (4, 4, 1), (0, 4, 1)]


def test_a_solid_of_lod_1_comes_with_its_faces():
    model = read(document(lod1_building("B1", x=78000.0, y=457000.0)))
    (geometry,) = model.objects["B1"].geometries
    assert (geometry.kind, geometry.lod, geometry.surface_count) == ("Solid", "1", 6)
    assert len(geometry.points) == 8
    assert list(geometry.shell_ends) == [6]
    assert list(geometry.solid_ends) == [1]
    assert model.crs == "EPSG:7415"
    assert model.read == model.counts() == {"Building": 1}
    assert model.troubles == ()


def test_a_solid_that_links_to_boundary_surfaces_knows_roof_and_wall():
    model = read(document(lod2_building("B1")))
    (geometry,) = model.objects["B1"].geometries
    assert kinds(geometry) == ["GroundSurface", *["WallSurface"] * 4, "RoofSurface"]
    roof = geometry.points[np.concatenate(geometry.rings(5))]
    assert set(roof[:, 2]) == {5.0}
    assert model.metadata["merged"] == {"GroundSurface": 1, "WallSurface": 4, "RoofSurface": 1}


def test_a_solid_that_repeats_its_boundary_surfaces_is_drawn_once():
    faces = [(kind, polygon(corners)) for kind, corners in box_faces()]
    bounded = "".join(
        f"<bldg:boundedBy><bldg:{kind}><bldg:lod2MultiSurface>{multi_surface(face)}"
        f"</bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>"
        for kind, face in faces
    )
    own = solid(members(*(face for _, face in faces)))
    building = (
        f'<bldg:Building gml:id="B"><bldg:lod2Solid>{own}</bldg:lod2Solid>{bounded}</bldg:Building>'
    )
    (geometry,) = read(document(building)).objects["B"].geometries
    assert (geometry.kind, kinds(geometry)[-1]) == ("Solid", "RoofSurface")


def test_surfaces_outside_the_solid_stay_beside_it():
    overhang = (
        '<bldg:boundedBy><bldg:RoofSurface gml:id="o"><bldg:lod2MultiSurface>'
        f"{multi_surface(polygon(SQUARE))}</bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy>"
    )
    model = read(document(lod2_building("B", after=overhang)))
    body, rest = model.objects["B"].geometries
    assert (body.kind, rest.kind, kinds(rest)) == ("Solid", "MultiSurface", ["RoofSurface"])


def test_windows_know_their_wall():
    window = multi_surface(polygon(SQUARE))
    wall = multi_surface(polygon(SQUARE, [(1, 1, 1), (1, 2, 1), (2, 2, 1)]))
    building = (
        '<bldg:Building gml:id="B"><bldg:boundedBy><bldg:WallSurface gml:id="w">'
        f"<bldg:lod3MultiSurface>{wall}</bldg:lod3MultiSurface><bldg:opening><bldg:Window>"
        f"<bldg:lod3MultiSurface>{window}</bldg:lod3MultiSurface></bldg:Window></bldg:opening>"
        "</bldg:WallSurface></bldg:boundedBy></bldg:Building>"
    )
    (geometry,) = read(document(building)).objects["B"].geometries
    assert geometry.semantics == (
        {"type": "WallSurface", "children": [1]},
        {"type": "Window", "parent": 0},
    )
    assert [len(geometry.rings(surface)) for surface in range(2)] == [2, 1]


def test_a_face_turned_round_has_its_corners_the_other_way():
    inner = f'<gml:OrientableSurface orientation="-"><gml:baseSurface>{polygon(SQUARE)}'
    turned = f"{inner}</gml:baseSurface></gml:OrientableSurface>"
    land = (
        '<luse:LandUse gml:id="L"><luse:lod1MultiSurface>'
        f"{multi_surface(turned)}</luse:lod1MultiSurface></luse:LandUse>"
    )
    (geometry,) = read(document(land)).objects["L"].geometries
    assert geometry.points[geometry.rings(0)[0]].tolist() == [list(p) for p in SQUARE[::-1]]


def test_coordinates_of_all_spellings_mean_the_same():
    texts = [
        f"<gml:posList>{pos_list(SQUARE)}</gml:posList>",
        "".join(f"<gml:pos>{x} {y} {z}</gml:pos>" for x, y, z in [*SQUARE, SQUARE[0]]),
        "<gml:coordinates>"
        + " ".join(f"{x},{y},{z}" for x, y, z in [*SQUARE, SQUARE[0]])
        + "</gml:coordinates>",
        "".join(
            f"<gml:pointProperty><gml:Point><gml:pos>{x} {y} {z}</gml:pos></gml:Point>"
            "</gml:pointProperty>"
            for x, y, z in [*SQUARE, SQUARE[0]]
        ),
        f'<gml:posList srsDimension="2">{pos_list(SQUARE)}</gml:posList>',
        f"<gml:posList>{' '.join(f'{v}' for p in SQUARE for v in p)}</gml:posList>",
    ]
    for number, text in enumerate(texts):
        face = (
            "<gml:Polygon><gml:exterior><gml:LinearRing>"
            f"{text}</gml:LinearRing></gml:exterior></gml:Polygon>"
        )
        water = (
            '<wtr:WaterBody gml:id="W"><wtr:lod1MultiSurface>'
            f"{multi_surface(face)}</wtr:lod1MultiSurface></wtr:WaterBody>"
        )
        model = read(document(water))
        (geometry,) = model.objects["W"].geometries
        assert geometry.points[geometry.rings(0)[0]].tolist() == [list(p) for p in SQUARE], text
        assert len(model.troubles) == (number == 5)  # only the last is not closed


def test_parts_rooms_and_installations_are_objects_with_parents():
    part = lod2_building("B_1", kind="BuildingPart", x=20)
    room = (
        '<bldg:Room gml:id="R"><bldg:lod4Solid>'
        f"{solid(members(*(polygon(corners) for _, corners in box_faces(size=3))))}"
        "</bldg:lod4Solid></bldg:Room>"
    )
    chimney = (
        '<bldg:BuildingInstallation gml:id="C"><bldg:lod3Geometry>'
        f"{multi_surface(polygon(SQUARE))}</bldg:lod3Geometry></bldg:BuildingInstallation>"
    )
    after = (
        f"<bldg:consistsOfBuildingPart>{part}</bldg:consistsOfBuildingPart>"
        f"<bldg:interiorRoom>{room}</bldg:interiorRoom>"
        f"<bldg:outerBuildingInstallation>{chimney}</bldg:outerBuildingInstallation>"
    )
    model = read(document(lod2_building("B", after=after)))
    assert list(model.objects) == ["B", "B_1", "R", "C"]
    assert model.objects["B"].children == ("B_1", "R", "C")
    assert {model.objects[name].parents for name in ("B_1", "R", "C")} == {("B",)}
    types = ["Building", "BuildingPart", "BuildingRoom", "BuildingInstallation"]
    assert [entry.type for entry in model.objects.values()] == types
    assert model.missing() == {}


def test_a_german_building_keeps_its_codes_and_attributes():
    extra = (
        "<creationDate>2021-11-24</creationDate><externalReference><informationSystem>http://x/"
        "#_9100</informationSystem><externalObject><name>DEBYvAAA</name></externalObject>"
        '</externalReference><gen:stringAttribute name="Gemeindeschluessel"><gen:value>09162000'
        '</gen:value></gen:stringAttribute><gen:intAttribute name="Zahl"><gen:value>3</gen:value>'
        '</gen:intAttribute><gen:measureAttribute name="H"><gen:value uom="m">2.5</gen:value>'
        "</gen:measureAttribute><bldg:function>31001_1000</bldg:function>"
        '<bldg:measuredHeight uom="urn:adv:uom:m">7.5</bldg:measuredHeight>'
        "<bldg:storeysAboveGround>2</bldg:storeysAboveGround><bldg:address><Address><xalAddress>"
        "<xAL:AddressDetails><xAL:Locality><xAL:LocalityName>Hof</xAL:LocalityName>"
        "<xAL:Thoroughfare><xAL:ThoroughfareNumber>7a</xAL:ThoroughfareNumber></xAL:Thoroughfare>"
        "</xAL:Locality></xAL:AddressDetails></xalAddress></Address></bldg:address>"
    )
    srs = "urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH"
    place = {"x": 652011.25, "y": 5495982.5}
    text = document(
        lod2_building("DEBY_1", extra, **place), version="1.0", srs=srs, corner=(652000, 5495000, 1)
    )
    model = read(text)
    building = model.objects["DEBY_1"]
    assert model.crs == "EPSG:25832+7837"
    assert building.geometries[0].points[:, 0].min() == 652011.25
    assert building.attributes == {
        "creationDate": "2021-11-24",
        "externalReference": {
            "informationSystem": "http://x/#_9100",
            "externalObject": {"name": "DEBYvAAA"},
        },
        "Gemeindeschluessel": "09162000",
        "Zahl": 3,
        "H": 2.5,
        "function": "31001_1000",
        "measuredHeight": 7.5,
        "storeysAboveGround": 2,
    }
    assert building.other == {"address": [{"LocalityName": "Hof", "ThoroughfareNumber": "7a"}]}


def test_a_road_of_lod_2_has_its_lanes_as_surfaces():
    lane = multi_surface(polygon(SQUARE))
    road = (
        '<tran:Road gml:id="R"><tran:class>1040</tran:class><tran:trafficArea>'
        '<tran:TrafficArea gml:id="T"><tran:function>1000</tran:function><tran:lod2MultiSurface>'
        f"{lane}</tran:lod2MultiSurface></tran:TrafficArea></tran:trafficArea>"
        '<tran:auxiliaryTrafficArea><tran:AuxiliaryTrafficArea gml:id="A"><tran:lod2MultiSurface>'
        f"{lane}</tran:lod2MultiSurface></tran:AuxiliaryTrafficArea></tran:auxiliaryTrafficArea>"
        f"<tran:lod1MultiSurface>{lane}</tran:lod1MultiSurface></tran:Road>"
    )
    square = (
        f'<tran:Square gml:id="S"><tran:lod1MultiSurface>{lane}</tran:lod1MultiSurface>'
        "</tran:Square>"
    )
    model = read(document(road, square))
    assert model.read == {"Road": 1, "TransportSquare": 1}
    coarse, fine = sorted(model.objects["R"].geometries, key=lambda geometry: geometry.lod)
    assert (coarse.lod, fine.lod) == ("1", "2")
    assert fine.semantics == (
        {"type": "TrafficArea", "function": "1000", "id": "T"},
        {"type": "AuxiliaryTrafficArea", "id": "A"},
    )


def test_a_network_of_lines_is_a_road_of_lod_0():
    line = "<gml:LineString><gml:posList>0 0 0 5 0 0 9 1 0</gml:posList></gml:LineString>"
    network = f"<gml:GeometricComplex><gml:element>{line}</gml:element></gml:GeometricComplex>"
    road = f'<tran:Road gml:id="R"><tran:lod0Network>{network}</tran:lod0Network></tran:Road>'
    (geometry,) = read(document(road)).objects["R"].geometries
    assert (geometry.kind, list(geometry.ring_ends)) == ("MultiLineString", [3])
    assert list(geometry.surface_ends) == [1]


def triangles(count):
    patches = "".join(
        "<gml:Triangle><gml:exterior><gml:LinearRing><gml:posList>"
        f"{pos_list([(i, 0, 0), (i + 1, 0, 0), (i, 1, 2)])}</gml:posList></gml:LinearRing>"
        "</gml:exterior></gml:Triangle>"
        for i in range(count)
    )
    return f"<gml:trianglePatches>{patches}</gml:trianglePatches>"


def test_relief_comes_as_triangles_points_and_lines():
    tin = f"<gml:TriangulatedSurface>{triangles(5)}</gml:TriangulatedSurface>"
    points = (
        "<gml:MultiPoint><gml:pointMember><gml:Point><gml:pos>1 2 3</gml:pos></gml:Point>"
        "</gml:pointMember></gml:MultiPoint>"
    )
    lines = (
        "<gml:MultiCurve><gml:curveMember><gml:LineString><gml:posList>0 0 0 1 1 1</gml:posList>"
        "</gml:LineString></gml:curveMember></gml:MultiCurve>"
    )
    relief = (
        '<dem:ReliefFeature gml:id="F"><dem:lod>1</dem:lod><dem:reliefComponent>'
        f'<dem:TINRelief gml:id="T"><dem:lod>2</dem:lod><dem:extent>{polygon(SQUARE)}</dem:extent>'
        f"<dem:tin>{tin}</dem:tin></dem:TINRelief></dem:reliefComponent><dem:reliefComponent>"
        f'<dem:MassPointRelief gml:id="M"><dem:lod>1</dem:lod><dem:reliefPoints>{points}'
        "</dem:reliefPoints></dem:MassPointRelief></dem:reliefComponent><dem:reliefComponent>"
        f'<dem:BreaklineRelief gml:id="L"><dem:lod>1</dem:lod><dem:breaklines>{lines}'
        "</dem:breaklines></dem:BreaklineRelief></dem:reliefComponent></dem:ReliefFeature>"
    )
    model = read(document(relief))
    (surface,) = model.objects["T"].geometries
    assert (surface.kind, surface.lod, surface.surface_count) == ("CompositeSurface", "2", 5)
    assert model.objects["F"].children == ("T", "M", "L")
    assert model.objects["M"].geometries[0].points.tolist() == [[1, 2, 3]]
    assert model.objects["L"].geometries[0].kind == "MultiLineString"
    types = {"+ReliefFeature", "TINRelief", "+MassPointRelief", "+BreaklineRelief"}
    assert set(model.read) == types


def tree(name, reference, relative):
    return (
        f'<veg:SolitaryVegetationObject gml:id="{name}"><veg:height uom="m">9</veg:height>'
        "<veg:lod2ImplicitRepresentation><ImplicitGeometry><transformationMatrix>"
        "2 0 0 0 0 2 0 0 0 0 3 0 0 0 0 1</transformationMatrix><referencePoint><gml:Point><gml:pos>"
        f"{reference}</gml:pos></gml:Point></referencePoint>{relative}</ImplicitGeometry>"
        "</veg:lod2ImplicitRepresentation></veg:SolitaryVegetationObject>"
    )


PROTOTYPE = (
    '<relativeGMLGeometry><gml:MultiSurface gml:id="P"><gml:surfaceMember>'
    f"{polygon([(0, 0, 0), (1, 0, 0), (0, 0, 2)])}</gml:surfaceMember></gml:MultiSurface>"
    "</relativeGMLGeometry>"
)
LINKED = '<relativeGMLGeometry xlink:href="#P"/>'


def test_trees_share_a_prototype_whichever_comes_first():
    first = tree("T1", "100 200 5", PROTOTYPE)
    second = tree("T2", "300 200 5", LINKED)
    for order in ([first, second], [second, first]):
        model = read(document(*order))
        for name, x in (("T1", 100), ("T2", 300)):
            (geometry,) = model.objects[name].geometries
            assert geometry.points[geometry.corners].tolist() == [
                [x, 200, 5],
                [x + 2, 200, 5],
                [x, 200, 11],
            ]
        assert model.troubles == ()
        assert model.objects["T1"].attributes == {"height": 9.0}


def test_a_prototype_in_degrees_keeps_its_metres():
    text = document(
        tree("T", "35.5 139.5 5", PROTOTYPE), srs="urn:ogc:def:crs:EPSG::6697", corner=(35, 139, 0)
    )
    (geometry,) = read(text).objects["T"].geometries
    lon, lat, height = geometry.points[geometry.corners].T
    assert np.allclose(lat, 35.5)
    assert height.tolist() == [5, 5, 11]
    assert np.isclose((lon[1] - lon[0]) * 111_320 * np.cos(np.radians(35.5)), 2.0, rtol=0.003)


def test_a_prototype_in_another_file_leaves_a_point_and_a_word():
    other = "<libraryObject>trees/oak.wrl</libraryObject>"
    model = read(document(tree("T", "100 200 5", other)))
    assert model.objects["T"].geometries[0].points.tolist() == [[100, 200, 5]]
    assert "another file" in model.troubles[0].what


def test_parts_that_stand_elsewhere_are_linked():
    linked = '<bldg:consistsOfBuildingPart xlink:href="#P"/>'
    part = lod2_building("P", kind="BuildingPart")
    for order in ([lod1_building("B", linked), part], [part, lod1_building("B", linked)]):
        model = read(document(*order))
        assert model.objects["B"].children == ("P",)
        assert model.objects["P"].parents == ("B",)


def test_every_module_comes_with_its_type_and_its_shape():
    body = solid(members(*(polygon(corners) for _, corners in box_faces())))
    plane = multi_surface(polygon(SQUARE))
    pieces = {
        "brid:Bridge": ("brid:lod1Solid", body, "Bridge", "Solid"),
        "tun:Tunnel": ("tun:lod1Solid", body, "Tunnel", "Solid"),
        "tran:Railway": ("tran:lod1MultiSurface", plane, "Railway", "MultiSurface"),
        "tran:Track": ("tran:lod1MultiSurface", plane, "Road", "MultiSurface"),
        "wtr:WaterBody": ("wtr:lod1Solid", body, "WaterBody", "Solid"),
        "veg:PlantCover": (
            "veg:lod1MultiSolid",
            f"<gml:MultiSolid><gml:solidMember>{body}</gml:solidMember></gml:MultiSolid>",
            "PlantCover",
            "MultiSolid",
        ),
        "luse:LandUse": ("luse:lod1MultiSurface", plane, "LandUse", "MultiSurface"),
        "frn:CityFurniture": ("frn:lod1Geometry", body, "CityFurniture", "Solid"),
        "gen:GenericCityObject": ("gen:lod1Geometry", plane, "+GenericCityObject", "MultiSurface"),
    }
    text = document(
        *(
            f'<{name} gml:id="{i}"><{prop}>{shape}</{prop}></{name}>'
            for i, (name, (prop, shape, _, _)) in enumerate(pieces.items())
        )
    )
    model = read(text)
    for entry, (_, _, kind, shape) in zip(model.objects.values(), pieces.values(), strict=True):
        assert (entry.type, entry.geometries[0].kind) == (kind, shape)
    assert model.objects["3"].attributes == {"citygml_type": "Track"}
    assert model.missing() == {}


def test_a_ring_of_curves_is_a_ring():
    curves = "".join(
        "<gml:curveMember><gml:LineString><gml:posList>"
        f"{' '.join(map(str, (*a, *b)))}</gml:posList></gml:LineString></gml:curveMember>"
        for a, b in zip(SQUARE, [*SQUARE[1:], SQUARE[0]], strict=True)
    )
    face = f"<gml:Polygon><gml:exterior><gml:Ring>{curves}</gml:Ring></gml:exterior></gml:Polygon>"
    land = (
        '<luse:LandUse gml:id="L"><luse:lod1MultiSurface>'
        f"{multi_surface(face)}</luse:lod1MultiSurface></luse:LandUse>"
    )
    (geometry,) = read(document(land)).objects["L"].geometries
    assert geometry.points[geometry.rings(0)[0]].tolist() == [list(p) for p in SQUARE]


def test_a_group_names_its_members_and_does_not_own_them():
    group = (
        '<grp:CityObjectGroup gml:id="G"><grp:groupMember xlink:href="#B1"/>'
        '<grp:groupMember xlink:href="#gone"/></grp:CityObjectGroup>'
    )
    model = read(document(group, lod1_building("B1")))
    assert model.objects["G"].children == ("B1",)
    assert model.objects["B1"].parents == ()
    assert "gone" in model.troubles[0].what


def test_a_class_that_is_not_known_is_a_generic_object_with_its_shape():
    pipe = (
        '<uro:SewerPipe gml:id="S"><uro:year>1995</uro:year><frn:lod2Geometry>'
        f"{multi_surface(polygon(SQUARE))}</frn:lod2Geometry><uro:frnDmAttribute>"
        "<uro:DmGeometricAttribute><uro:dmCode>8142</uro:dmCode><uro:lod0Geometry><gml:MultiCurve>"
        "<gml:curveMembers><gml:Curve><gml:segments><gml:LineStringSegment><gml:posList>"
        "0 0 0 3 0 0</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>"
        "</gml:curveMembers></gml:MultiCurve></uro:lod0Geometry></uro:DmGeometricAttribute>"
        "</uro:frnDmAttribute></uro:SewerPipe>"
    )
    model = read(document(pipe))
    entry = model.objects["S"]
    assert model.read == {"+GenericCityObject": 1}
    assert entry.attributes["citygml_type"] == "SewerPipe"
    assert entry.attributes["year"] == 1995
    assert {(g.lod, g.kind) for g in entry.geometries} == {
        ("2", "MultiSurface"),
        ("0", "MultiLineString"),
    }


def test_a_solid_may_link_to_a_polygon_of_another_building():
    faces = box_faces(x=10)
    shared = links("A_2") + members(*(polygon(corners) for _, corners in faces[:-1]))
    body = f"<bldg:lod2Solid>{solid(shared)}</bldg:lod2Solid>"
    other = f'<bldg:Building gml:id="B">{body}</bldg:Building>'
    for order in ([lod2_building("A"), other], [other, lod2_building("A")]):
        model = read(document(*order))
        assert model.objects["B"].geometries[0].surface_count == 6
        assert model.troubles == ()


def test_solids_of_solids_and_holes_in_solids_keep_their_shells():
    outer = members(*(polygon(corners) for _, corners in box_faces()))
    hole = members(*(polygon(corners) for _, corners in box_faces(x=2, y=2, z=1, size=2, height=1)))
    hollow = solid(outer).replace(
        "</gml:Solid>",
        f"<gml:interior><gml:CompositeSurface>{hole}</gml:CompositeSurface></gml:interior>"
        "</gml:Solid>",
    )
    both = (
        f"<gml:CompositeSolid><gml:solidMember>{hollow}</gml:solidMember><gml:solidMember>"
        f"{solid(outer)}</gml:solidMember></gml:CompositeSolid>"
    )
    building = f'<bldg:Building gml:id="B"><bldg:lod1Solid>{both}</bldg:lod1Solid></bldg:Building>'
    (geometry,) = read(document(building)).objects["B"].geometries
    assert geometry.kind == "CompositeSolid"
    assert list(geometry.shell_ends) == [6, 12, 18]
    assert list(geometry.solid_ends) == [2, 3]


def test_the_hague_is_the_same_after_a_way_through_citygml(shared_data):
    city = read_model(shared_data / "cityjson" / "DenHaag_01.city.json")
    again = read(written(city))
    assert again.counts() == city.counts() == again.read
    assert again.crs == city.crs
    assert again.troubles == ()
    for name, entry in city.objects.items():
        found = again.objects[name]
        assert (found.parents, found.children) == (entry.parents, entry.children)
        assert len(found.geometries) == len(entry.geometries)
        for old, new in zip(entry.geometries, found.geometries, strict=True):
            assert np.allclose(old.points[old.corners], new.points[new.corners], 0, 1e-4)
            assert np.array_equal(old.surface_ends, new.surface_ends)
            assert kinds(old) == kinds(new)

"""CityGML 3.0: new namespaces, surfaces in core:boundary, lanes in spaces (issue 5: city model)."""

import io

from citygml_text import box_faces, document, links, multi_surface, polygon, solid

from twin.model.citygml.reader import read_citygml

SQUARE = [(0, 0, 1), (4, 0, 1), (4, 4, 1), (0, 4, 1)]


def read(text):
    return read_citygml(io.BytesIO(text.encode()), "town.gml")


def building(name="B", after="", extra=""):
    faces = box_faces()
    bounded = "".join(
        f'<boundary><con:{kind} gml:id="{name}_s{i}"><lod2MultiSurface>'
        f"{multi_surface(polygon(corners, name=f'{name}_{i}'))}</lod2MultiSurface></con:{kind}>"
        "</boundary>"
        for i, (kind, corners) in enumerate(faces)
    )
    linked = solid(links(*(f"{name}_{i}" for i in range(len(faces)))))
    linked = linked.replace("CompositeSurface", "Shell")
    return (
        f'<bldg:Building gml:id="{name}">{extra}{bounded}<lod2Solid>{linked}</lod2Solid>{after}'
        "</bldg:Building>"
    )


def test_a_building_of_citygml_3_is_the_one_of_citygml_2():
    extra = (
        "<genericAttribute><gen:StringAttribute><gen:name>owner</gen:name><gen:value>city"
        "</gen:value></gen:StringAttribute></genericAttribute><genericAttribute>"
        "<gen:IntAttribute><gen:name>flats</gen:name><gen:value>4</gen:value></gen:IntAttribute>"
        "</genericAttribute><con:dateOfConstruction>1987-05-01</con:dateOfConstruction>"
        "<con:height><con:Height><con:highReference>highestRoofEdge</con:highReference>"
        "<con:lowReference>lowestGroundPoint</con:lowReference><con:status>measured</con:status>"
        '<con:value uom="m">8.4</con:value></con:Height></con:height>'
        "<bldg:storeysAboveGround>2</bldg:storeysAboveGround>"
    )
    model = read(document(building(extra=extra), version="3.0"))
    entry = model.objects["B"]
    (geometry,) = entry.geometries
    assert (geometry.kind, geometry.lod) == ("Solid", "2")
    assert geometry.surface_type(0) == "GroundSurface"
    assert geometry.surface_type(5) == "RoofSurface"
    assert model.metadata["citygml"] == "3.0"
    assert entry.attributes["measuredHeight"] == 8.4
    assert entry.attributes["yearOfConstruction"] == 1987
    assert (entry.attributes["owner"], entry.attributes["flats"]) == ("city", 4)
    assert entry.attributes["storeysAboveGround"] == 2


def test_parts_storeys_and_windows_of_citygml_3():
    part = (
        '<bldg:buildingPart><bldg:BuildingPart gml:id="P"><lod1Solid>'
        f"{solid('')}</lod1Solid></bldg:BuildingPart></bldg:buildingPart>"
        '<bldg:buildingSubdivision><bldg:Storey gml:id="F"/></bldg:buildingSubdivision>'
        '<bldg:buildingRoom><bldg:BuildingRoom gml:id="R"/></bldg:buildingRoom>'
    )
    window = (
        '<boundary><con:WallSurface gml:id="w"><lod3MultiSurface>'
        f"{multi_surface(polygon(SQUARE))}</lod3MultiSurface><con:fillingSurface>"
        f"<con:WindowSurface><lod3MultiSurface>{multi_surface(polygon(SQUARE))}</lod3MultiSurface>"
        "</con:WindowSurface></con:fillingSurface></con:WallSurface></boundary>"
    )
    model = read(document(building(after=part + window), version="3.0"))
    assert model.objects["B"].children == ("P", "F", "R")
    assert [e.type for e in model.objects.values()][1:] == [
        "BuildingPart",
        "BuildingStorey",
        "BuildingRoom",
    ]
    detailed = model.objects["B"].finest()[0]
    assert [row["type"] for row in detailed.semantics] == ["WallSurface", "Window"]
    assert "no surface" in model.troubles[0].what


def test_lanes_of_a_road_in_citygml_3_become_its_surfaces():
    lane = (
        '<tran:section><tran:Section gml:id="S"><tran:trafficSpace><tran:TrafficSpace gml:id="T">'
        '<boundary><tran:TrafficArea gml:id="A"><lod2MultiSurface>'
        f"{multi_surface(polygon(SQUARE))}</lod2MultiSurface><tran:function>1000</tran:function>"
        "</tran:TrafficArea></boundary><tran:granularity>lane</tran:granularity>"
        '<tran:successor xlink:href="#T2"/></tran:TrafficSpace></tran:trafficSpace></tran:Section>'
        "</tran:section>"
    )
    road = f'<tran:Road gml:id="R"><tran:class>1040</tran:class>{lane}</tran:Road>'
    model = read(document(road, version="3.0"))
    entry = model.objects["R"]
    assert entry.attributes == {"class": "1040"}
    assert entry.geometries[0].semantics == (
        {"type": "TrafficArea", "function": "1000", "id": "A"},
    )
    assert model.metadata["merged"] == {"Section": 1, "TrafficSpace": 1, "TrafficArea": 1}
    assert model.read == {"Road": 1}


def test_members_of_a_group_have_roles_in_citygml_3():
    group = (
        '<grp:CityObjectGroup gml:id="G"><grp:groupMember><grp:Role><grp:role>main</grp:role>'
        '<grp:groupMember xlink:href="#B"/></grp:Role></grp:groupMember></grp:CityObjectGroup>'
    )
    model = read(document(group, building(), version="3.0"))
    assert model.objects["G"].children == ("B",)


def test_an_address_of_xal_3_is_read():
    address = (
        "<bldg:address><Address><xalAddress><xAL:Address><xAL:Locality><xAL:NameElement>Hof"
        "</xAL:NameElement></xAL:Locality><xAL:Thoroughfare><xAL:Number>7</xAL:Number>"
        "<xAL:NameElement>Ring</xAL:NameElement></xAL:Thoroughfare></xAL:Address></xalAddress>"
        "</Address></bldg:address>"
    )
    entry = read(document(building(extra=address), version="3.0")).objects["B"]
    assert entry.other["address"] == [
        {"LocalityName": "Hof", "ThoroughfareNumber": "7", "ThoroughfareName": "Ring"}
    ]

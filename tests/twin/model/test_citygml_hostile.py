"""CityGML that is broken or hostile: bounded, one clear line, nothing lost (issue 5: bad input)."""

import gzip
import io

import numpy as np
import pytest
from citygml_text import (
    box_faces,
    document,
    links,
    lod1_building,
    lod2_building,
    members,
    multi_surface,
    polygon,
    solid,
)

from twin.errors import InputError, MissingError
from twin.model.citygml import stream as citygml_stream
from twin.model.citygml.reader import read_citygml
from twin.model.reading import read_model


def read(text):
    return read_citygml(io.BytesIO(text if isinstance(text, bytes) else text.encode()), "town.gml")


def refused(text):
    with pytest.raises(InputError) as error:
        read(text)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("town.gml ")
    return str(error.value)


def with_doctype(declarations, inside=""):
    text = document(lod1_building("B", f"<gml:name>{inside}</gml:name>"))
    return text.replace("<CityModel", f"<!DOCTYPE x [{declarations}]>\n<CityModel", 1)


def test_entities_of_all_kinds_are_refused(tmp_path):
    laughs = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "&a;" * 10}">' for i in range(10)
    )
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for text in (
        with_doctype(laughs, "&a9;"),
        with_doctype(f'<!ENTITY x SYSTEM "file://{secret}">', "&x;"),
        with_doctype('<!ENTITY % x SYSTEM "http://localhost/x"> %x;'),
        document(lod1_building("B")).replace("<CityModel", "<!DOCTYPE x>\n<CityModel", 1),
    ):
        assert "document type" in refused(text)
    assert "no whole XML" in refused(document(lod1_building("B", "<gml:name>&x;</gml:name>")))


def test_other_versions_and_other_files_are_named():
    text = document(lod1_building("B"))
    old = text.replace("http://www.opengis.net/citygml/2.0", "http://www.citygml.org/citygml/1/0/0")
    assert "expected a CityModel of CityGML 1.0, 2.0, 3.0" in refused(old)
    assert "4.0" in refused(text.replace("citygml/2.0", "citygml/4.0"))
    assert "svg" in refused('<svg xmlns="http://www.w3.org/2000/svg"/>')
    for text in ("", " ", "{}", "PK\x03\x04", "<", "<a"):
        assert "no whole XML" in refused(text)


def test_a_file_that_is_cut_off_gives_nothing(tmp_path):
    whole = document(*(lod2_building(f"B{i}", x=20 * i) for i in range(20))).encode()
    for end in (len(whole) // 2, len(whole) - 3):
        assert "cut off" in refused(whole[:end])
    packed = gzip.compress(whole)
    path = tmp_path / "town.gml.gz"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="copy it"):
        read_model(path)
    path.write_bytes(packed)
    assert len(read_model(path).objects) == 20


def test_a_file_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingError):
        read_citygml(tmp_path / "none.gml")
    with pytest.raises(InputError, match="folder"):
        read_citygml(tmp_path)


def test_bytes_in_other_encodings_are_read():
    text = document(lod1_building("B", "<gml:name>Köln</gml:name>"))
    plain = text.replace('encoding="UTF-8"', 'encoding="{}"')
    for encoding in ("utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"):
        named = plain.replace("{}", "utf-8" if encoding == "utf-8-sig" else encoding)
        assert read(named.encode(encoding)).objects["B"].attributes == {"name": "Köln"}
    assert "no whole XML" in refused(plain.replace("{}", "euc_kr").encode("iso-8859-1"))
    assert "no whole XML" in refused(plain.replace("{}", "no-such-thing").encode())


def test_deep_nesting_and_floods_of_names_are_refused():
    deep = "<gen:genericAttributeSet name='a'>" * 200 + "</gen:genericAttributeSet>" * 200
    assert "inside each other" in refused(document(f"<bldg:Building>{deep}</bldg:Building>"))
    many = "".join(f"<bldg:a{i}/>" for i in range(20_000))
    assert "different names" in refused(document(f"<bldg:Building>{many}</bldg:Building>"))


def test_a_text_or_comment_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(citygml_stream, "LONGEST_TEXT", 3_000_000)
    long = "1 " * 4_000_000
    assert "letters" in refused(document(f"<bldg:Building><x>{long}</x></bldg:Building>"))
    assert "comment" in refused(document(f"<bldg:Building><!--{long}--></bldg:Building>"))
    assert "comment" in refused(document(f"<bldg:Building x='{long}'/>"))


def test_a_member_of_endless_elements_is_refused(monkeypatch):
    monkeypatch.setattr(citygml_stream, "MOST_ELEMENTS", 1000)
    assert "1,000" in refused(document(f"<bldg:Building>{'<x/>' * 300_000}</bldg:Building>"))


BAD_FACES = {
    "NaN": polygon([(0, 0, 0), (1, 0, float("nan")), (1, 1, 0)]),
    "infinite": polygon([(0, 0, 0), (1, 0, float("inf")), (1, 1, 0)]),
    "words": polygon([(0, 0, 0), (1, 0, 0), (1, 1, 0)]).replace("1 1 0", "1 one 0"),
    "five numbers": polygon([(0, 0, 0)]).replace("0 0 0 0 0 0", "0 0 0 0 1"),
    "no numbers": polygon([(0, 0, 0)]).replace("0 0 0 0 0 0", ""),
    "no ring": "<gml:Polygon/>",
    "two outer rings": polygon([(0, 0, 0), (1, 0, 0), (1, 1, 0)]).replace(
        "</gml:Polygon>", "<gml:exterior><gml:LinearRing><gml:posList>0 0 0</gml:posList>"
        "</gml:LinearRing></gml:exterior></gml:Polygon>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("face", BAD_FACES.values(), ids=BAD_FACES)
def test_an_object_with_a_broken_solid_is_kept_without_it(face):
    good = members(*(polygon(corners) for _, corners in box_faces()))
    building = (
        f'<bldg:Building gml:id="B"><bldg:lod1Solid>{solid(good)}</bldg:lod1Solid>'
        f"<bldg:lod2Solid>{solid(good + members(face))}</bldg:lod2Solid></bldg:Building>"
    )
    model = read(document(building, lod1_building("C")))
    assert [geometry.lod for geometry in model.objects["B"].geometries] == ["1"]
    assert len(model.objects["C"].geometries) == 1
    (trouble,) = model.troubles
    assert trouble.object_id == "B"
    assert "LoD 2 is left out" in trouble.what


def test_one_broken_triangle_costs_only_itself():
    """A relief of many triangles is the terrain of the city."""
    good = [polygon([(k, 0, 1), (k + 1, 0, 1), (k, 1, 2)]) for k in range(5)]
    bad = polygon([(0, 0, float("nan")), (1, 0, 0), (1, 1, 0)])
    tin = (
        '<dem:TINRelief gml:id="T"><dem:lod>1</dem:lod><dem:tin>'
        f"<gml:CompositeSurface>{members(*good, bad)}</gml:CompositeSurface></dem:tin>"
        "</dem:TINRelief>"
    )
    model = read(document(tin))
    (relief,) = model.objects["T"].geometries
    assert relief.surface_count == 5
    assert "1 surfaces are not readable; left out" in [t.what for t in model.troubles]


@pytest.mark.parametrize("encoding", ["big5", "shift_jis", "gb18030", "euc_kr", "iso-8859-1"])
def test_encodings_of_east_asia_are_read(encoding):
    word = {"iso-8859-1": "Höhe", "euc_kr": "서울", "gb18030": "广州"}.get(encoding, "東京")
    text = document(lod1_building("B", f"<bldg:function>{word}</bldg:function>"))
    text = text.replace('encoding="UTF-8"', f'encoding="{encoding}"')
    model = read(text.encode(encoding))
    assert model.objects["B"].attributes["function"] == word


def test_surfaces_around_a_broken_solid_are_kept():
    text = lod2_building("B").replace("10 10 5", "10 NaN 5", 1)
    model = read(document(text))
    (rest,) = model.objects["B"].geometries
    assert (rest.kind, rest.surface_count) == ("MultiSurface", 5)
    assert np.isfinite(rest.points).all()
    assert "LoD 2 is left out" in model.troubles[0].what


def test_a_link_to_nowhere_is_told_and_the_rest_kept():
    text = lod2_building("B").replace(links("B_3"), links("gone"))
    (trouble,) = read(document(text)).troubles
    assert (trouble.object_id, "'#gone'" in trouble.what) == ("B", True)
    linked = read(document(lod2_building("B").replace('href="#B_3"', 'href="other.gml#B_3"')))
    assert "other.gml" in linked.troubles[0].what


def test_links_in_a_circle_and_links_that_unfold_are_stopped():
    loop = (
        '<gml:CompositeSurface gml:id="a"><gml:surfaceMember xlink:href="#b"/>'
        "</gml:CompositeSurface>",
        '<gml:CompositeSurface gml:id="b"><gml:surfaceMember xlink:href="#a"/>'
        "</gml:CompositeSurface>",
    )
    inside = [members(polygon([(0, 0, 0), (1, 0, 0), (1, 1, 0)]))]
    inside += [links(f"c{i}") * 10 for i in range(11)]
    bomb = [
        f'<gml:CompositeSurface gml:id="c{i}">{surfaces}</gml:CompositeSurface>'
        for i, surfaces in enumerate(inside)
    ]
    for surfaces, word in ((loop, "circle"), (bomb, "unfold")):
        land = (
            '<luse:LandUse gml:id="L"><luse:lod1MultiSurface>'
            f"{multi_surface(*surfaces)}</luse:lod1MultiSurface></luse:LandUse>"
        )
        model = read(document(land))
        assert model.objects["L"].geometries == ()
        assert word in model.troubles[0].what


def test_repeated_ids_get_a_number_and_missing_ones_a_name():
    text = document(
        lod1_building("B"),
        lod1_building("B", x=50),
        lod1_building("B", x=90),
        lod1_building("X", x=70).replace(' gml:id="X"', ""),
    )
    model, again = read(text), read(text)
    made = [name for name in model.objects if name.startswith("Building-")]
    assert list(model.objects) == ["B", "B-2", "B-3", *made]
    assert list(again.objects) == list(model.objects)
    assert [t.object_id for t in model.troubles] == ["B-2", "B-3"]
    assert model.missing() == {}


def test_a_geometry_in_another_system_is_left_out():
    text = document(lod1_building("B"), lod1_building("C")).replace(
        "<gml:Solid>", '<gml:Solid srsName="EPSG:4326">', 1
    )
    model = read(text)
    assert [len(model.objects[name].geometries) for name in "BC"] == [0, 1]
    assert "EPSG:4326" in model.troubles[0].what
    for name in ("urn:ogc:def:crs:EPSG::7415", "EPSG:28992", "EPSG:99999"):
        assert read(text.replace("EPSG:4326", name)).troubles == ()


def test_an_unknown_reference_system_is_told():
    model = read(document(lod1_building("B"), srs="EPSG:99999"))
    assert model.crs is None
    assert model.metadata["srsName"] == "EPSG:99999"
    assert "not known" in model.troubles[0].what


def test_textures_and_what_is_no_object_are_counted_not_kept():
    after = "<app:appearanceMember><app:Appearance/></app:appearanceMember>" * 3
    inside = (
        "<app:appearance><app:Appearance><app:surfaceDataMember><app:ParameterizedTexture "
        'gml:id="t"><app:target uri="#B_0"/></app:ParameterizedTexture></app:surfaceDataMember>'
        "</app:Appearance></app:appearance>"
    )
    model = read(document(lod1_building("B", inside), after=after))
    assert model.objects["B"].attributes == {}
    (trouble,) = model.troubles
    assert trouble.what.startswith("3 x 'appearanceMember'")


def test_mixed_versions_of_namespaces_are_one_city():
    text = document(lod2_building("B"), version="1.0").replace("building/1.0", "building/2.0")
    model = read(text)
    assert model.objects["B"].geometries[0].surface_type(5) == "RoofSurface"


def test_troubles_are_bounded(monkeypatch):
    monkeypatch.setattr("twin.model.citygml.reader.MOST_TROUBLES", 5)
    model = read(document(*(lod1_building("B") for _ in range(50))))
    assert (len(model.troubles), len(model.objects)) == (5, 50)


def test_numbers_that_no_store_takes_stay_text():
    values = {"a": "9" * 400, "b": "9" * 30, "c": "nan", "d": "1e999", "e": "12"}
    extra = "".join(
        f'<gen:{"int" if name in "abe" else "double"}Attribute name="{name}"><gen:value>{value}'
        f"</gen:value></gen:{'int' if name in 'abe' else 'double'}Attribute>"
        for name, value in values.items()
    )
    attributes = read(document(lod1_building("B", extra))).objects["B"].attributes
    assert attributes == values | {"e": 12}


def test_what_refers_forward_is_found_in_a_packed_file(tmp_path):
    other = (
        f'<bldg:Building gml:id="A"><bldg:lod2Solid>{solid(links(*(f"B_{i}" for i in range(6))))}'
        "</bldg:lod2Solid></bldg:Building>"
    )
    path = tmp_path / "town.gml.gz"
    path.write_bytes(gzip.compress(document(other, lod2_building("B")).encode()))
    model = read_model(path)
    assert model.objects["A"].geometries[0].surface_count == 6
    assert model.troubles == ()

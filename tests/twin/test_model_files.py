"""City models as they are delivered: archives of tiles, folders in folders, code lists beside."""

import gzip
import shutil
import zipfile

import pytest

from tests.twin.model.citygml_text import document, lod2_building, multi_surface, polygon
from twin.errors import InputError
from twin.importers.city_import import import_city
from twin.importers.model_import import model_files
from twin.model.packed_file import open_unpacked

X, Y, Z = 458_868.0, 5_438_343.0, 112.0


def tile(number):
    house = lod2_building(f"house_{number}", x=X + 20 * number, y=Y, z=Z)
    return document(house, srs="urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH", corner=(X, Y, Z))


def archive(path, **entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(name.replace("__", "/"), content)
    return path


def imported(folder, model):
    city, counts = import_city(folder / "town", name="town", citygml=model, overwrite=True)
    return city, [count["file"] for count in counts if count.get("file")]


def test_all_tiles_of_an_archive_are_one_model(tmp_path):
    """Surveying agencies deliver districts as archives of many tiles."""
    entries = {f"LoD2_32_{n}.gml": tile(n) for n in (1, 0)}
    entries["packed__LoD2_32_2.gml.gz"] = gzip.compress(tile(2).encode())
    path = archive(tmp_path / "district.zip", **entries, **{"readme.txt": "x"})
    city, files = imported(tmp_path, path)
    assert files == ["LoD2_32_0.gml", "LoD2_32_1.gml", "LoD2_32_2.gml.gz"]
    assert sorted(city.layer("buildings")["building_id"]) == [f"house_{n}" for n in range(3)]


def test_a_folder_of_archives_and_folders_is_searched(tmp_path):
    folder = tmp_path / "models"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.gml").write_text(tile(0))
    (folder / ".trash").mkdir()
    (folder / ".trash" / "old.gml").write_text("<x/>")
    (folder / "about.xml").write_text("<x/>")
    archive(folder / "b.zip", **{"b.gml": tile(1), "c.gml": tile(2)})
    archive(folder / "images.zip", **{"x.jpg": "x"})
    names = [path.name for path in model_files(folder, "citygml")]
    assert names == ["a.gml", "b.gml", "c.gml"]
    assert len(imported(tmp_path, folder)[0].layer("buildings")) == 3
    with pytest.raises(InputError, match="expected a CityJSON file or a folder of such"):
        model_files(folder, "cityjson")


def plateau(folder):
    """Two meshes of buildings with their code list, as MLIT delivers a city."""
    for number in range(2):
        east = 139.7 + number * 1e-3
        plan = [(35.6, east, 3), (35.6001, east, 3), (35.6001, east + 1e-4, 3)]
        text = (
            f'<bldg:Building gml:id="b{number}"><bldg:usage codeSpace="../../codelists/use.xml">411'
            "</bldg:usage><bldg:measuredHeight uom='m'>6</bldg:measuredHeight><bldg:lod0FootPrint>"
            f"{multi_surface(polygon(plan))}</bldg:lod0FootPrint></bldg:Building>"
        )
        path = folder / "udx" / "bldg" / f"5339{number}_bldg_6697_op.gml"
        path.parent.mkdir(parents=True, exist_ok=True)
        srs = "http://www.opengis.net/def/crs/EPSG/0/6697"
        path.write_text(document(text, srs=srs, corner=(35.6, 139.7, 0)))
    for name in ("codelists/use.xml", "metadata/about.xml"):
        (folder / name).parent.mkdir()
        (folder / name).write_text(
            '<gml:Dictionary xmlns:gml="http://www.opengis.net/gml"><gml:dictionaryEntry>'
            "<gml:Definition><gml:description>Housing</gml:description><gml:name>411</gml:name>"
            "</gml:Definition></gml:dictionaryEntry></gml:Dictionary>"
        )
    return folder


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_whole_delivery_of_plateau_is_read_with_its_code_lists(tmp_path, is_packed):
    given = plateau(tmp_path / "13100_tokyo")
    if is_packed:
        given = shutil.make_archive(str(tmp_path / "tokyo"), "zip", given)
    city, files = imported(tmp_path, given)
    assert files == ["53390_bldg_6697_op.gml", "53391_bldg_6697_op.gml"]
    assert set(city.layer("buildings")["use"]) == {"Housing"}


def test_names_in_an_archive_lead_nowhere_else(tmp_path):
    """An entry with the path of another file is that entry, not the file."""
    secret = tmp_path / "secret.gml"
    secret.write_text("not for you")
    path = tmp_path / "a.zip"
    archive(path, **{str(secret): "one", "../secret.gml": "two"})
    texts = []
    for name in model_files(path, "citygml"):
        with open_unpacked(name, "a model") as stream:
            texts.append(stream.read())
    assert sorted(texts) == [b"one", b"two"]

"""The 3D model of a city goes out as it is stored, by the verb `city export` too."""

import json

import pytest

from service.cli import main
from tests.twin.model.cityjson_text import document, write
from twin.city import open_city
from twin.errors import InputError, MissingError
from twin.importers.city_import import import_city
from twin.model.export import export_model
from twin.model.reading import read_model


@pytest.fixture
def city(tmp_path):
    city, _ = import_city(tmp_path / "town", name="town", cityjson=write(tmp_path, document()))
    return city


@pytest.mark.parametrize("ending, form", [("json", "CityJSON"), ("city.jsonl", "CityJSONSeq")])
def test_what_is_stored_is_what_goes_out(tmp_path, city, capsys, ending, form):
    """Objects in equal objects out, per class; heights have the code of their system."""
    path = tmp_path / f"out/a.{ending}"
    assert main(["city", "export", str(city.folder), "--out", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["format"], answer["crs"]) == (form, "EPSG:7415")
    assert all(counts["read"] == counts["kept"] for counts in answer["classes"].values())
    again, stored = read_model(path), city.model()
    assert again.crs == "EPSG:7415" and again.counts() == stored.counts()
    assert again.objects["house"].attributes == stored.objects["house"].attributes
    assert again.objects["wing"].parents == ("house",)


def test_a_file_that_stands_there_is_kept_unless_it_may_go(tmp_path, city):
    path = tmp_path / "a.json"
    path.write_text("mine")
    with pytest.raises(InputError, match="stands already"):
        export_model(city, path)
    assert path.read_text() == "mine"
    assert export_model(city, path, overwrite=True)["bytes"] == path.stat().st_size
    with pytest.raises(InputError, match=r"ends in '\.gml', expected \.jsonl or \.json"):
        export_model(city, tmp_path / "a.gml")


def test_a_city_without_a_model_has_nothing_to_export(tmp_path, city):
    manifest = city.folder / "city.toml"
    text = manifest.read_text()
    head, _, _ = text.partition("\n[model]")
    manifest.write_text(head + "\n")
    with pytest.raises(MissingError, match="has no 3D model"):
        export_model(open_city(city.folder), tmp_path / "a.json")

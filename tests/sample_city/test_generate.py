import pytest

from sample_city.generate import generate_city
from twin.city import check_city
from twin.errors import InputError


def test_the_package_has_nothing_wrong(city):
    assert check_city(city.folder) == []
    assert city.weather_names == ["storm", "typhoon"]
    assert city.archive_names == []
    assert (city.buildings_as, city.edges, city.crs) == ("raised", "closed", "EPSG:3826")


def test_the_same_seed_gives_the_same_bytes(city, tmp_path):
    again = generate_city(tmp_path / "again", "small", 1)
    for section in ("terrain", "layers"):
        hashes = [[entry["sha256"] for entry in c.info[section]] for c in (city, again)]
        assert hashes[0] == hashes[1], section
    for name in city.weather_names:
        assert city.weather(name).identical(again.weather(name))


def test_a_folder_that_is_taken_is_refused_before_anything_is_made(city):
    with pytest.raises(InputError, match="exists already"):
        generate_city(city.folder, "small", 1)


def test_progress_reaches_its_end(tmp_path):
    calls = []
    generate_city(tmp_path / "city", "small", 3, progress=lambda *call: calls.append(call))
    assert [done for done, _ in calls] == list(range(1, calls[-1][1] + 1))


def test_all_layers_can_be_read_back(city):
    for name in city.layer_names:
        assert len(city.layer(name)) > 0

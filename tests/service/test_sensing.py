"""The verb `sensors`: what they say, how old it is, what quality control makes of it."""

import islet
import pytest

from service import engine
from service.cli import main
from twin.errors import InputError, MissingError


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Folders of the city and of the store of a town; tests only read them."""
    data = tmp_path_factory.mktemp("sensing")
    islet.build(data)
    return data / "cities" / islet.CITY, data / "stores" / islet.CITY


def test_each_sensor_has_its_reading_with_age_and_verdict(town):
    city, store = town
    found = engine.sensors(city=city, store=store, at=islet.at(15))
    rows = {row["station_id"]: row for row in found["sensors"]}
    assert found["at"] == islet.at(15)
    assert (found["heard"], found["sensors_known"]) == (4, 5)
    assert (rows["D1"]["value"], rows["D1"]["quality"], rows["D1"]["stale"]) == (
        0.12,
        "pass",
        False,
    )
    assert rows["D1"]["age_minutes"] == pytest.approx(5.0)
    assert rows["D1"]["day"] == {"pass": 2}
    assert rows["D2"]["quality"] == "fail"
    assert rows["D3"]["stale"]  # of the day before
    assert rows["G1"]["value"] == pytest.approx(1e-5)  # the newer one had not come yet


def test_a_day_later_all_are_stale(town):
    city, store = town
    found = engine.sensors(city=city, store=store, at="2026-11-22T12:00:00Z")
    assert found["heard"] == 0
    assert all(row["stale"] for row in found["sensors"])


def test_people_get_a_table(town, capsys):
    city, store = town
    assert main(["sensors", str(city), "--store", str(store), "--at", islet.at(15)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "heard  4 of 5"
    assert next(line for line in lines if line.startswith("D3")).split()[6] == "STALE"
    assert "36 mm/h" in next(line for line in lines if line.startswith("G1"))


def test_no_store_and_no_time_are_refused(town, tmp_path):
    city, store = town
    with pytest.raises(MissingError):
        engine.sensors(city=city, store=tmp_path / "none")
    with pytest.raises(InputError, match="not understood"):
        engine.sensors(city=city, store=store, at="yesterday-ish")
    assert not (tmp_path / "none").exists()

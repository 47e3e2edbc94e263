"""`floodtwin tiles`: all kinds, a check, a district; killed, on a full disk, twice at once."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from town_server import ROOT, town_data  # noqa: F401

from service import engine
from service.cli import main
from tiles.checks.glb import open_glb
from tiles.tile_folder import tile_folder
from twin.city import open_city
from twin.errors import DeviceError, InputError, MissingError


@pytest.fixture
def town(town_data):  # noqa: F811
    return town_data / "cities" / "harbour"


@pytest.fixture(scope="module")
def made(town_data, tmp_path_factory):  # noqa: F811
    """Result of writing all that the town and its run have."""
    out = tmp_path_factory.mktemp("tiles") / "harbour"
    return engine.tiles(
        city=town_data / "cities" / "harbour", run="latest", out=out, compress="draco", quiet=True
    )


def test_all_kinds_are_written_and_the_check_finds_nothing(made, capsys):
    assert made["left_out"] == {}
    assert made["counts"]["rasters"] == 6
    assert main(["tiles", "--check", made["folder"], "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == []
    for kind in ("terrain_tiles", "dem_tiles", "vector_tiles", "rasters", "water_steps"):
        assert told["checked"][kind] == made["counts"][kind]


def test_the_check_takes_the_only_version_of_a_city(made, tmp_path):
    shutil.copytree(made["folder"], tmp_path / "harbour" / "one")
    told = engine.tiles(check=tmp_path / "harbour")
    assert told["folder"] == str(tmp_path / "harbour" / "one")
    assert told["problems"] == []
    shutil.copytree(made["folder"], tmp_path / "harbour" / "two")
    with pytest.raises(InputError, match=r"holds 2 versions \(one, two\).*name one of them"):
        engine.tiles(check=tmp_path / "harbour")


def test_the_check_ends_with_code_1_where_something_is_wrong(made, tmp_path, capsys):
    folder = shutil.copytree(made["folder"], tmp_path / "spoilt")
    run = next(folder.glob("run-*"))
    (run / "water" / "3.bin").write_bytes(b"12")
    (run / "depth.tif").write_bytes((run / "depth.tif").read_bytes()[:300])
    assert main(["tiles", "--check", str(folder)]) == 1
    said = capsys.readouterr().out
    assert f"{run.name}/depth.tif: cannot be read" in said
    assert f"{run.name}/water/3.bin: expected" in said


def test_draco_is_what_the_buildings_are_packed_with(made):
    document, _ = open_glb(next(Path(made["folder"]).glob("b/*.glb")).read_bytes())
    assert document["extensionsRequired"] == ["KHR_draco_mesh_compression"]


def test_a_district_with_the_water_of_a_run_is_one_glb(town, tmp_path, capsys):
    path = tmp_path / "south.glb"
    words = ["tiles", str(town), "--gltf", "South Bank", "--run", "latest", "--out", str(path)]
    assert main(words) == 0
    assert "buildings" in capsys.readouterr().out
    document, _ = open_glb(path.read_bytes())
    depths = [n["extras"]["max_depth"] for n in document["nodes"] if "max_depth" in n["extras"]]
    assert len(depths) > 20
    assert max(depths) > 0.1


def test_a_part_between_bounds_is_one_glb(town, tmp_path):
    west, south, _, _ = open_city(town).grid.bounds
    corners = (west + 100, south + 100, west + 500, south + 400)
    told = engine.tiles(city=town, bounds=corners, out=tmp_path / "part.glb", quiet=True)
    assert 10 < told["buildings"] < 120


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["tiles"], "neither a city nor --check came, expected a city to make tiles of, or"),
        (
            ["tiles", "CITY", "--check", "x"],
            "a city and --check came, expected a city to",
        ),
        (["tiles", "--check", "nowhere"], "expected a folder of tiles"),
        (["tiles", "CITY", "--gltf", "D9"], "there is no district 'D9'"),
        (["tiles", "CITY", "--gltf", "d1", "--compress", "draco"], "leave out"),
        (["tiles", "CITY", "--bounds", "3,2,1,4"], "W < E and S < N"),
        (["tiles", "CITY", "--only", "trees"], "tiles of 'trees' were asked for"),
        (["tiles", "CITY", "--compress", "zip"], "invalid choice: 'zip'"),
    ],
)
def test_words_that_do_not_go_together_are_refused(refused, town, words, line):
    assert line in refused(*[str(town) if word == "CITY" else word for word in words])


STRUCK = """
import os, sys
import tiles.tile_folder as folder
put = folder._put_in_place
def struck(*known):
    os.kill(os.getpid(), {sig})
    put(*known)
folder._put_in_place = struck
from service.cli import main
sys.exit(main())
"""
"""The program, that a signal meets when all tiles lie aside and none is in its place."""


def start(town, out, sig):
    words = ["tiles", str(town), "--out", str(out), "--json"]
    return subprocess.Popen(
        [sys.executable, "-c", STRUCK.format(sig=int(sig)), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )


def test_what_a_killed_process_left_goes_with_the_next_one(town, tmp_path):
    out = tmp_path / "harbour"
    aside = tmp_path / ".harbour.part"
    assert start(town, out, signal.SIGKILL).wait() == -signal.SIGKILL
    assert any(aside.iterdir())
    assert not out.exists()
    (aside / "junk").mkdir()
    engine.tiles(city=town, out=out, only=("dem",), quiet=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["harbour"]
    assert sorted(path.name for path in out.iterdir()) == ["dem", "tiles.json"]


def test_two_processes_do_not_write_one_folder(town, tmp_path):
    out = tmp_path / "harbour"
    child = start(town, out, signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    try:
        with pytest.raises(DeviceError, match="another process is writing the tiles"):
            engine.tiles(city=town, out=out, quiet=True)
    finally:
        os.kill(child.pid, signal.SIGCONT)
    assert child.wait() == 0
    assert engine.tiles(check=out)["problems"] == []
    assert [path.name for path in tmp_path.iterdir()] == ["harbour"]


def test_tiles_do_not_fit_on_a_full_disk(refused, town, full_disk):
    assert "disk" in refused("tiles", town, "--out", full_disk / "tiles", "--json")
    assert "disk" in refused("tiles", town, "--gltf", "d1", "--out", full_disk / "d.glb")


def test_tiles_go_into_what_is_no_folder_of_tiles_never(town, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mine.txt").write_text("dear")
    with pytest.raises(InputError, match="no folder of tiles"):
        engine.tiles(city=town, out=tmp_path / "letters", quiet=True)
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["mine.txt"]


def test_kinds_that_were_there_before_stay(town, tmp_path):
    out = tmp_path / "harbour"
    engine.tiles(city=town, out=out, only=("dem", "terrain"), quiet=True)
    engine.tiles(city=town, out=out, only=("dem", "buildings"), quiet=True)
    told = engine.tiles(check=out)
    assert told["problems"] == []
    assert {"terrain_tiles", "dem_tiles", "3d_tiles"} <= set(told["checked"])


def test_nothing_of_another_version_of_the_city_stays(town, tmp_path):
    out = tmp_path / "harbour"
    engine.tiles(city=town, out=out, only=("dem", "terrain"), quiet=True)
    about = json.loads((out / "tiles.json").read_text())
    (out / "tiles.json").write_text(json.dumps({**about, "version": "of yesterday"}))
    told = engine.tiles(city=town, out=out, only=("dem",), quiet=True)
    assert sorted(path.name for path in out.iterdir()) == ["dem", "tiles.json"]
    assert json.loads((out / "tiles.json").read_text())["counts"] == told["counts"]


def test_objects_with_nothing_to_draw_are_told_by_class(tmp_path, capsys):
    square = ((0, 0), (2000, 0), (2000, 2000), (0, 2000))
    model = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/3826"},
        "transform": {"scale": [0.01, 0.01, 0.01], "translate": [250000, 2700000, 0]},
        "vertices": [[x, y, z] for z in (0, 900) for x, y in square],
        "CityObjects": {
            "house": {
                "type": "Building",
                "geometry": [
                    {
                        "type": "Solid",
                        "lod": "1",
                        "boundaries": [
                            [
                                [[3, 2, 1, 0]], [[4, 5, 6, 7]], [[0, 1, 5, 4]],
                                [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]],
                            ]
                        ],
                    }
                ],
            },
            "tree": {"type": "SolitaryVegetationObject"},
            "lamp": {"type": "CityFurniture"},
            "other lamp": {"type": "CityFurniture"},
        },
    }  # fmt: skip
    (tmp_path / "model.city.json").write_text(json.dumps(model))
    city = tmp_path / "city"
    engine.import_city(name="t", cityjson=[tmp_path / "model.city.json"], out=city, quiet=True)
    capsys.readouterr()
    words = ["tiles", str(city), "--only", "buildings", "--out", str(tmp_path / "tiles")]
    assert main(words) == 0
    assert "1 SolitaryVegetationObject" in (said := capsys.readouterr().out)
    assert "2 CityFurniture" in said
    about = json.loads((tmp_path / "tiles" / "tiles.json").read_text())
    assert about["skipped"] == {"SolitaryVegetationObject": 1, "CityFurniture": 2}


def test_an_unknown_run_is_named(town, tmp_path):
    with pytest.raises(MissingError):
        engine.tiles(city=town, run="20200101T000000Z-00000000", out=tmp_path / "x", quiet=True)
    assert list(tmp_path.iterdir()) == []


def test_tiles_of_a_data_folder_lie_beside_its_cities(town):
    city = open_city(town)
    assert tile_folder(city) == town.parent.parent / "tiles" / "harbour" / city.version

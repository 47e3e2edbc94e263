"""The verb `picture`: a file a commander can put into a report, from a city and a run."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from service.cli import main


@pytest.fixture(scope="module")
def flooded(bowl, tmp_path_factory):
    """The bowl in a data folder of its own, with a run of heavy rain."""
    data = tmp_path_factory.mktemp("data")
    city = shutil.copytree(bowl, data / "cities" / "bowl")
    words = ["simulate", city, "--rain", "90", "--hours", "0.5", "--out", data / "runs" / "bowl"]
    assert main([str(word) for word in words]) == 0
    return city


def draw(capsys, city, *words):
    """Answer of the verb; the test is passed over where nothing can be drawn."""
    code = main([str(word) for word in ("picture", city, *words, "--json")])
    answer = json.loads(capsys.readouterr().out)
    if code and answer.get("kind") == "DeviceError":
        pytest.skip(answer["error"])
    return code, answer


def blue(pixels):
    """Pixels that have the hue of water, as count."""
    red, _, deep = (pixels[..., k].astype(int) for k in range(3))
    return int(((deep - red > 60) & (deep > 90)).sum())


def test_a_view_shows_the_wettest_moment_with_water_in_it(flooded, tmp_path, capsys):
    """T-20."""
    code, answer = draw(capsys, flooded, "--out", tmp_path / "a.png")
    assert code == 0 and answer["kind"] == "view" and len(answer["times"]) == 1
    image = np.asarray(Image.open(answer["file"]))
    assert list(image.shape[1::-1]) == answer["pixels"]
    assert blue(image[100:-130]) > 5000
    dry_code, dry = draw(capsys, flooded, "--time", _first(flooded), "--out", tmp_path / "dry.png")
    assert dry_code == 0 and blue(np.asarray(Image.open(dry["file"]))[100:-130]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "dry.png"]


def _first(city):
    """The first moment of its run."""
    folder = city.parents[1] / "runs" / "bowl"
    (manifest,) = folder.glob("*/manifest.json")
    return json.loads(manifest.read_text())["times"][0]


def test_a_strip_has_three_moments_and_an_animation_all(flooded, tmp_path, capsys):
    _, strip = draw(capsys, flooded, "--kind", "strip", "--out", tmp_path / "s.png")
    assert len(strip["times"]) == 3 and strip["times"] == sorted(strip["times"])
    assert strip["pixels"][0] > 2 * strip["pixels"][1]
    _, film = draw(
        capsys, flooded, "--kind", "animation", "--colour", "hazard", "--out", tmp_path / "f.webp"
    )
    with Image.open(film["file"]) as frames:
        assert frames.n_frames == len(film["times"]) > 2


def test_the_folder_of_a_run_can_be_named(flooded, tmp_path, capsys):
    (run,) = (flooded.parents[1] / "runs" / "bowl").glob("*-*/")
    out = tmp_path / "a.png"
    code, answer = draw(capsys, flooded, "--run", run, "--colour", "arrival", "--out", out)
    assert code == 0 and answer["run"] == run.name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "a.jpg"], "expected a file that ends in .png"),
        (["--kind", "animation", "--out", "a.png"], ".webp or .gif"),
        (["--time", "1999-01-01", "--out", "a.png"], "expected one from"),
        (["--run", "20200101T000000Z-00000000", "--out", "a.png"], "no run"),
        (["--out", "no/such/folder/a.png"], "no/such/folder"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(
    flooded, tmp_path, monkeypatch, capsys, words, said
):
    monkeypatch.chdir(tmp_path)
    code, answer = draw(capsys, flooded, *words)
    assert code == 2 and said in answer["error"] and "\n" not in answer["error"]
    assert list(tmp_path.iterdir()) == []

"""The scenario document and the scenarios of the sample city fit the sample city."""

import re
from pathlib import Path

import pytest

import sample_city
import twin
from twin.heat.surface_cover import surfaces
from twin.scenario.edits import KINDS
from twin.scenario.places import KEYS
from twin.scenario.scenario import apply_scenario, read_scenario

DOCUMENT = Path(twin.__file__).parent / "SCENARIOS.md"
SAMPLES = sorted((Path(sample_city.__file__).parent / "scenarios").glob("*.toml"))


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The example of the document, as a file."""
    path = tmp_path_factory.mktemp("scenario") / "example.toml"
    text = DOCUMENT.read_text(encoding="utf-8")
    path.write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1], encoding="utf-8")
    return path


def test_the_example_has_every_kind_of_edit_and_does_what_it_says(example, city):
    """PS-1, PS-2, PS-3: each kind once, on the sample city."""
    edited = apply_scenario(city, read_scenario(example))
    assert {report.kind for report in edited.reports} == set(KINDS)
    assert set(edited.structures) == {"levee", "wall", "culvert"}
    text = {report.kind: report.text for report in edited.reports}
    assert "2 buildings removed" in text["remove_building"]
    assert "pump of 6 m³/s" in text["pump"]
    ponds = [report.storage_m3 for report in edited.reports if report.kind == "pond"]
    assert 0 < ponds[0] < 3.15 * 14**2 * 1.5


def test_the_document_names_every_place_and_every_surface(example):
    words = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"`{key}" in words for key in KEYS)
    assert all(name in words for name in surfaces())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_scenarios_of_the_sample_city_change_it(path, city):
    edited = apply_scenario(city, read_scenario(path))
    assert edited.version != city.version
    assert len(edited.reports) == len(read_scenario(path).edits)

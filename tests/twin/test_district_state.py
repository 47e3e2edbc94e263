"""What a run's table says of a district is found by its row where names repeat."""

import json

import pytest

from twin.state.districts import district_row
from twin.state.object_classes import FoundObject
from twin.state.run_water import RunWater

TWINS = [
    {"row": 1, "district": "East", "severity": 3},
    {"row": 0, "district": "East", "severity": 0},
    {"row": 2, "district": "West", "severity": 1},
]


def asked(folder, rows, row, name):
    (folder / "districts.json").write_text(json.dumps(rows))
    found = FoundObject("district", name, "districts", row, {"name": name}, None)
    return district_row(RunWater(folder, {"run_id": "some-run"}), found)


@pytest.mark.parametrize(("row", "name", "severity"), [(0, "East", 0), (1, "East", 3)])
def test_districts_of_one_name_get_their_own_row(tmp_path, row, name, severity):
    assert asked(tmp_path, TWINS, row, name)["severity"] == severity


def test_a_name_that_is_there_once_is_enough(tmp_path):
    """Runs of older versions of the city number their districts otherwise, or not at all."""
    assert asked(tmp_path, TWINS, 5, "West")["severity"] == 1
    older = [{"district": "West", "severity": 2}]
    assert asked(tmp_path, older, 0, "West")["severity"] == 2


def test_nothing_is_said_where_nobody_can_know_which_is_meant(tmp_path):
    older = [{key: row[key] for key in ("district", "severity")} for row in TWINS]
    assert asked(tmp_path, older, 0, "East") is None
    assert asked(tmp_path, TWINS, 0, "Away") is None

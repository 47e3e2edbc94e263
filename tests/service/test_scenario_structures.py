"""Lines of a scenario reach the solver as faces that hold water as they were drawn."""

import numpy as np
import pytest

from service.scenarios.runs import SCENARIO, make_scenario_job
from tests.twin.planned_town import EAST, SOUTH, WEST, build_town
from twin.scenario.scenario import apply_scenario, scenario_of


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return build_town(tmp_path_factory.mktemp("cities") / "town")


def structures(town, *edits):
    """What the solver gets of some edits, and the ground of the city."""
    scenario = scenario_of({"edit": list(edits), "rain": 10.0, "hours": 0.1}, "try", ".")
    city = apply_scenario(town, scenario)
    case = make_scenario_job(city, scenario, SCENARIO, {}).case
    return case.structures, city.terrain["elevation"].values


@pytest.mark.parametrize("kind", [{"kind": "levee", "crest": 12.0}, {"kind": "wall"}])
@pytest.mark.parametrize("size", [5, 8, 12, 15, 18, 25])
def test_a_small_ring_closes_around_its_cells(town, kind, size):
    """No corner of a closed line is lost, however near to the next."""
    x, y = WEST + 101, SOUTH + 31
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size]]
    (found,), _ = structures(town, {**kind, "polygon": ring})
    across, up = np.rint(np.array([1, 1 + size]) / 5).astype(int), round((1 + size) / 5)
    assert len(found.rows) == 2 * (across[1] - across[0] + up)


def test_an_open_line_keeps_its_corners_too(town):
    x, y = WEST + 100, SOUTH + 30
    line = [[x, y], [x, y + 15], [x + 15, y + 15], [x + 15, y]]
    (levee,), _ = structures(town, {"kind": "levee", "crest": 12.0, "line": line})
    assert len(levee.rows) == 9
    np.testing.assert_allclose(levee.face_width, 5.0)


def test_a_levee_of_a_height_stands_so_high_above_each_cell(town):
    """On a hump and across a ditch between the ends of its line too."""
    x, y = WEST + 20, SOUTH + 30
    hump = [[x + 40, y - 20], [x + 50, y - 20], [x + 50, y + 20], [x + 40, y + 20]]
    (levee,), ground = structures(
        town,
        {"kind": "terrain", "by": 3.0, "polygon": hump},
        {"kind": "terrain", "by": -2.0, "polygon": np.add(hump, [60, 0]).tolist()},
        {"kind": "levee", "line": [[x, y], [EAST - 20, y]], "height": 1.0},
    )
    sides = ground[levee.rows, levee.columns], ground[levee.to_rows, levee.to_columns]
    np.testing.assert_allclose(levee.crest - np.maximum(*sides), 1.0, atol=1e-5)
    assert levee.crest.max() - levee.crest.min() > 5

"""The experiment on assimilation counts what it says, and hides its truth."""

import numpy as np
import pytest

from benchmarks.assimilation import bench_assimilation, summarise
from benchmarks.hidden_truth import BenchCity, make_truth
from tests.hydrology.conftest import make_terrain
from twin.errors import InputError
from twin.grid import Grid


def case(**changes):
    """Four spots: one observed; of the others two are flooded, one of them already."""
    base = {
        "is_observed": np.array([True, False, False, False]),
        "is_flooded": np.array([True, True, True, False]),
        "was_flooded": np.array([True, True, False, False]),
        "crps corrected": np.array([0.0, 0.1, 0.1, 0.1]),
        "crps uncorrected": np.array([9.0, 0.2, 0.2, 0.2]),
        "probability corrected": np.array([1.0, 1.0, 0.6, 0.4]),
        "probability uncorrected": np.array([1.0, 1.0, 0.2, 0.6]),
    }
    return base | changes


def test_only_unobserved_spots_count_for_the_crps():
    result = summarise([case(), case()])
    assert result["spots"] == 6
    assert result["crps_m"] == {"corrected": 0.1, "uncorrected": 0.2}
    assert result["crps_cut"] == pytest.approx(0.5)


def test_warnings_are_counted_at_all_spots_and_at_those_not_yet_flooded():
    found = summarise([case()])["hotspots"]
    everywhere, new = (found["corrected"]["0.5"][which] for which in ("all", "new"))
    assert (everywhere["hit_rate"], everywhere["false_alarm_ratio"]) == (1.0, 0.0)
    assert (new["flooded"], new["warned"], new["hit_rate"]) == (1, 1, 1.0)
    other = found["uncorrected"]["0.5"]["all"]
    assert other["hit_rate"] == pytest.approx(2 / 3, abs=1e-3)
    assert other["false_alarm_ratio"] == pytest.approx(1 / 3, abs=1e-3)
    assert found["uncorrected"]["0.7"]["new"]["hit_rate"] == 0.0


def test_persistence_is_what_is_flooded_already():
    result = summarise([case()])["persistence"]
    assert (result["warned"], result["hit_rate"]) == (2, pytest.approx(2 / 3, abs=1e-3))


def test_unknown_errors_are_refused(tmp_path):
    terrain = make_terrain(np.zeros((4, 4)))
    city = BenchCity(terrain, Grid.of(terrain), {}, None)
    with pytest.raises(InputError, match="errors is 'some', expected one of none, hidden"):
        make_truth(city, None, 1, "some", tmp_path)
    with pytest.raises(InputError, match="errors is 'some'"):
        bench_assimilation(city, None, seeds=(1,), errors="some")

"""The scores are those computed by hand, and the real nowcast keeps its bounds."""

import numpy as np
import pytest

from benchmarks.nowcast import FIRST_LEAD, RATIO_BOUNDS, _Score, bench_nowcast
from tests.hydrology.moving_rain import MM_H, showers
from twin.errors import InputError
from twin.feeds.knmi_radar import read_series


def test_csi_is_hits_over_hits_misses_and_false_alarms():
    score = _Score(2)
    truth = np.array([[2.0, 2.0, 0.0, 0.0, np.nan]]) * MM_H
    newest = np.array([[0.0, 0.0, 0.0, 5.0, 5.0]]) * MM_H
    first = np.array([[2.0, 0.0, 2.0, 0.0, 2.0]]) * MM_H
    score.add(newest, np.stack((first, truth * 0 + 1.5 * MM_H)), truth)
    row = score.row(5.0)
    assert row["csi_persistence"] == 0.0
    assert row["csi_extrapolation"] == pytest.approx(1 / 3)
    assert row["csi_member"] == pytest.approx(1 / 2)
    assert row["csi_mean"] == pytest.approx(1 / 3)  # 1.75, 0.75, 1.75, 0.75 mm/h
    assert row["csi_probability"] == pytest.approx(1 / 2)  # one of two is enough
    assert row["wins"] == row["cases"] == 1
    assert row["cells_scored"] == pytest.approx(4 / 5)


@pytest.mark.parametrize("members", [3, 20])
def test_the_ratio_is_one_where_truth_is_a_member_like_the_others(members):
    generator = np.random.default_rng(1)
    score = _Score(members)
    for _ in range(10):
        drawn = generator.gamma(0.5, 2 * MM_H, (members + 1, 100, 100))
        score.add(drawn[0], drawn[1:], drawn[0])
    assert score.row(5.0)["ratio"] == pytest.approx(1.0, abs=0.03)


def test_too_few_fields_or_members_are_refused():
    with pytest.raises(InputError, match="expected at least 2 members and fields enough"):
        bench_nowcast(showers(count=8))
    with pytest.raises(InputError, match="1 members"):
        bench_nowcast(showers(count=40), members=1)


def test_the_nowcast_beats_persistence_and_its_spread_tells_its_error(shared_data):
    files = sorted((shared_data / "knmi_radar").glob("*.h5"))[28:56]
    rows = bench_nowcast(read_series(files), members=6, every=60.0)["rows"]
    held = [row for row in rows if row["minutes"] >= FIRST_LEAD]
    assert [row["minutes"] for row in held] == list(np.arange(15.0, 61.0, 5.0))
    for row in held:
        assert row["csi_extrapolation"] > row["csi_persistence"]
        assert row["csi_mean"] > row["csi_persistence"]
    ratios = np.array([row["ratio"] for row in held])
    # two issue times only: each lead by itself within the bounds would be luck
    assert RATIO_BOUNDS[0] < ratios.mean() < RATIO_BOUNDS[1]

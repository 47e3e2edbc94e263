"""A case runs as it says: gauges at their times, water that moves at the start, structures."""

import numpy as np
import pytest

from hydrology.cases.run import run_case

POOL = """
seconds = 4
[terrain]
cell_size = 1
size = [30, 20]
elevation = "1 + 0.001 * x"
[output]
frame_seconds = 2
gauge_seconds = 0.5
[[gauge]]
name = "middle"
point = [15, 10]
[[gauge]]
name = "east"
point = [29.5, 10]
[[gauge]]
name = "north"
point = [15, 19.5]
"""


def test_gauges_are_sampled_between_the_frames(load_text):
    run = run_case(load_text(POOL + "[initial]\nlevel = 1.5\n"))
    assert run.gauges.names == ("middle", "east", "north")
    np.testing.assert_allclose(run.gauges.seconds, np.arange(0, 4.1, 0.5))
    ground = 1 + 0.001 * np.array([15.5, 29.5, 15.5])
    np.testing.assert_allclose(run.gauges.level - run.gauges.depth, ground + np.zeros((9, 3)))
    np.testing.assert_allclose(run.gauges.level, 1.5, atol=1e-6)
    assert run.simulation.flood.sizes["time"] == 3


@pytest.mark.parametrize(("part", "rising"), [("velocity_x", "east"), ("velocity_y", "north")])
def test_water_moves_at_the_start_as_it_is_told(load_text, part, rising):
    gauges = run_case(load_text(POOL + f"[initial]\ndepth = 0.5\n{part} = 0.5\n")).gauges
    assert gauges.speed[0, 0] == pytest.approx(0.5, rel=1e-3)
    rise = dict(zip(gauges.names, gauges.depth[2] - gauges.depth[0], strict=True))
    assert rise.pop(rising) > 0.02
    assert all(abs(other) < 0.01 for other in rise.values())


def test_a_wall_holds_what_is_behind_it(load_text):
    wall = "[[wall]]\nline = [[20, 0], [20, 20]]\n"
    dam = POOL + '[initial]\ndepth = "where(x < 20, 0.5, 0)"\n'
    _, east, _ = run_case(load_text(dam + wall)).gauges.depth[-1]
    assert east == 0
    depth = run_case(load_text(dam)).simulation.state.depth
    assert depth[:, 25].min() > 0.01

"""One peer on the egg box, in a process of its own: 0.1 m of water, no rain, closed edges.

``python -m benchmarks.peer_runs NAME CELLS FILE`` writes its speed into FILE as JSON. Only here are
peers imported. Counted are cells (or triangles) times steps over the time of the loop, after a
step that warms up; the fastest of a few tries counts, as with ours.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.beds import CELL_SIZE, FILM, PLAIN_MANNING, egg_box_ground

TRIES, TRY_SECONDS = 3, 4.0


def run_landlab(side):
    """Prepare landlab's OverlandFlow (de Almeida et al., 2012), with its own settings.

    Parameters
    ----------
    side : int
        Rows and columns.

    Returns
    -------
    cells : int
        How many.
    step : callable
        Moves on, and gives the number of steps that it took.
    """
    from landlab import RasterModelGrid
    from landlab.components import OverlandFlow

    grid = RasterModelGrid((side, side), xy_spacing=CELL_SIZE)
    grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
    ground = egg_box_ground(grid.x_of_node, grid.y_of_node, side * CELL_SIZE)
    grid.add_field("topographic__elevation", ground, at="node")
    grid.add_full("surface_water__depth", FILM, at="node")
    flow = OverlandFlow(grid, mannings_n=PLAIN_MANNING)

    def step():
        flow.run_one_step()
        return 1

    return side * side, step


def run_itzi(side):
    """Prepare itzi-core's surface flow in float32, with its own settings; see `run_landlab`."""
    from itzi_core.data_containers import SurfaceFlowParameters
    from itzi_core.rasterdomain import RasterDomain
    from itzi_core.surfaceflow import SurfaceFlowSimulation

    centres = (np.arange(side) + 0.5) * CELL_SIZE
    ground = egg_box_ground(centres[None, :], centres[::-1, None], side * CELL_SIZE)
    shape = (side, side)
    domain = RasterDomain(np.float32, np.zeros(shape, bool), (CELL_SIZE, CELL_SIZE))
    domain.update_array("ground_elevation", ground.astype(np.float32))
    domain.update_array("friction", np.full(shape, PLAIN_MANNING, np.float32))
    domain.update_array("water_depth", np.full(shape, FILM, np.float32))
    flow = SurfaceFlowSimulation(domain, SurfaceFlowParameters())

    def step():
        flow.solve_dt()
        flow.step(compute_vdir=False, compute_froude=False)
        return 1

    return side * side, step


def run_anuga(side):
    """Prepare ANUGA's DE0 on triangles as large as our cells, on all cores; see `run_landlab`."""
    import anuga

    squares = side // 2  # of four triangles each
    length = side * CELL_SIZE
    domain = anuga.rectangular_cross_domain(squares, squares, len1=length, len2=length)
    domain.set_flow_algorithm("DE0")
    domain.store = False
    domain.set_quantity("elevation", lambda x, y: egg_box_ground(x, y, length))
    domain.set_quantity("friction", PLAIN_MANNING)
    domain.set_quantity("stage", lambda x, y: egg_box_ground(x, y, length) + FILM)
    edges = anuga.Reflective_boundary(domain)
    domain.set_boundary(dict.fromkeys(("left", "right", "top", "bottom"), edges))
    anuga.set_omp_num_threads(os.cpu_count(), verbose=False)
    evolution = domain.evolve(yieldstep=4.0, finaltime=1e6)
    next(evolution)  # the initial water

    def step():
        next(evolution)
        return domain.number_of_steps

    return domain.number_of_triangles, step


RUNS = {"landlab": run_landlab, "itzi-core": run_itzi, "anuga": run_anuga}
"""How each peer is prepared."""


def fastest(cells, step, tries=TRIES, try_seconds=TRY_SECONDS):
    """Million cell updates a second of the fastest try, after one step that warms up."""
    step()
    best = 0.0
    for _ in range(tries):
        steps, began = 0, time.perf_counter()
        while time.perf_counter() - began < try_seconds:
            steps += step()
        best = max(best, cells * steps / (time.perf_counter() - began) / 1e6)
    return best


def main(words):
    """Run the peer that the words name."""
    name, cells, answer = words
    cells, step = RUNS[name](round(int(cells) ** 0.5))
    Path(answer).write_text(json.dumps({"cells": cells, "mcups": fastest(cells, step)}))


if __name__ == "__main__":
    main(sys.argv[1:])

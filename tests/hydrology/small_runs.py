"""Small runs with everything in them, on the CPU or, in the simulator of CUDA, as on a GPU.

`python -m tests.hydrology.small_runs FILE` writes what the simulated GPU gives. It is started
with NUMBA_ENABLE_CUDASIM=1 and NUMBA_DISABLE_JIT=1: kernels and formulas then run as Python, a
thread of the GPU as a thread of Python.
"""

import sys

import numpy as np

from hydrology.solver.boundaries import FreeOutflow, Inflow, Stage
from hydrology.solver.infiltration import Infiltration
from hydrology.solver.simulation import Settings, simulate
from hydrology.solver.structures import Weir
from tests.hydrology.conftest import make_rain, make_terrain, rough_ground

SCHEMES = [("inertial", 1), ("dynamic", 1), ("dynamic", 2)]
DTYPES = ["float32", "float64"]


def small_city(has_openings):
    """Twelve by sixteen rough cells with ponds, drains and a free edge."""
    ground = rough_ground(12, 16, height=1.0)
    narrow = np.ones(ground.shape)
    narrow[8:11, 6:11] = 0.6
    openings = {"conveyance_x": narrow, "conveyance_y": narrow} if has_openings else {}
    return make_terrain(
        ground,
        edges="east",
        drain_capacity=3e-6,
        initial_depth=np.maximum(10.45 - ground, 0),
        **openings,
    )


def run_small(scheme, order, dtype, device):
    """Run it for some 20 steps; return all that came of it as arrays, by name."""
    city = small_city(has_openings=dtype == "float64")
    only = np.array([0.0])
    boundaries = (
        Inflow("creek", np.array([3, 3]), np.array([4, 5]), only, np.array([1.0])),
        Stage("tide", np.array([9]), np.array([2]), only, np.array([11.0])),
        FreeOutflow("mouth", "south", 0.01),
    )
    weir = Weir("weir", 2, 10, 2, 11, crest=10.4, width=5.0)
    run = simulate(
        city,
        make_rain(city, 80, 60),
        seconds=20,
        boundaries=boundaries,
        structures=(weir,),
        infiltration=Infiltration.horton(2e-5, 2e-6, 1e-3),
        settings=Settings(
            scheme=scheme,
            order=order,
            dtype=dtype,
            device=device,
            frame_seconds=10,
            wave_depth=0.5 if (scheme, dtype) == ("inertial", "float64") else None,
        ),
    )
    fields = {name: run.flood[name].values for name in run.flood if "time" not in name}
    ledger = np.array([run.ledger[name] for name in sorted(run.ledger) if "error" not in name])
    return {"steps": np.array(run.steps), "ledger": ledger, **fields, **run.state.arrays}


def share_arrays(launches, threads):
    """Let the threads of a block ask for a shared array; return which one each was given.

    Parameters
    ----------
    launches, threads : int
        How often, and how many threads the block has.

    Returns
    -------
    (launches, threads) int64 array
        Identity of the array of each thread.
    """
    from numba import float32

    from hydrology.solver import cuda_grid

    @cuda_grid.kernel
    def ask(given):
        given[cuda_grid.gpu.threadIdx.x] = id(cuda_grid.gpu.shared.array((3, 3), float32))

    given = np.zeros((launches, threads), np.int64)
    for row in given:
        ask[1, threads](row)
    return given


def main(path):
    """Run all schemes in the simulator and write what they give to a file."""
    from hydrology.solver import cuda, cuda_grid

    # Threads of Python wait for each other by turns of this length; by default 5 ms.
    sys.setswitchinterval(1e-7)
    for kernels in cuda.SCHEMES.values():
        for dtype in kernels.blocks:
            kernels.blocks[dtype] = cuda_grid.Block(7, 9, (12, 1))
    results = {"shared_arrays": share_arrays(launches=2000, threads=12)}
    for scheme, order in SCHEMES:
        for dtype in DTYPES:
            run = run_small(scheme, order, dtype, "cuda")
            results |= {f"{scheme}-{order}-{dtype}-{name}": array for name, array in run.items()}
    np.savez(path, **results)


if __name__ == "__main__":
    main(sys.argv[1])

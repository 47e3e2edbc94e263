"""CUDA: every kernel compiles without a GPU, and a simulated GPU gives the flood of the CPU."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numba import cuda as numba_cuda

from hydrology.solver.simulation import Settings, simulate
from tests.hydrology.conftest import make_terrain, rough_ground
from tests.hydrology.small_runs import DTYPES, SCHEMES, run_small
from twin.errors import DeviceError

HOPPER = (9, 0)
"""Compute capability that kernels are compiled for."""

CLOSE = {"float32": 1e-5, "float64": 1e-12}
"""How far the two may lie apart: the CPU fuses products and sums, the simulator does not."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """What the simulated GPU gives: arrays by scheme, order, type and name."""
    path = tmp_path_factory.mktemp("cuda") / "runs.npz"
    simulator = {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.hydrology.small_runs", str(path)],
        env=os.environ | simulator,
        check=True,
    )
    with np.load(path) as file:
        return dict(file)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("scheme", "order"), SCHEMES)
def test_a_simulated_gpu_gives_the_flood_of_the_cpu(simulated, scheme, order, dtype):
    on_cpu = run_small(scheme, order, dtype, "cpu")
    for name, expected in on_cpu.items():
        if name == "owed":
            continue  # what rounding owes is below the last place of the depth
        given = simulated[f"{scheme}-{order}-{dtype}-{name}"]
        np.testing.assert_allclose(
            given, expected, rtol=CLOSE[dtype], atol=CLOSE[dtype], err_msg=name
        )


def test_the_simulated_threads_of_a_block_share_their_arrays(simulated):
    given = simulated["shared_arrays"]
    assert (given == given[:, :1]).all()


@pytest.mark.skipif(numba_cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_device_is_refused():
    with pytest.raises(DeviceError, match="use --device cpu"):
        simulate(make_terrain(rough_ground(8, 8)), seconds=10, settings=Settings(device="cuda"))


def ptx(kernel, signature):
    """Assembly of a kernel for a Hopper GPU."""
    pytest.importorskip("numba_cuda", reason="numba-cuda is not installed")
    text, _ = numba_cuda.compile_ptx(kernel.py_func, signature, cc=HOPPER)
    return text


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("scheme", "order", "has_openings"),
    [(*s, False) for s in SCHEMES] + [(*s, True) for s in SCHEMES[:2]],
)
def test_the_steps_of_each_scheme_compile(scheme, order, has_openings, dtype):
    from numba import from_dtype

    from hydrology.solver.cuda import SCHEMES as KERNELS
    from hydrology.solver.cuda_steps import advance_type, build_advance

    kernels, real = KERNELS[scheme, order], np.dtype(dtype)
    advance = build_advance(real, kernels.blocks[dtype], kernels, has_openings)
    text = ptx(advance, advance_type(from_dtype(real)))
    assert ".target sm_90" in text
    assert "cudaCGSynchronize" in text  # blocks wait for each other: many steps a launch


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("model", [None, 0, 1, 2, 3])
def test_the_end_of_a_visit_compiles_with_each_infiltration(model, dtype):
    from numba import from_dtype

    from hydrology.solver.cuda import SCHEMES as KERNELS
    from hydrology.solver.cuda_closing import build_closing, closing_type
    from hydrology.solver.cuda_sources import build_sources

    kernels = KERNELS[SCHEMES[0 if model is None else 1]]
    close = build_closing(
        kernels.blocks[dtype], kernels, build_sources(model, *(model is not None,) * 2)
    )
    assert ".target sm_90" in ptx(close, closing_type(from_dtype(np.dtype(dtype))))


@pytest.mark.parametrize("dtype", DTYPES)
def test_cells_of_structures_travel_by_kernels_that_compile(dtype):
    from numba import from_dtype

    from hydrology.solver import cuda_places
    from hydrology.solver.cuda_grid import Block

    real = from_dtype(np.dtype(dtype))
    scatter = cuda_places.build_scatter(Block(8, 29, (32, 4)))
    assert ".target sm_90" in ptx(cuda_places.gather, cuda_places.gather_type(real))
    assert ".target sm_90" in ptx(scatter, cuda_places.scatter_type(real))

"""Other open solvers on the same bed in the same run; each is optional, and none is needed.

Each runs in a process of its own, so that none bends the settings, the output or the memory of
another. The licences of landlab (MIT), ANUGA (Apache-2.0) and itzi-core (LGPL-2.1) bind only those
who install them: nothing else in Floodtwin imports them.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine
from benchmarks.beds import plain_egg_box
from benchmarks.pace import fastest_run
from hydrology.solver.simulation import Settings

LONGEST = 300.0
"""Time after which a peer is given up [s]."""


class Peer(NamedTuple):
    """A solver to stand beside.

    Parameters
    ----------
    name : str
        Of its distribution.
    module : str
        What it is imported as.
    python : (int, int)
        Oldest Python that it runs on.
    cells : int
        Cells, or triangles, of its bed at most.
    dtype : str
        What it computes in.
    scheme, order : str, int
        The scheme of ours that solves the same equations.
    bound : float or None
        How many times faster ours must be.
    """

    name: str
    module: str
    python: tuple
    cells: int
    dtype: str
    scheme: str
    order: int
    bound: float | None


PEERS = (
    Peer("landlab", "landlab", (3, 11), 1_000_000, "float64", "inertial", 1, 25.0),
    Peer("itzi-core", "itzi_core", (3, 12), 1_000_000, "float32", "inertial", 1, 10.0),
    Peer("anuga", "anuga", (3, 11), 360_000, "float64", "dynamic", 2, None),
)


def measure_peers(cells, tell, peers=PEERS):
    """Run each peer that is installed, and ours beside it.

    Parameters
    ----------
    cells : int
        Cells of the largest bed.
    tell : callable
        Is told in a few words what is being measured.
    peers : sequence of Peer
        Which.

    Returns
    -------
    rows : list of dict
        `name`, `version`, `dtype`, `cells`, `threads` and `mcups` of the peer; `ours_scheme`,
        `ours_order`, `ours_dtype`, `ours_mcups` of ours on the same bed and size; `ratio` of
        the two and its `bound`; `same_dtype_ratio`, with ours in the dtype of the peer.
    skipped : list of dict
        `name` and `reason` of each that could not be run.
    """
    rows, skipped = [], []
    for peer in peers:
        reason = _missing(peer)
        if reason is None:
            tell(f"{peer.name}, and ours beside it")
            theirs, reason = _run_apart(peer, min(cells, peer.cells))
        if reason is not None:
            skipped.append({"name": peer.name, "reason": reason})
            continue
        rows.append(_beside(peer, theirs))
    return rows, skipped


def _missing(peer):
    """Why a peer cannot run here; None where it can."""
    if sys.version_info[:2] < peer.python:
        wanted, here = (".".join(map(str, v[:2])) for v in (peer.python, sys.version_info))
        return f"needs Python {wanted}, this is {here}"
    if find_spec(peer.module) is None:
        return "not installed; pip install 'floodtwin[peers]'"
    return None


def _run_apart(peer, cells):
    """Result of a peer in a process of its own, or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        words = [sys.executable, "-m", "benchmarks.peer_runs", peer.name, str(cells), str(answer)]
        try:
            done = subprocess.run(
                words, cwd=folder, env=_environment(), capture_output=True, text=True,
                timeout=LONGEST, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None, f"was not done within {LONGEST:.0f} s"
        if done.returncode or not answer.exists():
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            return None, f"failed with code {done.returncode}: {last[0]}"
        return json.loads(answer.read_text()), None


def _environment():
    """Environment of this process without what our own kernels set in it."""
    environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}
    root = str(Path(__file__).resolve().parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    return environment


def _beside(peer, theirs):
    """Row of a peer, with ours on the same bed and size."""
    bed = plain_egg_box(theirs["cells"])
    ours = {dtype: _ours(peer, bed, dtype) for dtype in dict.fromkeys(("float32", peer.dtype))}
    return {
        "name": peer.name,
        "version": machine.installed(peer.name),
        "dtype": peer.dtype,
        **theirs,
        "ours_scheme": peer.scheme,
        "ours_order": peer.order,
        "ours_dtype": "float32",
        "ours_mcups": ours["float32"],
        "ratio": ours["float32"] / theirs["mcups"],
        "bound": peer.bound,
        "same_dtype_ratio": ours[peer.dtype] / theirs["mcups"],
    }


def _ours(peer, bed, dtype):
    settings = Settings(scheme=peer.scheme, order=peer.order, dtype=dtype, frame_seconds=1e9)
    return fastest_run(bed, settings).mcups

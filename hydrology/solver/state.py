"""The state of a run: everything that it needs to go on, in memory and as a file."""

import math
import os
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from hydrology.solver.boundaries import FreeOutflow
from hydrology.solver.ground import PAD
from twin.errors import InputError, MissingError

MODEL_VERSION = "shallow-water-5"
"""Changes whenever the same inputs would give another flood."""


OTHERS = {
    "outlets": "other free edges",
    "boundaries": "boundaries of another kind or slope, or at other cells",
    "terrain": "another terrain",
    "structures": "other structures, walls or open shares of faces",
    "roughness": "another roughness",
    "drains": "other drains or losses",
    "soil": "another soil",
}
"""What a state belongs to and knows by a digest, and the words for what differs."""


@dataclass(frozen=True)
class State:
    """End of a run.

    Parameters
    ----------
    arrays : dict of str to array
        Rasters of the device by name, padded by a ring: `flow` (3, ny + 2, nx + 2) with depth [m]
        and two discharges [m2 s-1], `owed`, maxima, memory of the soil; and short arrays of the
        ledger, the boundaries and the structures.
    seconds : float
        Time since the start of the run that made it [s].
    tick_seconds : int
        Unit of the times among the maxima [s].
    about : dict of str to str
        What run it belongs to: version, scheme, order, dtype, shape, grid, wet depth, and the
        digests of `belonging`. Rain and the series of boundaries are not among them: what comes
        after the state may be known better by now.
    """

    arrays: dict
    seconds: float = 0.0
    tick_seconds: int = 1
    about: dict = field(default_factory=dict)

    @property
    def depth(self):
        """Depth of the water, shape (ny, nx) [m]."""
        return self.arrays["flow"][0, PAD:-PAD, PAD:-PAD]

    def require(self, about):
        """Refuse to go on with a run of another kind or another grid.

        Raises
        ------
        InputError
            Something differs.
        """
        for name, expected in about.items():
            if self.about.get(name) == expected:
                continue
            if name in OTHERS:
                raise InputError(
                    f"the saved state belongs to a run with {OTHERS[name]}, expected the run that "
                    "goes on; change nothing in it but its hours, rain and series"
                )
            raise InputError(
                f"the saved state has {name} {self.about.get(name)}, expected {expected}; "
                "resume with the city, the settings and the version that saved it"
            )

    def require_arrays(self, expected):
        """Refuse arrays that are missing or that a run could not take over as they are.

        Parameters
        ----------
        expected : dict of str to array
            Arrays of the run.

        Raises
        ------
        InputError
            One is missing, or has another shape or another type.
        """
        for name, ours in expected.items():
            saved = self.arrays.get(name)
            what = "nothing" if saved is None else f"{saved.dtype} of shape {saved.shape}"
            if what != f"{ours.dtype} of shape {ours.shape}":
                raise InputError(
                    f"the saved state has {what} for {name}, expected {ours.dtype} of shape "
                    f"{ours.shape}; was it changed after it was saved?"
                )


def belonging(ground, boundaries, structures, soil):
    """Digests of all that a run must have in common with the run that goes on from its state.

    Parameters
    ----------
    ground : hydrology.solver.ground.Ground
    boundaries : sequence of Inflow, Stage or FreeOutflow
        Their kinds, cells, sides and slopes count, not their series.
    structures : hydrology.solver.structure_links.StructureTable
    soil : tuple or None
        Model and parameters of the infiltration.

    Returns
    -------
    dict of str to str
        By the names of `OTHERS`.
    """
    openings = ground.openings or (None,)
    links = structures.kinds, structures.owners, structures.cells, structures.parameters
    return {  # each may follow from those before it, so that the first one that differs tells why
        "outlets": _digest(ground.outlets),
        "boundaries": _digest(*(part for one in boundaries for part in _kind_and_place(one))),
        "terrain": _digest(ground.elevation, ground.datum, ground.roofs),
        "structures": _digest(*links, *openings),
        "roughness": _digest(ground.manning),
        "drains": _digest(ground.drain),
        "soil": _digest(*(soil or (None,))),
    }


def _kind_and_place(boundary):
    place = ("side", "slope") if isinstance(boundary, FreeOutflow) else ("rows", "columns")
    return type(boundary).__name__, *(getattr(boundary, name) for name in place)


def _digest(*parts):
    """Digest of arrays, numbers, words or None."""
    found = blake2b(digest_size=8)
    for part in parts:
        array = np.ascontiguousarray("" if part is None else part)
        found.update(f"{array.dtype} {array.shape} ".encode())
        found.update(array.reshape(-1).view(np.uint8) if array.size else b"")
    return found.hexdigest()


def save_state(state, path):
    """Write a state to a file, aside first, so that no half of it is ever there.

    Parameters
    ----------
    state : State
        What to write.
    path : str or Path
        The file.
    """
    path = Path(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    about = {f"about_{name}": np.array(value) for name, value in state.about.items()}
    try:
        with aside.open("wb") as file:
            np.savez(
                file, seconds=state.seconds, tick_seconds=state.tick_seconds, **about,
                **{f"array_{name}": value for name, value in state.arrays.items()},
            )  # fmt: skip
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def load_state(path):
    """Read a state that `save_state` wrote.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    State

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        It is no saved state, or is cut off.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as file:
            values = dict(file)
        seconds, tick_seconds = float(values["seconds"]), int(values["tick_seconds"])
        if not (math.isfinite(seconds) and seconds >= 0 and tick_seconds >= 1):
            raise ValueError(f"its time is {seconds:g} s in ticks of {tick_seconds} s")
        return State(
            arrays=_named(values, "array_"),
            seconds=seconds,
            tick_seconds=tick_seconds,
            about={name: str(value) for name, value in _named(values, "about_").items()},
        )
    except FileNotFoundError:
        raise MissingError(
            f"state {path} is not there, expected a file of simulate --save; check the path"
        ) from None
    except (OSError, ValueError, KeyError, EOFError, TypeError, BadZipFile) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"{path.name} is no saved state ({reason}), expected a file of simulate --save; "
            "is it cut off?"
        ) from None


def _named(values, prefix):
    return {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}

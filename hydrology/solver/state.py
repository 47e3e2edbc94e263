"""The state of a run: everything that it needs to go on, in memory and as a file."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from hydrology.solver.ground import PAD
from twin.errors import InputError, MissingError

MODEL_VERSION = "shallow-water-2"
"""Changes whenever the same inputs would give another flood."""


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
        What run it belongs to: version, scheme, order, dtype, grid.
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
            if self.about.get(name) != expected:
                raise InputError(
                    f"the saved state has {name} {self.about.get(name)}, expected {expected}; "
                    "resume with the city, the settings and the version that saved it"
                )


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
        return State(
            arrays=_named(values, "array_"),
            seconds=float(values["seconds"]),
            tick_seconds=int(values["tick_seconds"]),
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

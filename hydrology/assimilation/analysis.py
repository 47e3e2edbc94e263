"""Where every member stands at a time: what one forecast hands to the next."""

import json
import shutil
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from hydrology.forecast.perturbations import Factors
from hydrology.solver.state import State, load_state, save_state
from twin.errors import InputError, MissingError
from twin.exchange import put_in_place

KEPT = ("flow", "owed", "soil_memory")
"""Arrays of a state that the next run begins from; maxima and counters begin anew."""

ALIKE = ("scheme", "dtype", "shape", "grid")
"""What a run must have in common with the state that it begins from."""


@dataclass(frozen=True)
class Analysis:
    """All members at one time.

    Attributes
    ----------
    time : numpy.datetime64
        UTC.
    states : tuple of State
        Water of each member.
    factors : Factors
        Rain, roughness, losses and drains of each.
    seed : int
        Of the ensemble: member k goes on as member k.
    reports : tuple of dict
        What the observations of each window since the last cycle did.
    """

    time: np.datetime64
    states: tuple
    factors: Factors
    seed: int
    reports: tuple = ()

    @property
    def count(self):
        """Members."""
        return len(self.states)

    def first(self, count):
        """The same with its first members only, and without its reports: a cycle begins."""
        logs = {name: values[:count] for name, values in self.factors.logs.items()}
        factors = Factors(self.factors.x, self.factors.y, logs)
        return replace(self, states=self.states[:count], factors=factors, reports=())


def slim(state):
    """The part of a run's end that another begins from."""
    arrays = {name: state.arrays[name].copy() for name in KEPT if name in state.arrays}
    return State(arrays, about={name: state.about[name] for name in ALIKE})


def plain_report(report):
    """A `hydrology.assimilation.assimilation.Assimilated` as values that JSON carries."""
    values = asdict(report)
    for name in ("added", "removed"):
        values[f"{name}_m3"] = [round(float(volume), 3) for volume in values.pop(name)]
    for name in ("misfit_before", "misfit_after"):
        values[f"{name}_m"] = _finite(values.pop(name))
    return {**values, "time": f"{report.time.astype('datetime64[s]')}Z"}


def _finite(value):
    return round(float(value), 4) if np.isfinite(value) else None


def save_analysis(analysis, folder):
    """Write an analysis as a folder, aside first, in the place of one that is there.

    Parameters
    ----------
    analysis : Analysis
    folder : path-like
        Its files: ``analysis.json``, ``factors.npz``, ``member-000.npz`` and so on.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:8]}"
    aside.mkdir()
    try:
        for member, state in enumerate(analysis.states):
            save_state(state, aside / f"member-{member:03d}.npz")
        factors = analysis.factors
        np.savez(aside / "factors.npz", x=factors.x, y=factors.y, **factors.logs)
        about = {
            "time": f"{analysis.time.astype('datetime64[s]')}Z",
            "members": analysis.count,
            "seed": analysis.seed,
            "reports": list(analysis.reports),
        }
        (aside / "analysis.json").write_text(json.dumps(about, indent=1, allow_nan=False) + "\n")
        _replace(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _replace(aside, folder):
    """Put a folder in the place of another; a reader meets the old one or the new one."""
    old = aside.with_name(f"{aside.name}.old")
    put_in_place(aside, folder, old)
    shutil.rmtree(old, ignore_errors=True)


def analysis_time(folder):
    """Time of the analysis in a folder; None where there is none that can be read."""
    try:
        about = json.loads((Path(folder) / "analysis.json").read_text())
        return np.datetime64(str(about["time"]).removesuffix("Z"), "ns")
    except (OSError, ValueError, KeyError, TypeError):
        return None


def load_analysis(folder):
    """Read what `save_analysis` wrote.

    Raises
    ------
    MissingError
        There is none.
    InputError
        It is cut off or something else.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "analysis.json").read_text())
        count = int(about["members"])
        time = np.datetime64(str(about["time"]).removesuffix("Z"), "ns")
        with np.load(folder / "factors.npz", allow_pickle=False) as file:
            values = dict(file)
        x, y = values.pop("x"), values.pop("y")
        states = tuple(load_state(folder / f"member-{k:03d}.npz") for k in range(count))
        factors = Factors(x, y, {name: array[:count] for name, array in values.items()})
        return Analysis(time, states, factors, int(about["seed"]), tuple(about["reports"]))
    except FileNotFoundError:
        raise MissingError(
            f"no analysis at {folder}, expected one of an earlier forecast; start without it"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        if isinstance(error, (InputError, MissingError)):
            raise
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"{folder} is no analysis ({reason}), expected one of an earlier forecast; remove it "
            "and start without it"
        ) from None

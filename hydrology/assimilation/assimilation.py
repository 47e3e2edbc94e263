"""Sensors correct an ensemble, its water, rain and drains; what that adds is counted."""

from dataclasses import dataclass, field

import numpy as np

from hydrology.assimilation.background_check import check_background
from hydrology.assimilation.ensemble_filter import observe, relax_spread
from hydrology.assimilation.localisation import gaspari_cohn
from hydrology.forecast.perturbations import SPREAD, Factors
from hydrology.solver.ground import PAD, inner
from hydrology.solver.state import State

WATER_REACH = 400.0
"""Distance at which an observation no longer moves the water itself [m]."""

FACTOR_REACH = {"rainfall": 4000.0, "roughness": 1500.0, "losses": 3000.0, "drain_capacity": 1500.0}
"""Distance at which it no longer moves each factor [m]."""

RELAXATION = 0.5
"""Share of the factors' spread that is given back after each analysis."""

LEAST_SPREAD = 0.3
"""Share of their first spread that the factors never go below."""


@dataclass(frozen=True)
class Assimilated:
    """What the observations of one window did.

    Attributes
    ----------
    time : numpy.datetime64
        Of the analysis (UTC).
    used : tuple of str
        Stations that were assimilated.
    rejected : tuple of str
        One line for each observation that all others contradict.
    added, removed : (member,) arrays
        Water put in and taken out of each member [m3].
    misfit_before, misfit_after : float
        Root mean square of observation minus ensemble mean [m]; NaN without observations.
    factors : dict
        Mean factor and spread by name, see `hydrology.forecast.perturbations.Factors.summary`.
    """

    time: np.datetime64
    used: tuple = ()
    rejected: tuple = ()
    added: np.ndarray = field(default_factory=lambda: np.zeros(0))
    removed: np.ndarray = field(default_factory=lambda: np.zeros(0))
    misfit_before: float = np.nan
    misfit_after: float = np.nan
    factors: dict = field(default_factory=dict)


def assimilate(time, states, factors, observations, predicted, terrain, grid):
    """Correct all members by the observations of one window.

    Parameters
    ----------
    time : numpy.datetime64
        Of the states (UTC).
    states : sequence of hydrology.solver.state.State
        Of all members.
    factors : Factors
        Of all members.
    observations : sequence of hydrology.assimilation.observation_operator.Observation
        What was seen.
    predicted : (member, observation) array
        The same as each member has it [m].
    terrain : xarray.Dataset
        `initial_depth` says where permanent water is.
    grid : Grid
        Cells of the city.

    Returns
    -------
    states : tuple of State
    factors : Factors
    report : Assimilated

    Notes
    -----
    The serial ensemble square root filter (`hydrology.assimilation.ensemble_filter`) on a state
    that the factors augment, with the localisation of Hamill, Whitaker and Snyder (2001) by the
    weights of Gaspari and Cohn. An observation within the window moves the state at its end by the
    covariance between the two times, as in a 4-D filter (Hunt et al., 2004, Tellus 56A, 273-277).
    Depths that the linear update takes below zero become zero, which is counted with the rest in
    `added` and `removed`.
    """
    observations = [seen.against(predicted[:, n]) for n, seen in enumerate(observations)]
    rejected = check_background(predicted, observations, FACTOR_REACH["rainfall"])
    left = [n for n in range(len(observations)) if n not in {one.index for one in rejected}]
    seen, ensemble = [observations[n] for n in left], predicted[:, left].astype(float)
    before = _misfit(seen, ensemble)
    depths = [np.array(state.arrays["flow"][0]) for state in states]
    logs = {name: values.copy() for name, values in factors.logs.items()}
    places = np.array([one.place for one in seen]).reshape(-1, 2)
    river = _permanent(terrain, grid)
    for number, one in enumerate(seen):
        step = observe(ensemble[:, number], one.value, one.error)
        if step is None:
            continue
        _move_water(step, depths, one, grid, river)
        if not one.in_river:
            _move_factors(step, logs, factors.points, one)
        away = np.hypot(*(places - places[number]).T)
        ensemble += step.apply(ensemble, gaspari_cohn(away, FACTOR_REACH["drain_capacity"]))
    changed = [_corrected(state, depth) for state, depth in zip(states, depths, strict=True)]
    new_factors = Factors(factors.x, factors.y, _relaxed(factors.logs, logs))
    added, removed = _volumes(states, changed, terrain, grid)
    report = Assimilated(
        time=time,
        used=tuple(one.station for one in seen),
        rejected=tuple(one.reason for one in rejected),
        added=added,
        removed=removed,
        misfit_before=before,
        misfit_after=_misfit(seen, ensemble),
        factors=new_factors.summary(),
    )
    return tuple(changed), new_factors, report


def _misfit(seen, ensemble):
    if not seen:
        return float("nan")
    values = np.array([one.value for one in seen])
    return float(np.sqrt(((values - ensemble.mean(axis=0)) ** 2).mean()))


def _permanent(terrain, grid):
    if "initial_depth" not in terrain:
        return np.zeros(grid.shape, bool)
    return np.nan_to_num(terrain["initial_depth"].values) > 0


def _move_water(step, depths, one, grid, river):
    """Move the depths of all members around one observation, in place."""
    reach = int(WATER_REACH / grid.cell_size)
    top, bottom = max(one.row - reach, 0), min(one.row + reach + 1, grid.ny)
    left, right = max(one.column - reach, 0), min(one.column + reach + 1, grid.nx)
    y, x = np.mgrid[top:bottom, left:right]
    away = grid.cell_size * np.hypot(y - one.row, x - one.column)
    weight = gaspari_cohn(away, WATER_REACH) * (river[top:bottom, left:right] == one.in_river)
    window = (slice(top + PAD, bottom + PAD), slice(left + PAD, right + PAD))
    change = step.apply(np.stack([depth[window] for depth in depths]), weight)
    for depth, moved in zip(depths, change, strict=True):
        depth[window] += moved


def _move_factors(step, logs, points, one):
    """Move the factors of all members, in place."""
    away = np.hypot(points[:, 0] - one.place[0], points[:, 1] - one.place[1])
    for name, values in logs.items():
        weight = gaspari_cohn(away, FACTOR_REACH[name]).reshape(values.shape[1:])
        values += step.apply(values, weight)


def _relaxed(before, after):
    return {
        name: relax_spread(before[name], after[name], RELAXATION, LEAST_SPREAD * SPREAD[name])
        for name in after
    }


def _corrected(state, depth):
    """The state with another depth, none below zero, and no water where there was none of it."""
    flow = state.arrays["flow"].copy()
    flow[0] = np.maximum(depth, 0.0)
    dry = flow[0] <= 0
    flow[1][dry], flow[2][dry] = 0.0, 0.0
    about = {name: state.about[name] for name in ("scheme", "dtype", "shape", "grid")}
    return State({**state.arrays, "flow": flow}, state.seconds, state.tick_seconds, about)


def _volumes(before, after, terrain, grid):
    """Water that was put in and taken out of each member [m3]."""
    held = grid.cell_size**2
    if "porosity" in terrain:
        held = held * np.nan_to_num(terrain["porosity"].values, nan=1.0)
    added, removed = np.zeros(len(before)), np.zeros(len(before))
    for member, (old, new) in enumerate(zip(before, after, strict=True)):
        change = held * (
            inner(new.arrays["flow"][0]).astype(float) - inner(old.arrays["flow"][0]).astype(float)
        )
        added[member], removed[member] = change[change > 0].sum(), -change[change < 0].sum()
    return added, removed

"""Observations that all others speak against are left out and named."""

from dataclasses import dataclass

import numpy as np

from hydrology.assimilation.ensemble_filter import observe
from hydrology.assimilation.localisation import gaspari_cohn

SUSPECT, MISFIT = 3.0, 2.0
"""Departure, in its standard deviations, from the ensemble before and after all observations, from
which an observation has to be heard."""

CONTRADICTED = 4.0
"""The same against what all other observations make of the ensemble: it is rejected."""

FEW = 3
"""So many observations have a median; fewer cannot speak against the ensemble."""


@dataclass(frozen=True)
class Rejected:
    """An observation that was not believed: its index, and what was said against it."""

    index: int
    reason: str


def check_background(predicted, observations, reach):
    """Find the observations that contradict all others.

    Parameters
    ----------
    predicted : (member, observation) array
        What the members say that the sensors see.
    observations : sequence of hydrology.assimilation.observation_operator.Observation
        What they see.
    reach : float
        Distance over which they inform each other [m].

    Returns
    -------
    list of Rejected
        The worst first.

    Notes
    -----
    An observation far from the ensemble, or from what all make of it, is heard. All other
    sensors decide: they are assimilated without it, and where it is still further than
    `CONTRADICTED` from what they make of the ensemble, it is left out. The worst goes first and
    the rest are then heard again, so that one wrong sensor cannot speak against a good one.
    Where most sensors depart by more than chance, the ensemble is wrong and not they: all
    departures are then divided by their median over that of a normal law. So a flood that the
    ensemble missed altogether stays where several see it. A lone sensor is judged by the ensemble.
    """
    left, rejected = list(range(len(observations))), []
    while left:
        scale = _scale(predicted, observations, left)
        worst, most = None, CONTRADICTED
        for index in _suspects(predicted, observations, left, reach, scale):
            others = [other for other in left if other != index]
            ensemble = _after(predicted, observations, [index, *others], 1, reach)
            departure = abs(_departure(ensemble[:, 0], observations[index])) / scale
            if departure > most:
                worst, most = index, departure
        if worst is None:
            return rejected
        seen = observations[worst]
        rejected.append(
            Rejected(
                worst,
                f"{seen.station} saw {seen.value:.2f} m at {seen.time.astype('datetime64[s]')}Z, "
                f"the members {predicted[:, worst].mean():.2f} m; {most:.1f} standard deviations "
                "from what the other sensors say",
            )
        )
        left.remove(worst)
    return rejected


def _scale(predicted, observations, left):
    """How many times larger the departures are than chance would make them, at least one."""
    if len(left) < FEW:
        return 1.0
    departures = [abs(_departure(predicted[:, n], observations[n])) for n in left]
    return max(1.0, float(np.median(departures)) / 0.6745)


def _suspects(predicted, observations, left, reach, scale):
    """Observations far from the ensemble, or from the ensemble after all of them."""
    after = _after(predicted, observations, left, 0, reach)
    for number, index in enumerate(left):
        before = abs(_departure(predicted[:, index], observations[index])) / scale
        misfit = abs(_departure(after[:, number], observations[index])) / scale
        if before > SUSPECT or misfit > MISFIT:
            yield index


def _departure(predicted, seen):
    """Innovation over its standard deviation."""
    deviation = np.sqrt(predicted.var(ddof=1) + seen.error**2)
    return (seen.value - predicted.mean()) / deviation


def _after(predicted, observations, columns, first, reach):
    """Columns of the ensemble after the observations of all of them from `first` on."""
    ensemble = predicted[:, columns].astype(float)
    place = np.array([observations[column].place for column in columns])
    for number in range(first, len(columns)):
        seen = observations[columns[number]]
        step = observe(ensemble[:, number], seen.value, seen.error)
        if step is not None:
            weight = gaspari_cohn(np.hypot(*(place - place[number]).T), reach)
            ensemble += step.apply(ensemble, weight)
    return ensemble

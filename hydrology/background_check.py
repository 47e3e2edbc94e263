"""Observations that all others speak against are left out and named."""

from dataclasses import dataclass

import numpy as np

from hydrology.ensemble_filter import observe
from hydrology.localisation import gaspari_cohn

SUSPECT = 3.0
"""Innovation, in its standard deviations, from which an observation has to be heard."""

CONTRADICTED = 4.0
"""The same against what all other observations make of the ensemble: it is rejected."""


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
    observations : sequence of hydrology.observation_operator.Observation
        What they see.
    reach : float
        Distance over which they inform each other [m].

    Returns
    -------
    list of Rejected
        The worst first.

    Notes
    -----
    An innovation beyond `SUSPECT` standard deviations says that ensemble or sensor is wrong.
    All other sensors decide: they are assimilated without it, and where it is still further than
    `CONTRADICTED` from what they make of the ensemble, it is left out. The worst goes first and
    the rest are then heard again, so that one wrong sensor cannot speak against a good one. A
    flood that the ensemble missed altogether is seen by several sensors and stays. A sensor
    with no other in reach is judged by the ensemble alone.
    """
    left, rejected = list(range(len(observations))), []
    while True:
        worst, most = None, CONTRADICTED
        for index in left:
            if abs(_departure(predicted[:, index], observations[index])) <= SUSPECT:
                continue
            others = [other for other in left if other != index]
            departure = _seen_by_others(predicted, observations, index, others, reach)
            if abs(departure) > most:
                worst, most = index, abs(departure)
        if worst is None:
            return rejected
        seen = observations[worst]
        rejected.append(
            Rejected(
                worst,
                f"{seen.station} saw {seen.value:.2f} m at {seen.time}, the members "
                f"{predicted[:, worst].mean():.2f} m; {most:.1f} standard deviations from what "
                "the other sensors say",
            )
        )
        left.remove(worst)


def _departure(predicted, seen):
    """Innovation over its standard deviation."""
    deviation = np.sqrt(predicted.var(ddof=1) + seen.error**2)
    return (seen.value - predicted.mean()) / deviation


def _seen_by_others(predicted, observations, index, others, reach):
    """Departure of one observation from the ensemble after all others."""
    columns = [index, *others]
    ensemble = predicted[:, columns].copy()
    place = np.array([observations[column].place for column in columns])
    for number, other in enumerate(others, start=1):
        step = observe(ensemble[:, number], observations[other].value, observations[other].error)
        if step is not None:
            weight = gaspari_cohn(np.hypot(*(place - place[number]).T), reach)
            ensemble += step.apply(ensemble, weight)
    return _departure(ensemble[:, 0], observations[index])

"""The verbs of `learn`: parameters from past events, in shadow until they prove better."""

import getpass
from datetime import UTC, datetime

import pandas as pd

from service.learning.parameter_store import ParameterStore
from service.words.progress import Progress

METHOD = (
    "pattern search for the least CRPS of depths at sensors, without assimilation; judged on "
    "later events with it"
)
MOST_ISSUES = 6
"""Most issue times of one event."""


def learn_shadow(
    *,
    city,
    store,
    hours=1.0,
    members=4,
    every=30.0,
    most_runs=20,
    by_district=False,
    seed=1,
    quiet=False,
):
    """Learn parameters from the events in a store and try them on later ones, in shadow.

    Parameters
    ----------
    city : path-like
        Folder of a city package with sensors.
    store : path-like
        Observation store with rain and depths.
    hours : float
        Horizon of the hindcasts [h].
    members : int
        Of each ensemble.
    every : float
        Minutes between issue times.
    most_runs : int
        How many sets of factors may be tried.
    by_district : bool
        Whether districts may differ.
    seed : int
        Of the perturbations.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``version`` of the new set, its ``factors``, ``verdict`` and more. What forecasts are
        computed with does not change: that takes `learn_adopt`.

    Raises
    ------
    MissingError
        No city, no store, fewer than two events, or no depths.
    """
    from hydrology.forecast.parameter_sets import ParameterSet
    from hydrology.learning import propose, search_factors
    from hydrology.skill_gate import judge
    from service.learning.hindcasts import Hindcasts, find_events, rain_of, split_events
    from twin.city import open_city
    from twin.observations.store import ObservationStore

    package, kept = open_city(city), ParameterStore(city)
    observations = ObservationStore(store, create=False)
    in_force = kept.in_force()
    training, held_out = split_events(find_events(rain_of(observations)))
    hindcasts = Hindcasts(
        package,
        observations,
        hours=hours,
        members=members,
        every=pd.Timedelta(minutes=every),
        most_issues=MOST_ISSUES,
        seed=seed,
    )
    with Progress(f"learning from {package.name}", wanted=not quiet) as progress:
        tried = 0

        def evaluate(factors):
            nonlocal tried
            progress(tried, most_runs + 2)
            tried += 1
            return hindcasts.scores(training, ParameterSet(0, factors), assimilates=False)

        found = search_factors(
            evaluate, _plain(in_force), by_district=by_district, most_runs=most_runs
        )
        candidate = ParameterSet(0, found.factors)
        progress(most_runs, most_runs + 2)
        new = hindcasts.scores(held_out, candidate, assimilates=True)
        progress(most_runs + 1, most_runs + 2)
        old = hindcasts.scores(held_out, in_force, assimilates=True)
    earlier = kept.tries(in_force, {event.name for event in held_out})
    verdict = judge(new, old, tries=earlier + 1)
    made = kept.keep(
        lambda version: propose(
            found,
            in_force,
            version=version,
            learned_from=[event.name for event in training],
            held_out=[event.name for event in held_out],
            verdict=verdict,
            made=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            method=f"{METHOD}; {members} members, {hours:g} h, seed {seed}",
        )
    )
    return {"city": package.name, "compared_with": in_force.version, **_about(made, in_force)}


def learn_adopt(*, city, version, why, who=None, quiet=False):
    """Put a set in force that beat the one in force on held-out events.

    Parameters
    ----------
    city : path-like
        Folder of a city package.
    version : int
        See `learn_list`.
    why : str
        For the history.
    who : str, optional
        Default the user of this machine.
    quiet : bool
        Not used: there is nothing to wait for.

    Returns
    -------
    dict
        The entry of the history.

    Raises
    ------
    InputError
        It did not beat it, or was compared with another set.
    MissingError
        There is no such city or version.
    """
    del quiet
    return _opened(city).adopt(version, who=who or getpass.getuser(), why=why)


def learn_rollback(*, city, version, why, who=None, quiet=False):
    """Put a set in force again that was so before; 0 is the city as it is.

    Parameters
    ----------
    city, version, why, who, quiet
        As of `learn_adopt`.

    Returns
    -------
    dict
        The entry of the history.

    Raises
    ------
    InputError
        It never was in force, or its bytes have changed.
    MissingError
        There is no such city or version.
    """
    del quiet
    return _opened(city).roll_back(version, who=who or getpass.getuser(), why=why)


def learn_list(*, city, quiet=False):
    """All parameter sets of a city, which is in force, and the history.

    Parameters
    ----------
    city : path-like
        Folder of a city package.
    quiet : bool
        Not used: there is nothing to wait for.

    Returns
    -------
    dict
        ``in_force`` (version), ``sets`` and ``history``.

    Raises
    ------
    MissingError
        There is no such city.
    InputError
        A file of the store was changed.
    """
    del quiet
    store = _opened(city)
    in_force = store.in_force()
    sets = [_about(store.open(version), in_force) for version in store.versions()]
    return {"in_force": in_force.version, "sets": sets, "history": store.history()}


def _opened(city):
    from twin.city import open_city

    return ParameterStore(open_city(city).folder)


def _about(parameters, in_force):
    """A set as JSON carries it."""
    provenance = dict(parameters.provenance)
    return {
        "version": parameters.version,
        "sha256": parameters.digest,
        "state": "in force" if parameters.digest == in_force.digest else "shadow",
        "factors": _plain(parameters),
        "verdict": provenance.get("verdict"),
        "learned_from": provenance.get("learned_from", []),
        "held_out": provenance.get("held_out", []),
        "made": provenance.get("made"),
    }


def _plain(parameters):
    """Factors as plain values, to begin a search with or to show."""
    return {
        name: value if isinstance(value, float) else dict(value)
        for name, value in parameters.factors.items()
    }

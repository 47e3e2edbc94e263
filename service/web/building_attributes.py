"""One number for each building of a run, small enough to recolour a city at once."""

import numpy as np

from twin.errors import InputError, MissingError
from twin.hazard import UNKNOWN

NEVER = 65535
"""Of arrival: the water does not come. Of the others: not known."""

_LARGEST = NEVER - 1


def building_attribute(run, field):
    """Values of all buildings of a run.

    Parameters
    ----------
    run : twin.state.run_objects.RunObjects
        Of the city.
    field : str
        Key of `FIELDS`: ``max_depth`` [mm], ``hazard`` (AR&R H1 to H6 as 1 to 6, 0 dry),
        ``arrival`` [minutes since the start], ``damage`` (share of the value that the largest
        depth destroys, per mille).

    Returns
    -------
    numpy.ndarray
        uint16 little endian, a value for each row of the layer `buildings`; `NEVER` where the
        water does not arrive, or where nothing is known.

    Raises
    ------
    InputError
        There is no such field.
    MissingError
        The city has no layer `buildings`.
    """
    if field not in FIELDS:
        raise InputError(
            f"field is {field[:40]!r}, expected one of {', '.join(FIELDS)}; choose one of these"
        )
    if run.objects.layer("buildings") is None:
        raise MissingError(
            f"city {run.objects.city.name} has no layer of buildings, expected one; import it"
        )
    values = np.asarray(FIELDS[field](run), float)
    known = np.isfinite(values)
    rounded = np.clip(np.rint(np.where(known, values, 0.0)), 0, _LARGEST)
    return np.where(known, rounded, NEVER).astype("<u2")


def _max_depth(run):
    return run.largest("buildings") * 1000.0


def _hazard(run):
    classes = run.hazard("buildings")
    if classes is None:
        return np.full(len(run.objects.layer("buildings")), np.nan)
    return np.where(classes == UNKNOWN, np.nan, classes)


def _arrival(run):
    return run.arrival("buildings") / 60.0


def _damage(run):
    return run.damage.degree * 1000.0


FIELDS = {"max_depth": _max_depth, "hazard": _hazard, "arrival": _arrival, "damage": _damage}

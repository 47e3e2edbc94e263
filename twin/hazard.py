"""How dangerous water is to people, vehicles and buildings, from its depth and speed."""

import numpy as np

from twin.errors import InputError

UNKNOWN = 255
"""Class of water whose depth or speed is not known."""

DRY = 0.05
"""Water up to this depth is no flood and has class 0 [m]: the wet film of rain on a street."""

ARR_LIMITS = (
    (0.3, 0.3, 2.0),
    (0.6, 0.5, 2.0),
    (0.6, 1.2, 2.0),
    (1.0, 2.0, 2.0),
    (4.0, 4.0, 4.0),
)
"""H1 to H5 of AR&R: largest depth x speed [m2 s-1], depth [m] and speed [m s-1]; above is H6."""

ARR_MEANINGS = (
    "dry",
    "generally safe",
    "unsafe for small vehicles",
    "unsafe for vehicles, children and the elderly",
    "unsafe for people and vehicles",
    "unsafe for people and vehicles, buildings at risk",
    "unsafe for all, buildings may fail",
)
"""What classes 0 to 6 mean."""

DEFRA_LIMITS = (0.75, 1.25, 2.0)
"""Ratings from which water is a danger for some, for most, and for all."""

_DEBRIS = {"pasture": (0.0, 0.0, 0.5), "woodland": (0.0, 0.5, 1.0), "urban": (0.0, 1.0, 1.0)}


def debris_factor(depth, speed, surface="urban"):
    """How much floating debris adds to the hazard, as array of the inputs' shape [1].

    Parameters
    ----------
    depth, speed : array-like
        Of the water [m], [m s-1].
    surface : {"urban", "woodland", "pasture"}
        What the water comes from; ``"any"`` is the cautious choice where nobody knows.

    Raises
    ------
    InputError
        There is no such surface.

    Notes
    -----
    DEFRA and Environment Agency (2006), FD2321/TR1: 0 / 0 / 0.5 on pasture, 0 / 0.5 / 1 in
    woodland and 0 / 1 / 1 in towns for depths up to 0.25 m, up to 0.75 m and above; fast water
    (over 2 m/s) counts as the deepest band. Cautious: 0.5 up to 0.25 m, else 1.
    """
    depth, speed = np.asarray(depth, float), np.asarray(speed, float)
    if surface == "any":
        return np.where((depth > 0.25) | (speed > 2.0), 1.0, 0.5)
    if surface not in _DEBRIS:
        raise InputError(
            f"surface is {str(surface)[:40]!r}, expected any, {', '.join(_DEBRIS)}; choose one"
        )
    shallow, middle, deep = _DEBRIS[surface]
    factor = np.where(depth > 0.25, middle, shallow)
    return np.where((depth > 0.75) | (speed > 2.0), deep, factor)


def defra_rating(depth, speed, surface="urban"):
    """Hazard to people by DEFRA; 0 where it is dry, NaN where something is not known [m2 s-1].

    Parameters
    ----------
    depth, speed : array-like
        Of the water at one moment [m], [m s-1].
    surface : str
        As for `debris_factor`.

    Notes
    -----
    HR = d (v + 0.5) + DF: DEFRA and Environment Agency (2006), FD2320/TR2 and FD2321/TR1.

    Examples
    --------
    >>> float(defra_rating(0.5, 1.0)), round(float(defra_rating(0.2, 0.5)), 6)
    (1.75, 0.2)
    """
    depth, speed = np.asarray(depth, float), np.asarray(speed, float)
    rating = depth * (speed + 0.5) + debris_factor(depth, speed, surface)
    rating = np.where(depth > 0, rating, 0.0)
    return np.where(np.isfinite(depth) & np.isfinite(speed), rating, np.nan)


def defra_class(rating):
    """Degree of a rating, uint8: 0 low, 1 danger for some, 2 for most, 3 for all; `UNKNOWN`.

    Examples
    --------
    >>> defra_class([0.2, 1.0, 1.75, 2.5]).tolist()
    [0, 1, 2, 3]
    """
    rating = np.asarray(rating, float)
    # The limit itself belongs to the worse class.
    degree = np.searchsorted(DEFRA_LIMITS, np.nan_to_num(rating), side="right")
    return np.where(np.isfinite(rating), degree, UNKNOWN).astype(np.uint8)


def arr_class(depth, speed, depth_speed):
    """Hazard class of Australian Rainfall and Runoff, uint8.

    Parameters
    ----------
    depth, speed : array-like
        Largest depth and speed of the time looked at [m], [m s-1].
    depth_speed : array-like
        Running maximum of depth times speed [m2 s-1]: the product of both largest values would
        overstate it, for they seldom come together.

    Returns
    -------
    numpy.ndarray of uint8
        1 to 6 for H1 to H6; 0 up to a depth of `DRY`; `UNKNOWN` where an input is NaN.

    Notes
    -----
    Smith, Davey and Cox (2014), WRL Technical Report 2014/07, and AIDR Guideline 7-3 (2017):
    the first class whose three limits all hold.

    Examples
    --------
    >>> arr_class([0.4, 0.25, 1.0, 0.2], [1, 1.5, 0.5, 2.5], [0.4, 0.375, 0.5, 0.5]).tolist()
    [2, 2, 3, 5]
    """
    depth, speed, product = np.broadcast_arrays(
        np.asarray(depth, float), np.asarray(speed, float), np.asarray(depth_speed, float)
    )
    found = np.full(depth.shape, 6, np.uint8)
    for number, (most_product, most_depth, most_speed) in reversed(list(enumerate(ARR_LIMITS, 1))):
        holds = (product <= most_product) & (depth <= most_depth) & (speed <= most_speed)
        found[holds] = number
    found[depth <= DRY] = 0
    found[~(np.isfinite(depth) & np.isfinite(speed) & np.isfinite(product))] = UNKNOWN
    return found

"""A value before and after, and what lies between, as JSON carries it."""

import math

import numpy as np


def pair(base, other):
    """Two values and their difference; None where either is missing or not finite.

    Examples
    --------
    >>> pair(2, 5), pair(1.0, None)["difference"]
    ({'base': 2, 'scenario': 5, 'difference': 3}, None)
    """
    base, other = _plain(base), _plain(other)
    difference = None if None in (base, other) else _plain(other - base)
    return {"base": base, "scenario": other, "difference": difference}


def _plain(value):
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or not math.isfinite(value):
        return None
    return round(value, 4) if isinstance(value, float) else value

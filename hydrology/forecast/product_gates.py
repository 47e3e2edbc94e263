"""What a forecast must hold before anybody sees it."""

import math

import numpy as np

MASS_TOLERANCE = 1e-3
"""Largest error of the ledger, relative to all water."""

DEEPEST = 60.0
"""Depth that no street, river or pond of a city has [m]."""

CORRECTED = 0.5
"""Largest share of all water that sensors may have added or removed."""

_RANGES = {
    "max_depth_p10": (0.0, DEEPEST, "m"),
    "max_depth_p50": (0.0, DEEPEST, "m"),
    "max_depth_p90": (0.0, DEEPEST, "m"),
    "max_depth": (0.0, DEEPEST, "m"),
    "max_speed": (0.0, 60.0, "m s-1"),
    "exceedance_probability": (0.0, 1.0, "1"),
}


def check_product(dataset, ledger):
    """Reasons why a forecast must not be published.

    Parameters
    ----------
    dataset : xarray.Dataset
        As `hydrology.forecast.forecast.Forecast` has it.
    ledger : dict
        Water balance [m3] with ``relative_error``.

    Returns
    -------
    tuple of str
        One line each; empty where all is well. The last good forecast then stays.
    """
    return (*_mass(ledger), *_corrections(ledger), *_ranges(dataset), *_order(dataset))


def _mass(ledger):
    error = float(ledger.get("relative_error", math.nan))
    if not abs(error) <= MASS_TOLERANCE:
        yield (
            f"the mass error is {error:.3g} of all water, expected at most {MASS_TOLERANCE:g}; "
            "look at the run's ledger"
        )


def _corrections(ledger):
    moved = ledger.get("assimilated_added", 0.0) + ledger.get("assimilated_removed", 0.0)
    water = float(ledger.get("stored", math.nan))
    if moved > 0 and not moved <= CORRECTED * water:
        yield (
            f"sensors moved {moved:.0f} m3 of {water:.0f} m3 of water, expected at most "
            f"{CORRECTED:.0%}; look at the rejected and used sensors"
        )


def _ranges(dataset):
    outside = np.isnan(dataset["max_depth"].values)
    for name, (least, most, unit) in _RANGES.items():
        values = dataset[name].values
        missing = int((np.isnan(values) & ~outside).sum())
        if missing:
            yield f"{name} has {missing} NaN inside of the city, expected none; look at the members"
        infinite = int(np.isinf(values).sum())
        if infinite:
            yield f"{name} has {infinite} infinite values, expected none; look at the members"
            continue
        low, high = (
            float(f(values, initial=0.0, where=~np.isnan(values))) for f in (np.min, np.max)
        )
        if low < least or high > most:
            yield f"{name} goes from {low:.3g} to {high:.3g} {unit}, expected {least:g} to {most:g}"
    if outside.all():
        yield "max_depth is NaN everywhere, expected water or dry ground; look at the terrain"


def _order(dataset):
    """Quantiles rise, and deeper is never likelier."""
    p10, p50, p90 = (dataset[f"max_depth_p{n}"].values for n in (10, 50, 90))
    if (p10 > p50 + 1e-4).any() or (p50 > p90 + 1e-4).any():
        yield "the quantiles of the depth are not in order, expected p10 <= p50 <= p90"
    if (np.diff(dataset["exceedance_probability"].values, axis=0) > 1e-6).any():
        yield "a larger depth is likelier than a smaller one, expected the reverse"

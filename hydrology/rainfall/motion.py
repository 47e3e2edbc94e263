"""How rain moves: optical flow between radar fields, and fields carried along it."""

import contextlib
import io
import threading
from functools import cache

import numpy as np

from twin.units import MM_PER_HOUR

DRIZZLE = 0.1 * MM_PER_HOUR
"""Rain below this counts as none for flow and noise [m s-1]."""

DRY_DECIBELS = -15.0
"""Stands for no rain in decibels of mm/h; 5 dB below `DRIZZLE`."""

FASTEST = 50.0
"""Flow faster than this is cut [m s-1]: no storm travels so fast."""

_IMPORTING = threading.Lock()


def motion_field(rates, cell_size, step):
    """Optical flow of the rain.

    Parameters
    ----------
    rates : (time, y, x) array
        At least two fields, evenly spaced in time [m s-1]; NaN where nothing is known.
    cell_size : float
        Edge of a cell [m].
    step : float
        Time between two fields [s].

    Returns
    -------
    numpy.ndarray
        Cells a step, shape (2, y, x): to the east, to the south. Zero where nothing can be
        followed, for example where it is dry everywhere.

    Notes
    -----
    Shi-Tomasi corners followed by Lucas and Kanade's method, outliers removed, made dense by
    inverse distance, as in pysteps (Pulkkinen et al., 2019, Geosci. Model Dev. 12, 4185-4219).
    """
    follow = quiet_pysteps().motion.get_method("LK")
    motion = follow(np.ma.masked_invalid(decibels(rates)))
    speed = np.hypot(*motion)
    fastest = FASTEST * step / cell_size
    return motion * (fastest / np.maximum(speed, fastest))


def carry(field, motion, steps):
    """Carry a field along the motion, semi-Lagrangian.

    Parameters
    ----------
    field : (y, x) array
        [m s-1]; NaN where nothing is known.
    motion : (2, y, x) array
        Cells a step.
    steps : int or sequence of float
        That many whole steps ahead, or the steps ahead in rising order.

    Returns
    -------
    numpy.ndarray
        Shape (steps, y, x); NaN where the rain would come from outside of what is known.

    Notes
    -----
    Backward trajectories by the midpoint rule (Germann and Zawadzki, 2002, Mon. Wea. Rev. 130,
    2859-2873), in pysteps.
    """
    pysteps = quiet_pysteps()
    if not np.isfinite(field).any():
        count = steps if isinstance(steps, int) else len(steps)
        return np.full((count, *field.shape), np.nan)
    extrapolate = pysteps.extrapolation.get_method("semilagrangian")
    return extrapolate(np.asarray(field, float), motion, steps, allow_nonfinite_values=True)


def decibels(rates):
    """Decibels of mm/h of rates [m s-1], `DRY_DECIBELS` where it is dry; NaN stays."""
    rates = np.asarray(rates, float)
    wet = 10.0 * np.log10(np.maximum(rates, DRIZZLE) / MM_PER_HOUR)
    return np.where(np.isnan(rates), np.nan, np.where(rates >= DRIZZLE, wet, DRY_DECIBELS))


def from_decibels(values):
    """Rates [m s-1] of decibels of mm/h; NaN stays."""
    lowest = 10.0 * np.log10(DRIZZLE / MM_PER_HOUR)
    rates = MM_PER_HOUR * 10.0 ** (np.asarray(values, float) / 10.0)
    return np.where(values < lowest - 1e-6, 0.0, rates)


def quiet_pysteps():
    """The pysteps package, kept from printing on standard output.

    Returns
    -------
    module

    Notes
    -----
    On import it prints where its settings lie, and it prints tables while it computes. The
    first goes nowhere; for the second its modules get a `print` of their own that does nothing,
    so that the standard output of other threads is left alone while a nowcast runs.
    """
    with _IMPORTING:
        return _import_pysteps()


@cache
def _import_pysteps():
    with contextlib.redirect_stdout(io.StringIO()):
        import pysteps
        from pysteps.nowcasts import steps, utils
        from pysteps.utils import check_norain

    for module in (steps, utils, check_norain):
        module.print = _say_nothing
    return pysteps


def _say_nothing(*words, **options):
    """Print nothing."""

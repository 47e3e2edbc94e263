"""Future rain by persistence, perturbed member by member: the first ensemble."""

import numpy as np

from hydrology.rainfall.grid import rainfall_dataset
from twin.grid import Grid

CONTROL = 0
"""The member that is not perturbed."""


def persist(
    observed,
    times,
    *,
    member,
    seed,
    decay_hours=1.5,
    spread=0.5,
    shift_m=1000.0,
    memory_seconds=1200.0,
):
    """Carry the latest rain on, dying away, a little different in each member.

    Parameters
    ----------
    observed : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] up to the newest reading.
    times : (n,) array of datetime64
        Start of each future interval (UTC), evenly spaced.
    member : int
        0 is the control; member k is the same whatever the number of members.
    seed : int
        Seed of the ensemble.
    decay_hours : float
        Time in which the rain falls to 1/e [h].
    spread : float
        Standard deviation of the logarithm of a member's factor; its mean factor is one.
    shift_m : float
        Standard deviation of a member's displacement, east and north [m].
    memory_seconds : float
        How much of the past is averaged [s].

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` at `times` on the grid of `observed`.

    Notes
    -----
    Eulerian persistence is the reference that a nowcast has to beat (Germann and Zawadzki, 2002,
    Mon. Wea. Rev. 130, 2859-2873); its skill at the scale of a city is gone within an hour or
    two, which the decay states openly. Errors of rain estimates multiply and are close to
    lognormal (Ciach, Krajewski and Villarini, 2007, J. Hydrometeor. 8, 1325-1347). The three
    numbers are choices, not fits: they stand until a nowcast takes the place of this function.
    """
    grid = Grid.of(observed)
    step = _step(observed["time"].values)
    recent = max(1, round(memory_seconds / step))
    field = observed["rainfall_rate"].values[-recent:].mean(axis=0, dtype=float)
    field = perturb(field, grid.cell_size, member=member, seed=seed, spread=spread, shift_m=shift_m)
    newest = observed["time"].values[-1] + np.timedelta64(round(step * 1e9), "ns")
    times = np.asarray(times, "datetime64[ns]")
    lead = (times - newest) / np.timedelta64(1, "s") + step / 2
    fading = np.exp(-np.maximum(lead, 0.0) / (decay_hours * 3600.0))
    return rainfall_dataset(times, fading[:, None, None] * field, grid)


def perturb(field, cell_size, *, member, seed, spread=0.5, shift_m=1000.0):
    """Scale and shift rain as a member sees it.

    Parameters
    ----------
    field : (..., y, x) array
        Rates; all fields of a series get the same factor and displacement.
    cell_size : float
        Edge of a cell [m].
    member, seed : int
        The control comes back as it is.
    spread, shift_m : float
        See `persist`.

    Returns
    -------
    numpy.ndarray
        Never negative; NaN nowhere unless in `field`.
    """
    from scipy.ndimage import shift

    if member == CONTROL:
        return field
    generator = np.random.default_rng([seed, member])
    factor = np.exp(spread * generator.standard_normal() - 0.5 * spread**2)
    moved = shift_m * generator.standard_normal(2) / cell_size
    moved = (*[0.0] * (np.ndim(field) - 2), *moved)
    return np.maximum(factor * shift(field, moved, order=1, mode="nearest"), 0.0)


def _step(times):
    """Length of an interval [s]; 10 minutes where there is only one."""
    return 600.0 if len(times) < 2 else float((times[1] - times[0]) / np.timedelta64(1, "s"))

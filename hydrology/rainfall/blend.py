"""Rain ahead: the nowcast first, then more and more the numerical forecast."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from hydrology.rainfall.ensemble import CONTROL, persist, perturb
from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.intervals import interval_means
from hydrology.rainfall.nowcast import INTERVAL, RadarNowcast
from hydrology.rainfall.provenance import BLENDED, EXTRAPOLATED, NUMERICAL, PERSISTENCE
from hydrology.rainfall.radar import onto, step_of
from twin.grid import Grid


def nowcast_weight(lead, hours):
    """Weight of a nowcast beside a numerical forecast.

    Parameters
    ----------
    lead : array
        Time since the newest radar field [s].
    hours : float
        How far the nowcast goes [h].

    Returns
    -------
    numpy.ndarray
        1 over the first half of the nowcast, falling evenly to 0 at its end: of six hours, from
        3 h to 6 h.

    Notes
    -----
    A line, as in the simplest of the schemes of pysteps; the skill of extrapolation falls below
    that of numerical rain after some hours (Golding, 1998, Meteorol. Appl. 5, 1-16, which could
    not be read here). Where both differ in place, the mean of both is smoother than either.

    Examples
    --------
    >>> nowcast_weight(np.array([0.0, 3.0, 4.5, 6.0]) * 3600, 6.0).tolist()
    [1.0, 1.0, 0.5, 0.0]
    """
    share = np.asarray(lead, float) / (hours * 3600.0)
    return np.clip(2.0 * (1.0 - share), 0.0, 1.0)


@dataclass(frozen=True)
class RainAhead:
    """Rain of the hours ahead, member by member, from the best source at each lead and place.

    Calling it as ``ahead(observed, times, member=, seed=)`` gives what
    `hydrology.forecast.forecast.forecast` asks of its `future_rain`.

    Attributes
    ----------
    nowcast : RadarNowcast or None
        None where there is no radar to follow.
    numerical : xarray.Dataset or None
        ``rainfall_rate`` (time, y, x) [m s-1] of a numerical forecast, in any reference system,
        each the mean from its time to the next.
    degraded : tuple of str
        What is missing or replaced.
    """

    nowcast: RadarNowcast | None
    numerical: xr.Dataset | None
    degraded: tuple

    def __call__(self, observed, times, *, member, seed):
        """Rain ahead on the grid of the observed rain.

        Parameters
        ----------
        observed : xarray.Dataset
            ``rainfall_rate`` (time, y, x) [m s-1] up to now.
        times : (n,) array of datetime64
            Start of each interval ahead (UTC).
        member, seed : int
            Which member of which ensemble; 0 is not perturbed.

        Returns
        -------
        xarray.Dataset
            ``rainfall_rate`` at `times`, known everywhere: where neither source knows, the
            latest rain persists, dying away.
        """
        grid, times = Grid.of(observed), np.asarray(times, "datetime64[ns]")
        nowcast = self._from_nowcast(grid, times, member, seed)
        numerical = self._from_numerical(grid, times, member, seed)
        rates = np.where(np.isnan(nowcast), numerical, nowcast)
        both = np.isfinite(nowcast) & np.isfinite(numerical)
        weight = np.broadcast_to(self._weight(times), rates.shape)[both]
        rates[both] = weight * nowcast[both] + (1.0 - weight) * numerical[both]
        if np.isnan(rates).any():
            held = persist(observed, times, member=member, seed=seed)["rainfall_rate"].values
            rates = np.where(np.isnan(rates), held, rates)
        return rainfall_dataset(times, rates, grid)

    def sources(self, observed, times, *, seed):
        """Who says the rain of each interval, as far as one word can tell.

        Parameters
        ----------
        observed, times, seed
            As for a call.

        Returns
        -------
        list of str
            By who knows at least half of the city: ``"extrapolated"`` (the nowcast),
            ``"numerical"``, ``"blended"`` of both, or ``"persistence"`` where neither does.
        """
        grid, times = Grid.of(observed), np.asarray(times, "datetime64[ns]")
        carried = np.isfinite(self._from_nowcast(grid, times, CONTROL, seed)).mean(axis=(1, 2))
        foretold = np.isfinite(self._from_numerical(grid, times, CONTROL, seed)).mean(axis=(1, 2))
        names = {(1, 1): BLENDED, (1, 0): EXTRAPOLATED, (0, 1): NUMERICAL, (0, 0): PERSISTENCE}
        has_both, weight = (carried >= 0.5) & (foretold >= 0.5), self._weight(times)[:, 0, 0]
        has_nowcast = (carried >= 0.5) & ~(has_both & (weight == 0.0))
        has_numerical = (foretold >= 0.5) & ~(has_both & (weight == 1.0))
        return [names[pair] for pair in zip(has_nowcast, has_numerical, strict=True)]

    def _weight(self, times):
        if self.nowcast is None:
            return np.zeros((times.size, 1, 1))
        lead = (times - self.nowcast.issue) / np.timedelta64(1, "s") + INTERVAL / 2
        return nowcast_weight(lead, self.nowcast.hours)[:, None, None]

    def _from_nowcast(self, grid, times, member, seed):
        if self.nowcast is None:
            return np.full((times.size, *grid.shape), np.nan)
        return self.nowcast.ahead(grid, times, member=member, seed=seed)

    def _from_numerical(self, grid, times, member, seed):
        if self.numerical is None:
            return np.full((times.size, *grid.shape), np.nan)
        rates = onto(self.numerical, grid)
        means = interval_means(rates, times, INTERVAL, step_of(self.numerical))
        return perturb(means, grid.cell_size, member=member, seed=seed)

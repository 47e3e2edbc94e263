"""Rain of the next hours out of radar: carried along its motion, and a STEPS ensemble of it."""

import math
import zlib

import numpy as np

from hydrology.rainfall.ensemble import CONTROL, persist, perturb
from hydrology.rainfall.grid import rainfall_dataset
from hydrology.rainfall.intervals import interval_means
from hydrology.rainfall.motion import (
    DRIZZLE,
    carry,
    decibels,
    from_decibels,
    motion_field,
    quiet_pysteps,
)
from hydrology.rainfall.radar import around, onto, step_of
from twin.errors import InputError, MissingError
from twin.grid import Grid
from twin.units import MM_PER_HOUR

FIELDS_USED = 3
"""Radar fields that flow and noise are estimated from; two must do where one is missing."""

LONGEST = 6.0
"""Hours ahead that a nowcast may be asked for [h]."""

CASCADE_LEVELS = 6
THRESHOLD_DECIBELS = 10.0 * math.log10(DRIZZLE / MM_PER_HOUR)
INTERVAL = 600.0

COARSE_CELLS = 128
"""To a side of the window of the first look at the motion, about."""

FASTER = 1.25
"""Perturbed motion goes beyond the one seen; the window allows for so much."""

MOST_TOLD = 256
"""Answers over the city that a nowcast keeps."""


class RadarNowcast:
    """Rain ahead of the newest radar field, made once, asked member by member.

    Parameters
    ----------
    radar : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] in any reference system, NaN where not known;
        time is the start of each interval. What is newer than the issue time must not be in it.
    grid : Grid
        Cells of the city; rain is followed in a window around it, see `radar_rain.around`.
    hours : float
        How far ahead [h].
    bias : float
        Factor on the radar, see `radar_gauge.mean_field_bias`.

    Attributes
    ----------
    issue : numpy.datetime64
        End of the newest field (UTC).
    step : float
        Time between two fields [s].
    window : Grid
        Where rain is followed, in the city's CRS.
    rates : numpy.ndarray
        The fields used, shape (time, y, x) [m s-1].
    motion : numpy.ndarray
        Cells a step, shape (2, y, x).
    has_texture : bool
        Whether there is rain enough for STEPS.
    degraded : tuple of str
        What a reader must know.

    Raises
    ------
    MissingError
        Fewer than two radar fields follow each other, or they are all the same.
    InputError
        The radar does not reach the city, or the hours make no sense.

    Notes
    -----
    Member 0 is the newest field carried along the motion, nothing else. The others are STEPS
    (Seed, 2003, J. Appl. Meteorol. 42, 381-388; Bowler, Pierce and Seed, 2006, Q. J. R.
    Meteorol. Soc. 132, 2127-2155) as in pysteps: six cascade levels in decibels, AR(2) in
    Lagrangian coordinates, noise with the spectrum of the newest field, motion perturbed as in
    Bowler et al., rain only near rain, and the distribution of the newest field kept. Where it
    has just begun to rain, or rains in a corner of the window only, they are the extrapolation
    scaled and shifted (`rain_ensemble.perturb`). Member k is the same whatever the number.
    """

    def __init__(self, radar, grid, *, hours=3.0, bias=1.0):
        if not 0 < hours <= LONGEST:
            raise InputError(
                f"a nowcast over {hours:g} h was asked, expected more than 0 and at most "
                f"{LONGEST:g} h; use a numerical forecast beyond"
            )
        self.step = step_of(radar)
        recent, self.degraded = _newest_run(radar, self.step)
        self.issue = _after(recent["time"].values[-1], self.step)
        if _repeats(recent["rainfall_rate"].values):
            raise MissingError(
                f"the radar fields up to {self.issue.astype('datetime64[m]')}Z repeat each other, "
                "expected rain that moves; check whether the feed stands still"
            )
        self.window = _window(recent, grid, hours, self.step)
        self.rates = bias * onto(recent, self.window)["rainfall_rate"].values.astype(float)
        if not np.isfinite(self.rates[-1]).any():
            raise MissingError(
                f"the radar field of {recent['time'].values[-1]} knows nothing around the city, "
                "expected rain or dryness; check the feed"
            )
        self.motion = motion_field(self.rates, self.window.cell_size, self.step)
        self.hours = hours
        self._told = {}
        self.has_texture = _has_texture(self.rates)
        if not self.has_texture and (self.rates[-1] >= DRIZZLE).any():
            self.degraded += ("rain: too little for a STEPS ensemble, members are shifted",)

    def fields(self, steps, *, member=CONTROL, seed=0):
        """Rates of the steps ahead on the whole window.

        Parameters
        ----------
        steps : int
            How many, each of length `step`.
        member : int
            0 is the extrapolation; others are STEPS.
        seed : int
            Of the ensemble.

        Returns
        -------
        numpy.ndarray
            Shape (steps, y, x) [m s-1]; NaN where the rain would come from what is not known.
        """
        if member == CONTROL or not self.has_texture:
            carried = carry(self.rates[-1], self.motion, steps)
            return perturb(carried, self.window.cell_size, member=member, seed=seed)
        return self._steps(steps, zlib.crc32(f"{seed} {member}".encode()))

    def ahead(self, target, times, *, member=CONTROL, seed=0):
        """Mean rates over intervals of ten minutes on a grid of the city.

        Parameters
        ----------
        target : Grid
            Cells wanted, inside of the window.
        times : (n,) array of datetime64
            Start of each interval (UTC).
        member, seed : int
            See `fields`.

        Returns
        -------
        numpy.ndarray
            Shape (n, y, x) [m s-1]; NaN beyond the hours of the nowcast and where the rain would
            come from what is not known. Times before `issue` show the radar itself. A cycle asks
        for each member more than once, so the answers are kept.
        """
        times = np.asarray(times, "datetime64[ns]")
        asked = (target, times.tobytes(), member, seed)
        if asked not in self._told:
            if len(self._told) >= MOST_TOLD:
                self._told.pop(next(iter(self._told)))
            self._told[asked] = self._ahead(target, times, member, seed)
        return self._told[asked].copy()

    def _ahead(self, target, times, member, seed):
        last = (times[-1] - self.issue) / np.timedelta64(1, "s") + INTERVAL
        steps = math.ceil(min(last, self.hours * 3600.0) / self.step)
        shown = self.rates
        if steps > 0:
            shown = np.concatenate((shown, self.fields(steps, member=member, seed=seed)))
        first = self.issue - np.timedelta64(round(len(self.rates) * self.step), "s")
        moments = first + (np.arange(len(shown)) * self.step * 1e9).astype("timedelta64[ns]")
        series = onto(rainfall_dataset(moments, shown, self.window), target)
        return interval_means(series, times, INTERVAL, self.step)

    def __call__(self, observed, times, *, member, seed):
        """Rain ahead for a forecast; what is not known comes from persistence.

        Parameters
        ----------
        observed : xarray.Dataset
            ``rainfall_rate`` (time, y, x) [m s-1] of the city up to now.
        times : (n,) array of datetime64
            Start of each interval ahead (UTC).
        member, seed : int
            Which member of which ensemble.

        Returns
        -------
        xarray.Dataset
            ``rainfall_rate`` at `times` on the grid of `observed`.
        """
        grid = Grid.of(observed)
        rates = self.ahead(grid, times, member=member, seed=seed)
        unknown = np.isnan(rates)
        if unknown.any():
            held = persist(observed, times, member=member, seed=seed)["rainfall_rate"].values
            rates = np.where(unknown, held, rates)
        return rainfall_dataset(times, rates, grid)

    def _steps(self, count, seed):
        forecast = quiet_pysteps().nowcasts.get_method("steps")
        values = decibels(self.rates)
        values[:, np.isnan(values).any(axis=0)] = np.nan
        members = forecast(
            values,
            self.motion,
            count,
            n_ens_members=1,
            n_cascade_levels=CASCADE_LEVELS,
            ar_order=len(values) - 1,
            precip_thr=THRESHOLD_DECIBELS,
            kmperpixel=self.window.cell_size / 1000.0,
            timestep=self.step / 60.0,
            seed=seed,
        )
        return from_decibels(members[0])


def _window(recent, grid, hours, step):
    """Where rain is followed: as far around the city as it travels, by a first coarse look."""
    wide = around(grid, recent, hours, most_cells=COARSE_CELLS)
    motion = motion_field(onto(recent, wide)["rainfall_rate"].values, wide.cell_size, step)
    speed = float(np.percentile(np.hypot(*motion), 95)) * wide.cell_size / step
    return around(grid, recent, hours, speed=FASTER * speed)


def _newest_run(radar, step):
    """The newest fields that follow each other at `step`, and what is to be said of them."""
    times = radar["time"].values
    even = np.diff(times) == np.timedelta64(round(step * 1e9), "ns")
    gaps = np.flatnonzero(~even)
    first = gaps[-1] + 1 if gaps.size else 0
    first = max(first, times.size - FIELDS_USED)
    count = times.size - first
    if count < 2:
        raise MissingError(
            f"{count} radar field follows the last gap, expected at least 2 so that motion can be "
            "seen; wait for the next one"
        )
    notes = () if count == FIELDS_USED else ("rain: motion seen in two radar fields only",)
    return radar.isel(time=slice(first, None)), notes


def _repeats(rates):
    """Whether wet fields are the same to the last digit, as no two scans ever are."""
    wet = (rates[-1] >= DRIZZLE).any()
    return bool(wet and all(np.array_equal(rates[-1], one, equal_nan=True) for one in rates[:-1]))


def _has_texture(rates):
    """Whether the two newest fields hold rain enough for the statistics of STEPS.

    Where they do not, pysteps takes the rain for clutter and forecasts none, so it is not asked.
    """
    check = quiet_pysteps().utils.check_norain.check_norain
    fields = decibels(rates[-2:])
    return not any(check(field, THRESHOLD_DECIBELS, 0.0, "tukey", False) for field in fields)


def _after(time, seconds):
    return time.astype("datetime64[ns]") + np.timedelta64(round(seconds * 1e9), "ns")

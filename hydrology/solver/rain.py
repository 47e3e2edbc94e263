"""Rain on the grid of a simulation: which raster falls when."""

import numpy as np

from hydrology.solver.ground import PAD
from hydrology.solver.sources import Rain
from twin.errors import InputError
from twin.fields import require


class RainOnGrid:
    """The rainfall rate of each cell, interval by interval.

    Parameters
    ----------
    rainfall : xarray.Dataset or None
        `rainfall_rate` (time, y, x) [m s-1]; each rate holds from its time to the next, the last
        as long as the one before it. The grid may be coarser than the terrain; rates between its
        centres are bilinear, beyond them those of the nearest centre. None is a dry run.
    ground : Ground
        The city.
    start : numpy.datetime64
        Time zero of the simulation.

    Raises
    ------
    InputError
        Rates are missing, negative or not finite, or times do not go forward.
    """

    def __init__(self, rainfall, ground, start):
        self._ground, self._shown = ground, None
        self._rates, self._changes = None, np.array([np.inf])
        rows = ground.elevation.shape[0]
        nothing = np.zeros((1, ground.elevation.shape[1]), np.float32)
        self._none = Rain(nothing, np.zeros(rows, np.int64), np.zeros(rows, np.float32), False)
        self._rain = self._none
        if rainfall is None:
            return
        self._rates = _checked_rates(rainfall)
        seconds = _seconds_since(rainfall["time"].values, start)
        last = seconds[-1] + (seconds[-1] - seconds[-2] if seconds.size > 1 else np.inf)
        self._changes = np.append(seconds, last)
        north_to_south = _place_between(-np.asarray(rainfall["y"]), -ground.grid.y)
        self._rows = tuple(np.pad(part, PAD, mode="edge") for part in north_to_south)
        self._columns = _place_between(np.asarray(rainfall["x"]), ground.grid.x)

    @property
    def nbytes(self):
        """Memory of the rain of an interval [bytes]."""
        return sum(part.nbytes for part in self._rain[:3])

    def next_change(self, seconds):
        """Time of the next change of the rate after `seconds` [s]; infinity when none."""
        later = self._changes[self._changes > seconds + 1e-6]
        return float(later[0]) if later.size else np.inf

    def at(self, seconds):
        """Rain at a time, see `sources.Rain`; the last one is kept until it changes."""
        index = int(np.searchsorted(self._changes, seconds + 1e-6, side="right")) - 1
        falls = self._rates is not None and 0 <= index < len(self._rates)
        wanted = index if falls else None
        if wanted != self._shown:
            self._rain = self._none if wanted is None else self._fall(self._rates[index])
            self._shown = wanted
        return self._rain

    def _fall(self, rates):
        """Rain of one raster: its rows stay as they are, its columns become those of the city."""
        columns = np.pad(_interpolate(rates.T, *self._columns).T, ((0, 0), (PAD, PAD)), mode="edge")
        rates = np.ascontiguousarray(columns, np.float32)
        if not rates.any():
            return self._none
        rain = Rain(rates, self._rows[0].astype(np.int64), self._rows[1].astype(np.float32), True)
        return self._from_roofs(rain) if self._ground.roofs.size else rain

    def _from_roofs(self, rain):
        """Let the rain on closed buildings fall on the open ground beside them: cell by cell."""
        raster = _interpolate(rain.rates, rain.before, rain.share)
        falling, roofs = raster.ravel(), self._ground.roofs
        on_roofs = falling[roofs].copy()
        falling[roofs] = 0
        np.add.at(falling, self._ground.roofs_to, on_roofs)
        rows = len(raster)
        return Rain(raster, np.arange(rows), np.zeros(rows, np.float32), True)


def _checked_rates(rainfall):
    rates = np.asarray(require(rainfall, "rainfall_rate")["rainfall_rate"], np.float32)
    times = rainfall["time"].values
    if len(times) > 1 and not (np.diff(times) > np.timedelta64(0, "ns")).all():
        raise InputError(
            "the rain's times do not go forward, expected each later than the one before it; "
            "sort the series and drop repeated times"
        )
    return rates


def _seconds_since(times, start):
    return (times.astype("datetime64[ns]") - start.astype("datetime64[ns]")) / np.timedelta64(
        1, "s"
    )


def _place_between(centres, targets):
    """Index of the centre before each target, and how far the target is on to the next one."""
    place = np.interp(targets, centres, np.arange(centres.size))
    before = np.minimum(place.astype(int), max(centres.size - 2, 0))
    return before, (place - before).astype(np.float32)


def _interpolate(rates, before, share):
    """Linear between the rows of `rates`; where two are equal it is exactly their value."""
    after = np.minimum(before + 1, len(rates) - 1)
    return rates[before] + share[:, None] * (rates[after] - rates[before])

"""A series of rain, interval by interval from the best source that knows it."""

import numpy as np

from hydrology.rainfall.gauges import INTERVAL, RANGE, interpolate
from hydrology.rainfall.grid import covering_grid
from hydrology.rainfall.intervals import interval_means
from hydrology.rainfall.nowcast import RadarNowcast
from hydrology.rainfall.radar import end_of, onto, step_of
from hydrology.rainfall.radar_gauge import mean_field_bias, merge
from twin.errors import MissingError

LONGEST_STAND_IN = 3600.0
"""How far a gap may be bridged by the fields before it [s]."""

HOUR = round(3600.0 / INTERVAL)


class Pieces:
    """Intervals of rain and how each was made; the order is that of `hydrology.rainfall.sources`.

    Parameters
    ----------
    grid : Grid
        Cells of the city.
    times : (n,) array of datetime64
        Start of each interval of ten minutes (UTC).
    gauges : hydrology.rainfall.observed.KnownGauges
        May have no gauge.
    radar, numerical : xarray.Dataset or None
        ``rainfall_rate`` (time, y, x) [m s-1] in any reference system.

    Attributes
    ----------
    cover : Grid
        Cells of the rain.
    rates : numpy.ndarray
        Shape (n, y, x) [m s-1]; NaN where `methods` is "".
    methods : list of str
        How each interval was made; "" where nobody knows.
    bias : float
        Mean field bias of the newest hour.
    bias_notes : list of str
        What is to be said of it.
    """

    def __init__(self, grid, times, gauges, radar, numerical):
        self.cover = covering_grid(grid)
        self._grid, self._times, self._radar = grid, times, radar
        self._places, self._values = gauges.places, gauges.matrix(times)
        self._seen = self._over_city(radar)
        self._foretold = self._over_city(numerical)
        self._at_gauges = np.full(self._values.shape, np.nan)
        if radar is not None and len(gauges.places):
            self._at_gauges = radar_at(radar, gauges.places, self.cover.crs, times)
        self.rates, self.methods = np.full_like(self._seen, np.nan), [""] * times.size
        self._biases = [self._bias(index) for index in range(times.size)]
        self.bias, note = self._biases[-1]
        self.bias_notes = [note] if note else []
        for index in range(times.size):
            self.rates[index], self.methods[index] = self._observed(index)
        for index in np.flatnonzero([not method for method in self.methods]):
            self._stand_in(index)

    def _over_city(self, rainfall):
        if rainfall is None:
            return np.full((self._times.size, *self.cover.shape), np.nan, np.float32)
        near = onto(rainfall, self.cover)
        return interval_means(near, self._times, INTERVAL, step_of(rainfall))

    def _bias(self, index):
        recent = slice(max(0, index + 1 - HOUR), index + 1)
        return mean_field_bias(self._values[recent], self._at_gauges[recent], INTERVAL)

    def _observed(self, index):
        """Radar and gauges, radar, or gauges of one interval; "" where there is neither."""
        if np.isfinite(self._seen[index]).all():
            merged = merge(
                self._seen[index].astype(float),
                self._at_gauges[index],
                self._values[index],
                self._places,
                self.cover,
                bias=self._biases[index][0],
            )
            return merged.rate, merged.method
        if np.isfinite(self._values[index]).any():
            return interpolate(self._values[index], self._places, self.cover, RANGE)
        return np.nan, ""

    def _stand_in(self, index):
        """Fill an interval that nobody observed, as well as can be."""
        for way, name in (
            (self._carried, "nowcast"),
            (self._of_numerical, "numerical forecast"),
            (self._held, "held"),
        ):
            found = way(index)
            if found is not None and np.isfinite(found).all():
                self.rates[index], self.methods[index] = found, name
                return

    def _carried(self, index):
        """The last radar field before, carried along its motion."""
        if self._radar is None:
            return None
        before = self._radar.isel(time=self._radar["time"].values < self._times[index])
        if not before.sizes["time"]:
            return None
        away = (self._times[index] - end_of(before, step_of(self._radar))) / np.timedelta64(1, "s")
        if away + INTERVAL > LONGEST_STAND_IN:
            return None
        try:
            nowcast = RadarNowcast(before, self._grid, hours=1.0, bias=self._biases[index][0])
        except MissingError:
            return None
        return nowcast.ahead(self.cover, self._times[index : index + 1])[0]

    def _of_numerical(self, index):
        return self._foretold[index]

    def _held(self, index):
        """The last observed field before."""
        known = [k for k in range(index) if self.methods[k] not in ("", "held")]
        if not known or (index - known[-1]) * INTERVAL > LONGEST_STAND_IN:
            return None
        return self.rates[known[-1]]


def radar_at(radar, places, crs, times):
    """Radar at places, interval by interval.

    Parameters
    ----------
    radar : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] in any reference system.
    places : (n, 2) array
        x, y in `crs` [m].
    crs : str
        Reference system of the places.
    times : (t,) array of datetime64
        Start of each interval of ten minutes (UTC).

    Returns
    -------
    numpy.ndarray
        Shape (t, n) [m s-1], bilinear; NaN outside of the radar's reach.
    """
    from pyproj import Transformer
    from scipy.interpolate import RegularGridInterpolator

    x, y = places.T
    if radar.attrs["crs"] != crs:
        x, y = Transformer.from_crs(crs, radar.attrs["crs"], always_xy=True).transform(x, y)
    axes, points = (-radar["y"].values, radar["x"].values), np.column_stack((-y, x))
    found = np.full((times.size, len(places)), np.nan)
    means = interval_means(radar, times, INTERVAL, step_of(radar))
    for index in np.flatnonzero(np.isfinite(means).any(axis=(1, 2))):
        look = RegularGridInterpolator(axes, means[index], bounds_error=False)
        found[index] = look(points)
    return found

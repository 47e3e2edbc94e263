"""How much rain fell near a place in the hours before a time, as far as the gauges tell."""

from dataclasses import dataclass

import numpy as np

from twin.quality.neighbours import nearest

BIN_SECONDS = 600
"""Rain is counted in steps of 10 minutes."""

GAUGES = 4
"""How many gauges speak for a place."""

LEAST_COVER = 0.8
"""Share of a period that a gauge must have reported to say that it was dry."""

_NANOMETRES = 1e9


@dataclass(frozen=True)
class Weather:
    """Rain of all gauges in steps of 10 minutes, and which gauges are near each series.

    Attributes
    ----------
    first_bin : int
        Number of the first step since 1970.
    depth : (steps + 1, gauges) int64 array
        Rain from the beginning to the start of each step [nm]. Whole numbers, so that a sum
        does not depend on where the readings begin.
    cover : (steps + 1, gauges) int64 array
        Seconds reported from the beginning to the start of each step [s].
    gauges : (series, near) int array
        Gauges near each series, nearest first, -1 where there are no more.
    """

    first_bin: int
    depth: np.ndarray
    cover: np.ndarray
    gauges: np.ndarray

    def rain_before(self, series, time, period):
        """Least and most rain that the near gauges had in the period before each time.

        Parameters
        ----------
        series : (n,) int array
        time : (n,) int64 array
            [ms since 1970]; steps that end at or before it count.
        period : (n,) float array
            [s]; NaN gives "not known".

        Returns
        -------
        least, most : (n,) float arrays
            [m]; 0 where nobody reported. It was dry if the most is little, and surely wet at
            the place itself, between cells of a storm, only if the least is much. The least is
            of gauges that reported enough of the period.
        is_known : (n,) bool array
            A near gauge reported at least `LEAST_COVER` of the period. Silence is not dry.
        """
        most, is_known = np.zeros(time.size), np.zeros(time.size, bool)
        least = np.full(time.size, np.inf)
        if not self.depth.size:
            return most, most, is_known
        steps = np.nan_to_num(period) // BIN_SECONDS
        last = time // (BIN_SECONDS * 1000) - self.first_bin
        end, start = (
            np.clip(bins, 0, len(self.depth) - 1).astype(int) for bins in (last, last - steps)
        )
        for column in self.gauges.T:
            gauge = column[series]
            has_gauge = (gauge >= 0) & np.isfinite(period)
            fallen = (self.depth[end, gauge] - self.depth[start, gauge]) / _NANOMETRES
            covered = self.cover[end, gauge] - self.cover[start, gauge]
            most = np.where(has_gauge, np.maximum(most, fallen), most)
            knows = has_gauge & (covered >= LEAST_COVER * steps * BIN_SECONDS) & (steps > 0)
            least = np.where(knows, np.minimum(least, fallen), least)
            is_known |= knows
        return np.where(is_known, least, 0.0), most, is_known


def weather_of(rain, series, stations, radius):
    """Weather for some series from usable rain readings.

    Parameters
    ----------
    rain : SeriesArrays
        Usable readings of ``rainfall_rate`` [m s-1], each the mean over its cadence.
    series : SeriesArrays
        Whose weather is asked for.
    stations : GeoDataFrame or None
        ``station_id``, perhaps ``source_id``, and points. None: no weather is known.
    radius : float
        How far a gauge may be [m].

    Returns
    -------
    Weather
    """
    is_rain = (rain.keys["property"] == "rainfall_rate").to_numpy()
    near = nearest(series.keys, rain.keys[is_rain], stations, radius=radius, most=GAUGES)
    if not rain.time.size:
        empty = np.zeros((0, len(rain.keys)), np.int64)
        return Weather(0, empty, empty, near)
    last_bin = -(-rain.time // (BIN_SECONDS * 1000))
    first, count = last_bin.min() - 1, last_bin.max() - last_bin.min() + 1
    row, column = last_bin - first - 1, (np.cumsum(is_rain) - 1)[rain.series]
    cadence = np.nan_to_num(rain.limit("cadence"), nan=BIN_SECONDS)
    depth, cover = np.zeros((2, count + 1, max(1, int(is_rain.sum()))), np.int64)
    np.add.at(depth, (row + 1, column), np.rint(rain.value * cadence * _NANOMETRES).astype(int))
    np.add.at(cover, (row + 1, column), cadence.astype(int))
    return Weather(int(first), depth.cumsum(axis=0), cover.cumsum(axis=0), near)

"""Tests that look at one series alone: range, spike, rate, flat line, unit, time."""

import numpy as np

from twin.quality.flags import grade
from twin.quality.series import rolling, steps, window_starts

REPEATS = 3
"""Times that a peak must have come before, to be no spike."""

LEAST_DUST = 6
"""Readings smaller than a sensor resolves from which its unit is doubted."""

UNIT_FACTORS = (100.0, 0.01)
"""A centimetre taken for a metre, and the other way round."""


def gross_range(arrays):
    """Flags of values outside of what can be (4) or is usual (3).

    Notes
    -----
    QARTOD, Manual for Real-Time Quality Control of Water Level Data, 2.1 (2021), gross range
    test. The manual itself could not be read here; checked against the tests of ioos_qc.
    """
    fail, suspect = arrays.limit("range_fail"), arrays.limit("range_suspect")
    return grade(
        np.isfinite(fail).any(axis=1) | np.isfinite(suspect).any(axis=1),
        _outside(arrays.value, suspect),
        _outside(arrays.value, fail),
    )


def climatology(arrays):
    """Flags of values outside of what is usual in their month (3), in UTC.

    Notes
    -----
    QARTOD climatology test. The rule holds lowest and highest for January to December.
    """
    month = arrays.time.astype("datetime64[ms]").astype("datetime64[M]").astype(int) % 12
    pairs = arrays.limit("climatology").reshape(-1, 12, 2)
    limits = pairs[np.arange(month.size), month]
    return grade(np.isfinite(limits).all(axis=1), _outside(arrays.value, limits))


def _outside(value, limits):
    return (value < limits[:, 0]) | (value > limits[:, 1])


def spike(arrays):
    """Flags of single values that stand out from both of their neighbours in time.

    Notes
    -----
    ``|v - r| - |a - b| / 2`` above the threshold, where a and b are the neighbours and r lies
    between them at the time of v. That is the spike test of GTSPP, which other than the first
    QARTOD form (``|v - (a + b) / 2|``) lets a step pass; the formula was checked in the
    documentation of CoTeDe. Interpolating in time is ours, for uneven spacing. The newest
    reading has no successor and is not evaluated before the next one comes. Where it stood out
    by as much and at equal distance before (pumps in a sump), it is suspect at most; ours too.
    """
    before, after = steps(arrays)
    near = _is_near(arrays, before) & _is_near(arrays, after)
    left, right = arrays.value[before], arrays.value[after]
    span = np.maximum(arrays.time[after] - arrays.time[before], 1)
    share = (arrays.time - arrays.time[before]) / span
    height = np.abs(arrays.value - (left + share * (right - left))) - np.abs(right - left) / 2
    suspect, fail = arrays.limit("spike_suspect"), arrays.limit("spike_fail")
    fail = (height > fail) & ~_is_regular(arrays, near & (height > suspect), height)
    return grade(near & np.isfinite(suspect), height > suspect, fail)


def _is_regular(arrays, stands_out, height):
    """Whether a value stood out so `REPEATS` times before, as high and at equal distance."""
    result = np.zeros(height.size, bool)
    found = np.flatnonzero(stands_out)
    if found.size <= REPEATS:
        return result
    past = np.stack([found[k : found.size - REPEATS + k] for k in range(REPEATS + 1)])
    apart, heights = np.diff(arrays.time[past], axis=0) / 1000, height[past]
    is_even = np.ptp(apart, axis=0) <= 0.5 * apart.min(axis=0)
    is_alike = np.ptp(heights, axis=0) <= 0.25 * heights.max(axis=0)
    is_recent = apart.sum(axis=0) <= 86400.0
    is_one = arrays.series[past[0]] == arrays.series[past[-1]]
    result[past[-1]] = is_even & is_alike & is_recent & is_one
    return result


def rate_of_change(arrays, is_spike):
    """Flags of values that changed faster than water can.

    Parameters
    ----------
    arrays : SeriesArrays
    is_spike : (n,) bool array
        Values that are wrong already: the way back from a spike is no fault of the next value.

    Notes
    -----
    QARTOD rate of change test, with limits per second in place of standard deviations, so that
    a calm series does not make its first flood suspect.
    """
    before, _ = steps(arrays)
    previous = np.where(before >= 0, is_spike[before], False)
    near = _is_near(arrays, before) & ~previous
    seconds = np.maximum(arrays.time - arrays.time[before], 1) / 1000
    rate = np.abs(arrays.value - arrays.value[before]) / seconds
    suspect, fail = arrays.limit("rate_suspect"), arrays.limit("rate_fail")
    return grade(near & np.isfinite(suspect), rate > suspect, rate > fail)


def _is_near(arrays, neighbour):
    """Whether there is a neighbour in time, and no gap before it."""
    apart = np.abs(arrays.time[neighbour] - arrays.time) / 1000
    return (neighbour >= 0) & (apart > 0) & (apart <= arrays.limit("gap"))


def flat_line(arrays, weather):
    """Flags of values that have not moved for long.

    Notes
    -----
    QARTOD flat line test: the value and all before it within a time (there, a count) are
    equal within a tolerance. Three things are ours. Values not above `flat_above` may stand
    still: no rain and dry roads. Where the rules ask for `flat_rain`, a value fails only if so
    much rain fell at all gauges near it meanwhile; without it, or without gauges, it is suspect
    at most. And with so much rain a value is suspect after the shorter `flat_wet`.
    """
    above = arrays.limit("flat_above")
    moves = np.isnan(above) | (arrays.value > above)
    suspect, evaluated = _is_flat(arrays, arrays.limit("flat_suspect"))
    fail, _ = _is_flat(arrays, arrays.limit("flat_fail"))
    in_rain, _ = _is_flat(arrays, arrays.limit("flat_wet"))
    enough = arrays.limit("flat_rain")
    rain, _, _ = weather.rain_before(arrays.series, arrays.time, arrays.limit("flat_fail"))
    fail &= np.isnan(enough) | (rain >= enough)
    rain, _, _ = weather.rain_before(arrays.series, arrays.time, arrays.limit("flat_wet"))
    suspect |= in_rain & (rain >= enough)
    return grade(evaluated | suspect, suspect & moves, fail & suspect & moves)


def _is_flat(arrays, window):
    """Whether the values of a window are equal, and whether it is full of them."""
    extent, is_full = moving_range(arrays, window)
    return is_full & (extent <= arrays.limit("flat_tolerance")), is_full


def moving_range(arrays, window):
    """Range of the values in a window [SI], and whether readings fill that window.

    Parameters
    ----------
    arrays : SeriesArrays
    window : (n,) float array
        Length [s].

    Returns
    -------
    extent : (n,) float array
    is_full : (n,) bool array
        The window reaches back to its first cadence and has half of its readings.
    """
    highest = rolling(arrays, arrays.value, window, "max")
    extent = highest - rolling(arrays, arrays.value, window, "min")
    start = window_starts(arrays, window)
    count = np.arange(start.size) - start + 1
    cadence = arrays.limit("cadence")
    reach = (arrays.time - arrays.time[start]) / 1000
    is_full = (reach >= window - cadence) & (count >= 0.5 * window / cadence)
    return extent, is_full


def attenuated_signal(arrays, weather):
    """Flags of levels that hardly moved although much rain fell.

    Notes
    -----
    QARTOD attenuated signal test in its form with a range. That it holds only where rain
    should have moved the water is ours: a calm drain in dry weather is no fault.
    """
    window = arrays.limit("attenuated_window")
    extent, is_full = moving_range(arrays, window)
    rain, _, is_known = weather.rain_before(arrays.series, arrays.time, window)
    is_wet = is_known & (rain >= arrays.limit("attenuated_rain"))
    return grade(is_full & is_known, is_wet & (extent < arrays.limit("attenuated_range")))


def unit_mixed_up(arrays):
    """Flags of values that were meant in another unit of length.

    Notes
    -----
    Three signs, none from a manual: a value that is not zero, but smaller than any sensor
    resolves (0.012 "cm"), as are all others of the last day that are not zero (noise about zero
    has both signs, and water soon rises), or as are most of them, at least `LEAST_DUST`, and the
    value could be a hundredfold: such a sensor is wrong in a flood too; one out of range
    that fits it when divided by 100; and one that is a hundred times, or a
    hundredth of, its predecessor.
    """
    smallest, limits = arrays.limit("unit_smallest"), arrays.limit("range_fail")
    is_length = arrays.of_property("water_depth", "water_level")
    day = np.full(arrays.value.size, 86400.0)
    is_dust = (arrays.value > 0) & (rolling(arrays, arrays.value, day, "max") < smallest)
    is_dust &= rolling(arrays, arrays.value, day, "min") >= 0
    is_dust |= _is_of_dusty_station(arrays, day, smallest) & ~_outside(arrays.value * 100, limits)
    usual = np.where(
        np.isfinite(arrays.limit("range_suspect")), arrays.limit("range_suspect"), limits
    )
    is_hundredfold = _outside(arrays.value, limits) & ~_outside(arrays.value / 100, usual)
    return grade(is_length, is_dust | is_hundredfold | _jumps_by_unit(arrays))


def _is_of_dusty_station(arrays, day, smallest):
    """Values above zero of a series most of whose values of the last day are too small."""
    nonzero = np.where(arrays.value > 0, arrays.value, np.nan)
    dust = np.where(nonzero < smallest, nonzero, np.nan)
    small = np.nan_to_num(rolling(arrays, dust, day, "count"))
    most = small > 0.5 * rolling(arrays, nonzero, day, "count")
    has_no_sign = rolling(arrays, arrays.value, day, "min") >= 0
    return (arrays.value > 0) & (small >= LEAST_DUST) & most & has_no_sign


def _jumps_by_unit(arrays):
    before, _ = steps(arrays)
    previous = np.abs(arrays.value[before])
    size = np.abs(arrays.value)
    # below a decimetre a hundredfold is noise over a dry zero, not a unit
    is_large = np.maximum(previous, size) >= 0.5
    near = _is_near(arrays, before) & is_large & (np.minimum(previous, size) >= 0.005)
    ratio = np.divide(size, previous, out=np.ones(size.size), where=previous > 0)
    return near & np.any([np.abs(ratio / f - 1) < 0.1 for f in UNIT_FACTORS], axis=0)


def timing(arrays):
    """Flags of readings whose time is after their own receipt (3): a clock runs ahead.

    Notes
    -----
    What arrives late is no fault of the value; see `twin.quality.clocks` for clocks that lag.
    """
    ahead = (arrays.time - arrays.received) / 1000
    skew = arrays.limit("skew")
    return grade(np.isfinite(skew), ahead > skew)

"""Members -> quantiles, probabilities and arrival: what an ensemble says of each cell."""

import zlib

import numpy as np

QUANTILES = (0.1, 0.5, 0.9)
THRESHOLDS = (0.1, 0.3, 0.5, 1.0)
"""Depths whose exceedance is counted [m]."""

BLOCK_ROWS = 64
_NO_WATER = np.uint16(65535)


def depth_quantiles(max_depth, quantiles=QUANTILES):
    """Quantiles over the members, shape (quantile, y, x) [m].

    Parameters
    ----------
    max_depth : (member, y, x) array
        Largest depth of each member [m]; NaN where no water can be.
    quantiles : sequence of float
        Between 0 and 1.
    """
    result = np.empty((len(quantiles), *max_depth.shape[1:]), np.float32)
    for top in range(0, max_depth.shape[1], BLOCK_ROWS):
        rows = slice(top, top + BLOCK_ROWS)
        # sorted by hand: NaN goes last, so cells without water stay NaN, and it is quicker
        ordered = np.sort(max_depth[:, rows], axis=0)
        for number, quantile in enumerate(quantiles):
            result[number, rows] = _between(ordered, quantile)
    return result


def exceedance(max_depth, thresholds=THRESHOLDS):
    """Share of members deeper than each threshold, shape (threshold, y, x); NaN stays NaN."""
    nowhere = np.isnan(max_depth[0])
    result = np.empty((len(thresholds), *max_depth.shape[1:]), np.float32)
    for number, threshold in enumerate(thresholds):
        count = np.zeros(nowhere.shape, np.float32)
        for member in max_depth:
            count += member > threshold
        result[number] = count / len(max_depth)
        result[number][nowhere] = np.nan
    return result


def median_arrival(arrival):
    """Median arrival over the members that get wet, shape (y, x) [s]; NaN where none does.

    Parameters
    ----------
    arrival : (member, y, x) array
        First time deeper than the wet threshold [s]; NaN if never.
    """
    result = np.empty(arrival.shape[1:], np.float32)
    for top in range(0, arrival.shape[1], BLOCK_ROWS):
        rows = slice(top, top + BLOCK_ROWS)
        ordered = np.sort(arrival[:, rows], axis=0)  # NaN last
        wet = np.isfinite(ordered).sum(axis=0)
        low, high = np.maximum(wet - 1, 0) // 2, np.maximum(wet, 1) // 2
        middle = [np.take_along_axis(ordered, place[None], axis=0)[0] for place in (low, high)]
        result[rows] = (middle[0] + middle[1]) / 2
    return result


def most_typical(max_depth, median):
    """Index of the member whose largest depths lie nearest to the median in the mean."""
    distances = [float(np.nanmean(np.abs(member - median))) for member in max_depth]
    return int(np.argmin(distances))


class PackedFrames:
    """Depth over time of one member in whole millimetres, rounded down, compressed in memory.

    A frame of a million cells takes some hundred kilobytes, so that all members can be kept
    until it is known which of them is the most typical.
    """

    def __init__(self):
        self.seconds, self._frames, self._shape = [], [], None

    def take(self, index, seconds, depth, speed):
        """Keep a frame; the signature is that of the solver's `sink`."""
        del index, speed
        # down, so that no frame is deeper than the maximum; float64, where the product is exact
        millimetres = np.floor(np.clip(depth, 0, 65.0).astype(np.float64) * 1000)
        packed = np.where(np.isnan(depth), _NO_WATER, np.nan_to_num(millimetres).astype(np.uint16))
        self.seconds.append(seconds)
        self._shape = depth.shape
        self._frames.append(zlib.compress(packed.astype(np.uint16).tobytes(), 1))

    def unpack(self):
        """Depth over time, shape (time, y, x) [m]; NaN where no water can be."""
        result = np.empty((len(self._frames), *self._shape), np.float32)
        for number, frame in enumerate(self._frames):
            packed = np.frombuffer(zlib.decompress(frame), np.uint16).reshape(self._shape)
            result[number] = packed / np.float32(1000)  # rounds no value above what was packed
            result[number][packed == _NO_WATER] = np.nan
        return result


def _between(ordered, quantile):
    """Linear interpolation between the sorted members (numpy's default method)."""
    place = quantile * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])

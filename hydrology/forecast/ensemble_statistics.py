"""Members -> quantiles, probabilities and arrival: what an ensemble says of each cell."""

import numpy as np

QUANTILES = (0.1, 0.5, 0.9)
THRESHOLDS = (0.1, 0.3, 0.5, 1.0)
"""Depths whose exceedance is counted [m]."""

BLOCK_ROWS = 64


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


def arrival_quantiles(arrival, quantiles=QUANTILES):
    """Quantiles over the members that get wet, shape (quantile, y, x) [s]; NaN where none does.

    Parameters
    ----------
    arrival : (member, y, x) array
        First time deeper than the wet threshold [s]; NaN if never.
    quantiles : sequence of float
        Between 0 and 1.
    """
    result = np.empty((len(quantiles), *arrival.shape[1:]), np.float32)
    for top in range(0, arrival.shape[1], BLOCK_ROWS):
        rows = slice(top, top + BLOCK_ROWS)
        ordered = np.sort(arrival[:, rows], axis=0)  # NaN last
        last = np.maximum(np.isfinite(ordered).sum(axis=0) - 1, 0)
        for number, quantile in enumerate(quantiles):
            place = quantile * last
            low = place.astype(int)
            share = (place - low).astype(np.float32)
            ends = [
                np.take_along_axis(ordered, at[None], axis=0)[0]
                for at in (low, np.minimum(low + 1, last))
            ]
            result[number, rows] = ends[0] + share * (ends[1] - ends[0])
    return result


class Exceedance:
    """Counts, member by member, how many are deeper than each threshold.

    Parameters
    ----------
    thresholds : sequence of float
        [m].
    """

    def __init__(self, thresholds=THRESHOLDS):
        self.thresholds, self.members = thresholds, 0
        self._counts = self._nowhere = None

    def add(self, max_depth):
        """Count a member by its largest depths, shape (y, x) [m]; NaN where no water can be."""
        if self._counts is None:
            self._counts = np.zeros((len(self.thresholds), *max_depth.shape), np.uint16)
            self._nowhere = np.isnan(max_depth)
        for count, threshold in zip(self._counts, self.thresholds, strict=True):
            count += max_depth > threshold
        self.members += 1

    def probability(self):
        """Share of members deeper than each threshold, (threshold, y, x); NaN stays NaN."""
        result = (self._counts / np.float32(self.members)).astype(np.float32)
        result[:, self._nowhere] = np.nan
        return result


def most_typical(max_depth, median):
    """Index of the member whose largest depths lie nearest to the median in the mean."""
    distances = [float(np.nanmean(np.abs(member - median))) for member in max_depth]
    return int(np.argmin(distances))


def _between(ordered, quantile):
    """Linear interpolation between the sorted members (numpy's default method)."""
    place = quantile * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])

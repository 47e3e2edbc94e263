"""Fields and frames of members as whole small units, compressed in memory."""

import zlib

import numpy as np

_NO_WATER = np.uint16(65535)
_MOST = 65534

DEPTH_UNIT = 1e-3
"""Depths, speeds and hazards are kept in thousandths [m, m s-1, m2 s-1], rounded down."""


class PackedField:
    """A field over (y, x) in whole units, rounded down; NaN stays NaN.

    A field of a million cells takes some hundred kilobytes, so that those of all members can be
    kept. Above 65534 units it is held there.

    Parameters
    ----------
    values : (y, x) array
        Not negative; NaN where no water can be.
    unit : float
        Size of a unit, in that of the values.
    """

    def __init__(self, values, unit=DEPTH_UNIT):
        self.unit, self.shape = unit, values.shape
        # float64, where the product is exact enough; down, so that no frame exceeds its maximum
        units = np.floor(np.clip(values, 0, _MOST * unit).astype(np.float64) / unit + 1e-6)
        packed = np.where(np.isnan(values), _NO_WATER, np.nan_to_num(units).astype(np.uint16))
        self._bytes = zlib.compress(packed.astype(np.uint16).tobytes(), 1)

    @property
    def nbytes(self):
        """Memory that it takes [bytes]."""
        return len(self._bytes)

    def unpack(self):
        """The field again, shape (y, x), float32."""
        packed = np.frombuffer(zlib.decompress(self._bytes), np.uint16).reshape(self.shape)
        values = (packed * np.float64(self.unit)).astype(np.float32)
        values[packed == _NO_WATER] = np.nan
        return values


class PackedFrames:
    """Depth over time of one member, each frame a `PackedField`.

    All members can be kept until it is known which of them is the most typical.
    """

    def __init__(self):
        self.seconds, self._frames = [], []

    def take(self, index, seconds, depth, speed):
        """Keep a frame that is later than the last; the signature is that of the solver's `sink`.

        A run that goes on gives its first frame again, which is not kept twice.
        """
        del index, speed
        if self.seconds and seconds <= self.seconds[-1]:
            return
        self.seconds.append(seconds)
        self._frames.append(PackedField(depth))

    def first(self):
        """Depth in the first frame, shape (y, x) [m]."""
        return self._frames[0].unpack()

    def unpack(self):
        """Depth over time, shape (time, y, x) [m]; NaN where no water can be."""
        return np.stack([frame.unpack() for frame in self._frames])

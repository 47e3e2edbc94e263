"""What changed between two rasters, as a picture for a map: blue is less, orange is more.

Blue and orange are told apart by all common kinds of colour blindness, and both grow darker with
the size of the change, so that they read in grey too. What hardly changed is transparent.
"""

from dataclasses import dataclass

import numpy as np

from tiles.mercator import corners_lonlat, mercator_grid, source_index
from tiles.png import encode_png

_LESS = ("#cdd9f2", "#9db2e4", "#687fcb", "#3d50a4", "#1d2866")
_MORE = ("#fbd9a8", "#f3af5d", "#dd7f21", "#ae500a", "#6d2c04")
_OPACITY = 0.88


@dataclass(frozen=True)
class DivergingScale:
    """Steps of colour on both sides of no change.

    Parameters
    ----------
    units : str
        Of the values.
    limits : tuple of five float
        Sizes of change at which each step begins, rising [units].
    """

    units: str
    limits: tuple

    def classify(self, values):
        """Step of each value: 0 hardly changed or NaN, 1 to 5 less, 6 to 10 more; uint8."""
        values = np.nan_to_num(np.asarray(values, np.float64))
        size = np.digitize(np.abs(values), self.limits)
        return np.where((values > 0) & (size > 0), size + len(_LESS), size).astype(np.uint8)

    @property
    def palette(self):
        """Red, green, blue, alpha of each step, shape (11, 4), uint8."""
        rows = [[*bytes.fromhex(colour[1:]), round(255 * _OPACITY)] for colour in (*_LESS, *_MORE)]
        return np.array([[0, 0, 0, 0], *rows], np.uint8)

    @property
    def steps(self):
        """Legend from the largest fall to the largest rise: lower, upper (None: no end), colour."""
        ends = [*self.limits, None]
        more = [
            {"lower": low, "upper": high, "colour": colour}
            for low, high, colour in zip(ends, ends[1:], _MORE, strict=False)
        ]
        less = [
            {"lower": high and -high, "upper": -low, "colour": colour}
            for low, high, colour in zip(ends, ends[1:], _LESS, strict=False)
        ]
        return [*less[::-1], *more]


DEPTH_CHANGE = DivergingScale("m", (0.02, 0.05, 0.1, 0.25, 0.5))
HEAT_CHANGE = DivergingScale("K", (0.5, 2.0, 5.0, 10.0, 15.0))


def difference_picture(values, grid, scale):
    """A raster of changes in Web Mercator.

    Parameters
    ----------
    values : numpy.ndarray
        Shape of the grid [units of the scale]; NaN is transparent.
    grid : twin.grid.Grid
        Of the city.
    scale : DivergingScale

    Returns
    -------
    png : bytes
    about : dict
        ``corners`` ([lon, lat], clockwise from the north-west), ``size`` (width, height),
        ``unit`` and ``steps``.
    """
    picture = mercator_grid(grid)
    index = source_index(grid, picture)
    steps = np.append(scale.classify(values).ravel(), np.uint8(0))[index]
    about = {
        "corners": corners_lonlat(picture),
        "size": [picture.nx, picture.ny],
        "unit": scale.units,
        "steps": scale.steps,
    }
    return encode_png(steps, scale.palette), about

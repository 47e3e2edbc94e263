"""The river: its course, levels, cross-section and levees, all functions of position.

Heights are above mean sea level. The outfall is at the western edge of the city.
"""

from dataclasses import dataclass

import numpy as np

from sample_city.noise import unit
from sample_city.sizes import Size

MEAN_LEVEL = 0.3
"""Mean water level of the tidal river [m]."""
TIDE_AMPLITUDE = 0.9
"""Amplitude of the lunar tide at the outfall [m]."""
SURGE_100_YEARS = 1.5
"""Storm surge of a 100-year event at the outfall [m]."""
FREEBOARD = 1.2
"""Height of the levee crest over the 100-year level [m]."""
FORESHORE_LEVEL = 0.9
"""Ground between the bank and the levee [m]."""
CREST_WIDTH = 12.0
"""Width of the levee crest: more than two cells, so that no raster leaks [m]."""
LEVEE_ROAD = 6.0
"""Distance of the middle of the levee road from the foot of the levee [m]."""

_MANNING = 0.03


@dataclass(frozen=True)
class River:
    """A meandering tidal river between levees, from the eastern to the western edge.

    All methods take coordinates from the south-western corner of the city [m].
    """

    size: Size
    seed: int

    def centre(self, x):
        """Northing of the middle of the river and its slope dy/dx, shapes of `x` [m], [1]."""
        edge = self.size.edge
        shift = 0.03 * (2.0 * unit(self.seed, "river shift") - 1.0)
        y = np.full(np.shape(x), edge * (self.size.river_position + shift))
        slope = np.zeros(np.shape(x))
        for index, (amplitude, wavelength) in enumerate(self.size.meanders):
            wave = 2.0 * np.pi / wavelength
            phase = 2.0 * np.pi * unit(self.seed, "river phase", index)
            y = y + amplitude * np.sin(wave * x + phase)
            slope = slope + amplitude * wave * np.cos(wave * x + phase)
        return y, slope

    def half_width(self, x):
        """Half of the width at mean level, wider towards the outfall [m]."""
        estuary = np.exp(-np.asarray(x) / (0.12 * self.size.edge))
        return self.size.river_half_width * (1.0 + 0.6 * estuary)

    def distance(self, x, y):
        """Distance from the middle of the river, positive to the north [m]."""
        centre, slope = self.centre(x)
        return (y - centre) / np.sqrt(1.0 + slope * slope)

    @property
    def bed(self):
        """Level of the bed [m]."""
        return MEAN_LEVEL - self.size.river_depth

    def level_100_years(self, x):
        """Water level of the 100-year flood: tide, surge and the fall of the flood [m]."""
        depth = self.size.river_depth + 2.0
        area = 2.0 * self.size.river_half_width * depth
        # Manning's formula for a wide channel, solved for the slope of the water.
        fall = (_MANNING * 1.3 * self.size.peak_inflow / (area * depth ** (2.0 / 3.0))) ** 2
        return MEAN_LEVEL + TIDE_AMPLITUDE + SURGE_100_YEARS + fall * np.asarray(x)

    def crest(self, x):
        """Level of the levee crest [m]."""
        return self.level_100_years(x) + FREEBOARD

    def crest_start(self, x):
        """Distance of the river-side edge of the crest from the middle of the river [m]."""
        foreshore = 0.5 * self.size.river_half_width
        return self.half_width(x) + foreshore + 1.5 * (self.crest(x) - FORESHORE_LEVEL)

    def corridor(self, x):
        """Distance of the landward foot of the levee from the middle of the river [m]."""
        return self.crest_start(x) + CREST_WIDTH + 2.0 * (self.crest(x) + 1.2)

    def section(self, x, distance, ground):
        """Ground with the river and its levees in it.

        Parameters
        ----------
        x : ndarray
            Easting, broadcasts with the others [m].
        distance : ndarray
            As `distance` gives it [m].
        ground : ndarray
            Ground without the river [m].

        Returns
        -------
        ndarray
            Ground with the river [m].
        """
        off = np.abs(distance)
        half = self.half_width(x)
        crest, start = self.crest(x), self.crest_start(x)
        bank = 0.45 * half
        into_bank = np.clip((off - (half - bank)) / bank, 0.0, 1.0)
        channel = self.bed + (FORESHORE_LEVEL - self.bed) * into_bank * into_bank
        inner = FORESHORE_LEVEL + (off - (start - 1.5 * (crest - FORESHORE_LEVEL))) / 1.5
        inside = np.where(off < half, channel, np.clip(inner, FORESHORE_LEVEL, crest))
        outside = crest - np.maximum(off - start - CREST_WIDTH, 0.0) / 2.0
        return np.where(off < start, inside, np.maximum(ground, np.minimum(outside, crest)))

    def ribbon(self, offset, step=None):
        """Points along the river at a distance from its middle, west to east, shape (n, 2) [m].

        Parameters
        ----------
        offset : callable
            Signed distance as function of easting.
        step : float, optional
            Spacing of the points; default a 200th of the city, at most 25 m.
        """
        edge = self.size.edge
        step = step or min(25.0, edge / 200.0)
        x = np.linspace(0.0, edge, int(edge / step) + 1)
        centre, slope = self.centre(x)
        # `distance` measures across at the same easting, so its inverse does as well.
        return np.column_stack([x, centre + offset(x) * np.sqrt(1.0 + slope * slope)])

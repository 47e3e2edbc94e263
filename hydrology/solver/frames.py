"""What a run shows: frames of depth and speed over time, and the maxima at its end."""

import numpy as np
import xarray as xr

from hydrology.solver import sources
from hydrology.solver.ground import inner
from twin.fields import describe

SHALLOW = 0.01
"""Depth below which no speed is reported [m]."""


class Frames:
    """The frames of a run and its maxima, as a dataset over the city."""

    def __init__(self, run, start, sink):
        self._run, self._start, self._sink = run, start, sink
        self.seconds, self._depth, self._speed = [], [], []

    def take(self):
        """Keep the present depth and speed, or hand them on."""
        run = self._run
        run.check()
        speed = np.zeros_like(run.old[0])
        sources.speeds(run.old, run.ground.elevation, run.dtype.type(SHALLOW), speed)
        depth, speed = self._city(run.old[0]), self._city(speed)
        self.seconds.append(run.now)
        if self._sink is not None:
            self._sink(len(self.seconds) - 1, run.now, depth, speed)
            return
        self._depth.append(depth)
        self._speed.append(speed)

    def _city(self, padded):
        """Float32 copy of the city's part, NaN where water cannot be."""
        values = inner(padded).astype(np.float32)
        values[~inner(self._run.ground.open_cell)] = np.nan
        return values

    def dataset(self):
        """Flood dataset over (time, y, x)."""
        run, dims = self._run, ("y", "x")
        maxima = {
            "max_depth": run.deepest,
            "max_speed": run.speed,
            "max_hazard": run.hazard,
            "arrival_time": np.where(run.arrival < 0, np.nan, run.arrival),
            "wet_duration": np.minimum(run.duration, run.now),  # rounding adds up over steps
        }
        fields = {name: (dims, self._city(values)) for name, values in maxima.items()}
        coords = run.ground.grid.coords()
        if self._depth:
            offsets = (np.array(self.seconds) * 1e9).round().astype("timedelta64[ns]")
            coords["time"] = self._start.astype("datetime64[ns]") + offsets
            fields["water_depth"] = (("time", *dims), np.stack(self._depth))
            fields["water_speed"] = (("time", *dims), np.stack(self._speed))
        return describe(xr.Dataset(fields, coords, {"crs": run.ground.grid.crs}))

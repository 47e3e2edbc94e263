"""What a run shows, and when: frames of depth and speed, gauges, and the maxima at its end."""

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from hydrology.solver.device import seconds_of
from hydrology.solver.ground import PAD
from twin.errors import InputError
from twin.fields import describe

MOST_FRAMES, MOST_RECORDS = 100_000, 1_000_000
"""Frames of a run, and records of its gauges, at most."""

_SAME = 1e-6
"""Times that are no farther apart are one [s]."""


def require_intervals(seconds, frame_seconds, gauge_seconds=None):
    """Refuse intervals that would give a run more frames or records than anybody can use.

    Parameters
    ----------
    seconds, frame_seconds : float
        Length of the run, and time between two frames [s].
    gauge_seconds : float or None
        Time between two records of the gauges [s]; None: as the frames.

    Raises
    ------
    InputError
        There would be more than `MOST_FRAMES` or `MOST_RECORDS`.
    """
    given = {"frame_seconds": (frame_seconds, MOST_FRAMES)}
    if gauge_seconds is not None:
        given["gauge_seconds"] = gauge_seconds, MOST_RECORDS
    for name, (every, most) in given.items():
        if not (every > 0 and seconds / every <= most):
            raise InputError(
                f"{name} is {every:g} in a run of {seconds:g} s, expected at most {most:,} steps "
                "over the run; make it longer"
            )


class Clock:
    """When frames and gauges are due: at multiples of their intervals, and at the end.

    Times are products, never sums, so that a run that goes on from another finds the same ones.

    Parameters
    ----------
    began, end : float
        Time at which the run begins or goes on, and its end [s].
    frame_seconds : float
        Time between two frames [s].
    gauge_seconds : float or None
        Time between two records of the gauges [s]; None: as the frames.
    """

    def __init__(self, began, end, frame_seconds, gauge_seconds):
        self._end = end
        self._every = {"frame": frame_seconds, "gauge": gauge_seconds or frame_seconds}
        self._number = {
            name: math.floor(began / every + 1e-9) + 1 for name, every in self._every.items()
        }

    def _next(self, name):
        return self._number[name] * self._every[name]

    def next_stop(self):
        """Time at which the next of them is due [s]."""
        due = min(self._next(name) for name in self._every)
        return due if due <= self._end + _SAME else self._end

    def take(self, now, frames):
        """Take what is due now."""
        is_end = now >= self._end - _SAME
        for name, take in (("frame", frames.take), ("gauge", frames.record_gauges)):
            if is_end or now >= self._next(name) - _SAME:
                take()
                self._number[name] += 1


@dataclass(frozen=True)
class GaugeRecord:
    """Water at gauges over time: seconds (time,), depth and speed (time, gauge) [s, m, m s-1]."""

    seconds: np.ndarray
    depth: np.ndarray
    speed: np.ndarray


class Frames:
    """The frames of a run, its gauges and its maxima.

    Parameters
    ----------
    run : object
        With `device`, `ground`, `now` and `tick_seconds`.
    start : numpy.datetime64
        Time zero.
    sink : callable or None
        Takes the frames in the place of memory: index, time [s], depth, speed.
    gauges : tuple of two int arrays
        Rows and columns of the cells whose water is recorded.
    """

    def __init__(self, run, start, sink, gauges):
        self._run, self._start, self._sink, self._gauges = run, start, sink, gauges
        self.seconds, self._depth, self._speed, self._records = [], [], [], []
        self._closed = ~run.ground.open_cell[PAD:-PAD, PAD:-PAD]

    def take(self):
        """Keep the present depth and speed, or hand them on."""
        depth, speed = self._run.device.frame()
        depth[self._closed], speed[self._closed] = np.nan, np.nan
        self.seconds.append(self._run.now)
        if self._sink is not None:
            self._sink(len(self.seconds) - 1, self._run.now, depth, speed)
            return
        self._depth.append(depth)
        self._speed.append(speed)

    def record_gauges(self):
        """Keep the water at the gauges."""
        if len(self._gauges[0]):
            self._records.append((self._run.now, *self._run.device.at(*self._gauges)))

    def gauges(self):
        """All that the gauges saw; None where there is none."""
        if not self._records:
            return None
        seconds, depth, speed = zip(*self._records, strict=True)
        return GaugeRecord(np.array(seconds), np.array(depth), np.array(speed))

    def _city(self, padded):
        """Float32 copy of the city's part, NaN where water cannot be."""
        values = padded[PAD:-PAD, PAD:-PAD].astype(np.float32)
        values[self._closed] = np.nan
        return values

    def dataset(self):
        """Flood dataset over (time, y, x)."""
        run, dims, maxima = self._run, ("y", "x"), self._run.device.maxima
        fields = {
            "max_depth": maxima.depth,
            "max_speed": maxima.speed,
            "max_hazard": maxima.hazard,
            "arrival_time": seconds_of(maxima.arrival, run.tick_seconds),
            "wet_duration": np.minimum(maxima.duration * float(run.tick_seconds), run.now),
        }
        fields = {name: (dims, self._city(values)) for name, values in fields.items()}
        coords = run.ground.grid.coords()
        if self._depth:
            offsets = (np.array(self.seconds) * 1e9).round().astype("timedelta64[ns]")
            coords["time"] = self._start.astype("datetime64[ns]") + offsets
            fields["water_depth"] = (("time", *dims), np.stack(self._depth))
            fields["water_speed"] = (("time", *dims), np.stack(self._speed))
        return describe(xr.Dataset(fields, coords, {"crs": run.ground.grid.crs}))

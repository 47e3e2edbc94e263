"""The water of one run, read from its folder only as far as it is asked for."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.grid import Grid

QUANTILES = (0.1, 0.5, 0.9)
"""Quantiles of the members that a forecast keeps."""


@dataclass(frozen=True)
class RunWater:
    """The products of a published run as arrays.

    Parameters
    ----------
    folder : pathlib.Path
        Of the run.
    manifest : dict
        Its manifest: ``run_id``, ``kind``, ``twin_level``, times.
    """

    folder: Path
    manifest: dict = field(repr=False)

    @property
    def run_id(self):
        """Name of the run."""
        return self.manifest["run_id"]

    @property
    def is_forecast(self):
        """Whether it speaks of the future; else it shows assumed rain."""
        return self.manifest["kind"] == "forecast"

    @property
    def kind(self):
        """What its values are called: ``"forecast"`` or ``"simulated"``."""
        return "forecast" if self.is_forecast else "simulated"

    @cached_property
    def times(self):
        """Times of the frames, UTC, shape (time,) of datetime64[s]."""
        return self._flood["time"].values.astype("datetime64[s]")

    @property
    def shape(self):
        """Rows and columns of its grid."""
        return self._flood["water_depth"].shape[1:]

    @cached_property
    def grid(self):
        """Cells of the run, `twin.grid.Grid`; its city may have others by now."""
        return Grid.of(self._flood.assign_attrs(crs=self.manifest["city"]["crs"]))

    def depth(self, step):
        """Depth of the water in one frame, shape (y, x) [m]; of a forecast the typical member's."""
        return self._flood["water_depth"][step].values

    def has(self, name):
        """Whether the run keeps a field over the whole run."""
        return name in self._flood

    def whole(self, name):
        """A field over the whole run, such as ``"max_depth_p90"``, shape (y, x); or None."""
        return self._flood[name].values if name in self._flood else None

    def part(self, name, window):
        """A field over the whole run in a window of rows and columns, reading no more."""
        return self._flood[name][window].values

    def quantiles(self, name):
        """A field for each of `QUANTILES` at the last horizon, shape (quantile, y, x); or None."""
        if self._ensemble is None or name not in self._ensemble:
            return None
        found = self._ensemble[name]
        return (found[-1] if "horizon" in found.dims else found).values

    def probability(self, threshold):
        """Share of members deeper than a threshold at any time, shape (y, x) [1]; or None."""
        import rasterio

        path = self.folder / "probability.tif"
        if not path.is_file():
            return None
        with rasterio.open(path) as raster:
            for band, name in enumerate(raster.descriptions, 1):
                if name and f"{threshold:.2f}" in name.split():
                    return raster.read(band)
        return None

    @cached_property
    def building_depths(self):
        """Depth at each building, shape (time, building) [mm], as it lies on disk; or None."""
        about = self.table("buildings.json")
        if about is None:
            return None
        shape = len(about["times"]), about["count"]
        if not shape[1]:
            return np.zeros(shape, "<u2")
        return np.memmap(self.folder / about["file"], "<u2", "r", shape=shape)

    def table(self, name):
        """A JSON product such as ``"districts.json"``; None where the run has none."""
        path = self.folder / name
        if not path.is_file():
            return None
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise InputError(f"{path} is no JSON; make the run again") from None

    @cached_property
    def points(self):
        """Depth of every member at sensors and spots, Dataset (member, time, point); or None."""
        import xarray

        path = self.folder / "member_depths.nc"
        return xarray.load_dataset(path) if path.is_file() else None

    @cached_property
    def _flood(self):
        import xarray

        return xarray.open_zarr(self.folder / "flood.zarr", chunks=None, decode_timedelta=False)

    @cached_property
    def _ensemble(self):
        import xarray

        path = self.folder / "ensemble.zarr"
        if not path.is_dir():
            return None
        return xarray.open_zarr(path, chunks=None, decode_timedelta=False)

    def step_at(self, time):
        """Number of the frame that holds at a time; None before the first and after the last.

        Parameters
        ----------
        time : numpy.datetime64
            UTC.
        """
        times = self.times
        if not times[0] <= time <= times[-1]:
            return None
        return int(np.searchsorted(times, time, side="right") - 1)

"""The flood over time as Zarr by CF-1.8, written frame by frame."""

from pathlib import Path

import numpy as np
import xarray as xr
from numcodecs import Blosc

from twin.fields import describe

COMPRESSOR = Blosc(cname="zstd", clevel=1, shuffle=Blosc.SHUFFLE)
CHUNK = 2048
FRAMES = ("water_depth", "water_speed")
MAXIMA = ("max_depth", "max_speed", "max_hazard", "arrival_time", "wet_duration")


class FloodFile:
    """A ``flood.zarr`` that grows by one frame after the other.

    Parameters
    ----------
    path : path-like
        Folder to write.
    grid : twin.grid.Grid
        Where the cells lie.
    start : numpy.datetime64
        Time of second zero, UTC.
    attributes : dict
        Global attributes: run id, issue time, model version, twin level.

    Notes
    -----
    Zarr format 2, because consolidated metadata is part of it and GDAL, xarray and the readers
    for browsers all know it. A chunk is one time, so that a screen fetches what it shows.
    """

    def __init__(self, path, grid, start, attributes):
        self.path = Path(path)
        self.grid = grid
        self.start = np.datetime64(start, "ns")
        self.attributes = {"Conventions": "CF-1.8", **attributes}
        self.times = []

    def write_frame(self, index, seconds, depth, speed=None):
        """Add one frame; fits `sink` of `hydrology.solver.simulation.simulate`.

        Parameters
        ----------
        index : int
            Number of the frame, from 0.
        seconds : float
            Time since the start [s].
        depth : ndarray (y, x)
            Water depth [m].
        speed : ndarray (y, x), optional
            Water speed [m s-1]; all frames have it or none.
        """
        time = self.start + np.timedelta64(round(float(seconds) * 1e9), "ns")
        both = zip(FRAMES, (depth, speed), strict=True)
        arrays = {name: _field(values[None]) for name, values in both if values is not None}
        frame = describe(xr.Dataset(arrays)).assign_coords(time=[time])
        if index == 0:
            self._write_first(frame)
        else:
            frame.to_zarr(self.path, append_dim="time", consolidated=False, zarr_format=2)
        self.times.append(time)

    def finish(self, maxima):
        """Add the fields over the whole run and seal the metadata.

        Parameters
        ----------
        maxima : xarray.Dataset (y, x)
            Fields named in `MAXIMA`, and any others over (y, x) with their attributes.

        Returns
        -------
        xarray.Dataset
            The file, read lazily.
        """
        import zarr

        flat = [name for name in maxima.data_vars if maxima[name].dims == ("y", "x")]
        fields = describe(xr.Dataset({n: _field(maxima[n].values, maxima[n].attrs) for n in flat}))
        fields.attrs = self.attributes
        fields.to_zarr(
            self.path, mode="a", encoding=_encoding(fields), consolidated=False, zarr_format=2
        )
        zarr.consolidate_metadata(str(self.path), zarr_format=2)
        return xr.open_zarr(self.path, chunks=None, decode_coords="all")

    def _write_first(self, frame):
        frame = frame.assign_coords(self.grid.coords())
        frame["x"].attrs["axis"], frame["y"].attrs["axis"] = "X", "Y"
        frame["time"].attrs = {"standard_name": "time", "axis": "T"}
        frame["crs"] = grid_mapping(self.grid)
        frame.attrs = self.attributes
        epoch = self.start.astype("M8[s]").item()
        encoding = {
            **_encoding(frame),
            **{name: {"_FillValue": None} for name in ("x", "y", "crs")},
            "time": {
                "_FillValue": None,
                "dtype": "f8",
                "chunks": (4096,),
                "units": f"seconds since {epoch:%Y-%m-%d %H:%M:%S}",
                "calendar": "standard",
            },
        }
        frame.to_zarr(self.path, mode="w", encoding=encoding, consolidated=False, zarr_format=2)


def product_bytes(grid, frames):
    """Upper estimate of the size of the products of a run [bytes]."""
    cells = grid.nx * grid.ny
    return 4 * cells * (len(FRAMES) * frames + 2 * len(MAXIMA)) + 2_000_000


def grid_mapping(grid):
    """CF grid mapping variable of a grid, with the attributes that GDAL reads as well."""
    from pyproj import CRS

    crs = CRS.from_user_input(grid.crs)
    attributes = {
        **crs.to_cf(),
        "spatial_ref": crs.to_wkt(),
        "GeoTransform": f"{grid.x0} {grid.cell_size} 0 {grid.y0} 0 {-grid.cell_size}",
    }
    return xr.DataArray(np.int32(0), attrs=attributes)


def _field(values, attributes=None):
    dims = ("time", "y", "x")[-values.ndim :]
    return xr.Variable(
        dims, np.asarray(values, "f4"), {**(attributes or {}), "grid_mapping": "crs"}
    )


def _encoding(dataset):
    rows, columns = dataset.sizes["y"], dataset.sizes["x"]
    return {
        name: {
            "dtype": "f4",
            "_FillValue": np.float32(np.nan),
            "compressors": [COMPRESSOR],
            "chunks": (1,) * (dataset[name].ndim - 2) + (min(rows, CHUNK), min(columns, CHUNK)),
        }
        for name in dataset.data_vars
        if dataset[name].ndim >= 2
    }

"""What a case leaves for a spreadsheet and for a GIS: gauges as CSV, fields as NetCDF."""

import csv
from pathlib import Path

import numpy as np

from service.flood_file import MAXIMA, grid_mapping
from service.products import FORMULA_STARTS
from twin.fields import FIELDS

_LIMITING = "step_limiting_share"

SHALLOW = 1e-3
"""Depth below which the water has no level over the cells [m]."""

CHUNK = 1024
_LEVEL = {
    "units": "m",
    "standard_name": "water_surface_height_above_reference_datum",
    "long_name": "level of the water, where there is any",
}
_OVER_TIME = ("water_depth", "water_level", "water_speed")


def write_gauges(path, series):
    """Write the water at gauges as a table: one row a time, three columns a gauge.

    Parameters
    ----------
    path : path-like
        File to write.
    series : hydrology.cases.run.GaugeSeries
        What was recorded.

    Notes
    -----
    A wide table, because a spreadsheet draws columns. A name that a spreadsheet would take for a
    formula stands behind an apostrophe.
    """
    titles = ["time_s"]
    for name in series.names:
        name = f"'{name}" if name.startswith(FORMULA_STARTS) else name
        titles += [f"{name}_depth_m", f"{name}_level_m", f"{name}_speed_m_s"]
    water = np.stack([series.depth, series.level, series.speed], axis=-1)
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(titles)
        for seconds, row in zip(series.seconds, water.reshape(len(water), -1), strict=True):
            table.writerow([f"{seconds:.10g}", *(f"{value:.9g}" for value in row)])


class FieldsFile:
    """A ``fields.nc`` by CF-1.8 that grows by one frame after the other.

    Parameters
    ----------
    path : path-like
        File to write.
    grid : twin.grid.Grid
        Where the cells lie.
    elevation : (ny, nx) array
        Ground [m].
    names : sequence of str
        Fields to keep: some of water_depth, water_level, water_speed and of
        `service.flood_file.MAXIMA`.
    start : numpy.datetime64
        Time of second zero, UTC.
    attributes : dict
        Global attributes.

    Notes
    -----
    NetCDF-4 with a chunk for each time, as in the Zarr of a run. Times count from second zero of
    the run, and the ground is kept as `elevation`.
    """

    def __init__(self, path, grid, elevation, names, start, attributes):
        import netCDF4

        self._elevation, self._names = elevation, names
        self._file = netCDF4.Dataset(path, "w", format="NETCDF4")
        self._file.setncatts({"Conventions": "CF-1.8", **attributes})
        self._add_coordinates(grid, start)
        self._add("elevation", ("y", "x"))[:] = elevation
        for name in names:
            self._add(name, ("time", "y", "x") if name in _OVER_TIME else ("y", "x"))
        self._add(_LIMITING, ("y", "x"))

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if self._file.isopen():
            self._file.close()

    def write_frame(self, index, seconds, depth, speed):
        """Add one frame; fits `sink` of `hydrology.solver.simulation.simulate`."""
        self._file["time"][index] = seconds
        level = np.where(depth >= SHALLOW, self._elevation + depth, np.nan)
        frame = dict(zip(_OVER_TIME, (depth, level, speed), strict=True))
        for name in self._names:
            if name in frame:
                self._file[name][index] = frame[name]

    def finish(self, maxima, limiting_cells):
        """Add what belongs to the whole run, and close the file.

        Parameters
        ----------
        maxima : xarray.Dataset
            Over (y, x).
        limiting_cells : (n, 3) array
            Row, column and share of the looks in which the cell limited the time step.
        """
        share = np.zeros(self._elevation.shape, np.float32)
        share[tuple(limiting_cells[:, :2].astype(int).T)] = limiting_cells[:, 2]
        self._file[_LIMITING][:] = share
        for name in self._names:
            if name in MAXIMA:
                self._file[name][:] = maxima[name].values
        self._file.close()

    def _add_coordinates(self, grid, start):
        file = self._file
        for name, size in (("time", None), ("y", grid.ny), ("x", grid.nx)):
            file.createDimension(name, size)
        epoch = np.datetime64(start, "s").item()
        time = file.createVariable("time", "f8", ("time",), chunksizes=(1024,))
        units = f"seconds since {epoch:%Y-%m-%d %H:%M:%S}"
        time.setncatts({"standard_name": "time", "axis": "T", "units": units})
        time.calendar = "standard"
        for name, (_, values, attributes) in grid.coords().items():
            axis = file.createVariable(name, "f8", (name,))
            axis.setncatts({**attributes, "axis": name.upper()})
            axis[:] = values
        file.createVariable("crs", "i4").setncatts(grid_mapping(grid).attrs)

    def _add(self, name, dims):
        """Variable of a declared field, or of the level."""
        shape = [len(self._file.dimensions[dim]) for dim in dims[-2:]]
        chunks = (1,) * (len(dims) - 2) + tuple(min(size, CHUNK) for size in shape)
        kind = (
            "f8" if name == "elevation" else "f4"
        )  # levels on a mountain need more than seven digits
        variable = self._file.createVariable(
            name, kind, dims, zlib=True, complevel=1, chunksizes=chunks, fill_value=np.nan
        )
        attributes = dict(_LEVEL)
        if name in FIELDS:
            field = FIELDS[name]
            attributes = {"units": field.units, "long_name": field.long_name}
            if field.standard_name:
                attributes["standard_name"] = field.standard_name
        variable.setncatts({**attributes, "grid_mapping": "crs"})
        return variable

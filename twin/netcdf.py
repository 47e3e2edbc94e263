"""Products as NetCDF-4 files that other programs understand: the conventions CF-1.8."""

CONVENTIONS = "CF-1.8"

_ATTRIBUTES = {
    "time": {"standard_name": "time", "long_name": "time, UTC"},
    "x": {"standard_name": "projection_x_coordinate", "long_name": "easting", "units": "m"},
    "y": {"standard_name": "projection_y_coordinate", "long_name": "northing", "units": "m"},
    "member": {"standard_name": "realization", "long_name": "member of the ensemble", "units": "1"},
    "point": {"long_name": "identifier of the place"},
    "kind": {"long_name": "what the place is"},
}
_AXES = {"time": "T", "x": "X", "y": "Y"}


def write_netcdf(dataset, path, title="", encoding=None):
    """Write a dataset over time, and some of y, x, member and point.

    Parameters
    ----------
    dataset : xarray.Dataset
        With units on its variables, times in UTC, and x and y in metres of the reference system
        that its attribute ``crs`` names, if it names one.
    path : path-like
        File to write.
    title : str
        For people, where the dataset has none.
    encoding : dict, optional
        Of single variables, as xarray takes it.

    Notes
    -----
    CF-1.8, 2.2 (no integers of 64 bits), 2.5.1 (no fill value on coordinates), 4.4 (time),
    5.6 (grid mapping).
    """
    named = dataset.copy()
    encoding = {name: dict(entry) for name, entry in (encoding or {}).items()}
    for name in named.coords:
        encoding.setdefault(name, {})["_FillValue"] = None
        axis = {"axis": _AXES[name]} if name in _AXES and name in named.dims else {}
        named[name].attrs = {**_ATTRIBUTES.get(name, {}), **axis, **named[name].attrs}
    for name in named.variables:
        if named[name].dtype == "int64":
            encoding.setdefault(name, {})["dtype"] = "int32"
    encoding["time"] |= _seconds_since(named["time"].values[0])
    if "crs" in named.attrs:
        named = _mapped(named)
    about = {"Conventions": CONVENTIONS, "title": title, "history": "written by Floodtwin"}
    named.attrs = {**about, **named.attrs}
    named.to_netcdf(path, engine="netcdf4", encoding=encoding)


def _seconds_since(start):
    return {
        "units": f"seconds since {str(start)[:19].replace('T', ' ')}",
        "calendar": "standard",
        "dtype": "float64",
    }


def _mapped(dataset):
    """The dataset with the variable `crs`, to which its fields point."""
    import numpy as np
    import xarray
    from pyproj import CRS

    from twin.crs import horizontal_crs

    mapping = CRS.from_user_input(horizontal_crs(dataset.attrs["crs"])).to_cf()
    for name in dataset.data_vars:
        dataset[name].attrs = {**dataset[name].attrs, "grid_mapping": "crs"}
    return dataset.assign(crs=xarray.DataArray(np.int32(0), attrs=mapping))

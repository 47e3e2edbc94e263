"""Every field that travels between rooms, declared once and checked by `require`."""

from dataclasses import dataclass

from twin.errors import InputError

YX = ("y", "x")
TYX = ("time", "y", "x")


@dataclass(frozen=True)
class Field:
    """What a field is: its dimensions, unit, CF standard name and valid range."""

    name: str
    dims: tuple
    units: str
    standard_name: str | None
    minimum: float
    maximum: float
    long_name: str


def _table(*rows):
    return {row[0]: Field(*row) for row in rows}


FIELDS = _table(
    # terrain
    ("elevation", YX, "m", "ground_level_altitude", -500, 9000, "ground elevation, no buildings"),
    ("manning", YX, "s m-1/3", None, 0, 1.0, "Manning roughness"),
    ("imperviousness", YX, "1", None, 0, 1, "share of the cell that is sealed"),
    ("infiltration_rate", YX, "m s-1", None, 0, 1e-3, "infiltration of unsealed ground"),
    ("drain_capacity", YX, "m s-1", None, 0, 1e-3, "what the storm drains take"),
    ("building_blockage", YX, "1", None, 0, 1, "share of the cell that is built on"),
    ("building_height", YX, "m", None, 0, 1000, "height of buildings over the ground"),
    ("porosity", YX, "1", None, 0, 1, "share of the cell that holds water"),
    ("conveyance_x", YX, "1", None, 0, 1, "open share of the west face"),
    ("conveyance_y", YX, "1", None, 0, 1, "open share of the north face"),
    ("initial_depth", YX, "m", None, 0, 1000, "depth of water at the start"),
    # rainfall
    ("rainfall_rate", TYX, "m s-1", "rainfall_rate", 0, 1.01e-3, "rainfall rate"),
    ("reflectivity", TYX, "dBZ", "equivalent_reflectivity_factor", -64, 100, "radar echo"),
    # flood
    ("water_depth", TYX, "m", "flood_water_thickness", 0, 1000, "depth of water over the ground"),
    ("water_speed", TYX, "m s-1", None, 0, 100, "speed of the water, depth-averaged"),
    ("max_depth", YX, "m", None, 0, 1000, "largest depth of the run"),
    ("max_speed", YX, "m s-1", None, 0, 100, "largest speed of the run"),
    ("max_hazard", YX, "m2 s-1", None, 0, 1e5, "largest depth times speed of the run"),
    ("arrival_time", YX, "s", None, 0, 1e9, "first time deeper than the wet threshold"),
    ("wet_duration", YX, "s", None, 0, 1e9, "time deeper than the wet threshold"),
    ("step_limiting_share", YX, "1", None, 0, 1, "share of looks in which it limited the step"),
    # forecast
    ("exceedance_probability", ("threshold", "y", "x"), "1", None, 0, 1,
     "share of members deeper than the threshold at any time"),
)  # fmt: skip


def describe(dataset):
    """Give each known field of a dataset its declared CF attributes, in place.

    Parameters
    ----------
    dataset : xarray.Dataset
        Any product; unknown variables are left alone.

    Returns
    -------
    xarray.Dataset
        The same object.
    """
    for name in dataset.data_vars:
        field = FIELDS.get(name)
        if field is None:
            continue
        attrs = dataset[name].attrs
        attrs["units"] = field.units
        attrs["long_name"] = field.long_name
        if field.standard_name:
            attrs["standard_name"] = field.standard_name
    return dataset


def require(dataset, *names, allow_nan=False):
    """Check that a dataset carries these fields as they are declared.

    Parameters
    ----------
    dataset : xarray.Dataset
        A product at a border between rooms.
    *names : str
        Keys of `FIELDS`. A leading ``member`` dimension is allowed.
    allow_nan : bool
        Whether NaN (outside the city) is allowed.

    Returns
    -------
    xarray.Dataset
        The same object, so that the call can be chained.

    Raises
    ------
    InputError
        A field is missing, or has other dimensions, units or values than declared.
    """
    for name in names:
        _check(dataset, FIELDS[name], allow_nan)
    return dataset


def _check(dataset, field, allow_nan):
    import numpy as np

    if field.name not in dataset:
        raise InputError(
            f"{field.name} is missing, expected a field in {field.units!r} over "
            f"{field.dims}; the dataset has {sorted(dataset.data_vars)}"
        )
    array = dataset[field.name]
    dims = tuple(d for d in array.dims if d != "member")
    if dims != field.dims:
        raise InputError(
            f"{field.name} has dimensions {dims}, expected {field.dims}; transpose or rename them"
        )
    units = array.attrs.get("units", field.units)
    if units != field.units:
        raise InputError(
            f"{field.name} is in {units!r}, expected {field.units!r}; convert it first"
        )
    lowest, highest = float(array.min()), float(array.max())  # both skip NaN
    if not allow_nan and bool(np.isnan(array.values).any()):
        raise InputError(
            f"{field.name} has {int(np.isnan(array.values).sum())} NaN values, expected none; "
            "fill the voids first"
        )
    if lowest < field.minimum or highest > field.maximum:
        raise InputError(
            f"{field.name} goes from {lowest:g} to {highest:g} {field.units}, expected "
            f"{field.minimum:g} to {field.maximum:g}; check its unit"
        )

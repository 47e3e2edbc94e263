"""The vocabulary: fields, units, grid."""

import numpy as np
import pytest
import xarray as xr

from twin.errors import InputError
from twin.fields import describe, require
from twin.grid import Grid
from twin.units import factor_to_si

GRID = Grid(100.0, 200.0, 10.0, 4, 3, "EPSG:3826")


def rain(value=1e-5, units="m s-1"):
    field = xr.DataArray(
        np.full((2, 3, 4), value, "f4"), dims=("time", "y", "x"), attrs={"units": units}
    )
    return xr.Dataset({"rainfall_rate": field})


def test_a_field_as_declared_passes():
    dataset = rain()
    assert require(dataset, "rainfall_rate") is dataset


def test_wrong_units_are_named():
    with pytest.raises(InputError, match="rainfall_rate is in 'mm h-1', expected 'm s-1'"):
        require(rain(units="mm h-1"), "rainfall_rate")


def test_a_missing_field_is_named():
    with pytest.raises(InputError, match="manning is missing"):
        require(rain(), "manning")


def test_wrong_dimensions_are_named():
    with pytest.raises(InputError, match=r"dimensions \('y', 'x', 'time'\)"):
        require(rain().transpose("y", "x", "time"), "rainfall_rate")


def test_nan_is_refused_unless_allowed():
    with pytest.raises(InputError, match="24 NaN values"):
        require(rain(np.nan), "rainfall_rate")
    assert require(rain(np.nan), "rainfall_rate", allow_nan=True)


def test_values_out_of_range_are_named():
    with pytest.raises(InputError, match="-1 to -1 m s-1, expected 0 to 0.001"):
        require(rain(-1.0), "rainfall_rate")


def test_describe_gives_cf_attributes():
    assert describe(rain())["rainfall_rate"].attrs["standard_name"] == "rainfall_rate"


def test_an_unknown_unit_lists_the_known_ones():
    with pytest.raises(InputError, match="'inch/day' is not a known unit of rate.*mm/h"):
        factor_to_si("inch/day", "rate")


def test_a_unit_of_another_quantity_is_refused():
    with pytest.raises(InputError, match="'m'"):
        factor_to_si("m", "rate")


def test_grid_finds_the_cell_of_a_point():
    assert GRID.cell_of(101, 199) == (0, 0)
    assert GRID.cell_of(139.9, 170.1) == (2, 3)
    assert GRID.cell_of(99, 199) is None


def test_grid_survives_the_way_through_a_dataset():
    dataset = xr.Dataset(coords=GRID.coords(), attrs={"crs": GRID.crs})
    assert Grid.of(dataset) == GRID


def test_grid_refuses_cells_that_are_not_square():
    dataset = xr.Dataset(coords={"y": [30.0, 10.0], "x": [0.0, 10.0]}, attrs={"crs": "EPSG:3826"})
    with pytest.raises(InputError, match="square"):
        Grid.of(dataset)


def test_grid_window_is_where_it_was():
    part = GRID.window(1, 2, 2, 2)
    assert (part.x0, part.y0) == (120.0, 190.0)
    assert part.x.tolist() == GRID.x[2:].tolist()

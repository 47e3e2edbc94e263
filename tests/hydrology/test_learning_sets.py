"""Parameter sets: immutable, the same bytes for the same set, hostile documents refused."""

import pickle

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from hydrology.forecast.parameter_sets import (
    AS_THE_CITY_SAYS,
    FACTORS,
    ParameterSet,
    read_parameters,
)
from twin.errors import InputError
from twin.grid import Grid

GRID = Grid(crs="EPSG:3826", x0=0.0, y0=40.0, cell_size=10.0, nx=6, ny=4)


def _terrain():
    fields = {
        name: (("y", "x"), np.full(GRID.shape, value, np.float32))
        for name, value in (
            ("manning", 0.03),
            ("infiltration_rate", 1e-6),
            ("drain_capacity", 1e-5),
        )
    }
    return xr.Dataset(fields, GRID.coords(), {"crs": GRID.crs})


def _districts():
    frame = {"name": ["West", "East"]}
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 30, 40), box(30, 0, 50, 40)], crs=GRID.crs)


@given(
    st.dictionaries(
        st.sampled_from(sorted(FACTORS)),
        st.one_of(
            st.floats(0.25, 3.0),
            st.dictionaries(st.sampled_from(["*", "西區", "East"]), st.floats(0.25, 3.0)),
        ),
    )
)
def test_a_set_comes_back_bit_for_bit_from_its_document(factors):
    made = ParameterSet(3, factors, "abc", {"events": ["storm"], "score": 0.1})
    again = read_parameters(made.document)
    assert again.document == made.document
    assert again.digest == made.digest
    assert pickle.loads(pickle.dumps(made)).document == made.document


def test_a_set_cannot_be_changed():
    scores = {"crps": [0.1, 0.2]}
    made = ParameterSet(1, {"rainfall": 1.2, "losses": {"West": 2.0}}, provenance=scores)
    before = made.digest
    with pytest.raises(AttributeError):
        made.version = 2
    with pytest.raises(TypeError):
        made.factors["rainfall"] = 5.0
    with pytest.raises(TypeError):
        made.factors["losses"]["West"] = 5.0
    scores["crps"].append(9.0)
    assert made.digest == before


@pytest.mark.parametrize(
    "factors",
    [
        {"rain": 1.0},
        {"rainfall": float("nan")},
        {"rainfall": float("inf")},
        {"rainfall": -1.0},
        {"roughness": True},
        {"roughness": "2"},
        {"losses": {"West": 1e9}},
    ],
)
def test_a_factor_that_cannot_be_is_refused(factors):
    with pytest.raises(InputError, match="factor"):
        ParameterSet(1, factors)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[1]",
        b'{"version":1}',
        b'{"version":1,"factors":{},"parent":"","provenance":{},"more":1}\n',
        b'{"factors":{},"parent":"","provenance":{},"version": 1}\n',
        b'{"factors":{"rainfall":NaN},"parent":"","provenance":{},"version":1}\n',
        b"[" * 100_000,
    ],
)
def test_a_document_that_is_not_as_written_is_refused(document):
    with pytest.raises(InputError, match="parameter set|factor"):
        read_parameters(document)


def test_factors_multiply_the_ground_and_the_rain():
    terrain = _terrain()
    made = ParameterSet(1, {"roughness": 2.0, "drain_capacity": {"West": 0.5, "*": 0.8}})
    changed = made.calibrate_terrain(terrain, _districts())
    np.testing.assert_allclose(changed["manning"], 0.06, rtol=1e-6)
    np.testing.assert_allclose(changed["drain_capacity"][:, :3], 0.5e-5, rtol=1e-6)
    np.testing.assert_allclose(changed["drain_capacity"][:, 3:], 0.8e-5, rtol=1e-6)
    np.testing.assert_array_equal(changed["infiltration_rate"], terrain["infiltration_rate"])
    np.testing.assert_allclose(terrain["manning"], 0.03, rtol=1e-6)
    assert changed["manning"].dtype == np.float32


def test_nothing_learned_changes_nothing():
    terrain = _terrain()
    assert AS_THE_CITY_SAYS.calibrate_terrain(terrain) is terrain
    assert AS_THE_CITY_SAYS.is_neutral
    assert not ParameterSet(1, {"losses": {"West": 2.0}}).is_neutral


def test_a_factor_by_district_asks_for_the_districts():
    with pytest.raises(InputError, match="districts"):
        ParameterSet(1, {"roughness": {"West": 2.0}}).calibrate_terrain(_terrain())

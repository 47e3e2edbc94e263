"""Terrain by formulas is what the formulas say, cell by cell."""

import numpy as np
import pytest
import rasterio

from twin.errors import InputError
from twin.grid import Grid

PLANE = """
seconds = 10
[terrain]
cell_size = 2
size = [8, 6]
origin = [100, 200]
elevation = "0.1 * x + 0.01 * y"
"""


def centres():
    x, y = np.meshgrid([101.0, 103, 105, 107], [205.0, 203, 201])
    return x, y


def test_the_origin_is_the_lower_left_corner_and_row_0_is_north(load_text):
    terrain = load_text(PLANE).terrain
    x, y = centres()
    assert Grid.of(terrain) == Grid(100.0, 206.0, 2.0, 4, 3, "EPSG:3857")
    np.testing.assert_array_equal(terrain["elevation"], 0.1 * x + 0.01 * y)
    assert terrain.attrs["edges"] == "closed"
    assert (terrain["manning"] == 0.03).all()


def test_constants_and_profiles_are_names_in_formulas(load_text):
    (load_text.folder / "bed.csv").write_text("x,z\n100,5\n108,1\n")
    words = '[constants]\nfall = 0.5\ntwice = "2 * fall"\n[profiles]\nbed = "bed.csv"\n'
    text = PLANE + 'manning = "0.01 * twice"\n' + words + "step = [[0, 1], [1, 2]]\n"
    terrain = load_text(text.replace("0.1 * x + 0.01 * y", "bed(x) + step(-1)")).terrain
    np.testing.assert_allclose(terrain["elevation"][0], 6 - (np.array([1, 3, 5, 7])) / 2)
    np.testing.assert_allclose(terrain["manning"], 0.01)


def test_nan_in_the_ground_is_outside_of_the_domain(load_text):
    terrain = load_text(PLANE.replace("0.1 * x + 0.01 * y", "where(x < 102, nan, 1)")).terrain
    assert np.isnan(terrain["elevation"][:, 0]).all()
    assert (terrain["elevation"][:, 1:] == 1).all()
    with pytest.raises(InputError, match="elevation in .terrain. is nan in every cell"):
        load_text(PLANE.replace("0.1 * x + 0.01 * y", "nan"))
    with pytest.raises(InputError, match="elevation is nan at x 101, y 205"):
        load_text(PLANE.replace("0.1 * x + 0.01 * y", "sqrt(x - 102)"))


def test_a_raster_on_the_same_cells_is_taken_as_it_is(load_text):
    values = np.arange(12.0).reshape(3, 4) / 100 + 0.01
    grid = Grid(100.0, 206.0, 2.0, 4, 3, "EPSG:3857")
    profile = {"driver": "GTiff", "dtype": "float64", "count": 1, "height": 3, "width": 4,
               "crs": grid.crs, "transform": grid.transform}  # fmt: skip
    with rasterio.open(load_text.folder / "rough.tif", "w", **profile) as raster:
        raster.write(values, 1)
    terrain = load_text(PLANE + 'manning = "rough.tif"').terrain
    np.testing.assert_array_equal(terrain["manning"], values)


def test_a_raster_that_does_not_cover_the_cells_is_named(load_text):
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": 2, "width": 2,
               "crs": "EPSG:3857"}  # fmt: skip
    profile["transform"] = Grid(100.0, 206.0, 2.0, 2, 2, "").transform
    with rasterio.open(load_text.folder / "rough.tif", "w", **profile) as raster:
        raster.write(np.full((2, 2), 0.05, "f4"), 1)
    with pytest.raises(InputError, match="manning is nan at x 105, y 205"):
        load_text(PLANE + 'manning = "rough.tif"')


def test_zones_of_roughness_lie_where_their_polygons_do(load_text):
    zones = """
    [[roughness]]
    polygon = [[100, 200], [104, 200], [104, 206], [100, 206]]
    manning = "0.001 * x"
    [[roughness]]
    polygon = [[100, 204], [102, 204], [102, 206], [100, 206]]
    manning = 0.5
    """
    manning = load_text(PLANE + zones).terrain["manning"].values
    expected = np.full((3, 4), 0.03)
    expected[:, :2] = 0.101, 0.103
    expected[0, 0] = 0.5
    np.testing.assert_allclose(manning, expected)


def test_buildings_are_holes_or_blocks(load_text):
    buildings = """
    [[building]]
    polygon = [[100, 204], [102, 204], [102, 206], [100, 206]]
    [[building]]
    polygon = [[106, 200], [108, 200], [108, 202], [106, 202]]
    as = "raised"
    height = 3
    """
    terrain = load_text(PLANE + buildings).terrain
    x, y = centres()
    ground = 0.1 * x + 0.01 * y
    ground[2, 3] += 3
    np.testing.assert_allclose(terrain["elevation"], ground)
    assert terrain["building_blockage"].values.sum() == terrain["building_blockage"][0, 0] == 1
    assert terrain.attrs["buildings_as"] == "blockage"
    assert terrain["imperviousness"][2, 3] == 1


@pytest.mark.parametrize(
    ("initial", "expected"),
    [
        ("level = 12.5", lambda x, z: np.maximum(12.5 - z, 0)),
        ('level = "13 - 0.01 * (x - 100)"', lambda x, z: np.maximum(14 - 0.01 * x - z, 0)),
        ('depth = "where(x < 104, 2, 0)"', lambda x, z: np.where(x < 104, 2, 0)),
        ('depth = "max(0, 12.6 - z)"', lambda x, z: np.maximum(12.6 - z, 0)),
    ],
)
def test_the_initial_water_is_a_depth_or_a_level(load_text, initial, expected):
    terrain = load_text(f"{PLANE}\n[initial]\n{initial}").terrain
    x, y = centres()
    depth = expected(x, 0.1 * x + 0.01 * y)
    np.testing.assert_allclose(terrain["initial_depth"], depth, atol=1e-12)


def test_changes_stand_in_the_place_of_what_the_file_says(load_text):
    changes = {"terrain.cell_size": 1.0, "initial.level": 20, "terrain.origin": None}
    case = load_text(PLANE, changes=changes)
    assert case.terrain["elevation"].shape == (6, 8)
    assert float(case.terrain["x"][0]) == 0.5
    assert "initial_depth" in case.terrain
    with pytest.raises(InputError, match="seconds.x cannot be changed"):
        load_text(PLANE, changes={"seconds.x": 1})


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("cell_size = 2", "cell_size = 3", "whole multiples of 3 m"),
        ("cell_size = 2", "cell_size = 5", r"\[width, height\] of 2 or more cells of 5 m"),
        ("cell_size = 2", "cell_size = 1e-9", "cell size is 1e-09"),
        ("cell_size = 2", "cell_size = 0.001\n", "at least 0.01"),
        ("cell_size = 2", "", r"\[terrain\] has no cell_size"),
        ("size = [8, 6]", "size = [1e6, 1e6]", "expected 2 x 2 to"),
        ("size = [8, 6]", "size = [8]", r"size is \[8\] in \[terrain\]"),
        ("size = [8, 6]", 'size = [8, 6]\ndem = "a.tif"', "either files or a generated terrain"),
        ("size = [8, 6]", 'size = [8, 6]\ncrs = "EPSG:4326"', "a geographic system"),
        ("size = [8, 6]", "size = [8, 6]\nporosity = 0", "porosity is 0"),
        ("size = [8, 6]", 'size = [8, 6]\nconveyance_x = "x"', "conveyance_x is 101 at x 101"),
        ("size = [8, 6]", "size = [8, 6]\nmanning = -0.1", r"manning is -0.1 in \[terrain\]"),
        ("origin = [100, 200]", 'origin = "a"', "origin is 'a'"),
        ("elevation = ", "elevation = [1]\n#", r"elevation is \[1\] in \[terrain\]"),
        ("0.1 * x", "1e6 * x", "elevation is 1.01e"),
        ("0.1 * x", "0.1 * z", r"elevation in \[terrain\]: expression .* has the name 'z'"),
        ("seconds = 10", "seconds = 10\nhours = 1", "either hours or seconds"),
        ("seconds = 10", "seconds = 10\n[constants]\nx = 1", r"x is 1 in \[constants\]"),
        ("seconds = 10", 'seconds = 10\n[constants]\na = "b"', "has the name 'b'"),
        ("seconds = 10", 'seconds = 10\n[constants]\na = "1 / 0"', "a finite value"),
        ("seconds = 10", "seconds = 10\n[profiles]\nf = [[1, 0], [0, 0]]", "rising arguments"),
        ("seconds = 10", "seconds = 10\n[profiles]\nsqrt = [[0, 0]]", "another name"),
        ("seconds = 10", "seconds = 10\n[initial]\nlevel = 1\ndepth = 1", "either depth or level"),
        ("seconds = 10", "seconds = 10\n[initial]\ndepth = -1", r"depth is -1 in \[initial\]"),
        ("seconds = 10", "seconds = 10\n[initial]\nheight = 1", r"\[initial\] has height"),
        ("seconds = 10", "seconds = 10\n[[building]]\npolygon = [[0, 0], [1, 0], [1, 1]]",
         "holds no centre"),
        ("seconds = 10", "seconds = 10\n[[building]]\npolygon = [[0, 0], [1, 0]]",
         "expected three or more points"),
        ("seconds = 10", "seconds = 10\n[[building]]\npolygon = [[0, 0], [999, 0], [0, 999]]",
         "every cell is a building"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(load_text, right, wrong, says):
    with pytest.raises(InputError, match=says):
        load_text(PLANE.replace(right, wrong))

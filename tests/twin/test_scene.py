"""Pictures of a city in perspective: meshes by hand, and pixels where there is water."""

import numpy as np
import pytest

from tiles.colours import scale_of
from twin.errors import DeviceError
from twin.grid import Grid
from twin.scene.buildings import _block
from twin.scene.ground import Ground, blocks, ground_mesh, water_mesh
from twin.scene.scene import PAPER, Camera, Scene

SCALES = scale_of("water_depth"), scale_of("max_depth")
SIZE = (320, 240)


def plain(size=20, elevation=None):
    grid = Grid(0.0, 200.0, 10.0, size, size, "EPSG:3826")
    ground = np.zeros((size, size), "f4") if elevation is None else elevation
    image = np.full((size, size, 3), 90, "uint8")
    return Ground(grid, ground, np.zeros((size, size), bool), 1, image)


def no_buildings():
    return np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros(0, np.int64)


def one_house():
    from shapely.geometry import box

    from twin.model.triangulation import triangulate_all

    cut = triangulate_all([_block(box(60, 60, 140, 140), 0.0, 30.0)])
    return cut.points, cut.triangles.astype(np.int64), np.zeros(len(cut.triangles), np.int64)


def draw(scene, depth=None, values=None, **more):
    """Pixels; the test is passed over where nothing can be drawn off the screen."""
    try:
        return scene.draw(SCALES, depth, values, size=SIZE, **more)
    except DeviceError as error:
        pytest.skip(str(error))


def blue(pixels):
    """Pixels that have the hue of water, as count."""
    red, _, deep = (pixels[..., k].astype(int) for k in range(3))
    return int(((deep - red > 60) & (deep > 90)).sum())


def test_blocks_keep_the_largest_and_the_rest_at_the_edge():
    values = np.arange(15.0).reshape(3, 5)
    values[0, 0] = np.nan
    assert blocks(values, 2, np.nanmax).tolist() == [[6, 8, 9], [11, 13, 14]]
    assert np.isnan(blocks(np.full((2, 2), np.nan), 2, np.nanmean)).all()


def test_ground_leaves_out_what_is_not_known():
    elevation = np.zeros((20, 20), "f4")
    assert len(ground_mesh(plain())[2]) == 19 * 19
    elevation[0, 0] = np.nan
    points, places, squares = ground_mesh(plain(elevation=elevation))
    assert len(squares) == 19 * 19 - 1
    assert np.isfinite(points).all() and places.min() > 0 and places.max() < 1


def test_ground_looks_up_and_north_is_first():
    points, places, squares = ground_mesh(plain())
    a, b, c = (points[squares[0, k]] for k in range(3))
    assert np.cross(b - a, c - b)[2] > 0
    assert points[0, 1] == 195 and places[0, 1] > 0.9


def test_water_lies_at_ground_and_depth_and_hangs_together():
    elevation = np.tile(np.arange(20, dtype="f4"), (20, 1))
    depth = np.zeros((20, 20))
    depth[5, 5:7] = 2.0, 1.0
    points, squares, depths = water_mesh(plain(elevation=elevation), depth, 0.05)
    assert sorted(depths) == [1, 2] and len(squares) == 2
    assert points[squares, 2] == pytest.approx(7.0)
    assert points[squares[0], 0].min() == 50 and points[squares[0], 0].max() == 60


def test_water_that_is_always_there_is_left_out():
    ground = plain()
    ground.standing[5, 5] = True
    assert len(water_mesh(ground, np.ones((20, 20)), 0.05)[1]) == 399


def test_a_block_over_a_footprint_with_a_yard_looks_outward():
    from shapely.geometry import Polygon

    from twin.model.triangulation import triangulate

    ring, yard = [(0, 0), (9, 0), (9, 9), (0, 9)], [(3, 3), (6, 3), (6, 6), (3, 6)]
    shape = _block(Polygon(ring, [yard[::-1]]), 2.0, 12.0)
    triangles, _ = triangulate(shape)
    a, b, c = (shape.points[triangles[:, k]] for k in range(3))
    areas = np.cross(b - a, c - a) / 2
    assert areas[:, 2].sum() == pytest.approx(81 - 9)
    assert np.linalg.norm(areas, axis=1).sum() == pytest.approx(72 + 10 * (36 + 12))
    outward = np.einsum("ij,ij->i", areas, (a + b + c) / 3 - [4.5, 4.5, 7])
    at_wall = np.abs(a[:, 0] - 4.5).max(initial=0)
    assert at_wall == 4.5 and (outward[(a == b)[:, 0] & (a[:, 0] == 9)] > 0).all()


def test_there_are_water_pixels_where_there_is_water():
    """T-20: pixels, not only a file."""
    scene = Scene(plain(), no_buildings())
    dry, _ = draw(scene, np.zeros((20, 20)))
    depth = np.zeros((20, 20))
    depth[:, 10:] = 0.4
    wet, _ = draw(scene, depth, camera=Camera(bearing=0.0))
    assert dry.shape == wet.shape == (240, 320, 3)
    assert blue(dry) == 0 and blue(wet) > 2000
    assert blue(wet[:, 155:]) > 0.95 * blue(wet)  # east is on the right, looking north


def test_the_city_fills_the_window_and_stands_in_its_middle():
    pixels, marks = draw(Scene(plain(), no_buildings()), marks=[(100.0, 100.0)])
    drawn = (np.abs(pixels.astype(int) - PAPER) > 6).any(axis=2)
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    assert max(np.ptp(rows) / 240, np.ptp(columns) / 320) > 0.9
    assert abs(rows.mean() - 120) < 12 and abs(columns.mean() - 160) < 12
    assert marks[0] == pytest.approx((160, 120), abs=25)


def test_a_building_has_the_colour_of_its_depth():
    scene = Scene(plain(), one_house())
    dry, _ = draw(scene, values=np.array([0.0]))
    wet, _ = draw(scene, values=np.array([0.4]))
    assert blue(dry) == 0 and blue(wet) > 1000


def test_a_city_with_holes_and_unknown_depths_is_drawn():
    elevation = np.zeros((20, 20), "f4")
    elevation[:5] = np.nan
    depth = np.full((20, 20), np.nan)
    depth[10, 10] = 1.0
    pixels, marks = draw(
        Scene(plain(elevation=elevation), one_house()),
        depth,
        np.array([np.nan]),
        marks=[(1e9, -1e9)],
    )
    assert np.isfinite(marks).all() and pixels.std() > 5

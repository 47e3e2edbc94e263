"""Triangles of surfaces: their area, their side, and surfaces that are no surfaces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_shapes import box, geometry, merged, polygon

from twin.model.city_model import Geometry
from twin.model.triangulation import triangulate, triangulate_all


def area_vectors(points, triangles):
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a) / 2


def star(radii, turn=(0.0, 0.0, 0.0), at=(0.0, 0.0, 0.0)):
    """Corners of a star-shaped polygon in a tilted plane; radii below one are dents."""
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    flat = np.stack([np.cos(angles), np.sin(angles), 0 * angles], axis=1) * np.array(radii)[:, None]
    rotation = np.eye(3)
    for axis, angle in enumerate(turn):
        c, s = np.cos(angle), np.sin(angle)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[[i, i, j, j], [i, j, i, j]] = c, -s, s, c
        rotation = step @ rotation
    return flat @ rotation.T + at


def test_a_box_has_twelve_triangles_that_look_outward():
    """T-01."""
    solid = box(size=(2, 3, 4), at=(1e5, 4e5, 10))
    triangles, surface = triangulate(solid)
    assert triangles.shape == (12, 3) and triangles.dtype == surface.dtype == np.int32
    assert np.bincount(surface).tolist() == [2] * 6
    vectors = area_vectors(solid.points, triangles)
    middles = solid.points[triangles].mean(axis=1) - solid.points.mean(axis=0)
    assert (np.einsum("ij,ij->i", vectors, middles) > 0).all()
    assert np.linalg.norm(vectors, axis=1).sum() == pytest.approx(52)


@settings(deadline=None, max_examples=60)
@given(
    radii=st.lists(st.floats(0.2, 5), min_size=3, max_size=24),
    turn=st.tuples(*[st.floats(0, 6.28)] * 3),
    hole=st.booleans(),
)
def test_area_and_side_of_a_polygon_are_kept(radii, turn, hole):
    """The vectors of the triangles add up to the vector of the polygon, holes taken out."""
    rings = [star(radii, turn, (8e4, 4.5e5, 3.0))]
    if hole:
        inner = star([0.05] * 5, turn, (8e4, 4.5e5, 3.0))
        rings.append(inner[::-1])
    wanted = np.zeros(3)
    for ring in rings:
        local = ring - rings[0][0]
        wanted += np.cross(local, np.roll(local, -1, axis=0)).sum(axis=0) / 2
    shape = polygon(*rings)
    triangles, surface = triangulate(shape)
    vectors = area_vectors(shape.points, triangles)
    assert (surface == 0).all()
    assert vectors.sum(axis=0) == pytest.approx(wanted, abs=1e-6)
    assert np.linalg.norm(vectors, axis=1).sum() == pytest.approx(np.linalg.norm(wanted), rel=1e-6)


def test_a_dented_quadrilateral_is_cut_inside():
    shape = polygon([(0, 0, 0), (4, 0, 0), (1, 1, 0), (0, 4, 0)])
    triangles, _ = triangulate(shape)
    assert (area_vectors(shape.points, triangles)[:, 2] > 0).all()
    assert area_vectors(shape.points, triangles)[:, 2].sum() == pytest.approx(4)


def test_surfaces_without_area_are_dropped_and_named():
    nothing = [
        [(0, 0, 0), (1, 0, 0), (2, 0, 0)],
        [(0, 0, 0), (1, 0, 0), (1, 0, 0), (0, 0, 0)],
        [(0, 0, 0), (np.nan, 0, 0), (1, 1, 0)],
        [(0, 0, 0), (1, 1, 1)],
    ]
    cut = triangulate_all([polygon(ring) for ring in nothing] + [box()])
    assert cut.dropped.tolist() == [0, 1, 2, 3]
    assert (cut.geometry == 4).all() and len(cut.triangles) == 12


def test_a_crossed_ring_and_an_empty_ring_give_no_error():
    crossed = polygon([(0, 0, 0), (2, 2, 0), (2, 0, 0), (0, 1, 0), (-1, 3, 0)])
    empty = geometry([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [[[[[0, 1, 2], []], []]]], "MultiSurface")
    cut = triangulate_all([crossed, empty])
    assert (cut.geometry == 0).any() and (cut.surface == 1).any()
    assert cut.dropped.tolist() == [2]


def test_many_geometries_count_points_and_surfaces_through():
    line = np.array([0, 1], np.int32)
    ends = np.array([2], np.int32), np.array([1], np.int32)
    street = Geometry("MultiLineString", "0", np.zeros((2, 3)), line, *ends, ends[1], ends[1])
    several = [box(), street, merged("MultiSolid", box(), box(at=(3, 0, 0))), box(at=(9, 9, 9))]
    cut = triangulate_all(several)
    assert cut.surface_starts.tolist() == [0, 6, 6, 18, 24]
    assert cut.point_starts.tolist() == [0, 8, 8, 24, 32]
    assert np.bincount(cut.geometry).tolist() == [12, 0, 24, 12]
    for number in (0, 2, 3):
        alone, surface = triangulate(several[number])
        here = cut.geometry == number
        assert (cut.triangles[here] - cut.point_starts[number] == alone).all()
        assert (cut.surface[here] - cut.surface_starts[number] == surface).all()


def test_no_geometries_give_no_triangles():
    assert triangulate_all([]).triangles.shape == (0, 3)

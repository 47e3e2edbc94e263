"""Footprints raised to blocks: closed above, flat faces outwards, no area lost."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tiles.tiles3d.extrusion import extrude

SHELTER = shapely.box(0, 0, 10, 6)
COURT = shapely.Polygon(
    [(0, 0), (20, 0), (20, 20), (0, 20)], [[(5, 5), (15, 5), (15, 15), (5, 15)]]
)
STAR = shapely.Polygon([(0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4)])


def block(shapes, base=0.0, top=5.0):
    shapes = np.array(shapes, object)
    count = len(shapes)
    return extrude(shapes, np.full(count, base), np.full(count, top), lambda points: points)


def crosses(mesh):
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def volume(mesh):
    """Volume under the faces over z = 0, by the divergence theorem."""
    a, b, c = (mesh.positions[mesh.triangles[:, k]] for k in range(3))
    return np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6


@pytest.mark.parametrize("shape", [SHELTER, COURT, STAR, shapely.reverse(STAR)])
def test_a_block_holds_area_times_height(shape):
    mesh = block([shape])
    assert volume(mesh) == pytest.approx(shape.area * 5)


@pytest.mark.parametrize("shape", [SHELTER, COURT, STAR])
def test_faces_turn_as_their_normals_say(shape):
    mesh = block([shape])
    face = crosses(mesh)
    face /= np.linalg.norm(face, axis=1)[:, None]
    for corner in range(3):
        assert np.allclose(mesh.normals[mesh.triangles[:, corner]], face, atol=1e-6)


def test_walls_stand_from_the_base_to_the_roof_and_there_is_no_floor():
    mesh = block([SHELTER], base=-2.0, top=3.0)
    assert set(mesh.positions[:, 2]) == {-2.0, 3.0}
    assert len(mesh.triangles) == 4 * 2 + 2
    assert (mesh.normals[:, 2] >= 0).all()


def test_each_vertex_knows_its_building_also_in_several_pieces():
    twins = shapely.MultiPolygon([SHELTER, shapely.box(20, 0, 30, 6)])
    mesh = block([STAR, twins, shapely.Polygon()])
    assert set(mesh.features) == {0, 1}
    inside = mesh.positions[mesh.features == 1]
    assert shapely.intersects_xy(twins.buffer(1e-6), inside[:, 0], inside[:, 1]).all()
    of_triangle = mesh.features[mesh.triangles]
    assert (of_triangle == of_triangle[:, :1]).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=9, unique=True
    )
)
def test_the_roof_has_the_area_of_any_valid_footprint(points):
    shape = shapely.MultiPoint(points).convex_hull.difference(shapely.box(-5, -5, 5, 5))
    if shape.area < 1:
        return
    mesh = block([shape])
    up = crosses(mesh)[:, 2] / 2
    assert up.sum() == pytest.approx(shape.area)
    assert (up > -1e-9).all()


def test_thousands_are_raised_at_once_as_one_by_one():
    shapes = [shapely.affinity.translate(s, 40 * k) for k in range(50) for s in (COURT, STAR)]
    together = block(shapes)
    alone = [block([shape]) for shape in shapes]
    assert len(together.triangles) == sum(len(mesh.triangles) for mesh in alone)
    assert volume(together) == pytest.approx(sum(volume(mesh) for mesh in alone))

"""Mending: what becomes right, what is said of it, and that nothing is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_shapes import BOX, box, box_points, geometry, polygon

from twin.model.city_model import CityModel, CityObject, Geometry
from twin.model.reading import read_model
from twin.model.repair.repair import repair_model
from twin.model.validity.check import check_model
from twin.model.validity.findings import Limits

RINGS = [[ring] for ring in BOX]


def model_of(*shapes):
    objects = {f"o{k}": CityObject(f"o{k}", "Bridge", {}, (s,)) for k, s in enumerate(shapes)}
    return CityModel(objects, "EPSG:7415", {})


def mended(shape):
    """The shape after mending, what was said, and the codes that are left."""
    model, changes = repair_model(model_of(shape))
    assert list(model.objects) == ["o0"]
    left = sorted(check_model(model).counts)
    return model.objects["o0"].geometries[0], " ".join(change.what for change in changes), left


def volume(shape):
    total = 0.0
    for surface in range(shape.surface_count):
        for ring in shape.rings(surface):
            local = shape.points[ring] - shape.points[0]
            area = np.cross(local, np.roll(local, -1, axis=0)).sum(axis=0) / 2
            total += local[0] @ area / 3
    return total


def with_semantics(shape, kinds):
    names = list(dict.fromkeys(kinds))
    rows = np.array([names.index(kind) for kind in kinds], np.int32)
    parts = [getattr(shape, name) for name in list(shape.__dataclass_fields__)[:8]]
    return Geometry(*parts, tuple({"type": name} for name in names), rows)


def test_a_valid_model_stays_as_it_is():
    model = model_of(box(), polygon([(0, 0, 0), (1, 0, 0), (0, 1, 0)]))
    same, changes = repair_model(model)
    assert changes == []
    assert all(same.objects[key] is model.objects[key] for key in model.objects)


def test_a_missing_floor_is_closed_and_is_a_ground_surface():
    """T-03."""
    shape = with_semantics(
        geometry(box_points(), [[RINGS[1:]]]), ["RoofSurface", *["WallSurface"] * 4]
    )
    new, said, left = mended(shape)
    assert left == [] and new.kind == "Solid" and volume(new) == pytest.approx(1)
    assert new.surface_type(5) == "GroundSurface" and new.surface_type(0) == "RoofSurface"
    assert "1 holes closed" in said


def test_a_missing_floor_around_a_yard_is_closed_with_its_hole():
    plan = [(0, 0), (6, 0), (6, 6), (0, 6)], [(2, 2), (2, 4), (4, 4), (4, 2)]
    points = [(x, y, z) for ring in plan for z in (0, 3) for x, y in ring]
    walls = [
        [[first + i, first + (i + 1) % 4, first + 4 + (i + 1) % 4, first + 4 + i]]
        for first in (0, 8)
        for i in range(4)
    ]
    roof = [[4, 5, 6, 7], [12, 13, 14, 15]]
    new, _, left = mended(geometry(points, [[[*walls, roof]]]))
    assert left == [] and volume(new) == pytest.approx((36 - 4) * 3)
    assert len(new.rings(new.surface_count - 1)) == 2


def test_a_bent_roof_is_cut_into_triangles():
    points = box_points((10, 10, 10))
    points[6, 2] += 1
    new, said, left = mended(geometry(points, [[RINGS]]))
    assert left == [] and new.surface_count == 7 and "cut into triangles" in said


def test_surfaces_that_look_inward_are_turned():
    one = [ring[::-1] if k in (0, 3) else ring for k, ring in enumerate(BOX)]
    for rings in (one, [ring[::-1] for ring in BOX]):
        new, _, left = mended(geometry(box_points(), [[[[ring] for ring in rings]]]))
        assert left == [] and volume(new) == pytest.approx(1)


def test_repeated_points_spikes_and_thin_surfaces_go():
    points = np.concatenate([box_points(), [(1, 0, 0.0004), (3, 0, 1), (0.5, 0, 0)]])
    faces = [[list(face[0])] for face in RINGS]
    faces[1] = [[4, 5, 9, 5, 6, 7]]
    faces[2] = [[0, 1, 8, 5, 4]]
    faces.append([[0, 10, 1]])
    new, said, left = mended(geometry(points, [[faces]]))
    assert left == [] and new.surface_count == 6 and volume(new) == pytest.approx(1)
    assert "surfaces without area dropped" in said and "points put together" in said


def test_a_corner_on_the_edge_of_a_neighbour_is_put_into_it():
    points = np.concatenate([box_points(), [(0.5, 0, 1)]])
    faces = [[list(face[0])] for face in RINGS]
    faces[2] = [[0, 1, 5, 8, 4]]
    new, said, left = mended(geometry(points, [[faces]]))
    assert left == [] and new.surface_count == 6 and "put into the edges" in said


def test_two_bodies_in_one_shell_become_two_solids():
    points = np.concatenate([box_points(), box_points(at=(3, 0, 0))])
    more = [[[corner + 8 for corner in ring]] for ring in BOX]
    new, _, left = mended(geometry(points, [[[*RINGS, *more]]]))
    assert left == [] and new.kind == "MultiSolid" and len(new.solid_ends) == 2


def test_a_cavity_that_stands_in_the_outer_shell_is_a_cavity():
    """A piece that looks inward inside of another: no body, which would add to the volume."""
    points = np.concatenate([box_points((4, 4, 4)), box_points(at=(1, 1, 1))])
    hollow = [[[corner + 8 for corner in ring][::-1]] for ring in BOX]
    new, said, left = mended(geometry(points, [[[*RINGS, *hollow]]]))
    assert left == [] and new.kind == "Solid" and len(new.shell_ends) == 2
    assert volume(new) == pytest.approx(4**3 - 1) and "made its cavities" in said


def test_bodies_that_share_an_edge_become_two_solids():
    points = np.concatenate([box_points(), box_points(at=(1, 1, 0))])
    more = [[[corner + 8 for corner in ring]] for ring in BOX]
    new, _, left = mended(geometry(points, [[[*RINGS, *more]]]))
    assert left == [] and new.kind == "MultiSolid"


def test_inner_rings_are_turned_or_become_surfaces():
    square = [(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0)]
    hole = [(1, 1, 0), (2, 1, 0), (2, 2, 0), (1, 2, 0)]
    for ring, surfaces in ((hole, 1), ([(x + 9, y, z) for x, y, z in hole], 2)):
        new, _, left = mended(polygon(square, ring))
        assert left == [] and new.surface_count == surfaces


def test_a_figure_of_eight_becomes_two_surfaces():
    ring = [(0, 0, 0), (1, 1, 0), (0, 2, 0), (2, 2, 0), (1, 1, 0), (2, 0, 0)]
    new, _, left = mended(polygon(ring))
    assert left == [] and new.surface_count == 2


def test_what_cannot_be_a_solid_stays_as_surfaces_and_is_named():
    points = np.concatenate([box_points((4, 4, 2)), [(2, 2, -1)]])
    roof = [[[4, 5, 8]], [[5, 6, 8]], [[6, 7, 8]], [[7, 4, 8]]]
    new, said, left = mended(geometry(points, [[[RINGS[0], *roof, *RINGS[2:]]]]))
    assert new.kind == "MultiSurface" and new.surface_count == 9 and left == []
    assert "no valid solid (306), kept as its surfaces" in said


def test_a_geometry_of_which_nothing_would_stay_is_left():
    shape = polygon([(0, 0, 0), (1, 0, 0), (2, 0, 0)])
    new, said, left = mended(shape)
    assert new is shape and left == [104] and "left as it is" in said


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_damage_of_a_box_loses_it_or_raises(data):
    """T-03: whatever is dropped, turned, moved or doubled, an object comes back."""
    points = box_points((3, 2, 2))
    faces = [list(ring) for ring in BOX]
    for _ in range(data.draw(st.integers(0, 4))):
        face = faces[data.draw(st.integers(0, len(faces) - 1))]
        match data.draw(st.integers(0, 5)):
            case 0:
                face.reverse()
            case 1:
                face.pop()
            case 2:
                face.insert(0, data.draw(st.integers(0, 7)))
            case 3:
                points[data.draw(st.integers(0, 7))] += data.draw(
                    st.lists(st.floats(-3, 3), min_size=3, max_size=3)
                )
            case 4 if len(faces) > 1:
                faces.remove(face)
            case _:
                faces.append(list(face))
        faces = [face for face in faces if face] or [[0, 1, 2]]
    new, _, left = mended(geometry(points, [[[[face] for face in faces]]]))
    assert new.surface_count > 0
    assert not (left and new.kind in ("Solid", "MultiSolid")) or len(new.points) < 4


@pytest.mark.parametrize(
    ("name", "solids", "features"),
    [("DenHaag_01.city.json", 1988, 0.97), ("delft.json", 160, 1.0)],
)
def test_real_cities_are_mended(shared_data, name, solids, features):
    """T-03: The Hague from 1,805 to 1,988 of 1,990 solids, Delft from none to all 160."""
    model = read_model(shared_data / "cityjson" / name)
    new, changes = repair_model(model)
    report = check_model(new, Limits(overlap=0.01))
    assert list(new.objects) == list(model.objects)
    assert report.valid_primitives["Solid"] >= solids
    assert report.share_valid >= features
    assert {change.object_id for change in changes} <= set(model.objects)

"""Each error of a 3D geometry, alone, in the smallest shape that has it; and real models."""

import numpy as np
import pytest
from model_shapes import BOX, box, box_points, geometry, merged, polygon

from twin.model.city_model import CityModel, CityObject
from twin.model.reading import read_model
from twin.model.validity.check import check_model
from twin.model.validity.codes import CODES
from twin.model.validity.findings import Limits

SQUARE = [(0, 0, 0), (4, 0, 0), (4, 4, 0), (0, 4, 0)]
HOLE = [(1, 1, 0), (1, 2, 0), (2, 2, 0), (2, 1, 0)]


def moved(ring, x=0.0, y=0.0, z=0.0):
    return [(a + x, b + y, c + z) for a, b, c in ring]


def model_of(*shapes, kind="GenericCityObject", family=False):
    """Model with one object a shape; or a building whose parts they are."""
    parents = ("house",) if family else ()
    objects = {
        f"part{k}": CityObject(f"part{k}", kind, {}, (shape,), parents)
        for k, shape in enumerate(shapes)
    }
    if family:
        house = CityObject("house", "Building", {}, (), (), tuple(objects))
        objects = {"house": house, **objects}
    return CityModel(objects, "EPSG:7415", {})


def codes(*shapes, **more):
    return sorted(check_model(model_of(*shapes, **more)).counts)


def box_rings(flipped=(), first=0):
    rings = [[first + c for c in ring] for ring in BOX]
    return [[ring[::-1] if k in flipped else ring] for k, ring in enumerate(rings)]


def inside_out(first):
    return box_rings(range(6), first)


def hollow(size, at):
    """A box of 10 m with a second shell."""
    points = np.concatenate([box_points((10, 10, 10)), box_points(size, at)])
    return geometry(points, [[box_rings(), inside_out(8)]])


def two_boxes(shift, kind="Solid"):
    """Two boxes in one shell, with common points where they touch."""
    points = np.concatenate([box_points(), box_points(at=shift)])
    return geometry(points, [[[*box_rings(), *box_rings(first=8)]]], kind)


def self_crossing():
    """A box whose roof has a corner that hangs through the floor."""
    points = np.concatenate([box_points((4, 4, 2)), [(2, 2, -1)]])
    roof = [[[4, 5, 8]], [[5, 6, 8]], [[6, 7, 8]], [[7, 4, 8]]]
    return geometry(points, [[[box_rings()[0], *roof, *box_rings()[2:]]]])


def bow(amount):
    """A box of ten metres with one corner of the roof lifted."""
    points = box_points((10, 10, 10))
    points[6, 2] += amount
    return geometry(points, [[box_rings()]])


def fold():
    """A strip with a step of 9 mm that is 2 mm wide."""
    edge = [(0, 0, 0), (5, 0, 0), (5.002, 0, 0.009), (10, 0, 0.009)]
    return polygon([*edge, *moved(edge[::-1], y=8)])


def cavity_that_parts():
    """A cavity in the shape of a wall that reaches the faces of the box along four edges."""
    outer = box_points((4, 4, 4))
    ring = np.array([(2, 0, 0), (2, 4, 0), (2, 4, 4), (2, 0, 4)], float)
    blade = [(1.5, 2, 2), (2.5, 2, 2)]
    points = np.concatenate([outer, ring, blade])
    shell = [
        [[0, 8, 11, 4]], [[8, 1, 5, 11]], [[1, 2, 6, 5]], [[2, 9, 10, 6]], [[9, 3, 7, 10]],
        [[3, 0, 4, 7]], [[4, 11, 10, 7]], [[11, 5, 6, 10]], [[0, 3, 9, 8]], [[8, 9, 2, 1]],
    ]  # fmt: skip
    around = [[8, 9], [9, 10], [10, 11], [11, 8]]
    west, east = [[[*edge, 12]] for edge in around], [[[13, *edge[::-1]]] for edge in around]
    return geometry(points, [[shell, [*west, *east]]])


BROKEN = {
    101: polygon([(0, 0, 0), (1, 0, 0)]),
    102: polygon([(0, 0, 0), (1, 0, 0), (1, 0.0004, 0), (1, 1, 0), (0, 1, 0)]),
    104: polygon([(0, 0, 0), (2, 2, 0), (2, 0, 0), (0, 3, 0)]),
    201: polygon(SQUARE, moved(HOLE, x=2.5)),
    202: polygon(SQUARE, SQUARE[::-1]),
    203: bow(0.1),
    204: fold(),
    205: polygon(SQUARE, [(2, 0, 0), (0, 2, 0), (2, 4, 0), (4, 2, 0)]),
    206: polygon(SQUARE, moved(HOLE, x=9)),
    207: polygon(moved(SQUARE, x=-1, y=-1), HOLE, [
        (1.2, 1.2, 0), (1.2, 1.8, 0), (1.8, 1.8, 0), (1.8, 1.2, 0)]),
    208: polygon(SQUARE, HOLE[::-1]),
    301: geometry(box_points(), [[[[[0, 1, 2]], [[2, 1, 0]]]]]),
    302: geometry(box_points(), [[box_rings()[1:]]]),
    303: two_boxes((1, 1, 0)),
    305: two_boxes((3, 0, 0)),
    306: self_crossing(),
    307: geometry(box_points(), [[box_rings(flipped=[2])]]),
    401: hollow((4, 4, 4), (8, 3, 3)),
    402: geometry(box_points(), [[box_rings(), inside_out(0)]]),
    403: hollow((2, 2, 2), (20, 3, 3)),
    404: cavity_that_parts(),
    405: geometry(box_points(), [[inside_out(0)]]),
    501: merged("CompositeSolid", box(), box(at=(0.5, 0, 0))),
    502: merged("CompositeSolid", box(), box()),
    503: merged("CompositeSolid", box(), box(at=(5, 0, 0))),
    902: geometry([], [[[]]]),
    999: polygon([(0, 0, 0), (np.inf, 0, 0), (0, 1, 0)]),
}  # fmt: skip


@pytest.mark.parametrize("code", BROKEN)
def test_each_error_is_found_alone(code):
    """T-02: one broken geometry a code."""
    assert codes(BROKEN[code]) == [code]


def test_every_code_has_a_broken_geometry_or_cannot_occur_in_a_model():
    assert set(CODES) - set(BROKEN) == {103, 601, 901, 903, 904, 906}


@pytest.mark.parametrize(
    "shape",
    [
        box(),
        box(size=(8, 6, 3), at=(2677116.375, 1241839.025, 400)),
        hollow((2, 2, 2), (3, 3, 3)),
        bow(0.005),
        merged("CompositeSolid", box(), box(at=(1, 0, 0))),
        merged("MultiSolid", box(), box()),
        polygon(SQUARE, HOLE),
        polygon(SQUARE, [(0, 0, 0), (1, 2, 0), (2, 1, 0)]),
        two_boxes((3, 0, 0), "MultiSurface"),
    ],
)
def test_a_right_geometry_has_no_error(shape):
    assert codes(shape) == []


def test_parts_of_a_building_that_overlap_are_both_named():
    report = check_model(model_of(box(), box(at=(0.5, 0.2, 0)), box(at=(9, 0, 0)), family=True))
    assert {key: [f.code for f in faults] for key, faults in report.faults.items()} == {
        "part0": [601],
        "part1": [601],
    }
    assert (report.features, report.valid_features) == (1, 0)
    assert report.share_of("Solid") == 1


@pytest.mark.parametrize("shift", [(1, 0, 0), (1, 0.5, 0), (0, 0, 1), (0.9999999, 0, 0)])
def test_parts_that_share_a_wall_do_not_overlap(shift):
    assert codes(box(), box(at=shift), family=True) == []


@pytest.mark.parametrize(
    "other", [box(), box((0.5, 0.5, 3), (0.25, 0.25, -1)), box((0.2,) * 3, (0.4,) * 3)]
)
def test_parts_that_are_the_same_or_pierce_or_hold_each_other_overlap(other):
    assert codes(box(), other, family=True) == [601]


def test_an_overlap_below_the_limit_is_none():
    model = model_of(box(), box(at=(0.995, 0, 0)), family=True)
    assert check_model(model, Limits(overlap=0.01)).counts == {}
    assert set(check_model(model).counts) == {601}


def test_an_object_without_geometry_and_parts_is_named():
    model = model_of(box())
    model.objects["tree"] = CityObject("tree", "SolitaryVegetationObject")
    assert [fault.code for fault in check_model(model).faults["tree"]] == [906]


def test_a_fault_says_where_it_is_and_how_bad():
    report = check_model(model_of(box(), BROKEN[203]))
    frame = report.to_frame()
    assert frame.iloc[0][["object_id", "code", "name", "where"]].tolist() == [
        "part1",
        203,
        "NON_PLANAR_POLYGON_DISTANCE_PLANE",
        "geometry 0 (LoD 2), surface 1",
    ]
    assert frame.iloc[0]["value"] == pytest.approx(0.025, abs=1e-3)
    assert report.share_valid == 0.5 and report.valid_primitives == {"Solid": 1}


def test_a_circle_of_parents_ends():
    one = CityObject("one", "Building", {}, (box(),), ("two",), ("two",))
    two = CityObject("two", "BuildingPart", {}, (box(at=(3, 0, 0)),), ("one",), ("one",))
    assert check_model(CityModel({"one": one, "two": two}, None, {})).features == 1


def test_an_empty_model_is_valid():
    report = check_model(CityModel({}, None, {}))
    assert report.share_valid == 1 and report.to_frame().empty


@pytest.mark.parametrize(
    ("name", "limits", "share", "primitives"),
    [
        ("DenHaag_01.city.json", Limits(), 0.62, 0.907),
        ("DenHaag_01.city.json", Limits(overlap=0.01), 0.817, 0.907),
        ("delft.json", Limits(), 0.716, 0.0),
        ("zurich_subset_lod2.json", Limits(), 0.939, 1.0),
    ],
)
def test_real_cities_have_the_share_that_is_known(shared_data, name, limits, share, primitives):
    """T-02: 62 % of The Hague as published; Delft's blocks have no floors, so none is closed."""
    report = check_model(read_model(shared_data / "cityjson" / name), limits)
    assert report.share_valid == pytest.approx(share, abs=0.005)
    assert report.share_of("Solid") == pytest.approx(primitives, abs=0.005)

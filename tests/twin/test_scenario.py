"""A scenario changes a city in memory, says what it did, and refuses what cannot be."""

import hashlib
import json
from datetime import date

import numpy as np
import pytest
from pyproj import Transformer

from tests.twin.planned_town import (
    EAST,
    GRID,
    MM_H,
    NORTH,
    SOUTH,
    WEST,
    build_town,
    town_terrain,
)
from twin.city import City, open_city
from twin.errors import InputError, MissingError, TwinError
from twin.heat.heat import HotDay, heat_of
from twin.heat.surface_cover import cover_of_city, sealed_share, surface_number
from twin.scenario.scenario import apply_scenario, read_scenario, scenario_of

LAWN = [[WEST + 205, SOUTH + 205], [WEST + 245, SOUTH + 205], [WEST + 245, SOUTH + 235],
        [WEST + 205, SOUTH + 235]]  # fmt: skip
LAWN_CELLS = 8 * 6


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The town; tests only read it."""
    return build_town(tmp_path_factory.mktemp("cities") / "town")


def edited(town, *edits, **tables):
    return apply_scenario(town, scenario_of({"edit": list(edits), **tables}, "try", "."))


def change(town, city, name="elevation"):
    return np.nan_to_num(city.terrain[name].values - town.terrain[name].values)


def hashes(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_base_is_never_touched(town):
    """TW-11: a sandbox; neither the package on disk nor the open city changes."""
    files, ground = hashes(town.folder), town.terrain["elevation"].values.copy()
    city = edited(
        town,
        {"kind": "pond", "polygon": LAWN, "depth": 2},
        {"kind": "remove_building", "object": "buildings:a"},
        {"kind": "drain", "place": "West End", "factor": 2},
    )
    assert change(town, city).any()
    assert isinstance(city, City)
    assert hashes(town.folder) == files
    np.testing.assert_array_equal(town.terrain["elevation"].values, ground)
    assert town.layer("buildings").geometry.area.min() > 0
    assert city.version != town.version
    assert city.version == edited(
        town,
        {"kind": "pond", "polygon": LAWN, "depth": 2},
        {"kind": "remove_building", "object": "buildings:a"},
        {"kind": "drain", "place": "West End", "factor": 2},
    ).version  # fmt: skip


def test_a_pond_is_cut_to_its_depth_and_tells_its_volumes(town):
    """PS-2, PS-3: what is dug is area times depth; what it holds ends at its lowest rim."""
    city = edited(town, {"kind": "pond", "polygon": LAWN, "depth": 2.0})
    report = city.reports[0]
    assert report.cells.sum() == LAWN_CELLS
    np.testing.assert_allclose(change(town, city)[report.cells], -2.0, atol=1e-5)
    assert not change(town, city)[~report.cells].any()
    assert report.cut_m3 == pytest.approx(LAWN_CELLS * 25 * 2.0, rel=1e-6)
    assert 0 < report.storage_m3 < report.cut_m3
    assert city.terrain["imperviousness"].values[report.cells].max() == 0


def test_cut_and_fill_are_counted_apart(town):
    ground = town.terrain["elevation"].values
    city = edited(town, {"kind": "terrain", "polygon": LAWN, "level": 7.8})
    report = city.reports[0]
    moved = change(town, city)
    assert report.fill_m3 - report.cut_m3 == pytest.approx(moved.sum() * 25, rel=1e-5)
    assert report.cut_m3 == pytest.approx(-moved[moved < 0].sum() * 25, rel=1e-5)
    raised = edited(town, {"kind": "terrain", "polygon": LAWN, "by": 0.5})
    assert raised.reports[0].cut_m3 == 0
    assert raised.reports[0].fill_m3 == pytest.approx(LAWN_CELLS * 25 * 0.5, rel=1e-5)
    cut = edited(town, {"kind": "terrain", "polygon": LAWN, "level": 7.8, "only": "cut"})
    assert (cut.terrain["elevation"].values <= ground + 1e-6)[np.isfinite(ground)].all()


def test_a_plane_falls_towards_its_azimuth(town):
    city = edited(
        town, {"kind": "terrain", "polygon": LAWN, "slope": 0.02, "towards": 90, "level": 5}
    )
    inside = np.where(city.reports[0].cells, city.terrain["elevation"].values, np.nan)
    row = inside[np.flatnonzero(city.reports[0].cells.any(axis=1))[0]]
    np.testing.assert_allclose(np.diff(row[np.isfinite(row)]), -0.02 * 5, atol=1e-4)
    assert np.nanmean(inside) == pytest.approx(5.0, abs=1e-5)


def test_a_permeable_street_takes_the_width_of_its_road(town):
    """PS-3: permeability along an object of the city."""
    city = edited(
        town,
        {"kind": "permeability", "object": "roads:r1", "imperviousness": 0.1,
         "infiltration_mm_h": 30, "surface": "permeable_paving"},
    )  # fmt: skip
    cells = city.reports[0].cells
    length = EAST - 20 - (WEST + 5)
    assert cells.sum() * 25 == pytest.approx(length * 12, rel=0.25)
    assert city.terrain["imperviousness"].values[cells].max() == pytest.approx(0.1)
    assert city.terrain["infiltration_rate"].values[cells].max() == pytest.approx(30 * MM_H)
    assert (city.cover[cells] == surface_number("permeable_paving")).all()


def bare_town(folder):
    """The town without anything about its ground but heights."""
    terrain = town_terrain()
    bare = [name for name in terrain if name in ("manning", "imperviousness", "infiltration_rate")]
    return build_town(folder, terrain=terrain.drop_vars(bare))


def test_ground_of_which_nothing_is_known_is_sealed_for_water_and_for_heat(tmp_path):
    """B: one assumption for both, said once."""
    town, place = bare_town(tmp_path / "bare"), {"polygon": LAWN}
    grass = edited(town, {"kind": "land_use", "surface": "grass", **place})
    cells = grass.reports[0].cells
    assert sealed_share(town.terrain)[cells].min() == 1.0
    assert sealed_share(grass.terrain)[cells].max() == 0.0
    assert (sealed_share(grass.terrain)[~cells] == 1.0).all()
    day = HotDay(date(2026, 7, 21))
    place_on_earth = 120.0, 23.0
    before = heat_of(town.terrain, cover_of_city(town, town.terrain), 5.0, place_on_earth, day)
    after = heat_of(grass.terrain, grass.cover, 5.0, place_on_earth, day)
    cooler = before.surface_temperature - after.surface_temperature
    assert cooler[cells].min() > 5
    assert np.nanmax(np.abs(cooler[~cells])) == 0
    asphalt = edited(town, {"kind": "land_use", "surface": "asphalt", **place})
    same = heat_of(asphalt.terrain, asphalt.cover, 5.0, place_on_earth, day)
    assert np.nanmax(np.abs(same.surface_temperature - before.surface_temperature)) < 1e-3
    assert [note for note in asphalt.notes if "no land cover" in note]
    paving = {"kind": "permeability", "infiltration_mm_h": 30, **place}
    assert sealed_share(edited(town, paving).terrain)[cells].max() == 0.0


def test_land_use_says_how_much_of_it_is_open_ground(town):
    a = town.layer("buildings").geometry.iloc[0]
    west, south, east, north = a.buffer(10).bounds
    place = [[west, south], [east, south], [east, north], [west, north]]
    city = edited(town, {"kind": "land_use", "polygon": place, "surface": "park"})
    assert city.reports[0].text == "park on 1,600 m², of it 1,200 m² open ground"


def test_land_use_sets_roughness_and_sealing_but_paves_no_water(town):
    place = [[EAST - 60, SOUTH], [EAST, SOUTH], [EAST, SOUTH + 50], [EAST - 60, SOUTH + 50]]
    city = edited(town, {"kind": "land_use", "polygon": place, "surface": "trees"})
    cells = city.reports[0].cells
    assert city.terrain["manning"].values[cells].min() == pytest.approx(0.1)
    assert not cells[:, 58:].any()


def test_the_same_place_is_the_same_in_all_ways_to_say_it(town, tmp_path):
    transformer = Transformer.from_crs(GRID.crs, "EPSG:4326", always_xy=True)
    lonlat = [list(transformer.transform(*point)) for point in LAWN]
    ring = [*lonlat, lonlat[0]]
    feature = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (tmp_path / "lawn.geojson").write_text(json.dumps(feature))
    pond = {"kind": "pond", "depth": 1.0}
    ways = [
        {"polygon": LAWN},
        {"polygon": lonlat, "coordinates": "lonlat"},
        {"geojson": "lawn.geojson"},
    ]
    cells = [
        apply_scenario(town, scenario_of({"edit": [pond | way]}, "try", tmp_path)).reports[0].cells
        for way in ways
    ]
    assert cells[0].sum() == LAWN_CELLS
    np.testing.assert_array_equal(cells[0], cells[1])
    np.testing.assert_array_equal(cells[0], cells[2])


def test_a_levee_follows_its_line_without_bends_that_the_grid_cannot_show(town):
    line = [[WEST + 20 + step, SOUTH + 30 + 0.1 * (step % 2)] for step in range(0, 260, 2)]
    levee = edited(town, {"kind": "levee", "line": line, "crest": 9.0}).structures["levee"][0]
    assert levee["crest"] == 9.0
    np.testing.assert_allclose(levee["line"], np.array(line)[[0, -1]])


def test_a_ring_around_no_cell_is_refused(town):
    x, y = WEST + 101, SOUTH + 30
    for width, height in ((2, 2), (40, 2)):
        ring = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
        with pytest.raises(InputError, match=r"edit 1 \(levee\) closes around no cell"):
            edited(town, {"kind": "levee", "crest": 12.0, "polygon": ring})


def test_an_embankment_is_ground_and_its_fill_is_counted(town):
    line = [[WEST + 100, SOUTH + 30], [EAST - 20, SOUTH + 30]]
    city = edited(town, {"kind": "levee", "line": line, "crest": 9.5, "width": 10})
    assert city.structures == {}
    assert city.reports[0].fill_m3 == pytest.approx(change(town, city).sum() * 25, rel=1e-5)


def test_removed_buildings_keep_their_row_and_new_ones_come_last(town):
    """The row of the layer is the key of depths at buildings, so it never moves."""
    city = edited(
        town,
        {"kind": "remove_building", "object": "buildings:a"},
        {"kind": "building", "polygon": LAWN, "height": 12, "occupants": 30, "use": "school"},
    )
    layer = city.layer("buildings")
    assert list(layer["building_id"]) == ["a", "b", "scenario-2"]
    assert layer.geometry.iloc[0].is_empty
    assert layer["occupants"].tolist() == [0, 40, 30]
    built = city.terrain["building_blockage"].values >= 0.5
    was = town.terrain["building_blockage"].values >= 0.5
    assert (was & ~built).sum() == 16
    assert (built & ~was).sum() == LAWN_CELLS
    assert city.terrain["building_height"].values[built].max() == 12
    assert layer["ground"].iloc[2] == pytest.approx(10 - 0.05 * 44.5, abs=0.3)


def test_a_pump_takes_its_capacity_from_the_cells_at_its_intake(town):
    city = edited(town, {"kind": "pump", "object": "pump_stations:p1"})
    assert change(town, city, "drain_capacity").sum() * 25 == pytest.approx(0.2, rel=1e-3)
    assert city.terrain["drain_capacity"].values.max() <= 1e-3
    assert "baseline has none" in city.notes[0]
    off = edited(town, {"kind": "pump", "object": "pump_stations:p1", "capacity": 0})
    assert not change(town, off, "drain_capacity").any()


def test_a_pump_adds_to_drains_that_another_edit_changed(town):
    pump = {"kind": "pump", "object": "pump_stations:p1"}
    drain = {"kind": "drain", "place": "East End", "capacity_mm_h": 0}
    city = edited(town, pump, drain)
    assert [report.number for report in city.reports] == [1, 2]
    inside = city.terrain["drain_capacity"].values[:, 30:]
    assert inside.sum() * 25 == pytest.approx(0.2, rel=1e-3)


def test_a_gate_is_a_culvert_with_the_width_and_sill_of_the_city(town):
    gate = {"kind": "gate", "object": "gates:g1", "to": [EAST - 30, SOUTH + 50], "opening": 1.2}
    culvert = edited(town, gate).structures["culvert"][0]
    assert (culvert["width"], culvert["height"], culvert["inlet_invert"]) == (3.0, 1.2, 7.5)
    assert edited(town, gate | {"opening": 0}).structures == {}


SQUARE = {"polygon": LAWN}
REFUSED = {
    "edit 1 is of kind 'dig'": [{"kind": "dig"}],
    "edit 1 \\(pond\\) has none of them, expected exactly one of polygon": [{"kind": "pond"}],
    "outside of the city": [{"kind": "pond", "depth": 1, "polygon": [[0, 0], [9, 0], [9, 9]]}],
    "edit 1 \\(pond\\) has depth = nan": [{"kind": "pond", "depth": float("nan"), **SQUARE}],
    "finite numbers": [
        {"kind": "pond", "depth": 1, "polygon": [[0, float("inf")], [1, 1], [2, 2]]}
    ],
    "not cross itself": [
        {"kind": "pond", "depth": 1, "polygon": [LAWN[0], LAWN[2], LAWN[1], LAWN[3]]}
    ],
    "edit 2 \\(terrain\\) sets the ground of 48 cells that edit 1": [
        {"kind": "pond", "depth": 1, **SQUARE},
        {"kind": "terrain", "by": 1, **SQUARE},
    ],
    "edit 2 \\(land_use\\) sets the surface": [
        {"kind": "permeability", "imperviousness": 0.1, **SQUARE},
        {"kind": "land_use", "surface": "park", **SQUARE},
    ],
    "surface 'lava' is not known": [{"kind": "land_use", "surface": "lava", **SQUARE}],
    "no object with that building_id": [{"kind": "remove_building", "object": "buildings:zz"}],
    "names layer 'cellars'": [{"kind": "remove_building", "object": "cellars:1"}],
    "does not know": [{"kind": "drain", "place": "Atlantis", "factor": 2}],
    "stands on building a": [
        {"kind": "building", "height": 9, "point": [WEST + 60, NORTH - 110], "radius": 5}
    ],
    "under buildings on 400 m² \\(a\\)": [
        {"kind": "pond", "depth": 1, "point": [WEST + 60, NORTH - 110], "radius": 20}
    ],
    "digs nothing": [{"kind": "pond", "bottom": 50, **SQUARE}],
    "fills nothing": [
        {"kind": "levee", "line": [LAWN[0], LAWN[2]], "crest": -3, "width": 10}
    ],
    "cannot be simulated yet": [
        {"kind": "pump", "capacity": 1, "point": LAWN[0], "to": LAWN[2]}
    ],
    "expected 1235 or more": [
        {"kind": "pump", "capacity": 27.78, **SQUARE}
    ],
    "between which points": [{"kind": "gate", "object": "gates:g1", "opening": 1}],
    "leads from a cell to itself": [
        {"kind": "gate", "point": LAWN[0], "to": [LAWN[0][0] + 0.5, LAWN[0][1]], "width": 2,
         "opening": 1}
    ],
    "line of 2 m, expected one well over the 5 m of a cell": [
        {"kind": "levee", "height": 1, "line": [LAWN[0], [LAWN[0][0] + 2, LAWN[0][1]]]}
    ],
    "lies on roads, expected object": [{"kind": "remove_building", "object": "roads:r1"}],
    "without width": [{"kind": "drain", "line": [LAWN[0], LAWN[2]], "factor": 1}],
    "has colour": [{"kind": "pond", "depth": 1, "colour": "blue", **SQUARE}],
    "folder of the scenario": [{"kind": "pond", "depth": 1, "geojson": "../x.geojson"}],
}  # fmt: skip


@pytest.mark.parametrize("words", REFUSED)
def test_what_cannot_be_is_refused_in_one_line_with_its_number(town, words):
    with pytest.raises(TwinError, match=words) as refusal:
        edited(town, *REFUSED[words])
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 500


def test_a_file_is_read_with_its_storm_and_its_edits(town, tmp_path):
    path = tmp_path / "Lawn-Pond.toml"
    path.write_text(
        'title = "A pond"\nrain = "design:60mm/1h"\nhours = 1.5\n'
        "[heat]\ndate = 2026-08-01\nhour = 14\n"
        f'[[edit]]\nkind = "pond"\ndepth = 1.0\npolygon = {LAWN}\n'
    )
    scenario = read_scenario(path)
    assert (scenario.name, scenario.title, scenario.hours) == ("lawn-pond", "A pond", 1.5)
    assert scenario.heat["date"].isoformat() == "2026-08-01"
    assert apply_scenario(open_city(town.folder), scenario).reports[0].name == "pond 1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("edit = 3", "a list of tables"),
        ("[[edit]]\nkind = 'pond'\n[tree]\n", "has tree"),
        ("title = ", "is not TOML"),
        ("title = 'nothing'", "at least one table"),
        ("name = 'runs'\n[[edit]]\nkind='pond'", "another name"),
        ("name = '../up'\n[[edit]]\nkind='pond'", "another name"),
        ("hours = -1\n[[edit]]\nkind='pond'", "hours = -1"),
        ("[heat]\ndate = 'soon'\n[[edit]]\nkind='pond'", "a date such as"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, text, words):
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_scenario(path)


def test_a_file_that_is_not_there_or_far_too_large_is_refused(tmp_path):
    with pytest.raises(MissingError):
        read_scenario(tmp_path / "none.toml")
    big = tmp_path / "big.toml"
    big.write_text("#" * 3_000_000)
    with pytest.raises(InputError, match="small list"):
        read_scenario(big)

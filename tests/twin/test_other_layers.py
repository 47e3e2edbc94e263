"""Layers of one's own on the way into a city: placed, named, counted, or refused in one line."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from twin.errors import InputError, MissingError
from twin.grid import Grid
from twin.importers.layer_count import LayerCount
from twin.importers.other_layers import LAYERS, clean_layer, sensors_of_store
from twin.observations.store import ObservationStore

GRID = Grid(250_000.0, 2_700_400.0, 10.0, 50, 40, "EPSG:3826")
GROUND = np.arange(2000.0).reshape(GRID.shape)


def points(*places, crs="EPSG:3826", **columns):
    shapes = [shapely.Point(250_000 + x, 2_700_000 + y) for x, y in places]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs="EPSG:3826")).to_crs(crs)


def clean(frame, name):
    count = LayerCount(name)
    return clean_layer(frame, name, GRID, GROUND, count, f"{name}.geojson"), count


def test_sensors_come_into_the_crs_of_the_city_with_the_ground_that_they_stand_on():
    frame = points(
        (5, 395), (495, 5), (900, 5), crs="EPSG:4326", Station_ID=["G1", "D1", "far"],
        kind="road_flood", property="water_depth", owner=["a", "b", "c"],
    )  # fmt: skip
    found, count = clean(frame, "sensors")
    assert found["station_id"].tolist() == ["G1", "D1"]
    assert found["owner"].tolist() == ["a", "b"]
    assert found["elevation"].tolist() == [0.0, 1999.0]
    assert found.geometry.x.tolist() == pytest.approx([250_005, 250_495], abs=1e-3)
    assert (count.read, count.kept, count.dropped, count.changed) == (3, 2, 1, 2)
    assert count.reasons["outside_of_terrain"] == 1


def test_two_sensors_may_share_a_place_but_a_station_has_one_row():
    frame = points(
        (5, 5), (5, 5), (5, 5), station_id=["W", "W", "X"], kind="level_gauge",
        property=["water_level", "water_depth", "water_level"],
    )  # fmt: skip
    found, count = clean(frame, "sensors")
    assert found[["station_id", "property"]].values.tolist() == [
        ["W", "water_depth"],
        ["X", "water_level"],
    ]
    assert count.reasons["another_row_of_a_station"] == 1


def test_a_boundary_may_be_a_line_or_a_point():
    line = shapely.LineString([(250_000, 2_700_100), (250_000, 2_700_200)])
    ends = gpd.GeoDataFrame(
        {"boundary_id": ["sea"], "kind": ["stage"], "value": ["0.3 m"], "station_id": ["T1"]},
        geometry=[line], crs=GRID.crs,
    )  # fmt: skip
    found, _ = clean(ends, "boundaries")
    assert found[["boundary_id", "value", "station_id"]].values.tolist() == [["sea", 0.3, "T1"]]
    creek = points((495, 100), boundary_id=["creek"], kind=["inflow"], value=[2.0])
    assert clean(creek, "boundaries")[0].geometry.iloc[0].geom_type == "Point"


@pytest.mark.parametrize(
    ("name", "frame", "line"),
    [
        ("sensors", points((5, 5), station_id=["a"], kind=["x"]), "no column property, expected"),
        ("flood_spots", points((5, 900), name=["a"]), "no point on the terrain"),
        (
            "boundaries",
            points((5, 5), kind=["river"], value=[1.0]),
            "kind 'river', expected inflow or stage",
        ),
        ("boundaries", points((5, 5), kind=["stage"], value=[None]), "without a steady value"),
    ],
)
def test_what_cannot_be_used_is_refused(name, frame, line):
    with pytest.raises(InputError, match=line):
        clean(frame, name)


def test_stations_of_a_store_are_sensors(tmp_path):
    store = ObservationStore(tmp_path / "store")
    stations = points(
        (5, 5), (15, 5), station_id=["A", "B"], name=["a", "b"], kind="rain_gauge",
        property="rainfall_rate", unit="mm", district="",
    )  # fmt: skip
    nowhere = pd.concat([stations, stations.iloc[:1].assign(station_id="C", geometry=None)])
    store.add_stations(nowhere, source_id="cwa")
    found, _ = clean(sensors_of_store(tmp_path / "store"), "sensors")
    assert found[["station_id", "source_id", "kind"]].values.tolist() == [
        ["A", "cwa", "rain_gauge"],
        ["B", "cwa", "rain_gauge"],
    ]
    with pytest.raises(MissingError):
        sensors_of_store(tmp_path / "none")


def test_a_store_without_places_gives_no_sensors(tmp_path):
    ObservationStore(tmp_path / "store").add_stations(
        points((5, 5), station_id=["A"], name=[""], kind=[""], property=[""], unit=[""],
               district=[""]).assign(geometry=None), source_id="x",
    )  # fmt: skip
    with pytest.raises(InputError, match="no station with a place"):
        sensors_of_store(tmp_path / "store")


def test_every_layer_is_in_the_page_that_explains_them():
    from pathlib import Path

    text = (Path(__file__).parents[2] / "twin" / "LAYERS.md").read_text(encoding="utf-8")
    for name, layer in LAYERS.items():
        assert name in text
        for column in (layer.id, *layer.required):
            assert column in text, f"{column} of {name}"

"""A city of one's own, from files to a forecast: terrain, sensors, spots, districts, water, sea."""

import cycle_town
import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from cycle_town import GRID, NOW

from service import engine
from service.cli import main
from service.utc import iso
from twin.city import open_city
from twin.errors import InputError


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Folder with a terrain, its layers as GeoJSON, and a store with readings."""
    folder = tmp_path_factory.mktemp("own")
    ground = cycle_town.terrain()["elevation"].values
    size = {"height": GRID.ny, "width": GRID.nx, "count": 1, "dtype": "float32"}
    with rasterio.open(
        folder / "dtm.tif", "w", driver="GTiff", crs=GRID.crs, transform=GRID.transform, **size
    ) as file:
        file.write(ground, 1)
    west, south, east, _ = GRID.bounds
    pond = shapely.box(east - 100, south + 20, east - 20, south + 100)
    sea = shapely.LineString([(west + 10, south + 100), (west + 10, south + 200)])
    layers = cycle_town.layers() | {
        "water": gpd.GeoDataFrame({"kind": ["pond"]}, geometry=[pond], crs=GRID.crs),
        "boundaries": gpd.GeoDataFrame(
            {"boundary_id": ["sea"], "kind": ["stage"], "value": [8.0]},
            geometry=[sea],
            crs=GRID.crs,
        ),
    }
    for name, frame in layers.items():
        frame.to_crs("EPSG:4326").to_file(folder / f"{name}.geojson", driver="GeoJSON")
    cycle_town.store_of(folder / "store", cycle_town.readings())
    return folder


def words(files, out, *names):
    given = [f"{name}={files / name}.geojson" for name in names]
    dem = ["--dem", str(files / "dtm.tif"), "--out", str(out), "--edges", "closed"]
    return ["city", "import", "--name", "own", *dem, *[w for g in given for w in ("--layer", g)]]


def test_a_forecast_of_a_city_out_of_files(files, tmp_path, capsys):
    names = ("sensors", "flood_spots", "districts", "water", "boundaries")
    city = tmp_path / "cities" / "own"
    assert main(words(files, city, *names)) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in names)
    assert engine.check_city(city=city)["problems"] == []
    wet = open_city(city).terrain["initial_depth"].values > 0
    assert 0 < wet.sum() < 0.1 * wet.size
    said = engine.forecast(
        city=city, store=files / "store", issue_time=iso(NOW), hours=0.2, members=2, quiet=True,
        out=tmp_path / "runs",
    )  # fmt: skip
    assert said["members_used"] == 2
    assert len(said["spots"]) == 4
    assert {row["district"] for row in said["districts"]} == {"West", "East"}
    assert "boundaries: no gauge is named, sea has its steady value" in said["inputs_degraded"]
    assert np.isfinite([spot["depth_p50_m"] for spot in said["spots"]]).all()


def test_unknown_layers_and_two_kinds_of_sensors_are_refused_before_work(files, tmp_path, capsys):
    assert main([*words(files, tmp_path / "a"), "--layer", "trees=trees.gpkg"]) == 2
    assert "no layer is called trees, expected one of boundaries" in capsys.readouterr().err
    assert main([*words(files, tmp_path / "a"), "--layer", "sensors"]) == 2
    assert "expected NAME=FILE" in capsys.readouterr().err
    with pytest.raises(InputError, match="leave one out"):
        engine.import_city(
            name="own",
            dem=files / "dtm.tif",
            layers=[("sensors", files / "sensors.geojson")],
            sensors_of=files / "store",
            out=tmp_path / "a",
        )
    assert not (tmp_path / "a").exists()

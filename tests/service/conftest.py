"""A bowl with two houses as a city, small enough to simulate in a moment."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from browser import browser  # noqa: F401  (one Chromium for all tests)

from service import engine
from service.cli import main
from twin.city import write_city
from twin.fields import describe
from twin.grid import Grid

BOWL = Grid(250_000.0, 2_700_000.0, 10.0, 60, 40, "EPSG:3826")


def bowl_terrain():
    """Ground that falls to the middle; the north-west corner is outside."""
    y, x = np.mgrid[0 : BOWL.ny, 0 : BOWL.nx]
    elevation = 10 + 0.05 * (np.abs(x - 30) + np.abs(y - 20))
    elevation[:4, :4] = np.nan
    field = (("y", "x"), elevation.astype("f4"))
    return describe(xr.Dataset({"elevation": field}, coords=BOWL.coords()))


def bowl_layers():
    """Two houses, a stream that enters in the east, three rain gauges and a river gauge."""
    houses = [shapely.box(250_100, 2_699_700, 250_130, 2_699_730)]
    houses.append(shapely.box(250_400, 2_699_800, 250_430, 2_699_820))
    stream = shapely.LineString([(250_595, 2_699_780), (250_595, 2_699_820)])
    return {
        "buildings": gpd.GeoDataFrame(
            {"building_id": ["a", "b"], "height": [6.0, 9.0]}, geometry=houses, crs=BOWL.crs
        ),
        "boundaries": gpd.GeoDataFrame(
            {"boundary_id": ["stream"], "kind": ["inflow"], "value": [2.0]},
            geometry=[stream],
            crs=BOWL.crs,
        ),
        "sensors": gpd.GeoDataFrame(
            {
                "station_id": ["R1", "R2", "R3", "L1"],
                "kind": ["rain_gauge", "rain_gauge", "rain_gauge", "river_level"],
            },
            geometry=gpd.points_from_xy(
                [250_100, 250_500, 250_300, 250_590],
                [2_699_900, 2_699_900, 2_699_700, 2_699_800],
            ),
            crs=BOWL.crs,
        ),
    }


@pytest.fixture(scope="session")
def bowl(tmp_path_factory):
    """Folder of the city; tests only read it."""
    folder = tmp_path_factory.mktemp("cities") / "bowl"
    write_city(
        folder,
        name="bowl",
        title="The Bowl",
        grid=BOWL,
        terrain=bowl_terrain(),
        layers=bowl_layers(),
        buildings_as="none",
        edges="closed",
    )
    return folder


def readings_csv(path):
    """Two hours of rain until noon UTC, as the source `sample` sends it; never quite the same."""
    lines = ["station_id,time,received,property,value,unit"]
    for step in range(12):
        minutes = 10 * (step + 1)
        time = f"2026-11-20T{18 + minutes // 60}:{minutes % 60:02}:00+08:00"
        received = f"2026-11-20T{18 + minutes // 60}:{minutes % 60:02}:40+08:00"
        depth = 12 + 0.2 * (-1) ** step
        lines += [
            f"{name},{time},{received},rainfall_rate,{depth},mm" for name in ("R1", "R2", "R3")
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def bowl_store(tmp_path_factory):
    """Observation store of the bowl; tests only read it."""
    folder = tmp_path_factory.mktemp("stores")
    sent = readings_csv(folder / "sent.csv")
    engine.ingest(source="sample", file=sent, store=folder / "bowl")
    return folder / "bowl"


def contents(folder):
    """Names of all that is in a folder."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*"))


@pytest.fixture
def refused(tmp_path, capsys, monkeypatch):
    """Run a command that must fail: exit code 2, one line, and nothing left behind."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        before = contents(tmp_path)
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        notes = [line for line in err.splitlines() if not line.startswith("floodtwin: error: ")]
        assert code == 2
        assert err.count("floodtwin: error: ") == 1
        assert err.endswith("\n")
        assert all(": " in note for note in notes)
        if "--json" in words:
            assert notes == []
            assert json.loads(out)["error"] == err.removeprefix("floodtwin: error: ").strip()
        else:
            assert out == ""
        assert contents(tmp_path) == before
        return err.splitlines()[-1]

    return run


@pytest.fixture
def full_disk(disk_of):
    """A disk of 300 kB of its own."""
    return disk_of("300k")

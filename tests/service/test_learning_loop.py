"""Learning from end to end: storms with hidden truth, shadow, the gate, adoption."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hydrology.forecast import forecast as ensemble
from hydrology.rainfall.grid import rainfall_dataset
from hydrology.solver.settings import Settings
from hydrology.solver.simulation import simulate
from service import engine
from service.learning.parameter_store import ParameterStore
from service.runs import RunStore
from service.utc import iso
from tests.service.conftest import BOWL, bowl_terrain
from twin.city import open_city, write_city
from twin.observations.store import COLUMNS, ObservationStore

TRUE_DRAINS = 0.4
"""The drains take this share of what the city says, and no forecast is told."""

DAYS = pd.to_datetime(["2026-11-01", "2026-11-08", "2026-11-15"])
RATES = (50.0, 40.0, 45.0)
STEPS = 9


def make_city(folder):
    """A bowl with drains, three gauges and six road sensors around its middle."""
    terrain = bowl_terrain()
    terrain = terrain.assign(
        manning=(("y", "x"), np.full(BOWL.shape, 0.03, np.float32)),
        imperviousness=(("y", "x"), np.ones(BOWL.shape, np.float32)),
        drain_capacity=(("y", "x"), np.full(BOWL.shape, 30.0 / 3.6e6, np.float32)),
    )
    gauges = [(250_100, 2_699_900), (250_500, 2_699_900), (250_300, 2_699_700)]
    roads = [(250_305 + 20 * k, 2_699_805 - 10 * (k % 2)) for k in range(-3, 3)]
    sensors = {
        "station_id": [*(f"R{k}" for k in range(3)), *(f"S{k}" for k in range(6))],
        "kind": ["rain_gauge"] * 3 + ["road_flood"] * 6,
        "district": "Middle",
    }
    places = np.array([*gauges, *roads], float)
    points = gpd.points_from_xy(places[:, 0], places[:, 1])
    write_city(
        folder,
        name="bowl",
        grid=BOWL,
        terrain=terrain,
        layers={"sensors": gpd.GeoDataFrame(sensors, geometry=points, crs=BOWL.crs)},
        buildings_as="none",
        edges="closed",
    )
    return terrain, roads


def make_store(folder, terrain, roads):
    """What gauges and road sensors sent of three storms over drains that take less."""
    truth = terrain.assign(drain_capacity=TRUE_DRAINS * terrain["drain_capacity"])
    truth.attrs["crs"] = BOWL.crs
    cells = np.array([BOWL.cell_of(x, y) for x, y in roads])
    rows = []
    for day, peak in zip(DAYS, RATES, strict=True):
        times = day.to_datetime64() + np.arange(STEPS + 1) * np.timedelta64(600, "s")
        rates = np.full(STEPS + 1, peak / 3.6e6)
        rates[-1] = 0.0
        field = np.broadcast_to(rates[:, None, None], (STEPS + 1, *BOWL.shape))
        frames = []

        def keep(_index, seconds, depth, _speed, frames=frames):
            frames.append((seconds, depth[tuple(cells.T)].copy()))

        simulate(
            truth,
            rainfall_dataset(times.astype("datetime64[ns]"), field.astype(np.float32), BOWL),
            seconds=600.0 * (STEPS + 1),
            start=times[0].astype("datetime64[ns]"),
            settings=Settings(frame_seconds=600.0),
            sink=keep,
        )
        for number, rate in enumerate(rates):
            end = pd.Timestamp(times[number], tz="UTC") + pd.Timedelta(minutes=10)
            rows += [_row(f"R{k}", "rainfall_rate", end, rate, "m s-1") for k in range(3)]
        for seconds, depths in frames:
            moment = pd.Timestamp(times[0], tz="UTC") + pd.Timedelta(seconds=seconds)
            rows += [
                _row(f"S{k}", "water_depth", moment, float(depth), "m")
                for k, depth in enumerate(depths)
            ]
    ObservationStore(folder).append(pd.DataFrame(rows, columns=list(COLUMNS)))


def _row(station, name, time, value, unit):
    received = time + pd.Timedelta(seconds=30)
    return ("test", station, name, time, received, value, str(value), unit, 1)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learning")
    terrain, roads = make_city(folder / "cities" / "bowl")
    make_store(folder / "store", terrain, roads)
    return folder / "cities" / "bowl", folder / "store"


def test_drains_that_take_less_are_learned_in_shadow_and_adopted(town):
    """X-09, the other way round: what beats the one in force on held-out events may take over."""
    city, store = town
    options = {"hours": 0.5, "members": 2, "every": 30.0, "most_runs": 5, "quiet": True}
    learned = engine.learn_shadow(city=city, store=store, **options)
    assert learned["learned_from"] == ["2026-11-01T00:10:00Z", "2026-11-08T00:10:00Z"]
    assert learned["held_out"] == ["2026-11-15T00:10:00Z"]
    assert learned["factors"]["drain_capacity"] < 0.7
    verdict = learned["verdict"]
    assert verdict["accepted"], verdict
    assert verdict["gain"] > 0.1
    assert verdict["tries"] == 1
    kept = ParameterStore(city)
    held_out = set(learned["held_out"])
    assert kept.tries(kept.in_force(), held_out) == 1  # the next one has to be surer
    assert kept.tries(kept.in_force(), {"another storm"}) == 0
    assert kept.tries(kept.open(1), held_out) == 0  # against another set, all begins anew
    assert ParameterStore(city).in_force().version == 0  # in shadow: nothing changed
    engine.learn_adopt(city=city, version=1, why="proved better", who="operator")
    assert ParameterStore(city).in_force().digest == learned["sha256"]


def test_depths_of_members_as_a_forecast_gives_them_are_scored(town):
    """The points of a forecast, written as they are, are what `verify` reads."""
    city, store = town
    observations, package = ObservationStore(store, create=False), open_city(city)
    issue = DAYS[2] + pd.Timedelta(minutes=50)
    names = ("rainfall_rate", "water_depth")
    readings = [observations.series(name, DAYS[2], issue, known_at=issue) for name in names]
    sensors = package.layer("sensors")
    result = ensemble.forecast(
        package.terrain,
        sensors[sensors["kind"] == "rain_gauge"],
        pd.concat(readings),
        issue_time=issue,
        hours=1.0,
        members=3,
        cycle=ensemble.Cycle(sensors=sensors),
    )
    with RunStore(city.parent.parent / "runs" / "bowl").new_run() as run:
        result.points.to_netcdf(run.folder / "member_depths.nc")
        run.publish(
            {
                "kind": "forecast",
                "issue_time": iso(issue),
                "valid_to": iso(issue + pd.Timedelta(hours=1)),
                "settings": {"compute_seconds": result.compute_seconds},
                "products": {"member_depths": "member_depths.nc"},
            }
        )
    scored = engine.verify(city=city, store=store, quiet=True)
    crps = [row for row in scored["rows"] if row["score"] == "crps_m" and row["horizon"] == "all"]
    assert {row["forecast"] for row in crps} == {"ensemble", "persistence"}
    assert all(row["cases"] >= 18 for row in crps)
    assert "most typical" not in " ".join(scored["notes"])

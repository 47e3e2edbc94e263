"""A cycle from readings to a published run; what is missing, wrong or late on the way."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import cycle_town
import numpy as np
import pandas as pd
import pytest
import rasterio
import xarray as xr
from cycle_town import DEPTHS, GAUGES, NOW
from fastapi.testclient import TestClient

from service import engine
from service.cli import main
from service.cycle import run as cycle_run
from service.cycle.alert_gate import alert_standing, may_draft_alerts, reasons_against
from service.cycle.late_data import read_note
from service.cycle.run import run_cycle
from service.cycle.states import EXPIRED, FAILED, NO_INPUTS, PUBLISHED, REJECTED, SKIPPED
from service.cycle.store import CycleStore
from service.cycle.verb import _Work
from service.processes import this_process
from service.runs import RunStore
from service.web.api import create_app
from service.web.clock import Clock
from service.web.freshness import holding
from twin.errors import DeviceError, InputError, MissingError, UnstableError
from twin.observations.store import ObservationStore

ROOT = Path(__file__).resolve().parents[2]
AT_ISSUE = NOW.to_pydatetime().replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Data folder with the town; tests only read its city."""
    folder = tmp_path_factory.mktemp("data")
    cycle_town.build(folder)
    return folder


@pytest.fixture(scope="module")
def city(data):
    return data / "cities" / "hollow"


@pytest.fixture
def store(tmp_path):
    """Readings of all sensors."""
    return cycle_town.store_of(tmp_path / "store", cycle_town.readings())


def hashes(folder):
    """SHA-256 of every file below a folder."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_cycle_goes_through_its_states_and_publishes_all_products(city, store, tmp_path):
    runs = RunStore(tmp_path / "runs")
    outcome = run_cycle(cycle_town.request(city, store, runs.folder))
    states = [row["state"] for row in CycleStore(runs.folder).history(outcome.cycle_id)]
    assert states == ["PLANNED", "INPUTS_FROZEN", "RUNNING", "QC_PRODUCT", "PUBLISHED"]
    record, manifest = CycleStore(runs.folder).open(outcome.cycle_id), outcome.run.manifest
    assert record.manifest_sha256 == manifest["inputs_sha256"]
    assert record.run_id == outcome.run.run_id == runs.open("current").run_id
    names = [entry["name"] for entry in manifest["inputs"]]
    assert names == ["city", "readings", "parameters"]
    assert all(len(entry["sha256"]) == 64 for entry in manifest["inputs"])
    assert manifest["sensors_heard"] == {"gauges": [10, 10], "sensors": [20, 20]}
    assert manifest["settings"]["start"] == {"kind": "cold", "from": None}
    assert manifest["horizons_hours"] == [0.5]
    assert abs(manifest["ledger"]["relative_error"]) < 1e-3
    with xr.open_dataset(outcome.run.path("member_depths")) as points:
        assert points["water_depth"].sizes["member"] == 3
        assert set(points["kind"].values) == {"road_flood", "flood_spot"}
    with xr.open_zarr(outcome.run.path("ensemble"), chunks=None) as members:
        assert members["exceedance_probability"].dims == ("horizon", "threshold", "y", "x")


def test_a_cycle_publishes_the_rain_that_drove_it_and_the_service_tells_it(store, tmp_path):
    city, runs = cycle_town.build(tmp_path), RunStore(tmp_path / "runs" / "hollow")
    outcome = run_cycle(cycle_town.request(city, store, runs.folder))
    products = outcome.run.manifest["products"]
    assert (products["rain"], products["rain_csv"]) == ("rain.json", "rain.csv")
    api = TestClient(create_app(tmp_path))
    answer = api.get(f"/api/cities/hollow/runs/{outcome.run.run_id}/rain").json()
    rows = answer["intervals"]
    assert rows == outcome.rows["rain"] == json.loads(outcome.run.path("rain").read_text())
    table = pd.read_csv(outcome.run.path("rain_csv"))
    assert table["max_mm_h"].tolist() == [row["max_mm_h"] for row in rows]
    past = [row for row in rows if row["kind"] == "measured"]
    ahead = [row for row in rows if row["kind"] == "expected"]
    assert len(past) + len(ahead) == len(rows)
    assert all(28 < row["mean_mm_h"] < 44 and row["source"] == "gauges" for row in past[-6:])
    assert {row["source"] for row in ahead} == {"persistence"}
    assert all(row["mean_mm_h"] is None for row in ahead)
    assert all(
        row["mean_p10_mm_h"] <= row["mean_p50_mm_h"] <= row["mean_p90_mm_h"] for row in ahead
    )
    assert past[-1]["until"] == ahead[0]["time"] == "2026-06-09T07:10:00Z"
    assert ahead[-1]["until"] >= outcome.run.manifest["valid_to"]


def test_a_long_forecast_runs_on_larger_cells_says_so_and_goes_on_from_its_own_state(
    city, store, tmp_path
):
    """MF-3: two clocks, one product family."""
    fine = run_cycle(cycle_town.request(city, store, tmp_path / "runs"))
    coarse = run_cycle(cycle_town.request(city, store, tmp_path / "runs", join=2))
    assert coarse.run.manifest["inputs_degraded"][-1] == "model: cells of 40 m for those of 20 m"
    assert not any("cells of" in line for line in fine.run.manifest["inputs_degraded"])
    with rasterio.open(coarse.run.path("maxima")) as maxima:
        assert maxima.shape == (15, 20)
    again = run_cycle(cycle_town.request(city, store, tmp_path / "runs", join=2))
    assert again.run.manifest["settings"]["start"]["kind"] == "warm"
    still = run_cycle(cycle_town.request(city, store, tmp_path / "runs"))
    assert still.run.manifest["settings"]["start"]["kind"] == "warm"
    assert cycle_town.request(city, store, tmp_path / "runs", hours=48.0).cells_joined == 2


def test_every_known_spot_has_its_forecast(city, store, tmp_path):
    outcome = run_cycle(cycle_town.request(city, store, tmp_path / "runs"))
    rows = json.loads(outcome.run.path("spots").read_text())["features"]
    spots = {row["properties"]["spot_id"]: row["properties"] for row in rows}
    assert set(spots) == {"F0", "F1", "F2", "F3"}
    assert spots["F0"]["depth_p50_m"] > spots["F3"]["depth_p50_m"]
    assert spots["F0"]["probability"] == 1.0
    assert spots["F3"]["first_time"] is None
    assert ",'=Mill," in outcome.run.path("spots_csv").read_text()
    districts = json.loads(outcome.run.path("districts").read_text())
    assert {row["district"] for row in districts} == {"West", "East"}


def test_the_next_cycle_goes_on_from_the_last_one(city, tmp_path):
    later = NOW + pd.Timedelta(minutes=10)
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings(later))
    run_cycle(cycle_town.request(city, store, tmp_path / "runs"))
    run = run_cycle(cycle_town.request(city, store, tmp_path / "runs", later)).run
    assert run.manifest["settings"]["start"] == {"kind": "warm", "from": "2026-06-09T07:10:00Z"}
    assert run.manifest["inputs"][-1]["name"] == "state"
    assert len(list((tmp_path / "runs").glob("analysis-*"))) == 1
    cold = run_cycle(cycle_town.request(city, store, tmp_path / "cold", later, is_warm=False)).run
    assert cold.manifest["settings"]["start"]["kind"] == "cold"


def test_a_damaged_state_makes_a_cold_start_that_says_so(city, store, tmp_path):
    runs = tmp_path / "runs"
    run_cycle(cycle_town.request(city, store, runs))
    [folder] = runs.glob("analysis-*")
    (folder / "member-001.npz").write_bytes(b"half")
    run = run_cycle(cycle_town.request(city, store, runs, NOW + pd.Timedelta(minutes=2))).run
    assert run.manifest["settings"]["start"]["kind"] == "cold"
    assert any(line.startswith("state: ") for line in run.manifest["inputs_degraded"])


def test_only_a_newer_reference_time_becomes_current(city, store, tmp_path):
    runs = RunStore(tmp_path / "runs")
    first = run_cycle(cycle_town.request(city, store, runs.folder)).run
    earlier = NOW - pd.Timedelta(minutes=30)
    for moment in (NOW, earlier):
        run_cycle(cycle_town.request(city, store, runs.folder, moment))
    assert len(runs.list()) == 3
    assert runs.open("current").run_id == runs.open("latest").run_id == first.run_id
    (runs.folder / "current").unlink()
    assert runs.open("current").manifest["issue_time"] == "2026-06-09T07:11:00Z"


@pytest.mark.parametrize(("share", "may_draft"), [(30, True), (60, True), (90, False)])
def test_with_sensors_lost_a_forecast_still_comes_marked_degraded(city, tmp_path, share, may_draft):
    """R-02"""
    left = 10 - share // 10
    stations = (*GAUGES[:left], *DEPTHS[:left])
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings(stations=stations))
    outcome = run_cycle(cycle_town.request(city, store, tmp_path / "runs"))
    manifest = outcome.run.manifest
    assert manifest["status"] == "complete"
    assert manifest["sensors_heard"] == {"gauges": [left, 10], "sensors": [2 * left, 20]}
    assert "DEGRADED-INPUT" in manifest["modes"]
    assert any("gauges" in line for line in manifest["inputs_degraded"])
    assert may_draft_alerts(outcome.run, AT_ISSUE) is may_draft


def test_without_any_sensor_the_last_good_run_stays_stale_and_no_alert_is_drafted(data, tmp_path):
    """R-02"""
    city, runs = data / "cities" / "hollow", RunStore(data / "runs" / "hollow")
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings())
    good = run_cycle(cycle_town.request(city, store, runs.folder)).run
    before = hashes(good.folder)
    assert may_draft_alerts(good, AT_ISSUE)
    api = TestClient(create_app(data, clock=Clock("2026-06-09T07:21:30Z")))
    latest = "/api/cities/hollow/runs/latest"
    assert api.get(latest).json()["stale"] is False

    nothing = cycle_town.store_of(
        tmp_path / "nothing", cycle_town.readings(stations=GAUGES).head(0)
    )
    with pytest.raises(MissingError, match="know the rain"):
        run_cycle(cycle_town.request(city, nothing, runs.folder, NOW + pd.Timedelta(minutes=10)))
    [record] = CycleStore(runs.folder).newest()
    assert (record.state, record.cause) == (EXPIRED, NO_INPUTS)
    assert runs.open("latest").run_id == good.run_id
    assert hashes(good.folder) == before
    answer = api.get(latest).json()
    assert (answer["run_id"], answer["stale"], answer["freshness"]) == (good.run_id, True, "stale")
    assert "2026-06-09T07:21:00Z had no inputs" in answer["stale_reason"]
    assert not may_draft_alerts(good, AT_ISSUE + timedelta(minutes=11))
    assert "no inputs" in " ".join(reasons_against(good, AT_ISSUE + timedelta(minutes=11)))

    again = cycle_town.store_of(
        tmp_path / "again", cycle_town.readings(NOW + pd.Timedelta("20min"))
    )
    run_cycle(cycle_town.request(city, again, runs.folder, NOW + pd.Timedelta(minutes=20)))
    answer = api.get(latest).json()
    assert (answer["run_id"] != good.run_id, answer["stale_reason"]) == (True, None)


def with_nan(result):
    """The product with one wet cell lost."""
    flood = result.dataset.copy(deep=True)
    flood["max_depth_p90"].values[15, 20] = np.nan
    return replace(result, dataset=flood)


def with_mass_error(result):
    """The product with a hundredth of its water from nowhere."""
    ledger = result.ledger
    added = 0.01 * ledger["stored"]
    return replace(result, ledger={**ledger, "stored": ledger["stored"] + added,
                                   "relative_error": ledger["relative_error"] + 0.01})  # fmt: skip


@pytest.mark.parametrize(
    ("corrupted", "word"), [(with_nan, "NaN"), (with_mass_error, "mass error")]
)
def test_a_wrong_product_is_rejected_and_the_previous_one_stays(
    city, store, tmp_path, monkeypatch, corrupted, word
):
    """R-23"""
    runs = RunStore(tmp_path / "runs")
    good = run_cycle(cycle_town.request(city, store, runs.folder)).run
    before = hashes(runs.folder / good.run_id)
    state = hashes(next(runs.folder.glob("analysis-*")))
    computed = cycle_run.compute
    monkeypatch.setattr(cycle_run, "compute", lambda *known: corrupted(computed(*known)))
    with pytest.raises(UnstableError, match="rejected"):
        run_cycle(cycle_town.request(city, store, runs.folder, NOW + pd.Timedelta(minutes=5)))
    [record] = CycleStore(runs.folder).newest()
    assert (record.state, word in record.reason) == (REJECTED, True)
    assert [run.run_id for run in runs.list()] == [good.run_id]
    assert runs.open("current").run_id == runs.open("latest").run_id == good.run_id
    assert hashes(runs.folder / good.run_id) == before
    assert hashes(next(runs.folder.glob("analysis-*"))) == state, (
        "a wrong state is not gone on from"
    )
    assert list(runs.folder.glob(".*")) == []
    assert may_draft_alerts(good, AT_ISSUE + timedelta(minutes=6))
    assert reasons_against(good, AT_ISSUE + timedelta(minutes=21)) == ("it is stale",)


def test_late_readings_leave_the_published_forecast_as_it_was_with_a_note(city, tmp_path):
    """R-01"""
    runs = RunStore(tmp_path / "runs")
    whole = cycle_town.readings()
    is_late = (whole["station_id"] == "G3") & (
        whole["phenomenon_time"] > pd.Timestamp("2026-06-09T06:00", tz="UTC")
    )
    store = cycle_town.store_of(tmp_path / "store", whole[~is_late])
    run = run_cycle(cycle_town.request(city, store, runs.folder)).run
    before, answered = hashes(run.folder), dict(run.manifest)
    assert read_note(run) is None

    later = NOW + pd.Timedelta(hours=6)
    shuffled = pd.concat([whole] * 3).sample(frac=1, random_state=2)
    received = shuffled["received_time"].mask(
        shuffled["station_id"] == "G3", later.tz_localize("UTC") - pd.Timedelta(minutes=1)
    )
    store.append(shuffled.assign(received_time=received))
    clean = cycle_town.store_of(tmp_path / "clean", whole)
    columns = ["station_id", "phenomenon_time", "value"]
    for name in ("rainfall_rate", "water_depth"):
        pd.testing.assert_frame_equal(store.series(name)[columns], clean.series(name)[columns])
    with pytest.raises(MissingError):  # six hours later no gauge has reported for the last hour
        run_cycle(cycle_town.request(city, store, runs.folder, later))
    note = read_note(run)
    assert (note["run_id"], note["late"], note["corrected"]) == (run.run_id, 5, 0)
    assert [row["station_id"] for row in note["series"]] == ["G3"]
    assert note["series"][0]["start"] == "2026-06-09T06:10:00Z"
    assert hashes(run.folder) == before
    assert runs.open(run.run_id).manifest == answered


def test_a_correction_is_noted_and_said_in_the_api(data, tmp_path):
    """R-01"""
    city, runs = data / "cities" / "hollow", RunStore(data / "runs" / "hollow")
    moment = NOW + pd.Timedelta(hours=3)
    whole = cycle_town.readings(moment)
    store = cycle_town.store_of(tmp_path / "store", whole)
    run = run_cycle(cycle_town.request(city, store, runs.folder, moment)).run
    wrong = whole[(whole["station_id"] == "G1")].tail(4).head(1)
    received = moment.tz_localize("UTC") + pd.Timedelta(minutes=5)
    store.append(wrong.assign(value=5e-6, raw_value=5e-6, received_time=received))
    run_cycle(cycle_town.request(city, store, runs.folder, moment + pd.Timedelta(minutes=8)))
    api = TestClient(create_app(data))
    answer = api.get(f"/api/cities/hollow/runs/{run.run_id}").json()
    assert (answer["late_data"]["corrected"], answer["late_data"]["run_id"]) == (1, run.run_id)
    spots = api.get(f"/api/cities/hollow/runs/{run.run_id}/spots").json()
    assert len(spots["features"]) == 4
    districts = api.get(f"/api/cities/hollow/runs/{run.run_id}/districts").json()
    assert {row["level"] for row in districts["districts"]} <= {
        "normal",
        "local",
        "serious",
        "severe",
    }


def test_flagged_readings_do_not_reach_a_forecast(city, tmp_path):
    """R-06"""
    whole = cycle_town.readings()
    stuck = whole["station_id"].isin(GAUGES[:2])
    mad = whole.assign(value=whole["value"].mask(stuck, 1e-2))
    outs = []
    for name, frame in (("mad", mad), ("without", whole[~stuck])):
        store = cycle_town.store_of(tmp_path / name, frame)
        outs.append(run_cycle(cycle_town.request(city, store, tmp_path / f"{name}-runs")).result)
    np.testing.assert_array_equal(
        outs[0].rainfall["rainfall_rate"].values, outs[1].rainfall["rainfall_rate"].values
    )


def test_nothing_that_was_received_later_changes_a_forecast_in_hindsight(city, store, tmp_path):
    first = run_cycle(cycle_town.request(city, store, tmp_path / "a")).run
    later = cycle_town.readings(NOW + pd.Timedelta(hours=2), hours=1)
    store.append(later.assign(value=later["value"] * 3))
    second = run_cycle(cycle_town.request(city, store, tmp_path / "b")).run
    assert first.manifest["inputs_sha256"] == second.manifest["inputs_sha256"]
    assert first.path("spots_csv").read_text() == second.path("spots_csv").read_text()


def test_a_process_in_another_time_zone_gives_the_same_products(city, tmp_path):
    """R-20: in the hour in which the clocks of New York go back."""
    moment = pd.Timestamp("2026-11-01T06:11:00")
    cycle_town.store_of(tmp_path / "store", cycle_town.readings(moment))
    answers, bands = [], []
    for zone in ("UTC", "America/New_York"):
        out = tmp_path / zone.replace("/", "-")
        words = ["forecast", city, "--store", tmp_path / "store", "--issue-time", f"{moment}Z",
                 "--hours", 0.5, "--members", 2, "--out", out, "--json"]  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "service.cli", *map(str, words)],
            cwd=ROOT, env={**os.environ, "TZ": zone}, capture_output=True, check=True,
        )  # fmt: skip
        answers.append(json.loads(done.stdout))
        with rasterio.open(Path(answers[-1]["run"]) / "maxima.tif") as raster:
            bands.append(raster.read())
    np.testing.assert_array_equal(*bands)
    for name in ("issue_time", "inputs_sha256", "newest_rain_time", "inputs_degraded"):
        assert answers[0][name] == answers[1][name]
    for name in ("hotspots", "spots"):
        first, second = ([_still(row) for row in answer[name]] for answer in answers)
        assert first == second
    assert answers[0]["issue_time"] == "2026-11-01T06:11:00Z"


def _still(row):
    """A row without what counts the time of computing."""
    return {name: value for name, value in row.items() if name != "effective_lead_minutes"}


def test_the_verb_runs_one_cycle_on_an_exercise_clock(city, store, tmp_path):
    answer = engine.cycle(
        city=city, store=store.folder, once=True, hours=0.5, members=2,
        clock="2026-06-09T07:11:00Z", out=tmp_path / "runs", quiet=True,
    )  # fmt: skip
    assert (answer["state"], answer["failed"]) == (PUBLISHED, False)
    assert answer["reference_time"] == "2026-06-09T07:11:00Z", "however long loading took"
    assert answer["alerts"] == {"may_draft": False, "reason": "it is an exercise"}
    run = RunStore(tmp_path / "runs").open(answer["current"])
    assert run.manifest["exercise"] is True
    assert "it is an exercise" in reasons_against(run, AT_ISSUE)
    answer = engine.cycle(
        city=city, store=store.folder, once=True, hours=0.5, members=2,
        clock="2026-06-19T07:11:00Z", out=tmp_path / "runs", quiet=True,
    )  # fmt: skip
    assert (answer["state"], answer["cause"], answer["failed"]) == (EXPIRED, NO_INPUTS, True)
    assert answer["current"] == run.run_id
    assert "no inputs" in answer["alerts"]["reason"]
    assert "before 2026-06-19T07:11:00Z, expected" in answer["reason"]


def test_a_failed_exercise_leaves_the_real_forecast_fresh(data, tmp_path):
    """R-02: whatever is tried on a set clock, the world outside is another one."""
    city, runs = data / "cities" / "hollow", RunStore(data / "runs" / "hollow")
    moment = NOW + pd.Timedelta(days=1)
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings(moment))
    drill = run_cycle(cycle_town.request(city, store, runs.folder, moment, is_exercise=True)).run
    ahead, after = (moment + pd.Timedelta(value) for value in ("200D", "2min"))
    for time, is_exercise in ((ahead, True), (after, True), (ahead, False)):
        with pytest.raises(MissingError):
            run_cycle(
                cycle_town.request(
                    city, _empty(tmp_path), runs.folder, time, is_exercise=is_exercise
                )
            )
    good = run_cycle(cycle_town.request(city, store, runs.folder, moment)).run
    assert runs.open("current").run_id == good.run_id, "no exercise holds against a real one"
    now = moment.to_pydatetime().replace(tzinfo=UTC) + timedelta(minutes=3)
    assert holding(good, HandClock(now))["stale_reason"] is None
    assert alert_standing(good, HandClock(now)) == {"may_draft": True, "reason": None}
    assert "no inputs" in holding(drill, HandClock(now))["stale_reason"]
    told = TestClient(create_app(data, clock=Clock(now))).get("/api/cities/hollow/runs/current")
    assert told.json()["stale_reason"].startswith(f"the cycle of {after:%Y-%m-%dT%H:%M:%SZ}")


class HandClock(Clock):
    """The real clock of a machine on which it is another time."""

    def __init__(self, moment):
        super().__init__()
        self.moment = moment

    def now(self):
        return self.moment


def _empty(folder):
    """A store without any reading."""
    return ObservationStore(folder / "empty")


def test_of_every_run_the_service_says_whether_an_alert_may_be_drafted(data, tmp_path):
    city, folder = data / "cities" / "hollow", data / "runs" / "hollow"
    moment = NOW + pd.Timedelta(days=2)
    later = moment + pd.Timedelta(minutes=10)
    store = cycle_town.store_of(tmp_path / "store", cycle_town.readings(later))
    first = run_cycle(cycle_town.request(city, store, folder, moment)).run
    second = run_cycle(cycle_town.request(city, store, folder, later)).run
    api = TestClient(create_app(data, clock=Clock(f"{later}Z")))

    def told(run_id):
        return api.get(f"/api/cities/hollow/runs/{run_id}").json()["alerts"]

    drill = {"may_draft": False, "reason": "it is an exercise"}
    assert told("latest") == told(second.run_id) == drill
    assert told(first.run_id)["reason"].endswith(f"forecast {second.run_id} holds instead")
    now = later.to_pydatetime().replace(tzinfo=UTC)
    assert alert_standing(second, HandClock(now))["may_draft"]
    old = alert_standing(second, HandClock(now + timedelta(minutes=21)))
    assert old == {"may_draft": False, "reason": "it is stale"}
    assert alert_standing(None, Clock())["reason"] == "no forecast was ever published"


def test_what_no_record_can_be_made_of_is_told_with_its_reason(
    city, store, tmp_path, monkeypatch, capsys
):
    """A full disk takes the end of the cycle too."""
    moved = CycleStore.move

    def on_full_disk(self, cycle, state, **more):
        if state == EXPIRED:
            raise DeviceError("no room in cycles.sqlite")
        return moved(self, cycle, state, **more)

    def compute(*_known):
        raise DeviceError("the disk is full, expected room; free space")

    monkeypatch.setattr(cycle_run, "compute", compute)
    monkeypatch.setattr(CycleStore, "move", on_full_disk)
    words = ["cycle", city, "--store", store.folder, "--once", "--clock", "2026-06-09T07:11:00Z",
             "--out", tmp_path / "runs"]  # fmt: skip
    assert main([*map(str, words), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["cycle"], answer["state"], answer["cause"]) == (1, EXPIRED, FAILED)
    assert answer["reason"].startswith("the disk is full")
    assert main(list(map(str, words))) == 1
    out = capsys.readouterr().out
    assert "the disk is full" in out
    assert "none: no forecast was ever published" in out


def test_an_end_for_which_there_was_no_room_is_recorded_before_the_next_cycle(
    city, store, tmp_path, monkeypatch
):
    expired = CycleStore.move

    def on_full_disk(self, cycle, state, **more):
        if state == EXPIRED:
            raise DeviceError("no room in cycles.sqlite")
        return expired(self, cycle, state, **more)

    def compute(*_known):
        raise DeviceError("the disk is full")

    clock = Clock("2026-06-09T07:11:00Z")
    work = _Work(city, store.folder, 0.2, 1, 1, None, clock, tmp_path / "runs", quiet=True)
    with monkeypatch.context() as full:
        full.setattr(cycle_run, "compute", compute)
        full.setattr(CycleStore, "move", on_full_disk)
        assert work.run(clock.start)["failed"]
    assert work.run(clock.start + timedelta(minutes=1))["state"] == PUBLISHED
    first = CycleStore(tmp_path / "runs").open(1)
    assert (first.state, first.cause, first.reason) == (EXPIRED, FAILED, "the disk is full")


def test_a_cycle_tells_of_itself_and_not_of_another_one_of_its_time(
    city, store, tmp_path, monkeypatch
):
    computed = cycle_run.compute

    def beside_another(*known):
        CycleStore(tmp_path / "runs").plan("2026-06-09T07:11:00Z")
        return computed(*known)

    monkeypatch.setattr(cycle_run, "compute", beside_another)
    answer = engine.cycle(
        city=city, store=store.folder, once=True, hours=0.2, members=1,
        clock="2026-06-09T07:11:00Z", out=tmp_path / "runs", quiet=True,
    )  # fmt: skip
    assert (answer["cycle"], answer["state"]) == (1, PUBLISHED)


def test_a_second_process_does_not_make_the_same_forecast_at_the_same_time(
    city, store, tmp_path, monkeypatch
):
    """MF-3"""
    runs = RunStore(tmp_path / "runs")
    good = run_cycle(cycle_town.request(city, store, runs.folder)).run
    cycles = CycleStore(runs.folder)
    host, *_ = this_process().split()
    monkeypatch.setattr("service.cycle.store.this_process", lambda: f"{host} {os.getppid()}")
    other = cycles.plan("2026-06-09T07:11:00Z").cycle_id
    monkeypatch.undo()
    request = cycle_town.request(city, store, runs.folder, is_warm=False)
    sha = good.manifest["inputs_sha256"]
    cycles.move(other, "INPUTS_FROZEN", manifest_sha256=sha)
    with pytest.raises(InputError, match=f"cycle {other} of .* is making this very forecast"):
        run_cycle(request)
    [record] = cycles.newest()
    assert (record.state, record.cause) == (EXPIRED, SKIPPED)
    assert [run.run_id for run in runs.list()] == [good.run_id]
    assert runs.open("current").run_id == good.run_id


def test_feeds_that_are_switched_on_are_polled_before_the_forecast(tmp_path):
    city = cycle_town.build(tmp_path)
    now = pd.Timestamp.now(tz="UTC").tz_localize(None)
    frame = cycle_town.readings(now, stations=GAUGES)
    rows = pd.DataFrame(
        {
            "station_id": frame["station_id"],
            "time": frame["phenomenon_time"].map(pd.Timestamp.isoformat),
            "property": "rainfall_rate",
            "value": frame["value"] * 3.6e6,
            "unit": "mm/h",
        }
    )
    (tmp_path / "inbox").mkdir()
    rows.to_csv(tmp_path / "inbox" / "now.csv", index=False)
    os.utime(tmp_path / "inbox" / "now.csv", (0, 0))
    (tmp_path / "feeds.toml").write_text('[feeds.drop_folder]\nfolder = "inbox"\n')
    store = cycle_town.store_of(tmp_path / "store", frame.head(0))
    answer = engine.cycle(
        city=city, store=store.folder, once=True, hours=0.2, members=1, quiet=True
    )
    assert answer["state"] == PUBLISHED
    assert answer["sensors_heard"]["gauges"] == [10, 10]
    run = RunStore(tmp_path / "runs" / "hollow").open("current")
    assert run.manifest["exercise"] is False
    assert may_draft_alerts(run, pd.Timestamp.now(tz="UTC").to_pydatetime())

"""`floodtwin verify` on forecasts and readings whose scores are known by hand."""

import csv
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from service import engine
from service.cli import main
from service.products import write_probability
from service.runs import RunStore
from service.utc import iso
from service.verification import text
from service.verification.runs import choose_runs
from service.verification.truth import read_sightings
from tests.service.conftest import BOWL, bowl_terrain
from twin.city import write_city
from twin.errors import InputError
from twin.observations.store import COLUMNS, ObservationStore

NOON = pd.Timestamp("2026-11-20T12:00:00")
PLACES = ("S1", "S2", "S3", "S4", "S5", "F1")
X = [250_105.0, 250_205.0, 250_305.0, 250_405.0, 250_505.0, 250_305.0]
Y = [2_699_805.0] * 5 + [2_699_705.0]
MINUTES = range(0, 190, 10)


def make_city(folder):
    """The bowl with five road sensors and one known spot."""
    points = gpd.points_from_xy(X, Y)
    sensors = {
        "station_id": PLACES[:5],
        "name": ["Road 1", "$Road$ 2", "Road 3", "Road 4", "Road 5"],
        "kind": "road_flood",
        "district": ["West", "West", "East", "East", "East"],
    }
    spots = {"spot_id": ["F1"], "name": ["Underpass"], "district": ["East"]}
    write_city(
        folder,
        name="bowl",
        title="The <Bowl>",
        grid=BOWL,
        terrain=bowl_terrain(),
        layers={
            "sensors": gpd.GeoDataFrame(sensors, geometry=points[:5], crs=BOWL.crs),
            "flood_spots": gpd.GeoDataFrame(spots, geometry=points[5:], crs=BOWL.crs),
        },
        buildings_as="none",
        edges="closed",
    )
    return folder


def true_depth(place, minutes):
    """Water rises at S1 and S2 from 60 to 120 minutes after noon; the others stay dry."""
    return 0.5 if place in ("S1", "S2") and 60 <= minutes < 120 else 0.0


def publish(folder, issue, depth_of, members=4, uncorrected=None, chance=0.0, **more):
    """A forecast of three hours whose members are `depth_of(place, minutes after noon, member)`."""
    times = [issue + pd.Timedelta(minutes=m) for m in MINUTES]
    after = [(time - NOON).total_seconds() / 60 for time in times]

    def field(of):
        depths = [[[of(p, m, k) for p in PLACES] for m in after] for k in range(members)]
        return (("member", "time", "point"), np.array(depths, float))

    fields = {"water_depth": field(depth_of)}
    if uncorrected is not None:
        fields["uncorrected_depth"] = field(uncorrected)
    coords = {"time": times, "point": list(PLACES)}
    chances = xr.DataArray(
        np.full((2, *BOWL.shape), chance), dims=("threshold", "y", "x"),
        coords={"threshold": [0.1, 0.3]},
    )  # fmt: skip
    with RunStore(folder).new_run() as run:
        xr.Dataset(fields, coords).to_netcdf(run.folder / "member_depths.nc")
        write_probability(run.folder / "probability.tif", chances, BOWL, {})
        manifest = {
            "kind": "forecast",
            "issue_time": iso(issue),
            "created": iso(issue),
            "valid_to": iso(times[-1]),
            "settings": {"compute_seconds": 300.0},
            "products": {"member_depths": "member_depths.nc", "probability": "probability.tif"},
            **more,
        }
        return run.publish(manifest)


def make_store(folder, late=()):
    """Readings of the sensors every 10 minutes; those of `late` stations came a day later."""
    rows = []
    for place in PLACES[:5]:
        for minutes in range(-60, 250, 10):
            time = (NOON + pd.Timedelta(minutes=minutes)).tz_localize("UTC")
            delay = pd.Timedelta(days=1 if place in late else 0, minutes=1)
            depth = true_depth(place, minutes)
            rows.append(
                ("test", place, "water_depth", time, time + delay, depth, str(depth), "m", 1)
            )
    ObservationStore(folder).append(pd.DataFrame(rows, columns=list(COLUMNS)))
    return folder


def perfect(place, minutes, _member):
    return true_depth(place, minutes)


def half(place, minutes, member):
    """Two of four members are right, the others dry."""
    return true_depth(place, minutes) if member < 2 else 0.0


@pytest.fixture
def town(tmp_path):
    return make_city(tmp_path / "cities" / "bowl"), make_store(tmp_path / "store"), tmp_path


def scored(town, **options):
    city, store, _ = town
    options = {"store": store, "as_of": "2026-11-21T00:00:00Z", "quiet": True, **options}
    return engine.verify(city=city, **options)


def value(result, score, **wanted):
    wanted = {"horizon": "all", "forecast": "ensemble", **wanted}
    found = [
        row
        for row in result["rows"]
        if row["score"] == score and "district" not in row
        if all(row.get(key) == one for key, one in wanted.items())
    ]
    assert len(found) == 1, (score, wanted, found)
    return found[0]


def test_a_perfect_forecast_scores_perfectly(town):
    publish(town[2] / "runs" / "bowl", NOON, perfect)
    result = scored(town)
    csi = value(result, "csi", threshold_m=0.3)
    assert (csi["value"], csi["cases"], csi["events"]) == (1.0, 10, 4)
    assert value(result, "brier", threshold_m=0.3)["value"] == 0.0
    assert value(result, "crps_m")["value"] == pytest.approx(0.0, abs=1e-12)
    assert value(result, "crps_m")["cases"] == 5 * 18
    assert value(result, "crps_skill", reference="persistence")["value"] == pytest.approx(1.0)


def test_half_an_ensemble_scores_as_worked_out_by_hand(town):
    publish(town[2] / "runs" / "bowl", NOON, half)
    result = scored(town)
    # four of ten windows have an event, each given 0.5: (4 * 0.25) / 10
    assert value(result, "brier", threshold_m=0.3)["value"] == pytest.approx(0.1)
    assert value(result, "hit_rate", threshold_m=0.3)["value"] == 1.0
    # fair CRPS of (0.5, 0.5, 0, 0) against 0.5: 0.25 - 4 * 0.5 / (4 * 3); 12 wet of 90 cases
    assert value(result, "crps_m")["value"] == pytest.approx((0.25 - 2 / 12) * 12 / 90)
    # nothing was known to be wet at noon: persistence has 0.5 off in 12 of 90 cases
    persistence = value(result, "crps_m", forecast="persistence")
    assert persistence["value"] == pytest.approx(0.5 * 12 / 90)
    assert value(result, "crps_m", horizon="0-1 h")["events"] == 2


def test_the_same_without_assimilation_is_compared(town):
    publish(town[2] / "runs" / "bowl", NOON, perfect, uncorrected=half)
    result = scored(town)
    assert value(result, "crps_m", forecast="uncorrected")["value"] > 0
    assert value(result, "crps_skill", reference="uncorrected")["value"] == pytest.approx(1.0)
    assert value(result, "brier", forecast="uncorrected", threshold_m=0.3)["value"] == 0.1


def test_runs_without_assimilation_are_compared_by_their_issue_time(town):
    publish(town[2] / "runs" / "bowl", NOON, perfect)
    publish(town[2] / "runs" / "bowl", NOON + pd.Timedelta(minutes=10), perfect)
    publish(town[2] / "open", NOON, half, members=6)
    result = scored(town, uncorrected=town[2] / "open")
    rows = value(result, "crps_m", forecast="uncorrected")
    assert rows["cases"] == 5 * 18
    assert value(result, "crps_skill", reference="uncorrected")["value"] == pytest.approx(1.0)
    assert "1 of 2 forecasts have one uncorrected beside" in result["notes"]


def test_a_lead_time_counts_from_when_a_run_could_be_read(town):
    runs = town[2] / "runs" / "bowl"
    publish(runs, NOON - pd.Timedelta(minutes=30), lambda *_: 0.0)
    publish(runs, NOON, perfect)
    publish(runs, NOON + pd.Timedelta(minutes=30), perfect)
    result = scored(town)
    lead = value(result, "lead_time_minutes", forecast=None)
    assert (lead["value"], lead["cases"]) == (55.0, 2)  # 60 min less 300 s of computing
    assert value(result, "onset_hit_rate", forecast=None)["value"] == 1.0
    ahead = {
        row["lead_minutes"]: row["value"]
        for row in result["rows"]
        if row["score"] == "warned_ahead"
    }
    assert ahead == {15: 1.0, 30: 1.0, 60: 0.0}  # an hour ahead the newest run was the dry one
    place = next(row for row in result["places"] if row["place"] == "S1")
    assert (place["name"], place["onsets"], place["lead_time_minutes"]) == ("Road 1", 1, 55.0)
    assert place["hits"] >= 2


def test_data_that_came_late_was_not_known_to_persistence(tmp_path):
    store = make_store(tmp_path / "store", late=("S1",))
    town = make_city(tmp_path / "cities" / "bowl"), store, tmp_path
    publish(tmp_path / "runs" / "bowl", NOON + pd.Timedelta(minutes=70), perfect)
    soon = scored(town, as_of="2026-11-20T20:00:00Z")
    assert {row["place"] for row in soon["places"]} == {"S2", "S3", "S4", "S5"}
    later = scored(town, as_of="2026-11-22T00:00:00Z")
    assert {row["place"] for row in later["places"]} == {"S1", "S2", "S3", "S4", "S5"}
    assert value(later, "crps_m")["cases"] == value(soon, "crps_m")["cases"] * 5 / 4
    held = value(later, "crps_m", forecast="persistence")
    assert held["cases"] == value(soon, "crps_m", forecast="persistence")["cases"]


def test_what_has_not_come_true_yet_is_not_scored(town):
    publish(town[2] / "runs" / "bowl", NOON, perfect)
    result = scored(town, as_of=iso(NOON + pd.Timedelta(minutes=61)))
    assert {row["horizon"] for row in result["rows"]} == {"all", "0-1 h"}
    assert value(result, "crps_m")["cases"] == 5 * 6


def test_floods_that_people_saw_give_a_hit_rate_only(town):
    runs = town[2] / "runs" / "bowl"
    publish(runs, NOON, perfect, chance=0.8)
    publish(runs, NOON + pd.Timedelta(minutes=10), perfect, chance=0.1)
    seen = gpd.GeoSeries(gpd.points_from_xy(X[:1], Y[:1]), crs=BOWL.crs).to_crs("EPSG:4326")
    path = town[2] / "reports.csv"
    lines = ["time,lon,lat,radius_m,place", f"2026-11-20T13:00Z,{seen[0].x},{seen[0].y},50,=Dock"]
    lines += [f",{seen[0].x},{seen[0].y},50,no time", "2026-11-20T13:00Z,999,0,50,no place"]
    path.write_text("\n".join(lines))
    result = scored(town, store=None, reports=path)
    rate = value(result, "hit_rate", forecast=None, threshold_m=0.3)
    assert (rate["value"], rate["cases"]) == (0.5, 2)
    assert "false_alarm_ratio" not in {row["score"] for row in result["rows"]}
    assert value(result, "warned_area_share", threshold_m=0.3)["value"] == 0.5
    assert "2 of 3 rows have no time or no place" in " ".join(result["notes"])


def test_sightings_may_be_geojson_and_need_no_radius(town):
    publish(town[2] / "runs" / "bowl", NOON, perfect, chance=0.8)
    seen = gpd.GeoDataFrame(
        {"time": ["2026-11-20T13:00:00Z", "never"]},
        geometry=gpd.points_from_xy(X[:2], Y[:2]),
        crs=BOWL.crs,
    )
    path = town[2] / "points.geojson"
    seen.to_crs("EPSG:4326").to_file(path, driver="GeoJSON")
    result = scored(town, store=None, flood_points=path)
    rate = value(result, "hit_rate", forecast=None, threshold_m=0.1, against="flood points")
    assert (rate["value"], rate["cases"]) == (1.0, 1)


@pytest.mark.parametrize("content", ["", "a,b\n1,2", "\x00\x01", "[1, 2]", '{"type": "x"}'])
@pytest.mark.parametrize("name", ["seen.csv", "seen.geojson"])
def test_sightings_that_cannot_be_read_are_refused(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=name):
        read_sightings(tmp_path / name, BOWL.crs)


def test_a_true_flood_scores_places_and_cells(town):
    publish(town[2] / "runs" / "bowl", NOON, perfect, chance=1.0)
    times = [NOON + pd.Timedelta(minutes=m) for m in range(0, 190, 5)]
    depth = np.zeros((len(times), *BOWL.shape), np.float32)
    depth[12:24, :, :30] = 0.5
    flood = xr.Dataset(
        {"water_depth": (("time", "y", "x"), depth)}, {"time": times, **BOWL.coords()}
    )
    flood.to_netcdf(town[2] / "truth.nc")
    result = scored(town, store=None, truth=town[2] / "truth.nc")
    cells = value(result, "hit_rate", against="true cells", threshold_m=0.3)
    assert cells["value"] == 1.0
    assert cells["cases"] == BOWL.nx * BOWL.ny - 16  # the corner outside of the city
    assert value(result, "csi", against="true cells", threshold_m=0.3)["value"] == pytest.approx(
        (1200 - 16) / (2400 - 16)
    )
    by_place = {row["place"]: row["against"] for row in result["places"]}
    assert by_place["F1"] == "truth"
    assert by_place["S1"] == "truth at sensors"


def test_exercises_scenarios_and_repeats_are_left_out(tmp_path):
    first = publish(tmp_path, NOON, perfect)
    publish(tmp_path, NOON, half)
    publish(tmp_path, NOON + pd.Timedelta(hours=1), perfect, exercise=True)
    publish(tmp_path, NOON + pd.Timedelta(hours=2), perfect, kind="simulate")
    publish(tmp_path, NOON + pd.Timedelta(hours=3), perfect, valid_to="soon")
    late = publish(tmp_path, NOON - pd.Timedelta(hours=1), perfect, created="2026-12-01T00:00:00Z")
    chosen, notes = choose_runs(RunStore(tmp_path).list())
    assert [run.run_id for run in chosen] == [late.run_id, first.run_id]
    assert len(notes) == 5
    assert "hindcasts" in notes[-1]
    chosen, notes = choose_runs(RunStore(tmp_path).list(), exercises=True)
    assert len(chosen) == 3
    assert "1 of 4 forecasts are of exercises, scored too" in notes


def test_where_only_exercises_are_the_error_says_so_and_how_to_score_them(town, refused, capsys):
    """What `floodtwin cycle --clock` leaves behind."""
    city, store, folder = town
    publish(folder / "runs" / "bowl", NOON, perfect, exercise=True)
    told = refused("verify", city, "--store", store, "--as-of", "2026-11-21T00:00:00Z")
    assert "1 of 1 forecasts are of exercises, left out" in told
    assert "--exercises" in told
    assert "1 forecasts were issued later" in refused(
        "verify", city, "--store", store, "--as-of", "2026-11-20T11:00:00Z", "--exercises"
    )
    words = ["verify", str(city), "--store", str(store), "--as-of", "2026-11-21T00:00:00Z"]
    assert main([*words, "--exercises"]) == 0
    assert "1 of 1 forecasts are of exercises, scored too" in capsys.readouterr().out


def test_the_short_table_tells_the_depth_bias(town):
    publish(town[2] / "runs" / "bowl", NOON, half)
    result = scored(town)
    bias = value(result, "depth_bias_m")
    assert bias["value"] < 0
    lines = [line for line in text.verify(result).splitlines() if "depth bias [m]" in line]
    [line] = [line for line in lines if " ensemble " in line and " all " in line]
    assert f"{bias['value']:.3g}" in line


def test_a_broken_run_hides_no_other(town):
    runs = town[2] / "runs" / "bowl"
    broken = publish(runs, NOON - pd.Timedelta(minutes=10), perfect)
    (broken.folder / "member_depths.nc").write_bytes(b"no netcdf")
    publish(runs, NOON, perfect)
    result = scored(town)
    assert result["runs"] == 1
    assert broken.run_id in " ".join(result["notes"])


def test_table_and_page_are_written_and_nothing_in_them_is_markup(town):
    publish(town[2] / "runs" / "bowl", NOON, half)
    result = scored(town)
    folder = town[2] / "verification" / "bowl"
    assert sorted(path.name for path in folder.iterdir()) == [
        "report.html", "verification.csv", "verification.json",
    ]  # fmt: skip
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "The &lt;Bowl&gt;" in page
    assert "<Bowl>" not in page
    assert page.count("data:image/svg+xml") >= 4
    assert json.loads((folder / "verification.json").read_text())["rows"] == result["rows"]
    with (folder / "verification.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(result["rows"])
    assert {"score", "value", "low", "high", "cases", "blocks_of"} <= rows[0].keys()


def test_what_cannot_be_is_refused_in_one_line(bowl, bowl_store, tmp_path, refused):
    assert "nothing to hold" in refused("verify", bowl)
    empty = tmp_path / "none"
    assert "no forecast" in refused("verify", bowl, "--store", bowl_store, "--runs", empty)
    assert "--thresholds" in refused("verify", bowl, "--store", bowl_store, "--thresholds", "x")
    assert "--trigger" in refused("verify", bowl, "--store", bowl_store, "--trigger", "2", "--json")

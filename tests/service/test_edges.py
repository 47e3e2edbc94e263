"""River and tide of a forecast: gauges at the edge of a city, heard, held and foretold."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from cycle_town import GRID, NOW

from hydrology.forecast.edge_ahead import HELD, TABLE, TIDE
from service.cycle.edges import edges_ahead
from service.edge_water import boundaries_of
from twin.city import open_city, write_city
from twin.city_check import problems_of
from twin.fields import describe
from twin.observations.store import COLUMNS, ObservationStore

WEST, SOUTH, EAST, NORTH = GRID.bounds
MIDDLE = (SOUTH + NORTH) / 2


@pytest.fixture
def town(tmp_path):
    """A flat town between a river and the sea, with a gauge at either end."""

    def build(**columns):
        sensors = {"station_id": ["UP", "SEA"], "kind": ["river_level"] * 2}
        ends = {"boundary_id": ["upstream", "outfall"], "kind": ["inflow", "stage"]}
        ends |= {"value": [20.0, 0.3], "station_id": ["UP", "SEA"]} | columns
        at = [shapely.Point(EAST - 30, MIDDLE), shapely.Point(WEST + 30, MIDDLE)]
        ground = np.full(GRID.shape, -1.0, "f4")
        write_city(
            tmp_path / "town",
            name="town",
            title="Town",
            grid=GRID,
            terrain=describe(as_terrain(ground)),
            layers={
                "sensors": gpd.GeoDataFrame(sensors, geometry=at, crs=GRID.crs),
                "boundaries": gpd.GeoDataFrame(ends, geometry=at, crs=GRID.crs),
            },
            buildings_as="none",
            edges="closed",
        )
        return open_city(tmp_path / "town")

    return build


def as_terrain(ground):
    return xr.Dataset({"elevation": (("y", "x"), ground)}, coords=GRID.coords())


@pytest.fixture
def store(tmp_path):
    """Observation store, and a way to let a gauge speak."""
    kept = ObservationStore(tmp_path / "store")

    def hear(station, measured, times, values, flag=1):
        times = pd.DatetimeIndex(times, tz="UTC")
        frame = pd.DataFrame({"phenomenon_time": times, "value": np.asarray(values, float)})
        frame = frame.assign(
            source_id="test", station_id=station, property=measured,
            received_time=times + pd.Timedelta("30s"), raw_value=frame["value"], raw_unit="m",
            flag=flag,
        )  # fmt: skip
        kept.append(frame[list(COLUMNS)])

    return kept, hear


def times_back(hours):
    last = NOW.floor("10min")
    return pd.date_range(last - pd.Timedelta(hours=hours), last, freq="10min")


def tide(times):
    seconds = (times - NOW) / pd.Timedelta("1s")
    return 0.3 + 0.9 * np.sin(2 * np.pi * np.asarray(seconds) / (12.4206 * 3600))


def ends_of(city, edges):
    """Boundaries of the solver by name."""
    elevation = city.terrain["elevation"].values
    found = boundaries_of(city, GRID, elevation, NOW.to_datetime64(), edges.series)
    return {boundary.name: boundary for boundary in found}


def test_the_outfall_follows_its_gauge_and_then_the_tide(town, store):
    kept, hear = store
    times = times_back(72)
    hear("SEA", "water_level", times, tide(times))
    hear("UP", "discharge", times[-12:], np.linspace(20, 42, 12))
    city = town()
    edges = edges_ahead(city, kept, NOW, 6.0)
    outfall, upstream = ends_of(city, edges)["outfall"], ends_of(city, edges)["upstream"]
    ahead = outfall.seconds > 0
    later = NOW + pd.to_timedelta(outfall.seconds, unit="s")
    assert edges.methods["outfall"]["method"] == TIDE
    assert outfall.seconds[-1] == 6 * 3600
    np.testing.assert_allclose(outfall.level[ahead], tide(later)[ahead], atol=0.02)
    np.testing.assert_allclose(outfall.level[~ahead], tide(later)[~ahead], atol=1e-9)
    assert edges.methods["upstream"]["method"] == HELD
    assert upstream.discharge[-1] == 40.0  # median of the last three
    assert edges.notes == (
        "boundaries: upstream is held at 40.00, as UP saw it until 2026-06-09T07:10:00Z",
    )
    assert edges.listing()[0]["newest_time"] == "2026-06-09T07:10:00Z"


def test_a_level_upstream_is_rated(town, store):
    kept, hear = store
    times = times_back(2)
    hear("UP", "water_level", times, np.full(times.size, 3.0))
    rating = {"rating_factor": [30.0, np.nan], "rating_zero": [1.0, np.nan]}
    city = town(**rating, rating_power=[5 / 3, np.nan])
    upstream = ends_of(city, edges_ahead(city, kept, NOW, 3.0))["upstream"]
    assert upstream.discharge[-1] == pytest.approx(30 * 2 ** (5 / 3))


def test_where_no_gauge_speaks_the_steady_value_holds_and_is_told(town, store):
    kept, hear = store
    times = times_back(2)
    hear("UP", "water_level", times, np.full(times.size, 3.0))
    hear("SEA", "water_level", times - pd.Timedelta("13h"), np.ones(times.size))
    city = town()
    edges = edges_ahead(city, kept, NOW, 3.0)
    assert edges.methods == {}
    assert edges.listing() == []
    assert edges.notes == (
        "boundaries: the gauge UP sends a level and no rating is given, upstream has its steady "
        "value",
        "boundaries: nothing usable came from the gauge SEA in 12 h, outfall has its steady value",
    )
    assert ends_of(city, edges)["outfall"].level.tolist() == [0.3]


def test_readings_that_quality_control_rejects_move_no_edge(town, store):
    kept, hear = store
    times = times_back(3)
    hear("SEA", "water_level", times[:-3], np.full(times.size - 3, 0.5))
    hear("SEA", "water_level", times[-3:], [90.0, 90.0, 90.0], flag=4)
    edges = edges_ahead(town(), kept, NOW, 3.0)
    assert edges.series["value"].max() == 0.5


def test_a_level_that_no_water_has_floods_no_city(town, store):
    kept, hear = store
    times = times_back(3)
    hear("SEA", "water_level", times, np.full(times.size, 55.0))  # centimetres, say
    edges = edges_ahead(town(), kept, NOW, 3.0)
    assert "SEA says 55.0 m, too far from 0.3 m" in edges.notes[1]
    assert not len(edges.series)


def test_a_river_that_the_tide_pushes_back_brings_nothing(town, store):
    kept, hear = store
    times = times_back(3)
    hear("UP", "discharge", times, np.full(times.size, -4.0))
    city = town()
    assert ends_of(city, edges_ahead(city, kept, NOW, 3.0))["upstream"].discharge.max() == 0.0


def test_what_came_after_the_issue_time_is_not_heard(town, store):
    kept, hear = store
    times = times_back(3)
    hear("SEA", "water_level", times, np.full(times.size, 0.5))
    hear("SEA", "water_level", times + pd.Timedelta("4h"), np.full(times.size, 2.5))
    edges = edges_ahead(town(), kept, NOW, 3.0)
    assert edges.series["value"].max() == 0.5


def test_a_city_whose_boundaries_name_no_gauge_says_so(town, store):
    kept, _ = store
    edges = edges_ahead(town(station_id=[None, ""]), kept, NOW, 3.0)
    assert [note.split(", ")[0] for note in edges.notes] == ["boundaries: no gauge is named"] * 2


def test_a_gauge_that_is_no_sensor_is_found_by_the_check(town, store):
    kept, _ = store
    city = town(station_id=["XX", "SEA"])
    assert edges_ahead(city, kept, NOW, 3.0).notes[0] == (
        "boundaries: the gauge XX is not in the layer sensors, upstream has its steady value"
    )
    assert any("gauge XX" in problem for problem in problems_of(city))


def tide_forecast(place, times, received):
    """An answer of the weather service with the high and low waters of `tide`."""
    levels = tide(times)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(levels)))) + 1
    waters = [
        {
            "DateTime": f"{times[turn]:%Y-%m-%dT%H:%M:%S}Z",
            "TideHeights": {"AboveTWVD": f"{100 * levels[turn]:.0f}"},
        }
        for turn in turns
    ]
    location = {"LocationId": place, "TimePeriods": {"Daily": [{"Time": waters}]}}
    return json.dumps({"records": {"TideForecasts": [{"Location": location}]}}).encode(), received


@pytest.fixture
def tides(tmp_path):
    """Data folder, and a way to keep tide forecasts in it."""
    from twin.feeds.raw_store import RawStore

    raw = RawStore(tmp_path / "data" / "feeds")

    def keep(content, received):
        raw.keep("cwa_tide_forecast", content, received.tz_localize("UTC"))
        return tmp_path / "data"

    return keep


DAYS_AHEAD = pd.date_range(NOW - pd.Timedelta("1D"), NOW + pd.Timedelta("3D"), freq="1min")


@pytest.mark.parametrize("heard_hours", [0.0, 3.0])
def test_the_outfall_follows_the_tide_forecast(town, store, tides, heard_hours):
    kept, hear = store
    if heard_hours:
        times = times_back(heard_hours)
        hear("SEA", "water_level", times, tide(times) + 0.25)
    data = tides(*tide_forecast("10017010", DAYS_AHEAD, NOW - pd.Timedelta("2h")))
    city = town(tide_location=[None, "10017010"])
    edges = edges_ahead(city, kept, NOW, 12.0, data)
    outfall = ends_of(city, edges)["outfall"]
    ahead = outfall.seconds > 0
    later = NOW + pd.to_timedelta(outfall.seconds[ahead], unit="s")
    above = outfall.level[ahead] - tide(later)
    assert edges.methods["outfall"]["method"] == TABLE
    if heard_hours:
        assert above[0] == pytest.approx(0.25, abs=0.02)
        assert 0.1 < above[-1] < 0.2  # the surge fades
    else:
        np.testing.assert_allclose(above, 0.0, atol=0.02)
        assert any("outfall follows the tide forecast" in note for note in edges.notes)
    entry = edges.listing()[1]
    assert (entry["name"], entry["newest_time"]) == ("tide forecast", "2026-06-09T05:11:00Z")


def test_the_newest_tide_forecast_counts_and_none_of_later(town, store, tides):
    kept, _ = store
    for hours, shift in ((-30, 9.0), (-2, 0.0), (1, 9.0)):
        content, received = tide_forecast("X", DAYS_AHEAD, NOW + pd.Timedelta(hours=hours))
        document = json.loads(content)
        for water in document["records"]["TideForecasts"][0]["Location"]["TimePeriods"]["Daily"][0][
            "Time"
        ]:
            height = float(water["TideHeights"]["AboveTWVD"]) + 100 * shift
            water["TideHeights"]["AboveTWVD"] = f"{height:.0f}"
        data = tides(json.dumps(document).encode(), received)
    edges = edges_ahead(town(tide_location=["", "X"]), kept, NOW, 6.0, data)
    assert edges.series["value"].abs().max() < 1.5


def test_a_tide_forecast_that_does_not_serve_is_told(town, store, tides):
    kept, _ = store
    data = tides(*tide_forecast("X", DAYS_AHEAD, NOW - pd.Timedelta("2h")))
    city = town(tide_location=["", "Y"])
    notes = edges_ahead(city, kept, NOW, 6.0, data).notes
    assert "boundaries: the tide forecast has no place 'Y'" in notes
    assert edges_ahead(city, kept, NOW, 6.0, data).methods == {}
    data = tides(b"busy", NOW - pd.Timedelta("1h"))
    notes = edges_ahead(city, kept, NOW, 6.0, data).notes
    assert "boundaries: a payload of cwa_tide_forecast cannot be read" in notes


def test_a_tide_forecast_of_another_datum_is_not_believed(town, store, tides):
    kept, _ = store
    data = tides(*tide_forecast("X", DAYS_AHEAD, NOW - pd.Timedelta("2h")))
    far = town(tide_location=["", "X"], value=[20.0, 30.0])
    assert edges_ahead(far, kept, NOW, 6.0, data).methods == {}

"""The fallback order, and what each product says of it; nothing known is an error, never zero."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from hydrology.rainfall.blend import RainAhead, nowcast_weight
from hydrology.rainfall.ensemble import persist
from hydrology.rainfall.grid import covering_grid, rainfall_dataset
from hydrology.rainfall.observed import observe_rain
from hydrology.rainfall.radar import onto
from hydrology.rainfall.sources import RainInputs, rain_ahead, rain_so_far
from tests.hydrology.moving_rain import CITY, MM_H, NOON, RADAR, TEN, showers
from twin.errors import MissingError
from twin.fields import require
from twin.grid import Grid

ISSUE = NOON + 12 * TEN
COVER = covering_grid(CITY)
NEAR = RADAR.window(60, 60, 120, 120)
NAMES = [f"R{number:02d}" for number in range(20)]


def stations(count=20):
    generator = np.random.default_rng(5)
    x = CITY.x0 + generator.uniform(0, CITY.nx * CITY.cell_size, count)
    y = CITY.y0 - generator.uniform(0, CITY.ny * CITY.cell_size, count)
    points = gpd.points_from_xy(x, y, crs=CITY.crs)
    return gpd.GeoDataFrame({"station_id": NAMES[:count], "kind": "rain_gauge"}, geometry=points)


def radar(minutes=120, **options):
    """Radar of short reach from noon on."""
    return showers(count=minutes // 5, grid=NEAR, **options)


def readings(names, truth=None, until=12, factor=1.0, value=None):
    """What gauges say every ten minutes from noon: the truth at their places, or a value."""
    all_stations = stations()
    rows = []
    for number, (name, point) in enumerate(
        zip(all_stations["station_id"], all_stations.geometry, strict=True)
    ):
        if name not in names:
            continue
        for index in range(until):
            end = pd.Timestamp(NOON + (index + 1) * TEN, tz="UTC")
            rate = value
            if truth is not None:
                pair = truth.isel(time=slice(2 * index, 2 * index + 2))["rainfall_rate"]
                rate = factor * float(pair.interp(x=point.x, y=point.y).mean())
            rows.append((name, end, rate, number))
    frame = pd.DataFrame(rows, columns=["station_id", "phenomenon_time", "value", "number"])
    frame["phenomenon_time"] = pd.to_datetime(frame["phenomenon_time"], utc=True)
    return frame.assign(received_time=frame["phenomenon_time"], property="rainfall_rate", flag=1)


def numerical(rate=2.0, hours=12, begin=NOON):
    grid = Grid(250_000.0, 2_850_000.0, 3000.0, 40, 40, CITY.crs)
    rates = np.full((hours, *grid.shape), rate * MM_H)
    times = begin + np.arange(hours) * np.timedelta64(1, "h")
    return rainfall_dataset(times, rates, grid).assign_attrs(issue_time="2026-05-01T12:00Z")


def find(inputs, issue=ISSUE, hours=2):
    return rain_so_far(inputs, CITY, issue_time=issue, spinup_hours=hours)


def test_radar_and_gauges_are_merged_where_both_are_there():
    truth = radar()
    weak = (truth * 0.5).assign_attrs(truth.attrs)
    found = find(RainInputs(stations(), readings(NAMES, truth), radar=weak))
    require(found.rainfall, "rainfall_rate")
    assert set(found.methods) <= {
        "kriging with external drift", "conditional merging", "mean field bias"
    }  # fmt: skip
    assert found.degraded == ()
    assert found.bias == pytest.approx(2, rel=0.05)
    pairs = onto(truth, COVER)["rainfall_rate"].values.reshape(12, 2, *COVER.shape).mean(axis=1)
    error = np.abs(found.rainfall["rainfall_rate"].values - pairs).mean()
    assert error < 0.3 * np.abs(0.5 * pairs - pairs).mean()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("has_radar", [True, False])
def test_lost_gauges_degrade_the_rain_and_do_not_end_it(share, has_radar):
    """R-02: 30, 60 and 90 % of the gauges missing."""
    truth = radar()
    kept = NAMES[: round(20 * (1 - share))]
    inputs = RainInputs(stations(), readings(kept, truth), radar=truth if has_radar else None)
    found = find(inputs)
    assert f"rain: {20 - len(kept)} of 20 gauges silent" in found.degraded[0]
    assert f"{share:.0%} of the gauge readings missing" in found.degraded[1]
    assert float(found.rainfall["rainfall_rate"].max()) > 0
    if has_radar and share == 0.9:
        assert set(found.methods) == {"mean field bias"}


def test_without_any_gauge_radar_goes_on_and_says_so():
    """R-02: all gauges missing, radar there."""
    truth = radar()
    found = find(RainInputs(stations(), readings([]), radar=truth))
    assert set(found.methods) == {"radar"}
    assert "rain: none of 20 gauges reported in the last hour" in found.degraded
    assert "rain: radar without gauges in 12 of 12 intervals" in found.degraded


def test_gauges_alone_give_what_they_gave_before():
    given = readings(NAMES, radar())
    before = observe_rain(stations(), given, CITY, issue_time=ISSUE, spinup_hours=2)
    found = find(RainInputs(stations(), given))
    np.testing.assert_allclose(
        found.rainfall["rainfall_rate"], before.rainfall["rainfall_rate"], rtol=1e-5
    )
    assert found.newest == before.newest and found.methods == before.methods


def test_gauges_stand_in_where_radar_is_lost():
    truth = radar()
    late = truth.isel(time=slice(0, 12))  # the first hour
    found = find(RainInputs(stations(), readings(NAMES, truth), radar=late))
    assert "rain: gauges without radar in 6 of 12 intervals" in found.degraded
    assert "rain: newest radar is 60 minutes old" in found.degraded
    assert "kriging" in found.methods[6:]


def test_a_gap_is_bridged_by_the_carried_radar_before_anything_else():
    truth = radar()
    gap = truth.isel(time=[*range(14), *range(18, 24)])  # 20 minutes lost, no gauges
    found = find(RainInputs(radar=gap, numerical=numerical()))
    assert found.methods[7:9] == ("nowcast", "nowcast")
    assert "rain: the last radar field carried on in 2 of 12 intervals" in found.degraded
    pairs = onto(truth, COVER)["rainfall_rate"].values.reshape(12, 2, *COVER.shape).mean(axis=1)
    carried = np.abs(found.rainfall["rainfall_rate"].values[8] - pairs[8]).mean()
    assert carried < np.abs(pairs[6] - pairs[8]).mean()  # better than leaving it where it was


def test_beyond_an_hour_the_numerical_forecast_fills_the_gap():
    gap = radar(300).isel(time=[*range(12), *range(48, 60)])
    issue = NOON + 30 * TEN
    found = find(RainInputs(radar=gap, numerical=numerical()), issue=issue, hours=5)
    assert found.methods[6:12] == ("nowcast",) * 6
    assert found.methods[12:24] == ("numerical forecast",) * 12
    np.testing.assert_allclose(found.rainfall["rainfall_rate"][15] / MM_H, 2.0, rtol=1e-3)


def test_a_numerical_forecast_alone_is_rain_and_is_said():
    found = find(RainInputs(numerical=numerical(), expected=("radar", "gauges")))
    assert set(found.methods) == {"numerical forecast"}
    assert "rain: no radar came" in found.degraded and "rain: no gauges came" in found.degraded
    text = "rain: a numerical forecast instead of observations in 12 of 12 intervals"
    assert text in found.degraded


def test_a_short_silence_of_gauges_is_held_and_a_long_one_shortens_the_series():
    given = readings(NAMES, value=3 * MM_H)
    ends = (given["phenomenon_time"] - pd.Timestamp(NOON, tz="UTC")) / pd.Timedelta(TEN)
    found = find(RainInputs(stations(), given[(ends <= 6) | (ends > 8)]))
    assert found.methods[6:8] == ("held", "held")
    assert "rain: the field before held in 2 of 12 intervals" in found.degraded
    later = readings(NAMES, until=18, value=3 * MM_H)
    ends = (later["phenomenon_time"] - pd.Timestamp(NOON, tz="UTC")) / pd.Timedelta(TEN)
    issue = NOON + 18 * TEN
    found = find(RainInputs(stations(), later[(ends <= 2) | (ends > 14)]), issue=issue, hours=3)
    assert found.rainfall.sizes["time"] == 4  # nothing is known of the gap
    assert found.degraded[-1].startswith("rain: it rained when the readings begin")


@pytest.mark.parametrize(
    "inputs",
    [
        RainInputs(),
        RainInputs(stations(), readings([])),
        RainInputs(stations(), readings(NAMES, until=4, value=1e-6)),
        RainInputs(radar=radar(10, begin=NOON - 30 * TEN)),
        RainInputs(numerical=numerical(begin=ISSUE + 6 * TEN)),
    ],
    ids=["nothing", "silent gauges", "old gauges", "old radar", "numerical of later"],
)
def test_when_nothing_is_known_it_is_an_error_and_never_zero(inputs):
    with pytest.raises(MissingError, match="expected"):
        find(inputs)


def test_what_comes_after_the_issue_time_is_not_used():
    truth = radar(180)
    bent = truth.copy(deep=True)
    bent["rainfall_rate"][24:] = 90 * MM_H
    given = find(RainInputs(radar=bent))
    np.testing.assert_array_equal(
        given.rainfall["rainfall_rate"], find(RainInputs(radar=truth)).rainfall["rainfall_rate"]
    )
    ahead = rain_ahead(RainInputs(radar=bent), given, CITY, issue_time=ISSUE, hours=1.0)
    assert ahead.nowcast.issue == ISSUE


def test_values_beyond_belief_are_left_out_and_said():
    odd = radar()
    odd["rainfall_rate"][20, 55:65, 55:65] = 5.0
    found = find(RainInputs(radar=odd))
    assert "rain: 100 radar values beyond belief left out" in found.degraded
    require(found.rainfall, "rainfall_rate")


def find_one_hour(inputs):
    return find(inputs, hours=1)


def test_ahead_the_nowcast_gives_way_to_the_numerical_forecast():
    inputs = RainInputs(radar=radar(), numerical=numerical(rate=2.0))
    observed = find_one_hour(inputs)
    ahead = rain_ahead(inputs, observed, CITY, issue_time=ISSUE, hours=3.0)
    times = ISSUE + np.arange(24) * TEN
    rain = ahead(observed.rainfall, times, member=0, seed=1)["rainfall_rate"].values
    alone = ahead.nowcast.ahead(COVER, times)
    known = np.isfinite(alone[:6])
    np.testing.assert_allclose(rain[:6][known], alone[:6][known], rtol=1e-5)
    np.testing.assert_allclose(rain[18:] / MM_H, 2.0, rtol=1e-3)  # beyond three hours
    assert "beyond the radar's reach: the numerical forecast there" in ahead.degraded[0]


def test_weights_of_six_hours_blend_from_three_to_six():
    lead = np.array([0, 1, 3, 4, 5, 6, 9]) * 3600.0
    np.testing.assert_allclose(nowcast_weight(lead, 6.0), [1, 1, 1, 2 / 3, 1 / 3, 0, 0])


def test_ahead_without_radar_members_scale_the_numerical_forecast():
    inputs = RainInputs(stations(), readings(NAMES, value=3 * MM_H), numerical=numerical())
    observed = find_one_hour(inputs)
    ahead = rain_ahead(inputs, observed, CITY, issue_time=ISSUE, hours=3.0)
    assert ahead.degraded == ("rain: ahead, a numerical forecast without a nowcast",)
    times = ISSUE + np.arange(18) * TEN
    means = [
        float(ahead(observed.rainfall, times, member=member, seed=1)["rainfall_rate"].mean())
        for member in range(6)
    ]
    assert means[0] == pytest.approx(2 * MM_H, rel=1e-3) and np.std(means[1:]) > 0.2 * MM_H


def test_ahead_with_neither_the_latest_rain_persists_and_that_is_said():
    inputs = RainInputs(stations(), readings(NAMES, value=3 * MM_H))
    observed = find_one_hour(inputs)
    ahead = rain_ahead(inputs, observed, CITY, issue_time=ISSUE, hours=3.0)
    assert ahead.degraded == ("rain: ahead, the latest rain persists and dies away",)
    times = ISSUE + np.arange(18) * TEN
    rain = ahead(observed.rainfall, times, member=2, seed=1)
    held = persist(observed.rainfall, times, member=2, seed=1)
    np.testing.assert_allclose(rain["rainfall_rate"], held["rainfall_rate"])


def test_a_radar_that_is_late_is_carried_to_now():
    """The last good field, three quarters of an hour old, is nowcast over the time since."""
    inputs = RainInputs(radar=radar(75))
    observed = find(inputs, hours=1)
    assert observed.newest == NOON + 7 * TEN
    ahead = rain_ahead(inputs, observed, CITY, issue_time=ISSUE, hours=0.5)
    times = np.arange(observed.newest, ISSUE + 3 * TEN, TEN)
    rain = require(ahead(observed.rainfall, times, member=0, seed=1), "rainfall_rate")
    assert rain.sizes["time"] == 8
    assert "rain: newest radar is 45 minutes old" in observed.degraded


def test_a_radar_that_does_not_reach_the_city_is_said():
    far = Grid(RADAR.x0 + 900_000, RADAR.y0, 1000.0, 240, 240, RADAR.crs)
    inputs = RainInputs(stations(), readings(NAMES, value=1e-6), radar=showers(24, grid=far))
    assert "rain: no radar field of the last hours that knows the city" in find(inputs).degraded


def test_each_interval_ahead_names_its_source():
    times = ISSUE + np.arange(30) * TEN
    given = readings(NAMES, value=3 * MM_H)

    def names(**more):
        inputs = RainInputs(stations(), given, **more)
        observed = find_one_hour(inputs)
        ahead = rain_ahead(inputs, observed, CITY, issue_time=ISSUE, hours=2.0)
        return ahead.sources(observed.rainfall, times, seed=1)

    assert names() == ["persistence"] * 30
    assert names(numerical=numerical(hours=4)) == ["numerical"] * 12 + ["persistence"] * 18
    wide = showers(count=24)
    assert names(radar=wide) == ["extrapolated"] * 12 + ["persistence"] * 18
    both = names(radar=wide, numerical=numerical())
    assert both == ["extrapolated"] * 6 + ["blended"] * 6 + ["numerical"] * 18


def test_everything_known_nowhere_is_persisted_not_zero():
    observed = find_one_hour(RainInputs(stations(), readings(NAMES, value=3 * MM_H)))
    early = numerical(hours=1)  # ends before the times asked for
    early = early.assign_attrs(valid_from="2026-05-01T12:00Z", valid_to="2026-05-01T13:00Z")
    rain = RainAhead(None, early, ())(
        observed.rainfall, ISSUE + np.arange(3) * TEN, member=0, seed=1
    )
    assert float(rain["rainfall_rate"].min()) > 1 * MM_H


def test_radar_much_older_than_the_gauges_is_not_followed():
    inputs = RainInputs(stations(), readings(NAMES, value=3 * MM_H), radar=radar(45))
    observed = find_one_hour(inputs)
    ahead = rain_ahead(inputs, observed, CITY, issue_time=ISSUE, hours=1.0)
    assert ahead.nowcast is None
    assert "rain: the radar is too old to be followed, readings are newer" in ahead.degraded


def test_rain_from_beyond_the_radar_is_said():
    near = RADAR.window(100, 100, 60, 60)  # it moves 36 km an hour
    inputs = RainInputs(radar=showers(24, grid=near))
    observed = find_one_hour(inputs)
    ahead = rain_ahead(inputs, observed, CITY, issue_time=ISSUE, hours=2.0)
    assert "comes from beyond the radar's reach: persistence there" in ahead.degraded[0]
    rain = ahead(observed.rainfall, ISSUE + np.arange(12) * TEN, member=0, seed=1)
    require(rain, "rainfall_rate")


def test_a_radar_that_stands_still_is_not_followed():
    frozen = radar()
    frozen["rainfall_rate"][-3:] = frozen["rainfall_rate"][-1]
    inputs = RainInputs(radar=frozen)
    ahead = rain_ahead(inputs, find_one_hour(inputs), CITY, issue_time=ISSUE, hours=1.0)
    assert ahead.nowcast is None and "repeat each other" in ahead.degraded[0]


def blind_radar(rate=0.0):
    fields = radar()
    fields["rainfall_rate"][:] = rate
    return fields


@pytest.mark.parametrize(
    ("count", "lowest", "highest", "rate"),
    [
        (1, 20, 20, 0),
        (4, 8, 30, 0),
        (6, 10, 10, 0),
        (6, 8, 45, 0),
        (12, 8, 45, 0),
        (12, 8, 45, 0.3),
    ],
)
def test_a_radar_that_sees_nothing_where_gauges_rain_is_not_believed(count, lowest, highest, rate):
    """R-02: a dry or blind radar overrides no gauge, neither so far nor ahead."""
    parts = [
        readings([name], value=amount * MM_H)
        for name, amount in zip(NAMES, np.linspace(lowest, highest, count), strict=False)
    ]
    given = pd.concat(parts)
    inputs = RainInputs(stations(count), given, radar=blind_radar(rate * MM_H))
    found, alone = find(inputs), find(RainInputs(stations(count), given))
    np.testing.assert_allclose(
        found.rainfall["rainfall_rate"], alone.rainfall["rainfall_rate"], rtol=1e-5
    )
    assert "24 of 24 radar fields not believed: gauges rain" in " ".join(found.degraded)
    ahead = rain_ahead(inputs, found, CITY, issue_time=ISSUE, hours=1.0)
    assert "rain: no nowcast, the radar sees nothing where gauges rain" in ahead.degraded
    assert "rain: ahead, the latest rain persists and dies away" in ahead.degraded
    rain = ahead(found.rainfall, ISSUE + np.arange(6) * TEN, member=0, seed=1)
    assert float(rain["rainfall_rate"][0].mean()) > 0.5 * lowest * MM_H


def test_a_radar_that_goes_blind_is_believed_up_to_then():
    """The silence of the gauges in the newest interval does not clear it."""
    fields = radar()
    fields["rainfall_rate"][:12] = 10 * MM_H
    fields["rainfall_rate"][12:] = 0.0
    given = readings(NAMES[:4], value=10 * MM_H, until=11)
    inputs = RainInputs(stations(4), given, radar=fields)
    found = find(inputs)
    rate = found.rainfall["rainfall_rate"].mean(("y", "x")) / MM_H
    np.testing.assert_allclose(rate, 10, rtol=0.01)
    ahead = rain_ahead(inputs, found, CITY, issue_time=ISSUE, hours=1.0)
    assert ahead.nowcast is None


def test_radar_rain_over_dry_gauges_is_said_and_one_odd_gauge_blinds_nothing():
    inputs = RainInputs(stations(4), readings(NAMES[:4], value=0.0), radar=blind_radar(6 * MM_H))
    assert "rain: radar shows 6.0 mm in an hour where all gauges are dry" in find(inputs).degraded
    odd = pd.concat([readings(NAMES[:1], value=40 * MM_H), readings(NAMES[1:8], value=0.0)])
    found = find(RainInputs(stations(8), odd, radar=blind_radar()))
    assert not any("not believed" in note for note in found.degraded)


def two_of_one_name():
    """The first gauge, rain, and another of its name by another source, dry."""
    wet = readings(NAMES[:1], value=60 * MM_H).assign(source_id="b")
    return pd.concat([readings(NAMES[:1], value=0.0).assign(source_id="a")[:9], wet])


def test_gauges_of_one_name_and_two_sources_are_two_gauges():
    both = pd.concat([stations(1), stations(2)[1:].assign(station_id=NAMES[0])])
    both = both.assign(source_id=["b", "a"])
    found = find(RainInputs(both, two_of_one_name()))
    rate = found.rainfall["rainfall_rate"][0] / MM_H
    assert float(rate.max()) > 50 and float(rate.min()) < 10
    other = find(RainInputs(stations(1).assign(source_id="b"), two_of_one_name()))
    np.testing.assert_allclose(other.rainfall["rainfall_rate"] / MM_H, 60, rtol=1e-5)


def test_where_stations_tell_no_source_one_is_taken_and_said():
    for inputs in (two_of_one_name(), two_of_one_name()[::-1]):
        found = find(RainInputs(stations(1), inputs))
        np.testing.assert_allclose(found.rainfall["rainfall_rate"] / MM_H, 60, rtol=1e-5)
        assert f"rain: gauge {NAMES[0]} is reported by b, a; b is taken" in found.degraded
